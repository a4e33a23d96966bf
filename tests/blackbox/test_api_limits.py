"""Limits are kept whoever asks, and say what to do."""

import contextlib

import pytest


@pytest.mark.asan
@pytest.mark.api(limits_rate_per_tenant=5)
def test_a_tenant_over_its_rate_is_told_when_to_come_back(api):
    answers = [api.client.run("hello", {}) for _ in range(40)]
    assert {a.status for a in answers} == {202, 429}
    accepted = sum(a.status == 202 for a in answers)
    assert 5 <= accepted < 30
    refused = next(a for a in answers if a.status == 429)
    assert refused.code == "rate_limited"
    assert refused.headers["X-RateLimit-Limit"] == "5"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert refused.headers["Retry-After"] == "1"
    assert api.client.run("hello", {"tenant_id": "quiet"}).status == 202
    api.until(lambda: api.client.run("hello", {}).status == 202)
    bulk = api.client.bulk("hello", [{}] * 50).json["runs"]
    assert {r["code"] for r in bulk if "code" in r} == {"rate_limited"}


@pytest.mark.api(limits_queued_per_tenant=10)
def test_a_tenant_with_too_much_queued_is_refused(api):
    answers = api.together(30, lambda i: api.client.run("hello", {}))
    assert sorted(a.status for a in answers) == [202] * 10 + [429] * 20
    refused = next(a for a in answers if a.status == 429)
    assert refused.code == "tenant_queue_full"
    assert refused.headers["Retry-After"] == "30"
    assert api.count_runs() == 10
    assert api.client.run("hello", {"tenant_id": "quiet"}).status == 202


@pytest.mark.api(limits_queued_per_tenant=10)
def test_the_row_of_a_tenant_overrides_the_configuration(api):
    api.sql(
        "INSERT INTO tenants (tenant_id, name, max_queued_runs, max_concurrent_runs)"
        " VALUES ('small', 'small', 3, 100)"
    )
    answers = [api.client.run("hello", {"tenant_id": "small"}).status for _ in range(6)]
    assert answers == [202] * 3 + [429] * 3


@pytest.mark.api(queue_depth_max=20)
def test_a_full_queue_refuses_everybody(api):
    bulk = api.client.bulk(
        "hello", [{"tenant_id": f"t{i % 5}"} for i in range(50)]
    ).json["runs"]
    assert sum("run_id" in r for r in bulk) == 20
    assert {r["code"] for r in bulk if "code" in r} == {"queue_full"}
    answer = api.client.run("hello", {"tenant_id": "fresh"})
    assert (answer.status, answer.code) == (503, "queue_full")
    assert answer.headers["Retry-After"] == "60"
    assert "capacity" in answer.json["detail"]
    assert api.count_runs() == 20


def test_strangers_take_no_room_for_bodies_from_those_who_are_known(api):
    assert api.client.get("/api/v2/runs").status == 200  # the key is in memory
    head = (
        b"POST /api/v2/orchestrations/hello/runs HTTP/1.1\r\nHost: a\r\n"
        b"Authorization: Bearer sk-syn-%064x\r\nContent-Length: 33000000\r\n\r\n"
    )
    piece = b" " * (1 << 20)
    strangers = [api.connect() for _ in range(10)]  # 320 MiB, more than there is for all
    try:
        for i, stranger in enumerate(strangers):
            with contextlib.suppress(OSError):  # refused, and cut off after 8 MiB more
                stranger.sendall(head % i)
                for _ in range(31):
                    stranger.sendall(piece)
        answer = api.client.run("hello", b"{}" + b" " * 500_000)
        assert answer.status == 202, answer
        # a sign-in needs no key and no such body
        signing = api.client.with_key(None).post(
            "/api/session", b" " * 5000, headers={"X-Synapse-Page": "1"})
        assert signing.code == "body_too_large"
    finally:
        for stranger in strangers:
            stranger.close()
    # what they had is free again, also for a key that is new
    api.until(lambda: api.client.with_key(api.new_key()).run("hello", b"{}").status == 202)

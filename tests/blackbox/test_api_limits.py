"""Limits are kept whoever asks, and say what to do."""

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

"""Schedules: saved, fired by the lead clerk, missed moments, overlap, backfill."""

import time
from datetime import UTC, datetime

import pytest
from harness.daemon import DEADLINE_S
from harness.site import llm_step, orchestration

PATH = "/api/v2/schedules"
CHAIN = orchestration("chain", llm_step("a", "mock.echo"))
SLOW = orchestration("slow", llm_step("a", "mock.sleep:1000"))
# a minute that no test meets on its own: half an hour from now
MINUTE = (datetime.now(UTC).minute + 30) % 60


def ask(site, method, path, body=None, want=200):
    status, answer, _ = site.ask(method, path, body)
    assert status == want, answer
    return answer


def make(site, name, cron=f"{MINUTE} * * * *", orch="chain", **more):
    answer = ask(site, "POST", PATH, {"id": name, "orchestration_id": orch, "cron": cron, **more},
                 want=201)
    assert answer["id"] == name and answer["next_at"]


def fires(site, name, count, *states):
    """Its fires once there are so many of these states, the oldest first."""
    end = time.monotonic() + DEADLINE_S
    while True:
        found = ask(site, "GET", f"{PATH}/{name}")["fires"][::-1]
        if sum(f["state"] in states for f in found) >= count:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.1)


def due(site, name, ago):
    """Its next moment was so long before its last one: a minute as its expression says."""
    site.sql("UPDATE schedules SET next_at = date_trunc('hour', now() - make_interval(mins => %s))"
             " + make_interval(mins => %s) - %s::interval WHERE id = %s", MINUTE, MINUTE, ago, name)


def test_a_schedule_starts_runs_as_its_policies_say(site):
    site.prepare(CHAIN, SLOW)
    site.start()
    make(site, "once", message="hello", inputs={"x": 1}, metadata={"team": "a"}, priority=2)
    make(site, "all", orch="slow", missed="all", missed_max=3, overlap="queue")
    make(site, "skip", missed="skip")
    make(site, "dense", orch="slow", missed="all", overlap="skip")
    for name in ("once", "all", "skip", "dense"):
        due(site, name, "4 hours")

    (fire,) = fires(site, "once", 1, "started")
    told = site.wait_run(fire["run_id"])
    assert (told["status"], told["final_response"]) == ("completed", "hello")
    detail = ask(site, "GET", f"/api/v2/runs/{fire['run_id']}")
    assert (detail["schedule_id"], detail["inputs"], detail["priority"]) == ("once", {"x": 1}, 2)
    assert detail["metadata"]["team"] == "a" and detail["metadata"]["schedule"] == "once"
    assert detail["metadata"]["due_at"].endswith(f":{MINUTE:02}:00Z")
    (late,), = site.sql("SELECT next_at > now() FROM schedules WHERE id = 'once'")
    assert late is True

    found = fires(site, "all", 3, "started")
    assert len(found) == 3
    runs = [site.wait_run(f["run_id"])["run_id"] for f in found]
    overlapping = site.sql(
        "SELECT count(*) FROM orchestration_runs a JOIN orchestration_runs b ON a.run_id < b.run_id"
        " AND a.picked_up_at < b.ended_at AND b.picked_up_at < a.ended_at"
        " WHERE a.run_id = ANY(%s) AND b.run_id = ANY(%s)", runs, runs)
    assert overlapping == [(0,)]

    assert [f["state"] for f in fires(site, "dense", 4, "skipped")] == ["started"] + ["skipped"] * 4
    assert ask(site, "GET", f"{PATH}/skip")["fires"] == []

    answer = ask(site, "POST", f"{PATH}/once/backfill",
                 {"from": "2026-01-01T00:00:00Z", "until": "2026-01-01T03:00:00Z"}, want=202)
    assert (answer["moments"], answer["added"]) == (3, 3)
    fires(site, "once", 4, "started")
    again = ask(site, "POST", f"{PATH}/once/backfill",
                {"from": "2026-01-01T00:00:00Z", "until": "2026-01-01T03:00:00Z"}, want=202)
    assert again["added"] == 0

    ask(site, "POST", f"{PATH}/once/pause")
    shown = ask(site, "GET", f"{PATH}/once")
    assert shown["paused"] and shown["next_at"] is None
    ask(site, "POST", f"{PATH}/once/resume")
    shown = ask(site, "GET", f"{PATH}/once")
    assert not shown["paused"] and shown["next_at"]
    assert ask(site, "DELETE", f"{PATH}/once")["status"] == "deleted"
    assert [s["id"] for s in ask(site, "GET", PATH)["schedules"]] == ["all", "dense", "skip"]
    assert site.status(fire["run_id"])["status"] == "completed"


def test_schedules_are_saved_and_listed(api):
    body = {"id": "s_b", "orchestration_id": "hello", "cron": "0 8 * * mon"}
    answer = api.client.post(PATH, body)
    assert (answer.status, answer.json["id"]) == (201, "s_b")
    again = api.client.post(PATH, body)
    assert (again.status, again.code) == (409, "schedule_exists")
    named = api.client.post(PATH, {**body, "id": None}).json["id"]
    assert len(named) == 36
    replaced = api.client.ask("PUT", f"{PATH}/s_b", {**body, "cron": "@daily", "overlap": "skip"})
    assert replaced.status == 200
    shown = api.client.get(f"{PATH}/s_b").json
    assert (shown["cron"], shown["overlap"], shown["version"]) == ("@daily", "skip", 2)
    assert shown["next_at"].endswith(" 00:00:00+00:00")
    page = api.client.get(f"{PATH}?limit=1").json
    assert len(page["schedules"]) == 1 and page["next"] == page["schedules"][0]["id"]
    # a schedule of another tenant is not there
    other = api.client.with_key(api.new_key("alpha_s"))
    for method, path in (("GET", "s_b"), ("DELETE", "s_b"), ("POST", "s_b/pause"),
                         ("GET", "nobody")):
        answer = other.ask(method, f"{PATH}/{path}")
        assert (answer.status, answer.code) == (404, "schedule_not_found")
    answer = other.ask("PUT", f"{PATH}/s_b", body)
    assert (answer.status, answer.code) == (404, "schedule_not_found")
    assert api.client.ask("DELETE", f"{PATH}/s_b").status == 200
    answer = api.client.post(PATH, {**body, "orchestration_id": "nowhere"})
    assert (answer.status, answer.code) == (404, "orchestration_not_found")


@pytest.mark.parametrize("key, value", [
    ("cron", "61 * * * *"), ("cron", "0 0 31 2 *"), ("cron", None), ("zone", "Mars/Base"),
    ("missed", "never"), ("overlap", "maybe"), ("missed_max", 0), ("paused", "yes"), ("orchestration_id", None),
    ("run_at", "2026-01-01T00:00:00Z"), ("inputs", []),
])
def test_a_schedule_says_what_is_wrong_with_it(api, key, value):
    body = {"orchestration_id": "hello", "cron": "@daily", key: value}
    answer = api.client.post(PATH, body)
    assert answer.status == 422, answer
    assert answer.json["detail"][0]["loc"] == ["body", key]

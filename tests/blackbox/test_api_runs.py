"""Submissions one by one, and what is told of runs afterwards."""

import concurrent.futures
import json
import re

import pytest

pytestmark = pytest.mark.asan

FIELDS = {
    "run_id",
    "orchestration_id",
    "status",
    "current_step_id",
    "waiting_for_human",
    "worker_id",
    "total_cost_usd",
    "total_tokens_used",
    "started_at",
    "ended_at",
}


def test_an_accepted_run_is_a_row_and_an_entry(api):
    answer = api.client.run(
        "hello",
        {
            "message": "grüße",
            "session_id": "s1",
            "priority": 3,
            "webhook_url": "https://example.invalid/hook",
            "webhook_secret": "hunter2",
            "tenant_id": "tenant/1",
            "inputs": {"n": 1.50, "list": [1, {"x": None}]},
        },
    )
    assert answer.status == 202
    run_id = answer.json["run_id"]
    assert re.fullmatch(r"run_[0-9a-f]{12}_\d{13}", run_id)
    assert answer.json == {
        "run_id": run_id,
        "status": "queued",
        "stream_url": f"/api/v2/orchestrations/runs/{run_id}/stream",
        "status_url": f"/api/v2/orchestrations/runs/{run_id}/status",
    }
    row = api.row(
        run_id,
        "orchestration_id, tenant_id, session_id, priority, webhook_url, webhook_secret,"
        " input, wake, lane, definition_version",
    )
    assert row == (
        "hello",
        "tenant/1",
        "s1",
        3,
        "https://example.invalid/hook",
        "hunter2",
        "grüße",
        1,
        "-",
        1,
    )
    assert json.loads(api.row(run_id, "inputs")) == {"n": 1.5, "list": [1, {"x": None}]}
    packed = api.entry(run_id)
    payload = json.loads(packed[packed.index(b'{"d"') :])
    assert payload == {
        "d": "hello",
        "v": 1,
        "m": "grüße",
        "i": {"n": 1.5, "list": [1, {"x": None}]},
        "s": "s1",
    }
    assert b"hunter2" not in packed


def test_a_large_message_stays_in_the_row(api):
    message = "x" * 100000
    run_id = api.client.run("hello", {"message": message}).json["run_id"]
    assert api.row(run_id, "input") == message
    packed = api.entry(run_id)
    assert json.loads(packed[packed.index(b'{"d"') :]) == {"d": "hello", "v": 1, "r": True}


def test_a_status_has_what_the_contract_says(api):
    run_id = api.client.run("hello", {}).json["run_id"]
    answer = api.client.get(f"/api/v2/orchestrations/runs/{run_id}/status")
    assert answer.status == 200
    assert FIELDS | {"final_response", "error"} <= set(answer.json)
    assert answer.json["status"] == "queued"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00", answer.json["started_at"]
    )
    assert answer.json["ended_at"] is None
    api.sql(
        "UPDATE orchestration_runs SET status = 'failed', ended_at = '2026-06-01 00:00:00+00',"
        ' final_response = \'it "broke"\', error = \'{"code": "provider"}\','
        " total_cost_usd = 0.25, total_tokens_used = 7, current_step_id = 'p',"
        " worker_id = 'w' WHERE run_id = %s",
        run_id,
    )
    ended = api.client.get(f"/api/v2/orchestrations/runs/{run_id}/status").json
    assert ended["status"] == "failed"
    assert ended["ended_at"] == "2026-06-01 00:00:00+00:00"
    assert ended["final_response"] == 'it "broke"'
    assert ended["error"] == {"code": "provider"}
    assert (ended["total_cost_usd"], ended["total_tokens_used"]) == (0.25, 7)
    assert (ended["current_step_id"], ended["worker_id"]) == ("p", "w")


@pytest.mark.parametrize("run_id", ["nothing", "run_%20", "x" * 300, "a%2Fb", "%F0%9F%99%82"])
@pytest.mark.parametrize("what", ["status", "events", "steps"])
def test_an_unknown_run_is_not_found(api, run_id, what):
    answer = api.client.get(f"/api/v2/orchestrations/runs/{run_id}/{what}")
    assert (answer.status, answer.code) == (404, "run_not_found")


# -- idempotency --


def test_the_same_submission_again_is_the_same_run(api):
    headers = {"Idempotency-Key": "again 1"}
    first = api.client.run("hello", {"message": "x"}, headers=headers)
    again = api.client.run("hello", {"message": "x"}, headers=headers)
    assert first.status == again.status == 202
    assert first.json == again.json
    assert first.headers["Idempotency-Replayed"] is None
    assert again.headers["Idempotency-Replayed"] == "true"


def test_another_body_under_the_same_key_is_a_conflict(api):
    headers = {"Idempotency-Key": "other body"}
    assert api.client.run("hello", {"message": "x"}, headers=headers).status == 202
    runs = api.count_runs()
    for orchestration, body in (("hello", {"message": "y"}), ("hello2", {"message": "x"})):
        answer = api.client.run(orchestration, body, headers=headers)
        assert (answer.status, answer.code) == (409, "idempotency_mismatch")
    assert api.count_runs() == runs


def test_a_key_belongs_to_its_tenant(api):
    headers = {"Idempotency-Key": "tenants"}
    runs = {
        api.client.run("hello", {"tenant_id": tenant}, headers=headers).json["run_id"]
        for tenant in ("idem-a", "idem-b")
    }
    assert len(runs) == 2


def test_twenty_at_once_under_one_key_are_one_run(api):
    headers = {"Idempotency-Key": "twenty"}
    answers = api.together(
        20, lambda i: api.client.run("hello", {"message": "x", "tenant_id": "idem-20"}, headers=headers)
    )
    assert [a.status for a in answers] == [202] * 20
    assert len({a.json["run_id"] for a in answers}) == 1
    assert sum(a.headers["Idempotency-Replayed"] is None for a in answers) == 1
    assert api.sql("SELECT count(*) FROM orchestration_runs WHERE tenant_id = 'idem-20'") == [(1,)]
    # who lost has given its place back
    api.until(lambda: api.waiting("idem-20") == 1)


def test_twenty_different_bodies_under_one_key_are_one_run(api):
    headers = {"Idempotency-Key": "twenty-different"}
    answers = api.together(
        20,
        lambda i: api.client.run(
            "hello", {"message": str(i), "tenant_id": "idem-d"}, headers=headers
        ),
    )
    assert sorted(a.status for a in answers) == [202] + [409] * 19
    assert api.sql("SELECT count(*) FROM orchestration_runs WHERE tenant_id = 'idem-d'") == [(1,)]
    api.until(lambda: api.waiting("idem-d") == 1)


def test_a_submission_does_not_wait_for_two_commits_that_do(api):
    """A disk that takes its time, or a lock, holds up whom it holds up: a link is free."""
    def waiting():
        return api.sql("SELECT pid, xact_start FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                       " AND datname = current_database() ORDER BY pid")

    def passes():
        # the same two before and after: none of them gave up meanwhile (lock_timeout)
        before = waiting()
        assert api.client.run("hello", {}).status == 202
        return len(before) == 2 and waiting() == before

    other = api.site.postgres.connect(api.site.database)
    with other.cursor() as cursor, concurrent.futures.ThreadPoolExecutor(2) as pool:
        cursor.execute("BEGIN")
        for key in ("held 0", "held 1"):
            cursor.execute("INSERT INTO idempotency (tenant_id, key, body_sha256, run_id)"
                           " VALUES ('default', %s, '', 'run_other')", (key,))
        held = []
        for i in range(2):
            held.append(pool.submit(api.client.run, "hello", {"message": "held"},
                                    headers={"Idempotency-Key": f"held {i}"}))
            api.until(lambda: len(waiting()) == i + 1)
        try:
            api.until(passes)
        finally:
            other.close()
        assert [answer.result().status for answer in held] == [202, 202]


# -- list --


def test_a_list_is_paged_newest_first(api):
    sent = [
        api.client.run("hello", {"tenant_id": "pages"}).json["run_id"] for _ in range(7)
    ]
    client = api.client.with_key(api.new_key(tenant="pages"))
    got, after, pages = [], "", 0
    while after is not None:
        page = client.get(f"/api/v2/runs?limit=3{after}").json
        got += [run["run_id"] for run in page["runs"]]
        after = f"&after={api.quote(page['next'])}" if page["next"] else None
        pages += 1
    assert got == sent[::-1]
    assert pages == 3


def test_a_list_is_filtered(api):
    client = api.client.with_key(api.new_key(tenant="filter"))
    one = client.run("hello", {}).json["run_id"]
    two = client.run("hello2", {}).json["run_id"]
    api.sql("UPDATE orchestration_runs SET status = 'paused' WHERE run_id = %s", two)

    def listed(query):
        return [run["run_id"] for run in client.get("/api/v2/runs?" + query).json["runs"]]

    assert listed("") == [two, one]
    assert listed("status=queued") == [one]
    assert listed("status=paused") == [two]
    assert listed("orchestration_id=hello") == [one]
    assert listed("orchestration_id=hello&status=paused") == []
    assert FIELDS <= set(client.get("/api/v2/runs").json["runs"][0])


@pytest.mark.parametrize(
    "query, name",
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1e2", "limit"),
        ("status=done", "status"),
        ("status=", "status"),
        ("after=x", "after"),
        ("after=", "after"),
        ("orchestration_id=", "orchestration_id"),
    ],
)
def test_a_list_asked_wrongly_says_what_is_wrong(api, query, name):
    answer = api.client.get("/api/v2/runs?" + query)
    assert answer.status == 422
    assert [f["loc"] for f in answer.json["detail"]] == [["query", name]]


# -- events --


@pytest.fixture(name="stream")
def fixture_stream(api):
    run_id = api.client.run("hello", {}).json["run_id"]
    key = f"synapse:run:{run_id}:events"
    for i in range(5):
        api.redis.xadd(key, {"data": json.dumps({"type": "x", "i": i})}, id=f"{1000 + i}-0")
    return run_id


def events(api, run_id, query=""):
    answer = api.client.get(f"/api/v2/orchestrations/runs/{run_id}/events{query}")
    assert answer.status == 200
    assert answer.json["run_id"] == run_id
    assert answer.json["count"] == len(answer.json["events"])
    return answer.json


def test_a_run_without_a_stream_has_no_events(api):
    run_id = api.client.run("hello", {}).json["run_id"]
    assert events(api, run_id) == {"run_id": run_id, "count": 0, "events": [], "next": None}


def test_events_come_in_order_with_their_ids(api, stream):
    assert events(api, stream)["events"] == [
        {"id": f"{1000 + i}-0", "event": {"type": "x", "i": i}} for i in range(5)
    ]


@pytest.mark.parametrize(
    "query, want",
    [
        ("?start=1002-0", [2, 3, 4]),
        ("?start=(1002-0", [3, 4]),
        ("?start=%281002", [3, 4]),
        ("?start=1001&end=1003", [1, 2, 3]),
        ("?start=1001&end=(1003-0", [1, 2]),
        ("?start=-&end=%2B", [0, 1, 2, 3, 4]),
        ("?start=-&end=+", [0, 1, 2, 3, 4]),
        ("?start=1003&end=1001", []),
    ],
)
def test_events_of_a_range(api, stream, query, want):
    assert [e["event"]["i"] for e in events(api, stream, query)["events"]] == want


def test_events_are_paged(api, stream):
    got, start = [], "-"
    while start:
        page = events(api, stream, f"?limit=2&start={api.quote(start)}")
        got += [e["event"]["i"] for e in page["events"]]
        start = page["next"]
    assert got == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "query", ["start=x", "end=x", "start=(", "end=1-2-3", "start=", "limit=1001", "limit=0"]
)
def test_events_asked_wrongly_say_what_is_wrong(api, stream, query):
    answer = api.client.get(f"/api/v2/orchestrations/runs/{stream}/events?{query}")
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["query", query.split("=")[0]]


# -- steps --


def test_a_run_that_did_nothing_yet_has_no_steps(api):
    run_id = api.client.run("hello", {}).json["run_id"]
    answer = api.client.get(f"/api/v2/orchestrations/runs/{run_id}/steps")
    assert answer.status == 200
    assert answer.json == {"run_id": run_id, "count": 0, "steps": [], "next": None}


@pytest.mark.parametrize(
    "query, name",
    [
        ("from=0", "from"),
        ("from=-1", "from"),
        ("from=x", "from"),
        ("from=", "from"),
        ("from=1.5", "from"),
        ("from=9223372036854775808", "from"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=", "limit"),
        ("limit=1e2", "limit"),
    ],
)
def test_steps_asked_wrongly_say_what_is_wrong(api, query, name):
    run_id = api.client.run("hello", {}).json["run_id"]
    answer = api.client.get(f"/api/v2/orchestrations/runs/{run_id}/steps?{query}")
    assert answer.status == 422
    assert [f["loc"] for f in answer.json["detail"]] == [["query", name]]

"""What people ask of one run and do with it, with a worker: detail, why, retry, erasure."""

import json
import time

from harness.daemon import DEADLINE_S
from harness.site import llm_step, orchestration, print_step

CHAIN = orchestration(
    "chain",
    print_step("a", "hi", "b"),
    llm_step("b", "mock.echo", next_id="c"),
    {"id": "c", "name": "c", "type": "end"},
)
FAILS = orchestration(
    "fails",
    print_step("a", "hi", "b"),
    llm_step("b", "mock.fail:provider", retry={"max": 1, "backoff_ms": 1}),
)


def detail(site, run_id):
    status, answer, _ = site.ask("GET", f"/api/v2/runs/{run_id}")
    assert status == 200, answer
    return answer


def test_a_run_is_told_with_all_that_is_known_of_it(site):
    site.prepare(CHAIN, FAILS)
    site.start()
    run_id = site.submit("chain", "hello", inputs={"x": 1}, metadata={"team": "a"}, priority=2,
                         session_id="s9")
    site.wait_run(run_id)
    told = detail(site, run_id)
    assert (told["status"], told["input"], told["inputs"]) == ("completed", "hello", {"x": 1})
    assert (told["metadata"], told["priority"], told["session_id"]) == ({"team": "a"}, 2, "s9")
    assert told["state"]["out_b"] == told["final_response"] == "hello"
    assert [(s["step_id"], s["status"], s["attempts"], s["execution"]) for s in told["steps"]] == [
        ("a", "completed", 1, 1), ("b", "completed", 1, 1), ("c", "completed", 1, 1)]
    assert all(s["started_at"] and s["ended_at"] for s in told["steps"])
    assert [u["step_id"] for u in told["usage"]] == ["b"]
    assert told["usage"][0]["calls"][0]["model"] == "mock.echo"
    (worker,) = told["workers"]
    assert worker["epoch"] == 1 and worker["worker_id"] == told["worker_id"]
    assert (told["waits"], told["effects"], told["truncated"]) == ([], [], [])

    run_id = site.submit("fails")
    site.wait_run(run_id)
    told = detail(site, run_id)
    assert told["status"] == "failed" and told["error"]
    last = told["steps"][-1]
    assert (last["step_id"], last["status"], last["attempts"], last["error_class"]) == (
        "b", "failed", 2, "provider")

    for path in ("nobody", "x" * 256):
        status, answer, _ = site.ask("GET", f"/api/v2/runs/{path}")
        assert (status, answer["code"]) == (404, "run_not_found")


def why(site, run_id):
    status, answer, _ = site.ask("GET", f"/api/v2/runs/{run_id}/why")
    assert status == 200, answer
    return answer


def wait_why(site, run_id, reason):
    end = time.monotonic() + DEADLINE_S
    while (told := why(site, run_id))["reason"] != reason:
        assert time.monotonic() < end, told
        time.sleep(0.05)
    return told


def queue_of(site):
    status, answer, _ = site.ask("GET", "/api/v2/queues")
    assert status == 200, answer
    (queue,) = answer["queues"]
    return queue


def test_a_paused_queue_begins_nothing_and_says_why_whatever_redis_loses(site, tmp_path):
    site.prepare(CHAIN)
    daemon = site.start()
    site.wait_run(site.submit("chain", "before"))
    pause = "/api/v2/queues/default/pause"
    status, answer, _ = site.ask("POST", pause, {"reason": "upkeep"})
    assert (status, answer) == (
        200, {"queue_name": "default", "paused": True, "paused_reason": "upkeep"})
    runs = [site.submit("chain", "waits") for _ in range(2)]
    told = wait_why(site, runs[1], "queue_paused")
    assert told["detail"] == "queue default is paused: upkeep"
    shown = queue_of(site)
    assert shown["paused"] and shown["paused_at"] and shown["paused_reason"] == "upkeep"

    since = daemon.mark()
    with site.redis.client() as client:
        client.flushall()
        daemon.wait_event("queue.opened", since)
        assert client.get("synapse:q:{default}:paused") == b"upkeep"
    assert site.status(runs[0])["status"] == "queued"
    assert why(site, runs[0])["reason"] == "queue_paused"

    (tmp_path / "key").write_text(site.key)
    done = site.verb("run", "why", runs[0], "--url", f"http://127.0.0.1:{daemon.api_port}",
                     "--key-file", str(tmp_path / "key"))
    assert done.stdout == b"queue_paused: queue default is paused: upkeep\n"
    assert site.ask("POST", "/api/v2/queues/default/resume")[0] == 200
    for run_id in runs:
        assert site.wait_run(run_id)["status"] == "completed"
    assert why(site, runs[0])["reason"] == "ended"
    assert not queue_of(site)["paused"]

    for queue in ("nobody", "a%20b"):
        status, answer, _ = site.ask("POST", f"/api/v2/queues/{queue}/pause")
        assert (status, answer["code"]) == (404, "queue_not_found")
    status, answer, _ = site.ask("GET", "/api/v2/runs/nobody/why")
    assert (status, answer["code"]) == (404, "run_not_found")


def test_a_run_begins_at_its_moment_and_not_before(site):
    site.prepare(CHAIN)
    site.start()
    at_ms = int(time.time() * 1000) + 2500
    run_id = site.submit("chain", "later", run_at=at_ms)
    never = site.submit("chain", "never", run_at="9999-01-01T00:00:00Z")
    past = site.submit("chain", "past", run_at="2020-01-01T00:00:00Z")
    told = why(site, never)
    assert told["reason"] == "not_due" and "9999-01-01 00:00:00" in told["detail"]
    assert queue_of(site)["accepted"] >= 1
    assert site.wait_run(past)["status"] == "completed"
    assert site.ask("POST", f"/api/v2/orchestrations/runs/{never}/cancel")[0] == 200
    assert site.wait_run(never)["status"] == "cancelled"
    assert site.wait_run(run_id)["status"] == "completed"
    (early,), = site.sql("SELECT picked_up_at < run_at FROM orchestration_runs WHERE run_id = %s",
                         run_id)
    assert early is False
    assert queue_of(site)["accepted"] == 0  # nor is one that went on into the queue


def act(site, method, path, body=None):
    status, answer, _ = site.ask(method, path, body)
    return status, answer


def test_a_run_is_started_anew_resumed_and_erased(site):
    site.prepare(CHAIN, FAILS)
    site.start()
    first = site.submit("chain", "one", inputs={"x": 1}, metadata={"team": "a"}, priority=3,
                        session_id="s1", webhook_url="http://127.0.0.1:9/hook",
                        webhook_secret="of-the-hook")
    site.wait_run(first)
    status, answer = act(site, "POST", f"/api/v2/runs/{first}/retry")
    assert (status, answer["status"], answer["retry_of"]) == (202, "queued", first)
    site.wait_run(answer["run_id"])
    told = detail(site, answer["run_id"])
    assert (told["input"], told["inputs"], told["priority"], told["session_id"]) == (
        "one", {"x": 1}, 3, "s1")
    assert told["metadata"] == {"team": "a", "retry_of": first}
    assert site.sql("SELECT webhook_url, webhook_secret FROM orchestration_runs WHERE run_id = %s",
                    answer["run_id"]) == [("http://127.0.0.1:9/hook", "of-the-hook")]
    assert "of-the-hook" not in json.dumps(told)
    status, answer = act(site, "POST", f"/api/v2/runs/{first}/retry",
                         {"message": "two", "inputs": {"y": 2}})
    site.wait_run(answer["run_id"])
    told = detail(site, answer["run_id"])
    assert (told["final_response"], told["inputs"]) == ("two", {"y": 2})

    failed = site.submit("fails")
    site.wait_run(failed)
    assert queue_of(site)["retrying"] == 0
    assert act(site, "POST", "/api/v2/queues/default/pause")[0] == 200
    assert act(site, "POST", f"/api/v2/runs/{failed}/retry", {"from_step": "b"}) == (
        202, {"run_id": failed, "status": "queued"})
    assert queue_of(site)["retrying"] == 1
    assert act(site, "POST", "/api/v2/queues/default/resume")[0] == 200
    site.wait_run(failed)
    assert queue_of(site)["retrying"] == 0
    assert detail(site, failed)["attempt"] == 2
    status, answer = act(site, "POST", f"/api/v2/runs/{failed}/retry", {"from_step": "zz"})
    assert (status, answer["code"]) == (422, "step_not_found")

    waits = site.submit("chain", run_at="9999-01-01T00:00:00Z")
    status, answer = act(site, "DELETE", f"/api/v2/runs/{waits}")
    assert (status, answer["code"]) == (409, "run_not_ended")
    status, answer = act(site, "POST", f"/api/v2/runs/{waits}/retry")
    assert (status, answer["code"]) == (409, "run_not_ended")

    site.entries(first)
    assert act(site, "DELETE", f"/api/v2/runs/{first}") == (
        200, {"run_id": first, "status": "deleted"})
    for table in ("orchestration_runs", "run_steps", "run_tags", "run_waits",
                  "dead_letter_queue", "idempotency"):
        assert site.sql(f"SELECT count(*) FROM {table} WHERE run_id = %s", first) == [(0,)], table
    with site.redis.client() as client:
        assert not client.exists(f"synapse:run:{first}:events")
    for method, path in (("GET", first), ("DELETE", first), ("DELETE", "x" * 256),
                         ("POST", f"{first}/retry")):
        status, answer = act(site, method, f"/api/v2/runs/{path}")
        assert (status, answer["code"]) == (404, "run_not_found"), path

"""What people ask of one run and do with it, with a worker: detail, why, retry, erasure."""

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
    assert site.wait_run(past)["status"] == "completed"
    assert site.ask("POST", f"/api/v2/orchestrations/runs/{never}/cancel")[0] == 200
    assert site.wait_run(never)["status"] == "cancelled"
    assert site.wait_run(run_id)["status"] == "completed"
    (early,), = site.sql("SELECT picked_up_at < run_at FROM orchestration_runs WHERE run_id = %s",
                         run_id)
    assert early is False

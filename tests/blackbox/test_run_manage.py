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

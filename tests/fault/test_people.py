"""Answers on both sides of the lock, and deaths in between: none is lost, none is read twice."""

import http.client
import threading

import pytest

from harness import audit
from harness.site import llm_step, orchestration, print_step
from harness.wait import until
from test_cuts import QUICK

# what a worker passes on the way of a run with questions, from its claim to its end
WORKER = [
    "takeover.built", "takeover.committed", "step.built", "step.committed", "wait.opened",
    "pause.built", "pause.committed", "step.published", "finish.answered", "resume.asked",
    "resume.begun", "end.built", "end.committed", "end.published",
]


def human(step_id, next_id=None, **more):
    return {"id": step_id, "name": step_id, "type": "human", "human_prompt": step_id,
            "output_key": f"out_{step_id}", "next_step_id": next_id, **more}


TWO = orchestration(
    "two", {"id": "p", "name": "p", "type": "parallel", "next_step_id": "z",
            "parallel_branches": [["a", "x"], ["b"], ["nap", "y"]]},
    human("a"), print_step("x", "{state.out_a.response}"), human("b"),
    llm_step("nap", "mock.sleep:150"), print_step("y", "y"),
    print_step("z", "{state.out_x} {state.out_b.response}"))
LATE = orchestration("late", human("h", "z", human_deadline_seconds=1, on_timeout_step_id="t"),
                     print_step("z", "in time"), print_step("t", "late"))


def is_open(site, run_id, step):
    return site.sql("SELECT 1 FROM run_waits WHERE run_id = %s AND step_id = %s"
                    " AND state = 'open'", run_id, step)


def answer(site, run_id, step):
    """Until somebody has it: who is not answered asks again, and may hear that it was."""
    def once():
        try:
            code = site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/resume",
                            {"response": f"to {step}", "step_id": step})[0]
        except (OSError, http.client.HTTPException):
            return False
        assert code in (202, 409, 503), code
        return code in (202, 409)
    until(lambda: is_open(site, run_id, step))
    until(once)


def check(site, run_id):
    """The run ended as one that nobody disturbed, and each answer was read once."""
    done = site.wait_run(run_id)
    assert (done["status"], done["final_response"]) == ("completed", "to a to b")
    assert site.sql("SELECT step_id, state, read_at IS NOT NULL FROM run_waits"
                    " WHERE run_id = %s ORDER BY step_id", run_id) == [
                        ("a", "answered", True), ("b", "answered", True)]
    events = [e["event"] for e in site.entries(run_id) if "sub" not in e["event"]]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    for kind in ("human_input_required", "step_complete"):
        steps = [e["orch_step_id"] for e in events if e["type"] == kind]
        assert sorted(s for s in steps if s in "ab") == ["a", "b"]
    return [e["type"] for e in events]


def settled(site):
    with site.redis.client() as client:
        until(lambda: not client.exists("synapse:q:{default}:jobs"))
        audit.check(client, "default")


@pytest.mark.short
def test_an_answer_beside_siblings_and_around_the_pause_is_never_lost(site, faults):
    site.prepare(TWO).start(**faults.env, **QUICK)
    for point in ("pause.built", "pause.committed", "step.built", "wait.opened",
                  "answer.looked", "answer.committed", "answers.read"):
        rule = faults.rule(point, "delay", arg=400)
        run_id = site.submit("two")
        threads = [threading.Thread(target=answer, args=(site, run_id, s)) for s in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(site, run_id)
        rule.disarm()
    # the last of all paths has parked, its pause is not on its way, the answer comes first
    rule = faults.rule("pause.built", "delay", arg=600)
    run_id = site.submit("two")
    answer(site, run_id, "a")
    rule.wait_acted()
    answer(site, run_id, "b")
    check(site, run_id)
    settled(site)


@pytest.mark.short
def test_a_worker_dies_at_each_point_of_a_question(site, faults, rounds):
    daemon = site.prepare(TWO).start(**faults.env, **QUICK)
    for point in WORKER if rounds > 1 else WORKER[4:7] + ["resume.begun"]:
        rule = faults.rule(point, "crash", kind="worker")
        run_id = site.submit("two")
        answer(site, run_id, "a")
        site.wait_run(run_id, "paused")
        answer(site, run_id, "b")
        check(site, run_id)
        assert rule.acted(), point
        daemon.wait_event("child.ready", child_kind="worker")
    settled(site)
    assert site.sql("SELECT count(*) FROM orchestration_runs WHERE crashes > 0") == [(0,)]


def test_an_api_child_dies_around_an_answer(site, faults):
    site.prepare(TWO).start(**faults.env, **QUICK)
    for point in ("answer.looked", "answer.committed"):
        rule = faults.rule(point, "crash", kind="api")
        run_id = site.submit("two")
        answer(site, run_id, "b")
        answer(site, run_id, "a")
        check(site, run_id)
        assert rule.acted(), point
    settled(site)


def test_a_clerk_dies_when_somebody_was_late(site, faults):
    site.prepare(LATE).start(**faults.env, **QUICK)
    rule = faults.rule("late.expired", "crash", kind="clerk")
    run_id = site.submit("late")
    done = site.wait_run(run_id)
    assert (done["status"], done["final_response"]) == ("completed", "late")
    assert rule.acted()
    settled(site)

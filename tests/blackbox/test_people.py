"""People: runs that wait for answers, and who answers them."""

import concurrent.futures
import time

import pytest
from harness import audit
from harness.daemon import DEADLINE_S
from harness.site import llm_step, orchestration, print_step
from test_requeue import P, until

pytestmark = pytest.mark.asan


def human(step_id, next_id=None, **more):
    return {"id": step_id, "name": step_id, "type": "human", "human_prompt":
            "Is {state.user_input} fine?", "output_key": f"out_{step_id}",
            "next_step_id": next_id, **more}


def answer(site, run_id, response=None, code=202, **more):
    """POST .../resume; the answer's body."""
    path = f"/api/v2/orchestrations/runs/{run_id}/resume"
    got, body, _ = site.ask("POST", path, {"response": response, **more})
    assert got == code, body
    if code == 202:
        assert body == {"run_id": run_id, "status": "resuming",
                        "stream_url": f"/api/v2/orchestrations/runs/{run_id}/stream"}
    return body


def durable(site, run_id):
    events = [e for e in site.events(run_id) if "sub" not in e]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    return events


def types(events):
    return [e["type"] for e in events]


def waits(site, run_id):
    return site.sql("SELECT path, execution, state, read_at IS NOT NULL FROM run_waits"
                    " WHERE run_id = %s ORDER BY path, execution", run_id)


APPROVE = orchestration(
    "approve", print_step("draft", "A draft of {state.user_input}", "ask"),
    human("ask", "end", human_fields=[
        {"name": "ok", "type": "select", "options": ["yes", "no"], "required": True},
        {"name": "note", "type": "text"}]),
    print_step("end", "{state.out_ask.ok}, {state.human_response.note}"))


def test_a_run_waits_for_a_person_without_a_worker_and_goes_on_exactly_there(site):
    site.prepare(APPROVE).start()
    run_id = site.submit("approve", "peace", webhook_url="http://first.example/")
    paused = site.wait_run(run_id, "paused")
    assert paused["current_step_id"] == "ask"
    assert paused["waiting_for_human"] is True
    assert paused["human_prompt"] == "Is peace fine?"
    assert paused["human_fields"] == APPROVE["steps"][1]["human_fields"]
    ((owner, wake, epoch, state, history),) = site.sql(
        "SELECT owner, wake, epoch, shared_state, step_history FROM orchestration_runs"
        " WHERE run_id = %s", run_id)
    assert (owner, wake, epoch) == (None, 1, 1)
    assert state["out_draft"] == "A draft of peace"
    assert [h["step_id"] for h in history] == ["draft"]
    with site.redis.client() as client:  # no entry, no slot
        until(lambda: not client.exists(P + "jobs"))
        audit.check(client, "default")

    body = answer(site, run_id, {"ok": "maybe", "note": []}, 422)
    assert [f["loc"] for f in body["detail"]] == [["body", "response", "ok"],
                                                  ["body", "response", "note"]]
    assert answer(site, run_id, {}, 422)["detail"][0]["type"] == "missing"
    answer(site, run_id, 7, 422)
    assert answer(site, run_id, {"ok": "no"}, 409, step_id="draft")["code"] == \
        "run_not_waiting"
    answer(site, run_id, {"ok": "yes", "note": "go"}, webhook_secret="s",
           webhook_url="http://second.example/")
    assert answer(site, run_id, {"ok": "no"}, 409)["code"] == "run_not_waiting"

    done = site.wait_run(run_id)
    assert (done["status"], done["final_response"]) == ("completed", "yes, go")
    assert done["waiting_for_human"] is False and done["current_step_id"] is None
    assert answer(site, run_id, {"ok": "no"}, 409)["code"] == "run_not_waiting"
    events = durable(site, run_id)
    assert types(events) == [
        "worker_picked_up", "orchestration_start", "step_start", "final", "step_complete",
        "step_start", "human_input_required", "paused", "worker_picked_up",
        "step_complete", "step_start", "final", "step_complete",
        "orchestration_complete", "final", "done"]
    asked = events[6]
    assert asked["orch_step_id"] == "ask" and asked["run_id"] == run_id
    assert asked["prompt"] == "Is peace fine?" and asked["channel_id"] is None
    assert asked["agent_context"] == "A draft of peace"
    assert asked["fields"] == APPROVE["steps"][1]["human_fields"]
    state = events[-2]["data"]["shared_state"]
    assert state["out_ask"] == state["human_response"] == {"ok": "yes", "note": "go"}
    assert [h["step_id"] for h in events[-2]["data"]["step_history"]] == [
        "draft", "ask", "end"]
    assert waits(site, run_id) == [("ask", 1, "answered", True)]
    assert site.sql("SELECT webhook_url, webhook_secret, wake, epoch FROM"
                    " orchestration_runs WHERE run_id = %s", run_id) == [
                        ("http://second.example/", "s", 2, 2)]


def test_two_resumes_race_and_one_of_them_wins(site):
    site.prepare(orchestration("ask", human("h"))).start()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            run_id = site.submit("ask", "x")
            site.wait_run(run_id, "paused")
            codes = list(pool.map(lambda n, run_id=run_id: (n, site.ask(
                "POST", f"/api/v2/orchestrations/runs/{run_id}/resume",
                {"response": str(n)})[0]), range(4)))
            assert sorted(c for _, c in codes) == [202, 409, 409, 409]
            (winner,) = [n for n, c in codes if c == 202]
            assert site.wait_run(run_id)["status"] == "completed"
            state = site.events(run_id)[-2]["data"]["shared_state"]
            assert state["out_h"] == {"response": str(winner)}
    code, body, _ = site.ask("POST", "/api/v2/orchestrations/runs/run_0/resume", {})
    assert (code, body["code"]) == (404, "run_not_found")

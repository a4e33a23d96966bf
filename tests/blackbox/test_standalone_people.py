"""People without Redis and Postgres: runs wait for answers in files."""

import concurrent.futures
import json
import signal

import pytest
from harness.site import llm_step, orchestration
from harness.stream import Stream
from harness.wait import until
from test_people import APPROVE, ASK, BOTH, EACH, LATE, human
from test_standalone import ASYNC, RUNS, alone

LAPSED = orchestration("lapsed", human("h", human_deadline_seconds=1))
TOLD = orchestration("told", human("h", human_reminder_seconds=1))
AFTER = orchestration("after", human("h", "n"), llm_step("n", "mock.sleep:60000"))


@pytest.fixture(scope="module")
def host():
    with alone([APPROVE, ASK, BOTH, EACH, LATE, LAPSED, TOLD, AFTER]) as made:
        yield made


def paused(host, run_id):
    return until(lambda: (row := host.status(run_id))["status"] == "paused" and row)


def answer(host, run_id, response=None, code=202, **more):
    got = host.client.post(f"{RUNS}{run_id}/resume", {"response": response, **more})
    assert got.status == code, got
    if code == 202:
        assert got.json == {"run_id": run_id, "status": "resuming",
                            "stream_url": f"{RUNS}{run_id}/stream"}
    return got.json


def stock(host, run_id):
    # written behind what it says, which the status tells before
    path = host.daemon.data_dir / "orchestration_runs" / f"{run_id}.json"
    status = host.status(run_id)["status"]
    return until(lambda: (shown := json.loads(path.read_text()))["status"] == status and shown)


def test_the_answer_says_what_is_asked_and_the_run_goes_on_exactly_there(host):
    body = host.client.run("approve", {"message": "peace"}).json
    fields = APPROVE["steps"][1]["human_fields"]
    run_id = body["run_id"]
    assert (body["status"], body["response"]) == ("paused", None)
    assert body["human_input_required"] == {
        "step_id": "ask", "path": "ask", "prompt": "Is peace fine?", "fields": fields,
        "agent_context": "A draft of peace"}
    assert body["shared_state"]["out_draft"] == "A draft of peace"
    assert [h["step_id"] for h in body["step_history"]] == ["draft"]
    assert body["events"][-1]["event"]["type"] == "paused"
    row = host.status(run_id)
    assert (row["status"], row["current_step_id"], row["waiting_for_human"]) == (
        "paused", "ask", True)
    assert (row["human_prompt"], row["human_fields"]) == ("Is peace fine?", fields)
    shown = stock(host, run_id)
    assert (shown["status"], shown["waiting_for_human"], shown["current_step_id"]) == (
        "paused", True, "ask")
    assert (shown["human_prompt"], shown["human_fields"]) == ("Is peace fine?", fields)
    assert shown["shared_state"] == body["shared_state"] and shown["ended_at"] is None

    faults = answer(host, run_id, {"ok": "maybe", "note": []}, 422)["detail"]
    assert [f["loc"] for f in faults] == [["body", "response", "ok"],
                                          ["body", "response", "note"]]
    answer(host, run_id, 7, 422)
    assert answer(host, run_id, {"ok": "no"}, 409, step_id="draft")["code"] == \
        "run_not_waiting"
    answer(host, run_id, {"ok": "yes", "note": "go"})
    done = host.wait(run_id)
    assert (done["status"], done["final_response"]) == ("completed", "yes, go")
    assert done["waiting_for_human"] is False and done["current_step_id"] is None
    assert answer(host, run_id, {"ok": "no"}, 409)["code"] == "run_not_waiting"
    events = host.journal(run_id)
    assert [e["type"] for e in events] == [
        "worker_picked_up", "orchestration_start", "step_start", "final", "step_complete",
        "step_start", "human_input_required", "paused", "worker_picked_up",
        "step_complete", "step_start", "final", "step_complete",
        "orchestration_complete", "final", "done"]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert stock(host, run_id)["shared_state"]["human_response"] == {
        "ok": "yes", "note": "go"}


def test_v1_says_so_in_its_own_shape(host):
    body = host.client.post("/api/v1/orchestrations/ask/run", {"message": "x"}).json
    assert body["status"] == "paused"
    assert {"step_id", "prompt", "fields", "agent_context"} <= set(
        body["human_input_required"])
    answer(host, body["run_id"], "fine")
    assert host.wait(body["run_id"])["status"] == "completed"


def test_of_many_who_answer_at_once_one_wins(host):
    run_id = host.client.run("ask").json["run_id"]

    def one(n):
        return host.client.post(f"{RUNS}{run_id}/resume", {"response": f"a{n}"}).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(one, range(8)))
    assert sorted(codes) == [202] + [409] * 7
    assert host.wait(run_id)["status"] == "completed"
    assert stock(host, run_id)["shared_state"]["out_h"] == {
        "response": f"a{codes.index(202)}"}


def test_several_paths_wait_at_once_and_each_has_its_own_answer(host):
    run_id = host.client.run("both").json["run_id"]
    listed = host.client.get(f"/api/v2/waits?run_id={run_id}").json
    assert [w["step_id"] for w in listed["waits"]] == ["a", "b"]
    assert listed["next"] is None and listed["waits"][0]["run_status"] == "paused"
    first = host.client.get(f"/api/v2/waits?run_id={run_id}&limit=1").json
    second = host.client.get(f"/api/v2/waits?run_id={run_id}&after={first['next']}").json
    assert [w["step_id"] for w in first["waits"] + second["waits"]] == ["a", "b"]
    assert answer(host, run_id, "x", 409)["code"] == "ambiguous"
    answer(host, run_id, "bee", step_id="b")
    answer(host, run_id, "ay", step_id="a")
    assert host.wait(run_id)["final_response"] == "ay bee"


def test_a_loop_asks_again_and_again(host):
    run_id = host.client.run("each").json["run_id"]
    for n in range(3):
        row = until(lambda: (w := host.client.get(f"/api/v2/waits?run_id={run_id}").json[
            "waits"]) and w)
        assert row[0]["path"].startswith("l#")
        answer(host, run_id, f"n{n}", step_id=row[0]["path"])
    host.wait(run_id)
    assert [i["result"]["response"] for i in
            stock(host, run_id)["shared_state"]["out_l"]["h"]] == ["n0", "n1", "n2"]


def test_deadlines_pass_and_people_are_reminded(host):
    late, lapsed, told = (host.client.run(name, headers=ASYNC).json["run_id"]
                          for name in ("late", "lapsed", "told"))
    stream = Stream(host.daemon.api_port, host.client.key, told)
    assert host.wait(late)["final_response"] == "too late"
    row = host.wait(lapsed)
    assert row["status"] == "failed" and row["error"]["class"] == "limit"
    for event in stream:
        if event.type == "human_reminder":
            break
    assert event.data["step_id" if "step_id" in event.data else "orch_step_id"] == "h"
    assert host.client.get(f"/api/v2/waits?run_id={told}").json["waits"][0]["reminders"] >= 1
    assert host.client.post(f"{RUNS}{told}/cancel").status == 200
    assert host.wait(told)["status"] == "cancelled"
    assert answer(host, told, "x", 409)["code"] == "run_not_waiting"


def test_a_process_that_dies_beside_people_loses_no_question_and_no_answer(host):
    asking = host.client.run("ask").json["run_id"]
    going = host.client.run("after").json["run_id"]
    answer(host, going, "go")
    assert until(lambda: host.status(going)["status"] == "running")
    ready = len(host.daemon.find("child.ready"))
    host.daemon.kill(int(host.daemon.wait_event("child.ready", count=ready)["child"]),
                     signal.SIGKILL)
    host.daemon.wait_event("child.ready", count=ready + 1)
    assert paused(host, asking)["human_prompt"]
    (wait,) = host.client.get(f"/api/v2/waits?run_id={asking}").json["waits"]
    assert wait["step_id"] == "h"
    assert answer(host, going, "again", 409)["code"] == "run_not_waiting"
    answer(host, asking, "at last")
    assert host.wait(asking)["status"] == "completed"
    until(lambda: host.status(going)["status"] == "running")
    assert host.client.post(f"{RUNS}{going}/cancel").status == 200
    assert host.wait(going)["status"] == "cancelled"
    assert [e["type"] for e in host.journal(going)].count("human_input_required") == 1

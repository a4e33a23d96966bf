"""People: runs that wait for answers, and who answers them."""

import concurrent.futures
import json
import os
from urllib.parse import quote

import pytest
from harness import audit
from harness.site import llm_step, orchestration, print_step
from harness.wait import until
from test_requeue import P

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


def loop(step_id, body, count, next_id=None):
    return {"id": step_id, "name": step_id, "type": "loop", "loop_step_ids": body,
            "loop_count": count, "next_step_id": next_id, "output_key": f"out_{step_id}"}


def parallel(step_id, branches, next_id=None, **more):
    return {"id": step_id, "name": step_id, "type": "parallel",
            "parallel_branches": branches, "next_step_id": next_id, **more}


def counts(site):
    """Nothing of a parked run is left in the queue."""
    with site.redis.client() as client:
        until(lambda: not client.exists(P + "jobs"))
        audit.check(client, "default")


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


ASK = orchestration("ask", human("h"))
BOTH = orchestration(
    "both", parallel("p", [["a", "x"], ["b"]], "z"), human("a"),
    print_step("x", "{state.out_a.response}"), human("b"),
    print_step("z", "{state.out_x} {state.out_b.response}"))
EACH = orchestration(
    "each", loop("l", ["h"], 3, "z"), human("h"), print_step("z", "{state.out_h}"))
BESIDE = orchestration(
    "beside", parallel("p", [["h"], ["nap", "more"]], "z"), human("h"),
    llm_step("nap", "mock.sleep:700"), llm_step("more", "mock.sleep:50"),
    print_step("z", "{state.out_h.response}"))
LATE = orchestration(
    "late", human("h", "z", human_deadline_seconds=1, on_timeout_step_id="t"),
    print_step("z", "in time"), print_step("t", "too late"))
FAILS = orchestration("fails", human("h", human_deadline_seconds=1))
NAGS = orchestration("nags", human("h", human_reminder_seconds=1))


def race(site, pool, run_id, n=4):
    """All answer at once; who was the one."""
    codes = list(pool.map(lambda i: site.ask(
        "POST", f"/api/v2/orchestrations/runs/{run_id}/resume",
        {"response": str(i)})[0], range(n)))
    assert sorted(codes) == [202] + [409] * (n - 1), codes
    return codes.index(202)


def test_of_many_who_answer_at_once_one_wins(site):
    rounds = int(os.environ.get("SYNAPSED_PEOPLE_RACES", "5"))
    site.prepare(ASK).start()
    runs = [site.submit("ask", "x") for _ in range(rounds)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        winners = {}
        for run_id in runs:
            site.wait_run(run_id, "paused")
            winners[run_id] = race(site, pool, run_id)
    for run_id, winner in winners.items():
        done = site.wait_run(run_id)
        assert done["status"] == "completed"
        assert site.sql("SELECT shared_state->'out_h', shared_state->'human_response'"
                        " FROM orchestration_runs WHERE run_id = %s", run_id) == [
                            ({"response": str(winner)},) * 2]
        assert waits(site, run_id) == [("h", 1, "answered", True)]
    code, body, _ = site.ask("POST", "/api/v2/orchestrations/runs/run_0/resume", {})
    assert (code, body["code"]) == (404, "run_not_found")
    counts(site)


def test_several_paths_wait_at_once_and_each_has_its_own_answer(site):
    site.prepare(BOTH, EACH, BESIDE).start()
    run_id = site.submit("both", "x")
    paused = site.wait_run(run_id, "paused")
    assert paused["current_step_id"] in ("a", "b")
    assert answer(site, run_id, "1", 409)["code"] == "ambiguous"
    assert answer(site, run_id, "1", 409, step_id="c")["code"] == "run_not_waiting"
    answer(site, run_id, "1", step_id="a")
    until(lambda: [w[3] for w in waits(site, run_id)] == [True, False])
    paused = site.wait_run(run_id, "paused")
    assert (paused["current_step_id"], paused["waiting_for_human"]) == ("b", True)
    code, body, _ = site.ask("GET", f"/api/v2/waits?run_id={run_id}")
    assert code == 200
    assert [(w["path"], w["step_id"], w["run_status"]) for w in body["waits"]] == [
        ("p#1/b", "b", "paused")]
    answer(site, run_id, "2", step_id="p#1/b")
    done = site.wait_run(run_id)
    assert (done["status"], done["final_response"]) == ("completed", "1 2")
    assert types(durable(site, run_id)).count("paused") == 2

    run_id = site.submit("each", "x")
    for i in range(3):
        until(lambda i=i: len(waits(site, run_id)) == i + 1)
        site.wait_run(run_id, "paused")
        answer(site, run_id, str(i))
    done = site.wait_run(run_id)
    assert done["status"] == "completed"
    assert waits(site, run_id) == [(f"l#{i}/h", i + 1, "answered", True) for i in range(3)]
    assert [e["result"]["response"] for e in durable(site, run_id)[-2]["data"][
        "shared_state"]["out_h"]] == ["0", "1", "2"]

    # while a sibling runs on the run is running, and an answer is its owner's to read
    run_id = site.submit("beside", "x")
    until(lambda: waits(site, run_id))
    status = site.status(run_id)
    assert (status["status"], status["waiting_for_human"]) == ("running", True)
    assert status["human_prompt"] == "Is x fine?"
    answer(site, run_id, "now")
    done = site.wait_run(run_id)
    assert (done["status"], done["final_response"]) == ("completed", "now")
    assert "paused" not in types(durable(site, run_id))
    counts(site)


def test_what_nobody_answers_in_time_is_over_and_people_are_reminded(site):
    site.prepare(LATE, FAILS, NAGS).start()
    late, fails, nags = (site.submit(name, "x") for name in ("late", "fails", "nags"))
    for run_id in (late, fails, nags):
        site.wait_run(run_id, "paused")
    code, body, _ = site.ask("GET", "/api/v2/waits?limit=2")
    assert code == 200 and len(body["waits"]) == 2
    assert all(w["opened_at"] for w in body["waits"])
    rest = site.ask("GET", f"/api/v2/waits?after={quote(body['next'])}")[1]
    assert len(rest["waits"]) == 1 and rest["next"] is None
    assert {w["run_id"] for w in body["waits"] + rest["waits"]} == {late, fails, nags}
    assert site.ask("GET", "/api/v2/waits?after=x&limit=0&run_id=")[0] == 422
    assert site.ask("GET", "/api/v2/waits?orchestration_id=late")[1]["waits"][0][
        "run_id"] == late

    done = site.wait_run(late)
    assert (done["status"], done["final_response"]) == ("completed", "too late")
    events = durable(site, late)
    (way,) = [e for e in events if e["type"] == "human_timeout"]
    assert (way["orch_step_id"], way["target_step_id"]) == ("h", "t")
    assert events[-2]["data"]["shared_state"]["out_h"] is None
    done = site.wait_run(fails)
    assert (done["status"], done["error"]["class"]) == ("failed", "limit")
    assert waits(site, fails) == [("h", 1, "expired", True)]
    assert answer(site, fails, "x", 409)["code"] == "run_not_waiting"

    def told():
        events = site.ask("GET", f"/api/v2/orchestrations/runs/{nags}/events")[1]["events"]
        return [e["event"] for e in events if e["event"]["type"] == "human_reminder"]

    (first, *_) = until(told)
    assert (first["orch_step_id"], first["wait"], first["prompt"]) == ("h", "h", "Is x fine?")
    assert first["reminder"] >= 1 and "sub" in first
    # it goes on as a new attempt and asks anew
    code, _, _ = site.ask("POST", f"/api/v2/orchestrations/runs/{fails}/resume-failed", {})
    assert code == 202
    site.wait_run(fails, "paused")
    answer(site, fails, "at last")
    assert site.wait_run(fails)["status"] == "completed"

    # a cancel of a parked run ends it at once, and its question
    code, _, _ = site.ask("POST", f"/api/v2/orchestrations/runs/{nags}/cancel")
    assert code == 200 and site.status(nags)["status"] == "cancelled"
    assert waits(site, nags)[0][2] == "cancelled"
    assert answer(site, nags, "x", 409)["code"] == "run_not_waiting"
    assert types(durable(site, nags))[-3:] == ["orchestration_complete", "final", "done"]
    assert site.ask("GET", "/api/v2/waits")[1] == {"waits": [], "next": None}
    counts(site)


def test_verbs_show_what_waits_and_answer_it(site):
    daemon = site.prepare(APPROVE).start()
    run_id = site.submit("approve", "peace")
    site.wait_run(run_id, "paused")
    site.env["SYNAPSED_URL"] = f"http://127.0.0.1:{daemon.api_port}"
    site.env["SYNAPSED_KEY"] = site.key
    out = site.verb("wait", "list").stdout.decode()
    assert run_id in out and "Is peace fine?" in out and "WAIT" in out
    (wait,) = json.loads(site.verb("wait", "list", "-o", "json").stdout)["waits"]
    assert (wait["run_id"], wait["path"], wait["agent_context"]) == (
        run_id, "ask", "A draft of peace")
    assert site.verb("run", "resume", run_id, "--field", "ok=maybe",
                     check=False).returncode == 5
    assert site.verb("run", "resume", run_id, "--text", "x", "--field", "a=b",
                     check=False).returncode == 2
    assert site.verb("run", "resume", run_id, "--step", "other", "--field", "ok=yes",
                     check=False).returncode == 4
    done = site.verb("run", "resume", run_id, "--field", "ok=yes", "--field", "note:=3")
    assert run_id in done.stdout.decode()
    assert site.wait_run(run_id)["final_response"] == "yes, 3"
    assert site.verb("run", "resume", run_id, "--text", "x", check=False).returncode == 4


def resident(daemon):
    """KiB that each process of the daemon has resident."""
    out = {}
    for kind in ("worker", "api", "keeper", "clerk"):
        for i, pid in enumerate(daemon.pids(kind)):
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                (line,) = [x for x in f if x.startswith("VmRSS:")]
            out[f"{kind}-{i}"] = int(line.split()[1])
    return out


def park(site, count):
    for at in range(0, count, 1000):
        n = min(1000, count - at)
        code, body, _ = site.ask("POST", "/api/v2/orchestrations/ask/runs", {
            "runs": [{"message": str(at + i)} for i in range(n)]})
        assert code == 202 and all("run_id" in item for item in body["runs"]), body
    until(lambda: site.sql(
        "SELECT count(*) FROM orchestration_runs WHERE status = 'paused'") == [(count,)],
        seconds=60 + count / 20)


def test_parked_runs_cost_no_slot_and_no_process_grows_by_them(site):
    """SYNAPSED_PEOPLE_PARKED=10000 prints what each process has before and behind it."""
    count = int(os.environ.get("SYNAPSED_PEOPLE_PARKED", "60"))
    daemon = site.prepare(ASK).start(SYNAPSED_LIMITS_RATE_PER_TENANT="0")
    park(site, count)  # what a process needs for the work itself
    before = resident(daemon)
    site.sql("DELETE FROM run_waits")
    site.sql("DELETE FROM orchestration_runs")
    park(site, count)
    counts(site)
    behind = resident(daemon)
    print({k: (before[k], behind[k]) for k in before})
    code, stats, _ = site.ask("GET", "/api/v2/queue/stats")
    assert code == 200 and stats["active"] == 0
    rows = site.sql("SELECT run_id, input FROM orchestration_runs ORDER BY random() LIMIT 20")
    for run_id, _ in rows:
        answer(site, run_id, f"to {run_id}")
    for run_id, message in rows:
        assert site.wait_run(run_id)["status"] == "completed"
        assert site.sql("SELECT shared_state->'out_h'->>'response', human_prompt FROM"
                        " orchestration_runs WHERE run_id = %s", run_id) == [
                            (f"to {run_id}", None)], message
    counts(site)

"""Steps of type transform: Python of definitions, in a sandbox."""

import os
import pathlib
import signal
import time

import pytest
from harness.daemon import process_group
from harness.site import orchestration, print_step


def transform(step_id, code, next_id=None, **more):
    return {"id": step_id, "name": step_id, "type": "transform", "transform_code": code,
            "output_key": f"out_{step_id}", "next_step_id": next_id, **more}


def flow(orch_id, code, **more):
    return orchestration(orch_id, transform("t", code, "say", **more),
                         print_step("say", "{state.out_t}"))


def result_of(site, orch_id, message="", **body):
    run_id = site.submit(orch_id, message, **body)
    answer = site.wait_run(run_id)
    return answer, site.events(run_id)


def only(events, kind):
    found = [e for e in events if e["type"] == kind]
    assert len(found) == 1, events
    return found[0]


def test_code_sees_the_state_and_its_result_is_the_output(site):
    site.prepare(
        flow("count", "print('spoils nothing')\n"
                      "result = {'n': len(state['user_input']), 's': 'ä\\ud800'}"),
        flow("nothing", "x = 1"),
        flow("wrong", "a = 1\nresult = a + missing"),
    )
    daemon = site.start()
    answer, events = result_of(site, "count", "hello")
    assert (answer["status"], answer["final_response"]) == (
        "completed", '{"n":5,"s":"ä?"}')
    got = only(events, "transform_result")
    assert got["orch_step_id"] == "t"
    assert got["result"] == "{'n': 5, 's': 'ä\\ud800'}"
    printed = daemon.wait_event("python.printed", step="t")
    assert printed["bytes"] == "15" and "spoils nothing" in printed["text"]
    answer, events = result_of(site, "nothing")
    assert answer["status"] == "completed"
    assert only(events, "transform_result")["result"] is None
    answer, events = result_of(site, "wrong")
    assert answer["status"] == "failed"
    error = only(events, "step_error")
    assert error["error_class"] == "job", error
    assert "NameError: name 'missing' is not defined (line 2)" in error["error"]

"""What runs inside agent steps, cut between its writes."""

import collections
import json

import pytest

from harness.fake_llm import FakeLLM
from harness.site import llm_step, orchestration, print_step


def agent(agent_id, *tools, **more):
    return {"id": agent_id, "name": agent_id.title(), "tools": list(tools),
            "system_prompt": f"You are {agent_id}.", "model": "oaic.tiny", **more}


def work(step_id, agent_id):
    return {"id": step_id, "name": step_id, "type": "agent", "agent_id": agent_id,
            "prompt_template": "go", "output_key": step_id}


AGENTS = [agent("ann"), agent("nest", type="orchestrator", orchestration_id="sub"),
          agent("boss", type="delegate", delegate_agent_ids=["ann", "nest"]),
          agent("split", "spawn_subtask")]
FLOW = orchestration(
    "flow",
    {"id": "fork", "name": "Fork", "type": "parallel", "next_step_id": "last",
     "parallel_branches": [["n"], ["b"], ["s"]]},
    work("n", "nest"), work("b", "boss"), work("s", "split"),
    print_step("last", "{state.n} {state.b} {state.s}"),
)
SUB = orchestration("sub", {"id": "p", "name": "P", "type": "parallel", "next_step_id": "t",
                            "parallel_branches": [["x"], ["y"]]},
                    llm_step("x", "oaic.tiny", "X", output_key="x"),
                    llm_step("y", "oaic.tiny", "Y", output_key="y"),
                    print_step("t", "<{state.x}{state.y}>", output_key="t"))
ANSWER = "<XY> A|<XY> one|two"
QUICK = {"SYNAPSED_RESTART_MIN": "20ms", "SYNAPSED_RESTART_MAX": "200ms",
         "SYNAPSED_RESTART_CEILING": "1000"}


def script(call):
    """What it says is a function of what it is asked: a call that is repeated gets the same."""
    messages = call.body["messages"]
    names = [t["function"]["name"] for t in call.body.get("tools", [])]
    if messages[-1]["role"] == "tool":
        return "reply:" + "|".join(m["content"] for m in messages if m["role"] == "tool")
    for tool, arguments in (
            ("delegate_to_agent", [{"agent_id": "ann", "task": "A"},
                                   {"agent_id": "nest", "task": "B"}]),
            ("spawn_subtask", [{"task": "one"}, {"task": "two"}])):
        if tool in names:
            return "turn:" + json.dumps({"text": "", "calls": [
                {"name": tool, "arguments": a} for a in arguments]})
    return None


def check(site, llm, run_id, deaths):
    answer = site.wait_run(run_id, deadline_s=120)
    assert (answer["status"], answer["final_response"]) == ("completed", ANSWER)
    entries = [e for e in site.entries(run_id) if "sub" not in e["event"]]
    events = [e["event"] for e in entries]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    # what has a row is told once, wherever it is
    told = collections.Counter((e["type"], e.get("path"), e["orch_step_id"]) for e in events
                               if e["type"] in ("step_start", "step_complete"))
    assert set(told.values()) == {1}, told
    assert ("step_complete", "fork#1/b#1/agent#0/p#1", "y") in told
    bodies = collections.defaultdict(set)
    for call in llm.calls:
        bodies[call.key].add(json.dumps(call.body["messages"]))
    assert all(len(said) == 1 for said in bodies.values())
    assert max(llm.counts().values()) <= 1 + deaths
    final = next(e for e in events if e["type"] == "orchestration_complete")["final_state"]
    assert sorted(final) == ["b", "n", "out_last", "s", "user_input", "user_query"]


POINTS = ["inner.recorded", "inner.begun", "inner.ended", "turn.begun", "turn.served",
          "branches.joined", "step.built", "step.committed", "effect.begun"]


@pytest.mark.parametrize("point", [
    POINTS[0], POINTS[1], pytest.param(POINTS[2], marks=pytest.mark.short), *POINTS[3:]])
def test_a_worker_dies_while_something_runs_inside(site, faults, seed, point):
    with FakeLLM(script=script) as llm:
        site.prepare({"synapse_export": True, "orchestrations": [FLOW, SUB], "agents": AGENTS})
        first = faults.rule(point, "crash", kind="worker", nth=seed.randint(1, 6))
        second = faults.rule("resume.begun", "crash", kind="worker", after=first)
        site.start(**faults.env, **QUICK, OPENAI_COMPATIBLE_BASE_URL=llm.url,
                   OPENAI_COMPATIBLE_KEY="sk-test")
        runs = [site.submit("flow", "go") for _ in range(2)]
        first.wait_acted()
        for run_id in runs:
            check(site, llm, run_id, deaths=3)
        second.wait_acted()

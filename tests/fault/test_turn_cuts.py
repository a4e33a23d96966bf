"""Turns of agents, cut between the writes of each."""

import collections
import json
import re

import pytest

from harness.fake_llm import FakeLLM
from harness.fake_tool import FakeTool
from harness.site import orchestration, print_step

AGENT = {"id": "ann", "name": "Ann", "tools": ["look"], "system_prompt": "Look.",
         "model": "oaic.tiny"}
FLOW = orchestration(
    "flow",
    {"id": "fork", "name": "Fork", "type": "parallel", "next_step_id": "last",
     "parallel_branches": [["a"], ["b"]]},
    *({"id": i, "name": i, "type": "agent", "agent_id": "ann", "output_key": i}
      for i in "ab"),
    print_step("last", "{state.a} {state.b}"),
)
TOOL = {"name": "look", "description": "looks", "inputSchema": {"type": "object"}}
TURNS = 4
QUICK = {"SYNAPSED_RESTART_MIN": "20ms", "SYNAPSED_RESTART_MAX": "200ms",
         "SYNAPSED_RESTART_CEILING": "1000", "SYNAPSED_EGRESS_ALLOW": "127.0.0.0/8",
         "SYNAPSED_ENGINE_COMPACT_CHARS": "2000"}


def script(call):
    """What it says is a function of what it is asked: a call that is repeated gets the same."""
    system = call.body["messages"][0]["content"]
    if "It has become too long" in system:
        return "reply:the sum"
    left = re.search(r"Turns left: (\d+)", system)
    done = 15 - int(left[1])
    if done == TURNS:
        return "reply:done"
    # long arguments: they are not trimmed, so the conversation is summed up
    return "turn:" + json.dumps({"text": "", "calls": [
        {"name": "look", "arguments": {"q": f"{done}.{i} " + "x" * 400}} for i in (0, 1)]})


def check(site, tool, run_id, deaths):
    answer = site.wait_run(run_id, deadline_s=120)
    assert (answer["status"], answer["final_response"]) == ("completed", "done done")
    entries = [e for e in site.entries(run_id) if "sub" not in e["event"]]
    events = [e["event"] for e in entries]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    # what has a row is told once, and done no more
    for place in "ab":
        inside = [e["type"] for e in events if e.get("orch_step_id") == place]
        assert inside.count("tool_execution") == inside.count("tool_result") == 2 * TURNS
        assert inside.count("final") == inside.count("context_compact") == 1, inside
        rows = site.sql("SELECT count(*) FROM run_steps WHERE run_id = %s AND kind = 'turn'"
                        " AND step_id = %s", run_id, place)
        # when it began, two of each turn, the summary
        assert rows == [(2 * TURNS + 2,)]
    uses = collections.Counter()
    said = collections.defaultdict(set)
    for request in tool.requests:
        key = request["headers"]["idempotency-key"]
        if key.startswith(run_id):
            uses[key] += 1
            said[key].add(request["body"])
    assert len(uses) == 2 * 2 * TURNS and max(uses.values()) <= 1 + deaths
    assert all(len(bodies) == 1 for bodies in said.values())
    final = next(e for e in events if e["type"] == "orchestration_complete")["final_state"]
    assert sorted(final) == ["_agent_turns_a", "_agent_turns_b", "a", "b", "out_last",
                             "user_input", "user_query"]
    # remembered once, whoever died over it
    assert all(len(final[f"_agent_turns_{place}"]) == 1 for place in "ab")


POINTS = ["turn.answered", "turn.begun", "turn.served", "turn.ended", "turn.summed",
          "step.built", "step.committed", "step.published", "effect.begun", "agent.begun"]


@pytest.mark.parametrize("point", [
    POINTS[0], pytest.param(POINTS[1], marks=pytest.mark.short), *POINTS[2:]])
def test_a_worker_dies_in_a_turn(site, faults, seed, point):
    with FakeLLM(script=script) as llm, FakeTool() as tool:
        site.prepare({"synapse_export": True, "orchestrations": [FLOW], "agents": [AGENT]})
        site.sql("INSERT INTO tools (id, name, definition, tenant_id, updated_at)"
                 " VALUES ('look', 'look', %s, 'default', now())",
                 json.dumps({**TOOL, "url": f"{tool.url}/text"}))
        most = 3 if point in ("turn.summed", "agent.begun") else 20
        first = faults.rule(point, "crash", kind="worker", nth=seed.randint(1, most))
        second = faults.rule("resume.begun", "crash", kind="worker", after=first)
        site.start(**faults.env, **QUICK, OPENAI_COMPATIBLE_BASE_URL=llm.url,
                   OPENAI_COMPATIBLE_KEY="sk-test")
        runs = [site.submit("flow", "go") for _ in range(3)]
        first.wait_acted()
        for run_id in runs:
            check(site, tool, run_id, deaths=2)
        second.wait_acted()

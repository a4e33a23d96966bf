"""What runs inside agent steps on a whole site: orchestrations, delegates, subtasks, and what a
death in the middle of them leaves."""


import pytest
from harness.fake_llm import FakeLLM
from harness.site import llm_step, orchestration, print_step
from test_agents import agent, events, flow, rows, start, turn

pytestmark = pytest.mark.asan


@pytest.fixture
def llm():
    with FakeLLM(script=script) as server:
        yield server


def script(call):
    """Who may give work does so once, then says what came back; others repeat their task."""
    last = call.body["messages"][-1]
    names = [t["function"]["name"] for t in call.body.get("tools", [])]
    if last["role"] == "tool":
        return "reply:" + "|".join(m["content"] for m in call.body["messages"]
                                   if m["role"] == "tool")
    if "delegate_to_agent" in names:
        return turn({"name": "delegate_to_agent", "arguments": {"agent_id": "ann", "task": "A"}},
                    {"name": "delegate_to_agent", "arguments": {"agent_id": "nest", "task": "B"}})
    if "spawn_subtask" in names and call.message.startswith("split"):
        return turn({"name": "spawn_subtask", "arguments": {"task": "one [[sleep:100]]",
                                                            "name": "first"}},
                    {"name": "spawn_subtask", "arguments": {"task": "two"}})
    return None


def orchestrator(agent_id, orch_id):
    return agent(agent_id, type="orchestrator", orchestration_id=orch_id)


def sub(ask="{state.user_input}", mark=""):
    return orchestration("sub", llm_step("ask", "oaic.tiny", ask, "tell", output_key="said"),
                         print_step("tell", f"<{{state.said}}>{mark}", output_key="out"))


def outer():
    step = flow("outer", "nest")["steps"][0]
    return orchestration("outer", {**step, "prompt_template": "{state.user_input}",
                                   "next_step_id": "z"},
                         print_step("z", "{state.out}!", output_key="end"))


def asking():
    return orchestration("asking", {"id": "h", "name": "H", "type": "human", "next_step_id": "t",
                                    "human_prompt": "Well?", "output_key": "h"},
                         print_step("t", "{state.h.v} it is", output_key="t"))


AGENTS = [orchestrator("asker", "asking"), agent("ann"), agent("boss", type="delegate"), agent("splitter", "spawn_subtask"),
          orchestrator("nest", "sub"), orchestrator("self", "self"),
          agent("builder", type="builder")]


def test_orchestrations_and_other_agents_run_inside_an_agent_s_step(site, llm):
    start(site, llm, AGENTS, outer(), sub(), flow("self", "self"), flow("boss", "boss"),
          flow("split", "splitter"), flow("asks", "asker"), asking())

    # the orchestration of an orchestrator agent
    run_id = site.submit("outer", "hello")
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "<hello>!")
    inside = [e for e in site.events(run_id) if e.get("path") == "a#0"]
    assert [e["type"] for e in inside if e["type"] not in ("llm_token", "thinking")] == [
        "step_start", "final", "step_complete", "step_start", "final", "step_complete", "final"]
    assert {(e["nested_run_id"], e["nested_orch_id"], e["nested_depth"]) for e in inside} == {
        (f"{run_id}__a_d1", "sub", 1)}
    assert (inside[-1]["intent"], inside[-1]["response"]) == ("orchestration", "<hello>")
    assert len([e for e in site.events(run_id) if e["type"] == "orchestration_complete"]) == 1
    state = events(site, run_id, "orchestration_complete")[0]["final_state"]
    assert list(state) == ["user_input", "user_query", "out", "end"]
    # it counts for the run, and is asked under a key of its own
    assert answer["total_tokens_used"] > 0, answer
    assert [c.key for c in llm.calls] == [f"{run_id}/a#0/ask/1"]

    error = site.wait_run(site.submit("self", "go"))["error"]
    assert error["class"] == "limit" and "nested deeper than 3" in error["message"]

    # people who are asked inside
    run_id = site.submit("asks", "go")
    site.wait_run(run_id, "paused")
    status, _ = site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/resume",
                         {"response": {"v": "yes"}})[:2]
    assert status == 202
    assert site.wait_run(run_id)["final_response"] == "yes it is"

    # delegates: all but itself and builders, at the same time
    llm.calls.clear()
    run_id = site.submit("boss", "go")
    assert site.wait_run(run_id)["final_response"] == "A|<B>"
    system = llm.calls[0].body["messages"][0]["content"]
    assert "- ann (Ann)" in system and "- boss" not in system and "- builder" not in system
    (tool,) = [t for t in llm.calls[0].body["tools"]]
    assert tool["function"]["parameters"]["properties"]["agent_id"]["enum"] == [
        "ann", "asker", "nest", "self", "splitter"]
    assert {e["delegate_agent_name"] for e in site.events(run_id)
            if e.get("delegate_from") == "ann"} == {"Ann"}
    assert {e["nested_orch_id"] for e in site.events(run_id)
            if e.get("path") == "a#1/agent#0"} == {"sub"}

    # subtasks: at the same time, answers in the order of the calls
    llm.calls.clear()
    run_id = site.submit("split", "split it")
    assert site.wait_run(run_id)["final_response"] == "one|two"
    one, two = llm.calls[1:3]
    assert two.arrived_at < one.ended_at
    assert [e.get("subtask_name") for e in events(site, run_id, "tool_result")] == ["first", None]
    assert "Turns left: 10" in two.body["messages"][0]["content"]


def test_who_takes_a_run_over_goes_on_inside(site, llm):
    daemon = start(site, llm, AGENTS, outer(), sub(ask="{state.user_input} [[stall]]"),
                   flow("split", "splitter"))
    run_id = site.submit("outer", "hello")
    stalled = llm.wait_call(message="hello [[stall]]")
    other = site.submit("split", "split it")
    # one of its subtasks has ended, the other has not
    llm.next()
    first = llm.wait_call(message="two")
    llm.wait_ended(first)
    site.define({"synapse_export": True, "orchestrations": [sub(mark=" new")], "agents": []})
    llm.script = lambda call: script(call) or ("reply:back" if call is not stalled else None)
    (worker,) = daemon.pids("worker")
    daemon.kill(worker)
    # the version that it began with, at the call that was under way
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "<back>!")
    again = llm.find(message="hello [[stall]]")
    assert len(again) == 2 and again[0].key == again[1].key
    assert [k for k, _ in rows(site, run_id)][:2] == ["start", "turn"]
    assert site.wait_run(other)["status"] == "completed"
    # the next execution has the newer one
    run_id = site.submit("outer", "hello")
    assert site.wait_run(run_id)["final_response"] == "<back> new!"

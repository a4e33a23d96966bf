"""Steps of type agent on a whole site: turns, tools, guards, and what a death leaves."""

import json

import pytest
from harness.fake_llm import FakeLLM
from harness.fake_tool import FakeTool
from harness.site import orchestration
from test_steps import put_tool

pytestmark = pytest.mark.asan


@pytest.fixture
def llm():
    with FakeLLM() as server:
        yield server


@pytest.fixture
def tool():
    with FakeTool() as server:
        yield server


def agent(agent_id, *tools, **more):
    return {"id": agent_id, "name": agent_id.title(), "tools": list(tools),
            "system_prompt": f"You are {agent_id}.", "model": "oaic.tiny", **more}


def flow(name, agent_id, **more):
    return orchestration(name, {"id": "a", "name": "Work", "type": "agent",
                                "agent_id": agent_id, "output_key": "out", **more})


def start(site, llm, agents, *flows, **env):
    site.prepare({"synapse_export": True, "orchestrations": list(flows), "agents": list(agents)})
    return site.start(OPENAI_COMPATIBLE_BASE_URL=llm.url, OPENAI_COMPATIBLE_KEY="sk-test",
                      SYNAPSED_EGRESS_ALLOW="127.0.0.0/8", **env)


def events(site, run_id, *kinds):
    return [e for e in site.events(run_id) if e["type"] in kinds]


def rows(site, run_id):
    return site.sql("SELECT kind, delta::text FROM run_steps WHERE run_id = %s ORDER BY seq",
                    run_id)


def call(name, **arguments):
    return turn({"name": name, "arguments": arguments})


def turn(*calls):
    return "turn:" + json.dumps({"text": "", "calls": list(calls)})


def test_an_agent_calls_tools_until_it_has_the_answer(site, llm, tool):
    start(site, llm, [agent("ann", "look"), agent("all", "all"), agent("none"),
                      agent("odd", "look", "grep")],
          flow("one", "ann"), flow("every", "all"), flow("guard", "none"),
          flow("allowed", "none", allowed_tools=["look"]), flow("odd", "odd"),
          flow("short", "ann", max_turns=1), flow("nobody", "nobody"))
    put_tool(site, "look", url=f"{tool.url}/echo")
    put_tool(site, "other", url=f"{tool.url}/status/500")
    put_tool(site, "theirs", tenant="someone", url=f"{tool.url}/echo")

    # two turns; what the tool said goes back in the provider's own form
    llm.next(call("look", q="x"), call("look", q="y"), "reply:it is done")
    run_id = site.submit("one", "find it")
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "it is done")
    first, second, third = llm.calls
    assert first.body["tool_choice"] == "auto"
    assert [t["function"]["name"] for t in first.body["tools"]] == ["look"]
    assert first.body["messages"][0]["content"].startswith("You are ann.\n")
    assert first.body["messages"][1] == {"role": "user", "content": "find it"}
    assert [m["role"] for m in third.body["messages"]] == [
        "system", "user", "assistant", "tool", "assistant", "tool"]
    assistant, result = second.body["messages"][2:]
    assert result["tool_call_id"] == assistant["tool_calls"][0]["id"]
    assert json.loads(result["content"])["body"] == '{"q":"x"}'
    assert [c.key for c in llm.calls] == [f"{run_id}/a/1", f"{run_id}/a/1/1",
                                          f"{run_id}/a/1/2"]
    assert [r["headers"]["idempotency-key"] for r in tool.requests] == [
        f"{run_id}/a/1", f"{run_id}/a/1/1"]
    assert [k for k, _ in rows(site, run_id)] == ["start", "turn", "turn", "turn", "turn", "turn",
                                                 "step"]
    assert [e["type"] for e in events(site, run_id, "tool_execution", "tool_result",
                                      "final")] == [
        "tool_execution", "tool_result", "tool_execution", "tool_result", "final", "final"]
    final = events(site, run_id, "final")[0]
    assert (final["response"], final["intent"], final["tool_name"]) == (
        "it is done", "chat", "look")
    complete = events(site, run_id, "orchestration_complete")[0]
    assert list(complete["final_state"]) == ["user_input", "user_query", "out"]
    assert "You are ann" not in json.dumps(site.events(run_id))

    # a tool that fails, and all that the tenant may use
    llm.calls.clear()
    llm.next(call("other", q="x"), "reply:it failed")
    run_id = site.submit("every", "go")
    assert site.wait_run(run_id)["final_response"] == "it failed"
    assert [t["function"]["name"] for t in llm.calls[0].body["tools"]] == ["look", "other"]
    (result,) = events(site, run_id, "tool_result")
    assert result["preview"].startswith("Error: tool 'other' answered with status 500")

    # what it was not offered
    llm.calls.clear()
    llm.next(call("look", q="x"), "reply:alas")
    run_id = site.submit("guard", "go")
    assert site.wait_run(run_id)["final_response"] == "alas"
    assert "tools" not in llm.calls[0].body
    assert "blocked" in events(site, run_id, "tool_result")[0]["preview"]
    llm.next(call("look", q="x"), "reply:well")
    assert site.wait_run(site.submit("allowed", "go"))["final_response"] == "well"
    run_id = site.submit("odd", "go [[reply:fine]]")
    site.wait_run(run_id)
    (warning,) = events(site, run_id, "step_warning")
    assert warning["message"] == "tools that there are not: 'grep'"

    # ends that are no answer
    llm.next(call("look", q="x"))
    error = site.wait_run(site.submit("short", "go"))["error"]
    assert (error["class"], error["code"]) == ("limit", "turn_limit"), error
    error = site.wait_run(site.submit("nobody", "go"))["error"]
    assert error["class"] == "job" and "there is no agent 'nobody'" in error["message"]
    error = site.wait_run(site.submit("one", "go [[reply:]]"))["error"]
    assert error["class"] == "provider" and "empty" in error["message"]


def test_who_takes_a_run_over_goes_on_in_its_turn_with_the_same_agent(site, llm, tool):
    daemon = start(site, llm, [agent("ann", "look")], flow("one", "ann"))
    put_tool(site, "look", url=f"{tool.url}/echo")
    llm.next(turn({"name": "look", "arguments": {"q": "x"}},
                  {"name": "look", "arguments": {"q": "y"}}), "stall", "reply:it is done")
    run_id = site.submit("one", "find it")
    stalled = llm.wait_call(number=2)
    site.define({"synapse_export": True, "orchestrations": [],
                 "agents": [agent("ann", "look", system_prompt="You are new.")]})
    (worker,) = daemon.pids("worker")
    daemon.kill(worker)
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "it is done")
    # the call that was under way, word for word, and no tool again
    again = llm.calls[2]
    assert again.body == stalled.body and again.key == stalled.key
    assert sorted(json.loads(r["body"])["q"] for r in tool.requests) == ["x", "y"]
    assert [k for k, _ in rows(site, run_id)] == ["start", "turn", "turn", "turn", "start", "step"]
    # the next execution has the newer version
    llm.next("reply:new")
    site.wait_run(site.submit("one", "again"))
    assert llm.calls[-1].body["messages"][0]["content"].startswith("You are new.")

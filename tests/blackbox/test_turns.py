"""Native calls of tools: several in one answer, reasoning, a model for all."""

import json

import pytest
from harness.fake_llm import FakeLLM, turns
from harness.fake_tool import FakeTool
from harness.site import llm_step, orchestration
from test_agents import agent, events, flow, start
from test_steps import put_tool

pytestmark = pytest.mark.asan


def test_calls_of_one_answer_are_served_and_answered_in_their_order(site):
    with FakeLLM() as llm, FakeTool() as tool:
        start(site, llm, [agent("ann", "all", model=None)],
              flow("one", "ann"), flow("mock", "ann", model="mock.agent:3:1"),
              orchestration("say", llm_step("say", None)), SYNAPSED_LLM_MODEL="oaic.common")
        put_tool(site, "look", url=f"{tool.url}/echo")
        put_tool(site, "other", url=f"{tool.url}/status/500")

        llm.script = turns(
            {"text": "I look twice.", "reasoning": "Let me see.", "calls": [
                {"name": "look", "arguments": {"q": "x"}},
                {"name": "other", "arguments": {"q": "y"}, "id": "c1"},
                {"name": "functions.look", "arguments": '{"q": '}]},
            {"plain": True, "text": None, "calls": [
                {"name": "look", "arguments": {"q": "z"}, "id": ""}]},
            "reply:it is done")
        run_id = site.submit("one", "find it")
        answer = site.wait_run(run_id)
        assert (answer["status"], answer["final_response"]) == ("completed", "it is done")
        first, second, third = llm.calls
        assert {c.model for c in llm.calls} == {"common"}
        assert first.body["tool_choice"] == "auto"
        said, *results = second.body["messages"][2:]
        assert said["content"] == "I look twice."
        made = [(c["id"], c["function"]["name"], c["function"]["arguments"])
                for c in said["tool_calls"]]
        assert made == [("c1", "look", '{"q":"x"}'), ("call_1_2", "other", '{"q":"y"}'),
                        ("c3", "functions_look", '{"malformed_arguments":"{\\"q\\": "}')]
        assert [r["tool_call_id"] for r in results] == ["c1", "call_1_2", "c3"]
        assert json.loads(results[0]["content"])["body"] == '{"q":"x"}'
        assert all(r["content"].startswith("Error: ") for r in results[1:])
        assert third.body["messages"][6]["content"] is None
        (call,) = third.body["messages"][6]["tool_calls"]
        assert call["id"] == third.body["messages"][7]["tool_call_id"] == "call_2_1"
        assert [e["reasoning"] for e in events(site, run_id, "llm_reasoning")] == ["Let me see."]

        # without a server: it uses what it is offered in turn
        llm.script = None
        run_id = site.submit("mock", "go")
        answer = site.wait_run(run_id)
        assert answer["status"] == "completed"
        assert [e["tool_name"] for e in events(site, run_id, "tool_execution")] == [
            "look", "other", "look"]
        assert '\\"q\\":\\"go\\"' in answer["final_response"]

        # a step without a model has the common one
        assert site.wait_run(site.submit("say", "hi"))["final_response"] == "hi"
        assert llm.calls[-1].model == "common"

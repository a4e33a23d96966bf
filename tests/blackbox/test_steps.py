"""Steps of types tool, evaluator and extract_json on a whole site, one daemon for each group."""

import json

import pytest
from harness.fake_llm import FakeLLM
from harness.fake_tool import FakeTool
from harness.site import orchestration, print_step

SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}

pytestmark = pytest.mark.asan


@pytest.fixture
def llm():
    with FakeLLM() as server:
        yield server


@pytest.fixture
def tool():
    with FakeTool() as server:
        yield server


def flow(name, tool_name, prompt="{state.user_input}", **more):
    return orchestration(name, {
        "id": "t", "name": "Look", "type": "tool", "model": "oaic.tiny",
        "forced_tool": tool_name, "prompt_template": prompt, "output_key": "found", **more})


def put_tool(site, name, tenant="default", **definition):
    """As a stock sync writes it: the label in the column, the name in the definition."""
    site.sql("INSERT INTO tools (id, name, definition, tenant_id, updated_at)"
             " VALUES (%s, %s, %s, %s, now())", f"{tenant}-{name}", f"The {name}",
             json.dumps({"name": name, "generalName": f"The {name}",
                         "description": "looks things up", "inputSchema": SCHEMA,
                         **definition}), tenant)


def kinds(site, run_id):
    return [e["type"] for e in site.events(run_id)]


def error_of(site, run_id):
    answer = site.wait_run(run_id)
    assert answer["status"] == "failed", answer
    return answer["error"]


def start(site, llm, *definitions, **env):
    site.prepare(*definitions)
    return site.start(OPENAI_COMPATIBLE_BASE_URL=llm.url, OPENAI_COMPATIBLE_KEY="sk-test",
                      **env)


def test_a_tool_is_called_with_what_the_model_filled_in(site, llm, tool):
    names = ("echo", "text", "get", "status", "mend", "other", "python")
    start(site, llm, *(flow(name, name) for name in names), flow("gone", "nobody"),
          SYNAPSED_EGRESS_ALLOW="127.0.0.0/8")
    put_tool(site, "echo", url=f"{tool.url}/echo", headers={"X-Secret": "s3"})
    put_tool(site, "text", url=f"{tool.url}/text")
    put_tool(site, "get", url=tool.url + "/at/{q}?x=1", method="GET")
    put_tool(site, "status", url=f"{tool.url}/status/500")
    put_tool(site, "mend", url=f"{tool.url}/refuse_first")
    put_tool(site, "other", tenant="someone", url=f"{tool.url}/echo")
    put_tool(site, "python", tool_type="python", code="print(1)")

    # a POST; JSON comes back compact
    run_id = site.submit("echo", '[[call:echo:{"q": "a b"}]]')
    answer = site.wait_run(run_id)
    found = '{"method":"POST","body":"{\\"q\\":\\"a b\\"}"}'
    assert (answer["status"], answer["final_response"]) == ("completed", found), answer
    (asked,) = tool.requests
    assert asked["headers"]["x-secret"] == "s3"
    assert asked["headers"]["idempotency-key"] == f"{run_id}/t/1"
    (call,) = llm.calls
    assert call.body["tool_choice"] == {"type": "function", "function": {"name": "echo"}}
    assert call.body["tools"][0]["function"]["parameters"] == SCHEMA
    assert kinds(site, run_id)[2:] == [
        "step_start", "thinking", "llm_token", "tool_execution", "tool_result", "final",
        "step_complete", "orchestration_complete", "final", "done"]
    execution = next(e for e in site.events(run_id) if e["type"] == "tool_execution")
    assert (execution["tool_name"], execution["args"]) == ("echo", {"q": "a b"})

    # a text; a model that knows no tools
    tool.requests.clear()
    run_id = site.submit("text", 'I would {"tool": "text", "arguments": {"q": "x"}}')
    assert site.wait_run(run_id)["final_response"] == "plain text"

    tool.requests.clear()
    site.wait_run(site.submit("get", '[[call:get:{"q":"../x","n":1}]]'))
    assert [(r["method"], r["path"]) for r in tool.requests] == [
        ("GET", "/at/..%2Fx?x=1&n=1")]

    # what the tool refuses, and arguments that do not fit, are mended by the model
    tool.requests.clear()
    llm.next('call:mend:{"q":1}', 'call:mend:{"q":"x"}', 'call:mend:{"q":"longer"}')
    before = len(llm.calls)
    run_id = site.submit("mend", "go")
    assert site.wait_run(run_id)["status"] == "completed"
    assert [json.loads(r["body"])["q"] for r in tool.requests] == ["x", "longer"]
    calls = llm.calls[before:]
    assert "must be of type string" in calls[1].body["messages"][0]["content"]
    assert "q is too short" in calls[2].body["messages"][0]["content"]
    assert [c.key for c in calls] == [f"{run_id}/t/1", f"{run_id}/t/1/1", f"{run_id}/t/1/2"]

    error = error_of(site, site.submit("status", '[[call:status:{"q":"x"}]]'))
    assert "status 500" in error["message"] and error["class"] == "tool", error
    error = error_of(site, site.submit("gone", "x"))
    assert "there is no tool 'nobody'" in error["message"] and error["class"] == "job"
    error = error_of(site, site.submit("other", "x"))
    assert "there is no tool 'other'" in error["message"]
    error = error_of(site, site.submit("python", "x"))
    assert "of type 'python'" in error["message"]


def test_a_tool_does_not_reach_what_the_operator_did_not_allow(site, llm, tool):
    start(site, llm, flow("near", "near"), flow("slow", "slow"))
    put_tool(site, "near", url=f"{tool.url}/echo")
    put_tool(site, "slow", url="http://localhost:1/")
    error = error_of(site, site.submit("near", '[[call:near:{"q":"x"}]]'))
    assert "egress.allow" in error["message"] and error["class"] == "tool", error
    error = error_of(site, site.submit("slow", '[[call:slow:{"q":"x"}]]'))
    assert "egress.allow" in error["message"]
    assert tool.requests == []


def test_a_tool_has_its_time_and_a_cancel_ends_it(site, llm, tool):
    start(site, llm, flow("slow", "slow"), flow("cut", "slow", timeout_seconds=1),
          SYNAPSED_EGRESS_ALLOW="127.0.0.0/8", SYNAPSED_TOOLS_HTTP_TIMEOUT="2s")
    put_tool(site, "slow", url=f"{tool.url}/slow")
    ask = '[[call:slow:{"q":"x"}]]'
    cut, slow, off = (site.submit(n, ask) for n in ("cut", "slow", "slow"))
    tool.wait_requests(3)
    site.ask("POST", f"/api/v2/orchestrations/runs/{off}/cancel")
    error = error_of(site, cut)
    assert error["class"] == "limit" and "timed out after 1s" in error["message"], error
    error = error_of(site, slow)
    assert error["class"] == "tool" and "in time" in error["message"], error
    assert site.wait_run(off)["status"] == "cancelled"


def test_an_evaluator_routes_and_json_is_extracted(site, llm):
    def judge(prompt, **more):
        return {"id": "e", "name": "Judge", "type": "evaluator", "model": "oaic.tiny",
                "evaluator_prompt": prompt, "output_key": "verdict",
                "route_map": {"ok": "x", "no": "bad", "stop": None}, **more}

    extract = {"id": "x", "name": "Extract", "type": "extract_json",
               "input_keys": ["user_input"], "output_key": "data", "next_step_id": "say"}
    rest = [extract, print_step("say", "{{data[0].a[0]}}"), print_step("bad", "no good")]
    start(site, llm,
          orchestration("judge", judge("{{user_input}}"), *rest),
          orchestration("lenient", judge("what?", on_parse_error="no"), *rest))
    run_id = site.submit("judge", 'Take {"a": ["one"]} [[call:route_ok:'
                                  '{"reasoning": "it is there"}]]')
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "one"), answer
    decisions = [e for e in site.events(run_id) if e["type"] == "routing_decision"]
    assert decisions[0]["tool_name"] == "route_ok"
    assert decisions[0]["arguments"] == {"reasoning": "it is there"}
    assert (decisions[1]["decision"], decisions[1]["target_step_id"]) == ("ok", "x")
    assert llm.calls[0].body["tool_choice"] == "required"
    error = error_of(site, site.submit("judge", "no idea"))
    assert error["class"] == "provider" and "none of the routes" in error["message"]
    answer = site.wait_run(site.submit("lenient", "x"))
    assert answer["final_response"] == "no good"

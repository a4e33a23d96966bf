"""CONTRACT 1.6: the routes of before, which answer when it is over."""

from .case import Case, Endpoint
from .shapes import anything, count, each, has, invalid, like, maybe, obj, refusal, said, text

V1 = "/api/v1"
NO_ORCHESTRATION = refusal("orchestration_not_found")
RESULT = {"status": "completed", "run_id": said, "response": text, "shared_state": obj,
          "step_history": each(obj, 1)}
PAUSED = {"status": "paused", "run_id": said, "human_input_required": {
    "step_id": "ask", "prompt": "Well?", "fields": each(anything), "agent_context": anything}}
AGENT = {"id": said, "name": text, "type": maybe(text), "model": maybe(text),
         "capabilities": each(anything)}
ORCHESTRATION = {"id": said, "name": text, "description": maybe(text)}
REPLY = {"response": "hello", "agent_id": "echo", "agent_name": "Echo", "session_id": said}


def run(name, code=200, fields=RESULT, at="hello", body=None, **more):
    return Case(name, code, fields, at={"orch_id": at}, body={} if body is None else body, **more)


def chat(name, code=200, fields=REPLY, key="owner", **body):
    return Case(name, code, fields, body=body, key=key)


ENDPOINTS = [
    Endpoint("POST", f"{V1}/orchestrations/{{orch_id}}/run", [
        run("an empty object", fields={**RESULT, "response": "hi "}),
        run("a message", body={"message": "you"}, fields={**RESULT, "response": "hi you"}),
        run("one that asks a person", at="ask", fields=PAUSED),
        run("one that fails", at="fails", fields={"status": "failed", "run_id": said}),
        run("a number for a message", 422, invalid("body", "message"), body={"message": 5}),
        run("one that is not there", 404, NO_ORCHESTRATION, at="none"),
        run("a tenant's key", key="acme"),
    ]),
    Endpoint("POST", f"{V1}/orchestrations/runs/{{run_id}}/resume", [
        Case("an object", 200, {**RESULT, "run_id": "$new.paused", "response": "you said yes"},
             at={"run_id": "$new.paused"}, body={"response": {"response": "yes"}}),
        Case("a text", 200, {**RESULT, "run_id": "$new.paused", "response": "you said no"},
             at={"run_id": "$new.paused"}, body={"response": "no"}),
        Case("one that is not there", 404, refusal("run_not_found"),
             at={"run_id": "run_000000000000_1"}, body={"response": "x"}),
        Case("another tenant's", 404, refusal("run_not_found"), at={"run_id": "$acme"},
             key="rival", body={"response": "x"}, differs="13.20"),
    ]),
    Endpoint("POST", f"{V1}/orchestrations/{{orch_id}}/run/stream", [
        run("a number for a message", 422, invalid("body", "message"), body={"message": 5}),
        run("one that is not there", 404, NO_ORCHESTRATION, at="none"),
    ]),
    Endpoint("POST", f"{V1}/orchestrations/runs/{{run_id}}/resume/stream", [
        Case("one that is not there", 404, refusal("run_not_found"),
             at={"run_id": "run_000000000000_1"}, body={"response": "x"}),
        Case("another tenant's", 404, refusal("run_not_found"), at={"run_id": "$acme"},
             key="rival", body={"response": "x"}, differs="13.20"),
        Case("one that has ended", 409, refusal("run_not_waiting"), at={"run_id": "$completed"},
             body={"response": "x"}, differs="13.12"),
        Case("a number", 422, invalid("body", "response"), at={"run_id": "$paused"},
             body={"response": 5}),
    ]),
    Endpoint("GET", f"{V1}/orchestrations", [
        Case("what there is", fields=has(each({**ORCHESTRATION, "steps": count}), {
            "id": "hello", "name": "Hello", "steps": 1})),
    ]),
    Endpoint("GET", f"{V1}/orchestrations/{{orch_id}}", [
        Case("one", at={"orch_id": "hello"}, fields={
            **ORCHESTRATION, "id": "hello", "name": "Hello", "edges": each(anything),
            "steps": each({"id": said, "label": maybe(text), "type": said,
                           "agent_id": maybe(text), "depends_on": each(anything)}, 1)}),
        Case("one that is not there", 404, NO_ORCHESTRATION, at={"orch_id": "none"}),
    ]),
    Endpoint("GET", f"{V1}/agents", [
        Case("what there is", fields=has(each(AGENT), {"id": "echo", "name": "Echo"})),
    ]),
    Endpoint("GET", f"{V1}/agents/{{agent_id}}", [
        Case("one", at={"agent_id": "echo"}, fields={**AGENT, "id": "echo",
                                                     "description": maybe(text)}),
        Case("one that is not there", 404, refusal("agent_not_found"), at={"agent_id": "none"}),
    ]),
    Endpoint("POST", f"{V1}/chat/stream", [
        chat("no message", 422, invalid("body", "message"), agent="echo"),
        chat("another's tenant", 403, refusal("tenant_forbidden"), key="acme", message="x",
             agent="echo", tenant_id="rival"),
    ]),
    Endpoint("POST", f"{V1}/chat", [
        chat("by id", message="hello", agent="echo",
             fields={**REPLY, "session_id": like("^api_[0-9a-f]{12}$")}),
        chat("by name", message="hello", agent="eCHO"),
        chat("in a session", message="hello", agent="echo", session_id="$name",
             fields={**REPLY, "session_id": "$name"}),
        chat("no message", 422, invalid("body", "message"), agent="echo"),
        chat("a number", 422, invalid("body", "message"), message=5),
        chat("by a part of the name", message="hello", agent="ech"),
        chat("an agent that gives no answer", 500, refusal("internal_error"), message="x",
             agent="bad"),
        chat("another's tenant", 403, refusal("tenant_forbidden"), key="acme", message="x",
             agent="echo", tenant_id="rival"),
    ]),
]

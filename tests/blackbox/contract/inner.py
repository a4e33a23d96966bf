"""CONTRACT 1.7: the routes of a run's page, and what stock's page asks beside them (1.1, 1.2). Since
there are keys, being of this host is not enough."""

from .case import Case, Endpoint, Look
from .shapes import (anything, count, each, either, flag, has, invalid, like, maybe, obj, real,
                     refusal, said, text, without)
from .v2 import EVENTS, NO_RUN, RUN_STATUS

ORCH = "/api/orchestrations"
ONE = {"id": "hello", "name": "Hello", "steps": each(obj, 1), "entry_step_id": "p"}
NEW = {"id": "$name", "name": "made", "entry_step_id": "p", "steps": [
    {"id": "p", "name": "p", "type": "print", "print_content": "x"}]}

OURS = {**NEW, "id": "upserted"}


STAMP = like(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")  # CONTRACT 5.3
RUN = {"run_id": said, "orchestration_id": said, "session_id": maybe(text), "status": said,
       "current_step_id": maybe(text), "waiting_for_human": flag, "total_tokens_used": count,
       "total_cost_usd": real, "started_at": maybe(STAMP), "ended_at": maybe(STAMP)}
RUN_OBJECT = {**RUN, "shared_state": obj, "step_history": each(obj), "human_prompt": maybe(text),
              "human_fields": each(anything), "nested_run_id": None, "nested_orch_id": None,
              "cache_read_tokens_total": count, "cache_write_tokens_total": count,
              "cache_hit_count": count, "cache_miss_count": count, "estimated_savings_usd": real}
ESTIMATE = {"sample_size": count, "average_cost_usd": real, "average_cache_hit_rate": real,
            "average_cache_read_tokens": real}
DEPLOYED = {"status": either("deployed", "already_deployed"), "agent_id": "orch_agent_hello"}
KEYS = "/api/settings/api-keys"
KEY = {"id": said, "name": text, "key_prefix": like("^sk-syn-"), "created_at": maybe(STAMP),
       "last_used_at": maybe(STAMP), "is_active": True}
KEY_MADE = {"key": like("^sk-syn-[0-9a-f]{64}$"), "id": said, "name": said,
            "key_prefix": like("^sk-syn-.{5}$"), "created_at": STAMP}
TEXT = {"Content-Type": like("^text/plain")}
STREAM = {"Content-Type": like("^text/event-stream")}


def page(name, code=200, fields=None, **more):
    return Case(name, code, fields, key="owner", **more)


ENDPOINTS = [
    Endpoint("GET", ORCH, [
        page("whole ones", fields=has(each(obj), ONE)),
        Case("without a key", 403, refusal("forbidden"), key="none"),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/{{orch_id}}", [
        page("one", fields=ONE, at={"orch_id": "hello"}),
        page("one that is not there", 404, refusal("orchestration_not_found"),
             at={"orch_id": "none"}),
    ], auth="house"),
    Endpoint("POST", ORCH, [
        page("a new one", 201, obj, body=NEW, then=(
            Look(f"{ORCH}/$name", {"name": "made"}, key="owner"),)),
        page("again", 200, obj, body=OURS, before=lambda world: world.ask(
            "POST", ORCH, "owner", body=OURS, repeat=True)),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/runs", [
        page("the newest, as a bare list", query="limit=2", fields=each(RUN, 1),
             before=lambda world: world.thing("completed")),
        page("a limit beyond", query="limit=100000", fields=each(RUN, 1),
             before=lambda world: world.thing("completed")),
        page("one below", query="limit=0", fields=each(RUN, 1),
             before=lambda world: world.thing("completed")),
        page("one that is none", 422, invalid("query", "limit"), query="limit=x"),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/runs/{{run_id}}", [
        page("one", at={"run_id": "$completed"}, fields={
            **RUN_OBJECT, "run_id": "$completed", "status": "completed", "ended_at": STAMP,
            "step_history": each(obj, 1), "shared_state": {"user_input": "you"}}),
        page("one that waits for a person", at={"run_id": "$paused"}, fields={
            **RUN_OBJECT, "status": "paused", "current_step_id": "ask", "ended_at": None,
            "waiting_for_human": True, "human_prompt": "Well?"}),
        page("one that runs", at={"run_id": "$running"}, fields={
            **RUN_OBJECT, "status": "running", "ended_at": None}),
        page("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"}),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/runs/{{run_id}}/events", [
        page("all", fields={**EVENTS, "count": "$completed.count", "last_id": said},
             at={"run_id": "$completed"}),
        page("at first", fields={**EVENTS, "count": "$completed.count"}, query="after=0&limit=5000",
             at={"run_id": "$completed"}),
        page("behind one", fields={**EVENTS, "count": "$completed.count-1"},
             query="after=$completed.first", at={"run_id": "$completed"}),
        page("behind the last", fields={"events": [], "last_id": "9999999999999-0"},
             query="after=9999999999999-0", at={"run_id": "$completed"}),
        page("behind what is no id", 422, invalid("query", "after"), query="after=x",
             at={"run_id": "$completed"}),
        page("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"}),
    ], auth="house"),
    Endpoint("POST", f"{ORCH}/runs/{{run_id}}/cancel", [
        page("one that runs", at={"run_id": "$new.running"}, fields={"run_id": "$new.running"},
             then=(Look("/api/v2/orchestrations/runs/$answer.run_id/status", {
                 **RUN_STATUS, "status": "cancelled"}),)),
        page("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"}),
    ], auth="house"),
    Endpoint("POST", f"{ORCH}/{{orch_id}}/run", [
        page("its events", says='"type": ?"done"', at={"orch_id": "hello"}, body={}, sends=STREAM),
        page("one that is not there", 404, refusal("orchestration_not_found"),
             at={"orch_id": "none"}, body={}),
    ], auth="house"),
    Endpoint("POST", f"{ORCH}/runs/{{run_id}}/resume", [
        page("one that failed", says='"type": ?"done"', at={"run_id": "$new.failed"}, body={},
             sends=STREAM),
        page("one that was cancelled", says='"type": ?"done"', at={"run_id": "$new.cancelled_asking"},
             body={}, sends=STREAM),
        page("one that ended well", 409, refusal("run_not_failed"), at={"run_id": "$completed"},
             body={}),
        page("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"}, body={}),
    ], auth="house"),
    Endpoint("POST", f"{ORCH}/runs/{{run_id}}/human-input", [
        page("an answer", says='"type": ?"done"', at={"run_id": "$new.paused"}, sends=STREAM,
             body={"response": "yes", "step_id": "ask"}),
        page("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"},
             body={"response": "x"}),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/{{orch_id}}/estimate", [
        page("what there was", fields=ESTIMATE, at={"orch_id": "hello"},
             before=lambda world: world.thing("completed")),
        page("at most", fields={**ESTIMATE, "sample_size": 1}, at={"orch_id": "hello"},
             query="sample_size=1", before=lambda world: world.thing("completed")),
        page("of one that never ended", fields={"sample_size": 0}, at={"orch_id": "long"}),
        page("none at all", 422, invalid("query", "sample_size"), at={"orch_id": "hello"},
             query="sample_size=0"),
        page("one that is not there", 404, refusal("orchestration_not_found"),
             at={"orch_id": "none"}),
    ], auth="house"),
    Endpoint("POST", f"{ORCH}/{{orch_id}}/deploy", [
        page("one, whoever is first", fields=DEPLOYED, at={"orch_id": "hello"}, then=(
            Look("/api/v2/agents/orch_agent_hello", {
                "type": "orchestrator", "orchestration_id": "hello"}),)),
        page("one that is not there", 404, refusal("orchestration_not_found"),
             at={"orch_id": "none"}),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/logs", [
        page("the newest", query="limit=2", fields=each(RUN, 1),
             before=lambda world: world.thing("completed")),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/logs/{{run_id}}", [
        page("one", says=r"^Run ID: run_\w+$", at={"run_id": "$completed"}, sends=TEXT),
        page("what it was given", says="^User Input: you$", at={"run_id": "$completed"}),
        page("what it did", says=r"^\[\d{4}-\S+Z\] final \{.*hi you", at={"run_id": "$completed"}),
        page("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"}),
    ], auth="house"),
    # a log is the run's journal: it goes with the run (DELETE /api/v2/runs/{id})
    Endpoint("DELETE", f"{ORCH}/logs/{{run_id}}", [
        page("not by itself", 405, refusal("method_not_allowed"), at={"run_id": "$completed"},
             differs="13.1: stock's log is a file beside the run"),
    ], auth="none", told=False),
    Endpoint("GET", "/api/status", [
        page("what is there", fields={
            "agents": {"echo": {"name": "Echo", "status": "online"}}, "active_agent_id": said,
            "overall": "operational", "model": maybe(text), "mode": said,
            "provider": maybe(text)}),
    ], auth="house"),
    Endpoint("GET", "/api/auth/status", [
        page("nobody must", fields={"login_enabled": False, "login_configured": False,
                                    "authenticated": True}),
    ], auth="house"),
    Endpoint("GET", KEYS, [
        page("those that work", fields=has(each(KEY), {"is_active": True})),
        page("no other", fields=without({"name": "revoked"})),
    ], auth="house"),
    Endpoint("POST", KEYS, [
        page("a new one", fields={**KEY_MADE, "name": "$name"}, body={"name": "$name"}, then=(
            Look(KEYS, has(each(KEY), {"name": "$answer.name", "id": "$answer.id"})),)),
        page("without a name", fields={**KEY_MADE, "name": "Unnamed Key"}, body={}),
        page("a number", 422, invalid("body", "name"), body={"name": 5}),
    ], auth="house"),
    Endpoint("DELETE", f"{KEYS}/{{id}}", [
        page("one", fields={"status": "deleted", "id": "$new.key"}, at={"id": "$new.key"},
             then=(Look(KEYS, without({"id": "$answer.id"})),)),
        page("one that is not there", 404, refusal("key_not_found"),
             at={"id": "01234567-89ab-cdef-0123-456789abcdef"}),
    ], auth="house"),
    Endpoint("DELETE", f"{ORCH}/{{orch_id}}", [
        page("one that is not there", 404, refusal("definition_not_found"),
             at={"orch_id": "none"}),
    ], auth="house"),
]

"""CONTRACT 1.7: the routes of a run's page. Since there are keys, being of this host is not enough."""

from .case import Case, Endpoint, Look
from .shapes import each, has, like, obj, refusal
from .v2 import EVENTS, NO_RUN, RUN_STATUS

ORCH = "/api/orchestrations"
ONE = {"id": "hello", "name": "Hello", "steps": each(obj, 1), "entry_step_id": "p"}
NEW = {"id": "$name", "name": "made", "entry_step_id": "p", "steps": [
    {"id": "p", "name": "p", "type": "print", "print_content": "x"}]}

OURS = {**NEW, "id": "upserted"}


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
        page("the newest", query="limit=2", before=lambda world: world.thing("completed")),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/runs/{{run_id}}", [
        page("one", fields={"run_id": "$completed", "status": "completed"},
             at={"run_id": "$completed"}),
        page("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"}),
    ], auth="house"),
    Endpoint("GET", f"{ORCH}/runs/{{run_id}}/events", [
        page("all", fields={**EVENTS, "count": "$completed.count"}, at={"run_id": "$completed"}),
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
    Endpoint("DELETE", f"{ORCH}/{{orch_id}}", [
        page("one that is not there", 404, refusal("definition_not_found"),
             at={"orch_id": "none"}),
    ], auth="house"),
]

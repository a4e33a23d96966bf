"""CONTRACT 1.3: orchestrations, runs, agents, workers, queue, metrics. Chats are in chat.py, and
what streams say in streams.py."""

from .case import Case, Endpoint, Look
from .shapes import (anything, count, each, either, has, invalid, like, maybe, moment, obj, real,
                     refusal, said, stream_id, text, whole, flag)

V2 = "/api/v2"
RUNS = f"{V2}/orchestrations/runs/{{run_id}}"
STATUS = "/api/v2/orchestrations/runs/$answer.run_id/status"
NO_RUN = refusal("run_not_found")
ASYNC = {"Prefer": "respond-async"}  # in standalone mode; says nothing to the others

ACCEPTED = {
    "run_id": like(r"^run_[0-9a-f]{12}_\d{13}$"), "status": "queued",
    "stream_url": like(r"^/api/v2/orchestrations/runs/run_[0-9a-f]{12}_\d{13}/stream$"),
    "status_url": like(r"^/api/v2/orchestrations/runs/run_[0-9a-f]{12}_\d{13}/status$"),
}
RUN_STATUS = {
    "run_id": said, "orchestration_id": said,
    "status": either("queued", "running", "paused", "completed", "failed", "cancelled"),
    "current_step_id": maybe(text), "waiting_for_human": flag, "worker_id": maybe(text),
    "total_cost_usd": real, "total_tokens_used": count, "started_at": maybe(moment),
    "ended_at": maybe(moment),
}


def status(name, **more):
    return {**RUN_STATUS, "status": name, **more}


def run(name, code=202, fields=ACCEPTED, at="hello", body=None, headers=None, **more):
    return Case(name, code, fields, at={"orch_id": at}, body={} if body is None else body,
                headers={**ASYNC, **(headers or {})}, **more)


def run_wrong(field, value, **more):
    return run(f"{field} {value!r}", 422, invalid("body", field), body={field: value}, **more)


ITEM = {"id": said, "name": text, "description": maybe(text), "updated_at": maybe(moment)}
AGENT_ITEM = {"id": said, "name": text, "updated_at": maybe(moment)}
EVENTS = {"run_id": said, "count": count,
          "events": each({"id": stream_id, "event": {"type": said}})}
WORKER = {"worker_id": said, "hostname": maybe(text), "address": maybe(text),
          "status": either("online", "offline", "draining", "starting"),
          "active_jobs": count, "max_jobs": count, "last_heartbeat": maybe(moment),
          "mcp_disabled": each(anything)}


def saved(**settings):
    """Saved as the settings page does; they are in force on every host within seconds (13.19)."""
    return lambda world: world.save(settings)


METRICS = {"key": "none", "sends": {"Content-Type": like("^text/plain")}}
SINGLE = {"on": ("scale",), "single": True, "tries": 1000}

ENDPOINTS = [
    Endpoint("GET", f"{V2}/orchestrations", [
        Case("what there is", fields=has(each(ITEM), {"id": "hello", "name": "Hello"})),
        Case("with a tenant's key", fields=each(ITEM), key="acme"),
    ]),
    Endpoint("GET", f"{V2}/orchestrations/{{orch_id}}", [
        Case("the definition", at={"orch_id": "hello"}, fields="$definition"),
        Case("one that is not there", 404, refusal("orchestration_not_found"),
             at={"orch_id": "none"}),
        Case("an id that cannot be", 404, refusal("orchestration_not_found"),
             at={"orch_id": "..%2F..%2Fetc"}),
    ]),
    Endpoint("POST", f"{V2}/orchestrations/{{orch_id}}/run", [
        run("an empty object", then=(Look(STATUS, status("completed")),)),
        run("every field",
            body={"message": "hi", "session_id": "sess_all", "priority": 3, "tenant_id": "house",
                  "webhook_url": "https://hooks.example/x", "webhook_secret": "s3cret"},
            then=(Look(STATUS, status("completed", session_id="sess_all", tenant_id="house")),
                  Look("/api/v2/runs/$answer.run_id", {"priority": 3})),
            standalone={"then": (Look(STATUS, status("completed")),)},
            differs="BUG of session_id, 13.35 of priority"),
        run("every field null", body={"message": None, "session_id": None, "priority": None,
                                      "webhook_url": None, "webhook_secret": None,
                                      "tenant_id": None}),
        run("a field that nobody knows", body={"no_such_field": [1]}),
        run("a tenant's key and no tenant", key="acme",
            then=(Look(STATUS, status("completed", tenant_id="acme"), key="acme"),),
            standalone={"then": (Look(STATUS, status("completed"), key="acme"),)}),
        run("another's tenant", 403, refusal("tenant_forbidden"), key="acme",
            body={"tenant_id": "rival"}, differs="13.20"),
        run_wrong("message", 5), run_wrong("message", ["x"]), run_wrong("session_id", 5),
        run_wrong("priority", "high"), run_wrong("priority", 99, differs="13.35"),
        run_wrong("webhook_url", 5), run_wrong("webhook_secret", {}), run_wrong("tenant_id", 5),
        run("a list", 422, invalid("body"), body=[]),
        run("nothing", body=b"", differs="an empty body is an empty object"),
        run("no JSON", 422, {"detail": has(each(obj), {"loc": has(each(anything), "body")})},
            body=b'{"message": '),
        run("an orchestration that is not there", 404, refusal("orchestration_not_found"),
            at="none", differs="13.35"),
        run("one that cannot be executed", 422, refusal("definition_invalid", anything),
            at="broken", differs="13.18, 13.29"),
        run("a key again", headers={"Idempotency-Key": "$once"}, body={"message": "$once"},
            sends={"Idempotency-Replayed": "true"}, fields={**ACCEPTED, "run_id": "$once.run_id"},
            before=lambda world: world.thing("once.run_id"), differs="13.35"),
        run("a key again with another body", 409, refusal("idempotency_mismatch"),
            headers={"Idempotency-Key": "$once"}, body={"message": "other"},
            before=lambda world: world.thing("once.run_id"), differs="13.35"),
        run("a key without form", 422, invalid("header", "Idempotency-Key"),
            headers={"Idempotency-Key": "x" * 300}, differs="13.35"),
        run("too many that wait", 429, refusal("tenant_queue_full"), body={"tenant_id": "$full"},
            sends={"Retry-After": "30"}, before=lambda world: world.thing("queued"),
            standalone=False, differs="13.5: what runs is not counted as waiting"),
        run("too many in a second", 429, refusal("rate_limited"),
            sends={"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "0", "Retry-After": "1"},
            before=saved(rate_limit_per_tenant_rps=2), **SINGLE),
        run("over the queue's depth", 503, refusal("queue_full", like("capacity")),
            sends={"Retry-After": "60"}, body={"tenant_id": "deep"},
            before=saved(max_global_queue_depth=1, rate_limit_per_tenant_rps=-1), **SINGLE),
        run("and back", before=saved(max_global_queue_depth=1000000), **SINGLE),
        run("standalone: the answer is the result", on=("standalone",), keyed=False,
            headers={"Prefer": "wait=30"}, body={"message": "you"}, code=200,
            fields={"run_id": ACCEPTED["run_id"], "status": "completed", "response": "hi you",
                    "shared_state": obj, "step_history": each(obj, 1),
                    "events": each({"id": stream_id, "event": {"type": said}}, 4)},
            differs="D≠C: without Redis V2 is 503"),
    ]),
    Endpoint("GET", f"{RUNS}/status", [
        Case("completed", at={"run_id": "$completed"}, fields=status(
            "completed", run_id="$completed", orchestration_id="hello", current_step_id=None,
            waiting_for_human=False, worker_id=said, started_at=moment, ended_at=moment,
            final_response="hi you"), differs="13.7",
             standalone={"fields": status("completed", run_id="$completed", ended_at=moment,
                                          final_response="hi you")}),
        Case("running", at={"run_id": "$running"}, fields=status("running", ended_at=None)),
        Case("queued", at={"run_id": "$queued"}, standalone=False, fields=status(
            "queued", ended_at=None, worker_id=None, started_at=moment)),
        Case("paused", at={"run_id": "$paused"}, fields=status(
            "paused", current_step_id="ask", waiting_for_human=True, ended_at=None)),
        Case("failed", at={"run_id": "$failed"}, fields=status(
            "failed", ended_at=moment, error={"class": said}), differs="13.7",
             standalone={"fields": status("failed", ended_at=moment)}),
        Case("cancelled", at={"run_id": "$cancelled"}, fields=status(
            "cancelled", ended_at=moment)),
        Case("a tenant's own", at={"run_id": "$acme"}, key="acme", fields=status("completed")),
        Case("another tenant's", 404, NO_RUN, at={"run_id": "$acme"}, key="rival",
             differs="13.20"),
        Case("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"}),
        Case("an id that cannot be", 404, NO_RUN, at={"run_id": "..%2Fx"}),
    ]),
    Endpoint("GET", f"{RUNS}/events", [
        Case("all of a run", at={"run_id": "$completed"}, fields={
            "run_id": "$completed", "count": "$completed.count", "events": has(
                EVENTS["events"], {"event": {"type": "done"}})}),
        Case("from - to +", at={"run_id": "$completed"}, query="start=-&end=%2B", fields={
            **EVENTS, "count": "$completed.count"}),
        Case("behind an event", at={"run_id": "$completed"}, query="start=($completed.first",
             fields={**EVENTS, "count": "$completed.count-1"}),
        Case("up to an event", at={"run_id": "$completed"}, query="end=$completed.first",
             fields={**EVENTS, "count": 1}),
        Case("an id without a number", at={"run_id": "$completed"}, query="start=1&end=2",
             fields={"count": 0, "events": []}),
        Case("a start that is no id", 422, invalid("query", "start"),
             at={"run_id": "$completed"}, query="start=x",
             differs="stock hides its error behind an empty list"),
        Case("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"},
             differs="13.26"),
        Case("another tenant's", 404, NO_RUN, at={"run_id": "$acme"}, key="rival",
             differs="13.20"),
    ]),
    Endpoint("GET", f"{RUNS}/stream", [
        Case("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"},
             differs="13.26"),
        Case("another tenant's", 404, NO_RUN, at={"run_id": "$acme"}, key="rival",
             differs="13.20"),
        Case("a position that is no id", 422, invalid("header", "Last-Event-ID"),
             at={"run_id": "$completed"}, headers={"Last-Event-ID": "x"},
             differs="stock's stream says an error for ever"),
    ]),
    Endpoint("POST", f"{RUNS}/cancel", [
        Case("one that runs", at={"run_id": "$new.running"}, fields={
            "status": "cancellation_requested", "run_id": "$new.running"},
             then=(Look(STATUS, status("cancelled", ended_at=moment)),)),
        Case("one that waits for a person", at={"run_id": "$new.paused"},
             fields={"status": "cancellation_requested", "run_id": "$new.paused"},
             then=(Look(STATUS, status("cancelled"), wait=False),), differs="13.11",
             standalone={"then": (Look(STATUS, status("cancelled")),)}),
        Case("one that has ended", at={"run_id": "$completed"}, fields={
            "status": "completed", "run_id": "$completed"}, differs="13.11"),
        Case("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"},
             differs="13.11"),
        Case("another tenant's", 404, NO_RUN, at={"run_id": "$acme"}, key="rival",
             differs="13.20"),
    ]),
    Endpoint("POST", f"{RUNS}/resume", [
        Case("an object", 202, {
            "run_id": "$new.paused", "status": "resuming",
            "stream_url": "/api/v2/orchestrations/runs/$new.paused/stream"},
             at={"run_id": "$new.paused"}, body={"response": {"response": "yes"}},
             then=(Look(STATUS, status("completed", final_response="you said yes")),)),
        Case("a text", 202, {"run_id": "$new.paused", "status": "resuming", "stream_url": said},
             at={"run_id": "$new.paused"}, body={"response": "no"},
             then=(Look(STATUS, status("completed", final_response="you said no")),)),
        Case("with a webhook", 202, {"run_id": said, "status": "resuming"},
             at={"run_id": "$new.paused"},
             body={"response": "x", "webhook_url": None, "webhook_secret": None}),
        Case("twice", 409, refusal("run_not_waiting"), at={"run_id": "$new.answered"},
             body={"response": "no"}, differs="13.12"),
        Case("one that has ended", 409, refusal("run_not_waiting"), at={"run_id": "$completed"},
             body={"response": "x"}),
        Case("one that runs", 409, refusal("run_not_waiting"), at={"run_id": "$running"},
             body={"response": "x"}, differs="BUG, 13.12"),
        Case("a number", 422, invalid("body", "response"), at={"run_id": "$paused"},
             body={"response": 5}),
        Case("a webhook that is no text", 422, invalid("body", "webhook_url"),
             at={"run_id": "$paused"}, body={"response": "x", "webhook_url": 5}),
        Case("one that is not there", 404, NO_RUN, at={"run_id": "run_000000000000_1"},
             body={"response": "x"}),
        Case("another tenant's", 404, NO_RUN, at={"run_id": "$acme"}, key="rival",
             body={"response": "x"}, differs="13.20"),
    ]),
    Endpoint("GET", f"{V2}/agents", [
        Case("what there is", fields=has(each(AGENT_ITEM), {"id": "echo", "name": "Echo"})),
    ]),
    Endpoint("GET", f"{V2}/agents/{{agent_id}}", [
        Case("the definition", at={"agent_id": "echo"}, fields="$agent"),
        Case("one that is not there", 404, refusal("agent_not_found"), at={"agent_id": "none"}),
    ]),
    Endpoint("GET", f"{V2}/workers", [
        Case("those that are there", fields=has(each(WORKER), {"status": "online"}),
             standalone={"fields": each(WORKER)}),
    ]),
    Endpoint("GET", f"{V2}/metrics", [
        Case("the gauges", says=r'^synapse_queue_depth\{queue_name="[^"]+"\} \d+$', **METRICS),
        Case("what runs", says=r"^synapse_active_runs \d+$", **METRICS),
        Case("workers", says=r"^synapse_active_workers [1-9]\d*$", **METRICS,
             standalone={"says": r"^synapse_active_workers 0$"}),
        Case("a token that was saved, and none", 401, refusal("not_authenticated"), key="none",
             sends={"WWW-Authenticate": "Bearer"}, before=saved(metrics_token="m3trics"),
             **SINGLE, differs="BUG: stock's counts in the environment alone"),
        Case("another", 401, refusal("not_authenticated"), key="none",
             headers={"Authorization": "Bearer m3trix"}, **SINGLE),
        Case("that one", says="^synapse_active_runs", key="none",
             headers={"Authorization": "Bearer m3trics"}, **SINGLE),
        Case("none again", says="^synapse", key="none", before=saved(metrics_token=""), **SINGLE),
    ], auth="none"),
    Endpoint("GET", f"{V2}/queue/stats", [
        Case("the queue", fields={"queue_name": said, "queued": count, "active": whole}),
        Case("what runs does not wait", fields={"queued": count, "active": whole},
             before=lambda world: world.thing("running"), differs="13.9: ZCARD counted both"),
    ]),
]

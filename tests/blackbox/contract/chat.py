"""CONTRACT 1.3: conversations."""

from .case import Case, Endpoint, Look
from .shapes import (anything, count, each, either, flag, has, invalid, like, maybe, moment, obj,
                     refusal, said, stream_id, text)

V2 = "/api/v2"
CHAT = f"{V2}/chat/{{session_id}}"
STATUS = "/api/v2/chat/$answer.session_id/status"

ACCEPTED = {"session_id": said, "status": "queued",
            "stream_url": like(r"^/api/v2/chat/[^/]+/stream"),
            "status_url": like(r"^/api/v2/chat/[^/]+/status$")}
MESSAGE = {"role": either("user", "assistant"), "content": text}
SESSION = {"session_id": said, "agent_id": maybe(text), "worker_id": maybe(text),
           "status": either("queued", "running", "completed", "failed", "cancelled", "paused"),
           "messages": each(MESSAGE), "last_message_at": maybe(moment)}
NOT_FOUND = {"status": "not_found", "messages": []}
EVENTS = {"session_id": said, "count": count,
          "events": each({"id": stream_id, "event": {"type": said}})}


def wrong(field, value, *loc):
    return Case(f"{field} {value!r}", 422, invalid("body", *(loc or (field,))),
                body={"message": "x", "agent": "echo", field: value})


ENDPOINTS = [
    Endpoint("POST", f"{V2}/chat", [
        Case("a message", 202, {**ACCEPTED, "session_id": like("^sess_[0-9a-f]{16}$")},
             body={"message": "hello", "agent": "echo"},
             then=(Look(STATUS, {**SESSION, "status": "completed", "agent_id": "echo", "messages": [
                 {"role": "user", "content": "hello"},
                 {"role": "assistant", "content": "hello"}]}),)),
        Case("every field", 202, {**ACCEPTED, "session_id": "$name"},
             body={"message": "x", "agent": "echo", "session_id": "$name", "images": [],
                   "priority": 1, "webhook_url": "https://hooks.example/x",
                   "webhook_secret": "s", "tenant_id": "house"}),
        Case("a second one goes on", 202, {**ACCEPTED, "session_id": "$new.session", "turn": 2},
             body={"message": "again", "session_id": "$new.session"},
             then=(Look(STATUS, {**SESSION, "status": "completed", "messages": has(
                 each(MESSAGE, 4), {"role": "assistant", "content": "again"})}),),
             differs="BUG: stock drops the second of a second; 13.13"),
        Case("at once it has a status", 202, ACCEPTED, body={"message": "x", "agent": "echo"},
             then=(Look(STATUS, {"status": either("queued", "running", "completed")},
                        wait=False),), differs="stock says not_found until a worker has it"),
        Case("no message", 422, invalid("body", "message"), body={"agent": "echo"}),
        wrong("message", 5), wrong("message", None), wrong("agent", 5), wrong("session_id", 5),
        wrong("images", "x"), wrong("images", [5], "images", 0), wrong("priority", "x"),
        wrong("webhook_url", 5), wrong("tenant_id", 5),
        Case("a list", 422, invalid("body"), body=[]),
        Case("an agent that is not there", 404, refusal("agent_not_found"),
             body={"message": "x", "agent": "none"}, differs="13.35"),
        Case("another's tenant", 403, refusal("tenant_forbidden"), key="acme",
             body={"message": "x", "agent": "echo", "tenant_id": "rival"}, differs="13.20"),
        Case("another's session", 404, refusal("session_not_found"), key="rival",
             body={"message": "x", "agent": "echo", "session_id": "$acme_session"},
             differs="13.20"),
    ]),
    Endpoint("GET", f"{CHAT}/status", [
        Case("one that was answered", at={"session_id": "$session"}, fields={
            **SESSION, "session_id": "$session", "agent_id": "echo", "status": "completed",
            "messages": has(each(MESSAGE, 2), {"role": "assistant", "content": "hello"}),
            "last_message_at": moment, "worker_id": said}, standalone={"fields": {
                **SESSION, "session_id": "$session", "agent_id": "echo", "status": "completed",
                "last_message_at": moment}}),
        Case("one that is not there", at={"session_id": "none"}, fields={
            **NOT_FOUND, "session_id": "none"}),
        Case("another tenant's", at={"session_id": "$acme_session"}, key="rival",
             fields=NOT_FOUND, differs="13.20"),
        Case("a failed turn keeps what was said", at={"session_id": "$failed_session"}, fields={
            "status": "failed", "messages": has(each(MESSAGE, 2), {
                "role": "assistant", "content": "hello"}),
            "turns": has(each(obj), {"message": "hello", "status": "failed"})}, differs="13.4"),
    ]),
    Endpoint("GET", f"{CHAT}/events", [
        Case("all of it", at={"session_id": "$session"}, fields={
            **EVENTS, "session_id": "$session",
            "events": has(EVENTS["events"], {"event": {"type": "done"}})}),
        Case("behind all", at={"session_id": "$session"}, query="start=9999999999999-0",
             fields={"count": 0, "events": []}),
        Case("a start that is no id", 422, invalid("query", "start"),
             at={"session_id": "$session"}, query="start=x",
             differs="stock hides its error behind an empty list"),
        Case("one that is not there", 404, refusal("session_not_found"),
             at={"session_id": "none"}, differs="13.26"),
        Case("another tenant's", 404, refusal("session_not_found"), key="rival",
             at={"session_id": "$acme_session"}, differs="13.20"),
    ]),
    Endpoint("GET", f"{CHAT}/stream", [
        Case("one that is not there", 404, refusal("session_not_found"),
             at={"session_id": "none"}, differs="13.26"),
        Case("another tenant's", 404, refusal("session_not_found"), key="rival",
             at={"session_id": "$acme_session"}, differs="13.20"),
        Case("a position that is no id", 422, invalid("header", "Last-Event-ID"),
             at={"session_id": "$session"}, headers={"Last-Event-ID": "x"},
             differs="stock's stream says an error for ever"),
    ]),
    Endpoint("POST", f"{CHAT}/cancel", [
        Case("one that is being answered", at={"session_id": "$new.busy_session"}, fields={
            "status": "cancellation_requested", "session_id": "$new.busy_session"},
             then=(Look(STATUS, {"status": "cancelled"}),), differs="13.11"),
        Case("one that was answered", at={"session_id": "$session"}, fields={
            "status": "completed", "session_id": "$session"}, differs="13.11"),
        Case("one that is not there", 404, refusal("session_not_found"),
             at={"session_id": "none"}, differs="13.11"),
        Case("another tenant's", 404, refusal("session_not_found"), key="rival",
             at={"session_id": "$acme_session"}, differs="13.20"),
    ]),
]

"""Conversations without Redis and Postgres: a session is the files of its turns."""

import signal
import time

import pytest
from harness.stream import open_stream
from harness.wait import until
from test_chat import PNG, agent
from test_standalone import alone


def follow(host, posted, last_id=None):
    path = posted if isinstance(posted, str) else posted["stream_url"]
    with open_stream(host, None, daemon=host.daemon, path=path, last_id=last_id) as stream:
        events = list(stream)
    assert stream.status == 200 and stream.ended
    assert events[-1].type == "stream_complete"
    return [e for e in events[:-1] if e.durable]


@pytest.fixture(scope="module")
def host():
    with alone([]) as made:
        made.write("user_agents.json", [
            agent("echo"), agent("nap", "mock.sleep:300"), agent("long", "mock.sleep:60000"),
            agent("bad", "mock.fail:provider"), agent("lost", type="orchestrator")])
        made.key = made.client.key
        yield made


def post(host, session, message, code=202, **body):
    headers = body.pop("headers", {})
    answer = host.client.post("/api/v2/chat", {"session_id": session, "message": message, **body},
                              headers=headers)
    assert answer.status == code, answer
    return answer.json


def status(host, session):
    answer = host.client.get(f"/api/v2/chat/{session}/status")
    assert answer.status == 200
    return answer.json


def ended(host, session, turn):
    def look():
        found = [t for t in status(host, session)["turns"] if t["turn"] == turn]
        return found and found[0]["ended_at"] and found[0]
    return until(look)


def test_images_come_to_the_agent(host):
    events = follow(host, post(host, "img", "look", agent="echo", images=[PNG] * 6))
    assert [(e.type, e.data.get("message")) for e in events[:1]] == [
        ("step_warning", "the message has 6 images, the model is shown the first 5")]


def test_turns_have_an_order_a_stream_each_and_a_history(host):
    first = post(host, "s/1", "hello", agent="nap")
    rest = [post(host, "s/1", f"m{i}", agent="echo") for i in range(3)]
    assert (first["turn"], first["run_id"]) == (1, "chat:s%2F1:1")
    assert [p["turn"] for p in rest] == [2, 3, 4]
    now = status(host, "s%2F1")
    assert [t["status"] for t in now["turns"]][-1] == "waiting" and now["waiting"] >= 1
    assert now["live_run_id"] and now["agent_id"] == "echo"
    # who waits is followed as well, and its stream begins when its turn comes
    events = follow(host, rest[2])
    assert [(e.type, e.data.get("response")) for e in events] == [("final", "m2"), ("done", None)]
    assert [e.data["turn"] for e in events] == [4, 4]
    assert "orch_step_id" not in events[0].data
    now = status(host, "s%2F1")
    assert [t["status"] for t in now["turns"]] == ["completed"] * 4
    assert (now["waiting"], now["live_run_id"], now["status"]) == (0, None, "completed")
    assert [m["content"] for m in now["messages"][2::2]] == ["m0", "m1", "m2"]
    spans = [(t["started_at"], t["ended_at"]) for t in now["turns"]]
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False)), spans
    page = host.client.get("/api/v2/chat/s%2F1/events").json
    assert [(e["event"]["type"], e["event"]["turn"]) for e in page["events"]][-2:] == [
        ("final", 4), ("done", 4)]
    one = host.client.get("/api/v2/chat/s%2F1/events?turn=2").json["events"]
    assert [e["event"]["turn"] for e in one] == [2, 2]
    # the session's agent is meant when none is named; turns are in no list of runs
    assert post(host, "s/1", "again")["turn"] == 5
    ended(host, "s%2F1", 5)
    assert host.client.get("/api/v2/runs").json["runs"] == []
    detail = host.client.get("/api/v2/runs/chat:s%252F1:5").json
    said = str(detail)
    assert "again" in said


def test_what_is_refused_says_why(host):
    assert post(host, "r", "x", 404, agent="none")["code"] == "agent_not_found"
    assert post(host, "r", "x", 404)["code"] == "agent_not_found"
    assert post(host, "r", "x", 422, agent="lost")["code"] == "definition_invalid"
    assert status(host, "r")["status"] == "not_found"
    for what in ("stream", "events"):
        assert host.client.get(f"/api/v2/chat/r/{what}").code == "session_not_found"
    post(host, "r", "bad", agent="bad")
    assert ended(host, "r", 1)["error"]["class"] and status(host, "r")["messages"] == []
    assert post(host, "r", "x", 404, tenant_id="other", agent="echo")["code"] == (
        "session_not_found")


def test_a_message_is_taken_once_for_a_key(host):
    key = {"Idempotency-Key": "chat-1"}
    one = post(host, "k", "a", agent="echo", headers=key)
    again = post(host, "k", "a", agent="echo", headers=key)
    assert (one["turn"], again["turn"], again["run_id"]) == (1, 1, one["run_id"])
    assert post(host, "k", "b", 409, agent="echo", headers=key)["code"] == "idempotency_mismatch"


def test_a_session_stays_its_tenants_when_its_newest_turn_is_erased(host):
    post(host, "e", "secret", agent="echo")
    post(host, "e", "more")
    ended(host, "e", 2)
    answer = host.client.ask("DELETE", "/api/v2/runs/chat:e:2")
    assert answer.status == 200, answer
    assert post(host, "e", "x", 404, tenant_id="other", agent="echo")["code"] == (
        "session_not_found")
    assert post(host, "e", "mine")["turn"] == 3  # and its agent is known still
    ended(host, "e", 3)
    assert [t["turn"] for t in status(host, "e")["turns"]] == [1, 3]


def test_turns_that_another_process_made_keep_their_numbers(host):
    """One of the generation before, after this one had read the folder's names."""
    post(host, "w", "first", agent="echo")
    ended(host, "w", 1)
    folder = host.daemon.data_dir / "orchestration_runs"
    # whose end is told before it is moved there
    (first,) = until(lambda: list(folder.glob("chat%3Aw%3A1.journal")))
    other = folder / first.name.replace("1.journal", "2.journal")
    other.write_bytes(first.read_bytes())
    key = {"Idempotency-Key": "w-1"}
    assert [post(host, "w", "x", headers=key)["turn"] for _ in range(2)] == [3, 3]
    ended(host, "w", 3)
    assert other.read_bytes() == first.read_bytes()


def test_busy_sessions_reject_interrupt_and_are_cancelled(host):
    post(host, "b", "one", agent="long")
    until(lambda: status(host, "b")["status"] == "running")
    assert post(host, "b", "x", 409, agent="echo", on_busy="reject")["code"] == "session_busy"
    post(host, "b", "two", agent="long", on_busy="interrupt")
    assert ended(host, "b", 1)["status"] == "cancelled"
    until(lambda: status(host, "b")["status"] == "running")
    post(host, "b", "three", agent="echo")
    cancelled = host.client.post("/api/v2/chat/b/cancel")
    assert cancelled.json["status"] == "cancellation_requested"
    assert ended(host, "b", 2)["status"] == ended(host, "b", 3)["status"] == "cancelled"
    assert host.client.post("/api/v2/chat/b/cancel").json["status"] == "cancelled"
    assert host.client.post("/api/v2/chat/none/cancel").code == "session_not_found"


def test_a_conversation_goes_on_behind_a_death(host):
    post(host, "d", "first", agent="nap")
    last = [post(host, "d", f"t{i}", agent="echo") for i in range(3)][-1]
    ready = len(host.daemon.find("child.ready"))
    host.daemon.kill(int(host.daemon.wait_event("child.ready", count=ready)["child"]),
                     signal.SIGKILL)
    host.daemon.wait_event("child.ready", count=ready + 1)
    assert [e.type for e in follow(host, last)] == ["final", "done"]
    now = status(host, "d")
    assert [t["status"] for t in now["turns"]] == ["completed"] * 4
    spans = [(t["started_at"], t["ended_at"]) for t in now["turns"]]
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False)), spans
    assert post(host, "d", "more")["turn"] == 5
    end = time.monotonic() + 30
    while status(host, "d")["status"] != "completed":
        assert time.monotonic() < end

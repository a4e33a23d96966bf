"""Conversations: turns strictly in order, a stream a turn, a history that nothing erases."""

import json
import time

import pytest
from harness.daemon import DEADLINE_S
from harness.stream import open_stream, read_all

SECRET = "SYSTEM-PROMPT-OF-THE-HOUSE"

pytestmark = pytest.mark.asan


def agent(agent_id, model="mock.echo", **more):
    return {"id": agent_id, "name": agent_id, "type": "conversational", "tools": [],
            "system_prompt": SECRET, "model": model, **more}


def bundle(*agents, orchestrations=()):
    return {"synapse_export": True, "version": "1.0", "agents": list(agents),
            "orchestrations": list(orchestrations)}


def post(site, session, message, code=202, **body):
    status, answer, _ = site.ask(
        "POST", "/api/v2/chat", {"session_id": session, "message": message, **body})
    assert status == code, answer
    return answer


def status_of(site, session, **how):
    code, answer, _ = site.ask("GET", f"/api/v2/chat/{session}/status", **how)
    assert code == 200, answer
    return answer


def wait_turn(site, session, turn, *states, deadline_s=DEADLINE_S):
    states = states or ("completed", "failed", "cancelled")
    end = time.monotonic() + deadline_s
    while True:
        answer = status_of(site, session)
        for one in answer.get("turns", []):
            if one["turn"] == turn and one["status"] in states:
                return one
        assert time.monotonic() < end, answer
        time.sleep(0.02)


def follow(site, posted, last_id=None, session=None):
    path = posted if isinstance(posted, str) else posted["stream_url"]
    with open_stream(site, None, path=path, last_id=last_id) as stream:
        events = list(stream)
    assert stream.status == 200 and stream.ended
    assert events[-1].type == "stream_complete"
    return events[:-1]


@pytest.fixture
def talk(site):
    site.prepare()
    site.define(bundle(agent("echo"), agent("nap", "mock.sleep:300"),
                       agent("long", "mock.sleep:60000"), agent("bad", "mock.fail:provider"),
                       agent("tokens", "mock.tokens:20:5")))
    site.start(SYNAPSED_LIMITS_RATE_PER_TENANT="0")
    return site


def test_a_message_is_answered_and_the_next_has_a_stream_of_its_own(talk):
    site = talk
    one = post(site, "s", "hello", agent="echo")
    assert (one["session_id"], one["status"], one["turn"]) == ("s", "queued", 1)
    assert one["run_id"] == "chat:s:1"
    events = follow(site, one)
    assert [e.type for e in events] == ["final", "done"]
    final = events[0].data
    assert (final["response"], final["intent"], final["turn"]) == ("hello", "chat", 1)
    assert "orch_step_id" not in final and final["tool_name"] is None
    answer = status_of(site, "s")
    assert answer["messages"] == [{"role": "user", "content": "hello"},
                                  {"role": "assistant", "content": "hello"}]
    assert (answer["status"], answer["agent_id"]) == ("completed", "echo")
    assert answer["worker_id"] and answer["last_message_at"]
    # the session's agent is meant when none is named; only this turn's events come
    two = post(site, "s", "again")
    assert two["turn"] == 2
    events = follow(site, two)
    assert [(e.type, e.data["turn"]) for e in events] == [("final", 2), ("done", 2)]
    assert events[0].data["response"] == "again"
    # from the first turn's end on there is nothing of it, and from nothing all of it
    first = follow(site, one)
    assert [e.data["turn"] for e in first] == [1, 1]
    assert follow(site, one, last_id=first[0].id)[0].id == first[1].id
    # the stream is the stock one, and says no prompt; nothing of it leaves the API
    with site.redis.client(decode_responses=True) as redis:
        raw = [f["data"] for _, f in redis.xrange("synapse:chat:s:events")]
    assert raw and not any(SECRET in text for text in raw)
    code, page, _ = site.ask("GET", "/api/v2/chat/s/events")
    assert code == 200 and page["session_id"] == "s"
    assert [(e["event"]["type"], e["event"]["turn"]) for e in page["events"]] == [
        ("final", 1), ("done", 1), ("final", 2), ("done", 2)]

"""Conversations: turns strictly in order, a stream a turn, a history that nothing erases."""

import json
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.daemon import DEADLINE_S, run_verb
from harness.fake_llm import FakeLLM
from harness.stream import open_stream

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
    return [e for e in events[:-1] if e.durable]


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="


def images_of(call):
    return [[part["image_url"]["url"] for part in message["content"] if part["type"] == "image_url"]
            for message in call.body["messages"] if isinstance(message.get("content"), list)]


def test_images_of_a_message_are_shown_to_its_model(site):
    with FakeLLM() as llm:
        site.prepare()
        site.define({**bundle(agent("sees", "oaic.m", tools=["look"])), "custom_tools": [
            {"name": "look", "generalName": "look", "description": "looks", "tool_type": "http",
             "method": "POST", "url": "http://127.0.0.1:9/", "inputSchema": {"type": "object"}}]})
        site.start(OPENAI_COMPATIBLE_BASE_URL=llm.url, SYNAPSED_LIMITS_RATE_PER_TENANT="0")
        llm.next("call:look:{}", "reply:a dot", "echo")
        one = post(site, "i", "what is it?", agent="sees",
                   images=[PNG, "data:image/jpg;base64," + PNG])
        assert wait_turn(site, "i", 1)["answer"] == "a dot"
        want = [["data:image/png;base64," + PNG] * 2]
        assert [images_of(call) for call in llm.calls] == [want, want]  # in each of its requests
        last = llm.calls[0].body["messages"][-1]
        assert last["content"][0] == {"type": "text", "text": "what is it?"}
        post(site, "i", "and now?", agent="sees")
        wait_turn(site, "i", 2)
        assert images_of(llm.calls[2]) == []  # what was said before has none
        three = post(site, "i", "many", agent="sees", images=[PNG] * 7)
        wait_turn(site, "i", 3)
        assert [len(found) for found in images_of(llm.calls[3])] == [5]
        said = [e.data["message"] for e in follow(site, three) if e.type == "step_warning"]
        assert said == ["the message has 7 images, the model is shown the first 5"]
        assert "iVBOR" not in json.dumps([e.data for e in follow(site, one)])
        for images, place in ((["x"], 0), ([PNG, "https://example.org/a.png"], 1), ([5], 0)):
            code, answer, _ = site.ask("POST", "/api/v2/chat", {
                "session_id": "i", "message": "m", "images": images})
            assert code == 422, answer
            assert answer["detail"][0]["loc"] == ["body", "images", place]
        big = PNG + "A" * (8 * 1024 * 1024)
        post(site, "i", "m", 422, images=[PNG[:-2] + big[len(PNG):]])


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
    whole = page["events"]
    assert [(e["event"]["type"], e["event"]["turn"]) for e in page["events"]
            if "sub" not in e["event"]] == [
        ("final", 1), ("done", 1), ("final", 2), ("done", 2)]
    # pages go on where one ended, over turns
    parts, start = [], "-"
    while start:
        path = "/api/v2/chat/s/events?limit=3&start=" + urllib.parse.quote(start)
        part = site.ask("GET", path)[1]
        parts += part["events"]
        start = part["next"]
    assert parts == whole
    # what Redis has not any more is in the journals
    with site.redis.client() as redis:
        redis.delete("synapse:chat:s:events")
    for turn, posted in ((1, one), (2, two)):
        assert [(e.type, e.data["turn"]) for e in follow(site, posted)] == [
            ("final", turn), ("done", turn)]
    assert [e for e in whole if "sub" not in e["event"]] == site.ask(
        "GET", "/api/v2/chat/s/events")[1]["events"]


def test_turns_that_are_posted_at_once_are_answered_in_order(talk):
    site = talk
    posted = [post(site, "q", f"m{i}", agent="nap" if i == 0 else "echo") for i in range(6)]
    assert [p["turn"] for p in posted] == list(range(1, 7))
    # who waits is followed as well, and its stream begins when its turn comes
    events = follow(site, posted[5])
    assert [(e.type, e.data.get("response")) for e in events] == [
        ("final", "m5"), ("done", None)]
    answer = status_of(site, "q")
    assert [t["status"] for t in answer["turns"]] == ["completed"] * 6
    assert answer["waiting"] == 0 and answer["live_run_id"] is None
    assert [m["content"] for m in answer["messages"][::2]] == [f"m{i}" for i in range(6)]
    spans = site.sql("SELECT started_at, ended_at FROM chat_turns WHERE session_id = 'q'"
                     " ORDER BY turn")
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False)), spans
    # runs that are turns are in no list of runs
    _, runs, _ = site.ask("GET", "/api/v2/runs")
    assert runs["runs"] == []


def test_a_failed_turn_is_one_and_takes_nothing_with_it(talk):
    site = talk
    post(site, "f", "one", agent="echo")
    bad = post(site, "f", "two", agent="bad")
    good = post(site, "f", "three", agent="echo")
    events = follow(site, bad)
    assert [e.type for e in events] == ["error", "done"]
    assert wait_turn(site, "f", 2)["error"]["class"] == "provider"
    follow(site, good)
    answer = status_of(site, "f")
    assert [t["status"] for t in answer["turns"]] == ["completed", "failed", "completed"]
    assert [m["content"] for m in answer["messages"]] == ["one", "one", "three", "three"]
    code, refused, _ = site.ask(
        "POST", "/api/v2/orchestrations/runs/chat:f:2/resume-failed", {})
    assert code == 409, refused


def test_who_posts_while_a_turn_is_live_chooses(talk):
    site = talk
    long = post(site, "b", "first", agent="long")
    post(site, "b", "no", code=409, on_busy="reject")
    later = post(site, "b", "then", agent="echo", on_busy="interrupt")
    assert [e.type for e in follow(site, long)] == ["error", "done"]
    assert follow(site, later)[0].data["response"] == "then"
    assert post(site, "b", "now", on_busy="reject")["turn"] == 3
    wait_turn(site, "b", 3)
    assert [t["status"] for t in status_of(site, "b")["turns"]] == [
        "cancelled", "completed", "completed"]


def test_a_session_that_somebody_has_locked_is_refused_for_now(talk):
    """A psql with an open transaction: no mistake of ours, and later it works."""
    follow(talk, post(talk, "l", "one", agent="echo"))
    connection = talk.postgres.connect(talk.database)
    connection.autocommit = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM chat_sessions FOR UPDATE")
        code, answer, head = talk.ask(
            "POST", "/api/v2/chat", {"session_id": "l", "message": "two"})
    connection.close()
    assert (code, answer["code"]) == (503, "postgres_unavailable") and head["Retry-After"]
    assert post(talk, "l", "two")["turn"] == 2


def test_a_message_with_a_key_is_one_turn_however_often_it_is_sent(talk):
    def send(key, **body):
        return talk.ask("POST", "/api/v2/chat", {"agent": "echo", **body},
                        headers={"Idempotency-Key": key})

    status, first, headers = send("k1", message="hello")
    assert status == 202 and "Idempotency-Replayed" not in headers
    # without a session in the body: that of the first message
    status, again, headers = send("k1", message="hello")
    assert (status, again, headers["Idempotency-Replayed"]) == (202, first, "true")
    status, other, _ = send("k1", message="another")
    assert (status, other["code"]) == (409, "idempotency_mismatch")
    wait_turn(talk, first["session_id"], 1)
    assert status_of(talk, first["session_id"])["turn_count"] == 1

    # the session is busy with the very turn that the key has
    busy = {"session_id": "busy", "message": "x", "agent": "nap", "on_busy": "reject"}
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: send("k2", **busy), range(24)))
    assert {(status, answer["turn"]) for status, answer, _ in answers} == {(202, 1)}
    assert sum("Idempotency-Replayed" not in headers for _, _, headers in answers) == 1
    wait_turn(talk, "busy", 1)
    assert status_of(talk, "busy")["turn_count"] == 1

    status, refused, _ = send("k3", session_id="busy", message="x", agent="nobody")
    assert status == 404, refused
    # a key of what was refused is free
    assert send("k3", session_id="busy", message="x")[1]["turn"] == 2


def test_a_cancel_stops_the_live_turn_and_those_that_wait(talk):
    site = talk
    posted = [post(site, "c", f"{i}", agent="long") for i in range(3)]
    wait_turn(site, "c", 1, "running")
    assert site.ask("POST", "/api/v2/chat/c/cancel", {"turn": "x"})[0] == 422
    one = site.ask("POST", "/api/v2/chat/c/cancel", {"turn": 3})[1]  # or ?turn=3
    assert one == {"status": "cancellation_requested", "session_id": "c"}
    assert wait_turn(site, "c", 3)["status"] == "cancelled"
    assert wait_turn(site, "c", 1, "running")
    assert [e.type for e in follow(site, posted[2])] == ["error", "done"]
    code, answer, _ = site.ask("POST", "/api/v2/chat/c/cancel")
    assert (code, answer["status"]) == (200, "cancellation_requested")
    for turn in (1, 2):
        assert wait_turn(site, "c", turn)["status"] == "cancelled"
        assert [e.type for e in follow(site, posted[turn - 1])] == ["error", "done"]
    assert site.ask("POST", "/api/v2/chat/c/cancel")[1]["status"] == "cancelled"
    # nothing of the cancel meets the next turn
    assert follow(site, post(site, "c", "on", agent="echo"))[0].data["response"] == "on"
    with site.redis.client() as redis:
        assert not redis.exists("synapse:cancel:chat:c")


def test_what_is_no_message_is_refused(talk):
    site = talk
    for body, loc in [({}, "message"), ({"message": 1}, "message"),
                      ({"message": "m", "on_busy": "perhaps"}, "on_busy"),
                      ({"message": "m", "images": "one"}, "images"),
                      ({"message": "m", "session_id": "x" * 221}, "session_id")]:
        code, answer, _ = site.ask("POST", "/api/v2/chat", {"agent": "echo", **body})
        assert code == 422 and answer["detail"][0]["loc"][-1] == loc, answer
    assert post(site, "n", "m", code=404, agent="nobody")["code"] == "agent_not_found"
    assert post(site, "n", "m", code=404)["code"] == "agent_not_found"
    assert status_of(site, "n") == {"session_id": "n", "status": "not_found", "messages": []}
    for path in ("stream", "events"):
        assert site.ask("GET", f"/api/v2/chat/n/{path}")[0] == 404
    assert site.ask("POST", "/api/v2/chat/n/cancel")[0] == 404
    made = site.ask("POST", "/api/v2/chat", {"agent": "echo", "message": "m"})[1]
    assert made["session_id"].startswith("sess_") and len(made["session_id"]) == 21
    odd = post(site, "a/b %:ü", "m", agent="echo")
    assert odd["run_id"] == "chat:a%2Fb%20%25%3A%C3%BC:1"
    assert follow(site, odd)[0].data["response"] == "m"
    with site.redis.client() as redis:
        assert redis.exists("synapse:chat:a/b %:ü:events")


def test_another_tenants_session_is_not_there(talk):
    site = talk
    post(site, "mine", "m", agent="echo")
    out = site.verb("key", "create", "--name", "t", "--tenant", "other", "-o", "json")

    theirs = {"Authorization": "Bearer " + json.loads(out.stdout)["key"]}
    how = {"headers": theirs, "key": False}
    assert status_of(site, "mine", **how)["status"] == "not_found"
    code, answer, _ = site.ask("POST", "/api/v2/chat", {
        "session_id": "mine", "message": "m", "agent": "echo"}, **how)
    assert (code, answer["code"]) == (404, "session_not_found")
    for method, path in (("GET", "stream"), ("GET", "events"), ("POST", "cancel")):
        assert site.ask(method, f"/api/v2/chat/mine/{path}", **how)[0] == 404


def test_an_agent_is_told_of_ten_turns_and_its_prompt_by_nobody(site):
    with FakeLLM() as llm:
        site.prepare()
        site.define(bundle(agent("a", "oaic.m"), agent("b", "oaic.m")))
        site.start(OPENAI_COMPATIBLE_BASE_URL=llm.url, OPENAI_COMPATIBLE_KEY="k",
                   SYNAPSED_LIMITS_RATE_PER_TENANT="0")
        for i in range(1, 13):
            follow(site, post(site, "h", "[[status:400]]" if i == 3 else f"m{i}", agent="a"))
        follow(site, post(site, "h", "m13", agent="b"))
        first, last, other = llm.calls[0], llm.calls[-2], llm.calls[-1]

        def told(call):
            return [(m["role"], m["content"]) for m in call.body["messages"]]

        assert told(first)[0][0] == "system" and SECRET in told(first)[0][1]
        assert "workflow" not in told(first)[0][1]
        assert told(first)[1:] == [("user", "m1")]
        pairs = [(role, f"m{i}") for i in (1, 2, *range(4, 12)) for role in ("user", "assistant")]
        assert told(last)[1:] == [*pairs[-20:], ("user", "m12")]
        assert told(other)[1:] == [("user", "m13")]  # another agent's are its own
        # a run of the session knows what was said in it, one of another tenant does not
        site.define({"id": "run", "name": "run", "entry_step_id": "s", "steps": [
            {"id": "s", "name": "s", "type": "agent", "agent_id": "b"}]})
        for tenant in ("default", "other"):
            site.wait_run(site.submit("run", "go", session_id="h", tenant_id=tenant))
        assert told(llm.calls[-2])[1:] == [
            ("user", "m13"), ("assistant", "m13"), ("user", "go")]
        assert told(llm.calls[-1])[1:] == [("user", "go")]
        with site.redis.client(decode_responses=True) as redis:
            raw = [f["data"] for _, f in redis.xrange("synapse:chat:h:events")]
        assert raw and not any(SECRET in text for text in raw)
        assert not any(SECRET in json.dumps(e["event"]) for e in site.ask(
            "GET", "/api/v2/chat/h/events")[1]["events"])


def test_an_orchestrators_turn_is_its_orchestration(site):
    site.prepare()
    say = {"id": "say", "name": "say", "type": "print", "output_key": "out",
           "print_content": "You said {state.user_input}"}
    site.define(bundle(agent("boss", type="orchestrator", orchestration_id="work"),
                       agent("lost", type="orchestrator", orchestration_id="nowhere"),
                       agent("odd", type="orchestrator", orchestration_id="agent:boss"),
                       orchestrations=[{"id": name, "name": name, "steps": [say],
                                        "entry_step_id": "say"}
                                       for name in ("work", "agent:boss")]))
    site.start()
    events = follow(site, post(site, "o", "hi", agent="boss"))
    assert [e.type for e in events] == [
        "worker_picked_up", "orchestration_start", "step_start", "final", "step_complete",
        "orchestration_complete", "final", "done"]
    assert events[-2].data["response"] == "You said hi"
    assert all(e.data["turn"] == 1 for e in events)
    answer = status_of(site, "o")
    assert answer["messages"][1] == {"role": "assistant", "content": "You said hi"}
    assert answer["agent_id"] == "boss"
    assert post(site, "o", "m", code=404, agent="lost")["code"] == "orchestration_not_found"

    # the run's kind says what its definition is, not how that is called; a turn is called
    # after its agent, so the name is taken there
    run_id = site.submit("agent:boss", "hey")
    assert site.wait_run(run_id)["final_response"] == "You said hey"
    assert "step_start" in [e["type"] for e in site.events(run_id)]
    assert post(site, "o", "m", code=404, agent="odd")["code"] == "orchestration_not_found"


def test_the_verb_chat(talk):
    site = talk
    env = {"SYNAPSED_URL": f"http://127.0.0.1:{site.daemons[0].api_port}",
           "SYNAPSED_KEY": site.key}

    def verb(*words, code=0):
        done = run_verb("chat", *words, env={**site.env, **env})
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done.stdout.decode()

    out = verb("send", "-s", "v", "-a", "echo", "-t", "hello")
    assert out.startswith("v turn 1\n") and " final hello" in out and " done" in out
    assert verb("send", "-s", "v", "-a", "bad", "-t", "x", code=1)
    assert json.loads(verb("send", "-s", "v", "-a", "long", "-o", "json", "y"))["turn"] == 3
    assert " final hello" in verb("tail", "--turn", "1", "v")
    table = verb("status", "v")
    assert "completed" in table and "failed" in table and "hello" in table
    assert verb("cancel", "v") == "v is being cancelled\n"
    wait_turn(site, "v", 3)
    verb("cancel", "v", code=4)
    verb("status", "nowhere", code=3)


def test_a_person_is_asked_in_a_conversation(site):
    site.prepare()
    ask = {"id": "ask", "name": "ask", "type": "human", "human_prompt": "Sure?",
           "output_key": "sure", "next_step_id": "say"}
    say = {"id": "say", "name": "say", "type": "print", "output_key": "out",
           "print_content": "{state.user_input}: {state.sure.response}"}
    site.define(bundle(agent("boss", type="orchestrator", orchestration_id="work"), agent("echo"),
                       orchestrations=[{"id": "work", "name": "work", "steps": [ask, say],
                                        "entry_step_id": "ask"}]))
    site.start()
    path = "/api/v2/chat/p/resume"
    assert site.ask("POST", path, {"response": "y"})[0] == 404
    one = post(site, "p", "go", agent="boss")
    wait_turn(site, "p", 1, "paused")
    assert status_of(site, "p")["status"] == "paused"
    two = post(site, "p", "next", agent="echo")  # waits for the person as well
    code, answer, _ = site.ask("POST", path, {"response": "yes"})
    assert code == 202, answer
    assert answer == {"session_id": "p", "status": "resuming", "turn": 1,
                      "run_id": "chat:p:1", "stream_url": "/api/v2/chat/p/stream?turn=1"}
    events = follow(site, one)
    assert "human_input_required" in [e.type for e in events]
    assert events[-2].data["response"] == "go: yes"
    assert follow(site, two)[-2].data["response"] == "next"
    assert site.ask("POST", path, {"response": "y"})[0] == 409


def test_so_many_turns_of_a_session_wait_and_no_more(site):
    site.prepare()
    site.define(bundle(agent("long", "mock.sleep:60000")))
    site.start(SYNAPSED_LIMITS_TURNS_PER_SESSION="2")
    post(site, "s", "under way", agent="long")
    wait_turn(site, "s", 1, "running")
    for message in ("one", "two"):
        post(site, "s", message)
    assert post(site, "s", "one too many", code=429)["code"] == "session_full"
    post(site, "another", "goes on", agent="long")
    assert site.ask("POST", "/api/v2/chat/s/cancel")[0] == 200
    assert site.ask("POST", "/api/v2/chat/another/cancel")[0] == 200

"""/api/v1: requests that are answered when the run is over, in either mode."""

import http.client
import json
import os
import resource
import threading
import time

import pytest
import stock_world as stock
from api_client import Client
from harness.daemon import Daemon
from harness.site import Site, llm_step, orchestration, print_step

V1 = "/api/v1"
FAILS = orchestration("fails", llm_step("f", "mock.fail:provider"))
SLOW = orchestration("slow", llm_step("s", "mock.sleep:60000"))
TWO = orchestration("two", {**print_step("p", "first"), "next_step_id": "s"},
                    llm_step("s", "mock.sleep:60000"))
STEPS = 450
LONG = {**orchestration("long", *({**print_step(f"p{i}", "x"), "next_step_id": f"p{i + 1}"}
                                  for i in range(STEPS)), print_step(f"p{STEPS}", "x")),
        "max_total_turns": 2 * STEPS}
DEFINITIONS = [*stock.ORCHESTRATIONS, FAILS, SLOW, TWO, LONG]


@pytest.fixture(scope="module", params=["scale", "standalone"])
def client(request):
    if request.param == "scale":
        stores = [request.getfixturevalue(f"private_{s}") for s in ("redis", "postgres")]
        site = Site(*stores, "v1")
        site.prepare(*DEFINITIONS, {"synapse_export": True, "agents": stock.AGENTS})
        daemon = site.start(SYNAPSED_STANDALONE_ANSWER="20s")
        made = Client("127.0.0.1", daemon.api_port, site.key)
        made.site = site
        close = (site.stop, site.remove)
    else:
        daemon = Daemon({"SYNAPSED_STANDALONE_ANSWER": "20s"})
        stock.fill_folder(daemon.data_dir, ())
        (daemon.data_dir / "orchestrations.json").write_text(json.dumps(DEFINITIONS))
        daemon.start(ready=False)
        daemon.wait_event("master.ready")
        made = Client("127.0.0.1", daemon.api_port, stock.KEY)
        made.site = None
        close = (daemon.stop, daemon.remove)
    made.daemon = daemon
    try:
        yield made
        close[0]()
    finally:
        close[1]()


def run(client, name, body=None):
    return client.post(f"{V1}/orchestrations/{name}/run", body or {})


def stream(answer):
    """Data lines and comments alone: stock's clients may look at nothing else."""
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    lines = answer.body.decode().splitlines()
    assert not [n for n in lines if n.startswith("id:")]
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def types(events):
    return [e["type"] for e in events if "sub" not in e]


def test_the_answer_comes_with_the_end(client):
    answer = run(client, "greet", {"message": "you"})
    assert answer.status == 200, answer
    body = answer.json
    assert (body["status"], body["response"]) == ("completed", "hello you")
    assert body["shared_state"]["out_hello"] == "hello you"
    assert [s["step_id"] for s in body["step_history"]][:1] == ["hello"]
    status = client.get(f"/api/v2/orchestrations/runs/{body['run_id']}/status").json
    assert status["status"] == "completed"


def test_a_run_that_fails_says_how(client):
    body = run(client, "fails").json
    assert (body["status"], body["error"]["class"]) == ("failed", "provider")


def test_a_question_is_an_answer_and_is_answered(client):
    body = run(client, "approve", {"message": "it"}).json
    assert body["status"] == "paused"
    asked = body["human_input_required"]
    assert (asked["step_id"], asked["prompt"]) == ("ask", "Is draft of it good?")
    assert asked["fields"][0]["name"] == "verdict"
    path = f"{V1}/orchestrations/runs/{body['run_id']}/resume"
    assert client.post(path, {"response": {}}).status == 422
    over = client.post(path, {"response": {"verdict": "fine"}})
    assert over.status == 200, over
    assert (over.json["status"], over.json["run_id"]) == ("completed", body["run_id"])
    assert over.json["response"].startswith("draft of it: ")
    assert client.post(path, {"response": {"verdict": "x"}}).status == 409
    assert client.post(f"{V1}/orchestrations/runs/none/resume", {}).status == 404


def test_who_waits_is_answered_when_the_run_is_stopped(client):
    got = []
    waiting = threading.Thread(target=lambda: got.append(run(client, "slow")))
    waiting.start()
    live = []
    while not live:
        live = [r for r in client.get("/api/v2/runs?orchestration_id=slow").json["runs"]
                if r["status"] == "running"]
    path = f"/api/v2/orchestrations/runs/{live[0]['run_id']}/cancel"
    assert client.post(path).status == 200
    waiting.join()
    assert (got[0].status, got[0].json["status"]) == (200, "cancelled")


def test_who_waits_waits_once():
    """Of two that are too slow, the one that came first is answered first."""
    daemon = Daemon({"SYNAPSED_STANDALONE_ANSWER": "1s"})
    stock.fill_folder(daemon.data_dir, ())
    (daemon.data_dir / "orchestrations.json").write_text(json.dumps([SLOW]))
    answered = []
    try:
        daemon.start(ready=False)
        daemon.wait_event("master.ready")
        client = Client("127.0.0.1", daemon.api_port, stock.KEY)

        def start(path):
            answer = client.post(f"{path}/orchestrations/slow/run", {})
            answered.append((path, answer.status, answer.json["status"]))

        first = threading.Thread(target=start, args=(V1,))
        first.start()
        while not client.get("/api/v2/runs").json["runs"]:
            time.sleep(0.02)
        time.sleep(0.2)
        start("/api/v2")
        first.join()
        assert answered == [(V1, 202, "queued"), ("/api/v2", 202, "queued")]
        daemon.stop()
    finally:
        daemon.remove()


def test_a_stream_of_events_is_the_answer(client):
    events = stream(client.post(f"{V1}/orchestrations/greet/run/stream", {"message": "you"}))
    assert types(events)[-1] == "done" and "step_complete" in types(events)


def test_a_stream_ends_at_a_question_and_its_answer_has_the_rest(client):
    events = stream(client.post(f"{V1}/orchestrations/approve/run/stream", {"message": "it"}))
    assert types(events)[-3:] == ["step_start", "human_input_required", "done"]
    run_id = events[-2]["run_id"]
    path = f"{V1}/orchestrations/runs/{run_id}/resume/stream"
    assert client.post(path, {"response": {}}).status == 422
    assert client.post(path, {"response": 5}).status == 422
    rest = stream(client.post(path, {"response": {"verdict": "fine"}}))
    assert types(rest)[-3:] == ["orchestration_complete", "final", "done"]
    assert "human_input_required" not in types(rest) and "orchestration_start" not in types(rest)
    (final,) = [e for e in rest if e["type"] == "final" and "orch_step_id" not in e]
    assert final["response"].startswith("draft of it: ")
    assert client.post(path, {"response": {"verdict": "x"}}).status == 409
    assert client.post(f"{V1}/orchestrations/runs/none/resume/stream", {}).status == 404


def test_an_answer_s_stream_begins_there_although_redis_lost_what_was_before(client):
    run_id = run(client, "approve", {"message": "it"}).json["run_id"]
    if client.site:
        with client.site.redis.client() as redis:
            assert redis.delete(f"synapse:run:{run_id}:events") == 1
    rest = stream(client.post(f"{V1}/orchestrations/runs/{run_id}/resume/stream",
                              {"response": {"verdict": "fine"}}))
    assert types(rest)[-1] == "done" and "human_input_required" not in types(rest)


def test_a_conversation_is_streamed_as_clients_of_v1_know_it(client):
    events = stream(client.post(f"{V1}/chat/stream", {"message": "hi", "agent": "HELP"}))
    session, response, done = (e for e in events if "sub" not in e)
    name = session["session_id"]
    assert session == {"type": "session", "session_id": name, "agent_id": "helper",
                       "agent_name": "Helper"}
    assert response == {"type": "response", "content": "hi", "intent": "chat",
                        "session_id": name}
    assert done["type"] == "done"
    again = stream(client.post(f"{V1}/chat/stream", {"message": "again", "session_id": name,
                                                     "agent": "helper"}))
    assert types(again) == ["session", "response", "done"]
    assert [e["content"] for e in again if e["type"] == "response"] == ["again"]
    photo = "iVBORw0KGgoA" + "A" * 1_500_000  # more than the body of other requests may have
    shown = stream(client.post(f"{V1}/chat/stream", {"message": "see", "session_id": name,
                                                     "agent": "helper", "images": [photo]}))
    assert types(shown) == ["session", "response", "done"]
    assert client.post(f"{V1}/chat/stream", {}).status == 422
    assert client.with_key(None).post(f"{V1}/chat/stream", {"message": "x"}).status == 401


def test_what_was_accepted_and_cannot_be_followed_is_no_error(client):
    """A client that is told to try again would have it done twice."""
    if not client.site:
        pytest.skip("what accepts runs there wants descriptors itself")
    connection = http.client.HTTPConnection(client.host, client.port, timeout=20)

    def post(path, body):
        connection.request("POST", V1 + path, json.dumps(body),
                           {"Authorization": f"Bearer {client.key}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    assert post("/chat", {"message": "x", "session_id": "unseen"})[0] == 200
    pids = client.daemon.pids("api")
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in pids}
    try:
        for pid in pids:
            taken = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
            free = min(set(range(len(taken) + 1)) - taken)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, limits[pid][1]))
        said = post("/chat/stream", {"message": "y", "session_id": "unseen"})
        begun = post("/orchestrations/greet/run/stream", {"message": "you"})
    finally:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, limits[pid])
        connection.close()
    assert said == (202, {"session_id": "unseen", "agent_id": "helper", "agent_name": "Helper",
                          "status": "running", "turn": 2})
    assert (begun[0], begun[1]["status"]) == (202, "queued")


def test_a_failed_run_goes_on_and_the_page_hears_it(client):
    run_id = run(client, "fails").json["run_id"]
    path = f"/api/orchestrations/runs/{run_id}/resume"
    events = stream(client.post(path, {}))
    assert types(events)[-1] == "done" and types(events).count("done") == 1
    assert types(events).count("step_error") == 1 and "orchestration_start" not in types(events)
    assert client.post("/api/orchestrations/runs/none/resume", {}).status == 404


def test_a_key_that_was_used_has_the_events_that_redis_has_lost(client):
    key = {"Idempotency-Key": "streamed"}
    path = f"{V1}/orchestrations/approve/run"
    asked = client.post(path, {"message": "it"}, headers=key).json
    assert asked["status"] == "paused"
    if client.site:
        with client.site.redis.client() as redis:
            assert redis.delete(f"synapse:run:{asked['run_id']}:events") == 1
    connection = http.client.HTTPConnection(client.host, client.port, timeout=10)
    connection.request("POST", path + "/stream", json.dumps({"message": "it"}),
                       {"Authorization": f"Bearer {client.key}", **key})
    answer = connection.getresponse()
    while not (line := answer.readline()).startswith(b"data: "):
        assert line
    connection.close()
    assert asked["run_id"].encode() in line


def test_lists_have_their_older_shapes(client):
    orchestrations = {o["id"]: o for o in client.get(f"{V1}/orchestrations").json}
    assert orchestrations["greet"] == {
        "id": "greet", "name": "Greet", "description": "about greet", "steps": 2}
    one = client.get(f"{V1}/orchestrations/greet").json
    assert one["steps"][0] == {"id": "hello", "label": "Hello", "type": "print",
                               "agent_id": None, "depends_on": []}
    assert one["edges"] == []
    (agent,) = client.get(f"{V1}/agents").json
    assert agent == {"id": "helper", "name": "Helper", "type": "conversational",
                     "model": "mock.echo", "capabilities": []}
    assert client.get(f"{V1}/agents/helper").json["description"] == "helps"
    if client.site:  # however many there are of another kind
        sql = client.site.sql
        sql("INSERT INTO orchestrations (id, name, definition, tenant_id)"
            " SELECT 'a-' || n, '', '{}', 'default' FROM generate_series(1, 10000) n")
        assert [a["id"] for a in client.get(f"{V1}/agents").json] == ["helper"]
        sql("DELETE FROM orchestrations WHERE id LIKE 'a-%%'")
    for path in ("/agents/none", "/orchestrations/none"):
        assert client.get(V1 + path).status == 404
    assert run(client, "none").status == 404
    assert client.with_key(None).get(f"{V1}/agents").status == 401


def test_stock_page_s_routes_do_what_they_say(client):
    """CONTRACT 1.7; without stores they write the stock file. There is a key, so one is wanted."""
    page = client
    nobody = client.with_key(None)
    assert nobody.get("/api/orchestrations").code == "forbidden"
    assert nobody.post("/api/orchestrations/greet/run", {}).code == "forbidden"
    mine = {**stock.ORCHESTRATIONS[0], "id": "agents", "name": "Odd"}  # the name of a kind
    del mine["updated_at"]
    assert page.post("/api/orchestrations", mine).status == 201
    saved = page.get("/api/orchestrations/agents").json
    assert saved["steps"] == mine["steps"] and saved["created_at"] == stock.STAMP
    assert saved["updated_at"] > stock.STAMP
    assert page.post("/api/orchestrations", {**mine, "name": "Even"}).status == 200
    names = {o["id"]: o["name"] for o in page.get("/api/orchestrations").json}
    assert names["agents"] == "Even" and names["greet"] == "Greet"
    made = page.post("/api/orchestrations/agents/run", {"message": "m"})
    assert types(stream(made))[-1] == "done"
    run_id = run(client, "approve", {"message": "it"}).json["run_id"]
    base = f"/api/orchestrations/runs/{run_id}"
    assert page.get(base).json["status"] == "paused"
    rest = stream(page.post(base + "/human-input", {"response": {"verdict": "ok"},
                                                    "step_id": "ask"}))
    assert types(rest)[-1] == "done" and "human_input_required" not in types(rest)
    assert page.get("/api/orchestrations/runs?limit=5").json[0]["run_id"]
    assert page.get(base + "/events").json["count"] > 0
    assert page.post(base + "/cancel").status == 200
    assert client.get("/api/v2/agents/helper").status == 200
    assert page.ask("DELETE", "/api/orchestrations/agents").status == 200
    assert page.get("/api/orchestrations/agents").status == 404
    assert client.get("/api/v2/agents/helper").status == 200


def test_the_page_reads_on_where_it_was(client):
    run_id = run(client, "greet", {"message": "you"}).json["run_id"]
    path = f"/api/orchestrations/runs/{run_id}/events"
    got, last = [], "0"
    while True:
        page = client.get(f"{path}?after={last}&limit=3").json
        got += page["events"]
        if not page["events"]:
            assert page["last_id"] == last
            break
        last = page["last_id"]
    assert got == client.get(path).json["events"] and got[-1]["event"]["type"] == "done"
    rest = client.get(f"{path}/stream?after={got[-2]['id']}").body.decode()
    assert f"id: {got[-1]['id']}\n" in rest and f"id: {got[-2]['id']}\n" not in rest
    assert client.get(f"{path}/stream?after=0").body.decode().count("\nid: ") == len(got)


def test_a_log_is_told_and_long_texts_in_it_are_cut(client):
    run_id = run(client, "greet", {"message": "x" * 9000}).json["run_id"]
    log = client.get(f"/api/orchestrations/logs/{run_id}")
    assert log.status == 200, log
    head, _, events = log.body.decode().partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == f"Run ID: {run_id}" and lines[3] == "Status: completed"
    assert lines[-1].startswith("User Input: xxx") and lines[-1].endswith("... (cut)")
    assert all(len(line) < 4200 for line in events.split("\n")) and "] done {" in events
    # it is the run's journal: not deleted by itself
    gone = client.ask("DELETE", f"/api/orchestrations/logs/{run_id}")
    assert (gone.status, gone.code) == (405, "method_not_allowed")


def test_a_long_log_is_told_whole(client):
    """Page by page, with others served between two of them."""
    run_id = run(client, "long").json["run_id"]
    path = f"/api/orchestrations/runs/{run_id}/events"
    got, last = [], "0"
    while page := client.get(f"{path}?after={last}&limit=700").json["events"]:
        got += page
        last = page[-1]["id"]
    log = client.get(f"/api/orchestrations/logs/{run_id}").body.decode()
    told = log.partition("\n\n")[2].splitlines()
    assert [line.split()[1] for line in told] == [e["event"]["type"] for e in got]
    assert len(got) > 1000 and got[-1]["event"]["type"] == "done"
    seqs = [e["event"]["seq"] for e in got if "seq" in e["event"]]
    assert seqs == sorted(set(seqs))


def test_an_estimate_is_the_means_of_the_last_that_completed(client):
    for _ in range(3):
        assert run(client, "greet", {"message": "you"}).status == 200
    if client.site:
        client.site.sql("UPDATE orchestration_runs SET total_tokens_used = 40,"
                        " cache_read_tokens = 10, total_cost_usd = 0.5"
                        " WHERE orchestration_id = 'greet' AND status = 'completed'")
    path = "/api/orchestrations/greet/estimate"
    got = client.get(f"{path}?sample_size=2").json
    assert got["sample_size"] == 2 and got == {
        "sample_size": 2, "average_cost_usd": 0.5 if client.site else 0,
        "average_cache_hit_rate": 25 if client.site else 0,
        "average_cache_read_tokens": 10 if client.site else 0}
    assert client.get(f"{path}?sample_size=50").json["sample_size"] >= 3
    assert client.get("/api/orchestrations/fails/estimate").json["sample_size"] == 0


def test_an_orchestration_becomes_an_agent_once(client):
    path = "/api/orchestrations/greet/deploy"
    first, second = (client.post(path) for _ in range(2))
    assert first.json == {"status": "deployed", "agent_id": "orch_agent_greet"}, first
    assert second.json == {"status": "already_deployed", "agent_id": "orch_agent_greet"}
    agent = client.get("/api/v2/agents/orch_agent_greet").json
    assert (agent["type"], agent["orchestration_id"], agent["name"]) == (
        "orchestrator", "greet", "Greet")
    said = client.post(f"{V1}/chat", {"message": "you", "agent": "orch_agent_greet"})
    assert said.status == 200 and said.json["response"] == "hello you", said
    events = stream(client.post(f"{V1}/chat/stream", {"message": "you",
                                                      "agent": "orch_agent_greet"}))
    (response,) = [e for e in events if e["type"] == "response"]
    assert response["content"] == "hello you" and types(events)[-1] == "done"
    client.ask("DELETE", "/api/v2/agents/orch_agent_greet")


def test_a_run_that_goes_on_shows_what_is_behind_it(client):
    run_id = client.post("/api/v2/orchestrations/two/run", {},
                         headers={"Prefer": "respond-async"}).json["run_id"]
    end = time.monotonic() + 20
    while not (row := client.get(f"/api/orchestrations/runs/{run_id}").json)["step_history"]:
        assert time.monotonic() < end, row
        time.sleep(0.05)
    (step,) = row["step_history"]
    assert (step["step_id"], step["step_type"], step["status"]) == ("p", "print", "completed")
    assert step["ended_at"].endswith("Z") and step["duration_seconds"] >= 0
    assert row["status"] == "running"
    client.post(f"/api/orchestrations/runs/{run_id}/cancel")


def wait_status(client, run_id, *wanted):
    end = time.monotonic() + 20
    path = f"/api/v2/orchestrations/runs/{run_id}/status"
    while (row := client.get(path).json)["status"] not in wanted:
        assert time.monotonic() < end, row
        time.sleep(0.05)
    return row


def test_a_run_that_was_cancelled_goes_on_too(client):
    """CONTRACT 1.7: at the step that was interrupted, or with the question that was asked."""
    def start(name, **more):
        return client.post(f"/api/v2/orchestrations/{name}/run", {"message": "it", **more},
                           headers={"Prefer": "respond-async"}).json["run_id"]

    def cancel(run_id):
        assert client.post(f"/api/orchestrations/runs/{run_id}/cancel").status == 200
        wait_status(client, run_id, "cancelled")

    asked = start("approve")
    wait_status(client, asked, "paused")
    cancel(asked)
    events = stream(client.post(f"/api/orchestrations/runs/{asked}/resume", {}))
    assert types(events)[-2:] == ["human_input_required", "done"], events
    over = client.post(f"{V1}/orchestrations/runs/{asked}/resume", {"response": {"verdict": "ok"}})
    assert over.json["status"] == "completed", over

    run_id = start("two")
    wait_status(client, run_id, "running")
    while not client.get(f"/api/orchestrations/runs/{run_id}").json["step_history"]:
        time.sleep(0.05)
    cancel(run_id)
    path = f"/api/v2/orchestrations/runs/{run_id}/resume-failed"
    assert client.post(path, {}).status == 202
    assert wait_status(client, run_id, "running")["ended_at"] is None
    detail = client.get(f"/api/v2/runs/{run_id}").json
    assert detail["attempt"] == 2
    assert len([s for s in detail["steps"] if s["step_id"] == "p"]) == 1  # not done again
    cancel(run_id)

    unbegun = start("greet", run_at=int(time.time() * 1000) + 3600_000)
    wait_status(client, unbegun, "queued")
    cancel(unbegun)
    assert client.post(f"/api/v2/orchestrations/runs/{unbegun}/resume-failed", {}).status == 202
    assert wait_status(client, unbegun, "completed")["final_response"] == "hello it"

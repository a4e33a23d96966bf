"""One process without Redis and Postgres: it executes runs, answers when they are over, and
keeps them in files."""

import contextlib
import json
import os
import random
import signal
import socket
import threading
import time

import pytest
from api_client import Client
from harness.daemon import Daemon
from harness.site import orchestration, print_step
from harness.stream import Stream
from harness.wait import until

KILLS = int(os.environ.get("SYNAPSED_TEST_STANDALONE_KILLS", "5"))
ASYNC = {"Prefer": "respond-async"}
RUNS = "/api/v2/orchestrations/runs/"


def sleeps(orchestration_id, steps, ms):
    return orchestration(
        orchestration_id,
        *[
            {"id": f"s{i}", "name": f"s{i}", "type": "llm", "model": f"mock.sleep:{ms}",
             "prompt_template": f"{i}", "output_key": f"o{i}",
             "next_step_id": f"s{i + 1}" if i + 1 < steps else None}
            for i in range(steps)
        ],
    )


FAILS = orchestration(
    "fails", {"id": "f", "name": "f", "type": "llm", "model": "mock.fail:provider",
              "prompt_template": "x", "output_key": "x"})


class Alone:
    def __init__(self, definitions, *flags, **more):
        self.daemon = Daemon({}, *flags, **more)
        self.daemon.data_dir.mkdir(parents=True)
        self.write("orchestrations.json", definitions)

    def write(self, name, value):
        path = self.daemon.data_dir / name
        (path.parent / "new").write_text(json.dumps(value))
        (path.parent / "new").rename(path)

    def start(self, nth=1):
        self.daemon.start(ready=False)
        self.daemon.wait_event("master.ready", count=nth)
        key = (self.daemon.data_dir / "api-key").read_text().strip()
        self.client = Client("127.0.0.1", self.daemon.api_port, key)
        return self

    def wait(self, run_id):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            row = self.status(run_id)
            if row["ended_at"]:
                return row
            time.sleep(0.02)
        raise AssertionError(row)

    def status(self, run_id):
        answer = self.client.get(f"{RUNS}{run_id}/status")
        assert answer.status == 200, answer
        return answer.json

    def journal(self, run_id):
        answer = self.client.get(f"{RUNS}{run_id}/events").json
        return [item["event"] for item in answer["events"]]


@contextlib.contextmanager
def alone(definitions, *flags, **more):
    made = Alone(definitions, *flags, **more)
    try:
        yield made.start()
        made.daemon.stop()
    finally:
        made.daemon.remove()


@pytest.fixture(scope="module")
def host():
    hello = orchestration("hello", print_step("p", "hi {state.user_input}"))
    with alone([hello, sleeps("slow", 4, 150), sleeps("long", 1, 60000), FAILS,
                {"id": "bad", "name": "Bad", "entry_step_id": "none", "steps": []}]) as made:
        yield made


def test_the_answer_has_all_of_it(host):
    answer = host.client.run("hello", {"message": "there", "inputs": {"k": 1}})
    assert answer.status == 200
    body = answer.json
    assert (body["status"], body["response"]) == ("completed", "hi there")
    assert body["shared_state"]["k"] == 1
    assert [s["step_id"] for s in body["step_history"]] == ["p"]
    events = [item["event"] for item in body["events"]]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert (events[0]["type"], events[-1]["type"]) == ("worker_picked_up", "done")
    row = host.status(body["run_id"])
    assert (row["status"], row["final_response"]) == ("completed", "hi there")
    assert host.journal(body["run_id"]) == events
    stock = json.loads(
        (host.daemon.data_dir / "orchestration_runs" / f"{body['run_id']}.json").read_text())
    assert stock["shared_state"] == body["shared_state"]
    assert stock["step_history"] == body["step_history"]


def test_v1_answers_in_its_own_shape(host):
    answer = host.client.post("/api/v1/orchestrations/hello/run", {"message": "x"})
    assert answer.status == 200
    assert {"status", "run_id", "response", "shared_state", "step_history"} <= set(answer.json)
    assert "events" not in answer.json


def test_a_key_is_accepted_once(host):
    def ask(message, **headers):
        return host.client.run("hello", {"message": message},
                               headers={"Idempotency-Key": "k1", **headers})

    first, again, other = ask("a"), ask("a"), ask("b")
    assert first.status == 200 and "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert (other.status, other.code) == (409, "idempotency_mismatch")
    later = ask("a", **ASYNC)
    assert (later.status, later.json["run_id"]) == (202, first.json["run_id"])


def test_health_says_the_mode(host):
    health = host.client.with_key(None).get("/health")
    assert health.status == 200
    assert (health.json["status"], health.json["mode"]) == ("ok", "standalone")


def test_refusals_have_their_codes(host):
    assert host.client.run("none").code == "orchestration_not_found"
    assert host.client.run("bad").code == "definition_invalid"
    assert host.client.with_key("sk-syn-00").run("hello").code == "invalid_key"
    assert host.client.get(f"{RUNS}run_0/status").code == "run_not_found"
    assert host.client.get(f"{RUNS}..%2Fx/status").code == "run_not_found"
    assert host.client.post("/api/v2/chat", {"message": "x", "agent": "a"}).code == (
        "agent_not_found")
    assert host.client.get("/api/v2/workers").status == 200


def test_a_stream_follows_to_the_end(host):
    run_id = host.client.run("slow", headers=ASYNC).json["run_id"]
    stream = Stream(host.daemon.api_port, host.client.key, run_id)
    events = list(stream)
    assert stream.ended and events[-1].type == "stream_complete"
    assert [e.data for e in events if e.durable] == host.journal(run_id)
    behind = Stream(host.daemon.api_port, host.client.key, run_id, last_id=events[3].id)
    assert [e.data for e in behind if e.durable] == [
        e.data for e in events[4:] if e.durable]
    listed = host.client.get("/api/v2/runs?limit=1&orchestration_id=slow").json
    assert listed["runs"][0]["run_id"] == run_id


def test_a_cancel_ends_it_and_who_waits_hears_so(host):
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(host.client.run("long", {}, timeout=60)))
    waiting.start()
    while True:
        runs = host.client.get("/api/v2/runs?orchestration_id=long&status=running").json["runs"]
        if runs:
            break
    assert host.client.post(f"{RUNS}{runs[0]['run_id']}/cancel").json["status"] == (
        "cancellation_requested")
    waiting.join(60)
    assert answers[0].status == 200 and answers[0].json["status"] == "cancelled"
    again = host.client.post(f"{RUNS}{runs[0]['run_id']}/cancel")
    assert again.json["status"] == "cancelled"


def test_a_failed_run_goes_on_when_it_is_told_to(host):
    body = host.client.run("fails").json
    assert body["status"] == "failed" and body["error"]["class"]
    answer = host.client.post(f"{RUNS}{body['run_id']}/resume-failed", {})
    assert answer.status == 202, answer
    row = host.wait(body["run_id"])
    assert row["status"] == "failed"
    kinds = [s["kind"] for s in host.client.get(f"{RUNS}{body['run_id']}/steps").json["steps"]]
    assert kinds.count("resume") == 1
    done = host.client.run("hello").json["run_id"]
    assert host.client.post(f"{RUNS}{done}/resume-failed", {}).code == "run_not_failed"


def test_an_edited_file_is_noticed(host):
    path = host.daemon.data_dir / "orchestrations.json"
    now = json.loads(path.read_text())
    host.write("orchestrations.json",
               now + [orchestration("new", print_step("p", "new"))])
    end = time.monotonic() + 30
    while host.client.run("new").status == 404:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert host.client.run("new").json["response"] == "new"
    # what cannot be read leaves what was
    path.write_text("[{")
    while not host.daemon.find("definitions.unreadable"):
        assert host.client.run("new").status == 200  # the file is looked at when it is used
    assert host.client.run("new").status == 200
    host.write("orchestrations.json", now)


def test_beyond_the_queue_there_is_a_503():
    flags = ["--set", "standalone.runs=1", "--set", "standalone.waiting=1"]
    with alone([sleeps("long", 1, 60000)], *flags) as host:
        first = [host.client.run("long", headers=ASYNC) for _ in range(3)]
        assert [a.status for a in first] == [202, 202, 503]
        assert first[2].code == "queue_full" and first[2].headers["Retry-After"]
        rows = [host.status(a.json["run_id"])["status"] for a in first[:2]]
        assert rows == ["running", "queued"]
        for a in first[:2]:
            host.client.post(f"{RUNS}{a.json['run_id']}/cancel")
            assert host.wait(a.json["run_id"])["status"] == "cancelled"


def test_a_stop_leaves_runs_to_the_next_start():
    with alone([sleeps("slow", 6, 300)], "--set", "drain.leaf=5s") as host:
        run_id = host.client.run("slow", headers=ASYNC).json["run_id"]
        answers = []
        waiting = threading.Thread(
            target=lambda: answers.append(host.client.run("slow", {}, timeout=60)))
        waiting.start()
        while len(host.client.get("/api/v2/runs").json["runs"]) < 2:
            pass
        host.daemon.stop()
        waiting.join(60)
        # it goes on: nobody is told that it failed
        assert answers[0].status == 202
        host.start(nth=2)
        for one in (run_id, answers[0].json["run_id"]):
            assert host.wait(one)["status"] == "completed"
            steps = [e["orch_step_id"] for e in host.journal(one) if e["type"] == "step_complete"]
            assert steps == [f"s{i}" for i in range(6)]


class Person(threading.Thread):
    """Answers whatever waits, and remembers what was taken."""

    def __init__(self, host):
        super().__init__()
        self.host = host
        self.stop = threading.Event()
        self.taken = {}
        self.tried = {}
        self.left = None

    def answer(self, wait):
        run_id = wait["run_id"]
        word = f"w{sum(map(len, self.tried.values()))}"
        self.tried.setdefault(run_id, []).append(word)
        answer = self.host.client.post(f"{RUNS}{run_id}/resume", {"response": word})
        assert answer.status in (202, 409, 503), answer
        if answer.status == 202:
            assert run_id not in self.taken, "answered twice"
            self.taken[run_id] = word

    def run(self):
        while self.left is None:
            stopping = self.stop.is_set()
            try:
                waits = self.host.client.get("/api/v2/waits?limit=200").json["waits"]
                for wait in waits:
                    self.answer(wait)
            except OSError:  # the process died
                continue
            if stopping and not waits:
                self.left = self.host.client.get("/api/v2/runs?status=paused").json["runs"]
            time.sleep(0.01)


class Talker(threading.Thread):
    """Talks in two sessions, and remembers what was taken."""

    def __init__(self, host):
        super().__init__()
        self.host = host
        self.stop = threading.Event()
        self.taken = {"t0": [], "t1": []}

    def run(self):
        n = 0
        while not self.stop.is_set():
            session = f"t{n % 2}"
            n += 1
            try:
                answer = self.host.client.post("/api/v2/chat", {
                    "session_id": session, "message": f"m{n}", "agent": "nap"})
            except OSError:  # the process died
                continue
            assert answer.status in (202, 429, 503), answer
            if answer.status == 202:
                self.taken[session].append((answer.json["turn"], f"m{n}"))
            time.sleep(0.02)

    def check(self):
        for session, taken in self.taken.items():
            end = time.monotonic() + 60
            while True:
                turns = self.host.client.get(f"/api/v2/chat/{session}/status").json["turns"]
                if all(t["ended_at"] for t in turns):
                    break
                assert time.monotonic() < end, turns
                time.sleep(0.05)
            # the newest hundred: each once, in order, one after the other, none lost
            assert {t["status"] for t in turns} == {"completed"}
            # (a number may be missing whose message nobody was told to be accepted)
            numbers = [t["turn"] for t in turns]
            assert numbers == sorted(set(numbers))
            said = {t["turn"]: t["message"] for t in turns}
            assert all(said[n] == text for n, text in taken if n >= numbers[0])
            spans = [(t["started_at"], t["ended_at"]) for t in turns]
            assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False)), spans


ASKS = orchestration(
    "asks", print_step("d", "draft", "h"),
    {"id": "h", "name": "h", "type": "human", "human_prompt": "?", "output_key": "said",
     "next_step_id": "z"}, print_step("z", "{state.said.response}"))


def test_killed_at_any_moment_nothing_is_lost():
    """SYNAPSED_TEST_STANDALONE_KILLS=100 for the long one."""
    rng = random.Random(int(os.environ.get("SYNAPSED_TEST_SEED", "7")))
    flags = ["--set", "restart.min=1ms", "--set", "restart.max=1ms",
             "--set", "restart.window=1s", "--set", "restart.ceiling=1000"]
    with alone([sleeps("slow", 3, 40), orchestration("hello", print_step("p", "x")), ASKS],
               *flags) as host:
        host.write("user_agents.json", [
            {"id": "nap", "name": "nap", "type": "conversational", "tools": [],
             "system_prompt": "x", "model": "mock.sleep:20"}])
        person, talker = Person(host), Talker(host)
        accepted = []
        stop = threading.Event()

        def submit():
            while not stop.is_set():
                try:
                    answer = host.client.run(rng.choice(["slow", "hello", "asks"]), {}, headers=ASYNC)
                except OSError:  # the process died
                    continue
                assert answer.status in (202, 503), answer
                if answer.status == 202:
                    accepted.append(answer.json["run_id"])
                time.sleep(0.01)

        threads = [threading.Thread(target=submit) for _ in range(2)]
        for t in [*threads, person, talker]:
            t.start()
        for n in range(KILLS):
            pid = int(host.daemon.wait_event("child.ready", count=n + 1)["child"])
            time.sleep(rng.random() * 0.3)
            host.daemon.kill(pid, signal.SIGKILL)
        host.daemon.wait_event("child.ready", count=KILLS + 1)
        stop.set()
        for t in threads:
            t.join()
        person.stop.set()
        talker.stop.set()
        talker.join()
        talker.check()
        assert accepted
        for run_id in accepted:
            row = host.wait(run_id)
            assert row["status"] == "completed"
            events = host.journal(run_id)
            types = [e["type"] for e in events]
            assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
            assert types.count("done") == 1
            if row["orchestration_id"] == "asks":
                # what was taken is what the run went on with, and nothing else is
                assert row["final_response"] in person.tried[run_id]
                assert person.taken.get(run_id, row["final_response"]) == row["final_response"]
                assert types.count("human_input_required") == 1
        person.join()
        assert person.left == []
        # those whose acceptance nobody heard of end as well
        end = time.monotonic() + 60
        while any(host.client.get(f"/api/v2/runs?status={s}").json["runs"]
                  for s in ("queued", "running", "paused")):
            assert time.monotonic() < end
            time.sleep(0.05)
        folder = host.daemon.data_dir / "orchestration_runs"
        # the last ones are put away when their ends have been told
        # (a name that was just being given, .new, is swept later)
        while list((folder / "live").glob("*.journal")):
            assert time.monotonic() < end
            time.sleep(0.05)
        for path in folder.glob("*.json"):
            assert json.loads(path.read_text())["status"] == "completed"


def test_who_waits_longer_than_the_option_says_is_told_where_to_look():
    with alone([sleeps("nap", 1, 1500)], "--set", "standalone.answer=100ms") as made:
        answer = made.client.run("nap", {})
        assert answer.status == 202, answer
        assert made.status(answer.json["run_id"])["ended_at"] is None
        assert made.wait(answer.json["run_id"])["status"] == "completed"


def test_an_address_has_so_many_connections_and_no_more():
    daemon = Daemon({"SYNAPSED_API_CLIENT_CONNECTIONS": "2"})
    try:
        daemon.data_dir.mkdir(parents=True)
        daemon.start()
        place = ("127.0.0.1", daemon.api_port)
        with socket.create_connection(place) as first, socket.create_connection(place) as second:
            for one in (first, second):  # the server has them when it answers
                one.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
                assert one.recv(4096).startswith(b"HTTP/1.1 ")
            refused = Client(*place).get("/api/v2/runs")
            assert refused.status == 503 and refused.json["code"] == "too_many_connections"
            assert refused.headers["Retry-After"] == "5"
            daemon.wait_event("server.client_full", connections=2)
        until(lambda: Client(*place).get("/api/v2/runs").status != 503)
        daemon.stop()
    finally:
        daemon.remove()

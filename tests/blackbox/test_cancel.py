"""Cancels: a run that waits ends at once, one that runs soon, and the row decides."""

import concurrent.futures
import json
import os
import random
import signal
import threading
import time

import pytest
from harness import audit
from harness.daemon import DEADLINE_S
from harness.fake_llm import FakeLLM
from harness.site import llm_step, orchestration, print_step
from harness.wait import until
from test_requeue import P, held, host_of

LAST = ["orchestration_complete", "final", "done"]
HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
NAP = orchestration("nap", llm_step("long", "mock.sleep:600000", next_id="next"),
                    print_step("next", "never"))
TALK = orchestration("talk", llm_step("long", "mock.tokens:100000:20", next_id="next"),
                     print_step("next", "never"))
STEPS = orchestration("steps", *[
    llm_step(f"s{i}", "mock.sleep:50", next_id=f"s{i + 1}" if i < 9 else None)
    for i in range(10)])
SHORT = orchestration("short", llm_step("s", "mock.sleep:25"))
TOKENS = orchestration("tokens", *[
    llm_step(f"s{i}", "mock.tokens:20:100", next_id=f"s{i + 1}" if i < 3 else None)
    for i in range(4)])


def cancel(site, run_id, status="cancellation_requested", **how):
    code, answer, _ = site.ask(
        "POST", f"/api/v2/orchestrations/runs/{run_id}/cancel", **how)
    assert (code, answer) == (200, {"status": status, "run_id": run_id})


def key(client, run_id):
    return client.get(f"synapse:cancel:{run_id}")


def took_s(site, run_id):
    """From the request to the end, by Postgres' clock."""
    ((took,),) = site.sql(
        "SELECT extract(epoch FROM ended_at - cancel_requested_at)::float8"
        " FROM orchestration_runs WHERE run_id = %s", run_id)
    assert took < 10, took  # the promise is a second
    return took


def check_whole(site, run_id):
    """The row, the journal and the stream of a run that has ended say the same."""
    ((status, event_seq, asked_ms),) = site.sql(
        "SELECT status, event_seq, (extract(epoch FROM cancel_requested_at) * 1000)::int8"
        " FROM orchestration_runs WHERE run_id = %s", run_id)
    assert status in ("completed", "cancelled")
    entries = [e for e in site.entries(run_id) if "sub" not in e["event"]]
    events = [e["event"] for e in entries]
    assert [e["seq"] for e in events] == list(range(1, event_seq + 1))
    assert [e["type"] for e in events[-3:]] == LAST
    assert events[-3]["status"] == status
    assert sum(e["type"] == "done" for e in events) == 1
    stored = site.sql(
        "SELECT events::json FROM run_steps WHERE run_id = %s ORDER BY seq", run_id)
    assert [p for (row,) in stored for p in row or []] == [
        [e["id"], e["event"]] for e in entries]
    if status == "cancelled":
        # the commit that the owner hears of it by may have started a step
        late = [e for e in entries if e["event"]["type"] == "step_start"
                and int(e["id"].split("-")[0]) > asked_ms]
        assert len(late) <= 1, (asked_ms, late)
    return status, events


def settled(site, *runs):
    """All has ended and nothing is left of it in Redis but its streams."""
    with site.redis.client() as client:
        until(lambda: not client.exists(P + "jobs"))
        audit.check(client, "default")
        until(lambda: not [r for r in runs if key(client, r)])


@pytest.mark.asan
def test_a_queued_run_ends_at_once(site):
    site.prepare(HELLO).start()
    with site.redis.client() as client:
        client.set(P + "paused", "test")
        run_id, other = site.submit("hello"), site.submit("hello", "other")
        until(lambda: client.hlen(P + "jobs") == 2)
        cancel(site, run_id)
        answer = site.status(run_id)
        assert (answer["status"], answer["error"]["class"]) == ("cancelled", "cancelled")
        assert [e["type"] for e in site.events(run_id)] == LAST
        until(lambda: client.hkeys(P + "jobs") == [f"{other}:1".encode()])
        audit.check(client, "default")
        cancel(site, run_id, "cancelled")  # again: no second end
        client.delete(P + "paused")
    assert site.wait_run(other)["status"] == "completed"
    assert check_whole(site, run_id)[0] == "cancelled"
    settled(site, run_id)


def test_a_paused_run_ends_at_once_and_its_waits_are_closed(site):
    site.prepare(HELLO).start()
    with site.redis.client() as client:
        client.set(P + "paused", "test")
        run_id = site.submit("hello")
        until(lambda: client.exists(P + "jobs"))
        site.sql("UPDATE orchestration_runs SET status = 'paused', waiting_for_human = true"
                 " WHERE run_id = %s", run_id)
        site.sql("INSERT INTO run_waits (run_id, path) VALUES (%s, 'p')", run_id)
        cancel(site, run_id)
        answer = site.status(run_id)
        assert (answer["status"], answer["waiting_for_human"]) == ("cancelled", False)
        assert check_whole(site, run_id)[0] == "cancelled"
        assert site.sql("SELECT state FROM run_waits") == [("cancelled",)]
        until(lambda: not client.exists(P + "jobs"))
        client.delete(P + "paused")
    settled(site, run_id)


@pytest.mark.asan
@pytest.mark.parametrize("definition", [NAP, TALK], ids=["sleeping", "talking"])
def test_a_call_in_flight_is_abandoned(site, definition):
    site.prepare(definition).start(SYNAPSED_WORKER_SLOTS="1")  # full, too
    run_id = site.submit(definition["id"])
    site.wait_run(run_id, "running")
    cancel(site, run_id)
    assert site.wait_run(run_id)["status"] == "cancelled"
    print(f"cancelled after {took_s(site, run_id) * 1000:.0f} ms")
    events = check_whole(site, run_id)[1]
    assert [e["type"] for e in events] == [
        "worker_picked_up", "orchestration_start", "step_start", *LAST]
    settled(site, run_id)


def test_a_providers_socket_is_closed(site):
    """Whether it streams or has not said a word."""
    with FakeLLM() as llm:
        site.prepare(orchestration(
            "ask", llm_step("ask", "oaic.tiny", next_id="next"), print_step("next", "never"),
        )).start(OPENAI_COMPATIBLE_BASE_URL=llm.url, OPENAI_COMPATIBLE_KEY="k")
        runs = [site.submit("ask", text) for text in ("[[endless:20]]", "[[stall_head]]")]
        llm.wait(lambda: len(llm.in_flight()) == 2, "two calls")
        for run_id in runs:
            site.wait_run(run_id, "running")
            asked_at = time.monotonic()
            cancel(site, run_id)
            (call,) = llm.find(key=f"{run_id}/ask/1")
            llm.wait(lambda c=call: c.end, "the end of the call")
            assert call.end == "closed"
            print(f"closed {(call.ended_at - asked_at) * 1000:.0f} ms after the request")
            assert call.ended_at - asked_at < 10  # the promise is a second
            assert site.wait_run(run_id)["status"] == "cancelled"
            check_whole(site, run_id)
    settled(site, *runs)


@pytest.mark.asan
def test_the_key_of_a_stock_server_is_seen(site):
    site.prepare(NAP).start()
    run_id = site.submit("nap")
    site.wait_run(run_id, "running")
    with site.redis.client() as client:
        begin = time.monotonic()
        client.set(f"synapse:cancel:{run_id}", "1", ex=3600)
        assert site.wait_run(run_id)["status"] == "cancelled"
        print(f"cancelled {(time.monotonic() - begin) * 1000:.0f} ms after the key was set")
    assert site.sql("SELECT cancel_requested_at IS NOT NULL FROM orchestration_runs") == [
        (True,)]
    check_whole(site, run_id)
    settled(site, run_id)


def test_a_row_of_a_stock_server_gets_the_key_and_is_not_touched(site):
    site.prepare(HELLO).start()
    site.sql("INSERT INTO orchestration_runs (run_id, orchestration_id, status, tenant_id,"
             " shared_state, step_history) VALUES ('run_stock', 'hello', 'queued',"
             " 'default', '{}', '[]')")
    cancel(site, "run_stock")
    assert site.sql("SELECT status, cancel_requested_at FROM orchestration_runs") == [
        ("queued", None)]
    with site.redis.client() as client:
        until(lambda: key(client, "run_stock") == b"1")
        assert 3000 < client.ttl("synapse:cancel:run_stock") <= 3600


def test_a_run_that_has_ended_says_how(site):
    site.prepare(HELLO).start()
    run_id = site.submit("hello")
    site.wait_run(run_id)
    cancel(site, run_id, "completed")
    assert check_whole(site, run_id)[0] == "completed"
    for unknown in ("run_nobody", "x" * 300):
        code, answer, _ = site.ask(
            "POST", f"/api/v2/orchestrations/runs/{unknown}/cancel")
        assert (code, answer["code"]) == (404, "run_not_found")
    code, _, headers = site.ask("GET", f"/api/v2/orchestrations/runs/{run_id}/cancel")
    assert (code, headers["Allow"]) == (405, "POST")


def test_the_run_of_another_tenant_is_not_found(site):
    site.prepare(NAP).start()
    run_id = site.submit("nap", tenant_id="ours")
    site.wait_run(run_id, "running")
    out = site.verb("key", "create", "--name", "k", "--tenant", "theirs", "-o", "json").stdout
    other = {"Authorization": f"Bearer {json.loads(out)['key']}"}
    code, answer, _ = site.ask(
        "POST", f"/api/v2/orchestrations/runs/{run_id}/cancel", headers=other)
    assert (code, answer["code"]) == (404, "run_not_found")
    assert site.sql("SELECT cancel_requested_at FROM orchestration_runs") == [(None,)]
    cancel(site, run_id)
    assert site.wait_run(run_id)["status"] == "cancelled"


def test_a_suspect_leaves_the_quarantine_lane(site):
    site.prepare(HELLO).start()
    with site.redis.client() as client:
        client.set(P + "paused", "test")
        run_id = site.submit("hello")
        job = f"{run_id}:1"
        until(lambda: client.exists(P + "jobs"))
        (ready,) = client.scan_iter(match=P + "ready:*")
        with client.pipeline() as move:
            move.zrem(ready, job)
            move.delete(P + "tenants:-")
            move.zadd(P + "quarantine", {job: 1})
            move.execute()
        audit.check(client, "default")
        cancel(site, run_id)
        until(lambda: not client.exists(P + "quarantine"))
        client.delete(P + "paused")
    check_whole(site, run_id)
    settled(site, run_id)


def test_a_run_whose_worker_is_dead_ends_at_its_next_takeover(site):
    site.prepare(NAP)
    daemon = site.start()
    run_id = site.submit("nap")
    site.wait_run(run_id, "running")
    keeper, worker = daemon.child("keeper"), daemon.child("worker")
    daemon.kill(keeper, signal.SIGSTOP)
    daemon.kill(worker)
    daemon.wait_event("child.died", child=worker)
    cancel(site, run_id)
    daemon.kill(keeper)
    assert site.wait_run(run_id)["status"] == "cancelled"
    events = check_whole(site, run_id)[1]
    assert [e["type"] for e in events] == [
        "worker_picked_up", "orchestration_start", "step_start", "worker_picked_up", *LAST]
    settled(site, run_id)


def test_a_draining_worker_hears_of_it(site):
    site.prepare(NAP)
    site.start(SYNAPSED_ROLES="api")
    leaving = host_of(site, "leaving", SYNAPSED_DRAIN_LEAF="300s",
                      SYNAPSED_DRAIN_DEADLINE="400s")
    run_id = site.submit("nap")
    site.wait_run(run_id, "running")
    leaving.kill(leaving.process.pid, signal.SIGTERM)
    leaving.wait_event("worker.draining")
    cancel(site, run_id)
    assert site.wait_run(run_id)["status"] == "cancelled"
    took_s(site, run_id)
    check_whole(site, run_id)
    settled(site, run_id)


@pytest.mark.asan
def test_a_run_that_was_handed_back_ends_before_its_next_step(site):
    site.prepare(NAP)
    site.start(SYNAPSED_ROLES="api")
    leaving = host_of(site, "leaving", SYNAPSED_DRAIN_LEAF="10ms")
    run_id = site.submit("nap")
    site.wait_run(run_id, "running")
    leaving.stop(signal.SIGTERM)
    cancel(site, run_id)
    answer = site.status(run_id)
    assert (answer["status"], bool(answer["cancel_requested_at"])) == ("running", True)
    host_of(site, "next")
    assert site.wait_run(run_id)["status"] == "cancelled"
    events = check_whole(site, run_id)[1]
    assert [e["type"] for e in events].count("step_start") == 1
    settled(site, run_id)


@pytest.mark.parametrize("first", ["end", "cancel"])
def test_against_the_last_commit_the_row_decides(site, first):
    site.prepare(HELLO).start()

    def wait_for(n):
        until(lambda: len(site.sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s"
            " AND wait_event_type = 'Lock'", site.database)) >= n)

    with site.redis.client() as client:
        client.set(P + "paused", "test")
        run_id = site.submit("hello")
        until(lambda: client.exists(P + "jobs"))
        answers = []
        ask = threading.Thread(target=lambda: answers.append(site.ask(
            "POST", f"/api/v2/orchestrations/runs/{run_id}/cancel")))
        connection = site.postgres.connect(site.database)
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM orchestration_runs WHERE run_id = %s FOR UPDATE",
                           (run_id,))
            if first == "cancel":
                ask.start()
                wait_for(1)
            client.delete(P + "paused")
            until(lambda: sum(map(len, held(client).values())) == 1)
            wait_for(1 + (first == "cancel"))
            if first == "end":
                ask.start()
                time.sleep(0.2)
        connection.rollback()
        connection.close()
        ask.join(DEADLINE_S)
    ((code, answer, _),) = answers
    status = site.wait_run(run_id)["status"]
    assert code == 200
    assert (answer["status"], status) in {("completed", "completed"),
                                          ("cancellation_requested", "cancelled")}
    check_whole(site, run_id)
    settled(site, run_id)


def test_the_verb_cancels(site, tmp_path):
    site.prepare(NAP, HELLO)
    daemon = site.start()
    naps, hello = [site.submit("nap") for _ in range(2)], site.submit("hello")
    for run_id in naps:
        site.wait_run(run_id, "running")
    site.wait_run(hello)
    (tmp_path / "key").write_text(site.key)
    where = ("--url", f"http://127.0.0.1:{daemon.api_port}",
             "--key-file", str(tmp_path / "key"))

    def run_cancel(*runs, flags=()):
        done = site.verb("run", "cancel", *runs, *where, *flags, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    code, out, err = run_cancel(naps[0])
    assert (code, out, err) == (0, f"{naps[0]} is being cancelled\n", "")
    code, out, err = run_cancel("run_nobody", hello, naps[1])
    assert (code, out) == (3, f"{naps[1]} is being cancelled\n")
    assert "it is completed" in err
    for run_id in naps:
        assert site.wait_run(run_id)["status"] == "cancelled"
    assert run_cancel(naps[0])[:2] == (0, f"{naps[0]} was cancelled before\n")
    assert run_cancel(hello)[0] == 4
    code, out, _ = run_cancel(naps[0], flags=("-o", "json"))
    assert (code, json.loads(out)["status"]) == (0, "cancelled")


@pytest.mark.long
def test_a_storm_of_cancels(site):
    """SYNAPSED_TEST_CANCELS says how many."""
    count = int(os.environ.get("SYNAPSED_TEST_CANCELS", "200"))
    seed = int(os.environ.get("SYNAPSED_TEST_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    rng = random.Random(seed)
    site.prepare(STEPS, SHORT, TOKENS, HELLO).start(
        SYNAPSED_LIMITS_RATE_PER_TENANT="0", SYNAPSED_WORKER_SLOTS="50")

    def one(orch_id, after_s):
        run_id = site.submit(orch_id)
        time.sleep(after_s)
        code, answer, _ = site.ask(
            "POST", f"/api/v2/orchestrations/runs/{run_id}/cancel")
        assert code == 200, answer
        return run_id, answer["status"]

    plan = [(rng.choice(["steps", "short", "tokens", "hello"]), rng.uniform(0, 0.6))
            for _ in range(count)]
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = dict(pool.map(lambda p: one(*p), plan))
    assert len(answers) == count
    took, ends = [], {"completed": 0, "cancelled": 0}
    for run_id, answer in answers.items():
        site.wait_run(run_id)
        status, _ = check_whole(site, run_id)
        ends[status] += 1
        if answer == "completed":
            assert status == "completed"
        elif status == "cancelled":
            took.append(took_s(site, run_id))
    took.sort()
    ((lazy,),) = site.sql("SELECT count(*) FROM orchestration_runs"
                          " WHERE status = 'cancelled' AND epoch = 0")
    stale = len(site.daemons[0].find("run.stale"))
    print(f"{ends}, {lazy} of them before a takeover, {stale} under a worker's hands")
    print(f"cancelled after {took[len(took) // 2] * 1000:.0f} ms in the middle,"
          f" {took[-1] * 1000:.0f} ms at most")
    assert ends["cancelled"] > count / 10
    settled(site, *(r for r in answers if took))


@pytest.mark.asan
def test_a_storm_of_cancels_with_calls_in_flight(site):
    """No call begins behind a cancel, and none goes on. SYNAPSED_TEST_CANCELS says how many."""
    count = int(os.environ.get("SYNAPSED_TEST_CANCELS", "100"))
    seed = int(os.environ.get("SYNAPSED_TEST_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    rng = random.Random(seed)
    with FakeLLM() as llm:
        site.prepare(orchestration("asks", *[
            llm_step(f"s{i}", "oaic.tiny", next_id=f"s{i + 1}" if i < 3 else None)
            for i in range(4)])).start(
                OPENAI_COMPATIBLE_BASE_URL=llm.url, OPENAI_COMPATIBLE_KEY="k",
                SYNAPSED_LIMITS_RATE_PER_TENANT="0")
        kinds = ["tokens:20:20", "sleep:200", "echo", "endless:20", "stall", "stall_head",
                 "stall_mid:3", "drip:20"]

        def one(behaviour, after_s):
            run_id = site.submit("asks", f"[[{behaviour}]]")
            time.sleep(after_s)
            code, answer, _ = site.ask(
                "POST", f"/api/v2/orchestrations/runs/{run_id}/cancel")
            assert code == 200, answer
            return run_id

        plan = [(rng.choice(kinds), rng.uniform(0, 1.2)) for _ in range(count)]
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            runs = list(pool.map(lambda p: one(*p), plan))
        ends = {"completed": 0, "cancelled": 0}
        for run_id in runs:
            site.wait_run(run_id)
            ends[check_whole(site, run_id)[0]] += 1
        llm.wait(lambda: not llm.in_flight(), "the end of all calls")
        took, late, cut = [], [], 0
        wall = time.time() - time.monotonic()
        for run_id, ended_at in site.sql(
                "SELECT run_id, extract(epoch FROM ended_at)::float8 FROM orchestration_runs"
                " WHERE status = 'cancelled'"):
            took.append(took_s(site, run_id))
            for call in llm.calls:
                if not (call.key or "").startswith(run_id + "/"):
                    continue
                cut += call.end == "closed"
                assert call.end in ("answered", "closed"), call
                late.append(call.ended_at + wall - ended_at)
                # what was sent before may be read by the server a moment later
                assert call.arrived_at + wall < ended_at + 1, (run_id, call)
        took.sort()
        print(f"{ends}, {cut} calls cut; cancelled after {took[len(took) // 2] * 1000:.0f} ms in"
              f" the middle, {took[-1] * 1000:.0f} ms at most; the last socket closed"
              f" {max(late) * 1000:.0f} ms behind its run's end")
        assert cut > count / 10
        assert max(late) < 10  # the promise is a second
        settled(site, *runs)

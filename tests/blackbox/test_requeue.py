"""Deaths: what a dead worker held runs again."""

import contextlib
import json
import os
import random
import signal
import struct
import time

import pytest

from harness import audit
from harness.daemon import process_group, run_verb, sanitizers
from harness.site import llm_step, orchestration, print_step
from harness.wait import until

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
P = "synapse:q:{default}:"


@contextlib.contextmanager
def nothing_commits(site, *runs):
    """No worker can write to the rows of these runs; a dead one's session is ended before
    it could, so that its unanswered statements are not in."""
    connection = site.postgres.connect(site.database)
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM orchestration_runs WHERE run_id = ANY (%s) FOR UPDATE",
                (list(runs),),
            )
            yield
            late = waiting(site)
            cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS t (pid)",
                           (late,))
            until(lambda: not set(late) & set(waiting(site)))
    finally:
        connection.rollback()
        connection.close()


def waiting(site):
    return [row[0] for row in site.sql(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
        site.database,
    )]


def hold(site, client, n, orch_id="hello"):
    """n runs that a worker has claimed at once and, inside nothing_commits(), not begun
    to end."""
    client.set(P + "paused", "test")
    return [site.submit(orch_id, str(i)) for i in range(n)]


def held(client):
    """{incarnation: job ids}"""
    return {
        key.decode().removeprefix(P + "held:"): client.zrange(key, 0, -1)
        for key in client.scan_iter(match=P + "held:*")
    }


def settle(client, runs, site, **how):
    for run_id in runs:
        assert site.wait_run(run_id, **how)["status"] == "completed"
    until(lambda: not client.exists(P + "jobs"))
    audit.check(client, "default")


@pytest.mark.asan
def test_what_a_killed_worker_held_runs_again(site):
    site.prepare(HELLO)
    daemon = site.start()
    with site.redis.client() as client:
        runs = hold(site, client, 300)
        with nothing_commits(site, *runs):
            client.delete(P + "paused")
            until(lambda: sum(map(len, held(client).values())) == 300)
            (dead,) = held(client)
            pid = daemon.child("worker")
            daemon.kill(pid)
            settled = daemon.wait_event("worker.settled", incarnation=dead)
            assert (settled["requeued"], settled["quarantined"]) == ("300", "0")
            daemon.wait_event("obituary.done", dead=pid)
            assert dead.encode() not in client.smembers(P + "workers")
        settle(client, runs, site)
        print(f"300 entries were ready {settled['took_ms']} ms after the keeper was told")
    assert site.sql("SELECT sum(crashes) FROM orchestration_runs") == [(0,)]


def test_a_requeue_waits_for_a_keeper(site):
    site.prepare(HELLO)
    daemon = site.start()
    with site.redis.client() as client:
        runs = hold(site, client, 20)
        with nothing_commits(site, *runs):
            client.delete(P + "paused")
            until(lambda: sum(map(len, held(client).values())) == 20)
            (dead,) = held(client)
            keeper, worker = daemon.child("keeper"), daemon.child("worker")
            daemon.kill(keeper, signal.SIGSTOP)
            daemon.kill(worker)
            daemon.wait_event("child.died", child=worker)
            daemon.kill(keeper)
            settled = daemon.wait_event("worker.settled", incarnation=dead)
            assert settled["requeued"] == "20"
        settle(client, runs, site)


# ---- a death that is laid to a run ----


class Board:
    """The scoreboard file, to say in a worker's place who is on its CPU."""

    SLOTS, TEXT, SUSPECT_LEN = 256, 264, 1160  # struct score_slot

    def __init__(self, daemon):
        self.path = daemon.run_dir / "scoreboard"
        self.slot_bytes = struct.unpack_from("<8sIII", self.path.read_bytes())[3]

    def suspect(self, incarnation, job):
        data = self.path.read_bytes()
        first = len(data) - self.SLOTS * self.slot_bytes
        for at in range(first, len(data), self.slot_bytes):
            text = data[at + 32 + 2 * self.TEXT + 8:at + 32 + 3 * self.TEXT]
            if text.split(b"\0", 1)[0] == incarnation.encode():
                with open(self.path, "r+b") as f:
                    f.seek(at + self.SUSPECT_LEN)
                    f.write(struct.pack("<i", len(job)) + job)
                return
        raise AssertionError(f"{incarnation} is not on the board")


def steps_done(daemon, pid):
    done = run_verb("status", "-o", "json", env={"SYNAPSED_RUN_DIR": str(daemon.run_dir)})
    (child,) = [c for c in json.loads(done.stdout)["children"] if c["pid"] == pid]
    return child["counters"]["steps"]


def crash(site, daemon, client, runs, suspect, steps, sig=signal.SIGSEGV):
    """The worker that claims all these dies by `sig` in the code of `suspect`, after it has done
    so many steps: then it enters no code, and so takes nobody off its CPU. The queue is paused
    behind it."""
    job = f"{suspect}:1".encode()

    def holder():
        return [k for k, v in held(client).items() if len(v) == len(runs) and job in v]

    with nothing_commits(site, *runs):
        client.delete(P + "paused")
        (dead,) = until(holder)
        client.set(P + "paused", "test")
        pid = int(daemon.wait_event("child.started", incarnation=dead)["child"])
        until(lambda: steps_done(daemon, pid) == steps)
        Board(daemon).suspect(dead, job)
        daemon.kill(pid, sig)
        daemon.wait_event("child.died", child=pid)
    daemon.wait_event("obituary.done", dead=pid)
    return dead, daemon.wait_event("worker.settled", incarnation=dead)


def test_a_run_that_kills_twice_is_a_dead_letter_and_the_others_end(site):
    site.prepare(orchestration("two", print_step("a", "1", "b"), print_step("b", "2")))
    daemon = site.start(expect_errors=["run.dead_letter"],
                        # they would take the signal for a finding of theirs
                        **sanitizers("handle_segv=0"))
    with site.redis.client() as client:
        runs = hold(site, client, 21, "two")
        bad, innocent = runs[7], runs[:7] + runs[8:]
        _, settled = crash(site, daemon, client, runs, bad, steps=42)
        assert (settled["requeued"], settled["quarantined"]) == ("20", "1")
        assert client.zrange(P + "quarantine", 0, -1) == [f"{bad}:1".encode()]
        dead, settled = crash(site, daemon, client, [bad], bad, steps=0)
        assert "-quarantine." in dead and settled["dropped"] == "1"
        client.delete(P + "paused")
        answer = site.wait_run(bad)
        assert (answer["status"], answer["error"]["code"]) == ("failed", "crash_loop")
        assert answer["error"]["cause"] == "signal SIGSEGV"
        assert [e["type"] for e in site.events(bad)] == [
            "orchestration_error", "orchestration_complete", "final", "done"]
        settle(client, innocent, site)
        # nothing is left in the lane, so its worker leaves
        daemon.wait_event("child.state", child_kind="quarantine", to="retired")
    letters = site.sql(
        "SELECT run_id, attempt_count, resolved, job_payload->>'orch_id' "
        "FROM dead_letter_queue"
    )
    assert letters == [(bad, 2, False, "two")]
    _, answer, _ = site.ask("GET", f"/api/v2/dead-letters?run_id={bad}")
    (letter,) = answer["dead_letters"]
    _, answer, _ = site.ask("GET", f"/api/v2/dead-letters/{letter['id']}")
    assert (answer["cause"], answer["attempt_count"]) == ("signal SIGSEGV", 2)
    rows = site.sql(
        "SELECT run_id, crashes, cause FROM orchestration_runs WHERE crashes > 0")
    assert rows == [(bad, 2, "signal SIGSEGV")]
    journal = site.sql("SELECT events::json FROM run_steps WHERE run_id = %s", bad)
    assert [[e["id"], e["event"]] for e in site.entries(bad)] == journal[0][0]


def test_a_run_that_commits_a_step_between_two_deaths_is_no_suspect(site):
    nap = llm_step("b", "mock.sleep:60000")
    site.prepare(orchestration("two", llm_step("a", "mock.echo", next_id="b"), nap),
                 orchestration("one", nap))
    daemon = site.start()
    with site.redis.client() as client:
        jobs = P + "jobs"

        def entry(run):
            packed = client.hget(jobs, f"{run}:1")
            return packed and audit.unpack(packed)

        client.set(P + "paused", "test")
        got_on, stuck = site.submit("two"), site.submit("one")
        for run in (got_on, stuck):  # as if nineteen workers had died with it
            job = until(lambda run=run: entry(run))._replace(requeues=19)
            client.hset(jobs, f"{run}:1", audit.pack(**job._asdict()))
        client.delete(P + "paused")
        until(lambda: entry(got_on).requeues == 0)
        until(lambda: site.sql("SELECT 1 FROM run_steps WHERE run_id = %s", stuck))
        assert site.sql("SELECT run_id, step_id FROM run_steps WHERE kind = 'step'") == [
            (got_on, "a")]
        pid = daemon.child("worker")
        daemon.kill(pid)
        settled = daemon.wait_event("worker.settled", dead_pid=pid)
        # the other one has only begun again, as often as its workers have died
        assert (settled["requeued"], settled["quarantined"]) == ("1", "1")
        assert client.zrange(P + "quarantine", 0, -1) in ([f"{stuck}:1".encode()], [])
        for run in (got_on, stuck):
            site.ask("POST", f"/api/v2/orchestrations/runs/{run}/cancel")
            site.wait_run(run, "cancelled")


# ---- deaths of other hosts ----


def host_of(site, name, **more):
    """A host of its own name and data folder, without an API of its own."""
    return site.start(WORKER_ID=name, SYNAPSED_ROLES="worker,keeper", **more)


def held_by(client, prefix):
    return sum(len(v) for k, v in held(client).items() if k.startswith(prefix + "."))


@pytest.mark.parametrize("sig", [signal.SIGKILL, signal.SIGSTOP])
def test_the_runs_of_a_lost_host_are_claimed_by_another(site, sig):
    site.prepare(HELLO)
    site.start(SYNAPSED_ROLES="api")
    lost = host_of(site, "lost")
    pids = process_group(lost.process.pid)
    with site.redis.client() as client:
        runs = hold(site, client, 50)
        with nothing_commits(site, *runs):
            client.delete(P + "paused")
            until(lambda: held_by(client, "lost") == 50)
            (dead,) = held(client)
            other = host_of(site, "other")
            begin = time.monotonic()
            for pid in pids:
                os.kill(pid, sig)
            lost_at = other.wait_event("worker.lost", incarnation=dead)
            assert lost_at["requeued"] == "50"
            until(lambda: held_by(client, "other") == 50)
            took_s = time.monotonic() - begin
            print(f"{sig.name}: claimed by the other host after {took_s:.1f} s")
            assert took_s < 60  # 15 s on an idle machine
        settle(client, runs, site)
        if sig == signal.SIGSTOP:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            lost.wait_event("run.stale", count=1)
            settle(client, runs, site)
            lost.stop()
        assert site.sql("SELECT sum(crashes) FROM orchestration_runs") == [(0,)]
    site.daemons.remove(lost)
    lost.remove()


def test_missing_keys_beside_a_fresh_row_are_an_alarm_and_no_death(site):
    site.prepare(HELLO)
    site.start(SYNAPSED_ROLES="api")
    # both connections have to be up for a TTL: the host itself sweeps later
    mute = host_of(site, "mute", SYNAPSED_QUEUE_HEARTBEAT_TTL="25s")
    other = host_of(site, "other", SYNAPSED_QUEUE_HEARTBEAT_EVERY="500ms")
    other.expect_errors.add("beat.keys_missing")
    with site.redis.client() as client:
        name = until(lambda: [w for w in client.smembers(P + "workers")
                              if w.startswith(b"mute.")])[0].decode()
        # a name that nobody refreshes; the row of its host is fresh
        client.sadd(P + "workers", "mute.00000000")
        # neither is who beat in what is the future since Postgres' clock was set back
        site.sql("INSERT INTO workers (worker_id, incarnation, last_heartbeat)"
                 " VALUES ('ahead', 'ahead.00000000', now() + interval '1 hour')")
        client.sadd(P + "workers", "ahead.00000000")
        ahead = other.wait_event("beat.keys_missing", incarnation="ahead.00000000")
        assert ahead["row_age_ms"] == "0"
        alarm = other.wait_event("beat.keys_missing", incarnation="mute.00000000")
        assert int(alarm["row_age_ms"]) >= 0
        # its own keeper knows better: the row is its own, the process is not
        mute.wait_event("worker.lost", incarnation="mute.00000000")
        assert not other.find("worker.lost")
        mute.expect_errors.add("beat.keys_missing")
        assert client.smembers(P + "workers") >= {name.encode()}


# ---- random deaths ----

NAPS = orchestration("naps", *[
    llm_step(f"s{i}", "mock.sleep:300", next_id=f"s{i + 1}" if i < 4 else None)
    for i in range(5)])


def test_five_random_deaths_lose_nothing(site):
    site.prepare(NAPS)
    daemon = site.start()
    with site.redis.client() as client:
        runs = [site.submit("naps", str(i)) for i in range(50)]
        for _ in range(5):
            time.sleep(random.uniform(0.05, 0.5))
            pid = daemon.child("worker")
            since = daemon.mark()
            daemon.kill(pid)
            daemon.wait_event("obituary.done", since, dead=pid)
            settled = daemon.wait_event("worker.settled", since, dead_pid=pid)
            daemon.wait_event("child.ready", since, child_kind="worker")
            print(f"{settled['requeued']} requeued in {settled['took_ms']} ms")
        settle(client, runs, site)
    assert site.sql("SELECT count(*), sum(crashes) FROM orchestration_runs") == [(50, 0)]
    assert site.sql("SELECT count(*) FROM run_steps WHERE kind = 'step'") == [(250,)]

"""Runs that kill their worker: who is charged, who is not, and how often it takes."""

import os
import resource
import signal
import time

import pytest

from harness import audit
from harness.site import llm_step, orchestration
from harness.wait import until

P = "synapse:q:{default}:"
NAPS = orchestration("naps", *[
    llm_step(f"s{i}", "mock.sleep:200", next_id=f"s{i + 1}" if i < 3 else None)
    for i in range(4)])


def bad(how):
    return orchestration("bad", llm_step("boom", f"mock.crash:{how}"))


def together(site, client, innocents=20, guilty="bad"):
    """One worker claims all of them at once. (guilty run, innocent runs)"""
    client.set(P + "paused", "test")
    runs = [site.submit("naps", str(i)) for i in range(innocents // 2)]
    suspect = site.submit(guilty, "x")
    runs += [site.submit("naps", str(i)) for i in range(innocents - len(runs))]
    client.delete(P + "paused")
    return suspect, runs


def deaths(daemon):
    """Of workers, by themselves, told to however many keepers: the log's lines."""
    told = {e["incarnation"]: e for e in daemon.find("worker.dead") if "exit" not in e["cause"]}
    return list(told.values())


def causes(daemon):
    return [e["cause"] for e in deaths(daemon)]


def settle(site, client, daemon, suspect, runs, cause, deadline_s=240):
    """One dead letter, all others completed and uncharged."""
    found = site.wait_run(suspect, deadline_s=deadline_s)
    assert (found["status"], found["error"]["code"]) == ("failed", "crash_loop")
    assert found["error"]["cause"] == cause
    for run in runs:
        assert site.wait_run(run, deadline_s=deadline_s)["status"] == "completed"
    until(lambda: not client.exists(P + "jobs"))
    audit.check(client, "default")
    assert site.sql("SELECT run_id, crashes, cause FROM orchestration_runs "
                    "WHERE crashes > 0") == [(suspect, 2, cause)]
    assert site.sql("SELECT run_id, attempt_count FROM dead_letter_queue") == [(suspect, 2)]
    steps = site.sql("SELECT count(*) FROM run_steps WHERE kind = 'step' AND run_id = ANY (%s)",
                     runs)
    assert steps == [(4 * len(runs),)]
    daemon.wait_event("child.state", child_kind="quarantine", to="retired")


@pytest.mark.parametrize("how, cause", [
    ("segv", "signal SIGSEGV"), ("abort", "signal SIGABRT")])
def test_a_step_that_crashes_on_the_cpu_kills_twice(site, how, cause):
    site.prepare(NAPS, bad(how))
    daemon = site.start(expect_errors=["run.dead_letter"])
    with site.redis.client() as client:
        suspect, runs = together(site, client)
        settle(site, client, daemon, suspect, runs, cause)
    assert causes(daemon) == [cause, cause]


def test_a_step_that_hangs_is_ended_and_charged(site):
    site.prepare(NAPS, bad("hang"))
    daemon = site.start(expect_errors=["run.dead_letter"], SYNAPSED_QUEUE_PULSE_STALE="4s")
    with site.redis.client() as client:
        suspect, runs = together(site, client)
        settle(site, client, daemon, suspect, runs, "watchdog: signal SIGABRT")
    assert len(deaths(daemon)) == 2
    for dead in deaths(daemon):
        # said before it is ended, and then with the step and the place where it hung
        pid = dead["dead_pid"]
        assert daemon.find("child.stuck", child=pid)[0]["suspect"] == f"{suspect}:1"
        assert daemon.find("child.died", child=pid)[0]["step"] == "boom"
        frames = "".join(e["frames"] for e in daemon.find("child.stack", child=pid))
        assert "mock_crash+0x" in frames and "engine_pump+0x" in frames, frames


def test_a_step_that_takes_all_memory_is_charged_for_that(site):
    site.prepare(NAPS, bad("alloc:4096"))
    daemon = site.start(expect_errors=["run.dead_letter", "memory.exhausted"])
    worker = daemon.child("worker")
    with open(f"/proc/{worker}/statm", encoding="ascii") as f:
        size = int(f.read().split()[0]) * resource.getpagesize()
    for pid in (worker, daemon.process.pid):  # those that it forks have the same
        resource.prlimit(pid, resource.RLIMIT_AS, (size + (256 << 20),) * 2)
    with site.redis.client() as client:
        suspect, runs = together(site, client)
        settle(site, client, daemon, suspect, runs, "oom")
    assert causes(daemon) == ["signal SIGABRT"] * 2


@pytest.mark.parametrize("cut", [None, "death.told", "requeue.moved", "charge.decided"])
def test_what_kills_later_is_found_by_halving(site, faults, cut):
    """Also when keepers die over it."""
    site.prepare(NAPS, bad("later:300"))
    if cut:
        faults.rule(cut, "crash", kind="keeper", times=3)
    daemon = site.start(**faults.env, expect_errors=["run.dead_letter"])
    with site.redis.client() as client:
        suspect, runs = together(site, client)
        settle(site, client, daemon, suspect, runs, "signal SIGSEGV")
    cohorts = [int(e["cohort"]) for e in deaths(daemon)]
    print(f"{len(cohorts)} deaths, cohorts {cohorts}")
    assert set(causes(daemon)) == {"signal SIGSEGV"}
    assert len(cohorts) <= 9  # one among all, five that halve 21, and two alone, or one more


def test_kills_from_outside_charge_nobody(site):
    site.prepare(NAPS)
    daemon = site.start(SYNAPSED_RESTART_CEILING="1000")
    with site.redis.client() as client:
        runs = [site.submit("naps", str(i)) for i in range(20)]
        for _ in range(10):
            pid = daemon.child("worker")
            since = daemon.mark()
            daemon.kill(pid)
            daemon.wait_event("obituary.done", since, dead=pid)
            daemon.wait_event("child.ready", since, child_kind="worker")
            time.sleep(0.1)
        for run in runs:
            assert site.wait_run(run)["status"] == "completed"
        until(lambda: not client.exists(P + "jobs"))
        audit.check(client, "default")
    assert site.sql("SELECT sum(crashes) FROM orchestration_runs") == [(0,)]
    assert not daemon.find("child.started", child_kind="quarantine")


def test_what_lives_in_the_lane_is_handed_back_to_its_own(site, faults):
    site.prepare(orchestration("slow", llm_step("nap", "mock.sleep:3000")), NAPS)
    faults.rule("step.started", "segv", kind="worker", detail="nap")
    daemon = site.start(**faults.env, SYNAPSED_QUEUE_QUARANTINE_TIME="500ms",
                        SYNAPSED_DRAIN_LEAF="100ms")
    with site.redis.client() as client:
        suspect, runs = together(site, client, guilty="slow")
        lived = daemon.wait_event("worker.draining", reason="lived_in_quarantine")
        assert lived["runs"] == "1"
        for run in [suspect, *runs]:
            assert site.wait_run(run)["status"] == "completed"
        until(lambda: not client.exists(P + "jobs"))
        audit.check(client, "default")
    (charged,) = daemon.find("run.charged")
    assert charged["run"] == suspect
    assert site.sql("SELECT run_id, crashes FROM orchestration_runs WHERE crashes > 0") == [
        (suspect, 1)]
    workers = site.sql("SELECT DISTINCT e->1->>'worker_id' FROM run_steps, "
                       "json_array_elements(events::json) e WHERE run_id = %s "
                       "AND e->1->>'type' = 'worker_picked_up'", suspect)
    assert len(workers) == 2, workers  # in the lane and, at last, in its own


def test_only_the_suspect_waits_for_postgres(site, faults):
    site.prepare(NAPS, bad("segv"))
    daemon = site.start(**faults.env, expect_errors=["run.dead_letter"])
    with site.redis.client() as client:
        client.set(P + "paused", "test")
        runs = [site.submit("naps", str(i)) for i in range(20)]
        suspect = site.submit("bad", "x")
        away = faults.rule("pg.submit", "error", kind="keeper", times=0)
        client.delete(P + "paused")
        daemon.wait_event("charge.waits", run=suspect)
        alone = [f"{suspect}:1".encode()]
        until(lambda: [k for k in client.scan_iter(match=P + "held:*")
                       if client.zrange(k, 0, -1) == alone])
        for run in runs:
            assert site.wait_run(run)["status"] == "completed"
        assert site.status(suspect)["status"] == "queued"
        assert not client.exists(P + "quarantine")
        away.disarm()
        settle(site, client, daemon, suspect, runs, "signal SIGSEGV")
    assert causes(daemon) == ["signal SIGSEGV"] * 2


def test_workers_without_a_masters_pulse_claim_nothing_new(site):
    site.prepare(NAPS)
    daemon = site.start()
    worker = daemon.child("worker")
    with site.redis.client() as client:
        os.kill(daemon.process.pid, signal.SIGSTOP)
        try:
            first = site.submit("naps", "before")
            assert site.wait_run(first)["status"] == "completed"
            time.sleep(31)  # LIFELINE_SILENT_MS, and a turn of its loop
            runs = [site.submit("naps", str(i)) for i in range(5)]
            time.sleep(3)
            assert [site.status(run)["status"] for run in runs] == ["queued"] * 5
            assert client.zcard(P + "ready:-:default") == 5
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        for run in runs:
            assert site.wait_run(run)["status"] == "completed"
    assert daemon.child("worker") == worker  # nobody was ended for it
    assert site.sql("SELECT sum(crashes) FROM orchestration_runs") == [(0,)]

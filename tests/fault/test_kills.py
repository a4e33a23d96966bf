"""Random deaths under load: nothing is lost, no committed step runs again, nobody is charged.

Half of the deaths are a SIGKILL at a random moment, the other half at a random fault point, since
random moments hit the millisecond between two writes almost never. Where each has landed is
printed, and what passed between the reap of a worker and the next step of what it had.
"""

import bisect
import collections
import datetime
import os
import signal
import statistics
import time

import pytest

from harness.daemon import alive, process_group
from harness.site import llm_step, orchestration
from ledger import Load, check_usage, usage
from test_cuts import BASIC, QUICK, needs_clerk

NAPS = orchestration("naps", *[
    llm_step(f"s{i}", "mock.sleep:300", f"{{state.user_input}}/s{i}",
             next_id=f"s{i + 1}" if i < 5 else None)
    for i in range(1, 6)])

# what was going on, by the last point that the process has passed
PHASES = {
    "claim.answered": "between claim and start", "takeover.built": "in a takeover",
    "pg.sent": "between sent and answered", "takeover.committed": "between takeover and step",
    "step.started": "in a call", "effect.begun": "in a call",
    "step.built": "between answer and commit", "end.built": "between answer and commit",
    "lazy.built": "between answer and commit",
    "step.committed": "between commit and publish",
    "end.committed": "between commit and publish",
    "lazy.committed": "between commit and publish",
    "step.published": "in a call", "end.published": "between publish and finish",
    "finish.answered": "in a call", "resume.asked": "in a resume", "resume.begun": "in a call",
}


def reaps(daemon):
    """{pid: moment on the monotonic clock} of the dead, by the log."""
    wall = time.time() - time.monotonic()
    return {int(e["child"]): datetime.datetime.fromisoformat(
        e["time"].replace("Z", "+00:00")).timestamp() - wall
            for e in daemon.find("child.died")}


def next_steps(load, daemon):
    """Seconds from the reap of a worker to the next step of each run that it had begun, and
    how many had another death in between (they are left out)."""
    reaped = reaps(daemon)
    moments = sorted(reaped.values())
    by_run = collections.defaultdict(list)
    for note in load.faults.notes():
        by_run[note.detail.rsplit("/", 1)[0]].append(note)
    took, twice = [], 0
    for notes in by_run.values():
        for last, following in zip(notes, notes[1:]):
            died = reaped.get(last.pid)
            if died is None or following.pid == last.pid:
                continue
            if bisect.bisect(moments, following.mono_s) - bisect.bisect(moments, died) > 0:
                twice += 1
            else:
                took.append(following.mono_s - died)
    return took, twice


def meet(rule, load, deadline_s=60):
    """Wait until the rule has acted; there is always work that brings it about."""
    end = time.monotonic() + deadline_s
    while not rule.acted():
        assert time.monotonic() < end, f"never came to pass: {rule.what}"
        load.submit("naps", 2)
        time.sleep(0.05)
    return rule.acted()


@pytest.mark.short
def test_workers_die_at_random_under_load(site, faults, rounds, seed):
    kills = 20 * rounds
    load = Load(site, faults)
    load.define(NAPS)
    site.prepare(NAPS)
    daemon = site.start(**faults.env, **QUICK)
    load.submit("naps", 4)
    load.settle()
    before = usage(daemon)
    # A worker lives long enough for what it holds to get on: who meets 20 deaths in a row is
    # taken for their cause and goes through the quarantine lane, one at a time.
    wait = load.begin("naps", 25 * kills, pause_s=0.2, deadline_s=1200)
    where = collections.Counter()
    for i in range(kills):
        time.sleep(seed.uniform(0.2, 1.2))
        since = daemon.mark()
        if i % 2:
            pid = daemon.child("worker")
            _, point, passed_s = faults.whereabouts(pid)
            where[PHASES.get(point, point)] += 1
            daemon.kill(pid)
        else:
            rule = faults.rule(seed.choice([p for p in BASIC if p[:4] != "lazy"]), "crash",
                               "worker", nth=seed.randint(1, 10))
            met = meet(rule, load)
            pid = met.pid
            where[PHASES[met.point]] += 1
            rule.disarm()
        daemon.wait_event("child.died", since, child=pid)
        daemon.wait_event("child.ready", since, child_kind="worker")
    wait()
    load.settle()
    load.audit()
    assert site.sql("SELECT count(*) FROM orchestration_runs WHERE crashes > 0") == [(0,)]
    took, twice = next_steps(load, daemon)
    print(f"{kills} deaths, {len(load.accepted)} runs; where: {dict(where)}")
    print(f"{load.repeated} calls again; reap to next step of {len(took)} runs: "
          f"p50 {statistics.median(took) * 1e3:.0f} ms, max {max(took) * 1e3:.0f} ms; "
          f"{twice} met a second death first")
    assert statistics.median(took) < 10 and max(took) < 30
    check_usage(before, usage(daemon))


@pytest.mark.parametrize("kind", ["keeper", pytest.param("api", marks=needs_clerk),
                                  pytest.param("clerk", marks=needs_clerk)])
def test_the_other_children_die_at_random_under_load(site, faults, rounds, seed, kind):
    load = Load(site, faults)
    load.define(NAPS)
    site.prepare(NAPS)
    daemon = site.start(**faults.env, **QUICK)
    kills = 5 * rounds
    wait = load.begin("naps", 20 * kills, pause_s=0.04, deadline_s=600)
    for i in range(kills):
        time.sleep(seed.uniform(0.02, 0.4))
        since = daemon.mark()
        if i % 5 == 4:
            daemon.kill(daemon.child("worker"))  # somebody has to clear it away
        pid = daemon.child(kind)
        daemon.kill(pid)
        daemon.wait_event("child.died", since, child=pid)
        daemon.wait_event("child.ready", since, child_kind=kind)
    wait()
    load.settle()
    load.audit()
    print(f"{kills} deaths of the {kind}, {len(load.accepted)} runs, "
          f"refused {dict(load.refused)}, unanswered {load.unanswered}")


@pytest.mark.parametrize("who", ["master", "everything"])
def test_a_host_dies_and_is_started_again(site, faults, tmp_path, rounds, seed, who):
    place = {"data_dir": tmp_path / "data", "run_dir": tmp_path / "run"}
    load = Load(site, faults)
    load.define(NAPS)
    site.prepare(NAPS)
    for _ in range((rounds + 1) // 2):
        daemon = site.start(**faults.env, **QUICK, **place)
        load.submit("naps", 100)
        time.sleep(seed.uniform(0, 1))
        pids = process_group(daemon.process.pid)
        for pid in pids if who == "everything" else pids[:1]:
            os.kill(pid, signal.SIGKILL)
        died = time.monotonic()
        daemon.wait_exit()
        while left := [pid for pid in pids if alive(pid)]:
            assert time.monotonic() < died + 60, f"{left} go on without a master"
            time.sleep(0.02)
        gone_s = time.monotonic() - died
        daemon.reader.join(10)
        site.daemons.remove(daemon)
        daemon = site.start(**faults.env, **QUICK, **place)
        ready = time.monotonic()
        load.settle()
        print(f"{who}: all gone after {gone_s:.1f} s; all runs ended {time.monotonic() - ready:.1f}"
              " s after the next start")
        load.audit()
        daemon.stop()
        site.daemons.remove(daemon)
        daemon.remove()


def test_calls_fail_one_after_the_other(site, faults, rounds, seed):
    """The n-th batch for Postgres and command for Redis of each kind of child cannot be
    queued: once, and several in a row."""
    load = Load(site, faults)
    load.define(NAPS)
    site.prepare(NAPS)
    site.start(**faults.env, **QUICK)
    for _ in range(2 * rounds):
        rules = [faults.rule(point, "error", kind, nth=seed.randint(1, 3 if kind == "keeper" else 10),
                             times=seed.choice((1, 3)))
                 for point in ("pg.submit", "redis.send") for kind in ("worker", "keeper")]
        load.submit("naps", 20)
        for rule in rules:
            meet(rule, load)
            rule.disarm()
    load.settle()
    load.audit()

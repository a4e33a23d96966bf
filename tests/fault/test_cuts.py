"""Each transition of a run, cut between every two of its writes.

A case has a first process that dies at a point, and perhaps a second one, of another kind or the
same, that dies at the first point it comes to afterwards. Whatever is left of it then goes on by
itself, and the audit (ledger.py) is clean.
"""

import contextlib
import http.client
import os
import signal
import time

import pytest

from harness.daemon import TOP, process_group
from harness.site import llm_step, orchestration, print_step
from ledger import Load, check_usage, usage

CLERK = (TOP / "src" / "clerk").is_dir()
needs_clerk = pytest.mark.skipif(not CLERK, reason="what lost its entry is the clerk's")

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
# 80 ms: longer than a run may stay lazy
CHAIN = orchestration("chain", *[
    llm_step(f"s{i}", "mock.sleep:80" if i == 1 else "mock.sleep:20",
             f"{{state.user_input}}/s{i}", next_id=f"s{i + 1}" if i < 4 else None)
    for i in range(1, 5)])
SLOW = orchestration("slow", *[
    llm_step(f"s{i}", "mock.sleep:2000", f"{{state.user_input}}/s{i}",
             next_id=f"s{i + 1}" if i < 3 else None)
    for i in range(1, 4)])
BAD = orchestration("bad", print_step("fine", "fine", "bad"), print_step("bad", "bad"))

QUICK = {"SYNAPSED_RESTART_MIN": "20ms", "SYNAPSED_RESTART_MAX": "200ms",
         "SYNAPSED_RESTART_CEILING": "1000"}
# any point of a process; those of pg.sent would nearly always be the first
ANY = "[!p]*"


class Cut:
    """One case under way."""

    def __init__(self, site, faults, rng, expect_errors=()):
        self.site, self.faults, self.rng = site, faults, rng
        self.load = Load(site, faults)
        self.load.define(HELLO, CHAIN, SLOW)
        site.prepare(HELLO, CHAIN, SLOW, BAD)
        self.letters = 0
        self.daemon = site.start(**faults.env, **QUICK, expect_errors=expect_errors)
        self.load.submit("chain", 2)
        self.load.settle()
        self.before = usage(self.daemon)

    def crash(self, point, kind="", after=None, **more):
        return self.faults.rule(point, "crash", kind=kind, after=after, **more)

    def second(self, kind, first):
        """It may not come to any point: then there is nothing to cut."""
        return self.crash(ANY, kind, first, nth=self.rng.choice((1, 1, 2, 3))) if kind else None

    def run(self, first, second=None, runs=20):
        self.load.submit("hello", runs)
        self.load.submit("chain", runs)
        met = first.wait_acted()
        self.load.settle()
        print(f"first: {met.point} of {self.faults.whereabouts(met.pid)[0]}")
        if second:
            met = second.acted()
            print(f"second: {met.point if met else 'came to none'}")
        self.judge()

    def judge(self):
        self.faults.clear()
        self.load.audit(letters=self.letters, expect="completed")
        self.load.submit("hello", 2)  # it goes on
        self.load.settle()
        check_usage(self.before, usage(self.daemon))


SECOND = [pytest.param(None, id="alone"), "worker", "keeper"]
BASIC = ["claim.answered", "takeover.built", "takeover.committed", "step.started",
         "effect.begun", "step.built", "step.committed", "step.published", "lazy.built",
         "lazy.committed", "end.built", "end.committed", "end.published", "finish.answered"]
SENT = ["runs_takeover", "runs_end_lazy", "steps_commit", "runs_end"]


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("point", BASIC)
def test_a_worker_dies(site, faults, seed, point, second):
    cut = Cut(site, faults, seed)
    first = cut.crash(point, "worker", nth=seed.randint(1, 5))
    cut.run(first, cut.second(second, first))


@pytest.mark.short
@pytest.mark.parametrize("point", ["step.built", "step.committed", "end.committed"])
def test_a_worker_dies_and_then_the_next_one(site, faults, seed, point):
    cut = Cut(site, faults, seed)
    first = cut.crash(point, "worker", nth=seed.randint(1, 5))
    cut.run(first, cut.second("worker", first))


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("statement", SENT)
def test_a_worker_dies_while_a_commit_is_unanswered(site, faults, seed, statement, second):
    cut = Cut(site, faults, seed)
    # how many there are depends on how they group: two are sure
    first = cut.crash("pg.sent", "worker", detail=statement, nth=seed.randint(1, 2))
    cut.run(first, cut.second(second, first))


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("point", ["resume.asked", "resume.begun"])
def test_the_next_owner_dies(site, faults, seed, point, second):
    cut = Cut(site, faults, seed)
    zero = cut.crash("step.committed", "worker", nth=seed.randint(1, 5))
    first = cut.crash(point, "worker", after=zero)
    cut.run(first, cut.second(second, first))


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("left_by", ["end.committed", "end.published", "lazy.committed"])
@pytest.mark.parametrize("point", ["handover.looked", "settle.read", "settle.published"])
def test_whoever_settles_dies(site, faults, seed, left_by, point, second):
    cut = Cut(site, faults, seed)
    zero = cut.crash(left_by, "worker", nth=seed.randint(1, 5))
    first = cut.crash(point, "worker", after=zero)
    cut.run(first, cut.second(second, first))


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("point", ["death.told", "requeue.moved", "death.settled"])
def test_the_keeper_dies_over_a_death(site, faults, seed, point, second):
    cut = Cut(site, faults, seed)
    zero = cut.crash("step.built", "worker", nth=seed.randint(1, 5))
    first = cut.crash(point, "keeper")
    cut.run(first, cut.second(second, first))
    assert zero.acted()


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("point", [
    "charge.committed", "charge.decided", "bury.built", "bury.committed", "bury.published",
    "pg.sent:crash_charge", "pg.sent:crash_bury"])
def test_the_keeper_dies_over_a_charge(site, faults, seed, point, second):
    cut = Cut(site, faults, seed, expect_errors=["run.dead_letter"])
    cut.letters = 1
    faults.rule("step.started", "segv", detail="bad", times=0)
    name, _, statement = point.partition(":")
    first = cut.crash(name, "keeper", detail=statement)
    cut.load.submit("bad", 1)
    cut.run(first, cut.second(second, first))


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("point", ["handback.built", "handback.answered"])
def test_a_worker_dies_while_it_hands_back(site, faults, seed, point, second):
    cut = Cut(site, faults, seed)
    first = cut.crash(point, "worker")
    wait = cut.load.begin("chain", 100)
    begun = faults.points()["effect.begun"]
    while faults.points()["effect.begun"] < begun + 20:
        time.sleep(0.01)
    cut.daemon.kill(cut.daemon.child("worker"), signal.SIGTERM)
    wait()
    cut.run(first, cut.second(second, first))


@needs_clerk
@pytest.mark.parametrize("point", ["accept.admitted", "pg.sent", "accept.committed",
                                   "accept.answered", "accept.enqueued"])
@pytest.mark.parametrize("second", [*SECOND, "api"])
def test_the_api_dies(site, faults, seed, point, second):
    cut = Cut(site, faults, seed)
    detail = "runs_insert" if point == "pg.sent" else ""
    first = cut.crash(point, "api", detail=detail, nth=seed.randint(1, 5))
    cut.run(first, cut.second(second, first))


@pytest.mark.parametrize("point", ["sweep.judged", "requeue.moved"])
def test_the_keeper_of_another_host_dies_over_a_lost_host(site, faults, seed, point):
    cut = Cut(site, faults, seed)
    lost = site.start(WORKER_ID="lost", SYNAPSED_ROLES="worker,keeper")
    held = b"synapse:q:{default}:held:lost*"
    wait = cut.load.begin("chain", 300)

    def tell(signo):
        for pid in process_group(lost.process.pid):
            os.kill(pid, signo)

    with site.redis.client() as client:
        while True:
            tell(signal.SIGSTOP)  # or what it holds has ended when it dies
            if list(client.scan_iter(match=held, count=1000)):
                break
            tell(signal.SIGCONT)
            time.sleep(0.002)
    first = cut.crash(point, "keeper")
    tell(signal.SIGKILL)
    wait()
    cut.run(first)
    site.daemons.remove(lost)
    lost.remove()


@pytest.mark.parametrize("second", [None, "worker", "api"])
@pytest.mark.parametrize("state,point", [
    ("queued", "cancel.ended"), ("queued", "cancel.published"), ("queued", "cancel.dropped"),
    ("running", "cancel.flagged"), ("running", "cancel.told")])
def test_the_api_dies_over_a_cancel(site, faults, seed, state, point, second):
    cut = Cut(site, faults, seed)
    with site.redis.client() as client:
        if state == "queued":
            client.set("synapse:q:{default}:paused", "test")
        cut.load.submit("chain" if state == "queued" else "slow", 10)
        runs = list(cut.load.accepted)[-3:]
        first = cut.crash(point, "api")
        second = cut.second(second, first)
        answered = []
        for run in runs:
            while state == "running" and site.sql(
                    "SELECT status FROM orchestration_runs WHERE run_id = %s",
                    run) == [("queued",)]:
                time.sleep(0.01)
            # the API may be on its way down or up
            with contextlib.suppress(OSError, http.client.HTTPException):
                if site.ask("POST", f"/api/v2/orchestrations/runs/{run}/cancel")[0] == 200:
                    answered.append(run)
        client.delete("synapse:q:{default}:paused")
    assert first.acted()
    cut.load.settle()
    cut.faults.clear()
    cut.load.audit(expect=None)
    states = dict(site.sql("SELECT run_id, status FROM orchestration_runs"))
    if state == "queued":
        assert {states[run] for run in answered} <= {"cancelled"}
    assert set(states.values()) <= {"completed", "cancelled"}


CLERKS = ["lineage.raised", "reconcile.pushed", "recovery.numbered",
          "recovery.closed", "recovery.pushed", "recovery.counted",
          "recovery.opened"]


@pytest.mark.parametrize("second", [None, "clerk", "worker", "keeper"])
@pytest.mark.parametrize("kind,point", [*[("clerk", p) for p in CLERKS],
                                        ("worker", "attach.answered"),
                                        ("worker", "attach.told")])
def test_a_recovery_is_cut(site, faults, seed, kind, point, second):
    cut = Cut(site, faults, seed, expect_errors=["beat.keys_missing"])
    cut.load.redis_lost = True
    cut.load.submit("slow", 30)  # which is held
    with site.redis.client() as client:
        client.set("synapse:q:{default}:paused", "test")
        cut.load.submit("chain", 30)  # which waits
        first = cut.crash(point, kind)
        second = cut.second(second, first)
        client.flushall()
    cut.run(first, second)

"""Redis loses everything under load, and whoever mends it dies between every two of its writes."""

import pytest

from harness.site import llm_step, orchestration, print_step
from ledger import Load
from test_cuts import QUICK

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
SLOW = orchestration("slow", llm_step("ask", "mock.sleep:1500", "{state.user_input}/ask",
                                      next_id="last"), print_step("last", "done"))
POINTS = [("recovery.numbered", "clerk"), ("recovery.closed", "clerk"),
          ("reconcile.pushed", "clerk"), ("recovery.pushed", "clerk"),
          ("recovery.counted", "clerk"), ("recovery.opened", "clerk"),
          ("attach.answered", "worker"), ("attach.told", "worker")]


@pytest.mark.parametrize("point, kind", POINTS)
def test_whoever_mends_dies(site, faults, point, kind):
    load = Load(site, faults)
    load.define(HELLO, SLOW)
    site.prepare(HELLO, SLOW)
    daemon = site.start(**faults.env, **QUICK, SYNAPSED_WORKER_SLOTS="20")
    daemon.wait_event("queue.opened")
    first = faults.rule(point, "crash", kind=kind)
    load.submit("slow", 60)
    since = daemon.mark()
    with site.redis.client() as client:
        client.flushall()
    met = first.wait_acted()
    print(f"{met.point} of {faults.whereabouts(met.pid)[0]}")
    if point != "recovery.opened":  # there it was open already
        daemon.wait_event("queue.opened", since)
    load.submit("hello", 5)
    load.settle()
    faults.clear()
    # what was in a stream when it was flushed comes from Postgres
    load.audit(expect="completed", streams=False)


@pytest.mark.short
def test_a_raise_that_postgres_does_not_hear_of_is_no_loss(site, faults):
    load = Load(site, faults)
    load.define(HELLO)
    site.prepare(HELLO)
    daemon = site.start(**faults.env, **QUICK)
    daemon.wait_event("queue.opened")
    since = daemon.mark()
    faults.rule("lineage.raised", "crash", kind="clerk").wait_acted()
    daemon.wait_event("clerk.leads", since)
    load.submit("hello", 20)
    load.settle()
    faults.clear()
    load.audit(expect="completed")
    assert not daemon.find("queue.recovering", since)

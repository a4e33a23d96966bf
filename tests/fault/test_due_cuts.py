"""Runs that begin later: who accepts them or makes their entry dies between two writes."""

import time

import pytest

from harness.site import orchestration, print_step
from ledger import Load
from test_cuts import QUICK

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))


@pytest.mark.parametrize("point, kind", [
    ("accept.committed", "api"), ("due.passed", "clerk"),
    pytest.param("reconcile.pushed", "clerk", marks=pytest.mark.short),
])
def test_who_makes_entries_of_due_runs_dies(site, faults, point, kind):
    load = Load(site, faults)
    load.define(HELLO)
    site.prepare(HELLO)
    daemon = site.start(**faults.env, **QUICK)
    daemon.wait_event("queue.opened")
    cut = faults.rule(point, "crash", kind=kind)
    load.body = {"run_at": int(time.time() * 1000) + 1500}
    load.submit("hello", 10)
    cut.wait_acted()
    load.settle()
    faults.clear()
    load.audit(expect="completed")

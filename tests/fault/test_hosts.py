"""Two hosts on the same stores: one that is frozen, keepers that are, a clock that is wrong."""

import os
import pathlib
import signal
import statistics
import time

import pytest

from harness.daemon import process_group
from harness.fake_llm import FakeLLM
from harness.site import llm_step, orchestration
from ledger import Load
from test_cuts import QUICK



def naps(model):
    return orchestration("naps", *[
        llm_step(f"s{i}", model, f"{{state.user_input}}/s{i}",
                 next_id=f"s{i + 1}" if i < 6 else None)
        for i in range(1, 7)])


NAPS = naps("mock.sleep:1000")
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def host(site, faults, name, roles="worker,keeper", **env):
    return site.start(WORKER_ID=name, SYNAPSED_ROLES=roles, **faults.env, **QUICK, **env)


def two_hosts(site, faults, definition=NAPS, both=None, **env):
    """both: variables of both, env: of the other."""
    both = both or {}
    site.prepare(definition)
    load = Load(site, faults)
    load.define(definition)
    front = host(site, faults, "front", "api,worker,keeper", **both)
    other = host(site, faults, "other", **both, **env)
    return load, front, other


def written(site):
    """All rows, the journal, all streams."""
    rows = site.sql("SELECT r::text FROM orchestration_runs r ORDER BY run_id")
    journal = site.sql("SELECT s::text FROM run_steps s ORDER BY run_id, seq")
    with site.redis.client() as client:
        streams = {key: client.xrange(key)
                   for key in sorted(client.scan_iter(match="synapse:run:*:events"))}
    return rows, journal, streams


@pytest.fixture
def llm():
    with FakeLLM(default="sleep:1000") as made:
        yield made


@pytest.mark.parametrize("model", ["mock.sleep:1000", "oaic.tiny"])
def test_a_frozen_host_loses_its_runs_and_writes_nothing_when_it_is_thawed(
        site, faults, rounds, llm, model):
    load, front, other = two_hosts(
        site, faults, naps(model),
        {"OPENAI_COMPATIBLE_BASE_URL": llm.url, "OPENAI_COMPATIBLE_KEY": "k"})
    load.submit("naps", 50 * rounds)
    time.sleep(1.5)
    pids = process_group(other.process.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    frozen = time.monotonic()
    lost = {n.detail.split("/")[0] for n in faults.notes() if n.pid in pids}
    load.settle()
    first = {}
    for note in faults.notes():
        if note.mono_s > frozen and note.detail.split("/")[0] in lost:
            first.setdefault(note.detail.split("/")[0], note.mono_s - frozen)
    assert first, "the frozen host had nothing"
    print(f"{len(first)} runs of the frozen host went on after p50 "
          f"{statistics.median(first.values()):.1f} s, max {max(first.values()):.1f} s")
    assert max(first.values()) < 60  # 15 s on an idle machine
    before = written(site)
    calls, sent = len(faults.notes()), len(llm.calls)
    for pid in reversed(pids):
        os.kill(pid, signal.SIGCONT)
    other.wait_event("run.stale")
    time.sleep(5)
    assert written(site) == before
    again = [n for n in faults.notes()[calls:] if n.pid in pids]
    print(f"thawed: {len(other.find('run.stale'))} writes refused, {len(again)} calls begun")
    # A commit that was answered while it was frozen lets a step begin here. What a mock model
    # does stays inside; a call that would leave is behind the gate.
    load.inside.update(again)
    assert len(llm.calls) == sent
    load.audit()
    load.submit("naps", 10)  # it works again
    load.settle()
    load.audit()


def test_frozen_keepers_are_no_deaths(site, faults, rounds):
    load, front, other = two_hosts(site, faults)
    load.submit("naps", 20)
    wait = load.begin("naps", 60, threads=1, pause_s=0.3)
    keepers = [d.child("keeper") for d in (front, other)]
    for pid in keepers:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(20)  # more than twice the time to live
    for pid in keepers:
        os.kill(pid, signal.SIGCONT)
    wait()
    load.settle()
    load.audit()
    assert load.repeated == 0
    for daemon in (front, other):
        assert not daemon.find("worker.lost") and not daemon.find("run.stale")


@pytest.mark.parametrize("offset", ["+1h", "-1h"])
def test_a_wrong_clock_is_no_death(site, faults, offset):
    assert pathlib.Path(FAKETIME).exists(), "install faketime"
    load, front, other = two_hosts(
        site, faults, LD_PRELOAD=FAKETIME, FAKETIME=offset, FAKETIME_DONT_FAKE_MONOTONIC="1")
    load.submit("naps", 20)
    load.begin("naps", 100, threads=1, pause_s=0.2)()
    load.settle()
    load.audit()
    assert load.repeated == 0
    pids = process_group(other.process.pid)
    assert [n for n in faults.notes() if n.pid in pids], "the other host had nothing"
    for daemon in (front, other):
        assert not daemon.find("worker.lost") and not daemon.find("run.stale")

"""CONTRACT 1.3 - 1.5 over HTTP: every endpoint, field, status and header; and what streams say."""

import itertools
import os
import queue
import random
import threading

import pytest

from .outages import WITHOUT_POSTGRES, WITHOUT_REDIS
from .replicas import Killer, Replicas, seed
from .runner import Runner
from .shapes import each, faults, has, maybe, moment, text, whole, without
from .streams import STREAMS, run_stream
from .targets import Scale, Standalone
from .things import Things

# Rounds of the whole suite while servers die, and seconds between deaths.
ROUNDS = int(os.environ.get("SYNAPSED_CONTRACT_ROUNDS", "1"))
PAUSE_S = float(os.environ.get("SYNAPSED_CONTRACT_PAUSE", "0.4"))
CLIENTS = 4
PROBLEMS_MAX = 10
pytestmark = pytest.mark.contract
_numbers = itertools.count(1)


def verdict(runner, more=""):
    print("\n" + runner.figures.words(runner.target) + more)
    assert not runner.figures.problems, "\n".join(["", *runner.figures.problems])


def alone(target):
    """One process that nobody kills: each case once."""
    try:
        target.start()
        runner = Runner(target)
        runner.told()
        for single in (False, True):
            for endpoint, case in runner.cases(single):
                runner.run(endpoint, case)
        for watch in STREAMS:
            run_stream(runner, watch)
        target.things.close()
        if target.kind == "scale":
            outages(runner, target.site)
        verdict(runner)
        target.stop()
    finally:
        target.remove()


def outages(runner, site):
    runner.target.thing("completed")
    for cases, leave, come in (
            (WITHOUT_REDIS, site.redis.kill, site.redis.start),
            (WITHOUT_POSTGRES, site.postgres.stop, site.postgres.start)):
        leave()
        for endpoint in cases:
            for case in endpoint.cases:
                runner.run(endpoint, case)
        come()


def round_of(runner, rng):
    """All cases and streams in any order, several at a time."""
    works = [(runner.run, pair) for pair in runner.cases(False)]
    works += [(run_stream, (runner, watch)) for watch in STREAMS]
    rng.shuffle(works)
    waiting = queue.SimpleQueue()
    for work in works:
        waiting.put(work)

    def client():
        while True:
            try:
                act, args = waiting.get_nowait()
            except queue.Empty:
                return
            if len(runner.figures.problems) > PROBLEMS_MAX:
                return  # each may cost a deadline
            try:
                act(*args)
            except Exception as error:  # a thread would take it with it
                runner.problem(str(args), [repr(error)])

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_one_process_in_scale_mode_is_as_the_contract_says(private_redis, private_postgres):
    alone(Scale(private_redis, private_postgres, f"contract_{next(_numbers)}"))


def test_one_process_standalone_is_as_the_contract_says():
    alone(Standalone())


def test_three_replicas_that_die_are_as_the_contract_says(private_redis, private_postgres):
    """SYNAPSED_CONTRACT_ROUNDS=n for longer."""
    rng = random.Random(seed())
    target = Replicas(private_redis, private_postgres, f"contract_{next(_numbers)}")
    try:
        target.start()
        runner = Runner(target)
        runner.told()
        with Killer(target.daemons, PAUSE_S, seed()) as killer:
            for _ in range(ROUNDS):
                target.things = Things(target)
                round_of(runner, rng)
                target.things.close()
        assert not killer.wrong, killer.wrong
        verdict(runner, f"; {killer.children} processes and {killer.hosts} hosts killed")
        assert killer.children + killer.hosts
        target.stop()
    finally:
        target.remove()


def test_shapes_refuse_what_does_not_fit():
    shape = {"a": text, "b": maybe(whole), "c": each({"d": moment}, 1)}
    good = {"a": "", "b": None, "c": [{"d": "2026-06-01 12:34:56.789012+00:00"}], "e": 1}
    assert not faults(shape, good)
    for wrong in ({"a": None}, {"b": True}, {"b": "1"}, {"c": []}, {"c": [{}]},
                  {"c": [{"d": "2026-06-01T12:34:56+00:00"}]}):
        assert faults(shape, {**good, **wrong}), wrong
    assert faults(shape, {"a": "", "b": 1}) == ["answer.c is missing"]
    assert faults(1, True) and faults(1, 1.0) and faults([], {}) and not faults([], [])
    items = [{"id": "x", "n": 1}]
    assert not faults(has(each({"n": whole}), {"id": "x"}), items)
    assert faults(has(each({"n": whole}), {"id": "y"}), items)
    assert faults(without({"id": "x"}), items) and not faults(without({"id": "y"}), items)

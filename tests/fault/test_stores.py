"""Stores that lose, stall or do not answer, under load: the same audit.

A case prints what it has cost: seconds until the first step behind it was committed, seconds
until all that was in flight had ended, requests that were refused or not answered.
"""

import shutil
import signal
import time

import pytest

from harness.pg_server import PrivatePostgres
from harness.proxy import Proxy
from harness.redis_server import PrivateRedis
from harness.site import Site, llm_step, orchestration
from ledger import Load
from test_cuts import QUICK, needs_clerk

# ten seconds: all of them are in flight when the store goes
LONG = orchestration("long", *[
    llm_step(f"s{i}", "mock.sleep:2000", f"{{state.user_input}}/s{i}",
             next_id=f"s{i + 1}" if i < 5 else None)
    for i in range(1, 6)])
# Redis has lost something, and whoever looks says so
LOSSES = ["redis.lineage_lost", "beat.keys_missing"]


@pytest.fixture
def own(request):
    """Stores of the test's own, which it may break."""
    redis, postgres = PrivateRedis(), PrivatePostgres(track_commit_timestamp="on")
    made = Site(redis, postgres, "own")
    try:
        yield made
        made.stop()
    finally:
        made.remove()
        postgres.remove()
        redis.stop()


class Storm:
    """Runs in flight, a trickle of new ones, and the moment when the store is back."""

    def __init__(self, site, faults, rounds, errors=(), **env):
        self.site = site
        self.load = Load(site, faults)
        self.load.define(LONG)
        site.prepare(LONG)
        self.daemon = site.start(**faults.env, **QUICK, **env, expect_errors=errors)
        self.faults = faults
        self.load.submit("long", 100 * rounds)
        self.trickle = self.load.begin("long", 40 + 20 * rounds, threads=2, pause_s=0.2,
                                       deadline_s=300)
        time.sleep(2.5)  # steps of all of them are committed

    def steps(self):
        return self.site.sql("SELECT count(*) FROM run_steps WHERE kind = 'step'")[0][0]

    def back(self):
        self.back_at, before = time.monotonic(), self.steps()
        while self.steps() == before:
            assert time.monotonic() < self.back_at + 120, self.daemon.log()[-4000:]
            time.sleep(0.02)
        self.first_s = time.monotonic() - self.back_at

    def judge(self, what):
        self.trickle()
        self.load.settle(240)
        print(f"{what}: {len(self.load.accepted)} runs; first step after {self.first_s:.1f} s, "
              f"all ended after {time.monotonic() - self.back_at:.1f} s; refused "
              f"{dict(self.load.refused)}, unanswered {self.load.unanswered}")
        self.load.audit()
        print(f"{self.load.repeated} calls again")


@needs_clerk
def test_redis_is_flushed(own, faults, rounds):
    storm = Storm(own, faults, rounds, LOSSES)
    storm.load.redis_lost = True
    with own.redis.client() as client:
        client.flushall()
    storm.back()
    storm.judge("FLUSHALL")


@needs_clerk
def test_redis_is_killed_and_comes_back_without_data(own, faults, rounds):
    storm = Storm(own, faults, rounds, LOSSES)
    storm.load.redis_lost = True
    own.redis.kill()
    shutil.rmtree(own.redis.dir / "appendonlydir")
    time.sleep(1)
    own.redis.start()
    storm.back()
    storm.judge("killed, restarted without data")


def test_redis_is_killed_and_comes_back_with_its_data(own, faults, rounds):
    storm = Storm(own, faults, rounds, LOSSES)
    own.redis.kill()
    time.sleep(1)
    own.redis.start()
    storm.load.redis_lost = True  # appendfsync everysec: the last second may be gone
    storm.back()
    storm.judge("killed, restarted")


def test_redis_is_frozen(own, faults, rounds):
    frozen_s = 30 if rounds > 1 else 5
    storm = Storm(own, faults, rounds, LOSSES)
    own.redis.process.send_signal(signal.SIGSTOP)
    time.sleep(frozen_s)
    own.redis.process.send_signal(signal.SIGCONT)
    storm.back()
    storm.judge(f"frozen for {frozen_s} s")
    assert not storm.daemon.find("worker.lost")


@needs_clerk
def test_a_replica_is_promoted_without_the_last_second(own, faults, rounds):
    replica = PrivateRedis("--replicaof", "127.0.0.1", own.redis.port)
    first = own.redis
    try:
        with Proxy(first.port) as proxy, replica.client() as client:
            while client.info("replication")["master_link_status"] != "up":
                time.sleep(0.05)
            storm = Storm(own, faults, rounds, LOSSES,
                          REDIS_URL=f"redis://127.0.0.1:{proxy.port}/0")
            storm.load.redis_lost = True
            client.replicaof("no", "one")
            time.sleep(1)
            proxy.target = replica.port
            own.redis = replica  # whose keys are looked at
            proxy.cut()
            storm.back()
            storm.judge("promoted without the last second")
            own.stop()
            own.daemons.clear()
    finally:
        own.redis = first
        replica.stop()


def test_postgres_is_stopped_at_once_and_started_again(own, faults, rounds):
    away_s = 20 if rounds > 1 else 3
    storm = Storm(own, faults, rounds, LOSSES)
    own.postgres.stop(immediate=True)
    time.sleep(away_s)
    own.postgres.start()
    storm.back()
    storm.judge(f"Postgres away for {away_s} s")
    assert not storm.daemon.find("worker.lost")


@pytest.mark.short
@pytest.mark.parametrize("statement", [
    "steps_commit", "runs_takeover", "runs_end", "runs_insert"])
def test_the_answer_to_a_commit_is_swallowed(own, faults, rounds, statement):
    with Proxy(own.postgres.port) as proxy:
        storm = Storm(own, faults, rounds, SCALE_POSTGRES_URL=own.postgres.url("own").replace(
            str(own.postgres.port), str(proxy.port)))
        for _ in range(rounds):
            swallowed = proxy.swallow(statement.encode(), cut_after_s=0.3)
            storm.load.submit("long", 2)
            swallowed.wait()
        storm.back()
        storm.judge(f"{rounds} answers to {statement} swallowed")
        assert storm.daemon.find("pg.commit_in_doubt")
        own.stop()
        own.daemons.clear()


def test_connections_flap(own, faults, rounds, seed):
    """Each of them is reset, again and again; then nothing comes through, and no close."""
    with Proxy(own.postgres.port) as postgres, Proxy(own.redis.port) as redis:
        storm = Storm(own, faults, rounds, LOSSES, SCALE_POSTGRES_URL=own.postgres.url(
            "own").replace(str(own.postgres.port), str(postgres.port)),
            REDIS_URL=f"redis://127.0.0.1:{redis.port}/0")
        for _ in range(5 * rounds):
            seed.choice((postgres, redis)).cut()
            time.sleep(seed.uniform(0.1, 0.8))
        for proxy in (postgres, redis):
            proxy.hold()
            time.sleep(3)
            proxy.release()
        storm.back()
        storm.judge("flapping connections")
        own.stop()
        own.daemons.clear()

"""Lost writes: raise, recover, attached, missing, lineage and recount, as the program calls
them. The audit reads all keys after each test."""

import random

import pytest

from harness import audit
from harness.redis_server import PrivateRedis
from test_queue_requeue import Acts
from test_queue_scripts import P, Q, ids, runs

NOTHING, NO_LINEAGE, FELL_BACK, OTHER_SERVER = range(4)


@pytest.fixture(scope="module", name="server")
def _server():
    server = PrivateRedis(appendonly=False)
    yield server
    server.stop()


@pytest.fixture(name="q")
def _q(server):
    client = server.client()
    client.flushall()
    queue = Acts(client)
    assert queue.call("lineage", queue.run_id)[1] == 1
    yield queue
    audit.check(client, Q)


# ---- the lineage ----


def test_a_lineage_rises_while_nothing_is_lost(q):
    assert q.call("raise", q.run_id, 0) == [2, NOTHING]
    assert q.call("raise", q.run_id, 2) == [3, NOTHING]
    assert q.client.get(P + "lineage") == f"3:{q.run_id}".encode()


def test_what_is_lost_closes_the_queue(q):
    q.client.set(P + "lineage", f"7:{q.run_id}")
    assert q.call("raise", q.run_id, 8) == [7, FELL_BACK]
    assert q.call("raise", q.run_id, 8) == [0, NO_LINEAGE]
    q.client.set(P + "lineage", "9:" + "f" * 40)
    assert q.call("raise", q.run_id, 8) == [9, OTHER_SERVER]
    q.client.set(P + "lineage", "nonsense")
    assert q.call("raise", q.run_id, 8) == [0, NO_LINEAGE]
    assert not q.client.exists(P + "lineage")
    q.enqueue("t", ["r0"])
    assert q.claim("w.1", 1)["jobs"] == []


def test_only_the_newest_recovery_opens(q):
    assert q.call("recover", 4) == 4
    assert not q.client.exists(P + "lineage") and q.client.llen(P + "bell") == 64
    assert q.call("recover", 3) == 4  # a late lead's
    assert q.call("lineage", q.run_id, 17, 3) == [b"", 0]
    assert q.call("lineage", q.run_id, 17, 4) == [f"18:{q.run_id}".encode(), 1]
    assert q.call("lineage", q.run_id, 17, 4) == [f"18:{q.run_id}".encode(), 0]
    found = q.claim("w.1", 1)
    assert (found["flags"] & 1, found["recovering"]) == (0, 4)


def test_who_has_attached(q):
    q.call("recover", 2)
    assert q.call("attached", 2) == 0
    assert q.call("attached", 2, "w.1", "w.2") == 2
    q.call("beat", 8000, "w.1", "w.3")  # w.3: a former incarnation, in no row
    assert q.call("attached", 2, "w.1", "w.2") == 3
    q.enqueue("t", ["r0"])
    q.attach("w.1", "r0:1")  # it has not said all yet
    assert q.call("attached", 2, "w.1") == 2
    q.attach("w.1", recovery=2)
    assert q.call("attached", 2, "w.1") == 1
    q.call("beat", 8000, "w.1", "w.3")  # a beat keeps what the key says
    q.attach("w.3", recovery=3)
    assert q.call("attached", 2, "w.1") == 0
    assert q.call("attached", 3, "w.1") == 1


def test_a_lost_entry_is_made_again_and_held(q):
    packed = audit.pack(b"gone", moment=1234, attempt=2)
    assert q.attach("w.1", ("gone:1", packed)) == [1, 1]
    assert q.held("w.1") == [b"gone:1"] and q.job("gone").moment == 1234
    assert q.client.hgetall(P + "running") == {b"t": b"1", b"*": b"1"}


def test_what_is_missing(q):
    q.enqueue("t", runs(2))
    q.claim("w.1", 1)
    words = ["r0:1", "", "r1:1", "w.9", "x:1", "", "y:1", "w.9", "z:1", "w.1"]
    assert q.call("missing", *words) == [0, 0, 1, 1, 2]


def test_a_job_that_is_in_no_place_is_missing_and_forgotten(q):
    q.enqueue("t", runs(5))
    q.enqueue("u", runs(1, "l"), lane="0a0a0a0a")
    q.claim("w.1", 2)
    q.claim("w.2", 1)
    q.requeue("w.2", r2="quarantine")
    words = [w for i in range(5) for w in (f"r{i}:1", "")] + ["l0:1", ""]
    assert q.call("missing", *words) == [0] * 6
    q.client.delete(P + "ready:-:t", P + "held:w.1")  # as an evicting server does
    words = ["r0:1", "w.1", "r1:1", "", *words[4:]]
    assert q.call("missing", *words) == [2, 1, 0, 1, 1, 0]
    q.enqueue("t", runs(5))
    q.call("recount", 0)
    audit.check(q.client, Q)
    assert q.client.zcard(P + "ready:-:t") == 4


# ---- counters ----


def fill(q):
    for tenant, limit in (("t", 3), ("u", 0), ("v", 0)):
        q.enqueue(tenant, runs(10, tenant), running_max=limit)
        q.enqueue(tenant, runs(4, tenant + "l"), lane="0a0a0a0a", running_max=limit)
    q.admit("u", ids(5, "a"))
    for worker in ("w.1", "w.2", "w.3"):
        q.claim(worker, 7, lanes=("-", "0a0a0a0a"))
    q.requeue("w.3", u0="quarantine", v0="quarantine", t0="quarantine")


def state(q):
    return {key: (q.client.hgetall(key) if q.client.type(key) == b"hash"
                  else q.client.smembers(key) if q.client.type(key) == b"set"
                  else set(q.client.zrange(key, 0, -1)))
            for key in [P + name for name in (
                "running", "queued", "capped", "tenants:-", "tenants:0a0a0a0a")]}


def test_counters_that_are_right_stay(q):
    fill(q)
    before = state(q)
    drift, read, whole = q.call("recount", 200)
    assert (drift, whole) == (0, 1) and read > 10
    assert q.call("recount", 3) == [0, 0, 0]
    assert state(q) == before


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_wrong_is_mended(q, seed):
    rng = random.Random(seed)
    fill(q)
    before = state(q)
    for key, value in before.items():
        if rng.random() < 0.5:
            continue
        some = rng.choice(sorted(value)) if value else b"t"
        if isinstance(value, dict):
            rng.choice((
                lambda: q.client.delete(key),
                lambda: q.client.hincrby(key, some, rng.choice((-5, 7))),
                lambda: q.client.hset(key, "ghost", 3),
            ))()
        elif key.endswith("capped"):
            rng.choice((lambda: q.client.sadd(key, "ghost"), lambda: q.client.sadd(key, "v")))()
        else:
            q.client.delete(key)
    q.call("recount", 3)  # only looks
    q.call("recount", 0)
    audit.check(q.client, Q)
    assert q.call("recount", 0)[0] == 0 and q.call("recount", 3) == [0, 0, 0]
    after = state(q)
    assert after[P + "running"] == before[P + "running"]
    assert after[P + "queued"] == before[P + "queued"]


def test_sums_tell_that_something_is_wrong(q):
    fill(q)
    q.client.hincrby(P + "running", "*", 1)
    assert q.call("recount", 3) == [1, 0, 0]
    q.client.hincrby(P + "running", "*", -1)
    q.client.hincrby(P + "queued", "v", -1)
    assert q.call("recount", 3) == [1, 0, 0]
    q.client.zrem(P + "tenants:-", "v")
    assert q.call("recount", 3)[0] == 2
    assert q.call("recount", 0)[2] == 1


def test_an_entry_whose_job_is_gone_leaves_its_place(q):
    fill(q)
    (one, *_) = q.held("w.1")
    q.client.hdel(P + "jobs", one)
    drift, _, whole = q.call("recount", 0)
    assert drift >= 3 and whole == 1  # it, its tenant's counter, the sum
    assert one not in q.held("w.1")


def test_everything_that_is_held_is_counted_however_much(q):
    for i in range(5):
        q.enqueue(f"t{i}", runs(200, f"{i}-"))
        assert len(q.claim("w.1", 200)["jobs"]) == 200
    q.client.delete(P + "running")
    drift, read, whole = q.call("recount", 0)
    assert (drift, read, whole) == (6, 1000, 1)
    assert q.client.hget(P + "running", "*") == b"1000"

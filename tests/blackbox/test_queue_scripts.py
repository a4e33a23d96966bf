"""The queue's scripts on a real Redis, called by digest as the program calls them.

After each test the audit reads all keys and checks what is always true.
"""

import collections
import os
import pathlib
import random
import threading
import time

import pytest

from harness import audit
from harness.redis_server import PrivateRedis

TOP = pathlib.Path(os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[2]))
LUA = TOP / "src" / "queue" / "lua"
Q = "q1"
P = "synapse:q:{q1}:"
OK, RATE, QUEUED, DEPTH = range(4)


@pytest.fixture(scope="module", name="server")
def _server():
    server = PrivateRedis(appendonly=False)
    yield server
    server.stop()


class Queue:
    """The acts, with Python's values."""

    def __init__(self, client):
        self.client = client
        self.digests = {f.stem: client.script_load(f.read_bytes()) for f in LUA.glob("*.lua")}
        self.run_id = client.info("server")["run_id"]

    def call(self, script, *args):
        return self.client.evalsha(self.digests[script], 1, P, *args)

    def admit(self, tenant, ids, rate_us=0, burst=1, queued_max=0, depth=0, hold_ms=30000):
        reply = self.call("admit", depth, hold_ms, tenant, rate_us, burst, queued_max,
                          len(ids), *ids)
        return reply[1:]

    def enqueue(self, tenant, runs, lane="-", priority=0, weight=1, running_max=0, moment=0,
                payload=b"{}"):
        args = []
        for run in runs:
            packed = audit.pack(run.encode(), tenant.encode(), lane.encode(), priority,
                                payload=payload)
            args += [f"{run}:1", packed[9:]]
        return self.call("enqueue", tenant, lane, priority, weight, running_max, moment,
                         len(runs), *args)

    def claim(self, me, want, ended=(), lanes=("-",), run_id=None):
        """ended: (tenant, run) pairs. A dict of what the reply says."""
        groups = collections.defaultdict(list)
        for tenant, run in ended:
            groups[tenant].append(f"{run}:1")
        args = [x for t, ids in groups.items() for x in (t, len(ids), *ids)]
        reply = self.call("claim", me, 8000, want, run_id or self.run_id, len(lanes), *lanes,
                          *args)
        names = "now flags events_ttl recovering finished dropped mail".split()
        found = dict(zip(names, reply))
        found["newer"] = reply[8] if len(reply) > 8 else None  # not in the scripts of 0.1.0
        found["jobs"] = []
        flat = reply[7]
        while flat:
            tenant, n = flat[0], flat[1]
            for job, packed in zip(flat[2:2 + 2 * n:2], flat[3:3 + 2 * n:2]):
                what = audit.unpack(packed)
                assert what.tenant == tenant and job == what.run + b":1"
                found["jobs"].append((tenant.decode(), what.run.decode(), what))
            flat = flat[2 + 2 * n:]
        return found

    def handback(self, me, *jobs):
        return self.call("handback", me, *[x for job in jobs for x in job])


@pytest.fixture(name="q")
def _q(server):
    client = server.client()
    client.flushall()
    queue = Queue(client)
    assert queue.call("lineage", queue.run_id) == [f"1:{queue.run_id}".encode(), 1]
    yield queue
    audit.check(client, Q)


def ids(n, prefix="r"):
    return [f"{prefix}{i}:1" for i in range(n)]


def runs(n, prefix="r"):
    return [f"{prefix}{i}" for i in range(n)]


def pairs(found):
    return [(tenant, run) for tenant, run, _ in found["jobs"]]


# ---- admit ----


def test_a_reservation_counts_as_queued_until_it_becomes_an_entry(q):
    assert q.admit("t", ids(3), queued_max=5) == [3, OK, 0]
    audit.check(q.client, Q)
    assert q.client.hgetall(P + "queued") == {b"t": b"3", b"*": b"3"}
    assert q.admit("t", ids(3, "s"), queued_max=5)[:2] == [2, QUEUED]
    now, added = q.enqueue("t", runs(3))
    assert added == 3 and abs(now - time.time() * 1000) < 5000
    assert q.client.zcard(P + "admitted") == 2
    assert q.client.hget(P + "queued", "t") == b"5"
    assert q.admit("t", ids(1, "u"), queued_max=5)[:2] == [0, QUEUED]
    assert q.admit("other", ids(1, "v"), queued_max=5) == [1, OK, 0]


def test_a_repeated_admit_reserves_nothing_twice(q):
    q.admit("t", ids(3), queued_max=3)
    q.client.zscore(P + "admitted", "t/r0:1")
    assert q.client.hget(P + "queued", "*") == b"3"
    assert q.admit("t", ids(3)) == [3, OK, 0]
    assert q.client.hget(P + "queued", "*") == b"3"


def test_the_depth_of_the_queue_is_shared_by_all_tenants(q):
    assert q.admit("a", ids(6), depth=10) == [6, OK, 0]
    assert q.admit("b", ids(6, "s"), depth=10)[:2] == [4, DEPTH]
    assert q.admit("c", ids(1, "u"), depth=10)[:2] == [0, DEPTH]
    q.enqueue("a", runs(6))
    q.claim("w.1", 5)
    assert q.admit("c", ids(6, "u"), depth=10)[:2] == [5, DEPTH]  # held is not waiting


def test_several_tenants_in_one_call_are_decided_apart(q):
    reply = q.call("admit", 5, 30000, "a", 0, 1, 2, 3, *ids(3, "a"), "b", 0, 1, 0, 4,
                   *ids(4, "b"))
    assert reply[1:] == [2, QUEUED, 1000, 3, DEPTH, 1000]


def test_the_rate_lets_a_burst_in_and_then_one_per_interval(q):
    assert q.admit("t", ids(5), rate_us=10_000_000, burst=3)[:2] == [3, RATE]
    taken, reason, retry = q.admit("t", ids(1, "s"), rate_us=10_000_000, burst=3)
    assert (taken, reason) == (0, RATE)
    assert 8000 < retry <= 10000
    assert q.admit("other", ids(1, "o"), rate_us=10_000_000, burst=3) == [1, OK, 0]
    assert 0 < q.client.pttl(P + "rate:t") <= 30000


def test_the_rate_flows_back(q):
    assert q.admit("t", ids(2), rate_us=50_000, burst=2) == [2, OK, 0]
    taken, _, retry = q.admit("t", ids(1, "s"), rate_us=50_000, burst=2)
    if not taken:  # a slow machine may have waited long enough already
        assert 0 < retry <= 50
        time.sleep(retry / 1000 + 0.01)
        assert q.admit("t", ids(1, "s"), rate_us=50_000, burst=2) == [1, OK, 0]


def test_the_tightest_limit_is_the_reason(q):
    assert q.admit("t", ids(9), rate_us=10_000_000, burst=5, queued_max=3)[:2] == [3, QUEUED]
    q.client.delete(P + "rate:t")
    assert q.admit("u", ids(9, "u"), rate_us=10_000_000, burst=2, queued_max=3)[:2] == [2, RATE]


def test_what_was_refused_used_no_rate(q):
    q.admit("t", ids(9), rate_us=10_000_000, burst=5, queued_max=2)
    q.call("release", "t", 2, *ids(2))
    assert q.admit("t", ids(9, "s"), rate_us=10_000_000, burst=5)[:2] == [3, RATE]


def test_reservations_run_out(q):
    q.admit("t", ids(3), hold_ms=1)
    q.admit("u", ids(2, "u"), hold_ms=60000)
    time.sleep(0.02)
    assert q.admit("t", ids(1, "s"), queued_max=1) == [1, OK, 0]
    assert q.client.hgetall(P + "queued") == {b"t": b"1", b"u": b"2", b"*": b"3"}


def test_a_run_whose_reservation_ran_out_is_enqueued_all_the_same(q):
    q.admit("t", ids(2), hold_ms=1)
    time.sleep(0.02)
    q.admit("other", ids(1, "o"))
    assert q.enqueue("t", runs(2))[1] == 2


def test_reservations_are_given_back_once(q):
    q.admit("t", ids(3))
    assert q.call("release", "t", 2, "r0:1", "r1:1") == 2
    assert q.call("release", "t", 2, "r0:1", "nobody:1") == 0
    assert q.client.hgetall(P + "queued") == {b"t": b"1", b"*": b"1"}


def test_sixty_four_callers_at_once_never_exceed_a_limit_of_ten(server, q):
    inside, worst = [], []
    start = threading.Barrier(64)

    def one(number):
        own = Queue(server.client())
        start.wait()
        for round_ in range(5):
            taken = own.admit("t", ids(3, f"c{number}x{round_}x"), queued_max=10)[0]
            mine = [f"c{number}x{round_}x{i}" for i in range(taken)]
            worst.append(int(own.client.hget(P + "queued", "t") or 0))
            if mine:
                own.enqueue("t", mine)
                inside.extend(mine)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inside) == 10 and max(worst) == 10
    assert q.client.zcard(P + "ready:-:t") == 10


def test_sixty_four_callers_at_once_never_exceed_the_depth(server, q):
    taken = []
    start = threading.Barrier(64)

    def one(number):
        own = Queue(server.client())
        start.wait()
        for round_ in range(3):
            taken.append(own.admit(f"t{number % 7}", ids(4, f"c{number}x{round_}x"),
                                   depth=50)[0])

    threads = [threading.Thread(target=one, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 50 == q.client.zcard(P + "admitted")


# ---- enqueue ----


def test_a_second_push_changes_nothing(q):
    q.enqueue("t", runs(3))
    before = q.client.hgetall(P + "jobs")
    time.sleep(0.005)
    assert q.enqueue("t", runs(4), payload=b"other")[1] == 1
    after = q.client.hgetall(P + "jobs")
    assert {k: after[k] for k in before} == before
    assert q.client.zcard(P + "ready:-:t") == 4
    q.claim("w.1", 2)
    assert q.enqueue("t", runs(4))[1] == 0  # two of them are held
    assert q.client.zcard(P + "ready:-:t") == 2


def test_the_same_job_twice_in_one_call_is_one_entry(q):
    assert q.enqueue("t", ["r", "r", "s"])[1] == 2


def test_priority_is_a_head_start_of_a_minute_each(q):
    now = q.enqueue("t", ["plain"], moment=1_700_000_000_000)[0]
    q.enqueue("t", ["late-but-high"], priority=2, moment=1_700_000_100_000)
    q.enqueue("t", ["early-but-low"], priority=-10, moment=1_700_000_000_000)
    q.enqueue("t", ["too-late"], priority=1, moment=1_700_000_070_000)
    order = [run for _, run, _ in q.claim("w.1", 10)["jobs"]]
    assert order == ["late-but-high", "plain", "too-late", "early-but-low"]
    assert now > 1_700_000_000_000


def test_the_bell_has_a_token_per_worker_that_is_needed(q):
    q.enqueue("t", runs(10))
    assert q.client.llen(P + "bell") == 1  # nobody is known yet
    q.call("beat", 8000, *[f"w{i}.x" for i in range(3)])
    q.enqueue("t", runs(2, "s"))
    assert q.client.llen(P + "bell") == 2
    q.enqueue("t", runs(100, "u"))
    assert q.client.llen(P + "bell") == 3
    q.call("beat", 8000, *[f"w{i}.x" for i in range(100)])
    q.enqueue("t", runs(100, "v"))
    q.enqueue("t", runs(100, "w"))
    assert q.client.llen(P + "bell") == 64
    q.enqueue("t", runs(100, "w"))  # nothing new
    assert q.client.llen(P + "bell") == 64


# ---- claim ----


def test_claim_and_finish_in_one_call(q):
    q.enqueue("t", runs(5))
    first = q.claim("w.1", 2)
    assert pairs(first) == [("t", "r0"), ("t", "r1")]
    assert first["flags"] == 4 and first["finished"] == 0
    assert q.client.smembers(P + "workers") == {b"w.1"}
    assert 0 < q.client.pttl(P + "alive:w.1") <= 8000
    assert q.client.hgetall(P + "running") == {b"t": b"2", b"*": b"2"}
    second = q.claim("w.1", 10, ended=pairs(first))
    assert second["finished"] == 2 and len(second["jobs"]) == 3 and second["flags"] == 0
    assert q.client.hlen(P + "jobs") == 3
    last = q.claim("w.1", 10, ended=pairs(second))
    assert (last["finished"], last["jobs"]) == (3, [])
    assert not q.client.exists(P + "jobs", P + "running", P + "queued", P + "held:w.1")
    assert q.client.zcard(P + "tenants:-") == 0


def test_an_ended_job_leaves_only_if_it_was_held_here(q):
    q.enqueue("t", runs(6))
    mine = pairs(q.claim("w.1", 2))
    theirs = pairs(q.claim("w.2", 2))
    waiting = [("t", "r4"), ("t", "r5")]
    found = q.claim("w.1", 0, ended=mine + theirs + waiting + [("t", "never-seen")])
    assert found["finished"] == 2
    assert q.client.hlen(P + "jobs") == 4
    assert q.client.zcard(P + "held:w.2") == 2
    assert q.claim("w.1", 0, ended=mine)["finished"] == 0  # the answer was lost, again
    assert q.client.hget(P + "running", "t") == b"2"


def test_an_ended_job_that_waits_in_another_lane_or_later_stays(q):
    q.enqueue("t", ["laned"], lane="0123abcd")
    q.enqueue("t", ["late", "suspect", "mine"])
    assert pairs(q.claim("w.1", 9)) == [("t", "late"), ("t", "mine"), ("t", "suspect")]
    for run, place in (("late", "delayed"), ("suspect", "quarantine")):
        q.client.zrem(P + "held:w.1", f"{run}:1")
        q.client.zadd(P + place, {f"{run}:1": 1})
        q.client.hincrby(P + "running", "t", -1)
        q.client.hincrby(P + "running", "*", -1)
        q.client.hincrby(P + "queued", "t", 1)
        q.client.hincrby(P + "queued", "*", 1)
    audit.check(q.client, Q)
    ended = [("t", r) for r in ("laned", "late", "suspect", "mine")]
    assert q.claim("w.1", 0, ended=ended)["finished"] == 1
    assert set(q.client.hkeys(P + "jobs")) == {b"laned:1", b"late:1", b"suspect:1"}


def test_a_ready_id_without_a_job_is_dropped_and_counted(q):
    q.enqueue("t", runs(4))
    q.client.hdel(P + "jobs", "r1:1", "r2:1")
    found = q.claim("w.1", 10)
    assert found["dropped"] == 2
    assert pairs(found) == [("t", "r0"), ("t", "r3")]


def test_mail_comes_with_every_call_once(q):
    for i in range(250):
        q.client.rpush(P + "mail:w.1", f"cancel {i}")
    q.client.rpush(P + "mail:w.2", "not for you")
    first = q.claim("w.1", 0)["mail"]
    assert first == [b"cancel %d" % i for i in range(200)]
    assert len(q.claim("w.1", 0)["mail"]) == 50
    assert q.claim("w.1", 0)["mail"] == []
    assert q.client.llen(P + "mail:w.2") == 1


def test_the_current_expiry_of_streams_and_the_recovery_come_along(q):
    assert (q.claim("w.1", 0)["events_ttl"], q.claim("w.1", 0)["recovering"]) == (0, 0)
    q.client.set(P + "events_ttl", 90000)
    q.client.set(P + "recovering", 7)
    found = q.claim("w.1", 0)
    assert (found["events_ttl"], found["recovering"]) == (90000, 7)


def test_the_heartbeat_key_keeps_its_value(q):
    q.client.set(P + "alive:w.1", "5", px=100)
    q.claim("w.1", 0)
    assert q.client.get(P + "alive:w.1") == b"5"
    assert q.client.pttl(P + "alive:w.1") > 1000
    q.call("beat", 20000, "w.1", "w.2")
    assert q.client.get(P + "alive:w.1") == b"5" and q.client.get(P + "alive:w.2") == b"0"
    assert q.client.pttl(P + "alive:w.1") > 10000


def test_without_its_lineage_nothing_is_claimed_but_all_else_goes_on(q):
    q.enqueue("t", runs(3))
    mine = pairs(q.claim("w.1", 1))
    q.client.rpush(P + "mail:w.1", "hint")
    for break_it in (lambda: q.client.delete(P + "lineage"),
                     lambda: q.client.set(P + "lineage", "1:" + "f" * 40),
                     lambda: q.client.set(P + "lineage", "nonsense")):
        break_it()
        found = q.claim("w.1", 5)
        assert (found["flags"], found["jobs"]) == (1, [])
    q.client.rpush(P + "mail:w.1", "hint")
    found = q.claim("w.1", 5, ended=mine)
    assert (found["finished"], found["mail"]) == (1, [b"hint"])
    assert q.enqueue("t", runs(1, "s"))[1] == 1
    assert q.call("lineage", q.run_id) == [f"1:{q.run_id}".encode(), 1]
    assert len(q.claim("w.1", 5)["jobs"]) == 3


def test_a_worker_that_sees_another_server_is_refused(q):
    q.enqueue("t", runs(1))
    assert q.claim("w.1", 5, run_id="e" * 40)["flags"] == 1


def test_the_lineage_rises_when_the_server_changed(q):
    assert q.call("lineage", q.run_id) == [f"1:{q.run_id}".encode(), 0]
    q.client.set(P + "lineage", "41:" + "f" * 40)
    assert q.call("lineage", q.run_id) == [f"42:{q.run_id}".encode(), 1]


def test_a_paused_queue_gives_nothing(q):
    q.enqueue("t", runs(2))
    mine = pairs(q.claim("w.1", 1))
    q.client.set(P + "paused", "an operator: maintenance")
    found = q.claim("w.1", 5, ended=mine)
    assert (found["flags"], found["jobs"], found["finished"]) == (2, [], 1)
    q.client.delete(P + "paused")
    assert len(q.claim("w.1", 5)["jobs"]) == 1


# ---- fairness and limits ----


def test_a_flood_does_not_delay_a_quiet_tenant(q):
    for i in range(10):
        q.enqueue("flood", runs(200, f"f{i}x"))
    for _ in range(10):
        q.claim("w.1", 50)
    q.enqueue("quiet", runs(1, "q"))
    assert "quiet" in [t for t, _ in pairs(q.claim("w.1", 2))]
    q.enqueue("quiet", runs(3, "p"))
    got = collections.Counter(t for t, _ in pairs(q.claim("w.1", 50)))
    assert got == {"quiet": 3, "flood": 47}  # and nothing is left unused


def test_equal_tenants_get_equal_shares_whatever_their_backlog(q):
    for i in range(5):
        q.enqueue("a", runs(200, f"a{i}x"))
    q.enqueue("b", runs(200, "b"))
    q.enqueue("c", runs(200, "c"))
    got = collections.Counter()
    for want in (1, 7, 50, 2, 60, 30):
        got.update(t for t, _ in pairs(q.claim("w.1", want)))
    assert sum(got.values()) == 150
    assert max(got.values()) - min(got.values()) <= 5


def test_one_at_a_time_goes_round(q):
    for tenant in "abc":
        q.enqueue(tenant, runs(5, tenant))
    order = [pairs(q.claim("w.1", 1))[0][0] for _ in range(15)]
    for i in range(0, 15, 3):
        assert sorted(order[i:i + 3]) == ["a", "b", "c"]


def test_a_weight_is_a_larger_share(q):
    q.enqueue("heavy", runs(200, "h"), weight=3)
    q.enqueue("light", runs(200, "l"))
    got = collections.Counter()
    for _ in range(25):
        got.update(t for t, _ in pairs(q.claim("w.1", 8)))
    assert got["heavy"] == pytest.approx(150, abs=6)
    assert q.client.hget(P + "limits", "heavy") == b"0 3"
    q.enqueue("heavy", runs(1, "last"))
    assert not q.client.hexists(P + "limits", "heavy")


def test_a_tenant_that_returns_is_not_owed_the_past(q):
    q.enqueue("a", runs(100, "a"))
    q.enqueue("b", runs(1, "b"))
    q.claim("w.1", 60)
    q.enqueue("b", runs(100, "c"))
    got = collections.Counter(t for t, _ in pairs(q.claim("w.1", 20)))
    assert got == {"a": 10, "b": 10}


def test_many_tenants_with_one_job_each(q):
    for i in range(300):
        q.enqueue(f"t{i}", [f"r{i}"])
    seen = set()
    for _ in range(3):
        found = q.claim("w.1", 120)
        seen.update(pairs(found))
        audit.check(q.client, Q)
    assert len(seen) == 300


def test_tenants_that_have_nothing_left_do_not_use_a_claim_up(q):
    """Each was served last with its last job: it is found out when its turn comes."""
    for i in range(30):
        q.enqueue(f"a{i}", [f"r{i}"])
    q.enqueue("full", runs(9, "f"), running_max=1)
    q.enqueue("z", runs(10, "z"))
    for _ in range(30 + 1 + 10):
        found = q.claim("w.1", 1)
        assert (len(found["jobs"]), found["flags"]) == (1, 4)
        audit.check(q.client, Q)
    assert (q.claim("w.1", 1)["jobs"], q.client.zcard(P + "tenants:-")) == ([], 0)


def test_a_claim_passes_over_a_bounded_number_of_tenants(q):
    """One call is short; the worker is told to call again."""
    for i in range(500):
        q.enqueue(f"a{i}", [f"r{i}"])
    q.enqueue("z", runs(500, "z"))
    for _ in range(501):
        assert q.claim("w.1", 1)["flags"] == 4
    assert q.claim("w.1", 1)["flags"] == 4
    calls = 0
    while not q.claim("w.1", 1)["jobs"]:
        calls += 1
        assert calls < 500 / 200 + 1


def test_a_tenant_at_its_limit_is_passed_over_until_one_ends(q):
    q.enqueue("t", runs(10), running_max=3)
    q.enqueue("free", runs(5, "f"))
    first = pairs(q.claim("w.1", 20))
    assert collections.Counter(t for t, _ in first) == {"t": 3, "free": 5}
    assert q.client.smembers(P + "capped") == {b"t"}
    audit.check(q.client, Q)
    assert q.claim("w.2", 20)["jobs"] == []
    q.enqueue("t", runs(2, "s"), running_max=3)
    assert q.claim("w.2", 20)["jobs"] == []
    mine = [p for p in first if p[0] == "t"]
    audit.check(q.client, Q)
    assert len(q.claim("w.1", 20, ended=mine[:2])["jobs"]) == 2
    assert q.client.hget(P + "running", "t") == b"3"
    assert q.client.smembers(P + "capped") == {b"t"}


def test_a_limit_holds_over_lanes_and_workers(q):
    q.enqueue("t", runs(5, "a"), running_max=3)
    q.enqueue("t", runs(5, "b"), lane="0123abcd", running_max=3)
    first = pairs(q.claim("w.1", 2, lanes=("0123abcd", "-")))
    second = pairs(q.claim("w.2", 9, lanes=("-", "0123abcd")))
    assert (len(first), len(second)) == (2, 1)
    audit.check(q.client, Q)
    third = q.claim("w.1", 9, lanes=("-", "0123abcd"), ended=first)
    assert len(third["jobs"]) == 2
    audit.check(q.client, Q)
    both = q.claim("w.3", 9, lanes=("-", "0123abcd"))
    assert both["jobs"] == []


def test_a_limit_that_is_raised_or_lifted_takes_effect_with_the_next_push(q):
    q.enqueue("t", runs(9), running_max=1)
    q.claim("w.1", 9)
    q.enqueue("t", runs(1, "s"), running_max=3)
    assert len(q.claim("w.1", 9)["jobs"]) == 2
    q.enqueue("t", runs(1, "u"))
    assert len(q.claim("w.1", 99)["jobs"]) == 8


def test_a_limit_that_is_lowered_stops_new_ones(q):
    q.enqueue("t", runs(9), running_max=5)
    assert len(q.claim("w.1", 4)["jobs"]) == 4
    q.enqueue("t", runs(1, "s"), running_max=2)
    assert q.claim("w.1", 9)["jobs"] == []


def test_lanes_are_taken_in_the_order_named(q):
    q.enqueue("t", runs(3, "a"))
    q.enqueue("t", runs(3, "b"), lane="00000001")
    q.enqueue("t", runs(3, "c"), lane="00000002")
    got = [run[0] for _, run in pairs(q.claim("w.1", 5, lanes=("00000001", "-")))]
    assert got == ["b", "b", "b", "a", "a"]
    assert len(q.claim("w.1", 9)["jobs"]) == 1
    assert q.client.smembers(P + "lanes") == {b"00000001", b"00000002"}


# ---- hand-back and leaving ----


def test_a_job_goes_back_with_its_old_score(q):
    q.enqueue("t", ["old"], moment=1_700_000_000_000, priority=2)
    q.enqueue("t", ["new"], moment=1_700_000_500_000)
    q.claim("w.1", 2)
    q.client.delete(P + "bell")
    assert q.handback("w.1", ("new:1", 0, ""), ("old:1", 1, ""), ("nobody:1", 1, "")) == 2
    assert q.client.llen(P + "bell") == 1
    audit.check(q.client, Q)
    found = q.claim("w.2", 2)["jobs"]
    assert [(run, what.from_) for _, run, what in found] == [("old", b"w.1"), ("new", b"")]
    assert found[0][2].moment == 1_700_000_000_000 and found[0][2].priority == 2


def test_a_hand_back_keeps_every_field_but_the_cohort(q):
    packed = audit.pack(b"r", b"a%20b", b"-", -4, 1_700_000_000_000, 1, 3, 7, b"before.0",
                        b"cohort", bytes(range(256)), kind=2)
    q.call("enqueue", "a%20b", "-", -4, 1, 0, 1_700_000_000_000, 1, "r:1", packed[9:])
    assert q.client.hget(P + "jobs", "r:1") == packed
    q.claim("w.1", 1)
    assert q.handback("w.1", ("r:1", 0, "")) == 1
    before = audit.unpack(packed)  # a suspect that is handed back is none any more
    assert audit.unpack(q.client.hget(P + "jobs", "r:1")) == before._replace(cohort=b"")
    q.claim("w.1", 1)
    assert q.handback("w.1", ("r:1", 1, "0123abcd")) == 1
    after = audit.unpack(q.client.hget(P + "jobs", "r:1"))
    assert after == before._replace(from_=b"w.1", lane=b"0123abcd", cohort=b"")
    assert q.claim("w.1", 1)["jobs"] == []
    assert len(q.claim("w.1", 1, lanes=("0123abcd",))["jobs"]) == 1


def test_a_hand_back_makes_room_under_a_limit(q):
    q.enqueue("t", runs(4), running_max=2)
    q.claim("w.1", 4)
    assert q.client.smembers(P + "capped") == {b"t"}
    assert q.handback("w.1", ("r0:1", 0, "")) == 1
    assert q.client.smembers(P + "capped") == set()
    assert pairs(q.claim("w.2", 4)) == [("t", "r0")]


def test_what_another_holds_is_not_handed_back(q):
    q.enqueue("t", runs(1))
    q.claim("w.1", 1)
    assert q.handback("w.2", ("r0:1", 1, "")) == 0
    assert q.client.zcard(P + "held:w.1") == 1


def test_a_job_of_no_version_is_not_touched_by_a_hand_back(q):
    q.enqueue("t", runs(1))
    q.claim("w.1", 1)
    strange = b"\x00" + q.client.hget(P + "jobs", "r0:1")[1:]
    good = q.client.hget(P + "jobs", "r0:1")
    q.client.hset(P + "jobs", "r0:1", strange)
    assert q.handback("w.1", ("r0:1", 1, "")) == 0
    assert q.client.hget(P + "jobs", "r0:1") == strange
    q.client.hset(P + "jobs", "r0:1", good)


def test_who_holds_something_cannot_leave(q):
    q.call("beat", 8000, "w.1", "w.2")
    q.enqueue("t", runs(1))
    mine = pairs(q.claim("w.1", 1))
    q.client.rpush(P + "mail:w.1", "x")
    assert q.call("leave", "w.1") == 1
    assert q.client.sismember(P + "workers", "w.1")
    q.claim("w.1", 0, ended=mine)
    assert q.call("leave", "w.1") == 0
    assert q.client.smembers(P + "workers") == {b"w.2"}
    assert not q.client.exists(P + "alive:w.1", P + "mail:w.1")


def test_stats_say_what_is_there(q):
    q.admit("t", ids(2, "adm"))
    q.enqueue("t", runs(3), moment=int(time.time() * 1000) - 60000, running_max=1)
    q.enqueue("u", runs(2, "u"))
    q.claim("w.1", 2)
    now, unfinished, held, admitted, delayed, quarantine, workers, tenants, capped, oldest, \
        paused, opened = q.call("stats", q.run_id)
    assert abs(now - time.time() * 1000) < 5000
    assert (unfinished, held, admitted, delayed, quarantine) == (5, 2, 2, 0, 0)
    assert (workers, tenants, capped, paused, opened) == (1, 1, 1, 0, 1)
    assert 0 <= oldest < 60000  # that of t is capped
    q.enqueue("u", runs(1, "old"), moment=int(time.time() * 1000) - 90000)
    q.client.set(P + "paused", "x")
    after = q.call("stats", "f" * 40)
    assert 90000 <= after[9] < 100000 and after[10:] == [1, 0]


# ---- drop, mail ----


def test_what_waits_is_dropped_wherever_it_is(q):
    q.admit("t", ids(1, "a"))
    q.enqueue("t", runs(3))
    q.enqueue("t", runs(1, "lane"), lane="01234567")
    for place, run in (("delayed", "r0:1"), ("quarantine", "r1:1")):
        q.client.zrem(P + "ready:-:t", run)
        q.client.zadd(P + place, {run: 1})
    audit.check(q.client, Q)
    for run, place in (("a0:1", b"admitted"), ("r0:1", b"delayed"), ("r1:1", b"quarantine"),
                       ("lane0:1", b"ready"), ("r2:1", b"ready")):
        assert q.call("drop", run, "t") == place
        audit.check(q.client, Q)
        assert q.call("drop", run, "t") == b""
    left = {k[len(P):] for k in map(bytes.decode, q.client.scan_iter(match=P + "*"))}
    assert left <= {"lineage", "bell", "lanes", "events_ttl"}


def test_what_a_worker_holds_is_not_dropped(q):
    q.enqueue("t", runs(2))
    assert pairs(q.claim("w", 1)) == [("t", "r0")]
    assert q.call("drop", "r0:1", "t") == b"held"
    assert q.call("drop", "r1:1", "t") == b"ready"
    assert q.claim("w", 1, [("t", "r0")])["finished"] == 1


def test_mail_comes_with_a_claim_once_and_only_to_who_is_there(q):
    assert q.call("mail", "w", "x", 1000, 3) == 0
    q.enqueue("t", runs(1))
    q.claim("w", 1)
    assert [q.call("mail", "w", f"x{i}", 60000, 3) for i in range(4)] == [1, 1, 1, 0]
    assert 0 < q.client.pttl(P + "mail:w") <= 60000
    assert q.claim("other", 0)["mail"] == []
    assert q.claim("w", 0)["mail"] == [b"x0", b"x1", b"x2"]
    assert q.claim("w", 0)["mail"] == []
    q.call("mail", "w", "late", 60000, 3)
    assert q.claim("w", 0, [("t", "r0")])["finished"] == 1
    assert q.call("leave", "w") == 0


# ---- anything, in any order ----


def anything(rng, *sides):
    """400 acts, each by one of the sides: programs that serve one queue."""
    held = collections.defaultdict(set)
    tenants = ["a", "b", "c%20d", "%"]
    limits = {t: rng.choice([0, 0, 2, 5]) for t in tenants}
    made = 0
    for _ in range(400):
        tenant = rng.choice(tenants)
        worker = rng.choice(["w.1", "w.2", "w.3"])
        lane = rng.choice(["-", "-", "0123abcd"])
        act = rng.random()
        q = rng.choice(sides)
        if act < 0.2:
            q.admit(tenant, [f"r{made + i}:1" for i in range(rng.randint(1, 9))],
                    queued_max=rng.choice([0, 20]), depth=60, hold_ms=rng.choice([1, 30000]))
        elif act < 0.5:
            n = rng.randint(1, 9)
            q.enqueue(tenant, [f"r{made + i - 2}x{tenant}" for i in range(n)], lane=lane,
                      priority=rng.randint(-2, 2), running_max=limits[tenant],
                      weight=rng.choice([1, 1, 3]))
            made += n
        elif act < 0.9:
            known = sorted(held[worker])
            ended = rng.sample(known, min(len(known), rng.randint(0, 6)))
            others = sorted(held["w.1"] | held["w.2"])
            odd = rng.sample(others, min(len(others), rng.choice([0, 0, 1])))
            before = q.client.hgetall(P + "running")
            found = q.claim(worker, rng.randint(0, 12), ended=ended + odd,
                            lanes=rng.choice([("-",), ("0123abcd", "-")]))
            held[worker] -= set(ended) | set(odd)
            held[worker] |= set(pairs(found))
            for name, limit in limits.items():
                running = int(q.client.hget(P + "running", name) or 0)
                # a limit that came late does not end what runs
                assert not limit or running <= max(limit, int(before.get(name.encode(), 0)))
        elif act < 0.95:
            back = [p for p in sorted(held[worker])][:3]
            if back:
                q.handback(worker, *[(f"{run}:1", rng.randint(0, 1), rng.choice(["", lane]))
                                     for _, run in back])
                held[worker] -= set(back)
        else:
            limits[tenant] = rng.choice([0, 2, 5]) if not limits[tenant] else 0
            q.enqueue(tenant, [f"limit{made}"], running_max=limits[tenant])
            made += 1
        audit.check(q.client, Q)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_done_the_rules_hold(q, seed):
    anything(random.Random(seed), q)


# ---- what a later version has packed ----


def later(client, job):
    """As one would that adds a field behind the payload."""
    client.hset(P + "jobs", job, b"\2" + client.hget(P + "jobs", job)[1:] + b"more")


def test_what_a_later_version_packed_is_left_for_it(q):
    q.enqueue("t", runs(5), running_max=4)
    q.enqueue("u", ["theirs"])
    for job in ("r0:1", "r2:1", "theirs:1"):
        later(q.client, job)
    time.sleep(0.002)  # the end of the line is a millisecond, r4 is to be before it
    found = q.claim("w.1", 10)
    # of t it met four, since t may not have more
    assert pairs(found) == [("t", "r1"), ("t", "r3")] and found["newer"] == 3
    assert pairs(q.claim("w.1", 10)) == [("t", "r4")]  # they do not stand in its way
    found = q.claim("w.1", 10)
    assert (found["jobs"], found["newer"], found["flags"]) == ([], 2, 0)
    assert q.call("stats", q.run_id)[1:3] == [6, 3]
    # where it belongs it can be moved, by those who know the head alone
    assert q.call("drop", "theirs:1", "u") == b"ready"
    q.client.sadd(P + "workers", "w.2")  # a worker of that version
    for job in ("r0:1", "r2:1"):
        q.client.zrem(P + "ready:-:t", job)
        q.client.zadd(P + "held:w.2", {job: 1})
    q.client.hincrby(P + "queued", "t", -2)
    q.client.hincrby(P + "queued", "*", -2)
    q.client.hincrby(P + "running", "t", 2)
    q.client.hincrby(P + "running", "*", 2)
    assert q.handback("w.2", ("r0:1", 1, "")) == 1
    assert q.call("requeue", "w.2", 200, 20) == [1, 0, 0, 0, 0, 0]
    packed = q.client.hget(P + "jobs", "r2:1")
    assert packed[0] == 2 and packed.endswith(b"{}more") and b"w.2" in packed
    # in the lane of suspects it stays where it is
    q.client.zrem(P + "ready:-:t", "r0:1")
    q.client.zadd(P + "quarantine", {"r0:1": 1})
    found = q.claim("w.3", 1, lanes=("quarantine",))
    assert (found["jobs"], found["newer"]) == ([], 1)
    q.client.hdel(P + "jobs", "r0:1", "r2:1")
    q.client.delete(P + "quarantine")
    q.client.zrem(P + "ready:-:t", "r2:1")
    q.client.zrem(P + "tenants:-", "t", "u")
    q.client.delete(P + "queued")


def test_only_redis_6_0_is_spoken():
    newer = ("ZMSCORE", "ZRANGESTORE", "GETDEL", "SMISMEMBER", "LMPOP", "ZMPOP", "GETEX")
    for script in LUA.glob("*.lua"):
        text = script.read_text()
        assert not [word for word in newer if word in text], script
        assert text.startswith(f"-- {script.name} - "), script

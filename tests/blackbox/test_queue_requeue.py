"""Requeue, attach and absent: what becomes of entries when their worker is dead, or is not.

The scripts as the program calls them, and the acts through the driver; the audit reads all
keys after each test.
"""

import pytest

from harness import audit
from harness.redis_driver import Driver
from harness.redis_peer import RedisPeer
from harness.redis_server import PrivateRedis
from test_queue_scripts import P, Q, Queue, pairs, runs

MAX = 20


@pytest.fixture(scope="module", name="server")
def _server():
    server = PrivateRedis(appendonly=False)
    yield server
    server.stop()


class Acts(Queue):
    def requeue(self, dead, most=200, requeues_max=MAX, **verdicts):
        words = [x for run, verdict in verdicts.items() for x in (f"{run}:1", verdict)]
        return self.call("requeue", dead, most, requeues_max, *words)

    def attach(self, owner, *jobs, giver="", recovery=""):
        words = [x for job in jobs for x in (job if isinstance(job, tuple) else (job, ""))]
        return self.call("attach", owner, giver, 8000, recovery, *words)

    def job(self, run):
        return audit.unpack(self.client.hget(P + "jobs", f"{run}:1"))

    def held(self, me):
        return self.client.zrange(P + f"held:{me}", 0, -1)


@pytest.fixture(name="q")
def _q(server):
    client = server.client()
    client.flushall()
    queue = Acts(client)
    assert queue.call("lineage", queue.run_id)[1] == 1
    yield queue
    audit.check(client, Q)


# ---- requeue ----


def test_what_a_dead_worker_held_is_ready_again_where_it_was(q):
    q.enqueue("t", runs(3), moment=1000, priority=2, lane="0a0a0a0a")
    q.enqueue("u", ["late"], moment=5000)
    q.claim("w.1", 10, lanes=("-", "0a0a0a0a"))
    q.client.delete(P + "bell")
    assert q.requeue("w.1") == [4, 0, 0, 0, 0, 0]
    ready = dict(q.client.zrange(P + "ready:0a0a0a0a:t", 0, -1, withscores=True))
    assert ready == {b"r%d:1" % i: 1000 - 2 * 60000 for i in range(3)}
    job = q.job("r0")
    assert (job.from_, job.requeues, job.attempt, job.lane) == (b"w.1", 1, 1, b"0a0a0a0a")
    assert job.payload == b"{}"
    assert q.client.llen(P + "bell") == 1
    left = [P + "workers", P + "alive:w.1", P + "mail:w.1", P + "held:w.1", P + "running"]
    assert not q.client.exists(*left)
    assert pairs(q.claim("w.2", 10)) == [("u", "late")]


def test_it_goes_in_pieces_and_another_may_go_on(q):
    for i in range(3):
        q.enqueue("t", runs(200, f"{i}-"))
    for _ in range(3):
        q.claim("w.1", 200)
    assert q.requeue("w.1", 150) == [150, 0, 0, 0, 0, 450]
    audit.check(q.client, Q)
    assert q.client.sismember(P + "workers", "w.1")
    assert len(q.claim("w.2", 200)["jobs"]) == 150
    left = 450
    while left:
        left = q.requeue("w.1", 200)[5]
        audit.check(q.client, Q)
    assert q.requeue("w.1") == [0, 0, 0, 0, 0, 0]
    assert q.client.smembers(P + "workers") == {b"w.2"}
    assert q.client.zcard(P + "ready:-:t") == 450


def test_only_what_the_dead_one_holds_is_moved(q):
    q.enqueue("t", runs(3))
    q.claim("w.2", 1)
    q.claim("w.1", 2)
    q.claim("w.1", 0, ended=[("t", "r1")])
    assert q.requeue("w.1", r0="quarantine", r1="quarantine") == [1, 0, 0, 0, 0, 0]
    assert q.held("w.2") == [b"r0:1"]
    assert q.requeue("never.was") == [0, 0, 0, 0, 0, 0]


def test_a_suspect_goes_to_the_quarantine_lane(q):
    q.enqueue("t", runs(3), moment=1000)
    q.claim("w.1", 3)
    assert q.requeue("w.1", r1="quarantine") == [2, 1, 0, 0, 0, 0]
    assert q.client.zrange(P + "quarantine", 0, -1, withscores=True) == [(b"r1:1", 1000)]
    assert (q.job("r1").from_, q.job("r1").requeues) == (b"w.1", 0)
    assert sorted(pairs(q.claim("w.2", 10))) == [("t", "r0"), ("t", "r2")]


def test_suspects_are_claimed_by_their_own_lane_alone(q):
    q.enqueue("t", runs(4), running_max=2)
    q.enqueue("u", ["v"])
    q.claim("w.1", 3)
    q.requeue("w.1", r0="quarantine", r1="quarantine", v="quarantine")
    first = q.claim("x.1", 1, lanes=("quarantine",))
    assert pairs(first) == [("t", "r0")] and first["flags"] == 4
    audit.check(q.client, Q)
    assert pairs(q.claim("w.2", 9)) == [("t", "r2")]  # the tenant is at its limit now
    audit.check(q.client, Q)
    assert pairs(q.claim("x.2", 2, lanes=("quarantine",))) == [("u", "v")]
    q.claim("w.2", 0, ended=[("t", "r2")])
    assert pairs(q.claim("x.2", 2, lanes=("quarantine",))) == [("t", "r1")]
    audit.check(q.client, Q)
    q.client.hdel(P + "jobs", "r3:1")
    q.claim("x.1", 0, ended=[("t", "r0")])
    assert q.handback("x.2", ("v:1", 1, "")) == 1
    assert q.claim("w.2", 9)["dropped"] == 1


# ---- cohorts ----


def cohort(name, *runs, score=777):
    return {run: f"cohort {score} {name}" for run in runs}


LANE = ("quarantine",)


def test_a_cohort_is_claimed_whole_and_nothing_with_it(q):
    q.enqueue("t", runs(6), moment=1000)
    q.enqueue("u", ["v", "w"], moment=10)
    q.claim("w.1", 10)
    # whatever the piece, a cohort goes in one call
    assert q.requeue("w.1", 1, **cohort("c/1", "r0", "r3", "v"), **cohort("c/2", "r1"),
                     r2="quarantine") == [0, 4, 0, 0, 0, 4]
    assert q.requeue("w.1", r2="quarantine") == [3, 1, 0, 0, 0, 0]
    assert [(q.job(r).cohort, q.job(r).requeues, q.job(r).payload)
            for r in ("r0", "v", "r1", "r2")] == [
        (b"c/1", 0, b"{}"), (b"c/1", 0, b"{}"), (b"c/2", 0, b"{}"), (b"", 0, b"{}")]
    audit.check(q.client, Q)
    found = q.claim("x.1", 200, lanes=LANE)
    assert sorted(pairs(found)) == [("t", "r0"), ("t", "r3"), ("u", "v")]
    assert found["flags"] == 4
    audit.check(q.client, Q)
    assert pairs(q.claim("x.1", 200, lanes=LANE)) == [("t", "r1")]
    assert pairs(q.claim("x.1", 200, lanes=LANE)) == [("t", "r2")]
    assert q.claim("x.1", 200, lanes=LANE)["flags"] == 0


def test_the_halves_of_a_cohort_are_tried_one_after_the_other(q):
    q.enqueue("t", runs(5))
    q.claim("w.1", 10)
    q.requeue("w.1", **cohort("a/1", *runs(5)))
    assert len(q.claim("x.1", 200, lanes=LANE)["jobs"]) == 5
    q.claim("x.1", 0, ended=[("t", "r4")])
    q.requeue("x.1", **cohort("x.1/1", "r0", "r1", "r2", score=9),
              **cohort("x.1/2", "r3", "r4", score=9))
    audit.check(q.client, Q)
    assert len(q.claim("x.2", 200, lanes=LANE)["jobs"]) == 3
    assert pairs(q.claim("x.3", 200, lanes=LANE)) == [("t", "r3")]
    # what lived is handed back, in no cohort
    assert q.handback("x.2", ("r1:1", "1", "")) == 1
    assert (q.job("r1").cohort, q.job("r1").from_, q.job("r1").payload) == (b"", b"x.2", b"{}")
    q.requeue("x.3")
    assert q.job("r3").cohort == b""
    assert sorted(pairs(q.claim("w.2", 9))) == [("t", "r1"), ("t", "r3")]


def test_a_cohort_is_taken_as_far_as_the_limits_allow(q):
    q.enqueue("t", runs(4), running_max=2)
    q.enqueue("u", ["v"])
    for me in ("w.1", "w.2"):
        q.claim(me, 2 if me == "w.1" else 1)
    assert sum(len(q.held(me)) for me in ("w.1", "w.2")) == 3
    q.requeue("w.1", **cohort("c/1", "r0", "r1", "v"))
    q.requeue("w.2", **cohort("c/1", "r0", "r1", "v"))
    assert len(q.claim("w.3", 1)["jobs"]) == 1  # of t: one is left
    first = pairs(q.claim("x.1", 200, lanes=LANE))
    audit.check(q.client, Q)
    assert sorted(first) == [("t", "r0"), ("u", "v")]
    assert q.claim("x.1", 200, lanes=LANE)["jobs"] == []
    q.claim("x.1", 0, ended=[("t", "r0")])
    assert pairs(q.claim("x.1", 200, lanes=LANE)) == [("t", "r1")]


def test_a_member_that_cannot_be_read_leaves_its_cohort(q):
    q.enqueue("t", runs(3))
    q.claim("w.1", 3)
    q.requeue("w.1", **cohort("c/1", *runs(3)))
    q.client.hdel(P + "jobs", "r1:1")
    found = q.claim("x.1", 200, lanes=LANE)
    assert (pairs(found), found["dropped"]) == ([("t", "r0"), ("t", "r2")], 1)
    q.client.delete(P + "queued")  # whose the lost one was nobody knows: the recount has to


def test_a_suspect_that_is_not_decided_stays_and_keeps_its_worker_known(q):
    q.enqueue("t", runs(5))
    q.claim("w.1", 5)
    assert q.requeue("w.1", 2, r0="keep") == [2, 0, 0, 0, 1, 2]
    assert q.requeue("w.1", r0="keep") == [2, 0, 0, 0, 1, 0]
    assert q.held("w.1") == [b"r0:1"] and q.client.sismember(P + "workers", "w.1")
    audit.check(q.client, Q)
    assert q.requeue("w.1", r0="drop") == [0, 0, 1, 0, 0, 0]
    assert not q.client.hexists(P + "jobs", "r0:1")
    assert not q.client.exists(P + "workers")


def test_the_twentieth_requeue_leads_to_the_quarantine_lane(q):
    q.enqueue("t", ["r"])
    for i in range(1, MAX):
        q.claim(f"w.{i}", 1)
        assert q.requeue(f"w.{i}")[0] == 1
        assert q.job("r").requeues == i
    q.claim("w.20", 1)
    assert q.requeue("w.20") == [0, 1, 0, 0, 0, 0]
    assert q.job("r").requeues == 0
    assert q.client.zrange(P + "quarantine", 0, -1) == [b"r:1"]


def test_a_tenant_at_its_limit_is_served_again(q):
    q.enqueue("t", runs(5), running_max=2)
    assert len(q.claim("w.1", 10)["jobs"]) == 2
    assert q.claim("w.2", 10)["jobs"] == []
    q.requeue("w.1", 1)
    audit.check(q.client, Q)
    assert len(q.claim("w.2", 10)["jobs"]) == 1
    q.requeue("w.1")
    assert len(q.claim("w.2", 10)["jobs"]) == 1


def test_what_cannot_be_read_is_dropped_and_counted(q):
    q.enqueue("t", runs(3))
    q.claim("w.1", 3)
    q.client.hdel(P + "jobs", "r0:1")
    q.client.hset(P + "jobs", "r1:1", b"\x02junk")
    assert q.requeue("w.1") == [1, 0, 0, 2, 0, 0]
    assert not q.client.exists(P + "workers")
    # whose the two were nobody knows: the recount has to
    assert q.client.hgetall(P + "running") == {b"t": b"2"}
    q.client.delete(P + "running")


# ---- forgive ----


def test_a_run_that_got_on_starts_counting_anew(q):
    q.enqueue("t", ["r", "s"], moment=7, priority=1)
    q.claim("w.1", 2)
    q.requeue("w.1", requeues_max=MAX)
    q.claim("w.2", 2)
    assert q.call("forgive", "w.1", "r:1") == 0  # held by another
    assert q.call("forgive", "w.2", "r:1", "gone:1", "r:1") == 1
    before = q.job("s")
    assert before.requeues == 1
    assert q.job("r") == before._replace(run=b"r", requeues=0)


# ---- attach ----


@pytest.mark.parametrize("lost", ["missing", "ready", "delayed", "reserved"])
def test_an_owner_takes_its_entry_back(q, lost):
    q.enqueue("t", ["r"], moment=777)
    packed = q.client.hget(P + "jobs", "r:1")
    if lost == "missing":
        q.client.flushall()
    if lost == "reserved":
        q.client.flushall()
        q.admit("t", ["r:1"])
    if lost == "delayed":
        q.client.rename(P + "ready:-:t", P + "delayed")
        q.client.delete(P + "tenants:-")
    assert q.attach("w.1", ("r:1", packed)) == [1, 1]
    assert q.held("w.1") == [b"r:1"]
    assert q.client.hget(P + "jobs", "r:1") == packed
    assert q.client.pttl(P + "alive:w.1") > 7000
    audit.check(q.client, Q)
    assert q.attach("w.1", ("r:1", packed)) == [1, 1]
    q.claim("w.1", 0, ended=[("t", "r")])
    assert not q.client.exists(P + "jobs")


def test_what_another_holds_or_is_suspected_stays(q):
    q.enqueue("t", runs(2))
    packed = [q.client.hget(P + "jobs", f"r{i}:1") for i in range(2)]
    q.claim("w.2", 1)
    q.claim("w.3", 1)
    q.requeue("w.3", r1="quarantine")
    assert q.attach("w.1", ("r0:1", packed[0]), ("r1:1", packed[1])) == [1, 0, 0]
    assert (q.held("w.1"), q.held("w.2")) == ([], [b"r0:1"])


def test_an_attach_may_exceed_the_limit_and_closes_the_tenant(q):
    q.enqueue("t", runs(4), running_max=1)
    packed = [q.client.hget(P + "jobs", f"r{i}:1") for i in range(2)]
    assert q.attach("w.1", ("r0:1", packed[0]), ("r1:1", packed[1])) == [1, 1, 1]
    audit.check(q.client, Q)
    assert q.claim("w.2", 10)["jobs"] == []
    q.claim("w.1", 0, ended=[("t", "r0"), ("t", "r1")])
    assert len(q.claim("w.2", 10)["jobs"]) == 1


def test_an_entry_is_given_to_its_owner_if_that_lives(q):
    q.enqueue("t", runs(3))
    q.claim("w.2", 2)
    assert q.attach("w.1", "r0:1", giver="w.2") == [0]
    assert q.held("w.2") == [b"r0:1", b"r1:1"]
    q.call("beat", 8000, "w.1")
    assert q.attach("w.1", "r0:1", "r2:1", "gone:1", giver="w.2") == [1, 1, 1, 0]
    assert (q.held("w.1"), q.held("w.2")) == ([b"r0:1", b"r2:1"], [b"r1:1"])


# ---- absent ----


def test_who_has_no_key_is_absent(q):
    q.call("beat", 8000, "w.1", "w.2", "w.3")
    assert q.call("absent", 200) == [0]
    q.client.delete(P + "alive:w.1", P + "alive:w.3")
    assert sorted(q.call("absent", 200)[1:]) == [b"w.1", b"w.3"]
    assert len(q.call("absent", 1)) == 2


# ---- the acts ----


@pytest.fixture(name="driver")
def _driver(server, q):
    with Driver() as driver:
        driver.open(server.url, scripts=1)
        driver.event("up")
        driver.tell(["queue", Q, "w.1"])
        assert driver.wait(lambda s: s.get("open") == "queue")["rc"] == "ok"
        yield driver
    assert q


@pytest.mark.asan
def test_the_acts_say_what_the_scripts_say(driver, q):
    q.enqueue("t", runs(5))
    assert len(driver.act("claim", 5, "-")["jobs"]) == 5
    found = driver.act("requeue", "w.1", 2, "r0:1=keep", "r1:1=quarantine", "r2:1=drop")
    assert found["done"] == [0, 1, 1, 0, 1, 2]
    found = driver.act("requeue", "w.1", 200, "r3:1=c777/w.1/1", "r4:1=c777/w.1/1")
    assert found["done"] == [1, 2, 0, 0, 0, 0]
    lane = q.client.zrange(P + "quarantine", 0, -1, withscores=True)
    assert [x for x in lane if x[1] == 777] == [(b"r3:1", 777), (b"r4:1", 777)]
    assert q.job("r4").cohort == b"w.1/1"
    nobody = driver.act("absent")
    assert (nobody["names"], nobody["suspects"]) == ([], 3)
    own = driver.act("attach", "t", 8000, "r0", "new")
    assert (own["lives"], own["taken"]) == (1, [1, 1])
    assert driver.act("give", "w.9", "r0:1")["lives"] == 0
    q.call("beat", 8000, "w.9")
    given = driver.act("give", "w.9", "r0:1", "r1:1")
    assert (given["lives"], given["taken"]) == (1, [1, 0])
    q.client.delete(P + "alive:w.9")
    assert driver.act("absent")["names"] == ["w.9"]


@pytest.mark.asan
@pytest.mark.parametrize("act, text", [
    (("requeue", "w.1", 0), "0 entries"),
    (("requeue", "w.1", 201), "201 entries"),
    (("requeue", "w" * 256, 1), "incarnation"),
    (("requeue", "w.1", 1, "x" * 641 + "=keep"), "job id"),
    (("requeue", "w.1", 1, "r:1=c1/"), "cohort"),
    (("requeue", "w.1", 1, "r:1=c1/" + "x" * 65), "cohort"),
    (("requeue", "w.1", 1, "r:1=c-1/x"), "cohort"),
    (("attach", "a b", 8000, "r"), "key form"),
    (("attach", "t", 99, "r"), "heartbeat"),
    (("give", "w.9"), "0 entries"),
    (("give", "w" * 256, "r:1"), "incarnation"),
])
def test_arguments_out_of_bounds_are_refused(driver, act, text):
    found = driver.act(*act)
    assert found["rc"] == "input" and text in found["text"]


@pytest.mark.asan
@pytest.mark.parametrize("reply", [b"+OK\r\n", b":1\r\n", b"*1\r\n$1\r\nx\r\n", b"*2\r\n:1\r\n*0\r\n"])
def test_an_answer_in_another_form_is_a_protocol_error(reply):
    with RedisPeer({"EVALSHA": reply}) as peer, Driver() as driver:
        driver.open(peer.url, scripts=1)
        driver.event("up")
        driver.tell(["queue", Q, "w.1"])
        for act in (("requeue", "w.1", 5), ("attach", "t", 8000, "r"), ("give", "w.2", "r:1"),
                    ("absent",)):
            found = driver.act(*act)
            assert found["rc"] == "protocol", (act, found)

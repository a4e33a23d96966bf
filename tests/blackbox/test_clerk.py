"""The clerk: what Redis has lost is made again from Postgres."""

import itertools
import json
import signal
import time

import pytest

from harness import audit
from harness.redis_server import PrivateRedis
from harness.site import Site, llm_step, orchestration, print_step
from harness.wait import until

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
# three steps, so that a step that ran twice would be seen behind a resume
SLOW = orchestration(
    "slow", print_step("first", "1", "sleep"), llm_step("sleep", "mock.sleep:2500", next_id="last"),
    print_step("last", "3"),
)
_numbers = itertools.count(1)
P = "synapse:q:{default}:"


def settle(site, runs):
    """All have completed, each step of each once, and the queue is as it should be."""
    for run_id in runs:
        assert site.wait_run(run_id, deadline_s=120)["status"] == "completed"
    with site.redis.client() as client:
        until(lambda: not client.exists(P + "jobs"))
        audit.check(client, "default")
    twice = site.sql(
        "SELECT run_id, path, step_id, execution, count(*) FROM run_steps"
        " WHERE kind = 'step' GROUP BY 1, 2, 3, 4 HAVING count(*) > 1")
    assert not twice


def open_again(daemon, since):
    opened = daemon.wait_event("queue.opened", since)
    print(f"open {opened['took_ms']} ms after the loss, {opened['pushed']} pushed")
    return opened


def put_row(site, run_id, ready_s_ago, **columns):
    """A run that was accepted and never came into the queue."""
    put_rows(site, [run_id], ready_s_ago, **columns)


def put_rows(site, run_ids, ready_s_ago, **columns):
    """Many in one statement."""
    values = {
        "orchestration_id": "hello", "tenant_id": "default",
        "status": "queued", "wake": 1, "queue": "default", "input": "row",
        "shared_state": "{}", "step_history": "[]", "definition_version": 1, **columns,
    }
    names = ", ".join(values)
    site.sql(
        f"INSERT INTO orchestration_runs (run_id, {names}, created_at, started_at, ready_at)"
        f" SELECT id, {', '.join(['%s'] * len(values))}, now(), now(),"
        f" now() - %s * interval '1 second' FROM unnest(%s) id",
        *values.values(), ready_s_ago, run_ids)


@pytest.fixture(name="own")
def _own(private_postgres):
    """A site with a Redis that may be killed."""
    server = PrivateRedis(appendonly=False)
    made = Site(server, private_postgres, f"own_{next(_numbers)}")
    try:
        yield made
        made.stop()
    finally:
        made.remove()
        server.stop()


# ---- rows without an entry ----


@pytest.mark.asan
def test_a_queued_row_without_an_entry_is_pushed_when_it_is_ten_seconds_old(site):
    """One whose commit was seen late: the early looks do not go so far back."""
    site.prepare(HELLO)
    daemon = site.start()
    settle(site, [site.submit("hello", "pins the definition")])
    put_row(site, "run_lost_1", 9)
    put_row(site, "run_stock_1", 3600, wake=0)
    put_row(site, "run_paused_1", 3600, status="paused")
    daemon.wait_event("queue.pushed", runs=1)
    settle(site, ["run_lost_1"])
    assert site.events("run_lost_1")[-1]["type"] == "done"
    left = site.sql("SELECT run_id, status FROM orchestration_runs WHERE ended_at IS NULL")
    assert sorted(left) == [("run_paused_1", "paused"), ("run_stock_1", "queued")]
    age, = site.sql("SELECT extract(epoch FROM picked_up_at - ready_at)"
                    " FROM orchestration_runs WHERE run_id = 'run_lost_1'")[0]
    assert age >= 10


@pytest.mark.asan
def test_a_young_row_without_an_entry_is_pushed_after_a_second(site):
    site.prepare(HELLO)
    daemon = site.start()
    settle(site, [site.submit("hello", "pins the definition")])
    put_row(site, "run_lost_1", 0)
    daemon.wait_event("queue.pushed", runs=1)
    settle(site, ["run_lost_1"])
    age, = site.sql("SELECT extract(epoch FROM picked_up_at - ready_at)"
                    " FROM orchestration_runs WHERE run_id = 'run_lost_1'")[0]
    assert 1 <= age < 10


def test_a_backlog_costs_one_early_look_and_not_one_for_each_run(site):
    """Nobody works; hundreds of runs wait. That two of them are lost makes it no other case."""
    site.prepare(HELLO)
    daemon = site.start("--set", "roles=api,keeper")
    daemon.wait_event("queue.opened")
    clerk = daemon.child("clerk")
    site.submit_many("hello", 300)
    with site.redis.client() as client:
        def looked_at():  # one for each that is where it waits
            return client.info("commandstats").get("cmdstat_zscore", {"calls": 0})["calls"]

        def raised():
            return int(client.get(P + "lineage").split(b":")[0])

        for _ in range(3):
            daemon.kill(clerk, signal.SIGSTOP)  # not for long: as below
            first = site.sql("SELECT run_id FROM orchestration_runs ORDER BY run_id LIMIT 2")
            client.hdel(P + "jobs", *[f"{run_id}:1" for run_id, in first])
            site.sql("UPDATE orchestration_runs SET ready_at = now()")
            before, since = looked_at(), daemon.mark()
            daemon.kill(clerk, signal.SIGCONT)
            daemon.wait_event("queue.pushed", since, runs=2)
            once, n = looked_at(), raised()
            until(lambda: raised() >= n + 3)  # three times it could have looked again
            always = looked_at()
            ((age,),) = site.sql("SELECT extract(epoch FROM now() - min(ready_at))"
                                 " FROM orchestration_runs")
            if age < 10:
                break
    assert age < 10, "three times too slow: the looks at what is ten seconds old came as well"
    assert (once - before, always - once) == (198, 0)


def test_a_new_lead_looks_at_all_rows_page_by_page(site):
    site.prepare(HELLO)
    daemon = site.start()
    settle(site, [site.submit("hello", "pins the definition")])
    clerk = daemon.child("clerk")
    daemon.kill(clerk, signal.SIGSTOP)  # not for long: a pulse that went stale is a death
    runs = [f"run_lost_{i}" for i in range(450)]
    put_rows(site, runs, 3600)  # all at one moment
    daemon.kill(clerk)
    daemon.wait_event("clerk.leads", count=2)
    settle(site, runs)


def test_a_running_row_is_its_owners_while_that_one_lives(site):
    site.prepare(HELLO)
    daemon = site.start()
    settle(site, [site.submit("hello", "pins the definition")])
    ((me,),) = until(
        lambda: site.sql("SELECT incarnation FROM workers WHERE status = 'online'"))
    put_row(site, "run_mine", 9, status="running", owner=me, epoch=1)
    put_row(site, "run_orphan", 9, status="running", owner="gone-0.12345678", epoch=1)
    daemon.wait_event("queue.pushed", runs=1)
    settle(site, ["run_orphan"])
    assert site.status("run_mine")["status"] == "running"
    (epoch,) = site.sql("SELECT epoch FROM orchestration_runs WHERE run_id = 'run_orphan'")[0]
    assert epoch == 2


# ---- Redis loses everything ----


@pytest.mark.asan
def test_a_flush_under_load_loses_no_run_and_repeats_no_step(site):
    site.prepare(SLOW)
    daemon = site.start(SYNAPSED_WORKER_SLOTS="120")
    runs = site.submit_many("slow", 200)
    with site.redis.client() as client:
        until(lambda: int(client.hget(P + "running", "*") or 0) == 120)
        since = daemon.mark()
        client.flushall()
    opened = open_again(daemon, since)
    assert int(opened["pushed"]) >= 80
    assert int(daemon.wait_event("queue.attached", since)["jobs"]) > 0
    settle(site, runs)
    assert not site.sql("SELECT 1 FROM orchestration_runs WHERE epoch > 1")


def test_redis_comes_back_without_data(own):
    own.prepare(SLOW)
    daemon = own.start(SYNAPSED_WORKER_SLOTS="60", SYNAPSED_WORKER_PROCESSES="2")
    runs = own.submit_many("slow", 200)
    with own.redis.client() as client:
        until(lambda: int(client.hget(P + "running", "*") or 0) == 120)
    since = daemon.mark()
    own.redis.kill()
    own.redis.start()
    open_again(daemon, since)
    settle(own, runs)
    assert not own.sql("SELECT 1 FROM orchestration_runs WHERE epoch > 1")


def test_a_worker_dies_while_redis_is_away(own):
    own.prepare(SLOW)
    daemon = own.start(SYNAPSED_WORKER_PROCESSES="2")
    runs = own.submit_many("slow", 40)
    until(lambda: own.sql("SELECT count(*) FROM orchestration_runs WHERE status = 'running'")
          == [(40,)])
    since = daemon.mark()
    own.redis.kill()
    daemon.kill(daemon.child("worker"))
    own.redis.start()
    open_again(daemon, since)
    settle(own, runs)


def test_the_lineage_fell_back(site):
    """A replica that lacks the last writes: what it has is stale, and is not claimed."""
    site.prepare(HELLO)
    daemon = site.start()
    with site.redis.client() as client:
        until(lambda: int((client.get(P + "lineage") or b"0:").split(b":")[0]) >= 3)
        since = daemon.mark()
        n, run_id = client.get(P + "lineage").decode().split(":")
        client.set(P + "lineage", f"{int(n) - 2}:{run_id}")
        assert "fell back" in daemon.wait_event("queue.recovering", since)["why"]
        open_again(daemon, since)
        assert int(client.get(P + "lineage").split(b":")[0]) > int(n) - 1
    settle(site, [site.submit("hello")])


def test_limits_hold_behind_a_flush(site):
    site.prepare(SLOW)
    site.sql("INSERT INTO tenants (tenant_id, max_concurrent_runs) VALUES ('default', 5)")
    daemon = site.start()
    runs = [site.submit("slow", str(i)) for i in range(15)]
    since = daemon.mark()
    with site.redis.client() as client:
        until(lambda: client.hget(P + "running", "default") == b"5")
        client.flushall()
        open_again(daemon, since)
        while client.exists(P + "jobs"):
            assert sum(client.zcard(k) for k in client.scan_iter(match=P + "held:*")) <= 5
            time.sleep(0.05)
    settle(site, runs)


# ---- counters ----


def test_counters_that_drift_are_mended(site):
    site.prepare(HELLO)
    daemon = site.start()
    settle(site, [site.submit("hello")])
    with site.redis.client() as client:
        client.hset(P + "running", mapping={"ghost": 3, "*": 3})
        client.sadd(P + "capped", "ghost")
        drift = daemon.wait_event("queue.drift")
        assert drift["counters"] == "3"
        audit.check(client, "default")


# ---- on demand ----


def test_a_rebuild_makes_what_is_missing_and_is_waited_for(site):
    site.prepare(SLOW)
    daemon = site.start(SYNAPSED_WORKER_SLOTS="10")
    runs = [site.submit("slow", str(i)) for i in range(30)]
    with site.redis.client() as client:
        until(lambda: client.hget(P + "running", "*") == b"10")
        # somebody's hand, or an evicting server: all that waits is gone, and nothing tells
        client.delete(P + "ready:-:default", P + "tenants:-", P + "queued")
        held = set(client.zrange(next(client.scan_iter(match=P + "held:*")), 0, -1))
        # half of it is known still
        client.hdel(P + "jobs", *sorted(set(client.hkeys(P + "jobs")) - held)[:10])
    since = daemon.mark()
    done = json.loads(site.verb("redis", "rebuild", "-o", "json").stdout)
    # those that have waited for 10 s the reconciler may have pushed before
    (rebuilt,) = done
    assert rebuilt["queue"] == "default" and 1 <= rebuilt["pushed"] <= 20
    assert "asked for a rebuild" in daemon.wait_event("queue.recovering", since)["why"]
    assert int(daemon.wait_event("queue.attached", since)["jobs"]) == 10
    settle(site, runs)
    shown = site.verb("redis", "rebuild")
    assert b"default  0" in shown.stdout and b"default: open" in shown.stderr


def test_a_rebuild_says_that_nobody_is_there_to_do_it(site):
    site.prepare(HELLO)
    done = site.verb("redis", "rebuild", check=False)
    assert done.returncode == 3 and b"no clerk has ever seen a queue" in done.stderr
    daemon = site.start()
    daemon.wait_event("queue.opened")
    daemon.stop()
    done = site.verb("redis", "rebuild", "--timeout", "1s", check=False)
    assert done.returncode == 1 and b"no clerk leads" in done.stderr


# ---- who leads ----


def test_one_of_two_clerks_leads_and_the_other_follows_it(site):
    site.prepare(HELLO)
    first = site.start(WORKER_ID="one")
    first.wait_event("clerk.leads")
    second = site.start(WORKER_ID="two", SYNAPSED_ROLES="worker,keeper")
    assert not second.find("clerk.leads")
    began = time.monotonic()
    # frozen, so that the same host's next clerk is not there to take it
    first.kill(first.child("clerk"), signal.SIGSTOP)
    second.wait_event("clerk.leads")
    print(f"led again after {time.monotonic() - began:.1f} s")
    with site.redis.client() as client:
        since = second.mark()
        client.flushall()
        open_again(second, since)
    settle(site, [site.submit("hello")])
    # the former lead finds out before it does anything
    first.kill(first.child("clerk"), signal.SIGCONT)
    first.wait_event("clerk.follows")


def test_a_drained_lead_gives_the_lease_up(site):
    site.prepare(HELLO)
    first = site.start(WORKER_ID="one")
    first.wait_event("clerk.leads")
    second = site.start(WORKER_ID="two", SYNAPSED_ROLES="worker,keeper")
    first.stop()
    assert first.find("clerk.lease_given")
    second.wait_event("clerk.leads")
    terms = site.sql("SELECT term FROM leases WHERE name = 'clerk'")
    assert terms == [(2,)]


def test_streams_of_ended_runs_live_shorter_while_redis_holds_too_much(site):
    site.prepare(HELLO)
    daemon = site.start(SYNAPSED_EVENTS_TTL="35s", SYNAPSED_EVENTS_MEMORY="1KiB")
    daemon.wait_event("events.squeezed", ttl_ms="10000")
    with site.redis.client() as client:
        until(lambda: client.get(P + "events_ttl") == b"10000")
        run_id = site.submit("hello")
        site.wait_run(run_id)
        until(lambda: 0 < client.pttl(f"synapse:run:{run_id}:events") <= 10000)
        # a worker at the bell hears of it with its next claim
        assert client.pttl(P + "events_ttl") > 0

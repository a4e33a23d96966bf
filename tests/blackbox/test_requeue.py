"""Deaths: what a dead worker held runs again."""

import contextlib
import signal
import time

import pytest

from harness import audit
from harness.site import orchestration, print_step

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
P = "synapse:q:{default}:"


def until(condition, deadline_s=60):
    end = time.monotonic() + deadline_s
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, condition
        time.sleep(0.02)


@contextlib.contextmanager
def nothing_commits(site, *runs):
    """No worker can write to the rows of these runs; a dead one's session is ended before
    it could, so that its unanswered statements are not in."""
    connection = site.postgres.connect(site.database)
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM orchestration_runs WHERE run_id = ANY (%s) FOR UPDATE",
                (list(runs),),
            )
            yield
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND wait_event_type = 'Lock'", (site.database,)
            )
            until(lambda: not waiting(site))
    finally:
        connection.rollback()
        connection.close()


def waiting(site):
    return site.sql(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
        site.database,
    )


def hold(site, client, n, orch_id="hello"):
    """n runs that a worker has claimed at once and, inside nothing_commits(), not begun
    to end."""
    client.set(P + "paused", "test")
    return [site.submit(orch_id, str(i)) for i in range(n)]


def held(client):
    """{incarnation: job ids}"""
    return {
        key.decode().removeprefix(P + "held:"): client.zrange(key, 0, -1)
        for key in client.scan_iter(match=P + "held:*")
    }


def settle(client, runs, site, **how):
    for run_id in runs:
        assert site.wait_run(run_id, **how)["status"] == "completed"
    until(lambda: not client.exists(P + "jobs"))
    audit.check(client, "default")


@pytest.mark.asan
def test_what_a_killed_worker_held_runs_again(site):
    site.prepare(HELLO)
    daemon = site.start()
    with site.redis.client() as client:
        runs = hold(site, client, 300)
        with nothing_commits(site, *runs):
            client.delete(P + "paused")
            until(lambda: sum(map(len, held(client).values())) == 300)
            (dead,) = held(client)
            pid = daemon.child("worker")
            daemon.kill(pid)
            settled = daemon.wait_event("worker.settled", incarnation=dead)
            assert (settled["requeued"], settled["quarantined"]) == ("300", "0")
            daemon.wait_event("obituary.done", dead=pid)
            assert dead.encode() not in client.smembers(P + "workers")
        settle(client, runs, site)
        print(f"300 entries were ready {settled['took_ms']} ms after the keeper was told")
    assert site.sql("SELECT sum(crashes) FROM orchestration_runs") == [(0,)]


def test_a_requeue_waits_for_a_keeper(site):
    site.prepare(HELLO)
    daemon = site.start()
    with site.redis.client() as client:
        runs = hold(site, client, 20)
        with nothing_commits(site, *runs):
            client.delete(P + "paused")
            until(lambda: sum(map(len, held(client).values())) == 20)
            (dead,) = held(client)
            keeper, worker = daemon.child("keeper"), daemon.child("worker")
            daemon.kill(keeper, signal.SIGSTOP)
            daemon.kill(worker)
            daemon.wait_event("child.died", child=worker)
            daemon.kill(keeper)
            settled = daemon.wait_event("worker.settled", incarnation=dead)
            assert settled["requeued"] == "20"
        settle(client, runs, site)

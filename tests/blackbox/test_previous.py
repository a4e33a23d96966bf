"""The release before this one beside it, on the same stores.

An upgrade of a fleet is one host after the other. What the other version does to a queue is
its scripts, which each program brings along and calls by digest, and to Postgres its
statements: tests/previous/ has both, and the migrations, as they were released. So what the two
make of each other's entries, rows and columns is seen here without building that release.
When a version is released, its own take their place.
"""

import os
import pathlib
import random
import re

import pytest

from harness import audit
from harness.redis_server import PrivateRedis
from harness.site import orchestration, print_step
from test_queue_requeue import Acts
from test_queue_scripts import P, Q, anything

TOP = pathlib.Path(os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[2]))
PREVIOUS = TOP / "tests" / "previous"


@pytest.fixture(scope="module", name="server")
def _server():
    server = PrivateRedis(appendonly=False)
    yield server
    server.stop()


@pytest.fixture(name="sides")
def _sides(server):
    """The queue as this version serves it, and as the one before does."""
    client = server.client()
    client.flushall()
    new, old = Acts(client), Acts(client)
    old.digests = {
        f.stem: client.script_load(f.read_bytes()) for f in (PREVIOUS / "lua").glob("*.lua")
    }
    assert new.call("lineage", new.run_id)[1] == 1
    yield new, old
    audit.check(client, Q)


def test_both_versions_serve_one_queue(sides):
    rng = random.Random(1)
    new, old = sides
    anything(rng, new, old)
    # what dead workers of either held goes back by the keepers of both
    for worker in ("w.1", "w.2", "w.3"):
        left = 1
        while left:
            left = rng.choice(sides).requeue(worker, most=3)[5]
            audit.check(new.client, Q)
    assert not new.client.exists(P + "workers")


def test_an_entry_goes_to_and_fro_between_versions(sides):
    new, old = sides
    old.enqueue("t", ["r"], moment=5)
    for there, here in ((new, old), (old, new)) * 2:
        found = there.claim("w.1", 1)
        assert found["jobs"][0][1] == "r" and found["jobs"][0][2].version == 1
        assert here.requeue("w.1") == [1, 0, 0, 0, 0, 0]
        there.claim("w.1", 1)
        assert here.handback("w.1", ("r:1", 1, "")) == 1
    job = new.job("r")
    assert (job.from_, job.requeues, job.moment) == (b"w.1", 4, 5)


def test_a_released_migration_is_not_changed():
    for released in sorted((PREVIOUS / "migrations").glob("*.sql")):
        ours = TOP / "src" / "store" / "migrations" / released.name
        assert ours.read_bytes() == released.read_bytes(), released.name


def columns(site, database):
    connection = site.postgres.connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name || '.' || column_name, data_type, is_nullable = 'YES',"
                " column_default IS NOT NULL FROM information_schema.columns"
                " WHERE table_schema = 'public'")
            return {row[0]: row[1:] for row in cursor.fetchall()}
    finally:
        connection.close()


def test_statements_of_the_version_before_run_on_this_schema(site):
    site.verb("db", "migrate")
    before = site.database + "_before"
    site.postgres.create(before)
    old = site.postgres.connect(before)
    with old.cursor() as cursor:
        for migration in sorted((PREVIOUS / "migrations").glob("*.sql")):
            cursor.execute(migration.read_text())
    old.commit()
    old.close()
    now, then = columns(site, site.database), columns(site, before)
    assert then and set(then) <= set(now), set(then) - set(now)
    for name, (kind, nullable, _) in then.items():
        assert now[name][0] == kind, name
        assert now[name][1] or not nullable, f"{name} must not be NULL any more"
    tables = {name.split(".")[0] for name in then}
    for name in set(now) - set(then):  # the other version writes none of them
        _, nullable, default = now[name]
        assert nullable or default or name.split(".")[0] not in tables, name
    connection = site.postgres.connect(site.database)
    try:
        with connection.cursor() as cursor:
            for file in sorted((PREVIOUS / "sql").glob("*.sql")):
                text = file.read_text()
                if file.name == "schema_always.sql":  # no statement of a child
                    continue
                cursor.execute(f"PREPARE {re.sub('[^a-z_]', '_', file.stem)}_before AS {text}")
    finally:
        connection.rollback()
        connection.close()


def test_a_run_of_a_later_version_waits_for_its_worker(site):
    site.prepare(orchestration("hello", print_step("say", "hello")))
    daemon = site.start()
    with site.redis.client() as client:
        p = "synapse:q:{default}:"
        client.set(p + "paused", "test")
        run, other = site.submit("hello"), site.submit("hello")
        job = f"{run}:1"
        while not client.hget(p + "jobs", job):
            pass
        ours = client.hget(p + "jobs", job)
        client.hset(p + "jobs", job, b"\2" + ours[1:] + b"more")
        client.delete(p + "paused")
        site.wait_run(other, "completed")
        daemon.wait_event("queue.newer_jobs", jobs=1)
        assert site.status(run)["status"] == "queued"
        assert client.hget(p + "jobs", job)[:1] == b"\2"
        client.hset(p + "jobs", job, ours)  # what its own worker would read
        site.wait_run(run, "completed")

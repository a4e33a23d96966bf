"""What the tests of the API need around a server: definitions, keys, a look into stores."""

import contextlib
import hashlib
import secrets
import socket
import threading
import time
import urllib.parse
import uuid

import psycopg2.extras
import pytest

from api_client import Client
from harness import wait
from harness.pg_server import PrivatePostgres
from harness.redis_server import PrivateRedis
from harness.site import Site

HELLO = {
    "id": "hello",
    "name": "hello",
    "entry_step_id": "p",
    "steps": [
        {
            "id": "p",
            "name": "p",
            "type": "print",
            "print_content": "hi",
            "next_step_id": "e",
        },
        {"id": "e", "name": "e", "type": "end"},
    ],
}
DEFINITIONS = {
    "hello": HELLO,
    "hello2": {**HELLO, "id": "hello2"},
    "broken": {**HELLO, "id": "broken", "entry_step_id": "nowhere"},
}


class ApiWorld:
    """An API server with its stores, seen from outside and from below. No worker runs, so
    that what was accepted stays where it is."""

    queue = "default"

    def __init__(self, site, postgres_url=None, **options):
        self.deaths = 0  # of children, that the test wants
        self.definitions = DEFINITIONS
        self.site = site
        self.sql = site.sql
        self.redis = site.redis.client()
        for name, definition in DEFINITIONS.items():
            self.define(name, definition)
        env = {"SYNAPSED_ROLES": "api", "SYNAPSED_LIMITS_RATE_PER_TENANT": "0"}
        for key, value in options.items():
            env["SYNAPSED_" + key.upper()] = str(value)
        if postgres_url:
            env["SCALE_POSTGRES_URL"] = postgres_url
        self.daemon = site.start(**env)
        self.host = "127.0.0.1"
        self.port = self.daemon.api_port
        self.client = Client(self.host, self.port, self.new_key())

    def close(self):
        self.redis.close()
        died = self.daemon.find("child.died")
        assert len(died) == self.deaths, died

    # -- the stores --

    def stop_redis(self):
        self.site.redis.kill()

    def start_redis(self):
        self.site.redis.start()

    def stop_postgres(self, immediate=False):
        self.site.postgres.stop(immediate)

    def start_postgres(self):
        self.site.postgres.start()

    def row(self, run_id, columns):
        (row,) = self.sql(
            f"SELECT {columns} FROM orchestration_runs WHERE run_id = %s", run_id
        )
        return row[0] if "," not in columns else row

    def count_runs(self):
        return self.sql("SELECT count(*) FROM orchestration_runs")[0][0]

    def define(self, name, definition):
        """As a stock sync stores it: a row, and no version."""
        self.sql(
            "INSERT INTO orchestrations (id, name, description, definition, tenant_id,"
            " created_at, updated_at, is_active)"
            " VALUES (%s, %s, '', %s, 'default', now(), now(), true)"
            " ON CONFLICT (id) DO UPDATE SET definition = excluded.definition,"
            " updated_at = now()",
            name,
            definition["name"],
            psycopg2.extras.Json(definition),
        )

    # -- keys --

    @staticmethod
    def make_key_text():
        return "sk-syn-" + secrets.token_hex(32)

    @staticmethod
    def hashed(key):
        return hashlib.sha256(key.encode()).hexdigest()

    def store_key(self, key, tenant=None):
        self.sql(
            "INSERT INTO api_keys (id, name, key_hash, key_prefix, tenant_id)"
            " VALUES (%s, 'test', %s, %s, %s)",
            str(uuid.uuid4()),
            self.hashed(key),
            key[:12],
            tenant,
        )

    def new_key(self, tenant=None):
        key = self.make_key_text()
        self.store_key(key, tenant)
        return key

    # -- Redis --

    def entry(self, run_id):
        """The packed job of a fresh run, once it is there."""
        self.until(lambda: self.packed(run_id))
        return self.packed(run_id)

    def packed(self, run_id):
        return self.redis.hget(f"synapse:q:{{{self.queue}}}:jobs", f"{run_id}:1")

    def waiting(self, tenant):
        """What counts as queued of a tenant: places and entries."""
        key = tenant.replace("/", "%2F")
        return int(self.redis.hget(f"synapse:q:{{{self.queue}}}:queued", key) or 0)

    # -- time and company --

    @staticmethod
    def until(condition):
        """A state that must come, whatever a server that starts again answers meanwhile."""
        return wait.until(condition, ignoring=OSError)

    @staticmethod
    def timed(act):
        begin = time.monotonic()
        assert act()
        return time.monotonic() - begin

    @staticmethod
    def together(count, act):
        """act(0) ... act(count - 1) at the same time; what they returned."""
        results = [None] * count
        errors = []
        gate = threading.Barrier(count)

        def one(i):
            try:
                gate.wait(30)
                results[i] = act(i)
            except BaseException as error:  # reported below, by the test's own thread
                errors.append(error)

        threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return results

    @staticmethod
    def quote(text):
        return urllib.parse.quote(text, safe="")

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=10)


@contextlib.contextmanager
def world_on(site, **options):
    """A world that is judged at its end: in order, nothing left, no child died."""
    try:
        world = ApiWorld(site, **options)
        yield world
        world.close()
        site.stop()
    finally:
        site.remove()


@contextlib.contextmanager
def own_stores():
    redis = PrivateRedis()
    try:
        postgres = PrivatePostgres()
        try:
            yield redis, postgres
        finally:
            postgres.remove()
    finally:
        redis.stop()


@pytest.fixture(scope="session")
def shared_api():
    """One server for all tests that disturb nobody; their data differ by tenant and id."""
    with own_stores() as stores, world_on(Site(*stores, "api")) as world:
        yield world


@pytest.fixture
def api(request):
    """The shared server, or one of the test's own: @pytest.mark.api(<option>=...)."""
    mark = request.node.get_closest_marker("api")
    if mark is None:
        yield request.getfixturevalue("shared_api")
        return
    with own_stores() as stores, world_on(Site(*stores, "api"), **mark.kwargs) as world:
        yield world

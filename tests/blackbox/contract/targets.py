"""Where the suite is run: one process standalone, one host in scale mode, three API servers behind
nginx that die."""

import http.client
import json
import time

from api_client import Client
from harness.daemon import Daemon, run_verb
from harness.site import Site

from .things import AGENTS, BROKEN, DEFINITIONS, Things

# What a server says that has only just begun or is about to leave: nothing was done.
PASSING = {"draining", "server_busy", "redis_unavailable", "postgres_unavailable"}
GATEWAY = (502, 504)  # nginx: the server behind it was cut off; what it did is not known
SAFE = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
DEADLINE_S = 30
BUNDLE = {"synapse_export": True, "version": "1.0", "orchestrations": list(DEFINITIONS),
          "agents": list(AGENTS)}


class Interrupted(Exception):
    """A server died under a request that nobody may simply repeat: the case begins anew."""


class Target:
    """`kind` is one of case.ALL. `patient`: servers die here."""

    patient = False

    def __init__(self):
        self.keys = {"none": None, "house": None}
        self.house = {}  # headers of the settings page
        self.retries = 0
        self.things = Things(self)

    def client(self, key):
        return Client("127.0.0.1", self.port, self.keys.get(key, key))

    def headers(self, key, headers):
        return {**(self.house if key == "house" else {}), **(headers or {})}

    def ask(self, method, path, key="owner", body=None, headers=None, repeat=False):
        """A request, repeated as a client would where its server dies under it: if it may be by
        its method or its Idempotency-Key. `repeat`: the caller knows that it may."""
        sent = self.headers(key, headers)
        may = repeat or method in SAFE or "Idempotency-Key" in sent
        end = time.monotonic() + DEADLINE_S
        while True:
            answer, passing = None, False
            try:
                answer = self.client(key).ask(method, path, body, sent)
            except (OSError, http.client.HTTPException):
                if not self.patient:
                    raise
            if answer is not None:
                if not self.patient or answer.status not in (*GATEWAY, 503):
                    return answer
                passing = answer.status == 503 and code_of(answer) in PASSING
                if answer.status == 503 and not passing and code_of(answer) != "outcome_unknown":
                    return answer
            if not may and not passing:
                raise Interrupted(f"{method} {path}: {answer}")
            assert time.monotonic() < end, (method, path, answer)
            self.retries += 1
            time.sleep(0.05)

    # -- for cases --

    def thing(self, name):
        """A thing, or a field of one: completed, completed.count, once.run_id."""
        name, _, part = name.partition(".")
        value = self.things.get(name)
        return self.part(value, name, part) if part else value

    def part(self, value, name, part):
        if part == "run_id":  # of a request that was made with this key
            return self.things.send("hello", {"message": value}, once=value)
        path = f"/api/v2/orchestrations/runs/{value}/events"
        page = self.ask("GET", path).json
        return {"count": page["count"], "count-1": page["count"] - 1,
                "first": page["events"][0]["id"]}[part]

    def save(self, settings):
        answer = self.ask("POST", "/api/scale/config", "house", body=settings)
        assert answer.status == 200, answer

    def openapi(self):
        return self.ask("GET", "/openapi.json", "none").json


def code_of(answer):
    try:
        return answer.json.get("code")
    except (ValueError, AttributeError):
        return None


def make_key(env, *flags):
    done = run_verb("key", "create", *flags, "-o", "json", env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["key"]


class Scale(Target):
    kind = "scale"
    options = {"SYNAPSED_DRAIN_LEAF": "0"}

    def __init__(self, redis, postgres, name):
        super().__init__()
        self.site = Site(redis, postgres, name)
        self.site.prepare()
        self.sql = self.site.sql

    def start(self):
        self.site.define(BUNDLE)
        self.store_broken()
        self.make_keys()
        self.daemons = self.start_daemons()
        self.port = self.daemons[0].api_port
        return self

    def store_broken(self):
        """As a stock sync stores it, which judges nothing."""
        self.sql("INSERT INTO orchestrations (id, name, description, definition, tenant_id,"
                 " created_at, updated_at, is_active) VALUES ('broken', 'broken', '', %s,"
                 " 'default', now(), now(), true)", json.dumps(BROKEN))

    def make_keys(self):
        self.keys["owner"] = self.site.key
        for tenant in ("acme", "rival"):
            self.keys[tenant] = make_key(self.site.env, "--name", tenant, "--tenant", tenant)
        self.keys["revoked"] = make_key(self.site.env, "--name", "revoked")
        self.sql("UPDATE api_keys SET is_active = false WHERE name = 'revoked'")

    def start_daemons(self):
        return [self.site.start(**self.options)]

    def stop(self):
        self.site.stop()

    def remove(self):
        self.site.remove()


class Standalone(Target):
    kind = "standalone"

    def __init__(self):
        super().__init__()
        self.daemon = Daemon({"SYNAPSED_DRAIN_LEAF": "0"})
        self.daemon.data_dir.mkdir(parents=True)
        self.env = {"SYNAPSE_DATA_DIR": str(self.daemon.data_dir)}

    def write(self, name, value):
        (self.daemon.data_dir / name).write_text(json.dumps(value))

    def start(self):
        self.write("orchestrations.json", [*DEFINITIONS, BROKEN])
        self.write("user_agents.json", list(AGENTS))
        self.make_keys()
        self.daemon.start()
        self.port = self.daemon.api_port
        return self

    def make_keys(self):
        """The stock file; a tenant's is ours."""
        import hashlib
        import secrets
        import uuid
        rows = []
        for name, tenant, active in (("owner", None, True), ("acme", "acme", True),
                                     ("rival", "rival", True), ("revoked", None, False)):
            key = "sk-syn-" + secrets.token_hex(32)
            self.keys[name] = key
            rows.append({"id": str(uuid.uuid4()), "name": name, "key_prefix": key[:12],
                         "key_hash": hashlib.sha256(key.encode()).hexdigest(),
                         "created_at": "2026-06-01T00:00:00Z", "last_used_at": None,
                         "is_active": active, **({"tenant_id": tenant} if tenant else {})})
        self.write("api_keys.json", rows)

    def stop(self):
        self.daemon.stop()

    def remove(self):
        self.daemon.remove()

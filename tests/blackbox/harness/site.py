"""A whole site: Redis, Postgres, synapsed, a key, definitions."""

import http.client
import json
import time

from harness.daemon import DEADLINE_S, Daemon, run_verb
from harness.openapi_doc import check_answer


def print_step(step_id, text, next_id=None, **more):
    return {"id": step_id, "name": step_id, "type": "print", "print_content": text,
            "output_key": f"out_{step_id}", "next_step_id": next_id, **more}


def llm_step(step_id, model, prompt="{state.user_input}", next_id=None, **more):
    return {"id": step_id, "name": step_id, "type": "llm", "model": model,
            "prompt_template": prompt, "output_key": f"out_{step_id}",
            "next_step_id": next_id, **more}


def orchestration(orch_id, *steps, **more):
    return {"id": orch_id, "name": orch_id, "steps": list(steps),
            "entry_step_id": steps[0]["id"] if steps else "", **more}


class Site:
    """Stores are borrowed; the database and the daemons are its own."""

    def __init__(self, redis, postgres, name, empty=False):
        """empty: without any table, as a database of somebody else."""
        self.redis = redis
        self.postgres = postgres
        self.database = name
        self.lent = not empty
        if empty:
            postgres.create(name)
        else:
            postgres.databases.lend(name)
        with redis.client() as client:
            client.flushall()
        self.env = {
            "REDIS_URL": redis.tcp_url + "/0",
            "SCALE_POSTGRES_URL": postgres.url(name),
        }
        self.daemons = []
        self.key = None

    def verb(self, *words, stdin=b"", check=True):
        done = run_verb(*words, env=self.env, stdin=stdin)
        assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
        return done

    def prepare(self, *definitions):
        """A key for any tenant, definitions. The schema is there."""
        out = self.verb("key", "create", "--name", "test", "-o", "json").stdout
        self.key = json.loads(out)["key"]
        self.define(*definitions)
        return self

    def define(self, *definitions):
        for definition in definitions:
            self.verb("def", "import", "-", stdin=json.dumps(definition).encode())

    def start(self, *flags, expect_errors=(), ready=True, data_dir=None, run_dir=None,
              binary=None, **env):
        daemon = Daemon(
            {**self.env, **env}, *flags, expect_errors=expect_errors, data_dir=data_dir,
            run_dir=run_dir, **({"binary": binary} if binary else {}),
        )
        self.daemons.append(daemon)
        return daemon.start(ready)

    def ask(self, method, path, body=None, headers=None, daemon=None, key=True):
        """(status, parsed body, headers); body may be bytes as they are."""
        daemon = daemon or self.daemons[0]
        sent = {"Authorization": f"Bearer {self.key}"} if key else {}
        sent.update(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = http.client.HTTPConnection(
            "127.0.0.1", daemon.api_port, timeout=DEADLINE_S
        )
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        check_answer(method, path, answer.status, answer.headers, text)
        return answer.status, json.loads(text) if text else None, answer.headers

    def submit(self, orch_id, message="", **body):
        status, answer, _ = self.ask(
            "POST", f"/api/v2/orchestrations/{orch_id}/run", {"message": message, **body}
        )
        assert status == 202, answer
        return answer["run_id"]

    def submit_many(self, orch_id, count):
        """In one request, so that they are there at once, however slow clients are."""
        status, answer, _ = self.ask(
            "POST", f"/api/v2/orchestrations/{orch_id}/runs",
            {"runs": [{"message": str(i)} for i in range(count)]})
        assert status == 202, answer
        return [run["run_id"] for run in answer["runs"]]

    def status(self, run_id):
        status, answer, _ = self.ask("GET", f"/api/v2/orchestrations/runs/{run_id}/status")
        assert status == 200, answer
        return answer

    def wait_run(self, run_id, *states, deadline_s=DEADLINE_S):
        states = states or ("completed", "failed", "cancelled")
        end = time.monotonic() + deadline_s
        while True:
            answer = self.status(run_id)
            if answer["status"] in states:
                return answer
            assert time.monotonic() < end, answer
            time.sleep(0.02)

    def entries(self, run_id, deadline_s=DEADLINE_S):
        """The whole stream of a run. The row ends first and the stream follows: wait for
        the sentinel."""
        end = time.monotonic() + deadline_s
        while True:
            status, answer, _ = self.ask(
                "GET", f"/api/v2/orchestrations/runs/{run_id}/events"
            )
            assert status == 200, answer
            entries = answer["events"]
            if entries and entries[-1]["event"]["type"] == "done":
                return entries
            assert time.monotonic() < end, answer
            time.sleep(0.02)

    def events(self, run_id):
        return [e["event"] for e in self.entries(run_id)]

    def sql(self, text, *values):
        connection = self.postgres.connect(self.database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, values)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def stop(self, **how):
        for daemon in reversed(self.daemons):
            daemon.stop(**how)

    def remove(self):
        for daemon in self.daemons:
            daemon.remove()
        if self.lent:
            self.postgres.databases.take_back(self.database)
            self.lent = False

"""The things that cases are about, made on demand through the API of the target itself: runs in each
state, conversations, dead letters, workers. A thing is made once and shared; `$new.` makes one for a
case alone."""

import collections
import secrets
import threading
import time
import uuid

import psycopg2.extras
from harness.site import llm_step, orchestration, print_step

HELLO = {**orchestration("hello", print_step("p", "hi {state.user_input}")), "name": "Hello",
         "description": "says hi"}
ASK = orchestration(
    "ask", {"id": "ask", "name": "ask", "type": "human", "human_prompt": "Well?",
            "output_key": "said", "next_step_id": "end"},
    print_step("end", "you said {state.said.response}"))
LONG = orchestration("long", llm_step("l", "mock.sleep:60000"))
FAILS = orchestration("fails", llm_step("f", "mock.fail:provider"))
BROKEN = {**orchestration("broken", print_step("p", "x")), "entry_step_id": "nowhere"}
DRIP = orchestration("drip", *[
    llm_step(f"s{i}", "mock.tokens:3:60", next_id=f"s{i + 1}" if i < 5 else None)
    for i in range(6)])
DEFINITIONS = (HELLO, ASK, LONG, FAILS, DRIP)


def agent(agent_id, model, **more):
    return {"id": agent_id, "name": agent_id.capitalize(), "type": "conversational", "tools": [],
            "system_prompt": "You repeat.", "model": model, **more}


AGENTS = (agent("echo", "mock.echo"), agent("slow", "mock.sleep:60000"),
          agent("bad", "mock.fail:provider"))
ENDED = ("completed", "failed", "cancelled")
DEADLINE_S = 60


class Things:
    """`ask(method, path, key, headers, body)` is the target's, with what a client repeats."""

    def __init__(self, target):
        self.target = target
        self.made = {}
        self.locks = collections.defaultdict(threading.Lock)  # it is made by who needs it first
        self.long = []  # runs that do not end by themselves

    def get(self, name):
        with self.locks[name]:
            if name not in self.made:
                self.made[name] = self.make(name)
            return self.made[name]

    def close(self):
        for run_id in self.long:
            self.cancel(run_id)

    def make(self, name):
        return getattr(self, "make_" + name)()

    # -- by the API --

    def send(self, orch_id, body=None, key="owner", once=None):
        run_id = self.send_if(orch_id, body, key, once)
        assert run_id, (orch_id, body)
        return run_id

    def send_if(self, orch_id, body=None, key="owner", once=None):
        """None: the tenant has too many that wait; those of a host that died do again."""
        answer = self.target.ask(
            "POST", f"/api/v2/orchestrations/{orch_id}/run", key, body=body or {},
            headers={"Idempotency-Key": once or secrets.token_hex(8), "Prefer": "respond-async"})
        if answer.status == 429:
            return None
        assert answer.status == 202, answer
        if orch_id == "long":
            self.long.append(answer.json["run_id"])
        return answer.json["run_id"]

    def status(self, run_id, key="owner"):
        answer = self.target.ask("GET", f"/api/v2/orchestrations/runs/{run_id}/status", key)
        assert answer.status == 200, answer
        return answer.json

    def wait(self, run_id, *states, key="owner"):
        end = time.monotonic() + DEADLINE_S
        while True:
            row = self.status(run_id, key)
            if row["status"] in (states or ENDED):
                return run_id
            assert row["status"] not in ENDED and time.monotonic() < end, row
            time.sleep(0.02)

    def cancel(self, run_id):
        self.target.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/cancel", "owner",
                        repeat=True)

    # -- runs --

    def make_completed(self):
        return self.wait(self.send("hello", {"message": "you"}), "completed")

    def make_acme(self):
        return self.wait(self.send("hello", {"tenant_id": "acme"}), "completed")

    def make_running(self):
        return self.wait(self.send("long"), "running")

    def make_failed(self):
        return self.wait(self.send("fails"), "failed")

    def make_cancelled(self):
        run_id = self.make_running()
        self.cancel(run_id)
        return self.wait(run_id, "cancelled")

    def make_cancelled_asking(self):
        run_id = self.make_paused()
        self.cancel(run_id)
        return self.wait(run_id, "cancelled")

    def make_paused(self):
        return self.wait(self.send("ask"), "paused")

    def make_answered(self):
        """Whoever answers second comes too late, whether the run has gone on or not."""
        run_id = self.make_paused()
        path = f"/api/v2/orchestrations/runs/{run_id}/resume"
        self.target.ask("POST", path, "owner", body={"response": "yes"}, repeat=True)
        return run_id

    def make_queued(self):
        """The tenant `full` may have one run at a time, and one that waits."""
        full = self.get("full")
        self.target.ask("POST", "/api/scale/tenants", "house", repeat=True, body={
            "tenant_id": full, "max_concurrent_runs": 1, "max_queued_runs": 1})
        end = time.monotonic() + DEADLINE_S
        while True:  # the queue hears of a tenant's limits with a delay
            first = self.wait(self.send("long", {"tenant_id": full}), "running")
            second = self.send_if("long", {"tenant_id": full})
            time.sleep(0.3)
            if second and self.status(second)["status"] == "queued":
                return second
            for run_id in filter(None, (first, second)):
                self.cancel(run_id)
                self.wait(run_id)
            assert time.monotonic() < end

    def make_full(self):
        return "full_" + secrets.token_hex(4)

    def make_in_session(self):
        return self.wait(self.send("hello", {"session_id": "sess_of_mine"}))

    def make_once(self):
        return "once-" + secrets.token_hex(4)

    # -- conversations --

    def talk(self, name, key="owner", until=ENDED, agent_id="echo"):
        body = {"message": "hello", "agent": agent_id, "session_id": name}
        answer = self.target.ask("POST", "/api/v2/chat", key, body=body, repeat=True)
        assert answer.status == 202, answer
        end = time.monotonic() + DEADLINE_S
        while True:
            row = self.target.ask("GET", f"/api/v2/chat/{name}/status", key).json
            if row["status"] in until:
                return name
            assert time.monotonic() < end, row
            time.sleep(0.02)

    def make_name(self):
        return "n_" + secrets.token_hex(6)

    def make_session(self):
        return self.talk(self.make_name())

    def make_failed_session(self):
        name = self.talk(self.make_name())
        return self.talk(name, agent_id="bad", until=("failed",))

    def make_acme_session(self):
        return self.talk(self.make_name(), key="acme")

    def make_busy_session(self):
        return self.talk(self.make_name(), until=("running",), agent_id="slow")

    # -- what is in the stores --

    def make_letter(self, resolved=False):
        """Of a run that ended so: a letter as a keeper writes it."""
        run_id = self.make_failed()
        letter = str(uuid.uuid4())
        self.target.sql(
            "INSERT INTO dead_letter_queue (id, run_id, orchestration_id, job_function,"
            " job_payload, error_message, attempt_count, first_failed_at, last_failed_at,"
            " resolved) VALUES (%s, %s, 'fails', 'run_orchestration_job', %s, 'it broke', 3,"
            " now(), now(), %s)",
            letter, run_id, psycopg2.extras.Json({"tenant_id": "default"}), resolved)
        return letter

    def make_resolved_letter(self):
        return self.make_letter(True)

    def make_worker(self):
        """Of the hosts that are there."""
        end = time.monotonic() + DEADLINE_S
        while True:
            rows = self.target.ask("GET", "/api/v2/workers", "owner").json
            living = [r for r in rows if r["status"] == "online" and r["address"]
                      and r["max_jobs"] > 0]
            if living:
                return living[0]["worker_id"]
            assert time.monotonic() < end, rows
            time.sleep(0.05)

    def stored_worker(self, address):
        """As a stock worker that has gone leaves it."""
        name = "w_" + secrets.token_hex(4)
        self.target.sql(
            "INSERT INTO workers (worker_id, hostname, address, status, active_jobs, max_jobs,"
            " registered_at) VALUES (%s, 'h', %s, 'offline', 0, 0, now())", name, address)
        return name

    def make_silent_worker(self):
        return self.stored_worker("http://127.0.0.1:1")

    def make_odd_worker(self):
        return self.stored_worker("not a url")

    def make_nowhere_worker(self):
        return self.stored_worker("")

    def make_tenant(self):
        name = self.make_name()
        self.target.ask("POST", "/api/scale/tenants", "house", body={"tenant_id": name},
                        repeat=True)
        return name

    def make_key(self):
        answer = self.target.ask("POST", "/api/settings/api-keys", "owner", repeat=True,
                                 body={"name": self.make_name()})
        assert answer.status == 200, answer
        return answer.json["id"]

    # -- what is of the target --

    def make_definition(self):
        return HELLO

    def make_agent(self):
        return AGENTS[0]

    def make_redis_url(self):
        return self.target.site.env["REDIS_URL"]

    def make_postgres_url(self):
        return self.target.site.env["SCALE_POSTGRES_URL"]

    def make_config(self):
        shown = self.target.ask("GET", "/api/scale/config", "house").json
        return {k: v for k, v in shown.items() if k not in ("sources", "without_effect")}

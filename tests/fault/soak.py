#!/usr/bin/env python3
"""Everything at once, for some minutes: submissions, answers, cancels, retries, conversations
and readers of streams, while children are killed and frozen and stores restart, lose, stall,
refuse and are locked. Then all of it is mended, and Postgres and Redis are asked what became of it.

    soak.py [--seconds n] [--seed n] [--keep DIR]

The seed decides who does what; moments are the machine's, so a seed repeats the kind of
trouble and not its every interleaving. --keep has the logs of a round that went wrong.
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import signal
import sys
import threading
import time

import psycopg2
import redis as redis_py

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "blackbox"))

from harness.daemon import alive  # noqa: E402
from harness.fake_llm import FakeLLM  # noqa: E402
from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site, llm_step, orchestration, print_step  # noqa: E402
from harness.stream import Stream  # noqa: E402
from ledger import ENDED, PREFIX, Load  # noqa: E402

CLIENTS = 12
MEND_S = 150  # from the last fault until everything has ended
# what a store that is away or a frozen process makes children say
TOLD = {"redis.lineage_lost", "beat.keys_missing", "child.died", "child.stuck", "child.stack"}


def parallel(step_id, branches, next_id=None):
    return {"id": step_id, "name": step_id, "type": "parallel", "parallel_branches": branches,
            "next_step_id": next_id}


def human(step_id, next_id=None):
    return {"id": step_id, "name": step_id, "type": "human", "human_prompt": "Well?",
            "output_key": f"out_{step_id}", "next_step_id": next_id}


def called(step_id, behaviour, next_id=None, **more):
    return llm_step(step_id, "oaic.soak",
                    f"{{state.user_input}}/{step_id} [[{behaviour}]]", next_id, **more)


WORK = [
    orchestration("quick", print_step("a", "1", "b"), print_step("b", "2")),
    orchestration("calls", called("a", "sleep:200", "b"), called("b", "tokens:10:20", "c"),
                  called("c", "sleep:400", "d"), print_step("d", "end")),
    orchestration("wide", parallel("fan", [["x"], ["y"], ["z"]], "d"),
                  called("x", "sleep:300"), called("y", "tokens:5:50"),
                  called("z", "sleep:100"), print_step("d", "end")),
    orchestration("asks", called("a", "sleep:100", "ask"), human("ask", "b"),
                  called("b", "sleep:100", "again"), human("again", "end"),
                  print_step("end", "{state.out_ask} {state.out_again}")),
    orchestration("both", parallel("fan", [["ask"], ["x"]], "d"), human("ask"),
                  called("x", "sleep:1500"), print_step("d", "{state.out_ask}")),
    orchestration("fails", called("a", "sleep:50", "b"),
                  llm_step("b", "mock.fail:provider", output_key="o")),
    orchestration("tight", called("a", "sleep:1000", "b", timeout_seconds=1),
                  print_step("b", "end")),
]
NAMES = [w["id"] for w in WORK]
AGENT = {"synapse_export": True, "version": "1.0", "orchestrations": [], "agents": [
    {"id": "echo", "name": "echo", "type": "conversational", "tools": [],
     "system_prompt": "You are short.", "model": "oaic.soak"}]}


class Trace:
    """What was done, with its moment; printed when something is wrong."""

    def __init__(self):
        self.began = time.monotonic()
        self.lines = []
        self.counts = collections.Counter()

    def say(self, what, detail=""):
        self.counts[what] += 1
        self.lines.append(f"{time.monotonic() - self.began:8.2f} {what} {detail}")


class World:
    """The site, and what its clients were told."""

    def __init__(self, rng, seconds):
        self.rng = rng
        self.trace = Trace()
        self.redis = PrivateRedis()
        self.postgres = PrivatePostgres(track_commit_timestamp="on", max_connections=60)
        self.site = Site(self.redis, self.postgres, "soak")
        self.llm = FakeLLM()
        self.until = time.monotonic() + seconds
        self.lock = threading.Lock()
        self.runs = []  # ids that were answered with 202
        self.answers = collections.defaultdict(list)  # run -> texts that were taken
        self.acts = collections.Counter()
        self.turns = {}  # (session, turn) -> message
        self.odd = []  # answers that nobody should get
        self.number = 0
        env = {"SYNAPSED_WORKER_PROCESSES": "2", "SYNAPSED_RESTART_MIN": "20ms",
               "SYNAPSED_RESTART_MAX": "500ms", "SYNAPSED_RESTART_CEILING": "1000",
               "SYNAPSED_DRAIN_DEADLINE": "5s", "SYNAPSED_DRAIN_LEAF": "1s",
               "SYNAPSED_LIMITS_RATE_PER_TENANT": "0", "SYNAPSED_MODE": "scale",
               "OPENAI_COMPATIBLE_BASE_URL": self.llm.url, "OPENAI_COMPATIBLE_KEY": "sk-soak"}
        self.env = env
        self.site.prepare(*WORK)
        self.site.define(AGENT)
        self.hosts = [self.site.start(**env) for _ in range(2)]
        self.down = [threading.Lock() for _ in self.hosts]

    # ---- one request ----

    def ask(self, method, path, body=None):
        daemon = self.hosts[self.rng.randrange(len(self.hosts))]
        connection = http.client.HTTPConnection("127.0.0.1", daemon.api_port, timeout=30)
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, path, sent, {"Authorization": f"Bearer {self.site.key}"})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = None
        if answer.status == 500 or (parsed is None and text):
            self.odd.append((method, path, answer.status, text[:300]))
        coded = isinstance(parsed, dict) and parsed.get("code")
        if path != "/health" and answer.status >= 400 and not coded:
            self.odd.append((method, path, answer.status, text[:300]))
        return answer.status, parsed

    def next_number(self):
        with self.lock:
            self.number += 1
            return self.number

    def some_run(self):
        with self.lock:
            if not self.runs:
                return None
            # mostly one of the newest
            back = min(int(self.rng.expovariate(0.05)), len(self.runs) - 1)
            return self.runs[-1 - back]

    # ---- what clients do ----

    def submit(self):
        name = self.rng.choice(NAMES)
        status, body = self.ask("POST", f"/api/v2/orchestrations/{name}/run",
                                {"message": f"m{self.next_number()}"})
        self.acts[f"submit {status}"] += 1
        if status == 202:
            with self.lock:
                self.runs.append(body["run_id"])

    def bulk(self):
        status, body = self.ask(
            "POST", f"/api/v2/orchestrations/{self.rng.choice(NAMES)}/runs",
            {"runs": [{"message": f"m{self.next_number()}"} for _ in range(20)]})
        self.acts[f"bulk {status}"] += 1
        if status == 202:
            with self.lock:
                self.runs += [r["run_id"] for r in body["runs"] if r.get("run_id")]

    def cancel(self):
        run = self.some_run()
        if not run:
            return
        status, body = self.ask("POST", f"/api/v2/orchestrations/runs/{run}/cancel")
        said = body.get("status") if status == 200 else status
        self.acts[f"cancel {said}"] += 1

    def answer(self):
        run = self.some_run()
        if not run:
            return
        text = f"answer-{self.next_number()}"
        status, body = self.ask("POST", f"/api/v2/orchestrations/runs/{run}/resume",
                                {"response": text})
        self.acts[f"answer {status} {'' if status == 202 else body and body.get('code')}"] += 1
        if status == 202:
            with self.lock:
                self.answers[run].append(text)

    def again(self):
        run = self.some_run()
        if not run:
            return
        status, body = self.ask("POST", f"/api/v2/orchestrations/runs/{run}/resume-failed", {})
        self.acts[f"again {status} {'' if status == 202 else body and body.get('code')}"] += 1

    def retry(self):
        run = self.some_run()
        if not run:
            return
        status, body = self.ask("POST", f"/api/v2/runs/{run}/retry")
        self.acts[f"retry {status}"] += 1
        if status == 202:
            with self.lock:
                self.runs.append(body["run_id"])

    def chat(self):
        session = f"s{self.rng.randrange(6)}"
        message = f"c{self.next_number()} [[sleep:{self.rng.randrange(300)}]]"
        busy = self.rng.choice(["enqueue", "enqueue", "reject", "interrupt"])
        status, body = self.ask("POST", "/api/v2/chat", {
            "session_id": session, "message": message, "agent": "echo", "on_busy": busy})
        self.acts[f"chat {status} {'' if status == 202 else body and body.get('code')}"] += 1
        if status == 202:
            with self.lock:
                self.turns[session, body["turn"]] = message

    def hush(self):
        status, _ = self.ask("POST", f"/api/v2/chat/s{self.rng.randrange(6)}/cancel")
        self.acts[f"hush {status}"] += 1

    def watch(self):
        run = self.some_run()
        if not run:
            return
        end = time.monotonic() + self.rng.uniform(0.2, 4)
        last = 0
        try:
            daemon = self.hosts[self.rng.randrange(len(self.hosts))]
            with Stream(daemon.api_port, self.site.key, run) as stream:
                if stream.status != 200:
                    return
                for event in stream:
                    if event.type == "gap":
                        self.odd.append(("gap", run, event.data))
                    if event.durable and "seq" in event.data:
                        if event.data["seq"] != last + 1:
                            self.odd.append(("stream", run, last, event.data["seq"]))
                        last = event.data["seq"]
                    if time.monotonic() > end:
                        return
        except (OSError, http.client.HTTPException, AssertionError, ValueError):
            return

    def look(self):
        run = self.some_run()
        path = self.rng.choice([f"/api/v2/runs/{run}", f"/api/v2/runs/{run}/why",
                                f"/api/v2/orchestrations/runs/{run}/status",
                                f"/api/v2/orchestrations/runs/{run}/events", "/api/v2/runs",
                                "/api/v2/waits", "/api/v2/workers", "/api/v2/queue/stats",
                                "/api/v2/queues", "/api/v2/analytics", "/health"])
        if run:
            self.acts[f"look {self.ask('GET', path)[0]}"] += 1

    def client(self, seed):
        rng = random.Random(seed)
        acts = [self.submit] * 6 + [self.bulk] + [self.cancel] * 4 + [self.answer] * 6 + [
            self.again] * 3 + [self.retry, self.chat, self.chat, self.chat, self.hush,
                               self.watch, self.watch, self.look, self.look]
        while time.monotonic() < self.until:
            act = rng.choice(acts)
            try:
                act()
            except Exception as error:  # noqa: BLE001  of the script itself
                self.odd.append((act.__name__, repr(error)))
            time.sleep(rng.uniform(0, 0.25))


class Trouble:
    """One thread that breaks things and mends them again, each within seconds."""

    def __init__(self, world, seed, acts):
        self.w, self.rng, self.names = world, random.Random(seed), acts
        self.thread = threading.Thread(target=self.work)

    def work(self):
        while time.monotonic() < self.w.until - 3:
            name = self.rng.choice(self.names)
            self.w.trace.say(name)
            try:
                getattr(self, name)()
            except (redis_py.RedisError, psycopg2.Error, AssertionError, OSError) as error:
                self.w.trace.say("failed", f"{name}: {str(error)[:200]}")
            time.sleep(self.rng.uniform(0.2, 3))

    # ---- children ----

    def _children(self):
        daemon = self.rng.choice(self.w.hosts)
        return daemon, [(p, k) for p, (k, _) in daemon.children().items() if alive(p)]

    def kill_one(self):
        daemon, children = self._children()
        if children:
            pid, kind = self.rng.choice(children)
            sig = self.rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
            self.w.trace.say("  kill", f"{kind} {pid} {sig.name}")
            daemon.kill(pid, sig)

    def kill_many(self):
        daemon, children = self._children()
        for pid, kind in children:
            if self.rng.random() < 0.7:
                self.w.trace.say("  kill", f"{kind} {pid}")
                daemon.kill(pid)

    def freeze(self):
        daemon, children = self._children()
        if not children:
            return
        pid, kind = self.rng.choice(children)
        self.w.trace.say("  freeze", f"{kind} {pid}")
        daemon.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(self.rng.choice([0.5, 2, 9, 12]))
        finally:
            if alive(pid):
                os.kill(pid, signal.SIGCONT)

    def freeze_host(self):
        n = self.rng.randrange(2)
        with self.w.down[n]:
            daemon = self.w.hosts[n]
            pids = [daemon.pid, *daemon.children()]
            for pid in pids:
                if alive(pid):
                    os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(self.rng.choice([1, 10, 13]))
            finally:
                for pid in pids:
                    if alive(pid):
                        os.kill(pid, signal.SIGCONT)

    def lose_host(self):
        """kill -9 of a master, then the host begins anew in the same folders."""
        n = self.rng.randrange(2)
        with self.w.down[n]:
            old = self.w.hosts[n]
            os.kill(old.pid, signal.SIGKILL)
            old.reader.join(40)
            time.sleep(self.rng.uniform(0, 3))
            self._begin(n, old)

    def restart_host(self):
        n = self.rng.randrange(2)
        with self.w.down[n]:
            old = self.w.hosts[n]
            os.kill(old.pid, self.rng.choice([signal.SIGTERM, signal.SIGINT]))
            old.reader.join(60)
            self._begin(n, old)

    def _begin(self, n, old):
        new = self.w.site.start(
            data_dir=old.data_dir, run_dir=old.run_dir, ready=False, **self.w.env,
            SYNAPSE_BACKEND_PORT=str(old.api_port), WORKER_HEALTH_PORT=str(old.health_port))
        new.api_port, new.health_port = old.api_port, old.health_port
        self.w.hosts[n] = new

    def reload(self):
        self.rng.choice(self.w.hosts).send(signal.SIGHUP)

    def upgrade(self):
        n = self.rng.randrange(2)
        with self.w.down[n]:
            daemon = self.w.hosts[n]
            since = daemon.mark()
            daemon.send(signal.SIGUSR2)
            # refused in the middle of something else; abandoned if a child of it is killed
            new = int(daemon.wait_event("upgrade.started", since, deadline_s=3)["child"])
            try:
                daemon.wait_event("upgrade.in_charge", since, pid=new, deadline_s=30)
            except AssertionError:
                end = time.monotonic() + 100  # until it is told that nothing came of it
                while time.monotonic() < end and not (
                        daemon.find("upgrade.failed", since) or daemon.find("upgrade.done", since)):
                    time.sleep(0.2)
                if not daemon.find("upgrade.done", since):
                    raise
            daemon.wait_event("master.stopped", since, deadline_s=30)
            daemon.follow(new)

    def crew(self):
        self.rng.choice(self.w.hosts).send(self.rng.choice([signal.SIGTTIN, signal.SIGTTOU]))

    # ---- Redis ----

    def flush(self):
        with self.w.redis.client() as client:
            client.flushall()

    def redis_again(self):
        self.w.redis.kill()
        if self.rng.random() < 0.4:
            for path in self.w.redis.dir.glob("appendonlydir*"):
                for one in path.iterdir():
                    one.unlink()
                path.rmdir()
        time.sleep(self.rng.uniform(0, 4))
        self.w.redis.start()

    def redis_sleeps(self):
        with self.w.redis.client(socket_timeout=30) as client:
            client.execute_command("DEBUG", "SLEEP", self.rng.choice([0.5, 3, 6]))

    def redis_full(self):
        with self.w.redis.client() as client:
            client.config_set("maxmemory", "1mb")
            try:
                time.sleep(self.rng.uniform(1, 5))
            finally:
                client.config_set("maxmemory", "0")

    def redis_cut(self):
        with self.w.redis.client() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal")

    def redis_paused(self):
        with self.w.redis.client() as client:
            client.execute_command("CLIENT", "PAUSE", self.rng.choice([500, 3000]))

    # ---- Postgres ----

    def pg_again(self):
        self.w.postgres.stop(immediate=True)
        time.sleep(self.rng.uniform(0, 5))
        self.w.postgres.start()

    def _pg(self, *texts, wait_s=0.0, autocommit=True):
        connection = self.w.postgres.connect("soak")
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0; SET default_transaction_read_only = off;"
                               "SET idle_in_transaction_session_timeout = 0")
            connection.autocommit = autocommit
            with connection.cursor() as cursor:
                for text in texts:
                    cursor.execute(text)
                time.sleep(wait_s)
        finally:
            connection.close()

    def pg_cut(self):
        self._pg("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE datname = 'soak' AND pid <> pg_backend_pid()")

    def pg_rows_locked(self):
        """Somebody's psql with an open transaction."""
        self._pg("SELECT run_id FROM orchestration_runs WHERE ended_at IS NULL"
                 " ORDER BY random() LIMIT 5 FOR UPDATE",
                 wait_s=self.rng.choice([1, 4, 8]), autocommit=False)

    def pg_table_locked(self):
        self._pg("LOCK TABLE " + self.rng.choice(
            ["orchestration_runs", "run_steps", "run_waits", "workers", "chat_sessions",
             "leases", "queue_lineages", "idempotency"]) + " IN ACCESS EXCLUSIVE MODE",
            wait_s=self.rng.choice([1, 4, 11]), autocommit=False)

    def pg_read_only(self):
        self._pg("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        try:
            time.sleep(self.rng.uniform(1, 5))
        finally:
            self.heal()

    def pg_hasty(self):
        """An admin's timeouts."""
        self._pg("ALTER SYSTEM SET statement_timeout = '20ms'",
                 "ALTER SYSTEM SET idle_in_transaction_session_timeout = '50ms'",
                 "SELECT pg_reload_conf()")
        try:
            time.sleep(self.rng.uniform(1, 5))
        finally:
            self.heal()

    def heal(self):
        """What an act that failed half-way has left."""
        self._pg("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
        with self.w.redis.client() as client:
            client.config_set("maxmemory", "0")


CHILDREN = ["kill_one"] * 6 + ["kill_many", "freeze", "freeze", "freeze_host", "lose_host",
                               "restart_host", "reload", "upgrade", "upgrade", "crew"]
STORES = ["flush", "redis_again", "redis_sleeps", "redis_full", "redis_cut", "redis_paused",
          "pg_again", "pg_cut", "pg_rows_locked", "pg_rows_locked", "pg_table_locked",
          "pg_read_only", "pg_hasty"]


class Ledger(Load):
    """The audit of the fault suite, of runs that people may have cancelled and gone on with."""

    def __init__(self, world):
        super().__init__(world.site)
        self.w = world
        self.redis_lost = True
        self.accepted = {run: "" for run in world.runs}

    def mend(self):
        """Answers what waits, until nothing lives any more."""
        end = time.monotonic() + MEND_S
        while True:
            rows, entries = self.left()
            paused = self.site.sql(
                "SELECT DISTINCT run_id FROM run_waits JOIN orchestration_runs r USING (run_id)"
                " WHERE state = 'open' AND r.ended_at IS NULL")
            turns = self.site.sql("SELECT count(*) FROM chat_turns WHERE ended_at IS NULL")[0][0]
            if not rows and not entries and not paused and not turns:
                return
            if time.monotonic() > end:
                yield f"left: rows {rows[:5]} of {len(rows)}, {entries} entries, " \
                      f"{len(paused)} paused, {turns} turns; {self._held()}"
                return
            for (run,) in paused[:50]:
                text = f"answer-{self.w.next_number()}"
                status, _ = self.w.ask("POST", f"/api/v2/orchestrations/runs/{run}/resume",
                                       {"response": text})
                if status == 202:
                    self.w.answers[run].append(text)
            time.sleep(0.5)

    def violations(self):
        yield from self.mend()
        rows = {r[0]: r[1:] for r in self.site.sql(
            "SELECT run_id, status, orchestration_id, epoch, event_seq, input, crashes,"
            " ended_at IS NOT NULL FROM orchestration_runs WHERE kind = 'run'")}
        journal = collections.defaultdict(list)
        for run_id, *row in self.site.sql(
                "SELECT s.run_id, seq, s.epoch, s.kind, path, step_id, execution, events,"
                " extract(epoch FROM coalesce(pg_xact_commit_timestamp(s.xmin),"
                " 'infinity'))::float8 FROM run_steps s JOIN orchestration_runs r"
                " USING (run_id) WHERE r.kind = 'run' ORDER BY run_id, seq"):
            journal[run_id].append(row)
        for run_id in self.accepted:
            if run_id not in rows:
                yield f"{run_id} was accepted and is not there"
        for run_id, (status, *_, ended) in rows.items():
            if status not in ENDED or not ended:
                yield f"{run_id} is {status}, ended_at {'' if ended else 'not '}set"
        yield from self._rows(rows, journal)
        yield from self._people(rows, journal)
        yield from self._calls(rows, journal)
        yield from self._chats()
        yield from self._streams_of(rows, journal)
        yield from self._redis()

    def _rows(self, rows, journal):
        for run_id, run in rows.items():
            seqs = [r[0] for r in journal[run_id]]
            epochs = [r[1] for r in journal[run_id]]
            if seqs != list(range(1, len(seqs) + 1)):
                yield f"{run_id}: rows {seqs}"
            if epochs != sorted(epochs) or (epochs and epochs[-1] > run[2]):
                yield f"{run_id}: epochs {epochs}, the run's {run[2]}"
            events = self._told(journal[run_id])
            if [e["seq"] for _, e in events] != list(range(1, len(events) + 1)):
                yield f"{run_id}: events {[e['seq'] for _, e in events]}"
            ids = [tuple(map(int, i.split("-"))) for i, _ in events]
            if ids != sorted(set(ids)):
                yield f"{run_id}: ids {ids}"
            if run[3] != len(events):
                yield f"{run_id}: event_seq {run[3]} of {len(events)}"
            # an attempt ends once
            kinds = [e["type"] for _, e in events]
            attempts = 1 + sum(r[2] == "resume" for r in journal[run_id])
            if kinds[-1:] != ["done"] or kinds.count("done") != attempts:
                yield f"{run_id}: {kinds.count('done')} ends of {attempts}, {kinds[-3:]}"
            completed = collections.Counter(
                (e.get("path"), e["orch_step_id"]) for _, e in events
                if e["type"] == "step_complete")
            for step, times in completed.items():
                if times > 1:
                    yield f"{run_id}: {step} completed {times} times"
        # who is asked to stop hears of it with the next commit; that one may be the end
        for run_id, commits in self.site.sql(
                "SELECT r.run_id, count(DISTINCT s.at) FROM orchestration_runs r"
                " JOIN run_steps s ON s.run_id = r.run_id AND s.at > r.cancel_requested_at"
                " WHERE r.status IN ('completed', 'failed') GROUP BY 1"):
            if commits > 2:
                yield f"{run_id}: {commits} commits behind a cancel, and {rows[run_id][0]}"

    @staticmethod
    def _told(journal):
        return [tuple(e) for r in journal if r[6] for e in json.loads(r[6])]

    def _people(self, rows, journal):
        taken = collections.defaultdict(list)
        for run_id, answer, state, read in self.site.sql(
                "SELECT run_id, answer, state, read_at IS NOT NULL FROM run_waits"):
            if state == "answered":
                taken[run_id].append(json.dumps(answer))
                if rows.get(run_id, [""])[0] == "completed" and not read:
                    yield f"{run_id}: completed with an answer that nobody read"
            if state == "open":
                yield f"{run_id}: has ended with an open question"
        for run_id, texts in self.w.answers.items():
            if any(r[2] == "resume" for r in journal[run_id]):
                continue  # what was cut off is asked anew
            for text in texts:
                if sum(f"{text}\\" in a or f'{text}"' in a for a in taken[run_id]) != 1:
                    yield f"{run_id}: {text} was taken and is nowhere: {taken[run_id]}"

    def _calls(self, rows, journal):
        """No model is called for a step whose row is committed."""
        wall = time.time() - time.monotonic()
        runs = {run[4]: run_id for run_id, run in rows.items()}
        twice = collections.Counter(run[4] for run in rows.values())
        self.repeated = 0
        seen = collections.Counter()
        for call in self.w.llm.calls:
            message, _, step = call.message.partition("/")
            step = step.split(" ", 1)[0]
            if twice[message] != 1:  # a retry has the message of the first
                continue
            seen[message, step] += 1
            for row in journal[runs[message]]:
                for _, e in (tuple(x) for x in json.loads(row[6] or "[]")):
                    if (e["type"] == "step_complete" and e["orch_step_id"] == step
                            and call.arrived_at + wall > row[7] + 0.05):
                        yield (f"{runs[message]}: {step} was called "
                               f"{call.arrived_at + wall - row[7]:.3f} s after its commit")
        self.repeated = sum(n - 1 for n in seen.values())

    def _chats(self):
        for session, live, waiting in self.site.sql(
                "SELECT session_id, live_turn, waiting FROM chat_sessions"):
            if live is not None or waiting:
                yield f"session {session}: live turn {live}, {waiting} wait"
        turns = collections.defaultdict(list)
        for session, turn, status, message, started, ended in self.site.sql(
                "SELECT session_id, turn, status, message, started_at, ended_at FROM chat_turns"
                " ORDER BY session_id, turn"):
            if self.w.turns.get((session, turn), message) != message:
                yield f"{session}: turn {turn} says {message!r}"
            turns[session].append((turn, status, started, ended))
        for session, turn in self.w.turns:
            if turn not in [t[0] for t in turns[session]]:
                yield f"{session}: turn {turn} was accepted and is not there"
        for session, found in turns.items():
            if [t[0] for t in found] != list(range(1, len(found) + 1)):
                yield f"{session}: turns {[t[0] for t in found]}"
            last = None
            for turn, status, started, ended in found:
                if status not in ENDED or not ended:
                    yield f"{session}: turn {turn} is {status}"
                if status == "cancelled":  # it may have waited, and ends when it is met
                    continue
                if started and last and started < last:
                    yield f"{session}: turn {turn} began before the one before had ended"
                last = ended

    def _streams_of(self, rows, journal):
        told = {run_id: self._told(journal[run_id]) for run_id in rows}
        yield from self._streams(told)


def judge_hosts(world):
    for daemon in world.site.daemons:
        for e in daemon.find_level("error"):
            if e["event"] not in TOLD:
                yield f"log: {dict(e)}"
        for line in daemon.lines:
            if "Sanitizer" in line or "runtime error" in line or "assert" in line:
                yield f"log: {line}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(1, 1 << 31))
    parser.add_argument("--keep", type=pathlib.Path)
    args = parser.parse_args()
    print(f"seed {args.seed}, {args.seconds} s", flush=True)
    rng = random.Random(args.seed)
    world = World(rng, args.seconds)
    wrong = []
    try:
        clients = [threading.Thread(target=world.client, args=(rng.random(),))
                   for _ in range(CLIENTS)]
        troubles = [Trouble(world, rng.random(), CHILDREN), Trouble(world, rng.random(), STORES)]
        for thread in clients + [t.thread for t in troubles]:
            thread.start()
        for thread in clients + [t.thread for t in troubles]:
            thread.join()
        troubles[1].heal()
        mended = time.monotonic()
        world.site.daemons.sort(key=lambda d: d not in world.hosts)  # whom the audit asks
        ledger = Ledger(world)
        wrong += ledger.violations()
        took = time.monotonic() - mended
        wrong += world.odd
        for daemon in world.hosts:
            if alive(daemon.pid):
                daemon.send(signal.SIGTERM)
                daemon.reader.join(60)
            if daemon.reader.is_alive() or daemon.process.wait(10) != 0:
                wrong.append(f"a host ended with {daemon.process.returncode}, or not")
        wrong += judge_hosts(world)
        states = world.site.sql("SELECT kind, status, count(*) FROM orchestration_runs"
                                " GROUP BY 1, 2 ORDER BY 1, 2")
        letters = world.site.sql("SELECT count(*) FROM dead_letter_queue")[0][0]
        print(f"{len(world.runs)} runs accepted, {states}, {letters} dead letters;"
              f" {len(world.llm.calls)} calls, {getattr(ledger, 'repeated', '?')} again;"
              f" mended in {took:.1f} s")
        print(dict(sorted(world.acts.items())))
        print(dict(sorted(world.trace.counts.items())))
    finally:
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
            (args.keep / "trace").write_text("\n".join(world.trace.lines))
            for n, daemon in enumerate(world.site.daemons):
                (args.keep / f"host{n}.log").write_text(daemon.log())
        world.site.remove()
        if not args.keep:
            world.postgres.remove()
            world.redis.stop()
        else:
            print(f"postgres port {world.postgres.port}, redis {world.redis.sock}")
    for one in wrong[:40]:
        print("WRONG", one)
    print(f"{len(wrong)} wrong, seed {args.seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

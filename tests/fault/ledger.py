"""Load with a memory, and the audit of what became of it.

    load = Load(site, faults)
    load.submit("naps", 100)        remembers each run id that was answered with 202
    load.settle()                   waits until all of them have ended
    load.audit()                    raises with all that is wrong

What is checked, always at rest:

 - accepted: each run that was answered with 202 is there and has ended; a row that nobody was
   told of (its answer was lost) has ended as well; the states add up;
 - journal: rows of a run are numbered 1, 2, 3 ... with epochs that only rise and are not above
   the run's; a step that was executed once has one row; a run that completed has one of each
   step of its definition;
 - effects: a model was not called for a step whose row had been committed by then (moments of
   commits are Postgres' own, of calls the program's, on one machine's clocks);
 - events: durable ones in the journal are numbered without a gap, their ids rise, `done` is the
   last; the stream has the same events under the same ids, none besides but live ones, or, where
   Redis has lost something, a part of them; the API gives all of them;
 - letters: each dead letter is of a run that failed, and complete;
 - Redis: what harness/audit.py knows, nothing left of runs that ended, and no key without an
   expiry besides the queue's own few.
"""

import collections
import http.client
import json
import os
import threading
import time

from harness import audit

ENDED = ("completed", "failed", "cancelled")
PARKED = ("paused",)
PREFIX = b"synapse:q:{default}:"
# keys of the queue that live as long as it does; each holds as much as there is to hold
LASTING = {b"workers", b"lanes", b"limits", b"running", b"queued", b"capped", b"lineage",
           b"recovering", b"bell", b"paused", b"pause_n", b"jobs", b"admitted"}


def now_s():
    """The monotonic clock, of which notes of the daemon are as well."""
    return time.monotonic()


class Load:
    def __init__(self, site, faults=None):
        self.site = site
        self.faults = faults
        self.accepted = {}  # run id -> its message
        self.refused = collections.Counter()  # status -> how many
        self.unanswered = 0
        self.steps = {}  # orchestration -> its step ids
        self.calling = set()  # orchestrations of which each step calls a model
        self.lock = threading.Lock()
        self.number = 0
        self.calls = faults.rule("effect.begun", "note", times=0) if faults else None
        self.redis_lost = False
        self.body = {}  # what submissions say besides their message
        self.inside = set()  # notes of calls that never left a process that was stale

    def define(self, *definitions):
        for d in definitions:
            self.steps[d["id"]] = [s["id"] for s in d["steps"]]
            if all(s["type"] == "llm" for s in d["steps"]):
                self.calling.add(d["id"])

    # ---- submitting ----

    def _message(self):
        with self.lock:
            self.number += 1
            return f"m{self.number}"

    def _one(self, connection, orch_id):
        message = self._message()
        body = json.dumps({"message": message, **self.body}).encode()
        connection.request("POST", f"/api/v2/orchestrations/{orch_id}/run", body,
                           {"Authorization": f"Bearer {self.site.key}"})
        answer = connection.getresponse()
        text = answer.read()
        with self.lock:
            if answer.status == 202:
                self.accepted[json.loads(text)["run_id"]] = message
            else:
                self.refused[answer.status] += 1
        return answer.status == 202

    def _many(self, orch_id, n, daemon, give_up_at, pause_s):
        connection = None
        while n > 0 and time.monotonic() < give_up_at:
            try:
                if not connection:
                    connection = http.client.HTTPConnection(
                        "127.0.0.1", daemon.api_port, timeout=20)
                    connection.connect()
            except OSError:
                connection = None
                time.sleep(0.02)  # nobody listens: nothing was asked
                continue
            try:
                if self._one(connection, orch_id):
                    n -= 1
                    time.sleep(pause_s)
                else:
                    time.sleep(0.05)
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.unanswered += 1
                connection.close()
                connection = None
        if connection:
            connection.close()

    def submit(self, orch_id, n, daemon=None, threads=4, deadline_s=120):
        """Until n more are accepted; returns when they are."""
        self.begin(orch_id, n, daemon, threads, deadline_s)()

    def begin(self, orch_id, n, daemon=None, threads=4, deadline_s=120, pause_s=0.0):
        """The same beside the caller; returns a function that waits for it."""
        daemon = daemon or self.site.daemons[0]
        before = len(self.accepted)
        parts = [n // threads + (i < n % threads) for i in range(threads)]
        give_up_at = time.monotonic() + deadline_s
        workers = [threading.Thread(target=self._many,
                                    args=(orch_id, part, daemon, give_up_at, pause_s))
                   for part in parts if part]
        for worker in workers:
            worker.start()

        def wait():
            for worker in workers:
                worker.join()
            assert len(self.accepted) >= before + n, (
                f"only {len(self.accepted) - before} of {n} were accepted;"
                f" refused {dict(self.refused)}, unanswered {self.unanswered}")

        return wait

    # ---- waiting ----

    def left(self):
        """Runs that have not ended, and entries that are in Redis."""
        rows = self.site.sql(
            "SELECT run_id, status, owner, epoch, wake FROM orchestration_runs"
            " WHERE NOT status = ANY (%s)", list(ENDED + PARKED))
        with self.site.redis.client() as client:
            # a reservation whose API child has died runs out by itself
            entries = client.hlen(PREFIX + b"jobs")
        return rows, entries

    def settle(self, deadline_s=120):
        """All have ended, and Redis says so."""
        end = time.monotonic() + deadline_s
        while True:
            rows, entries = self.left()
            if not rows and not entries:
                return
            assert time.monotonic() < end, (
                f"{len(rows)} runs and {entries} entries are left: {rows[:5]}\n{self._held()}")
            time.sleep(0.05)

    def _held(self):
        with self.site.redis.client() as client:
            s = audit.Snapshot(client, "default")
        return f"places {({k: len(v) for k, v in s.places.items()})}, workers {s.workers}"

    # ---- the audit ----

    def audit(self, letters=0, expect="completed", streams=True):
        """expect None: a run may have ended in any way."""
        wrong = list(self.violations(letters, expect, streams))
        assert not wrong, f"{len(wrong)} violations:\n" + "\n".join(map(str, wrong[:20]))

    def violations(self, letters=0, expect="completed", streams=True):
        rows = {r[0]: r[1:] for r in self.site.sql(
            "SELECT run_id, status, orchestration_id, epoch, event_seq, input, crashes,"
            " ended_at IS NOT NULL FROM orchestration_runs")}
        journal = collections.defaultdict(list)
        for run_id, *row in self.site.sql(
                "SELECT run_id, seq, epoch, kind, path, step_id, execution, events,"
                " extract(epoch FROM coalesce(pg_xact_commit_timestamp(xmin), 'infinity'))::float8"
                " FROM run_steps ORDER BY run_id, seq"):
            journal[run_id].append(row)
        yield from self._accepted(rows, expect, letters)
        yield from self._journal(rows, journal)
        yield from self._effects(rows, journal)
        told = {}
        yield from self._events(rows, journal, told)
        if streams:
            yield from self._streams(told)
        yield from self._letters(rows, letters)
        yield from self._redis()

    def _accepted(self, rows, expect, letters):
        states = collections.Counter(r[0] for r in rows.values())
        for run_id in self.accepted:
            if run_id not in rows:
                yield f"{run_id} was accepted and is not there"
        for run_id, (status, *_, ended) in rows.items():
            if status not in ENDED + PARKED:
                yield f"{run_id} is {status}"
            if (status in ENDED) != ended:
                yield f"{run_id} is {status}, ended_at {'' if ended else 'not '}set"
        untold = len(set(rows) - set(self.accepted))
        if untold > self.unanswered + sum(self.refused.values()):
            yield f"{untold} runs that nobody asked for"
        failed = sum(n for s, n in states.items() if s != expect)
        if expect and failed != letters:
            yield f"states {dict(states)}, {letters} failures expected"

    def _journal(self, rows, journal):
        for run_id, run in rows.items():
            seqs = [r[0] for r in journal[run_id]]
            epochs = [r[1] for r in journal[run_id]]
            if seqs != list(range(1, len(seqs) + 1)):
                yield f"{run_id}: rows {seqs}"
            if epochs != sorted(epochs) or (epochs and epochs[-1] > run[2]):
                yield f"{run_id}: epochs {epochs}, the run's {run[2]}"
            done = collections.Counter(
                (r[3], r[4], r[5]) for r in journal[run_id] if r[2] == "step")
            for step, times in done.items():
                if times > 1:
                    yield f"{run_id}: {times} rows of step {step}"
            if run[0] == "completed" and run[1] in self.steps:
                names = sorted(step_id for _, step_id, _ in done)
                if names != sorted(self.steps[run[1]]):
                    yield f"{run_id}: steps {names}"

    def _effects(self, rows, journal):
        """Calls are noted as <message>/<step>, which is what the prompt says."""
        if not self.faults:
            return
        runs = {run[4]: run_id for run_id, run in rows.items()}
        wall = time.time() - time.monotonic()
        seen = collections.Counter()
        for note in self.faults.notes():
            if note.point != "effect.begun" or "/" not in note.detail or note in self.inside:
                continue
            message, step = note.detail.rsplit("/", 1)
            seen[note.detail] += 1
            for row in journal.get(runs.get(message), ()):
                if row[2] == "step" and row[4] == step and note.mono_s + wall > row[7] + 0.002:
                    yield (f"{runs[message]}: {step} was called {note.mono_s + wall - row[7]:.3f} s"
                           " after its row was committed")
        for run_id, run in rows.items():
            for row in journal[run_id]:
                # a cancelled step has a row, called or not
                if run[0] == "completed" and run[1] in self.calling and row[2] == "step" and (
                        f"{run[4]}/{row[4]}" not in seen):
                    yield f"{run_id}: {row[4]} has a row and was never called"
        self.repeated = sum(n - 1 for n in seen.values())

    def _events(self, rows, journal, told):
        for run_id, run in rows.items():
            events = [tuple(e) if isinstance(e, list) else (e["id"], e["event"])
                      for r in journal[run_id] if r[6] for e in json.loads(r[6])]
            told[run_id] = events
            numbers = [e["seq"] for _, e in events]
            ids = [tuple(map(int, i.split("-"))) for i, _ in events]
            if numbers != list(range(1, len(numbers) + 1)):
                yield f"{run_id}: events {numbers}"
            if ids != sorted(set(ids)):
                yield f"{run_id}: ids {ids}"
            if run[0] in ENDED:
                kinds = [e["type"] for _, e in events]
                if kinds[-1:] != ["done"] or kinds.count("done") != 1:
                    yield f"{run_id}: ends with {kinds[-3:]}"
                if run[3] != len(events):
                    yield f"{run_id}: event_seq {run[3]} of {len(events)}"

    def _streams(self, told):
        with self.site.redis.client() as client:
            pipe = client.pipeline(transaction=False)
            for run_id in told:
                pipe.xrange(f"synapse:run:{run_id}:events")
            streams = dict(zip(told, pipe.execute()))
        for run_id, events in told.items():
            got = [(i.decode(), json.loads(fields[b"data"])) for i, fields in streams[run_id]]
            durable = [(i, e) for i, e in got if "sub" not in e]
            if self.redis_lost:
                missing = [i for i in durable if i not in events]
                if missing:
                    yield f"{run_id}: the stream has what the journal has not: {missing[:2]}"
            elif durable != events:
                lacks = [(i, e["type"]) for i, e in events if (i, e) not in durable]
                more = [(i, e["type"]) for i, e in durable if (i, e) not in events]
                yield f"{run_id}: the stream lacks {lacks}, and has besides {more}"
        for run_id in list(told)[:10]:
            answer = self.site.entries(run_id)
            durable = [(e["id"], e["event"]) for e in answer if "sub" not in e["event"]]
            if durable != told[run_id]:
                yield f"{run_id}: the API gives {len(durable)} of {len(told[run_id])} events"

    def _letters(self, rows, letters):
        found = self.site.sql(
            "SELECT run_id, orchestration_id, attempt_count, error_message, job_payload"
            " FROM dead_letter_queue")
        if len(found) != letters:
            yield f"{len(found)} dead letters, {letters} expected"
        for run_id, orch_id, attempts, error, payload in found:
            if run_id not in rows or rows[run_id][0] != "failed":
                yield f"dead letter of {run_id}, which is {rows.get(run_id, ['gone'])[0]}"
            if not (orch_id and attempts and error and payload):
                yield f"dead letter of {run_id} lacks something"

    def _redis(self):
        with self.site.redis.client() as client:
            yield from audit.violations(client, "default")
            for key in client.scan_iter(count=1000):
                if client.ttl(key) >= 0:
                    continue
                name = key.removeprefix(PREFIX)
                if name == key or not (name in LASTING or name.startswith(b"tenants:")):
                    if client.exists(key):
                        yield f"{key} has no expiry"


# ---- what a host uses ----


def usage(daemon):
    """{kind: (descriptors, resident KiB)} of its children, the greatest of each."""
    found = {}
    for pid, (kind, _) in daemon.children().items():
        try:
            with open(f"/proc/{pid}/statm", encoding="ascii") as f:
                kib = int(f.read().split()[1]) * 4
            fds = len(list(os.scandir(f"/proc/{pid}/fd")))
        except OSError:
            continue
        old = found.get(kind, (0, 0))
        found[kind] = (max(fds, old[0]), max(kib, old[1]))
    return found


def check_usage(before, after):
    """Bounds so wide that only a leak passes them."""
    wrong = [f"{kind}: descriptors, KiB {before[kind]} -> {after[kind]}"
             for kind in before if kind in after
             and (after[kind][0] > before[kind][0] + 8
                  or after[kind][1] > before[kind][1] + 64 * 1024)]
    assert not wrong, wrong

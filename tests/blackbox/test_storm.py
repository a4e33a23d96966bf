"""Reloads, upgrades and killed workers in random order, under a steady load of runs and
clients of event streams: nobody is refused, nothing is lost, no event is missing.

Short here; SYNAPSED_TEST_STORM="20,5,50" is the long one: reloads, upgrades, kills.
SYNAPSED_TEST_SEED repeats one.
"""

import http.client
import os
import random
import signal
import statistics
import threading
import time

from harness.daemon import drains
from harness.site import llm_step, orchestration, print_step
from harness.stream import Stream
from test_upgrade import upgrade

CLIENTS = 4
DRAIN_S = 5
NAPS = orchestration(
    "naps", print_step("first", "1", "nap"), llm_step("nap", "mock.sleep:300", next_id="last"),
    print_step("last", "2"),
)


class Client:
    """Starts runs one after the other, each over a new connection, and follows their events
    as a browser does: when a stream ends early it goes on behind the last id."""

    def __init__(self, site, stop):
        self.site, self.stop = site, stop
        self.errors, self.runs = [], {}
        self.cuts = 0
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.stop.is_set():
            try:
                run_id = self.site.submit("naps", "hi")
                self.runs[run_id] = None
                self.runs[run_id] = self.follow(run_id)
            except (OSError, AssertionError, http.client.HTTPException) as error:
                self.errors.append(repr(error))

    def follow(self, run_id):
        """[(id, seq)] of the durable events."""
        seen, last_id = [], None
        while True:
            daemon = self.site.daemons[0]
            with Stream(daemon.api_port, self.site.key, run_id, last_id) as stream:
                assert stream.status == 200, (stream.status, stream.headers)
                for event in stream:
                    if event.type == "stream_complete":
                        return seen
                    assert event.type != "gap", event
                    if event.durable:
                        seen.append((event.id, event.data["seq"]))
                last_id = stream.last_id
                self.cuts += 1


def kill_a_worker(daemon):
    """One that is ready, so that each death is one of a worker that had something to do."""
    end = time.monotonic() + 60
    while True:
        living = [p for p, (kind, _) in daemon.children().items() if kind == "worker"]
        ready = [p for p in living if daemon.find("child.ready", child=p)]
        if ready:
            break
        assert time.monotonic() < end, "no worker gets ready"
        time.sleep(0.05)
    since = daemon.mark()
    pid = random.choice(ready)
    try:
        os.kill(pid, signal.SIGKILL)  # an old one may have left by itself meanwhile
    except ProcessLookupError:
        return
    daemon.wait_event("child.died", since, child=pid)


def test_a_storm_is_not_noticed_by_clients(site, tmp_path):
    reloads, upgrades, kills = (
        int(n) for n in os.environ.get("SYNAPSED_TEST_STORM", "3,1,3").split(",")
    )
    seed = int(os.environ.get("SYNAPSED_TEST_SEED", random.randrange(1 << 30)))
    print(f"SYNAPSED_TEST_SEED={seed}")
    random.seed(seed)
    path = tmp_path / "synapsed.yaml"
    path.write_text("{}\n")
    site.prepare(NAPS)
    d = site.start(
        SYNAPSED_CONF=str(path), SYNAPSED_WORKER_PROCESSES="2",
        SYNAPSED_DRAIN_DEADLINE=f"{DRAIN_S}s", SYNAPSED_RESTART_CEILING="1000",
        SYNAPSED_LIMITS_RATE_PER_TENANT="0",
    )
    acts = ["reload"] * reloads + ["upgrade"] * upgrades + ["kill"] * kills
    random.shuffle(acts)
    stop = threading.Event()
    clients = [Client(site, stop) for _ in range(CLIENTS)]
    try:
        for n, act in enumerate(acts):
            time.sleep(random.uniform(0, 0.5))
            if act == "upgrade":
                upgrade(d)
            elif act == "kill":
                kill_a_worker(d)
            else:
                since = d.mark()
                path.write_text(f"worker: {{slots: {100 + n}}}\napi: {{connections: {200 + n}}}\n")
                d.send(signal.SIGHUP)
                d.wait_event("reload.done", since)
    finally:
        stop.set()
        for client in clients:
            client.thread.join()
    errors = [error for client in clients for error in client.errors]
    runs = {run_id: seen for client in clients for run_id, seen in client.runs.items()}
    print(f"{len(runs)} runs, {sum(c.cuts for c in clients)} streams taken up again, "
          f"{len(acts)} acts")
    assert not errors, errors[:5]
    assert runs
    for run_id, seen in runs.items():
        assert site.status(run_id)["status"] == "completed", run_id
        assert [seq for _, seq in seen] == list(range(1, len(seen) + 1)), (run_id, seen)
        steps = site.sql(
            "SELECT path, count(*) FROM run_steps WHERE run_id = %s AND kind = 'step'"
            " GROUP BY path", run_id)
        assert steps and all(count == 1 for _, count in steps), (run_id, steps)
    for killed in d.find("child.died"):
        assert "drain_deadline" not in killed["cause"], killed
    # who drains is never there for longer than it may be
    for kind, took in drains(d).items():
        if took:
            print(f"{len(took)} drains of {kind}: the longest {max(took):.2f} s, "
                  f"half of them {statistics.median(took):.2f} s, deadline {DRAIN_S} s")
            assert max(took) < DRAIN_S + 1, kind

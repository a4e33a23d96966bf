"""Three API servers behind nginx, one of which is killed every few seconds."""

import os
import random
import threading
import time

from harness.daemon import DEADLINE_S, end_group, process_group
from harness.nginx import PrivateNginx

from .targets import Scale

TOKEN = "token-of-the-house"
AT_ONCE = {"SYNAPSED_RESTART_MIN": "1ms", "SYNAPSED_RESTART_MAX": "20ms",
           "SYNAPSED_RESTART_WINDOW": "1s", "SYNAPSED_RESTART_CEILING": "1000"}


class Replicas(Scale):
    """Runs are executed by a fourth daemon, which nobody kills: who serves requests dies."""

    kind = "replicas"
    patient = True

    def __init__(self, *stores):
        super().__init__(*stores)
        self.house = {"X-Synapse-Internal": TOKEN}
        self.nginx = None

    def start_daemons(self):
        self.hands = self.site.start(WORKER_ID="hands", SYNAPSED_ROLES="worker,keeper",
                                     **self.options)
        return [self.site.start(WORKER_ID=f"api{i}", SYNAPSED_ROLES="api",
                                SYNAPSED_API_INTERNAL_TOKEN=TOKEN, **AT_ONCE, **self.options)
                for i in range(3)]

    def start(self):
        super().start()
        self.nginx = PrivateNginx([d.api_port for d in self.daemons])
        self.port = self.nginx.port
        self.wait_hands()
        return self

    def wait_hands(self):
        """Cases are about a system that stands: its worker is in the registry."""
        end = time.monotonic() + DEADLINE_S
        while not any(w["status"] == "online" for w in self.ask("GET", "/api/v2/workers").json):
            assert time.monotonic() < end, "no worker is online"
            time.sleep(0.05)

    def remove(self):
        if self.nginx:
            self.nginx.stop()
        super().remove()


class Killer:
    """In a thread of its own, one death after the other: of the process that serves (its master
    makes another one), or of a whole host, which comes back by itself."""

    def __init__(self, daemons, pause_s, seed):
        self.daemons = daemons
        self.pause_s = pause_s
        self.rng = random.Random(seed)
        self.children = self.hosts = 0
        self.wrong = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self):
        try:
            while not self.over.wait(self.pause_s * self.rng.uniform(0.5, 1.5)):
                daemon = self.rng.choice(self.daemons)
                if self.rng.random() < 0.35:
                    self.kill_host(daemon)
                else:
                    self.kill_child(daemon)
        except Exception as error:  # reported by who waits for us
            self.wrong = error

    def kill_child(self, daemon):
        mark = daemon.mark()
        ours = process_group(daemon.pid)  # its log has those of the host before as well
        daemon.kill(next(pid for pid in daemon.pids("api") if pid in ours))
        self.children += 1
        daemon.wait_event("child.ready", since=mark, child_kind="api")

    def kill_host(self, daemon):
        end_group(daemon.pid)
        daemon.process.wait(DEADLINE_S)
        daemon.reader.join(DEADLINE_S)
        self.hosts += 1
        mark = daemon.mark()
        daemon.start(ready=False)
        daemon.wait_event("master.ready", since=mark)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(2 * DEADLINE_S)


def seed():
    return int(os.environ.get("SYNAPSED_TEST_SEED", "7"))

"""synapsed itself: started with an environment, watched through its log."""

import datetime
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from harness.ports import free_port

TOP = pathlib.Path(
    os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).resolve().parents[3])
)
BINARY = os.environ.get("SYNAPSED", str(TOP / "build" / "synapsed"))
# sanitizers make everything slower; a deadline that is met early costs nothing
DEADLINE_S = 60

_SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error: ")
_PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')


class Event(dict):
    """One line of the log: ["event"], ["level"], and its pairs, all as text."""

    @classmethod
    def parse(cls, line):
        pairs = {
            k: v[1:-1].replace('\\"', '"').replace("\\\\", "\\") if v[:1] == '"' else v
            for k, v in _PAIR.findall(line)
        }
        return cls(pairs) if "event" in pairs else None

    def has(self, name, pairs):
        return self["event"] == name and all(
            self.get(k) == str(v) for k, v in pairs.items()
        )


def sanitizers(more):
    """The environment of a daemon whose sanitizers, if it has any, have this option as well."""
    # each of them has the last word about what they share, as log_path
    names = [f"{kind}SAN_OPTIONS" for kind in ("A", "L", "UB")]
    return {name: f"{os.environ[name]}:{more}" for name in names if name in os.environ}


def end_group(pid):
    """What of it has ended by itself meanwhile is no error."""
    for one in reversed(process_group(pid)):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            pass


def process_group(pid):
    """The pid and all that descend from it, now."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = pathlib.Path("/proc", name, "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(name))
    found, todo = [], [pid]
    while todo:
        at = todo.pop()
        found.append(at)
        todo += children.get(at, [])
    return found


def alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def run_verb(*words, env=None, stdin=b"", timeout=DEADLINE_S):
    """A verb, in an environment of its own."""
    keep = {
        k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "PATH"
    }
    return subprocess.run(
        [BINARY, *map(str, words)], env={**keep, "HOME": "/nowhere", **(env or {})},
        input=stdin, capture_output=True, timeout=timeout, check=False,
    )


def moment(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()


def drains(daemon):
    """Seconds that each drain took: of children, and of masters that an upgrade replaced."""
    took = {"children": [], "masters": []}
    ends = {e["child"]: moment(e) for e in daemon.find("child.died")}
    for e in daemon.find("child.state", to="draining"):
        if e["child"] in ends:  # a seat without a process has none
            took["children"].append(ends[e["child"]] - moment(e))
    stops = {e["pid"]: moment(e) for e in daemon.find("master.stopped")}
    for e in daemon.find("upgrade.done"):
        took["masters"].append(stops[e["pid"]] - moment(e))
    return took


class Daemon:
    """A host: one master and its children, with a data folder and ports of its own."""

    def __init__(self, env, *flags, expect_errors=(), data_dir=None, run_dir=None,
                 binary=BINARY):
        self.binary = binary
        self.pid = None  # of the master; an upgrade makes another one of it
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="syn-d-"))
        self.data_dir = pathlib.Path(data_dir or self.dir / "data")
        self.run_dir = pathlib.Path(run_dir or self.dir / "run")
        self.api_port = free_port()
        self.health_port = free_port()
        keep = {
            k: v
            for k, v in os.environ.items()
            if k.endswith("SAN_OPTIONS") or k == "PATH"
        }
        self.env = {
            **keep,
            "HOME": str(self.dir),
            # the folders are root's then, whoever synapsed is on this machine
            **({"SYNAPSED_USER": "root"} if os.geteuid() == 0 else {}),
            "SYNAPSE_DATA_DIR": str(self.data_dir),
            "SYNAPSED_RUN_DIR": str(self.run_dir),
            "SYNAPSE_BACKEND_PORT": str(self.api_port),
            "WORKER_HEALTH_PORT": str(self.health_port),
            **env,
        }
        self.flags = flags
        self.expect_errors = set(expect_errors)
        self.events = []
        self.lines = []
        self.exit_code = None
        self.changed = threading.Condition()
        self.process = None
        self.reader = None

    def start(self, ready=True):
        self.process = subprocess.Popen(
            [self.binary, "-f", *self.flags], env=self.env, cwd=self.dir,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        self.pid = self.process.pid
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if ready:
            self.wait_event("master.ready")
        return self

    def _read(self):
        for raw in self.process.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            event = Event.parse(line)
            with self.changed:
                self.lines.append(line)
                if event:
                    self.events.append(event)
                self.changed.notify_all()

    def log(self):
        with self.changed:
            return "\n".join(self.lines)

    def mark(self):
        """A place in the log: pass it as `since`."""
        with self.changed:
            return len(self.events)

    def find(self, name, since=0, **pairs):
        with self.changed:
            return [e for e in self.events[since:] if e.has(name, pairs)]

    def wait_event(self, name, since=0, count=1, deadline_s=DEADLINE_S, **pairs):
        """Wait until `count` such lines are there; returns the last of them."""
        end = time.monotonic() + deadline_s
        with self.changed:
            while True:
                hits = [e for e in self.events[since:] if e.has(name, pairs)]
                if len(hits) >= count:
                    return hits[count - 1]
                left = end - time.monotonic()
                self.process.poll()
                dead = not self.reader.is_alive()
                if left <= 0 or dead:
                    raise AssertionError(
                        f"no {name} {pairs} ({len(hits)} of {count})"
                        f"{', the daemon is gone' if dead else ''}:\n"
                        + "\n".join(self.lines[-60:])
                    )
                self.changed.wait(min(left, 0.5))

    def pids(self, kind):
        """Of the children of that kind that are alive, by the log."""
        started = self.find("child.started", child_kind=kind)
        return [int(e["child"]) for e in started if alive(int(e["child"]))]

    def children(self):
        """{pid: (kind, slot)} of those that were started and have not been reaped."""
        alive_now = {}
        with self.changed:
            for e in self.events:
                if e["event"] == "child.started":
                    alive_now[int(e["child"])] = (e["child_kind"], int(e["child_slot"]))
                elif e["event"] == "child.died":
                    alive_now.pop(int(e["child"]), None)
        return alive_now

    def child(self, kind, slot=0):
        """The pid in that seat."""
        pids = [pid for pid, seat in self.children().items() if seat == (kind, slot)]
        assert len(pids) == 1, f"{kind} {slot} among {self.children()}"
        return pids[0]

    def kill(self, pid, sig=signal.SIGKILL):
        assert pid in process_group(self.pid), f"{pid} is not ours"
        os.kill(pid, sig)

    def send(self, sig):
        """To the master."""
        if self.pid == self.process.pid:
            self.process.send_signal(sig)
        else:
            os.kill(self.pid, sig)  # it holds the pipe that we read: it is not reaped

    def follow(self, pid):
        """The master that we started has left, and this one has taken over."""
        assert self.process.wait(DEADLINE_S) == 0
        self.pid = pid

    def wait_exit(self, deadline_s=DEADLINE_S):
        self.exit_code = self.process.wait(deadline_s)
        self.reader.join(10)
        return self.exit_code

    def stop(self, sig=signal.SIGTERM, exit_code=0):
        """End it in order, unless it has ended, and judge it."""
        if self.pid != self.process.pid and alive(self.pid):
            self.send(sig)
            self.reader.join(DEADLINE_S)  # the end of the pipe: all are gone
        elif self.process.poll() is None:
            group = process_group(self.process.pid)
            self.process.send_signal(sig)
            self.wait_exit()
            # a program that somebody started may have closed the pipe
            left = [p for p in group if alive(p)]
            assert not left, f"left behind: {left}"
        self.judge(exit_code)

    def judge(self, exit_code=0):
        """Of a daemon that has ended: nothing is left of it and nothing went wrong."""
        assert self.process.wait(DEADLINE_S) == exit_code, self.log()[-4000:]
        # every process of the daemon holds the pipe: its end means that all are gone
        self.reader.join(DEADLINE_S)
        assert not self.reader.is_alive(), f"left behind: {self.children()}"
        errors = [
            e for e in self.find_level("error") if e["event"] not in self.expect_errors
        ]
        assert not errors, errors
        spoken = [line for line in self.lines if _SANITIZER.search(line)]
        assert not spoken, "\n".join(spoken)

    def find_level(self, level):
        with self.changed:
            return [e for e in self.events if e.get("level") == level]

    def remove(self):
        # masters that upgrades made are nobody's children; a test that failed half-way has
        # not followed them, and they would go on with the stores that the next one gets
        for started in self.find("upgrade.started"):
            if alive(int(started["child"])):
                end_group(int(started["child"]))
        if self.process and self.process.poll() is None:
            end_group(self.process.pid)
            self.process.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)

"""The daemon under test: started, listened to, stopped, judged."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import pytest

from harness import PATIENCE, until
from harness.servers import reserve_port
from harness.web import Http

TOP = pathlib.Path(os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[3]))
BINARY = os.environ.get("SYNAPSED", str(TOP / "build" / "synapsed"))

PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error: ")


class Event(dict):
    """The pairs of a log line; .line is the whole of it, .at when it was written."""

    def __init__(self, line):
        super().__init__()
        self.line = line
        for key, value in PAIR.findall(line):
            self[key] = json.loads(value) if value.startswith('"') else value

    @property
    def at(self):
        """Seconds; only differences mean something."""
        clock = self["time"].split("T")[1].rstrip("Z")
        hours, minutes, seconds = clock.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def environment(**more):
    """What a test gives to the binary: nothing of the machine's but PATH and sanitizers."""
    keep = {
        key: value
        for key, value in os.environ.items()
        if key.endswith("SAN_OPTIONS") or key == "PATH"
    }
    return {**keep, "HOME": "/nowhere", **more}


class Daemon:
    """One host. env and options as in the configuration: worker__slots=5."""

    def __init__(
        self, stores=None, env=None, args=("-f",), data_dir=None, run_dir=None, **options
    ):
        # short: sockets lie below
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="syn-d-", dir="/tmp"))
        self.data_dir = pathlib.Path(data_dir or self.dir / "data")
        self.run_dir = pathlib.Path(run_dir or self.dir / "run")
        self.api_port, keep_api = reserve_port()
        self.health_port, keep_health = reserve_port()
        self._keep = [keep_api, keep_health]
        self.args = list(args)
        self.env = {
            **environment(),
            **(stores.env if stores else {}),
            "SYNAPSE_DATA_DIR": str(self.data_dir),
            "SYNAPSED_RUN_DIR": str(self.run_dir),
            "SYNAPSE_BACKEND_PORT": str(self.api_port),
            "WORKER_HEALTH_PORT": str(self.health_port),
            **(env or {}),
        }
        for key, value in options.items():
            name = "SYNAPSED_" + key.upper().replace("__", "_")
            self.env[name] = str(value)
        self.http = Http(self.api_port)
        self.health = Http(self.health_port)
        self.process = None
        self.lines = []
        self.events = []
        self._more = threading.Condition()
        self._reader = None
        self._expected = []

    # -- starting and listening --

    def start(self):
        self.process = subprocess.Popen(
            [BINARY, *self.args],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def _read(self):
        # every process of the daemon holds the pipe: its end means that all are gone
        for raw in self.process.stdout:
            line = raw.decode(errors="replace").rstrip("\n")
            with self._more:
                self.lines.append(line)
                if " event=" in line or line.startswith("level="):
                    self.events.append(Event(line))
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def ready(self):
        self.wait_event("master.ready")
        return self

    @property
    def pid(self):
        return self.process.pid

    def mark(self):
        """A place in the log: wait_event(..., after=mark) sees only what comes later."""
        with self._more:
            return len(self.events)

    def find(self, name, after=0, **pairs):
        """The events so far with this name and these pairs."""
        want = {key: str(value) for key, value in pairs.items()}
        with self._more:
            events = self.events[after:]
        return [
            event
            for event in events
            if event.get("event") == name
            and all(event.get(key) == value for key, value in want.items())
        ]

    def wait_event(self, name, after=0, timeout=PATIENCE, **pairs):
        """The first such event, which must come; its pairs, as text."""
        end = time.monotonic() + timeout
        seen = 0
        while True:
            found = self.find(name, after=after, **pairs)
            if found:
                return found[0]
            with self._more:
                if len(self.lines) == seen:
                    left = end - time.monotonic()
                    assert left > 0, f"no {name} {pairs} in {timeout} s:\n{self.tail()}"
                    if not self._reader.is_alive():
                        raise AssertionError(
                            f"the daemon ended before {name} {pairs}:\n{self.tail()}"
                        )
                    self._more.wait(min(left, 1))
                seen = len(self.lines)

    def tail(self, count=60):
        return "\n".join(self.lines[-count:])

    # -- children --

    def children(self):
        """pid -> (kind, slot) of those that were started and have not died."""
        alive = {}
        with self._more:
            events = list(self.events)
        for event in events:
            if event.get("event") == "child.started":
                who = (event["child_kind"], int(event["child_slot"]))
                alive[int(event["child"])] = who
            elif event.get("event") == "child.died":
                alive.pop(int(event["child"]), None)
        return alive

    def child(self, kind, slot=0):
        """The pid of a child that is there."""
        pids = [pid for pid, who in self.children().items() if who == (kind, slot)]
        assert len(pids) == 1, f"{kind} {slot} among {self.children()}"
        return pids[0]

    # -- verbs --

    def verb(self, *args, expect=0, stdin=b"", **env):
        """Run `synapsed <args>` with this daemon's configuration; its standard output."""
        result = subprocess.run(
            [BINARY, *map(str, args)],
            env={**self.env, **env},
            input=stdin,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert result.returncode == expect, (args, result)
        return result.stdout.decode()

    # -- the end --

    def expect_error(self, event):
        """Lines with level=error and this event (or ending in *: beginning so) are fine."""
        self._expected.append(event)

    def _unexpected(self):
        def expected(name):
            return any(
                name.startswith(e[:-1]) if e.endswith("*") else name == e
                for e in self._expected
            )

        return [
            event.line
            for event in self.events
            if event.get("level") == "error" and not expected(event.get("event", ""))
        ] + [line for line in self.lines if SANITIZER.search(line)]

    def kill(self, number):
        """A signal to the master alone."""
        self.process.send_signal(number)

    def join(self, expect=0):
        """Wait until all processes are gone, then judge. expect: the exit code."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._end_all()
            pytest.fail(f"the master did not end in {PATIENCE} s:\n{self.tail()}")
        self._reader.join(PATIENCE)
        if self._reader.is_alive():
            left = self.children()
            self._end_all()
            pytest.fail(f"left over after the master's end: {left}\n{self.tail()}")
        wrong = self._unexpected()
        assert not wrong, "\n".join(wrong)
        assert code == expect, f"exit code {code} instead of {expect}:\n{self.tail()}"
        return code

    def stop(self, number=signal.SIGTERM, expect=0):
        self.kill(number)
        return self.join(expect)

    def _end_all(self):
        """Only what this daemon started: its session is its own."""
        for pid in [self.process.pid, *self.children()]:
            try:
                if os.getsid(pid) == self.process.pid:
                    os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # gone by itself
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)

    def close(self):
        """At the end of a test: stop what runs, judge it, remove the folder."""
        try:
            if self.process and self.process.poll() is None:
                self.stop()
        finally:
            if self.process:
                self._end_all()
            for keep in self._keep:
                keep.close()
            shutil.rmtree(self.dir)

    def status_is(self, word):
        until(lambda: word in self.verb("status"), f"status {word}")

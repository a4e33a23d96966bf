"""sse_crowd, from Python: thousands of event streams that count what they get."""

import json
import pathlib
import queue
import resource
import subprocess
import threading

from harness.daemon import BINARY

PROGRAM = pathlib.Path(BINARY).parent / "tests/bench/sse_crowd"


class Crowd:
    """Commands and answers of one process; what it says unasked is waited for by wait_all."""

    def __init__(self, port, key, clients, run_ids, retry_ms=0):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert clients + 50 < hard, f"{hard} open files are too few"
        self.process = subprocess.Popen(
            [PROGRAM, str(port), key, str(clients), str(retry_ms)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.say("\n".join(run_ids) + "\n")

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def line(self, deadline_s=120):
        line = self.lines.get(timeout=deadline_s)
        assert line is not None, "sse_crowd is gone"
        return line

    def wait_all(self, what, deadline_s=120):
        while self.line(deadline_s) != json.dumps({"all": what}, separators=(",", ":")):
            pass

    def report(self, name):
        """What was since the last report."""
        self.say(f"report {name}")
        while True:
            line = self.line()
            if line.startswith('{"phase"'):
                return json.loads(line)

    def ends(self):
        """[(run id, lowest seq, highest seq, clients that saw the end, clients)]"""
        self.say("ends")
        rows = []
        while line := self.line():
            if line[0] != "{":
                run_id, *numbers = line.split()
                rows.append((run_id, *map(int, numbers)))
        return rows

    def short_of(self, stored):
        """Runs that a client has not all events of, or not the end; {run id: last seq}."""
        return [row for row in self.ends()
                if row[1] != row[2] or row[1] != stored[row[0]] or row[3] != row[4]]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)

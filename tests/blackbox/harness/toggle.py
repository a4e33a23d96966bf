"""A host that is switched from one mode to the other and back under a rate of requests."""

import json
import signal
import time

from harness.open_loop import OpenLoop
from harness.site import orchestration, print_step

RUNS = "/api/v2/orchestrations/runs/"

SLOW = orchestration(
    "slow",
    *[
        {"id": f"s{i}", "name": f"s{i}", "type": "llm", "model": "mock.sleep:150",
         "prompt_template": f"{i}", "output_key": f"o{i}",
         "next_step_id": f"s{i + 1}" if i < 2 else None}
        for i in range(3)
    ],
)
HELLO = orchestration("hello", print_step("p", "hi {state.user_input}"))
STEPS = {"slow": ["s0", "s1", "s2"], "hello": ["p"]}


def flip(daemon, path, mode):
    since = daemon.mark()
    path.write_text(f"mode: {mode}\n")
    daemon.send(signal.SIGHUP)
    daemon.wait_event("reload.done", since)


def wait_run(site, daemon, run_id):
    end = time.monotonic() + 90
    while time.monotonic() < end:
        status, row, _ = site.ask("GET", f"{RUNS}{run_id}/status", daemon=daemon)
        assert status == 200, (run_id, row)
        if row["ended_at"]:
            return row
        time.sleep(0.05)
    raise AssertionError(row)


def one_start_each(site, daemon, run_id):
    _, page, _ = site.ask("GET", f"{RUNS}{run_id}/events", daemon=daemon)
    events = [item["event"] for item in page["events"]]
    assert [e["seq"] for e in events if "sub" not in e] == list(
        range(1, 1 + sum("sub" not in e for e in events)))
    assert [e["type"] for e in events].count("done") == 1
    return [e["orch_step_id"] for e in events if e["type"] == "step_complete"]


def name_of(n):
    """One run in four takes half a second, so that there are always some under way."""
    return "slow" if n % 4 == 0 else "hello"


class Toggling:
    """What came of it: .answers, .flips [(begin, end, mode)] in seconds of the load."""

    def __init__(self, site, path, rate, flips, **env):
        """The file at `path` is the daemon's."""
        self.site, self.path, self.rate, self.count = site, path, rate, flips
        path.write_text("mode: scale\n")
        self.daemon = site.start(SYNAPSED_CONF=str(path),
                                 SYNAPSED_LIMITS_RATE_PER_TENANT="0", **env)
        site.prepare(SLOW, HELLO)
        (self.daemon.data_dir / "orchestrations.json").write_text(json.dumps([SLOW, HELLO]))
        site.wait_run(site.submit("hello"))
        self.flips = []

    def run(self, rest_s=0.25):
        """Flips with at least that long between them."""
        load = OpenLoop(
            self.daemon.api_port, self.site.key, self.rate,
            lambda n: ("POST", f"/api/v2/orchestrations/{name_of(n)}/run", {"message": "x"}))
        load.start()
        load.begun.wait()
        for n in range(self.count):
            time.sleep(rest_s)
            mode = "standalone" if n % 2 == 0 else "scale"
            begin = time.monotonic() - load.begin
            flip(self.daemon, self.path, mode)
            self.flips.append((begin, time.monotonic() - load.begin, mode))
        time.sleep(rest_s)
        self.answers = load.finish()
        self.load = load

    def wrong_answers(self):
        """What is neither accepted (202) nor over and completed (200)."""
        return [a for a in self.answers
                if a.status not in (200, 202)
                or (a.status == 200 and json.loads(a.body)["status"] != "completed")]

    def check_runs(self):
        """Each run that was answered for has ended once, in order."""
        ids = set()
        for a in self.answers:
            run_id = json.loads(a.body)["run_id"]
            ids.add(run_id)
            assert wait_run(self.site, self.daemon, run_id)["status"] == "completed"
            assert one_start_each(self.site, self.daemon, run_id) == STEPS[name_of(a.n)]
        assert len(ids) == len(self.answers)

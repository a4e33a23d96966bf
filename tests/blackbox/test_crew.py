"""The crew of a host: how many workers there are, and what is known of those that died."""

import json
import os
import signal
import time

from harness.daemon import run_verb
from harness.site import llm_step, orchestration

NAP = orchestration("nap", llm_step("nap", "mock.sleep:4000"))


def status(daemon, *words):
    done = run_verb("status", *words, env={"SYNAPSED_RUN_DIR": str(daemon.run_dir)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if words else done.stdout.decode()


def test_the_number_of_workers_follows_what_waits(site):
    site.prepare(NAP)
    d = site.start(
        SYNAPSED_WORKER_MAX="2", SYNAPSED_WORKER_SLOTS="1", SYNAPSED_WORKER_WAIT_TARGET="1ms",
        SYNAPSED_WORKER_GROW_AFTER="1s", SYNAPSED_WORKER_SHRINK_AFTER="1s",
        SYNAPSED_QUEUE_HEARTBEAT_EVERY="500ms",
    )
    # within the bounds a person may do so as well, and not beyond
    d.send(signal.SIGTTOU)
    d.wait_event("act.refused", act="less", reason="the_last_one")
    runs = [site.submit("nap") for _ in range(2)]
    grown = d.wait_event("crew.grow")
    assert (grown["reason"], grown["processes"]) == ("waiting", "1")
    assert int(grown["oldest_ms"]) > 1 and grown["in_flight"] == "1"
    d.wait_event("crew.more", by="autoscale", processes=2)
    d.send(signal.SIGTTIN)
    d.wait_event("act.refused", act="more", reason="worker.max")
    # where there may be several, the name of a row does not change with their number
    name = d.find("master.started")[0]["host"]
    rows = {c["row_name"] for c in status(d, "-o", "json")["children"] if c["kind"] == "worker"}
    assert rows == {f"{name}-0", f"{name}-1"}
    workers = status(d, "-o", "json")["workers"]
    assert (workers["auto"], workers["min"], workers["max"]) == (True, 1, 2)
    assert workers["step"] == "one more, waiting"
    assert "from 1 to 2; one more, waiting, " in status(d)
    for run in runs:
        site.wait_run(run, "completed")
    shrunk = d.wait_event("crew.shrink")
    assert (shrunk["reason"], shrunk["in_flight"]) == ("idle", "0")
    d.wait_event("crew.less", by="autoscale", processes=1)
    # a death is told with its cause and with the stack of the dead
    pid = d.child("worker")
    os.kill(pid, signal.SIGABRT)
    assert d.wait_event("child.died", child=pid)["cause"] == "signal SIGABRT"
    assert "ev_run+0x" in d.wait_event("child.stack", child=pid, part=0)["frames"]
    death = status(d, "-o", "json")["deaths"][0]
    assert (death["kind"], death["pid"], death["cause"]) == ("worker", pid, "signal SIGABRT")
    assert f"death: worker 0, pid {pid}, " in status(d)
    d.wait_event("worker.dead", dead_pid=pid)
    end = time.monotonic() + 60
    while True:
        code, rows, _ = site.ask("GET", "/api/v2/workers")
        assert code == 200, rows
        causes = {row["worker_id"]: row["last_death_cause"] for row in rows}
        if causes.get(f"{name}-0") == "signal SIGABRT":
            break
        assert time.monotonic() < end, causes
        time.sleep(0.02)

"""Thousands of event streams whose API process dies (SYNAPSED_TEST_CROWD=clients,kills)."""

import os
import signal
import time

from harness.crowd import Crowd
from harness.site import llm_step, orchestration

CLIENTS, KILLS = map(int, os.environ.get("SYNAPSED_TEST_CROWD", "300,2").split(","))
RUNS = 6
STEPS = 200  # more than are taken until the runs are cancelled
RETRY_MS = 150


def test_a_crowd_comes_back_and_misses_nothing(site):
    """Steps go on while the only API process is killed; nobody is refused, each client has
    every event once, and the end."""
    site.prepare(orchestration("steps", *[
        llm_step(f"s{i}", "mock.sleep:200", "x", f"s{i + 1}" if i + 1 < STEPS else None)
        for i in range(STEPS)], max_total_turns=STEPS + 1))
    daemon = site.start(SYNAPSED_API_CONNECTIONS=str(CLIENTS + 50))
    run_ids = [site.submit("steps") for _ in range(RUNS)]
    crowd = Crowd(daemon.api_port, site.key, CLIENTS, run_ids, RETRY_MS)
    try:
        crowd.wait_all("open")
        for _ in range(KILLS):
            time.sleep(0.3)
            daemon.kill(daemon.child("api"), signal.SIGKILL)
            crowd.wait_all("open")
        for run_id in run_ids:
            site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/cancel", {})
        crowd.wait_all("complete")
        figures = crowd.report("all")
        assert figures["cuts"] == CLIENTS * KILLS
        assert figures["complete"] == CLIENTS and figures["refused"] == {}
        assert [figures[name] for name in ("holes", "doubles", "gaps", "broken")] == [0] * 4
        stored = dict(site.sql("SELECT run_id, event_seq FROM orchestration_runs"))
        assert crowd.short_of(stored) == []
    finally:
        crowd.close()

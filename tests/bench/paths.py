#!/usr/bin/python3
"""Branches at the same time, and what an iteration of a loop costs the journal.

    SYNAPSED=$PWD/build/synapsed /usr/bin/python3 tests/bench/paths.py [runs]

Starts Redis, Postgres and one host with one worker. First a run of 64 branches that sleep 300 ms each:
when the last of them began, and when the first ended. Then runs of a loop of 100 iterations of two steps:
bytes of the journal (delta, events, usage, error) per iteration, by tenths of the loop. Prints figures;
nothing here is a verdict.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site, llm_step, orchestration, print_step  # noqa: E402

BRANCHES, ITERATIONS, BULK = 64, 100, 250

WIDE = orchestration(
    "wide",
    {"id": "fork", "name": "Fork", "type": "parallel",
     "parallel_branches": [[f"b{i}"] for i in range(BRANCHES)]},
    *(llm_step(f"b{i}", "mock.sleep:300", f"B{i}") for i in range(BRANCHES)),
)
ROUNDS = orchestration(
    "rounds",
    llm_step("first", "mock.sleep:100", "x", "round"),  # from here on it is somebody's
    {"id": "round", "name": "Round", "type": "loop", "loop_count": ITERATIONS,
     "loop_step_ids": ["a", "b"]},
    print_step("a", "A {state.user_input}"),
    print_step("b", "B"),
)


def branches(site):
    run_id = site.submit("wide")
    site.wait_run(run_id)
    events = [e["event"] for e in site.entries(run_id) if "branch_index" in e["event"]]
    starts = [e["ts"] for e in events if e["type"] == "step_start"]
    ends = [e["ts"] for e in events if e["type"] == "step_complete"]
    print(f"{len(starts)} branches: the last began {max(starts) - min(starts)} ms after the "
          f"first, the first ended {min(ends) - max(starts)} ms after that, the last "
          f"{max(ends) - min(starts)} ms after the first began")


def loops(site, runs):
    began = time.monotonic()
    for first in range(0, runs, BULK):
        body = {"runs": [{"message": "x" * 20}] * min(BULK, runs - first)}
        status, answer, _ = site.ask("POST", "/api/v2/orchestrations/rounds/runs", body)
        assert status == 202, answer
    left = runs
    while left:
        time.sleep(0.5)
        ((left,),) = site.sql("SELECT count(*) FROM orchestration_runs WHERE ended_at IS NULL")
    spent = time.monotonic() - began
    print(f"{runs} runs of {ITERATIONS} iterations: {spent:.1f} s, "
          f"{runs * ITERATIONS * 2 / spent:.0f} steps/s")
    size = "length(coalesce(delta, '') || coalesce(events, '') || coalesce(usage, ''))"
    tenths = site.sql(
        f"SELECT substring(path from '#([0-9]+)')::int / 10, sum({size}) FROM run_steps "
        f"WHERE path LIKE 'round#%%' AND kind = 'step' GROUP BY 1 ORDER BY 1")
    print("bytes per iteration, by tenths of the loop:",
          " ".join(f"{int(n) / runs / 10:.0f}" for _, n in tenths))
    (whole,) = site.sql(
        f"SELECT count(*), sum({size}), count(*) FILTER (WHERE kind = 'snapshot') FROM run_steps")
    print(f"the whole journal: {whole[0]} rows, {int(whole[1]) / runs / 1024:.1f} KiB a run, "
          f"{whole[2]} snapshots")


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    redis, postgres = PrivateRedis(), PrivatePostgres()
    try:
        site = Site(redis, postgres, "bench")
        try:
            site.prepare(WIDE, ROUNDS)
            site.start(SYNAPSED_LIMITS_RATE_PER_TENANT="0")
            branches(site)
            loops(site, runs)
        finally:
            site.remove()
    finally:
        postgres.remove()
        redis.stop()


if __name__ == "__main__":
    main()

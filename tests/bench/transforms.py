#!/usr/bin/python3
"""Runs of one transform a second, through everything: HTTP, queue, sandbox, journal.

    SYNAPSED=build/synapsed /usr/bin/python3 tests/bench/transforms.py [runs]

Starts Redis, Postgres and one host with one worker; submits the runs in bulk while workers are
quiet, lets them go and waits for the last. Prints figures; nothing here is a verdict.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site, orchestration  # noqa: E402

BULK = 500
CODE = "result = {'words': len(state['user_input'].split()), 'text': state['user_input'].upper()}"


def submit(site, runs, tenants):
    left = [{"message": f"run number {i}", "tenant_id": f"t{i % tenants}"}
            for i in range(runs)]
    while left:
        now, left = left[:BULK], left[BULK:]
        status, answer, _ = site.ask("POST", "/api/v2/orchestrations/one/runs", {"runs": now})
        assert status == 202, answer
        # what was refused for the moment (tenants nobody knew before) comes once more
        left += [run for run, got in zip(now, answer["runs"]) if "run_id" not in got]


def ended(site):
    return site.sql("SELECT count(*) FROM orchestration_runs WHERE status = 'completed'")[0][0]


def measure(site, runs, tenants, done_before):
    began = time.monotonic()
    submit(site, runs, tenants)
    accepted = time.monotonic() - began
    while ended(site) < done_before + runs:
        time.sleep(0.05)
    took = time.monotonic() - began
    print(f"{runs} runs of {tenants} tenants: {runs / took:.0f} runs/s "
          f"(accepted in {accepted:.2f} s, ended in {took:.2f} s)", flush=True)
    return done_before + runs


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    redis, postgres = PrivateRedis(), PrivatePostgres()
    try:
        site = Site(redis, postgres, "bench")
        try:
            site.prepare(orchestration("one", {
                "id": "t", "name": "t", "type": "transform", "transform_code": CODE,
                "output_key": "out"}))
            daemon = site.start(SYNAPSED_LIMITS_RATE_PER_TENANT="0",
                                SYNAPSED_ENGINE_STEP_TIMEOUT="3600s")
            print(" ".join(f"{k}={v}" for k, v in
                           daemon.wait_event("sandbox.ready").items() if k != "time"))
            done = 0
            for tenants in (1, 4, 100):
                done = measure(site, runs, tenants, done)
            daemon.stop()
        finally:
            site.remove()
    finally:
        postgres.remove()
        redis.stop()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""What a run that waits for a model costs its worker: memory, per run.

    SYNAPSED=build/synapsed /usr/bin/python3 tests/bench/llm_waiting.py [runs]

Starts Redis, Postgres, a model server (harness/fake_llm.py) that never answers, and one host;
submits the runs and, when all calls have arrived, reads the worker's memory. Sockets' buffers are
the kernel's and not counted. Prints figures; nothing here is a verdict.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from harness.fake_llm import FakeLLM  # noqa: E402
from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.procs import memory  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site, llm_step, orchestration  # noqa: E402

BULK = 1000


def private(pid):
    kib = memory(pid)
    return kib["Private_Clean"] + kib["Private_Dirty"]


def show(what, runs, before, pid):
    now = private(pid)
    print(f"{what}: {runs} runs, worker {now} KiB private (Pss {memory(pid)['Pss']} KiB), "
          f"{(now - before) * 1024 / runs:.0f} bytes per run")


def submit(site, runs):
    for first in range(0, runs, BULK):
        body = {"runs": [{"message": f"number {i}"}
                         for i in range(first, min(first + BULK, runs))]}
        status, answer, _ = site.ask("POST", "/api/v2/orchestrations/ask/runs", body)
        assert status == 202, answer


def measure(site, runs):
    site.prepare(orchestration("ask", llm_step("ask", "oaic.tiny")))
    with FakeLLM(default="stall") as llm:
        daemon = site.start(
            OPENAI_COMPATIBLE_BASE_URL=llm.url, SYNAPSED_WORKER_SLOTS=str(runs),
            SYNAPSED_LLM_CONNECTIONS=str(runs), SYNAPSED_LIMITS_RATE_PER_TENANT="0",
            SYNAPSED_ENGINE_STEP_TIMEOUT="3600s", SYNAPSED_LLM_TIMEOUT="1h",
        )
        (pid,) = daemon.pids("worker")
        before = private(pid)
        began = time.monotonic()
        print(f"idle: worker {before} KiB private (Pss {memory(pid)['Pss']} KiB)")
        submit(site, runs)
        llm.wait_calls(runs, deadline_s=600)
        print(f"all {runs} calls on the wire after {time.monotonic() - began:.1f} s")
        time.sleep(5)  # what was committed and published has been given back
        show("waiting", runs, before, pid)
        prompt = sum(len(m["content"]) for m in llm.calls[0].body["messages"])
        print(f"each call's messages have {prompt} bytes, {llm.open} connections are open")
        daemon.kill(pid)  # nobody waits for the answers
        daemon.remove()


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    redis, postgres = PrivateRedis(), PrivatePostgres()
    try:
        site = Site(redis, postgres, "bench")
        try:
            measure(site, runs)
        finally:
            site.remove()
    finally:
        postgres.remove()
        redis.stop()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Event streams of one API process that is killed: who comes back, when, and with what.

    SYNAPSED=$PWD/build/synapsed /usr/bin/python3 tests/bench/sse_storm.py \\
        [clients] [runs] [storms] [retry_ms]

(10000, 100, 1; retry_ms 0: what the streams say.) Starts Redis, Postgres and one host. Of ten
runs nine take steps all the time, a step each two seconds, one is quiet and gets probes by XADD.
Clients (sse_crowd) behave as EventSources do and check every event: seq without holes, nothing
twice. The API process is killed with SIGKILL as often as asked. Prints memory and CPU of it, the
time from XADD to the client before and after, and when the clients were back; ends with
"gapless" or what was not. Needs that many open files (hard limit) and 30 s a storm.
"""

import json
import pathlib
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from harness.crowd import Crowd  # noqa: E402
from harness.daemon import moment  # noqa: E402
from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.procs import cpu_s, memory  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site, llm_step, orchestration  # noqa: E402

PHASE_S = 10
STEP_MS = 2000
PROBES_PER_S = 20


class Prober(threading.Thread):
    """Events of the quiet runs, in turn, numbered for each."""

    def __init__(self, redis, run_ids):
        super().__init__(daemon=True)
        self.redis = redis
        self.run_ids = run_ids
        self.stop = threading.Event()

    def run(self):
        due = time.monotonic()
        n = 0
        with self.redis.client() as client:
            while not self.stop.is_set():
                event = {"type": "probe", "n": n // len(self.run_ids) + 1,
                         "at_us": time.time_ns() // 1000}
                client.xadd(f"synapse:run:{self.run_ids[n % len(self.run_ids)]}:events",
                            {"data": json.dumps(event, separators=(",", ":"))})
                n += 1
                due += 1 / PROBES_PER_S
                time.sleep(max(0, due - time.monotonic()))


def line(figures):
    return f"p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms, max {figures['max_ms']} ms"


def phase(crowd, name, pids, seconds=PHASE_S):
    crowd.report("between")
    begin, cpu = time.monotonic(), [cpu_s(pid) for pid in pids]
    time.sleep(seconds)
    took = time.monotonic() - begin
    used = [100 * (cpu_s(pid) - was) / took for pid, was in zip(pids, cpu)]
    figures = crowd.report(name)
    print(f"{name}: {figures['events'] / took:.0f} events/s to clients, "
          f"api {used[0]:.1f} % of a core, redis {used[1]:.1f} %")
    print(f"{name}: XADD to client {line(figures['probe'])}")
    return figures


def storm(daemon, crowd, redis_pid, number):
    pid = daemon.child("api")
    since = daemon.mark()
    cpu = cpu_s(redis_pid)
    begin = time.monotonic()
    daemon.kill(pid, signal.SIGKILL)
    crowd.wait_all("open", 300)
    took = time.monotonic() - begin
    pid = daemon.child("api")
    time.sleep(1)  # the first event of the slowest
    figures = crowd.report(f"storm {number}")
    print(f"storm {number}: all back after {took:.2f} s; head {line(figures['back'])}; "
          f"next event {line(figures['first'])}")
    died, ready = (moment(daemon.find(name, since, child_kind="api")[0])
                   for name in ("child.died", "child.ready"))
    print(f"storm {number}: another API process ready {1000 * (ready - died):.0f} ms after the "
          f"end of the first")
    print(f"storm {number}: cuts {figures['cuts']}, attempts that failed {figures['failed']}, "
          f"refused {figures['refused']}, "
          f"api {cpu_s(pid):.2f} s of CPU, redis {cpu_s(redis_pid) - cpu:.2f} s, "
          f"slow {len(daemon.find('events.client_slow', since))}, "
          f"journal reads late {len(daemon.find('events.history_waits', since))}")
    return figures


def main():
    asked = [int(word) for word in sys.argv[1:]] + [10000, 100, 1, 0][len(sys.argv) - 1:]
    count, runs, storms, retry_ms = asked
    redis = PrivateRedis()
    postgres = PrivatePostgres()
    site = Site(redis, postgres, "storm")
    steps = (storms + 1) * 15 + count // 1000 + 5
    try:
        site.prepare(
            orchestration("steady", *[
                llm_step(f"s{i}", f"mock.sleep:{STEP_MS}", "x",
                         f"s{i + 1}" if i + 1 < steps else None) for i in range(steps)],
                max_total_turns=steps + 1),
            orchestration("quiet", llm_step("nap", "mock.sleep:3600000")))
        daemon = site.start(SYNAPSED_API_CONNECTIONS=str(count + 100),
                            SYNAPSED_API_PROCESSES="1",
                            SYNAPSED_WORKER_SLOTS=str(runs + 10),
                            SYNAPSED_LIMITS_RATE_PER_TENANT="0")
        quiet = [site.submit("quiet") for _ in range(max(1, runs // 10))]
        run_ids = list(quiet)
        for _ in range(runs - len(quiet)):
            run_ids.append(site.submit("steady"))
            time.sleep(STEP_MS / 1000 / runs)  # so that their steps are spread over time
        for run_id in run_ids[-5:]:
            site.wait_run(run_id, "running", deadline_s=120)
        redis_pid = redis.process.pid
        warm = Crowd(daemon.api_port, site.key, 50, run_ids)
        warm.wait_all("open")
        warm.close()
        before = memory(daemon.child("api"))
        begin = time.monotonic()
        crowd = Crowd(daemon.api_port, site.key, count, run_ids, retry_ms)
        crowd.wait_all("open", 300)
        print(f"{count} clients of {runs} runs opened in {time.monotonic() - begin:.2f} s")
        time.sleep(2)
        after = memory(daemon.child("api"))
        for name in ("Rss", "Pss"):
            print(f"{name}: {before[name]} -> {after[name]} KiB, "
                  f"{(after[name] - before[name]) * 1024 / count:.0f} bytes per client")
        prober = Prober(redis, quiet)
        prober.start()
        all_figures = [phase(crowd, "before", (daemon.child("api"), redis_pid))]
        for n in range(1, storms + 1):
            all_figures.append(storm(daemon, crowd, redis_pid, n))
            all_figures.append(phase(crowd, f"after {n}", (daemon.child("api"), redis_pid)))
        back = memory(daemon.child("api"))
        print(f"after: Rss {back['Rss']} KiB, Pss {back['Pss']} KiB")
        prober.stop.set()
        prober.join()
        for run_id in run_ids:
            site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/cancel", {})
        crowd.wait_all("complete", 300)
        all_figures.append(crowd.report("end"))
        stored = dict(site.sql("SELECT run_id, event_seq FROM orchestration_runs"))
        short = crowd.short_of(stored)
        wrong = {name: sum(f[name] for f in all_figures)
                 for name in ("holes", "doubles", "gaps", "broken")}
        print(f"events {sum(stored.values())} in the journal; {wrong}; "
              f"runs whose clients differ from it: {len(short)}")
        print("NOT gapless" if short or any(wrong.values()) else "gapless")
        crowd.close()
    finally:
        site.stop()
        site.remove()
        postgres.remove()
        redis.stop()


main()

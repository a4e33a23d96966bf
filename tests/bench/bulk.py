#!/usr/bin/python3
"""One request with a hundred thousand runs.

    SYNAPSED=$PWD/build/synapsed /usr/bin/python3 tests/bench/bulk.py [runs] [message_bytes]

(100000, 100.) Starts Redis, Postgres and one host without workers, sends the request and, in
the meantime, 50 GETs a second of another client, each at its own moment. Prints the time, peak
memory of the API process against the body's size, what the runs cost in Redis and Postgres,
CPU, and how long the other client waited; then what is said to one item too many and to a body
too large.
"""

import http.client
import json
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from harness.daemon import process_group  # noqa: E402
from harness.open_loop import OpenLoop, percentiles  # noqa: E402
from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site, orchestration, print_step  # noqa: E402

ITEMS_MAX = 100000
OTHERS_PER_S = 50
MIB = 1 << 20
TICK = os.sysconf("SC_CLK_TCK")


def pss(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024


def cpu_s(pids):
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


class Peak(threading.Thread):
    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.bytes, self.over = pid, 0, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.02):
            self.bytes = max(self.bytes, pss(self.pid))


def body_of(count, size):
    return json.dumps({"runs": [{"message": f"{n:07d}".ljust(size, "x")}
                                for n in range(count)]}).encode()


def post(site, body):
    connection = http.client.HTTPConnection("127.0.0.1", site.daemons[0].api_port, timeout=600)
    try:
        try:
            connection.request("POST", "/api/v2/orchestrations/hello/runs", body,
                               {"Authorization": f"Bearer {site.key}"})
        except BrokenPipeError:
            pass  # refused by its head: the answer is there
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def main():
    count, size = [int(word) for word in sys.argv[1:]] + [ITEMS_MAX, 100][len(sys.argv) - 1:]
    redis = PrivateRedis()
    postgres = PrivatePostgres()
    site = Site(redis, postgres, "bulk")
    try:
        site.prepare(orchestration("hello", print_step("p", "hi")))
        daemon = site.start(SYNAPSED_ROLES="api,keeper", SYNAPSED_LIMITS_RATE_PER_TENANT="0")
        run_id = site.submit("hello")
        site.wait_run(run_id, "queued")
        pid, redis_pid = daemon.child("api"), redis.process.pid
        body = body_of(count, size)
        database = "SELECT pg_database_size(current_database())"
        with redis.client() as client:
            used = client.info("memory")["used_memory"]
            stored = site.sql(database)[0][0]
            cpu = cpu_s([pid]), cpu_s([redis_pid]), cpu_s(process_group(postgres.process.pid))
            before = pss(pid)
            load = OpenLoop(daemon.api_port, site.key, OTHERS_PER_S,
                            lambda n: ("GET", f"/api/v2/orchestrations/runs/{run_id}/status",
                                       None))
            load.start()
            time.sleep(2)
            peak = Peak(pid)
            begin = time.monotonic()
            status, text = post(site, body)
            end = time.monotonic()
            peak.over.set()
            peak.join()
            others = load.finish()
            items = json.loads(text)["runs"]
            accepted = sum("run_id" in item for item in items)
            print(f"{status}: {accepted} of {len(items)} accepted in {end - begin:.2f} s, "
                  f"{accepted / (end - begin):.0f}/s; body {len(body) / MIB:.1f} MiB, "
                  f"answer {len(text) / MIB:.1f} MiB")
            print(f"api: Pss {before / MIB:.1f} -> at most {peak.bytes / MIB:.1f} MiB, "
                  f"{(peak.bytes - before) / len(body):.1f} times the body; "
                  f"then {pss(pid) / MIB:.1f} MiB")
            in_redis = client.info("memory")["used_memory"] - used
            print(f"redis: {in_redis / MIB:.1f} MiB, {in_redis / count:.0f} bytes a run")
        in_postgres = site.sql(database)[0][0] - stored
        print(f"postgres: {in_postgres / MIB:.1f} MiB, {in_postgres / count:.0f} bytes a run")
        now = cpu_s([pid]), cpu_s([redis_pid]), cpu_s(process_group(postgres.process.pid))
        print("CPU a run: " + ", ".join(
            f"{name} {1e6 * (b - a) / count:.0f} us"
            for name, a, b in zip(("api", "redis", "postgres"), cpu, now)))
        during = [a for a in others if load.begin + a.due_s >= begin]
        quiet = [a for a in others if load.begin + a.due_s < begin]
        print(f"another client's GET: before {percentiles([a.took_ms for a in quiet])}; "
              f"meanwhile {percentiles([a.took_ms for a in during])}; "
              f"not 200: {sum(a.status != 200 for a in others)}")
        for what, body in (("one too many", body_of(ITEMS_MAX + 1, 10)),
                           ("33 MiB", body_of(33, MIB))):
            status, text = post(site, body)
            print(f"{what}: {status} {text[:200].decode()}")
    finally:
        site.stop()
        site.remove()
        postgres.remove()
        redis.stop()


main()

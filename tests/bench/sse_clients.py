#!/usr/bin/python3
"""What a client of an event stream costs its API process while nothing happens.

    SYNAPSED=$PWD/build/synapsed /usr/bin/python3 tests/bench/sse_clients.py [clients] [runs]

Starts Redis, Postgres and one host, submits runs that sleep, opens the clients (spread over the
runs) and reads memory of the API process, CPU of it and of Redis over ten quiet seconds, and the
time from XADD to the client for single events. Sockets' buffers are the kernel's and not counted.
Prints figures; nothing here is a verdict. Needs as many open files as clients, twice.
"""

import json
import pathlib
import resource
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.procs import cpu_s, memory  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site, llm_step, orchestration  # noqa: E402

QUIET_S = 10
ROUNDS = 200


def open_all(port, key, run_ids, count):
    """Connections that have had everything their run has so far."""
    sockets = []
    for start in range(0, count, 500):
        batch = []
        for i in range(start, min(count, start + 500)):
            s = socket.create_connection(("127.0.0.1", port), timeout=60)
            path = f"/api/v2/orchestrations/runs/{run_ids[i % len(run_ids)]}/stream"
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n"
                      f"Authorization: Bearer {key}\r\n\r\n".encode())
            batch.append(s)
        for s in batch:
            got = b""
            while b"step_start" not in got:
                piece = s.recv(65536)
                assert piece, got
                got += piece
        sockets += batch
    return sockets


def latency(redis, run_id, s):
    """From before XADD to the bytes at the client, both here."""
    key = f"synapse:run:{run_id}:events"
    figures = []
    s.settimeout(30)
    for i in range(ROUNDS):
        begin = time.perf_counter()
        redis.xadd(key, {"data": json.dumps({"type": "probe", "n": i})})
        mark = f'"n": {i}}}'.encode()
        while mark not in s.recv(65536):
            pass
        figures.append((time.perf_counter() - begin) * 1000)
        time.sleep(0.005)
    return figures


def closed(s):
    s.setblocking(False)
    try:
        while piece := s.recv(65536):
            pass
        return piece == b""
    except BlockingIOError:
        return False


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else min(count, 2000)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    redis = PrivateRedis()
    postgres = PrivatePostgres()
    site = Site(redis, postgres, "sse")
    try:
        site.prepare(orchestration("nap", llm_step("nap", "mock.sleep:600000")))
        daemon = site.start(SYNAPSED_API_CONNECTIONS=str(count + 100),
                            SYNAPSED_WORKER_SLOTS=str(runs),
                            SYNAPSED_LIMITS_RATE_PER_TENANT="0")
        run_ids = [site.submit("nap") for _ in range(runs)]
        for run_id in run_ids[-20:]:
            site.wait_run(run_id, "running", deadline_s=120)
        pid = daemon.child("api")
        redis_pid = redis.process.pid
        open_all(daemon.api_port, site.key, run_ids, 50)[0].close()
        before = memory(pid)
        begin = time.monotonic()
        sockets = open_all(daemon.api_port, site.key, run_ids, count)
        print(f"{count} clients of {runs} runs opened in {time.monotonic() - begin:.1f} s")
        time.sleep(2)
        after = memory(pid)
        for name in ("Rss", "Pss"):
            print(f"{name}: {before[name]} -> {after[name]} KiB, "
                  f"{(after[name] - before[name]) * 1024 / count:.0f} bytes per client")
        cpu = cpu_s(pid), cpu_s(redis_pid)
        time.sleep(QUIET_S)
        print(f"quiet: api {100 * (cpu_s(pid) - cpu[0]) / QUIET_S:.1f} % of a core, "
              f"redis {100 * (cpu_s(redis_pid) - cpu[1]) / QUIET_S:.1f} %")
        with redis.client() as client:
            figures = sorted(latency(client, run_ids[0], sockets[0]))
        print(f"an event among them: p50 {statistics.median(figures):.2f} ms, "
              f"p99 {figures[int(len(figures) * 0.99)]:.2f} ms")
        alive = sum(1 for s in sockets if not closed(s))
        print(f"still there: {alive}")
        for s in sockets:
            s.close()
    finally:
        site.stop()
        site.remove()
        postgres.remove()
        redis.stop()


main()

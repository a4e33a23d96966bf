"""What black-box tests stand on: private servers, and the real binary before them.

Fixtures (conftest.py):

    redis_server      a Redis of this test process: unix socket and loopback port, AOF on
    postgres_server   a Postgres of this test process: fsync on
    stores            both, empty: a new database and a flushed Redis for each test
    daemon            makes daemons; those that still run at the end are stopped and judged

A test:

    def test_a_killed_worker_is_back(daemon):
        d = daemon()                                 # all roles, started and ready
        pid = d.child("worker")
        mark = d.mark()
        os.kill(pid, signal.SIGKILL)
        d.wait_event("child.ready", child_kind="worker", after=mark)
        assert d.http.get("/health").status == 200
        assert d.stop() == 0

Rules: wait for an event or a state (wait_event, until), never for a time. Deadlines are
generous: a slow machine is no failure. Daemon.stop() fails the test when a line with
level=error came that expect_error() did not announce, when a sanitizer spoke, when the exit
code is another one, or when a process of the daemon is left over. Options of the daemon are
given as keys: daemon(worker__slots=5) is SYNAPSED_WORKER_SLOTS=5.
"""

import time

PATIENCE = 90  # seconds: a bound for a slow machine, never what a test waits for


def until(condition, what="it", seconds=PATIENCE):
    """Wait for a state; returns what condition returned when it was true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not come about in {seconds} s"
        time.sleep(0.02)

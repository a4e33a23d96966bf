"""A host that runs out of something: degraded, not dead, and well again afterwards."""

import http.client
import os
import pwd
import resource
import shutil
import signal
import subprocess
import tempfile

import pytest

from harness.daemon import BINARY, DEADLINE_S, run_verb, sanitizers
from harness.site import orchestration, print_step
from harness.wait import until

HELLO = orchestration("hello", print_step("p", "hi"))


def limit(pid, what, soft):
    """The hard limit stays: only root with CAP_SYS_RESOURCE may raise it again."""
    resource.prlimit(pid, what, (soft, resource.prlimit(pid, what)[1]))


def open_files(pid):
    return sorted(int(fd) for fd in os.listdir(f"/proc/{pid}/fd"))


def nproc_as(user, pid, soft):
    """Set it for a process of that user, as that user: returns what it was."""
    def run(*words):
        return subprocess.run(
            ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
             "prlimit", f"--pid={pid}", *words], check=True, capture_output=True, text=True,
        ).stdout

    old = run("--nproc", "--raw", "--noheadings", "--output=SOFT").strip()
    run(f"--nproc={soft}:")
    return old


def get_health(daemon, timeout=DEADLINE_S):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.api_port, timeout=timeout)
    connection.request("GET", "/health")
    return connection, connection.getresponse().status


def says_hello(site):
    assert site.wait_run(site.submit("hello"))["status"] == "completed"


def test_a_crash_loop_at_the_start_is_told_by_status(site):
    site.prepare()
    site.sql("INSERT INTO schema_migrations (number, name, sha256, least)"
             " VALUES (999, 'later', '', 999)")
    d = site.start(
        ready=False, expect_errors=["schema.not_migrated", "master.degraded"],
        SYNAPSED_RESTART_MIN="20ms", SYNAPSED_RESTART_MAX="100ms", SYNAPSED_RESTART_CEILING="2",
    )
    degraded = d.wait_event("master.degraded")
    assert "keeper dies again and again" in degraded["reason"]
    shown = run_verb("status", env=d.env)
    assert shown.returncode == 1
    said = shown.stdout.decode()
    assert "degraded" in said and "exit 42 child_server" in said
    # one that older programs can work with, as in an upgrade of a fleet host by host
    site.sql("UPDATE schema_migrations SET least = 0 WHERE number = 999")
    d.wait_event("master.ready")
    assert d.find("db.newer")


def test_a_log_that_is_as_large_as_a_file_may_be_ends_nobody(site, tmp_path):
    site.prepare(HELLO)
    log, program = tmp_path / "log", tmp_path / "synapsed"
    log.touch()
    os.truncate(log, 16 << 20)
    program.write_text(f'#!/bin/sh\nexec prlimit --fsize={16 << 20} {BINARY} "$@" >>{log} 2>&1\n')
    program.chmod(0o755)
    d = site.start(ready=False, binary=program)
    until(lambda: run_verb("status", env=d.env).returncode == 0)
    says_hello(site)
    d.process.send_signal(signal.SIGTERM)
    assert d.process.wait(DEADLINE_S) == 0


def test_rights_that_are_taken_away_for_a_while_cost_no_run(site):
    site.prepare(HELLO)
    role = f"low_{site.database}"
    site.sql(f"CREATE ROLE {role} LOGIN;"
             f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};"
             f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role};"
             f"GRANT CREATE ON SCHEMA public TO {role}")
    d = site.start(
        SCALE_POSTGRES_URL=site.env["SCALE_POSTGRES_URL"].replace("synapsed@", f"{role}@"))
    try:
        says_hello(site)
        site.sql(f"REVOKE INSERT ON run_steps FROM {role}")
        since = d.mark()
        run_id = site.submit("hello")
        waits = d.wait_event("pg.unit_waits", since, kind="worker")
        assert "permission denied for table run_steps" in waits["error"]
        site.sql(f"GRANT INSERT ON run_steps TO {role}")
        assert site.wait_run(run_id)["status"] == "completed"
        site.sql(f"REVOKE INSERT ON orchestration_runs FROM {role}")
        code, answer, head = site.ask("POST", "/api/v2/orchestrations/hello/run", {"message": ""})
        assert (code, answer["code"]) == (503, "postgres_unavailable") and head["Retry-After"]
        site.sql(f"GRANT INSERT ON orchestration_runs TO {role}")
        says_hello(site)
        d.stop()
    finally:
        site.sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_without_descriptors_nothing_dies(site):
    site.prepare(HELLO)
    d = site.start()
    says_hello(site)
    # the API: what does not get in waits, and gets in when there is room
    api = d.child("api")
    limit(api, resource.RLIMIT_NOFILE, open_files(api)[-1] + 4)
    held = []
    with pytest.raises(TimeoutError):
        while len(held) < 64:
            held.append(get_health(d, timeout=1)[0])
    assert d.find("server.accept_failed") and len(held) >= 3
    waiting = http.client.HTTPConnection("127.0.0.1", d.api_port, timeout=DEADLINE_S)
    waiting.request("GET", "/health")
    for connection in held:
        connection.close()
    assert waiting.getresponse().status == 200
    waiting.close()
    # the master: no new child until there is room again
    since = d.mark()
    old = resource.prlimit(d.pid, resource.RLIMIT_NOFILE)[0]
    limit(d.pid, resource.RLIMIT_NOFILE, 3)
    d.kill(d.child("worker"))
    failed = d.wait_event("child.fork_failed", since, child_kind="worker")
    assert "Too many open files" in failed["error"]
    limit(d.pid, resource.RLIMIT_NOFILE, old)
    d.wait_event("child.ready", since, child_kind="worker")
    says_hello(site)
    assert d.child("api") == api


@pytest.mark.skipif(os.geteuid() != 0, reason="root is not limited, a user of its own is needed")
def test_without_processes_the_others_go_on(site):
    path = tempfile.mkdtemp(prefix="syn-s-")
    try:
        os.chmod(path, 0o755)
        user = pwd.getpwnam("nobody")
        os.chown(path, user.pw_uid, user.pw_gid)
        shutil.copy(BINARY, path)
        site.prepare(HELLO)
        d = site.start(
            binary=f"{path}/synapsed", data_dir=f"{path}/data", run_dir=f"{path}/run",
            SYNAPSED_USER="nobody", SYNAPSED_WORKER_PROCESSES="2",
        )
        since = d.mark()
        old = nproc_as(user, d.pid, 1)
        d.kill(d.child("worker", 1))
        failed = d.wait_event("child.fork_failed", since, child_kind="worker")
        assert "Resource temporarily unavailable" in failed["error"]
        says_hello(site)
        nproc_as(user, d.pid, old)
        d.wait_event("child.ready", since, child_kind="worker", child_slot=1)
        says_hello(site)
    finally:
        site.stop()
        shutil.rmtree(path)


def test_without_memory_a_child_ends_and_the_master_stays(site):
    site.prepare(HELLO)
    d = site.start(expect_errors=["memory.exhausted", "master.degraded"],
                   SYNAPSED_RESTART_MIN="50ms", SYNAPSED_RESTART_MAX="200ms",
                   **sanitizers("log_path=/dev/null:detect_leaks=0"))  # they want memory as well
    says_hello(site)
    # what the master forks from here on can map next to nothing
    since = d.mark()
    with open(f"/proc/{d.pid}/statm", encoding="ascii") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    limit(d.pid, resource.RLIMIT_AS, size)
    d.kill(d.child("worker"))
    d.wait_event("child.died", since, count=3, child_kind="worker")
    assert site.ask("GET", "/health", key=False)[0] == 200
    limit(d.pid, resource.RLIMIT_AS, resource.RLIM_INFINITY)
    d.wait_event("child.ready", since, child_kind="worker")
    says_hello(site)
    until(lambda: run_verb("status", env=d.env).returncode == 0)

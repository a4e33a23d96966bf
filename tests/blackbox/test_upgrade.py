"""USR2: another program takes over the sockets and folders of a running one."""

import json
import shutil
import signal
import socket
import subprocess
import threading

from harness.daemon import BINARY, drains
from harness.site import llm_step, orchestration, print_step

HELLO = orchestration("hello", print_step("p", "hi"))


def status(daemon):
    out = subprocess.run(
        [BINARY, "status", "-o", "json"], env=daemon.env, capture_output=True, text=True,
        check=True,
    )
    return json.loads(out.stdout)


def upgrade(daemon):
    """Returns the pid of the new master, when the old one has left."""
    since = daemon.mark()
    daemon.send(signal.SIGUSR2)
    started = daemon.wait_event("upgrade.started", since)
    daemon.wait_event("upgrade.in_charge", since, pid=started["child"])
    daemon.wait_event("master.stopped", since)
    daemon.follow(int(started["child"]))
    return int(started["child"])


def test_a_new_master_takes_over(site):
    d = site.start()
    site.prepare(HELLO)
    before = d.children()
    pid = upgrade(d)
    shown = status(d)
    assert shown["pid"] == pid and shown["generation"] == 2
    assert not set(before) & {c["pid"] for c in shown["children"]}
    assert site.wait_run(site.submit("hello"))["status"] == "completed"
    # and again, from there
    second = upgrade(d)
    assert second != pid and status(d)["generation"] == 3
    assert site.wait_run(site.submit("hello"))["status"] == "completed"


def test_a_second_master_is_refused_after_an_upgrade_as_well(site):
    d = site.start()
    upgrade(d)
    how = {"ready": False, "expect_errors": ["master.refused"]}
    second = site.start(data_dir=d.data_dir, **how)
    second.judge(5)
    site.daemons.remove(second)
    second.remove()


def test_one_that_does_not_come_up_changes_nothing(site, tmp_path):
    binary = tmp_path / "synapsed"
    shutil.copy(BINARY, binary)
    d = site.start(binary=binary)
    site.prepare(HELLO)
    before = d.children()
    binary.unlink()
    binary.write_text("#!/bin/sh\nexit 7\n")
    binary.chmod(0o755)
    d.send(signal.SIGUSR2)
    failed = d.wait_event("upgrade.failed")
    assert failed["cause"].startswith("exit 7")
    binary.unlink()
    since = d.mark()
    d.send(signal.SIGUSR2)
    d.wait_event("upgrade.exec_failed", since)
    d.wait_event("upgrade.failed", since)
    assert d.children() == before and status(d)["pid"] == d.pid
    assert site.wait_run(site.submit("hello"))["status"] == "completed"
    d.expect_errors.add("upgrade.exec_failed")


def test_every_signal_while_the_new_one_comes_up(site, tmp_path):
    binary = tmp_path / "synapsed"
    shutil.copy(BINARY, binary)
    d = site.start(binary=binary)
    binary.unlink()
    binary.write_text("#!/bin/sh\nexec sleep 600\n")
    binary.chmod(0o755)
    d.send(signal.SIGUSR2)
    new = d.wait_event("upgrade.started")["child"]
    for sig, act in (("SIGHUP", "reload"), ("SIGUSR2", "upgrade"), ("SIGTTIN", "more"),
                     ("SIGTTOU", "less")):
        d.send(getattr(signal, sig))
        d.wait_event("act.refused", act=act, by=sig, reason="upgrade")
    d.send(signal.SIGUSR1)
    d.wait_event("log.reopened")
    d.send(signal.SIGWINCH)
    d.wait_event("worker.quiet")
    d.send(signal.SIGTERM)
    d.wait_event("upgrade.abandoned", child=new)
    d.wait_event("master.draining")
    d.judge()


def test_a_new_one_that_is_killed_is_no_loss(site):
    d = site.start()
    before = d.children()
    # it is not ready while Redis has not answered its children
    site.redis.process.send_signal(signal.SIGSTOP)
    try:
        d.send(signal.SIGUSR2)
        started = d.wait_event("upgrade.started")
        d.wait_event("master.started", pid=started["child"])
        d.kill(int(started["child"]))
        d.wait_event("upgrade.failed", cause="signal SIGKILL")
    finally:
        site.redis.process.send_signal(signal.SIGCONT)
    shown = status(d)
    assert shown["pid"] == d.pid
    assert {c["pid"] for c in shown["children"]} == set(before)
    # the next one finds nothing in its way
    upgrade(d)


def test_an_upgrade_under_load_refuses_nothing_and_loses_nothing(site):
    d = site.start()
    site.prepare(HELLO)
    runs, errors, stop = [], [], threading.Event()

    def load():
        while not stop.is_set():
            try:
                runs.append(site.submit("hello"))
            except Exception as error:  # noqa: BLE001
                errors.append(repr(error))

    thread = threading.Thread(target=load)
    thread.start()
    try:
        for _ in range(2):
            upgrade(d)
    finally:
        stop.set()
        thread.join()
    assert not errors, errors[:3]
    assert runs
    for run_id in runs:
        assert site.wait_run(run_id)["status"] == "completed"


def test_systemd_is_told_who_the_main_process_is(site, tmp_path):
    path = tmp_path / "notify"
    listen = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listen.bind(str(path))
    listen.settimeout(60)
    d = site.start(NOTIFY_SOCKET=str(path))
    pid = upgrade(d)
    said = []
    while not said or "READY=1" not in said[-1] or len([s for s in said if "READY" in s]) < 2:
        said.append(listen.recv(1000).decode())
    at = said.index(f"MAINPID={pid}")
    assert "STOPPING=1" not in said
    assert "READY=1" in said[:at] and "READY=1" in said[at:]
    d.send(signal.SIGTERM)
    while said[-1] != "STOPPING=1":
        said.append(listen.recv(1000).decode())
    listen.close()


def test_an_old_master_leaves_at_its_deadline(site):
    """What does not drain is ended, and goes on under the new one."""
    site.prepare(orchestration("nap", llm_step("nap", "mock.sleep:600000")))
    d = site.start(SYNAPSED_DRAIN_DEADLINE="2s", SYNAPSED_DRAIN_LEAF="1h")
    run_id = site.submit("nap")
    site.wait_run(run_id, "running")
    worker = d.child("worker")
    upgrade(d)
    assert d.wait_event("child.died", child=worker)["cause"] == "drain_deadline: signal SIGKILL"
    (took_s,) = drains(d)["masters"]
    print(f"the old master left {took_s:.2f} s after it began to drain, deadline 2 s")
    assert took_s < 2 + 1
    d.wait_event("run.resumed", run=run_id)

"""The master of the real binary: children that die, signals, folders, its own death.

What needs children that misbehave (crash at the start, hang, refuse to drain) is in
tests/unit/test_master_live.c.
"""

import os
import signal
import subprocess

import pytest

from harness import until
from harness.daemon import BINARY, TOP

KINDS = ("keeper", "worker", "api")


def comm(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as fp:
        return fp.read().strip()


def command(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as fp:
        return fp.read().rstrip(b"\0").decode()


def descriptors(pid):
    folder = f"/proc/{pid}/fd"
    found = []
    for fd in os.listdir(folder):
        try:
            found.append(os.readlink(f"{folder}/{fd}"))
        except FileNotFoundError:
            pass  # closed while we looked
    return found


@pytest.mark.asan
def test_it_starts_gets_ready_and_drains(daemon):
    d = daemon(worker__processes=2)
    assert sorted(d.children().values()) == [
        ("api", 0),
        ("keeper", 0),
        ("worker", 0),
        ("worker", 1),
    ]
    assert d.stop() == 0
    died = d.find("child.died")
    assert [event["cause"] for event in died] == ["exit 0 ok"] * 4
    # from the outside in
    assert [event["child_kind"] for event in died] == ["api", "worker", "worker", "keeper"]
    assert not d.find("obituary.left")


@pytest.mark.asan
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_child_is_back(daemon, kind):
    d = daemon()
    mark = d.mark()
    os.kill(d.child(kind), signal.SIGKILL)
    died = d.wait_event("child.died", after=mark, child_kind=kind)
    assert died["cause"] == "signal SIGKILL"
    ready = d.wait_event("child.ready", after=mark, child_kind=kind)
    assert ready["child"] != died["child"]
    # within a second on an idle machine; a verdict leaves room
    assert (ready.at - died.at) % 86400 < 10


def test_every_death_of_a_worker_is_settled_by_the_keeper(daemon):
    d = daemon()
    for _ in range(3):
        mark = d.mark()
        pid = d.child("worker")
        os.kill(pid, signal.SIGKILL)
        d.wait_event("obituary.done", after=mark, dead=pid)
        d.wait_event("child.ready", after=mark, child_kind="worker")


def test_a_death_waits_for_a_keeper_that_is_away(daemon):
    d = daemon()
    mark = d.mark()
    keeper, worker = d.child("keeper"), d.child("worker")
    os.kill(keeper, signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    d.wait_event("child.ready", after=mark, child_kind="worker")
    os.kill(keeper, signal.SIGKILL)
    d.wait_event("obituary.done", after=mark, dead=worker)


@pytest.mark.asan
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_each_stop_signal_ends_it_with_zero(daemon, number):
    d = daemon()
    assert d.stop(number) == 0
    assert d.find("master.draining", signal=signal.Signals(number).name)


def test_a_second_signal_makes_it_fast(daemon):
    d = daemon(drain__deadline="10m")
    os.kill(d.child("api"), signal.SIGSTOP)  # it will not hear of the drain
    d.kill(signal.SIGTERM)
    d.wait_event("master.draining", wait_ms=600000)
    d.kill(signal.SIGTERM)
    d.wait_event("master.hurry")
    d.wait_event("child.died", child_kind="api", cause="drain_deadline: signal SIGKILL")
    assert d.join() == 0


def test_signals_of_later_do_not_hurt(daemon):
    d = daemon()
    for name in ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGTTIN", "SIGTTOU", "SIGWINCH"):
        d.kill(getattr(signal, name))
        d.wait_event("signal.ignored", signal=name)
    assert len(d.children()) == 3


def test_a_terminals_interrupt_reaches_only_the_master(daemon):
    d = daemon()
    os.killpg(d.pid, signal.SIGINT)
    assert d.join() == 0
    assert [event["cause"] for event in d.find("child.died")] == ["exit 0 ok"] * 3


@pytest.mark.asan
def test_children_leave_when_the_master_is_gone(daemon):
    d = daemon(worker__processes=2)
    children = d.children()
    os.kill(d.pid, signal.SIGKILL)
    # join() waits for the end of the pipe that all of them hold
    assert d.join(expect=-signal.SIGKILL) == -signal.SIGKILL
    assert len(d.find("child.master_lost")) == len(children)
    assert "another master" not in d.tail()
    # nothing of it keeps the folder
    again = daemon(data_dir=d.data_dir)
    assert again.stop() == 0


@pytest.mark.asan
def test_a_second_master_is_refused(daemon):
    d = daemon()
    second = daemon(start=False, data_dir=d.data_dir)
    second.expect_error("master.refused")
    second.start()
    assert second.join(expect=5) == 5
    (refused,) = second.find("master.refused")
    assert "another synapsed master is running with data_dir" in refused["error"]
    third = daemon(start=False, run_dir=d.run_dir)
    third.expect_error("master.refused")
    third.start()
    assert third.join(expect=5) == 5
    (refused,) = third.find("master.refused")
    assert "another synapsed master is running with run_dir" in refused["error"]
    assert len(d.children()) == 3 and not d.find("child.died")


def test_the_host_name_stays(daemon):
    first = daemon()
    name = first.wait_event("master.started")["host"]
    assert name.startswith("worker-")
    first.stop()
    second = daemon(data_dir=first.data_dir)
    assert second.wait_event("master.started")["host"] == name
    second.stop()
    third = daemon(data_dir=first.data_dir, env={"WORKER_ID": "rack-7"})
    assert third.wait_event("master.started")["host"] == "rack-7"


def test_an_address_in_use_ends_the_start(daemon):
    d = daemon()
    other = daemon(start=False, env={"SYNAPSE_BACKEND_PORT": str(d.api_port)})
    other.expect_error("master.refused")
    other.start()
    assert other.join(expect=1) == 1
    (refused,) = other.find("master.refused")
    assert f"port {d.api_port}" in refused["error"] and "in use" in refused["error"]


def test_processes_have_titles_and_no_more_descriptors_than_they_need(daemon):
    d = daemon(worker__processes=2)
    assert command(d.pid) == "synapsed: master"
    assert comm(d.child("worker", 1)) == "syn-worker 1 [g"
    assert command(d.child("worker", 1)) == "synapsed: worker 1 [gen 1]"
    for pid in d.children():
        open_files = descriptors(pid)
        # the locks end with the master, and a child watches no other child
        assert not [name for name in open_files if name.endswith("/host-id")]
        assert str(d.run_dir) not in open_files
        assert "anon_inode:[pidfd]" not in open_files


def test_roles_choose_the_kinds(daemon):
    d = daemon(args=("-f", "--roles", "keeper,worker"))
    assert sorted(d.children().values()) == [("keeper", 0), ("worker", 0)]


def test_a_stopped_worker_is_ended_by_the_watchdog(daemon):
    d = daemon(queue__pulse_stale="1s")
    mark = d.mark()
    pid = d.child("worker")
    os.kill(pid, signal.SIGSTOP)
    died = d.wait_event("child.died", after=mark, child=pid)
    assert died["cause"] == "watchdog: signal SIGKILL"
    d.wait_event("child.ready", after=mark, child_kind="worker")


def test_what_a_dead_worker_leaves_is_not_seen_as_alive(daemon):
    """status reads the scoreboard and not the log."""
    d = daemon()
    old = d.child("worker")
    assert str(old) in d.verb("status")
    mark = d.mark()
    os.kill(old, signal.SIGKILL)
    d.wait_event("obituary.done", after=mark, dead=old)
    until(lambda: str(old) not in d.verb("status"), "a status without the dead")


def test_the_unit_file_is_good(tmp_path):
    try:
        subprocess.run(["systemd-analyze", "--version"], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed")
    # it wants the command of ExecStart to be there
    text = (TOP / "systemd" / "synapsed.service").read_text()
    assert text.count("/usr/bin/synapsed") == 1
    unit = tmp_path / "synapsed.service"
    unit.write_text(text.replace("/usr/bin/synapsed", BINARY))
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        check=False,
        text=True,
    )
    ours = [line for line in result.stderr.splitlines() if "synapsed.service" in line]
    assert result.returncode == 0 and not ours, result.stderr

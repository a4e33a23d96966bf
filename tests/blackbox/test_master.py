"""The master of the real binary: children that die, signals, folders, its own death.

What needs children that misbehave (crash at the start, hang, refuse to drain) is in
tests/unit/test_master_live.c.
"""

import datetime
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from harness.daemon import BINARY, DEADLINE_S
from harness.site import llm_step, orchestration, print_step
from harness.wait import until

KINDS = ("keeper", "clerk", "worker", "api")


def written(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))


def comm(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()


def command(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode()


def descriptors(pid):
    found = []
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(link))
        except FileNotFoundError:
            pass  # closed while we looked
    return found


def refusal(daemon, exit_code):
    """A daemon that did not want to start: what it says."""
    daemon.judge(exit_code)
    (refused,) = daemon.find("master.refused")
    return refused["error"]


@pytest.mark.asan
def test_it_starts_gets_ready_and_drains(site):
    d = site.start(SYNAPSED_WORKER_PROCESSES="2")
    assert sorted(d.children().values()) == [
        ("api", 0),
        ("clerk", 0),
        ("keeper", 0),
        ("worker", 0),
        ("worker", 1),
    ]
    d.stop()
    died = d.find("child.died")
    assert [e["cause"] for e in died] == ["exit 0 ok"] * 5
    # from the outside in
    assert [e["child_kind"] for e in died] == ["api", "worker", "worker", "clerk", "keeper"]
    assert not d.find("obituary.left")


@pytest.mark.asan
@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_child_is_back(site, kind):
    d = site.start()
    since = d.mark()
    d.kill(d.child(kind))
    died = d.wait_event("child.died", since, child_kind=kind)
    assert died["cause"] == "signal SIGKILL"
    ready = d.wait_event("child.ready", since, child_kind=kind)
    assert ready["child"] != died["child"]
    # within a second on an idle machine; a verdict leaves room
    took_s = (written(ready) - written(died)).total_seconds()
    print(f"{kind} ready {took_s * 1000:.0f} ms after its death")
    assert took_s < 10


def test_every_death_of_a_worker_is_settled_by_the_keeper(site):
    d = site.start()
    for _ in range(3):
        since = d.mark()
        pid = d.child("worker")
        d.kill(pid)
        d.wait_event("obituary.done", since, dead=pid)
        d.wait_event("child.ready", since, child_kind="worker")


def test_a_death_waits_for_a_keeper_that_is_away(site):
    d = site.start()
    since = d.mark()
    keeper, worker = d.child("keeper"), d.child("worker")
    d.kill(keeper, signal.SIGSTOP)
    d.kill(worker)
    d.wait_event("child.ready", since, child_kind="worker")
    d.kill(keeper)
    d.wait_event("obituary.done", since, dead=worker)


@pytest.mark.asan
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGQUIT"])
def test_each_stop_signal_ends_it_with_zero(site, name):
    d = site.start()
    d.stop(getattr(signal, name))
    assert d.find("master.draining", signal=name)


def test_a_second_signal_makes_it_fast(site):
    d = site.start(SYNAPSED_DRAIN_DEADLINE="10m")
    d.kill(d.child("api"), signal.SIGSTOP)  # it will not hear of the drain
    d.process.send_signal(signal.SIGTERM)
    d.wait_event("master.draining", wait_ms=600000)
    d.process.send_signal(signal.SIGTERM)
    d.wait_event("master.hurry")
    d.wait_event("child.died", child_kind="api", cause="drain_deadline: signal SIGKILL")
    d.judge()


def test_one_worker_more_and_one_less(site):
    d = site.start()
    d.process.send_signal(signal.SIGTTIN)
    more = d.wait_event("child.ready", child_kind="worker", child_slot=1)
    d.process.send_signal(signal.SIGTTOU)
    d.wait_event("child.died", child=more["child"], cause="exit 0 ok")
    d.process.send_signal(signal.SIGTTOU)
    d.wait_event("act.refused", act="less", reason="the_last_one")


def test_a_quiet_worker_claims_nothing_until_a_reload(site):
    site.prepare(orchestration("hello", print_step("p", "hi")))
    d = site.start()
    d.process.send_signal(signal.SIGWINCH)
    d.wait_event("worker.quiet")
    run_id = site.submit("hello")
    time.sleep(0.5)  # long enough for a claim that must not come
    assert site.status(run_id)["status"] == "queued"
    d.process.send_signal(signal.SIGHUP)
    d.wait_event("reload.done")
    assert site.wait_run(run_id)["status"] == "completed"


def test_a_moved_log_file_is_opened_again(site, tmp_path):
    d = site.start()
    d.stop()
    path, moved = tmp_path / "log", tmp_path / "log.1"
    with path.open("wb") as file:
        process = subprocess.Popen([BINARY, "-f"], env=d.env, stderr=file)
    try:
        until(lambda: "event=master.ready" in path.read_text())
        path.rename(moved)
        process.send_signal(signal.SIGUSR1)
        until(lambda: path.exists() and "event=log.reopened" in path.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
    assert "event=master.stopped" in path.read_text()
    assert "event=worker.drained" in path.read_text()
    assert "event=master.stopped" not in moved.read_text()


def test_a_terminals_interrupt_is_the_masters_alone(site):
    """A terminal sends it to the whole group; the children must wait to be told."""
    d = site.start()
    for pid in d.children():
        d.kill(pid, signal.SIGINT)
        d.kill(pid, signal.SIGQUIT)
        d.kill(pid, signal.SIGHUP)
    d.stop(signal.SIGINT)
    names = [e["event"] for e in d.events]
    assert names.index("master.draining") < names.index("child.died")
    # a fast stop has a second: a loaded host's children may need more
    causes = [e["cause"].removeprefix("drain_deadline: ") for e in d.find("child.died")]
    assert len(causes) == 4 and set(causes) <= {"exit 0 ok", "signal SIGKILL"}


@pytest.mark.asan
def test_children_leave_when_the_master_is_gone(site):
    d = site.start(SYNAPSED_WORKER_PROCESSES="2")
    children = d.children()
    d.process.kill()
    d.judge(exit_code=-signal.SIGKILL)  # waits for the end of the pipe that all hold
    assert len(d.find("child.master_lost")) == len(children) == 5
    site.daemons.remove(d)
    # nothing of it keeps the folders
    site.start(data_dir=d.data_dir, run_dir=d.run_dir).stop()
    d.remove()


@pytest.mark.asan
def test_a_second_master_is_refused(site):
    d = site.start()
    how = {"ready": False, "expect_errors": ["master.refused"]}
    second = site.start(data_dir=d.data_dir, **how)
    assert "another synapsed master is running with data_dir" in refusal(second, 5)
    third = site.start(run_dir=d.run_dir, **how)
    assert "another synapsed master is running with run_dir" in refusal(third, 5)
    assert len(d.children()) == 4 and not d.find("child.died")
    for one in (second, third):
        site.daemons.remove(one)
        one.remove()


def test_a_second_master_of_the_same_name_is_refused(site):
    d = site.start()
    copy = d.dir / "copy"
    copy.mkdir()
    shutil.copy(d.data_dir / "host-id", copy)
    host = d.wait_event("master.started")["host"]
    how = {"ready": False, "expect_errors": ["master.refused"]}
    for more in ({"data_dir": copy}, {"WORKER_ID": host}):
        other = site.start(**more, **how)
        assert f"another synapsed master of this host is called {host}" in refusal(other, 5)
        site.daemons.remove(other)
        other.remove()


def test_the_host_name_stays(site):
    first = site.start()
    name = first.wait_event("master.started")["host"]
    assert name.startswith("worker-")
    first.stop()
    second = site.start(data_dir=first.data_dir)
    assert second.wait_event("master.started")["host"] == name
    second.stop()
    third = site.start(data_dir=first.data_dir, WORKER_ID="rack-7")
    assert third.wait_event("master.started")["host"] == "rack-7"


def test_an_address_in_use_ends_the_start(site):
    d = site.start()
    other = site.start(
        ready=False,
        expect_errors=["master.refused"],
        SYNAPSE_BACKEND_PORT=str(d.api_port),
    )
    error = refusal(other, 1)
    assert f"api.listen 127.0.0.1 port {d.api_port}" in error and "in use" in error
    site.daemons.remove(other)
    other.remove()


def test_titles_and_no_more_descriptors_than_needed(site):
    d = site.start(SYNAPSED_WORKER_PROCESSES="2")
    assert command(d.process.pid) == "synapsed: master"
    assert comm(d.child("worker", 1)) == "syn-worker 1 [g"
    assert command(d.child("worker", 1)) == "synapsed: worker 1 [gen 1]"
    for pid in d.children():
        held = descriptors(pid)
        # the locks end with the master, and a child watches no other child
        assert not [name for name in held if name.endswith("/host-id")]
        assert str(d.run_dir) not in held
        assert "anon_inode:[pidfd]" not in held


def test_titles_say_how_busy_children_are(site):
    site.prepare(orchestration("slow", llm_step("a", "mock.sleep:60000")))
    d = site.start()
    worker = d.child("worker")
    first, second = site.submit("slow"), site.submit("slow")
    until(lambda: command(worker) == "synapsed: worker 0 [gen 1] 2 runs")
    for run_id in (first, second):
        assert site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/cancel")[0] == 200
    until(lambda: command(worker) == "synapsed: worker 0 [gen 1]")


def test_roles_choose_the_kinds(site):
    d = site.start("--roles", "keeper,worker")
    assert sorted(d.children().values()) == [("clerk", 0), ("keeper", 0), ("worker", 0)]


def test_a_stopped_worker_is_ended_by_the_watchdog(site):
    d = site.start(SYNAPSED_QUEUE_PULSE_STALE="1s")
    since = d.mark()
    pid = d.child("worker")
    d.kill(pid, signal.SIGSTOP)
    died = d.wait_event("child.died", since, child=pid)
    assert died["cause"] == "watchdog: signal SIGKILL"
    d.wait_event("child.ready", since, child_kind="worker")


def test_status_shows_the_living_and_not_the_dead(site):
    d = site.start()

    def status():
        out = subprocess.run(
            [BINARY, "status"], env=d.env, capture_output=True, text=True, check=True
        )
        return out.stdout.split()

    old = d.child("worker")
    assert str(old) in status()
    since = d.mark()
    d.kill(old)
    d.wait_event("obituary.done", since, dead=old)
    new = d.wait_event("child.ready", since, child_kind="worker")["child"]
    until(lambda: str(old) not in status() and new in status())

"""The control socket and the verbs that ask over it: one daemon for all but its end."""

import concurrent.futures
import json
import os
import pathlib
import signal
import shutil
import socket
import stat
import struct
import subprocess
import threading

import pytest

from harness.daemon import BINARY, alive, run_verb
from harness.redis_server import PrivateRedis
from harness.site import Site, llm_step, orchestration

OK, FAILED, USAGE, NOT_FOUND, CONFLICT, REFUSED, UNREACHABLE = range(7)
ASK, ACCEPTED, REFUSED_FRAME, DONE, FAILED_FRAME, TEXT = range(1, 7)
REOPEN, PEERS = 5, 16


def frame(act, number=0, wait_s=0, kind=ASK, magic=0x31435953, text=b""):
    """The layout of ipc/control_frame.c."""
    return struct.pack("=IHHqii40s", magic, kind, act, number, 0, wait_s, text)


class Peer:
    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(30)
        self.socket.connect(str(daemon.run_dir / "control"))

    def send(self, message):
        self.socket.send(message)
        return self

    def answers(self):
        """[(type, code, number, text)] until the daemon closes; texts are in the answer
        that they explain."""
        found, text = [], b""
        while message := self.socket.recv(100):
            _, kind, _, number, code, _, piece = struct.unpack("=IHHqii40s", message)
            if kind == TEXT:
                text += piece.rstrip(b"\0")
                continue
            found.append((kind, code, number, text.decode()))
            text = b""
        self.socket.close()
        return found


@pytest.fixture(scope="module")
def shared(private_postgres, tmp_path_factory):
    redis = PrivateRedis()  # the other one is flushed by others
    made = Site(redis, private_postgres, "site_control")
    path = tmp_path_factory.mktemp("control") / "synapsed.yaml"
    path.write_text("worker:\n  slots: 10\n")
    try:
        made.start(SYNAPSED_CONF=str(path))
        yield made
        made.stop()
    finally:
        made.remove()
        redis.stop()


@pytest.fixture
def daemon(shared):
    return shared.daemons[0]


def verb(daemon, *words, **more):
    return run_verb(*words, env={**daemon.env, **more})


def good(daemon, *words, **more):
    done = verb(daemon, *words, "-o", "json", **more)
    assert done.returncode == OK, done.stderr
    return json.loads(done.stdout)


def workers(daemon):
    return {
        c["slot"]: c
        for c in good(daemon, "status")["children"]
        if c["kind"] == "worker" and c["state"] in ("ready", "quiet")
    }


def conf_of(daemon):
    return pathlib.Path(daemon.env["SYNAPSED_CONF"])


# ---- frames ----


def test_the_socket_is_its_users_alone(daemon):
    mode = os.stat(daemon.run_dir / "control").st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600


JUNK = [
    (b"x", "a frame of 1 bytes"),
    (frame(REOPEN)[:-1], "a frame of 63 bytes"),
    (frame(REOPEN) + b"x", "a frame of 65 bytes"),
    (b"x" * 4096, "a frame of 65 bytes"),
    (frame(REOPEN, magic=0x31465953), "the magic 31465953"),
    (frame(REOPEN, wait_s=-1), "a negative wait"),
    (frame(REOPEN, text=b"\x1b[2J"), "an unclean text"),
    (frame(REOPEN, text=b"a\0b"), "an unclean text"),
    (frame(REOPEN, kind=DONE), "out of turn"),
    (frame(REOPEN, kind=999), "out of turn"),
    (frame(0), "does not know the act"),
    (frame(11), "does not know the act"),
    (frame(65535), "does not know the act"),
]


def test_junk_is_refused_and_nothing_happens(daemon):
    since = daemon.mark()
    for message, why in JUNK:
        ((kind, _, _, text),) = Peer(daemon).send(message).answers()
        assert kind == REFUSED_FRAME and why in text, (message, text)
    assert not daemon.find("log.reopened", since) and daemon.children()


def test_an_ask_is_answered_and_ended(daemon):
    answers = Peer(daemon).send(frame(REOPEN, wait_s=5)).answers()
    assert [a[0] for a in answers] == [ACCEPTED, DONE]
    ((kind, code, _, text),) = Peer(daemon).send(frame(1, number=3600001)).answers()
    assert kind == REFUSED_FRAME and "an hour at most" in text and code == -2


def test_connections_are_bounded_and_silent_ones_are_closed(daemon):
    since = daemon.mark()
    peers = [Peer(daemon) for _ in range(PEERS)]
    ((kind, _, _, text),) = Peer(daemon).answers()
    assert kind == REFUSED_FRAME and text == "too many ask at the same time"
    refused = verb(daemon, "reopen-logs")
    assert refused.returncode == REFUSED and b"too many" in refused.stderr
    # their two seconds pass, and there is room again
    assert [p.answers() for p in peers] == [[]] * PEERS
    daemon.wait_event("control.late", since, PEERS, waits_for="ask")
    assert good(daemon, "reopen-logs") == {"act": "reopen_logs", "result": "done"}


def as_nobody(daemon, *words):
    def nobody():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    for folder in daemon.dir, daemon.run_dir:
        os.chmod(folder, 0o755)
    program = daemon.dir / "synapsed"  # where it was built others may not look
    if not program.exists():
        shutil.copy(BINARY, program)
    return subprocess.run(
        [program, *words, "--set", f"run_dir={daemon.run_dir}"], check=False,
        capture_output=True, preexec_fn=nobody, env={"HOME": "/"},
    )


ROOT_ALONE = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@ROOT_ALONE
def test_another_user_is_refused_by_the_socket_and_by_the_daemon(daemon):
    # by its mode, even where the folders let everybody through
    done = as_nobody(daemon, "reopen-logs")
    assert done.returncode == REFUSED and b"Permission denied" in done.stderr
    # and by the kernel's word on who connected
    since = daemon.mark()
    os.chmod(daemon.run_dir / "control", 0o666)
    try:
        done = as_nobody(daemon, "reopen-logs")
    finally:
        os.chmod(daemon.run_dir / "control", 0o600)
    assert done.returncode == REFUSED and b"only root and the user" in done.stderr
    daemon.wait_event("control.refused", since, uid=65534)


@ROOT_ALONE
def test_a_group_may_ask_where_it_is_named(site):
    d = site.start(SYNAPSED_CONTROL_GROUP="65534")
    assert stat.S_IMODE(os.stat(d.run_dir / "control").st_mode) == 0o660
    done = as_nobody(d, "reopen-logs")
    assert done.returncode == OK, done.stderr
    assert d.wait_event("control.asked")["uid"] == "65534"


def test_a_group_that_is_not_there_is_an_error(site):
    d = site.start(
        SYNAPSED_CONTROL_GROUP="nosuch", ready=False, expect_errors=["master.refused"]
    )
    assert "control.group: there is no group nosuch" in d.wait_event("master.refused")["error"]
    site.daemons.remove(d)
    d.judge(USAGE)
    d.remove()


# ---- verbs ----


def test_reload_says_what_became_of_it(daemon):
    assert good(daemon, "reload")["result"] == "done"  # nothing has changed
    before = good(daemon, "status")["generation"]
    conf_of(daemon).write_text("worker:\n  slots: 11\n")
    done = good(daemon, "reload")
    assert done == {"act": "reload", "result": "done", "generation": before + 1}
    assert good(daemon, "status")["generation"] == before + 1
    # a bad one: the reason, with its place, and status says the same with that file
    conf_of(daemon).write_text("worker:\n  slots: 11\n  slotz: 3\n")
    done = verb(daemon, "reload")
    assert done.returncode == REFUSED
    line = f"refused: {conf_of(daemon)}:3:3: "
    assert line in done.stderr.decode()
    shown = verb(daemon, "status", "-c", conf_of(daemon), "-o", "json")
    assert shown.returncode == OK
    assert json.loads(shown.stdout)["reload"].startswith(line)
    assert b"the configuration is wrong" in shown.stderr
    conf_of(daemon).write_text("worker:\n  slots: 12\n")
    accepted = good(daemon, "reload", "--no-wait")
    assert accepted == {"act": "reload", "result": "accepted"}
    # the one behind it is waited for as well
    assert good(daemon, "reload")["generation"] >= before + 2


def test_quiet_and_what_ends_it(daemon):
    assert good(daemon, "quiet", "--wait")["result"] == "done"
    assert {w["state"] for w in workers(daemon).values()} == {"quiet"}
    assert good(daemon, "reload")["result"] == "done"
    assert {w["state"] for w in workers(daemon).values()} == {"ready"}


def test_workers_one_by_one(daemon):
    since = daemon.mark()
    assert good(daemon, "worker", "more")["result"] == "done"
    daemon.wait_event("child.ready", since, child_kind="worker", child_slot=1)
    assert good(daemon, "worker", "quiet", 1)["result"] == "accepted"
    assert workers(daemon)[1]["state"] == "quiet"
    pid = workers(daemon)[1]["pid"]
    assert good(daemon, "worker", "stop", 1)["result"] == "done"
    assert not alive(pid)
    daemon.wait_event("child.ready", since, 2, child_kind="worker", child_slot=1)
    since = daemon.mark()
    assert good(daemon, "worker", "less")["result"] == "done"
    daemon.wait_event("child.died", since, child_kind="worker", child_slot=1)
    for words, code, why in [
        (("worker", "less"), CONFLICT, "it is the last worker"),
        (("worker", "stop", 1), NOT_FOUND, "no worker in that slot"),
        (("worker", "quiet", 255), NOT_FOUND, "no worker in that slot"),
        (("worker", "quiet", 256), USAGE, "from 0 to 255"),
        (("worker", "quiet", "x"), USAGE, "from 0 to 255"),
        (("drain", "--deadline", "2h"), USAGE, "is a duration"),
    ]:
        done = verb(daemon, *words)
        assert done.returncode == code and why in done.stderr.decode(), words


def test_log_files_are_opened_again(daemon):
    done = verb(daemon, "reopen-logs")
    assert done.returncode == OK and done.stdout == b"log files are opened again\n"
    since = daemon.mark()
    verb(daemon, "reopen-logs")
    assert "control uid" in daemon.wait_event("log.reopened", since)["by"]


def test_a_person_is_told_what_to_do_without_a_daemon(tmp_path):
    for words in ["drain"], ["stop"], ["reload"], ["upgrade"], ["quiet"], ["worker", "more"]:
        done = run_verb(*words, "--set", f"run_dir={tmp_path}")
        assert done.returncode == UNREACHABLE, words
        assert f"no daemon runs with run_dir {tmp_path}" in done.stderr.decode()


def test_a_person_is_told_what_to_do_without_a_socket(daemon):
    path = daemon.run_dir / "control"
    path.rename(path.with_name("hidden"))
    try:
        done = verb(daemon, "reload")
        slot = verb(daemon, "worker", "stop", 0)
    finally:
        path.with_name("hidden").rename(path)
    assert done.returncode == slot.returncode == UNREACHABLE
    assert f"`kill -HUP {daemon.pid}` asks for the same" in done.stderr.decode()
    assert b"has no control socket" in slot.stderr and b"kill" not in slot.stderr


def test_a_daemon_that_stands_still_does_not_hold_anybody(daemon):
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        done = verb(daemon, "reopen-logs", "--timeout", "300ms")
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    assert done.returncode == UNREACHABLE
    assert b"does not answer: no answer within 300ms" in done.stderr
    daemon.expect_errors.add("master.tick_late")


@pytest.mark.parametrize("left, code", [(True, FAILED), (False, OK)])
def test_a_connection_that_is_cut_is_no_end_while_the_socket_is_there(tmp_path, left, code):
    """What a daemon that dies in its drain leaves, and one that ends in order."""
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(30)

        def serve():
            peer = listener.accept()[0]
            peer.recv(100)
            peer.send(frame(1, number=1000, kind=ACCEPTED))
            if not left:
                path.unlink()
            peer.close()

        thread = threading.Thread(target=serve)
        thread.start()
        done = run_verb("drain", "--set", f"run_dir={tmp_path}")
        thread.join()
    assert done.returncode == code, done.stderr
    assert not left or b"ended before it was done" in done.stderr


# ---- its end ----


def test_upgrade_and_drain(site):
    d = site.start(SYNAPSED_DRAIN_LEAF="1s")
    site.prepare(orchestration("slow", llm_step("s", "mock.sleep:60000")))
    # the old master's worker keeps its call until drain.leaf, and is shown
    run_id = site.submit("slow")
    site.wait_run(run_id, "running")
    done = good(d, "upgrade")
    started = d.wait_event("upgrade.started")
    assert done == {"act": "upgrade", "result": "done", "pid": int(started["child"])}
    d.wait_event("upgrade.in_charge")
    shown = good(d, "status")
    assert shown["pid"] == done["pid"]
    (before,) = shown["before"]
    assert before["pid"] == d.pid and before["state"] == "draining"
    assert any(c["state"] == "draining" for c in before["children"])
    screen = verb(d, "status").stdout.decode()
    assert f"before it: pid {d.pid}, " in screen
    d.wait_event("master.stopped")
    d.follow(done["pid"])
    assert good(d, "status")["before"] == []
    assert sorted(p.name for p in d.run_dir.iterdir()) == ["control", "scoreboard"]
    # the deadline is this drain's, and joining it makes no haste
    (worker,) = (c["pid"] for c in good(d, "status")["children"] if c["kind"] == "worker")
    d.kill(worker, signal.SIGSTOP)
    assert good(d, "drain", "--deadline", "50s", "--no-wait")["result"] == "accepted"
    refused = verb(d, "reload")
    assert refused.returncode == CONFLICT and b"is draining" in refused.stderr
    since = d.mark()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        joined = pool.submit(good, d, "drain")
        d.wait_event("control.asked", since, act="drain")
        d.kill(worker, signal.SIGCONT)
        assert joined.result()["result"] == "done"
    d.wait_event("master.draining", wait_ms=50000)
    assert not d.find("master.hurry")
    assert not (d.run_dir / "control").exists()
    assert verb(d, "status").returncode == NOT_FOUND


def test_stop_is_fast(site):
    d = site.start()
    assert good(d, "stop")["result"] == "done"
    assert d.wait_exit() == 0
    assert d.find("master.draining", signal=f"control uid {os.geteuid()}", wait_ms=1000)

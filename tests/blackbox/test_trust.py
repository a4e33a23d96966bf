"""Who the daemon is, what it may, and what it keeps from others of its user."""

import os
import pathlib
import pwd
import resource
import shutil
import signal
import tempfile

import pytest

from harness.daemon import BINARY, sanitizers
from harness.site import orchestration, print_step

HELLO = orchestration("hello", print_step("p", "hi"))
CAP_SYS_RESOURCE = 24
SANITIZED = b"__asan_init" in pathlib.Path(BINARY).read_bytes()
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")


def status(pid):
    """/proc/<pid>/status as a dict of lists of words."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {k: v.split() for k, v in (line.split(":", 1) for line in text.splitlines())}


def oom_score_adj(pid):
    return int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text())


@pytest.fixture
def open_dir():
    """A folder that any user can look into, with a program in it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="syn-u-"))
    path.chmod(0o755)
    shutil.copy(BINARY, path / "synapsed")
    yield path
    shutil.rmtree(path)


def start_as_nobody(site, path, **more):
    return site.start(
        binary=path / "synapsed", data_dir=path / "deep" / "data", run_dir=path / "run",
        SYNAPSED_USER="nobody", **more,
    )


@root_only
# not under sanitizers: who gave root up cannot write their reports
def test_root_becomes_the_user_for_good(site, open_dir):
    user = pwd.getpwnam("nobody")
    # one that root alone may read: what a reload will not be able to
    conf = open_dir / "synapsed.yaml"
    conf.write_text("log: {level: info}\n")
    conf.chmod(0o600)
    d = start_as_nobody(site, open_dir, SYNAPSED_CONF=str(conf))
    dropped = d.wait_event("privileges.dropped", user="nobody", uid=user.pw_uid)
    assert d.wait_event("privileges.conf_unreadable")["path"] == str(conf)
    for pid in (d.pid, *d.children()):
        seen = status(pid)
        assert seen["Uid"] == [str(user.pw_uid)] * 4
        assert seen["Gid"] == [str(user.pw_gid)] * 4
        assert len(seen["Groups"]) == int(dropped["groups"])
        assert not {int(seen[c][0], 16) for c in ("CapInh", "CapPrm", "CapEff", "CapAmb")} - {0}
    # what was made is the user's, with nothing for others
    assert os.stat(d.data_dir.parent).st_uid == 0
    for path in (d.data_dir, d.data_dir / "host-id", d.run_dir / "scoreboard"):
        assert (os.stat(path).st_uid, os.stat(path).st_mode & 0o7) == (user.pw_uid, 0)
    assert os.stat(d.run_dir).st_uid == user.pw_uid
    # it works, and goes on working when it reads its file and its program again
    site.prepare(HELLO)
    assert site.wait_run(site.submit("hello"))["status"] == "completed"
    since = d.mark()
    d.send(signal.SIGHUP)
    assert "Permission denied" in d.wait_event("reload.error", since)["error"]
    conf.chmod(0o644)
    d.send(signal.SIGUSR2)
    started = d.wait_event("upgrade.started", since)
    d.wait_event("master.stopped", since)
    d.follow(int(started["child"]))
    assert status(d.pid)["Uid"] == [str(user.pw_uid)] * 4
    assert not d.find("privileges.ignored") and not d.find("privileges.root")
    assert site.wait_run(site.submit("hello"))["status"] == "completed"


@root_only
def test_root_says_why_it_does_not_become_the_user(site, open_dir):
    # a leak checker cannot look into who has just given root up
    how = {"ready": False, "expect_errors": ["master.refused"], **sanitizers("detect_leaks=0")}
    for expected, code, env in (
        ("user: there is no user syn-nobody", 2, {"SYNAPSED_USER": "syn-nobody"}),
        ("group: there is no group syn-nobody", 2,
         {"SYNAPSED_USER": "nobody", "SYNAPSED_GROUP": "syn-nobody"}),
        ("so group must be set", 2, {"SYNAPSED_USER": "4123456"}),
        # the folder is there, and root's
        (f"data_dir: user 4123456 cannot use {open_dir}: Permission denied", 1,
         {"SYNAPSED_USER": "4123456", "SYNAPSED_GROUP": "4123457"}),
    ):
        d = site.start(data_dir=open_dir, **how, **env)
        d.judge(code)
        (refused,) = d.find("master.refused")
        assert expected in refused["error"]
        site.daemons.remove(d)
        d.remove()


@pytest.mark.asan
def test_what_processes_may_and_who_dies_first(site):
    d = site.start(SYNAPSED_WORKER_PROCESSES="2")
    kinds = {pid: kind for pid, (kind, _) in d.children().items()}
    for pid in (d.pid, *kinds):
        seen = status(pid)
        assert seen["NoNewPrivs"] == ["1"]
        assert int(seen["Umask"][0], 8) & 0o027 == 0o027
        assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        assert soft == hard >= 12000
        # nobody else of our user sees memory and environment
        if not SANITIZED:
            assert os.stat(f"/proc/{pid}/environ").st_uid == 0
    adj = {kind: oom_score_adj(pid) for pid, kind in kinds.items()}
    assert oom_score_adj(d.pid) <= adj["keeper"] < adj["api"] < adj["worker"]
    if int(status("self")["CapEff"][0], 16) >> CAP_SYS_RESOURCE & 1:
        assert oom_score_adj(d.pid) < 0


@pytest.mark.skipif(SANITIZED, reason="those are never sealed")
def test_core_dumps_are_an_explicit_choice(site):
    before = resource.getrlimit(resource.RLIMIT_CORE)
    d = site.start("--set", "core_dumps=true")
    assert resource.prlimit(d.child("worker"), resource.RLIMIT_CORE)[0] == before[1]
    # not sealed: its files in /proc are the user's
    assert os.stat(f"/proc/{d.child('worker')}/environ").st_uid == os.geteuid()

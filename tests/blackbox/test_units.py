"""The unit files: what systemd thinks of them, and what lives behind their walls.

tests/systemd/restrictions.tsv has the restrictions of the service; tests/systemd/walls.py
applies them, on a machine where systemd is not the first process.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from harness.daemon import BINARY, DEADLINE_S, TOP, sanitizers
from harness.site import orchestration, print_step

BUILT = pathlib.Path(BINARY).parent / "systemd"
SYSTEMD = TOP / "systemd"
WALLS = TOP / "tests" / "systemd" / "walls.py"
# its first step is Python in the daemon's own sandbox
HELLO = orchestration(
    "hello",
    {"id": "t", "name": "t", "type": "transform", "transform_code": "result = 6 * 7",
     "output_key": "answer", "next_step_id": "p"},
    print_step("p", "{state.answer}"),
)


def says_hello(site):
    ended = site.wait_run(site.submit("hello"))
    assert (ended["status"], ended["final_response"]) == ("completed", "42"), ended

# What is no restriction: how it is started, stopped and found.
SERVICE = set(
    "Type NotifyAccess ExecStart ExecReload Environment EnvironmentFile LoadCredential "
    "StateDirectoryMode RuntimeDirectoryMode LogsDirectoryMode ConfigurationDirectoryMode "
    "KillMode TimeoutStopSec TimeoutStartSec Restart RestartSec RestartPreventExitStatus "
    "WatchdogSec OOMPolicy".split()
)
needs_walls = pytest.mark.skipif(
    os.geteuid() != 0 and os.environ.get("SYNAPSED_TEST_SANDBOX") != "required",
    reason="only root can build the walls of a service",
)


def settings(path):
    """[(setting, value)] of [Service], in order."""
    found, section = [], None
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and line[0] != "#":
            found.append(tuple(line.split("=", 1)))
    return found


def run(*command, **more):
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False,
        timeout=60, **more,
    )


@pytest.fixture
def units(tmp_path):
    """All of them, with a program that is there."""
    for path in (*BUILT.glob("*.service"), *SYSTEMD.glob("*.socket")):
        text = re.sub("^(ExecStart|ExecReload)=[^ \n]+", rf"\1={BINARY}", path.read_text(),
                      flags=re.M)
        (tmp_path / path.name).write_text(text)
    return tmp_path


def test_systemd_finds_nothing_to_say_about_the_units(units):
    names = sorted(path.name for path in units.iterdir())
    assert names == ["synapsed.service", "synapsed.socket", "synapsed@.service"]
    done = run("systemd-analyze", "verify", "--man=no", *units.iterdir())
    ours = [line for line in done.stderr.splitlines() if "synapsed" in line]
    assert done.returncode == 0 and not ours, done.stderr


def test_the_unit_is_as_tight_as_its_programs_bear(units):
    for name in ("synapsed.service", "synapsed@.service"):
        done = run("systemd-analyze", "security", "--offline=true", "--threshold=20",
                   "--no-pager", units / name)
        assert done.returncode == 0, done.stdout
        print(done.stdout.splitlines()[-1])


def test_drop_ins_fit_the_units(units):
    found = sorted(path.name for path in (SYSTEMD / "examples").iterdir())
    assert len(found) >= 4
    for name in found:
        text = (SYSTEMD / "examples" / name).read_text()
        (target,) = re.findall(r"^# To: /etc/systemd/system/(synapsed\.\w+)\.d/" + name, text,
                               re.M)
        place = units / f"{target}.d"
        place.mkdir(exist_ok=True)
        (place / name).write_text(text)
    done = run("systemd-analyze", "verify", "--man=no", units / "synapsed.service",
               units / "synapsed.socket")
    ours = [line for line in done.stderr.splitlines() if "synapsed" in line]
    assert done.returncode == 0 and not ours, done.stderr


def test_the_stop_of_the_unit_waits_for_the_drain():
    found = dict(settings(BUILT / "synapsed.service"))
    sample = (TOP / "etc" / "synapsed.yaml").read_text()
    (deadline,) = re.findall(r"^  #deadline: (\d+)s$", sample, re.M)
    assert int(found["TimeoutStopSec"]) >= int(deadline) + 5
    assert found["KillMode"] == "mixed"
    # the port of the socket unit is the one that the daemon looks for
    (listen,) = re.findall(r"^ListenStream=(.*)$", (SYSTEMD / "synapsed.socket").read_text(),
                           re.M)
    assert f"  #listen: {listen}\n" in sample


def test_user_and_folders_are_made_as_the_papers_say(tmp_path):
    (tmp_path / "etc").mkdir()
    done = run("systemd-sysusers", f"--root={tmp_path}", SYSTEMD / "sysusers.conf")
    assert done.returncode == 0, done.stderr
    (entry,) = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()
                if line.startswith("synapsed:")]
    assert entry[5] == "/var/lib/synapsed" and entry[6].endswith("nologin")
    if os.geteuid() != 0:
        return  # who is not root gives nothing away
    (tmp_path / "etc/synapsed").mkdir(mode=0o777)
    conf = tmp_path / "etc/synapsed/synapsed.yaml"
    conf.touch(0o644)
    done = run("systemd-tmpfiles", f"--root={tmp_path}", "--create", SYSTEMD / "tmpfiles.conf")
    assert done.returncode == 0, done.stderr
    uid, gid = int(entry[2]), int(entry[3])
    for path, mode, owner in ((conf, 0o640, 0), (conf.parent, 0o750, 0),
                              (tmp_path / "var/lib/synapsed", 0o750, uid)):
        st = path.stat()
        assert (st.st_mode & 0o777, st.st_uid, st.st_gid) == (mode, owner, gid), path


def test_a_request_before_the_start_is_answered_behind_it(site, tmp_path):
    """By the socket that a manager opened, as synapsed.socket says it to."""
    site.prepare(HELLO)
    start = tmp_path / "start"
    start.write_text(
        "#!/bin/sh\nenv=$(env | sed 's/^\\([A-Za-z_]*\\)=.*/-E \\1/')\n"
        "exec systemd-socket-activate -l 127.0.0.1:$SYNAPSE_BACKEND_PORT --fdname=api "
        f"$env {BINARY} \"$@\"\n"
    )
    start.chmod(0o755)
    d = site.start(binary=start, ready=False)
    deadline = time.monotonic() + DEADLINE_S
    while True:
        with socket.socket() as early:
            if early.connect_ex(("127.0.0.1", d.api_port)) == 0:
                early.sendall(b"GET /health HTTP/1.0\r\nHost: x\r\n\r\n")
                early.settimeout(DEADLINE_S)
                assert early.recv(4096).startswith(b"HTTP/1.")
                break
        assert time.monotonic() < deadline, d.log()
        time.sleep(0.02)
    d.wait_event("master.ready")
    assert not d.find("listener.unused")
    says_hello(site)


# --- behind the walls ------------------------------------------------------------------


def table():
    text = (TOP / "tests" / "systemd" / "restrictions.tsv").read_text()
    return [line.split("\t") for line in text.splitlines() if line and line[0] != "#"]


def test_the_table_of_restrictions_is_the_units():
    ours = [(key, value) for key, value in settings(BUILT / "synapsed.service")
            if key not in SERVICE]
    assert ours == [(key, value) for key, value, _ in table()] or sorted(ours) == sorted(
        (key, value) for key, value, _ in table()
    )
    # an instance of the template differs in its folders alone
    instance = [(key, value.replace("-%i", "")) for key, value in
                settings(BUILT / "synapsed@.service") if key not in SERVICE]
    assert instance == ours


@pytest.fixture
def place():
    """A folder that stays in reach and may be written, as StateDirectory= makes one."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="syn-w-", dir="/var/lib"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def behind(place, *command, **more):
    return run(WALLS, "--writable", place, "--", *command, **more)


PROBE = """
import ctypes, errno, json, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def no(what, *args):
    try:
        what(*args)
    except OSError as e:
        return errno.errorcode[e.errno]
def call(name, *args):
    return None if getattr(libc, name)(*args) >= 0 else errno.errorcode[ctypes.get_errno()]
status = dict(l.split(":", 1) for l in open("/proc/self/status").read().splitlines())
print(json.dumps({
    "uid": os.getuid(), "cap": [status[c].strip() for c in ("CapEff", "CapBnd")],
    "nnp": status["NoNewPrivs"].strip(),
    "write": no(open, "/usr/x", "w"), "home": no(os.listdir, "/root"),
    "packet": no(socket.socket, socket.AF_PACKET, socket.SOCK_RAW),
    "cgroup": call("unshare", 0x02000000),
    "hostname": call("sethostname", b"x", 1), "syslog": call("klogctl", 10, None, 0),
    "suid": no(os.chmod, sys.argv[1], 0o4755), "kmsg": no(open, "/dev/kmsg"),
    "sys": no(open, "/sys/kernel/mm/transparent_hugepage/enabled", "w"),
    "sysctl": no(open, "/proc/sys/kernel/hostname", "w"),
    "others": [n for n in os.listdir("/proc") if n.isdigit() and int(n) != os.getpid()],
    "symbols": open("/proc/kallsyms").read(), "nice": call("setpriority", 0, 0, 5),
}))
"""


@needs_walls
def test_the_walls_stand(place):
    done = behind(place, "/usr/bin/python3", "-c", PROBE, place)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "uid": 61234, "cap": ["0" * 16] * 2, "nnp": "1", "write": "EROFS", "home": "EACCES",
        "packet": "EAFNOSUPPORT", "cgroup": "EPERM", "hostname": "EPERM",
        "syslog": "EPERM", "suid": "EPERM", "kmsg": "ENOENT", "sys": "EROFS",
        "sysctl": "EROFS", "others": [], "symbols": "", "nice": "EPERM",
    }


@needs_walls
def test_the_daemon_works_behind_them(site, place, tmp_path):
    shutil.copy(BINARY, place / "synapsed")
    start = tmp_path / "start"
    start.write_text(
        f"#!/bin/sh\nexec {WALLS} --writable {place} -- {place}/synapsed \"$@\"\n"
    )
    start.chmod(0o755)
    d = site.start(
        binary=start, data_dir=place / "data", run_dir=place / "run", SYNAPSED_USER="",
        SYNAPSED_WORKER_PROCESSES="2", HOME=str(place),
        **sanitizers("detect_leaks=0"),  # which is not possible there
    )
    site.prepare(HELLO)
    says_hello(site)
    # a death, a reload and an upgrade need what the filters must leave
    since = d.mark()
    d.kill(d.child("worker", 1))
    d.wait_event("child.ready", since, child_kind="worker")
    # ExecReload= is behind the walls as well, and sees no process but itself
    for verb in ("reload", "status"):
        done = behind(place, place / "synapsed", verb, env=d.env)
        assert done.returncode == 0, done.stdout + done.stderr
    d.wait_event("reload.unchanged", since)
    d.send(signal.SIGUSR2)
    started = d.wait_event("upgrade.started", since)
    d.wait_event("master.stopped", since)
    d.follow(int(started["child"]))
    says_hello(site)


# The layers of the sandbox for tools, and what one in there finds.
SANDBOX = """
import json, os, socket
def no(what, *args):
    try:
        what(*args)
    except OSError as e:
        return type(e).__name__
print(json.dumps({
    "pid": os.getpid(), "proc": os.listdir("/proc"), "write": no(open, "/x", "w"),
    "net": [name for _, name in socket.if_nameindex()],
    "out": no(socket.create_connection, ("192.0.2.1", 80), 1),
    "tmp": open("/tmp/x", "w").write("x"), "etc": no(open, "/etc/passwd"),
    "fork": no(os.fork), "host": os.uname().nodename,
}))
"""
LAYERS = """
    bwrap --unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts --uid 65534
    --gid 65534 --hostname sandbox
    --die-with-parent --new-session --cap-drop ALL --ro-bind /usr /usr --symlink usr/lib /lib
    --symlink usr/lib64 /lib64 --dev-bind /dev/null /dev/null --dev-bind /dev/urandom
    /dev/urandom --size 65536 --tmpfs /tmp --dir /proc --chdir /tmp --remount-ro / --seccomp 3
""".split()


@needs_walls
def test_a_sandbox_of_bubblewrap_works_behind_them(place):
    # a filter of its own, as it gets: nothing forks in there
    make = (
        "import seccomp, errno\n"
        "f = seccomp.SyscallFilter(seccomp.ALLOW)\n"
        "[f.add_rule(seccomp.ERRNO(errno.EPERM), c) for c in ('clone', 'fork', 'vfork')]\n"
        "f.export_bpf(open(%r, 'wb'))\n" % str(place / "filter")
    )
    assert run("/usr/bin/python3", "-c", make).returncode == 0
    (place / "inside.py").write_text(SANDBOX)
    line = " ".join(LAYERS)
    done = behind(
        place, "/bin/sh", "-c",
        f"ulimit -n 64; ulimit -v 1000000; exec {line} -- /usr/bin/python3 -I -S -c "
        f"\"$(cat {place}/inside.py)\" 3<{place}/filter",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "pid": 2, "proc": [], "write": "OSError", "net": ["lo"], "out": "OSError", "tmp": 1,
        "etc": "FileNotFoundError", "fork": "PermissionError", "host": "sandbox",
    }


@needs_walls
def test_a_plain_stdio_server_works_behind_them(place):
    """One that starts threads and programs and makes code, as servers on node do."""
    server = (
        "import ctypes, json, mmap, subprocess, sys, threading\n"
        "threading.Thread(target=lambda: None).start()\n"
        "page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "page.write(b'\\xb8\\x2a\\x00\\x00\\x00\\xc3')\n"
        "for line in sys.stdin:\n"
        "    asked = json.loads(line)\n"
        "    done = subprocess.run(['cat'], input=line, capture_output=True, text=True)\n"
        "    print(json.dumps({'id': asked['id'], 'result': json.loads(done.stdout)}), flush=True)\n"
    )
    done = behind(place, "/usr/bin/python3", "-c", server, input='{"id": 1}\n{"id": 2}\n')
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line)["id"] for line in done.stdout.splitlines()]
    assert answers == [1, 2]

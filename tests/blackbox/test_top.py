"""`top`: as a screen of a terminal, and as a batch."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from harness.daemon import BINARY, DEADLINE_S, run_verb
from harness.redis_server import PrivateRedis
from harness.site import Site, orchestration, print_step

OK, USAGE, NOT_FOUND = 0, 2, 3
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture(scope="module")
def shared(private_postgres):
    redis = PrivateRedis()
    made = Site(redis, private_postgres, "site_top")
    try:
        made.start()
        made.prepare(orchestration("hello", print_step("p", "hi")))
        yield made
        made.stop()
    finally:
        made.remove()
        redis.stop()


@pytest.fixture
def daemon(shared):
    return shared.daemons[0]


class Screen:
    """A terminal with `top` on it: only as much of one as its output needs."""

    def __init__(self, daemon, *words, columns=80, lines=24, **env):
        self.master, self.slave = pty.openpty()
        self.resize(columns, lines)
        self.mode = termios.tcgetattr(self.slave)
        self.bytes = b""
        self.process = subprocess.Popen(
            [BINARY, "top", *map(str, words)], stdin=self.slave, stdout=self.slave,
            stderr=self.slave, env={**daemon.env, "TERM": "xterm", **env},
            start_new_session=True, preexec_fn=self._own,
        )

    def _own(self):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def resize(self, columns, lines):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def frames(self):
        """What was drawn, each as its lines without escapes."""
        drawn = [f.split(b"\x1b[J")[0] for f in self.bytes.split(b"\x1b[H")[1:] if b"\x1b[J" in f]
        plain = [re.sub(rb"\x1b\[[0-9;]*[mKJ]", b"", f).decode() for f in drawn]
        return [[line.rstrip() for line in f.split("\r\n")] for f in plain]

    def wait(self, test):
        """Until the test says something of (all bytes, frames)."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            found = test(self.bytes, self.frames())
            if found:
                return found
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.bytes += os.read(self.master, 65536)
                except OSError:  # nobody has the other end
                    break
        raise AssertionError((self.frames()[-1:], self.bytes[-200:]))

    def frame(self):
        """The next one."""
        seen = len(self.frames())
        return self.wait(lambda _, frames: frames[seen:])[-1]

    def keys(self, text):
        os.write(self.master, text)

    def left(self):
        """It is gone, and the terminal is as it was. Returns how it ended."""
        self.wait(lambda text, _: text.rstrip().endswith(LEAVE))
        code = self.process.wait(DEADLINE_S)
        assert self.bytes.count(ENTER) == self.bytes.count(LEAVE)
        assert b"\x1b[?25h" in self.bytes and b"\x1b[?7h" in self.bytes
        assert termios.tcgetattr(self.slave) == self.mode
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def screen(daemon):
    made = []

    def make(*words, **how):
        made.append(Screen(daemon, *words, **how))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_screen_is_drawn_resized_sorted_and_left(screen, shared):
    s = screen("-d", "200ms")
    first = s.frame()
    assert len(first) == 24 and max(map(len, first)) < 80
    assert first[0].startswith("synapsed ") and " running " in first[0]
    assert first[5].split()[:4] == ["KIND", "SLOT", "PID", "STATE"]
    kinds = [line.split()[0] for line in first[6:] if " ready " in line]
    assert kinds == ["keeper", "clerk", "worker", "api"]
    assert first[-1].startswith("q quit  sort: [s seat]")
    assert b"\x1b[7mKIND" in s.bytes and b"\x1b[2mq quit" in s.bytes
    # rates
    shared.wait_run(shared.submit("hello"))
    s.wait(lambda _, f: any(re.search(r"steps (?!0/|-/)", x[1]) for x in f))
    # another order, at once
    s.keys(b"m")
    s.wait(lambda _, f: "[m memory]" in f[-1][-1])
    s.keys(b"\x1b[B\x1b[5~xc")  # all but the last mean nothing here
    s.wait(lambda _, f: "[c cpu]" in f[-1][-1])
    s.resize(120, 40)
    s.process.send_signal(signal.SIGWINCH)
    s.wait(lambda _, f: len(f[-1]) == 40 and f[-1][5].endswith("NAME"))
    # children that find no room are said, and reached
    s.resize(80, 10)
    s.process.send_signal(signal.SIGWINCH)
    s.wait(lambda _, f: len(f[-1]) == 10 and "children 1 to 2 of 4: up, down" in f[-1][8])
    s.keys(b"\x1b[B")
    s.wait(lambda _, f: "children 2 to 3 of 4" in f[-1][8])
    s.keys(b"\x1b[A")
    s.wait(lambda _, f: "children 1 to 2 of 4" in f[-1][8])
    s.keys(b"q")
    assert s.left() == OK
    assert s.bytes.count(b"\x1b[2J") == 1  # drawn over, not cleared: nothing flickers


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "^C"])
def test_the_terminal_is_given_back_whatever_ends_it(screen, how):
    s = screen()
    s.frame()
    if how == "^C":
        s.keys(b"\x03")
    else:
        s.process.send_signal(getattr(signal, how))
    assert s.left() == OK


@pytest.mark.parametrize("how", ["SIGSEGV", "SIGABRT"])
def test_a_crash_gives_it_back_too(screen, how):
    s = screen(ASAN_OPTIONS="handle_segv=0:handle_abort=0")
    s.frame()
    s.process.send_signal(getattr(signal, how))
    assert s.left() == -getattr(signal, how)


def test_it_stands_still_for_a_shell(screen):
    s = screen("-d", "100ms")
    s.frame()
    s.process.send_signal(signal.SIGTSTP)
    s.wait(lambda text, _: text.endswith(LEAVE))
    assert os.waitid(os.P_PID, s.process.pid, os.WSTOPPED | os.WNOWAIT).si_status == (
        signal.SIGSTOP
    )
    assert termios.tcgetattr(s.slave) == s.mode
    s.process.send_signal(signal.SIGCONT)
    s.frame()
    assert termios.tcgetattr(s.slave) != s.mode
    s.keys(b"q")
    assert s.left() == OK


def test_no_color_and_a_count(screen):
    s = screen("-n", "2", "-d", "100ms", NO_COLOR="1")
    assert s.left() == OK
    assert len(s.frames()) == 2
    assert not re.search(rb"\x1b\[([23]\d?)m", s.bytes)


def test_a_batch_needs_no_terminal(daemon):
    done = run_verb("top", "-b", "-n", 2, "-d", "100ms", "-s", "memory", env=daemon.env)
    assert done.returncode == OK and b"\x1b" not in done.stdout
    first, second = done.stdout.decode().split("\n\nsynapsed ")
    assert "steps -/s" in first and re.search(r"steps \d", second)
    assert all(len(line) < 80 for line in done.stdout.decode().splitlines())
    assert not any(line != line.rstrip() for line in done.stdout.decode().splitlines())


def test_what_it_cannot_do_it_says(daemon, tmp_path):
    done = run_verb("top", env=daemon.env)
    assert done.returncode == USAGE and b"this is no terminal; --batch" in done.stderr
    done = run_verb("top", "-b", "-s", "x", env=daemon.env)
    assert done.returncode == USAGE and b"--sort is seat, active" in done.stderr
    done = run_verb("top", "-b", "--set", f"run_dir={tmp_path}")
    assert done.returncode == NOT_FOUND and b"no daemon runs" in done.stderr

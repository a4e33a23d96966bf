#!/usr/bin/python3
"""walls.py [--writable DIR]... -- COMMAND...: a program behind the walls of the unit.

Where systemd is not the first process nobody can start the unit. This applies its
restrictions, as restrictions.tsv lists them, in the order and by the means of
systemd.exec(5), then becomes the command. Tests only; needs root.
"""

import argparse
import ctypes
import errno
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys

import seccomp
from seccomp import EQ, GE, GT, MASKED_EQ, NE, Arg

TABLE = pathlib.Path(__file__).with_name("restrictions.tsv")
UID = GID = 61234  # nobody has these numbers: what they own is ours

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

CLONE = {
    "mnt": 0x00020000, "cgroup": 0x02000000, "uts": 0x04000000, "ipc": 0x08000000,
    "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000,
}
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_MOVE, MS_REC, MS_SLAVE = 4096, 8192, 16384, 1 << 19
PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 38, 24
AT_RECURSIVE, SYS_MOUNT_SETATTR = 0x8000, 442
DENY = seccomp.ERRNO(errno.EPERM)


def rows():
    """[(setting, value, how)] of the table."""
    lines = TABLE.read_text().splitlines()
    return [tuple(line.split("\t")) for line in lines if line and line[0] != "#"]


def values(setting):
    return [value for key, value, _ in rows() if key == setting]


def check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source, target, kind=None, flags=0, data=None):
    raw = [x.encode() if isinstance(x, str) else x for x in (source, target, kind)]
    check(
        libc.mount(raw[0], raw[1], raw[2], ctypes.c_ulong(flags), data and data.encode()),
        f"mount {target}",
    )


def unshare(name):
    check(libc.unshare(CLONE[name]), f"unshare {name}")


def set_read_only(path, on, recursive):
    attr = (ctypes.c_uint64 * 4)(1 if on else 0, 0 if on else 1, 0, 0)
    check(
        libc.syscall(
            SYS_MOUNT_SETATTR, -100, path.encode(), AT_RECURSIVE if recursive else 0,
            ctypes.byref(attr), ctypes.sizeof(attr),
        ),
        f"mount_setattr {path}",
    )


# --- what is in reach --------------------------------------------------------------


def mounts(_):
    unshare("mnt")
    mount("none", "/", None, MS_REC | MS_SLAVE)


def ipc(_):
    unshare("ipc")


def devices(_):
    mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID, "mode=755")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        pathlib.Path("/mnt", name).touch()
        mount(f"/dev/{name}", f"/mnt/{name}", None, MS_BIND)
    pathlib.Path("/mnt/shm").mkdir()
    mount("tmpfs", "/mnt/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"),
                         ("stderr", "fd/2")):
        os.symlink(f"/proc/self/{target}", f"/mnt/{name}")
    mount("/mnt", "/dev", None, MS_MOVE)


def tmp(_):
    for path in ("/tmp", "/var/tmp"):
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")


def no_home(_):
    for path in ("/home", "/root", "/run/user"):
        if os.path.isdir(path):
            mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=000")


def proc(_):
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=invisible")


def cover(*paths):
    for path in paths:
        if os.path.exists(path):
            mount("/dev/null", path, None, MS_BIND)


def tunables(_):
    cover("/proc/kallsyms", "/proc/kcore")
    for name in ("acpi", "asound", "bus", "fs", "irq", "latency_stats", "mtrr", "scsi", "sys",
                 "sysrq-trigger", "timer_stats"):
        path = f"/proc/{name}"
        if os.path.exists(path):
            mount(path, path, None, MS_BIND | MS_REC)
            set_read_only(path, True, True)


def logs(_):
    cover("/proc/kmsg")


def writable(args):
    for path in args.writable:
        os.chown(path, UID, GID)
        mount(path, path, None, MS_BIND | MS_REC)


def read_only(args):
    """All there is, /sys as well, but for what is private or given."""
    set_read_only("/", True, True)
    for path in ("/dev", "/dev/shm", "/proc", "/tmp", "/var/tmp", *args.writable):
        set_read_only(path, False, False)


# --- who and how much ----------------------------------------------------------------


def umask(_):
    os.umask(int(values("UMask")[0], 8))


def limits(_):
    """As far as we may raise it: CAP_SYS_RESOURCE is not everywhere."""
    number = int(values("LimitNOFILE")[0])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    number = number if hard == resource.RLIM_INFINITY else min(number, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def oom(_):
    try:
        pathlib.Path("/proc/self/oom_score_adj").write_text(values("OOMScoreAdjust")[0])
    except PermissionError:  # a container without CAP_SYS_RESOURCE
        pass


def keyring(_):
    libc.syscall(250, 1, None)  # keyctl(KEYCTL_JOIN_SESSION_KEYRING), if there are keys


def users(_):
    """Only root and our user exist. The maps are written from outside, as systemd does."""
    ready, written = os.pipe(), os.pipe()
    pid, outside = os.getpid(), os.fork()
    if outside == 0:
        os.close(ready[1])
        os.read(ready[0], 1)
        for kind, number in (("uid", UID), ("gid", GID)):
            pathlib.Path(f"/proc/{pid}/{kind}_map").write_text(
                f"0 0 1\n{number} {number} 1\n"
            )
        os.write(written[1], b"x")
        os._exit(0)
    unshare("user")
    os.close(written[1])
    os.write(ready[1], b"x")
    assert os.read(written[0], 1), "no maps"
    os.waitpid(outside, 0)
    for fd in (*ready, written[0]):
        os.close(fd)


def no_capabilities(_):
    for number in range(64):
        if libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0:
            break  # beyond the last one


def user(_):
    os.setgroups([])
    os.setresgid(GID, GID, GID)
    os.setresuid(UID, UID, UID)  # which takes all capabilities


def no_new_privileges(_):
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


# --- what may be asked of the kernel -------------------------------------------------


def expand(names):
    """System calls of sets, as this systemd has them."""
    found = set()
    for name in names:
        if not name.startswith("@"):
            found.add(name)
            continue
        text = subprocess.run(
            ["systemd-analyze", "syscall-filter", name], check=True, capture_output=True,
            text=True,
        ).stdout
        found |= expand(
            [line.strip() for line in text.splitlines()[1:] if "#" not in line and line.strip()]
        )
    return found


def add(filter_, action, name, *args):
    """Names that this machine does not have are none of its business."""
    try:
        filter_.add_rule(action, name, *args)
    except (RuntimeError, ValueError):
        pass


def refuse(*names):
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in names:
        add(filter_, DENY, name)
    return filter_


def filter_clock(_):
    return refuse(*expand(["@clock"]))


def filter_kernel(_):
    return refuse("syslog", *expand(["@module", "@raw-io"]))


def filter_personality(_):
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    add(filter_, DENY, "personality", Arg(0, NE, libc.personality(0xFFFFFFFF)))
    return filter_


def filter_families(_):
    allowed = {getattr(socket, name) for name in values("RestrictAddressFamilies")[0].split()}
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    action = seccomp.ERRNO(errno.EAFNOSUPPORT)
    for number in set(range(64)) - allowed:
        add(filter_, action, "socket", Arg(0, EQ, number))
    add(filter_, action, "socket", Arg(0, GE, 64))
    return filter_


def filter_namespaces(_):
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    add(filter_, seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen
    add(filter_, DENY, "setns", Arg(1, EQ, 0))
    for flag in (CLONE[n] for n in set(CLONE) - set(values("RestrictNamespaces")[0].split())):
        for name, index in (("unshare", 0), ("clone", 0), ("setns", 1)):
            add(filter_, DENY, name, Arg(index, MASKED_EQ, flag, flag))
    return filter_


def filter_realtime(_):
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    for policy in {os.SCHED_FIFO, os.SCHED_RR, 6}:  # 6: deadline
        add(filter_, DENY, "sched_setscheduler", Arg(1, EQ, policy))
    add(filter_, DENY, "sched_setscheduler", Arg(1, GT, 6))
    return filter_


def filter_suid(_):
    filter_ = seccomp.SyscallFilter(seccomp.ALLOW)
    for bit in (0o4000, 0o2000):
        for name, index in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1),
                            ("mkdirat", 2), ("mknod", 1), ("mknodat", 2), ("creat", 1)):
            add(filter_, DENY, name, Arg(index, MASKED_EQ, bit, bit))
        for name, flags, mode in (("open", 1, 2), ("openat", 2, 3)):
            add(filter_, DENY, name, Arg(flags, MASKED_EQ, os.O_CREAT, os.O_CREAT),
                Arg(mode, MASKED_EQ, bit, bit))
    add(filter_, seccomp.ERRNO(errno.ENOSYS), "openat2")  # its mode cannot be seen
    return filter_


def filter_calls(_):
    """Another architecture's calls end the process: libseccomp does so by itself."""
    assert values("SystemCallArchitectures") == ["native"]
    allowed = expand(["@default"])
    for value in values("SystemCallFilter"):
        names = expand(value.lstrip("~").split())
        allowed = allowed - names if value.startswith("~") else allowed | names
    error = getattr(errno, values("SystemCallErrorNumber")[0])
    filter_ = seccomp.SyscallFilter(seccomp.ERRNO(error))
    for name in allowed:
        add(filter_, seccomp.ALLOW, name)
    return filter_


# Mounts need root, filters need what they then forbid: the order is systemd's.
ORDER = (
    "umask limits oom keyring mounts ipc devices tmp no_home proc tunables logs writable read_only users "
    "no_capabilities user no_new_privileges filter_families filter_realtime filter_suid "
    "filter_kernel filter_clock filter_personality filter_namespaces "
    "filter_calls"
).split()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--writable", action="append", default=[])
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    hows = {how for _, _, how in rows() if not how.startswith("-")}
    assert hows == set(ORDER), hows ^ set(ORDER)
    # what asks for names of calls runs before the first of them is gone
    filters = [globals()[name](args) for name in ORDER if name.startswith("filter_")]
    for name in ORDER:
        if not name.startswith("filter_"):
            globals()[name](args)
    for filter_ in filters:
        filter_.load()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it
    os.execv(args.command[0], args.command)


if __name__ == "__main__":
    sys.exit(main())

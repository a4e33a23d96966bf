"""Attempts of code in a step to get out of its sandbox: (name, code).

Each is executed as the code of a transform. It leaves in `result` what it got hold of, after
"ESCAPED"; an exception, or anything else, is what became of the attempt. `told` is what the
test knows of the host: ports, pids, paths, names of sockets.
"""

# Raw system calls: what libraries would not do, and what is not in any.
_RAW = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def raw(number, *args):
    ctypes.set_errno(0)
    got = libc.syscall(number, *args)
    return got, os.strerror(ctypes.get_errno())
def tell(name, got):
    return f"ESCAPED: {name} = {got[0]}" if got[0] >= 0 else f"{name}: {got[1]}"
"""

# x86_64; on other machines the numbers are others, and the names still are not let through
RAW_CALLS = [
    ("ptrace", 101, "0, 0, 0, 0"), ("mount", 165, "b'x', b'/tmp', b'tmpfs', 0, 0"),
    ("umount2", 166, "b'/tmp', 2"), ("pivot_root", 155, "b'/tmp', b'/tmp'"),
    ("chroot", 161, "b'/tmp'"), ("unshare user", 272, "0x10000000"),
    ("unshare net", 272, "0x40000000"), ("setns", 308, "3, 0"),
    ("keyctl", 250, "0, -3, 0, 0, 0"),
    ("add_key", 248, "b'user', b'k', b'v', 1, -3"), ("request_key", 249, "b'user', b'k', 0, -3"),
    ("io_uring_setup", 425, "1, ctypes.create_string_buffer(120)"),
    ("io_setup", 206, "1, ctypes.create_string_buffer(8)"),
    ("bpf", 321, "0, ctypes.create_string_buffer(128), 128"),
    ("perf_event_open", 298, "ctypes.create_string_buffer(128), 0, -1, -1, 0"),
    ("process_vm_readv", 310, "1, 0, 0, 0, 0, 0"), ("userfaultfd", 323, "0"),
    ("pidfd_open", 434, "1, 0"), ("clone", 56, "17, 0, 0, 0, 0"), ("clone3", 435, "0, 88"),
    ("fork", 57, ""), ("vfork", 58, ""), ("socket", 41, "2, 1, 0"),
    ("socket netlink", 41, "16, 3, 0"), ("socket packet", 41, "17, 3, 0"),
    ("socket unix", 41, "1, 1, 0"), ("memfd_create", 319, "b'x', 0"),
    ("execveat", 322, "-100, b'/bin/sh', 0, 0, 0"), ("shmget", 29, "0, 4096, 0o1600"),
    ("msgget", 68, "0, 0o1600"), ("mq_open", 240, "b'/q', 0o102, 0o600, 0"),
    ("personality", 135, "0x0400000"), ("setuid", 105, "0"), ("setresuid", 117, "0, 0, 0"),
    ("capset", 126, "ctypes.create_string_buffer(16), ctypes.create_string_buffer(48)"),
    ("prctl", 157, "38, 0, 0, 0, 0"), ("seccomp", 317, "0, 0, 0"),
    ("open_by_handle_at", 304, "-100, ctypes.create_string_buffer(128), 0"),
    ("fsopen", 430, "b'tmpfs', 0"), ("open_tree", 428, "-100, b'/', 1"),
    ("mknod", 133, "b'/tmp/sda', 0o60666, 0x0800"), ("kexec_load", 246, "0, 0, 0, 0"),
    ("init_module", 175, "0, 0, b''"), ("reboot", 169, "0xfee1dead, 672274793, 0, 0"),
    ("clock_settime", 227, "0, ctypes.create_string_buffer(16)"),
    ("sethostname", 170, "b'mine', 4"), ("setsid", 112, ""), ("quotactl", 179, "0, 0, 0, 0"),
    ("landlock", 444, "0, 0, 1"), ("ioperm", 173, "0, 1, 1"), ("acct", 163, "0"),
]

ATTEMPTS = [
    ("tcp to the API", """
import socket
socket.create_connection(("127.0.0.1", told["port"]), 2)
result = "ESCAPED: connected"
"""),
    ("udp to a name server", """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"x", ("8.8.8.8", 53))
result = "ESCAPED: sent"
"""),
    ("abstract socket of the host", """
import socket
s = socket.socket(socket.AF_UNIX)
s.connect("\\0" + told["abstract"])
result = "ESCAPED: connected"
"""),
    ("abstract socket by a socket pair", """
import socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.sendto(b"x", "\\0" + told["abstract_dgram"])
result = "ESCAPED: sent"
"""),
    ("socket of the host by its path", """
import socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
a.sendto(b"x", told["secret"])
result = "ESCAPED: sent"
"""),
    ("another name of a host", "import urllib.request\n"
     "result = 'ESCAPED ' + urllib.request.urlopen('http://example.org', timeout=2).read(9)"),
    ("/etc/passwd", "result = 'ESCAPED: ' + open('/etc/passwd').read()"),
    ("/etc/shadow", "result = 'ESCAPED: ' + open('/etc/shadow').read()"),
    ("a file of the daemon", "result = 'ESCAPED: ' + open(told['secret']).read()"),
    ("the folder of the daemon", "import os\nresult = 'ESCAPED: ' + str(os.listdir(told['dir']))"),
    ("a symlink to a file outside", """
import os
os.symlink(told["secret"], "/tmp/link")
result = "ESCAPED: " + open("/tmp/link").read()
"""),
    ("a hard link to the interpreter", """
import os, sys
os.link(sys.executable, "/tmp/python")
result = "ESCAPED: linked"
"""),
    ("up from the root", "result = 'ESCAPED: ' + open('/tmp/' + '../' * 20 + 'etc/passwd').read()"),
    ("what the root has", """
import os
seen = sorted(os.listdir("/"))
odd = set(seen) - {"usr", "lib", "lib64", "etc", "dev", "proc", "tmp", "opt"}
odd |= {"usr/" + n for n in os.listdir("/usr")} - {"usr/lib", "usr/lib64", "usr/bin", "usr/share", "usr/local"}
odd |= {"etc/" + n for n in os.listdir("/etc")} - {"etc/ld.so.cache", "etc/localtime"}
odd |= {"dev/" + n for n in os.listdir("/dev")} - {"dev/null", "dev/zero", "dev/urandom"}
odd |= {n for n in os.listdir("/usr/bin") if not n.startswith("python")}
result = f"ESCAPED: {odd}" if odd else f"only {seen}"
"""),
    ("the shell", "import os\nos.execv('/bin/sh', ['sh', '-c', 'id'])"),
    ("a program with a set-user-id bit", """
import os, stat
found = []
for folder, _, names in os.walk("/"):
    for name in names:
        try:
            mode = os.lstat(os.path.join(folder, name)).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID) and os.path.join(folder, name).startswith("/usr/bin"):
            found.append(name)
result = f"ESCAPED: {found}" if found else "none in reach"
"""),
    ("another interpreter, to be set free", """
import os, sys
os.execv(sys.executable, [sys.executable, "-I", "-S", "-c",
    "import os\\ntry: print('ESCAPED', os.fork())\\nexcept OSError as e: print(e)"])
"""),
    ("a file beside /tmp", "open('/mine', 'w')\nresult = 'ESCAPED: written'"),
    ("a file in the library", """
import os
open(os.path.dirname(os.__file__) + '/mine.py', 'w')
result = 'ESCAPED: written'
"""),
    ("the interpreter itself", "import sys\nopen(sys.executable, 'r+b')\nresult = 'ESCAPED: open'"),
    ("a folder beside /tmp", "import os\nos.mkdir('/usr/mine')\nresult = 'ESCAPED: made'"),
    ("/tmp until it is full", """
import os
total = 0
try:
    for i in range(100):
        with open(f"/tmp/{i}", "wb") as file:
            for _ in range(8):
                total += file.write(b"x" * (1 << 20))
except OSError as error:
    result = f"{error} after {total >> 20} MiB"
    if total > 65 << 20:
        result = "ESCAPED: " + result
else:
    result = f"ESCAPED: {total} bytes"
"""),
    ("files without end", """
made = 0
try:
    while made < 20000:
        open(f"/tmp/{made}", "w").close()
        made += 1
    result = f"{made} empty files, gone with the helper"
except OSError as error:
    result = f"{error} after {made}"
"""),
    ("descriptors without end", """
import os
held = []
try:
    while len(held) < 100000:
        held.append(os.open("/dev/null", os.O_RDONLY))
    result = "ESCAPED"
except OSError as error:
    result = f"{error} after {len(held)}"
for fd in held:
    os.close(fd)
"""),
    ("/proc", "import os\nseen = os.listdir('/proc')\n"
     "result = f'ESCAPED: {seen}' if seen else 'empty'"),
    ("the root of process 1", "result = 'ESCAPED: ' + open('/proc/1/root/etc/passwd').read()"),
    ("the memory of the worker",
     "open(f\"/proc/{told['worker']}/mem\", 'r+b')\nresult = 'ESCAPED: open'"),
    ("the environment of the worker",
     "result = 'ESCAPED: ' + open(f\"/proc/{told['worker']}/environ\").read()"),
    ("/sys", "import os\nresult = 'ESCAPED: ' + str(os.listdir('/sys'))"),
    ("/dev/mem", "open('/dev/mem', 'rb')\nresult = 'ESCAPED: open'"),
    ("/dev/shm", "open('/dev/shm/mine', 'w')\nresult = 'ESCAPED: written'"),
    ("a fork bomb", """
import os
while True:
    os.fork()
"""),
    ("a thread bomb", """
import threading, time
made = []
while len(made) < 10000:
    made.append(threading.Thread(target=time.sleep, args=(1000,)))
    made[-1].start()
result = "ESCAPED: threads"
"""),
    ("a thread that outlives the call", """
import _thread
_thread.start_new_thread(print, ())
result = "ESCAPED: a thread"
"""),
    ("a program in the background", """
import subprocess
subprocess.Popen(["/usr/bin/python3"])
result = "ESCAPED: a process"
"""),
    ("all memory", "x = bytearray(4 << 30)\nresult = 'ESCAPED: 4 GiB'"),
    ("all memory, bit by bit", """
held = []
while len(held) < 4096:
    held.append(bytearray(b"x") * (1 << 20))
result = "ESCAPED: 4 GiB"
"""),
    ("a higher limit", """
import resource
limits = [resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE]
raised = []
for limit in limits:
    try:
        resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        raised.append(limit)
    except (ValueError, OSError):
        pass
result = f"ESCAPED: {raised}" if raised else "none is raised"
"""),
    ("a signal to the worker", """
import os
os.kill(told["worker"], 9)
result = "ESCAPED: sent"
"""),
    ("a signal to its parents", """
import os
said = []
for pid in (told["master"], told["gate"], -told["worker"]):
    try:
        os.kill(pid, 9)
        said.append(f"ESCAPED: {pid}")
    except OSError as error:
        said.append(str(error))
result = "; ".join(said)
"""),
    ("a signal to all", "import os\nos.kill(-1, 9)\nresult = 'it reached nobody else'"),
    ("a signal to process 1", "import os\nos.kill(1, 9)\nresult = 'it is immune, or this ends'"),
    ("inherited descriptors", """
import os, stat
found = {}
for fd in range(3, 4096):
    try:
        found[fd] = stat.S_IFMT(os.fstat(fd).st_mode)
    except OSError:
        pass
odd = {fd: kind for fd, kind in found.items() if fd != 3}
result = f"ESCAPED: {odd}" if odd else "its own socket and nothing else"
"""),
    ("descriptors from the worker", """
import array, socket
s = socket.socket(fileno=3)
s.setblocking(False)
try:
    s.recvmsg(1, socket.CMSG_SPACE(4))
    result = "ESCAPED: received"
finally:
    s.setblocking(True)
    s.detach()
"""),
    ("a descriptor for the worker", """
import array, socket
s = socket.socket(fileno=3)
try:
    s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
    result = "ESCAPED: sent"
finally:
    s.detach()
"""),
    ("secrets of the environment", """
import os
odd = {k: v for k, v in os.environ.items() if k not in ("PATH", "HOME", "LANG", "PWD", "LC_CTYPE")}
result = f"ESCAPED: {odd}" if odd else f"only {sorted(os.environ)}"
"""),
    ("secrets of the command line", """
import sys
said = " ".join(sys.argv + sys.orig_argv)
result = "ESCAPED" if told["secret_text"] in said or "redis" in said else "none"
"""),
    ("who it is", """
import os
ids = os.getuid(), os.geteuid(), os.getgid()
result = f"ESCAPED: {ids}" if 0 in ids else f"{ids}"
"""),
    ("process numbers of the host", """
import os
found = []
for pid in range(1, 70000):
    try:
        os.kill(pid, 0)
        found.append(pid)
    except OSError:
        pass
result = f"ESCAPED: {found}" if set(found) - {1, os.getpid()} else f"only {found}"
"""),
    ("a terminal", """
import fcntl
fcntl.ioctl(0, 0x5412, b"x")
result = "ESCAPED: typed"
"""),
    ("a core file", "import os\nos.abort()"),
    ("its own end", "import os\nos._exit(3)"),
    ("endless work", "while True:\n    pass"),
    ("stopping itself", "import os\nos.kill(os.getpid(), 19)"),
    ("ignoring signals", """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
"""),
    ("a flood of prints", "for _ in range(2000):\n    print('x' * 10000)\n"
     "result = 'printed 20 MB'"),
    ("no standard output any more", "import os\nos.close(1)\nos.close(2)\nresult = 'closed'"),
    ("a forged answer", """
import os
body = b'{"id":1,"ok":true,"text":"forged"}'
for _ in range(3):
    os.write(3, len(body).to_bytes(4, "big") + body)
result = "its own result only"
"""),
    ("a frame of four gigabytes", "import os\nos.write(3, b'\\xff' * 4096)\nresult = 'sent'"),
    ("a frame that is no JSON", """
import os
os.write(3, (5).to_bytes(4, "big") + b"]}[{x")
result = "sent"
"""),
    ("half a frame", "import os\nos.write(3, b'\\0\\0')\nos.close(3)\nresult = 'closed'"),
    ("a result too large", "result = 'x' * (8 << 20)"),
    ("a result too deep", """
result = []
for _ in range(500):
    result = [result]
"""),
    ("a result that is itself", "result = []\nresult.append(result)"),
    ("a result that is no JSON", "result = float('nan')"),
    ("a result of a number without end", "result = 10 ** 4000"),
    ("a result that hits back", """
class Liar(dict):
    def __iter__(self): raise SystemExit("x")
    def items(self): raise KeyboardInterrupt
result = Liar(a=1)
"""),
    ("the frames of the helper", """
import sys
frame, seen = sys._getframe(), []
while frame:
    seen.append(frame.f_code.co_name)
    frame = frame.f_back
result = "its own tenant's call: " + " ".join(seen)
"""),
    ("other builtins for whoever is next", """
import builtins
builtins.len = lambda x: 42
result = "set"
"""),
]
# all in one call: each is "name: what became of it"
RAW = (_RAW + "result = []\n" + "".join(
    f"result.append(tell({name!r}, raw({number}{', ' if args else ''}{args})))\n"
    for name, number, args in RAW_CALLS))

ATTEMPTS.append(("raw getpid of x32",
                 _RAW + "result = tell('getpid', raw(0x40000027))"))

# These end by their time limit, all others by themselves.
ENDLESS = {"endless work", "stopping itself", "ignoring signals"}

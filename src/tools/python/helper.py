# helper.py - executes the Python of definitions, one call at a time
#
# python3 -I -S -c <this text> <mode>: "required" inside the sandbox, "off" without one.
# Descriptor 3 is the worker: frames of four bytes length (big endian) and JSON, both ways.
# 0 reads nothing, 1 and 2 are for what the code prints.
#
# First comes a hello: {"python": version, "open": [...]}, where open lists what a sandbox
# must not leave open and does; the worker ends a helper that lists anything. Then each
# call {"id", "code", "state", "max", "show"} is answered by a frame
#   {"id", "ok": true, "dirty", "rss_kib", "text"} and one more, the result as JSON, or
#   {"id", "ok": false, "dirty", "rss_kib", "kind": "error" | "limit", "error"}.
#
# The code of a call gets a namespace and a copy of the builtins of its own. What else a
# process has (modules, files in /tmp, threads) it could leave to the next call: what can
# be seen of that makes the helper dirty, and the worker ends it. A helper serves one tenant.
import builtins
import json
import os
import sys

WORKER = 3
THREADS_MAX = 32
ERROR_MAX = 4000
NOW = vars(builtins)
BUILTINS = dict(NOW)
mended = False  # the code of this call changed the builtins
STREAMS = (sys.stdout, sys.stderr)
encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def receive(count):
    pieces = []
    while count:
        piece = os.read(WORKER, min(count, 1 << 20))
        if not piece:
            os._exit(0)  # the worker has left
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def send(body):
    rest = memoryview(len(body).to_bytes(4, "big") + body)
    while rest:
        rest = rest[os.write(WORKER, rest):]


def as_bytes(value):
    # A lone surrogate, which no text outside of Python can hold, becomes '?'.
    return encode(value).encode("utf-8", "replace")


# ---- what a sandbox must not leave open ----

def opens(path, flags):
    try:
        os.close(os.open(path, flags, 0o600))
    except OSError:
        return False
    return True


def forks():
    try:
        pid = os.fork()
    except OSError:
        return False
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return True


def has_network():
    try:
        import _socket
        _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM).close()
    except (ImportError, OSError):
        return False
    return True


def unhidden():
    found = []
    if opens("/etc/passwd", os.O_RDONLY) or opens("/proc/self/environ", os.O_RDONLY):
        found.append("files")
    if opens("/written", os.O_WRONLY | os.O_CREAT):
        found.append("writing")
    if os.getppid() > 1 or os.getpid() > 16:
        found.append("processes")
    if forks():
        found.append("forks")
    if has_network():
        found.append("network")
    return found


def bound_threads():
    # Counted per user and user namespace, so it must be set in here; the filter of system
    # calls refuses threads and processes as well.
    try:
        import resource
        resource.setrlimit(resource.RLIMIT_NPROC, (THREADS_MAX, THREADS_MAX))
    except (ImportError, OSError, ValueError):
        pass


# ---- a call ----

def shown(error):
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # its __str__ is the code's own
        text = type(error).__name__
    line, trace = 0, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == "<transform_code>":
            line = trace.tb_lineno
        trace = trace.tb_next
    if line and not isinstance(error, SyntaxError):
        text += f" (line {line})"
    return text[:ERROR_MAX]


def mend_builtins():
    # Before anything of ours is called: it might be the code's.
    if NOW == BUILTINS:
        return False
    NOW.clear()
    NOW.update(BUILTINS)
    return True


def execute(call):
    global mended
    scope = {"__name__": "__main__", "__builtins__": dict(BUILTINS), "state": call["state"],
             "result": None}
    try:
        try:
            exec(compile(call["code"], "<transform_code>", "exec"), scope)
        finally:
            mended = mend_builtins()
        result = scope.get("result")
        body = as_bytes(result)
        if len(body) > call["max"]:
            return {"ok": False, "kind": "limit",
                    "error": f"the result has {len(body)} bytes, more than {call['max']}"}, None
        text = str(result)[:call["show"]]
        return {"ok": True, "text": text}, body
    except MemoryError:
        return {"ok": False, "kind": "limit", "error": "MemoryError: no memory left"}, None
    except BaseException as error:  # SystemExit and KeyboardInterrupt are the code's as well
        return {"ok": False, "kind": "error", "error": shown(error)}, None


def left_behind(sandboxed):
    try:
        if mended or mend_builtins() or len(sys._current_frames()) > 1:
            return True
        sys.stdout, sys.stderr = STREAMS
        for stream in STREAMS:
            stream.flush()
        os.chdir("/tmp" if sandboxed else "/")
        if not sandboxed:
            return False
        with os.scandir("/tmp") as entries:
            return any(True for _ in entries)
    except BaseException:
        return True


def rss_kib():
    try:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    except ImportError:
        return 0


def main():
    sandboxed = sys.argv[1] == "required"
    if sandboxed:
        bound_threads()
    send(as_bytes({"python": sys.version.split()[0], "open": unhidden() if sandboxed else []}))
    while True:
        call = json.loads(receive(int.from_bytes(receive(4), "big")))
        answer, body = execute(call)
        answer["id"] = call["id"]
        call = None
        answer["dirty"] = left_behind(sandboxed)
        answer["rss_kib"] = rss_kib()
        send(as_bytes(answer))
        if body is not None:
            send(body)


main()

"""Steps of type transform: Python of definitions, in a sandbox."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess

import pytest
from escapes import ATTEMPTS, ENDLESS, RAW
from harness.daemon import Daemon, alive, process_group, run_verb
from harness.site import orchestration, print_step
from harness.wait import until


def walls_stand():
    """Whether bubblewrap works here at all: containers often forbid namespaces."""
    try:
        return subprocess.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"],
                              capture_output=True, timeout=60, check=False).returncode == 0
    except OSError:
        return False


# where the sandbox is promised, a test that cannot have it fails
needs_walls = pytest.mark.skipif(
    os.environ.get("SYNAPSED_TEST_SANDBOX") != "required" and not walls_stand(),
    reason="bubblewrap makes no namespaces here")


def transform(step_id, code, next_id=None, **more):
    return {"id": step_id, "name": step_id, "type": "transform", "transform_code": code,
            "output_key": f"out_{step_id}", "next_step_id": next_id, **more}


def flow(orch_id, code, **more):
    return orchestration(orch_id, transform("t", code, "say", **more),
                         print_step("say", "{state.out_t}"))


def result_of(site, orch_id, message="", **body):
    run_id = site.submit(orch_id, message, **body)
    answer = site.wait_run(run_id)
    return answer, site.events(run_id)


def only(events, kind):
    found = [e for e in events if e["type"] == kind]
    assert len(found) == 1, events
    return found[0]


@pytest.mark.asan
@needs_walls
def test_code_sees_the_state_and_its_result_is_the_output(site):
    site.prepare(
        flow("count", "print('spoils nothing')\n"
                      "result = {'n': len(state['user_input']), 's': 'ä\\ud800'}"),
        flow("nothing", "x = 1"),
        flow("wrong", "a = 1\nresult = a + missing"),
    )
    daemon = site.start()
    answer, events = result_of(site, "count", "hello")
    assert (answer["status"], answer["final_response"]) == (
        "completed", '{"n":5,"s":"ä?"}')
    got = only(events, "transform_result")
    assert got["orch_step_id"] == "t"
    assert got["result"] == "{'n': 5, 's': 'ä\\ud800'}"
    printed = daemon.wait_event("python.printed", step="t")
    assert printed["bytes"] == "15" and "spoils nothing" in printed["text"]
    answer, events = result_of(site, "nothing")
    assert answer["status"] == "completed"
    assert only(events, "transform_result")["result"] is None
    answer, events = result_of(site, "wrong")
    assert answer["status"] == "failed"
    error = only(events, "step_error")
    assert error["error_class"] == "job", error
    assert "NameError: name 'missing' is not defined (line 2)" in error["error"]


ATTEMPT = "told = state['told']\nexec(state['code'], globals())"
LEAVE = ("import json, builtins\nleaked = 1\njson.leaked = builtins.leaked = 1\n"
         "open('/tmp/leaked', 'w').write('1')\nresult = 'left'")
LOOK = ("import json, builtins, os\nfound = [n for n, there in ("
        "('global', 'leaked' in globals()), ('module', hasattr(json, 'leaked')), "
        "('builtin', hasattr(builtins, 'leaked')), ('file', os.path.exists('/tmp/leaked')))"
        " if there]\nresult = found")


def outcome_of(site, run_id):
    answer = site.wait_run(run_id)
    if answer["status"] == "completed":
        return str(answer["final_response"])
    return only(site.events(run_id), "step_error")["error"].removeprefix("Step 't': ")


def children_of(pid):
    return [int(n) for n in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gate_of(daemon):
    """The spawn gate of the worker: its only child."""
    (gate,) = children_of(daemon.child("worker"))
    return gate


def try_all(site, daemon, who, attempts=ATTEMPTS):
    """Every attempt of escapes.py, one table: 0 escapes, and the worker has seen nothing."""
    daemon.wait_event("sandbox.ready")
    secret = daemon.dir / "secret"
    secret.write_text("the-secret")
    told = {"port": daemon.api_port, "worker": daemon.child("worker"), "master": daemon.pid,
            "gate": gate_of(daemon), "secret": str(secret), "dir": str(daemon.dir),
            "secret_text": "the-secret", "abstract": f"syn-{daemon.pid}",
            "abstract_dgram": f"syn-d-{daemon.pid}"}
    with socket.socket(socket.AF_UNIX) as stream, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dgram:
        stream.bind("\0" + told["abstract"])
        stream.listen()
        dgram.bind("\0" + told["abstract_dgram"])
        def run(attempts, definition):
            runs = [(name, site.submit(definition, inputs={"code": code, "told": told}))
                    for name, code in attempts]
            return [(name, outcome_of(site, run_id)) for name, run_id in runs]
        table = run([a for a in attempts if a[0] not in ENDLESS], "escape")
        table += run([a for a in attempts if a[0] in ENDLESS], "endless")
        for line in json.loads(dict(run([("raw", RAW)], "escape"))["raw"]):
            name, text = line.split(":", 1)
            table.append((f"raw {name}", text.strip()))
    lines = [f"{who}: {len(table)} attempts"]
    lines += [f"  {name:<40} {' '.join(text.split())[:100]}" for name, text in table]
    print("\n".join(lines))
    kept = os.environ.get("SYNAPSED_TEST_ESCAPES")
    if kept:
        with open(kept, "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    escaped = [row for row in table if "ESCAPED" in row[1]]
    assert not escaped, escaped
    assert daemon.child("worker") == told["worker"] and alive(told["gate"])
    assert not list(daemon.dir.glob("**/core*"))
    return dict(table)


def prepare_escapes(site):
    site.prepare(flow("escape", ATTEMPT, timeout_seconds=60),
                 flow("endless", ATTEMPT, timeout_seconds=2))


@needs_walls
def test_no_attempt_gets_out_of_the_sandbox(site):
    prepare_escapes(site)
    table = try_all(site, site.start(), f"uid {os.geteuid()}")
    assert "MemoryError" in table["all memory"]
    assert "timed out after 2s" in table["endless work"]
    assert "exit status 3" in table["its own end"]
    assert table["other builtins for whoever is next"] == "set"
    assert table["a flood of prints"] == "printed 20 MB"


@needs_walls
@pytest.mark.skipif(os.geteuid() != 0, reason="it is nobody's daemon already")
def test_no_attempt_gets_out_of_the_sandbox_of_a_daemon_that_is_not_root(site):
    prepare_escapes(site)
    daemon = Daemon(site.env)
    shutil.copy(daemon.binary, daemon.dir / "synapsed")
    wrapper = daemon.dir / "as-nobody"
    wrapper.write_text("#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups"
                       f" {daemon.dir}/synapsed \"$@\"\n")
    wrapper.chmod(0o755)
    os.chown(daemon.dir, 65534, 65534)
    daemon.binary = str(wrapper)
    site.daemons.append(daemon)
    daemon.start()
    try_all(site, daemon, "uid 65534", [a for a in ATTEMPTS if a[0] not in ENDLESS][::7])


@needs_walls
def test_what_one_tenant_leaves_the_next_does_not_find(site):
    site.prepare(flow("leave", LEAVE), flow("look", LOOK))
    site.start(SYNAPSED_PYTHON_PROCESSES="1")
    assert outcome_of(site, site.submit("leave", tenant_id="a")) == "left"
    assert outcome_of(site, site.submit("look", tenant_id="b")) == "[]"
    # nor, but for modules, which stay imported while a helper is clean, the tenant itself
    assert outcome_of(site, site.submit("look", tenant_id="b")) == "[]"


NAP = "import time\nprint('napping', flush=True)\ntime.sleep(1800)\nresult = 'slept'"


def helpers_of(gate):
    """All that the gate has started and what that has started."""
    return [pid for pid in process_group(gate) if pid != gate]


def counter(daemon, name):
    shown = json.loads(run_verb("status", "-o", "json", env=daemon.env).stdout)
    return sum(c["counters"][name] for c in shown["children"])


def begin_nap(site, gate, tenant):
    """A call in flight, and the processes that serve it: a new tenant's are new."""
    before = set(helpers_of(gate))
    run_id = site.submit("nap", tenant_id=tenant)
    until(lambda: any(is_python(pid) for pid in set(helpers_of(gate)) - before),
          what="no helper")
    site.wait_run(run_id, "running")
    until(lambda: counter(site.daemons[0], "python_waiting") == 0, what="no call")
    return run_id, set(helpers_of(gate)) - before


def is_python(pid):
    try:
        return "python" in pathlib.Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return False


def gone(pids):
    return not any(alive(pid) for pid in pids)


def cancel(site, run_id):
    status, _, _ = site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/cancel")
    assert status == 200
    assert site.wait_run(run_id)["status"] == "cancelled"


@needs_walls
def test_a_long_call_blocks_nobody_and_ends_with_its_run_or_its_worker(site):
    quick = flow("quick", "result = 'quick'")
    site.prepare(quick, flow("nap", NAP, timeout_seconds=1800),
                 flow("short", "import time\ntime.sleep(1)\nresult = 'awake'"))
    daemon = site.start(expect_errors=("spawn.lost",))
    gate = gate_of(daemon)

    napping, pids = begin_nap(site, gate, "a")
    assert outcome_of(site, site.submit("quick")) == "quick"
    assert alive(gate) and not gone(pids)
    cancel(site, napping)
    until(lambda: gone(pids), what=f"left behind: {pids}")

    napping, pids = begin_nap(site, gate, "b")
    os.kill(min(pids & set(children_of(gate))), signal.SIGKILL)
    answer = site.wait_run(napping)
    error = only(site.events(napping), "step_error")
    assert answer["status"] == "failed" and error["error_class"] == "tool"
    assert "ended by signal 9" in error["error"]
    until(lambda: gone(pids), what=f"left behind: {pids}")

    # the worker dies: what it started goes with it, and the step is done once more
    slept = site.submit("short")
    site.wait_run(slept, "running")
    pids = set(process_group(gate))
    daemon.kill(daemon.child("worker"))
    until(lambda: gone(pids), what=f"left behind: {pids}")
    answer = site.wait_run(slept)
    assert (answer["status"], answer["final_response"]) == ("completed", "awake")

    # the gate dies: the worker makes room for another one
    worker = daemon.child("worker")
    os.kill(gate_of(daemon), signal.SIGKILL)
    daemon.wait_event("spawn.lost")
    daemon.wait_event("child.died", child=worker)
    assert outcome_of(site, site.submit("quick")) == "quick"


@pytest.mark.parametrize(("option", "path", "reason"), [
    ("SYNAPSED_PYTHON_PATH", "/nowhere/python3", "/nowhere/python3: No such file"),
    ("SYNAPSED_PYTHON_BUBBLEWRAP", "/bin/false", "python ended with exit status 1"),
])
def test_without_its_sandbox_a_step_fails_and_says_why(site, option, path, reason):
    site.prepare(flow("quick", "result = 'quick'"),
                 orchestration("plain", print_step("say", "{state.user_input}")))
    daemon = site.start(**{option: path})
    daemon.wait_event("sandbox.failed")
    answer, events = result_of(site, "quick")
    error = only(events, "step_error")
    assert answer["status"] == "failed" and error["error_class"] == "internal"
    assert f"Python cannot be executed here: {reason}" in error["error"]
    assert site.wait_run(site.submit("plain", "x"))["final_response"] == "x"
    shown = run_verb("status", env=daemon.env).stdout.decode()
    assert f"sandbox of worker 0: failed: {reason}" in shown


def test_without_a_sandbox_by_choice_code_is_executed_and_ends_with_its_helper(site):
    daemonize = ("import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
                 "        time.sleep(1800)\n    os._exit(0)\nos.wait()\nresult = os.getuid()")
    site.prepare(flow("free", daemonize), flow("nap", NAP, timeout_seconds=1800))
    daemon = site.start(SYNAPSED_SANDBOX="off", SYNAPSED_PYTHON_PROCESSES="1",
                        SYNAPSED_PYTHON_WAITING="1")
    daemon.wait_event("sandbox.off", level="warn")
    gate = gate_of(daemon)
    assert outcome_of(site, site.submit("free")) == str(os.getuid())
    napping = site.submit("nap")
    site.wait_run(napping, "running")
    pids = set(helpers_of(gate))
    assert len(pids) == 2  # the helper, and what its code put into the background
    waiting = site.submit("nap", tenant_id="other")
    site.wait_run(waiting, "running")
    answer, events = result_of(site, "nap")
    error = only(events, "step_error")
    assert answer["status"] == "failed" and error["error_class"] == "limit"
    assert "too many calls wait for Python" in error["error"]
    cancel(site, waiting)
    cancel(site, napping)
    until(lambda: gone(pids), what=f"left behind: {pids}")

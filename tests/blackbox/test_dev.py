"""`synapsed dev`: servers of its own, the daemon in front, and the verbs on real stores."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest
from harness.ports import free_port

TOP = pathlib.Path(
    os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[2])
)
BINARY = os.environ.get("SYNAPSED", str(TOP / "build" / "synapsed"))
EXAMPLES = TOP / "examples"

OK, FAILED, USAGE, NOT_FOUND, CONFLICT, REFUSED, UNREACHABLE = range(7)
PATIENCE = 90  # seconds; a bound for a slow machine, never what a test waits for


def environment(**more):
    keep = {
        k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "PATH"
    }
    return {**keep, "HOME": "/nowhere", **more}


def synapsed(*args, env=None, stdin=b""):
    return subprocess.run(
        [BINARY, *map(str, args)],
        env=env or environment(),
        input=stdin,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def short_dir():
    """Sockets lie below it: pytest's own folders are too long, and closed to postgres."""
    path = pathlib.Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    path.chmod(0o755)
    return path


class Dev:
    """A `synapsed dev` that is up; verbs called through it see its stores and its API."""

    def __init__(self, folder, *args, stdin=subprocess.DEVNULL, env=None):
        self.folder = folder
        self.lines = []
        self.up = threading.Event()
        self.process = subprocess.Popen(
            [BINARY, "dev", "--dir", str(folder), "--examples", str(EXAMPLES), *args],
            env=environment(**(env or {})),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        assert self.up.wait(PATIENCE), "".join(self.lines)
        assert self.process.poll() is None, "".join(self.lines)
        self.url = re.search(r"is healthy, pid \d+, (\S+)", self.text()).group(1)

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("Ctrl-C stops it all"):
                self.up.set()
        self.up.set()

    def text(self):
        return "".join(self.lines)

    def pid(self, what):
        """Of the daemon, or of a server by its pid file."""
        if what == "synapsed":
            return int(re.search(r"is healthy, pid (\d+)", self.text()).group(1))
        if what == "postgres":
            return int((self.folder / "postgres/postmaster.pid").read_text().split()[0])
        raise ValueError(what)

    def run(self, *args, stdin=b""):
        return synapsed(
            *args,
            stdin=stdin,
            env=environment(
                SYNAPSED_CONF=str(self.folder / "synapsed.yaml"),
                SYNAPSED_KEY=(self.folder / "key").read_text(),
            ),
        )

    def json(self, *args):
        result = self.run(*args, "-o", "json")
        assert result.returncode == OK, result.stderr
        return json.loads(result.stdout)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None and number:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.reader.join()
        self.process.stdout.close()
        return code


@pytest.fixture(scope="module")
def dev():
    folder = short_dir()
    dev = Dev(folder / "dev")
    yield dev
    code = dev.stop()
    shutil.rmtree(folder)
    assert code == OK, dev.text()


@pytest.fixture
def folder():
    path = short_dir()
    yield path
    shutil.rmtree(path)


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


# --- the demo -------------------------------------------------------------------------


@pytest.mark.asan
def test_the_demo_runs_every_example_and_leaves_nothing():
    result = synapsed("dev", "--demo", "--examples", EXAMPLES)
    text = result.stdout.decode()
    assert result.returncode == OK, text + result.stderr.decode()
    ids = re.findall(r"^== .* \((\w+), ", text, re.M)
    wanted = []
    for path in sorted(EXAMPLES.glob("*.json")):
        body = json.loads(path.read_text())
        if isinstance(body, dict) and body.get("synapse_export"):
            body = body["orchestrations"]
        wanted += [d["id"] for d in (body if isinstance(body, list) else [body])]
    assert ids == wanted
    assert f"{len(wanted)} runs completed, 0 did not" in text
    for kind in ("orchestration_start", "step_start", "step_complete", "done"):
        assert len(re.findall(rf"ms  {kind} ", text)) >= len(wanted), kind
    assert "Hello from synapsed. You said: Good morning, synapsed." in text
    used = pathlib.Path(re.search(r"^folder +(/\S+)$", text, re.M).group(1))
    assert used.is_absolute() and not used.exists()


def test_a_demo_whose_run_fails_fails(folder):
    (folder / "e").mkdir()
    bad = {
        "id": "bad", "name": "Bad", "entry_step_id": "s",
        "steps": [{"id": "s", "name": "S", "type": "llm", "model": "mock.fail:provider",
                   "prompt_template": "x"}],
    }  # fmt: skip
    (folder / "e/bad.json").write_text(json.dumps(bad))
    result = synapsed("dev", "--demo", "--dir", folder / "d", "--examples", folder / "e")
    assert result.returncode == FAILED
    assert b"0 runs completed, 1 did not" in result.stdout


def test_a_demo_of_nothing_is_no_success(folder):
    (folder / "e").mkdir()
    result = synapsed("dev", "--demo", "--dir", folder / "d", "--examples", folder / "e")
    assert result.returncode == FAILED


def test_a_broken_example_is_named(folder):
    (folder / "e").mkdir()
    (folder / "e/x.json").write_text("{")
    result = synapsed("dev", "--demo", "--dir", folder / "d", "--examples", folder / "e")
    assert result.returncode != OK
    assert f"{folder}/e/x.json".encode() in result.stderr
    result = synapsed("dev", "--demo", "--dir", folder / "d", "--examples", folder / "no")
    assert result.returncode == NOT_FOUND


def test_without_the_servers_one_sentence_says_what_to_install(folder):
    result = synapsed("dev", "--demo", "--dir", folder / "d", env={"PATH": "/nowhere"})
    assert result.returncode == FAILED
    assert b"apt-get install redis-server" in result.stderr
    assert result.stderr.count(b"\n") == 1
    assert not (folder / "d").exists()


# --- its life -------------------------------------------------------------------------


def test_data_key_and_port_stay_over_a_restart(folder):
    dev = Dev(folder / "d", "--port", str(free_port()))
    key = (folder / "d/key").read_text()
    run = dev.run("run", "start", "hello", "-w", "-o", "json")
    assert run.returncode == OK, run.stderr
    run_id = json.loads(run.stdout)["run_id"]
    assert dev.stop(signal.SIGINT) == OK
    assert "stopping" in dev.text()
    dev = Dev(folder / "d")
    assert (folder / "d/key").read_text() == key
    assert dev.json("run", "get", run_id)["status"] == "completed"
    assert "0 of " in dev.text()  # migrations applied now
    assert synapsed("dev", "--dir", folder / "d").returncode == CONFLICT
    assert synapsed("dev", "--clean", "--dir", folder / "d").returncode == CONFLICT
    assert dev.stop(signal.SIGHUP) == OK
    assert synapsed("dev", "--clean", "--dir", folder / "d").returncode == OK
    assert not (folder / "d").exists()
    assert synapsed("dev", "--clean", "--dir", folder / "d").returncode == OK


def test_the_end_of_its_input_stops_it_and_all_it_started(folder):
    dev = Dev(folder / "d", stdin=subprocess.PIPE)
    pids = [dev.pid("synapsed"), dev.pid("postgres")]
    assert all(alive(pid) for pid in pids)
    dev.process.stdin.close()
    assert dev.stop(None) == OK
    assert not any(alive(pid) for pid in pids)


def test_killed_outright_it_takes_its_servers_along(folder):
    # the daemon has nobody left to give its work back to, and waits for the deadline
    dev = Dev(folder / "d", env={"SYNAPSED_DRAIN_DEADLINE": "1s"})
    pids = [dev.pid("synapsed"), dev.pid("postgres")]
    dev.stop(signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("what", ["synapsed", "postgres"])
def test_what_ends_by_itself_ends_the_rest(folder, what):
    dev = Dev(folder / "d")
    os.kill(dev.pid(what), signal.SIGKILL)
    assert dev.stop(None) == FAILED
    assert "ended by signal 9" in dev.text()


def test_a_folder_of_somebody_else_is_refused(folder):
    (folder / "thesis").write_text("x")
    result = synapsed("dev", "--dir", folder)
    assert result.returncode == REFUSED
    assert b"was not made by `synapsed dev`" in result.stderr
    assert synapsed("dev", "--clean", "--dir", folder).returncode == REFUSED
    assert (folder / "thesis").exists()


# --- verbs on real stores -------------------------------------------------------------


def test_the_screen_has_what_to_paste(dev):
    line = re.search(r"curl .*?(?=\nOr with)", dev.text(), re.S).group(0)
    shown = subprocess.run(
        ["bash", "-c", line], capture_output=True, check=True, timeout=PATIENCE
    )
    assert json.loads(shown.stdout)["status"] == "queued"
    assert (dev.folder / "key").read_text() not in dev.text()
    for name in ("key", "redis.conf", "synapsed.yaml"):
        assert (dev.folder / name).stat().st_mode & 0o777 == 0o600


def test_status_shows_the_daemon_and_its_children(dev):
    board = dev.json("status")
    assert board["pid"] == dev.pid("synapsed")
    assert {c["kind"] for c in board["children"]} == {"worker", "api", "keeper", "clerk"}
    screen = dev.run("status").stdout.decode()
    assert f"pid {board['pid']}" in screen.splitlines()[0]
    assert len([x for x in screen.splitlines() if " ready " in x]) == 4


def test_runs_start_end_and_are_listed(dev):
    done = dev.run("run", "start", "echo", "-m", "hi", "-i", "tone=dry", "-w", "-o", "json")
    assert done.returncode == OK, done.stderr
    run = json.loads(done.stdout)
    assert run["status"] == "completed"
    assert run["final_response"] == "The model said: Answer in a dry tone: hi"
    listed = dev.json("run", "list", "--orchestration", "echo", "--status", "completed")
    assert run["run_id"] in [r["run_id"] for r in listed["runs"]]
    assert dev.run("run", "get", "nosuch").returncode == NOT_FOUND
    assert dev.run("run", "start", "nosuch").returncode == NOT_FOUND
    assert dev.run("run", "list", "--status", "nosuch").returncode == REFUSED
    assert dev.run("run", "list", "--after", "junk").returncode == REFUSED


def test_pages_of_a_list_follow_each_other(dev):
    ids = {dev.json("run", "start", "hello")["run_id"] for _ in range(5)}
    seen, after = [], []
    while True:
        page = dev.json("run", "list", "--limit", "2", *after)
        seen += [r["run_id"] for r in page["runs"]]
        if not page["next"]:
            break
        after = ["--after", page["next"]]
    assert len(seen) == len(set(seen))
    assert ids <= set(seen)


def test_an_idempotency_key_starts_one_run(dev):
    start = ["run", "start", "hello", "--idempotency-key", "once", "-m"]
    first = dev.run(*start, "a")
    again = dev.run(*start, "a")
    other = dev.run(*start, "b")
    assert first.returncode == again.returncode == OK
    assert first.stdout == again.stdout
    assert other.returncode == CONFLICT


def test_workers_and_queues_are_listed(dev):
    until = time.monotonic() + PATIENCE  # its row comes with its first beat
    while not (workers := [w for w in dev.json("worker", "list") if w["max_jobs"]]):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert [w["status"] for w in workers] == ["online"]
    assert workers[0]["worker_id"] in dev.run("worker", "list").stdout.decode()
    assert dev.run("queue", "list").returncode == OK


def test_a_key_opens_until_it_is_revoked(dev):
    made = dev.json("key", "create", "--name", "test é")
    env = environment(SYNAPSED_URL=dev.url, SYNAPSED_KEY=made["key"])
    assert re.fullmatch(r"sk-syn-[0-9a-f]{64}", made["key"])
    assert synapsed("queue", "list", env=env).returncode == OK
    assert made["key"].encode() not in dev.run("key", "list").stdout
    assert dev.run("key", "revoke", made["id"]).returncode == OK
    assert dev.run("key", "revoke", made["id"]).returncode == NOT_FOUND
    [key] = [k for k in dev.json("key", "list") if k["id"] == made["id"]]
    assert (key["name"], key["is_active"]) == ("test é", False)
    # one that the API has not seen before, since it remembers good ones for a while
    unused = dev.json("key", "create", "--name", "unused")
    assert dev.run("key", "revoke", unused["id"]).returncode == OK
    env = environment(SYNAPSED_URL=dev.url, SYNAPSED_KEY=unused["key"])
    assert synapsed("queue", "list", env=env).returncode == REFUSED
    result = synapsed("queue", "list", env=environment(SYNAPSED_URL=dev.url))
    assert result.returncode == REFUSED
    assert b"HTTP 401" in result.stderr


def definition(**fields):
    return {
        "id": "imported", "name": "Imported", "entry_step_id": "p",
        "steps": [{"id": "p", "name": "P", "type": "print", "print_content": "one",
                   "output_key": "o"}],
        **fields,
    }  # fmt: skip


LATER = definition(id="later", steps=[{"id": "p", "name": "P", "type": "from_the_future"}])


def test_an_import_makes_versions_and_runs_follow(dev, folder):
    path = folder / "d.json"
    path.write_text(json.dumps(definition()))
    [first] = dev.json("def", "import", path)
    [again] = dev.json("def", "import", path)
    assert (first["fresh"], again["fresh"]) == (True, False)
    assert first["version"] == again["version"]
    changed = definition()
    changed["steps"][0]["print_content"] = "two"
    [second] = json.loads(
        dev.run("def", "import", "-", "-o", "json", stdin=json.dumps(changed).encode()).stdout
    )
    assert second["version"] == first["version"] + 1
    run = dev.run("run", "start", "imported", "-w", "-o", "json")
    assert json.loads(run.stdout)["final_response"] == "two"


def test_an_import_is_all_or_nothing(dev, folder):
    path = folder / "d.json"
    path.write_text(json.dumps([definition(id="half"), {"id": "broken"}]))
    result = dev.run("def", "import", path)
    assert result.returncode == REFUSED
    assert b"nothing is stored" in result.stderr
    assert "half" not in [d["id"] for d in dev.json("def", "list")]


def test_a_bundle_may_hold_what_a_later_version_runs(dev, folder):
    path = folder / "b.json"
    bundle = {
        "synapse_export": True, "orchestrations": [LATER, definition(id="now")],
        "agents": [{"id": "ag", "name": "Ag", "tools": []}],
        "custom_tools": [{"name": "tl", "url": "http://x/"}, {}],
        "mcp_servers": [{"name": "sv", "server_type": "remote", "url": "http://x/"}],
    }  # fmt: skip
    path.write_text(json.dumps(bundle))
    assert dev.run("def", "import", "--strict", path).returncode == REFUSED
    result = dev.run("def", "import", path)
    assert result.returncode == FAILED
    assert b"from_the_future" in result.stderr
    assert b"/custom_tools/1/name" in result.stderr
    assert b"1 of 6 definitions are left out" in result.stderr
    kinds = {(d["kind"], d["id"]) for d in dev.json("def", "list")}
    assert {("orchestration", "later"), ("orchestration", "now"), ("agent", "ag"), ("tool", "tl"),
            ("mcp_server", "sv")} <= kinds
    assert dev.run("run", "start", "later").returncode in (REFUSED, CONFLICT)
    # one definition by itself is refused
    path.write_text(json.dumps(LATER))
    assert dev.run("def", "import", path).returncode == REFUSED


def test_sync_stores_the_files_of_the_folder(dev):
    path = dev.folder / "data/orchestrations.json"
    path.write_text(json.dumps([definition(id="synced"), LATER, {"id": "broken"}]))
    result = dev.run("def", "sync")
    assert result.returncode == FAILED
    assert b"error: orchestrations/broken" in result.stderr
    assert "synced" in [d["id"] for d in dev.json("def", "list")]
    path.write_text(json.dumps([LATER]))
    report = json.loads(dev.run("def", "sync", "--force", "-o", "json").stdout)
    assert report["details"]["orchestrations"]["deleted"] == ["synced"]
    assert "synced" not in [d["id"] for d in dev.json("def", "list")]
    path.unlink()


def test_the_schema_is_up_to_date(dev):
    assert dev.json("db", "status")["pending"] == 0
    assert dev.json("db", "migrate")["applied"] == 0

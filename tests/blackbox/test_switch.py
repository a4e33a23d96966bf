"""A host that goes from one mode to the other and back, while requests come."""

import json
import os
import signal
import threading
import time

from harness.site import orchestration, print_step

FLIPS = int(os.environ.get("SYNAPSED_TEST_FLIPS", "2"))
RUNS = "/api/v2/orchestrations/runs/"

SLOW = orchestration(
    "slow",
    *[
        {"id": f"s{i}", "name": f"s{i}", "type": "llm", "model": "mock.sleep:150",
         "prompt_template": f"{i}", "output_key": f"o{i}",
         "next_step_id": f"s{i + 1}" if i < 2 else None}
        for i in range(3)
    ],
)
HELLO = orchestration("hello", print_step("p", "hi {state.user_input}"))


def flip(daemon, path, mode):
    since = daemon.mark()
    path.write_text(f"mode: {mode}\n")
    daemon.send(signal.SIGHUP)
    daemon.wait_event("reload.done", since)


def wait_run(site, daemon, run_id):
    end = time.monotonic() + 90
    while time.monotonic() < end:
        status, row, _ = site.ask("GET", f"{RUNS}{run_id}/status", daemon=daemon)
        assert status == 200, (run_id, row)
        if row["ended_at"]:
            return row
        time.sleep(0.05)
    raise AssertionError(row)


def one_start_each(site, daemon, run_id):
    _, page, _ = site.ask("GET", f"{RUNS}{run_id}/events", daemon=daemon)
    events = [item["event"] for item in page["events"]]
    assert [e["seq"] for e in events if "sub" not in e] == list(
        range(1, 1 + sum("sub" not in e for e in events)))
    assert [e["type"] for e in events].count("done") == 1
    return [e["orch_step_id"] for e in events if e["type"] == "step_complete"]


def test_the_toggle_under_load_fails_no_request(site, tmp_path):
    """SYNAPSED_TEST_FLIPS=50 for the long one."""
    path = tmp_path / "synapsed.yaml"
    path.write_text("mode: scale\n")
    daemon = site.start(SYNAPSED_CONF=str(path))
    site.prepare(SLOW, HELLO)
    (daemon.data_dir / "orchestrations.json").write_text(json.dumps([SLOW, HELLO]))
    site.wait_run(site.submit("hello"))
    stop = threading.Event()
    ids, answers, wrong = [], [], []

    def submit(name):
        while not stop.is_set():
            status, body, _ = site.ask(
                "POST", f"/api/v2/orchestrations/{name}/run", {"message": "x"}, daemon=daemon)
            answers.append(status)
            if status not in (200, 202):
                wrong.append((status, body))
                return
            ids.append((name, body["run_id"]))
            if status == 200 and body["status"] != "completed":
                wrong.append((status, body))
            time.sleep(0.01)

    threads = [threading.Thread(target=submit, args=(n,)) for n in ("slow", "hello") * 2]
    for t in threads:
        t.start()
    for n in range(FLIPS):
        before = len(answers)
        flip(daemon, path, "standalone" if n % 2 == 0 else "scale")
        while len(answers) < before + 10 and not wrong:
            time.sleep(0.01)
    stop.set()
    for t in threads:
        t.join()
    assert not wrong
    assert {200, 202} <= set(answers)
    for name, run_id in ids:
        assert wait_run(site, daemon, run_id)["status"] == "completed"
        steps = one_start_each(site, daemon, run_id)
        assert steps == (["s0", "s1", "s2"] if name == "slow" else ["p"])


def test_without_its_stores_a_host_goes_on_by_itself(site, tmp_path):
    """redis.url and postgres.url come and go with the file; mode is auto."""
    path = tmp_path / "synapsed.yaml"
    urls = {key: site.env.pop(key) for key in ("REDIS_URL", "SCALE_POSTGRES_URL")}
    path.write_text(f"redis:\n  url: {urls['REDIS_URL']}\n")
    daemon = site.start(SYNAPSED_CONF=str(path))
    _, health, _ = site.ask("GET", "/health", daemon=daemon, key=False)
    assert (health["status"], health["mode"]) == ("ok", "standalone")
    assert health["reason"].startswith("waiting for Postgres")
    site.key = (daemon.data_dir / "api-key").read_text().strip()
    (daemon.data_dir / "orchestrations.json").write_text(json.dumps([SLOW, HELLO]))
    _, body, _ = site.ask("POST", "/api/v2/orchestrations/slow/run", {}, daemon=daemon,
                          headers={"Prefer": "respond-async"})
    since = daemon.mark()
    path.write_text(f"redis:\n  url: {urls['REDIS_URL']}\n"
                    f"postgres:\n  url: {urls['SCALE_POSTGRES_URL']}\n")
    daemon.send(signal.SIGHUP)
    daemon.wait_event("reload.done", since)
    _, health, _ = site.ask("GET", "/health", daemon=daemon, key=False)
    assert health["mode"] == "scale" and health["pg_connected"]
    # the run of before is where it was, and ends; the host's own key is good still
    assert wait_run(site, daemon, body["run_id"])["status"] == "completed"
    assert {kind for kind, _ in daemon.children().values()} >= {"worker", "keeper", "clerk"}
    site.env.update(urls)
    site.define(HELLO)
    status, body, _ = site.ask("POST", "/api/v2/orchestrations/hello/run", {}, daemon=daemon)
    assert status == 202
    assert wait_run(site, daemon, body["run_id"])["status"] == "completed"
    since = daemon.mark()
    path.write_text("{}\n")
    daemon.send(signal.SIGHUP)
    for kind in ("api", "keeper", "worker", "clerk"):
        daemon.wait_event("child.died", since, child_kind=kind)
    status, body, _ = site.ask("POST", "/api/v2/orchestrations/hello/run", {}, daemon=daemon)
    assert (status, body["status"]) == (200, "completed")

"""A new configuration for a running host: what is replaced, and what nobody notices.

Candidates that crash, hang or find their address taken are in
tests/unit/test_reload.c.
"""

import json
import signal
import subprocess
import threading

from harness.daemon import BINARY
from harness.site import orchestration, print_step

HELLO = orchestration("hello", print_step("p", "hi"))


def start_with_file(site, tmp_path, text, **env):
    path = tmp_path / "synapsed.yaml"
    path.write_text(text)
    return path, site.start(SYNAPSED_CONF=str(path), **env)


def reload(daemon, path, text, event="reload.done"):
    since = daemon.mark()
    path.write_text(text)
    daemon.process.send_signal(signal.SIGHUP)
    return daemon.wait_event(event, since)


def status(daemon):
    # without the file, which may be bad
    env = {k: v for k, v in daemon.env.items() if k != "SYNAPSED_CONF"}
    out = subprocess.run(
        [BINARY, "status", "-o", "json"], env=env, capture_output=True, text=True,
        check=True,
    )
    return json.loads(out.stdout)


def test_a_reload_replaces_whom_it_touches(site, tmp_path):
    path, d = start_with_file(site, tmp_path, "worker:\n  slots: 10\n")
    before = {seat: pid for pid, seat in d.children().items()}
    done = reload(d, path, "worker:\n  slots: 11\n")
    assert done["new_generation"] == "2"
    d.wait_event("child.died", child=before["worker", 0], cause="exit 0 ok")
    after = {seat: pid for pid, seat in d.children().items()}
    assert set(after) == set(before)
    changed = {seat for seat in before if before[seat] != after[seat]}
    assert changed == {("worker", 0)}
    # until the keeper has dealt with it, status shows the dead one as well
    d.wait_event("obituary.done", dead=before["worker", 0])
    option = d.wait_event("reload.option", option="worker.slots")
    assert option["source"] == f"{path}:2:10"
    (worker,) = [c for c in status(d)["children"] if c["kind"] == "worker"]
    assert worker["generation"] == 2 and worker["counters"]["max_runs"] == 11


def test_every_kind_can_be_replaced(site, tmp_path):
    path, d = start_with_file(site, tmp_path, "{}\n")
    site.prepare(HELLO)
    before = d.children()
    reload(d, path, "redis:\n  command_timeout: 3s\n")
    d.wait_event("child.died", count=4)
    assert not set(before) & set(d.children())
    assert site.wait_run(site.submit("hello"))["status"] == "completed"


def test_a_bad_file_keeps_the_old_and_status_says_the_line(site, tmp_path):
    path, d = start_with_file(site, tmp_path, "worker:\n  slots: 10\n")
    before = d.children()
    reload(d, path, "worker:\n  slots: 10\n  slotz: 3\n", "reload.refused")
    error = d.wait_event("reload.error")["error"]
    assert error.startswith(f"{path}:3:3: ") and "slots" in error
    shown = status(d)
    assert shown["reload"].startswith(f"refused: {path}:3:3: ")
    assert shown["generation"] == 1 and d.children() == before
    reload(d, path, "worker:\n  slots: 12\n")
    assert status(d)["reload"] == ""


def test_reloads_under_load_refuse_nothing_and_lose_nothing(site, tmp_path):
    path, d = start_with_file(site, tmp_path, "{}\n")
    site.prepare(HELLO)
    runs, errors, stop = [], [], threading.Event()

    def load():
        while not stop.is_set():
            try:
                runs.append(site.submit("hello"))
            except Exception as error:  # noqa: BLE001
                errors.append(repr(error))

    thread = threading.Thread(target=load)
    thread.start()
    try:
        for slots in range(20, 25):
            reload(d, path, f"worker: {{slots: {slots}}}\napi: {{connections: {slots * 9}}}\n")
    finally:
        stop.set()
        thread.join()
    assert not errors, errors[:3]
    assert runs
    for run_id in runs:
        assert site.wait_run(run_id)["status"] == "completed"

"""Lists, details and acts of runs without Redis and Postgres."""

import datetime
import signal
import time

import pytest
from harness.site import llm_step, orchestration, print_step
from harness.wait import until
from test_standalone import ASYNC, FAILS, RUNS, Alone, alone, sleeps

HELLO = orchestration("hello", print_step("p", "hi {state.user_input}"))
ECHO = orchestration("echo", llm_step("m", "mock.echo", prompt_template="{state.user_input}"))


@pytest.fixture(scope="module")
def host():
    with alone([HELLO, ECHO, FAILS, sleeps("long", 1, 60000)]) as made:
        made.ids = {
            "a": made.client.run("hello", {
                "message": "Red fox", "session_id": "s1",
                "metadata": {"team": "x", "n": 1}}).json["run_id"],
            "b": made.client.run("echo", {"message": "blue", "inputs": {"k": [1]}}).json["run_id"],
            "c": made.client.run("fails", {"message": "c", "session_id": "s1"}).json["run_id"],
        }
        yield made


def delete(host, path):
    return host.client.ask("DELETE", path)


def listed(host, query=""):
    names = {run_id: name for name, run_id in host.ids.items()}
    runs = host.client.get(f"/api/v2/runs?{query}").json["runs"]
    return "".join(names.get(r["run_id"], "?") for r in runs)


def test_lists_have_filters_and_pages(host):
    assert listed(host) == "cba"
    assert listed(host, "status=failed") == "c"
    assert listed(host, "orchestration_id=echo") == "b"
    assert listed(host, "session_id=s1") == "ca"
    assert listed(host, "tag=team:x") == "a" and listed(host, "tag=n:1") == "a"
    assert listed(host, "tag=team:y") == ""
    assert listed(host, "text=red") == "a" and listed(host, "text=RED%20FOX") == "a"
    assert listed(host, "session_id=s1&status=completed&text=hi") == "a"
    row = host.client.get("/api/v2/runs?session_id=s1&limit=1").json
    made = datetime.datetime.fromisoformat(row["runs"][0]["created_at"]).isoformat()
    moment = made.replace("+00:00", "Z")
    assert listed(host, f"since={moment}") == "c" and listed(host, f"until={moment}") == "ba"
    assert listed(host, f"limit=1&after={row['next']}&session_id=s1") == "a"
    assert host.client.get("/api/v2/runs?tenant_id=other").json["runs"] == []
    assert host.client.get("/api/v2/runs?status=odd").status == 422
    first = host.client.get("/api/v2/runs?orchestration_id=hello").json["runs"][0]
    assert first["metadata"] == {"team": "x", "n": 1} and first["queue"] == "standalone"


def sums(host, query=""):
    answer = host.client.get(f"/api/v2/analytics?{query}")
    assert answer.status == 200, answer
    return answer.json


def test_runs_in_files_are_summed(host):
    answer = sums(host, "by=orchestration")
    rows = {g["key"]: g for g in answer["groups"]}
    assert set(rows) == {"hello", "echo", "fails"} and not answer["more"]
    assert [rows["fails"][k] for k in ("runs", "completed", "failed", "success_rate")] == [
        1, 0, 1, 0]
    assert rows["echo"]["tokens"] > 0 and rows["echo"]["p50_seconds"] >= 0
    assert rows["echo"]["turns"] is None  # turns of conversations are in no list here
    total = answer["total"]
    assert (total["runs"], total["completed"], total["success_rate"]) == (3, 2, 66.67)
    (day,) = sums(host)["groups"]
    assert day["runs"] == 3 and len(day["key"]) == 10
    (hour,) = sums(host, "by=hour&orchestration_id=hello")["groups"]
    assert hour["runs"] == 1 and hour["key"].endswith(":00Z")
    assert sums(host, "by=tenant&tenant_id=none")["groups"] == []
    assert sums(host, "until=2026-01-02T00:00:00Z&since=2026-01-01T00:00:00Z")["total"]["runs"] == 0
    refused = host.client.get("/api/v2/analytics?by=model")
    assert refused.code == "scale_only" and "/api/v2/runs/" in refused.json["detail"]
    minutes = host.client.get("/api/v2/analytics/minutes").json
    assert sum(m["ended"] for m in minutes["minutes"]) == 3
    assert sum(m["failed"] for m in minutes["minutes"]) == 1
    assert minutes["today"]["ended"] >= 1
    act = host.client.post("/api/v2/workers/x/quiet")
    assert act.code == "scale_only" and "synapsed quiet" in act.json["detail"]


def test_a_run_in_full(host):
    detail = host.client.get(f"/api/v2/runs/{host.ids['b']}").json
    assert (detail["status"], detail["input"], detail["inputs"]) == (
        "completed", "blue", {"k": [1]})
    assert detail["state"]["user_input"] == "blue" and detail["truncated"] == []
    (step,) = detail["steps"]
    assert (step["step_id"], step["status"], step["attempts"]) == ("m", "completed", 1)
    assert detail["usage"][0]["calls"][0]["model"] == "mock.echo"
    assert [w["epoch"] for w in detail["workers"]] == [1]
    failed = host.client.get(f"/api/v2/runs/{host.ids['c']}").json
    assert failed["steps"][0]["status"] == "failed" and failed["error"]["class"]
    assert host.client.get("/api/v2/runs/none").code == "run_not_found"
    assert host.client.get(f"/api/v2/runs/{host.ids['a']}/why").json["reason"] == "ended"


def test_a_run_waits_for_its_moment_across_a_death(host):
    at = time.time() + 2
    moment = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat()
    answer = host.client.run("hello", {"message": "later", "run_at": moment})
    assert answer.status == 202
    run_id = answer.json["run_id"]
    assert host.status(run_id)["status"] == "queued"
    why = host.client.get(f"/api/v2/runs/{run_id}/why").json
    assert (why["reason"], why["position"]) == ("not_due", None)
    pid = int(host.daemon.wait_event("child.ready")["child"])
    host.daemon.kill(pid, signal.SIGKILL)
    host.daemon.wait_event("child.ready", count=2)
    assert host.status(run_id)["status"] == "queued"
    assert listed(host, "status=completed&text=red") == "a"  # the index is made anew
    assert host.wait(run_id)["final_response"] == "hi later"
    row = host.client.get("/api/v2/runs?limit=1").json["runs"][0]
    assert row["run_id"] == run_id and row["run_at"]
    assert time.time() >= at


def test_a_run_is_done_again_and_erased(host):
    again = host.client.post(f"/api/v2/runs/{host.ids['a']}/retry", {"message": "twice"})
    assert again.status == 202
    run_id = again.json["run_id"]
    assert host.wait(run_id)["final_response"] == "hi twice"
    row = host.client.get(f"/api/v2/runs/{run_id}").json
    assert row["metadata"] == {"team": "x", "n": 1, "retry_of": host.ids["a"]}
    assert row["session_id"] == "s1"
    assert delete(host, f"/api/v2/runs/{run_id}").json == {
        "run_id": run_id, "status": "deleted"}
    assert host.client.get(f"{RUNS}{run_id}/status").code == "run_not_found"
    assert delete(host, f"/api/v2/runs/{run_id}").code == "run_not_found"
    folder = host.daemon.data_dir / "orchestration_runs"
    assert not list(folder.glob(f"{run_id}.*"))
    assert run_id not in [r["run_id"] for r in host.client.get("/api/v2/runs").json["runs"]]


def test_acts_on_many(host):
    ids = [host.client.run("long", {"metadata": {"batch": "1"}}, headers=ASYNC).json["run_id"]
           for _ in range(3)]
    assert delete(host, f"/api/v2/runs/{ids[0]}").code == "run_not_ended"
    dry = host.client.post("/api/v2/runs/bulk?tag=batch:1", {"action": "cancel", "dry_run": True})
    assert dry.json["matched"] == 3
    done = host.client.post("/api/v2/runs/bulk?tag=batch:1", {"action": "cancel", "rate": 1000})
    assert done.json["done"] == 3
    assert all(host.wait(i)["status"] == "cancelled" for i in ids)


def test_whose_priority_is_higher_begins_first():
    with alone([sleeps("long", 1, 60000), HELLO], "--set", "standalone.runs=1") as host:
        first = host.client.run("long", headers=ASYNC).json["run_id"]
        low, high = (host.client.run("hello", {"priority": p}, headers=ASYNC).json["run_id"]
                     for p in (-1, 5))
        why = host.client.get(f"/api/v2/runs/{low}/why").json
        assert (why["reason"], why["position"]) == ("position", 2)
        assert host.client.get("/api/v2/queue/stats").json["queued"] == 2
        host.client.post(f"{RUNS}{first}/cancel")
        until(lambda: host.status(low)["ended_at"])
        began = [host.journal(i)[0]["ts"] for i in (high, low)]
        assert began == sorted(began)


def test_only_so_many_that_have_ended_stay():
    with alone([HELLO, sleeps("long", 1, 60000)], "--set", "standalone.keep_runs=2") as host:
        live = host.client.run("long", headers=ASYNC).json["run_id"]
        ids = [host.client.run("hello").json["run_id"] for _ in range(4)]
        until(lambda: len(host.client.get("/api/v2/runs").json["runs"]) == 3)
        # one that goes on stays, however old it is
        assert [r["run_id"] for r in host.client.get("/api/v2/runs").json["runs"]] == [
            ids[3], ids[2], live]
        assert host.client.get(f"{RUNS}{ids[0]}/status").code == "run_not_found"
        folder = host.daemon.data_dir / "orchestration_runs"
        assert sorted(p.stem for p in folder.glob("*.journal")) == sorted(ids[2:])
        assert sorted(p.stem for p in folder.glob("*.json")) == sorted(ids[2:])
        host.client.post(f"{RUNS}{live}/cancel")


def test_what_the_generation_before_ends_late_is_in_lists(tmp_path):
    """A run that it accepted after its successor had read the folder's names."""
    path = tmp_path / "synapsed.yaml"
    path.write_text("{}\n")
    host = Alone([HELLO, sleeps("long", 1, 60000)])
    host.daemon.env["SYNAPSED_CONF"] = str(path)
    try:
        host.start()
        run_id = host.client.run("hello", {}).json["run_id"]
        long = host.client.run("long", headers=ASYNC).json["run_id"]
        (pid,) = (pid for pid, seat in host.daemon.children().items() if seat[0] == "api")
        files = [host.daemon.data_dir / "orchestration_runs" / f"{run_id}{suffix}"
                 for suffix in (".json", ".journal")]
        away = [file.rename(tmp_path / file.name) for file in files]
        path.write_text("standalone:\n  runs: 9\n")
        host.daemon.send(signal.SIGHUP)
        host.daemon.wait_event("reload.done")
        host.client.get("/health")
        for file, back in zip(away, files, strict=True):
            file.rename(back)
        host.client.post(f"{RUNS}{long}/cancel")
        host.daemon.wait_event("child.died", child=pid)
        until(lambda: run_id in [r["run_id"] for r in host.client.get("/api/v2/runs").json["runs"]])
        host.daemon.stop()
    finally:
        host.daemon.remove()

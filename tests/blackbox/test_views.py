"""What the page's views ask for: analytics, keys, acts on workers."""

import pathlib
import re
import time
import uuid

import pytest
from api_client import Client
from api_world import HELLO
from harness.wait import until
from pg_peers import SOURCE
from test_page_server import make_key
from test_standalone import alone

pytestmark = pytest.mark.asan

DAY = 86400
T0 = 1767225600  # 2026-01-01, in the past of every test


def add_run(api, tenant, at, status="completed", took=1.0, orchestration="hello", cost=0.5,
            kind="run", usage=None):  # fmt: skip
    run_id = f"run_{uuid.uuid4().hex}"
    api.sql(
        "INSERT INTO orchestration_runs (run_id, orchestration_id, tenant_id, status, kind, shared_state,"
        " step_history, wake, created_at, started_at, ended_at, total_cost_usd, total_tokens_used)"
        " VALUES (%s, %s, %s, %s, %s, '{}', '[]', 1, to_timestamp(%s), to_timestamp(%s),"
        " CASE WHEN %s IN ('completed', 'failed', 'cancelled') THEN to_timestamp(%s) END, %s, 10)",
        run_id, orchestration, tenant, status, kind, at, at, status, at + took, cost)  # fmt: skip
    if usage:
        api.sql("INSERT INTO run_steps (run_id, month, seq, epoch, at, kind, usage)"
                " VALUES (%s, '2026-01-01', 1, 1, to_timestamp(%s), 'step', %s)",
                run_id, at, usage)  # fmt: skip
    return run_id


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def analytics(api, by, tenant, days=3, **more):
    query = f"?by={by}&since={stamp(T0)}&until={stamp(T0 + days * DAY)}&tenant_id={tenant}"
    query += "".join(f"&{k}={v}" for k, v in more.items())
    answer = api.client.get("/api/v2/analytics" + query)
    assert answer.status == 200, answer
    return answer.json


def test_runs_are_summed_by_what_is_asked_for(api):
    tenant = f"t_{uuid.uuid4().hex}"
    for took in range(1, 101):  # the first day: 100 runs of 1 to 100 s
        add_run(api, tenant, T0 + 60, took=took, cost=0.01)
    second = T0 + DAY + 3600
    add_run(api, tenant, second, status="failed", orchestration="hello2")
    add_run(api, tenant, second, status="cancelled", orchestration="hello2")
    add_run(api, tenant, second, status="running", orchestration="hello2", cost=0)
    add_run(api, tenant, second, kind="chat", orchestration="hello2", cost=0)
    add_run(api, tenant, T0 + 3 * DAY)  # behind the time that is asked for
    by_day = analytics(api, "day", tenant)
    first, other = by_day["groups"]
    assert (first["key"], first["runs"], first["completed"]) == ("2026-01-01", 100, 100)
    assert (first["p50_seconds"], first["p95_seconds"], first["p99_seconds"]) == (50.5, 95.05, 99.01)
    assert (first["cost_usd"], first["tokens"], first["success_rate"]) == (1.0, 1000, 100)
    assert {k: other[k] for k in ("key", "runs", "turns", "completed", "failed", "cancelled")} == {
        "key": "2026-01-02", "runs": 4, "turns": 1, "completed": 1, "failed": 1, "cancelled": 1}  # fmt: skip
    assert other["success_rate"] == 50
    assert by_day["total"]["runs"] == 104 and not by_day["more"]
    assert by_day["total"]["cost_usd"] == 2.0
    keys = {g["key"]: g["runs"] for g in analytics(api, "orchestration", tenant)["groups"]}
    assert keys == {"hello": 100, "hello2": 4}
    hours = analytics(api, "hour", tenant, orchestration_id="hello2")["groups"]
    assert [(g["key"], g["runs"]) for g in hours] == [("2026-01-02T01:00Z", 4)]
    # of all tenants, each with its own sum
    everybody = api.client.get(f"/api/v2/analytics?by=tenant&since={stamp(T0)}&until={stamp(T0 + DAY)}")
    assert {g["key"]: g["runs"] for g in everybody.json["groups"]}[tenant] == 100
    assert analytics(api, "tenant", "nobody")["groups"] == []


def test_calls_of_models_are_summed_by_model(api):
    tenant = f"t_{uuid.uuid4().hex}"
    call = '{"model":"%s","calls":1,"input_tokens":%d,"output_tokens":5,"cost_usd":0.25}'
    small, big = call % ("small", 10), call % ("big", 100)
    add_run(api, tenant, T0 + 5, took=2, usage=f"[{small},{big},{small}]")
    add_run(api, tenant, T0 + 6, took=4, status="failed", usage=f"[{small}]")
    answer = analytics(api, "model", tenant)
    assert answer["total"] is None
    models = {g["key"]: g for g in answer["groups"]}
    assert (models["small"]["runs"], models["small"]["calls"], models["small"]["tokens"]) == (2, 3, 45)
    assert (models["small"]["cost_usd"], models["small"]["p50_seconds"]) == (0.75, 3)
    assert models["small"]["success_rate"] == 50
    assert (models["big"]["runs"], models["big"]["tokens"]) == (1, 105)


def test_analytics_are_bounded_and_of_the_own_tenant(api):
    for query, where in (("by=week", "by"), ("since=yesterday", "since"),
                         ("since=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z", "since"),
                         ("by=hour&since=2026-01-01T00:00:00Z&until=2026-01-20T00:00:00Z", "since"),
                         ("tenant_id=" + "x" * 300, "tenant_id")):  # fmt: skip
        answer = api.client.get("/api/v2/analytics?" + query)
        assert answer.status == 422 and where in str(answer.json["detail"]), answer
    mine, other = f"t_{uuid.uuid4().hex}", f"t_{uuid.uuid4().hex}"
    add_run(api, mine, T0 + 5)
    add_run(api, other, T0 + 5)
    bound = api.client.with_key(api.new_key(mine))
    range_ = f"since={stamp(T0)}&until={stamp(T0 + DAY)}"
    groups = bound.get(f"/api/v2/analytics?by=tenant&{range_}").json["groups"]
    assert [g["key"] for g in groups] == [mine]
    assert bound.get(f"/api/v2/analytics?tenant_id={other}").code == "tenant_forbidden"
    assert bound.get("/api/v2/analytics/minutes").code == "tenant_forbidden"


def plan(api, name, *values):
    """What the statement reads, as a session of the daemon would plan it."""
    text = pathlib.Path(SOURCE, f"src/store/sql/{name}.sql").read_text()
    quoted = ["NULL" if v is None else f"'{v}'" for v in values]
    text = re.sub(r"\$(\d+)", lambda m: quoted[int(m.group(1)) - 1], text)
    return "\n".join(r[0] for r in api.sql(
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
        "EXPLAIN " + text))  # fmt: skip


def test_sums_find_their_rows_by_index(api):
    since, until = T0 * 1000, (T0 + DAY) * 1000
    runs = plan(api, "analytics_runs", None, None, since, until, "day", 200)
    assert "idx_runs_tenant_created" in runs and "Seq Scan" not in runs, runs
    models = plan(api, "analytics_models", None, None, since, until, 200)
    assert "_at_idx" in models and "Seq Scan" not in models, models
    assert re.search(r"orchestration_runs_pkey.*\n *Index Cond", models), models
    minutes = plan(api, "fleet_minutes", 60)
    assert "fleet_minutes_pkey" in minutes and "Seq Scan" not in minutes, minutes


def test_keys_are_made_listed_and_ended(api):
    made = api.client.post("/api/v2/keys", {"name": "ci", "tenant_id": "acme"})
    assert made.status == 201 and made.headers["Cache-Control"] == "no-store", made
    key = made.json["key"]
    assert key.startswith("sk-syn-") and len(key) == 71 and key[:12] == made.json["key_prefix"]
    mine = api.client.with_key(key)
    assert mine.get("/api/v2/runs").status == 200
    listed = api.client.get("/api/v2/keys")
    assert key not in str(listed.body)
    (row,) = [k for k in listed.json["keys"] if k["id"] == made.json["id"]]
    assert (row["name"], row["tenant_id"], row["is_active"]) == ("ci", "acme", True)
    # a key of a tenant cannot make itself another one
    for method, path, body in (("GET", "", None), ("POST", "", {"name": "x"}), ("DELETE", "/x", None)):
        answer = mine.ask(method, "/api/v2/keys" + path, body)
        assert (answer.status, answer.code) == (403, "tenant_forbidden")
    for body in ({}, {"name": ""}, {"name": "x" * 201}, {"name": 7}, {"name": "x", "tenant_id": ""}, []):
        assert api.client.post("/api/v2/keys", body).status == 422, body
    path = "/api/v2/keys/" + made.json["id"]
    assert api.client.ask("DELETE", path).json == {"status": "revoked", "id": made.json["id"]}
    assert api.client.ask("DELETE", path).code == "key_not_found"
    assert api.client.ask("DELETE", "/api/v2/keys/none").code == "key_not_found"
    for name in ("key.created", "key.revoked"):
        event = api.daemon.wait_event(name, key=made.json["id"])
        assert event["by"] and key not in str(event)


def test_a_wish_for_a_worker_that_is_not_there_is_refused(api):
    assert api.client.post("/api/v2/workers/none/quiet").code == "worker_not_found"
    api.sql("INSERT INTO workers (worker_id, status, incarnation) VALUES ('wx', 'offline', 'wx.1'),"
            " ('wy', 'online', NULL), ('wz', 'online', 'wz.1') ON CONFLICT DO NOTHING")  # fmt: skip
    assert api.client.post("/api/v2/workers/wx/stop").code == "worker_away"
    assert api.client.post("/api/v2/workers/wy/stop").code == "worker_away"
    assert api.client.post("/api/v2/workers/wz/stop").code == "worker_not_found"
    bound = api.client.with_key(api.new_key("acme"))
    assert bound.post("/api/v2/workers/wz/quiet").code == "tenant_forbidden"
    api.sql("DELETE FROM workers WHERE worker_id IN ('wx', 'wy', 'wz')")


def test_a_worker_is_quieted_and_replaced_from_elsewhere(site):
    daemon = site.start(SYNAPSED_WORKER_PROCESSES="2")
    client = Client("127.0.0.1", daemon.api_port, make_key(site))

    def workers():
        return {w["worker_id"]: w for w in client.get("/api/v2/workers").json if w["status"] == "online"}

    first, second = sorted(until(lambda: len(workers()) == 2 and workers()))
    row = workers()[first]
    assert row["state"] == "ready" and row["version"] and row["generation"] == 1
    assert row["memory_bytes"] > 1 << 20, row
    # its queue is one of many, and not among the first by name
    site.sql("INSERT INTO queue_lineages (queue) SELECT 'a' || n FROM generate_series(1, 120) n")
    answer = client.post(f"/api/v2/workers/{first}/quiet")
    assert (answer.status, answer.json["status"]) == (202, "asked"), answer
    until(lambda: workers()[first]["state"] == "quiet")
    assert workers()[second]["state"] == "ready"
    daemon.wait_event("act.worker_quiet")
    # the other one goes on, and the quiet one hears what comes next
    assert client.ask("PUT", "/api/v2/orchestrations/hello", HELLO).status == 201
    run = client.run("hello", {}).json["run_id"]
    until(lambda: client.get(f"/api/v2/orchestrations/runs/{run}/status").json["status"] == "completed")
    minutes = until(lambda: client.get("/api/v2/analytics/minutes").json["minutes"])
    assert sum(m["ended"] for m in minutes) == 1 and minutes[0]["failed"] == 0
    assert client.get("/api/v2/analytics/minutes").json["today"]["ended"] == 1
    assert client.post(f"/api/v2/workers/{first}/stop").status == 202
    until(lambda: workers().get(first, {}).get("state") == "ready")
    sent = daemon.wait_event("worker.act_sent", act="stop")
    assert sent["worker"] == first and sent["by"]
    daemon.wait_event("act.worker_stop")


def test_keys_of_a_host_without_stores_are_in_its_file():
    with alone([]) as host:
        keys_of_a_file(host.client)


def keys_of_a_file(client):
    made = client.post("/api/v2/keys", {"name": "ci", "tenant_id": "acme"})
    assert made.status == 201, made
    mine = client.with_key(made.json["key"])
    assert mine.get("/api/v2/runs").status == 200  # at once
    another = client.post("/api/v2/keys", {"name": "brief"}).json
    assert client.with_key(another["key"]).get("/api/v2/runs").status == 200
    assert client.ask("DELETE", "/api/v2/keys/" + another["id"]).status == 200
    assert mine.get("/api/v2/keys").code == "tenant_forbidden"
    listed = client.get("/api/v2/keys")
    assert made.json["key"] not in str(listed.body)
    assert {k["name"]: k["tenant_id"] for k in listed.json["keys"]} == {
        "first key": None, "ci": "acme", "brief": None}
    path = "/api/v2/keys/" + made.json["id"]
    assert client.ask("DELETE", path).json["status"] == "revoked"
    assert client.ask("DELETE", path).code == "key_not_found"

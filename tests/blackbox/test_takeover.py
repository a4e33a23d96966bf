"""A stock deployment is taken over: what it had is there, runs, and stays readable for its
own programs. What it had is built by stock_world.py."""

import hashlib
import json
import time

import pytest
import stock_world as stock
from api_client import Client
from harness.daemon import Daemon, run_verb
from harness.site import Site
from harness.wait import until

RUNS = "/api/v2/orchestrations/runs/"


class Taken:
    """A stock site, with synapsed in the place of its programs."""

    def __init__(self, site):
        self.site = site
        connection = site.postgres.connect(site.database)
        stock.fill_database(connection)
        connection.close()
        with site.redis.client() as client:
            stock.fill_redis(client)
        daemon = Daemon(site.env)
        stock.fill_folder(daemon.data_dir)
        site.daemons.append(daemon)
        self.daemon = daemon.start()
        site.key = stock.KEY
        self.client = Client("127.0.0.1", daemon.api_port, stock.KEY)

    def internal(self, path):
        return self.client.with_key(None).get("/api/scale" + path).json

    def verb(self, *words):
        output = () if words[1] == "revoke" else ("-o", "json")
        done = run_verb(*words, *output, env={
            **self.site.env, "SYNAPSE_DATA_DIR": str(self.daemon.data_dir),
            "SYNAPSED_URL": f"http://127.0.0.1:{self.daemon.api_port}",
            "SYNAPSED_KEY": stock.KEY})
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout) if output else None


@pytest.fixture(scope="module")
def taken(private_redis, private_postgres):
    site = Site(private_redis, private_postgres, "takeover", empty=True)
    try:
        yield Taken(site)
        site.stop()
    finally:
        site.remove()


def test_definitions_are_there_and_run(taken):
    """With a stock key of the stock file."""
    client = taken.client
    assert {o["id"] for o in client.get("/api/v2/orchestrations").json} == {"greet", "approve"}
    assert client.get("/api/v2/orchestrations/greet").json == stock.ORCHESTRATIONS[0]
    assert client.get("/api/v2/agents/helper").json == stock.AGENTS[0]
    assert [a["id"] for a in client.get("/api/v2/agents").json] == ["helper"]
    assert [t["id"] for t in client.get("/api/v2/tools").json] == ["weather"]
    assert {s["name"] for s in client.get("/api/v2/mcp-servers").json} == {"github", "files"}
    assert taken.internal("/sync/status")["counts"] == {
        "orchestrations": 2, "agents": 1, "tools": 1, "mcp_servers": 2, "settings": 5}
    listed = taken.verb("def", "list")
    assert {(d["kind"], d["id"]) for d in listed} >= {
        ("orchestration", "greet"), ("orchestration", "approve"), ("agent", "helper"),
        ("tool", "weather"), ("mcp_server", "github"), ("mcp_server", "files")}, listed
    run_id = taken.site.submit("greet", "you")
    assert taken.site.wait_run(run_id)["final_response"] == "hello you"


def test_keys_are_known(taken):
    assert {k["name"]: k["is_active"] for k in taken.verb("key", "list")} == {
        "CI": True, "old": False}
    # the keeper has made them the fleet's: any replica knows them, and the page
    until(lambda: taken.site.sql("SELECT count(*) FROM api_keys") == [(2,)])
    answer = taken.client.with_key("sk-syn-aa").get("/api/v2/agents")
    assert answer.status == 401
    session = taken.client.with_key(None).post(
        "/api/session", {"key": stock.KEY}, headers={"X-Synapse-Page": "1"})
    assert session.status == 200, session


def test_runs_of_every_status_are_there(taken):
    listed = {r["run_id"]: r for r in taken.client.get("/api/v2/runs?limit=100").json["runs"]}
    assert {r["run_id"] for r in stock.RUNS} <= set(listed)
    for row in stock.RUNS[:5]:
        status = taken.client.get(f"{RUNS}{row['run_id']}/status").json
        for key in ("orchestration_id", "status", "worker_id", "total_cost_usd",
                    "total_tokens_used", "ended_at"):
            assert status[key] == row[key], (row["run_id"], key)
        assert status["started_at"] == row["started_at"].replace(".5+", ".500000+")
    for run_id in (r["run_id"] for r in stock.RUNS):
        assert taken.client.get(f"/api/v2/runs/{run_id}").status == 200
    assert {r["run_id"] for r in taken.verb("run", "list", "--limit", "100")["runs"]} >= set(
        r["run_id"] for r in stock.RUNS)
    why = taken.client.get(f"/api/v2/runs/{stock.RUNS[0]['run_id']}/why").json
    assert why["reason"], why


def test_workers_and_tenants_are_there(taken):
    def old():
        rows = {w["worker_id"]: w for w in taken.client.get("/api/v2/workers").json}
        return rows["worker-old-1a2b3c4d"]

    assert old()["mcp_disabled"] == ["playwright"]
    until(lambda: old()["status"] == "offline")  # no beat since June
    assert "worker-gone-1a2b3c4d" in {w["worker_id"] for w in taken.verb("worker", "list")}
    (acme,) = [t for t in taken.internal("/tenants") if t["tenant_id"] == "acme"]
    assert (acme["max_concurrent_runs"], acme["max_queued_runs"]) == (3, 50)


def test_a_conversation_goes_on(taken):
    session = "sess_0123456789abcdef"
    before = taken.client.get(f"/api/v2/chat/{session}/status").json
    assert [m["content"] for m in before["messages"]] == ["are you there?", "I am."]
    answer = taken.client.post("/api/v2/chat", {
        "message": "still?", "agent": "helper", "session_id": session})
    assert answer.status == 202

    def messages():
        after = taken.client.get(f"/api/v2/chat/{session}/status").json
        return [m["content"] for m in after["messages"]]

    until(lambda: len(messages()) == 4)
    assert messages()[:3] == ["are you there?", "I am.", "still?"]


def test_a_dead_letter_is_retried(taken):
    letters = taken.client.get("/api/v2/dead-letters").json["dead_letters"]
    assert [(x["id"], x["error_message"]) for x in letters] == [(stock.LETTER, "boom")]
    assert [x["id"] for x in taken.internal("/dlq")] == [stock.LETTER]
    assert [x["id"] for x in taken.verb("dlq", "list")["dead_letters"]] == [stock.LETTER]
    answer = taken.client.post(f"/api/v2/dead-letters/{stock.LETTER}/retry")
    assert answer.status == 202, answer
    ended = taken.site.wait_run(answer.json["run_id"])
    assert (ended["status"], ended["final_response"]) == ("completed", "hello again")
    assert taken.site.sql("SELECT resolved FROM dead_letter_queue WHERE id = %s",
                          stock.LETTER) == [(True,)]


def test_paused_runs_are_listed_before_anybody_has_answered(taken):
    """Each with what its row asks; pages and filters as for our own."""
    client, mine, other = taken.client, stock.PAUSED["run_id"], stock.RUNS[6]["run_id"]
    waits = client.get("/api/v2/waits").json["waits"]
    assert {w["run_id"] for w in waits} == {mine, other}
    (one,) = [w for w in waits if w["run_id"] == mine]
    assert (one["step_id"], one["run_status"], one["orchestration_id"]) == (
        "ask", "paused", "approve")
    assert (one["prompt"], one["fields"]) == (
        stock.PAUSED["human_prompt"], stock.PAUSED["human_fields"])
    first = client.get("/api/v2/waits?limit=1").json
    rest = client.get(f"/api/v2/waits?limit=1&after={first['next']}").json
    assert [w["run_id"] for p in (first, rest) for w in p["waits"]] == [
        w["run_id"] for w in waits]
    assert len(client.get(f"/api/v2/waits?run_id={mine}").json["waits"]) == 1
    assert client.get("/api/v2/waits?orchestration_id=greet").json["waits"] == []


def test_a_paused_run_goes_on_where_its_checkpoint_says(taken):
    run_id = stock.PAUSED["run_id"]
    row = taken.client.get(f"{RUNS}{run_id}/status").json
    assert (row["status"], row["current_step_id"]) == ("paused", "ask")
    assert row["human_prompt"] == stock.PAUSED["human_prompt"]
    wrong = taken.client.post(f"{RUNS}{run_id}/resume", {"response": {}})
    assert wrong.status == 422, wrong  # the field is required
    answer = taken.client.post(f"{RUNS}{run_id}/resume", {"response": {"verdict": "fine"}})
    assert answer.status == 202, answer
    ended = taken.site.wait_run(run_id)
    assert ended["status"] == "completed", ended["error"]
    assert ended["final_response"].startswith("draft of the plan: ")
    assert "fine" in ended["final_response"]
    story = taken.client.get(f"/api/v2/runs/{run_id}").json
    assert story["status"] == "completed"
    again = taken.client.post(f"{RUNS}{run_id}/resume", {"response": {"verdict": "x"}})
    assert again.status == 409
    events = [e["event"]["type"] for e in
              taken.client.get(f"{RUNS}{run_id}/events").json["events"]]
    assert events.count("human_input_required") >= 1 and events[-1] == "done"


def test_an_answer_s_events_are_those_that_follow_it(taken):
    """Not what the stock worker said before, which ends with the question."""
    row = stock.run_row("paused", 12, **{
        k: stock.RUNS[5][k] for k in ("orchestration_id", "current_step_id",
                                      "waiting_for_human", "human_prompt", "human_fields")})
    run_id = row["run_id"]
    connection = taken.site.postgres.connect(taken.site.database)
    with connection.cursor() as cursor:
        stock.insert(cursor, "orchestration_runs", [row])
    connection.commit()
    connection.close()
    with taken.site.redis.client() as client:
        for kind in ("worker_picked_up", "step_complete", "human_input_required", "paused"):
            client.xadd(f"synapse:run:{run_id}:events", {"data": json.dumps({"type": kind})})
    path = taken.daemon.data_dir / "orchestration_runs" / f"{run_id}.json"
    path.write_text(json.dumps({**stock.PAUSED, "run_id": run_id}))
    answer = taken.client.post(f"/api/v1/orchestrations/runs/{run_id}/resume/stream",
                               {"response": {"verdict": "fine"}})
    assert answer.status == 200, answer
    told = [json.loads(line[6:])["type"] for line in answer.body.decode().splitlines()
            if line.startswith("data: ")]
    assert told[-1] == "done" and "final" in told, told
    assert "human_input_required" not in told, told
    assert taken.site.wait_run(run_id)["status"] == "completed"


def test_without_its_checkpoint_a_paused_run_is_not_begun_with_nothing(taken):
    """Its row says that a step was done before; what that made is nowhere."""
    run_id = stock.RUNS[6]["run_id"]

    def refused():
        answer = taken.client.post(f"{RUNS}{run_id}/resume", {"response": {"verdict": "fine"}})
        assert (answer.status, answer.code) == (409, "checkpoint_missing"), answer

    refused()
    # one that cannot be read is read once, however often somebody answers
    path = taken.daemon.data_dir / "orchestration_runs" / f"{run_id}.json"
    for text in ("{", "{ "):
        path.write_text(text)
        mark = taken.daemon.mark()
        for _ in range(5):
            refused()
        seen = taken.daemon.find("run.checkpoint_unreadable", mark)
        assert 1 <= len(seen) <= len(taken.daemon.pids("api")) < 5
    path.unlink()
    refused()
    assert taken.client.get(f"{RUNS}{run_id}/status").json["status"] == "paused"
    cancelled = taken.client.post(f"{RUNS}{run_id}/cancel")
    assert cancelled.status == 200


def test_a_bundle_is_imported(taken):
    answer = taken.client.post("/api/v2/import", {"bundle": stock.BUNDLE})
    assert answer.status == 200, answer
    run_id = taken.site.submit("bundled")
    assert taken.site.wait_run(run_id)["final_response"] == "from a bundle"


def key_in_both(taken, name):
    made = taken.client.post("/api/v2/keys", {"name": name}).json
    path = taken.daemon.data_dir / "api_keys.json"
    keys = json.loads(path.read_text())
    keys.append({**keys[0], "id": made["id"], "name": name, "is_active": True,
                 "key_hash": hashlib.sha256(made["key"].encode()).hexdigest()})
    path.write_text(json.dumps(keys))
    return made, path


def test_who_hears_that_a_key_is_revoked_finds_it_ended_in_the_file(taken):
    """Postgres may be away the next moment; then the file is asked."""
    for nth in range(3):  # a look of every two seconds would not do
        made, path = key_in_both(taken, f"sooner {nth}")
        assert taken.client.ask("DELETE", "/api/v2/keys/" + made["id"]).status == 200
        assert {k["id"]: k["is_active"] for k in json.loads(path.read_text())}[made["id"]] is False


def test_a_key_that_ended_in_the_store_has_ended_for_the_file_as_well(taken):
    made, path = key_in_both(taken, "later")
    taken.verb("key", "revoke", made["id"])
    again = taken.client.with_key(made["key"])
    until(lambda: again.get("/api/v2/agents").status == 401)
    # and in it, which is asked alone while Postgres is away
    until(lambda: {k["name"]: k["is_active"] for k in json.loads(path.read_text())
                   if not k["name"].startswith("sooner")} == {
        "CI": True, "old": False, "later": False})


def test_a_sync_of_the_stock_folder_leaves_all_as_it_is(taken):
    done = taken.client.with_key(None).post("/api/scale/sync", {}).json
    assert done["errors"] == [], done
    assert taken.client.get("/api/v2/orchestrations/greet").json == stock.ORCHESTRATIONS[0]
    server = taken.site.sql("SELECT definition FROM mcp_servers WHERE name = 'github'")[0][0]
    assert not server.get("token")  # secrets are not copied


def test_a_stock_readers_queries_still_work(taken):
    """Columns, types and values as section 4 says, with what synapsed wrote since."""
    run_id = taken.site.submit("greet", "reader")
    taken.site.wait_run(run_id)
    sql = taken.site.sql
    (row,) = sql("SELECT run_id, orchestration_id, session_id, tenant_id, status, shared_state,"
                 " step_history, current_step_id, waiting_for_human, human_prompt, human_fields,"
                 " nested_run_id, nested_orch_id, total_tokens_used, total_cost_usd,"
                 " cache_read_tokens, cache_write_tokens, cache_hit_count,"
                 " estimated_savings_usd, started_at, ended_at, created_at, worker_id, job_id,"
                 " webhook_url, webhook_secret FROM orchestration_runs WHERE run_id = %s", run_id)
    assert row[1:5] == ("greet", None, "default", "completed")
    assert row[5]["out_hello"] == "hello reader"
    assert [s["step_id"] for s in row[6]][:1] == ["hello"]
    assert (row[7], row[8], row[9]) == (None, False, None)
    assert row[13:19] == (0, 0.0, 0, 0, 0, 0.0)
    assert row[19] and row[20] >= row[19] and row[21] and row[22]
    counts = dict(sql("SELECT status, count(*) FROM orchestration_runs GROUP BY status"))
    assert counts["queued"] == 1 and counts["running"] == 1
    assert sql("SELECT count(*) FROM orchestration_runs WHERE tenant_id = 'default' AND"
               " status IN ('running', 'queued', 'paused')")[0][0] <= 4
    # what a stock server writes still goes in: it names no column of ours
    connection = taken.site.postgres.connect(taken.site.database)
    with connection.cursor() as cursor:
        stock.insert(cursor, "orchestration_runs", [stock.run_row("queued", 30)])
        cursor.execute("UPDATE orchestration_runs SET status = 'completed', ended_at = now(),"
                       " waiting_for_human = false, current_step_id = NULL WHERE run_id = %s",
                       (stock.run_row("queued", 30)["run_id"],))
    connection.commit()
    connection.close()
    (worker,) = sql("SELECT hostname, address, status, capabilities, active_jobs, max_jobs,"
                    " last_heartbeat, registered_at, mcp_disabled FROM workers"
                    " WHERE last_heartbeat > now() - interval '1 minute'")
    assert worker[2] == "online" and worker[1].startswith("http://") and worker[8] == []
    assert sql("SELECT agent_id, status, tenant_id FROM chat_sessions")[0][0] == "helper"
    assert {"approve", "greet"} <= {r[0] for r in sql("SELECT id FROM orchestrations")}
    assert sql("SELECT value FROM scale_settings WHERE key = 'model'") == [('"mock.echo"',)]
    indexes = {r[0] for r in sql("SELECT indexname FROM pg_indexes")}
    assert {"idx_orchestrations_tenant", "idx_dlq_resolved", "idx_chat_tenant_time"} <= indexes


def test_what_stock_had_queued_is_left_to_stock(taken):
    """Its job is a pickle; a row with wake 0 is nobody's of ours."""
    assert taken.site.status(stock.RUNS[0]["run_id"])["status"] == "queued"
    with taken.site.redis.client() as client:
        assert client.zcard("synapse:orchestrations:default") == 1


def test_a_folder_is_taken_over_without_stores():
    """Definitions, keys, tools and runs of a stock data folder, by one process."""
    daemon = Daemon({"SYNAPSED_STANDALONE_KEEP": "90d"})
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ended = {**stock.ENDED, "ended_at": now}
    failed = {**ended, "run_id": "run_00000000000c_1780000000030", "status": "failed",
              "step_history": [{"step_id": "hello", "step_name": "Hello", "step_type": "print",
                                "status": "failed", "error": "boom"}]}
    old = {**ended, "run_id": "run_00000000000e_1780000000050",
           "ended_at": "2020-06-01T12:00:00Z"}  # longer ago than runs are kept
    running = {**ended, "run_id": "run_00000000000d_1780000000040", "status": "running",
               "ended_at": None}
    stock.fill_folder(daemon.data_dir, (stock.PAUSED, ended, failed, running, old))
    (daemon.data_dir / "orchestration_runs" / "torn.json").write_text("{")
    # a process died in the middle of it
    half = daemon.data_dir / "orchestration_runs" / f"{failed['run_id']}.journal.new"
    half.touch()
    try:
        daemon.start(ready=False)
        daemon.wait_event("master.ready")
        daemon.wait_event("run.checkpoints_taken")
        client = Client("127.0.0.1", daemon.api_port, stock.KEY)
        assert client.run("greet", {"message": "you"}).json["response"] == "hello you"
        assert client.get("/api/v2/tools").json[0]["name"] == "weather"

        def runs():
            return {r["run_id"]: r["status"] for r in client.get("/api/v2/runs").json["runs"]}

        until(lambda: {stock.ENDED["run_id"], failed["run_id"]} <= set(runs()))
        rows = runs()
        assert rows[stock.ENDED["run_id"]] == "completed"
        assert rows[failed["run_id"]] == "failed" and not half.exists()
        assert running["run_id"] not in rows and old["run_id"] not in rows
        assert (daemon.data_dir / "orchestration_runs" / f"{old['run_id']}.json").exists()
        status = client.get(f"{RUNS}{failed['run_id']}/status").json
        assert status["error"]["message"] == "boom" and status["ended_at"]
        again = client.post(f"{RUNS}{failed['run_id']}/resume-failed", {})
        assert again.status == 202, again
        until(lambda: client.get(f"{RUNS}{failed['run_id']}/status").json["ended_at"])
        status = client.get(f"{RUNS}{failed['run_id']}/status").json
        assert (status["status"], status["final_response"]) == ("completed", "hello you")
        run_id = stock.PAUSED["run_id"]
        until(lambda: client.get(f"{RUNS}{run_id}/status").json["status"] == "paused")
        waits = client.get("/api/v2/waits").json["waits"]
        assert [w["run_id"] for w in waits] == [run_id]
        answer = client.post(f"{RUNS}{run_id}/resume", {"response": {"verdict": "fine"}})
        assert answer.status in (200, 202), answer
        until(lambda: client.get(f"{RUNS}{run_id}/status").json["ended_at"])
        ended = client.get(f"{RUNS}{run_id}/status").json
        assert ended["final_response"].startswith("draft of the plan: "), ended
        # a stock reader has its files still, the newest words of that run among them
        path = daemon.data_dir / "orchestration_runs" / f"{run_id}.json"
        until(lambda: json.loads(path.read_text())["status"] == "completed")
        found = json.loads(path.read_text())
        assert set(stock.PAUSED) <= set(found)
        assert found["shared_state"]["out_draft"] == "draft of the plan"
        assert [s["step_id"] for s in found["step_history"]] == ["draft", "ask", "say"]
        daemon.stop()
    finally:
        daemon.remove()

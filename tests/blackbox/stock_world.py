"""A stock deployment as its own programs leave it: a database, Redis keys and a data folder,
built from the contract (sections 1.2, 2, 3, 4, 5, 6, 7, 8 and 12) and from nothing of ours."""

import hashlib
import json
import pickle
import time
import uuid

import psycopg2.extras

from harness.stock_schema import DDL

KEY = "sk-syn-" + "0123456789abcdef" * 4
STAMP = "2026-06-01T12:00:00Z"


def step(step_id, kind, next_id=None, **more):
    """A step with the fields that the stock editor writes, set or not."""
    return {"id": step_id, "name": step_id.title(), "type": kind, "agent_id": None,
            "prompt_template": None, "input_keys": [], "output_key": f"out_{step_id}",
            "next_step_id": next_id, "max_turns": 15, "timeout_seconds": 300,
            "max_iterations": 3, "position_x": 100.0, "position_y": 20.5, **more}


def orchestration(orch_id, *steps):
    return {"id": orch_id, "name": orch_id.title(), "description": f"about {orch_id}",
            "steps": list(steps), "entry_step_id": steps[0]["id"], "state_schema": {},
            "max_total_turns": 100, "max_total_cost_usd": None, "timeout_minutes": 30,
            "trigger": "manual", "created_at": STAMP, "updated_at": STAMP}


ORCHESTRATIONS = [
    orchestration(
        "greet",
        step("hello", "print", "last", print_content="hello {state.user_input}"),
        step("last", "end", output_key=None)),
    orchestration(
        "approve",
        step("draft", "print", "ask", print_content="draft of {state.user_input}"),
        step("ask", "human", "say", human_prompt="Is {state.out_draft} good?",
             human_fields=[{"name": "verdict", "type": "text", "label": "Verdict",
                            "required": True}]),
        step("say", "print", None,
             print_content="{state.out_draft}: {state.human_response}")),
]
AGENTS = [{"id": "helper", "name": "Helper", "description": "helps", "avatar": "default",
           "type": "conversational", "tools": [], "repos": [], "db_configs": [],
           "system_prompt": "You help.", "orchestration_id": None, "model": "mock.echo",
           "provider": None, "max_turns": None, "delegate_agent_ids": []}]
TOOLS = [{"name": "weather", "generalName": "Weather", "description": "of a place",
          "tool_type": "http", "inputSchema": {"type": "object", "properties": {
              "place": {"type": "string"}}}, "method": "GET",
          "url": "http://127.0.0.1:1/{place}", "headers": {"X-Api": "tool-secret-1"}}]
SERVERS = [{"name": "github", "label": "GitHub", "server_type": "remote",
            "url": "https://mcp.example.invalid/", "token": "mcp-secret-1",
            "status": "connected"},
           {"name": "files", "label": "Files", "server_type": "stdio", "command": "uvx",
            "args": ["files"], "env": {"FILES_KEY": "env-secret-1"},
            "status": "disconnected"}]
SETTINGS = {"agent_name": "Synapse", "model": "mock.echo", "mode": "local",
            "openai_key": "", "vault_enabled": True, "vault_threshold": 100000,
            "scale_mode_enabled": True, "scale_auto_sync": False, "worker_concurrency": 10,
            "num_queue_shards": 1, "otlp_endpoint": "", "s3_region": "us-east-1",
            "n8n_url": "http://localhost:5678"}
BUNDLE = {"synapse_export": True, "version": "1.0", "exported_at": STAMP,
          "has_python_tools": False, "mcp_servers": [], "custom_tools": [],
          "orchestrations": [orchestration(
              "bundled", step("one", "print", print_content="from a bundle"))],
          "agents": [{**AGENTS[0], "id": "bundled_agent", "name": "Bundled"}]}

# What the run had done when it stopped to ask: its checkpoint has it, the row has not.
PAUSED = {
    "run_id": "run_00000000000a_1780000000010", "orchestration_id": "approve",
    "session_id": None, "status": "paused",
    "shared_state": {"user_input": "the plan", "out_draft": "draft of the plan"},
    "step_history": [{"step_id": "draft", "step_name": "Draft", "step_type": "print",
                      "status": "completed", "started_at": STAMP, "ended_at": STAMP,
                      "duration_seconds": 0.01, "output_key": "out_draft"}],
    "current_step_id": "ask", "waiting_for_human": True,
    "human_prompt": "Is draft of the plan good?",
    "human_fields": ORCHESTRATIONS[1]["steps"][1]["human_fields"],
    "nested_run_id": None, "nested_orch_id": None, "total_tokens_used": 0,
    "total_cost_usd": 0.0, "cache_read_tokens_total": 0, "cache_write_tokens_total": 0,
    "cache_hit_count": 0, "cache_miss_count": 0, "estimated_savings_usd": 0.0,
    "started_at": STAMP, "ended_at": None,
}
ENDED = {**PAUSED, "run_id": "run_00000000000b_1780000000020", "orchestration_id": "greet",
         "status": "completed", "shared_state": {"user_input": "you", "out_hello": "hello you"},
         "step_history": [{"step_id": "hello", "step_name": "Hello", "step_type": "print",
                           "status": "completed", "started_at": STAMP, "ended_at": STAMP,
                           "duration_seconds": 0.0, "output_key": "out_hello"}],
         "current_step_id": None, "waiting_for_human": False, "human_prompt": None,
         "human_fields": [], "ended_at": STAMP}
LETTER = "11111111-2222-4333-8444-555555555555"
RUN_COLUMNS = ("run_id", "orchestration_id", "session_id", "tenant_id", "status",
               "current_step_id", "waiting_for_human", "human_prompt", "human_fields",
               "total_tokens_used", "total_cost_usd", "started_at", "ended_at", "created_at",
               "worker_id", "job_id")


def run_row(status, number, **more):
    run_id = f"run_{number:012x}_{1780000000000 + number}"
    at = f"2026-06-01 12:00:{number:02d}.5+00:00"
    return {"run_id": run_id, "orchestration_id": "greet", "session_id": None,
            "tenant_id": "default", "status": status, "shared_state": {},
            "step_history": [], "current_step_id": None, "waiting_for_human": False,
            "human_prompt": None, "human_fields": [], "nested_run_id": None,
            "nested_orch_id": None, "total_tokens_used": 0, "total_cost_usd": 0.0,
            "cache_read_tokens": 0, "cache_write_tokens": 0, "cache_hit_count": 0,
            "estimated_savings_usd": 0.0, "started_at": at, "ended_at": None,
            "created_at": at, "worker_id": None, "job_id": run_id, "webhook_url": None,
            "webhook_secret": None, **more}


RUNS = [
    run_row("queued", 1),
    run_row("running", 2, worker_id="worker-old-1a2b3c4d"),
    run_row("completed", 3, worker_id="worker-old-1a2b3c4d", total_tokens_used=120,
            total_cost_usd=0.25, ended_at="2026-06-01 12:01:00+00:00"),
    run_row("failed", 4, worker_id="worker-old-1a2b3c4d",
            ended_at="2026-06-01 12:01:00+00:00"),
    run_row("cancelled", 5, ended_at="2026-06-01 12:01:00+00:00"),
    run_row("paused", 10, run_id=PAUSED["run_id"], orchestration_id="approve",
            worker_id="worker-old-1a2b3c4d", current_step_id="ask", waiting_for_human=True,
            human_prompt=PAUSED["human_prompt"], human_fields=PAUSED["human_fields"]),
    run_row("paused", 11, orchestration_id="approve", worker_id="worker-old-1a2b3c4d",
            current_step_id="ask", waiting_for_human=True, human_prompt="Is it good?",
            human_fields=[]),
]


def insert(cursor, table, rows):
    for row in rows:
        values = [psycopg2.extras.Json(v) if isinstance(v, (dict, list)) else v
                  for v in row.values()]
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
            values)


def definition_rows(kind):
    return [{"id": d.get("id") or d["name"], "name": d["name"],
             "definition": {k: v for k, v in d.items()}, "tenant_id": "default",
             "updated_at": "2026-06-01 12:00:00+00:00"} for d in kind]


def fill_database(connection):
    with connection.cursor() as cursor:
        cursor.execute(DDL)
        orchestrations = definition_rows(ORCHESTRATIONS)
        for row in orchestrations:
            row.update(description=row["definition"]["description"], is_active=True,
                       created_at="2026-06-01 12:00:00+00:00")
        insert(cursor, "orchestrations", orchestrations)
        insert(cursor, "agents", definition_rows(AGENTS))
        insert(cursor, "tools", definition_rows(TOOLS))
        insert(cursor, "mcp_servers", [
            {"name": s["name"], "label": s["label"], "tenant_id": "default",
             "definition": {k: v for k, v in s.items() if k not in ("token", "status")},
             "updated_at": "2026-06-01 12:00:00+00:00"} for s in SERVERS])
        insert(cursor, "scale_settings", [
            {"key": k, "value": json.dumps(SETTINGS[k]),
             "updated_at": "2026-06-01 12:00:00+00:00"}
            for k in ("model", "mode", "vault_enabled", "vault_threshold", "s3_region")])
        insert(cursor, "orchestration_runs", RUNS)
        insert(cursor, "chat_sessions", [
            {"session_id": "sess_0123456789abcdef", "agent_id": "helper",
             "tenant_id": "default", "status": "completed",
             "messages": [{"role": "user", "content": "are you there?"},
                          {"role": "assistant", "content": "I am."}],
             "last_message_at": "2026-06-01 12:00:00+00:00",
             "worker_id": "worker-old-1a2b3c4d", "job_id": None,
             "created_at": "2026-06-01 11:00:00+00:00", "webhook_url": None,
             "webhook_secret": None}])
        insert(cursor, "workers", [
            {"worker_id": name, "hostname": "old", "address": "http://old:9000",
             "status": status, "capabilities": {}, "active_jobs": 1, "max_jobs": 10,
             "last_heartbeat": "2026-06-01 12:00:00+00:00",
             "registered_at": "2026-06-01 11:00:00+00:00", "mcp_disabled": ["playwright"]}
            for name, status in (("worker-old-1a2b3c4d", "online"),
                                 ("worker-gone-1a2b3c4d", "offline"))])
        insert(cursor, "dead_letter_queue", [
            {"id": letter, "run_id": RUNS[3]["run_id"], "orchestration_id": "greet",
             "job_function": "run_orchestration_job",
             "job_payload": {"run_id": RUNS[3]["run_id"], "orch_id": "greet",
                             "initial_input": "again"},
             "error_message": "boom", "error_traceback": "Traceback ...",
             "attempt_count": 3, "first_failed_at": "2026-06-01 12:01:00+00:00",
             "last_failed_at": "2026-06-01 12:01:00+00:00", "resolved": resolved}
            for letter, resolved in ((LETTER, False), (str(uuid.uuid4()), True))])
        insert(cursor, "tenants", [
            {"tenant_id": "acme", "name": "Acme", "max_concurrent_runs": 3,
             "max_queued_runs": 50, "priority": 0,
             "created_at": "2026-06-01 12:00:00+00:00"}])
    connection.commit()


def fill_redis(client):
    """What is in Redis between two jobs: the one that waits, streams, a worker's traces."""
    waiting = RUNS[0]["run_id"]
    now = int(time.time() * 1000)
    job = {"t": None, "f": "run_orchestration_job", "a": (),
           "k": {"run_id": waiting, "orch_id": "greet", "initial_input": "x",
                 "session_id": None, "webhook_url": None, "webhook_secret": None,
                 "tenant_id": None}, "et": now}
    client.psetex(f"arq:job:{waiting}", 86400000, pickle.dumps(job, 4))
    client.zadd("synapse:orchestrations:default", {waiting: now})
    client.set("synapse:orchestrations:default:health-check", "Jun-01 12:00:00 j_complete=3")
    for event in ({"type": "worker_picked_up", "run_id": PAUSED["run_id"]},
                  {"type": "orchestration_start", "orchestration_id": "approve"},
                  {"type": "step_complete", "orch_step_id": "draft"},
                  {"type": "human_input_required", "orch_step_id": "ask"},
                  {"type": "paused"}):
        client.xadd(f"synapse:run:{PAUSED['run_id']}:events", {"data": json.dumps(event)})


def fill_folder(folder, checkpoints=(PAUSED, ENDED)):
    """DATA_DIR of a stock server; the checkpoints are brought along from its code's logs."""
    folder.mkdir(parents=True, exist_ok=True)
    key = {"id": str(uuid.uuid4()), "name": "CI", "key_prefix": KEY[:12],
           "key_hash": hashlib.sha256(KEY.encode()).hexdigest(), "created_at": STAMP,
           "last_used_at": None, "is_active": True}
    revoked = {**key, "id": str(uuid.uuid4()), "name": "old", "is_active": False,
               "key_hash": hashlib.sha256(b"sk-syn-aa").hexdigest()}
    for name, value in (
            ("orchestrations.json", ORCHESTRATIONS), ("user_agents.json", AGENTS),
            ("custom_tools.json", TOOLS), ("mcp_servers.json", SERVERS),
            ("settings.json", SETTINGS), ("api_keys.json", [key, revoked])):
        (folder / name).write_text(json.dumps(value, indent=2))
    (folder / "orchestration_runs").mkdir(exist_ok=True)
    for checkpoint in checkpoints:
        (folder / "orchestration_runs" / f"{checkpoint['run_id']}.json").write_text(
            json.dumps(checkpoint, indent=2))

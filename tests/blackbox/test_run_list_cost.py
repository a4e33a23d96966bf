"""What a page of runs costs in a large table, and that its indexes cost no HOT update."""

import json
import pathlib
import re
import subprocess

import psycopg2
from pg_peers import BUILD, SOURCE, postgres

assert postgres  # a fixture: used by name

ROWS = 20000
TYPES = "text,text,text,text,int8,int8,text,text,text,int8,int8,text"
SQL = pathlib.Path(SOURCE, "src/store/sql")
SESSION = pathlib.Path(SOURCE, "src/pg/sql/pg_session.sql")

# few of each are what a filter asks for
FILL = f"""
INSERT INTO orchestration_runs (run_id, orchestration_id, session_id, tenant_id, status,
	shared_state, step_history, created_at, ended_at, metadata)
SELECT 'r' || i, CASE WHEN i % 1000 = 0 THEN 'rare' ELSE 'hello' END,
       CASE WHEN i % 1000 = 1 THEN 'rare' END,
       CASE WHEN i % 1000 = 2 THEN 'rare' ELSE 'many' END,
       CASE i % 1000 WHEN 3 THEN 'failed' WHEN 4 THEN 'running' WHEN 5 THEN 'queued'
	ELSE 'completed' END, '{{}}', '[]',
       timestamptz '2026-01-01 00:00:00+00' + i * interval '1 second',
       CASE WHEN i % 1000 IN (4, 5) THEN NULL ELSE timestamptz '2026-03-01 00:00:00+00' END,
       CASE WHEN i % 1000 = 6 THEN '{{"rare": 1}}' END
  FROM generate_series(1, {ROWS}) AS i
"""
# the statement of a list, and its parameters by number
PAGES = [
    ("runs_list", {}),
    ("runs_list", {5: 1767229200000, 6: 1767232800000}),
    ("runs_list_tenant", {1: "rare"}),
    ("runs_list_tenant", {1: "many"}),
    ("runs_list_orchestration", {3: "rare"}),
    ("runs_list_orchestration", {3: "hello", 5: 1767229200000}),
    ("runs_list_session", {4: "rare"}),
    ("runs_list_outcome", {2: "failed"}),
    ("runs_list_live", {2: "running"}),
    ("runs_list_live", {1: "many", 2: "queued"}),
    ("runs_list_tag", {8: "rare", 9: "1"}),
    ("runs_list_tenant", {1: "many", 11: 1767229200000000, 12: "x"}),
]
FOUND = [51, 51, 20, 51, 20, 51, 20, 20, 20, 20, 20, 51]


def nodes(plan):
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def scanned(plan):
    """Rows that the plan has read off tables."""
    return sum(
        (n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"]
        for n in nodes(plan) if "Relation Name" in n
    )


def test_a_page_reads_few_rows_and_a_takeover_is_hot(postgres):
    name = postgres.database()
    subprocess.run([BUILD + "/tests/blackbox/store_driver", postgres.url(name), "migrate"],
                   check=True, capture_output=True, timeout=60)
    connection = psycopg2.connect(postgres.url(name))
    connection.autocommit = True
    with connection.cursor() as sql:
        sql.execute(FILL)
        sql.execute("ANALYZE orchestration_runs; ANALYZE run_tags")
        for setting in re.findall(r"'(enable_\w+)', 'off'", SESSION.read_text()):
            sql.execute(f"SET {setting} = off")
        sql.execute("SET plan_cache_mode = force_generic_plan")
        for file in {file for file, _ in PAGES}:
            sql.execute(f"PREPARE {file} ({TYPES}) AS {(SQL / (file + '.sql')).read_text()}")
        for (file, values), found in zip(PAGES, FOUND):
            values = {10: 51, **values}
            bound = ", ".join(f"'{values[i]}'" if i in values else "NULL" for i in range(1, 13))
            sql.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE {file} ({bound})")
            plan = sql.fetchone()[0][0]["Plan"]
            told = file, values, json.dumps(plan, indent=1)
            assert plan["Actual Rows"] == found, told
            assert "Seq Scan" not in {n["Node Type"] for n in nodes(plan)}, told
            assert scanned(plan) < 1000, told

        sql.execute("INSERT INTO orchestration_runs (run_id, orchestration_id, tenant_id, status,"
                    " shared_state, step_history, created_at) SELECT 'q' || i, 'hello', 'many',"
                    " 'queued', '{}', '[]', timestamptz '2026-02-01 00:00:00+00' + i * interval"
                    f" '1 second' FROM generate_series(1, {ROWS // 4}) AS i")
        sql.execute("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE runs_list_live (NULL, 'queued', NULL,"
                    " NULL, NULL, NULL, NULL, NULL, NULL, '51', NULL, NULL)")
        plan = sql.fetchone()[0][0]["Plan"]
        assert scanned(plan) < 1000, json.dumps(plan, indent=1)

        # of the queues: those that begin later, and those that are at it again, among as many
        sql.execute("UPDATE orchestration_runs SET run_at = now() + interval '1 day' WHERE"
                    " run_id IN ('q1', 'q2'); UPDATE orchestration_runs SET attempt = 2"
                    " WHERE run_id IN ('q3', 'r1', 'r5'); UPDATE orchestration_runs SET"
                    " queue = 'default' WHERE status = 'queued'")
        sql.execute("ANALYZE orchestration_runs")
        sql.execute("PREPARE queues (text[], int8, int8) AS "
                    + (SQL / "queues_state.sql").read_text())
        sql.execute("EXECUTE queues ('{default}', 9, 10000)")
        assert sql.fetchone()[5:] == (0, 2, 2)
        sql.execute("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE queues ('{default}', 9, 10000)")
        plan = sql.fetchone()[0][0]["Plan"]
        assert scanned(plan) < 100, json.dumps(plan, indent=1)

        # a queue beside a busy one: each is counted up to the bound, and read by itself
        sql.execute("UPDATE orchestration_runs SET queue = 'quiet', ready_at = now() - interval"
                    " '2 s', wake = 1 WHERE run_id IN ('q2', 'q3'); UPDATE orchestration_runs SET"
                    " run_at = now() + interval '1 day' WHERE run_id LIKE 'q10%'; UPDATE"
                    " orchestration_runs SET ready_at = now() - interval '2 s', wake = 1"
                    " WHERE queue = 'default' AND ended_at IS NULL; ANALYZE orchestration_runs")
        sql.execute("EXECUTE queues ('{default,quiet}', 9, 50)")
        assert [row[0::5] + row[6:] for row in sql.fetchall()] == [
            ("default", 0, 50, 1), ("quiet", 0, 1, 1)]
        for file in ("runs_waiting", "runs_live", "runs_due"):
            sql.execute(f"PREPARE {file} (text, int8, text, int8, int8, int8) AS "
                        + (SQL / (file + ".sql")).read_text())
            sql.execute("EXPLAIN (ANALYZE, FORMAT JSON)"
                        f" EXECUTE {file} ('quiet', 0, '', 0, 9000000, 200)")
            plan = sql.fetchone()[0][0]["Plan"]
            assert scanned(plan) < 10, json.dumps(plan, indent=1)

        sql.execute("BEGIN")
        sql.execute("UPDATE orchestration_runs SET status = 'running', epoch = epoch + 1,"
                    " owner = 'x', worker_id = 'x', picked_up_at = now() WHERE run_id = 'r1005'")
        sql.execute("SELECT pg_stat_get_xact_tuples_hot_updated('orchestration_runs'::regclass)")
        assert sql.fetchone() == (1,)
    connection.close()

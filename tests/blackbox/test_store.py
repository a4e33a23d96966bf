"""store/: migrations and every statement, on a real server."""

import os
import pathlib
import re
import subprocess

import psycopg2
import pytest
from harness.stock_schema import DDL as STOCK_DDL
from pg_peers import BUILD, SOURCE, Sql, postgres

assert postgres  # a fixture: used by name

MIGRATIONS = sorted(pathlib.Path(SOURCE, "src/store/migrations").glob("*.sql"))
ALL = len(MIGRATIONS)


def driver(url, scenario, **env):
    done = subprocess.run([BUILD + "/tests/blackbox/store_driver", url, scenario],
                          capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **env})
    return done.returncode, done.stdout.strip(), done.stderr


@pytest.fixture(scope="module")
def migrated(postgres):
    name = postgres.database()
    assert driver(postgres.url(name), "migrate")[1] == f"applied {ALL} pending 0"
    return name


@pytest.mark.asan
@pytest.mark.parametrize("scenario", ["accept", "end_lazily", "take_and_commit", "list",
                                      "definitions", "keys", "workers", "tenants"])
def test_statements(postgres, migrated, scenario):
    rc, out, err = driver(postgres.url(migrated), scenario)
    assert (rc, out) == (0, "ok"), err


@pytest.mark.parametrize("scenario", ["accept", "take_and_commit"])
def test_statements_through_a_pooler(postgres, scenario):
    """Unprepared, with the session's settings in each batch."""
    name = postgres.database()
    driver(postgres.url(name), "migrate")
    rc, out, err = driver(postgres.url(name), scenario, PG_DRIVER_PGBOUNCER="1")
    assert (rc, out) == (0, "ok"), err


# ---- migrations ----


def indexes(sql, table):
    return {r[0] for r in sql("SELECT indexname FROM pg_indexes WHERE tablename = %s", table)}


STOCK_INDEXES = {"ix_orchestration_runs_orchestration_id", "idx_runs_status",
                 "idx_runs_tenant_status", "idx_runs_worker", "idx_runs_waiting_human"}
OUR_INDEXES = {"orchestration_runs_pkey", "idx_runs_tenant_created", "idx_runs_live",
               "idx_runs_again", "idx_runs_orchestration_created", "idx_runs_session_created",
               "idx_runs_outcome_created", "idx_runs_due", "idx_runs_schedule_live",
               "idx_runs_live_created", "idx_runs_stock_live"}


def columns(sql, stock_only=None):
    rows = sql("SELECT table_name, column_name, data_type, character_maximum_length, "
               "is_nullable, column_default FROM information_schema.columns "
               "WHERE table_schema = 'public'")
    found = {(r[0], r[1]): r[2:] for r in rows}
    if stock_only is not None:
        found = {k: v for k, v in found.items() if k in stock_only}
    return found


def test_a_fresh_database_has_the_stock_tables_exactly(postgres, migrated):
    stock = postgres.database()
    theirs, ours = Sql(postgres, stock), Sql(postgres, migrated)
    theirs(STOCK_DDL)
    want = columns(theirs)
    assert columns(ours, want) == want
    tables = {t for t, _ in want}
    for table in tables - {"orchestration_runs"}:
        assert indexes(ours, table) == indexes(theirs, table)
    assert indexes(ours, "orchestration_runs") == OUR_INDEXES
    # every column of ours that must have a value has one by itself: stock omits it
    for key, (_, _, nullable, default) in columns(ours).items():
        if key[0] in tables and key not in want:
            assert nullable == "YES" or default is not None, key
    theirs.close()
    ours.close()


@pytest.mark.asan
def test_a_database_that_stock_made_is_taken_over(postgres):
    name = postgres.database()
    sql = Sql(postgres, name)
    sql(STOCK_DDL)
    insert = ("INSERT INTO orchestration_runs (run_id, orchestration_id, tenant_id, status, "
              "shared_state, step_history, created_at) VALUES (%s, 'o', 'default', 'queued', "
              "'{}', '[]', now())")
    sql(insert, "stock_1")
    assert driver(postgres.url(name), "migrate")[1] == f"applied {ALL} pending 0"
    assert indexes(sql, "orchestration_runs") == OUR_INDEXES
    sql(insert, "stock_2")  # a stock server goes on writing what it knows
    assert sql("SELECT run_id, wake, epoch, lane FROM orchestration_runs ORDER BY run_id"
               ) == [("stock_1", 0, 0, "-"), ("stock_2", 0, 0, "-")]
    rc, out, err = driver(postgres.url(name), "take_and_commit")
    assert (rc, out) == (0, "ok"), err
    sql.close()


def test_migrating_twice_changes_nothing(postgres):
    name = postgres.database()
    assert driver(postgres.url(name), "status")[1] == f"pending {ALL}"
    assert driver(postgres.url(name), "migrate")[1] == f"applied {ALL} pending 0"
    sql = Sql(postgres, name)
    before = columns(sql), indexes(sql, "orchestration_runs"), sql(
        "SELECT * FROM schema_migrations")
    assert driver(postgres.url(name), "migrate")[1] == "applied 0 pending 0"
    assert before == (columns(sql), indexes(sql, "orchestration_runs"), sql(
        "SELECT * FROM schema_migrations"))
    # each text by itself is harmless when repeated, whatever is noted
    for migration in MIGRATIONS:
        sql(migration.read_text("utf-8"))
    assert before[0] == columns(sql)
    sql.close()


def test_stock_indexes_come_and_go_with_the_option(postgres):
    name = postgres.database()
    sql = Sql(postgres, name)
    driver(postgres.url(name), "migrate-keep")
    assert indexes(sql, "orchestration_runs") == OUR_INDEXES | STOCK_INDEXES
    driver(postgres.url(name), "migrate")
    assert indexes(sql, "orchestration_runs") == OUR_INDEXES
    driver(postgres.url(name), "migrate-keep")
    assert indexes(sql, "orchestration_runs") == OUR_INDEXES | STOCK_INDEXES
    sql.close()


def test_several_migrators_at_once(postgres):
    name = postgres.database()
    all_of_them = [subprocess.Popen([BUILD + "/tests/blackbox/store_driver",
                                     postgres.url(name), "migrate"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                   for _ in range(4)]
    applied = []
    for process in all_of_them:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
        applied.append(int(out.split()[1]))
    assert sum(applied) == ALL


@pytest.mark.asan
def test_a_newer_or_another_database_is_refused(postgres):
    name = postgres.database()
    driver(postgres.url(name), "migrate")
    sql = Sql(postgres, name)
    # a newer one is worked with, unless it says that it cannot be
    sql("INSERT INTO schema_migrations (number, name, sha256) VALUES (99, '099_x', 'y')")
    for scenario in ("migrate", "status"):
        rc, out, _ = driver(postgres.url(name), scenario)
        assert rc == 0, out
    sql("UPDATE schema_migrations SET least = 98 WHERE number = 99")
    for scenario in ("migrate", "status"):
        rc, out, _ = driver(postgres.url(name), scenario)
        assert rc == 1 and "refused conflict" in out and "migration 99" in out
    # one that went on without ours did not come from here
    sql("UPDATE schema_migrations SET least = 0 WHERE number = 99")
    sql("DELETE FROM schema_migrations WHERE number = 2")
    rc, out, _ = driver(postgres.url(name), "migrate")
    assert rc == 1 and "but not 002_ours" in out
    sql("DELETE FROM schema_migrations WHERE number = 99")
    sql("INSERT INTO schema_migrations (number, name, sha256) VALUES (2, '002_ours', '')")
    sql("UPDATE schema_migrations SET sha256 = 'z' WHERE number = 2")
    rc, out, _ = driver(postgres.url(name), "migrate")
    assert rc == 1 and "another sha256" in out
    sql.close()


def test_a_migration_that_fails_leaves_no_trace(postgres):
    name = postgres.database()
    sql = Sql(postgres, name)
    # a view in the way of a table: 001 cannot make what 002 alters
    sql("CREATE VIEW orchestration_runs AS SELECT 1 AS a")
    rc, out, _ = driver(postgres.url(name), "migrate")
    assert rc == 1 and "refused refused" in out and "002_ours" in out
    assert sql("SELECT number FROM schema_migrations") == [(1,)]
    assert ("run_steps", "run_id") not in columns(sql)
    sql("DROP VIEW orchestration_runs")
    sql(next(s for s in STOCK_DDL.split(";") if "TABLE orchestration_runs" in s))
    assert driver(postgres.url(name), "migrate")[1] == f"applied {ALL - 1} pending 0"
    sql.close()


def test_no_server_is_said(postgres):
    rc, out, _ = driver("postgresql://synapsed@127.0.0.1:1/x", "migrate")
    assert rc == 1 and "refused conn" in out
    rc, out, _ = driver(f"postgresql://synapsed@127.0.0.1:{postgres.port}/nosuch", "status")
    assert rc == 1 and "refused conn" in out and "nosuch" in out


def test_the_journal_has_its_partitions(postgres, migrated):
    sql = Sql(postgres, migrated)
    parts = {r[0] for r in sql("SELECT inhrelid::regclass::text FROM pg_inherits "
                               "WHERE inhparent = 'run_steps'::regclass")}
    months = [r[0] for r in sql(
        "SELECT 'run_steps_' || to_char(synapsed_month(now()) + n * interval '1 month', "
        "'YYYYMM') FROM generate_series(0, 1) n")]
    assert parts == {"run_steps_default", *months}
    # the month is UTC's, whatever the session's zone
    sql("SET TimeZone = 'Pacific/Auckland'")
    assert sql("SELECT synapsed_month('2026-05-31 23:30:00+00')::text") == [("2026-05-01",)]
    # a month whose rows are in the default partition already stays there, with a warning
    sql("INSERT INTO run_steps (run_id, month, seq, epoch, kind) "
        "VALUES ('x', '2001-02-01', 1, 1, 'step')")
    sql("SELECT synapsed_make_partition('2001-02-03')")
    assert "no partition is made" in sql.connection.notices[-1]
    sql("DELETE FROM run_steps WHERE run_id = 'x'")
    sql.close()


# ---- plans ----


def plan(sql, name):
    with open(f"{SOURCE}/src/store/sql/{name}.sql", encoding="utf-8") as f:
        text = f.read()
    code = re.sub(r"--[^\n]*", "", text)
    count = max([int(n) for n in re.findall(r"\$(\d+)", code)] or [0])
    sql(f"PREPARE {name} AS {text}")
    args = f"({', '.join(['NULL'] * count)})" if count else ""
    return "\n".join(r[0] for r in sql(f"EXPLAIN EXECUTE {name}{args}"))


@pytest.mark.parametrize("rows", [0, 5000])
def test_hot_statements_find_rows_by_key(postgres, rows):
    """On an empty table without statistics, and on a full one: the same plan."""
    name = postgres.database()
    driver(postgres.url(name), "migrate")
    sql = Sql(postgres, name)
    if rows:
        sql("INSERT INTO orchestration_runs (run_id, orchestration_id, tenant_id, status, "
            "shared_state, step_history, created_at) SELECT 'r' || n, 'o', 't' || n %% 7, "
            "'queued', '{}', '[]', now() FROM generate_series(1, %s) n", rows)
        sql("ANALYZE")
    for setting in ("plan_cache_mode = force_generic_plan", "jit = off",
                    "enable_hashjoin = off", "enable_mergejoin = off",
                    "enable_seqscan = off", "enable_bitmapscan = off"):
        sql(f"SET {setting}")
    for statement in ("runs_end_lazy", "runs_end", "runs_takeover", "steps_commit",
                      "runs_look", "runs_check", "steps_check", "steps_list", "steps_read",
                      "waits_read", "run_get", "runs_present"):
        text = plan(sql, statement)
        assert "orchestration_runs_pkey" in text, text
        assert "Seq Scan" not in text and "Hash Join" not in text, text
        assert "orchestration_runs_pkey on orchestration_runs" in text, text
    for statement in ("runs_end_lazy", "runs_end", "runs_takeover", "steps_commit",
                      "runs_insert_keyed"):
        assert "hashed SubPlan" in plan_again(sql, statement), statement
    for statement in ("runs_list", "runs_list_tenant"):
        assert "idx_runs_tenant_created" in plan(sql, statement)
    assert "idx_runs_live" in plan(sql, "runs_counts")
    sql.close()


def plan_again(sql, statement):
    try:
        sql(f"DEALLOCATE {statement}")
    except psycopg2.errors.InvalidSqlStatementName:
        pass  # not planned yet
    return plan(sql, statement)


def test_a_takeover_is_a_hot_update(postgres):
    name = postgres.database()
    driver(postgres.url(name), "migrate")
    sql = Sql(postgres, name)
    assert driver(postgres.url(name), "take_and_commit")[1] == "ok"
    # three takeovers and two flags of this scenario touch no indexed column
    sql("CREATE EXTENSION IF NOT EXISTS pageinspect")
    flags = sql("SELECT count(*) FROM heap_page_items(get_raw_page('orchestration_runs', 0)) "
                "WHERE t_infomask2 & 16384 <> 0")  # HEAP_HOT_UPDATED
    assert flags[0][0] >= 3
    sql.close()

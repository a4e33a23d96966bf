"""pg/: links and pool against a real server, a proxy that cuts, and servers that lie."""

import random
import re
import threading
import time

import pytest
from harness.wait import until
from pg_peers import Driver, FakeServer, Proxy, Sql, error, message, postgres

assert postgres  # a fixture: used by name


@pytest.fixture
def sql(postgres):
    connection = Sql(postgres, "postgres")
    connection("CREATE TABLE IF NOT EXISTS t (id text PRIMARY KEY)")
    connection("TRUNCATE t")
    yield connection
    connection.close()


@pytest.fixture
def proxy(postgres):
    p = Proxy(postgres.port)
    yield p
    p.close()


@pytest.mark.asan
def test_a_batch_commits_as_a_whole(postgres, sql):
    d = Driver(postgres.url())
    assert d.sql("a", "INSERT INTO t VALUES ('1') ;; INSERT INTO t VALUES ('2')"
                 ).startswith("done a committed none - -1 -")
    assert d.sql("b", "INSERT INTO t VALUES ('3') ;; INSERT INTO t VALUES ('1')"
                 ).startswith("done b rejected constraint 23505 1 refused")
    assert sql("SELECT id FROM t ORDER BY id") == [("1",), ("2",)]
    # the session is clean again, and statements stay prepared
    assert "committed" in d.sql("c", "INSERT INTO t VALUES ('3') ;; SELECT 1")
    assert "committed" in d.sql("d", "SELECT count(*) FROM t")
    d.close()


@pytest.mark.asan
def test_a_statement_that_is_no_sql_is_a_bug_and_harms_nobody(postgres, sql):
    d = Driver(postgres.url())
    assert d.sql("a", "SELEKT 1").startswith("done a rejected bug 42601 0 refused")
    assert d.sql("b", "SELECT 'x'").split("|")[0].endswith("1 x ")
    assert d.ask("pool").startswith("pool up 1 idle 1 queued 0 connects 1 losses 0")
    d.close()


def test_sessions_are_set_up(postgres):
    d = Driver(postgres.url(), deadline_ms=7000, LOCK_MS=1234)
    shows = {"TimeZone": "UTC", "lock_timeout": "1234ms", "statement_timeout": "7s",
             "plan_cache_mode": "force_generic_plan", "enable_hashjoin": "off",
             "jit": "off", "application_name": "pg_driver", "client_encoding": "UTF8",
             "synchronous_commit": "on"}
    for name, value in shows.items():
        assert f" 1 {value} |" in d.sql(name, f"SHOW {name}")
    d.close()


def test_pooler_mode_prepares_nothing_and_sets_each_batch_up(postgres):
    d = Driver(postgres.url(), PGBOUNCER=1, LOCK_MS=1234)
    assert " 1 0 |" in d.sql("a", "SELECT count(*) FROM pg_prepared_statements")
    assert " 1 0 |" in d.sql("b", "SELECT count(*) FROM pg_prepared_statements")
    assert " 1 1234ms |" in d.sql("c", "SHOW lock_timeout")
    assert " 1 UTC |" in d.sql("d", "SHOW TimeZone")
    # for the transaction only: what a next client of the pooler gets is its own
    assert "committed" in d.sql("e", "SELECT 1")
    d.close()


def test_own_connections_prepare_once(postgres):
    d = Driver(postgres.url())
    for name in "abc":
        line = d.sql(name, "SELECT count(*) FROM pg_prepared_statements")
    assert " 1 1 |" in line
    # twice in one batch: prepared once
    assert "committed" in d.sql("d", "SELECT 7 ;; SELECT 7 ;; SELECT 7")
    d.close()


def test_two_links_work_at_once_and_the_third_batch_waits(postgres):
    d = Driver(postgres.url(), connections=2)
    d.line("up")
    until(lambda: d.ask("pool").startswith("pool up 2 idle 2"))
    asked = len([x for x in d.lines if x.startswith("pool ")])
    d.tell("sql a 0 SELECT pg_sleep(0.5)", "sql b 0 SELECT pg_sleep(0.5)",
           "sql c 0 SELECT 1", "pool")
    # nothing is sent inside submit: at the end of the turn two go and one stays
    assert "idle 2 queued 3" in d.line("pool", asked + 1)
    until(lambda: "idle 0 queued 1" in d.ask("pool"))
    d.line("done c")
    assert [x.split()[1] for x in d.lines if x.startswith("done")].index("c") > 0
    d.line("done a")
    d.line("done b")
    d.close()


def test_a_full_queue_refuses(postgres):
    d = Driver(postgres.url(), QUEUE=2)
    d.line("up")
    d.tell("sql a 0 SELECT 1", "sql b 0 SELECT 1", "sql c 0 SELECT 1")
    d.line("refused c full")
    d.line("done a")
    d.line("done b")
    assert "committed" in d.sql("e", "SELECT 1")
    d.close()


@pytest.mark.asan
def test_a_terminated_session_comes_back(postgres, sql):
    d = Driver(postgres.url())
    d.line("up")
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'pg_driver'")
    d.line("down")
    d.line("up", 2)
    assert "committed" in d.sql("a", "SELECT 1")
    assert "losses 1" in d.ask("pool")
    d.close()


def test_terminated_in_a_batch_is_unknown(postgres, sql):
    d = Driver(postgres.url())
    d.line("up")
    d.tell("sql a 0 INSERT INTO t VALUES ('1') ;; SELECT pg_sleep(30)")
    pid = until(lambda: sql("SELECT pid FROM pg_stat_activity WHERE application_name = "
                            "'pg_driver' AND wait_event = 'PgSleep'"))[0][0]
    sql("SELECT pg_terminate_backend(%s)", pid)
    assert re.match(r"done a unknown connection 57P01 -1 conn", d.line("done a"))
    assert "committed" in d.sql("b", "SELECT 1")
    d.close()


def test_a_server_that_stops_and_starts(postgres):
    d = Driver(postgres.url(), connections=2)
    d.line("up")
    until(lambda: d.ask("pool").startswith("pool up 2"))
    postgres.stop(immediate=True)
    try:
        d.line("down")
        assert d.sql("a", "SELECT 1", 200).startswith(
            "done a unsent connection - -1 timeout")
        d.tell("sql b 15000 SELECT 1")
    finally:
        postgres.start()
    assert "committed" in d.line("done b")
    d.close()


@pytest.mark.asan
def test_a_commit_whose_answer_is_cut_is_unknown_and_in(postgres, sql, proxy):
    d = Driver(postgres.url(port=proxy.port))
    d.line("up")
    proxy.mode = "swallow"
    assert d.sql("a", "INSERT INTO t VALUES ('1')").startswith("done a unknown connection")
    assert sql("SELECT count(*) FROM t") == [(1,)]
    assert "committed" in d.sql("b", "SELECT 1")
    d.close()


def test_a_cut_in_the_middle_of_an_answer_is_unknown(postgres, sql, proxy):
    d = Driver(postgres.url(port=proxy.port))
    d.line("up")
    proxy.mode = "half"
    assert d.sql("a", "INSERT INTO t VALUES ('1') ;; SELECT repeat('x', 9000)"
                 ).startswith("done a unknown connection")
    assert sql("SELECT count(*) FROM t") == [(1,)]
    d.close()


def test_a_batch_whose_sync_does_not_arrive_is_not_in(postgres, sql, proxy):
    d = Driver(postgres.url(port=proxy.port))
    d.line("up")
    proxy.mode = "hold_sync"
    # we cannot know that it did not arrive
    assert d.sql("a", "INSERT INTO t VALUES ('1')").startswith("done a unknown connection")
    assert sql("SELECT count(*) FROM t") == [(0,)]
    d.close()


@pytest.mark.asan
def test_a_batch_that_never_left_is_unsent(postgres, sql, proxy):
    """The proxy reads nothing: more than the socket buffers hold stays with us."""
    fake = FakeServer()
    over = threading.Event()
    fake.after_startup = lambda client: (fake.welcome(client), over.wait(120))
    d = Driver(fake.url())
    d.line("up")
    big = "x" * 30000
    d.tell("sql a 1000 " + " ;; ".join(f"SELECT '{i}{big}'" for i in range(400)))
    assert d.line("done a").startswith("done a unsent connection - -1 timeout")
    over.set()
    fake.close()
    d.close()


def test_a_server_that_never_answers_runs_into_the_deadline(postgres, sql, proxy):
    d = Driver(postgres.url(port=proxy.port))
    d.line("up")
    proxy.mode = "mute"
    assert d.sql("a", "INSERT INTO t VALUES ('1')", 300).startswith(
        "done a unknown connection - -1 timeout")
    proxy.mode = "pass"
    d.line("up", 2)
    assert "committed" in d.sql("b", "SELECT 1")
    assert proxy.connections == 2
    d.close()


def test_a_deadline_covers_the_wait_for_a_link(postgres):
    d = Driver(postgres.url())
    d.line("up")
    d.tell("sql a 0 SELECT pg_sleep(1)", "sql b 100 SELECT 1")
    assert d.line("done b").startswith("done b unsent connection - -1 timeout")
    assert "done a" not in " ".join(d.lines)
    assert "committed" in d.line("done a")
    d.close()


def test_the_server_ends_what_runs_too_long(postgres):
    """statement_timeout is the pool's deadline: a longer one of the batch lets it speak."""
    d = Driver(postgres.url(), deadline_ms=300)
    d.line("up")
    assert d.sql("a", "SELECT pg_sleep(30)", 10000).startswith(
        "done a rejected transient 57014 0 refused")
    assert "losses 0" in d.ask("pool")
    d.close()


def test_a_held_row_is_given_up_after_the_lock_timeout(postgres, sql):
    sql("INSERT INTO t VALUES ('1')")
    holder = Sql(postgres, "postgres")
    holder.connection.autocommit = False
    holder("SELECT * FROM t FOR UPDATE")
    d = Driver(postgres.url(), LOCK_MS=100)
    assert d.sql("a", "UPDATE t SET id = '2'").startswith(
        "done a rejected transient 55P03 0 refused")
    holder.connection.rollback()
    holder.close()
    assert "committed" in d.sql("b", "UPDATE t SET id = '2'")
    d.close()


def test_a_discarded_session_is_replaced(postgres):
    d = Driver(postgres.url())
    assert "committed" in d.sql("a", "SELECT 1")
    assert "committed" in d.sql("b", "DEALLOCATE ALL")
    assert d.sql("c", "SELECT 1").startswith("done c rejected unavailable 26000 0 refused")
    assert "committed" in d.sql("d", "SELECT 1")
    assert "connects 2 losses 1" in d.ask("pool")
    d.close()


def test_a_plan_that_the_schema_outran_is_made_again(postgres, sql):
    sql("CREATE TABLE moving (a int)")
    d = Driver(postgres.url())
    assert "committed" in d.sql("a", "SELECT * FROM moving")
    sql("ALTER TABLE moving ADD COLUMN b int")
    assert d.sql("b", "SELECT * FROM moving").startswith("done b rejected unavailable 0A000")
    assert "committed" in d.sql("c", "SELECT * FROM moving")
    sql("DROP TABLE moving")
    d.close()


def test_a_transaction_statement_does_not_poison_the_link(postgres):
    """BEGIN in a batch leaves the session in a transaction past the sync: not ours."""
    d = Driver(postgres.url())
    d.line("up")
    assert d.sql("a", "BEGIN").startswith("done a unknown")
    d.line("up", 2)
    assert "committed" in d.sql("b", "SELECT 1")
    d.close()


def test_a_read_only_server_is_not_connected_to(postgres, sql):
    d = Driver(postgres.url())
    d.line("up")
    sql("ALTER SYSTEM SET default_transaction_read_only = on")
    sql("SELECT pg_reload_conf()")
    try:
        until(lambda: "25006" in d.sql(f"a{time.monotonic_ns()}",
                                       "DELETE FROM t"))
        d.line("down")
        until(lambda: "session is read-only" in d.ask("pool"))
    finally:
        sql("SET default_transaction_read_only = off")
        sql("ALTER SYSTEM RESET default_transaction_read_only")
        sql("SELECT pg_reload_conf()")
    d.line("up", 2)
    assert "committed" in d.sql("b", "INSERT INTO t VALUES ('1')")
    d.close()


@pytest.mark.asan
def test_freeing_the_pool_tells_everybody(postgres):
    d = Driver(postgres.url())
    d.line("up")
    d.tell("sql a 0 SELECT pg_sleep(20)")
    until(lambda: d.ask("pool").startswith("pool up 1 idle 0 queued 0"))
    d.tell("sql b 0 SELECT 1", "freepool")
    assert d.line("done a").startswith("done a unknown connection - -1 closed")
    assert d.line("done b").startswith("done b unsent connection - -1 closed")
    d.close()


@pytest.mark.asan
def test_freeing_while_connecting(postgres):
    fake = FakeServer(after_startup=lambda client: time.sleep(20))
    d = Driver(fake.url())
    until(lambda: fake.connections)
    d.tell("sql a 0 SELECT 1", "freepool")
    assert d.line("done a").startswith("done a unsent connection - -1 closed")
    fake.close()
    d.close()


# ---- servers that lie ----


def test_a_peer_that_accepts_and_says_nothing():
    fake = FakeServer(after_startup=lambda client: time.sleep(20))
    d = Driver(fake.url(), CONNECT_MS=200)
    until(lambda: fake.connections >= 3)  # it tries again, after each timeout
    assert "no answer within 200 ms" in d.ask("pool")
    fake.close()
    d.close()


def test_a_refused_password_is_said_and_tried_again_with_backoff():
    fake = FakeServer(after_startup=lambda client: client.sendall(
        error("28P01", "password authentication failed", "FATAL")) or client.close())
    d = Driver(fake.url())
    until(lambda: fake.connections >= 4)
    line = d.ask("pool")
    assert "password authentication failed" in line and "hunter2" not in line
    assert "up" not in d.lines
    assert d.sql("a", "SELECT 1", 100).startswith("done a unsent")
    fake.close()
    d.close()


def test_an_old_server_is_refused_with_a_sentence():
    fake = FakeServer(version="13.11")
    d = Driver(fake.url())
    until(lambda: "version 13; synapsed needs 14" in d.ask("pool"))
    assert "up" not in d.lines
    fake.close()
    d.close()


@pytest.mark.asan
@pytest.mark.parametrize("junk", [
    pytest.param(random.Random(1).randbytes(4000), id="random"),
    pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="http"),
    pytest.param(b"\0" * 5000, id="zeros"),
    pytest.param(message(b"T", b"\xff\xff" * 40), id="columns"),
    pytest.param(message(b"D", b"\0\7" + b"\xff" * 9), id="row"),
    pytest.param(message(b"Z", b"I") * 3, id="ready"),
    pytest.param(message(b"C", b"INSERT 0 1\0"), id="done"),
    pytest.param(message(b"1") + message(b"C", b"x\0"), id="short"),
    pytest.param(b"E\x7f\xff\xff\xff", id="huge"),
    pytest.param(error("XX000", "?\x01bell").replace(b"?", b"\xff"), id="bytes")])
def test_junk_in_an_answer_is_no_commit(junk):
    fake = FakeServer(after_sync=lambda client: client.sendall(junk))
    d = Driver(fake.url())
    d.line("up")
    line = d.sql("a", "SELECT 1", 500)
    assert re.match("done a (unknown|rejected)", line), line
    fake.close()
    d.close()


@pytest.mark.asan
def test_junk_while_idle_and_at_start():
    fake = FakeServer()
    fake.after_startup = lambda client: (fake.welcome(client), client.sendall(
        b"\x01\x02\x03 not the protocol at all " * 30))
    d = Driver(fake.url())
    until(lambda: fake.connections >= 3)
    fake.after_startup = fake.welcome
    fake.after_sync = lambda client: client.sendall(
        message(b"1") + message(b"2") + message(b"n") + message(b"C", b"SELECT 0\0") +
        message(b"Z", b"I"))
    d.close()
    fake.close()


def test_a_server_that_hangs_up_after_the_sync():
    fake = FakeServer(after_sync=lambda client: client.close())
    d = Driver(fake.url())
    d.line("up")
    assert d.sql("a", "SELECT 1", 5000).startswith("done a unknown connection")
    assert fake.batches == 1
    fake.close()
    d.close()


def test_nobody_listens():
    d = Driver("postgresql://me@127.0.0.1:1/d")
    until(lambda: "refused" in d.ask("pool").lower())
    assert d.sql("a", "SELECT 1", 100).startswith("done a unsent connection - -1 timeout")
    d.close()

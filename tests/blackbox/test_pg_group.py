"""pg/pg_group.c: many small writes, few commits, and what becomes of them when the server
refuses, dies, or does not answer."""

import time

import pytest
from harness.wait import until
from pg_peers import Driver, Proxy, Sql, postgres

assert postgres  # a fixture: used by name


@pytest.fixture
def sql(postgres):
    connection = Sql(postgres, "postgres")
    connection("DROP TABLE IF EXISTS g")
    connection("CREATE TABLE g (run text, seq int8, v int8 CHECK (v >= 0), "
               "at timestamptz DEFAULT clock_timestamp(), PRIMARY KEY (run, seq))")
    yield connection
    connection.close()


@pytest.fixture
def proxy(postgres):
    p = Proxy(postgres.port)
    yield p
    p.close()


def start(url, rows=256, flights=2, deadline_ms=0, **env):
    d = Driver(url, connections=2, **env)
    d.line("up")
    until(lambda: d.ask("pool").startswith("pool up 2"))
    d.tell(f"group {rows} {flights} {deadline_ms}")
    return d


def seqs(sql):
    return [r[0] for r in sql("SELECT seq FROM g ORDER BY seq")]


@pytest.mark.asan
def test_a_turn_is_one_commit(postgres, sql):
    d = start(postgres.url())
    d.tell(*[f"unit {i} r{i} 1" for i in range(100)])
    d.line("unit", 100)
    assert d.counters() == {"commits": 1, "units": 100, "splits": 0, "retries": 0,
                            "doubts": 0, "rejected": 0, "waiting": 0, "flying": 0}
    assert seqs(sql) == list(range(100))
    d.close()


def test_an_idle_group_waits_for_nobody(postgres, sql):
    d = start(postgres.url())
    for i in range(20):
        d.tell(f"unit {i} r 1")
        d.line(f"unit {i}")
    assert d.counters()["commits"] == 20
    d.close()


def test_two_commits_fly_and_the_rest_gathers(postgres, sql):
    d = start(postgres.url())
    lock = Sql(postgres, "postgres")
    lock.connection.autocommit = False
    lock("LOCK TABLE g IN EXCLUSIVE MODE")
    for i in range(10):
        d.tell(f"unit {i} r{i} 1")
        d.ask("counters")  # one turn each
    c = d.counters()
    assert (c["flying"], c["waiting"]) == (2, 8)
    lock.connection.rollback()
    d.line("unit", 10)
    assert d.counters()["commits"] == 3
    lock.close()
    d.close()


def test_a_commit_has_its_bound(postgres, sql):
    d = start(postgres.url(), rows=10)
    d.tell(*[f"unit {i} r{i} 1" for i in range(35)])
    d.line("unit", 35)
    assert d.counters()["commits"] == 4
    d.close()


@pytest.mark.asan
def test_a_bad_value_harms_only_its_own(postgres, sql):
    d = start(postgres.url())
    d.tell(*[f"unit {i} r{i} {-1 if i == 13 else 1}" for i in range(30)])
    d.line("unit", 30)
    assert d.line("unit 13") == "unit 13 rejected rejected constraint 23514 refused"
    assert seqs(sql) == [i for i in range(30) if i != 13]
    c = d.counters()
    assert (c["splits"], c["rejected"], c["units"]) == (1, 1, 29)
    d.close()


def test_a_missing_right_holds_only_its_own(postgres, sql):
    sql("""CREATE OR REPLACE FUNCTION not_yours() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE insufficient_privilege; END $$""")
    sql("CREATE TRIGGER t BEFORE INSERT ON g FOR EACH ROW WHEN (NEW.v = 42) "
        "EXECUTE FUNCTION not_yours()")
    d = start(postgres.url())
    d.tell(*[f"unit {i} r{i} {42 if i == 13 else 1}" for i in range(30)])
    d.line("unit", 29)
    assert seqs(sql) == [i for i in range(30) if i != 13]
    until(lambda: d.counters()["retries"] > 6)  # its rests are long by now
    for i in range(100, 105):  # and who comes meanwhile does not rest with it
        d.tell(f"unit {i} r 1")
        d.line(f"unit {i}")
    c = d.counters()
    assert (c["splits"], c["rejected"], c["flying"]) == (1, 0, 1)
    sql("DROP TRIGGER t ON g")
    assert "committed" in d.line("unit 13")
    d.close()


def test_what_no_commit_has_yet_can_be_withdrawn(postgres, sql):
    d = start(postgres.url(), flights=1)
    lock = Sql(postgres, "postgres")
    lock.connection.autocommit = False
    lock("LOCK TABLE g IN EXCLUSIVE MODE")
    d.tell("unit 1 r -1", "unit 2 s 1")
    until(lambda: d.counters()["flying"] == 2)
    d.tell("unit 3 r 1", "withdraw 3", "withdraw 1", "unit 4 s 1")
    assert d.line("withdraw 3") == "withdraw 3 yes"
    assert d.line("withdraw 1") == "withdraw 1 no"
    lock.connection.rollback()
    d.line("unit", 3)
    assert seqs(sql) == [2, 4]
    lock.close()
    d.close()


@pytest.mark.asan
def test_a_lock_wait_is_tried_again_alone(postgres, sql):
    d = start(postgres.url(), LOCK_MS=100)
    lock = Sql(postgres, "postgres")
    lock.connection.autocommit = False
    lock("INSERT INTO g VALUES ('r1', 1, 1)")  # uncommitted: our insert of it waits
    d.tell("unit 1 r1 1", "unit 2 r2 1", "unit 3 r3 1")
    # the others go in alone while unit 1 is tried again and again
    assert "committed" in d.line("unit 2")
    assert "committed" in d.line("unit 3")
    until(lambda: d.counters()["retries"] >= 1)
    lock.connection.rollback()
    assert "committed" in d.line("unit 1")
    assert d.counters()["splits"] == 1
    lock.close()
    d.close()


def test_a_lock_is_waited_for_as_long_as_it_is_held(postgres, sql):
    """Who locks a table for a minute must not make runs fail."""
    d = start(postgres.url(), LOCK_MS=20)
    lock = Sql(postgres, "postgres")
    lock.connection.autocommit = False
    lock("INSERT INTO g VALUES ('r1', 1, 1)")
    d.tell("unit 1 r1 1")
    until(lambda: d.counters()["retries"] > 6)
    assert d.counters()["rejected"] == 0
    lock.connection.rollback()
    assert "committed" in d.line("unit 1")
    lock.close()
    d.close()


def test_a_lock_is_waited_for_until_the_deadline_of_the_unit(postgres, sql):
    d = start(postgres.url(), deadline_ms=1000, LOCK_MS=20)
    lock = Sql(postgres, "postgres")
    lock.connection.autocommit = False
    lock("INSERT INTO g VALUES ('r1', 1, 1)")
    d.tell("unit 1 r1 1")
    assert d.line("unit 1") == "unit 1 rejected unsent connection - timeout"
    lock.connection.rollback()
    lock.close()
    assert seqs(sql) == []
    d.close()


@pytest.mark.asan
def test_while_the_server_is_away_units_wait(postgres, sql):
    d = start(postgres.url())
    postgres.stop(immediate=True)
    try:
        d.line("down")
        d.tell(*[f"unit {i} r{i} 1" for i in range(500)])
        assert d.counters()["waiting"] == 500
    finally:
        postgres.start()
    d.line("unit", 500)
    assert d.counters()["rejected"] == 0
    again = Sql(postgres, "postgres")
    assert seqs(again) == list(range(500))
    again.close()
    d.close()


def test_units_under_way_at_an_immediate_stop_are_in_once(postgres, sql):
    d = start(postgres.url(), rows=5)
    d.tell(*[f"unit {i} r{i % 50} 1" for i in range(2000)])
    d.line("unit", 100)
    postgres.stop(immediate=True)
    postgres.start()
    d.line("unit", 2000, seconds=60)
    again = Sql(postgres, "postgres")
    assert seqs(again) == list(range(2000))
    heard = [x.split() for x in d.lines if x.startswith("unit ")]
    assert len(heard) == 2000 and all(x[2] in ("committed", "in") for x in heard)
    again.close()
    d.close()


def test_a_commit_that_rests_while_the_server_is_away_costs_nothing(postgres, sql):
    d = start(postgres.url(), rows=1)
    lock = Sql(postgres, "postgres")
    lock.connection.autocommit = False
    lock("LOCK TABLE g IN EXCLUSIVE MODE")
    d.tell("unit 1 r 1", "unit 2 s 1")
    until(lambda: d.counters()["flying"] == 2)
    postgres.stop(immediate=True)
    d.line("down")
    time.sleep(0.5)  # longer than they rest
    before = int(d.ask("turns").split()[1])
    time.sleep(1)
    turns = int(d.ask("turns").split()[1]) - before
    assert turns < 500, turns  # reconnecting and the deadlines take a few
    postgres.start()
    for i in (1, 2):
        assert d.line(f"unit {i}", seconds=60).split()[2] in ("committed", "in")
    d.close()


@pytest.mark.asan
def test_a_commit_in_doubt_that_is_in_is_found(postgres, sql, proxy):
    d = start(postgres.url(port=proxy.port))
    proxy.mode = "swallow"
    d.tell("unit 1 r 1", "unit 2 r 1", "unit 3 s 1")
    for i in (1, 2, 3):
        assert d.line(f"unit {i}") == f"unit {i} in"
    assert seqs(sql) == [1, 2, 3]
    c = d.counters()
    assert (c["doubts"], c["commits"], c["units"]) == (1, 0, 3)
    # and what follows is not held up
    d.tell("unit 4 r 1")
    assert "committed" in d.line("unit 4")
    d.close()


@pytest.mark.asan
def test_a_commit_in_doubt_that_is_not_in_is_sent_again(postgres, sql, proxy):
    d = start(postgres.url(port=proxy.port))
    proxy.mode = "hold_sync"
    d.tell("unit 1 r 1", "unit 2 s 1")
    d.line("unit", 2)
    assert d.line("unit 1").startswith("unit 1 committed")
    assert d.line("check") == "check 2"
    assert seqs(sql) == [1, 2]
    d.close()


def test_a_check_that_is_cut_is_made_again(postgres, sql, proxy):
    d = start(postgres.url(port=proxy.port))
    proxy.mode = "swallow"
    d.tell("unit 1 r 1")
    until(lambda: seqs(sql) == [1])
    proxy.refuse = True
    proxy.cut()
    d.line("down")
    time.sleep(0.1)  # nothing to wait for: whatever is tried now is refused
    proxy.refuse = False
    assert d.line("unit 1") == "unit 1 in"
    d.close()


def test_a_commit_that_kills_its_connection_is_split(postgres, sql):
    """One unit's row ends the session each time: the others must get in."""
    sql("CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF new.v = 666 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; "
        "RETURN new; END $$")
    sql("CREATE TRIGGER die BEFORE INSERT ON g FOR EACH ROW EXECUTE FUNCTION die()")
    d = start(postgres.url(), deadline_ms=4000)
    d.tell(*[f"unit {i} r{i} {666 if i == 5 else 1}" for i in range(10)])
    for i in range(10):
        if i != 5:
            assert "committed" in d.line(f"unit {i}")
    assert d.line("unit 5").startswith("unit 5 rejected unknown connection")
    assert seqs(sql) == [i for i in range(10) if i != 5]
    d.close()


def test_a_late_unit_is_handed_back(postgres, sql):
    d = start(postgres.url(), deadline_ms=300)
    postgres.stop(immediate=True)
    try:
        d.line("down")
        d.tell("unit 1 r 1")
        assert d.line("unit 1") == "unit 1 rejected unsent connection - timeout"
    finally:
        postgres.start()
    d.line("up", 2)
    d.tell("unit 2 r 1")
    assert "committed" in d.line("unit 2")
    again = Sql(postgres, "postgres")
    assert seqs(again) == [2]
    again.close()
    d.close()


def test_a_late_unit_in_doubt_says_so(postgres, sql, proxy):
    d = start(postgres.url(port=proxy.port), deadline_ms=500)
    proxy.mode = "swallow"
    d.tell("unit 1 r 1")
    until(lambda: seqs(sql) == [1])
    proxy.refuse = True
    proxy.cut()
    assert d.line("unit 1") == "unit 1 rejected unknown connection - timeout"
    d.close()


def test_a_server_that_takes_nothing_is_waited_for(postgres, sql):
    """Read-only, as a demoted primary or a full disk: not for good, so not given up."""
    d = start(postgres.url())
    sql("ALTER SYSTEM SET default_transaction_read_only = on")
    sql("SELECT pg_reload_conf()")
    until(lambda: Sql(postgres, "postgres")("SHOW default_transaction_read_only")
          == [("on",)])
    d.tell("unit 1 r 1", "unit 2 s 1")
    d.line("down")
    sql("SET default_transaction_read_only = off")
    sql("ALTER SYSTEM RESET default_transaction_read_only")
    sql("SELECT pg_reload_conf()")
    assert "committed" in d.line("unit 1")
    assert "committed" in d.line("unit 2")
    c = d.counters()
    assert (c["splits"], c["rejected"]) == (0, 0)
    d.close()


@pytest.mark.asan
def test_freeing_the_group_hands_everything_back(postgres, sql):
    d = start(postgres.url(), rows=1, flights=1)
    lock = Sql(postgres, "postgres")
    lock.connection.autocommit = False
    lock("LOCK TABLE g IN EXCLUSIVE MODE")
    d.tell("unit 1 r 1", "unit 2 r 1", "unit 3 s 1")
    until(lambda: d.counters()["flying"] == 1)
    d.tell("freegroup")
    assert d.line("unit 1") == "unit 1 rejected unknown connection - closed"
    assert d.line("unit 2") == "unit 2 rejected unsent connection - closed"
    assert d.line("unit 3") == "unit 3 rejected unsent connection - closed"
    lock.connection.rollback()
    lock.close()
    d.close()

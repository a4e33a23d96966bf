"""The audit finds what it is there to find."""

import time

import pytest

from harness.faults import HEAD, NOTE, NOTES_AT
from ledger import Load
from test_cuts import CHAIN

STEP = "kind = 'step' AND step_id = 's2' AND run_id = %s"
# what is spoilt, and what the audit says about it
SPOILT = {
    "DELETE FROM orchestration_runs WHERE run_id = %s": "is not there",
    "UPDATE orchestration_runs SET status = 'running', ended_at = NULL WHERE run_id = %s":
        "is running",
    f"DELETE FROM run_steps WHERE {STEP}": "rows [",
    "INSERT INTO run_steps (run_id, month, seq, epoch, kind, path, step_id, execution)"
    " SELECT run_id, month, 100, epoch, kind, path, step_id, execution FROM run_steps"
    f" WHERE {STEP}": "2 rows of step",
    f"UPDATE run_steps SET epoch = 7 WHERE {STEP}": "epochs [",
    f"UPDATE run_steps SET events = NULL WHERE {STEP}": "events [",
    "UPDATE orchestration_runs SET event_seq = event_seq + 1 WHERE run_id = %s": "event_seq",
}


@pytest.mark.short
def test_the_audit_finds_what_is_wrong(site, faults):
    load = Load(site, faults)
    load.define(CHAIN)
    site.prepare(CHAIN)
    site.start(**faults.env)
    load.submit("chain", 3)
    load.settle()
    load.audit()
    run = next(iter(load.accepted))
    connection = site.postgres.connect(site.database)
    connection.autocommit = False
    real, site.sql = site.sql, lambda text, *values: _sql(connection, text, *values)
    try:
        for statement, said in SPOILT.items():
            real_wrong = _spoil(connection, statement, run, load)
            assert any(said in str(w) for w in real_wrong), (statement, real_wrong)
    finally:
        connection.close()
        site.sql = real
    with site.redis.client() as client:
        stream = f"synapse:run:{run}:events"
        client.xdel(stream, client.xrange(stream)[1][0])
        client.set("synapse:left", "behind")
    wrong = "\n".join(map(str, load.violations()))
    assert "the stream lacks" in wrong and "has no expiry" in wrong

    count = HEAD.unpack_from(faults.map, 0)[3]
    NOTE.pack_into(faults.map, NOTES_AT + count * NOTE.size, _point(faults, "effect.begun"), 1,
                   int(time.monotonic() * 1e6), f"{load.accepted[run]}/s2".encode())
    HEAD.pack_into(faults.map, 0, *HEAD.unpack_from(faults.map, 0)[:3], count + 1, 0)
    assert "after its row was committed" in "\n".join(map(str, load.violations()))


def _sql(connection, text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else None


def _spoil(connection, statement, run, load):
    """What the audit says within a transaction that never commits."""
    _sql(connection, statement, run)
    found = list(load.violations(streams=False))
    connection.rollback()
    return found


def _point(faults, name):
    return next(i for i in range(256) if faults.point_name(i) == name)

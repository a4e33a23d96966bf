"""The lead dies between two writes of a schedule: each moment fires once."""

import time

import pytest

from harness.daemon import DEADLINE_S
from harness.site import orchestration, print_step
from ledger import Load
from test_cuts import QUICK

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))


@pytest.mark.parametrize("point", [
    "schedule.planned", "schedule.freed",
    pytest.param("schedule.noted", marks=pytest.mark.short),
])
def test_the_lead_dies_over_a_schedule(site, faults, point):
    load = Load(site, faults)
    load.define(HELLO)
    site.prepare(HELLO)
    daemon = site.start(**faults.env, **QUICK)
    daemon.wait_event("queue.opened")
    overlap = "queue" if point == "schedule.freed" else "allow"
    status, answer, _ = site.ask("POST", "/api/v2/schedules", {
        "id": "s", "orchestration_id": "hello", "cron": "0 * * * *", "missed": "all",
        "missed_max": 3, "overlap": overlap})
    assert status == 201, answer
    cut = faults.rule(point, "crash", kind="clerk")
    site.sql("UPDATE schedules SET next_at = date_trunc('hour', now()) - interval '2 hours'")
    cut.wait_acted()
    end = time.monotonic() + DEADLINE_S
    while True:
        rows = site.sql("SELECT r.run_id, r.status FROM schedule_fires f"
                        " JOIN orchestration_runs r ON r.run_id = f.run_id")
        if len(rows) == 3 and all(status == "completed" for _, status in rows):
            break
        assert time.monotonic() < end, rows
        time.sleep(0.1)
    faults.clear()
    assert site.sql("SELECT count(*), count(DISTINCT due_at) FROM schedule_fires") == [(3, 3)]
    assert site.sql("SELECT count(*) FROM orchestration_runs") == [(3,)]

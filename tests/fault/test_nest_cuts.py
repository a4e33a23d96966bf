"""Branches, joins, iterations and snapshots, cut where each of them is under way."""

import pytest

from harness.site import llm_step, orchestration, print_step

# The first step makes the runs somebody's: what is lazy has no windows of its own.
NEST = orchestration(
    "nest",
    llm_step("first", "mock.sleep:60", "x", "fork"),
    {"id": "fork", "name": "Fork", "type": "parallel", "next_step_id": "round",
     "parallel_branches": [["a"], ["b", "c"], ["inner"]]},
    llm_step("a", "mock.sleep:20", "A", "round"),
    print_step("b", "B"),
    llm_step("c", "mock.sleep:40", "C {state.out_b}"),
    {"id": "inner", "name": "Inner", "type": "loop", "loop_count": 3,
     "loop_step_ids": ["i"], "next_step_id": "round"},
    llm_step("i", "mock.sleep:10", "I"),
    {"id": "round", "name": "Round", "type": "loop", "loop_count": 90,
     "loop_step_ids": ["r", "s", "t"], "next_step_id": "last"},
    print_step("r", "R"),
    print_step("s", "S"),
    print_step("t", "T"),
    print_step("last", "{state.out_a} {state.out_c}"),
)
STEPS = 1 + 1 + 4 + 3 + 270 + 1 + 1  # each execution has one row; inner is the fourth
QUICK = {"SYNAPSED_RESTART_MIN": "20ms", "SYNAPSED_RESTART_MAX": "200ms",
         "SYNAPSED_RESTART_CEILING": "1000"}


def check(site, run_id):
    answer = site.wait_run(run_id, deadline_s=120)
    assert (answer["status"], answer["final_response"]) == ("completed", "A C B")
    rows = site.sql("SELECT path, execution FROM run_steps WHERE run_id = %s "
                    "AND kind IN ('step', 'join')", run_id)
    assert len(rows) == len(set(rows)) == STEPS  # none twice, none left out
    events = [e["event"] for e in site.entries(run_id) if "sub" not in e["event"]]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    state = next(e for e in events if e["type"] == "orchestration_complete")["final_state"]
    assert [one["iteration"] for one in state["out_t"]] == list(range(1, 91))
    assert [one["iteration"] for one in state["out_i"]] == [1, 2, 3]


POINTS = ["branch.begun", "branches.joined", "snapshot.taken", "step.built", "step.committed",
          "step.published", "resume.begun"]


@pytest.mark.parametrize("point", [
    *POINTS[:2], pytest.param(POINTS[2], marks=pytest.mark.short), *POINTS[3:]])
def test_a_worker_dies_among_paths(site, faults, seed, point):
    site.prepare(NEST)
    if point == "resume.begun":
        zero = faults.rule("step.committed", "crash", kind="worker", nth=seed.randint(5, 60))
        first = faults.rule(point, "crash", kind="worker", after=zero)
    else:
        first = faults.rule(point, "crash", kind="worker", nth=seed.randint(1, 3))
    site.start(**faults.env, **QUICK)
    runs = [site.submit("nest") for _ in range(3)]
    met = first.wait_acted()
    print(f"{met.point} of {faults.whereabouts(met.pid)[0]}")
    for run_id in runs:
        check(site, run_id)
    snapshots = site.sql("SELECT count(*) FROM run_steps WHERE kind = 'snapshot'")[0][0]
    assert snapshots >= len(runs)

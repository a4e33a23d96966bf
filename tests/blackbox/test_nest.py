"""Parallel steps and loops on a real worker, and what another goes on with."""

import time

import pytest
from harness.daemon import DEADLINE_S, run_verb
from harness.site import llm_step, orchestration, print_step

pytestmark = pytest.mark.asan
BRANCHES = 64



def durable(site, run_id):
    events = [e["event"] for e in site.entries(run_id) if "sub" not in e["event"]]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    return events


def of_type(events, kind):
    return [e for e in events if e["type"] == kind]


def rows(site, run_id):
    return [r[0] for r in site.sql(
        "SELECT path FROM run_steps WHERE run_id = %s AND kind <> 'start' ORDER BY seq",
        run_id,
    )]


def wide(count, ms):
    """count branches of one sleep each, the last a bit longer, joined; then a loop."""
    sleeps = [llm_step(f"b{i}", f"mock.sleep:{ms}", f"B{i}") for i in range(count - 1)]
    return orchestration(
        "wide",
        {"id": "fork", "name": "Fork", "type": "parallel", "next_step_id": "round",
         "parallel_branches": [[f"b{i}"] for i in range(count - 1)] + [["c", "d"]]},
        *sleeps,
        print_step("c", "C"),
        llm_step("d", f"mock.sleep:{2 * ms}", "D {state.out_c}"),
        {"id": "round", "name": "Round", "type": "loop", "loop_count": 3,
         "loop_step_ids": ["e"], "next_step_id": "last"},
        print_step("e", "E{state.out_e}"),
        print_step("last", "{state.out_b0} {state.out_d}"),
    )


def test_branches_overlap_and_a_dead_workers_are_gone_on_with(site):
    site.prepare(wide(BRANCHES, 300))
    daemon = site.start()
    (pid,) = daemon.pids("worker")
    run_id = site.submit("wide")
    end = time.monotonic() + DEADLINE_S
    while len(rows(site, run_id)) < BRANCHES:  # all but the longest, which is in flight
        assert time.monotonic() < end
        time.sleep(0.02)
    daemon.kill(pid)
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "B0 D C")
    events = durable(site, run_id)
    starts = [e for e in of_type(events, "step_start") if "branch_index" in e]
    ends = [e for e in of_type(events, "step_complete") if "branch_index" in e]
    # they began before the first of them had ended, and none is told twice
    firsts = {e["path"]: e["seq"] for e in reversed(starts)}
    sleeps_end = [e["seq"] for e in ends if e["orch_step_id"].startswith("b")]
    assert len(firsts) == BRANCHES and max(firsts.values()) < min(sleeps_end)
    assert len(starts) == len(ends) == BRANCHES + 1
    assert len(of_type(events, "branch_start")) == BRANCHES
    for kind in ("parallel_start", "parallel_complete", "loop_complete", "done"):
        assert len(of_type(events, kind)) == 1
    assert len(of_type(events, "worker_picked_up")) == 2
    paths = rows(site, run_id)
    assert len(paths) == len(set(paths)) == BRANCHES + 1 + 1 + 3 + 1 + 1
    state = of_type(events, "orchestration_complete")[0]["final_state"]
    assert [one["iteration"] for one in state["out_e"]] == [1, 2, 3]


def test_a_failed_run_goes_on_with_what_failed_or_elsewhere(site):
    site.prepare(orchestration(
        "forked",
        {"id": "fork", "name": "Fork", "type": "parallel", "next_step_id": "last",
         "parallel_branches": [["a"], ["b", "bad"]]},
        llm_step("a", "mock.sleep:60", "A"),
        print_step("b", "B"),
        llm_step("bad", "mock.fail:tool"),
        print_step("last", "{state.out_a} {state.out_b}"),
    ))
    daemon = site.start()
    run_id = site.submit("forked")
    path = f"/api/v2/orchestrations/runs/{run_id}/resume-failed"
    assert site.wait_run(run_id)["status"] == "failed"
    assert site.ask("POST", "/api/v2/orchestrations/runs/run_x/resume-failed")[0] == 404
    status, answer = site.ask("POST", path, {"from_step": "nowhere"})[:2]
    assert (status, answer["code"]) == (422, "step_not_found")
    assert site.ask("POST", path, {"from_step": 7})[0] == 422
    assert site.ask("POST", path, [])[0] == 422

    status, answer = site.ask("POST", path)[:2]
    assert (status, answer["status"], answer["attempt"]) == (202, "queued", 2)
    assert site.wait_run(run_id)["status"] == "failed"  # what failed failed again
    paths = rows(site, run_id)
    assert paths.count("fork#0/a") == paths.count("fork#1/b") == 1
    assert paths.count("fork#1/bad") == paths.count("fork") == 2

    done = run_verb("run", "resume-failed", "--url", f"http://127.0.0.1:{daemon.api_port}",
                    "--from-step", "last", run_id, env={**site.env, "SYNAPSED_KEY": site.key})
    assert done.stdout.decode() == f"{run_id} goes on, attempt 3\n", done.stderr
    answer = site.wait_run(run_id, "completed")
    assert site.ask("POST", path)[1]["code"] == "run_not_failed"
    assert answer["error"] is None
    events = durable(site, run_id)
    assert len(of_type(events, "worker_picked_up")) == 3
    assert len(of_type(events, "orchestration_start")) == 1


def test_the_journal_of_a_loop_grows_by_the_same_in_each_iteration(site):
    site.prepare(orchestration(
        "rounds",
        llm_step("first", "mock.sleep:60", "x", "round"),  # from here on it is somebody's
        {"id": "round", "name": "Round", "type": "loop", "loop_count": 100,
         "loop_step_ids": ["a", "b"]},
        print_step("a", "A{state.user_input}"),
        print_step("b", "B"),
    ))
    site.start()
    run_id = site.submit("rounds")
    assert site.wait_run(run_id)["status"] == "completed"
    sizes = [int(n) for (n,) in site.sql(
        "SELECT sum(length(delta) + length(events)) FROM run_steps WHERE run_id = %s"
        " AND path LIKE 'round#%%' AND kind = 'step'"
        " GROUP BY split_part(path, '/', 1) ORDER BY min(seq)", run_id)]
    assert len(sizes) == 100
    # but for the digits of its number and of seq, and the last, which announces none
    assert max(sizes[9:99]) - min(sizes[9:99]) <= 40
    assert max(sizes) <= 1.5 * sizes[0]


def test_what_the_options_bound_is_refused_or_waits(site):
    loop = {"id": "l", "name": "L", "type": "loop", "loop_step_ids": ["p"]}
    site.prepare(
        orchestration("long", {**loop, "loop_count": 4}, print_step("p", "P")),
        orchestration("much", {**loop, "loop_count": 3, "next_step_id": "m"},
                      print_step("p", "P"),
                      {**loop, "id": "m", "name": "M", "loop_count": 3}),
        orchestration("forked", {"id": "f", "name": "F", "type": "parallel",
                                 "parallel_branches": [["a"], ["b"]]},
                      llm_step("a", "mock.sleep:50"), llm_step("b", "mock.sleep:1")),
    )
    site.start(SYNAPSED_ENGINE_LOOP_MAX="3", SYNAPSED_ENGINE_MAX_STEPS="6",
               SYNAPSED_ENGINE_PARALLEL_MAX="1")
    for name, said in (("long", "has 4 iterations, more than 3"),
                       ("much", "Limit of 6 steps in one run exceeded")):
        answer = site.wait_run(site.submit(name))
        assert answer["status"] == "failed" and said in answer["error"]["message"], answer
    run_id = site.submit("forked")
    assert site.wait_run(run_id)["status"] == "completed"
    told = [(e["type"], e["orch_step_id"]) for e in durable(site, run_id)
            if e["type"] in ("step_start", "step_complete") and "branch_index" in e]
    assert told == [("step_start", "a"), ("step_complete", "a"),
                    ("step_start", "b"), ("step_complete", "b")]

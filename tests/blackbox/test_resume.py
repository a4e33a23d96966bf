"""Runs go on where their journal ends: after a drain, after a death."""

import signal
import time

import pytest
from harness import audit
from harness.daemon import DEADLINE_S
from harness.fake_llm import FakeLLM
from harness.site import llm_step, orchestration

NAMES = [f"s{i}" for i in range(10)]
TEN = orchestration(
    "ten",
    *(llm_step(n, "mock.sleep:500", f"{n} {{state.user_input}}", after)
      for n, after in zip(NAMES, NAMES[1:] + [None])),
)


def committed(site, run_id):
    return [r[0] for r in site.sql(
        "SELECT step_id FROM run_steps WHERE run_id = %s AND kind = 'step' ORDER BY seq",
        run_id,
    )]


def wait_steps(site, run_id, count):
    end = time.monotonic() + DEADLINE_S
    while len(committed(site, run_id)) < count:
        assert time.monotonic() < end, committed(site, run_id)
        time.sleep(0.02)


def check_whole(site, run_id, owners):
    """Each step once, events without a gap, history and state of one undisturbed run."""
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "s9 x")
    assert committed(site, run_id) == NAMES
    entries = [e for e in site.entries(run_id) if "sub" not in e["event"]]  # durable
    events = [e["event"] for e in entries]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    types = [e["type"] for e in events]
    assert types.count("orchestration_start") == types.count("done") == 1
    assert types.count("worker_picked_up") == owners
    for kind in ("step_start", "step_complete"):
        assert [e["orch_step_id"] for e in events if e["type"] == kind] == NAMES
    history = events[-2]["data"]["step_history"]
    assert [h["step_id"] for h in history] == NAMES
    state = events[-2]["data"]["shared_state"]
    assert all(state[f"out_{n}"] == f"{n} x" for n in NAMES)
    stored = site.sql(
        "SELECT events::json FROM run_steps WHERE run_id = %s ORDER BY seq", run_id
    )
    assert [p for (row,) in stored for p in row or []] == [
        [e["id"], e["event"]] for e in entries
    ]


def test_a_drained_run_goes_on_elsewhere_behind_its_last_step(site):
    site.prepare(TEN)
    first = site.start()
    run_id = site.submit("ten", "x")
    wait_steps(site, run_id, 2)
    second = site.start()
    site.daemons.reverse()  # the API that answers is the second's
    first.stop(signal.SIGTERM)
    assert first.find("queue.handback")
    done = committed(site, run_id)
    assert len(done) < 10
    second.wait_event("run.resumed", run=run_id)
    check_whole(site, run_id, owners=2)
    with site.redis.client() as client:
        audit.check(client, "default")


def test_a_drain_cuts_a_step_that_takes_too_long(site):
    site.prepare(orchestration("nap", llm_step("nap", "mock.sleep:600000")))
    first = site.start(SYNAPSED_DRAIN_LEAF="200ms")
    run_id = site.submit("nap", "x")
    site.wait_run(run_id, "running")
    first.stop(signal.SIGTERM)
    assert first.find("run.step_cut", run=run_id)
    second = site.start(SYNAPSED_DRAIN_LEAF="200ms")
    second.wait_event("run.resumed", run=run_id)


def test_a_run_goes_on_where_the_decision_of_a_dead_worker_sent_it(site):
    """The step announced behind a decision is cut off; the graph's next step is another."""
    site.prepare(orchestration(
        "late",
        llm_step("first", "mock.echo", "x", "if"),
        {"id": "if", "name": "If", "type": "if_else", "output_key": "seen",
         "if_condition": "state.out_first == 'x'", "if_true_step_id": "which",
         "next_step_id": "never"},
        {"id": "which", "name": "Which", "type": "switch", "next_step_id": "never",
         "switch_expression": "len(state.out_first)", "switch_cases": {"1": "nap"}},
        llm_step("nap", "oaic.m", "zz"),
        llm_step("never", "mock.echo", "never"),
    ))
    with FakeLLM() as llm:
        llm.next("stall")
        daemon = site.start(OPENAI_COMPATIBLE_BASE_URL=llm.url, OPENAI_COMPATIBLE_KEY="k")
        (pid,) = daemon.pids("worker")
        run_id = site.submit("late")
        llm.wait_call(model="m")
        daemon.kill(pid)
        assert site.wait_run(run_id)["status"] == "completed"
    assert committed(site, run_id) == ["first", "if", "which", "nap"]
    events = [e["event"] for e in site.entries(run_id) if "sub" not in e["event"]]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    types = [e["type"] for e in events]
    assert types.count("worker_picked_up") == 2
    assert types.count("if_decision") == types.count("switch_decision") == 2
    assert [e["orch_step_id"] for e in events if e["type"] == "step_start"] == [
        "first", "if", "which", "nap"]


@pytest.mark.asan
def test_a_killed_workers_run_goes_on_behind_its_last_step(site):
    site.prepare(TEN)
    daemon = site.start()
    run_id = site.submit("ten", "x")
    wait_steps(site, run_id, 3)
    (pid,) = daemon.pids("worker")
    daemon.kill(pid)
    daemon.wait_event("run.resumed", run=run_id)
    check_whole(site, run_id, owners=2)


@pytest.mark.asan
def test_an_entry_of_an_ended_run_is_settled(site):
    """Its events are published again from the journal, with the ids that they had."""
    site.prepare(TEN, orchestration("one", llm_step("one", "mock.echo")))
    daemon = site.start()
    run_id = site.submit("one", "x")
    site.wait_run(run_id)
    before = [e for e in site.entries(run_id) if "sub" not in e["event"]]
    with site.redis.client() as client:
        client.delete(f"synapse:run:{run_id}:events")
        packed = audit.pack(
            run_id.encode(), tenant=b"default", from_=b"nobody.00000000",
            payload=b'{"d":"one","v":1,"m":"x"}',
        )
        job = f"{run_id}:1"
        prefix = "synapse:q:{default}:"
        with client.pipeline() as p:
            p.hset(prefix + "jobs", job, packed)
            p.zadd(prefix + "ready:-:default", {job: 0})
            p.zadd(prefix + "tenants:-", {"default": 0})
            p.hincrby(prefix + "queued", "default", 1)
            p.hincrby(prefix + "queued", "*", 1)
            p.execute()
    daemon.wait_event("run.settled", run=run_id)
    assert site.entries(run_id) == before


@pytest.mark.asan
def test_a_run_whose_journal_cannot_be_read_ends_failed(site):
    """Its end comes behind the last row, wherever the one is that nobody can read."""
    site.prepare(TEN)
    first = site.start()
    run_id = site.submit("ten", "x")
    wait_steps(site, run_id, 3)
    first.stop(signal.SIGTERM)
    rows = site.sql("SELECT max(seq) FROM run_steps")[0][0]
    site.sql("UPDATE run_steps SET events = 'no list' WHERE seq = 2")
    site.start(expect_errors=("run.journal_unreadable", "run.journal_unusable"))
    site.daemons.reverse()
    answer = site.wait_run(run_id)
    assert answer["status"] == "failed"
    assert answer["final_response"].startswith("the run cannot be continued")
    assert site.sql("SELECT max(seq) FROM run_steps") == [(rows + 1,)]

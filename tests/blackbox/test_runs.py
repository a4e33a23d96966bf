"""Runs from HTTP to their end: the main job of the program."""

import json
import signal
import time

import pytest
from harness.site import llm_step, orchestration, print_step

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
THREE = orchestration(
    "three",
    print_step("one", "1 {state.user_input}", "two"),
    llm_step("two", "mock.echo", "2 {state.out_one}", "three"),
    {"id": "three", "name": "three", "type": "end"},
)
SLEEPER = orchestration("sleeper", llm_step("nap", "mock.sleep:400"))

ORDER = ["worker_picked_up", "orchestration_start", "step_start", "final",
         "step_complete", "orchestration_complete", "final", "done"]


def test_a_run_goes_from_post_to_its_final_response(site):
    site.prepare(HELLO).start()
    run_id = site.submit("hello", "world")
    answer = site.wait_run(run_id)
    assert answer["status"] == "completed"
    assert answer["final_response"] == "Hello world!"
    assert answer["error"] is None
    assert answer["orchestration_id"] == "hello"
    events = site.events(run_id)
    assert [e["type"] for e in events] == ORDER
    assert [e["seq"] for e in events] == list(range(1, 9))


def test_a_run_of_one_step_is_one_journal_row_with_the_ids_of_the_stream(site):
    site.prepare(HELLO).start()
    run_id = site.submit("hello", "journal")
    site.wait_run(run_id)
    rows = site.sql(
        "SELECT seq, kind, step_id, epoch, events::json FROM run_steps WHERE run_id = %s",
        run_id,
    )
    assert [(r[0], r[1], r[2], r[3]) for r in rows] == [(1, "step", "say", 1)]
    assert [[e["id"], e["event"]] for e in site.entries(run_id)] == rows[0][4]


@pytest.mark.asan
def test_steps_follow_each_other_and_end_ends(site):
    site.prepare(THREE).start()
    run_id = site.submit("three", "x")
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "2 1 x")
    started = [e["orch_step_id"] for e in site.events(run_id) if e["type"] == "step_start"]
    assert started == ["one", "two", "three"]


@pytest.mark.asan
def test_the_steps_of_a_run_are_its_journal(site):
    site.prepare(THREE).start()
    run_id = site.submit("three", "x")
    site.wait_run(run_id)

    def page(query=""):
        path = f"/api/v2/orchestrations/runs/{run_id}/steps{query}"
        status, answer, _ = site.ask("GET", path)
        assert status == 200
        assert (answer["run_id"], answer["count"]) == (run_id, len(answer["steps"]))
        return answer["steps"], answer["next"]

    steps, following = page()
    assert following is None
    names = ("seq", "kind", "path", "step_id", "execution")
    assert [tuple(s[n] for n in names) for s in steps] == site.sql(
        "SELECT seq, kind, path, step_id, execution FROM run_steps"
        " WHERE run_id = %s ORDER BY seq", run_id
    )
    # the end step changed nothing: its events ride in the row before
    assert [s["step_id"] for s in steps] == ["one", "two"]
    assert [s["usage"] and s["usage"][0]["model"] for s in steps] == [None, "mock.echo"]
    assert set(steps[0]) == {*names, "error", "usage", "at"}
    assert all(s["at"].endswith("+00:00") for s in steps)
    paged, following = [], 1
    while following:
        some, following = page(f"?limit=1&from={following}")
        paged += some
    assert paged == steps
    assert page(f"?from={steps[-1]['seq'] + 1}") == ([], None)


def test_two_sleeping_runs_overlap(site):
    site.prepare(SLEEPER).start()
    runs = [site.submit("sleeper") for _ in range(2)]
    for run_id in runs:
        site.wait_run(run_id)
    spans = site.sql(
        "SELECT picked_up_at, ended_at FROM orchestration_runs ORDER BY picked_up_at"
    )
    assert spans[1][0] < spans[0][1]


@pytest.mark.asan
def test_a_run_that_stays_is_taken_over(site):
    """After 50 ms a run is somebody's: it says `running`, with an owner and an epoch."""
    site.prepare(orchestration("nap", llm_step("nap", "mock.sleep:3000"))).start()
    run_id = site.submit("nap")
    site.wait_run(run_id, "running")
    epoch, owner, worker = site.sql(
        "SELECT epoch, owner, worker_id FROM orchestration_runs WHERE run_id = %s", run_id
    )[0]
    assert epoch == 1 and owner.startswith(worker + ".")
    assert site.wait_run(run_id)["status"] == "completed"
    kinds = site.sql(
        "SELECT seq, kind FROM run_steps WHERE run_id = %s ORDER BY seq", run_id
    )
    assert kinds == [(1, "start"), (2, "step")]


@pytest.mark.asan
def test_a_step_that_fails_fails_the_run_and_says_why(site):
    site.prepare(orchestration("bad", llm_step("ask", "mock.fail:provider"))).start()
    answer = site.wait_run(site.submit("bad"))
    assert answer["status"] == "failed"
    assert answer["error"]["class"] == "provider"
    assert answer["error"]["step_id"] == "ask"
    _, journal, _ = site.ask(
        "GET", f"/api/v2/orchestrations/runs/{answer['run_id']}/steps"
    )
    errors = [s["error"] for s in journal["steps"] if s["error"]]
    assert [(e["class"], e["step_id"]) for e in errors] == [("provider", "ask")]


@pytest.mark.asan
def test_a_large_input_comes_from_the_row(site):
    """Beyond 8 KiB the entry carries no input: the takeover brings it."""
    site.prepare(HELLO).start()
    text = "ü" * 20000
    answer = site.wait_run(site.submit("hello", text))
    assert answer["final_response"] == f"Hello {text}!"


def test_inputs_are_merged_into_the_state(site):
    site.prepare(orchestration("greet", print_step("p", "{state.who} {state.n}"))).start()
    answer = site.wait_run(site.submit("greet", inputs={"who": "Ada", "n": 7}))
    assert answer["final_response"] == "Ada 7"


@pytest.mark.parametrize("strategy, merged", [
    ("dict", {"one (one)": "1 x", "two (two)": "2 1 x"}),
    ("concat", "[one (one)]:\n1 x\n\n[two (two)]:\n2 1 x"),
    ("anything", [{"source": "one (one)", "data": "1 x"},
                  {"source": "two (two)", "data": "2 1 x"}]),
])
def test_a_merge_puts_the_outputs_of_steps_together(site, strategy, merged):
    site.prepare(orchestration(
        "page",
        print_step("one", "1 {state.user_input}", "two"),
        print_step("two", "2 {state.out_one}", "both"),
        {"id": "both", "name": "both", "type": "merge", "merge_strategy": strategy,
         "input_keys": ["out_one", "out_two", "nowhere"], "output_key": "page"},
    )).start()
    run_id = site.submit("page", "x")
    assert site.wait_run(run_id)["status"] == "completed"
    events = site.events(run_id)
    known = strategy if strategy in ("dict", "concat") else "list"
    assert [
        (e["orch_step_id"], e["input_count"], e["strategy"])
        for e in events if e["type"] == "merge_complete"
    ] == [("both", 2, known)]
    assert events[-3]["final_state"]["page"] == merged
    # nothing was sent anywhere: the run is one commit of rows at its end
    assert site.sql("SELECT epoch, step_id FROM run_steps ORDER BY seq")[-1] == (1, "both")


CHOICE = orchestration(
    "choice",
    {"id": "big", "name": "Big?", "type": "if_else", "output_key": "is_big",
     "if_condition": "state.total > 10 and state.tags[0] in ('a', 'b')",
     "if_true_step_id": "lang", "if_false_step_id": "none"},
    {"id": "lang", "name": "Lang", "type": "switch", "output_key": "code",
     "switch_expression": "state.user.lang.lower()[:2]",
     "switch_cases": {"fr": "salut", "xx": None}, "switch_default_step_id": "none"},
    print_step("salut", "salut"),
    print_step("none", "none"),
)


@pytest.mark.asan
@pytest.mark.parametrize("inputs, steps, targets", [
    ({"total": 11, "tags": ["b"], "user": {"lang": "FR-ca"}},
     ["big", "lang", "salut"], ["lang", "salut"]),
    ({"total": 11, "tags": ["b"], "user": {"lang": "de"}},
     ["big", "lang", "none"], ["lang", "none"]),
    ({"total": 11, "tags": ["a"], "user": {"lang": "xx"}}, ["big", "lang"], ["lang", None]),
    ({"total": 10, "tags": ["a"]}, ["big", "none"], ["none"]),
])
def test_conditions_and_switches_decide_where_a_run_goes(site, inputs, steps, targets):
    site.prepare(CHOICE).start()
    run_id = site.submit("choice", "x", inputs=inputs)
    assert site.wait_run(run_id)["status"] == "completed"
    events = site.events(run_id)
    assert [e["orch_step_id"] for e in events if e["type"] == "step_start"] == steps
    told = [e for e in events if e["type"] in ("if_decision", "switch_decision")]
    assert [e["target_step_id"] for e in told if "target_step_id" in e] == targets
    assert told[0]["condition"] == CHOICE["steps"][0]["if_condition"]
    assert told[0]["result"] == ("true" if len(targets) == 2 else "false")
    state = events[-3]["final_state"]
    assert state["is_big"] is (len(targets) == 2)
    assert state["_if_decision_big"] == told[0]["result"]
    if len(targets) == 2:
        assert state["code"] == inputs["user"]["lang"].lower()[:2]
        assert told[2]["value"] == state["code"]


def test_a_condition_without_an_answer_warns_and_is_false(site):
    site.prepare(CHOICE).start()
    run_id = site.submit("choice", "x")
    assert site.wait_run(run_id)["status"] == "completed"
    events = site.events(run_id)
    assert [(e["orch_step_id"], e["message"]) for e in events
            if e["type"] == "step_warning"] == [
        ("big", "if_condition: '>' is not defined between 'NoneType' and 'int', column 13")]
    assert events[-3]["final_state"]["is_big"] is False


@pytest.mark.asan
def test_a_small_event_max_cuts_what_is_long_and_says_so(site):
    site.prepare(HELLO).start(SYNAPSED_ENGINE_EVENT_MAX="4KiB")
    run_id = site.submit("hello", "x" * 10000)
    whole = f"Hello {'x' * 10000}!"
    assert site.wait_run(run_id)["final_response"] == whole
    events = site.events(run_id)
    assert [e["type"] for e in events] == ORDER
    cut = [e["type"] for e in events if e.get("truncated")]
    assert cut == ["final", "orchestration_complete", "final"]
    for event in events:
        if event["type"] == "final":
            assert len(event["response"]) > 500 and whole.startswith(event["response"])
    assert events[5]["final_state"] == events[6]["data"]["shared_state"] == {}
    with site.redis.client() as client:
        entries = client.xrange(f"synapse:run:{run_id}:events")
    assert max(len(fields[b"data"]) for _, fields in entries) <= 4096
    # what is short enough stays whole
    events = site.events(site.submit("hello", "y"))
    assert not [e for e in events if "truncated" in e]
    assert events[5]["final_state"]["user_input"] == "y"


@pytest.mark.asan
def test_a_thousand_runs_in_bulk_all_end_once(site):
    site.prepare(HELLO)
    daemon = site.start(SYNAPSED_LIMITS_RATE_PER_TENANT="0")
    body = {"runs": [{"message": str(i)} for i in range(1000)]}
    status, answer, _ = site.ask("POST", "/api/v2/orchestrations/hello/runs", body)
    assert status == 202
    runs = [r["run_id"] for r in answer["runs"]]
    assert len(set(runs)) == 1000
    for run_id in runs:
        site.wait_run(run_id)
    assert site.sql(
        "SELECT status, count(*), count(DISTINCT run_id) FROM orchestration_runs GROUP BY 1"
    ) == [("completed", 1000, 1000)]
    # a run that waited for its turn was taken over first: that is a row more
    assert site.sql("SELECT count(*) FROM run_steps"
                    " WHERE position('\"type\":\"done\"' in events) > 0") == [(1000,)]
    assert site.sql("SELECT count(*) FROM run_steps WHERE kind NOT IN ('start', 'step')"
                    ) == [(0,)]
    _, stats, _ = site.ask("GET", "/api/v2/queue/stats")
    assert (stats["queued"], stats["active"]) == (0, 0)
    counters, end = {"runs_ended": 0}, time.monotonic() + 30
    while counters["runs_ended"] < 1000:  # the row ends first, the worker hears of it
        assert time.monotonic() < end, counters
        out = site.verb("status", "--set", f"run_dir={daemon.run_dir}", "-o", "json").stdout
        (counters,) = [c["counters"] for c in json.loads(out)["children"]
                       if c["kind"] == "worker"]
    assert 0 < counters["commits"] < 1000  # grouped


def test_the_environment_alone_starts_everything(site):
    """The six variables of the stock deployment, nothing else."""
    site.prepare(HELLO)
    daemon = site.start(WORKER_CONCURRENCY="7")
    _, workers, _ = site.ask("GET", "/api/v2/workers")
    end = time.monotonic() + 30
    while not workers and time.monotonic() < end:
        _, workers, _ = site.ask("GET", "/api/v2/workers")
    assert [w["max_jobs"] for w in workers] == [7]
    assert site.wait_run(site.submit("hello", "env"))["status"] == "completed"
    assert len(daemon.pids("worker")) == 1


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_a_killed_worker_is_replaced_at_once(site, busy):
    site.prepare(HELLO, SLEEPER)
    daemon = site.start()
    if busy:
        site.wait_run(site.submit("sleeper"), "running", "completed")
    (pid,) = daemon.pids("worker")
    since = daemon.mark()
    killed_at = time.monotonic()
    daemon.kill(pid)
    daemon.wait_event("child.ready", since=since, child_kind="worker")
    # the promise is a second; the verdict is generous, the figure is printed
    took_s = time.monotonic() - killed_at
    print(f"worker back after {took_s * 1000:.0f} ms")
    assert took_s < 10
    assert site.wait_run(site.submit("hello", "again"))["status"] == "completed"


def test_drain_lets_runs_end(site):
    site.prepare(SLEEPER)
    daemon = site.start()
    run_id = site.submit("sleeper")
    site.wait_run(run_id, "running", "completed")
    daemon.stop(signal.SIGTERM)
    assert site.sql("SELECT status FROM orchestration_runs") == [("completed",)]


@pytest.mark.asan
def test_a_worker_of_several_queues_has_no_more_runs_than_slots(site):
    names = [f"q{i}" for i in range(6)]
    site.prepare(orchestration("nap", llm_step("s", "mock.sleep:100")))
    site.start(SYNAPSED_ROLES="api", SYNAPSED_QUEUE_NAMES=",".join(names),
               SYNAPSED_LIMITS_RATE_PER_TENANT="0")
    runs = [site.submit("nap", tenant_id=f"t{i % 30}") for i in range(120)]
    assert len(site.sql("SELECT DISTINCT queue FROM orchestration_runs")) > 3
    site.start(SYNAPSED_ROLES="worker,keeper", SYNAPSED_QUEUE_NAMES=",".join(names),
               SYNAPSED_WORKER_SLOTS="8", WORKER_ID="small")
    with site.redis.client() as client:
        most, end = 0, time.monotonic() + 60
        left = set(runs)
        while left and time.monotonic() < end:
            with client.pipeline() as ask:  # one transaction: one moment
                for name in names:
                    ask.hget(f"synapse:q:{{{name}}}:running", "*")
                most = max(most, sum(int(n or 0) for n in ask.execute()))
            done = site.sql("SELECT run_id FROM orchestration_runs WHERE status ="
                            " 'completed'")
            left -= {r for (r,) in done}
    assert not left and 0 < most <= 8, most

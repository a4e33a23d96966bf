"""Events on their way to clients: GET .../runs/{run_id}/stream."""

import http.client
import json
import os
import random
import signal
import threading
import time

import pytest
from harness.daemon import run_verb
from harness.site import llm_step, orchestration, print_step
from harness.stream import open_stream, read_all

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
SLEEPER = orchestration("sleeper", print_step("one", "1", "nap"),
                        llm_step("nap", "mock.sleep:700", next_id="two"),
                        print_step("two", "2"))
LONG = orchestration("long", print_step("a", "1", "nap"),
                     llm_step("nap", "mock.sleep:5000", next_id="b"), print_step("b", "2"))
TOKENS = orchestration("tokens", print_step("one", "1", "talk"),
                       llm_step("talk", "mock.tokens:40:10", next_id="two"),
                       print_step("two", "2"))
ORDER = ["worker_picked_up", "orchestration_start", "step_start", "final",
         "step_complete", "orchestration_complete", "final", "done"]


def key_of(run_id):
    return f"synapse:run:{run_id}:events"


def stored(site, run_id):
    """What the journal says: [(id, seq)]."""
    rows = site.sql("SELECT events::json FROM run_steps WHERE run_id = %s"
                    " AND events IS NOT NULL ORDER BY seq", run_id)
    return [(id, event["seq"]) for (events,) in rows for id, event in events]


def durables(events):
    return [(e.id, e.data["seq"]) for e in events if e.durable]


@pytest.mark.asan
def test_a_client_sees_a_run_from_its_first_event_to_its_end(site):
    site.prepare(SLEEPER).start()
    run_id = site.submit("sleeper")
    with open_stream(site, run_id) as stream:
        events = list(stream)
    assert stream.status == 200
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-cache"
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["connection"] == "keep-alive"
    assert stream.retry == "2000"
    assert stream.ended
    assert events[-1].text == '{"type":"stream_complete"}'
    assert durables(events) == stored(site, run_id)
    assert [e.data["seq"] for e in events if e.durable] == list(
        range(1, len(stored(site, run_id)) + 1))
    ids = [tuple(map(int, e.id.split("-"))) for e in events[:-1]]
    assert ids == sorted(set(ids))
    with site.redis.client(decode_responses=True) as redis:
        entries = redis.xrange(key_of(run_id))
    assert [(e.id, e.text) for e in events[:-1]] == [(i, f["data"]) for i, f in entries]


def test_a_run_that_ended_is_served_whole_and_from_every_event_on(site):
    site.prepare(HELLO).start()
    run_id = site.submit("hello", "you")
    site.entries(run_id)
    events = read_all(site, run_id)
    assert [e.type for e in events] == ORDER
    for i, event in enumerate(events):
        rest = read_all(site, run_id, event.id)
        assert [e.text for e in rest] == [e.text for e in events[i + 1:]]
    # the query does as well, and an id before the first is the start
    path = f"/api/v2/orchestrations/runs/{run_id}/stream?last_event_id={events[2].id}"
    with open_stream(site, run_id, path=path) as stream:
        assert [e.id for e in stream][:-1] == [e.id for e in events[3:]]
    assert len(read_all(site, run_id, "1-1")) == len(events)


def test_what_is_not_there_or_no_id_is_refused(site):
    site.prepare(HELLO).start()
    for path, headers, status in (
        ("/api/v2/orchestrations/runs/run_none/stream", {}, 404),
        ("/api/v2/orchestrations/runs/run_none/stream", {"Last-Event-ID": "x"}, 422),
    ):
        got, answer, _ = site.ask("GET", path, headers=headers)
        assert got == status, answer
    run_id = site.submit("hello")
    site.entries(run_id)
    path = f"/api/v2/orchestrations/runs/{run_id}/stream"
    status, _, headers = site.ask("HEAD", path)
    assert (status, headers["Content-Type"][:17]) == (200, "text/event-stream")
    assert site.ask("GET", path, key=False)[0] in (401, 403)


@pytest.mark.asan
def test_what_the_stream_lacks_comes_from_the_journal(site):
    site.prepare(SLEEPER, HELLO).start()
    ended = site.submit("hello", "gone")
    site.entries(ended)
    before = read_all(site, ended)
    with site.redis.client() as redis:
        redis.delete(key_of(ended))
        assert [(e.id, e.text) for e in read_all(site, ended)] == [
            (e.id, e.text) for e in before]
        for i, event in enumerate(before):
            assert [e.id for e in read_all(site, ended, event.id)] == [
                e.id for e in before[i + 1:]]

        # the head alone, and the middle
        for hole in (slice(0, 3), slice(3, 5), slice(6, 8), slice(0, 7)):
            redis.delete(key_of(ended))
            for event in before[:hole.start] + before[hole.stop:]:
                redis.xadd(key_of(ended), {"data": event.text}, event.id)
            assert [e.text for e in read_all(site, ended)] == [e.text for e in before]

        # a live one loses its stream under a client's hands
        run_id = site.submit("sleeper")
        with open_stream(site, run_id) as stream:
            events = []
            for event in stream:
                events.append(event)
                if event.type == "step_start" and event.data["orch_step_id"] == "nap":
                    redis.delete(key_of(run_id))
        assert durables(events) == stored(site, run_id)
        assert durables(read_all(site, run_id)) == stored(site, run_id)


def test_pages_of_events_come_from_the_journal_where_the_stream_has_holes(site):
    site.prepare(HELLO).start()
    run_id = site.submit("hello", "pages")
    whole = site.entries(run_id)

    def page(query=""):
        path = f"/api/v2/orchestrations/runs/{run_id}/events{query}"
        status, answer, _ = site.ask("GET", path)
        assert status == 200 and answer["count"] == len(answer["events"]), answer
        return answer["events"], answer["next"]

    with site.redis.client() as redis:
        entries = redis.xrange(key_of(run_id))
        for hole in (slice(0, 3), slice(3, 5), slice(6, 8), slice(0, 8)):
            redis.delete(key_of(run_id))
            for id, fields in entries[:hole.start] + entries[hole.stop:]:
                redis.xadd(key_of(run_id), fields, id)
            assert page() == (whole, None)
            paged, following = [], "-"
            while following:
                some, following = page(f"?limit=3&start={following}")
                paged += some
            assert paged == whole
            first, last = whole[2]["id"], whole[5]["id"]
            assert page(f"?start={first}&end={last}") == (whole[2:6], None)
            assert page(f"?start=({first}&end=({last}") == (whole[3:5], None)


@pytest.mark.asan
def test_history_that_is_nowhere_is_a_gap(site):
    site.prepare(HELLO).start()
    run_id = site.submit("hello")
    site.entries(run_id)
    events = read_all(site, run_id)
    site.sql("DELETE FROM run_steps WHERE run_id = %s", run_id)
    with site.redis.client() as redis:
        redis.xdel(key_of(run_id), *(e.id for e in events[:3]))
        got = read_all(site, run_id)
        assert got[0].text == '{"type":"gap","from_seq":1,"to_seq":3}'
        assert got[0].id is None
        assert [e.text for e in got[1:]] == [e.text for e in events[3:]]
        redis.delete(key_of(run_id))
        assert [e.text for e in read_all(site, run_id)] == ['{"type":"gap","from_seq":1}']


@pytest.mark.long
def test_a_run_that_ended_without_the_stream_hearing_of_it_is_ended(site):
    """The stream loses its last events when nobody can publish them again."""
    site.prepare(SLEEPER).start()
    run_id = site.submit("sleeper")
    with open_stream(site, run_id, deadline_s=120) as stream:
        events = []
        for event in stream:
            events.append(event)
            if event.type == "step_start" and event.data["orch_step_id"] == "nap":
                # another writer's id far ahead: ours are refused as old ones
                with site.redis.client() as redis, redis.pipeline() as both:
                    both.xadd(key_of(run_id), {"data": '{"type":"status"}'},
                              "99999999999999-0")
                    both.xdel(key_of(run_id), "99999999999999-0")
                    both.execute()
    assert durables(events) == stored(site, run_id)
    assert events[-1].type == "stream_complete"


def test_clients_of_a_run_share_one_tail(site):
    site.prepare(TOKENS).start()
    run_id = site.submit("tokens")
    results = [None] * 5

    def one(i):
        results[i] = read_all(site, run_id)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(5)]
    with site.redis.client() as redis:
        reads = redis.info("commandstats").get("cmdstat_xrange", {"calls": 0})["calls"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        reads = redis.info("commandstats")["cmdstat_xrange"]["calls"] - reads
    for events in results:
        assert durables(events) == stored(site, run_id)
    assert reads < 2 * len(results[0]) + 40


@pytest.mark.asan
def test_a_client_that_does_not_read_is_cut_off_and_goes_on_later(site):
    steps = [{**print_step(f"s{i}", "{state.user_input}", f"s{i + 1}" if i < 79 else None),
              "output_key": "out"} for i in range(80)]
    slow = orchestration("slow", llm_step("nap", "mock.sleep:500", next_id="s0"), *steps,
                         max_total_turns=200)
    site.prepare(slow).start(SYNAPSED_EVENTS_CLIENT_BUFFER="128KiB")
    run_id = site.submit("slow", "x" * 60000)
    with open_stream(site, run_id, receive_buffer=4096) as stream:
        first = next(iter(stream))
        site.wait_run(run_id)
        time.sleep(1)
        events = [first, *stream]
        assert not stream.ended
        last = stream.last_id
    assert len(events) < len(stored(site, run_id))
    events += read_all(site, run_id, last)
    assert durables(events) == stored(site, run_id)


def test_streams_end_when_their_process_drains_and_go_on_in_another(site):
    site.prepare(LONG).start()
    daemon = site.daemons[0]
    run_id = site.submit("long")
    with open_stream(site, run_id) as stream:
        first = next(iter(stream))
        os.kill(daemon.child("api"), signal.SIGTERM)
        events = [first, *stream]
        assert stream.ended
    assert events[-1].type != "stream_complete"
    events += read_all(site, run_id, stream.last_id)
    assert durables(events) == stored(site, run_id)


def test_a_stream_that_nobody_comes_back_to_says_that_its_server_leaves(site):
    site.prepare(LONG).start(SYNAPSED_DRAIN_LEAF="200ms")
    daemon = site.daemons[0]
    connection = http.client.HTTPConnection("127.0.0.1", daemon.api_port, timeout=30)
    connection.request("POST", "/api/v1/orchestrations/long/run/stream", "{}",
                       {"Authorization": f"Bearer {site.key}"})
    answer = connection.getresponse()
    first = answer.readline()
    os.kill(daemon.child("api"), signal.SIGTERM)
    lines = [first, *answer.read().splitlines()]
    connection.close()
    last = json.loads([line for line in lines if line.startswith(b"data: ")][-1][6:])
    assert (last["type"], last["message"]) == (
        "error", "this server is leaving; the run goes on")
    assert site.status(last["run_id"])["status"] in ("queued", "running")


@pytest.mark.long
def test_a_quiet_stream_gets_a_comment(site):
    site.prepare(orchestration("nap", llm_step("nap", "mock.sleep:60000"))).start(
        SYNAPSED_DRAIN_LEAF="200ms")
    run_id = site.submit("nap")
    with open_stream(site, run_id, deadline_s=40) as stream:
        iterator = iter(stream)
        while next(iterator).type != "step_start":
            pass
        begin = time.monotonic()
        for frame in stream.frames():
            if frame == ": keepalive":
                break
        assert 0 < time.monotonic() - begin < 30


@pytest.mark.asan
def test_a_redis_that_does_not_tell_is_polled(site):
    site.prepare(SLEEPER)
    with site.redis.client() as redis:
        redis.execute_command("ACL", "SETUSER", "default", "-subscribe")
        try:
            daemon = site.start()
            run_id = site.submit("sleeper")
            events = read_all(site, run_id)
        finally:
            redis.execute_command("ACL", "SETUSER", "default", "+subscribe")
    assert durables(events) == stored(site, run_id)
    assert {e["told"] for e in daemon.find("events.watch")} == {"0"}


@pytest.mark.asan
def test_redis_goes_and_comes_back_under_clients(site):
    site.prepare(LONG).start(
        expect_errors=("redis.down", "redis.retry"))
    run_id = site.submit("long")
    with open_stream(site, run_id) as stream:
        events = []
        for event in stream:
            events.append(event)
            if event.type == "step_start" and event.data["orch_step_id"] == "nap":
                site.redis.kill()
                site.redis.start()
    assert durables(events) == stored(site, run_id)


@pytest.mark.asan
@pytest.mark.parametrize("lose", [False, True])
def test_clients_that_are_cut_off_again_and_again_miss_nothing(site, lose):
    """100 runs with tokens, 10 cuts each (SYN_TEST_CUTS scales that up). With `lose` each
    stream is deleted once on the way."""
    runs = int(os.environ.get("SYN_TEST_STREAM_RUNS", "100")) // (2 if lose else 1)
    cuts = int(os.environ.get("SYN_TEST_STREAM_CUTS", "10"))
    site.prepare(TOKENS).start()
    run_ids = [site.submit("tokens") for _ in range(runs)]
    failures = []

    def follow(run_id, rng):
        events, last, left = [], None, cuts
        lost = False
        while True:
            with open_stream(site, run_id, last) as stream:
                if stream.status == 503:  # too slow a Postgres: a client asks again
                    time.sleep(0.1)
                    continue
                wanted = rng.randrange(1, 5) if left else 1 << 30
                for event in stream:
                    events.append(event)
                    last = event.id or last
                    if event.type == "stream_complete":
                        return events
                    wanted -= 1
                    if wanted == 0:
                        break
            left -= 1
            if lose and not lost and rng.random() < 0.3:
                lost = True
                with site.redis.client() as redis:
                    redis.delete(key_of(run_id))

    def work(mine, seed):
        rng = random.Random(seed)
        for run_id in mine:
            try:
                got = durables(follow(run_id, rng))
                if got != stored(site, run_id):
                    failures.append((run_id, got, stored(site, run_id)))
            except Exception as error:  # judged below, in the test's own thread
                failures.append((run_id, repr(error)))

    threads = [threading.Thread(target=work, args=(run_ids[i::20], i)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]


def test_run_tail_prints_a_run_across_a_drain(site):
    site.prepare(LONG, HELLO).start()
    env = {**site.env, "SYNAPSED_KEY": site.key}
    url = f"http://127.0.0.1:{site.daemons[0].api_port}"
    run_id = site.submit("long")
    result = []
    tail = threading.Thread(target=lambda: result.append(
        run_verb("run", "tail", "--url", url, "-o", "json", run_id, env=env)))
    tail.start()
    site.wait_run(run_id, "running")
    os.kill(site.daemons[0].child("api"), signal.SIGTERM)
    tail.join(60)
    (done,) = result
    assert done.returncode == 0, done
    lines = done.stdout.decode().splitlines()
    assert lines[-1] == '{"type":"stream_complete"}'
    events = [json.loads(line) for line in lines[:-1]]
    assert [e["seq"] for e in events if "sub" not in e] == [
        seq for _, seq in stored(site, run_id)]
    # behind an event, for people; a run that is started; one that is not there
    after = read_all(site, run_id)[-3].id
    done = run_verb("run", "tail", "--url", url, "--after", after, run_id, env=env)
    assert [line.split()[1] for line in done.stdout.decode().splitlines()] == [
        "final", "done"]
    done = run_verb("run", "start", "--url", url, "--tail", "-m", "you", "hello", env=env)
    assert done.returncode == 0 and b"Hello you!" in done.stdout
    done = run_verb("run", "tail", "--url", url, "run_none", env=env)
    assert done.returncode == 3 and b"run_not_found" in done.stderr, done

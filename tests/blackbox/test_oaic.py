"""Steps whose model is oaic.<name>: calls of an OpenAI-compatible server.

The server is harness/fake_llm.py; what it does is written in the message as [[behaviour]].
"""

import json
import signal
import ssl
import subprocess
import time

import pytest
from harness import audit
from harness.fake_llm import FakeLLM
from harness.redis_server import PrivateRedis
from harness.site import Site, llm_step, orchestration, print_step

KEY = "sk-canary-7f3a91c05d"
ASK = orchestration("ask", llm_step("ask", "oaic.tiny", "{state.user_input}"))


@pytest.fixture
def llm():
    with FakeLLM() as server:
        yield server


@pytest.fixture(scope="module", name="asked")
def _asked(private_postgres):
    """A site and a server for all cases that need no others."""
    redis = PrivateRedis()  # the other one is flushed by others
    made = Site(redis, private_postgres, "site_oaic")
    try:
        with FakeLLM() as server:
            start(made, server, SYNAPSED_LLM_ATTEMPTS="2")
            yield made, server
            made.stop()
    finally:
        made.remove()
        redis.stop()


def start(site, llm, *definitions, **env):
    site.prepare(*(definitions or [ASK]))
    return site.start(**{"OPENAI_COMPATIBLE_BASE_URL": llm.url,
                         "OPENAI_COMPATIBLE_KEY": KEY, "SYNAPSED_LLM_TIMEOUT": "60s", **env})


def ask(site, text, *statuses):
    return site.wait_run(site.submit("ask", text), *statuses)


def tokens(site, run_id):
    return [e["text"] for e in site.events(run_id) if e["type"] == "llm_token"]


# ---- answers ----


@pytest.mark.asan
def test_a_step_asks_the_server_and_its_answer_is_the_output(site, llm):
    start(site, llm)
    run_id = site.submit("ask", "what is it [[reply:it is a test]]")
    answer = site.wait_run(run_id)
    assert (answer["status"], answer["final_response"]) == ("completed", "it is a test")
    (call,) = llm.calls
    assert call.path == "/v1/chat/completions"
    assert call.model == "tiny" and call.stream
    assert call.body["stream_options"] == {"include_usage": True}
    assert [m["role"] for m in call.body["messages"]] == ["system", "user"]
    assert call.message == "what is it [[reply:it is a test]]"
    assert call.authorization == f"Bearer {KEY}"
    assert call.key == f"{run_id}/ask/1"
    assert call.headers["content-type"] == "application/json"
    assert "".join(tokens(site, run_id)) == "it is a test"


def test_without_a_key_none_is_sent(site, llm):
    site.prepare(ASK)
    site.start(OPENAI_COMPATIBLE_BASE_URL=f"http://127.0.0.1:{llm.port}/")
    assert ask(site, "x")["final_response"] == "x"
    assert llm.calls[0].authorization is None


def test_tokens_are_live_events_and_rarer_than_they_come(site, llm):
    start(site, llm)
    run_id = site.submit("ask", "[[tokens:200:2]]")
    words = " ".join(f"token{i}" for i in range(1, 201))
    assert site.wait_run(run_id)["final_response"] == words
    shown = tokens(site, run_id)
    assert "".join(shown) == words
    # 400 ms at least, one each 50 ms at most, and a loaded machine makes it slower
    assert 2 <= len(shown) < 100
    rows = site.sql("SELECT events::text FROM run_steps WHERE run_id = %s", run_id)
    assert "llm_token" not in str(rows) and "step_complete" in str(rows)


def test_the_usage_is_in_the_journal_and_summed_in_the_run(site, llm):
    start(site, llm, orchestration(
        "ask", llm_step("one", "oaic.tiny", "abcd", "two"), llm_step("two", "oaic.tiny")
    ))
    run_id = site.submit("ask", "some more")
    site.wait_run(run_id)
    rows = site.sql("SELECT usage::json FROM run_steps WHERE run_id = %s AND kind = 'step'"
                    " ORDER BY seq", run_id)
    usages = [u for (row,) in rows for u in row]
    assert [u["model"] for u in usages] == ["oaic.tiny"] * 2
    for usage, call in zip(usages, llm.calls):
        size = sum(len(m["content"]) for m in call.body["messages"])
        assert usage["calls"] == 1
        # one of the server's prompt tokens came from its cache
        assert usage["input_tokens"] == size // 4
        assert usage["cache_read_tokens"] == 1
        assert usage["output_tokens"] == len(call.message) // 4 + 1


def test_a_run_of_more_tokens_than_its_columns_hold_ends_well(site, llm):
    start(site, llm, orchestration(
        "ask", llm_step("one", "oaic.tiny", "abcd", "two"), llm_step("two", "oaic.tiny")
    ))
    llm.usage = {"prompt_tokens": 2**62, "completion_tokens": 2**62}
    run_id = site.submit("ask", "some more")
    assert site.wait_run(run_id)["status"] == "completed"
    assert site.sql("SELECT total_tokens_used FROM orchestration_runs WHERE run_id = %s",
                    run_id) == [(2**31 - 1,)]


@pytest.mark.asan
@pytest.mark.parametrize("text, response", [
    ("hello [[plain]]", "hello"),
    ("hällo ✓ \u0001 \\ \" [[drip:1]]", "hällo ✓ \u0001 \\ \""),
    ("[[reply:]]", ""),
    ("[[huge:300000]]", "x" * 300000),
    ("y" * 300000, "y" * 300000),  # more than libcurl sends with the head
], ids=["plain", "drip", "empty", "huge", "long"])  # pytest tells processes in their environment
def test_answers_of_every_form_are_read(asked, text, response):
    site, _ = asked
    answer = ask(site, text)
    assert answer["status"] == "completed", answer
    state = site.events(answer["run_id"])[-2]["data"]["shared_state"]
    if response and len(response) < 1000:
        assert state["out_ask"] == response
    (output,) = site.sql("SELECT delta::json FROM run_steps WHERE kind = 'step'"
                         " AND run_id = %s", answer["run_id"])[0]
    assert output == [["set", "out_ask", response]]


# ---- failures ----


def long(*values):
    """A case whose code another case runs as well."""
    return pytest.param(*values, marks=pytest.mark.long)


@pytest.mark.asan
@pytest.mark.parametrize("behaviour, klass, said, calls", [
    ("status:400", "job", "status 400: the script says 400", 1),
    long("status:401", "job", "status 401", 1),
    long("html:404", "job", "status 404", 1),
    long("status:302", "job", "status 302", 1),
    long("status:429", "provider", "status 429: the script says 429", 2),
    long("status:500", "provider", "status 500", 2),
    ("html:502", "provider", "status 502", 2),
    ("bad_json", "provider", "not JSON", 2),
    long("empty", "provider", "empty", 2),
    ("error_chunk:2", "provider", "gave up: overloaded", 2),
    ("truncated:2", "provider", "broke before the answer was whole", 2),
    ("no_done:2", "provider", "stops before its end", 2),
    ("length", "provider", "broke before the answer was whole", 2),
    ("drop", "provider", "closed without an answer", 2),
    ("huge:2000000", "limit", "more than 1048576 bytes", 1),
    ("long_line:9000000", "limit", "more than 1048576 bytes", 1),
])
def test_a_call_that_fails_says_whose_fault_it_was(asked, behaviour, klass, said, calls):
    fails(*asked, behaviour, klass, said, calls)


@pytest.mark.asan
@pytest.mark.parametrize("behaviour", [
    pytest.param("stall", marks=pytest.mark.long),
    pytest.param("stall_head", marks=pytest.mark.long), "stall_mid:2"])
def test_a_call_that_is_silent_for_too_long_is_given_up(site, llm, behaviour):
    start(site, llm, SYNAPSED_LLM_ATTEMPTS="2", SYNAPSED_LLM_TIMEOUT="500ms")
    fails(site, llm, behaviour, "provider", "nothing came for", 2)


def fails(site, llm, behaviour, klass, said, calls):
    before = len(llm.calls)
    answer = ask(site, f"[[{behaviour}]]")
    assert answer["status"] == "failed"
    assert (answer["error"]["class"], answer["error"]["step_id"]) == (klass, "ask")
    assert said in answer["error"]["message"], answer["error"]
    made = llm.calls[before:]
    assert len(made) == calls
    assert len({c.key for c in made}) == 1
    llm.wait_idle()


@pytest.mark.long
def test_a_server_that_is_busy_is_asked_again_when_it_says(site, llm):
    start(site, llm)
    llm.next("status:429:2", "status:503", "html:502", "echo")
    assert ask(site, "patience")["final_response"] == "patience"
    first, second, *_ = llm.calls
    assert len(llm.calls) == 4 and len(llm.counts()) == 1
    assert second.arrived_at - first.ended_at >= 1.9
    (usage,) = site.sql("SELECT usage::json FROM run_steps WHERE kind = 'step'")[0]
    assert usage[0]["calls"] == 4


def test_a_wait_that_the_step_has_no_time_for_fails_at_once(site, llm):
    start(site, llm)
    began = time.monotonic()
    answer = ask(site, "[[status:429:3600]]")
    assert answer["error"]["class"] == "provider"
    assert len(llm.calls) == 1 and time.monotonic() - began < 60


def test_an_answer_that_broke_is_shown_again_behind_a_sign(site, llm):
    start(site, llm)
    llm.next("truncated:3", "tokens:2:0")
    run_id = site.submit("ask", "x")
    assert site.wait_run(run_id)["final_response"] == "token1 token2"
    kinds = [(e["type"], e.get("message") or e.get("text"))
             for e in site.events(run_id) if e["type"] in ("thinking", "llm_token")]
    again = [i for i, (_, text) in enumerate(kinds) if text.startswith("calling model again")]
    assert len(again) == 1
    assert "".join(t for _, t in kinds[1:again[0]]) == "token1 token2 token3 "
    assert "".join(t for _, t in kinds[again[0] + 1:]) == "token1 token2"


def test_nobody_answers_there(site, llm):
    llm.close()
    start(site, llm, SYNAPSED_LLM_ATTEMPTS="2")
    answer = ask(site, "x")
    assert answer["error"]["class"] == "provider"
    assert "does not answer" in answer["error"]["message"]


def test_without_a_base_url_the_step_says_what_is_missing(site):
    site.prepare(ASK).start()
    answer = ask(site, "x")
    assert answer["error"]["class"] == "job"
    assert "llm.openai_compatible.base_url" in answer["error"]["message"]


def test_a_name_is_looked_up(site, llm):
    start(site, llm, OPENAI_COMPATIBLE_BASE_URL=f"http://localhost:{llm.port}/v1/")
    assert ask(site, "x")["final_response"] == "x"


@pytest.mark.long
def test_a_name_that_is_none_fails_and_blocks_nobody(site):
    site.prepare(ASK, orchestration("say", print_step("p", "x")))
    site.start(OPENAI_COMPATIBLE_BASE_URL="http://nowhere.invalid/v1",
               SYNAPSED_LLM_ATTEMPTS="1", SYNAPSED_LLM_CONNECT_TIMEOUT="3s")
    runs = [site.submit("ask", "x") for _ in range(40)]
    assert ask(site, "x")["error"]["class"] == "provider"
    assert site.wait_run(site.submit("say"))["status"] == "completed"
    for run_id in runs:
        assert site.wait_run(run_id)["error"]["class"] == "provider"


def test_a_step_that_takes_too_long_is_given_up_and_its_connection_closed(site, llm):
    start(site, llm, orchestration(
        "ask", llm_step("ask", "oaic.tiny", timeout_seconds=1)
    ))
    answer = ask(site, "[[endless:20]]")
    assert answer["error"]["class"] == "limit", answer["error"]
    assert llm.wait_ended(llm.calls[0], 10) == "closed"
    assert len(llm.calls) == 1


@pytest.mark.asan
def test_a_certificate_that_nobody_vouches_for_gets_no_call(site, tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with FakeLLM(tls=context) as llm:
        assert llm.url.startswith("https://")
        start(site, llm, SYNAPSED_LLM_ATTEMPTS="1")
        answer = ask(site, "x")
        assert answer["error"]["class"] == "provider"
        assert "certificate" in answer["error"]["message"], answer["error"]
        assert llm.calls == []


# ---- leaving ----


@pytest.mark.asan
def test_a_cancelled_run_closes_its_connection(site, llm):
    """The promise is a second; the verdict is generous, the figure is printed."""
    daemon = start(site, llm)
    run_id = site.submit("ask", "[[endless:10]]")
    call = llm.wait_call()
    llm.wait_tokens(call, 3)
    began = time.monotonic()
    status, _, _ = site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/cancel")
    assert status == 200
    assert llm.wait_ended(call, 10) == "closed"
    print(f"closed {(call.ended_at - began) * 1000:.0f} ms after the request")
    assert site.wait_run(run_id)["status"] == "cancelled"
    assert daemon.find_level("error") == []


def test_a_cancelled_run_is_not_asked_for_again(site, llm):
    start(site, llm)
    run_id = site.submit("ask", "[[status:503:20]]")
    llm.wait_ended(llm.wait_call())
    status, _, _ = site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/cancel")
    assert status == 200
    assert site.wait_run(run_id, deadline_s=15)["status"] == "cancelled"
    assert len(llm.calls) == 1


@pytest.mark.asan
def test_a_drain_cuts_a_call_and_it_is_made_again_elsewhere(site, llm):
    site.prepare(ASK)
    env = {"OPENAI_COMPATIBLE_BASE_URL": llm.url, "SYNAPSED_DRAIN_LEAF": "500ms"}
    first = site.start(**env)
    llm.next("endless:10", "echo")
    run_id = site.submit("ask", "x")
    call = llm.wait_call()
    second = site.start(**env)
    site.daemons.reverse()  # the API that answers is the second's
    first.stop(signal.SIGTERM)
    assert first.find("run.step_cut", run=run_id)
    assert llm.wait_ended(call, 10) == "closed"
    second.wait_event("run.resumed", run=run_id)
    assert site.wait_run(run_id)["final_response"] == "x"
    assert [c.key for c in llm.calls] == [f"{run_id}/ask/1"] * 2
    with site.redis.client() as client:
        audit.check(client, "default")


def test_a_drain_waits_for_an_answer_that_comes_in_time(site, llm):
    daemon = start(site, llm)
    run_id = site.submit("ask", "[[sleep:700]] late")
    llm.wait_call()
    daemon.stop(signal.SIGTERM)
    assert not daemon.find("run.step_cut")
    assert [c.end for c in llm.calls] == ["answered"]
    assert site.sql("SELECT status FROM orchestration_runs WHERE run_id = %s", run_id) == [
        ("completed",)
    ]


def test_a_killed_workers_call_is_made_again_with_its_key(site, llm):
    daemon = start(site, llm)
    llm.next("stall", "echo")
    run_id = site.submit("ask", "x")
    call = llm.wait_call()
    (pid,) = daemon.pids("worker")
    daemon.kill(pid)
    assert llm.wait_ended(call) == "closed"
    assert site.wait_run(run_id)["final_response"] == "x"
    assert llm.counts() == {f"{run_id}/ask/1": 2}


def test_a_committed_call_is_not_made_again(site, llm):
    daemon = start(site, llm, orchestration(
        "ask", llm_step("one", "oaic.tiny", "one", "two"), llm_step("two", "oaic.tiny", "two")
    ))
    llm.script = lambda call: "stall" if call.message == "two" else None
    run_id = site.submit("ask")
    llm.wait_call(message="two")
    llm.script = None
    (pid,) = daemon.pids("worker")
    daemon.kill(pid)
    site.wait_run(run_id)
    assert llm.counts() == {f"{run_id}/one/1": 1, f"{run_id}/two/1": 2}


# ---- many ----


@pytest.mark.asan
def test_calls_of_many_runs_are_in_flight_at_the_same_time(site, llm):
    start(site, llm, SYNAPSED_LIMITS_RATE_PER_TENANT="0")
    llm.default = "sleep:3000"
    body = {"runs": [{"message": str(i)} for i in range(300)]}
    status, answer, _ = site.ask("POST", "/api/v2/orchestrations/ask/runs", body)
    assert status == 202
    llm.wait_calls(300)
    for i, run in enumerate(answer["runs"]):
        assert site.wait_run(run["run_id"])["final_response"] == str(i)
    assert len(llm.counts()) == 300 and llm.connections <= 300
    most = sorted([(c.arrived_at, 1) for c in llm.calls]
                  + [(c.ended_at, -1) for c in llm.calls])
    flying = peak = 0
    for _, step in most:
        flying += step
        peak = max(peak, flying)
    assert peak > 30, peak


def test_what_is_beyond_the_connections_waits_and_connections_are_used_again(site, llm):
    start(site, llm, SYNAPSED_LLM_CONNECTIONS="3")
    runs = [site.submit("ask", f"{i} [[tokens:3:10]]") for i in range(20)]
    for run_id in runs:
        assert site.wait_run(run_id)["status"] == "completed"
    assert len(llm.counts()) == 20 and llm.connections <= 3


# ---- secrets ----


def test_the_key_is_nowhere(site, llm):
    daemon = start(site, llm, ASK, orchestration("say", print_step("p", "x")),
                   SYNAPSED_LOG_LEVEL="debug", SYNAPSED_LLM_ATTEMPTS="2")
    runs = [site.submit("ask", text) for text in (
        "[[leak]]", "[[status:401]]", "[[status:503]]", "[[tokens:3:1]]", "[[truncated:2]]", "[[drop]]"
    )]
    for run_id in runs:
        site.wait_run(run_id)
    assert {c.authorization for c in llm.calls} == {f"Bearer {KEY}"}
    seen = [daemon.log(), json.dumps([site.entries(r) for r in runs])]
    for table in ("orchestration_runs", "run_steps", "definition_versions"):
        seen.append(str(site.sql(f"SELECT t::text FROM {table} t")))
    with site.redis.client() as client:
        for name in client.scan_iter("*"):
            seen.append(str(client.dump(name)))
    dump = site.verb("-T", check=False)
    seen.append(str(dump.stdout) + str(dump.stderr))
    for text in seen:
        assert "canary" not in text


def test_the_effective_configuration_does_not_show_the_key(site):
    site.env["OPENAI_COMPATIBLE_KEY"] = KEY
    site.env["OPENAI_COMPATIBLE_BASE_URL"] = f"http://user:{KEY}@127.0.0.1:1/v1"
    shown = site.verb("-T").stdout.decode()
    assert "llm.openai_compatible.key = ***  # environment variable" in shown
    assert "llm.openai_compatible.base_url = http://user:***@127.0.0.1:1/v1" in shown
    assert "canary" not in shown
    site.env["OPENAI_COMPATIBLE_KEY"] = KEY + " with spaces"
    refused = site.verb("-T", check=False)
    assert refused.returncode != 0
    assert b"canary" not in refused.stdout + refused.stderr


# ---- a worker that may have been taken for dead ----


@pytest.fixture
def frozen(private_redis):
    """Redis can be stopped; it goes on behind the test whatever happens."""
    yield lambda: private_redis.process.send_signal(signal.SIGSTOP)
    private_redis.process.send_signal(signal.SIGCONT)


SHORT_LIFE = {"SYNAPSED_QUEUE_HEARTBEAT_TTL": "2s", "SYNAPSED_QUEUE_HEARTBEAT_EVERY": "500ms"}


@pytest.mark.asan
def test_without_heartbeats_a_call_leaves_when_postgres_says_whose_run_it_is(
        site, llm, frozen, private_redis):
    daemon = start(site, llm, **SHORT_LIFE)
    llm.next("status:429:4", "echo")
    run_id = site.submit("ask", "x")
    llm.wait_call()
    frozen()
    since = daemon.mark()
    llm.wait_calls(2)  # without Redis: Postgres was asked
    daemon.wait_event("gate.closed", since=since)
    end = time.monotonic() + 60
    while site.sql("SELECT status FROM orchestration_runs") != [("completed",)]:
        assert time.monotonic() < end
        time.sleep(0.05)
    private_redis.process.send_signal(signal.SIGCONT)
    assert site.wait_run(run_id)["final_response"] == "x"
    assert len(site.sql("SELECT seq FROM run_steps")) == 2  # asking wrote nothing
    assert llm.counts() == {f"{run_id}/ask/1": 2}


@pytest.mark.long
def test_without_heartbeats_nothing_leaves_of_a_run_that_somebody_took(
        site, llm, frozen, private_redis):
    daemon = start(site, llm, **SHORT_LIFE)
    llm.next("status:429:4", "echo")
    run_id = site.submit("ask", "x")
    llm.wait_call()
    site.wait_run(run_id, "running")
    frozen()
    site.sql("UPDATE orchestration_runs SET owner = 'other.00000000', epoch = epoch + 1")
    daemon.wait_event("run.stale", run=run_id)
    assert len(llm.calls) == 1
    private_redis.process.send_signal(signal.SIGCONT)
    # the other one is not alive: the run goes on here, and then it may ask
    daemon.wait_event("run.resumed", run=run_id)
    assert site.wait_run(run_id)["final_response"] == "x"
    assert llm.counts() == {f"{run_id}/ask/1": 2}

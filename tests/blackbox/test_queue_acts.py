"""The acts on a queue as the program does them, and the bell, on a real Redis."""

import os
import signal
import time

import pytest

from harness import audit
from harness.redis_driver import Driver
from harness.redis_peer import STALL, RedisPeer
from harness.redis_server import PrivateRedis

pytestmark = pytest.mark.asan

Q = "q1"
P = "synapse:q:{q1}:"
QUICK = {"retry_min": 10, "retry_max": 50}


@pytest.fixture(scope="module", name="server")
def _server():
    server = PrivateRedis(appendonly=False)
    yield server
    server.stop()


@pytest.fixture(name="client")
def _client(server):
    client = server.client()
    client.flushall()
    yield client
    audit.check(client, Q)


def ready(driver, url, me="w-0.0a", **options):
    driver.open(url, scripts=1, **options)
    driver.event("up")
    driver.tell(["queue", Q, me])
    assert driver.wait(lambda s: s.get("open") == "queue")["rc"] == "ok"


@pytest.fixture(name="driver")
def _driver(server, client):
    with Driver() as driver:
        ready(driver, server.url)
        assert driver.act("lineage")["changed"] == 1
        yield driver


def ids(n, prefix="r"):
    return [f"{prefix}{i}:1" for i in range(n)]


def runs(n, prefix="r"):
    return [f"{prefix}{i}" for i in range(n)]


def ended(*pairs):
    return [word for tenant, run in pairs for word in (tenant, f"{run}:1")]


def test_a_run_from_its_reservation_to_its_end(driver, client):
    found = driver.act("admit", 100, 0, 0, 10, "acme", *ids(2))
    assert found["results"] == [["ok", 0], ["ok", 0]]
    pushed = driver.act("enqueue", "acme", "-", 3, 0, 1, "payload of mine", *runs(2))
    assert pushed["added"] == 2
    assert abs(pushed["enqueue_at_ms"] - time.time() * 1000) < 5000
    stats = driver.act("stats")
    assert (stats["queued"], stats["active"], stats["open"]) == (2, 0, 1)
    job = driver.act("claim", 1, "-")["jobs"][0]
    assert job == {
        "run": "r0", "tenant": "acme", "lane": "-", "from": "", "payload": "payload of mine",
        "kind": 1, "priority": 3, "enqueue_at_ms": pushed["enqueue_at_ms"], "wake": 1,
        "attempt": 1, "requeues": 0,
    }
    assert driver.act("stats")["active"] == 1
    assert driver.act("held", 0)["ids"] == ["r0:1"]
    second = driver.act("claim", 5, "-", *ended(("acme", "r0")))
    assert (second["finished"], len(second["jobs"]), second["more"]) == (1, 1, 0)
    assert driver.act("hand", 1, "*", "r1:1")["number"] == 1
    assert driver.act("claim", 1, "-")["jobs"][0]["from"] == "w-0.0a"
    assert driver.act("leave", "w-0.0a")["number"] == 1
    driver.act("claim", 0, "-", *ended(("acme", "r1")))
    assert driver.act("leave", "w-0.0a")["number"] == 0
    assert not client.exists(P + "jobs", P + "workers")


def test_admissions_keep_the_order_of_their_entries(driver):
    found = driver.act("admit", 0, 0, 0, 3, "t", *ids(5))
    assert [r[0] for r in found["results"]] == ["ok"] * 3 + ["queued"] * 2
    found = driver.act("admit", 5, 0, 0, 0, "u", *ids(4, "u"))
    assert [r[0] for r in found["results"]] == ["ok"] * 2 + ["depth"] * 2
    found = driver.act("admit", 0, 6, 1, 0, "v", *ids(2, "v"))
    assert found["results"][0] == ["ok", 0]
    assert found["results"][1][0] == "rate" and 9000 < found["results"][1][1] <= 10000


def test_calls_of_256_are_split(driver, client):
    found = driver.act("admit", 0, 0, 0, 250, "t", *ids(256))
    assert [r[0] for r in found["results"]] == ["ok"] * 250 + ["queued"] * 6
    assert driver.act("enqueue", "t", "-", 0, 0, 1, "x", *runs(256))["added"] == 256
    assert client.zcard(P + "admitted") == 0
    assert len(driver.act("claim", 200, "-")["jobs"]) == 200
    first = set(held(driver))  # which: both scripts may have run in one millisecond
    assert len(first) == 200 and first < set(ids(256))
    assert len(driver.act("claim", 200, "-")["jobs"]) == 56
    assert set(held(driver)) == set(ids(256))


def held(driver, between=lambda: None):
    """All pages of what is held; what `between` does happens after the first."""
    page = driver.act("held", 0)
    found = page["ids"]
    between()
    while page["next"] != "0":
        page = driver.act("held", page["next"])
        found += page["ids"]
    return found


def test_pages_of_what_is_held_miss_nothing_while_entries_leave(driver):
    assert driver.act("enqueue", "t", "-", 0, 0, 1, "x", *runs(256))["added"] == 256
    assert driver.act("enqueue", "t", "-", 0, 0, 1, "x", *runs(256, "s"))["added"] == 256
    for want in (200, 200, 112):
        assert len(driver.act("claim", want, "-")["jobs"]) == want
    gone = ids(150)
    found = held(driver, lambda: driver.act("hand", 0, "*", *gone))
    assert set(ids(256)[150:] + ids(256, "s")) <= set(found)


def test_a_release_gives_places_back(driver):
    driver.act("admit", 0, 0, 0, 2, "t", *ids(2))
    assert driver.act("release", "t", *ids(2))["number"] == 2
    assert driver.act("admit", 0, 0, 0, 2, "t", *ids(2, "s"))["results"][1][0] == "ok"


@pytest.mark.parametrize("act, text", [
    (("admit", 0, 0, 0, 0, "a b", "r:1"), "key form"),
    (("admit", 0, -1, 0, 0, "t", "r:1"), "bounds"),
    (("admit", 0, 0, 0, 0, "t"), "0 entries"),
    (("admit", 0, 0, 0, 0, "t", *ids(257)), "257 entries"),
    (("admit", 0, 0, 0, 0, "t", "x" * 641), "job id"),
    (("enqueue", "t", "x", 0, 0, 1, "p", "r"), "lane"),
    (("enqueue", "t", "-", 11, 0, 1, "p", "r"), "priority"),
    (("enqueue", "t", "-", 0, -1, 1, "p", "r"), "bounds"),
    (("enqueue", "t", "-", 0, 0, 1001, "p", "r"), "bounds"),
    (("enqueue", "", "-", 0, 0, 1, "p", "r"), "key form"),
    (("claim", 201, "-"), "200"),
    (("claim", 1, "default"), "lane"),
    (("claim", 1, "-", "a b", "r:1"), "key form"),
    (("hand", 0, "ABCDEF01", "r:1"), "lane"),
    (("beat", 0, "w.1"), "heartbeat"),
    (("beat", 100, "w" * 256), "incarnation"),
])
def test_arguments_out_of_bounds_are_refused_before_anything_is_sent(driver, act, text):
    words = [w for w in act if w != ""] if act[0] != "enqueue" else act
    if "" in act:
        words = [w or "%" + "2" for w in act]  # no key form either: an escape cut short
    found = driver.act(*words)
    assert found["rc"] == "input" and text in found["text"]


def test_only_a_worker_claims(driver, server):
    driver.tell(["queue", Q, "-"])
    for act in (("claim", 1, "-"), ("hand", 0, "*", "r:1"), ("held", 0)):
        found = driver.act(*act)
        assert found["rc"] == "input" and "worker" in found["text"]
    driver.tell("queue bad/name w.1")
    refused = driver.wait(lambda s: s.get("open") == "queue" and s["rc"] != "ok")
    assert "queue's name" in refused["text"]


def test_scripts_that_the_server_forgot_are_loaded_again(driver, client):
    client.script_flush()
    assert driver.act("enqueue", "t", "-", 0, 0, 1, "p", *runs(3))["added"] == 3
    client.script_flush()
    driver.tell("claim a 1 -", "stats b", "claim c 1 -", "claim d 1 -")
    for tag in "acd":
        assert len(driver.wait(lambda s, t=tag: s.get("act") == t)["jobs"]) == 1
    assert driver.wait(lambda s: s.get("act") == "b")["rc"] == "ok"


def test_a_server_that_always_forgets_is_an_error_and_no_loop():
    noscript = b"-NOSCRIPT No matching script. Please use EVAL.\r\n"
    with RedisPeer({"EVALSHA": noscript}) as peer, Driver() as driver:
        ready(driver, peer.url)
        found = driver.act("stats")
        assert found["rc"] == "refused" and "NOSCRIPT" in found["text"]
        assert len([w for _, w in peer.seen if w[0] == b"EVALSHA"]) == 2


@pytest.mark.parametrize("reply", [
    b"+OK\r\n", b":1\r\n", b"*0\r\n", b"$-1\r\n", b"*1\r\n$1\r\nx\r\n", b"*-1\r\n",
    b"*8\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:5\r\n*0\r\n",
    b"*8\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n*0\r\n*2\r\n$1\r\nt\r\n:7\r\n",
    b"*8\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n*0\r\n*2\r\n:1\r\n:0\r\n",
    b"*8\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n*0\r\n*4\r\n$1\r\nt\r\n:1\r\n$1\r\nx\r\n:1\r\n",
])
def test_an_answer_in_another_form_is_a_protocol_error(reply):
    with RedisPeer({"EVALSHA": reply}) as peer, Driver() as driver:
        ready(driver, peer.url)
        for act in (("claim", 5, "-"), ("admit", 0, 0, 0, 0, "t", "r:1"),
                    ("enqueue", "t", "-", 0, 0, 1, "p", "r"), ("lineage",), ("stats",)):
            if act[0] == "stats" and reply.startswith(b"*12"):
                continue
            found = driver.act(*act)
            assert found["rc"] == "protocol", (act, found)


@pytest.mark.parametrize("error", ["OOM command not allowed", "MISCONF disk", "BUSY script"])
def test_an_error_of_the_server_reaches_the_caller(error):
    with RedisPeer({"EVALSHA": f"-{error}\r\n".encode()}) as peer, Driver() as driver:
        ready(driver, peer.url)
        found = driver.act("admit", 0, 0, 0, 0, "t", "r:1")
        assert found["rc"] == "refused" and error in found["text"]


def test_a_call_without_an_answer_says_that_it_may_have_been_done():
    with RedisPeer({"EVALSHA": STALL}) as peer, Driver() as driver:
        ready(driver, peer.url, command_timeout=300, **QUICK)
        found = driver.act("claim", 5, "-")
        assert found["rc"] == "timeout" and "(sent, it may have been done)" in found["text"]


def test_acts_fail_at_once_while_the_link_is_down(driver, server):
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        driver.open(server.url, scripts=1, connect_timeout=200, **QUICK)
        driver.tell(["queue", Q, "w.1"])
        driver.event("retry")
        assert driver.act("stats")["rc"] == "connection"
        assert driver.act("enqueue", "t", "-", 0, 0, 1, "p", "r")["rc"] == "connection"
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def test_an_entry_that_cannot_be_read_is_named_and_can_be_ended(driver, client):
    driver.act("enqueue", "t", "-", 0, 0, 1, "p", *runs(4))
    good = client.hget(P + "jobs", "r1:1")
    client.hset(P + "jobs", "r1:1", b"\x00" + good[1:])
    client.hset(P + "jobs", "r2:1", b"junk")
    client.hset(P + "jobs", "r3:1", good)  # the job of another id
    found = driver.act("claim", 10, "-")
    assert [j["run"] for j in found["jobs"]] == ["r0"]
    assert found["bad"] == ["r1:1", "r2:1", "r3:1"]
    last = driver.act("claim", 0, "-", *ended(*[("t", r) for r in runs(4)]))
    assert last["finished"] == 4


def test_flags_and_mail_reach_the_worker(driver, client):
    driver.act("enqueue", "t", "-", 0, 0, 1, "p", *runs(2))
    client.rpush(P + "mail:w-0.0a", "cancel run_1", b"\xff\x00")
    client.set(P + "events_ttl", 5000)
    client.set(P + "recovering", 3)
    found = driver.act("claim", 1, "-")
    assert found["mail"] == ["cancel run_1", "\u00ff\0"]
    assert (found["events_ttl_ms"], found["recovering"], found["more"]) == (5000, 3, 1)
    client.set(P + "paused", "x")
    assert driver.act("claim", 1, "-")["paused"] == 1
    client.delete(P + "lineage")
    assert driver.act("claim", 1, "-")["refused"] == 1


def test_a_restarted_server_gives_no_jobs_before_its_lineage_is_raised():
    server = PrivateRedis()
    try:
        with Driver() as driver:
            ready(driver, server.url, **QUICK)
            driver.act("lineage")
            driver.act("enqueue", "t", "-", 0, 0, 1, "p", *runs(3))
            time.sleep(1.1)  # appendfsync everysec
            server.kill()
            driver.event("down")
            server.start()
            driver.event("up", 2)
            assert driver.act("claim", 5, "-")["refused"] == 1
            raised = driver.act("lineage")
            assert raised["changed"] == 1 and raised["lineage"].startswith("2:")
            assert len(driver.act("claim", 5, "-")["jobs"]) == 3
            audit.check(server.client(), Q)
    finally:
        server.stop()


# ---- the bell ----


def bells(driver):
    return [s["bell"] for s in driver.said if "bell" in s]


def test_a_waiting_worker_hears_the_bell_at_once(driver):
    driver.tell("bell 60000")
    driver.wait(lambda s: s.get("open") == "bell")
    driver.tell("arm")
    for round_ in range(1, 4):
        driver.act("enqueue", "t", "-", 0, 0, 1, "p", f"r{round_}")
        driver.wait(lambda s: s.get("bell") == "rung", round_)
        driver.tell("arm")
    assert bells(driver) == ["rung"] * 3


def test_a_bell_that_nobody_rings_is_a_poll(driver):
    driver.tell("bell 100", "arm")
    driver.wait(lambda s: s.get("bell") == "poll")
    driver.tell("arm")
    driver.wait(lambda s: s.get("bell") == "poll", 2)


def test_a_token_for_a_worker_that_does_not_wait_goes_back(driver, client):
    driver.tell("bell 60000", "arm")
    deadline = time.monotonic() + 20
    while "blpop" not in str(client.client_list()) and time.monotonic() < deadline:
        time.sleep(0.01)
    driver.tell("disarm")
    driver.act("stats")  # the line before it has been read
    driver.act("enqueue", "t", "-", 0, 0, 1, "p", "r1")
    while not client.llen(P + "bell") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert client.llen(P + "bell") == 1
    assert bells(driver) == []
    driver.tell("arm")
    driver.wait(lambda s: s.get("bell") == "rung")


def test_a_bell_of_the_wrong_type_costs_a_poll_and_no_loop(driver, client):
    client.set(P + "bell", "a string")
    driver.tell("bell 150", "arm")
    before = client.info("commandstats").get("cmdstat_blpop", {}).get("calls", 0)
    for round_ in range(1, 4):
        driver.wait(lambda s: s.get("bell") == "poll", round_)
        driver.tell("arm")
    after = client.info("commandstats")["cmdstat_blpop"]["calls"]
    assert after - before <= 5
    client.delete(P + "bell")


def test_an_unblocked_or_cut_bell_is_a_poll_at_most(driver, client):
    driver.tell("bell 300", "arm")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        waiting = [c for c in client.client_list() if c["cmd"] == "blpop"]
        if waiting:
            break
    client.execute_command("CLIENT", "UNBLOCK", waiting[0]["id"], "ERROR")
    driver.wait(lambda s: s.get("bell") == "poll")
    driver.tell("arm")
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    driver.wait(lambda s: s.get("bell") == "poll", 2)
    driver.event("up", 2)
    driver.tell("arm")
    driver.act("enqueue", "t", "-", 0, 0, 1, "p", "r1")
    driver.wait(lambda s: s.get("bell") in ("rung", "poll"), 3)


def test_a_bell_behind_a_silent_connection_still_polls():
    with RedisPeer({"BLPOP": STALL}) as peer, Driver() as driver:
        ready(driver, peer.url)
        driver.tell("bell 100", "arm")
        for round_ in range(1, 4):
            driver.wait(lambda s: s.get("bell") == "poll", round_)
            driver.tell("arm")
        # the link gives the silent connection up and makes another one
        deadline = time.monotonic() + 20
        while peer.connections < 3 and time.monotonic() < deadline:
            driver.tell("arm")
            time.sleep(0.05)
        assert peer.connections >= 3


def test_a_bell_whose_server_is_away_still_polls(driver, server):
    driver.tell(["open", "url=unix:///nowhere/r.sock", "retry_min=10"])
    driver.event("retry")
    driver.tell("bell 100", "arm")
    driver.wait(lambda s: s.get("bell") == "poll")
    driver.tell("arm")
    driver.wait(lambda s: s.get("bell") == "poll", 2)


def test_figures_come_out_of_the_driver(driver, client):
    driver.tell("fill 2000 200 3")
    assert driver.wait(lambda s: "fill" in s, seconds=60)["fill"] == 2000
    audit.check(client, Q)
    driver.tell("bench 50")
    assert driver.wait(lambda s: "bench" in s, seconds=60)["bench"] == 2000

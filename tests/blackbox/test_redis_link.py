"""The link to Redis against servers that stall, cut, refuse and send junk."""

import os
import shutil
import signal
import tempfile
import threading
import time

import pytest
import redis

from harness.redis_driver import Driver
from harness.redis_peer import CUT, MASTER, STALL, Cut, RedisPeer, bulk
from harness.redis_server import PrivateRedis

pytestmark = pytest.mark.asan

QUICK = {"retry_min": 10, "retry_max": 50}


@pytest.fixture(scope="module", name="server")
def _server():
    server = PrivateRedis()
    yield server
    server.stop()


@pytest.fixture(name="driver")
def _driver():
    with Driver() as driver:
        yield driver


def test_every_type_of_answer_from_a_real_server(server, driver):
    driver.open(server.url + "?db=3", name="x")
    up = driver.event("up")
    assert up["version"] >= 60000 and len(up["run_id"]) == 40
    assert up["policy"] == "noeviction"
    ok = driver.ask("SET", "k", b"a\r\nb\xff")
    assert (ok["rc"], ok["reply"]) == ("ok", "OK")
    assert driver.ask("GET", "k")["reply"] == "a\r\nb\u00ff"
    server.client(db=3).set("k", b"a\0b")
    assert driver.ask("GET", "k")["reply"] == "a\0b"
    assert driver.ask("GET", "none")["reply"] is None
    assert driver.ask("INCRBY", "n", "-5")["reply"] == -5
    assert driver.ask("RPUSH", "l", "1", "2")["reply"] == 2
    assert driver.ask("LRANGE", "l", "0", "-1")["reply"] == ["1", "2"]
    nested = driver.ask("EVAL", "return {1,{2,{3,'x'}},{}}", "0")
    assert nested["reply"] == [1, [2, [3, "x"]], []]
    wrong = driver.ask("INCR", "l")
    assert (wrong["rc"], wrong["trouble"]) == ("refused", "wrongtype")
    assert "WRONGTYPE" in wrong["text"]
    assert driver.ask("CLIENT", "GETNAME")["reply"] == "driver"
    assert server.client(db=3).get("k") is not None


def test_tcp_by_name_and_by_address(server, driver):
    driver.open(server.tcp_url)
    driver.event("up")
    mark = driver.mark()
    driver.open(f"redis://localhost:{server.port}/1")
    driver.event("up", since=mark)
    assert driver.ask("PING")["reply"] == "PONG"


def test_a_name_that_does_not_exist_is_a_retry(driver):
    driver.open("redis://no-such-host.invalid", **QUICK)
    retries = driver.event("retry", 2)
    assert "no-such-host.invalid" in retries[0]["text"]


def test_thousands_in_one_turn_are_answered_in_order(server, driver):
    driver.open(server.url, queue_max=20000)
    driver.event("up")
    server.client().delete("order")
    driver.tell(["burst", "b", 20000, "INCR", "order"])
    answers = driver.wait(lambda s: s.get("answer") == "b", 20000, seconds=60)
    assert [a["reply"] for a in answers] == list(range(1, 20001))


def test_commands_of_one_turn_leave_in_one_write():
    with RedisPeer({"ECHO": b"+x\r\n"}) as peer, Driver() as driver:
        driver.open(peer.url)
        driver.event("up")
        before = len(peer.chunks)
        driver.tell(["burst", "b", 500, "ECHO", "hello"])
        driver.wait(lambda s: s.get("answer") == "b", 500)
        # 500 x 27 bytes: one write, which the receiver may see in a few pieces
        assert len(peer.chunks) - before <= 3


def test_a_large_value_goes_both_ways(server, driver):
    driver.open(server.url, command_timeout=20000)
    driver.event("up")
    client = server.client()
    client.set("large", os.urandom(16 << 20))
    assert driver.ask("GET", "large", seconds=30)["reply"] == 16 << 20
    assert driver.ask("SET", "back", "y" * 60000)["reply"] == "OK"
    assert client.strlen("back") == 60000


def test_refused_until_the_server_is_there(driver):
    folder = tempfile.mkdtemp(prefix="syn-redis-")
    path = f"{folder}/r.sock"
    driver.open(f"unix://{path}", **QUICK)
    assert "No such file" in driver.event("retry", 3)[0]["text"]
    assert driver.ask("PING")["rc"] == "connection"
    late = PrivateRedis(sock=path)
    try:
        driver.event("up")
        assert driver.ask("PING")["reply"] == "PONG"
    finally:
        late.stop()
        shutil.rmtree(folder)


def test_a_command_that_is_not_answered_times_out_and_drops_the_connection():
    with RedisPeer({"GET": STALL, "ECHO": b"+x\r\n"}) as peer, Driver() as driver:
        driver.open(peer.url, command_timeout=300, **QUICK)
        driver.event("up")
        driver.tell(["send", "a", "GET", "k"])
        time.sleep(0.2)
        driver.tell(["send", "b", "ECHO", "k"])  # its own deadline is not over
        a = driver.wait(lambda s: s.get("answer") == "a")
        b = driver.wait(lambda s: s.get("answer") == "b")
        assert (a["rc"], a["sent"]) == ("timeout", True)
        assert (b["rc"], b["sent"]) == ("connection", True)
        assert "timeout" in driver.event("down")["text"]
        driver.event("up", 2)
        assert driver.ask("ECHO", "k")["reply"] == "x"


def test_answers_are_given_before_the_owner_hears_of_the_loss():
    with RedisPeer({"GET": CUT}) as peer, Driver() as driver:
        driver.open(peer.url, **QUICK)
        driver.event("up")
        driver.tell(["burst", "g", 3, "GET", "k"])
        driver.event("down")
        driver.event("up", 2)
        kinds = [s.get("answer") or s.get("event") for s in driver.said[1:]]
        assert kinds == ["up", "g", "g", "g", "down", "up"]


@pytest.mark.parametrize("half", [b"$10\r\nabc", b"*3\r\n:1\r\n", b":", b"-ER", b""])
def test_a_connection_cut_in_a_reply_loses_the_command(half):
    with RedisPeer({"GET": lambda n, w: Cut(half) if n == 1 else b"+fine\r\n"}) as peer:
        with Driver() as driver:
            driver.open(peer.url, **QUICK)
            driver.event("up")
            lost = driver.ask("GET", "k")
            assert (lost["rc"], lost["sent"], lost["reply"]) == ("connection", True, None)
            driver.event("up", 2)
            assert driver.ask("GET", "k")["reply"] == "fine"


@pytest.mark.parametrize("junk", [
    b"HTTP/1.1 400 Bad Request\r\n\r\n", b"%1\r\n+a\r\n+b\r\n", b"\0\0\0\0", b"*99999999\r\n",
    b"*-7\r\n", b"$-7\r\n", b"$999999999999999999999\r\n", b":1x\r\n", b"*1\r\n" * 20 + b":1\r\n",
    b"\r\n", bytes(range(255, 0, -1)),
])
def test_junk_drops_the_connection_and_nothing_else(junk):
    with RedisPeer({"GET": lambda n, w: junk if n == 1 else b"+fine\r\n"}) as peer:
        with Driver() as driver:
            driver.open(peer.url, command_timeout=1000, **QUICK)
            driver.event("up")
            assert driver.ask("GET", "k")["rc"] == "connection"
            assert driver.event("down")["code"] == "protocol"
            driver.event("up", 2)
            assert driver.ask("GET", "k")["reply"] == "fine"


def test_an_answer_to_no_question_drops_the_connection():
    with RedisPeer({"GET": b"+one\r\n+two\r\n"}) as peer, Driver() as driver:
        driver.open(peer.url, **QUICK)
        driver.event("up")
        assert driver.ask("GET", "k")["reply"] == "one"
        assert "no question" in driver.event("down")["text"]


@pytest.mark.parametrize("error, trouble", [
    ("OOM command not allowed when used memory > 'maxmemory'.", "oom"),
    ("MISCONF Redis is configured to save RDB snapshots", "misconf"),
    ("BUSY Redis is busy running a script.", "busy"),
    ("MOVED 3999 127.0.0.1:6381", "moved"),
    ("UNBLOCKED client unblocked via CLIENT UNBLOCK", "unblocked"),
    ("NOPERM this user has no permissions", "auth"),
    ("ERR whatever", "other"),
])
def test_an_error_is_an_answer_and_the_link_stays(error, trouble):
    with RedisPeer({"GET": f"-{error}\r\n".encode(), "ECHO": b"+x\r\n"}) as peer:
        with Driver() as driver:
            driver.open(peer.url)
            driver.event("up")
            answer = driver.ask("GET", "k")
            assert (answer["rc"], answer["trouble"]) == ("refused", trouble)
            assert answer["text"] == error
            assert driver.ask("ECHO", "k")["reply"] == "x"
            assert peer.connections == 1


@pytest.mark.parametrize("error", [
    "READONLY You can't write against a read only replica.",
    "LOADING Redis is loading the dataset in memory",
    "ERR Error running script (call to f_0): @user_script:3: -READONLY You can't write",
])
def test_a_server_that_became_useless_is_left(error):
    def get(number, _words):
        return f"-{error}\r\n".encode() if number == 1 else b"+fine\r\n"

    with RedisPeer({"GET": get}) as peer, Driver() as driver:
        driver.open(peer.url, **QUICK)
        driver.event("up")
        assert driver.ask("GET", "k")["rc"] == "refused"
        driver.event("down")
        driver.event("up", 2)
        assert driver.ask("GET", "k")["reply"] == "fine"


def test_loading_is_waited_out():
    def ping(number, _words):
        return b"-LOADING Redis is loading\r\n" if number < 4 else b"+PONG\r\n"

    with RedisPeer({"PING": ping}) as peer, Driver() as driver:
        driver.open(peer.url, **QUICK)
        driver.event("up")
        assert [s["event"] for s in driver.said if "event" in s] == ["retry"] * 3 + ["up"]
        assert "LOADING" in driver.event("retry")["text"]


@pytest.mark.parametrize("handlers, text", [
    ({"INFO replication": bulk("role:slave\r\nmaster_host:x\r\n")}, "replica"),
    ({"INFO server": bulk("redis_version:5.0.14\r\nrun_id:" + "b" * 40 + "\r\n")},
     "this server is Redis 5.0.14, 6.0 or newer is needed"),
    ({"INFO server": bulk("nothing of use")}, "unknown version"),
    ({"INFO server": b"-NOPERM no INFO for you\r\n"}, "NOPERM"),
    ({"PING": b"-NOAUTH Authentication required.\r\n"}, "NOAUTH"),
    ({"INFO replication": STALL}, "does not answer the greeting"),
    ({"INFO server": CUT}, "closed"),
    ({"AUTH": b"-WRONGPASS invalid username-password pair\r\n"}, "WRONGPASS"),
])
def test_a_greeting_that_fails_is_a_retry_with_its_reason(handlers, text):
    with RedisPeer(handlers) as peer, Driver() as driver:
        driver.open(peer.url.replace("//", "//:hunter2@"), connect_timeout=300, **QUICK)
        retries = driver.event("retry", 3)
        assert text in retries[0]["text"]
        assert not [s for s in driver.said if s.get("event") == "up"]
        assert "hunter2" not in str(driver.said)


def test_a_replica_that_is_promoted_is_taken():
    role = [bulk("role:slave\r\n")]
    with RedisPeer({"INFO replication": lambda n, w: role[0]}) as peer, Driver() as driver:
        driver.open(peer.url, **QUICK)
        driver.event("retry", 2)
        role[0] = MASTER
        driver.event("up")


def test_a_password_is_needed_and_never_shown(driver):
    server = PrivateRedis("--requirepass", "hunter2")
    try:
        driver.open(server.url, **QUICK)
        assert "NOAUTH" in driver.event("retry")["text"]
        mark = driver.mark()
        driver.open(server.url.replace("//", "//:wrong-hunter@"), **QUICK)
        assert "WRONGPASS" in driver.event("retry", since=mark)["text"]
        driver.open(server.url.replace("//", "//:hunter2@"))
        driver.event("up")
        mark = driver.mark()
        driver.open(server.tcp_url.replace("//", "//default:hunter2@"))
        driver.event("up", since=mark)
        assert "hunter" not in str(driver.said)
    finally:
        server.stop()


def test_the_number_of_unanswered_commands_is_bounded():
    with RedisPeer({"GET": STALL}) as peer, Driver() as driver:
        driver.open(peer.url, queue_max=10, command_timeout=500, **QUICK)
        driver.event("up")
        driver.tell(["burst", "b", 11, "GET", "k"])
        full = driver.wait(lambda s: s.get("refused") == "b")
        assert full["rc"] == "full" and "10 commands" in full["text"]
        answers = driver.wait(lambda s: s.get("answer") == "b", 10)
        assert {a["rc"] for a in answers} == {"timeout"}
        driver.event("up", 2)
        driver.tell("pending")
        assert driver.wait(lambda s: "pending" in s)["pending"] == 0


def test_unsent_bytes_are_bounded_and_what_was_not_sent_is_known():
    with RedisPeer(read=False) as peer, Driver() as driver:
        driver.open(peer.url, bytes_max=8 << 20, command_timeout=700, retry_min=5000,
                    retry_max=5000)
        driver.event("up")
        driver.tell(["burst", "b", 500, "SET", "k", "v" * 50000])
        full = driver.wait(lambda s: s.get("refused") == "b")
        assert full["rc"] == "full" and "bytes" in full["text"]
        driver.event("down")
        answers = [s for s in driver.said if s.get("answer") == "b"]
        sent = [a["sent"] for a in answers]
        assert len(answers) > 50
        assert sent[0] and not sent[-1]
        assert sent == sorted(sent, reverse=True)  # a prefix has left


def test_a_link_is_freed_with_commands_under_way():
    with RedisPeer({"GET": STALL}) as peer, Driver() as driver:
        driver.open(peer.url)
        driver.event("up")
        driver.tell(["burst", "b", 100, "GET", "k"])
        driver.tell("free")
        answers = driver.wait(lambda s: s.get("answer") == "b", 100)
        assert {a["rc"] for a in answers} == {"closed"}


def test_a_link_is_freed_by_a_callback_of_its_own():
    with RedisPeer({"GET": b"+one\r\n"}) as peer, Driver() as driver:
        driver.open(peer.url)
        driver.event("up")
        driver.tell("closing a", ["send", "a", "GET", "k"], ["burst", "b", 5, "GET", "k"])
        assert driver.wait(lambda s: s.get("answer") == "a")["reply"] == "one"
        answers = driver.wait(lambda s: s.get("answer") == "b", 5)
        assert {a["rc"] for a in answers} == {"closed"}


def test_a_link_is_freed_by_the_callback_of_a_lost_command():
    with RedisPeer({"GET": CUT}) as peer, Driver() as driver:
        driver.open(peer.url)
        driver.event("up")
        driver.tell("closing a", ["send", "a", "GET", "k"], ["burst", "b", 5, "GET", "k"])
        assert driver.wait(lambda s: s.get("answer") == "a")["rc"] == "connection"
        answers = driver.wait(lambda s: s.get("answer") == "b", 5)
        assert {a["rc"] for a in answers} == {"closed"}
        assert not [s for s in driver.said if s.get("event") == "down"]


@pytest.mark.parametrize("state", ["connecting", "greeting", "waiting"])
def test_a_link_is_freed_in_every_state(state):
    handlers = {"greeting": {"INFO server": STALL}, "waiting": {"INFO server": CUT}}
    with RedisPeer(handlers.get(state)) as peer, Driver() as driver:
        driver.open(peer.url, retry_min=60000, retry_max=60000)
        if state == "waiting":
            driver.event("retry")
        if state == "greeting":
            deadline = time.monotonic() + 20
            while not peer.seen and time.monotonic() < deadline:
                time.sleep(0.01)
        driver.tell("free")
        driver.wait(lambda s: s.get("open") == "freed")


def test_a_drop_tells_afterwards_and_comes_back(server, driver):
    driver.open(server.url, **QUICK)
    driver.event("up")
    driver.tell(["send", "a", "PING"], "drop", ["send", "b", "PING"])
    assert driver.wait(lambda s: s.get("refused") == "b")["rc"] == "connection"
    a = driver.wait(lambda s: s.get("answer") == "a")
    assert (a["rc"], a["sent"]) == ("connection", False)  # it was still in the buffer
    assert "dropped by the test" in driver.event("down")["text"]
    driver.event("up", 2)


def test_a_loop_that_stood_still_blames_nobody(server, driver):
    driver.open(server.url, command_timeout=300)
    driver.event("up")
    driver.tell(["send", "a", "PING"], "hold 1500")
    assert driver.wait(lambda s: s.get("answer") == "a")["reply"] == "PONG"
    assert not [s for s in driver.said if s.get("event") == "down"]


def test_clients_that_are_thrown_out_come_back(server, driver):
    driver.open(server.url, **QUICK)
    client = server.client()
    for round_ in range(1, 4):
        driver.event("up", round_)
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        driver.event("down", round_)
    driver.event("up", 4)
    assert driver.ask("PING")["reply"] == "PONG"


def test_attempts_grow_apart():
    with RedisPeer({"INFO server": CUT}) as peer, Driver() as driver:
        driver.open(peer.url, retry_min=20, retry_max=100000)
        driver.event("retry", 5)
        began = time.monotonic()
        driver.event("retry", 7)
        # the sixth and the seventh wait at least half of 20 ms x 2^5 each
        assert time.monotonic() - began > 0.3
        assert peer.connections < 9


def test_a_server_that_hangs_is_left_and_found_again(driver):
    server = PrivateRedis()
    try:
        driver.open(server.url, command_timeout=300, connect_timeout=300, **QUICK)
        driver.event("up")
        os.kill(server.process.pid, signal.SIGSTOP)
        lost = driver.ask("PING")
        assert (lost["rc"], lost["sent"]) == ("timeout", True)
        assert driver.ask("PING")["rc"] == "connection"  # fails at once from here on
        driver.event("retry")
        os.kill(server.process.pid, signal.SIGCONT)
        driver.event("up", 2)
        first = driver.said[1]["run_id"]
        server.kill()
        driver.event("down", 2)
        server.start()
        again = driver.event("up", 3)[2]
        assert again["run_id"] != first
    finally:
        server.stop()


def test_connections_that_flap_leak_nothing():
    with RedisPeer({"GET": CUT}) as peer, Driver() as driver:
        driver.open(peer.url, retry_min=1, retry_max=2)
        driver.event("up")

        def fds():
            return len(os.listdir(f"/proc/{driver.process.pid}/fd"))

        before = None
        for round_ in range(1, 60):
            assert driver.ask("GET", "k")["rc"] == "connection"
            driver.event("up", round_ + 1)
            if round_ == 5:
                before = fds()
        assert fds() <= before + 1


def test_a_bad_url_is_refused_at_once(driver):
    answer = driver.open("redis+cluster://a:1,b:2")
    assert answer["rc"] == "input" and "Cluster" in answer["text"]
    answer = driver.open("rediss://h?ssl_ca_certs=/nowhere/ca.pem")
    assert answer["rc"] == "system" and "/nowhere/ca.pem" in answer["text"]


def test_a_real_replica_is_refused_until_it_is_promoted(server, driver):
    replica = PrivateRedis("--replicaof", "127.0.0.1", server.port, appendonly=False)
    try:
        driver.open(replica.url, **QUICK)
        assert "replica" in driver.event("retry")["text"]
        replica.client().execute_command("REPLICAOF", "NO", "ONE")
        driver.event("up")
        replica.client().execute_command("REPLICAOF", "127.0.0.1", str(server.port))
        assert driver.ask("SET", "k", "v")["trouble"] == "readonly"
        driver.event("down")
        driver.event("retry")
    finally:
        replica.stop()


def test_a_server_without_memory_says_so(driver):
    server = PrivateRedis("--maxmemory", "1", "--maxmemory-policy", "allkeys-lru")
    try:
        driver.open(server.url)
        assert driver.event("up")["policy"] == "allkeys-lru"
        server.client().config_set("maxmemory-policy", "noeviction")
        answer = driver.ask("SET", "k", "v")
        assert (answer["rc"], answer["trouble"]) == ("refused", "oom")
        assert driver.ask("PING")["reply"] == "PONG"
    finally:
        server.stop()


def test_many_threads_of_nothing_else(server):
    """Two drivers at once do not disturb each other's order."""
    results = []

    def one(key):
        with Driver() as driver:
            driver.open(server.url, queue_max=5000)
            driver.event("up")
            driver.tell(["burst", "b", 3000, "INCR", key])
            answers = driver.wait(lambda s: s.get("answer") == "b", 3000, seconds=60)
            results.append([a["reply"] for a in answers] == list(range(1, 3001)))

    server.client().delete("x1", "x2")
    threads = [threading.Thread(target=one, args=(k,)) for k in ("x1", "x2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True, True]


def test_a_redis_client_of_python_agrees_on_urls(server, driver):
    url = f"redis://127.0.0.1:{server.port}/5"
    redis.Redis.from_url(url).set("same", "place")
    driver.open(url)
    driver.event("up")
    assert driver.ask("GET", "same")["reply"] == "place"

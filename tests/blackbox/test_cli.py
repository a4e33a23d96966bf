"""The verbs of the command line, through the real binary.

The API here is a server of the test's own that answers as told and remembers what it was
asked, so every answer can be played: refusals, junk, silence. What the verbs do on real
stores is tested through `synapsed dev`, which brings its own (test_dev.py).
"""

import hashlib
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

import pytest

TOP = pathlib.Path(
    os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[2])
)
BINARY = os.environ.get("SYNAPSED", str(TOP / "build" / "synapsed"))

OK, FAILED, USAGE, NOT_FOUND, CONFLICT, REFUSED, UNREACHABLE = range(7)

pytestmark = pytest.mark.asan


def synapsed(*args, env=None, stdin=b""):
    keep = {
        k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "PATH"
    }
    return subprocess.run(
        [BINARY, *map(str, args)],
        env={**keep, "HOME": "/nowhere", **(env or {})},
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


class Api:
    """Answers with `answers` in turn, the last one for ever; `asked` has the requests."""

    def __init__(self):
        self.answers = []
        self.asked = []
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def play(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                api.asked.append((self.command, self.path, dict(self.headers), body))
                answer = api.answers[0] if len(api.answers) == 1 else api.answers.pop(0)
                status, body = answer
                if not isinstance(body, bytes):
                    body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = play

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def ask(self, *args, answer=None, env=None):
        """Runs a verb; `answer` is one (status, body)."""
        if answer:
            self.answers = [answer]
        return synapsed(
            *args, env={"SYNAPSED_URL": self.url, "SYNAPSED_KEY": "k", **(env or {})}
        )


@pytest.fixture
def api():
    api = Api()
    yield api
    api.close()


STATUS = {
    "run_id": "run_1",
    "orchestration_id": "o",
    "status": "completed",
    "final_response": "the answer",
    "error": None,
    "total_cost_usd": 0.0,
}


# --- help and usage -------------------------------------------------------------------


def nouns_and_verbs():
    listed = synapsed("help").stdout.decode()
    for noun in re.findall(r"^  ([\w-]+) ", listed, re.M):
        text = synapsed(noun, "-h").stdout.decode()
        if f"synapsed {noun} <verb>" not in text:
            yield (noun,)
            continue
        for verb in re.findall(r"^  ([\w-]+)\b", text, re.M):
            yield noun, verb


def test_every_noun_and_verb_has_its_help():
    pairs = list(nouns_and_verbs())
    assert {p[0] for p in pairs} >= {
        "run", "worker", "queue", "def", "key", "db", "redis", "status", "dev",
    }  # fmt: skip
    assert ("run", "start") in pairs and ("def", "import") in pairs
    for pair in pairs:
        for flag in ("-h", "--help"):
            result = synapsed(*pair, flag)
            assert result.returncode == OK
            assert result.stdout.decode().startswith(
                f"usage: synapsed {' '.join(pair)} [options]"
            )
            assert result.stderr == b""


def test_the_manual_page_has_every_verb_and_option():
    page = subprocess.run(
        ["mandoc", "-Tascii", "-Owidth=1000", TOP / "man" / "synapsed.8"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    page = re.sub(".\b", "", page)
    for pair in nouns_and_verbs():
        assert f"synapsed {' '.join(pair)}" in page
        text = synapsed(*pair, "-h").stdout.decode()
        for option in re.findall(r"^  (?:-\w, )?(--[\w-]+)", text, re.M):
            assert option in page, f"{pair}: {option}"
    for flag in re.findall(r"^  (--?[\w-]+)", synapsed("-h").stdout.decode(), re.M):
        assert flag in page, flag


@pytest.mark.parametrize(
    "line, why",
    [
        ("nosuch", "there is no such noun"),
        ("run", "the verb is missing"),
        ("run nosuch", "there is no verb nosuch"),
        ("run start", "<orchestration> is missing"),
        ("run start a b", "one word too many: b"),
        ("run cancel", "<run id> is missing, or --all-matching"),
        ("run cancel x --status queued", "--status is for --all-matching"),
        ("run cancel x --all-matching", "by filters, not by id"),
        ("run resume-failed --all-matching --from-step s", "for runs that are named"),
        ("dlq retry", "<letter id> is missing"),
        ("run start a --nosuch", "unknown option: --nosuch"),
        ("run start a --message", "--message needs a value"),
        ("run start a --wait=1", "takes no value"),
        ("run start a -o xml", "-o is table or json"),
        ("run start a --input b", "KEY=TEXT or KEY:=JSON"),
        ("run start a --priority 11", "--priority"),
        ("run start a --input =b", "KEY=TEXT or KEY:=JSON"),
        ("run start a --input b:={", "is not JSON"),
        ("run start a --deadline 5", "is a duration"),
        ("run get x --timeout 0", "is a duration"),
        ("run get x --timeout 2h", "is a duration"),
        ("run list --limit 0", "is a number from 1 to 200"),
        ("run list --limit ten", "is a number from 1 to 200"),
        ("run get x --key-file /no/such/file", "/no/such/file"),
        ("run get x --url ftp://x/", "not an http"),
        ("run get x --set nosuch=1", "nosuch"),
        ("run get x -c /no/such/file", "/no/such/file"),
        ("key create", "--name is needed"),
        ("key create --name=", "--name is needed"),
        ("key create --name a --tenant=", "--tenant is"),
        ("key revoke x", "no id of a key"),
        ("db migrate", "postgres.url (SCALE_POSTGRES_URL) is not set"),
        ("redis rebuild", "postgres.url (SCALE_POSTGRES_URL) is not set"),
        ("redis rebuild --timeout 1", "--timeout"),
        ("def sync", "postgres.url (SCALE_POSTGRES_URL) is not set"),
        ("def import", "<file> is missing"),
        ("dev --port 0", "is a number from 1 to 65535"),
    ],
)
def test_a_wrong_line_is_answered_with_one_sentence(line, why):
    result = synapsed(*line.split())
    text = result.stderr.decode()
    assert result.returncode == USAGE
    assert why in text
    assert text.startswith("synapsed ")
    assert result.stdout == b""


def test_text_that_is_not_utf8_is_refused_before_it_is_sent(api):
    for args in (["--message", b"\xff"], ["--input", b"a=\xff"]):
        result = subprocess.run(
            [BINARY, "run", "start", "o", *args],
            env={"SYNAPSED_URL": api.url, "PATH": os.environ["PATH"]},
            capture_output=True,
            check=False,
        )
        assert result.returncode == USAGE
    assert api.asked == []


def test_a_full_disk_is_not_a_success(api):
    api.answers = [(200, STATUS)]
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [BINARY, "run", "get", "r", "--url", api.url],
            env={"PATH": os.environ["PATH"]},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert result.returncode == FAILED
    assert b"standard output: No space left" in result.stderr


# --- the requests ---------------------------------------------------------------------


def test_start_sends_message_inputs_and_key(api):
    result = api.ask(
        "run", "start", "my orch/1", "-m", 'say "hi"\n', "-i", "a=1=2", "-i", "b:=[1, null]",
        "--input=c=", "--idempotency-key", "abc",
        answer=(202, {"run_id": "run_9", "status": "queued"}),
    )  # fmt: skip
    assert result.returncode == OK
    assert result.stdout == b"run_9\n"
    [(method, path, headers, body)] = api.asked
    assert (method, path) == ("POST", "/api/v2/orchestrations/my%20orch%2F1/run")
    assert headers["Authorization"] == "Bearer k"
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == "abc"
    assert json.loads(body) == {
        "message": 'say "hi"\n',
        "inputs": {"a": "1=2", "b": [1, None], "c": ""},
    }


def test_start_without_anything_sends_an_empty_object(api):
    result = api.ask("run", "start", "o", "-o", "json", answer=(202, {"run_id": "r"}))
    assert json.loads(result.stdout) == {"run_id": "r"}
    assert api.asked[0][3] == b"{}"
    assert "Idempotency-Key" not in api.asked[0][2]


def test_start_wait_asks_until_the_end(api):
    live = [(200, {**STATUS, "status": s}) for s in ("queued", "running", "running")]
    api.answers = [(202, {"run_id": "run_1"}), *live, (200, STATUS)]
    result = api.ask("run", "start", "o", "--wait")
    assert result.returncode == OK
    assert "final_response    the answer" in result.stdout.decode()
    assert [a[1] for a in api.asked[1:]] == [
        "/api/v2/orchestrations/runs/run_1/status"
    ] * 4


@pytest.mark.parametrize("status", ["failed", "cancelled", "paused"])
def test_start_wait_fails_unless_the_run_completes(api, status):
    api.answers = [
        (202, {"run_id": "run_1"}),
        (200, {**STATUS, "status": status, "error": {"class": "tool"}}),
    ]
    result = api.ask("run", "start", "o", "-w", "-o", "json")
    assert result.returncode == FAILED
    assert json.loads(result.stdout)["status"] == status


def test_start_wait_has_a_deadline(api):
    api.answers = [(202, {"run_id": "run_1"}), (200, {**STATUS, "status": "running"})]
    result = api.ask("run", "start", "o", "-w", "--deadline", "100ms")
    assert result.returncode == FAILED
    assert b"run_1 has not ended yet" in result.stderr


def test_list_passes_its_filters_on(api):
    run = {"run_id": "run_1", "orchestration_id": "o", "status": "failed"}
    result = api.ask(
        "run", "list", "--status", "failed", "--orchestration", "a b", "--limit", "7",
        "--after", "c&d",
        answer=(200, {"runs": [run, {"run_id": "run_2"}], "next": "CUR"}),
    )  # fmt: skip
    assert result.returncode == OK
    assert (
        api.asked[0][1]
        == "/api/v2/runs?status=failed&orchestration_id=a%20b&limit=7&after=c%26d"
    )
    lines = result.stdout.decode().splitlines()
    assert lines[0].split()[:3] == ["RUN", "ORCHESTRATION", "STATUS"]
    assert lines[1].split()[:3] == ["run_1", "o", "failed"]
    assert lines[2].split()[0] == "run_2"
    assert lines[3] == "more: --after CUR"


def test_acts_on_all_that_a_filter_means_are_counted_first(api):
    count = {"matched": 9, "applicable": 7, "more": False}
    line = ("run", "cancel", "--all-matching", "--status", "queued", "--tenant", "a b")
    result = api.ask(*line, answer=(200, count))
    assert result.returncode == OK
    assert result.stdout == b"cancel: 7 of 9 runs; nothing was done, --yes does it\n"
    ((method, path, _, body),) = api.asked
    assert (method, path) == ("POST", "/api/v2/runs/bulk?status=queued&tenant_id=a%20b&limit=1000")
    assert json.loads(body) == {"action": "cancel", "dry_run": True, "all": False}
    # and then page by page; what was refused is told
    api.asked.clear()
    page = {"matched": 5, "applicable": 5, "done": 4, "refused": 1, "next": "c&d",
            "refusals": [{"id": "run_1", "code": "x", "detail": "it \u001b[31mwas faster"}]}  # fmt: skip
    api.answers = [(200, page), (200, {"matched": 2, "applicable": 2, "done": 2, "refused": 0})]
    result = api.ask(*line, "--yes", "-o", "json")
    assert result.returncode == CONFLICT
    assert json.loads(result.stdout) == {
        "action": "cancel", "dry_run": False, "matched": 7, "applicable": 7, "done": 6,
        "refused": 1, "more": False}  # fmt: skip
    assert result.stderr.startswith(b"run_1: it ") and b"\x1b" not in result.stderr
    assert api.asked[1][1].endswith("&limit=1000&after=c%26d")
    # without a filter it is everything, and says so
    api.asked.clear()
    result = api.ask("dlq", "discard", "--all-matching", answer=(200, {**count, "more": True}))
    assert b"7 of 9 dead letters, and more that are not counted" in result.stdout
    assert api.asked[0][1] == "/api/v2/dead-letters/bulk?limit=1000"
    assert json.loads(api.asked[0][3])["all"] is True


def test_runs_that_are_named_are_retried_resumed_and_erased(api):
    api.answers = [(202, {"run_id": "run_9"}), (409, {"code": "run_not_ended", "detail": "no"})]
    result = api.ask("run", "retry", "run_1", "run_2")
    assert (result.returncode, result.stdout) == (CONFLICT, b"run_1 runs again as run_9\n")
    assert [a[1] for a in api.asked] == ["/api/v2/runs/run_1/retry", "/api/v2/runs/run_2/retry"]
    result = api.ask("run", "delete", "run_1", answer=(200, {"status": "erased"}))
    assert (result.returncode, result.stdout) == (OK, b"run_1 is erased\n")
    assert api.asked[-1][:2] == ("DELETE", "/api/v2/runs/run_1")
    result = api.ask("run", "resume-failed", "run_1", "--from-step", "s", answer=(202, {"attempt": 2}))
    assert result.stdout == b"run_1 goes on, attempt 2\n"
    assert json.loads(api.asked[-1][3]) == {"from_step": "s"}


def test_runs_are_shown_in_groups(api):
    group = {"key": "2026-01-01", "runs": 3, "completed": 2, "failed": 1, "cancelled": 0,
             "success_rate": 66.67, "p50_seconds": 1.5, "p95_seconds": None, "p99_seconds": 2,
             "cost_usd": 0.25, "tokens": 10}  # fmt: skip
    result = api.ask("run", "stats", "--by", "day", "--tenant", "t", answer=(200, {"groups": [group]}))
    assert api.asked[0][1] == "/api/v2/analytics?by=day&tenant_id=t"
    heads, row = result.stdout.decode().splitlines()
    assert heads.split()[:2] == ["GROUP", "RUNS"]
    assert row.split() == ["2026-01-01", "3", "2", "1", "0", "66.67", "1.5", "-", "2", "0.25", "10"]


def test_workers_and_queues_are_shown(api):
    worker = {"worker_id": "w-1", "status": "online", "active_jobs": 2, "max_jobs": 9}
    result = api.ask("worker", "list", answer=(200, [worker]))
    assert result.stdout.decode().splitlines()[1].split()[:4] == ["w-1", "online", "2", "9"]
    stats = {"queue_name": "q", "accepted": 5, "queued": 3, "active": 1, "retrying": 2, "dead": 0,
             "oldest_ms": 12}  # fmt: skip
    for more, shown in (({}, "no"), ({"paused": True}, "yes"),
                        ({"paused": True, "paused_reason": "upkeep"}, "upkeep")):
        answer = {"queues": [{**stats, **more}]}
        result = api.ask("queue", "list", answer=(200, answer))
        assert result.stdout.decode().splitlines()[1].split() == [
            "q", "5", "3", "1", "2", "0", "12", shown]  # fmt: skip
    result = api.ask("queue", "list", "-o", "json", answer=(200, answer))
    assert json.loads(result.stdout) == answer
    assert {a[1] for a in api.asked} == {"/api/v2/workers", "/api/v2/queues"}


def test_schedules_are_added_listed_and_changed(api):
    saved = {"id": "s", "status": "saved", "next_at": "2026-12-01T00:00:00.000Z"}
    result = api.ask("schedule", "add", "o", "0 8 * * *", "--id", "s", "-m", "hi",
                     "--zone", "Europe/Berlin", answer=(201, saved))
    assert result.stdout == b"s is saved, next at 2026-12-01T00:00:00.000Z\n"
    assert json.loads(api.asked[-1][3]) == {
        "orchestration_id": "o", "cron": "0 8 * * *", "id": "s", "message": "hi",
        "zone": "Europe/Berlin"}
    row = {"id": "s", "orchestration_id": "o", "cron": "@daily", "zone": "UTC", "paused": True}
    result = api.ask("schedule", "list", answer=(200, {"schedules": [row], "next": None}))
    assert result.stdout.decode().splitlines()[1].split() == ["s", "o", "@daily", "UTC", "-", "yes"]
    fire = {"due_at": "d", "state": "started", "run_id": "r"}
    result = api.ask("schedule", "show", "s", answer=(200, {"fires": [fire]}))
    assert result.stdout.decode().splitlines()[1].split()[:3] == ["d", "started", "r"]
    result = api.ask("schedule", "remove", "a/b", answer=(200, {"id": "a/b", "status": "deleted"}))
    assert result.stdout == b"a/b is deleted\n"
    assert api.asked[-1][:2] == ("DELETE", "/api/v2/schedules/a%2Fb")
    result = api.ask("schedule", "backfill", "s", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z",
                     answer=(202, {"moments": 24, "added": 20}))
    assert result.stdout == b"24 moments, 20 of them new\n"


def test_queues_are_paused_and_resumed(api):
    result = api.ask("queue", "pause", "a b", "--reason", "upkeep", answer=(200, {}))
    assert result.stdout == b"a b is paused\n"
    result = api.ask("queue", "resume", "q", answer=(200, {}))
    assert result.stdout == b"q goes on\n"
    assert [(a[1], json.loads(a[3])) for a in api.asked] == [
        ("/api/v2/queues/a%20b/pause", {"reason": "upkeep"}), ("/api/v2/queues/q/resume", {})]


def test_dead_letters_are_listed_shown_and_discarded(api):
    letter = {"id": "l-1", "run_id": "run_1", "orchestration_id": "o", "attempt_count": 2,
              "error_message": "it\x1bbroke", "last_failed_at": "2026-06-01 12:00:00+00:00"}  # fmt: skip
    result = api.ask(
        "dlq", "list", "--state", "all", "--orchestration", "a b", "--run", "r", "--limit", "3",
        "--after", "c&d", answer=(200, {"dead_letters": [letter], "next": "CUR"}),
    )  # fmt: skip
    assert result.returncode == OK
    assert (
        api.asked[0][1] == "/api/v2/dead-letters?state=all&orchestration_id=a%20b&run_id=r"
        "&limit=3&after=c%26d"
    )
    lines = result.stdout.decode().splitlines()
    assert lines[1].split()[:3] == ["l-1", "run_1", "o"] and "\x1b" not in lines[1]
    assert lines[2] == "more: --after CUR"
    whole = {**letter, "cause": "signal SIGSEGV", "payload": {"n": 1}, "resolved": False}
    result = api.ask("dlq", "show", "l-1", answer=(200, whole))
    shown = dict(line.split(maxsplit=1) for line in result.stdout.decode().splitlines())
    assert shown["cause"] == "signal SIGSEGV" and json.loads(shown["payload"]) == {"n": 1}
    assert shown["resolved"] == "no"
    result = api.ask("dlq", "discard", "a/b", answer=(200, {"status": "discarded"}))
    assert api.asked[-1][:2] == ("POST", "/api/v2/dead-letters/a%2Fb/discard")
    assert result.stdout == b"a/b is discarded\n"
    result = api.ask("dlq", "discard", "x", answer=(404, {"detail": "Dead letter not found"}))
    assert result.returncode == NOT_FOUND


def test_a_key_file_wins_over_the_environment_and_is_trimmed(api, tmp_path):
    (tmp_path / "key").write_text("sk-syn-file\n\n")
    api.ask("run", "get", "r", "--key-file", tmp_path / "key", answer=(200, STATUS))
    assert api.asked[0][2]["Authorization"] == "Bearer sk-syn-file"
    api.ask("run", "get", "r", env={"SYNAPSED_KEY": ""}, answer=(200, STATUS))
    assert "Authorization" not in api.asked[1][2]


def test_a_key_with_a_newline_in_it_is_not_sent(api):
    result = api.ask("run", "get", "r", env={"SYNAPSED_KEY": "a\r\nX-Evil: 1"}, answer=(200, {}))
    assert result.returncode == USAGE
    assert b"control character" in result.stderr
    assert b"Evil" not in result.stderr
    assert api.asked == []


def test_without_a_url_the_configured_port_is_asked(api):
    port = api.url.rsplit(":", 1)[1]
    api.answers = [(200, STATUS)]
    for env, args in [
        ({"SYNAPSE_BACKEND_PORT": port}, []),
        ({"SYNAPSED_API_LISTEN": f"0.0.0.0:{port}"}, []),
        ({}, ["--set", f"api.listen=127.0.0.1:{port}"]),
        ({"SYNAPSED_URL": "http://127.0.0.1:1"}, ["--url", api.url + "//"]),
    ]:
        result = synapsed("run", "get", "r", *args, env=env)
        assert result.returncode == OK, result.stderr
    assert [a[1] for a in api.asked] == ["/api/v2/orchestrations/runs/r/status"] * 4


# --- the answers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "status, body, code, text",
    [
        (404, {"detail": "Run not found", "code": "run_not_found"}, NOT_FOUND, "Run not found (run_not_found)"),
        (409, {"detail": "other body", "code": "idempotency_mismatch"}, CONFLICT, "idempotency_mismatch"),
        (401, {"detail": "Invalid"}, REFUSED, "HTTP 401: Invalid"),
        (403, {"detail": "Forbidden"}, REFUSED, "HTTP 403: Forbidden"),
        (429, {"detail": "slow down"}, REFUSED, "HTTP 429: slow down"),
        (503, {"detail": "at capacity"}, REFUSED, "HTTP 503: at capacity"),
        (422, {"detail": [{"loc": ["body", "inputs", 3], "msg": "bad", "type": "x"}, {"loc": ["query"], "msg": "worse"}]}, REFUSED, "body.inputs.3: bad; query: worse"),
        (500, b"Internal Server Error", FAILED, "HTTP 500"),
        (418, {}, REFUSED, "HTTP 418"),
        (302, {}, FAILED, "HTTP 302"),
        (200, b"<html>", FAILED, "the answer is not JSON"),
        (200, b"", FAILED, "the answer is not JSON"),
        (400, {"detail": "\x1b[31mred"}, REFUSED, "?[31mred"),
        (400, {"detail": {"a": 1}}, REFUSED, "HTTP 400"),
        (400, [1], REFUSED, "HTTP 400"),
    ],
)  # fmt: skip
def test_an_answer_becomes_an_exit_code_and_a_sentence(api, status, body, code, text):
    result = api.ask("run", "get", "r", answer=(status, body))
    assert result.returncode == code
    assert text in result.stderr.decode()
    assert "\x1b" not in result.stderr.decode()
    assert result.stdout == b""


def test_without_a_key_a_401_says_how_to_give_one(api):
    result = api.ask("run", "get", "r", env={"SYNAPSED_KEY": ""}, answer=(401, {"detail": "no"}))
    assert b"--key-file or $SYNAPSED_KEY" in result.stderr


def test_an_answer_without_a_run_id_is_no_success(api):
    result = api.ask("run", "start", "o", answer=(202, {}))
    assert result.returncode == FAILED
    assert b"names no run" in result.stderr


def test_odd_shapes_of_good_answers_break_nothing(api):
    for verb in (["run", "list"], ["worker", "list"], ["queue", "list"], ["run", "get", "r"]):
        for body in ([], {}, [1, None, "x"], {"runs": 7}, {"runs": [[], {"run_id": 5}]}, 7, "x", None):
            result = api.ask(*verb, answer=(200, body))
            assert result.returncode == OK, (verb, body, result.stderr)


def test_a_terminal_is_not_steered_by_an_answer(api):
    evil = {"run_id": "\x1b]0;x\x07", "status": "a\nb", "\x1b[2J": "\u009b31m"}
    for verb in (["run", "get", "r"], ["run", "list"]):
        result = api.ask(*verb, answer=(200, {**evil, "runs": [evil]}))
        assert b"\x1b" not in result.stdout
        assert "\u009b" not in result.stdout.decode()


def test_nobody_there_and_nobody_answering_are_unreachable():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        refused = synapsed("run", "get", "r", "--url", f"http://127.0.0.1:{port}")
        assert refused.returncode == UNREACHABLE
        silent.listen()
        result = synapsed(
            "run", "get", "r", "--url", f"http://127.0.0.1:{port}", "--timeout", "200ms"
        )
        assert result.returncode == UNREACHABLE
    for text in (refused.stderr, result.stderr):
        assert f"http://127.0.0.1:{port}".encode() in text


def test_a_tail_of_nobody_says_so_at_once_and_goes_on_trying():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        verb = subprocess.Popen([BINARY, "run", "tail", "r", "--url", url],
                                env={"PATH": os.environ["PATH"]}, stderr=subprocess.PIPE)
        assert verb.stderr.readline() == f"{url} does not answer; tried for a minute\n".encode()
        assert verb.poll() is None
        verb.kill()
        verb.wait()
        verb.stderr.close()


def test_a_peer_that_speaks_no_http_is_unreachable():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def junk():
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(b"-ERR unknown command\r\n" * 100)
            connection.close()

        thread = threading.Thread(target=junk)
        thread.start()
        result = synapsed(
            "run", "get", "r", "--url", f"http://127.0.0.1:{server.getsockname()[1]}"
        )
        thread.join()
    assert result.returncode == UNREACHABLE


def test_proxies_of_the_environment_are_not_used(api):
    result = api.ask(
        "run", "get", "r",
        env={"http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"},
        answer=(200, STATUS),
    )  # fmt: skip
    assert result.returncode == OK


# --- local verbs ----------------------------------------------------------------------


def test_status_of_nothing_is_not_found(tmp_path):
    result = synapsed("status", "--set", f"run_dir={tmp_path}")
    assert result.returncode == NOT_FOUND
    assert f"run_dir {tmp_path}" in result.stderr.decode()
    result = synapsed("status", "--set", f"run_dir={tmp_path}", "-o", "json")
    assert result.returncode == NOT_FOUND
    assert json.loads(result.stdout) == {"state": "stopped"}


@pytest.mark.parametrize(
    "junk",
    [b"", b"x", b"SYNBOARD" + b"\0" * 64, b"SYNBOARD" + b"\xff" * (1 << 20)],
    ids=["empty", "short", "cut", "wrong"],
)
def test_status_of_junk_is_an_error_and_no_crash(tmp_path, junk):
    (tmp_path / "scoreboard").write_bytes(junk)
    result = synapsed("status", "--set", f"run_dir={tmp_path}")
    assert result.returncode == FAILED
    assert result.stderr.startswith(b"synapsed status: ")


GOOD = {
    "id": "a", "name": "A", "entry_step_id": "p",
    "steps": [
        {"id": "p", "name": "P", "type": "print", "print_content": "x", "next_step_id": "e"},
        {"id": "e", "name": "E", "type": "end"},
    ],
}  # fmt: skip


def changed(**fields):
    return {**GOOD, **fields}


def step(**fields):
    return changed(steps=[{**GOOD["steps"][0], **fields}, GOOD["steps"][1]])


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"7", b"null", b"[1]", b"{'id': 1}", b'{"id": "a", "id": "b"}',
        b"\xff\xfe", b"[" * 200, {}, {"id": "a"}, changed(id=7), changed(id=""),
        changed(id="x" * 256), changed(name=None), changed(steps={}), changed(steps=[7]),
        changed(entry_step_id="nosuch"), step(next_step_id="nosuch"), step(type="nosuch"),
        step(id="e"), step(type="llm", model="nosuch.model"), step(timeout_seconds="x"),
        changed(max_total_turns=-1), {"synapse_export": True, "orchestrations": 7},
    ],
    ids=lambda body: hashlib.sha256(repr(body).encode()).hexdigest()[:8],
)  # fmt: skip
def test_a_bad_definition_is_refused_and_named(tmp_path, body):
    path = tmp_path / "bad.json"
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    result = synapsed("def", "validate", path)
    assert result.returncode == REFUSED
    assert b"bad.json: " in result.stderr
    assert result.stdout == b""


def test_the_man_page_has_every_field_of_a_definition():
    text = (TOP / "src" / "run" / "definition.c").read_text()
    fields = set(re.findall(r'\bdocr_(?:text|needed|int|bool|container)\(&?[\w>-]+, "(\w+)"', text))
    page = (TOP / "man" / "synapsed-definition.5").read_text()
    named = set(re.findall(r"\b[a-z_]+\b", page))
    assert len(fields) > 30 and fields <= named, fields - named


def test_good_definitions_are_good(tmp_path):
    path = tmp_path / "good.json"
    for body, count in ((GOOD, 1), ([GOOD, GOOD], 2), ([], 0)):
        path.write_text(json.dumps(body))
        result = synapsed("def", "validate", path)
        assert (result.returncode, result.stdout) == (OK, f"{count} good\n".encode())
    result = synapsed("def", "validate", "-", stdin=json.dumps(GOOD).encode())
    assert result.returncode == OK
    odd = json.dumps(changed(entry_step_id="e")).encode()
    result = synapsed("def", "validate", "-", stdin=odd)
    assert (result.returncode, result.stdout) == (OK, b"1 good\n")
    assert result.stderr == (b"warning: -: a: /steps/0: step 'p': nothing leads to it from"
                             b" the entry step\n")
    assert synapsed("def", "validate", "--strict", "-", stdin=odd).returncode == REFUSED
    assert synapsed("def", "validate", tmp_path / "none").returncode == NOT_FOUND
    assert synapsed("def", "validate", tmp_path).returncode == FAILED


@pytest.mark.parametrize("path", sorted((TOP / "examples").glob("*.json")), ids=str)
def test_the_examples_are_good(path):
    result = synapsed("def", "validate", path)
    assert result.returncode == OK, result.stderr


def test_an_unreachable_store_is_unreachable():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"postgresql://u:secretword@127.0.0.1:{silent.getsockname()[1]}/x"
        result = synapsed("db", "status", env={"SCALE_POSTGRES_URL": url})
        assert result.returncode == UNREACHABLE
        assert b"secretword" not in result.stderr


def test_a_verb_in_a_pipe_ends_quietly_when_the_reader_goes(api):
    api.answers = [(200, {"runs": [{"run_id": f"run_{i}"} for i in range(20000)]})]
    verb = subprocess.Popen(
        [BINARY, "run", "list", "--url", api.url],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    verb.stdout.read(10)
    verb.stdout.close()
    code = verb.wait(timeout=60)
    assert verb.stderr.read() == b""
    verb.stderr.close()
    assert code in (FAILED, -signal.SIGPIPE)

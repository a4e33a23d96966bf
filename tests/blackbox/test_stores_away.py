"""Redis and Postgres that are not there at the start, vanish under load and come again."""

import contextlib
import functools
import hashlib
import json
import os
import re
import signal
import threading
import time

from api_world import own_stores
from harness import wait
from harness.daemon import run_verb
from harness.site import Site, orchestration, print_step
from harness.toggle import one_start_each, wait_run

# a server that is being started again refuses and resets
until = functools.partial(wait.until, ignoring=OSError)

HELLO = orchestration("hello", print_step("p", "hi {state.user_input}"))
ALL = os.environ.get("SYNAPSED_TEST_STORES") == "all"
RUN = "/api/v2/orchestrations/hello/run"


@contextlib.contextmanager
def own_site():
    with own_stores() as stores:
        site = Site(*stores, "away")
        try:
            yield site
            site.stop()
        finally:
            site.remove()


def health(site, daemon):
    return site.ask("GET", "/health", daemon=daemon, key=False)[1]


class Load:
    """Clients that send runs all the time and come again when they are told to."""

    def __init__(self, site, daemon):
        self.stop = threading.Event()
        self.ids, self.answers, self.wrong = [], [], []
        self.threads = [
            threading.Thread(target=self.client, args=(site, daemon)) for _ in range(3)]
        for thread in self.threads:
            thread.start()

    def client(self, site, daemon):
        while not self.stop.is_set():
            status, body, headers = site.ask("POST", RUN, {"message": "x"}, daemon=daemon)
            self.answers.append(status)
            if status == 200 and body["status"] == "completed" or status == 202:
                self.ids.append(body["run_id"])
            elif status != 503 or "Retry-After" not in headers:
                self.wrong.append((status, body))
                return
            time.sleep(0.02)

    def until(self, *wanted):
        """That these are the only answers, for a while."""
        def seen():
            since = len(self.answers)
            until(lambda: len(self.answers) > since + 20 or self.wrong)
            return set(self.answers[since + 6:]) == set(wanted)

        until(lambda: self.wrong or seen())
        assert not self.wrong, self.wrong

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        assert not self.wrong, self.wrong


def test_a_store_that_vanishes_and_comes_again_changes_the_mode():
    """SYNAPSED_TEST_STORES=all for Redis as well."""
    with own_site() as site:
        site.prepare(HELLO)
        daemon = site.start(
            SYNAPSED_STANDALONE_AFTER="1s",
            expect_errors=("schema.not_migrated", "redis.script_failed"))
        (daemon.data_dir / "orchestrations.json").write_text(json.dumps([HELLO]))
        made = site.verb("key", "create", "--name", "host", "-o", "json")
        keys = [{"id": json.loads(made.stdout)["id"], "name": "host", "is_active": True,
                 "key_hash": hashlib.sha256(site.key.encode()).hexdigest()}]
        (daemon.data_dir / "api_keys.json").write_text(json.dumps(keys))
        load = Load(site, daemon)
        load.until(202)
        for kill, start, name in (
                (lambda: site.postgres.stop(immediate=True), site.postgres.start, "Postgres"),
                (site.redis.kill, site.redis.start, "Redis"))[:2 if ALL else 1]:
            kill()
            load.until(200)
            said = health(site, daemon)
            assert (said["status"], said["mode"]) == ("ok", "standalone")
            assert said["reason"] == f"waiting for {name}: it does not answer"
            start()
            load.until(202)
            assert health(site, daemon)["mode"] == "scale"
        load.end()
        for run_id in load.ids[:: max(1, len(load.ids) // 60)]:
            assert wait_run(site, daemon, run_id)["status"] == "completed"
            assert one_start_each(site, daemon, run_id) == ["p"]


def test_stores_that_are_not_there_at_the_start_are_waited_for():
    with own_site() as site:
        site.prepare(HELLO)
        site.postgres.stop(immediate=True)
        daemon = site.start(
            ready=False, SYNAPSED_STANDALONE_AFTER="1s")
        daemon.data_dir.mkdir(parents=True, exist_ok=True)
        (daemon.data_dir / "orchestrations.json").write_text(json.dumps([HELLO]))
        daemon.wait_event("reload.stores")
        # ready, as systemd wants it, although three kinds of children are not
        daemon.wait_event("master.ready")
        until(lambda: health(site, daemon)["mode"] == "standalone")
        until(lambda: (daemon.data_dir / "api-key").exists())
        site.key = (daemon.data_dir / "api-key").read_text().strip()
        status, body, _ = site.ask("POST", RUN, {"message": "you"}, daemon=daemon)
        assert (status, body["response"]) == (200, "hi you")
        # what is saved meanwhile is in files of this host, which is told
        more = {**HELLO, "id": "more", "name": "more"}
        assert site.ask("PUT", "/api/v2/orchestrations/more", more, daemon=daemon)[0] in (200, 201)
        told = daemon.wait_event("definition.only_here", id="more")
        assert "synapsed def sync" in told["advice"]
        shown = run_verb("status", "-o", "json", env=daemon.env).stdout.decode()
        assert "Postgres does not answer: requests are executed here, and definitions" in shown
        site.postgres.start()
        until(lambda: health(site, daemon)["mode"] == "scale")
        until(lambda: site.ask("POST", RUN, {}, daemon=daemon)[0] == 202)
        # nobody had to be started again for that
        assert daemon.find("schema.waits") and not daemon.find("child.backoff")
        assert [e for e in daemon.find("child.died") if e["cause"] != "exit 0 ok"] == []


def test_a_keeper_that_waits_for_postgres_hears_a_drain():
    with own_site() as site:
        site.postgres.stop(immediate=True)
        daemon = site.start(ready=False, SYNAPSED_MODE="scale")
        daemon.wait_event("schema.waits")
        daemon.stop()
        assert {e["cause"] for e in daemon.find("child.died")} == {"exit 0 ok"}


def test_a_reload_to_a_postgres_that_cannot_be_used_is_taken_back_with_the_reason(tmp_path):
    path = tmp_path / "synapsed.yaml"
    path.write_text("{}\n")
    with own_site() as site:
        site.sql("CREATE ROLE other LOGIN SUPERUSER")
        daemon = site.start(
            SYNAPSED_CONF=str(path), SYNAPSED_MODE="scale", expect_errors=(
                "schema.not_migrated",),
            SCALE_POSTGRES_URL=site.env["SCALE_POSTGRES_URL"].replace("synapsed@", "other@"))
        site.sql("ALTER ROLE other NOLOGIN")
        path.write_text("redis:\n  command_timeout: 3s\n")
        daemon.process.send_signal(signal.SIGHUP)
        back = daemon.wait_event("reload.withdrawn")
        assert back["reason"] == "keeper 0: exit 42 child_server"
        assert "not permitted to log in" in daemon.wait_event("schema.not_migrated")["error"]
        assert not daemon.find("schema.waits")


def test_a_refusal_tells_what_comes_of_it_and_when():
    with own_site() as site:
        site.prepare(HELLO)
        daemon = site.start(SYNAPSED_STANDALONE_AFTER="1h")
        (daemon.data_dir / "orchestrations.json").write_text(json.dumps([HELLO]))
        site.redis.kill()
        until(lambda: health(site, daemon)["status"] == "unavailable")

        def told():
            """The process that is asked may know it later, and a slow Postgres is away, too."""
            status, body, headers = site.ask("POST", RUN, {}, daemon=daemon)
            assert (status, headers["Retry-After"]) == (503, "5"), body
            return body["code"] == "redis_unavailable" and re.findall(
                "Redis does not answer, and unless that changes this host "
                r"executes requests itself in (\d+) s", body["detail"])

        (left,) = until(told)
        assert 3000 < int(left) <= 3600
        site.redis.start()
        until(lambda: site.ask("POST", RUN, {}, daemon=daemon)[0] == 202)


def test_without_definitions_here_the_mode_stays_and_the_reason_is_told():
    with own_site() as site:
        site.prepare(HELLO)
        daemon = site.start(SYNAPSED_STANDALONE_AFTER="1s",
                            expect_errors=("schema.not_migrated",))
        assert site.ask("POST", RUN, {}, daemon=daemon)[0] == 202
        site.redis.kill()
        daemon.wait_event("stores.away")
        status = site.ask("POST", RUN, {}, daemon=daemon)
        assert (status[0], status[1]["code"]) == (503, "redis_unavailable")
        assert "Redis does not answer, and this host has no orchestrations.json" in (
            status[1]["detail"]), status
        assert health(site, daemon)["reason"].startswith(
            "Redis is not connected: Redis does not answer, and this host has no ")
        assert health(site, daemon)["mode"] == "scale"
        out = site.verb("status", "-o", "json", check=False).stdout
        site.redis.start()
        daemon.wait_event("stores.here")
        until(lambda: site.ask("POST", RUN, {}, daemon=daemon)[0] == 202)
        assert not daemon.find("reload.stores"), out

"""Settings that the page saves: their sources, in force on the host and on the fleet."""

import json
import time

import pytest
from api_client import Client

pytestmark = pytest.mark.asan


def client_of(daemon):
    return Client("127.0.0.1", daemon.api_port)


def settings(daemon):
    answer = client_of(daemon).get("/api/scale/settings")
    assert answer.status == 200, answer
    return answer.json, {o["option"]: o for o in answer.json["options"]}


def value(daemon, option):
    return settings(daemon)[1][option]["value"]


def until(condition, seconds=40):
    """A drained child of the generation before may still answer: often enough, then."""
    end = time.monotonic() + seconds
    right = 0
    while right < 5:
        right = right + 1 if condition() else 0
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.03)


def test_settings_have_sources_and_reach_hosts_and_fleet(site, tmp_path):
    folders = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        stock = {"redis_url": site.env["REDIS_URL"], "worker_concurrency": 7,
                 "scale_postgres_url": site.env["SCALE_POSTGRES_URL"], "model": "kept"}  # fmt: skip
        (folder / "settings.json").write_text(json.dumps(stock))
        folders.append(folder)
    first, second = (
        site.start(data_dir=folder, REDIS_URL="", SCALE_POSTGRES_URL="",
                   SYNAPSED_LIMITS_RATE_PER_TENANT="500") for folder in folders
    )  # fmt: skip
    shown, options = settings(first)
    assert options["worker.slots"]["value"] == 7 and not options["worker.slots"]["pinned"]
    assert options["redis.url"]["source"].startswith("saved settings")
    assert options["limits.rate_per_tenant"]["pinned"]
    assert (options["redis.url"]["scope"], options["worker.slots"]["scope"]) == ("host", "fleet")
    assert options["postgres.url"]["secret"] and shown["version"] == 0
    # the stock form: what is pinned, what is not read, what is wrong
    api = client_of(first)
    config = api.get("/api/scale/config").json
    assert config["worker_concurrency"] == 7 and config["scale_mode_enabled"]
    assert config["sources"]["rate_limit_per_tenant_rps"]["pinned"]
    pinned = api.post("/api/scale/config", {"rate_limit_per_tenant_rps": 3})
    assert (pinned.status, pinned.code) == (409, "setting_pinned")
    wrong = api.post("/api/scale/config", {"worker_concurrency": 0})
    assert wrong.status == 422 and wrong.json["detail"][0]["loc"] == ["body", "worker_concurrency"]
    # the fleet: a version, compare-and-set, in force on both hosts
    saved = api.ask("PUT", "/api/scale/settings",
                    {"version": 0, "settings": {"worker.slots": 9, "events.ttl": "7m"}})
    assert (saved.status, saved.json["version"]) == (200, 1), saved
    again = api.ask("PUT", "/api/scale/settings", {"version": 0, "settings": {"worker.slots": 8}})
    assert (again.status, again.code) == (412, "version_changed")
    for daemon in (first, second):
        until(lambda: value(daemon, "worker.slots") == 9)  # noqa: B023
        _, options = settings(daemon)
        assert (options["worker.slots"]["value"], options["events.ttl"]["value"]) == (9, "7m")
        assert options["worker.slots"]["source"] == "saved settings of the fleet, version 1"
    # the host: in force when it is answered, what else is in the file stays
    put = api.post("/api/scale/config", {"pgbouncer_mode": True, "s3_bucket": "b",
                                         "redis_url": config["redis_url"]})
    assert (put.status, put.json["saved"], put.json["without_effect"]) == (
        200, ["postgres.pgbouncer"], ["s3_bucket"]), put  # fmt: skip
    until(lambda: value(first, "postgres.pgbouncer") is True)
    assert value(second, "postgres.pgbouncer") is False
    # a key that is missing is left as it is (stock resets it): a secret is never shown, so
    # who sends back what was shown does not have it
    few = api.post("/api/scale/config", {"redis_url": config["redis_url"]})
    assert (few.status, few.json["saved"]) == (200, [])
    text = json.loads((folders[0] / "settings.json").read_text())
    assert text["scale_postgres_url"] == site.env["SCALE_POSTGRES_URL"]
    assert value(first, "postgres.pgbouncer") is True and value(first, "worker.slots") == 9
    assert json.loads((folders[0] / "settings.json").read_text())["model"] == "kept"
    # what does not come up is taken back, file and all
    before = (folders[0] / "settings.json").read_text()
    bad = api.ask("PUT", "/api/scale/settings", {"settings": {
        "worker.min": 5, "worker.max": 2}})
    assert (bad.status, bad.code) == (409, "settings_not_applied"), bad
    assert (folders[0] / "settings.json").read_text() == before
    # a version that no host can take is refused by each, and the next one is tried
    site.sql("INSERT INTO fleet_settings (version, settings) VALUES"
             " (2, '{\"queue.heartbeat_ttl\": \"1s\", \"worker.slots\": \"3\"}')")
    first.wait_event("settings.refused", version="2")
    assert value(first, "worker.slots") == 9
    third = api.ask("PUT", "/api/scale/settings",
                    {"version": 2, "settings": {"queue.heartbeat_ttl": None, "worker.slots": None}})
    assert third.json["version"] == 3, third
    until(lambda: value(first, "worker.slots") == 7)  # the host's own again
    # an edit by hand is noticed
    text = before.replace('"worker_concurrency":7', '"worker_concurrency":6')
    assert text != before
    since = first.mark()
    (folders[0] / "settings.json").write_text(text)
    first.wait_event("settings.file_changed", since)
    first.wait_event("reload.done", since)
    until(lambda: value(first, "worker.slots") == 6)
    # and not forgotten when the master cannot be asked at that moment
    control = first.run_dir / "control"
    control.rename(first.run_dir / "away")
    (folders[0] / "settings.json").write_text(before)
    first.wait_event("settings.no_reload")
    since = first.mark()
    (first.run_dir / "away").rename(control)
    first.wait_event("reload.done", since)


def test_the_folder_is_synced_when_it_changes(site, tmp_path):
    orchestration = {
        "id": "auto", "name": "Auto", "entry_step_id": "p",
        "steps": [{"id": "p", "name": "p", "type": "print", "print_content": "x"}],
    }  # fmt: skip
    (tmp_path / "orchestrations.json").write_text(json.dumps([orchestration]))
    daemon = site.start(data_dir=tmp_path, SYNAPSED_DEFINITIONS_AUTO_SYNC="true")
    daemon.wait_event("sync.done", by="keeper")
    assert site.sql("SELECT id FROM orchestrations") == [("auto",)]
    mark = daemon.mark()
    (tmp_path / "orchestrations.json").write_text("[]")
    daemon.wait_event("sync.done", since=mark, by="keeper")
    assert site.sql("SELECT id FROM orchestrations") == []

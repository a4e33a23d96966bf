"""A host that goes from one mode to the other and back, while requests come."""

import json
import os
import signal
import time

from harness.toggle import HELLO, SLOW, Toggling, wait_run
from test_chat import agent, bundle, follow

FLIPS = int(os.environ.get("SYNAPSED_TEST_FLIPS", "2"))
RATE = int(os.environ.get("SYNAPSED_TEST_RATE", "60"))


def test_the_toggle_under_load_fails_no_request(site, tmp_path):
    """SYNAPSED_TEST_FLIPS=50 SYNAPSED_TEST_RATE=200 for the long one."""
    toggling = Toggling(site, tmp_path / "synapsed.yaml", RATE, FLIPS)
    toggling.run()
    assert not toggling.wrong_answers()
    assert {200, 202} <= {a.status for a in toggling.answers}
    toggling.check_runs()


def wait_health(site, daemon, **wanted):
    """The child of before may be the one that takes a connection in this moment."""
    end = time.monotonic() + 60
    while True:
        _, health, _ = site.ask("GET", "/health", daemon=daemon, key=False)
        if {key: health[key] for key in wanted} == wanted:
            return
        assert time.monotonic() < end, health
        time.sleep(0.02)


def said_in_a_stream(site, message):
    status, turn, _ = site.ask("POST", "/api/v2/chat",
                               {"session_id": "s", "message": message, "agent": "echo"})
    assert status == 202, turn
    return turn["turn"], follow(site, turn)[0].data["response"]


def test_without_its_stores_a_host_goes_on_by_itself(site, tmp_path):
    """redis.url and postgres.url come and go with the file; mode is auto."""
    path = tmp_path / "synapsed.yaml"
    urls = {key: site.env.pop(key) for key in ("REDIS_URL", "SCALE_POSTGRES_URL")}
    path.write_text(f"redis:\n  url: {urls['REDIS_URL']}\n")
    daemon = site.start(SYNAPSED_CONF=str(path))
    _, health, _ = site.ask("GET", "/health", daemon=daemon, key=False)
    assert (health["status"], health["mode"]) == ("ok", "standalone")
    assert health["reason"].startswith("waiting for Postgres")
    site.key = (daemon.data_dir / "api-key").read_text().strip()
    (daemon.data_dir / "orchestrations.json").write_text(json.dumps([SLOW, HELLO]))
    (daemon.data_dir / "user_agents.json").write_text(json.dumps([agent("echo")]))
    assert said_in_a_stream(site, "before") == (1, "before")
    _, body, _ = site.ask("POST", "/api/v2/orchestrations/slow/run", {}, daemon=daemon,
                          headers={"Prefer": "respond-async"})
    since = daemon.mark()
    path.write_text(f"redis:\n  url: {urls['REDIS_URL']}\n"
                    f"postgres:\n  url: {urls['SCALE_POSTGRES_URL']}\n")
    daemon.send(signal.SIGHUP)
    daemon.wait_event("reload.done", since)
    wait_health(site, daemon, mode="scale", pg_connected=True)
    # the run of before is where it was, and ends; the host's own key is good still
    assert wait_run(site, daemon, body["run_id"])["status"] == "completed"
    assert {kind for kind, _ in daemon.children().values()} >= {"worker", "keeper", "clerk"}
    site.env.update(urls)
    site.define(HELLO)
    site.define(bundle(agent("echo")))
    # turns are counted anew: that of before is not taken for this one
    assert said_in_a_stream(site, "after") == (1, "after")
    status, body, _ = site.ask("POST", "/api/v2/orchestrations/hello/run", {}, daemon=daemon)
    assert status == 202
    assert wait_run(site, daemon, body["run_id"])["status"] == "completed"
    since = daemon.mark()
    path.write_text("{}\n")
    daemon.send(signal.SIGHUP)
    for kind in ("api", "keeper", "worker", "clerk"):
        daemon.wait_event("child.died", since, child_kind=kind)
    status, body, _ = site.ask("POST", "/api/v2/orchestrations/hello/run", {}, daemon=daemon)
    assert (status, body["status"]) == (200, "completed")

"""A worker that was thought dead lives: what it held went back to the queue, and it may be
the one that claims it."""

import os
import pathlib

from harness import audit
from harness.site import llm_step, orchestration
from harness.wait import until

P = "synapse:q:{default}:"
LUA = pathlib.Path(os.environ["SYN_TOP_SRCDIR"]) / "src/queue/lua"
NAP_MS = 2000


def bury_alive(client):
    """Requeue what the only holder has, as a keeper does for the dead."""
    (key,) = client.scan_iter(match=P + "held:*")
    name = key.decode().removeprefix(P + "held:")
    return client.eval((LUA / "requeue.lua").read_text("utf-8"), 1, P, name, 200, 20)


def test_an_entry_that_its_own_worker_claims_again_is_one_run(site):
    """Were it two, each would take the run off the other, step after step."""
    site.prepare(orchestration(
        "naps", llm_step("a", f"mock.sleep:{NAP_MS}", "a", "b"),
        llm_step("b", f"mock.sleep:{NAP_MS}", "b"),
    ))
    site.start()
    with site.redis.client() as client:
        run_id = site.submit("naps", "x")
        until(lambda: site.sql("SELECT 1 FROM orchestration_runs WHERE epoch = 1"))
        assert bury_alive(client)[0] == 1
        until(lambda: client.keys(P + "held:*"))
        assert site.wait_run(run_id)["status"] == "completed"
        until(lambda: not client.exists(P + "jobs"))
        audit.check(client, "default")
    assert site.sql("SELECT epoch FROM orchestration_runs") == [(1,)]
    events = [e["event"]["type"] for e in site.entries(run_id)]
    assert events.count("step_start") == events.count("step_complete") == 2
    assert events.count("worker_picked_up") == 1

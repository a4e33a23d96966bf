"""Agents that are cancelled at a random moment of their turns, streams and tools in flight.

SYNAPSED_TURN_CANCELS is how many (1,000 in check-long); SYNAPSED_TURN_CANCELS_SEED when.
"""

import os
import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from harness.fake_llm import FakeLLM, turns
from harness.fake_tool import FakeTool
from test_agents import agent, flow, start
from test_steps import put_tool

COUNT = int(os.environ.get("SYNAPSED_TURN_CANCELS", "24"))
SEED = int(os.environ.get("SYNAPSED_TURN_CANCELS_SEED", "1"))
BESIDE = 12
# a turn takes about as long: words, then both tools
TURN = {"text": "I look here and there.", "each_ms": 8, "ms": 10, "calls": [
    {"name": "look", "arguments": {"q": "here"}}, {"name": "other", "arguments": {"q": "there"}}]}
WHEN_S = 0.6


def cancel_one(site, seed):
    """How long it took from the request on until the run was over."""
    run_id = site.submit("one", "go on for ever")
    time.sleep(random.Random(seed).uniform(0, WHEN_S))
    began = time.monotonic()
    status, answer, _ = site.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/cancel", {})
    assert status == 200, answer
    while site.status(run_id)["status"] not in ("cancelled", "completed", "failed"):
        assert time.monotonic() < began + 60
        time.sleep(0.01)
    took = time.monotonic() - began
    assert site.status(run_id)["status"] == "cancelled"
    return run_id, took


def requests_of(tool, run_id):
    return [r for r in tool.requests if r["headers"]["idempotency-key"].startswith(run_id + "/")]


def test_a_cancel_ends_an_agent_wherever_it_is(site):
    with FakeLLM(script=turns(TURN)) as llm, FakeTool() as tool:
        daemon = start(site, llm, [agent("ann", "look", "other")],
                       flow("one", "ann", max_turns=1000),
                       SYNAPSED_LIMITS_RATE_PER_TENANT="0")
        put_tool(site, "look", url=f"{tool.url}/wait/20")
        put_tool(site, "other", url=f"{tool.url}/wait/60")
        with ThreadPoolExecutor(BESIDE) as pool:
            found = list(pool.map(lambda i: cancel_one(site, SEED * 100000 + i), range(COUNT)))
        llm.wait_idle()  # sockets are closed, or were answered before
        end = time.monotonic() + 30
        while open_now := [r for r in tool.requests if not r["end"]]:
            assert time.monotonic() < end, open_now
            time.sleep(0.02)
        # whoever went on would ask again within a turn or two
        calls, uses = len(llm.calls), len(tool.requests)
        time.sleep(0.5)
        assert (len(llm.calls), len(tool.requests)) == (calls, uses)
        # each act is done once, and none by anybody else
        assert max(llm.counts().values()) == 1
        keys = [r["headers"]["idempotency-key"] for r in tool.requests]
        assert len(set(keys)) == len(keys)
        rows = site.sql("SELECT count(*) FROM orchestration_runs WHERE status <> 'cancelled'")
        assert rows == [(0,)]
        assert daemon.find_level("error") == []
        took = sorted(took for _, took in found)
        ends = {how: sum(r["end"] == how for r in tool.requests) for how in ("answered", "closed")}
        cut = sum(c.end == "closed" for c in llm.calls)
        print(f"{COUNT} cancels: median {statistics.median(took) * 1000:.0f} ms, "
              f"99 % {took[int(len(took) * 0.99)] * 1000:.0f} ms, most {took[-1] * 1000:.0f} ms; "
              f"{len(llm.calls)} calls, {cut} cut; tools: {ends}")

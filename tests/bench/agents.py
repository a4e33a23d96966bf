#!/usr/bin/python3
"""Agents in one worker child: turns a second, events a second, memory of one that waits.

    SYNAPSED=build/synapsed /usr/bin/python3 tests/bench/agents.py [agents [turns [ms]]]

Starts Redis, Postgres, a tool server in a process of its own, and one host with one worker.

1. Agents of that many turns: in each a model that takes ms (mock.agent, a timer in the worker)
   calls a tool; then it answers. All are under way at the same time.
2. The same agents with a model server (harness/fake_llm.py) that lets each do five turns and
   never answers the sixth: what the worker holds for each of them. Buffers of sockets are the
   kernel's and not counted.

Prints figures; nothing here is a verdict.
"""

import asyncio
import json
import multiprocessing
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from harness.fake_llm import FakeLLM, turns as scripted  # noqa: E402
from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site, orchestration  # noqa: E402
from llm_waiting import private  # noqa: E402

BULK = 500
WAIT_S = 600
HELD_TURNS = 5
ANSWER = b"what was looked up is a text of about a hundred characters, as short answers of tools are"


class _Tool(asyncio.Protocol):
    """Answers any request with a body that fits into one read; keeps the connection."""

    def connection_made(self, transport):
        self.transport = transport
        self.data = b""

    def data_received(self, data):
        self.data += data
        while b"\r\n\r\n" in self.data:
            head, rest = self.data.split(b"\r\n\r\n", 1)
            size = 0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    size = int(line.split(b":")[1])
            if len(rest) < size:
                return
            self.data = rest[size:]
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                                 b"Content-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))


def serve_tool(port):
    async def forever():
        server = await asyncio.get_running_loop().create_server(
            _Tool, "127.0.0.1", 0, backlog=4096)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()
    asyncio.run(forever())


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def flow(name, agent_id):
    return orchestration(name, {
        "id": "a", "name": "a", "type": "agent", "agent_id": agent_id, "max_turns": 1000,
        "timeout_seconds": 3600, "prompt_template": "Look up {state.user_input}.",
        "output_key": "out"})


def agent(agent_id, model):
    return {"id": agent_id, "name": agent_id, "tools": ["look"], "model": model,
            "system_prompt": "You look things up, one after the other."}


def put_tool(site, port):
    definition = {
        "name": "look", "generalName": "look", "description": "looks things up",
        "tool_type": "http", "method": "POST", "url": f"http://127.0.0.1:{port}/look",
        "inputSchema": {"type": "object", "properties": {"q": {"type": "string"}},
                        "required": ["q"]}}
    site.sql("INSERT INTO tools (id, name, definition, tenant_id, updated_at)"
             " VALUES ('look', 'look', %s, 'default', now())", json.dumps(definition))


def submit(site, name, count):
    for first in range(0, count, BULK):
        body = {"runs": [{"message": f"number {i}"}
                         for i in range(first, min(first + BULK, count))]}
        status, answer, _ = site.ask("POST", f"/api/v2/orchestrations/{name}/runs", body)
        assert status == 202, answer


def ended(site):
    rows = dict(site.sql("SELECT status, count(*) FROM orchestration_runs"
                         " WHERE orchestration_id = 'mocked' GROUP BY 1"))
    assert not rows.get("failed"), site.sql(
        "SELECT error FROM orchestration_runs WHERE status = 'failed' LIMIT 1")
    return rows.get("completed", 0)


def events(site):
    with site.redis.client() as client:
        names = list(client.scan_iter("synapse:run:*:events", count=10000))
        pipe = client.pipeline(transaction=False)
        for name in names:
            pipe.xlen(name)
        return sum(pipe.execute())


def throughput(site, pid, agents, turns, ms, idle):
    spent, began = cpu_s(pid), time.monotonic()
    submit(site, "mocked", agents)
    most = 0
    while ended(site) < agents:
        most = max(most, private(pid))
        assert time.monotonic() - began < WAIT_S
        time.sleep(0.05)
    took, spent = time.monotonic() - began, cpu_s(pid) - spent
    told = events(site)
    rows = site.sql("SELECT count(*) FROM run_steps")[0][0]
    print(f"{agents} agents of {turns} turns of {ms} ms: {took:.2f} s (at least "
          f"{(turns + 1) * ms / 1000:.2f}), {agents * turns / took:.0f} turns/s, "
          f"{told / took:.0f} events/s, {rows / took:.0f} rows/s")
    print(f"worker: {spent / took * 100:.0f} % of a core, "
          f"{spent * 1e6 / (agents * turns):.0f} us of CPU a turn, at most "
          f"{(most - idle) * 1024 / agents:.0f} bytes of memory an agent", flush=True)


def waiting(site, llm, pid, agents, idle):
    submit(site, "held", agents)
    llm.wait_calls(agents * (HELD_TURNS + 1), deadline_s=WAIT_S)
    time.sleep(5)  # what was committed and published has been given back
    said = sum(len(json.dumps(m)) for m in llm.calls[-1].body["messages"])
    print(f"{agents} agents wait in turn {HELD_TURNS + 1}: "
          f"{(private(pid) - idle) * 1024 / agents:.0f} bytes an agent, "
          f"each request has {said} bytes of messages", flush=True)


def measure(site, port, agents, turns, ms):
    look = {"calls": [{"name": "look", "arguments": {"q": "the next one"}}]}
    site.prepare({"synapse_export": True, "version": "1.0",
                  "agents": [agent("mocked", f"mock.agent:{turns}:{ms}"),
                             agent("held", "oaic.tiny")],
                  "orchestrations": [flow("mocked", "mocked"), flow("held", "held")]})
    put_tool(site, port)
    with FakeLLM(script=scripted(*[look] * HELD_TURNS, "stall")) as llm:
        daemon = site.start(
            OPENAI_COMPATIBLE_BASE_URL=llm.url, SYNAPSED_WORKER_SLOTS=str(agents),
            SYNAPSED_LLM_CONNECTIONS=str(agents), SYNAPSED_TOOLS_CONNECTIONS=str(agents),
            SYNAPSED_LIMITS_RATE_PER_TENANT="0", SYNAPSED_EGRESS_ALLOW="127.0.0.0/8",
            SYNAPSED_LLM_TIMEOUT="1h", SYNAPSED_WORKER_PROCESSES="1")
        (pid,) = daemon.pids("worker")
        idle = private(pid)
        throughput(site, pid, agents, turns, ms, idle)
        waiting(site, llm, pid, agents, idle)
        daemon.kill(pid)  # nobody waits for the answers
        daemon.remove()


def main():
    agents, turns, ms = ([int(word) for word in sys.argv[1:]] + [1000, 10, 200][len(sys.argv) - 1:])
    ours, theirs = multiprocessing.Pipe()
    tool = multiprocessing.Process(target=serve_tool, args=(theirs,), daemon=True)
    tool.start()
    redis, postgres = PrivateRedis(), PrivatePostgres()
    try:
        site = Site(redis, postgres, "bench")
        try:
            measure(site, ours.recv(), agents, turns, ms)
        finally:
            site.remove()
    finally:
        postgres.remove()
        redis.stop()
        tool.terminate()


if __name__ == "__main__":
    main()

"""Cases through the real path: stored, submitted, executed by workers, read back.

All cases of a site are under way at the same time; a case that takes long costs nothing but its
own time. Definitions go in as one list. A model `oaic.x` of a case is called `oaic.<case>.x`
here, so that the server knows whose script it has to follow.
"""

import collections
import json
import re
import time
import urllib.parse

from harness.daemon import DEADLINE_S
from suite import LIVE

QUEUE = b"synapse:q:{default}:"
NOT_EXECUTED = re.compile(r"are not executed by this version")
ENDED = ("completed", "failed", "cancelled")


def renamed(case, definition=None):
    """The case's definition as it is stored here, or one that runs inside."""
    made = json.loads(json.dumps(definition or case.definition))
    for step in made.get("steps") or []:
        rename_model(case, step)
    return made


def agents_of(case):
    made = json.loads(json.dumps(case.get("agents", [])))
    for agent in made:
        rename_model(case, agent)
    return made


def rename_model(case, owner):
    if isinstance(owner, dict) and str(owner.get("model")).startswith("oaic."):
        owner["model"] = f"oaic.{case.id}.{owner['model'][5:]}"


class Script:
    """What the model server answers: by case, step, execution and how often it was asked."""

    def __init__(self, cases):
        self.cases = {case.id: case for case in cases}
        self.asked = collections.Counter()

    def __call__(self, call):
        case = self.cases.get((call.model or "").split(".")[0])
        if not case:
            return None
        _, path, execution, nth = key_of(call)
        self.asked[call.key] += 1
        answers = case.get("answers", {})
        answer = answers.get(path, answers.get(path.rsplit("/", 1)[-1]))
        answer = pick(pick(answer, execution), nth + 1)
        if isinstance(answer, dict) and "tries" in answer:
            answer = pick(answer["tries"], self.asked[call.key])
        return behaviour(answer, call)


def key_of(call):
    """(run id, path, execution, ask): what an Idempotency-Key is made of."""
    run_id, _, rest = (call.key or "").partition("/")
    hit = re.fullmatch(r"(.*?)/(\d+)(?:/(\d+))?", rest)
    return (run_id, hit[1], int(hit[2]), int(hit[3] or 0)) if hit else (run_id, "", 0, 0)


def pick(answer, number):
    """Of a list the one with that number, from 1, or its last."""
    return answer[min(number, len(answer)) - 1] if isinstance(answer, list) else answer


def asked(call):
    """All that the model was told."""
    return "\n".join(m.get("content") or "" for m in call.body.get("messages", []))


def behaviour(answer, call):
    if answer is None:
        return "echo"
    if isinstance(answer, str):
        return f"reply:{answer}"
    if "if" in answer:
        return behaviour(answer["then" if answer["if"] in asked(call) else "else"], call)
    if "status" in answer:
        return f"status:{answer['status']}"
    if "calls" in answer or "reasoning" in answer:
        return f"turn:{json.dumps(answer)}"
    if "tool" in answer:
        return f"call:{answer['tool']}:{json.dumps(answer['arguments'])}"
    return answer["do"]


class Real:
    """A site whose daemon runs, and what the cases come to there."""

    def __init__(self, site, llm, web):
        self.site = site
        self.llm = llm
        self.web = web
        self.runs = {}  # run id -> case
        self.refused = {}  # case -> problems
        self.not_executed = {}  # case -> why
        self.warnings = {}

    def store(self, cases):
        """Their definitions, in one commit; what is wrong with each."""
        good = [renamed(c) for c in cases]
        good += [renamed(c, inner) for c in cases for inner in c.inner]
        bundle = {"synapse_export": True, "version": "1.0", "orchestrations": good,
                  "agents": [a for case in cases for a in agents_of(case)]}
        for case in cases:
            for tool in case.get("tools", []):
                self.put_tool(case, tool)
        done = self.site.verb("def", "import", "-", stdin=json.dumps(bundle).encode(),
                              check=False)
        owners = [*cases, *(c for c in cases for _ in c.inner)]
        told = problems_of(done.stderr.decode(), owners, "/orchestrations")
        assert done.returncode == 0, (done.stdout, done.stderr)
        self.warnings = {case: kinds["warnings"] for case, kinds in told.items()}
        for case, kinds in told.items():
            missing = [p["text"] for p in kinds["warnings"] + kinds["problems"]
                       if NOT_EXECUTED.search(p["text"])]
            if missing:
                self.not_executed[case] = missing[0]

    def put_tool(self, case, tool):
        """As a stock sync writes it: the label in the column, the name in the definition."""
        stored = {**tool, "url": tool["url"].replace("http://tools", f"{self.web.url}/{case.id}")}
        self.site.sql("INSERT INTO tools (id, name, definition, tenant_id, updated_at)"
                      " VALUES (%s, %s, %s, 'default', now())", f"id-{tool['name']}",
                      tool["generalName"], json.dumps(stored))

    def validate(self, cases):
        """{case: {"problems", "warnings"}} of definitions that nobody will run."""
        text = json.dumps([c.definition for c in cases])
        done = self.site.verb("def", "validate", "-", stdin=text.encode(), check=False)
        return problems_of(done.stderr.decode(), cases, "")

    def submit(self, case):
        body = {"message": case.get("message", "hello")}
        if "inputs" in case.data:
            body["inputs"] = case.get("inputs")
        status, answer, _ = self.site.ask(
            "POST", f"/api/v2/orchestrations/{urllib.parse.quote(case.definition['id'])}/run",
            body)
        if status != 202:
            self.refused[case] = (status, answer)
            return None
        self.runs[answer["run_id"]] = case
        return answer["run_id"]

    def cancel(self, run_id):
        status, answer, _ = self.site.ask(
            "POST", f"/api/v2/orchestrations/runs/{run_id}/cancel", {})
        assert status == 200, answer

    def execute(self, cases, deadline_s=DEADLINE_S, armed=None):
        """Submit all, wait for all. armed is called with {run id: case} before any begins."""
        self.pause()
        for case in [c for c in cases if c.get("cancel") == "queued"]:
            self.cancel(self.submit(case))
        runs = {self.submit(c): c for c in cases if c.get("cancel") != "queued"}
        runs.pop(None, None)
        if armed:
            armed(runs)
        self.go_on()
        self.settle({r: c for r, c in runs.items() if c.get("cancel")}, deadline_s)

    def pause(self):
        with self.site.redis.client() as client:
            client.set(QUEUE + b"paused", "conformance")

    def go_on(self):
        with self.site.redis.client() as client:
            client.delete(QUEUE + b"paused")
            client.lpush(QUEUE + b"bell", "1")

    def settle(self, to_cancel, deadline_s):
        """Until all have ended; those to cancel are, when it is time."""
        end = time.monotonic() + deadline_s
        while left := self.left():
            assert time.monotonic() < end, f"not ended: {[self.runs.get(r) for r in left]}"
            for run_id in [r for r, c in to_cancel.items() if self.has_come_to(r, c)]:
                self.cancel(run_id)
                del to_cancel[run_id]
            self.answer()
            time.sleep(0.02)

    def answer(self):
        """What people are asked, as their cases say; one who is slower than a deadline does not."""
        for run_id, path, execution, step in self.site.sql(
                "SELECT run_id, path, execution, step_id FROM run_waits WHERE state = 'open'"):
            if run_id not in self.runs:
                continue  # submitted, and its number is not here yet
            people = self.runs[run_id].get("people", {})
            response = pick(people.get(path, people.get(step)), execution)
            if response is None:
                continue
            status, answer, _ = self.site.ask(
                "POST", f"/api/v2/orchestrations/runs/{run_id}/resume",
                {"response": response, "step_id": path})
            assert status in (202, 409), answer  # it was, before we came to it

    def left(self):
        return [r[0] for r in self.site.sql(
            "SELECT run_id FROM orchestration_runs WHERE NOT status = ANY (%s)", list(ENDED))]

    def has_come_to(self, run_id, case):
        kind, step = case.get("cancel")
        status, answer, _ = self.site.ask(
            "GET", f"/api/v2/orchestrations/runs/{run_id}/events")
        assert status == 200, answer
        return any(e["event"]["type"] == kind and e["event"].get("orch_step_id") == step
                   for e in answer["events"])

    def outcomes(self):
        """{case: outcome} of all that were submitted and have ended."""
        rows = {r[0]: r[1:] for r in self.site.sql(
            "SELECT run_id, shared_state, step_history FROM orchestration_runs")}
        calls = collections.defaultdict(list)
        for call in self.llm.calls:
            run_id, path, execution, _ = key_of(call)
            calls[run_id].append({"path": path, "execution": execution, "text": asked(call)})
        found = {}
        for run_id, case in self.runs.items():
            events = self.site.events(run_id)
            answer = self.site.status(run_id)
            state, history = (json.loads(v) if isinstance(v, str) else v for v in rows[run_id])
            found[case] = {
                "warnings": self.warnings.get(case, []),
                "run_id": run_id, "status": answer["status"],
                "response": answer["final_response"], "error": answer["error"],
                "state": state, "history": history, "calls": calls[run_id],
                "events": [e for e in events if "sub" not in e and e["type"] not in LIVE],
                "lives": [e for e in events if e["type"] in LIVE],
                "requests": self.web.requests_of(case),
            }
        return found


def problems_of(stderr, cases, where):
    """What `def` said, by case: "error: -: id: /3/steps/0/type: text"."""
    found = collections.defaultdict(lambda: {"problems": [], "warnings": []})
    for line in stderr.splitlines():
        if not line.startswith(("error: ", "warning: ")):
            continue  # the last one counts them
        assert "/agents/" not in line, line
        hit = re.fullmatch(rf"(error|warning): -: (?:[\w-]+: )?{where}/(\d+)(/\S*)?: (.*)", line)
        assert hit, line
        found[cases[int(hit[2])]]["problems" if hit[1] == "error" else "warnings"].append(
            {"where": hit[3] or "", "text": hit[4]})
    return found

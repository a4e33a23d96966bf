"""The cases: read, completed, and compared with what a run of them came to.

README.md says what a case file holds. Whoever executes a case (real.py, the simulator) makes an
outcome of it:

    status, response, error, state, history    of the run's end
    events      durable ones, in order, as they are in the stream
    calls       of models: {"path", "execution", "text"} (the whole prompt), in order
    requests    that tools sent: {"method", "path", "query", "headers", "body"}, in order
    problems    of the definition: {"where", "text"}, when it was refused

compare() says in words what is wrong with an outcome; an empty list is a pass.
"""

import copy
import functools
import json
import pathlib
import re

HERE = pathlib.Path(__file__).parent
CASES = HERE / "cases"
FRAME = ("orchestration_complete", "final", "done")
# of a run that waits for people: how often it is parked depends on how fast they are
PARKED = ("worker_picked_up", "paused")
LIVE = ("thinking", "llm_token")
FIELDS = {"says", "paper", "definition", "raw", "message", "inputs", "site", "answers", "tools", "agents",
          "orchestrations",
          "http", "code", "cancel", "people", "status", "response", "error", "events", "state", "absent",
          "history", "prompts", "requests", "problems", "warnings", "live", "refused"}


class Case:
    def __init__(self, path):
        self.path = path
        self.name = f"{path.parent.name}/{path.stem}"
        self.id = f"{path.parent.name}-{path.stem}"
        with open(path, encoding="utf-8") as f:
            self.data = json.load(f)
        unknown = set(self.data) - FIELDS
        assert not unknown, f"{self.name}: {unknown}"
        self.definition = self._complete(self.data["definition"])
        self.inner = [self._complete(made) for made in self.get("orchestrations", [])]

    def __repr__(self):
        return self.name

    def get(self, key, default=None):
        return self.data.get(key, default)

    def _complete(self, definition):
        """What no case wants to repeat: ids and names. A raw definition is left alone."""
        made = copy.deepcopy(definition)
        if self.get("raw"):
            return made
        made = {"id": self.id, "name": self.get("says"), **made}
        if "entry_step_id" not in made and made.get("steps"):
            made["entry_step_id"] = made["steps"][0]["id"]
        made["steps"] = [{"name": step["id"], **step} for step in made.get("steps", [])]
        return made

    def steps(self):
        """Those of what runs inside as well, which have ids that no other has."""
        return {s["id"]: s for made in [self.definition, *self.inner]
                for s in made.get("steps") or [] if isinstance(s, dict)}


@functools.cache
def load():
    return [Case(path) for path in sorted(CASES.glob("*/*.json"))]


def checklist():
    """{id: what the paper says there}, in the paper's order."""
    found = {}
    for line in (HERE / "checklist.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, text = line.partition(" ")
            assert name not in found, name
            found[name] = text.strip()
    return found


# ---- comparing ----


def matches(want, got):
    """Equal; but a text that begins with ~ is a pattern, and 1 is not true."""
    if isinstance(want, str) and want.startswith("~"):
        return isinstance(got, str) and re.search(want[1:], got, re.S) is not None
    if isinstance(want, dict):
        return (isinstance(got, dict) and set(want) == set(got)
                and all(matches(v, got[k]) for k, v in want.items()))
    if isinstance(want, list):
        return (isinstance(got, list) and len(want) == len(got)
                and all(map(matches, want, got)))
    if isinstance(want, bool) or isinstance(got, bool):
        return want is got
    return want == got


def show(event):
    """An event as cases write it, without what no case speaks of."""
    rest = {k: v for k, v in event.items() if k not in (
        "type", "orch_step_id", "ts", "seq", "epoch", "step_name", "duration_seconds")}
    return json.dumps([event["type"], event.get("orch_step_id"), *([rest] if rest else [])])


def is_event(want, got):
    kind, step, fields = (want + [None, None])[:3]
    return (got["type"] == kind and (step is None or got.get("orch_step_id") == step)
            and all((k in got and matches(v, got[k])) for k, v in (fields or {}).items()))


def optional(want):
    """["step_error", ..., {...}, "once"]: whoever goes on behind a death may not meet it again."""
    return len(want) > 3 and want[3] == "once"


def differences(where, want, got, deaths):
    """Two lists of events, in order."""
    i = 0
    for event in want:
        if i < len(got) and is_event(event, got[i]):
            i += 1
        elif not (deaths and optional(event)):
            have = show(got[i]) if i < len(got) else "nothing more"
            yield f"{where}: expected {json.dumps(event[:3])}, got {have}"
            return
    if i < len(got):
        yield f"{where}: {show(got[i])} was not expected"


def branch_of(case, path):
    """A path without the loops at its end: what goes on in a branch, or inside an agent's step,
    has one order. (The step of another agent's loop is called agent.)"""
    steps = {"agent": {"type": "agent"}, **case.steps()}
    parts = path.split("/") if path else []
    while parts and steps.get(parts[-1].split("#")[0], {}).get("type") not in ("parallel", "agent"):
        parts.pop()
    return "/".join(parts)


def is_agent(case, step):
    return step == "agent" or case.steps().get(step, {}).get("type") == "agent"


def order_of(case, event):
    """What an event is in order with: the branch that it is in."""
    order = branch_of(case, event.get("path") or "")
    if event["type"] != "branch_start":
        return order
    own = f"{event['orch_step_id']}#{event['branch_index']}"
    return order if order.split("/")[-1] == own else f"{order}/{own}".lstrip("/")


def by_order(case, events):
    found = {}
    for event in events:
        found.setdefault(order_of(case, event), []).append(event)
    return found


def compare_events(case, events, deaths):
    want = case.get("events", [])
    if not isinstance(want, dict):
        want = {"": want}
    got = by_order(case, events)
    for order in {**want, **got}:
        yield from differences(f"events of {order or 'the run'}", want.get(order, []),
                               got.get(order, []), deaths)
    # branches are inside: between parallel_start and the end of the step
    open_steps = {}
    for event in events:
        order = order_of(case, event)
        if event["type"] == "parallel_start" or (
                event["type"] == "step_start" and is_agent(case, event["orch_step_id"])):
            open_steps[(order, event["orch_step_id"])] = True
        elif event["type"] in ("step_complete", "step_error"):
            open_steps.pop((order, event["orch_step_id"]), None)
        elif order:
            parent, _, own = order.rpartition("/")
            if (branch_of(case, parent), own.split("#")[0]) not in open_steps:
                yield f"{show(event)} is outside of its parallel step"


def compare_frame(case, outcome, deaths):
    """How each run begins and ends, whatever is in between; the rest is returned."""
    events = list(outcome["events"])
    kinds = [e["type"] for e in events]
    if kinds[:2] == ["worker_picked_up", "orchestration_start"]:
        first, second = events[:2]
        if not first.get("worker_id") or not first.get("run_id"):
            yield f"worker_picked_up lacks something: {first}"
        if (second.get("run_id"), second.get("orchestration_id"), second.get(
                "orchestration_name")) != (first.get("run_id"), case.definition["id"],
                                           case.definition["name"]):
            yield f"orchestration_start: {second}"
        rest = events[2:]
    elif kinds[:1] == ["worker_picked_up"] and outcome["status"] == "cancelled":
        rest = events[1:]
    elif outcome["status"] == "cancelled":
        rest = events
    else:
        yield f"it begins with {kinds[:2]}"
        return
    if tuple(kinds[-3:]) != FRAME:
        yield f"it ends with {kinds[-3:]}"
        return
    complete, final, _ = events[-3:]
    status, state = outcome["status"], outcome["state"]
    if complete.get("status") != status or not complete.get("run_id"):
        yield f"orchestration_complete: {complete}"
    if not matches(complete.get("final_state"), state):
        yield f"final_state is not the state: {complete.get('final_state')}"
    data = final.get("data") or {}
    if (final.get("response"), final.get("intent"), data.get("status"), data.get("run_id"),
            final.get("tool_name", 0)) != (
            outcome["response"], "orchestration", status, complete.get("run_id"), None):
        yield f"final: {final}"
    if data.get("shared_state") != state or data.get("step_history") != outcome["history"]:
        yield "final: its data is not the run's state and history"
    if "orch_step_id" in final or "orch_step_id" in complete:
        yield "final or orchestration_complete names a step"
    outcome["inner"] = [e for e in rest[:-3] if e["type"] not in LIVE
                        and not (deaths and e["type"] == "worker_picked_up")
                        and not ("people" in case.data and e["type"] in PARKED)]


def compare_numbers(events):
    numbers = [e.get("seq") for e in events]
    if numbers != list(range(1, len(events) + 1)):
        yield f"seq: {numbers}"
    for event in events:
        if not (isinstance(event.get("ts"), int) and event.get("epoch", 0) >= 0):
            yield f"ts or epoch: {event}"
        if "duration_seconds" in event and not event["duration_seconds"] >= 0:
            yield f"duration: {event}"


def compare_state(case, state):
    want = dict(case.get("state", {}))
    message = case.get("message", "hello")
    for key in ("user_input", "user_query"):
        want.setdefault(key, case.get("inputs", {}).get(key, message))
    for key in case.get("absent", []):
        want.pop(key, None)
        if key in state:
            yield f"state has {key}: {state[key]!r}"
    for key, value in want.items():
        if key not in state:
            yield f"state lacks {key}"
        elif not matches(value, state[key]):
            yield f"state.{key} is {state[key]!r}, not {value!r}"
    for key in state:
        if key not in want and not key.startswith("_"):
            yield f"state has {key} besides: {state[key]!r}"


HISTORY = {"step_id", "step_name", "step_type", "status"}


def compare_history(case, history):
    for entry in history:
        if not HISTORY <= set(entry):
            yield f"history: {entry}"
        elif entry["status"] == "completed" and not (
                "duration_seconds" in entry and "output_key" in entry):
            yield f"history: {entry}"
        elif entry["status"] == "failed" and "error" not in entry:
            yield f"history: {entry}"
    want = case.get("history")
    if want is None:
        return
    got = [[e["step_id"], e["status"]] for e in history]
    if [w[:2] for w in want] != got:
        yield f"history is {got}, not {want}"
    else:
        for entry, (_, _, *fields) in zip(history, want):
            for key, value in (fields[0] if fields else {}).items():
                if not matches(value, entry.get(key)):
                    yield f"history: {key} of {entry}, not {value!r}"


def compare_prompts(case, calls):
    """Texts that a prompt has, in that order; with + wherever; with !, that it has not."""
    for step, executions in case.get("prompts", {}).items():
        for number, wants in enumerate(executions, 1):
            found = [c for c in calls if number == c["execution"] and step in (
                c["path"], c["path"].rsplit("/", 1)[-1])]
            if not found:
                yield f"{step}, execution {number}: no model was called"
                continue
            at, text = 0, found[-1]["text"]
            for want in wants:
                if want.startswith("!"):
                    if want[1:] in text:
                        yield f"{step}, execution {number}: the prompt has {want[1:]!r}"
                    continue
                if want.startswith("+"):
                    if want[1:] not in text:
                        yield f"{step}, execution {number}: the prompt lacks {want[1:]!r}: {text}"
                    continue
                place = text.find(want, at)
                if place < 0:
                    yield (f"{step}, execution {number}: the prompt lacks {want!r}"
                           f"{' there' if want in text else ''}: {text}")
                    break
                at = place + len(want)


def compare_requests(case, requests, deaths):
    want = case.get("requests")
    if want is None:
        return
    if deaths:  # one may come again, as what it is
        requests = [r for i, r in enumerate(requests) if r not in requests[:i]]
    got = [{k: r.get(k) for k in w} for w, r in zip(want, requests)]
    if len(want) != len(requests) or not all(map(matches, want, got)):
        yield f"requests of tools: {requests}, not {want}"


def compare_problems(case, outcome):
    for kind in ("problems", "warnings"):
        if kind not in case.data or kind not in outcome:
            continue
        got = list(outcome[kind])
        for where, text in case.get(kind, []):
            hit = next((p for p in got if matches(where, p["where"]) and matches("~" + text, p["text"])),
                       None)
            if hit is None:
                yield f"{kind} lack {where}: {text}; they are {got}"
            else:
                got.remove(hit)
        if got:
            yield f"{kind}, besides: {got}"


def compare(case, outcome, deaths=False):
    """What is wrong, in words. deaths: whoever executed it died under way, perhaps often."""
    wrong = list(compare_problems(case, outcome))
    if "problems" in case.data or wrong:
        return wrong
    if outcome["status"] != case.get("status", "completed"):
        wrong.append(f"status {outcome['status']}, error {outcome.get('error')}")
    if not matches(case.get("response", "~"), outcome["response"]):
        wrong.append(f"response {outcome['response']!r}, not {case.get('response')!r}")
    error = outcome.get("error")
    for key, value in (case.get("error") or {}).items():
        if not matches(value, (error or {}).get(key)):
            wrong.append(f"error {error}, not {case.get('error')}")
            break
    if bool(error) != (outcome["status"] in ("failed", "cancelled")):
        wrong.append(f"error of a run that is {outcome['status']}: {error}")
    wrong += compare_frame(case, outcome, deaths)
    wrong += compare_numbers(outcome["events"])
    if "inner" in outcome:
        wrong += compare_events(case, outcome["inner"], deaths)
    wrong += compare_state(case, outcome["state"])
    wrong += compare_history(case, outcome["history"])
    wrong += compare_prompts(case, outcome.get("calls", []))
    wrong += compare_requests(case, outcome.get("requests", []), deaths)
    if not deaths and "lives" in outcome:
        live = {e["type"] for e in outcome["lives"]}
        wrong += [f"no live event {kind}" for kind in case.get("live", []) if kind not in live]
    return wrong

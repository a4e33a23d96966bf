"""CONTRACT 1.3 and 11: what streams say, frame by frame, and that a client which goes on behind the
last id that it has misses nothing and gets nothing twice, whoever dies meanwhile."""

import json
import secrets
import time

from harness.stream import Stream

from .shapes import anything, each, either, faults, obj, real, said, text, maybe
from .targets import GATEWAY

DEADLINE_S = 90
RUN_PATH = "/api/v2/orchestrations/runs/{}/stream"
STEP = {"orch_step_id": said}
# CONTRACT 11.3
FIELDS = {
    "worker_picked_up": {"worker_id": said, "run_id": said},
    "orchestration_start": {"run_id": said, "orchestration_id": said, "orchestration_name": text},
    "step_start": {**STEP, "step_name": text, "step_type": said},
    "step_complete": {**STEP, "step_name": text, "duration_seconds": real},
    "step_error": {**STEP, "error": said},
    "human_input_required": {**STEP, "prompt": text, "fields": each(anything), "run_id": said,
                             "channel_id": maybe(text)},
    "orchestration_complete": {"run_id": said, "final_state": obj,
                               "status": either("completed", "failed", "cancelled")},
    "paused": {}, "done": {}, "stream_complete": {},
}
FINAL = {"response": anything, "intent": "orchestration", "tool_name": None,
         "data": {"run_id": said, "status": said, "step_history": each(anything),
                  "shared_state": obj}}
CHAT_FINAL = {"response": text, "intent": said, "data": anything, "tool_name": None}
BEGIN = ["worker_picked_up", "orchestration_start"]
END = ["orchestration_complete", "final", "done"]
ONE = ["step_start", "final", "step_complete"]  # of a step of a model


class Client:
    """One client of one stream, which comes back as often as it is cut off."""

    def __init__(self, target, path, key="owner", last_id=None):
        self.target = target
        self.path = path
        self.key = target.keys[key]
        self.last_id = last_id
        self.events = []
        self.cuts = 0
        self.wrong = []
        self.headers = None

    def follow(self, until=None):
        """To the end, or to the first event of that type."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            if self.once(until):
                return self
            if not self.target.patient:
                self.wrong.append("the stream was cut off")
                return self
            self.cuts += 1
            time.sleep(0.05)
        self.wrong.append("the stream did not end")
        return self

    def once(self, until):
        try:
            stream = Stream(self.target.port, self.key, None, self.last_id, path=self.path)
        except (OSError, ValueError, IndexError):
            return False
        with stream:
            if stream.status in (*GATEWAY, 503):
                return False
            if stream.status != 200:
                self.wrong.append(f"status {stream.status}")
                return True
            self.headers = stream.headers
            try:
                for event in stream:
                    self.take(event)
                    if event.type in ("stream_complete", until):
                        return True
            except (OSError, ValueError, AssertionError) as error:
                if not stream.closed:
                    self.wrong.append(repr(error))
                    return True
        return False

    def take(self, event):
        if event.type == "stream_complete":
            if event.id is not None:
                self.wrong.append(f"stream_complete has an id: {event}")
        elif event.id is None:
            self.wrong.append(f"no id: {event}")
        elif self.last_id and place(event.id) <= place(self.last_id):
            self.wrong.append(f"{event.id} comes behind {self.last_id}")
        self.last_id = event.id or self.last_id
        self.events.append(event)

    def durable(self):
        return [e for e in self.events if e.durable]

    def types(self):
        return [e.type for e in self.durable()]


def place(stream_id):
    return tuple(int(part) for part in stream_id.split("-"))


def judge(client, types, first=1, chat=False):
    """The durable events: their order, numbers and fields; the head of the answer."""
    found = list(client.wrong)
    if client.types() != types:
        found.append(f"{client.types()}, not {types}")
    numbers = [e.data["seq"] for e in client.durable()]
    # of a conversation's run, what is about its one step is not told
    if not chat and numbers != list(range(first, first + len(numbers))):
        found.append(f"not gapless: {numbers}")
    for event in client.events:
        if event.type == "final" and "orch_step_id" not in event.data:
            shape = CHAT_FINAL if chat else FINAL
        else:
            shape = FIELDS.get(event.type, {})
        found += faults(shape, event.data, event.type)
    head = client.headers or {}
    for name, value in (("content-type", "text/event-stream"), ("cache-control", "no-cache"),
                        ("x-accel-buffering", "no"), ("connection", "keep-alive")):
        if client.target.patient and name == "x-accel-buffering":
            continue  # nginx keeps it for itself
        if not head.get(name, "").startswith(value):
            found.append(f"header {name} is {head.get(name)}")
    return found


def of_run(target, run_id, **more):
    return Client(target, RUN_PATH.format(run_id), **more)


def a_run(target):
    """From its start on, then again from each kind of place."""
    types = [*BEGIN, *ONE * 6, *END]
    run_id = target.things.send("drip", {"message": "x"})
    client = of_run(target, run_id).follow()
    found = judge(client, types)
    whole = [e.text for e in client.durable()]
    page = target.ask("GET", f"/api/v2/orchestrations/runs/{run_id}/events").json
    listed = [i["id"] for i in page["events"]]
    got = [e.id for e in client.durable()]
    if [i for i in listed if i in set(got)] != got:
        found.append(f"/events has {listed}, the stream had {got}")
    for at in (0, len(whole) // 2, len(whole) - 2):
        event = client.durable()[at]
        behind = of_run(target, run_id, last_id=event.id).follow()
        found += judge(behind, types[at + 1:], event.data["seq"] + 1)
        if [e.text for e in behind.durable()] != whole[at + 1:]:
            found.append(f"behind {event.id} it is another text")
    last = of_run(target, run_id, last_id=client.last_id).follow()
    if last.wrong or [e.type for e in last.events] != ["stream_complete"]:
        found.append(f"behind done: {last.events} {last.wrong}")
    return found, client.cuts


def a_person(target):
    """`paused` does not end a stream."""
    asked = [*BEGIN, "step_start", "human_input_required", "paused"]
    run_id = target.things.send("ask")
    client = of_run(target, run_id).follow(until="paused")
    found = judge(client, asked)
    target.ask("POST", f"/api/v2/orchestrations/runs/{run_id}/resume", "owner",
               body={"response": "yes"}, repeat=True)
    rest = of_run(target, run_id, last_id=client.last_id).follow()
    found += judge(rest, ["worker_picked_up", "step_complete", *ONE, *END], len(asked) + 1)
    return found, client.cuts + rest.cuts


def a_failure(target):
    client = of_run(target, target.things.send("fails")).follow()
    return judge(client, [*BEGIN, "step_start", "step_error", *END]), client.cuts


def a_cancel(target):
    run_id = target.things.send("long")
    client = of_run(target, run_id).follow(until="step_start")
    target.things.cancel(run_id)
    rest = of_run(target, run_id, last_id=client.last_id).follow()
    found = judge(rest, END, len(client.types()) + 1)
    return found + client.wrong, client.cuts + rest.cuts


def a_conversation(target):
    name = "st_" + secrets.token_hex(4)
    found, cuts = [], 0
    for turn in (1, 2):  # the second stream is not ended by the first turn's done (13.13)
        answer = target.ask("POST", "/api/v2/chat", "owner", body={
            "message": f"m{turn}", "agent": "echo", "session_id": name})
        if answer.status != 202:
            return [f"{answer}"], cuts
        client = Client(target, answer.json["stream_url"]).follow()
        if [e.data.get("response") for e in client.durable()] != [f"m{turn}", None]:
            found.append(f"turn {turn}: {client.durable()}")
        found += judge(client, ["final", "done"], chat=True)
        cuts += client.cuts
    return found, cuts


def posted(target, path, body, types, keyed=True):
    """What is wrong with a stream that answers a POST, and its events: data lines alone."""
    once = {"Idempotency-Key": target.things.make_once()} if keyed else {}
    answer = target.ask("POST", path, "owner", body=body, headers=once)
    found = [] if answer.status == 200 else [f"{answer}"]
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith("text/event-stream"):
        found.append(f"Content-Type is {kind}")
    lines = answer.body.decode().split("\n")
    found += [f"a line {line}" for line in lines if line.startswith(("id:", "event:"))]
    events = [json.loads(line.removeprefix("data: ")) for line in lines
              if line.startswith("data: ")]
    events = [e for e in events if "sub" not in e]
    if [e["type"] for e in events] != types:
        found.append(f"{path}: {events}")
    for event in events:
        found += faults(FIELDS.get(event["type"], {}), event, event["type"])
    return found, events


def a_run_of_before(target):
    """V1: a POST, whose answer is what the engine says, and then `done` (1.6)."""
    found, _ = posted(target, "/api/v1/orchestrations/fails/run/stream", {"message": "x"},
                      [*BEGIN, "step_start", "step_error", *END])
    return found, 0


def a_person_of_before(target):
    """A V1 stream ends right behind the question; the answer's has what comes then."""
    found, events = posted(target, "/api/v1/orchestrations/ask/run/stream", {}, [
        *BEGIN, "step_start", "human_input_required", "done"])
    if found:
        return found, 0
    path = f"/api/v1/orchestrations/runs/{events[-2]['run_id']}/resume/stream"
    return posted(target, path, {"response": "yes"}, [
        "worker_picked_up", "step_complete", *ONE, *END], keyed=False)[0], 0


def a_conversation_of_before(target):
    name = "st_" + secrets.token_hex(4)
    found, events = posted(target, "/api/v1/chat/stream", {
        "message": "m", "agent": "ECHO", "session_id": name}, ["session", "response", "done"])
    if not found:
        found = faults({"session_id": name, "agent_id": "echo", "agent_name": "Echo"}, events[0])
        found += faults({"content": "m", "intent": said, "session_id": name}, events[1])
    bad, events = posted(target, "/api/v1/chat/stream", {"message": "m", "agent": "bad"}, [
        "session", "error", "done"])
    return found + bad + (faults({"message": said}, events[1]) if not bad else []), 0


STREAMS = [a_run, a_run_of_before, a_person, a_person_of_before, a_failure, a_cancel,
           a_conversation, a_conversation_of_before]
# of standalone mode, until the branch that brings people and conversations there is in
WAITING = {}


def run_stream(runner, watch):
    """One of STREAMS, counted as a case."""
    target = runner.target
    if target.kind == "standalone" and watch.__name__ in WAITING:
        runner.figures.waits(WAITING[watch.__name__])
        return
    found, cuts = runner.until_answered(lambda: watch(target), lambda fault: ([fault], 0))
    runner.figures.streams += 1
    runner.figures.cuts += cuts
    runner.problem(f"stream of {watch.__name__}", found)

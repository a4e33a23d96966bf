"""Runs the tables against a target, and says what does not fit."""

import os
import re
import time
import urllib.parse

from harness.openapi_doc import Document

from . import base, chat, inner, scale, v1, v2
from .case import NONE
from .common import other_method, refusals
from .shapes import Kind, faults
from .targets import Interrupted

ENDPOINTS = [*base.ENDPOINTS, *v2.ENDPOINTS, *chat.ENDPOINTS, *scale.ENDPOINTS, *v1.ENDPOINTS,
             *inner.ENDPOINTS]
WANTED = os.environ.get("SYNAPSED_CONTRACT_CASES", "")  # a pattern of names
LOOK_S = 60
CASE_S = 60  # for one case, whose servers die under it


def all_cases():
    seen = set()
    for endpoint in ENDPOINTS:
        for case in [*endpoint.cases, *refusals(endpoint)]:
            yield endpoint, case
        if endpoint.path not in seen and endpoint.told:
            yield endpoint, other_method(endpoint)
        seen.add(endpoint.path)


class Names:
    """What the "$" texts of one case mean."""

    def __init__(self, target):
        self.target = target
        self.new = {}
        self.answer = None

    def value(self, name):
        if name.startswith("new."):
            if name not in self.new:
                self.new[name] = self.target.things.make(name.removeprefix("new."))
            return self.new[name]
        if name.startswith("answer."):
            return self.answer[name.removeprefix("answer.")]
        if name == "name":  # a fresh one, the same within a case
            return self.new.setdefault(name, self.target.things.make(name))
        return self.target.thing(name)

    def fill(self, what):
        """The same with things in place of their names."""
        if isinstance(what, str) and "$" in what and not what.startswith("^"):
            whole = re.fullmatch(r"\$([\w.]+(?:-1)?)", what)
            if whole:
                return self.value(whole[1])
            return re.sub(r"\$([\w.]+\w)", lambda m: str(self.value(m[1])), what)
        if isinstance(what, dict):
            return {k: self.fill(v) for k, v in what.items()}
        if isinstance(what, (list, tuple)):
            return [self.fill(v) for v in what]
        if isinstance(what, Kind) and what.holds is not None:
            return what.again(self.fill(what.holds))
        return what


class Figures:
    def __init__(self):
        self.cases = 0
        self.streams = 0
        self.cuts = 0  # of streams, each gone on with
        self.waiting = {}  # branch -> cases that wait for it
        self.again = 0
        self.problems = []

    def words(self, target):
        waiting = "".join(f", {n} wait for `{name}`" for name, n in self.waiting.items())
        return (f"{target.kind}: {self.cases} cases and {self.streams} streams,"
                f" {target.retries} requests and {self.again} cases repeated, {self.cuts} streams"
                f" gone on with{waiting}, {len(self.problems)} that do not fit")

    def waits(self, branch):
        self.waiting[branch] = self.waiting.get(branch, 0) + 1


class Runner:
    def __init__(self, target):
        self.target = target
        self.document = Document(target.openapi())
        self.figures = Figures()
        self.paths = {re.sub(r"\{\w+\}", "*", path): path for path in self.document.doc["paths"]}

    def here(self, endpoint, case):
        """The case as it is on this target, or None."""
        if self.target.kind not in case.on:
            return None
        if WANTED and not re.search(WANTED, f"{endpoint.words}: {case.name}"):
            return None
        if endpoint.needs and self.target.kind in endpoint.needs_on:
            self.figures.waits(endpoint.needs)
            return None
        if self.target.kind != "standalone":
            return case
        if endpoint.stores and case in endpoint.cases and case.on != ("standalone",):
            return None
        for what in (endpoint.standalone, case.standalone):
            if what is False:
                return None
            if isinstance(what, str):
                self.figures.waits(what)
                return None
        if isinstance(case.standalone, dict):
            return type(case)(**{**vars(case), **case.standalone})
        return case

    def cases(self, single):
        """Those of this target that may run beside others, or those that may not."""
        for endpoint, case in all_cases():
            mine = self.here(endpoint, case) if case.single == single else None
            if mine:
                yield endpoint, mine

    def told(self):
        """Each endpoint is in the document, under its method."""
        for endpoint in ENDPOINTS:
            if endpoint.told and not endpoint.needs:
                path = self.paths.get(re.sub(r"\{\w+\}", "*", endpoint.path))
                if not path or endpoint.method.lower() not in self.document.doc["paths"][path]:
                    self.problem(endpoint.words, ["/openapi.json does not tell it"])

    def problem(self, words, found):
        self.figures.problems += [f"{words}: {fault}" for fault in found]

    def run(self, endpoint, case):
        words = f"{endpoint.words}: {case.name}"
        self.figures.cases += 1
        self.problem(words, self.until_answered(lambda: self.attempts(endpoint, case),
                                                lambda fault: [fault]))

    def until_answered(self, act, failed):
        """What act() returns, begun anew whenever its server died under it. While no server at all
        is up, nginx answers in no time: what bounds it is time, not how often."""
        end = time.monotonic() + CASE_S
        while True:
            try:
                return act()
            except Interrupted as why:
                self.figures.again += 1
                if time.monotonic() > end:
                    return failed(f"it never came to an end: {why}")
                time.sleep(0.1)
            except AssertionError as error:
                return failed(str(error))

    def attempts(self, endpoint, case):
        if case.before:
            case.before(self.target)
        for left in range(case.tries, 0, -1):
            found = self.attempt(endpoint, case)
            if not found or left == 1:
                return found
            time.sleep(case.tries / 1e5)

    def attempt(self, endpoint, case):
        names = Names(self.target)
        path = endpoint.path
        for name, value in case.at.items():
            value = names.fill(value)
            path = path.replace("{%s}" % name, value if "%" in value
                                else urllib.parse.quote(value, safe=""))
        if case.query:
            path += "?" + names.fill(case.query)
        method = case.method or endpoint.method
        headers = names.fill(case.headers)
        if (self.target.patient and case.keyed and endpoint.path.endswith("/run")
                and "Idempotency-Key" not in headers):
            headers["Idempotency-Key"] = self.target.things.make_once()
        body = None if case.body is NONE else names.fill(case.body)
        fields = names.fill(case.fields)  # its things are there before it asks
        answer = self.target.ask(method, path, case.key, body, headers)
        found = self.judge(endpoint, case, fields, names, answer)
        if not found:
            for look in case.then:
                found += self.look(look, names)
        return found

    def judge(self, endpoint, case, fields, names, answer):
        if answer.status != case.status:
            return [f"{answer.status}, not {case.status}: {answer.body[:200]!r}"]
        found = []
        if answer.headers.get("Access-Control-Allow-Private-Network") != "true":
            found.append("no Access-Control-Allow-Private-Network")
        for name, value in case.sends.items():
            sent = answer.headers.get(name)
            found += faults(value, sent, f"header {name}")
        if case.says and not re.search(case.says, answer.body.decode(), re.M):
            found.append(f"it says {answer.body[:300]!r}")
        if case.fields is None:
            return found
        kind = answer.headers.get("Content-Type", "")
        if not kind.startswith("application/json"):
            return [*found, f"Content-Type is {kind}"]
        value = answer.json
        names.answer = value
        if endpoint.told and not case.method:
            found += self.promised(endpoint, answer)
        return found + faults(fields, value)

    def promised(self, endpoint, answer):
        """Is it what /openapi.json says of this operation?"""
        path = self.paths.get(re.sub(r"\{\w+\}", "*", endpoint.path))
        item = self.document.doc["paths"].get(path, {})
        if endpoint.method.lower() not in item:
            return []  # told() says so
        try:
            self.document.answers(endpoint.method.lower(), path, answer)
        except (AssertionError, KeyError) as error:
            return [f"not as /openapi.json says: {error}"]
        return []

    def look(self, look, names):
        end = time.monotonic() + LOOK_S
        path = names.fill(look.path)
        while True:
            answer = self.target.ask("GET", path, look.key)
            found = [f"then {path}: {answer}"] if answer.status != 200 else [
                f"then {path}: {f}" for f in faults(names.fill(look.fields), answer.json)]
            if not found or not look.wait or time.monotonic() > end:
                return found
            time.sleep(0.02)

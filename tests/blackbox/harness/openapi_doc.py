"""openapi.json as a judge of answers: each that a test gets is held against it."""

import functools
import json
import os
import pathlib

TOP = pathlib.Path(os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[3]))
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool,
         "object": dict, "array": list, "null": type(None)}


class Document:
    def __init__(self, doc):
        self.doc = doc

    def follow(self, schema):
        while "$ref" in schema:
            at = self.doc
            for name in schema["$ref"].removeprefix("#/").split("/"):
                at = at[name]
            schema = at
        return schema

    def parts(self, schema):
        """The schema and what it is put together of."""
        schema = self.follow(schema)
        return [schema] + [p for part in schema.get("allOf", ()) for p in self.parts(part)]

    def check(self, schema, value, where):
        parts = self.parts(schema)
        for part in parts:
            wanted = part.get("type")
            if wanted:
                kinds = [wanted] if isinstance(wanted, str) else wanted
                fits = any(isinstance(value, TYPES[k]) and not (k in ("integer", "number")
                                                                and isinstance(value, bool))
                           for k in kinds)
                assert fits, (where, wanted, value)
            if "enum" in part:
                assert value in part["enum"], (where, value)
            if isinstance(value, list) and "items" in part:
                for i, item in enumerate(value):
                    self.check(part["items"], item, f"{where}[{i}]")
        if isinstance(value, dict):
            self.check_members(parts, value, where)

    def check_members(self, parts, value, where):
        """All that is promised is there, and nothing that no word is said of."""
        named, rest = {}, None
        for part in parts:
            named.update(part.get("properties", {}))
            rest = part.get("additionalProperties", rest)
            for name in part.get("required", ()):
                assert name in value, (where, name)
        for name, item in value.items():
            if name in named:
                self.check(named[name], item, f"{where}.{name}")
            elif isinstance(rest, dict):
                self.check(rest, item, f"{where}.{name}")
            else:
                assert rest or not named, (where, name, "is not in the document")

    def judge(self, operation, where, answer_status, value):
        responses = operation["responses"]
        named = responses.get(str(answer_status))
        assert named or answer_status >= 400, (where, answer_status, "is not in the document")
        media = self.follow(named or responses["default"])["content"]["application/json"]
        self.check(media["schema"], value, where)

    def answers(self, method, pattern, answer):
        """The answer is one that this operation promises."""
        self.judge(self.doc["paths"][pattern][method], f"{method} {pattern}", answer.status,
                   answer.json)
        return answer


@functools.cache
def _source():
    doc = json.loads((TOP / "src" / "api" / "openapi.json").read_text())
    rows = {}
    for key, operation in doc["operations"].items():
        method, pattern = key.split(" ", 1)
        rows.setdefault(method, []).append((pattern.split("/"), key, operation))
    for found in rows.values():  # words before what stands for any
        found.sort(key=lambda row: row[0].count("*"))
    return Document(doc), rows


def check_answer(method, path, status, headers, body):
    """JSON that answers a request to a route is what the document says. No route: nothing."""
    if not body or "application/json" not in (headers.get("Content-Type") or ""):
        return
    document, rows = _source()
    segments = path.split("?")[0].split("/")
    for pattern, key, operation in rows.get(method, ()):
        if len(pattern) == len(segments) and all(
                a in ("*", b) for a, b in zip(pattern, segments)):
            document.judge(operation, key, status, json.loads(body))
            return

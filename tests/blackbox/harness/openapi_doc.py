"""/openapi.json as a judge of answers."""

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

    def check(self, schema, value, where):
        schema = self.follow(schema)
        for part in schema.get("allOf", ()):
            self.check(part, value, where)
        wanted = schema.get("type")
        if wanted:
            kinds = [wanted] if isinstance(wanted, str) else wanted
            fits = any(isinstance(value, TYPES[k]) and not (k in ("integer", "number")
                                                            and isinstance(value, bool))
                       for k in kinds)
            assert fits, (where, wanted, value)
        if "enum" in schema:
            assert value in schema["enum"], (where, value)
        if isinstance(value, dict):
            for name in schema.get("required", ()):
                assert name in value, (where, name)
            for name, part in schema.get("properties", {}).items():
                if name in value:
                    self.check(part, value[name], f"{where}.{name}")
        if isinstance(value, list) and "items" in schema:
            for i, item in enumerate(value):
                self.check(schema["items"], item, f"{where}[{i}]")

    def answers(self, method, pattern, answer):
        """The answer is one that this operation promises."""
        responses = self.doc["paths"][pattern][method]["responses"]
        named = responses.get(str(answer.status), responses["default"])
        media = self.follow(named)["content"]["application/json"]
        self.check(media["schema"], answer.json, f"{method} {pattern}")
        return answer

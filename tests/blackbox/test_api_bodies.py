"""Bodies that are no good submission: 422 with where, what and which sort."""

import json

import pytest

pytestmark = pytest.mark.asan

BAD_JSON = {
    "cut": (b'{"message":', "json_invalid", 11),
    "single quotes": (b"{'message':1}", "json_invalid", 1),
    "trailing comma": (b'{"message":"x",}', "json_invalid", None),
    "comment": (b'{} // x', "json_invalid", None),
    "two documents": (b"{}{}", "json_invalid", 2),
    "not a number": (b'{"priority":NaN}', "json_invalid", 12),
    "infinity": (b'{"priority":-Infinity}', "json_invalid", None),
    "leading zero": (b'{"priority":01}', "json_invalid", None),
    "raw newline": (b'{"message":"a\nb"}', "json_invalid", None),
    "bad escape": (b'{"message":"\\x"}', "json_invalid", None),
    "lone surrogate": (b'{"message":"\\ud800"}', "json_invalid", None),
    "invalid utf-8": (b'{"message":"\xff"}', "json_invalid", None),
    "utf-16": ('{"message":"x"}'.encode("utf-16"), "json_invalid", 0),
    "zero byte": (b'{}\0', "json_invalid", None),
    "the same key twice": (b'{"message":"a","message":"b"}', "json_duplicate_key", 15),
    "a key twice inside": (b'{"inputs":{"a":1,"a":2}}', "json_duplicate_key", None),
    "too deep": (b'{"inputs":{"a":' + b"[" * 200 + b"]" * 200 + b"}}", "json_too_deep", None),
    "a number too large": (b'{"priority":99999999999999999999}', "json_number", None),
}

WRONG = {
    "not an object": ([], ["body"], "model_attributes_type"),
    "null": (None, ["body"], "model_attributes_type"),
    "message a number": ({"message": 1}, ["body", "message"], "string_type"),
    "message with a zero": ({"message": "a\0"}, ["body", "message"], "string_nul"),
    "priority too high": ({"priority": 11}, ["body", "priority"], "less_than_equal"),
    "priority too low": ({"priority": -11}, ["body", "priority"], "greater_than_equal"),
    "priority a text": ({"priority": "1"}, ["body", "priority"], "int_type"),
    "priority half": ({"priority": 0.5}, ["body", "priority"], "int_from_float"),
    "inputs a list": ({"inputs": [1]}, ["body", "inputs"], "dict_type"),
    "input key": ({"inputs": {"a b": 1}}, ["body", "inputs", "a b"], "string_pattern_mismatch"),
    "input key empty": ({"inputs": {"": 1}}, ["body", "inputs", ""], "string_pattern_mismatch"),
    "input key long": (
        {"inputs": {"a" * 65: 1}},
        ["body", "inputs", "a" * 65],
        "string_pattern_mismatch",
    ),
    "input with a zero": ({"inputs": {"a": ["\0"]}}, ["body", "inputs", "a"], "string_nul"),
    "too many inputs": (
        {"inputs": {f"k{i}": 1 for i in range(257)}},
        ["body", "inputs"],
        "too_long",
    ),
    "tenant too long": ({"tenant_id": "t" * 256}, ["body", "tenant_id"], "string_too_long"),
    "session a number": ({"session_id": 3}, ["body", "session_id"], "string_type"),
    "webhook elsewhere": ({"webhook_url": "file:///x"}, ["body", "webhook_url"], "url_scheme"),
    "secret a list": ({"webhook_secret": ["x"]}, ["body", "webhook_secret"], "string_type"),
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json_is_refused_at_its_byte(api, name):
    body, kind, at = BAD_JSON[name]
    runs = api.count_runs()
    answer = api.client.run("hello", body)
    assert answer.status == 422
    assert answer.code == "validation_failed"
    (fault,) = answer.json["detail"]
    assert fault["type"] == kind
    assert fault["loc"][0] == "body" and isinstance(fault["loc"][1], int)
    assert 0 <= fault["loc"][1] <= len(body)
    if at is not None:
        assert fault["loc"][1] == at
    assert fault["msg"]
    assert api.count_runs() == runs


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_with_its_place(api, name):
    body, loc, kind = WRONG[name]
    answer = api.client.run("hello", json.dumps(body))
    assert answer.status == 422
    assert [(f["loc"], f["type"]) for f in answer.json["detail"]] == [(loc, kind)]
    assert all(f["msg"] for f in answer.json["detail"])


def test_all_that_is_wrong_is_said_at_once(api):
    answer = api.client.run("hello", {"message": 1, "priority": [], "inputs": {"-": 0}})
    assert [f["loc"][-1] for f in answer.json["detail"]] == ["message", "-", "priority"]


def test_an_answer_does_not_repeat_what_was_sent(api):
    answer = api.client.run("hello", {"webhook_secret": {"x": "hunter2"}, "priority": "hunter2"})
    assert answer.status == 422
    assert b"hunter2" not in answer.body


@pytest.mark.parametrize(
    "body", [b"", b" \r\n\t", b"{}", b'{"message":null,"inputs":null}', b'{"later":[{}]}']
)
def test_everything_may_be_left_out(api, body):
    answer = api.client.run("hello", body)
    assert answer.status == 202
    assert api.row(answer.json["run_id"], "input, inputs, session_id, priority") == (
        "",
        None,
        None,
        0,
    )


def test_a_definition_that_cannot_run_is_refused_by_name(api):
    answer = api.client.run("broken", {})
    assert (answer.status, answer.code) == (422, "definition_invalid")
    assert "nowhere" in answer.json["detail"]
    answer = api.client.bulk("broken", [{}])
    assert (answer.status, answer.code) == (422, "definition_invalid")


def test_a_definition_is_seen_soon_after_it_is_stored(api):
    assert api.client.run("late", {}).status == 404
    api.define("late", api.definitions["hello"])
    api.until(lambda: api.client.run("late", {}).status == 202)
    run_id = api.client.run("late", {}).json["run_id"]
    version = api.row(run_id, "definition_version")
    api.define("late", {**api.definitions["hello"], "name": "another"})
    api.until(
        lambda: api.row(api.client.run("late", {}).json["run_id"], "definition_version")
        > version,
    )

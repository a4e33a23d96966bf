"""Many runs in one request."""

import json

import pytest

pytestmark = pytest.mark.asan


def test_every_item_is_answered_at_its_place(api):
    answer = api.client.bulk(
        "hello",
        [
            {"message": "a"},
            {"priority": 99},
            {},
            "x",
            {"inputs": {"k": 1}, "unknown": 1},
            None,
            {"message": 7, "tenant_id": 7},
        ],
    )
    assert answer.status == 202
    runs = answer.json["runs"]
    assert ["run_id" in run for run in runs] == [True, False, True, False, True, False, False]
    assert {run["code"] for run in runs if "code" in run} == {"validation_failed"}
    assert runs[1]["detail"][0]["loc"] == ["body", "runs", 1, "priority"]
    assert runs[3]["detail"][0]["loc"] == ["body", "runs", 3]
    assert [f["loc"][-1] for f in runs[6]["detail"]] == ["message", "tenant_id"]
    assert api.row(runs[0]["run_id"], "input") == "a"
    assert json.loads(api.row(runs[4]["run_id"], "inputs")) == {"k": 1}


def test_a_thousand_are_a_thousand_rows_and_entries(api):
    answer = api.client.bulk(
        "hello", [{"message": str(i), "tenant_id": "bulk"} for i in range(1000)]
    )
    assert answer.status == 202
    ids = [run["run_id"] for run in answer.json["runs"]]
    assert len(set(ids)) == 1000
    rows = dict(
        api.sql("SELECT run_id, input FROM orchestration_runs WHERE tenant_id = 'bulk'")
    )
    assert [rows[run_id] for run_id in ids] == [str(i) for i in range(1000)]
    api.until(lambda: api.waiting("bulk") == 1000)
    assert all(api.entry(run_id) for run_id in ids[::100])


def test_no_items_are_no_runs(api):
    answer = api.client.bulk("hello", [])
    assert (answer.status, answer.json) == (202, {"runs": []})


BAD = {
    "empty": (b"", "model_attributes_type"),
    "a list": (b"[{}]", "model_attributes_type"),
    "no runs": (b"{}", "missing"),
    "runs null": (b'{"runs":null}', "list_type"),
    "runs an object": (b'{"runs":{"0":{}}}', "list_type"),
    "runs twice": (b'{"runs":[],"runs":[]}', "json_duplicate_key"),
    "cut": (b'{"runs":[{}', "json_invalid"),
    "cut in a text": (b'{"runs":["', "json_invalid"),
    "comma": (b'{"runs":[{},]}', "json_invalid"),
    "no comma": (b'{"runs":[{} {}]}', "json_invalid"),
    "brackets": (b'{"runs":[{]}', "json_invalid"),
    "behind the end": (b'{"runs":[{}]}]', "json_invalid"),
    "bad item": (b'{"runs":[{},{"a":nil}]}', "json_invalid"),
    "item twice": (b'{"runs":[{"a":1,"a":1}]}', "json_duplicate_key"),
    "bad other field": (b'{"runs":[{}],"x":nil}', "json_invalid"),
    "other field too long": (b'{"x":"' + b"x" * 70000 + b'","runs":[{}]}', "too_long"),
    "item too long": (b'{"runs":[{"message":"' + b"x" * (1 << 20) + b'"}]}', "too_long"),
    "too deep": (b'{"runs":[' + b"[" * 300 + b"]" * 300 + b"]}", "json_too_deep"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_body_accepts_nothing(api, name):
    body, kind = BAD[name]
    runs = api.count_runs()
    answer = api.client.post("/api/v2/orchestrations/hello/runs", body)
    assert answer.status == 422
    assert answer.json["detail"][0]["type"] == kind
    assert answer.json["detail"][0]["loc"][0] == "body"
    assert api.count_runs() == runs


def test_a_bad_item_at_the_end_of_a_large_body_accepts_nothing(api):
    body = b'{"runs":[' + b'{"message":"x"},' * 20000 + b'{"message":"x"]}'
    runs = api.count_runs()
    answer = api.client.post("/api/v2/orchestrations/hello/runs", body)
    assert answer.status == 422
    assert api.count_runs() == runs


def test_too_many_items_are_refused(api):
    body = b'{"runs":[' + b"1," * 100000 + b"1]}"
    answer = api.client.post("/api/v2/orchestrations/hello/runs", body, timeout=60)
    assert answer.status == 422
    assert answer.json["detail"][0]["type"] == "too_long"


def test_a_bulk_again_is_the_same_runs(api):
    items = [{"message": str(i), "tenant_id": "bulk-idem"} for i in range(300)]
    headers = {"Idempotency-Key": "bulk"}
    first = api.client.bulk("hello", items, headers=headers).json["runs"]
    again = api.client.bulk("hello", items, headers=headers).json["runs"]
    assert [r["run_id"] for r in first] == [r["run_id"] for r in again]
    assert all(r.get("replayed") for r in again)
    assert not any(r.get("replayed") for r in first)
    items[7]["message"] = "other"
    third = api.client.bulk("hello", items, headers=headers).json["runs"]
    assert third[7]["code"] == "idempotency_mismatch"
    assert [r.get("run_id") for i, r in enumerate(third) if i != 7] == [
        r["run_id"] for i, r in enumerate(first) if i != 7
    ]
    assert api.sql(
        "SELECT count(*) FROM orchestration_runs WHERE tenant_id = 'bulk-idem'"
    ) == [(300,)]


def test_a_large_bulk_lets_others_through(api):
    """While 30,000 items are read and committed, a single submission is answered."""
    items = [{"message": "x" * 100, "tenant_id": "bulk-large"} for _ in range(30000)]

    def one(i):
        if i == 0:
            return api.client.bulk("hello", items, timeout=120).status
        return max(api.timed(lambda: api.client.run("hello", {}).status == 202) for _ in range(30))

    status, slowest = api.together(2, one)
    assert status == 202
    assert slowest < 5

"""GET /api/v2/runs: filters, pages, tags."""

import uuid

import pytest

RUNS = "/api/v2/runs"


def listed(api, **query):
    text = "&".join(f"{k}={api.quote(str(v))}" for k, v in query.items())
    answer = api.client.get(f"{RUNS}?{text}")
    assert answer.status == 200, answer
    return answer.json


def ids(page):
    return [run["run_id"] for run in page["runs"]]


def store(api, tenant, n, **columns):
    """Rows as they are some time later; the last is the newest."""
    made = []
    for i in range(n):
        row = {
            "run_id": f"run_{uuid.uuid4().hex[:12]}_{i}",
            "orchestration_id": "hello",
            "tenant_id": tenant,
            "status": "completed",
            "shared_state": "{}",
            "step_history": "[]",
            "created_at": f"2026-06-01 12:00:{i:02}+00",
            "ended_at": "2026-06-02 12:00:00+00",
            **columns,
        }
        names = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        api.sql(f"INSERT INTO orchestration_runs ({names}) VALUES ({marks})", *row.values())
        made.append(row["run_id"])
    return made


def test_runs_are_found_by_what_they_are(api):
    tenant = f"t_{uuid.uuid4().hex}"
    (plain,) = store(api, tenant, 1)
    (failed,) = store(api, tenant, 1, status="failed", error='{"message": "Too BIG_ by 100%"}')
    (asked,) = store(api, tenant, 1, session_id=f"s_{tenant}", input="where is Waldo?")
    (answered,) = store(api, tenant, 1, final_response="here I am", orchestration_id="other")
    (open_,) = store(api, tenant, 1, status="running", ended_at=None)
    (late,) = store(api, tenant, 1, created_at="2026-07-01 00:00:00+00")
    for found, query in (
        ([failed], {"status": "failed"}),
        ([open_], {"status": "running"}),
        ([], {"status": "paused"}),
        ([answered], {"orchestration_id": "other"}),
        ([asked], {"session_id": f"s_{tenant}"}),
        ([], {"session_id": f"s_{tenant}", "status": "failed"}),
        ([late], {"since": "2026-07-01T00:00:00Z"}),
        ([], {"since": "2026-07-01T00:00:00.001Z"}),
        ([late], {"since": "2026-07-01T02:00:00+02:00", "until": 1782864000001}),
        ([asked], {"text": "waldo"}),
        ([answered], {"text": "HERE i a"}),
        ([failed], {"text": "big_ by 100%"}),
        ([], {"text": "big% by"}),
    ):
        assert ids(listed(api, tenant_id=tenant, **query)) == found, query
    early = ids(listed(api, tenant_id=tenant, until="2026-07-01T00:00:00Z"))
    assert set(early) == {plain, failed, asked, answered, open_}


def test_runs_are_found_by_their_tags(api):
    tenant = f"t_{uuid.uuid4().hex}"
    body = {"tenant_id": tenant, "metadata": {"team": "a:b", "n": 1, "ok": True}}
    first = api.client.run("hello", body).json["run_id"]
    second = api.client.bulk("hello", [{**body, "metadata": {"team": "a:b"}}]).json["runs"][0]["run_id"]
    api.client.run("hello", {"tenant_id": tenant})
    assert ids(listed(api, tenant_id=tenant, tag="team:a:b")) == [second, first]
    assert ids(listed(api, tenant_id=tenant, tag="n:1")) == [first]
    assert ids(listed(api, tenant_id=tenant, tag="ok:true")) == [first]
    assert ids(listed(api, tenant_id=tenant, tag="team:a")) == []
    assert ids(listed(api, tenant_id=tenant, tag="team:a:b", status="queued", limit=1)) == [second]
    (run,) = listed(api, tenant_id=tenant, tag="n:1")["runs"]
    assert run["metadata"] == {"team": "a:b", "n": 1, "ok": True}
    assert (run["priority"], run["attempt"], run["queue"]) == (0, 1, "default")


@pytest.mark.parametrize("query", [
    {"status": "failed"}, {"status": "running"}, {"session_id": "s_paged"},
    {"orchestration_id": "o_paged"}, {"tag": "paged:1"}, {},
])
def test_each_list_is_paged(api, query):
    tenant = f"t_{uuid.uuid4().hex}"
    more = {"status": query.get("status", "completed"), "session_id": "s_paged",
            "orchestration_id": "o_paged", "metadata": '{"paged": 1}'}
    if more["status"] == "running":
        more["ended_at"] = None
    made = store(api, tenant, 5, **more)
    seen, after = [], {}
    for size in (2, 2, 1):
        page = listed(api, tenant_id=tenant, limit=2, **query, **after)
        assert len(page["runs"]) == size
        seen += ids(page)
        after = {"after": page["next"]}
    assert after == {"after": None}
    assert seen == made[::-1]


@pytest.mark.parametrize("name, value", [
    ("since", "yesterday"), ("until", "2026-02-30T00:00:00Z"), ("tag", "x"), ("tag", ":x"),
    ("text", ""), ("text", "x" * 201), ("session_id", ""), ("tenant_id", "x" * 256),
])
def test_a_filter_that_is_none_is_refused(api, name, value):
    answer = api.client.get(f"{RUNS}?{name}={api.quote(value)}")
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["query", name]


def test_a_key_lists_its_tenants_runs_only(api):
    store(api, "alpha_l", 1)
    alpha = api.client.with_key(api.new_key("alpha_l"))
    answer = alpha.get(f"{RUNS}?tenant_id=beta")
    assert (answer.status, answer.code) == (403, "tenant_forbidden")
    assert {r["tenant_id"] for r in alpha.get(RUNS).json["runs"]} == {"alpha_l"}
    assert alpha.get(f"{RUNS}?orchestration_id=hello&tenant_id=alpha_l").status == 200


@pytest.mark.parametrize("body, where", [
    ({"metadata": []}, ["body", "metadata"]),
    ({"metadata": {"a b": 1}}, ["body", "metadata", "a b"]),
    ({"metadata": {"a": {}}}, ["body", "metadata", "a"]),
    ({"metadata": {"a": "x" * 257}}, ["body", "metadata", "a"]),
    ({"metadata": {f"k{i}": 1 for i in range(33)}}, ["body", "metadata"]),
    ({"run_at": "soon"}, ["body", "run_at"]),
    ({"run_at": 1.5}, ["body", "run_at"]),
    ({"run_at": -1}, ["body", "run_at"]),
])
def test_a_submission_says_what_is_wrong_with_its_tags(api, body, where):
    answer = api.client.run("hello", body)
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == where

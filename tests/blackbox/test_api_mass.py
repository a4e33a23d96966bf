"""Acts on many runs and dead letters: counted first, then done page by page."""

import uuid

import pytest
from test_api_run_list import store
from test_dead_letters import bury

RUNS = "/api/v2/runs/bulk"
LETTERS = "/api/v2/dead-letters/bulk"


def done(api, path, body):
    answer = api.client.post(path, body)
    assert answer.status == 200, answer
    return answer.json


def test_runs_are_counted_and_then_acted_on_page_by_page(api):
    tenant = f"t_{uuid.uuid4().hex}"
    store(api, tenant, 5)
    waiting = [api.client.run("hello", {"tenant_id": tenant}).json["run_id"] for _ in range(3)]
    path = f"{RUNS}?tenant_id={tenant}&until=9999-01-01T00:00:00Z"
    told = done(api, path, {"action": "cancel", "dry_run": True})
    assert told == {"action": "cancel", "dry_run": True, "matched": 8, "applicable": 3,
                    "more": False}
    assert {api.row(run, "status") for run in waiting} == {"queued"}

    seen, after = 0, ""
    while after is not None:
        told = done(api, f"{path}&limit=3{after and '&after=' + after}",
                    {"action": "cancel", "rate": 1000})
        assert (told["done"], told["refused"], told["refusals"]) == (told["applicable"], 0, [])
        seen += told["matched"]
        after = told["next"]
    assert seen == 8
    assert {api.row(run, "status") for run in waiting} == {"cancelled"}

    told = done(api, f"{path}&status=completed", {"action": "delete", "rate": 1000})
    assert (told["done"], told["next"]) == (5, None)
    left = api.sql("SELECT run_id FROM orchestration_runs WHERE tenant_id = %s", tenant)
    assert {run for (run,) in left} == set(waiting)


def test_what_cannot_be_done_is_told_and_the_rest_goes_on(api):
    tenant = f"t_{uuid.uuid4().hex}"
    rows = store(api, tenant, 2, status="failed", orchestration_id="nowhere")
    good = store(api, tenant, 1, status="failed", input="again")
    told = done(api, f"{RUNS}?tenant_id={tenant}&status=failed", {"action": "retry", "rate": 1000})
    assert (told["done"], told["refused"]) == (1, 2)
    assert {(r["id"], r["code"]) for r in told["refusals"]} == {
        (run, "orchestration_not_found") for run in rows}
    (run,) = api.client.get(f"/api/v2/runs?tag=retry_of:{good[0]}").json["runs"]
    assert (run["status"], api.row(run["run_id"], "input")) == ("queued", "again")


@pytest.mark.parametrize("query, body, where", [
    ("?status=failed", {"action": "explode"}, ["body", "action"]),
    ("?status=failed", {}, ["body", "action"]),
    ("", {"action": "cancel"}, ["body"]),
    ("?status=failed", {"action": "cancel", "rate": 0}, ["body", "rate"]),
    ("?status=failed", {"action": "cancel", "dry_run": 1}, ["body", "dry_run"]),
    ("?status=failed&limit=1001", {"action": "cancel"}, ["query", "limit"]),
    ("?status=failed&after=x", {"action": "cancel"}, ["query", "after"]),
    ("?status=gone", {"action": "cancel"}, ["query", "status"]),
    ("?status=failed", [], ["body"]),
])
def test_a_bulk_act_says_what_is_wrong_with_it(api, query, body, where):
    answer = api.client.post(RUNS + query, body)
    assert answer.status == 422, answer
    assert answer.json["detail"][0]["loc"] == where


def test_dead_letters_are_retried_and_discarded(api):
    orch = f"o_{uuid.uuid4().hex}"
    ids = bury(api, 3, orch=orch)
    path = f"{LETTERS}?orchestration_id={orch}"
    told = done(api, path, {"action": "discard", "dry_run": True})
    assert (told["matched"], told["applicable"]) == (3, 3)
    told = done(api, path, {"action": "discard", "rate": 1000})
    assert (told["done"], told["next"]) == (3, None)
    assert api.client.get(f"/api/v2/dead-letters/{ids[0]}").json["resolved"] is True
    answer = api.client.post(f"/api/v2/dead-letters/{ids[0]}/retry")
    assert (answer.status, answer.code) == (409, "dead_letter_resolved")
    assert api.client.post(LETTERS, {"action": "discard"}).status == 422

    # its run is no more: a new one, with what the letter says, is started once
    payload = "'{\"initial_input\": \"old\", \"inputs\": {\"n\": 1}, \"tenant_id\": \"default\"}'"
    (letter,) = bury(api, payload=payload)
    answer = api.client.post(f"/api/v2/dead-letters/{letter}/retry", {"message": "new"})
    assert answer.status == 202, answer
    run = answer.json["run_id"]
    assert api.row(run, "input, inputs") == ("new", '{"n":1}')
    assert api.client.get(f"/api/v2/dead-letters/{letter}").json["resolved"] is True

    failed = store(api, "default", 1, status="failed", wake=1, queue="default",
                   orchestration_id="hello", definition_version=1)[0]
    (letter,) = bury(api, run=failed)
    told = done(api, f"{LETTERS}?run_id={failed}", {"action": "retry", "rate": 1000})
    assert (told["done"], told["refusals"]) == (1, [])
    assert api.row(failed, "status, attempt") == ("queued", 2)
    assert api.client.get(f"/api/v2/dead-letters/{letter}").json["resolved"] is True

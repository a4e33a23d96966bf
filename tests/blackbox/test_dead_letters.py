"""Dead letters over HTTP: found, looked at, discarded; whose they are."""

import uuid

import pytest

pytestmark = pytest.mark.asan

PATH = "/api/v2/dead-letters"
NONE = "01234567-89ab-cdef-0123-456789abcdef"


def bury(api, n=1, tenant="default", run=None, payload=None, resolved="false", orch="hello"):
    """Letters as a keeper or a stock worker writes them; the last is the newest."""
    ids = []
    for i in range(n):
        ids.append(str(uuid.uuid4()))
        named = f"jsonb_build_object('tenant_id', '{tenant}')" if payload is None else payload
        api.sql(
            "INSERT INTO dead_letter_queue (id, run_id, orchestration_id, job_function,"
            " job_payload, error_message, error_traceback, attempt_count, first_failed_at,"
            f" last_failed_at, resolved) VALUES ('{ids[-1]}', '{run or 'run_of_' + ids[-1]}',"
            f" '{orch}', 'run_orchestration_job', {named}, 'it broke', 'line 1', 2,"
            f" '2026-06-01 12:00:00+00', now() + interval '{i} ms', {resolved})"
        )
    return ids


def listed(client, **query):
    text = "&".join(f"{k}={v}" for k, v in query.items())
    answer = client.get(f"{PATH}?{text}")
    assert answer.status == 200, answer
    return answer.json


def test_open_letters_are_listed_newest_first_and_paged(api):
    orch = f"paged_{uuid.uuid4().hex}"
    ids = bury(api, 5, orch=orch)
    bury(api, orch=orch, resolved="true")
    seen, after = [], ""
    for size in (2, 2, 1):
        page = listed(api.client, orchestration_id=orch, limit=2, **({"after": after} if after else {}))
        assert len(page["dead_letters"]) == size
        seen += [letter["id"] for letter in page["dead_letters"]]
        after = page["next"]
    assert after is None
    assert seen == ids[::-1]
    assert len(listed(api.client, orchestration_id=orch, state="all")["dead_letters"]) == 6
    assert len(listed(api.client, orchestration_id=orch, state="resolved")["dead_letters"]) == 1


def test_a_letter_has_all_that_is_known(api):
    (letter,) = bury(api, run="run_of_this", payload="'{\"orch_id\": \"hello\", \"n\": [1]}'")
    answer = api.client.get(f"{PATH}/{letter}").json
    assert answer.pop("last_failed_at")
    assert answer == {
        "id": letter,
        "run_id": "run_of_this",
        "orchestration_id": "hello",
        "tenant_id": "default",
        "job_function": "run_orchestration_job",
        "error_message": "it broke",
        "attempt_count": 2,
        "first_failed_at": "2026-06-01 12:00:00+00:00",
        "resolved": False,
        "cause": None,
        "traceback": "line 1",
        "payload": {"orch_id": "hello", "n": [1]},
    }
    found = listed(api.client, run_id="run_of_this")["dead_letters"]
    assert [f["id"] for f in found] == [letter]


def test_discarding_resolves_a_letter_and_may_be_repeated(api):
    (letter,) = bury(api)
    for _ in range(2):
        answer = api.client.post(f"{PATH}/{letter}/discard")
        assert (answer.status, answer.json) == (200, {"status": "discarded", "id": letter})
    assert api.client.get(f"{PATH}/{letter}").json["resolved"] is True


def test_a_key_sees_its_tenants_letters_only(api):
    (own,) = bury(api, tenant="alpha")
    (other,) = bury(api, tenant="beta")
    (unnamed,) = bury(api, payload="'{}'")
    alpha = api.client.with_key(api.new_key("alpha"))
    ids = {letter["id"] for letter in listed(alpha, limit=200)["dead_letters"]}
    assert own in ids and not {other, unnamed} & ids
    for path, ask in ((f"{PATH}/{other}", alpha.get), (f"{PATH}/{other}/discard", alpha.post)):
        answer = ask(path)
        assert (answer.status, answer.code) == (404, "dead_letter_not_found")
    assert api.client.get(f"{PATH}/{other}").json["resolved"] is False
    # whose letters name no tenant is the default one's
    default = api.client.with_key(api.new_key("default"))
    assert default.get(f"{PATH}/{unnamed}").status == 200


@pytest.mark.parametrize("id", ["x", "1" * 36, NONE, NONE + "0", "%27"])
def test_what_is_no_letter_is_not_found(api, id):
    for answer in (api.client.get(f"{PATH}/{id}"), api.client.post(f"{PATH}/{id}/discard")):
        assert (answer.status, answer.code) == (404, "dead_letter_not_found")


@pytest.mark.parametrize(
    "name, value",
    [
        ("state", "dead"),
        ("limit", "0"),
        ("limit", "201"),
        ("after", "1.x"),
        ("after", f"x.{NONE}"),
        ("orchestration_id", "x" * 256),
        ("run_id", ""),
    ],
)
def test_a_filter_that_is_none_is_refused(api, name, value):
    answer = api.client.get(f"{PATH}?{name}={value}")
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["query", name]

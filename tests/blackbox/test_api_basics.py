"""Paths, methods and keys: who gets in, and what is told to who does not."""

import http.client
import time

import pytest

from api_client import Client

pytestmark = pytest.mark.asan

GET_PATHS = [
    "/api/v2/orchestrations",
    "/api/v2/orchestrations/hello",
    "/api/v2/agents",
    "/api/v2/runs",
    "/api/v2/workers",
    "/api/v2/queue/stats",
    "/api/v2/dead-letters",
]


def test_health_needs_no_key(api):
    answer = api.client.with_key(None).get("/health")
    assert answer.status == 200
    assert answer.json == {
        "status": "ok",
        "mode": "scale",
        "redis_connected": True,
        "pg_connected": True,
        "reason": None,
    }


@pytest.mark.parametrize("path", GET_PATHS)
def test_a_get_is_also_a_head(api, path):
    get = api.client.get(path)
    head = api.client.ask("HEAD", path)
    assert get.status == head.status == 200
    assert head.body == b""
    assert head.headers["Content-Length"] == str(len(get.body))
    assert get.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2",
        "/api/v2/",
        "/api/v2/orchestrations/",
        "/api/v2/orchestrations/hello/",
        "/api/v2/orchestrations//run",
        "/api/v1/nothing",
        "/api/v2/nothing",
        "/health/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_not_found(api, method, path):
    answer = api.client.ask(method, path)
    assert answer.status == 404
    assert answer.json == {"detail": "Not Found", "code": "not_found"}


@pytest.mark.parametrize(
    "method, path, allow",
    [
        ("POST", "/api/v2/workers", "GET, HEAD"),
        ("DELETE", "/api/v2/queue/stats", "GET, HEAD"),
        ("GET", "/api/v2/orchestrations/hello/run", "POST"),
        ("HEAD", "/api/v2/orchestrations/hello/run", "POST"),
        ("GET", "/api/v2/orchestrations/hello/runs", "POST"),
        ("PUT", "/api/v2/runs", "GET, HEAD"),
        ("PATCH", "/api/v2/workers", "GET, HEAD"),
        ("OPTIONS", "/health", "GET, HEAD"),
        ("BREW", "/health", "GET, HEAD"),
    ],
)
def test_another_method_is_refused_with_the_ones_there_are(api, method, path, allow):
    answer = api.client.ask(method, path)
    assert answer.status == 405
    assert answer.headers["Allow"] == allow
    if method != "HEAD":
        assert answer.json == {
            "detail": "Method Not Allowed",
            "code": "method_not_allowed",
        }


@pytest.mark.parametrize(
    "path", ["/api/v2/runs?a=%", "/api/v2/runs?%zz", "/%ff", "/a%00b", "/%c3%28"]
)
def test_a_uri_that_is_no_text_is_refused(api, path):
    answer = api.client.get(path)
    assert (answer.status, answer.code) == (400, "bad_uri")


MALFORMED_AUTHORIZATION = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Bearer sk-syn-",
    "Bearer sk-syn-XYZ",
    "Bearer SK-SYN-00",
    "Bearer sk-syn-00 00",
    "Bearer sk-syn-00,Bearer sk-syn-11",
    "Bearer sk-syn-" + "a" * 300,
    "Bearer  sk-syn-00",
    "Basic c2stc3luLTAw",
    "sk-syn-00",
    "Bearer ' OR 1=1 --",
    "Bearer sk-syn-%30%30",
]


@pytest.mark.parametrize("value", MALFORMED_AUTHORIZATION)
def test_what_is_no_key_is_refused(api, value):
    client = api.client.with_key(None)
    headers = {} if value is None else {"Authorization": value}
    for method, path in (
        ("GET", "/api/v2/runs"),
        ("POST", "/api/v2/orchestrations/hello/run"),
    ):
        answer = client.ask(method, path, headers=headers)
        assert answer.status == 401
        assert answer.json == {"detail": "Not authenticated", "code": "not_authenticated"}
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_two_authorization_headers_are_none(api):
    status, _, _ = api.client.raw(
        b"GET /api/v2/runs HTTP/1.1\r\nHost: a\r\n"
        + 2 * f"Authorization: Bearer {api.client.key}\r\n".encode()
        + b"\r\n"
    )
    assert status == 401


def test_a_key_outside_the_header_counts_nothing(api):
    client = api.client.with_key(None)
    key = api.client.key
    assert client.get(f"/api/v2/runs?key={key}&authorization=Bearer%20{key}").status == 401
    assert client.get("/api/v2/runs", headers={"X-Api-Key": key}).status == 401


def test_an_unknown_key_is_refused_and_heard_of_when_it_is_made(api):
    key = api.make_key_text()
    client = api.client.with_key(key)
    answer = client.get("/api/v2/runs")
    assert answer.status == 401
    assert answer.code == "invalid_key"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    api.store_key(key)
    api.until(lambda: client.get("/api/v2/runs").status == 200)


@pytest.mark.long
def test_a_revoked_key_is_refused_within_its_time(api):
    key = api.make_key_text()
    api.store_key(key)
    client = api.client.with_key(key)
    api.until(lambda: client.get("/api/v2/runs").status == 200)
    api.sql("UPDATE api_keys SET is_active = false WHERE key_hash = %s", api.hashed(key))
    begin = time.monotonic()
    api.until(lambda: client.get("/api/v2/runs").status == 401)
    assert time.monotonic() - begin < 45


@pytest.mark.long
def test_the_last_use_of_a_key_is_noted(api):
    key = api.make_key_text()
    api.store_key(key)
    assert api.client.with_key(key).get("/api/v2/runs").status == 200
    api.until(
        lambda: api.sql(
            "SELECT last_used_at FROM api_keys WHERE key_hash = %s", api.hashed(key)
        )[0][0]
        is not None
    )


def test_a_key_of_a_tenant_stays_with_its_tenant(api):
    mine = api.client.with_key(api.new_key(tenant="acme"))
    other = api.client.with_key(api.new_key(tenant="other"))
    answer = mine.run("hello", {"tenant_id": "other"})
    assert (answer.status, answer.code) == (403, "tenant_forbidden")
    run_id = mine.run("hello", {}).json["run_id"]
    assert api.row(run_id, "tenant_id") == "acme"
    assert mine.get(f"/api/v2/orchestrations/runs/{run_id}/status").status == 200
    for path in ("status", "events"):
        answer = other.get(f"/api/v2/orchestrations/runs/{run_id}/{path}")
        assert (answer.status, answer.code) == (404, "run_not_found")
    assert run_id in [run["run_id"] for run in mine.get("/api/v2/runs").json["runs"]]
    assert run_id not in [run["run_id"] for run in other.get("/api/v2/runs").json["runs"]]
    bulk = mine.bulk("hello", [{}, {"tenant_id": "other"}]).json["runs"]
    assert "run_id" in bulk[0]
    assert bulk[1]["code"] == "tenant_forbidden"


def test_definitions_are_listed_and_shown(api):
    listed = {item["id"]: item for item in api.client.get("/api/v2/orchestrations").json}
    assert set(listed["hello"]) == {"id", "name", "description", "updated_at"}
    shown = api.client.get("/api/v2/orchestrations/hello")
    assert shown.status == 200
    assert shown.json == api.definitions["hello"]
    api.sql(
        "INSERT INTO agents (id, name, definition, tenant_id, updated_at) VALUES"
        " ('agent', 'An agent', '{\"id\": \"agent\", \"x\": [1, null]}', 'default', now())"
        " ON CONFLICT DO NOTHING"
    )
    agents = {item["id"]: item for item in api.client.get("/api/v2/agents").json}
    assert set(agents["agent"]) == {"id", "name", "updated_at"}
    assert agents["agent"]["updated_at"].endswith("+00:00")
    assert api.client.get("/api/v2/agents/agent").json == {"id": "agent", "x": [1, None]}


@pytest.mark.parametrize("unknown", ["nothing", "a%2Fb", "%22", "x" * 300, "'%20or%201=1"])
def test_an_unknown_definition_is_not_found(api, unknown):
    for kind, code in (
        ("orchestrations", "orchestration_not_found"),
        ("agents", "agent_not_found"),
    ):
        answer = api.client.get(f"/api/v2/{kind}/{unknown}")
        assert (answer.status, answer.code) == (404, code)
    answer = api.client.run(unknown, {})
    assert (answer.status, answer.code) == (404, "orchestration_not_found")
    answer = api.client.bulk(unknown, [{}])
    assert (answer.status, answer.code) == (404, "orchestration_not_found")


def test_workers_are_shown_as_their_rows_say(api):
    api.sql(
        "INSERT INTO workers (worker_id, hostname, address, status, active_jobs, max_jobs,"
        " last_heartbeat, mcp_disabled) VALUES ('w1', 'host', 'http://host:9000', 'offline',"
        " 0, 7, '2026-06-01 12:34:56+00', '[\"x\"]') ON CONFLICT DO NOTHING"
    )
    workers = {w["worker_id"]: w for w in api.client.get("/api/v2/workers").json}
    assert workers["w1"] == {
        "worker_id": "w1",
        "hostname": "host",
        "address": "http://host:9000",
        "status": "offline",
        "active_jobs": 0,
        "max_jobs": 7,
        "last_heartbeat": "2026-06-01 12:34:56+00:00",
        "mcp_disabled": ["x"],
        "last_death_cause": None,
        "last_death_at": None,
        "version": None,
        "state": None,
        "generation": 0,
        "memory_bytes": 0,
    }


def test_queue_stats_have_their_fields(api):
    stats = api.client.get("/api/v2/queue/stats").json
    assert set(stats) == {"queue_name", "queued", "active", "dead", "oldest_ms"}
    assert all(isinstance(stats[k], int) for k in stats if k != "queue_name")


def test_metrics_are_for_who_has_their_token(site):
    site.prepare()
    daemon = site.start(METRICS_TOKEN="of-the-scraper", SYNAPSED_QUEUE_NAMES="default,other")
    for token, want in (("of-the-scraper", 200), ("another", 401), (None, 401), (site.key, 401)):
        connection = http.client.HTTPConnection("127.0.0.1", daemon.api_port, timeout=30)
        connection.request("GET", "/api/v2/metrics",
                           headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == want, token
        for name in (b"default", b"other"):  # each queue has its sample
            for metric in (b"synapse_queue_depth", b"synapse_oldest_wait_seconds"):
                sample = b'\n%s{queue_name="%s"} 0' % (metric, name)
                assert (sample in text) == (want == 200)


def test_many_clients_at_once_are_all_answered(api):
    client: Client = api.client
    assert api.together(40, lambda i: client.get("/api/v2/runs").status) == [200] * 40

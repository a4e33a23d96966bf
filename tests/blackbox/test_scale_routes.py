"""The settings page's routes: who may ask, what is shown, sync of a data folder."""

import json
import pathlib

import pytest
from test_definitions import orchestration

pytestmark = pytest.mark.asan


def ask(api, method, path, body=None, **headers):
    """Without a key: this host is enough."""
    headers = {k.replace("_", "-"): v for k, v in headers.items()}
    return api.client.with_key(None).ask(method, "/api/scale" + path, body, headers=headers)


def test_this_host_may_ask_and_nobody_for_others(api):
    assert ask(api, "GET", "/tenants").status == 200
    for headers in (
        {"X_Forwarded_For": "10.0.0.1"}, {"Forwarded": "for=10.0.0.1"},
        {"Host": "rebound.example"}, {"Origin": "https://evil.example"},
        {"X_Real_IP": "10.0.0.1"}, {"Via": "1.1 proxy"}, {"X_Forwarded_Proto": "https"},
        {"Host": "127.rebound.example"}, {"Origin": "http://127.evil.example:8765"},
    ):  # fmt: skip
        answer = ask(api, "GET", "/tenants", **headers)
        assert (answer.status, answer.code) == (403, "forbidden"), headers
        # a key that is bound to no tenant is enough from anywhere
        key = {"Authorization": "Bearer " + api.client.key}
        assert ask(api, "GET", "/tenants", **headers, **key).status == 200
    bound = {"Authorization": "Bearer " + api.new_key("acme"), "Forwarded": "x"}
    assert ask(api, "GET", "/tenants", **bound).status == 403
    assert ask(api, "GET", "/tenants", Origin="http://localhost:3000").status == 200
    for name in ("127.0.0.1:1", "127.9.9.9", "LOCALHOST", "[::1]:8765", "[::ffff:127.0.0.1]"):
        assert ask(api, "GET", "/tenants", Host=name).status == 200, name


@pytest.mark.api(api_internal_token="token-of-the-house")
def test_a_token_is_all_there_is(api):
    assert ask(api, "GET", "/queue").status == 403
    assert ask(api, "GET", "/queue", X_Synapse_Internal="another").status == 403
    good = ask(api, "GET", "/queue", X_Synapse_Internal="token-of-the-house")
    assert (good.status, good.json["available"]) == (200, True)


def test_stores_are_tried_and_what_is_wrong_has_a_word(api):
    site = api.site
    good = ask(api, "POST", "/test-redis", {"redis_url": site.env["REDIS_URL"]})
    assert (good.status, good.json["status"]) == (200, "ok"), good
    good = ask(api, "POST", "/test-postgres", {"postgres_url": site.env["SCALE_POSTGRES_URL"]})
    assert (good.json["status"], good.json["reason"]) == ("ok", None), good
    assert ask(api, "POST", "/test-redis", {}).status == 400
    assert ask(api, "POST", "/test-postgres", {"postgres_url": ""}).status == 400
    cases = [
        ("redis", "redis://:hunter2@127.0.0.1:1/0", "refused"),
        ("redis", "http://x", "url"),
        ("redis", "redis://password.refused.invalid:6379", "name"),
        ("redis", f"redis://127.0.0.1:{api.port}", "protocol"),
        ("postgres", "postgresql://u@refused.invalid/db", "name"),
        ("postgres", "postgresql://u:hunter2@127.0.0.1:1/db", "refused"),
        ("postgres", site.env["SCALE_POSTGRES_URL"].rsplit("/", 1)[0] + "/no_such_db", "no_database"),
        ("postgres", site.env["SCALE_POSTGRES_URL"] + "?sslmode=require", "tls"),
    ]
    for kind, url, reason in cases:
        answer = ask(api, "POST", f"/test-{kind}", {kind + "_url": url})
        assert (answer.status, answer.json["status"], answer.json["reason"]) == (
            200, "error", reason), (url, answer)  # fmt: skip
        assert "hunter2" not in answer.json["message"]
    api.redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        answer = ask(api, "POST", "/test-redis", {"redis_url": site.env["REDIS_URL"]})
        assert answer.json["reason"] == "eviction_policy" and "noeviction" in answer.json["message"]
    finally:
        api.redis.config_set("maxmemory-policy", "noeviction")


def test_the_url_that_is_shown_is_tried_with_its_password(site):
    """Whoever looks at a pinned URL cannot write it whole, and has it tested all the same."""
    site.env["REDIS_URL"] = site.env["REDIS_URL"].replace("://", "://:hunter2@")
    with site.redis.client() as redis:
        site.start(SYNAPSED_ROLES="api")  # the server takes any password until now
        redis.execute_command("ACL", "SETUSER", "default", "resetpass", ">hunter2")
        try:
            shown = site.ask("GET", "/api/scale/config")[1]["redis_url"]
            assert "hunter2" not in shown and ":***@" in shown
            for url, status in [(shown, "ok"), (shown.replace("***", "**"), "error")]:
                answer = site.ask("POST", "/api/scale/test-redis", {"redis_url": url})[1]
                assert answer["status"] == status, answer
        finally:
            redis.execute_command("ACL", "SETUSER", "default", "nopass")


def test_what_the_page_shows_has_stocks_fields(api):
    run_id = api.client.run("hello", {"session_id": "sess_1"}).json["run_id"]
    analytics = ask(api, "GET", "/analytics").json
    assert analytics["available"] and analytics["runs_today"] >= 1
    assert set(analytics) == {
        "available", "total_runs", "runs_today", "status_counts", "success_rate",
        "avg_cost_usd", "total_cost_usd_today", "avg_duration_seconds", "cache_hit_rate",
        "workers_online"}  # fmt: skip
    (run,) = ask(api, "GET", "/runs?session_id=sess_1&limit=1000").json
    assert run["run_id"] == run_id and "worker_id" in run
    one = ask(api, "GET", f"/runs/{run_id}").json
    assert one["waiting_for_human"] is False and one["status"] == "queued"
    assert ask(api, "GET", "/runs/none").status == 404
    assert ask(api, "GET", "/queue").json["queued"] >= 1
    letters = ask(api, "GET", "/dlq")  # of runs that other tests gave up
    assert letters.status == 200 and run_id not in {x["run_id"] for x in letters.json}
    made = ask(api, "POST", "/tenants", {"tenant_id": "t1", "name": "T", "max_queued_runs": 7})
    assert (made.status, made.json) == (201, {"status": "created", "tenant_id": "t1"})
    (tenant,) = [t for t in ask(api, "GET", "/tenants").json if t["tenant_id"] == "t1"]
    assert (tenant["max_concurrent_runs"], tenant["max_queued_runs"]) == (100, 7)
    assert ask(api, "POST", "/tenants", {}).status == 422
    assert ask(api, "DELETE", "/tenants/t1").json["status"] == "deleted"
    api.sql("INSERT INTO workers (worker_id, status, registered_at) VALUES ('w9', 'online', now())")
    assert "w9" in [w["worker_id"] for w in ask(api, "GET", "/workers").json]
    assert ask(api, "DELETE", "/workers/w9").json == {"status": "removed", "worker_id": "w9"}


def write(folder, **files):
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(text)


def test_a_data_folder_goes_into_the_store_item_by_item(api):
    folder = pathlib.Path(api.daemon.data_dir)
    one, two = orchestration("sy1"), orchestration("sy2")
    tool = {"name": "sytl", "url": "http://x/", "headers": {"X-Key": "marlin2", "Accept": "a/b"}}
    server = {"name": "sysv", "server_type": "stdio", "command": "x", "env": {"K": "marlin3"},
              "token": "marlin4", "status": "connected"}  # fmt: skip
    write(folder, orchestrations=[one, {"id": "sybad"}, two], custom_tools=[tool],
          mcp_servers=[server], settings={"model": "m", "openai_key": "marlin5", "other": 1})
    first = ask(api, "POST", "/sync")
    assert first.status == 200, first
    details = first.json["details"]
    assert details["orchestrations"]["synced"] == 2 and details["orchestrations"]["errors"] == 1
    assert details["agents"] == {"items": [], "deleted": [], "synced": 0, "errors": 0}
    assert (details["tools"]["synced"], details["mcp_servers"]["synced"]) == (1, 1)
    assert details["settings"]["synced"] == 1 and first.json["total_synced"] == 5
    assert any(e.startswith("orchestrations/sybad") for e in first.json["errors"])
    assert set(first.json["secrets_left_out"]) == {
        "tools/sytl/headers/X-Key", "mcp_servers/sysv/env/K", "mcp_servers/sysv/token",
        "settings/openai_key"}  # fmt: skip
    for table in ("tools", "mcp_servers", "scale_settings", "definition_versions"):
        assert "marlin" not in str(api.sql(f"SELECT * FROM {table}"))
    assert api.client.run("sy1", {}).status == 202
    status = ask(api, "GET", "/sync/status").json
    assert status["available"] and status["last_synced_at"] and status["counts"]["settings"] == 1
    assert not any(f["changed"] for f in status["files"])
    # an edit by hand is noticed; what is gone in the folder is deleted in the store
    write(folder, orchestrations=[orchestration("sy1", "changed"), {"id": "sybad"}])
    files = {f["file"]: f["changed"] for f in ask(api, "GET", "/sync/status").json["files"]}
    assert files["orchestrations.json"] and not files["custom_tools.json"]
    second = ask(api, "POST", "/sync").json["details"]["orchestrations"]
    assert second["deleted"] == ["sy2"] and second["synced"] == 1
    assert api.client.ask("GET", "/api/v2/orchestrations/sy2").status == 404
    # what was changed or deleted in the store since stays, unless force
    put = orchestration("sy1", "in the store")
    assert api.client.ask("PUT", "/api/v2/orchestrations/sy1", put).status == 200
    assert api.client.ask("DELETE", "/api/v2/tools/sytl").status == 200
    third = ask(api, "POST", "/sync").json["details"]
    assert third["orchestrations"]["items"][0] == {"id": "sy1", "outcome": "newer_in_store"}
    assert third["tools"]["items"] == [{"id": "sytl", "outcome": "deleted_in_store"}]
    forced = ask(api, "POST", "/sync?force=true").json["details"]
    assert forced["orchestrations"]["synced"] == 1 and forced["tools"]["synced"] == 1
    # secrets that the store has stay; a file that cannot be read deletes nothing
    api.client.ask("PUT", "/api/v2/tools/sytl", {**tool, "url": "http://y/"})
    tool["url"] = "http://z/"
    write(folder, custom_tools=[tool])
    astray = ask(api, "POST", "/sync").json  # nor do they go to another server
    assert any("sytl" in e and "another server" in e for e in astray["errors"]), astray
    tool["url"] = "http://y/z"
    write(folder, custom_tools=[tool], orchestrations="[{]")
    fourth = ask(api, "POST", "/sync").json
    assert fourth["details"]["orchestrations"]["deleted"] == []
    assert any("orchestrations.json: not JSON" in e for e in fourth["errors"])
    ((stored,),) = api.sql("SELECT definition FROM tools WHERE id = 'sytl'")
    assert (stored["url"], stored["headers"]["X-Key"]) == ("http://y/z", "marlin2")
    # together they follow one another, and each tells the truth
    write(folder, orchestrations=[orchestration("sy1", "last")])
    answers = api.together(4, lambda i: ask(api, "POST", "/sync"))
    assert {a.status for a in answers} <= {200, 503}
    stored = [a.json["details"]["orchestrations"]["items"] for a in answers if a.status == 200]
    assert sum(i != [] for i in stored) == 1
    for name in ("orchestrations", "custom_tools", "mcp_servers", "settings"):
        (folder / f"{name}.json").unlink()

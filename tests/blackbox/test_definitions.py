"""Definitions over HTTP: create, replace, delete, versions, bundles, sync, settings."""

import json

import pytest

pytestmark = pytest.mark.asan


def orchestration(name, text="hi", **fields):
    return {
        "id": name, "name": name.title(), "entry_step_id": "p",
        "steps": [{"id": "p", "name": "p", "type": "print", "print_content": text}],
        **fields,
    }  # fmt: skip


def send(api, method, path, body=None, key=None, **headers):
    headers = {k.replace("_", "-"): v for k, v in headers.items()}
    client = api.client.with_key(key) if key else api.client
    return client.ask(method, path, body, headers=headers)


def test_an_orchestration_is_created_replaced_and_deleted(api):
    made = send(api, "POST", "/api/v2/orchestrations", orchestration("crud"))
    assert (made.status, made.json["version"], made.headers["etag"]) == (201, 1, '"1"')
    assert made.json["status"] == "stored" and made.json["created"]
    again = send(api, "POST", "/api/v2/orchestrations", orchestration("crud"))
    assert (again.status, again.json["code"]) == (409, "definition_exists")
    path = "/api/v2/orchestrations/crud"
    got = send(api, "GET", path)
    assert got.headers["etag"] == '"1"' and got.json["name"] == "Crud"
    run = api.client.run("crud", {}).json["run_id"]
    same = send(api, "PUT", path, orchestration("crud"), If_Match='"1"')
    assert (same.status, same.json["status"], same.json["version"]) == (200, "unchanged", 1)
    body = orchestration("crud", "two")
    del body["id"]  # the path has it
    second = send(api, "PUT", path, body, If_Match='"1"')
    assert (second.status, second.json["version"]) == (200, 2)
    late = send(api, "PUT", path, orchestration("crud", "three"), If_Match='"1"')
    assert (late.status, late.json["code"], late.headers["etag"]) == (412, "version_changed", '"2"')
    # a submission sees it at once
    newer = api.client.run("crud", {}).json["run_id"]
    assert [api.row(r, "definition_version") for r in (run, newer)] == [1, 2]
    versions = send(api, "GET", path + "/versions").json
    assert [v["version"] for v in versions["versions"]] == [2, 1]
    page = send(api, "GET", path + "/versions?limit=1").json
    assert ([v["version"] for v in page["versions"]], page["next"]) == ([2], 2)
    first = send(api, "GET", path + "/versions/1").json
    assert first["steps"][0]["print_content"] == "hi"
    assert send(api, "GET", path + "/versions/9").status == 404
    assert send(api, "DELETE", path, If_Match='"1"').status == 412
    gone = send(api, "DELETE", path, If_Match='"2"')
    assert (gone.status, gone.json["status"]) == (200, "deleted")
    assert send(api, "GET", path).status == 404
    assert send(api, "DELETE", path).status == 404
    assert api.client.run("crud", {}).status == 404
    assert "crud" not in [o["id"] for o in send(api, "GET", "/api/v2/orchestrations").json]
    # what runs have pinned stays; what comes back goes on with the numbers
    assert send(api, "GET", path + "/versions/2").status == 200
    assert api.sql("SELECT version FROM definition_tombstones WHERE id = 'crud'") == [(2,)]
    back = send(api, "PUT", path, orchestration("crud", "back"), If_None_Match="*")
    assert (back.status, back.json["version"]) == (201, 3)
    assert api.sql("SELECT 1 FROM definition_tombstones WHERE id = 'crud'") == []


def test_what_is_wrong_is_told_with_its_place(api):
    bad = orchestration("bad")
    bad["steps"][0]["next_step_id"] = "nowhere"
    bad["steps"].append({"id": "q", "name": "q", "type": "from_the_future"})
    answer = send(api, "PUT", "/api/v2/orchestrations/bad", bad)
    assert (answer.status, answer.json["code"]) == (422, "definition_invalid")
    faults = {f["pointer"]: f for f in answer.json["detail"]}
    assert faults["/steps/0/next_step_id"]["loc"] == ["body", "steps", 0, "next_step_id"]
    assert "/steps/1/type" in faults
    checked = send(api, "POST", "/api/v2/orchestrations/validate", bad).json
    assert not checked["valid"] and {p["pointer"] for p in checked["problems"]} == set(faults)
    assert send(api, "POST", "/api/v2/orchestrations/validate", orchestration("ok")).json["valid"]
    other = send(api, "PUT", "/api/v2/orchestrations/another", orchestration("ok"))
    assert other.json["detail"][0]["pointer"] == "/id"
    assert send(api, "PUT", "/api/v2/orchestrations/x", b"{").json["code"] == "validation_failed"
    agent = send(api, "PUT", "/api/v2/agents/a1", {"name": "A", "tools": "all"})
    assert agent.status == 422 and agent.json["detail"][0]["pointer"].startswith("/tools")
    nul = send(api, "PUT", "/api/v2/agents/a1", {"name": "A\0", "tools": []})
    assert nul.status == 422
    assert api.sql("SELECT 1 FROM agents WHERE id = 'a1'") == []
    for tag in ("x", '"0"', '"1'):
        assert send(api, "PUT", "/api/v2/agents/a1", {}, If_Match=tag).status == 422


def test_secrets_of_tools_and_servers_never_come_back(api):
    tool = {
        "name": "weather", "generalName": "Weather", "tool_type": "http", "method": "GET",
        "url": "http://example.invalid/{city}", "inputSchema": {"type": "object"},
        "headers": {"Authorization": "Bearer hunter2", "Accept": "text/plain"},
    }  # fmt: skip
    assert send(api, "POST", "/api/v2/tools", tool).status == 201
    server = {
        "name": "git", "label": "Git", "server_type": "stdio", "command": "git-mcp",
        "args": ["-v"], "env": {"TOKEN": "hunter3"}, "token": "hunter4",
    }  # fmt: skip
    assert send(api, "PUT", "/api/v2/mcp-servers/git", server).status == 201
    shown = send(api, "GET", "/api/v2/tools/weather")
    assert shown.json["headers"] == {"Authorization": "xxxxxxxxx", "Accept": "text/plain"}
    seen = send(api, "GET", "/api/v2/mcp-servers/git")
    assert (seen.json["env"], seen.json["token"]) == ({"TOKEN": "xxxxxxxxx"}, "xxxxxxxxx")
    # what was shown may be put back: a mask keeps what is there
    changed = {**shown.json, "url": "http://example.invalid/2/{city}"}
    put = send(api, "PUT", "/api/v2/tools/weather", changed, If_Match=shown.headers["etag"])
    assert (put.status, put.json["version"]) == (200, 2)
    changed["headers"] = {"Authorization": "xxxxxxxxx", "X-New": "xxxxxxxxx"}
    assert send(api, "PUT", "/api/v2/tools/weather", changed).status == 200
    ((stored,),) = api.sql("SELECT definition FROM tools WHERE id = 'weather'")
    assert stored["headers"] == {"Authorization": "Bearer hunter2"}
    assert stored["url"].endswith("/2/{city}")
    # but not for another server
    moved = {**changed, "url": "http://other.invalid/2/{city}"}
    refused = send(api, "PUT", "/api/v2/tools/weather", moved)
    assert refused.status == 422 and "another server" in refused.json["detail"], refused.json
    moved["headers"] = {"Authorization": "Bearer hunter2"}
    assert send(api, "PUT", "/api/v2/tools/weather", moved).status == 200
    moved["url"], moved["headers"] = changed["url"], changed["headers"]
    assert send(api, "PUT", "/api/v2/tools/weather", moved).status == 422
    ((stored,),) = api.sql("SELECT definition FROM mcp_servers WHERE name = 'git'")
    assert (stored["env"]["TOKEN"], stored["token"]) == ("hunter3", "hunter4")
    texts = [
        send(api, "GET", path).body.decode()
        for path in ("/api/v2/tools", "/api/v2/tools/weather", "/api/v2/mcp-servers",
                     "/api/v2/mcp-servers/git", "/api/v2/tools/weather/versions/1",
                     "/api/v2/mcp-servers/git/versions/1")
    ]  # fmt: skip
    assert not any("hunter" in text for text in texts), texts
    assert api.sql("SELECT 1 FROM definition_versions WHERE definition LIKE '%%hunter%%'") == []
    assert send(api, "GET", "/api/v2/tools").json[0]["tool_type"] == "http"
    for path in ("/api/v2/tools/weather", "/api/v2/mcp-servers/git"):
        assert send(api, "DELETE", path).status == 200
        assert send(api, "GET", path).status == 404


def test_a_key_of_a_tenant_writes_what_is_this_tenants(api):
    mine, other = api.new_key("acme"), api.new_key("other")
    path = "/api/v2/orchestrations/theirs"
    assert send(api, "PUT", path, orchestration("theirs"), key=mine).status == 201
    assert api.sql("SELECT tenant_id FROM orchestrations WHERE id = 'theirs'") == [("acme",)]
    for method in ("PUT", "DELETE"):
        answer = send(api, method, path, orchestration("theirs", "no"), key=other)
        assert (answer.status, answer.json["code"]) == (403, "tenant_forbidden")
    assert send(api, "PUT", path, orchestration("theirs", "any")).status == 200
    assert api.sql("SELECT tenant_id FROM orchestrations WHERE id = 'theirs'") == [("acme",)]
    assert send(api, "DELETE", path, key=mine).status == 200


def test_versions_of_a_tool_are_seen_by_who_sees_the_tool(api):
    mine, other = api.new_key("acme"), api.new_key("other")
    tool = {"id": "hidden", "name": "hidden", "tool_type": "http", "method": "GET",
            "url": "http://example.invalid/secret-of-acme"}  # fmt: skip
    assert send(api, "PUT", "/api/v2/tools/hidden", tool, key=mine).status == 201
    server = {"name": "hidden", "server_type": "stdio", "command": "secret-of-acme"}
    assert send(api, "PUT", "/api/v2/mcp-servers/hidden", server, key=mine).status == 201
    for path in ("/api/v2/tools/hidden", "/api/v2/mcp-servers/hidden"):
        for more in ("", "/versions", "/versions/1"):
            assert send(api, "GET", path + more, key=mine).status == 200
            assert send(api, "GET", path + more).status == 200
            assert send(api, "GET", path + more, key=other).status == 404, path + more
        assert send(api, "DELETE", path).status == 200
        assert send(api, "GET", path + "/versions/1").status == 200
        assert send(api, "GET", path + "/versions/1", key=mine).status == 404  # it is nobody's


def test_inactive_rows_are_not_there(api):
    api.define("sleeping", orchestration("sleeping"))
    api.sql("UPDATE orchestrations SET is_active = false WHERE id = 'sleeping'")
    assert send(api, "GET", "/api/v2/orchestrations/sleeping").status == 404
    assert api.client.run("sleeping", {}).status == 404
    assert "sleeping" not in send(api, "GET", "/api/v2/orchestrations").body.decode()


def test_of_many_who_save_one_version_one_wins(api):
    path = "/api/v2/orchestrations/raced"
    assert send(api, "PUT", path, orchestration("raced")).status == 201
    answers = api.together(
        6, lambda i: send(api, "PUT", path, orchestration("raced", str(i)), If_Match='"1"').status
    )
    assert sorted(answers) == [200] + [412] * 5
    made = api.together(
        6, lambda i: send(api, "POST", "/api/v2/agents",
                          {"id": "ra", "name": str(i), "tools": []}).status)  # fmt: skip
    assert sorted(made) == [201] + [409] * 5
    assert json.loads(send(api, "GET", "/api/v2/agents/ra").body.decode())["id"] == "ra"


def bundle():
    return {
        "synapse_export": True, "version": "1.0",
        "orchestrations": [orchestration("imp"), {"id": "impbad"},
                           orchestration("implater", steps=[
                               {"id": "p", "name": "p", "type": "from_the_future"}])],
        "agents": [{"id": "impag", "name": "Ag", "tools": ["all"]}, {"name": "no id"}],
        "mcp_servers": [{"name": "impsv", "server_type": "remote", "url": "http://x/",
                         "token": "xxxxxxxxx", "env": {"K": ""}}],
        "custom_tools": [{"name": "imptl", "generalName": "T", "url": "http://x/",
                          "headers": {"Authorization": ""}}],
    }  # fmt: skip


def test_a_bundle_goes_in_but_for_what_is_bad_and_comes_out_without_secrets(api):
    body = {
        "bundle": bundle(), "tool_secrets": {"imptl": {"Authorization": "hunter5"}},
        "mcp_secrets": {"impsv": {"env": {}, "K": "hunter6"}}, "mcp_tokens": {"impsv": "hunter7"},
    }  # fmt: skip
    answer = send(api, "POST", "/api/v2/import", body)
    assert (answer.status, answer.json["status"], answer.json["errors"]) == (200, "partial", 2)
    results = answer.json["results"]
    assert [(o["id"], o["status"]) for o in results["orchestrations"]] == [
        ("imp", "created"), ("impbad", "error"), ("implater", "created")]  # fmt: skip
    assert results["orchestrations"][1]["problems"][0]["pointer"].startswith("/orchestrations/1")
    assert results["orchestrations"][2]["problems"]
    assert [a["status"] for a in results["agents"]] == ["created", "error"]
    ((server,),) = api.sql("SELECT definition FROM mcp_servers WHERE name = 'impsv'")
    assert (server["token"], server["env"]) == ("hunter7", {"K": "hunter6"})
    again = send(api, "POST", "/api/v2/import", bundle()).json["results"]
    assert [o["status"] for o in again["orchestrations"]] == ["unchanged", "error", "unchanged"]
    assert again["mcp_servers"][0]["status"] == "skipped"
    assert again["custom_tools"][0]["status"] == "unchanged"  # a blank keeps what is there
    picked = send(api, "POST", "/api/v2/import", {
        "bundle": bundle(), "selected_orchestration_ids": ["imp"], "selected_agent_ids": [],
        "selected_mcp_server_names": [], "selected_custom_tool_names": []})  # fmt: skip
    assert picked.json["status"] == "success"
    assert [len(v) for v in picked.json["results"].values()] == [1, 0, 0, 0]
    out = send(api, "POST", "/api/v2/export", {
        "orchestration_ids": ["imp"], "agent_ids": ["impag"], "mcp_server_names": ["impsv"],
        "custom_tool_names": ["imptl"]}).json  # fmt: skip
    assert out["synapse_export"] and not out["has_python_tools"]
    assert [len(out[k]) for k in ("orchestrations", "agents", "mcp_servers", "custom_tools")] == [
        1, 1, 1, 1]  # fmt: skip
    assert out["custom_tools"][0]["headers"] == {"Authorization": ""}
    assert out["mcp_servers"][0]["token"] == "xxxxxxxxx"
    everything = send(api, "GET", "/api/v2/export")
    assert "hunter" not in everything.body.decode() and len(everything.json["orchestrations"]) > 2
    for wrong in ({"synapse_export": False}, [], {"bundle": {}}, b"{",
                  {"synapse_export": True, "agents": {}}):  # fmt: skip
        assert send(api, "POST", "/api/v2/import", wrong).status == 422

"""Definitions on a host without stores: the stock files, over HTTP, by verbs and by hand."""

import fcntl
import json
import os
import threading
import time

import pytest
import stock_world as stock
from api_client import Client
from harness.daemon import Daemon, run_verb
from test_definitions import bundle
from test_definitions import orchestration as printing


def orchestration(name, text="hi", **fields):
    made = printing(name, text, **fields)
    made["steps"][0]["output_key"] = "out"
    return made


class Host:
    def __init__(self):
        self.daemon = Daemon({})
        stock.fill_folder(self.daemon.data_dir, checkpoints=())
        self.daemon.start(ready=False)
        self.daemon.wait_event("master.ready")
        self.client = Client("127.0.0.1", self.daemon.api_port, stock.KEY)

    def ask(self, method, path, body=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.client.ask(method, "/api/v2" + path, body, headers=headers)

    def file(self, name):
        return json.loads((self.daemon.data_dir / name).read_text())

    def item(self, name, key, value):
        (found,) = [i for i in self.file(name) if i.get(key) == value]
        return found

    def verb(self, *words, stdin=b"", check=True):
        done = run_verb(*words, stdin=stdin, env={
            "SYNAPSE_DATA_DIR": str(self.daemon.data_dir),
            "SYNAPSED_URL": f"http://127.0.0.1:{self.daemon.api_port}",
            "SYNAPSED_KEY": stock.KEY})
        assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
        return done


@pytest.fixture(scope="module")
def host():
    made = Host()
    try:
        yield made
        made.daemon.stop()
    finally:
        made.daemon.remove()


def test_an_orchestration_is_created_replaced_and_deleted(host):
    made = host.ask("POST", "/orchestrations", orchestration("crud", note={"kept": [1, 2.50]}))
    assert (made.status, made.json["created"]) == (201, True)
    assert host.ask("POST", "/orchestrations", orchestration("crud")).status == 409
    path, first = "/orchestrations/crud", made.headers["etag"]
    got = host.ask("GET", path)
    assert (got.headers["etag"], got.json["note"]) == (first, {"kept": [1, 2.5]})
    assert host.client.run("crud").json["response"] == "hi"
    same = host.ask("PUT", path, got.json, If_Match=first)
    assert (same.status, same.json["status"], same.headers["etag"]) == (200, "unchanged", first)
    second = host.ask("PUT", path, orchestration("crud", "two"), If_Match=first)
    assert second.status == 200 and second.headers["etag"] != first
    late = host.ask("PUT", path, orchestration("crud", "three"), If_Match=first)
    assert (late.status, late.code) == (412, "version_changed")
    assert late.headers["etag"] == second.headers["etag"]
    assert host.client.run("crud").json["response"] == "two"
    versions = host.ask("GET", path + "/versions").json["versions"]
    assert [f'"{v["version"]}"' for v in versions] == [second.headers["etag"], first]
    assert all(v["created_at"] and v["bytes"] > 100 for v in versions)
    assert host.ask("GET", f"{path}/versions/{versions[0]['version']}").status == 200
    before = host.ask("GET", f"{path}/versions/{versions[1]['version']}")
    assert before.json == got.json and before.headers["etag"] == first
    # what was there is put back, and is the newest again, once
    assert host.ask("PUT", path, before.json).headers["etag"] == first
    page = host.ask("GET", path + "/versions?limit=1").json
    assert f'"{page["versions"][0]["version"]}"' == first
    rest = host.ask("GET", f"{path}/versions?before={page['next']}").json
    assert [f'"{v["version"]}"' for v in rest["versions"]] == [second.headers["etag"]]
    assert rest["next"] is None
    assert host.ask("PUT", path, orchestration("crud", "two")).headers["etag"] == (
        second.headers["etag"])
    assert host.ask("GET", path + "/versions/1").status == 404
    assert host.ask("DELETE", path, If_Match=first).status == 412
    assert host.ask("DELETE", path, If_Match=second.headers["etag"]).status == 200
    assert host.ask("GET", path).status == 404
    assert host.ask("GET", f"{path}/versions/{versions[1]['version']}").json == got.json
    assert host.ask("DELETE", path).status == 404
    assert host.client.run("crud").status == 404
    # what nobody touched is what it was
    assert host.file("orchestrations.json") == stock.ORCHESTRATIONS


def test_what_is_wrong_is_told_and_nothing_is_written(host):
    bad = orchestration("bad")
    bad["steps"][0]["next_step_id"] = "nowhere"
    answer = host.ask("PUT", "/orchestrations/bad", bad)
    assert (answer.status, answer.code) == (422, "definition_invalid")
    assert not host.ask("POST", "/orchestrations/validate", bad).json["valid"]
    assert host.ask("POST", "/orchestrations/validate", orchestration("ok")).json["valid"]
    assert host.ask("PUT", "/agents/a1", {"name": "A", "tools": "all"}).status == 422
    assert "bad" not in [o["id"] for o in host.file("orchestrations.json")]


def test_a_hand_that_edits_is_noticed(host):
    assert host.ask("POST", "/orchestrations", orchestration("byhand")).status == 201
    tag = host.ask("GET", "/orchestrations/byhand").headers["etag"]
    items = host.file("orchestrations.json")
    for item in items:
        if item["id"] == "byhand":
            item["steps"][0]["print_content"] = "by hand"
    path = host.daemon.data_dir / "orchestrations.json"
    path.write_text(json.dumps(items))
    end = time.monotonic() + 30
    while host.client.run("byhand").json["response"] != "by hand":
        assert time.monotonic() < end
    late = host.ask("PUT", "/orchestrations/byhand", orchestration("byhand"), If_Match=tag)
    assert late.status == 412
    # half a file is no file: what was read before stays, and is not written over
    path.write_text(json.dumps(items)[:-5])
    assert host.ask("PUT", "/orchestrations/byhand", orchestration("byhand")).status == 503
    assert host.client.run("byhand").status == 200
    path.write_text(json.dumps(items))
    # what the hand wrote is kept when it is replaced
    assert host.ask("PUT", "/orchestrations/byhand", orchestration("byhand", "x")).status == 200
    versions = host.ask("GET", "/orchestrations/byhand/versions").json["versions"]
    said = [host.ask("GET", f"/orchestrations/byhand/versions/{v['version']}").json
            ["steps"][0]["print_content"] for v in versions]
    assert said == ["x", "by hand", "hi"]
    assert host.ask("DELETE", "/orchestrations/byhand").status == 200


def test_a_version_that_cannot_be_kept_or_read_is_said(host):
    past = host.daemon.data_dir / "definition_versions" / "orchestrations"
    path = "/orchestrations/nokept"
    past.mkdir(parents=True, exist_ok=True)
    (past / "nokept").symlink_to(host.daemon.data_dir)
    assert host.ask("POST", "/orchestrations", orchestration("nokept")).status == 201
    host.daemon.wait_event("definition.version_not_kept", id="nokept")
    assert host.client.run("nokept").status == 200
    (past / "nokept").unlink()
    assert host.ask("PUT", path, orchestration("nokept", "two")).status == 200
    assert host.ask("PUT", path, orchestration("nokept", "three")).status == 200
    versions = host.ask("GET", path + "/versions").json["versions"]
    (kept,) = (past / "nokept").glob(f"*-{versions[1]['version']}.json")
    kept.unlink()
    kept.mkdir()
    answer = host.ask("GET", f"{path}/versions/{versions[1]['version']}")
    assert answer.status == 503, answer
    host.daemon.wait_event("definition.version_unreadable", id="nokept")
    kept.rmdir()
    assert host.ask("DELETE", path).status == 200


def test_secrets_stay_in_the_file(host):
    shown = host.ask("GET", "/tools/weather")
    assert shown.json["headers"] == {"X-Api": "xxxxxxxxx"}
    changed = {**shown.json, "url": "http://127.0.0.1:1/2/{place}"}
    assert host.ask("PUT", "/tools/weather", changed, If_Match=shown.headers["etag"]).status == 200
    stored = host.item("custom_tools.json", "name", "weather")
    assert (stored["headers"], stored["url"]) == ({"X-Api": "tool-secret-1"}, changed["url"])
    assert stored["generalName"] == "Weather"
    refused = host.ask("PUT", "/tools/weather", {**changed, "url": "http://127.0.0.2:1/"})
    assert refused.status == 422 and "another server" in refused.json["detail"], refused.json
    server = host.ask("GET", "/mcp-servers/github")
    assert server.json["token"] == "xxxxxxxxx"
    assert host.ask("PUT", "/mcp-servers/github", {**server.json, "label": "Hub"}).status == 200
    assert host.item("mcp_servers.json", "name", "github")["token"] == "mcp-secret-1"
    assert {s["name"]: s["label"] for s in host.ask("GET", "/mcp-servers").json} == {
        "github": "Hub", "files": "Files"}
    texts = [host.ask("GET", p).body.decode() for p in (
        "/tools", "/tools/weather", "/mcp-servers/github", "/mcp-servers/files", "/export")]
    assert not any("secret" in text for text in texts), texts
    past = [p.read_text() for p in
            (host.daemon.data_dir / "definition_versions").rglob("*.json")]
    assert past and not any("secret" in text for text in past)


def test_a_bundle_goes_in_but_for_what_is_bad_and_comes_out(host):
    answer = host.ask("POST", "/import", {
        "bundle": bundle(), "tool_secrets": {"imptl": {"Authorization": "hunter5"}}})
    assert (answer.status, answer.json["status"], answer.json["errors"]) == (200, "partial", 2)
    results = answer.json["results"]
    assert [o["status"] for o in results["orchestrations"]] == ["created", "error", "created"]
    assert host.item("custom_tools.json", "name", "imptl")["headers"] == {
        "Authorization": "hunter5"}
    again = host.ask("POST", "/import", bundle()).json["results"]
    assert [o["status"] for o in again["orchestrations"]] == ["unchanged", "error", "unchanged"]
    assert again["mcp_servers"][0]["status"] == "skipped"
    assert host.client.run("imp").json["status"] == "completed"
    out = host.ask("POST", "/export", {
        "orchestration_ids": ["imp"], "agent_ids": ["impag"], "mcp_server_names": ["impsv"],
        "custom_tool_names": ["imptl"]}).json
    assert [len(out[k]) for k in ("orchestrations", "agents", "mcp_servers", "custom_tools")] == [
        1, 1, 1, 1]
    assert out["custom_tools"][0]["headers"] == {"Authorization": ""}


def test_verbs_write_the_same_files(host):
    host.verb("def", "import", "-", stdin=json.dumps(orchestration("verb", "by verb")).encode())
    end = time.monotonic() + 30
    while host.client.run("verb").status != 200:
        assert time.monotonic() < end
    listed = json.loads(host.verb("def", "list", "-o", "json").stdout)
    assert ("orchestration", "verb") in {(d["kind"], d["id"]) for d in listed}
    same = json.loads(host.verb("def", "import", "-", "-o", "json", stdin=json.dumps(
        orchestration("verb", "by verb")).encode()).stdout)
    assert not same[0]["fresh"] and same[0]["version"] > 0
    assert host.verb("def", "import", "-", stdin=b'{"id": "x"}', check=False).returncode == 5
    key = json.loads(host.verb("key", "create", "--name", "n", "-o", "json").stdout)
    client = host.client.with_key(key["key"])
    while client.get("/api/v2/agents").status != 200:  # unknown ones are remembered for 2 s
        assert time.monotonic() < end
    assert {k["name"] for k in json.loads(host.verb("key", "list", "-o", "json").stdout)} == {
        "CI", "old", "n"}
    host.verb("key", "revoke", key["id"])
    assert host.verb("key", "revoke", key["id"], check=False).returncode == 3
    assert host.item("api_keys.json", "id", key["id"])["is_active"] is False
    assert host.item("api_keys.json", "name", "CI")["created_at"] == stock.STAMP


def test_a_key_of_another_tenant_writes_nothing(host):
    key = json.loads(host.verb(
        "key", "create", "--name", "t", "--tenant", "acme", "-o", "json").stdout)["key"]
    client = host.client.with_key(key)
    end = time.monotonic() + 30
    while client.get("/api/v2/agents").status == 401:
        assert time.monotonic() < end
    answer = client.ask("PUT", "/api/v2/orchestrations/theirs", orchestration("theirs"))
    assert (answer.status, answer.code) == (403, "tenant_forbidden")


def test_of_many_who_save_at_once_none_is_lost(host):
    """Over HTTP and by verb: each waits for the other, and readers see whole files."""
    wrong = []

    def by_verb(n):
        done = host.verb("def", "import", "-", check=False,
                         stdin=json.dumps(orchestration(f"v{n}")).encode())
        if done.returncode:
            wrong.append(done.stderr)

    threads = [threading.Thread(target=by_verb, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for n in range(20):
        while host.ask("PUT", f"/orchestrations/h{n}", orchestration(f"h{n}")).status == 503:
            pass
        assert f"h{n}" in [i["id"] for i in host.file("orchestrations.json")]
    for thread in threads:
        thread.join()
    assert not wrong
    ids = {i["id"] for i in host.file("orchestrations.json")}
    assert ids >= {f"h{n}" for n in range(20)} | {f"v{n}" for n in range(6)}


def test_another_writer_is_waited_for_and_nobody_else_waits(host):
    """A verb that imports has the folder for a while; the loop executes runs meanwhile."""
    folder = os.open(host.daemon.data_dir, os.O_RDONLY)
    answers = {}

    def asks(name, *what):
        answers[name] = host.ask(*what)

    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        threads = [threading.Thread(target=asks, args=what) for what in (
            ("put", "PUT", "/orchestrations/patient", orchestration("patient")),
            ("key", "POST", "/keys", {"name": "patient"}),
            ("keys", "GET", "/keys"))]
        for thread in threads:
            thread.start()
        # longer than the 100 ms that a loop once stood for each of them
        begun = time.monotonic()
        while time.monotonic() < begun + 0.5:
            assert host.ask("GET", "/orchestrations").status == 200
        assert not answers
    finally:
        os.close(folder)
    for thread in threads:
        thread.join()
    assert answers["put"].json["created"] and answers["key"].status == 201, answers
    assert answers["keys"].status == 200
    assert host.client.run("patient").json["response"] == "hi"
    assert host.ask("DELETE", "/orchestrations/patient").status == 200

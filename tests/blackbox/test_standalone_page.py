"""The page's sign-in on a host without stores, and what else of the API is asked there."""

import json
import re
import time

from api_client import Client
from harness.site import orchestration, print_step
from test_standalone import alone

PAGE = {"X-Synapse-Page": "1"}


def test_every_route_answers_without_stores():
    with alone([orchestration("hello", print_step("p", "x"))]) as host:
        doc = host.client.get("/openapi.json").json
        for path, methods in doc["paths"].items():
            where = re.sub(r"\{[^}]+\}", "x", path)
            if where == "/api/scale/config":  # saving reloads
                continue
            for method in methods:
                body = {} if method in ("post", "put") else None
                answer = host.client.ask(method.upper(), where, body)
                assert answer.status in range(200, 500) or answer.code, (method, path, answer)
                assert answer.status != 500, (method, path, answer)
        assert "child.died" not in [e["event"] for e in host.daemon.events]


def test_sign_in_by_a_key_of_the_host_outlives_its_process():
    with alone([]) as host:
        client = Client("127.0.0.1", host.daemon.api_port)
        key = (host.daemon.data_dir / "api-key").read_text().strip()
        assert client.get("/api/session").json == {
            "signed_in": False, "key_name": None, "tenant_id": None, "expires_at": None,
            "keys": True, "may_open": False}  # fmt: skip
        for wrong in ({"key": f"sk-syn-{'0' * 64}"}, {}):
            assert client.post("/api/session", wrong, headers=PAGE).status == 401
        good = client.post("/api/session", {"key": key}, headers=PAGE)
        assert good.status == 200 and good.json["key_name"] == "first key", good
        cookie = {"Cookie": good.headers["Set-Cookie"].partition(";")[0]}
        folder = host.daemon.data_dir / "page_sessions"
        (token,) = folder.iterdir()
        assert token.stat().st_mode & 0o777 == 0o600 and token.name not in cookie["Cookie"]
        # a restart does not sign out
        host.daemon.stop()
        host.start(nth=2)
        client = Client("127.0.0.1", host.daemon.api_port)
        assert client.get("/api/session", headers=cookie).json["signed_in"]
        assert client.get("/api/v2/runs", headers=cookie).status == 200
        assert client.post("/api/v2/orchestrations/none/run", {},
                           headers=cookie).code == "cross_site"  # fmt: skip
        # after an hour the token is another one, and the old one is good for a minute
        stored = json.loads(token.read_text())
        token.write_text(json.dumps({**stored, "created_at_ms": stored["created_at_ms"] - 3700000}))
        turned = client.get("/api/session", headers=cookie)
        fresh = {"Cookie": turned.headers["Set-Cookie"].partition(";")[0]}
        assert fresh != cookie and client.get("/api/v2/runs", headers=fresh).status == 200
        assert client.get("/api/v2/runs", headers=cookie).status == 200
        assert json.loads(token.read_text())["expires_at_ms"] <= time.time() * 1000 + 60000
        # out is out
        assert client.ask("DELETE", "/api/session", headers={**fresh, **PAGE}).status == 200
        assert not client.get("/api/session", headers=fresh).json["signed_in"]
        # a key that is revoked ends its sessions, and the last one gone the host lets itself in
        again = client.post("/api/session", {"key": key}, headers=PAGE)
        cookie = {"Cookie": again.headers["Set-Cookie"].partition(";")[0]}
        host.write("api_keys.json", [])
        end = time.monotonic() + 30
        while client.get("/api/session", headers=cookie).json["keys"] and time.monotonic() < end:
            time.sleep(0.05)
        assert client.get("/api/orchestrations").json == []
        session = client.get("/api/session", headers=cookie).json
        assert (session["signed_in"], session["may_open"]) == (False, True)
        opened = client.post("/api/session", {}, headers=PAGE)
        assert opened.status == 200 and opened.json["keys"] is False

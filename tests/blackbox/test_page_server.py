"""The page's files and sign-in, as a browser asks for them."""

import hashlib
import json
import secrets
import time
import uuid

import pytest
from api_client import Client

pytestmark = pytest.mark.asan

PAGE = {"X-Synapse-Page": "1"}
RUN = "/api/v2/orchestrations/hello/run"


@pytest.fixture
def bare(site):
    """A site without any key, and its client."""
    daemon = site.start(SYNAPSED_ROLES="api", SYNAPSED_API_PROCESSES="3")
    return site, Client("127.0.0.1", daemon.api_port)


def make_key(site):
    key = "sk-syn-" + secrets.token_hex(32)
    site.sql("INSERT INTO api_keys (id, name, key_hash, key_prefix) VALUES (%s, 'me', %s, %s)",
             str(uuid.uuid4()), hashlib.sha256(key.encode()).hexdigest(), key[:12])  # fmt: skip
    return key


def cookie_of(answer):
    value, _, rest = answer.headers["Set-Cookie"].partition(";")
    assert "HttpOnly" in rest and "SameSite=Strict" in rest and "Path=/" in rest, rest
    return {"Cookie": f"other=1; {value}"}


def test_the_page_and_its_files(bare):
    _, client = bare
    for path, kind in (("/", "text/html"), ("/ui/main.js", "text/javascript"),
                       ("/ui/page.css", "text/css"), ("/ui/icon.svg", "image/svg+xml")):  # fmt: skip
        answer = client.get(path)
        assert answer.status == 200 and answer.headers["Content-Type"].startswith(kind), path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status, again.body) == (304, b""), path
        assert client.get(path, headers={"If-None-Match": '"other"'}).status == 200
    # what the page asks for is there, and no more than that
    page = client.get("/")
    assert page.headers["Cache-Control"] == "no-cache"
    parts = [piece.split('"')[0] for piece in page.body.decode().split('"/ui/')[1:]]
    edition = parts[0].split("/")[0]
    for part in parts:  # of this edition, and so for good
        answer = client.get("/ui/" + part)
        assert answer.status == 200 and part.startswith(edition + "/")
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.body == client.get("/ui/" + part.split("/")[1]).body
    # of another: what there is, and not for good
    other = client.get("/ui/0123456789abcdef/main.js")
    assert (other.status, other.headers["Cache-Control"]) == (200, "no-cache")
    assert client.get(f"/ui/{edition}/nothing.js").status == 404
    assert client.get("/ui/nothing.js").status == 404
    assert client.get("/ui/..%2fmain.js").status == 404


def test_a_key_is_changed_for_a_cookie(bare):
    site, client = bare
    key = make_key(site)
    assert client.get("/api/session").json["signed_in"] is False
    bad = client.post("/api/session", {"key": "sk-syn-" + "0" * 64}, headers=PAGE)
    assert bad.status == 401 and "Set-Cookie" not in bad.headers
    assert client.post("/api/session", {"key": 7}, headers=PAGE).status == 422
    assert client.post("/api/session", {"key": key}).code == "cross_site"
    # a key exists: nobody gets in without one, from here either
    assert client.post("/api/session", {}, headers=PAGE).status == 401
    good = client.post("/api/session", {"key": key}, headers=PAGE)
    assert good.status == 200 and good.json["key_name"] == "me" and key not in str(good)
    cookie = cookie_of(good)
    assert client.get("/api/session", headers=cookie).json["signed_in"] is True
    assert client.get("/api/v2/runs").status == 401
    for _ in range(12):  # each by a connection of its own: every child has let it in
        assert client.get("/api/v2/runs", headers=cookie).status == 200
    # a form of another site carries no such header
    refused = client.post(RUN, {}, headers=cookie)
    assert (refused.status, refused.code) == (403, "cross_site")
    assert client.post(RUN, {}, headers={**cookie, **PAGE}).status == 404  # no such definition
    # a cookie that is none, and one beside a key that is bad
    assert client.get("/api/v2/runs", headers={"Cookie": "synapse_page=00"}).status == 401
    assert client.with_key("wrong").get("/api/v2/runs", headers=cookie).status == 401
    assert client.ask("DELETE", "/api/session", headers=cookie).code == "cross_site"
    assert client.ask("DELETE", "/api/session", headers={**cookie, **PAGE}).status == 200
    assert client.get("/api/session", headers=cookie).json["signed_in"] is False
    for _ in range(12):  # and none remembers it
        assert client.get("/api/v2/runs", headers=cookie).status == 401


def test_sessions_of_the_host_s_own_files_are_none_of_the_fleet_s_without_its_key(bare):
    """One without a key, of a host that had no key before it came to a fleet that has some;
    and one by a key of its own."""
    site, client = bare
    folder = site.daemons[0].data_dir / "page_sessions"
    folder.mkdir(exist_ok=True)
    make_key(site)

    def leave(token, key_hash):
        now = int(time.time() * 1000)
        path = folder / hashlib.sha256(token.encode()).hexdigest()
        path.write_text(json.dumps({
            "key_hash": key_hash, "created_at_ms": now, "expires_at_ms": now + 600000}))
        return path, {"Cookie": f"synapse_page={token}"}

    _, cookie = leave(secrets.token_hex(32), None)
    assert client.get("/api/v2/runs", headers=cookie).status == 401
    assert client.get("/api/session", headers=cookie).json["signed_in"] is False
    own = hashlib.sha256(b"own").hexdigest()
    (site.daemons[0].data_dir / "api_keys.json").write_text(json.dumps([
        {"id": str(uuid.uuid4()), "name": "own", "key_hash": own, "is_active": True}]))
    path, cookie = leave(secrets.token_hex(32), own)
    end = time.monotonic() + 30
    while client.get("/api/session", headers=cookie).json["key_name"] != "own":
        assert time.monotonic() < end  # another child may not have looked yet
        time.sleep(0.05)
    while client.get("/api/v2/runs", headers=cookie).status == 401:
        assert time.monotonic() < end
        time.sleep(0.05)
    # a sign-out is one here as well
    assert client.ask("DELETE", "/api/session", headers={**cookie, **PAGE}).status == 200
    assert not path.exists()
    assert client.get("/api/v2/runs", headers=cookie).status == 401


def test_without_any_key_the_host_itself_is_let_in(bare):
    site, client = bare
    assert client.get("/api/session").json["may_open"] is True
    # another name that leads here, and what a proxy passes on, are not the host itself
    for foreign in ({"Host": "evil.example"}, {"X-Forwarded-For": "192.0.2.1"},
                    {"X-Real-IP": "192.0.2.1"}, {"Via": "1.1 proxy"},
                    {"Origin": "https://evil.example"}):
        assert client.get("/api/session", headers=foreign).json["may_open"] is False
        assert client.post("/api/session", {}, headers={**PAGE, **foreign}).status == 401
    opened = client.post("/api/session", {}, headers=PAGE)
    assert opened.status == 200 and opened.json["keys"] is False
    cookie = cookie_of(opened)
    assert client.get("/api/v2/runs", headers=cookie).status == 200
    assert client.get("/api/orchestrations").json == []
    # the first key ends it; who has made it goes on with it
    made = client.post("/api/v2/keys", {"name": "first"}, headers={**PAGE, **cookie})
    assert made.status == 201, made
    assert client.get("/api/v2/runs", headers=cookie).status == 401
    assert client.get("/api/orchestrations").code == "forbidden"
    assert client.with_key(made.json["key"]).get("/api/orchestrations").json == []
    again = client.post("/api/session", {"key": made.json["key"]}, headers=PAGE)
    assert client.get("/api/v2/keys", headers=cookie_of(again)).json["keys"][0]["name"] == "first"
    session = client.get("/api/session", headers=cookie).json
    assert (session["signed_in"], session["may_open"]) == (False, False)

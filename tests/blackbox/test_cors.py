"""What pages of other origins may do."""

import http.client

import pytest

pytestmark = pytest.mark.asan

PAGE = "https://page.example:8443"
PATH = "/api/v2/orchestrations/hello/run"


def ask(site, method, path=PATH, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", site.daemons[0].api_port, timeout=60)
    try:
        connection.request(method, path, headers={
            k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    names = ("Origin", "Credentials", "Methods", "Headers", "Private-Network")
    return answer.status, {n: v for n in names
                           if (v := answer.headers.get(f"Access-Control-Allow-{n}"))}


PREFLIGHT = {"Access_Control_Request_Method": "POST",
             "Access_Control_Request_Headers": "authorization, x-mine"}
GRANTED = {"Origin": PAGE, "Credentials": "true", "Private-Network": "true",
           "Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
           "Headers": "authorization, x-mine"}


def test_a_listed_origin_is_named_back(site):
    site.prepare().start(SYNAPSED_API_CORS_ORIGINS=f"http://other.example,{PAGE}")
    network = {"Private-Network": "true"}
    assert ask(site, "GET", "/health") == (200, network)
    assert ask(site, "GET", "/health", Origin=PAGE) == (
        200, {**network, "Origin": PAGE, "Credentials": "true"})
    assert ask(site, "GET", "/health", Origin="http://evil.example") == (200, network)
    # a refusal can be read by the page as well
    assert ask(site, "POST", Origin=PAGE) == (
        401, {**network, "Origin": PAGE, "Credentials": "true"})
    assert ask(site, "OPTIONS", Origin=PAGE, **PREFLIGHT) == (200, GRANTED)
    status, allowed = ask(site, "OPTIONS", Origin="http://evil.example", **PREFLIGHT)
    assert status == 400 and "Origin" not in allowed
    # may it reach a private network? yes; read an answer: no
    status, allowed = ask(site, "OPTIONS", Origin="http://evil.example", **PREFLIGHT,
                          Access_Control_Request_Private_Network="true")
    assert (status, allowed["Origin"]) == (200, "*") and "Credentials" not in allowed
    # what is no list of names is not said back
    bad = {**PREFLIGHT, "Access_Control_Request_Headers": "a<b>"}
    assert ask(site, "OPTIONS", Origin=PAGE, **bad)[1]["Headers"] == (
        "Authorization, Content-Type")
    # nor an empty list, which has ended the API child
    for origin in (PAGE, "http://evil.example", ""):
        asked = {**bad, "Access_Control_Request_Headers": ""}
        status, allowed = ask(site, "OPTIONS", Origin=origin, **asked)
        assert status in (200, 400) and allowed["Headers"] == "Authorization, Content-Type"
    assert ask(site, "OPTIONS", Origin=PAGE)[0] == 405  # no preflight


@pytest.mark.parametrize("origins, allowed", [
    ("*", {"Origin": "*", "Private-Network": "true"}),
    ("none", {"Private-Network": "true"}),
])
def test_all_or_none(site, origins, allowed):
    site.prepare().start(CORS_ORIGINS=origins)  # the stock name
    assert ask(site, "GET", "/health", Origin=PAGE) == (200, allowed)


@pytest.mark.parametrize("origins", ["page.example", "http://page.example/", "ftp://x",
                                     "http://a b", "http://"])
def test_what_is_no_origin_is_refused(site, origins):
    done = site.verb("-T", "--set", f"api.cors_origins={origins}", check=False)
    assert done.returncode == 1 and b"api.cors_origins" in done.stderr, done

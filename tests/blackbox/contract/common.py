"""What every endpoint refuses in the same way, as cases: nobody's requests, and methods that are not
there (CONTRACT 1.1, 1.2)."""

import re

from .case import Case
from .shapes import like, refusal

BEARER = {"WWW-Authenticate": "Bearer"}
WRONG = "sk-syn-" + "0" * 64
STANDS_FOR = {"run_id": "run_0", "orch_id": "hello", "agent_id": "echo", "session_id": "none",
              "id": "none"}


def example(endpoint):
    return {name: STANDS_FOR[name] for name in re.findall(r"\{(\w+)\}", endpoint.path)}


def refusals(endpoint):
    common = {"at": example(endpoint), "standalone": endpoint.standalone}
    if endpoint.method == "POST":
        common["body"] = {}
    if endpoint.auth == "key":
        missing = refusal("not_authenticated", "Not authenticated")
        yield Case("no key", 401, missing, key="none", sends=BEARER, **common)
        yield Case("a key of no form", 401, missing, key="none",
                   headers={"Authorization": "Bearer sk-other-1"}, sends=BEARER, **common)
        yield Case("another scheme", 401, missing, key="none",
                   headers={"Authorization": "Basic dTpw"}, sends=BEARER, **common)
        yield Case("a key that nobody has", 401, refusal("invalid_key"), key=WRONG,
                   sends=BEARER, **common)
        yield Case("a key that was revoked", 401, refusal("invalid_key"), key="revoked",
                   sends=BEARER, **common)
    if endpoint.auth == "house":
        forbidden = refusal("forbidden", "Forbidden")
        yield Case("from elsewhere", 403, forbidden, key="none",
                   headers={"X-Forwarded-For": "10.0.0.1"}, **common)
        yield Case("a token that is wrong", 403, forbidden, key="none",
                   headers={"X-Synapse-Internal": "wrong", "X-Forwarded-For": "10.0.0.1"},
                   **common)
        yield Case("a tenant's key", 403, forbidden, key="acme",
                   headers={"X-Forwarded-For": "10.0.0.1"}, **common)


def other_method(endpoint):
    """One that no path of the contract has."""
    return Case("a method that is not there", 405,
                refusal("method_not_allowed", "Method Not Allowed"), at=example(endpoint),
                method="PATCH", key="house" if endpoint.auth == "house" else "owner",
                sends={"Allow": like(endpoint.method)}, standalone=endpoint.standalone)

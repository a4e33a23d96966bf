"""CONTRACT 1.1: what is true of every path, and the papers."""

from .case import Case, Endpoint
from .shapes import obj, refusal

NOT_FOUND = refusal("not_found", "Not Found")
PAGE = "http://localhost:3000"


def open_to_all(method, path, *cases, told=True):
    return Endpoint(method, path, list(cases), auth="none", told=told)


ENDPOINTS = [
    open_to_all("GET", "/docs", Case("what probes ask", key="none", says="/openapi.json", sends={
        "Content-Type": "text/html; charset=utf-8"})),
    open_to_all("GET", "/openapi.json", Case("the document", key="none", fields={
        "openapi": "3.1.0", "paths": obj, "components": obj})),
    open_to_all("GET", "/health", Case("not stock's, and there", key="none", fields={
        "status": "ok"}, differs="13.34: stock has none")),
    open_to_all("GET", "/nothing", Case("a path that is not there", 404, NOT_FOUND, key="none"),
                told=False),
    open_to_all("GET", "/api/v2/nothing", Case("and one below", 404, NOT_FOUND), told=False),
    open_to_all("GET", "/api/scale/nothing", Case("and another", 404, NOT_FOUND, key="house"),
                told=False),
    open_to_all(
        "OPTIONS", "/api/v2/agents",
        Case("a page that may", key="none", headers={
            "Origin": PAGE, "Access-Control-Request-Method": "GET"}, sends={
                "Access-Control-Allow-Origin": PAGE, "Access-Control-Allow-Credentials": "true"}),
        Case("to a private network", key="none", headers={
            "Origin": "http://other.example", "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Private-Network": "true"}, sends={
                "Access-Control-Allow-Origin": "*"}),
        told=False),
    open_to_all(
        "GET", "/api/v2/agents",
        Case("a page that may", headers={"Origin": PAGE}, sends={
            "Access-Control-Allow-Origin": PAGE, "Access-Control-Allow-Credentials": "true"}),
        Case("another page", headers={"Origin": "http://other.example"}, sends={
            "Access-Control-Allow-Origin": None}), told=False),
]

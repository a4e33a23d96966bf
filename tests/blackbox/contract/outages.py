"""What is answered while a store is away (CONTRACT 1.3, 1.4): by one host in scale mode, which notices
and says so; stock has null handles for ever."""

from .case import Case, Endpoint
from .scale import AWAY, CONFIG, SCALE, page
from .shapes import like, refusal, said
from .v2 import RUNS, V2

SOON = {"Retry-After": like("^[1-9]$")}
NO_REDIS = refusal("redis_unavailable", like("Scale mode is not enabled"))
NO_POSTGRES = refusal("postgres_unavailable", like("connection not available"))
LETTER = {"at": {"id": "01234567-89ab-cdef-0123-456789abcdef"}}


def first(case):
    """The one that waits until the host has noticed."""
    case.tries = 2000
    return case


WITHOUT_REDIS = [
    Endpoint("POST", f"{V2}/orchestrations/{{orch_id}}/run", [
        first(Case("without Redis", 503, NO_REDIS, at={"orch_id": "hello"}, body={}, sends=SOON)),
    ]),
    Endpoint("POST", f"{V2}/chat", [
        Case("without Redis", 503, NO_REDIS, body={"message": "x", "agent": "echo"}, sends=SOON),
    ]),
    Endpoint("GET", f"{V2}/queue/stats", [
        Case("without Redis", 503, NO_REDIS, sends=SOON),
    ]),
    Endpoint("GET", f"{V2}/metrics", [
        Case("without Redis", 503, NO_REDIS, key="none", sends=SOON),
    ], auth="none"),
    Endpoint("GET", f"{RUNS}/status", [
        Case("without Redis", 200, {"status": "completed"}, at={"run_id": "$completed"},
             differs="stock: 503 for what Postgres knows"),
    ]),
    Endpoint("GET", f"{RUNS}/events", [
        Case("without Redis", 503, NO_REDIS, at={"run_id": "$completed"}, sends=SOON),
    ]),
    Endpoint("GET", f"{SCALE}/queue", [
        page("without Redis", fields=AWAY),
    ], auth="house"),
]
WITHOUT_POSTGRES = [
    Endpoint("GET", f"{RUNS}/status", [
        first(Case("without Postgres", 503, NO_POSTGRES, at={"run_id": "$completed"}, sends=SOON)),
    ]),
    Endpoint("POST", f"{V2}/orchestrations/{{orch_id}}/run", [
        Case("without Postgres", 503, NO_POSTGRES, at={"orch_id": "hello"}, body={}, sends=SOON),
    ]),
    Endpoint("GET", f"{V2}/workers", [
        Case("without Postgres", 503, NO_POSTGRES, sends=SOON),
    ]),
    Endpoint("GET", f"{V2}/orchestrations", [
        Case("without Postgres", 503, NO_POSTGRES, sends=SOON),
    ]),
    Endpoint("POST", f"{SCALE}/sync", [
        page("without Postgres", 503, NO_POSTGRES),
    ], auth="house"),
    Endpoint("GET", f"{SCALE}/sync/status", [
        page("without Postgres", fields={**AWAY, "message": said}),
    ], auth="house"),
    Endpoint("GET", f"{SCALE}/workers", [page("without Postgres", fields=[])], auth="house"),
    Endpoint("GET", f"{SCALE}/dlq", [page("without Postgres", fields=[])], auth="house"),
    Endpoint("GET", f"{SCALE}/tenants", [page("without Postgres", fields=[])], auth="house"),
    Endpoint("GET", f"{SCALE}/runs", [page("without Postgres", fields=[])], auth="house"),
    Endpoint("GET", f"{SCALE}/analytics", [page("without Postgres", fields=AWAY)], auth="house"),
    Endpoint("GET", f"{SCALE}/config", [page("without Postgres", fields=CONFIG)], auth="house"),
    Endpoint("POST", f"{SCALE}/dlq/{{id}}/retry", [
        page("without Postgres", 503, NO_POSTGRES, **LETTER),
    ], auth="house"),
]

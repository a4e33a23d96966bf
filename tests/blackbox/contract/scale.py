"""CONTRACT 1.4, and what the screen of 1.5 reads of it: the routes of Settings > Scale."""

from .case import Case, Endpoint, Look
from .shapes import (anything, count, each, either, flag, has, invalid, like, maybe, moment, obj,
                     real, refusal, said, text, whole, without)
from .v2 import WORKER

SCALE = "/api/scale"
RESULT = {"status": either("ok", "error"), "message": said}
CONFIG = {
    "redis_url": text, "scale_postgres_url": text, "scale_mode_enabled": flag,
    "scale_auto_sync": flag, "worker_concurrency": count, "otlp_endpoint": text,
    "metrics_token": text, "max_global_queue_depth": whole, "rate_limit_per_tenant_rps": whole,
    "pgbouncer_mode": flag, "num_queue_shards": count, "s3_bucket": text, "s3_region": text,
    "s3_prefix": text, "s3_access_key_id": text, "s3_secret_access_key": text,
    "s3_endpoint_url": text,
}
DETAILS = {name: {"synced": count, "errors": count}
           for name in ("orchestrations", "agents", "tools", "mcp_servers", "settings")}
COUNTS = {name: count for name in DETAILS}
RUN = {"run_id": said, "orchestration_id": said, "session_id": maybe(text),
       "tenant_id": maybe(text), "status": said, "started_at": maybe(moment),
       "ended_at": maybe(moment), "total_cost_usd": maybe(real),
       "total_tokens_used": maybe(count), "worker_id": maybe(text)}
DETAIL = {**RUN, "current_step_id": maybe(text), "waiting_for_human": flag,
          "human_prompt": maybe(text), "cache_hit_count": maybe(count),
          "estimated_savings_usd": maybe(real)}
LETTER = {"id": said, "run_id": maybe(text), "orchestration_id": maybe(text),
          "job_function": said, "error_message": maybe(text), "attempt_count": count,
          "last_failed_at": maybe(moment)}
TENANT = {"tenant_id": said, "name": text, "max_concurrent_runs": maybe(count),
          "max_queued_runs": maybe(count), "priority": whole}
ANALYTICS = {
    "available": True, "total_runs": count, "runs_today": count, "status_counts": obj,
    "success_rate": real, "avg_cost_usd": real, "total_cost_usd_today": real,
    "avg_duration_seconds": real, "cache_hit_rate": real, "workers_online": count,
}
WORKER_HEALTH = {"status": either("ok", "degraded"), "worker_id": said, "address": said,
                 "active_jobs": count, "max_jobs": count, "uptime_seconds": count,
                 "pg_connected": flag, "redis_connected": flag}  # 1.8
AWAY = {"available": False}
LONE = {"fields": []}


def page(name, code=200, fields=None, **more):
    """As the settings screen asks."""
    return Case(name, code, fields, key="house", **more)


ENDPOINTS = [
    Endpoint("GET", f"{SCALE}/config", [
        page("the seventeen", fields=CONFIG),
        page("no password is said", fields={"scale_postgres_url": like("^[^:]*$|^[^:]+://[^:@]*(:\\*+)?@")},
             on=("scale", "replicas"), differs="13.20"),
    ], auth="house"),
    Endpoint("POST", f"{SCALE}/config", [
        page("one key, and the others stay", fields={"status": "saved"},
             body={"scale_auto_sync": False},
             differs="stock sets what is missing to its defaults"),
        page("what is shown may be put back", fields={"status": "saved"}, body="$config",
             on=("scale", "replicas")),
        page("a key that is dropped", fields={"status": "saved"},
             body={"redis_cluster_mode": True}),
        page("out of range", 422, invalid("body", "worker_concurrency"),
             body={"worker_concurrency": -1}, differs="stock saves any number"),
        page("a text for a number", 422, invalid("body", "max_global_queue_depth"),
             body={"max_global_queue_depth": "many"}),
        page("what the environment says", 409, refusal("setting_pinned"),
             body={"redis_url": "redis://127.0.0.1:1/0"}, on=("scale", "replicas"),
             differs="stock saves what has no effect, 13.19"),
    ], auth="house"),
    Endpoint("POST", f"{SCALE}/test-redis", [
        page("one that answers", fields={**RESULT, "status": "ok"},
             body={"redis_url": "$redis_url"}, on=("scale", "replicas")),
        page("one that does not", fields={**RESULT, "status": "error"},
             body={"redis_url": "redis://:hunter2@127.0.0.1:1/0"}),
        page("no URL", 400, refusal("url_missing"), body={}),
        page("an empty one", 400, refusal("url_missing"), body={"redis_url": ""}),
        page("a number", 422, invalid("body", "redis_url"), body={"redis_url": 5}),
    ], auth="house"),
    Endpoint("POST", f"{SCALE}/test-postgres", [
        page("one that answers", fields={**RESULT, "status": "ok"},
             body={"postgres_url": "$postgres_url"}, on=("scale", "replicas")),
        page("one that does not", fields={**RESULT, "status": "error"},
             body={"postgres_url": "postgresql://u:hunter2@127.0.0.1:1/db"}),
        page("no URL", 400, refusal("url_missing"), body={}),
        page("an empty one", 400, refusal("url_missing"), body={"postgres_url": ""}),
        page("a number", 422, invalid("body", "postgres_url"), body={"postgres_url": 5}),
    ], auth="house"),
    Endpoint("POST", f"{SCALE}/test-s3", [
        page("a bucket", fields={"ok": False, "error": said},
             body={"s3_bucket": "b", "s3_region": "us-east-1", "s3_prefix": "synapse",
                   "s3_access_key_id": "a", "s3_secret_access_key": "s",
                   "s3_endpoint_url": "http://127.0.0.1:1"}),
        page("an empty one", 400, refusal("bucket_missing"), body={"s3_bucket": ""}),
        page("none", 422, invalid("body", "s3_bucket"), body={}),
        page("a number", 422, invalid("body", "s3_bucket"), body={"s3_bucket": 5}),
    ], auth="house"),
    Endpoint("POST", f"{SCALE}/sync", [
        page("the folder goes into the store", fields={
            "total_synced": count, "errors": each(text), "details": DETAILS,
            "synced_at": like(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")},
             on=("scale",), single=True),
        page("without Postgres", 503, refusal("postgres_unavailable"), on=("standalone",)),
    ], auth="house"),
    Endpoint("GET", f"{SCALE}/sync/status", [
        page("what is there", fields={"available": True, "counts": COUNTS},
             standalone={"fields": {"available": False, "message": said}}),
    ], auth="house"),
    Endpoint("GET", f"{SCALE}/workers", [
        page("those that are there", fields=has(each(WORKER), {"status": "online"}),
             standalone=LONE),
    ], auth="house"),
    Endpoint("DELETE", f"{SCALE}/workers/{{id}}", [
        page("one", fields={"status": "removed", "worker_id": "$new.silent_worker"},
             at={"id": "$new.silent_worker"}, then=(
                 Look(f"{SCALE}/workers", without({"worker_id": "$answer.worker_id"}), key="house",
                      wait=False),)),
        page("one that is not there", fields={"status": "removed", "worker_id": "none"},
             at={"id": "none"}),
        page("without stores", 409, refusal("scale_only"),
             on=("standalone",), at={"id": "none"}),
    ], auth="house", stores=True),
    Endpoint("GET", f"{SCALE}/workers/{{id}}/health", [
        page("one that lives", fields={"status": "ok", "latency_ms": real, "data": WORKER_HEALTH},
             at={"id": "$worker"}),
        page("one that is silent", fields={"status": "error", "latency_ms": real, "message": said},
             at={"id": "$silent_worker"}),
        page("one whose address is no URL", fields={"status": "error", "message": said},
             at={"id": "$odd_worker"}),
        page("one without an address", 400, refusal("worker_without_address"),
             at={"id": "$nowhere_worker"}),
        page("one that is not there", 404, refusal("worker_not_found"), at={"id": "none"}),
        page("without stores", 409, refusal("scale_only"),
             on=("standalone",), at={"id": "none"}),
    ], auth="house", stores=True),
    Endpoint("GET", f"{SCALE}/queue", [
        page("what waits", fields={"available": True, "queued": count, "active": count,
                                   "failed": count, "dlq_count": count},
             standalone={"fields": {"available": flag}}),
    ], auth="house"),
    Endpoint("GET", f"{SCALE}/dlq", [
        page("those that are open", fields=has(each(LETTER), {"id": "$letter"}),
             standalone=LONE),
    ], auth="house"),
    Endpoint("POST", f"{SCALE}/dlq/{{id}}/retry", [
        page("one", fields={"status": "re-enqueued", "dlq_id": "$new.letter"},
             at={"id": "$new.letter"}, then=(
                 Look(f"{SCALE}/dlq", without({"id": "$answer.dlq_id"}), key="house"),)),
        page("one that is resolved", 409, refusal("dead_letter_resolved"),
             at={"id": "$resolved_letter"}, differs="stock enqueues it again"),
        page("one that is not there", 404, refusal("dead_letter_not_found"),
             at={"id": "01234567-89ab-cdef-0123-456789abcdef"}),
        page("an id that cannot be", 404, refusal("dead_letter_not_found"), at={"id": "none"},
             differs="stock answers 500"),
        page("without stores", 503, refusal("postgres_unavailable"),
             on=("standalone",), at={"id": "01234567-89ab-cdef-0123-456789abcdef"}),
    ], auth="house", stores=True),
    Endpoint("GET", f"{SCALE}/tenants", [
        page("those that are there", fields=has(each(TENANT), {
            "tenant_id": "$full", "max_concurrent_runs": 1, "max_queued_runs": 1, "priority": 0}),
             before=lambda world: world.thing("queued"),
             standalone={**LONE, "before": None}),
    ], auth="house"),
    Endpoint("POST", f"{SCALE}/tenants", [
        page("an id alone", 201, {"status": "created", "tenant_id": "$name"},
             body={"tenant_id": "$name"}, then=(Look(f"{SCALE}/tenants", has(each(TENANT), {
                 "tenant_id": "$answer.tenant_id", "name": "", "max_concurrent_runs": 100,
                 "max_queued_runs": 1000, "priority": 0}), key="house", wait=False),)),
        page("every field", 201, {"status": "created", "tenant_id": "$name"},
             body={"tenant_id": "$name", "name": "N", "max_concurrent_runs": 5,
                   "max_queued_runs": 6, "priority": 2},
             then=(Look(f"{SCALE}/tenants", has(each(TENANT), {
                 "tenant_id": "$answer.tenant_id", "name": "N", "max_concurrent_runs": 5,
                 "max_queued_runs": 6, "priority": 2}), key="house", wait=False),)),
        page("again", 201, {"status": "created", "tenant_id": "$new.tenant"},
             body={"tenant_id": "$new.tenant", "name": "again"},
             then=(Look(f"{SCALE}/tenants", has(each(TENANT), {
                 "tenant_id": "$answer.tenant_id", "name": "again"}), key="house",
                 wait=False),)),
        page("no id", 422, invalid("body", "tenant_id"), body={"name": "x"}),
        page("a number for an id", 422, invalid("body", "tenant_id"), body={"tenant_id": 5}),
        page("a text for a number", 422, invalid("body", "max_queued_runs"),
             body={"tenant_id": "x", "max_queued_runs": "x"}),
        page("without stores", 409, refusal("scale_only"),
             on=("standalone",), body={"tenant_id": "x"}),
    ], auth="house", stores=True),
    Endpoint("DELETE", f"{SCALE}/tenants/{{id}}", [
        page("one", fields={"status": "deleted", "tenant_id": "$new.tenant"},
             at={"id": "$new.tenant"}),
        page("one that is not there", fields={"status": "deleted", "tenant_id": "none"},
             at={"id": "none"}),
        page("without stores", 409, refusal("scale_only"),
             on=("standalone",), at={"id": "none"}),
    ], auth="house", stores=True),
    Endpoint("GET", f"{SCALE}/analytics", [
        page("the tiles", fields=ANALYTICS, before=lambda world: world.thing("completed"),
             standalone={"fields": AWAY}),
    ], auth="house"),
    Endpoint("GET", f"{SCALE}/runs", [
        page("the newest", fields=each(RUN, 1), before=lambda world: world.thing("completed"),
             standalone=LONE),
        page("at most", query="limit=1", fields=each(RUN, 1),
             before=lambda world: world.thing("completed"), standalone=LONE),
        page("more than there are on a page", query="limit=100000", fields=each(RUN, 1),
             before=lambda world: world.thing("completed"), standalone=LONE),
        page("of a session", query="session_id=sess_of_mine", fields=has(each(RUN), {
            "run_id": "$in_session", "session_id": "sess_of_mine"}), standalone=False,
             differs="BUG: stock stores no session"),
        page("a limit that is none", 422, invalid("query", "limit"), query="limit=x"),
    ], auth="house"),
    Endpoint("GET", f"{SCALE}/runs/{{id}}", [
        page("one", at={"id": "$completed"}, fields={
            **DETAIL, "run_id": "$completed", "status": "completed", "waiting_for_human": False}),
        page("one that waits for a person", at={"id": "$paused"}, fields={
            **DETAIL, "status": "paused", "waiting_for_human": True, "human_prompt": "Well?",
            "current_step_id": "ask"}),
        page("one that is not there", 404, refusal("run_not_found"), at={"id": "none"}),
        page("without stores", 409, refusal("scale_only"),
             on=("standalone",), at={"id": "none"}),
    ], auth="house", stores=True),
    # 1.5: the screen's "Register" calls it; stock has no such route
    Endpoint("POST", f"{SCALE}/workers", [
        page("workers register by themselves", 405, refusal("method_not_allowed"),
             body={"address": "http://127.0.0.1:1"}),
    ], auth="none", told=False),
]

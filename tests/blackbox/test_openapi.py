"""/openapi.json against the table of routes and against what the server answers."""

import pathlib
import re
import uuid

from harness.openapi_doc import Document
from pg_peers import SOURCE
from test_api_run_list import store
from test_dead_letters import bury

ROUTES = pathlib.Path(SOURCE, "src/api/routes.c")


def table():
    rows = re.findall(r'REQUEST_(\w+),\s+"([^"]+)", (ROUTE_\w+)', ROUTES.read_text())
    return {(method.lower(), pattern): scope != "ROUTE_PUBLIC" for method, pattern, scope in rows}


def test_every_route_is_told_and_every_operation_is_a_route(api):
    doc = api.client.with_key(None).get("/openapi.json").json
    assert doc["openapi"] == "3.1.0"
    told = {}
    for path, item in doc["paths"].items():
        names = re.findall(r"\{(\w+)\}", path)
        for method, operation in item.items():
            assert operation["summary"] and operation["responses"], (method, path)
            mine = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert mine == names and len(set(names)) == len(names), (method, path)
            told[(method, re.sub(r"\{\w+\}", "*", path))] = bool(operation["security"])
    assert told == table()
    # nothing is named that is not there, and nothing is there for nobody
    text = str(doc)
    for name in doc["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text, name
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in doc["components"]["schemas"], name


def test_answers_are_what_the_document_promises(api):
    doc = Document(api.client.get("/openapi.json").json)
    tenant = f"t_{uuid.uuid4().hex}"
    (run,) = store(api, tenant, 1, metadata='{"a": 1}')
    (letter,) = bury(api)
    name = f"s_{uuid.uuid4().hex}"
    schedule = {"id": name, "orchestration_id": "hello", "cron": "@daily"}
    v2 = "/api/v2"
    orch = f"{v2}/orchestrations"
    for method, pattern, path, body in (
        ("post", f"{orch}/{{orchestration_id}}/run", f"{orch}/hello/run", {"message": "x"}),
        ("post", f"{orch}/{{orchestration_id}}/run", f"{orch}/nobody/run", {}),
        ("post", f"{orch}/{{orchestration_id}}/run", f"{orch}/hello/run", {"priority": 99}),
        ("post", f"{orch}/{{orchestration_id}}/runs", f"{orch}/hello/runs", {"runs": [{}]}),
        ("get", f"{v2}/runs", f"{v2}/runs?tenant_id={tenant}", None),
        ("get", f"{v2}/runs/{{run_id}}", f"{v2}/runs/{run}", None),
        ("get", f"{v2}/runs/{{run_id}}", f"{v2}/runs/nobody", None),
        ("get", f"{v2}/runs/{{run_id}}/why", f"{v2}/runs/{run}/why", None),
        ("get", f"{orch}/runs/{{run_id}}/status", f"{orch}/runs/{run}/status", None),
        ("get", f"{orch}/runs/{{run_id}}/events", f"{orch}/runs/{run}/events", None),
        ("get", f"{orch}/runs/{{run_id}}/steps", f"{orch}/runs/{run}/steps", None),
        ("post", f"{orch}/runs/{{run_id}}/cancel", f"{orch}/runs/{run}/cancel", None),
        ("post", f"{v2}/runs/{{run_id}}/retry", f"{v2}/runs/{run}/retry", {}),
        ("post", f"{v2}/runs/bulk", f"{v2}/runs/bulk?tenant_id={tenant}&status=failed",
         {"action": "retry"}),
        ("post", f"{v2}/runs/bulk", f"{v2}/runs/bulk?status=failed",
         {"action": "retry", "dry_run": True}),
        ("delete", f"{v2}/runs/{{run_id}}", f"{v2}/runs/{run}", None),
        ("get", f"{v2}/workers", f"{v2}/workers", None),
        ("get", f"{v2}/queues", f"{v2}/queues", None),
        ("post", f"{v2}/queues/{{queue_name}}/resume", f"{v2}/queues/default/resume", None),
        ("get", f"{v2}/queue/stats", f"{v2}/queue/stats", None),
        ("post", f"{v2}/schedules", f"{v2}/schedules", schedule),
        ("post", f"{v2}/schedules", f"{v2}/schedules", schedule),
        ("put", f"{v2}/schedules/{{schedule_id}}", f"{v2}/schedules/{name}", schedule),
        ("get", f"{v2}/schedules", f"{v2}/schedules", None),
        ("get", f"{v2}/schedules/{{schedule_id}}", f"{v2}/schedules/{name}", None),
        ("post", f"{v2}/schedules/{{schedule_id}}/backfill", f"{v2}/schedules/{name}/backfill",
         {"from": "2026-01-01T00:00:00Z", "until": "2026-01-03T00:00:00Z"}),
        ("post", f"{v2}/schedules/{{schedule_id}}/pause", f"{v2}/schedules/{name}/pause", None),
        ("delete", f"{v2}/schedules/{{schedule_id}}", f"{v2}/schedules/{name}", None),
        ("get", f"{v2}/dead-letters", f"{v2}/dead-letters", None),
        ("get", f"{v2}/dead-letters/{{letter_id}}", f"{v2}/dead-letters/{letter}", None),
        ("post", f"{v2}/dead-letters/{{letter_id}}/discard", f"{v2}/dead-letters/{letter}/discard",
         None),
        ("post", f"{v2}/dead-letters/bulk", f"{v2}/dead-letters/bulk?run_id=nobody",
         {"action": "discard"}),
        ("get", "/health", "/health", None),
    ):
        doc.answers(method, pattern, api.client.ask(method.upper(), path, body))

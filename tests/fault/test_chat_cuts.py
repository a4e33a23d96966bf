"""Turns of chats: who takes them in, ends them or starts the next dies between two writes."""

import http.client
import time

import pytest

from test_cuts import QUICK

NAP = {"synapse_export": True, "version": "1.0", "orchestrations": [], "agents": [
    {"id": "nap", "name": "nap", "type": "conversational", "tools": [], "system_prompt": "",
     "model": "mock.sleep:50"}]}

SESSIONS, TURNS = 3, 4
DEADLINE_S = 120


def turns_of(site, session):
    return site.sql("SELECT turn, status, message, answer, started_at, ended_at FROM chat_turns"
                    " WHERE session_id = %s ORDER BY turn", session)


def post(site, session, message):
    """Once, whoever dies: what nobody answered is looked up."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        try:
            code, answer, _ = site.ask("POST", "/api/v2/chat", {
                "session_id": session, "message": message, "agent": "nap"})
            if code == 202:
                return
            assert code == 503, answer
        except (OSError, http.client.HTTPException):
            pass
        if any(t[2] == message for t in turns_of(site, session)):
            return
        time.sleep(0.1)
    raise AssertionError(f"{session} {message} is not taken in")


def settle(site, statuses=("completed",)):
    end = time.monotonic() + DEADLINE_S
    while site.sql("SELECT 1 FROM chat_turns WHERE ended_at IS NULL"):
        assert time.monotonic() < end, site.sql(
            "SELECT session_id, turn, status FROM chat_turns WHERE ended_at IS NULL")
        time.sleep(0.1)
    for i in range(SESSIONS):
        rows = turns_of(site, f"s{i}")
        if not rows:
            continue
        assert [(r[0], r[2]) for r in rows] == [(n, f"m{n}") for n in range(1, len(rows) + 1)]
        assert {r[1] for r in rows} <= set(statuses), rows
        ran = [r for r in rows if r[1] == "completed"]
        assert all(r[3] == r[2] for r in ran)
        assert all(a[5] <= b[4] for a, b in zip(ran, ran[1:], strict=False)), rows
        ((live, waiting),) = site.sql(
            "SELECT live_turn, waiting FROM chat_sessions WHERE session_id = %s", f"s{i}")
        assert live is None and waiting == 0


@pytest.fixture
def chat(site, faults):
    site.prepare()
    site.define(NAP)
    site.start(**faults.env, **QUICK, SYNAPSED_LIMITS_RATE_PER_TENANT="0").wait_event(
        "queue.opened")
    return site


@pytest.mark.parametrize("point, kind", [
    ("chat.admitted", "api"),
    ("chat.committed", "api"),
    ("chat.ended", "api"), ("chat.pushed", "api"),
    pytest.param("chat.ended", "worker", marks=pytest.mark.short),
    ("chat.pushed", "worker"), ("takeover.committed", "worker"), ("end.built", "worker"),
    ("end.committed", "worker"), ("end.published", "worker"),
])
def test_turns_stay_in_order_behind_a_death(chat, faults, point, kind):
    cut = faults.rule(point, "crash", kind=kind, nth=2)
    for n in range(1, TURNS + 1):
        for i in range(SESSIONS):
            post(chat, f"s{i}", f"m{n}")
    cut.wait_acted()
    settle(chat)
    faults.clear()
    for i in range(SESSIONS):
        assert len(turns_of(chat, f"s{i}")) == TURNS
        code, page, _ = chat.ask("GET", f"/api/v2/chat/s{i}/events")
        assert code == 200
        assert [e["event"]["turn"] for e in page["events"]
                if e["event"]["type"] == "done"] == list(range(1, TURNS + 1))


@pytest.mark.parametrize("point", ["chat.withdrawn", "cancel.flagged", "cancel.ended"])
def test_turns_that_are_stopped_end_behind_a_death(chat, faults, point):
    cut = faults.rule(point, "crash", kind="api")
    for n in range(1, TURNS + 1):
        post(chat, "s0", f"m{n}")
    try:
        chat.ask("POST", "/api/v2/chat/s0/cancel")
    except (OSError, http.client.HTTPException):
        cut.wait_acted()
    settle(chat, ("completed", "cancelled"))
    faults.clear()
    post(chat, "s0", f"m{TURNS + 1}")  # it goes on
    settle(chat, ("completed", "cancelled"))
    assert turns_of(chat, "s0")[-1][1] == "completed"

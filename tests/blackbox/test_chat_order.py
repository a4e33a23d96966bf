"""Turns of many sessions, posted without waiting, on four workers of two hosts, with a worker
killed every second: each session's in order, nothing lost, nothing twice.

Short here; SYNAPSED_TEST_CHATS="200,20" is the long one: sessions, turns of each.
SYNAPSED_TEST_SEED repeats its kills.
"""

import concurrent.futures
import http.client
import itertools
import json
import os
import random
import threading
import time

from test_chat import agent, bundle
from test_storm import kill_a_worker

POSTERS = 8


def post_all(site, messages):
    """From several clients at once; those of a session by one, so that their order is known."""
    daemon = site.daemons[0]

    def one_client(sessions):
        connection = http.client.HTTPConnection("127.0.0.1", daemon.api_port, timeout=120)
        head = {"Authorization": f"Bearer {site.key}"}
        for turn, session in itertools.product(range(1, messages + 1), sessions):
            body = {"session_id": session, "agent": "echo", "message": f"{session} {turn}"}
            connection.request("POST", "/api/v2/chat", json.dumps(body), head)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 202, text
            assert json.loads(text)["turn"] == turn, text
        connection.close()

    return one_client


def test_turns_stay_in_order_whoever_dies(site):
    long = os.environ.get("SYNAPSED_TEST_CHATS")
    sessions, turns = (int(n) for n in (long or "6,4").split(","))
    seed = int(os.environ.get("SYNAPSED_TEST_SEED", random.randrange(1 << 30)))
    print(f"SYNAPSED_TEST_SEED={seed}")
    random.seed(seed)
    site.prepare()
    site.define(bundle(agent("echo", "mock.sleep:100")))
    more = {"SYNAPSED_WORKER_PROCESSES": "2", "SYNAPSED_RESTART_CEILING": "1000",
            "SYNAPSED_LIMITS_RATE_PER_TENANT": "0"}
    hosts = [site.start(WORKER_ID="one", **more),
             site.start(WORKER_ID="two", SYNAPSED_ROLES="worker,keeper", **more)]
    names = [f"s{i}" for i in range(sessions)]
    began = time.monotonic()
    over = threading.Event()
    kills = itertools.count()

    def storm():
        while not over.wait(1 if long else 0.2):
            kill_a_worker(random.choice(hosts))
            next(kills)

    killer = threading.Thread(target=storm)
    killer.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(POSTERS) as pool:
            shares = [names[i::POSTERS] for i in range(POSTERS)]
            list(pool.map(post_all(site, turns), [s for s in shares if s]))
        posted_s = time.monotonic() - began
        while True:
            ((left,),) = site.sql("SELECT count(*) FROM chat_turns WHERE ended_at IS NULL")
            if not left:
                break
            assert time.monotonic() - began < 60 + sessions * turns, left
            time.sleep(0.1)
    finally:
        over.set()
        killer.join()
    took_s = time.monotonic() - began
    rows = site.sql("SELECT session_id, turn, status, message, answer, started_at, ended_at"
                    " FROM chat_turns ORDER BY session_id, turn")
    assert len(rows) == sessions * turns
    for session, of_session in itertools.groupby(rows, key=lambda r: r[0]):
        of_session = list(of_session)
        assert [r[1] for r in of_session] == list(range(1, turns + 1)), session
        for _, turn, status, message, answer, _, _ in of_session:
            assert (status, message, answer) == ("completed", f"{session} {turn}", message)
        for before, after in itertools.pairwise(of_session):
            assert before[6] <= after[5], (before, after)
    # the column of stock readers, and what clients are told, turn by turn
    for session, messages, live, waiting in site.sql(
            "SELECT session_id, messages, live_turn, waiting FROM chat_sessions"):
        assert [m["content"] for m in messages[::2]] == [
            f"{session} {i}" for i in range(1, turns + 1)][-100:]
        assert live is None and waiting == 0
    ends = 0
    for session in names:
        code, page, _ = site.ask("GET", f"/api/v2/chat/{session}/events")
        assert code == 200
        durable = [e["event"] for e in page["events"] if "sub" not in e["event"]]
        assert [(e["type"], e["turn"]) for e in durable] == [
            (kind, turn) for turn in range(1, turns + 1) for kind in ("final", "done")]
        ends += len(durable)
    # each turn's journal is whole: one start and one step, numbers without a gap
    odd = site.sql(
        "SELECT r.run_id, r.event_seq, count(*), max(s.seq) FROM orchestration_runs r"
        " JOIN run_steps s ON s.run_id = r.run_id GROUP BY 1, 2"
        " HAVING count(*) <> max(s.seq) OR count(*) FILTER (WHERE s.kind = 'step') <> 1")
    assert not odd, odd[:5]
    print(f"{sessions} sessions of {turns} turns: posted in {posted_s:.1f} s, answered in "
          f"{took_s:.1f} s, {next(kills)} workers killed, {ends} events")

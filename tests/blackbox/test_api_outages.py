"""The API stays up while what it needs is away, and says what is missing."""

import pytest

pytestmark = pytest.mark.asan


def codes(answers):
    return {(a.status, a.code) for a in answers}


@pytest.mark.api()
def test_without_redis_submissions_are_refused_and_reads_go_on(api):
    run_id = api.client.run("hello", {}).json["run_id"]
    api.stop_redis()
    api.until(lambda: api.client.get("/health").status == 503)
    assert api.client.get("/health").json == {
        "status": "unavailable",
        "redis_connected": False,
        "pg_connected": True,
    }
    runs = api.count_runs()
    assert codes([api.client.run("hello", {}), api.client.bulk("hello", [{}])]) == {
        (503, "redis_unavailable")
    }
    assert "Scale mode is not enabled" in api.client.run("hello", {}).json["detail"]
    assert api.client.get("/api/v2/queue/stats").code == "redis_unavailable"
    assert (
        api.client.get(f"/api/v2/orchestrations/runs/{run_id}/events").code
        == "redis_unavailable"
    )
    assert api.client.get(f"/api/v2/orchestrations/runs/{run_id}/status").status == 200
    assert api.client.get("/api/v2/runs").status == 200
    assert api.count_runs() == runs
    api.start_redis()
    api.until(lambda: api.client.run("hello", {}).status == 202, seconds=20)
    assert api.client.get("/health").status == 200


@pytest.mark.api()
def test_without_postgres_everything_says_so(api):
    run_id = api.client.run("hello", {}).json["run_id"]
    api.stop_postgres()
    api.until(lambda: api.client.get("/health").status == 503)
    answers = [
        api.client.run("hello", {}),
        api.client.bulk("hello", [{}]),
        api.client.get("/api/v2/runs"),
        api.client.get("/api/v2/orchestrations"),
        api.client.get("/api/v2/workers"),
        api.client.get(f"/api/v2/orchestrations/runs/{run_id}/status"),
        api.client.with_key(api.make_key_text()).get("/api/v2/runs"),
    ]
    assert codes(answers) == {(503, "postgres_unavailable")}
    api.start_postgres()
    api.until(lambda: api.client.run("hello", {}).status == 202, seconds=20)
    assert api.client.get(f"/api/v2/orchestrations/runs/{run_id}/status").status == 200


@pytest.mark.api()
def test_accepted_means_stored_whatever_goes_away(api):
    """Stores are stopped and started under load: no 202 without its row."""
    accepted = []
    seen = set()

    def client(i):
        if i == 0:
            api.stop_redis()
            api.start_redis()
            api.stop_postgres(immediate=True)
            api.start_postgres()
            api.until(lambda: api.client.run("hello", {}).status == 202, seconds=30)
            api.load_over = True
            return
        while not api.load_over:
            answer = api.client.run("hello", {"message": "load"})
            seen.add(answer.status)
            if answer.status == 202:
                accepted.append(answer.json["run_id"])

    api.load_over = False
    api.together(5, client)
    assert seen <= {202, 503}
    assert accepted
    stored = {r[0] for r in api.sql("SELECT run_id FROM orchestration_runs")}
    assert set(accepted) <= stored

"""The API stays up while what it needs is away, and says what is missing."""

import pytest
from api_world import own_stores, world_on
from harness.site import Site
from pg_peers import Proxy


def codes(answers):
    return {(a.status, a.code) for a in answers}


@pytest.mark.asan
@pytest.mark.api()
def test_without_redis_submissions_are_refused_and_reads_go_on(api):
    run_id = api.client.run("hello", {}).json["run_id"]
    api.stop_redis()
    api.until(lambda: api.client.get("/health").status == 503)
    health = api.client.get("/health").json
    assert health.pop("reason").startswith("Redis is not connected: ")
    assert health == {
        "status": "unavailable",
        "mode": "scale",
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
    api.until(lambda: api.client.run("hello", {}).status == 202)
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
    api.until(lambda: api.client.run("hello", {}).status == 202)
    assert api.client.get(f"/api/v2/orchestrations/runs/{run_id}/status").status == 200


@pytest.mark.api()
def test_a_database_whose_tables_are_still_to_be_made_is_not_ready(api):
    api.sql("ALTER TABLE workers RENAME TO workers_later")
    assert codes([api.client.get("/api/v2/workers")]) == {(503, "postgres_unavailable")}
    api.sql("ALTER TABLE workers_later RENAME TO workers")
    assert api.client.get("/api/v2/workers").status == 200


@pytest.mark.asan
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
            api.until(lambda: api.client.run("hello", {}).status == 202)
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


@pytest.mark.api()
def test_a_server_that_starts_without_redis_says_so_and_recovers(api):
    api.stop_redis()
    api.deaths = 1
    mark = api.daemon.mark()
    api.daemon.kill(api.daemon.child("api"))
    api.daemon.wait_event("child.started", since=mark, child_kind="api")
    api.until(lambda: api.client.get("/health").status == 503)
    assert api.client.run("hello", {}).code in ("redis_unavailable", "postgres_unavailable")
    assert not api.daemon.find("child.ready", since=mark)
    api.start_redis()
    api.daemon.wait_event("child.ready", since=mark)
    assert api.client.run("hello", {}).status == 202


@pytest.fixture(name="proxied")
def fixture_proxied():
    """A world whose API reaches Postgres through a proxy: (world, proxy)."""
    with own_stores() as (redis, postgres):
        proxy = Proxy(postgres.port)
        site = Site(redis, postgres, "api")
        url = postgres.url("api").replace(f":{postgres.port}/", f":{proxy.port}/")
        try:
            with world_on(site, postgres_url=url) as world:
                yield world, proxy
        finally:
            proxy.close()


@pytest.mark.parametrize("mode", ["swallow", "half", "hold_sync"])
def test_a_commit_that_nobody_answered_is_settled(proxied, mode):
    """The answer is lost behind the commit, or the commit is not sent at all: the run is
    looked up by its id, stored if it is not there, and answered 202; once."""
    world, proxy = proxied
    for i in range(3):
        world.until(lambda: world.client.run("hello", {}).status == 202)
        proxy.mode = mode
        name = f"doubt-{mode}-{i}"
        key = {"Idempotency-Key": name}
        answer = world.client.run("hello", {"message": name}, headers=key)
        assert answer.status == 202
        assert proxy.mode == "pass"  # it was used up
        assert world.sql(
            "SELECT run_id FROM orchestration_runs WHERE input = %s", name
        ) == [(answer.json["run_id"],)]
        assert world.entry(answer.json["run_id"])
        again = world.client.run("hello", {"message": name}, headers=key)
        assert (again.status, again.json["run_id"]) == (202, answer.json["run_id"])
    # another batch (a key's last use) may have met the cut instead, but not each time
    assert world.daemon.find("pg.commit_in_doubt")


@pytest.mark.asan
@pytest.mark.long
def test_an_outcome_that_stays_unknown_is_said_so(proxied):
    world, proxy = proxied
    assert world.client.run("hello", {}).status == 202
    proxy.mode = "mute"
    key = {"Idempotency-Key": "unknown"}
    answer = world.client.run("hello", {"message": "unknown"}, headers=key)
    assert (answer.status, answer.code) == (503, "outcome_unknown")
    proxy.mode = "pass"
    proxy.cut()
    answers = []

    def accepted():
        answers.append(world.client.run("hello", {"message": "unknown"}, headers=key))
        return answers[-1].status == 202

    world.until(accepted)
    assert world.sql("SELECT run_id FROM orchestration_runs WHERE input = 'unknown'") == [
        (answers[-1].json["run_id"],)
    ]

"""synapsed -t: the configuration and the two stores that it names."""

import pytest
from harness.daemon import run_verb
from harness.ports import free_port
from harness.redis_server import PrivateRedis

pytestmark = pytest.mark.asan


def check(redis_url, postgres_url):
    done = run_verb(
        "-t", env={"REDIS_URL": redis_url, "SCALE_POSTGRES_URL": postgres_url}
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode().splitlines()


def test_both_stores_are_there(private_redis, private_postgres):
    code, lines = check(private_redis.tcp_url, private_postgres.url())
    assert code == 0
    assert lines[1].startswith("redis.url (redis://127.0.0.1:")
    assert "good, Redis" in lines[1]
    assert lines[2].endswith("): good")


def test_one_that_does_not_answer_is_named_with_the_reason(private_redis):
    code, lines = check(
        private_redis.tcp_url, f"postgresql://u:secret@127.0.0.1:{free_port()}/x"
    )
    assert code == 6
    assert "good" in lines[1]
    assert "cannot be used" in lines[2] and "refused" in lines[2]
    assert "secret" not in "".join(lines)


def test_a_redis_that_evicts_is_warned_of(private_postgres):
    redis = PrivateRedis("--maxmemory-policy", "allkeys-lru")
    try:
        code, lines = check(redis.tcp_url, private_postgres.url())
    finally:
        redis.stop()
    assert code == 0
    assert "allkeys-lru" in lines[1] and "noeviction" in lines[1]

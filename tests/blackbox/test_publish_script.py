"""publish.lua: who may publish, once, and in order."""

import os
import pathlib

import pytest
from harness.redis_server import PrivateRedis

SCRIPT = pathlib.Path(os.environ["SYN_TOP_SRCDIR"], "src/events/lua/publish.lua").read_text()
STREAM = "synapse:run:r1:events"
FENCE = "{" + STREAM + "}:epoch"


@pytest.fixture(scope="module")
def redis():
    server = PrivateRedis()
    try:
        with server.client(decode_responses=True) as client:
            yield client
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def empty(redis):
    redis.flushall()


def publish(redis, epoch, *ids, mend=0, ttl=60000):
    pairs = [x for id in ids for x in (id, f'{{"id":"{id}"}}')]
    return redis.eval(SCRIPT, 2, STREAM, FENCE, epoch, ttl, 10000, mend, *pairs)


def ids(redis):
    return [id for id, _ in redis.xrange(STREAM)]


def test_events_are_added_once_and_expire(redis):
    assert publish(redis, 1, "5-0", "5-1") == 2
    assert publish(redis, 1, "5-0", "5-1", "5-2") == 1
    assert redis.xrange(STREAM)[2] == ("5-2", {"data": '{"id":"5-2"}'})
    assert 0 < redis.pttl(STREAM) <= 60000
    assert not redis.exists(FENCE)


def test_an_older_epoch_is_refused_from_the_second_on(redis):
    assert publish(redis, 1, "5-0") == 1
    assert publish(redis, 2, "6-0") == 1
    assert (redis.get(FENCE), redis.pttl(FENCE) > 0) == ("2", True)
    assert publish(redis, 1, "7-0") == -1
    assert publish(redis, 2, "8-0") == 1
    assert publish(redis, 3, "9-0") == 1
    assert publish(redis, 2, "9-1") == -1
    assert publish(redis, 0, "9-2") == 1
    assert ids(redis) == ["5-0", "6-0", "8-0", "9-0", "9-2"]


def test_what_was_overtaken_is_put_where_it_belongs(redis):
    publish(redis, 1, "5-0", "5-9", "5-12")
    assert publish(redis, 1, "5-9", "5-10", "5-12", "6-0") == 1
    assert ids(redis) == ["5-0", "5-9", "5-12", "6-0"]
    assert publish(redis, 1, "5-9", "5-10", "5-12", "6-0", mend=1) == 1
    assert publish(redis, 0, "1-1", "10-0", "4-7", mend=1) == 3
    assert ids(redis) == ["1-1", "4-7", "5-0", "5-9", "5-10", "5-12", "6-0", "10-0"]
    assert 0 < redis.pttl(STREAM) <= 60000


def test_refused_means_nothing_was_added(redis):
    redis.set(STREAM, "no stream")
    with pytest.raises(Exception, match="WRONGTYPE"):
        publish(redis, 1, "5-0")
    redis.delete(STREAM)
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(Exception, match="OOM|maxmemory"):
            publish(redis, 1, "5-0", "5-1")
    finally:
        redis.config_set("maxmemory", 0)
    assert ids(redis) == []

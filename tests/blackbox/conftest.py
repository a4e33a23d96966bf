"""Fixtures of the black-box tests. Servers are shared by the tests of one pytest process."""

import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from api_world import api, shared_api  # noqa: E402, F401
from harness.pg_server import PrivatePostgres, share, unshare  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site  # noqa: E402

_numbers = itertools.count(1)


def pytest_configure(config):
    share(config)


def pytest_unconfigure(config):
    unshare(config)


@pytest.fixture(scope="session")
def private_redis():
    server = PrivateRedis()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def private_postgres():
    server = PrivatePostgres()
    yield server
    server.stop(immediate=True)  # nobody wants the checkpoint of some hundred databases
    server.remove()


@pytest.fixture
def site(private_redis, private_postgres):
    """A site that is stopped in order behind the test: a daemon that does not end well,
    logs an unexpected error or leaves a process fails the test."""
    made = Site(private_redis, private_postgres, f"site_{next(_numbers)}")
    try:
        yield made
        made.stop()
    finally:
        made.remove()

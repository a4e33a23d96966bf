"""Fixtures of the conformance suite: the harness of the black-box tests."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "blackbox"))

from harness.pg_server import PrivatePostgres, share, unshare  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402


def pytest_configure(config):
    share(config)


def pytest_unconfigure(config):
    unshare(config)


@pytest.fixture(scope="session")
def stores():
    redis, postgres = PrivateRedis(), PrivatePostgres()
    yield redis, postgres
    redis.stop()
    postgres.stop(immediate=True)
    postgres.remove()

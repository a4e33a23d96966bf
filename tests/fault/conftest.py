"""Fixtures of the fault suites: the harness of the black-box tests, and a plan of faults."""

import itertools
import os
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "blackbox"))

from harness.faults import Faults  # noqa: E402
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
    # the audit compares moments of commits with moments of calls
    server = PrivatePostgres(track_commit_timestamp="on")
    yield server
    server.stop(immediate=True)  # its data goes with it
    server.remove()


@pytest.fixture
def site(private_redis, private_postgres):
    made = Site(private_redis, private_postgres, f"fault_{next(_numbers)}")
    try:
        yield made
        made.stop()
    finally:
        made.remove()


@pytest.fixture
def faults():
    plan = Faults()
    yield plan
    plan.remove()


@pytest.fixture
def rounds():
    """How much is asked for: 1 in ./bootstrap check."""
    return int(os.environ.get("SYNAPSED_FAULT_ROUNDS", "1"))


@pytest.fixture
def seed():
    """Printed, so that a failure can be had again: SYNAPSED_FAULT_SEED."""
    made = int(os.environ.get("SYNAPSED_FAULT_SEED", "0")) or random.randrange(1, 1 << 32)
    print(f"SYNAPSED_FAULT_SEED={made}")
    return random.Random(made)

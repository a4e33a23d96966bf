"""Fixtures of the black-box tests; harness/__init__.py says how to use them."""

import pytest

from harness.daemon import Daemon
from harness.servers import Postgres, Redis, Stores


@pytest.fixture(scope="session")
def redis_server():
    server = Redis()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture(scope="session")
def postgres_server():
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def stores(redis_server, postgres_server):
    made = Stores(redis_server, postgres_server)
    yield made
    made.close()


@pytest.fixture
def daemon(stores):
    """daemon(**options) starts one and waits until it is ready; start=False: as made."""
    made = []

    def make(start=True, **options):
        one = Daemon(stores, **options)
        made.append(one)
        return one.start().ready() if start else one

    make.stores = stores
    yield make
    problems = []
    for one in made:
        try:
            one.close()
        except (AssertionError, pytest.fail.Exception) as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)

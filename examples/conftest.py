"""Fixtures for the tests of the Python examples: a Redis with the module, and a PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.harness.server import Server

from testing.postgres import Postgres


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[Postgres]:
    """One server for all tests; to start one takes seconds."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def postgres(shared_postgres: Postgres) -> Postgres:
    """The server, without any table."""
    with shared_postgres.connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return shared_postgres


@pytest.fixture
def redis() -> Iterator[Server]:
    """A server with the module. What it has said is on the disk: it survives `kill`."""
    server = Server("--appendonly", "yes", "--appendfsync", "always")
    yield server
    server.stop()

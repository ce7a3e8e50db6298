"""A PostgreSQL that asks for passwords."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import databases
from tests.databases import PostgresServer


@pytest.fixture
def guarded_postgres() -> Iterator[str]:
    """The address of a server that takes another password than the one in the address."""
    found = databases.binaries()
    if found is None:
        pytest.skip(databases.MISSING)
    server = PostgresServer(found, durable=False)
    server.start()
    server.demand_passwords()
    try:
        yield server.url.replace("postgres@", "postgres:canary@")
    finally:
        server.stop()

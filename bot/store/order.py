"""The last lock of a transaction: under it postings get their ids and the record its entries, and both become visible in their order.

It is one lock for both, so that a handler may announce and record in any order without two transactions waiting for
each other. Taken again it is held already; it ends with the transaction, or with the savepoint that it was taken in. A SQLite file has one writer anyway.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

LOCK = 0x617263_6F72646572  # PostgreSQL's advisory lock


HELD = "archway.order"  # what a connection notes: the transaction or savepoint that took the lock


def keep_order(connection: Connection) -> None:
    """Waits until nobody else announces or records; from then on, until this transaction ends, nobody does."""
    if connection.dialect.name != "postgresql":
        return
    within = connection.get_nested_transaction() or connection.get_transaction()
    taken = connection.info.get(HELD)
    if taken is None or not taken.is_active:  # what was taken within a savepoint is lost when that is rolled back
        hold(connection, LOCK)
        connection.info[HELD] = within


def hold(connection: Connection, lock: int) -> None:
    """Waits for an advisory lock of PostgreSQL, which this transaction has until it ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))

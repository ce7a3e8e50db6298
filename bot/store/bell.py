"""How a process hears at once that another one has announced something: PostgreSQL's LISTEN. Only a wake-up: whoever
does not hear it finds out within a second."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from bot.store.outbox import CHANNEL


class Bell:
    """A connection that listens. Used in one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = None  # the driver's own: SQLAlchemy knows no notifications

    def hang(self) -> int:
        """Begins to listen; gives the file descriptor that becomes readable when it rings. Blocks."""
        pooled = self._engine.raw_connection()
        self._connection = pooled.driver_connection
        pooled.detach()
        self._connection.rollback()
        self._connection.autocommit = True
        self._connection.execute(f"LISTEN {CHANNEL}")
        return int(self._connection.fileno())

    def rang(self) -> bool:
        """Whether it rang since it was last asked. Raises what the driver raises when the connection is gone."""
        self._connection.pgconn.consume_input()
        heard = False
        while self._connection.pgconn.notifies():
            heard = True
        return heard

    def take_down(self) -> None:
        """Listens no longer."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

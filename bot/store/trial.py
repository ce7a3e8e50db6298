"""Whether the database takes writes: tried with a row that nobody ever sees, now and then, and not by every probe."""

from __future__ import annotations

import asyncio
import secrets
import time

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.exc import SQLAlchemyError

from bot.delivery import Overloaded
from bot.store.database import Database
from bot.store.tables import inbox
from bot.store.transaction import Transaction

TRY_EVERY = 10.0  # seconds for which what was found good is believed
ROOM = 32 * 1024  # bytes that there has to be room for: about what a delivery takes

log = structlog.stdlib.get_logger(__name__)


class Trial:
    """Writes on trial, one at a time. For one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._passed_at = -TRY_EVERY  # monotonic
        self._under_way: asyncio.Task[None] | None = None
        self._fault: SQLAlchemyError | None = None

    async def passes(self, seconds: float) -> bool:
        """Whether something could be written now. A trial that only waits behind the writes of others is no failure."""
        if time.monotonic() - self._passed_at < TRY_EVERY:
            return True
        trying = self._under_way = self._under_way or asyncio.create_task(self._try())
        await asyncio.wait([trying], timeout=seconds)
        if not trying.done():
            return self._fault is None and time.monotonic() - self._database.written_at < TRY_EVERY
        self._under_way = None
        if self._fault is None:
            self._passed_at = time.monotonic()
            return True
        log.warning("the database takes no writes", reason=type(self._fault).__name__)
        return False

    async def _try(self) -> None:
        self._fault = None
        try:
            await self._database.write(self._written_and_taken_back)
            self._fault = None
        except Overloaded:
            return  # much is being written
        except SQLAlchemyError as fault:
            self._fault = fault

    def _written_and_taken_back(self, unit: Transaction) -> None:
        key = f"on trial {secrets.token_hex(8)}"
        row = {
            "key": key,
            "platform": "",
            "body": bytes(ROOM),
            "at": 0.0,
            "claimed_until": 0.0,
            "attempts": 0,
            "fault": "",
        }
        try:
            unit.connection.execute(insert(inbox).values(row))
            unit.connection.execute(delete(inbox).where(inbox.c.key == key))
        except SQLAlchemyError as fault:
            self._fault = fault  # known before it was tried for long
            raise

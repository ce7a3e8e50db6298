"""How many waivers and open requests stand against each clause: kept in memory, so that no answer waits for the database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

import structlog

from bot.domain.exception_register import Counts
from bot.store.database import Database

POLL = 2.0  # seconds after which a waiver that ended, and what other processes wrote, are seen
REST = 0.1  # seconds between two looks, however much is written

log = structlog.stdlib.get_logger(__name__)


class StandingExceptions:
    """Holds what stands: `now`, by the id of the clause or standard. Empty until the first look; while the database is away,
    what it said last."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._woken = asyncio.Event()
        self._silent = False
        self.now: Mapping[str, Counts] = {}

    async def run(self) -> None:
        """Looks at once, whenever it is woken, and every few seconds; until it is cancelled."""
        while True:
            self._woken.clear()
            await self.look()
            await asyncio.sleep(REST)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._woken.wait()

    def wake(self) -> None:
        """Something was written. To be called in the event loop."""
        self._woken.set()

    async def look(self) -> None:
        """Counts anew, or keeps what was known while the database is away."""
        try:
            self.now = await self._database.read(lambda unit: unit.exceptions.counts())
            self._silent = False
        except Exception as fault:  # noqa: BLE001  # whatever it is, answers are given with what is known
            if not self._silent:  # once, until it can be read again
                self._silent = True
                log.warning("what stands against clauses cannot be read", reason=f"{type(fault).__name__}: {fault}")

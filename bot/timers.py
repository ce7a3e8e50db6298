"""What falls due: each timer once, its effect in the transaction in which it is claimed, never before the clock says so.

A timer that recurs is one whose effect sets the next (`bot.domain.timers.following`)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from bot.domain.timers import Timer
from bot.errors import NotYet
from bot.store.database import Database
from bot.store.transaction import Transaction

POLL = 0.5  # seconds after which another process's timers are seen, and a clock that jumped
HANDS = 8  # timers at once: on SQLite they share a commit, on PostgreSQL each has a connection
LONGEST_REST = 3600.0  # seconds between two tries of a timer that keeps failing
LOUD_EVERY = 10  # tries of a failing timer between two that are logged with their traceback

log = structlog.stdlib.get_logger(__name__)


class Clockwork:
    """Does what falls due. `due` is the effect: it is handed the timer and the transaction, and may set further timers."""

    def __init__(
        self, database: Database, due: Callable[[Timer, Transaction], None], clock: Callable[[], datetime]
    ) -> None:
        self._database, self._due, self._clock = database, due, clock
        self._woken = asyncio.Event()
        self._resting: dict[str, float] = {}  # key of a timer that failed → when it is tried again, monotonic seconds

    async def run(self) -> None:
        """Does what falls due, until it is cancelled. What is under way then is done whole or not at all."""
        while True:
            self._woken.clear()
            try:
                rest = await self._round()
            except Exception:
                log.exception("timers could not be looked at")
                rest = POLL
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._woken.wait()

    def wake(self) -> None:
        """A timer may have been set that is due sooner than the others. To be called in the event loop."""
        self._woken.set()

    async def _round(self) -> float:
        """Does all that is due; gives the seconds until the next look."""
        resting = self._now_resting()
        self._resting = {key: self._resting[key] for key in resting}
        next_due = await self._database.read(lambda unit: unit.timers.next_due(resting))
        if next_due is not None and next_due <= self._clock():
            done = await asyncio.gather(*(self._one_after_the_other() for _ in range(HANDS)))
            return 0.0 if any(done) else POLL  # another process is busy with what is due
        if next_due is None:
            return POLL
        return min(POLL, (next_due - self._clock()).total_seconds())

    async def _one_after_the_other(self) -> int:
        done = 0
        while await self._one():
            done += 1
        return done

    async def _one(self) -> bool:
        """Does the timer that has been due for longest; False when there is none."""
        claimed: list[Timer] = []

        def done(unit: Transaction) -> bool:
            claimed.clear()  # a unit of work may be run anew
            timer = unit.timers.take_due(self._now_resting())
            if timer is None:
                return False
            claimed.append(timer)
            try:
                self._due(timer, unit)
            except Exception:
                self._resting[timer.key] = time.monotonic() + 1.0  # at once: other hands are reaching for it
                raise
            return True

        try:
            return await self._database.write(done)
        except Exception as fault:
            if not claimed:
                raise
            await self._failed(claimed[0], fault)
            return True

    async def _failed(self, timer: Timer, fault: Exception) -> None:
        """What fails is kept, and tried again ever more slowly; the others do not wait for it."""
        told = f"{type(fault).__name__}: {fault}"
        attempts = await self._database.write(lambda unit: unit.timers.failed(timer.key, told))
        rest = min(LONGEST_REST, 2.0 ** min(attempts - 1, 20))
        self._resting[timer.key] = time.monotonic() + rest
        if isinstance(fault, NotYet):
            log.info("a timer waits for what has to be known first", key=timer.key, again_in=rest)
        elif attempts % LOUD_EVERY == 1:
            log.error("a timer failed", key=timer.key, attempts=attempts, again_in=rest, exc_info=fault)

    def _now_resting(self) -> list[str]:
        now = time.monotonic()
        return [key for key, until in tuple(self._resting.items()) if until > now]

"""All that the bot remembers, opened and closed together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.store import backlog, forgetting, keys, schema
from bot.store.backlog import OutboxFigures, TimerFigures
from bot.store.checkpoints import CannotVouchError, Checkpoints
from bot.store.conversations import Conversations
from bot.store.database import Database, claim
from bot.store.inbox import Inbox, InboxFigures
from bot.store.questions import QuestionLog
from bot.store.tables import inbox, lane
from bot.store.threads import Threads
from bot.store.transaction import Transaction
from bot.store.trial import Trial

SIGN_EVERY = 60.0  # seconds between two checkpoints of the record
ANSWER_WITHIN = 2.0  # seconds that the database has to say that it is there
CLOSE_SECONDS = 2.0  # for all that is to be written down at the end

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Figures:
    """How it stands with what waits, and the number of the newest audit entry."""

    inbox: InboxFigures
    outbox: OutboxFigures
    timers: TimerFigures
    audit: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The database and what lives on it."""

    database: Database
    inbox: Inbox
    questions: QuestionLog
    rooms: Conversations
    checkpoints: Checkpoints
    clock: Callable[[], datetime]
    keep_questions: timedelta
    trial: Trial
    # What blocks for as long as the database is away does so here, and nothing else waits for it.
    _threads: Threads = field(default_factory=lambda: Threads(1, "archway-keeps"))

    @classmethod
    def open(
        cls,
        url: str,
        data: Path,
        audit_key: str | None,
        keep_questions: timedelta,
        clock: Callable[[], datetime],
        *,
        operations_room: str = "",
    ) -> Memory:
        """A SQLite file is claimed for this process and brought to this version; a PostgreSQL database must stand at it.

        Raises `ConfigurationError`.
        """
        database = Database(url, clock)
        if database.is_postgres:
            schema.check(database.engine)
        else:
            claim(url)
            schema.upgrade(database.engine)
            database.write_now(_take_over)
        return cls(
            database,
            Inbox(database, operations_room=operations_room),
            QuestionLog(database, keep_questions),
            Conversations(database),
            Checkpoints(keys.folder(data), keys.signing_key(data, audit_key)),
            clock,
            keep_questions,
            Trial(database),
        )

    async def figures(self) -> Figures:
        """How it stands at this moment."""

        def looked(unit: Transaction) -> Figures:
            return Figures(
                self.inbox.figures(unit.connection),
                backlog.of_outbox(unit.connection, unit.now),
                backlog.of_timers(unit.connection, unit.now),
                unit.audit.head()[0],
            )

        return await self.database.read(looked)

    async def fault(self) -> str | None:
        """Why the database cannot be used at this moment; None when it can."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await self.database.read(lambda unit: unit.connection.execute(text("SELECT 1")).scalar())
        except TimeoutError:
            return "it does not answer"
        except SQLAlchemyError as fault:
            log.warning("the database cannot be used", reason=type(fault).__name__)
            return "it cannot be reached"
        return None if await self.trial.passes(ANSWER_WITHIN) else "it can be read, but not written"

    async def forget(self) -> None:
        """Deletes what was kept long enough."""
        await self._threads.run(partial(self.questions.forget, self.clock()))
        await forgetting.forget(self.database, self.keep_questions)
        await self.inbox.forget()

    async def write_questions(self) -> None:
        """Writes down what was asked since the last time."""
        await self._threads.run(self.questions.write)

    async def vouch(self) -> None:
        """Signs a checkpoint whenever the record has grown; without end."""
        while True:
            await asyncio.sleep(SIGN_EVERY)
            try:
                await self._threads.run(partial(self.checkpoints.sign, self.database))
            except CannotVouchError as fault:
                log.error("no checkpoint was signed", reason=str(fault))  # noqa: TRY400  # a traceback says no more

    async def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Writes down what waits, vouches for the record, lets go of the database, for `seconds` in all. Never raises: the
        end must not hang."""
        end = time.monotonic() + seconds
        self.database.hurry()
        for last in (self.questions.write, partial(self.checkpoints.sign, self.database)):
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    await self._threads.run(last)
            except CannotVouchError as fault:
                log.error("no checkpoint was signed", reason=str(fault))  # noqa: TRY400  # as above
            except TimeoutError:
                log.warning("the end did not wait for the database", seconds=seconds)
            except Exception:
                log.exception("something could not be written down at the end")
        self._threads.close()
        await self.database.close(max(0.0, end - time.monotonic()))


def _take_over(unit: Transaction) -> None:
    """Whoever has claimed a SQLite file is alone on it: what its last process held is free at once."""
    unit.connection.execute(update(lane).values(leased_until=0.0))
    unit.connection.execute(update(inbox).where(inbox.c.handled_at.is_(None)).values(claimed_until=0.0))

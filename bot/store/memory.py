"""All that the bot remembers, opened and closed together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.store import backlog, keys, schema
from bot.store.backlog import OutboxFigures, TimerFigures
from bot.store.checkpoints import Checkpoints
from bot.store.conversations import Conversations
from bot.store.database import Database, claim
from bot.store.inbox import Inbox, InboxFigures
from bot.store.questions import QuestionLog
from bot.store.transaction import Transaction

SIGN_EVERY = 60.0  # seconds between two checkpoints of the record
ANSWER_WITHIN = 2.0  # seconds that the database has to say that it is there

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

    @classmethod
    def open(
        cls, url: str, data: Path, audit_key: str | None, keep_questions: timedelta, clock: Callable[[], datetime]
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
        return cls(
            database,
            Inbox(database),
            QuestionLog(database, keep_questions),
            Conversations(database),
            Checkpoints(keys.folder(data), keys.signing_key(data, audit_key)),
            clock,
            keep_questions,
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
        return None

    async def forget(self) -> None:
        """Deletes what was kept long enough."""
        await asyncio.to_thread(self.questions.forget, self.clock())
        await self.database.write(lambda unit: unit.questions.forget(unit.now - self.keep_questions))
        await self.inbox.forget()

    async def vouch(self) -> None:
        """Signs a checkpoint whenever the record has grown; without end."""
        while True:
            await asyncio.sleep(SIGN_EVERY)
            await asyncio.to_thread(self.checkpoints.sign, self.database)

    async def close(self) -> None:
        """Writes down what waits, vouches for the record, lets go of the database. Never raises: the end must not hang."""
        for last in (self.questions.write, lambda: self.checkpoints.sign(self.database)):
            try:
                await asyncio.to_thread(last)
            except Exception:
                log.exception("something could not be written down at the end")
        await self.database.close()

"""What stands against clauses is known in memory: soon after it was written, by whichever process, and soon after it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot import standing
from bot.domain.exception_register import Counts
from bot.domain.exception_requests import ExceptionRequest
from bot.standing import StandingExceptions
from bot.store.database import Database
from bot.store.transaction import Transaction
from tests.databases import Clock
from tests.domain.cast import MONDAY, approved, submitted

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def in_time(clock: Clock) -> None:
    clock.now = MONDAY


async def put(database: Database, *requests: ExceptionRequest) -> None:
    def stored(unit: Transaction) -> None:
        for number, each in enumerate(requests, 1):
            unit.exceptions.put(replace(each, id=f"EX-{number}"))

    await database.write(stored)


@asynccontextmanager
async def looking(database: Database) -> AsyncIterator[StandingExceptions]:
    """What stands, looked at until the block ends."""
    held = StandingExceptions(database)
    task = asyncio.create_task(held.run())
    try:
        yield held
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110  # what is waited for is what memory says
            await asyncio.sleep(0.01)


async def test_what_stands_is_known_at_the_start(database: Database) -> None:
    await put(database, approved(), submitted(), submitted())
    async with looking(database) as held:
        await until(lambda: held.now == {"STD-004.3": Counts(1, 2)})


async def test_what_is_written_is_known_when_it_is_woken(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "POLL", 3_600.0)
    async with looking(database) as held:
        await asyncio.sleep(0)
        await put(database, submitted())
        held.wake()
        await until(lambda: held.now == {"STD-004.3": Counts(0, 1)})


async def test_what_ended_or_another_process_wrote_is_seen_without_being_told(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "POLL", 0.01)
    async with looking(database) as held:
        await put(database, approved())
        await until(lambda: held.now == {"STD-004.3": Counts(1, 0)})
        clock.now = MONDAY + timedelta(days=60)
        await until(lambda: held.now == {})


async def test_while_the_database_is_away_the_last_known_stands_and_it_is_logged_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "POLL", 0.01)
    monkeypatch.setattr(standing, "REST", 0.0)
    await put(database, approved())
    async with looking(database) as held:
        await until(lambda: bool(held.now))
        with capture_logs() as logged:
            await database.write(
                lambda unit: unit.connection.execute(text("ALTER TABLE exception_request RENAME TO x")) and None
            )
            await until(lambda: bool(logged))
            await asyncio.sleep(0.1)
            assert held.now == {"STD-004.3": Counts(1, 0)}
            await database.write(
                lambda unit: unit.connection.execute(text("ALTER TABLE x RENAME TO exception_request")) and None
            )
            await put(database, approved(), submitted())
            await until(lambda: held.now == {"STD-004.3": Counts(1, 1)})
        assert [each["event"] for each in logged] == ["what stands against clauses cannot be read"]

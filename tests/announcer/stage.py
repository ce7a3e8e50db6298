"""An announcer at work, with a database on the one side and a platform as it is outside on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import func, select

from bot.announcer import Announcer, Patience
from bot.cards.model import Card
from bot.domain.announcements import Announcement
from bot.pacing import Pace
from bot.store.database import Database
from bot.store.tables import posting
from tests.announcer.outside import Outside, said

ARCH, PLAT, OPERATIONS, TEAM = "slack:C0ARCH", "slack:C0PLAT", "slack:C0OPS", "teams:19:abc@thread.tacv2"
PATIENT_SECONDS = 60.0  # after which a test gives up
QUICK: dict[str, Any] = {"request": 5.0, "lease": 10.0, "poll": 0.05, "backoff": lambda _failed: 0.0}


def announcer(
    database: Database,
    platforms: Outside | Mapping[str, Outside],
    *,
    pace: Pace | None = None,
    one_by_one: Collection[str] = (),
    say: Callable[[Announcement], Card] = said,
    **patience: Any,
) -> Announcer:
    """One without limits to its pace, which tries again at once: unless told otherwise."""
    if isinstance(platforms, Outside):
        platforms = {"slack": platforms, "teams": platforms}
    return Announcer(
        database,
        platforms,
        pace=pace or Pace({}),
        operations_room=OPERATIONS,
        say=say,
        one_by_one=one_by_one,
        patience=Patience(**{**QUICK, **patience}),
    )


@asynccontextmanager
async def at_work(*announcers: Announcer) -> AsyncIterator[None]:
    """Announcers at work; they are cancelled at the end."""
    tasks = [asyncio.create_task(each.run()) for each in announcers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(happens: Callable[[], object]) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(PATIENT_SECONDS):
        while not happens():  # noqa: ASYNC110  # conditions of any kind have no event
            await asyncio.sleep(0.01)


async def until_settled(database: Database) -> None:
    """Waits until nothing is left to be posted or updated."""
    await until(lambda: not waiting(database))


def waiting(database: Database) -> int:
    wanted = select(func.count()).where(posting.c.state.in_(["waiting", "maybe_sent", "changed"]))
    return database.read_now(lambda unit: int(unit.connection.execute(wanted).scalar_one()))


def states(database: Database) -> dict[tuple[str, str], str]:
    wanted = select(posting.c.announcement, posting.c.room, posting.c.state)
    found = database.read_now(lambda unit: unit.connection.execute(wanted).all())
    return {(key, room): state for key, room, state in found}


def announcement(key: str, text: str = "a", topic: str = "test") -> Announcement:
    return Announcement(key, "STD-004", topic, {"text": text})


def announce(database: Database, key: str, *rooms: str, text: str = "a") -> None:
    database.write_now(lambda unit: unit.outbox.announce(announcement(key, text), rooms))

"""How many messages a second go from the outbox to a platform that answers at once, on SQLite and on PostgreSQL.

python bench/announcing.py [postgresql+psycopg://…]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from bot.announcer import Announcer, Patience
from bot.cards.model import Card
from bot.domain.announcements import Announcement, Posted
from bot.domain.timers import Timer
from bot.pacing import Pace
from bot.store import schema
from bot.store.database import Database
from bot.store.transaction import Transaction
from bot.timers import Clockwork

# Announcements, rooms of each, rooms in all: one message for many rooms, many for a few, and what lies between.
SHAPES = (("one to many rooms", 2, 1_000, 1_000), ("many to a few rooms", 500, 4, 4), ("mixed", 400, 5, 200))
TIMERS = 10_000


class Instant:
    """A platform that takes everything at once."""

    def __init__(self) -> None:
        self.posted = 0

    async def post(self, room: str, card: Card, reference: str, *, maybe_posted: bool = False) -> Posted:  # noqa: ARG002
        self.posted += 1
        return Posted(room, str(self.posted))

    async def update(self, posted: Posted, card: Card, reference: str) -> Posted:  # noqa: ARG002
        self.posted += 1
        return posted


def clock() -> datetime:
    return datetime.now(UTC)


async def announcing(database: Database, name: str, announcements: int, each: int, rooms: int) -> float:
    """Messages a second."""

    def announce(unit: Transaction) -> None:
        for number in range(announcements):
            here = [f"none:{name}-{(number * each + other) % rooms}" for other in range(each)]
            unit.outbox.announce(Announcement(f"{name}:{number}", "STD-001", "bench", {"text": "x" * 500}), here)

    await database.write(announce)
    platform = Instant()
    announcer = Announcer(
        database, {"none": platform}, pace=Pace({}), say=lambda _: Card("x", "x", ()), patience=Patience()
    )
    return await timed(announcer.run, lambda: platform.posted >= announcements * each, announcements * each)


async def falling_due(database: Database) -> float:
    """Overdue timers a second."""

    def overdue(unit: Transaction) -> None:
        for number in range(TIMERS):
            unit.timers.set(Timer(f"bench:{number}", clock(), "bench"))

    done = 0

    def count(_timer: Timer, _unit: Transaction) -> None:
        nonlocal done
        done += 1

    await database.write(overdue)
    return await timed(Clockwork(database, count, clock).run, lambda: done >= TIMERS, TIMERS)


async def timed(run: Callable[[], Awaitable[None]], is_done: Callable[[], bool], count: int) -> float:
    began = time.perf_counter()
    running = asyncio.ensure_future(run())
    while not is_done():  # noqa: ASYNC110  # nobody tells
        await asyncio.sleep(0.005)
    seconds = time.perf_counter() - began
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return count / seconds


async def measure(url: str) -> dict[str, float]:
    """Figures by name, on an empty database at the newest version."""
    database = Database(url, clock)
    try:
        figures = {name: await announcing(database, f"s{n}", *shape) for n, (name, *shape) in enumerate(SHAPES)}
        figures["overdue timers"] = await falling_due(database)
        return figures
    finally:
        await database.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite:///{Path(folder)}/bench.db", *sys.argv[1:]]
        for url in urls:
            engine = Database(url, clock).engine
            schema.upgrade(engine)
            engine.dispose()
            print(f"{url.partition(':')[0]} (a second):")
            for name, figure in asyncio.run(measure(url)).items():
                print(f"  {name:22}{figure:8,.0f}")


if __name__ == "__main__":
    main()

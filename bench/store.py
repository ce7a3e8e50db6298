"""What the store costs: durable acknowledgements, units of work, the record. Run it with database addresses, each of an empty
database: `python bench/store.py sqlite:////tmp/bench.db postgresql+psycopg://…`; without any it takes a SQLite file."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.delivery import Recorded
from bot.domain.audit import Entry
from bot.domain.people import Account
from bot.store import backup, chain, record, schema
from bot.store.database import Database
from bot.store.inbox import Inbox

CLIENTS, EACH = 64, 300
ENTRIES = 20_000
BODY = b"x" * 1500


async def acknowledgements(database: Database) -> dict[str, float]:
    """Deliveries recorded one after the other by many clients at once; milliseconds."""
    inbox = Inbox(database)
    took: list[float] = []

    async def client(number: int) -> None:
        for each in range(EACH):
            begun = time.perf_counter()
            await inbox.record(Recorded(f"{begun}-{number}-{each}", "slack", BODY))
            took.append(1000 * (time.perf_counter() - begun))

    begun = time.perf_counter()
    await asyncio.gather(*map(client, range(CLIENTS)))
    seconds = time.perf_counter() - begun
    took.sort()
    return {
        "acks_per_second": len(took) / seconds,
        "p50_ms": took[len(took) // 2],
        "p99_ms": took[len(took) * 99 // 100],
    }


async def units(database: Database) -> dict[str, float]:
    """Units of work with an audit entry each, many at once."""
    by = Account("slack", "U012", "T0")

    async def one(number: int) -> None:
        entry = Entry(
            "room.subscribed", f"slack:C{number}", by, after={"words": "standards"}, words={"reason": "because"}
        )
        await database.write(lambda unit: unit.audit.add(entry))

    begun = time.perf_counter()
    await asyncio.gather(*map(one, range(1000)))
    return {"audited_units_per_second": 1000 / (time.perf_counter() - begun)}


def verification(database: Database, folder: Path) -> dict[str, float]:
    """Entries verified in a second, in wall time and in time of the processor, one in ten with words."""
    by = Account("slack", "U012", "T0")

    def fill(unit: object, start: int) -> None:
        for number in range(start, start + 1000):
            words = {"reason": "because of it"} if number % 10 == 0 else {}
            unit.audit.add(Entry("room.subscribed", f"slack:C{number}", by, after={"n": number}, words=words))  # type: ignore[attr-defined]

    for start in range(0, ENTRIES, 1000):
        database.write_now(lambda unit, start=start: fill(unit, start))
    begun, busy = time.perf_counter(), time.process_time()
    verdict = record.verify(database, folder)
    seconds, processor = time.perf_counter() - begun, time.process_time() - busy
    assert verdict.broken is None
    held = database.read_now(
        lambda unit: [(tuple(link or ()), spoken) for link, spoken in record.entries(unit.connection)]
    )
    busy = time.process_time()
    chain.walk(held, {})
    walked = time.process_time() - busy
    return {
        "verified_per_second": verdict.entries / seconds,
        "verified_per_cpu_second": verdict.entries / processor,
        "walked_per_cpu_second": verdict.entries / walked,
    }


def copying(url: str, folder: Path) -> dict[str, float]:
    """A backup, in seconds and megabytes."""
    begun = time.perf_counter()
    size = backup.backup(url, folder / f"copy-{time.time()}", folder, None, datetime.now(UTC))
    return {"backup_mb": size / 1e6, "backup_seconds": time.perf_counter() - begun}


def measured(url: str) -> dict[str, float]:
    """All figures of one database, which is filled meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url, lambda: datetime.now(UTC))
        schema.upgrade(database.engine)
        try:
            figures = asyncio.run(acknowledgements(database)) | asyncio.run(units(database))
            return figures | verification(database, Path(folder)) | copying(url, Path(folder))
        finally:
            database.close_now()


def main() -> None:
    """Prints the figures of each address."""
    with tempfile.TemporaryDirectory() as folder:
        for url in sys.argv[1:] or [f"sqlite:///{folder}/bench.db"]:
            print(url.split("@")[-1])
            for name, figure in measured(url).items():
                print(f"  {name:<28} {figure:>12,.1f}")


if __name__ == "__main__":
    main()

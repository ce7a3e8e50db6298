"""What the bot remembers, opened again after its process ended."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import OperationalError

from bot.store.database import Database
from bot.store.memory import Memory
from bot.store.tables import inbox
from bot.store.transaction import Transaction
from bot.store.trial import ROOM, TRY_EVERY
from tests import databases
from tests.store.test_database import blocked

RECORDS_AND_DIES = """
import asyncio, os, sys
from pathlib import Path
from bot.delivery import Recorded
from tests.store.test_memory import opened

async def main():
    memory = opened(Path(sys.argv[1]))
    assert await memory.inbox.record(Recorded("once", "slack", b"{}"))
    assert await memory.inbox.left_behind("slack") == []
    os._exit(9)

asyncio.run(main())
"""


def opened(data: Path) -> Memory:
    return Memory.open(f"sqlite:///{data}/archway.db", data, None, timedelta(days=90), lambda: datetime.now(UTC))


@pytest.mark.asyncio
async def test_what_the_last_process_held_on_a_file_is_free_at_once(tmp_path: Path) -> None:
    died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", RECORDS_AND_DIES, str(tmp_path)], check=False)
    assert died.returncode == 9
    memory = opened(tmp_path)
    assert [each.key for each in await memory.inbox.left_behind("slack")] == ["once"]
    await memory.close()


# Whether the database takes writes.


def remembered(url: str, data: Path) -> Memory:
    return Memory.open(url, data, None, timedelta(days=90), lambda: datetime.now(UTC))


def on_the_writer(*statements: str) -> Callable[[Transaction], None]:
    def work(unit: Transaction) -> None:
        for statement in statements:
            unit.connection.exec_driver_sql(statement)

    return work


async def filled(database: Database) -> None:
    while True:
        await database.write(on_the_writer(f"INSERT INTO pause VALUES (hex(randomblob({ROOM // 8})), 0)"))


def deliveries(database: Database) -> int:
    return database.read_now(lambda unit: unit.connection.scalar(select(func.count()).select_from(inbox)) or 0)


@pytest.mark.asyncio
async def test_a_database_that_is_written_is_ready_and_nothing_of_the_trial_stays(
    database_url: str, tmp_path: Path
) -> None:
    memory = remembered(database_url, tmp_path)
    assert [await memory.fault(), await memory.fault()] == [None, None]
    assert deliveries(memory.database) == 0
    await memory.close()


@pytest.mark.asyncio
async def test_a_database_that_is_full_is_not_ready_until_there_is_room(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    pages = memory.database.read_now(lambda unit: unit.connection.scalar(text("PRAGMA page_count")))
    await memory.database.write(on_the_writer(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(OperationalError, match="full"):
        await filled(memory.database)
    assert await memory.fault() == "it can be read, but not written"
    await memory.database.write(on_the_writer(f"PRAGMA max_page_count={pages + 1000}"))
    assert await memory.fault() is None
    await memory.close()


@pytest.mark.asyncio
async def test_a_file_that_can_only_be_read_is_not_ready(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    assert await memory.fault() is None
    memory.trial._passed_at -= TRY_EVERY  # so long ago
    await memory.database.write(on_the_writer("PRAGMA query_only=ON"))
    assert await memory.fault() == "it can be read, but not written"
    await memory.close()


@pytest.mark.asyncio
async def test_a_postgres_that_takes_no_writes_is_not_ready(
    postgres_server: str, postgres_template: str, tmp_path: Path
) -> None:
    with databases.postgres_database(postgres_server, postgres_template) as url:
        memory = remembered(url, tmp_path)
        name = make_url(url).database
        await memory.database.write(on_the_writer(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
        memory.database.engine.dispose()  # as when the server was restarted
        assert await memory.fault() == "it can be read, but not written"
        await memory.close()


@pytest.mark.asyncio
async def test_a_trial_that_waits_behind_other_writes_is_no_fault(database_url: str, tmp_path: Path) -> None:
    memory = remembered(database_url, tmp_path)
    await memory.database.write(on_the_writer("SELECT 1"))
    release, holders = blocked(memory.database)
    assert await memory.fault() is None
    memory.database.written_at -= TRY_EVERY  # nothing else was written either
    assert await memory.fault() == "it can be read, but not written"
    release.set()
    for holder in holders:
        await asyncio.to_thread(holder.join)
    assert await memory.fault() is None
    await memory.close()

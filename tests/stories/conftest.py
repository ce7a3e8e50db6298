from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.store import record
from tests.stories.deciding import Organisation, organisation
from tests.stories.house import House
from tests.stories.house import house as open_house


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def there(tmp_path: Path) -> AsyncIterator[Organisation]:
    """An organisation that decides on exceptions, on a SQLite file."""
    async with organisation(tmp_path) as opened:
        yield opened
        await looked_over(opened)


@pytest_asyncio.fixture
async def anywhere(tmp_path: Path, database_url: str) -> AsyncIterator[Organisation]:
    """The same on a SQLite file, then on PostgreSQL."""
    async with organisation(tmp_path, DATABASE_URL=database_url) as opened:
        yield opened
        await looked_over(opened)


async def looked_over(there: Organisation) -> None:
    """At the end of each story: nothing waits, Teams took all that was posted, and nobody altered the record."""
    await there.settled()
    assert there.house.teams.connector.refused == []
    bot = there.house.bot
    verdict = await asyncio.to_thread(record.verify, bot.memory.database, bot.settings.data)
    assert verdict.broken is None, verdict

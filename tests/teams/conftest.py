from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.teams.room import Room
from tests.teams.room import room as open_room


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room() as opened:
        yield opened

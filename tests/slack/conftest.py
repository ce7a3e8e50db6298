from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests.slack.room import Room, open_room


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room() as opened:
        yield opened


@pytest_asyncio.fixture
async def home(room: Room) -> Room:
    """A room in which the bot knows who it is."""
    assert await room.introduce()
    return room


@pytest.fixture
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    with capture_logs() as entries:
        yield entries

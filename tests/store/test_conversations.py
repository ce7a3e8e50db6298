from __future__ import annotations

import pytest

from bot.domain.rooms import Conversation
from bot.store.conversations import Conversations
from bot.store.database import Database

PAYMENTS = Conversation("teams", "19:a", "tenant", "Payments", '{"serviceUrl": "https://x"}')


@pytest.mark.asyncio
async def test_a_room_is_remembered_brought_up_to_date_and_forgotten(database: Database) -> None:
    rooms = Conversations(database)
    await rooms.remember(PAYMENTS)
    renamed = Conversation("teams", "19:a", "tenant", "Payments and refunds", "{}")
    await rooms.remember(renamed)
    assert await rooms.known("teams") == (renamed,)
    assert await rooms.known("slack") == ()
    await rooms.forget("teams", "19:a")
    await rooms.forget("teams", "19:a")
    assert await rooms.known("teams") == ()

from __future__ import annotations

from bot.domain.rooms import Conversation
from bot.store.conversations import Conversations
from bot.store.database import Database

PAYMENTS = Conversation("teams", "19:a", "tenant", "Payments", '{"serviceUrl": "https://x"}')


def test_a_room_is_remembered_brought_up_to_date_and_forgotten(database: Database) -> None:
    rooms = Conversations(database)
    rooms.remember(PAYMENTS)
    renamed = Conversation("teams", "19:a", "tenant", "Payments and refunds", "{}")
    rooms.remember(renamed)
    assert rooms.known("teams") == (renamed,)
    assert rooms.known("slack") == ()
    rooms.forget("teams", "19:a")
    rooms.forget("teams", "19:a")
    assert rooms.known("teams") == ()

"""Where the bot has been: kept up to date as it is added, spoken to and removed."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select, update

from bot.domain.rooms import Conversation
from bot.store.database import Database, insert_or_ignore
from bot.store.tables import conversation
from bot.store.transaction import Transaction


class Conversations:
    """All rooms that are known. Each verb is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, room: Conversation) -> None:
        """Puts a room in, or brings it up to date."""
        facts = {"organisation": room.organisation, "name": room.name, "reference": room.reference}

        def put_in(unit: Transaction) -> None:
            row = {"platform": room.platform, "id": room.id, **facts}
            if not insert_or_ignore(unit.connection, conversation, [row]):
                unit.connection.execute(update(conversation).where(_is(room.platform, room.id)).values(facts))

        await self._database.write(put_in)

    async def forget(self, platform: str, id_: str) -> None:
        """Takes a room out; an unknown one is no fault."""
        gone = delete(conversation).where(_is(platform, id_))
        await self._database.write(lambda unit: unit.connection.execute(gone).rowcount)

    async def known(self, platform: str) -> tuple[Conversation, ...]:
        """The rooms of a platform, by name."""
        wanted = select(conversation).where(conversation.c.platform == platform).order_by(conversation.c.name)
        return await self._database.read(
            lambda unit: tuple(Conversation(**row) for row in unit.connection.execute(wanted).mappings())
        )


def _is(platform: str, id_: str) -> ColumnElement[bool]:
    return (conversation.c.platform == platform) & (conversation.c.id == id_)

"""Where the bot has been: kept up to date as it is added, spoken to and removed."""

from __future__ import annotations

from sqlalchemy import Engine, delete, insert, select

from bot.domain.rooms import Conversation
from bot.store.tables import conversation


class Conversations:
    """All rooms that are known. Each verb is one transaction; call it in a worker thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def remember(self, room: Conversation) -> None:
        """Puts a room in, or brings it up to date."""
        with self._engine.begin() as connection:
            connection.execute(_this(room.platform, room.id))
            connection.execute(
                insert(conversation).values(
                    platform=room.platform,
                    id=room.id,
                    organisation=room.organisation,
                    name=room.name,
                    reference=room.reference,
                )
            )

    def forget(self, platform: str, id_: str) -> None:
        """Takes a room out; an unknown one is no fault."""
        with self._engine.begin() as connection:
            connection.execute(_this(platform, id_))

    def known(self, platform: str) -> tuple[Conversation, ...]:
        """The rooms of a platform, by name."""
        wanted = select(conversation).where(conversation.c.platform == platform).order_by(conversation.c.name)
        with self._engine.connect() as connection:
            return tuple(Conversation(**row) for row in connection.execute(wanted).mappings())


def _this(platform: str, id_: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's own, and private to this file
    return delete(conversation).where(conversation.c.platform == platform, conversation.c.id == id_)

"""Posts for people who wait for them: into the conversation at hand, or into one whose reference is stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from bot.cards.model import Card, Form
from bot.domain.rooms import Conversation
from bot.teams.activities import Incoming
from bot.teams.connector import Connector, DeliveryFailed
from bot.teams.outbound import message
from bot.teams.references import CHANNEL, PERSONAL, chat_opening, reference_of, thread_opening


@dataclass(frozen=True, slots=True)
class Posts:
    """Says things in conversations. What goes wrong in passing is tried again for as long as a person would wait."""

    connector: Connector
    simple: bool = False  # how they are drawn (`bot.teams.outbound.message`)
    _turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def post(self, room: Conversation, card: Card | Form) -> None:
        """Posts a card or a form: in a channel as a new thread. Raises `DeliveryFailed`; `ValueError` for a damaged reference."""
        reference = reference_of(room)
        if reference.kind == CHANNEL:
            await self.connector.open(reference.service_url, thread_opening(room, message(card, simple=self.simple)))
            return
        try:
            await self.connector.post(reference.service_url, room.id, message(card, simple=self.simple))
        except DeliveryFailed as failed:
            if failed.status != 404 or reference.kind != PERSONAL or not reference.user:
                raise
            opening = chat_opening(reference.bot, reference.user, room.organisation)
            chat, _ = await self.connector.open(reference.service_url, opening)
            await self.connector.post(reference.service_url, chat, message(card, simple=self.simple))

    async def reply(self, incoming: Incoming, card: Card | Form) -> None:
        """Posts where an activity came from, below it where it is a message. Raises `DeliveryFailed`."""
        below = incoming.id if incoming.type == "message" else ""
        await self.connector.post(
            incoming.service_url, incoming.conversation["id"], message(card, simple=self.simple), below
        )

    async def replace(self, incoming: Incoming, card: Card | Form) -> None:
        """Puts a card or a form in the place of the post whose button was pressed, after those that were to be put there
        before: the newest stands there in the end. Raises `PostGone`, `DeliveryFailed`."""
        place, post = incoming.conversation["id"], incoming.reply_to
        async with self._turns.setdefault((place, post), asyncio.Lock()):
            await self.connector.update(incoming.service_url, place, post, message(card, simple=self.simple))

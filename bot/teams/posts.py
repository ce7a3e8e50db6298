"""Posts for people who wait for them: into the conversation at hand, or into one whose reference is stored."""

from __future__ import annotations

from dataclasses import dataclass

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

    async def post(self, room: Conversation, card: Card) -> None:
        """Posts a card: in a channel as a new thread. Raises `DeliveryFailed`; `ValueError` for a damaged reference."""
        reference = reference_of(room)
        if reference.kind == CHANNEL:
            await self.connector.open(reference.service_url, thread_opening(room, message(card)))
            return
        try:
            await self.connector.post(reference.service_url, room.id, message(card))
        except DeliveryFailed as failed:
            if failed.status != 404 or reference.kind != PERSONAL or not reference.user:
                raise
            opening = chat_opening(reference.bot, reference.user, room.organisation)
            chat, _ = await self.connector.open(reference.service_url, opening)
            await self.connector.post(reference.service_url, chat, message(card))

    async def reply(self, incoming: Incoming, card: Card | Form) -> None:
        """Posts where an activity came from, below it where it is a message. Raises `DeliveryFailed`."""
        below = incoming.id if incoming.type == "message" else ""
        await self.connector.post(incoming.service_url, incoming.conversation["id"], message(card), below)

    async def replace(self, incoming: Incoming, card: Card) -> None:
        """Puts a card in the place of the post whose button was pressed. Raises `PostGone`, `DeliveryFailed`."""
        place = incoming.conversation["id"]
        await self.connector.update(incoming.service_url, place, incoming.reply_to, message(card))

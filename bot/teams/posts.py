"""Posts: into a conversation that is at hand, or unasked into one whose reference is stored. Two verbs, post and update."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.cards.model import Card, Form
from bot.domain.rooms import Conversation, Receipt
from bot.teams.activities import Incoming, Json
from bot.teams.connector import Connector, DeliveryFailed, PostGone
from bot.teams.outbound import message
from bot.teams.references import CHANNEL, PERSONAL, Reference, reference_of

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Posts:
    """Says things in conversations."""

    connector: Connector

    async def post(self, room: Conversation, card: Card) -> Receipt:
        """Posts a card: in a channel as a new thread. Raises `DeliveryFailed`; `ValueError` for a damaged reference."""
        reference = reference_of(room)
        if reference.kind == CHANNEL:
            thread, post = await self.connector.open(reference.service_url, _thread(room, reference, card))
            return Receipt(room, post or thread.rpartition(";messageid=")[2], thread)
        try:
            return await self._post_in(room, reference, room.id, card)
        except DeliveryFailed as failed:
            if failed.status != 404 or reference.kind != PERSONAL or not reference.user:
                raise
        chat, _ = await self.connector.open(reference.service_url, _chat(room, reference))
        return await self._post_in(room, reference, chat, card)

    async def update(self, receipt: Receipt, card: Card) -> Receipt:
        """Puts a card in the place of a post; where that has vanished it is posted afresh, under a new receipt.

        Raises `DeliveryFailed`; `ValueError` for a damaged reference.
        """
        reference = reference_of(receipt.room)
        try:
            await self.connector.update(reference.service_url, receipt.thread, receipt.post, message(card))
        except PostGone:
            log.info("a post has vanished and is posted afresh", room=receipt.room.id)
            return await self.post(receipt.room, card)
        return receipt

    async def reply(self, incoming: Incoming, card: Card | Form) -> None:
        """Posts where an activity came from. Raises `DeliveryFailed`."""
        await self.connector.post(incoming.service_url, incoming.conversation["id"], message(card))

    async def replace(self, incoming: Incoming, card: Card) -> None:
        """Puts a card in the place of the post whose button was pressed. Raises `PostGone`, `DeliveryFailed`."""
        place = incoming.conversation["id"]
        await self.connector.update(incoming.service_url, place, incoming.reply_to, message(card))

    async def _post_in(self, room: Conversation, reference: Reference, conversation: str, card: Card) -> Receipt:
        return Receipt(
            room, await self.connector.post(reference.service_url, conversation, message(card)), conversation
        )


def _thread(room: Conversation, reference: Reference, card: Card) -> Json:
    return {
        "isGroup": True,
        "bot": {"id": reference.bot},
        "tenantId": room.organisation,
        "channelData": {"channel": {"id": room.id}, "tenant": {"id": room.organisation}},
        "activity": message(card),
    }


def _chat(room: Conversation, reference: Reference) -> Json:
    return {
        "isGroup": False,
        "bot": {"id": reference.bot},
        "members": [{"id": reference.user}],
        "tenantId": room.organisation,
        "channelData": {"tenant": {"id": room.organisation}},
    }

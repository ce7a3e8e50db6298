"""Where a reply goes that somebody gets for a button, a form or a shortcut. Knows places, forms and cards; no verb.

Whatever cannot go where it should goes to the person in another way: in the channel for them alone, else by direct
message.
"""

from __future__ import annotations

from typing import Any

import structlog

from bot.cards import block_kit, catalog
from bot.cards.model import Card, Form, Place, Reply, Silence
from bot.cards.openers import opened_from
from bot.slack.interactions import Spot, with_origin
from bot.slack.outbound import Failure, Outbound, Outcome

Json = dict[str, Any]

MODAL_TITLE = "Archway"
CANNOT_POST = "I cannot post in that channel. Invite me there first (/invite @Archway), then share again."
TOO_LATE = "I could not open the form for this in time. Please try again."
NOT_NOW = "Slack did not let me post that just now. Try again in a minute."

log = structlog.stdlib.get_logger(__name__)


class Placing:
    """Puts replies where they belong."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    async def put(self, reply: Reply, spot: Spot, room: str = "") -> None:
        """Shows a reply. `room` is the channel that was chosen for it, "" for the one where the person is."""
        if isinstance(reply, Silence):
            return
        if isinstance(reply, Form):
            await self._open_form(reply, spot)
        elif not isinstance(reply, Card):
            raise TypeError(f"a press was answered with {type(reply).__name__}, and Slack shows cards and forms")
        elif reply.place is Place.ROOM:
            await self._for_all(reply, spot, room)
        elif spot.view_type == "modal" and reply.place is Place.INSTEAD:
            view: Json = {"view_id": spot.view_id, "hash": spot.view_hash or None, "view": modal(reply, spot)}
            await self._otherwise_beside(await self._outbound.call("views.update", **view), reply, spot)
        elif spot.view_type:
            await self._otherwise_beside(await self._open(modal(reply, spot), spot), reply, spot)
        elif reply.place is Place.INSTEAD:
            await self._instead(reply, spot)
        else:
            await self.beside(reply, spot)

    async def beside(self, card: Card, spot: Spot) -> None:
        """A word for one person, where they are."""
        if spot.response_url:
            said = await self._outbound.respond(
                spot.response_url, {**_answer(card, spot), "response_type": "ephemeral", "replace_original": False}
            )
            if said.failure is None:
                return
        await self.whisper(card, spot)

    async def in_thread(self, card: Card, spot: Spot) -> bool:
        """Shows a card to one person in the thread of a message; False when Slack does not let us."""
        if not spot.channel or spot.channel.startswith("D"):
            return False
        said = await self._outbound.whisper(spot.channel, spot.user, card, spot.thread_ts or spot.ts)
        return said.failure is None

    async def whisper(self, card: Card, spot: Spot) -> None:
        """A word for one person in the channel, else by direct message."""
        if spot.channel and not spot.channel.startswith("D"):
            said = await self._outbound.whisper(spot.channel, spot.user, card, spot.thread_ts)
            if said.failure is None:
                return
        said = await self._outbound.post(spot.user, card)
        if said.failure is not None:
            log.warning("an answer could not be shown to the person who asked", reason=said.reason)

    async def _instead(self, card: Card, spot: Spot) -> None:
        if spot.response_url:
            said = await self._outbound.respond(spot.response_url, {**_answer(card, spot), "replace_original": True})
            if said.failure is None:
                return
        if spot.ts and not spot.is_ephemeral:
            said = await self._outbound.update(spot.channel, spot.ts, card, spot.thread_ts)
            if said.failure is None:
                return
        await self.whisper(card, spot)

    async def _for_all(self, card: Card, spot: Spot, room: str) -> None:
        if not room and spot.response_url:  # works in channels, too, where the bot is no member
            said = await self._outbound.respond(
                spot.response_url, {**_answer(card, spot), "response_type": "in_channel", "replace_original": False}
            )
            if said.failure is None:
                return
        there = room or spot.channel or spot.user
        said = await self._outbound.post(there, card, None if room else spot.thread_ts)
        if said.failure is not None:
            there_is_no_way = said.failure is Failure.NO_ROOM
            await self.beside(catalog.refusal(CANNOT_POST if there_is_no_way else NOT_NOW), spot)

    async def _open_form(self, form: Form, spot: Spot) -> None:
        """Opens a form; where it is too late for that, shows how it is opened."""
        if spot.trigger_id:
            said = await self._open(with_origin(block_kit.view(form), spot), spot)
            if said.failure is None:
                return
            log.warning("a form could not be opened", reason=said.reason)
        await self.beside(opened_from(form, TOO_LATE), spot)

    async def _open(self, view: Json, spot: Spot) -> Outcome:
        method = "views.push" if spot.view_type == "modal" else "views.open"
        return await self._outbound.call(method, patient=False, trigger_id=spot.trigger_id, view=view)

    async def _otherwise_beside(self, said: Outcome, card: Card, spot: Spot) -> None:
        if said.failure is not None:
            await self.whisper(card, spot)


def modal(card: Card, spot: Spot | None = None) -> Json:
    """A card in a modal, which remembers the room that it was opened from."""
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": MODAL_TITLE, "emoji": False},
        "close": {"type": "plain_text", "text": "Close", "emoji": False},
        "blocks": block_kit.blocks(card),
    }
    return with_origin(view, spot) if spot and spot.channel else view


def _answer(card: Card, spot: Spot) -> Json:
    thread = {"thread_ts": spot.thread_ts} if spot.thread_ts else {}
    return {"unfurl_links": False, "unfurl_media": False, **thread, **block_kit.message(card)}

"""What is shown when a press or a message can no longer be answered where it was made: too late, or after a crash."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.cards.model import Card, Form, Place, Silence
from bot.domain.rooms import Conversation
from bot.teams.activities import Incoming
from bot.teams.connector import DeliveryFailed, PostGone
from bot.teams.directory import Directory
from bot.teams.posts import Posts
from bot.teams.replies import Said
from bot.teams.wishes import press_in

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Posts what would have been an answer, as well as that goes."""

    posts: Posts
    directory: Directory

    async def show(self, incoming: Incoming, said: Said) -> None:
        """Puts a card in the place of the one that was pressed, or posts it: to a message below it; to a press in the
        chat of whoever pressed with the bot, where there is one, since others do not see the answers to presses.
        A post of the announcer's is left to it. What cannot be posted is logged.
        """
        if isinstance(said.reply, Silence):
            return
        try:
            await self._show(incoming, said.reply, said.room)
        except (DeliveryFailed, ValueError) as failed:
            log.warning("a late answer could not be posted in Teams", reason=str(failed))

    async def _show(self, incoming: Incoming, what: Card | Form, room: Conversation | None) -> None:
        if isinstance(what, Card) and room is not None:
            await self.posts.post(room, what)
            return
        press = press_in(incoming)
        if isinstance(what, Card) and what.place is Place.INSTEAD and press is not None and press.announced:
            return
        if isinstance(what, Card) and what.place is Place.INSTEAD and incoming.reply_to:
            try:
                await self.posts.replace(incoming, what)
            except PostGone:
                log.info("a card that was pressed is not there any more, or not ours")
            else:
                return
        for_all = isinstance(what, Card) and what.place is Place.ROOM
        alone = incoming.type == "invoke" and not for_all
        chat = await self.directory.chat_with(incoming.sender["id"], incoming.tenant) if alone else None
        if chat is not None:
            await self.posts.post(chat, what)
        else:
            await self.posts.reply(incoming, what)

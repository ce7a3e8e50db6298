"""The two verbs that the announcer asks of a platform, in Teams. Each is one try: pace and patience are the announcer's.

What Teams answers, and what that means:

429                                       too fast, in this room or, where it speaks of the tenant, everywhere
401, no token, no connection              not sent: another try may come through
412, 5xx, time-out, cut, no sense in it   nobody knows: Teams cannot be asked, so the next try may make a double
404 to an update                          vanished
all else                                  will not be taken, however often

Whatever stands there for one reference bears it, so that a double can be told from another post.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from bot.cards.model import Card
from bot.domain.announcements import Posted
from bot.domain.rooms import Conversation
from bot.posting import CannotPost, NotSent, OutcomeUnknown, PostingError, PostVanished, TooFast
from bot.teams.activities import Json
from bot.teams.connector import Connector, DeliveryFailed, NothingSent, PerhapsTaken, PostGone
from bot.teams.directory import Directory
from bot.teams.outbound import marked, message
from bot.teams.references import (
    CHANNEL,
    PERSONAL,
    TEAMS,
    Reference,
    chat_opening,
    is_person,
    reference_of,
    thread_of,
    thread_opening,
)

log = structlog.stdlib.get_logger(__name__)

SECONDS = 10.0  # for one exchange, the token included; to open a chat is another one
_PATIENCE = 5.0  # seconds, where Teams asks for it and does not say how much
_UNKNOWN = frozenset({408, 412, 500, 502, 503, 504})

NOT_THERE = "Archway is not in that team or chat (any more). Add the app there, then send it again."
NOBODY_KNOWN = (
    "Archway is in no team or chat yet, so it can write to nobody. Add the app to a team, then send it again."
)
NOT_FOR_THEM = "Teams does not let Archway write to this person. Install the app for them, then send it again."
TOO_LARGE = "Teams refuses this post: it is too large."


@dataclass(slots=True)
class Announcing:
    """Posts and updates by the names of rooms. `connector` tries once."""

    connector: Connector
    directory: Directory
    simple: bool = False  # how cards are drawn (`bot.teams.outbound.message`)
    seconds: float = SECONDS
    _token_refused: bool = field(default=False)

    async def post(self, room: str, card: Card, reference: str) -> Posted:
        """Posts a card: in a channel as a new thread, whose two ids are kept. Raises `PostingError`."""
        id_ = room.removeprefix(f"{TEAMS}:")
        place = await self.directory.place(id_)
        activity = marked(message(card, simple=self.simple), reference)
        if place is None:
            chat = await self._chat_with(id_)
            return await self._in_chat(room, chat, activity)
        to = _reference(place)
        if to.kind == CHANNEL:
            async with self._sending(CannotPost(NOT_THERE)):
                thread, post = await self.connector.open(to.service_url, thread_opening(place, activity))
            return Posted(room, post or thread_of(thread), thread)
        return await self._in_chat(room, place, activity)

    async def update(self, posted: Posted, card: Card, reference: str) -> Posted:
        """Puts a card in the place of a post. Raises `PostingError`; `PostVanished` when it is not there any more."""
        place = await self.directory.place(posted.room.removeprefix(f"{TEAMS}:")) or await self.directory.anywhere()
        if place is None:
            raise CannotPost(NOT_THERE)
        if not posted.post or not posted.thread:
            raise PostVanished("it is not known where it stands")
        async with self._sending(CannotPost(NOT_THERE)):
            activity = marked(message(card, simple=self.simple), reference)
            await self.connector.update(_reference(place).service_url, posted.thread, posted.post, activity)
        return posted

    async def _in_chat(self, room: str, chat: Conversation, activity: Json) -> Posted:
        """Posts in a chat. One with a person that is gone is opened anew: they took the app out and in again."""
        to = _reference(chat)
        try:
            return await self._posted(room, to, chat.id, activity)
        except CannotPost as refused:
            if refused.reason != NOT_FOR_THEM or not (to.user or to.person):
                raise
            other = await self._opened(chat, to, to.user or to.person)
            if other.id == chat.id:
                raise
            return await self._posted(room, to, other.id, activity)

    async def _posted(self, room: str, to: Reference, conversation: str, activity: Json) -> Posted:
        refused = CannotPost(NOT_FOR_THEM if to.kind == PERSONAL else NOT_THERE)
        async with self._sending(refused):
            post = await self.connector.post(to.service_url, conversation, activity)
            if not post:
                raise PerhapsTaken("the connector gave no id of the post")
        return Posted(room, post, conversation)

    async def _chat_with(self, person: str) -> Conversation:
        """A chat with somebody who has not spoken to the bot yet."""
        if not is_person(person):
            raise CannotPost(NOT_THERE)
        somewhere = await self.directory.anywhere()
        if somewhere is None:
            raise CannotPost(NOBODY_KNOWN)
        to = _reference(somewhere)
        return await self._opened(somewhere, Reference(PERSONAL, to.service_url, to.bot), person)

    async def _opened(self, beside: Conversation, to: Reference, person: str) -> Conversation:
        """The chat with a person, opened or found; it is remembered."""
        try:
            async with self._sending(CannotPost(NOT_FOR_THEM)):
                opening = chat_opening(to.bot, person, beside.organisation)
                chat, _ = await self.connector.open(to.service_url, opening)
        except OutcomeUnknown as unknown:  # an empty chat is no post
            raise NotSent(unknown.reason) from unknown
        user, entra_id = (person, to.person) if person.startswith("29:") else (to.user, person)
        kept = Reference(PERSONAL, to.service_url, to.bot, user, entra_id)
        opened = Conversation(TEAMS, chat, beside.organisation, "", kept.text())
        await self.directory.learn(opened)
        return opened

    @asynccontextmanager
    async def _sending(self, refused: CannotPost) -> AsyncIterator[None]:
        """One exchange with the connector: in time, and its failures as the announcer knows them; `refused` is said
        where Teams does not let us post.
        """
        try:
            async with asyncio.timeout(self.seconds):
                yield
        except TimeoutError as late:
            raise OutcomeUnknown("Teams did not answer in time") from late
        except DeliveryFailed as failed:
            self._tell_once(failed)
            raise _meaning(failed, refused) from failed
        self._token_refused = False

    def _tell_once(self, failed: DeliveryFailed) -> None:
        if failed.status == 401 and not self._token_refused:
            self._token_refused = True
            log.error("Teams does not accept our token; see MICROSOFT_APP_ID and MICROSOFT_APP_PASSWORD")


def _meaning(failed: DeliveryFailed, refused: CannotPost) -> PostingError:
    """What a failure of the connector is to the announcer."""
    reason, status = str(failed), failed.status
    if isinstance(failed, PostGone):
        return PostVanished(reason)
    if isinstance(failed, PerhapsTaken) or status in _UNKNOWN or (status or 0) // 100 in (1, 3, 5):
        return OutcomeUnknown(reason)
    if isinstance(failed, NothingSent) or status == 401:
        return NotSent(reason)
    if status == 429:
        seconds = _PATIENCE if failed.seconds is None else failed.seconds
        return TooFast(reason, seconds, everywhere=failed.for_all)
    if status in (403, 404):
        return refused
    return CannotPost(f"{TOO_LARGE} ({reason})" if status == 413 else f"Teams refuses this post: {reason}.")


def _reference(place: Conversation) -> Reference:
    """Raises `CannotPost` when what is stored of a room is damaged."""
    try:
        return reference_of(place)
    except ValueError as damaged:
        raise CannotPost(NOT_THERE) from damaged

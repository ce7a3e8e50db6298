"""The conversations that the bot is in: learnt from what Teams delivers, forgotten when it is removed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from bot.domain.rooms import Conversation
from bot.teams.activities import Incoming
from bot.teams.connector import Connector, DeliveryFailed
from bot.teams.references import (
    CHANNEL,
    TEAMS,
    Reference,
    brought_up_to_date,
    channel_conversations,
    conversation_of,
    reference_of,
    said,
)

log = structlog.stdlib.get_logger(__name__)

_OF_A_CHANNEL = frozenset({"channelCreated", "channelRenamed", "channelRestored"})


class Rooms(Protocol):
    """Where conversations are kept."""

    async def remember(self, room: Conversation, /) -> None:
        """Puts a room in, or brings it up to date."""

    async def forget(self, platform: str, id_: str, /) -> None:
        """Takes a room out; an unknown one is no fault."""

    async def known(self, platform: str, /) -> Sequence[Conversation]:
        """The rooms of a platform."""


class Directory:
    """All conversations of ours, in memory and, with `rooms`, kept beyond it."""

    def __init__(self, connector: Connector, rooms: Rooms | None = None) -> None:
        self._connector = connector
        self._rooms = rooms
        self._known: dict[str, Conversation] = {}
        self._unlisted: set[str] = set()  # channels whose teams have not been asked for their names yet
        self._loaded = False
        self._one_at_a_time = asyncio.Lock()

    async def note(self, incoming: Incoming) -> None:
        """Learns from an activity: where it came from, and of a team that is new which channels there are."""
        here = conversation_of(incoming)
        reference = reference_of(here)
        async with self._one_at_a_time:
            await self._load()
            is_new = here.id not in self._known or here.id in self._unlisted
            if reference.kind == CHANNEL and (is_new or incoming.type != "message"):
                await self._note_team(incoming, reference, here)
            else:
                await self._remember(here)
            self._unlisted.discard(here.id)

    async def arrive(self, incoming: Incoming) -> None:
        """Keeps where an activity came from, before anything rests on it: Teams tells once that the bot was added, and who
        subscribes is to be told whatever happens. The rest of a team is learnt afterwards, by `note`."""
        here = conversation_of(incoming)
        async with self._one_at_a_time:
            await self._load()
            if here.id not in self._known:
                await self._remember(here)
                self._unlisted.add(here.id)

    async def leave(self, incoming: Incoming) -> None:
        """Forgets where an activity came from: the bot was removed. With a team go all its channels."""
        here = conversation_of(incoming)
        team = reference_of(here).team
        async with self._one_at_a_time:
            await self._load()
            for room in list(self._known.values()):
                if room.id == here.id or (team and reference_of(room).team == team):
                    await self._forget(room)

    async def lose_channel(self, incoming: Incoming) -> None:
        """Forgets one channel: it was deleted."""
        async with self._one_at_a_time:
            await self._load()
            await self._forget(conversation_of(incoming))

    async def channels(self, organisation: str) -> list[Conversation]:
        """The channels of an organisation, by name. Reads anew what is kept: another process may have learnt more."""
        await self._load(anew=True)
        channels = [room for room in self._known.values() if room.organisation == organisation]
        return sorted(
            (room for room in channels if reference_of(room).kind == CHANNEL), key=lambda room: (room.name, room.id)
        )

    async def chat_with(self, person: str, organisation: str) -> Conversation | None:
        """The personal chat with somebody, by Teams id; None when there was none yet."""
        await self._load()
        rooms = (room for room in self._known.values() if room.organisation == organisation)
        return next((room for room in rooms if person and reference_of(room).user == person), None)

    async def place(self, id_: str) -> Conversation | None:
        """A room by its id, or the chat with a person by their Entra or Teams id; None for an unknown one. What is not
        known here may have been learnt by another process, so that what is kept is read anew.
        """
        await self._load()
        if found := self._place(id_):
            return found
        await self._load(anew=True)
        return self._place(id_)

    async def anywhere(self) -> Conversation | None:
        """A room, whichever: what a first word to somebody needs is alike in all. None while there are none."""
        await self._load()
        if not self._known:
            await self._load(anew=True)
        return max(self._known.values(), key=lambda room: reference_of(room).kind == CHANNEL, default=None)

    async def learn(self, room: Conversation) -> None:
        """Takes up a room that the bot has opened itself."""
        async with self._one_at_a_time:
            await self._load()
            await self._remember(room)

    def _place(self, id_: str) -> Conversation | None:
        if room := self._known.get(id_):
            return room
        chats = ((room, reference_of(room)) for room in self._known.values())
        return next((room for room, chat in chats if id_ and id_ in (chat.user, chat.person)), None)

    async def _note_team(self, incoming: Incoming, reference: Reference, here: Conversation) -> None:
        name = said(_team_name(incoming))
        found = [here]
        if reference.team:
            try:
                name = name or said((await self._connector.team(reference.service_url, reference.team)).get("name"))
                listed = await self._connector.channels(reference.service_url, reference.team)
                found = channel_conversations(incoming, name, listed) or found
            except DeliveryFailed as failed:
                log.info("the channels of a team cannot be listed", reason=str(failed))
        if all(room.id != here.id for room in found):
            found.append(here)
        for room in found:
            await self._remember(room)

    async def _remember(self, room: Conversation) -> None:
        before = self._known.get(room.id)
        if before:
            room = brought_up_to_date(before, room)
        if room == before:
            return
        self._known[room.id] = room
        if self._rooms:
            await self._rooms.remember(room)

    async def _forget(self, room: Conversation) -> None:
        self._known.pop(room.id, None)
        if self._rooms:
            await self._rooms.forget(TEAMS, room.id)

    async def _load(self, *, anew: bool = False) -> None:
        if self._rooms and (anew or not self._loaded):
            kept = await self._rooms.known(TEAMS)
            self._known = {room.id: room for room in kept if _readable(room)}
            self._loaded = True


def changes_channels(incoming: Incoming) -> bool:
    """Whether a conversation update tells of a channel that came or has another name."""
    return incoming.channel_data.get("eventType") in _OF_A_CHANNEL


def _team_name(incoming: Incoming) -> object:
    team = incoming.channel_data.get("team")
    return team.get("name") if isinstance(team, dict) else None


def _readable(room: Conversation) -> bool:
    try:
        reference_of(room)
    except ValueError:
        log.warning("a stored conversation cannot be read and is left out", id=room.id)
        return False
    return True

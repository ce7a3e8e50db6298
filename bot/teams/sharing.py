"""The rooms into which somebody may post through the bot: channels that it knows, and that they are in right now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.domain.rooms import Conversation
from bot.teams.directory import Directory
from bot.teams.references import reference_of
from bot.teams.roster import Roster

_MOST_ASKED = 50  # channels whose roster is looked into, the first by name
_AT_ONCE = 8
_SECONDS = 2.0  # for all of them: an invoke is answered in five


@dataclass(frozen=True, slots=True)
class Sharing:
    """Says what the connector's rosters say at this moment."""

    directory: Directory
    roster: Roster

    async def rooms(self, organisation: str, person: str) -> tuple[tuple[str, str], ...]:
        """Id and name of each channel that somebody (by Teams id) is in, by name; those that could not be looked into
        in time are left out.
        """
        channels = (await self.directory.channels(organisation))[:_MOST_ASKED]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def look(room: Conversation) -> bool:
            async with gate:
                return await self._is_in(room, person)

        looks = [asyncio.create_task(look(room)) for room in channels]
        if looks:
            _, late = await asyncio.wait(looks, timeout=_SECONDS)
            for look_ in late:
                look_.cancel()
        theirs = (
            room
            for room, look_ in zip(channels, looks, strict=True)
            if look_.done() and not look_.cancelled() and look_.result()
        )
        return tuple((room.id, room.name or "A channel without a name") for room in theirs)

    async def room(self, organisation: str, person: str, id_: str) -> Conversation | None:
        """The channel under an id, if they are in it at this moment; a form may be old or made up."""
        room = next((room for room in await self.directory.channels(organisation) if room.id == id_), None)
        return room if room and await self._is_in(room, person) else None

    async def _is_in(self, room: Conversation, person: str) -> bool:
        entry = await self.roster.look_up(reference_of(room).service_url, room.id, person)
        return entry.member is not None

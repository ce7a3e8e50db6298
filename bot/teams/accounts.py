"""Who sent an activity: an account, with its facts of the moment where these are asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from bot.domain.commands import Command, named_in, naming
from bot.domain.people import Account, Standing
from bot.teams.activities import Incoming, Json
from bot.teams.directory import Directory
from bot.teams.references import TEAMS, reference_of, room_of, said
from bot.teams.roster import FRESH_SECONDS, VOUCHED_SECONDS, Entry, Roster, email, standing

_LONGEST_ENTRA_ID = 64  # it is a GUID


@dataclass(frozen=True, slots=True)
class Accounts:
    """Tells who people are. `home` is our tenant; None for a bot on a developer's machine, where all are members, and nobody
    is vouched for. With `playground` whoever delivers there is believed all the same: the tenant that an activity names
    is ours, and people are who the roster at its service address says."""

    roster: Roster
    directory: Directory
    home: str | None
    playground: bool = False

    async def sender(self, incoming: Incoming) -> Account:
        """Who sent an activity, and how they belong here; the facts are younger where it changes something. What cannot be
        found out makes a guest."""
        by, home = replace(account_of(incoming), as_of=time.monotonic()), self._home(incoming)
        if _is_bot(incoming):
            return replace(by, standing=Standing.STRANGER)
        if not home:
            return by
        entry = await self._entry(incoming, home, VOUCHED_SECONDS if incoming.delivery else FRESH_SECONDS)
        by, member = replace(by, as_of=entry.as_of), entry.member
        if member is None:
            return replace(by, standing=Standing.GUEST, certain=entry.certain)
        return replace(by, standing=standing(member, home), email=email(member, home))

    async def wished(self, wish: Command, incoming: Incoming) -> Command:
        """A wish from an activity, by whoever sent it; somebody who is mentioned in it by the account that is theirs."""
        wish = replace(wish, by=await self.sender(incoming))
        mentioned = named_in(wish).removeprefix(f"{TEAMS}:")
        if not mentioned.startswith("29:"):
            return wish
        entry = await self.roster.look_up(incoming.service_url, incoming.conversation["id"], mentioned)
        return naming(wish, f"{TEAMS}:{_id({**(entry.member or {}), 'id': mentioned})}")

    def _home(self, incoming: Incoming) -> str:
        """The tenant whose members are ours; "" where nobody is vouched for."""
        return self.home or (incoming.tenant if self.playground else "")

    async def _entry(self, incoming: Incoming, home: str, within: float) -> Entry:
        person, conversation = incoming.sender["id"], incoming.conversation["id"]
        entry = self.roster.at_hand(conversation, person, within) or await self.roster.look_up(
            incoming.service_url, conversation, person, within
        )
        if entry.member is None:
            elsewhere = await self._where_the_bot_is(person, home, within)
            if elsewhere and (elsewhere.member is not None or entry.certain):
                entry = elsewhere
        return entry

    async def _where_the_bot_is(self, person: str, home: str, within: float) -> Entry | None:
        """What the roster of their chat with the bot says: an extension is used in chats that the bot is not in."""
        chat = await self.directory.chat_with(person, home)
        if chat is None:
            return None
        return await self.roster.look_up(reference_of(chat).service_url, chat.id, person, within)


def account_of(incoming: Incoming) -> Account:
    """Who sent an activity, as far as it says itself. In a thread of a channel the room is the channel: it is what can
    be subscribed and posted in; answers go by the activity."""
    room = "" if incoming.alone else room_of(incoming)
    return Account(TEAMS, _id(incoming.sender), incoming.tenant, room=room, name=said(incoming.sender.get("name")))


def _is_bot(incoming: Incoming) -> bool:
    return incoming.sender.get("role") in ("bot", "skill") or incoming.sender["id"].startswith("28:")


def _id(party: Json) -> str:
    """The Entra id, or without one the Teams id."""
    entra_id = party.get("aadObjectId")
    if isinstance(entra_id, str) and 0 < len(entra_id) <= _LONGEST_ENTRA_ID:
        return entra_id
    return str(party["id"])

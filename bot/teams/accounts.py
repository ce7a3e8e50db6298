"""Who sent an activity: an account with its facts of the moment."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.people import Account, Standing
from bot.teams.activities import Incoming
from bot.teams.directory import Directory
from bot.teams.references import TEAMS, reference_of, said
from bot.teams.roster import Entry, Roster, standing

_LONGEST_ENTRA_ID = 64  # it is a GUID


@dataclass(frozen=True, slots=True)
class Accounts:
    """Tells who people are. `home` is our tenant; None for a bot on a developer's machine, where all are members."""

    roster: Roster
    directory: Directory
    home: str | None

    async def sender(self, incoming: Incoming) -> Account:
        """Who sent an activity, and how they belong here. What cannot be found out makes a guest."""
        id_ = _id(incoming)
        return Account(
            TEAMS,
            id_,
            incoming.tenant,
            await self._standing(incoming),
            "" if incoming.alone else incoming.conversation["id"],
            said(incoming.sender.get("name")),
        )

    async def _standing(self, incoming: Incoming) -> Standing:
        person = incoming.sender["id"]
        if incoming.sender.get("role") in ("bot", "skill") or person.startswith("28:"):
            return Standing.STRANGER
        home = self.home
        if home is None:
            return Standing.MEMBER
        conversation = incoming.conversation["id"]
        entry = self.roster.at_hand(conversation, person) or await self.roster.look_up(
            incoming.service_url, conversation, person
        )
        if entry.member is None:
            entry = await self._where_the_bot_is(person, home) or entry
        return standing(entry.member, home) if entry.member is not None else Standing.GUEST

    async def _where_the_bot_is(self, person: str, home: str) -> Entry | None:
        """What the roster of their chat with the bot says: an extension is used in chats that the bot is not in."""
        chat = await self.directory.chat_with(person, home)
        if chat is None:
            return None
        return await self.roster.look_up(reference_of(chat).service_url, chat.id, person)


def _id(incoming: Incoming) -> str:
    """The Entra id, or without one the Teams id."""
    entra_id = incoming.sender.get("aadObjectId")
    if isinstance(entra_id, str) and 0 < len(entra_id) <= _LONGEST_ENTRA_ID:
        return entra_id
    return str(incoming.sender["id"])

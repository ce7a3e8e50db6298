"""Command → reply, for whatever was typed, pressed or filled in. Knows what commands have in common, and no verb."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from bot.cards import catalog
from bot.cards.model import Card, Form, Reply
from bot.domain.commands import Command, pressed
from bot.domain.people import Account
from bot.domain.rooms import Conversation
from bot.errors import NoRoomToShare, OutdatedButton, Refusal
from bot.teams.gestures import Press
from bot.teams.sharing import Sharing

log = structlog.stdlib.get_logger(__name__)

Dispatch = Callable[[Command], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Said:
    """A reply to something pressed, and the room that was chosen for it if one was."""

    reply: Card | Form
    room: Conversation | None = None


@dataclass(frozen=True, slots=True)
class Replies:
    """Asks `dispatch`. Never raises: what goes wrong becomes a card."""

    dispatch: Dispatch
    sharing: Sharing

    async def to(self, command: Command) -> Reply:
        """The reply to a command; a fault is logged, and its reference is what is shown."""
        try:
            return await self.dispatch(command)
        except Exception as error:  # noqa: BLE001  # whatever it is, the person must be told and Teams must get a 2xx
            return _fault(type(command).__name__, error)

    async def shown(self, command: Command) -> Card | Form:
        """The same where nothing can be chosen from: in a chat, in a dialog."""
        reply = await self.to(command)
        if isinstance(reply, Card | Form):
            return reply
        return _fault(type(command).__name__)

    async def to_press(self, press: Press | None, by: Account, person: str, *, for_all: bool) -> Said:
        """The reply to a pressed button or submitted form. `person` is the Teams id of whoever pressed, `for_all` tells
        whether everybody in the room will see it.
        """
        if press is None:
            return Said(catalog.refusal(OutdatedButton().sentence))
        try:
            command = pressed(press.verb, press.about, by, press.values)
            command, room = await self._with_rooms(command, by, person)
        except Refusal as refusal:
            return Said(catalog.refusal(refusal.sentence))
        except Exception as error:  # noqa: BLE001  # as above
            return Said(_fault("a button", error))
        if for_all and hasattr(command, "for_all"):
            command = replace(command, for_all=True)  # type: ignore[arg-type]  # it has that member
        return Said(await self.shown(command), room)

    async def _with_rooms(self, command: Command, by: Account, person: str) -> tuple[Command, Conversation | None]:
        """The command with the rooms to choose from, where it has use for them; and the room that it names.

        Raises `NoRoomToShare` when it names one that they are not in.
        """
        if not hasattr(command, "rooms"):
            return command, None
        chosen = getattr(command, "room", "")
        if chosen:
            room = await self.sharing.room(by.organisation, person, chosen)
            if room is None:
                raise NoRoomToShare
            return command, room
        if by.room:
            return command, None
        return replace(command, rooms=await self.sharing.rooms(by.organisation, person)), None  # type: ignore[arg-type]  # as above


def _fault(what: str, error: Exception | None = None) -> Card:
    """The card for a fault of ours, which is logged under the reference that it shows."""
    reference = secrets.token_hex(4)
    log.error("a command from Teams failed", command=what, reference=reference, exc_info=error)
    return catalog.fault(reference)

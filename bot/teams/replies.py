"""Command → reply, for whatever was typed, pressed or filled in. Knows what commands have in common, and no verb."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from bot.cards import catalog
from bot.cards.model import Card, Form, Reply, Silence
from bot.delivery import AlreadyDone, Dispatch, Overloaded
from bot.domain.commands import Command, changes, pressed
from bot.domain.people import Account
from bot.domain.rooms import Conversation
from bot.errors import NoRoomToShare, NotYet, OutdatedButton, Refusal
from bot.teams.activities import Incoming
from bot.teams.gestures import Press
from bot.teams.outbound import NOT_TAKEN, TAKEN
from bot.teams.sharing import Sharing

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """A reply to something pressed, and the room that was chosen for it if one was."""

    reply: Card | Form | Silence
    room: Conversation | None = None


@dataclass(frozen=True, slots=True)
class Replies:
    """Asks `dispatch`. `vouch` adds to an account what is asked for a change alone: the groups that it is in."""

    dispatch: Dispatch
    sharing: Sharing
    vouch: Callable[[Account], Awaitable[Account]] | None = None

    async def of(self, command: Command, delivery: str = "") -> Reply:
        """The reply to a command, that came in the delivery recorded under that key or in one that needs no record.

        Raises what `dispatch` raises: `AlreadyDone`, and whatever fault there is.
        """
        if delivery and changes(command) and not command.by.certain:
            raise NotYet  # what is recorded waits until it is known who wished it
        if self.vouch and changes(command):
            command = replace(command, by=await self.vouch(command.by))
        return await (self.dispatch(command, delivery) if delivery else self.dispatch(command))

    async def to(self, command: Command, delivery: str = "") -> Reply:
        """The same, and never raises: a fault is logged, and its reference is what is shown. What was done already is
        met with silence; what is recorded is tried again, whatever stood in its way.
        """
        try:
            return await self.of(command, delivery)
        except AlreadyDone:
            return Silence()
        except Overloaded:
            return catalog.refusal(TAKEN if delivery else NOT_TAKEN)
        except NotYet:
            return catalog.refusal(TAKEN)
        except Exception as error:  # noqa: BLE001  # whatever it is, the person must be told and Teams must get a 2xx
            fault = _fault(type(command).__name__, error)
            return catalog.refusal(TAKEN) if delivery else fault

    async def shown(self, command: Command, delivery: str = "") -> Card | Form | Silence:
        """The same where nothing can be chosen from: in a chat, in a dialog."""
        reply = await self.to(command, delivery)
        if isinstance(reply, Card | Form | Silence):
            return reply
        return _fault(type(command).__name__)

    async def to_press(self, press: Press | None, by: Account, incoming: Incoming, *, for_all: bool) -> Said:
        """The reply to a pressed button or submitted form, which came in that activity. `for_all` tells whether everybody
        in the room will see it. Never raises.
        """
        if press is None:
            return Said(catalog.refusal(OutdatedButton().sentence))
        try:
            command = pressed(press.verb, press.about, by, press.values)
            command, room = await self._with_rooms(command, by, incoming.sender["id"])
        except Refusal as refusal:
            return Said(catalog.refusal(refusal.sentence))
        except Exception as error:  # noqa: BLE001  # as above
            return Said(_fault("a button", error))
        if for_all and hasattr(command, "for_all"):
            command = replace(command, for_all=True)  # type: ignore[arg-type]  # it has that member
        return Said(await self.shown(command, incoming.delivery), room)

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

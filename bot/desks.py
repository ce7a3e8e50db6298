"""Commands, timers and changes of the library, each handed to its handler at a desk of its own: in memory where it only reads the
library, else in one transaction on a worker thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.cards import catalog
from bot.cards.model import Card, Reply, Silence
from bot.delivery import AlreadyDone, NotTaken
from bot.domain.commands import LOOKS, Command, Remark, changes
from bot.domain.events import Event
from bot.domain.incident_reports import ReportIncident
from bot.domain.people import Account, Standing
from bot.domain.timers import Timer
from bot.errors import NotYet, TooMany
from bot.floods import Floods
from bot.governance import LiveGovernance
from bot.mappings import FOLDER, LiveMappings
from bot.settings import Settings
from bot.standing import StandingExceptions
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.transaction import Transaction
from handlers import announcements, fall_due, handle, operations
from handlers.desk import Desk
from knowledge.library import Library
from knowledge.live import LiveLibrary


class Desks:
    """Where handlers work. `dispatch` is what the surfaces call with every command (`bot.delivery.Dispatch`)."""

    def __init__(
        self,
        *,
        settings: Settings,
        shelf: LiveLibrary,
        governance: LiveGovernance,
        mappings: LiveMappings,
        standing: StandingExceptions,
        database: Database,
        inbox: Inbox,
        happened: Callable[[Event], None],
        clock: Callable[[], datetime],
        written: Callable[[], None],
    ) -> None:
        """`written` is called in the event loop when something was written: there may be something to announce."""
        self._settings, self._shelf, self._governance, self._standing = settings, shelf, governance, standing
        self._database, self._inbox, self._mappings = database, inbox, mappings
        self._happened, self._clock, self._written = happened, clock, written
        self._floods = Floods(time.monotonic)
        self._compared: Library | None = None

    async def dispatch(self, command: Command, delivery: str = "", /) -> Reply:
        """The reply to a command. Raises `AlreadyDone`, `NotTaken`, and what the database raises when it cannot be reached."""
        admitted = self._floods.admits(command)
        if changes(command):
            try:
                reply = await self._database.write(
                    lambda unit: self._changed(command, delivery, unit, admitted=admitted)
                )
            except NotYet:  # undone whole: its delivery stays unhandled, and is taken up again
                return Silence()
            self._written()
            return reply
        if not admitted:
            return catalog.refusal(TooMany().sentence)
        if isinstance(command, LOOKS):
            return await self._database.read(lambda unit: handle(command, self._desk(command.by, unit)))
        # No thread: what reads memory alone is done sooner than it could be handed over.
        return handle(command, self._desk(command.by))

    def fall_due(self, timer: Timer, unit: Transaction) -> None:
        """Does what a timer is for. Raises what its effect raises."""
        fall_due(timer, self._desk(None, unit))

    async def notice(self) -> None:
        """Looks at the library, the decision rights and the mappings of incident tools, and announces what has changed since the last look."""
        fault, library = await asyncio.to_thread(self._governance.refresh), self._shelf.library
        unmapped = await asyncio.to_thread(self._mappings.refresh)
        ready = None
        if library is not self._compared:  # what takes long is done before anybody has to wait for the writer
            ready = await self._database.read(
                lambda unit: announcements.prepare(replace(self._desk(None, unit), library=library), self._compared)
            )

        def noticed(unit: Transaction) -> None:
            desk = replace(self._desk(None, unit), library=library)
            announcements.notice(desk, self._compared, ready)
            operations.governance_changed(desk, fault)
            operations.governance_changed(desk, unmapped, FOLDER)

        await self._database.write(noticed)
        self._written()
        self._compared = library

    def _changed(self, command: Command, delivery: str, unit: Transaction, *, admitted: bool) -> Reply:
        if delivery and not self._inbox.handled(unit.connection, delivery):
            raise AlreadyDone
        if not admitted and self._may_be_refused(command, delivery, unit):
            return catalog.refusal(TooMany().sentence)
        unit.people.meet(command.by)
        desk = self._desk(command.by, unit)
        reply = handle(command, desk)
        if isinstance(command, ReportIncident) and isinstance(reply, Card) and reply.name in ("refusal", "fault"):
            raise NotTaken(reply.summary)
        operations.people_met(desk)
        return reply if command.by.standing is not Standing.STRANGER else _quiet(command, reply)

    def _may_be_refused(self, command: Command, delivery: str, unit: Transaction) -> bool:
        """Whether somebody is there to read a refusal: not to words that were said to others, nor where what was acknowledged
        is taken up again."""
        return not isinstance(command, Remark) and not self._inbox.is_resumed(unit.connection, delivery)

    def _desk(self, by: Account | None, unit: Transaction | None = None) -> Desk:
        """A desk with what the person may see; None for what nobody asked for."""
        guest = by is not None and by.standing is Standing.GUEST
        return Desk(
            self._shelf.public if guest else self._shelf.library,
            (lambda: unit.now) if unit else self._clock,
            self._happened,
            self._shelf.place,
            self._settings.command,
            self._settings.questions_room,
            self._settings.operations_room,
            self._governance.now,
            unit,
            _age(by),
            self._standing.now,
            adr_template=self._governance.adr_template,
        )


def _age(by: Account | None) -> timedelta | None:
    """How long ago the platform told who somebody is; None where that is not known."""
    return timedelta(seconds=time.monotonic() - by.as_of) if by and by.as_of is not None else None


def _quiet(command: Command, refusal: Reply) -> Reply:
    """Nothing in the place of a refusal, where somebody was not speaking to the bot."""
    return Silence() if isinstance(command, Remark) and not command.addressed else refusal

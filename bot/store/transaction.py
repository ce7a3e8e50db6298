"""One unit of work: what a handler reads and writes, in one transaction, with the clock that it was handed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from bot.store.absences import Absences
from bot.store.audit import Audit
from bot.store.drafted import DraftedDocuments
from bot.store.drafts import Drafts
from bot.store.exceptions import ExceptionRequests
from bot.store.incidents import Incidents
from bot.store.library import KnownLibrary
from bot.store.obligations import Obligations
from bot.store.open_questions import OpenQuestions
from bot.store.outbox import Outbox
from bot.store.people import People
from bot.store.reviews import Reviews
from bot.store.subscriptions import Subscriptions
from bot.store.timers import Timers


@dataclass(frozen=True)
class Transaction:
    """All that is remembered, by kind. Nothing is kept until the whole of it is committed.

    Locks are taken in one order: the thing itself, then `outbox`, `audit` last.
    """

    connection: Connection
    now: datetime  # aware, UTC

    @staticmethod
    def is_lost(fault: Exception) -> bool:
        """Whether a fault is the database's own (gone, dead-locked, full): no part of the transaction can go on."""
        return isinstance(fault, OperationalError | InterfaceError) or (
            isinstance(fault, DBAPIError) and fault.connection_invalidated
        )

    @cached_property
    def outbox(self) -> Outbox:
        """What is announced."""
        return Outbox(self.connection, self.now)

    @cached_property
    def timers(self) -> Timers:
        """What falls due."""
        return Timers(self.connection, self.now)

    @cached_property
    def audit(self) -> Audit:
        """The record."""
        return Audit(self.connection, self.now)

    @cached_property
    def people(self) -> People:
        """Persons and their accounts."""
        return People(self.connection, self.now)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Which rooms hear of what."""
        return Subscriptions(self.connection, self.now)

    @cached_property
    def questions(self) -> OpenQuestions:
        """Questions that went to the architects."""
        return OpenQuestions(self.connection, self.now)

    @cached_property
    def library(self) -> KnownLibrary:
        """The library as it was when it was last looked at."""
        return KnownLibrary(self.connection, self.now)

    @cached_property
    def exceptions(self) -> ExceptionRequests:
        """Exception requests and their waivers."""
        return ExceptionRequests(self.connection, self.now, self.people)

    @cached_property
    def absences(self) -> Absences:
        """Who is away, and who speaks for them."""
        return Absences(self.connection, self.people)

    @cached_property
    def drafts(self) -> Drafts:
        """Forms that somebody has begun to fill in."""
        return Drafts(self.connection, self.now)

    @cached_property
    def drafted(self) -> DraftedDocuments:
        """Documents that were drafted from a decision."""
        return DraftedDocuments(self.connection, self.now)

    @cached_property
    def reviews(self) -> Reviews:
        """Architecture reviews."""
        return Reviews(self.connection, self.now, self.people)

    @cached_property
    def incidents(self) -> Incidents:
        """Incidents and what was decided on their bridges."""
        return Incidents(self.connection, self.now, self.people)

    @cached_property
    def obligations(self) -> Obligations:
        """What decisions demand afterwards."""
        return Obligations(self.connection, self.now)

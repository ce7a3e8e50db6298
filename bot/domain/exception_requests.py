"""An exception request as a value: what is wanted, how it is decided, who has said what, the waiver that came of it.

    submitted → (changes asked ⇄ resubmitted) → approved, approved with conditions, declined, withdrawn, lapsed
    a waiver: in force → expired, revoked, renewed, closed

An emergency that was granted is *submitted* still, with a waiver in force: its second look is the decision. So stage and waiver
are two things, and `status` says them in one word. At most one ballot is open at a time; each has a `round` of its own, and
voices and buttons bind to its `digest`. The commands are in `exception_decisions` and `waivers`, what falls due in
`exception_deadlines`. Moments are aware and in UTC; they are worked out once, when something begins, and kept: a calendar
that changes later moves nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from bot.domain import plain
from bot.domain.announcements import Json
from bot.domain.exception_forms import Terms, Wish
from bot.domain.governance import EMERGENCY, Seat
from bot.domain.people import Person
from bot.domain.rights import Right
from bot.domain.seats import joined


class Stage(StrEnum):
    """How far the request is."""

    SUBMITTED = "submitted"
    CHANGES_ASKED = "changes asked"
    APPROVED = "approved"
    APPROVED_WITH_CONDITIONS = "approved with conditions"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class State(StrEnum):
    """How it stands with the waiver."""

    IN_FORCE = "in force"
    EXPIRED = "expired"
    REVOKED = "revoked"
    RENEWED = "renewed"  # it ran to its end, and another one follows it
    CLOSED = "closed"  # remedied


class Choice(StrEnum):
    """What a voice says, as its button is called."""

    APPROVE = "Approve"
    APPROVE_WITH_CONDITIONS = "Approve with conditions"
    ASK_FOR_CHANGES = "Ask for changes"
    DECLINE = "Decline"
    KEEP = "Keep"


class Ballot(StrEnum):
    """What is being decided."""

    REQUEST = "request"
    EMERGENCY = "emergency"  # one voice is enough
    SECOND_LOOK = "second look"
    OVERDUE = "overdue condition"  # keep or revoke


@dataclass(frozen=True, slots=True)
class Demand:
    """A condition as a voice sets it: what, who sees to it (an e-mail address), by which day, inclusive."""

    text: str
    owner: str
    due: date


@dataclass(frozen=True, slots=True)
class Voice:
    """What somebody said, with which right, on the content of which digest. `acceptance` is the sentence that they typed."""

    right: Right
    choice: Choice
    at: datetime
    digest: str
    words: str = ""
    demands: tuple[Demand, ...] = ()
    acceptance: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A demand that the waiver is under; `number` counts from 1, `obligation` is the id that the store gave it ("OB-40").

    `ends` is the end of its last day, `remind_at` when its owner is reminded of it, None for not at all. `overdue_at` is when it was found not to be met; `kept_at` when the seats said that the
    waiver is kept all the same.
    """

    number: int
    text: str
    owner: str
    due: date
    ends: datetime
    by: Person
    remind_at: datetime | None = None
    obligation: str = ""
    met_at: datetime | None = None
    overdue_at: datetime | None = None
    kept_at: datetime | None = None

    @property
    def is_overdue(self) -> bool:
        """Whether the waiver is flagged because of it."""
        return self.overdue_at is not None and self.met_at is None

    @property
    def is_asked_about(self) -> bool:
        """Whether the seats have to say what follows from it."""
        return self.is_overdue and self.kept_at is None


@dataclass(frozen=True, slots=True)
class ExpiryWarning:
    """When it is said that a waiver is about to end, and on which day that is there."""

    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiver:
    """A request in force, or what became of it. `until` is its last day, `ends` the first moment after it.

    `granted` are the voices of its decision; of an emergency those of the second look behind the first one. `look_by` is until
    when an emergency's second look has to come, `looked_at` when it approved.
    """

    since: datetime
    until: date
    ends: datetime
    granted: tuple[Voice, ...]
    conditions: tuple[Condition, ...] = ()
    warnings: tuple[ExpiryWarning, ...] = ()
    look_by: datetime | None = None
    looked_at: datetime | None = None
    state: State = State.IN_FORCE
    ended_at: datetime | None = None
    ended_by: Person | None = None
    ended_because: str = ""
    renewed_by: str = ""

    def in_force(self, at: datetime) -> bool:
        """Whether it was in force at a moment, as far as is known now."""
        return self.since <= at < (min(self.ended_at, self.ends) if self.ended_at else self.ends)

    @property
    def is_flagged(self) -> bool:
        """Whether a condition is overdue."""
        return any(condition.is_overdue for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Clock:
    """The deadlines of a ballot: reminders at `half` and at `end`, then the escalation, then the lapse; None where there
    is none."""

    since: datetime
    half: datetime
    end: datetime
    escalate: datetime | None = None
    lapse: datetime | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a resubmission changed; a field of the form, or "risk", "seats", "rules"."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ExceptionRequest:
    """A request, from its submission to the end of its waiver. `revision` counts what was sent, `round` the ballots.

    `voices` are those of the ballot that is open, or was last. `clock` is None while it is stopped or nothing is asked.
    `target_now` is what the clause says since it reads differently, "" while it does not.
    """

    id: str
    asked_by: Person
    asked_at: datetime
    wish: Wish
    terms: Terms
    stage: Stage = Stage.SUBMITTED
    revision: int = 1
    round: int = 1
    clock: Clock | None = None
    escalated: bool = False
    voices: tuple[Voice, ...] = ()
    differences: tuple[Difference, ...] = ()
    ended_at: datetime | None = None  # of the request; its waiver has an end of its own
    waiver: Waiver | None = None
    target_now: str = ""

    @property
    def ballot(self) -> Ballot | None:
        """What is being decided now."""
        waiver = self.waiver
        if self.stage is Stage.SUBMITTED:
            if waiver is not None:
                return Ballot.SECOND_LOOK
            return Ballot.EMERGENCY if self.wish.emergency else Ballot.REQUEST
        if waiver and waiver.state is State.IN_FORCE and any(each.is_asked_about for each in waiver.conditions):
            return Ballot.OVERDUE if self.stage is not Stage.CHANGES_ASKED else None
        return None

    @property
    def seats(self) -> tuple[Seat, ...]:
        """The seats of the ballot; of an emergency, those of which one is enough."""
        if self.ballot is Ballot.EMERGENCY and self.terms.emergency:
            return self.terms.emergency.seats
        return self.terms.seats

    @property
    def overseers(self) -> tuple[Seat, ...]:
        """The seats of which each can revoke the waiver alone."""
        return joined(self.terms.seats, self.terms.emergency.seats if self.terms.emergency else ())

    @property
    def rule(self) -> str:
        """The rule by which is decided now: "decide.moderate"."""
        return f"decide.{EMERGENCY if self.ballot is Ballot.EMERGENCY else self.terms.level}"

    @property
    def status(self) -> str:
        """Stage and waiver in one word."""
        return str(self.waiver.state if self.waiver else self.stage)

    @property
    def digest(self) -> str:
        """What voices and buttons bind to: the content, the rule, and the ballot. 16 hexadecimal digits."""
        content = [self.id, self.revision, self.round, plain.written(self.wish), plain.written(self.terms)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def decided_by(self) -> tuple[Person, ...]:
        """Who decided, each once; nobody where it lapsed or is open. Who withdrew is the asker."""
        if self.stage is Stage.WITHDRAWN:
            return (self.asked_by,)
        if self.stage is Stage.DECLINED:
            return tuple(voice.right.by for voice in self.voices if voice.choice is Choice.DECLINE)
        granted = self.waiver.granted if self.waiver and self.stage is not Stage.LAPSED else ()
        return tuple({voice.right.by.id: voice.right.by for voice in granted}.values())

    @property
    def look_is_owed(self) -> bool:
        """Whether it was granted as an emergency whose second look is still to come."""
        return self.waiver is not None and self.stage in (Stage.SUBMITTED, Stage.CHANGES_ASKED)


def ended(request: ExceptionRequest, state: State, now: datetime, by: Person | None, because: str) -> ExceptionRequest:
    """The request with its waiver ended; what its seats were being asked about it is asked no longer."""
    if request.waiver is None:
        return request
    waiver = replace(request.waiver, state=state, ended_at=now, ended_by=by, ended_because=because)
    over = request.ballot is Ballot.OVERDUE or state is State.REVOKED
    return replace(request, waiver=waiver, clock=None if over else request.clock)


def written(request: ExceptionRequest) -> dict[str, Json]:
    """A request as plain JSON."""
    return plain.written(request)


def read(facts: Mapping[str, Any]) -> ExceptionRequest:
    """A request as it was written; members that are not known are ignored."""
    return plain.read(ExceptionRequest, facts)


def recognised(request: ExceptionRequest, person_of: Callable[[Person], str]) -> ExceptionRequest:
    """The same with the people in it as they are linked now: accounts of two persons may be of one since, and the asker may
    have been linked to nobody. `person_of` gives the id of whose something is, or "" where it knows no better."""

    def anew(person: Person) -> Person:
        return replace(person, id=person_of(person) or person.id)

    def heard(voices: tuple[Voice, ...]) -> tuple[Voice, ...]:
        return tuple(
            replace(
                voice,
                right=replace(
                    voice.right,
                    by=anew(voice.right.by),
                    speaks_for=anew(voice.right.speaks_for) if voice.right.speaks_for else None,
                ),
            )
            for voice in voices
        )

    waiver = request.waiver
    if waiver:
        waiver = replace(
            waiver,
            granted=heard(waiver.granted),
            conditions=tuple(replace(each, by=anew(each.by)) for each in waiver.conditions),
            ended_by=anew(waiver.ended_by) if waiver.ended_by else None,
        )
    return replace(request, asked_by=anew(request.asked_by), voices=heard(request.voices), waiver=waiver)

"""An architecture review as a value: what is proposed, how it is reviewed and why so, who reviews it, what was said, how it ended.

    not needed
    in review (⇄ deferred) → approved, approved with conditions, rejected, withdrawn

Each time that it is in review has a `round` of its own; voices and buttons bind to its `digest`. What is done with it is in
`review_steps` and `review_decisions`, what falls due in `review_deadlines`. Moments are aware and in UTC; they are worked out
once, when a round begins, and kept: a calendar that changes later moves nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from bot.domain import plain
from bot.domain.announcements import Json
from bot.domain.calendar import Span
from bot.domain.exception_forms import Target
from bot.domain.exception_requests import Demand
from bot.domain.governance import Escalation, Seat
from bot.domain.people import Person
from bot.domain.rights import Right


class Kind(StrEnum):
    """What is reviewed."""

    DESIGN = "design"
    STANDARD_CHANGE = "standard change"


class Stage(StrEnum):
    """How far the review is."""

    NOT_NEEDED = "not needed"
    IN_REVIEW = "in review"
    APPROVED = "approved"
    APPROVED_WITH_CONDITIONS = "approved with conditions"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    WITHDRAWN = "withdrawn"


APPROVED = (Stage.APPROVED, Stage.APPROVED_WITH_CONDITIONS)
DECIDED = (*APPROVED, Stage.REJECTED)
OPEN = (Stage.IN_REVIEW, Stage.DEFERRED)


class Choice(StrEnum):
    """What a voice says, as its button is called."""

    APPROVE = "Approve"
    APPROVE_WITH_CONDITIONS = "Approve with conditions"
    DEFER = "Defer"
    REJECT = "Reject"


@dataclass(frozen=True, slots=True)
class Wish:
    """A filled-in form. `answers` are those to the questions of the decision matrix, by their names; `wished` is the day by which
    a decision is wanted; `target` and `proposal` are of a standard change: what is to be changed, and how it is to read."""

    kind: Kind = Kind.DESIGN
    title: str = ""
    description: str = ""
    service: str = ""
    tier: str = ""
    data: str = ""
    wished: date | None = None
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    target: Target | None = None
    proposal: str = ""


@dataclass(frozen=True, slots=True)
class Weight:
    """What an answer weighs in the decision matrix."""

    question: str
    answer: str
    points: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How it is reviewed, pinned when it was sent: whatever the file says meanwhile.

    `weights` say why it is that `outcome`. A board meets each week on `weekday` (Monday is 0) `at` a time ("14:00") of the
    calendar, "" for none; its agenda is posted in `room`, so long before as `agenda` says.
    """

    revision: str
    outcome: str
    points: int
    weights: tuple[Weight, ...] = ()
    seats: tuple[Seat, ...] = ()
    within: Span | None = None
    comment: Span | None = None
    weekday: int = 0
    at: str = ""
    agenda: Span | None = None
    room: str = ""
    escalate: Escalation | None = None

    @property
    def is_needed(self) -> bool:
        """Whether anybody reviews it."""
        return bool(self.seats)


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who is to fill a place: assigned by the bot, or by themselves (`claimed_at`). `handed_by` is who gave it to them."""

    role: str
    who: Person
    at: datetime
    claimed_at: datetime | None = None
    handed_by: Person | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody who does not decide on it, and why."""

    who: Person
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that a decision waits for; `number` counts from 1."""

    number: int
    by: Person
    text: str
    at: datetime
    resolved_by: Person | None = None
    resolution: str = ""
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """What somebody said, with which right, in the round of which digest; `words` are why."""

    right: Right
    choice: Choice
    at: datetime
    digest: str
    words: str = ""
    demands: tuple[Demand, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A demand under which it was approved; `obligation` is the id that the store gave it ("OB-40")."""

    text: str
    owner: str
    due: date
    by: Person
    obligation: str = ""


@dataclass(frozen=True, slots=True)
class Deferral:
    """Until when it is put off, by whom, and why; `asked_anew` is when it is asked anew."""

    until: date
    asked_anew: datetime
    by: Person
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The deadlines of a round: reminders at `half` and at `end`, then the escalation; until `comment` concerns can be raised
    and nothing is decided. None where there is none."""

    since: datetime
    half: datetime | None = None
    end: datetime | None = None
    escalate: datetime | None = None
    comment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sitting:
    """The meeting of a board that takes it: its day, when it begins, when its agenda is posted, when it is over."""

    day: date
    at: datetime
    agenda: datetime
    over: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """Something that the description touches: a clause, an ADR, a waiver, an earlier review; `why` in a few words."""

    kind: str
    id: str
    title: str
    why: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """The document that was drafted of a decision. `merged` is its path in the library, `url` where it is read there."""

    path: str
    id: str = ""
    merged: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """A review, from its request to its decision. `voices` are those of the round that is open, or was last; `met` the days of
    the boards that had it before them and did not decide."""

    id: str
    asked_by: Person
    asked_at: datetime
    wish: Wish
    terms: Terms
    stage: Stage = Stage.IN_REVIEW
    round: int = 1
    clock: Clock | None = None
    sitting: Sitting | None = None
    met: tuple[date, ...] = ()
    escalated: bool = False
    reviewers: tuple[Reviewer, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    voices: tuple[Voice, ...] = ()
    concerns: tuple[Concern, ...] = ()
    deferral: Deferral | None = None
    conditions: tuple[Condition, ...] = ()
    touches: tuple[Touched, ...] = ()
    draft: Draft | None = None
    decided_at: datetime | None = None  # also when it was withdrawn

    @property
    def seats(self) -> tuple[Seat, ...]:
        """The voices that are wanted."""
        return self.terms.seats

    @property
    def is_board(self) -> bool:
        """Whether a board meets on it."""
        return bool(self.terms.at)

    @property
    def rule(self) -> str:
        """The rule by which it is reviewed: "reviews.light"."""
        return f"reviews.{self.terms.outcome}"

    @property
    def digest(self) -> str:
        """What voices and buttons bind to: the content, the rule, and the round. 16 hexadecimal digits."""
        content = [self.id, self.round, plain.written(self.wish), plain.written(self.terms)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def open_concerns(self) -> tuple[Concern, ...]:
        """Those that a decision waits for."""
        return tuple(each for each in self.concerns if each.resolved_at is None)

    @property
    def decided_by(self) -> tuple[Person, ...]:
        """Who decided, each once; who withdrew is the asker."""
        if self.stage is Stage.WITHDRAWN:
            return (self.asked_by,)
        wanted = {
            Stage.REJECTED: (Choice.REJECT,),
            Stage.APPROVED: (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS),
            Stage.APPROVED_WITH_CONDITIONS: (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS),
        }.get(self.stage, ())
        said = [voice.right.by for voice in self.voices if voice.choice in wanted]
        return tuple({person.id: person for person in said}.values())

    def has_conflict(self, person: Person) -> bool:
        """Whether somebody has declared a conflict of interest."""
        return any(each.who.same_human_as(person) for each in self.conflicts)


def written(review: Review) -> dict[str, Json]:
    """A review as plain JSON."""
    return plain.written(review)


def read(facts: Mapping[str, Any]) -> Review:
    """A review as it was written; members that are not known are ignored."""
    return plain.read(Review, facts)


def recognised(review: Review, person_of: Callable[[Person], str]) -> Review:
    """The same with the people in it as they are linked now. `person_of` gives the id of whose something is, or "" where it knows
    no better."""
    return _anew(review, person_of)  # type: ignore[no-any-return]  # a review stays one


def _anew(value: Any, person_of: Callable[[Person], str]) -> Any:
    if isinstance(value, Person):
        return replace(value, id=person_of(value) or value.id)
    if isinstance(value, tuple):
        return tuple(_anew(each, person_of) for each in value)
    if isinstance(value, (Review, Right)) or (is_dataclass(value) and not isinstance(value, (Wish, Terms, type))):
        old = {each.name: getattr(value, each.name) for each in fields(value)}
        new = {name: _anew(each, person_of) for name, each in old.items()}
        changed = {name: each for name, each in new.items() if each is not old[name]}
        return replace(value, **changed) if changed else value
    return value

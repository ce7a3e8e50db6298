"""An incident and what was decided on its bridge, as values. What may be done with one stands in `bot.domain.incident_steps`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain import plain
from bot.domain.announcements import Json
from bot.domain.people import Person

_SEVERITY = re.compile(r"(?:sev(?:erity)?|p(?:riority)?)?[ _-]?([0-9])", re.IGNORECASE)


class DecisionKind(StrEnum):
    """What is decided on a bridge."""

    ROLLBACK = "rollback"
    FIX_FORWARD = "fix_forward"
    EVACUATE = "evacuate"
    CONTAIN = "contain"
    EMERGENCY_CHANGE = "emergency_change"
    ACCEPT_RISK = "accept_risk"
    OTHER = "other"


class Stage(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Said:
    """What a decision said before it was corrected, and who corrected it."""

    kind: DecisionKind
    statement: str
    rationale: str
    risk: str
    until: datetime  # when it was corrected
    corrected_by: Person


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found afterwards of an emergency change: answers to the questions of risk, what they weigh, what lowers it."""

    answers: Mapping[str, str]
    points: int
    level: str
    mitigations: str
    by: Person
    at: datetime


@dataclass(frozen=True, slots=True)
class Waived:
    """A clause that a decision sets aside: the exception request that it became, or why there is none yet."""

    clause: str
    request: str = ""  # "EX-7"
    missing: str = ""  # a sentence


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. `number` counts from 1 in its incident; `tool_id` is what the incident tool calls it, "" for none. `assessment_due` is the
    obligation to assess the risk afterwards ("OB-4"), `drafts` are the paths of documents that were drafted from it."""

    number: int
    kind: DecisionKind
    statement: str
    at: datetime
    by: Person
    recorded_by: Person
    rationale: str = ""
    options: str = ""
    risk: str = ""
    waived: tuple[Waived, ...] = ()
    tool_id: str = ""
    earlier: tuple[Said, ...] = ()
    assessment_due: str = ""
    assessment: Assessment | None = None
    drafts: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What its content is told by: buttons that change it carry this."""
        content = [self.kind, self.statement, self.rationale, self.risk, len(self.earlier)]
        return hashlib.sha256(json.dumps(content).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody took command."""

    who: Person
    at: datetime
    by: Person  # who said so


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident. `key` is what its tool (`source`) calls it, both "" for one that was opened here; `room` its bridge ("slack:C0INC"), "" for
    none; `rooms` hear of it besides. `follow_ups` are obligations ("OB-9")."""

    id: str
    severity: str  # "SEV-1"
    title: str
    opened_at: datetime
    opened_by: Person
    room: str = ""
    service: str = ""
    key: str = ""
    source: str = ""
    url: str = ""
    rooms: tuple[str, ...] = ()
    commanders: tuple[Taken, ...] = ()
    decisions: tuple[Decision, ...] = ()
    follow_ups: tuple[str, ...] = ()
    stage: Stage = Stage.OPEN
    closed_at: datetime | None = None
    closed_by: Person | None = None
    summary: str = ""
    missing: tuple[str, ...] = field(default=())  # sentences: what could not be seen to

    @property
    def commander(self) -> Person | None:
        """Who is in command; None for nobody."""
        return self.commanders[-1].who if self.commanders else None

    @property
    def name(self) -> str:
        """What people call it: the tool's key, else its id."""
        return self.key or self.id

    def decision(self, number: int) -> Decision | None:
        """The decision of a number; None where there is none."""
        return next((each for each in self.decisions if each.number == number), None)


def severity(text: str) -> str:
    """A severity as it is written here ("SEV-1" for "sev1", "P1" or "1"); "" for what is none."""
    found = _SEVERITY.fullmatch(text.strip())
    return f"SEV-{found[1]}" if found else ""


def kind_of(text: str) -> DecisionKind | None:
    """The kind that somebody wrote, in any case and with either stroke; None for none."""
    known = {kind.value: kind for kind in DecisionKind}
    return known.get(text.strip().lower().replace("-", "_").replace(" ", "_"))


def written(incident: Incident) -> dict[str, Json]:
    """An incident as plain JSON."""
    return plain.written(incident)


def read(facts: Mapping[str, Any]) -> Incident:
    """An incident as it was written; members that are not known are ignored."""
    return plain.read(Incident, facts)


def recognised(incident: Incident, person_of: Callable[[Person], str]) -> Incident:
    """The same with the people in it as they are linked now. `person_of` gives the id of whose something is, or "" where it knows
    no better."""
    return _anew(incident, person_of)  # type: ignore[no-any-return]  # an incident stays one


def _anew(value: Any, person_of: Callable[[Person], str]) -> Any:
    if isinstance(value, Person):
        return replace(value, id=person_of(value) or value.id)
    if isinstance(value, tuple):
        return tuple(_anew(each, person_of) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        old = {each.name: getattr(value, each.name) for each in fields(value)}
        new = {name: _anew(each, person_of) for name, each in old.items()}
        changed = {name: each for name, each in new.items() if each is not old[name]}
        return replace(value, **changed) if changed else value
    return value

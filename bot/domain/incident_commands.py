"""What people can wish for about incidents and their decisions, and how a typed line or a pressed button becomes such a wish.

Buttons carry `about`: the incident's id, what is done, and with spaces between the number of a decision and the digest of what it said
("INC-12 correct 2 3f1c99d0a1b2c3d4"). Without an id ("-") it is the incident of the room.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.incident_reports import ReportIncident
from bot.domain.incidents import kind_of, severity
from bot.domain.people import Account
from bot.errors import OutdatedButton

HERE = "-"  # in the place of an id: the incident of the room
_ID = re.compile(r"INC-(\d{1,9})", re.IGNORECASE)
_OPENING = re.compile(r"(sev[ -]?\d)\s+(\S.*)", re.IGNORECASE)
_KEY = re.compile(r"[A-Za-z0-9][\w.:#/-]{0,99}")


class Does(StrEnum):
    """What can be done with an incident."""

    DECIDE = "decide"
    CORRECT = "correct"  # a decision
    ASSESS = "assess"  # the risk of a decision, afterwards
    FOLD = "fold"  # what a decision taught, into standards
    FOLLOW_UP = "follow_up"
    HAND_OVER = "hand_over"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class About:
    """What a button or form of an incident is about; `number` is that of a decision, 0 for none."""

    id: str
    does: Does
    number: int = 0
    digest: str = ""

    def __str__(self) -> str:
        parts = [self.id or HERE, self.does.value, str(self.number) if self.number or self.digest else "", self.digest]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class OpenIncidentForm:
    """The form with which an incident is opened here; `values` are what is filled in so far."""

    by: Account
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident is opened on the bridge in which somebody speaks. `commander` as it was typed; "" for whoever opens it."""

    by: Account
    severity: str
    title: str
    service: str = ""
    commander: str = ""


@dataclass(frozen=True, slots=True)
class OpenIncidentStep:
    """The form with the words that something to be done with an incident needs; `values` are what is filled in so far."""

    by: Account
    about: About
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakeIncidentStep:
    """Something is done with an incident; `values` are those of its form."""

    by: Account
    about: About
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShowIncident:
    """An incident, by its id or its tool's key."""

    by: Account
    id: str


@dataclass(frozen=True, slots=True)
class ShowTimeline:
    """All that happened on a bridge, in order: of an incident by its id or key, "" for that of the room. `as_json`: for machines."""

    by: Account
    id: str = ""
    as_json: bool = False


IncidentCommand = (
    OpenIncidentForm | OpenIncident | OpenIncidentStep | TakeIncidentStep | ShowIncident | ShowTimeline | ReportIncident
)


def incident_id(text: str) -> str:
    """The id of an incident as it is written ("INC-12" for "inc-012"); "" for anything else."""
    found = _ID.fullmatch(text.strip())
    return f"INC-{int(found[1])}" if found and int(found[1]) else ""


def typed(verb: str, rest: str, by: Account, knows: Callable[[str], bool]) -> IncidentCommand | None:
    """The wish in a typed line; None when it is none of these. `knows` tells whether a document or clause exists."""
    match verb:
        case "incident" if not rest:
            return OpenIncidentForm(by)
        case "incident":
            said = _OPENING.fullmatch(rest)
            return OpenIncident(by, severity(said[1]), said[2]) if said else None
        case "decide":
            kind, _, statement = rest.partition(" ")
            if rest and kind_of(kind) is None:
                return None
            values = {"kind": str(kind_of(kind))} if rest else {}
            if words := statement.strip():
                return TakeIncidentStep(by, About("", Does.DECIDE), {**values, "statement": words})
            return OpenIncidentStep(by, About("", Does.DECIDE), values)
        case "timeline" if not rest or incident_id(rest) or _is_key(rest, knows):
            return ShowTimeline(by, incident_id(rest) or rest)
        case "show" if id_ := incident_id(rest):
            return ShowIncident(by, id_)
    return None


def _is_key(text: str, knows: Callable[[str], bool]) -> bool:
    """Whether a word can be a tool's key: one with a digit that is no document's id."""
    return bool(_KEY.fullmatch(text)) and any(letter.isdigit() for letter in text) and not knows(text)


def pressed(verb: str, about: str, by: Account, values: Mapping[str, str]) -> IncidentCommand | None:
    """The wish of a pressed button or a submitted form; None for a verb that is none of these. Raises `OutdatedButton`."""
    match verb:
        case "incident_form":
            return OpenIncidentForm(by)
        case "incident_open":
            return OpenIncident(
                by,
                values.get("severity", ""),
                values.get("title", ""),
                values.get("service", ""),
                values.get("commander", ""),
            )
        case "incident_step_form":
            return OpenIncidentStep(by, read_about(about))
        case "incident_step":
            return TakeIncidentStep(by, read_about(about), values)
        case "incident_show":
            return ShowIncident(by, incident_id(about))
        case "incident_timeline" | "incident_timeline_json":
            return ShowTimeline(by, incident_id(about), as_json=verb.endswith("json"))
    return None


def read_about(text: str) -> About:
    """What a button carries. Raises `OutdatedButton`."""
    match text.split():
        case [id_, does, *rest] if does in list(Does) and (id_ == HERE or incident_id(id_)):
            number = rest[0] if rest else "0"
            digest = rest[1] if len(rest) > 1 else ""
            if number.isascii() and number.isdecimal():
                return About("" if id_ == HERE else incident_id(id_), Does(does), int(number), digest)
    raise OutdatedButton

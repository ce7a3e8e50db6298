"""Something dated that a decision demands afterwards: a condition of a waiver or a review, a follow-up, a risk assessment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an obligation is."""

    CONDITION = "condition"
    FOLLOW_UP = "follow_up"
    ASSESSMENT = "risk_assessment"
    REMEDIATION = "remediation"
    DOCUMENT = "document"  # a lesson that belongs into a standard or an ADR


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a decision demands of `owner` (an e-mail address) until `due`, inclusive, before it has an id."""

    what: str
    owner: str
    due: date
    kind: Kind = Kind.CONDITION


@dataclass(frozen=True, slots=True)
class Obligation:
    """What `owner` (an e-mail address) has to see to until `due`, inclusive; `ends` is the end of that day (aware, UTC).

    `subject` is what it follows from ("EX-7"), `title` says that in words, `number` counts from 1 there. `evidence` is what showed at `met_at` that it is met. `given_by`
    and `met_by` are accounts ("slack:U012").
    """

    id: str  # "OB-40"
    subject: str
    number: int
    what: str
    owner: str
    due: date
    ends: datetime
    met_at: datetime | None = None
    evidence: str = ""
    kind: Kind = Kind.CONDITION
    title: str = ""
    given_by: str = ""
    met_by: str = ""
    overdue_at: datetime | None = None

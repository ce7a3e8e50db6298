"""Something dated that a decision demands afterwards: a condition of a waiver, a follow-up, a risk assessment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Obligation:
    """What `owner` (an e-mail address) has to see to until `due`, inclusive; `ends` is the end of that day (aware, UTC).

    `subject` is what it follows from ("EX-7"), `number` counts from 1 there. `evidence` is what showed at `met_at` that it is met.
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

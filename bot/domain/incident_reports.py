"""What an incident tool tells of an incident, as values: the same whichever tool it was. How they are made of a tool's body, its
mapping says (`bot.webhooks`); what becomes of them is the incidents' own affair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.people import Account


class Happening(StrEnum):
    """What a report is of."""

    OPENED = "incident.opened"
    DECIDED = "incident.decided"
    UPDATED = "incident.updated"
    CLOSED = "incident.closed"


@dataclass(frozen=True, slots=True)
class ReportedDecision:
    """A decision of a bridge. `id` is the tool's ("" for none); `kind` one of `bot.domain.incidents.DecisionKind`; `decided_by` an e-mail
    address, lower case; `decided_at` aware, UTC. What is not told is "" or None."""

    kind: str
    statement: str
    id: str = ""
    rationale: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    risk: str = ""
    waives: tuple[str, ...] = ()  # ids of clauses


@dataclass(frozen=True, slots=True)
class ReportIncident:
    """A command: an incident tool has told something. `by` is the tool, an account of the platform "webhook" with the source's name as its
    id. `key` is what the tool calls the incident, `rooms` those that are to hear of it ("slack:C0INC"). What is not told
    is "" or empty, and leaves what is known as it is."""

    by: Account
    happening: Happening
    key: str
    title: str = ""
    severity: str = ""  # as it was told; "SEV-1" where it can be read so
    url: str = ""
    rooms: tuple[str, ...] = ()
    service: str = ""
    commander: str = ""  # an e-mail address, lower case
    at: datetime | None = None  # when it happened, aware, UTC
    decision: ReportedDecision | None = None

"""The shapes of what `/api/v1` answers about incidents (see `bot.api.answers`)."""

from __future__ import annotations

import msgspec


class Somebody(msgspec.Struct):
    """Somebody: their name, and their address where it is verified."""

    name: str
    email: str


class IncidentBrief(msgspec.Struct):
    """An incident in short. `key` is what its tool calls it, "" for one that was opened here."""

    id: str
    key: str
    source: str
    url: str
    title: str
    severity: str
    service: str
    stage: str
    room: str
    commander: Somebody | None
    opened_at: str
    closed_at: str | None


class Waived(msgspec.Struct):
    """A clause that a decision sets aside: the exception request that it became, or why there is none."""

    clause: str
    request: str
    missing: str


class Assessment(msgspec.Struct):
    """What was found afterwards of an emergency change."""

    answers: dict[str, str]
    points: int
    level: str
    mitigations: str
    by: Somebody
    at: str


class Said(msgspec.Struct):
    """What a decision said before it was corrected."""

    kind: str
    statement: str
    rationale: str
    risk: str
    until: str
    corrected_by: Somebody


class Decision(msgspec.Struct):
    """A decision of the bridge; `id` is what its tool calls it, or ""."""

    number: int
    id: str
    kind: str
    statement: str
    rationale: str
    options: str
    risk: str
    decided_at: str
    decided_by: Somebody
    recorded_by: Somebody
    waives: list[Waived]
    assessment_due: str
    assessment: Assessment | None
    drafts: list[str]
    earlier: list[Said]


class IncidentObligation(msgspec.Struct):
    """What is due after it."""

    id: str
    kind: str
    what: str
    owner: str
    due: str
    met_at: str | None
    evidence: str


class Incident(IncidentBrief):
    """An incident with the decisions of its bridge."""

    opened_by: Somebody
    closed_by: Somebody | None
    summary: str
    decisions: list[Decision]
    obligations: list[IncidentObligation]


class Moment(msgspec.Struct):
    """One line of a timeline."""

    at: str
    what: str
    words: str
    by: Somebody | None


class Timeline(Incident):
    """An incident with all that happened, in order."""

    moments: list[Moment]

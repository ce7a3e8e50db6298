"""What incident tools tell: unknown incidents are opened, decisions are recorded once however often they are told, what is closed is
closed. Who decided is an address: whoever has it, else the address itself."""

from __future__ import annotations

from bot.cards import incidents as cards
from bot.cards.model import Card
from bot.domain import incident_steps as steps
from bot.domain.incident_commands import incident_id
from bot.domain.incident_reports import Happening, ReportedDecision, ReportIncident
from bot.domain.incident_steps import Wording
from bot.domain.incidents import DecisionKind, Incident, Stage, kind_of, severity
from bot.domain.people import Account, Person
from handlers.desk import Desk
from handlers.incident_telling import done

UNKNOWN_SEVERITY = "SEV-3"  # of an incident whose tool does not say
LONGEST = 3_000  # characters of a statement or a reason that are kept


def report(command: ReportIncident, desk: Desk) -> Card:
    """Takes over what a tool tells."""
    unit = desk.transaction
    unit.incidents.lock()
    known = unit.incidents.by_key(command.key, command.by.id, lock=True)
    if known is None and incident_id(command.key):  # a tool may speak of one that was opened here
        known = unit.incidents.get(command.key, lock=True)
    incident = known or _opened(command, desk)
    if known:
        incident = _updated(known, command, desk)
    if command.decision:
        incident = _decided(incident, command.decision, command, desk)
    if command.happening is Happening.CLOSED and incident.stage is Stage.OPEN:
        incident = done(steps.closed(incident, "", command.by, _tool(command), unit.now), desk)
    return cards.opened(incident)


def _opened(command: ReportIncident, desk: Desk) -> Incident:
    """The first of its rooms in which none is open is its bridge; without one it has none."""
    unit = desk.transaction
    bridge = next((room for room in command.rooms if unit.incidents.open_in(room) is None), "")
    step = steps.opened(
        unit.incidents.next_id(),
        command.by,
        _tool(command),
        unit.now,
        level=severity(command.severity) or UNKNOWN_SEVERITY,
        title=(command.title or command.key)[: steps.LONGEST_TITLE],
        room=bridge,
        service=command.service[:100],
        commander=_person(command.commander, desk),
        key=command.key,
        source=command.by.id,
        url=command.url,
        rooms=[room for room in command.rooms if room != bridge],
    )
    return done(step, desk)


def _updated(known: Incident, command: ReportIncident, desk: Desk) -> Incident:
    step = steps.updated(
        known,
        command.by,
        title=command.title,
        level=command.severity,
        url=command.url,
        service=command.service,
        rooms=[room for room in command.rooms if room != known.room],
    )
    incident = done(step, desk) if step.entry or step.incident != known else known
    to = _person(command.commander, desk)
    if to and incident.stage is Stage.OPEN and not (incident.commander and to.same_human_as(incident.commander)):
        step = steps.handed_over(incident, to, command.by, _tool(command), desk.transaction.now)
        incident = done(step, desk)
    return incident


def _decided(incident: Incident, told: ReportedDecision, command: ReportIncident, desk: Desk) -> Incident:
    """Told again it is known; with other words under the same id it is corrected, and the old ones stay."""
    now, who = desk.transaction.now, _person(told.decided_by, desk) or _tool(command)
    levels = tuple(desk.governance.risk.levels)
    kind = kind_of(told.kind) or DecisionKind.OTHER
    risk = told.risk if told.risk in levels else ""
    if kind is DecisionKind.ACCEPT_RISK and not risk and levels:
        risk = levels[-1]  # nobody said which: the gravest
    wording = Wording(
        kind=kind,
        statement=told.statement.strip()[:LONGEST],
        rationale=told.rationale.strip()[:LONGEST],
        risk=risk,
        waives=tuple(dict.fromkeys(told.waives))[: steps.MOST_WAIVED],
    )
    before = steps.known_already(incident, told)
    if before is None:
        step = steps.decided(
            incident,
            wording,
            command.by,
            recorder=_tool(command),
            decider=who,
            now=now,
            levels=levels,
            tool_id=told.id,
            at=told.decided_at,
        )
        return done(step, desk)
    said = (before.kind, before.statement, before.rationale, before.risk)
    if said == (wording.kind, wording.statement, wording.rationale, wording.risk):
        return incident
    step = steps.corrected(
        incident, before.number, wording, command.by, who=_tool(command), digest="", now=now, levels=levels
    )
    return done(step, desk)


def _tool(command: ReportIncident) -> Person:
    """The tool, as whoever said so."""
    by: Account = command.by
    return Person("", str(by), by.name or by.id)


def _person(email: str, desk: Desk) -> Person | None:
    """Whoever has an address; the address itself where nobody was met who has it."""
    if not email:
        return None
    return desk.transaction.people.find(email) or Person("", "", "", email)

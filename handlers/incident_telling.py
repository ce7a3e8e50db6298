"""What becomes of a step of an incident: it is stored, what it demands is set going, everybody concerned is told, and it goes on the
record; in the transaction of whatever it follows from.

Who is told, by which announcement (the topic, and the key behind the id of the incident):

    incident_bridge    bridge        the bridge itself: one card with all decisions so far
    incident_told      told          rooms beyond the bridge: those of its severity, its tool's, and those that subscribe
    incident_decision  decision:N    the same rooms and the bridge, once for each decision

A decision's card knows of its incident only what it shows, so that one decision more does not touch those before it. Clauses
that a decision sets aside become exception requests each in a transaction of its own, by a timer that is due at once
(`handlers.incident_dues`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.announcements import Announcement, Json
from bot.domain.calendar import Span
from bot.domain.incident_steps import Happened, Step, with_decision
from bot.domain.incidents import Decision, DecisionKind, Incident, Stage, written
from bot.domain.obligations import Kind, Wanted
from bot.domain.people import Account
from bot.domain.timers import Timer
from handlers.desk import Desk
from handlers.documents import news_of_incident
from handlers.obligations import oblige
from handlers.telling import Telling, When, hearing, tell

BRIDGE, TOLD, DECISION = "incident_bridge", "incident_told", "incident_decision"
TOPIC = "incident"  # of timers
NEWS = frozenset({Happened.OPENED, Happened.UPDATED})
NOBODY_ASSESSES = "Nobody owes the risk assessment of decision {number}: no address of a commander or decider is known."


def done(step: Step, desk: Desk) -> Incident:
    """Does all that a step brings with it; gives the incident as it is stored. It was read under its lock."""
    unit, incident = desk.transaction, step.incident
    unit.incidents.put(incident)
    decision = incident.decision(step.number) if step.happened is Happened.DECIDED else None
    if decision:
        _ask_for_exceptions(incident, decision, desk)
    if tellings := list(_to_rooms(step, desk)):
        tell(tellings, desk)  # the timers of quiet hours come before the outbox, the record last
    unit.outbox.lock()
    if decision and decision.kind is DecisionKind.EMERGENCY_CHANGE:
        incident = _to_be_assessed(incident, decision, step.entry.by if step.entry else None, desk)
        unit.incidents.put(incident)
    if step.entry:
        unit.audit.add(step.entry)
    drawn_anew(incident, desk, also=step.number)
    return incident


def drawn_anew(incident: Incident, desk: Desk, *, also: int = 0) -> None:
    """Has the cards of an incident drawn as it is now: its bridge's, those of the rooms that know of it, and that of a decision."""
    outbox, now = desk.transaction.outbox, facts_of(incident, desk)
    outbox.lock()
    bridge = Announcement(f"{incident.id}:bridge", incident.id, BRIDGE, now)
    outbox.announce(bridge, [incident.room] if incident.room else [])
    for told in outbox.of(incident.id, TOLD):
        outbox.announce(replace(told, facts={**told.facts, **now}))
    decision = incident.decision(also)
    if decision and (said := outbox.get(_key(incident, decision))):
        outbox.announce(replace(said, facts=_facts_of_decision(incident, decision, desk)))


def facts_of(incident: Incident, desk: Desk) -> dict[str, Json]:
    """What every card of an incident is drawn from."""
    due = desk.transaction.obligations.of(incident.id)
    return {
        "incident": written(incident),
        "zone": str(desk.governance.calendar.zone),
        "follow_ups": len(due),
        "open_follow_ups": sum(each.met_at is None for each in due),
    }


def obligation_changed(subject: str, desk: Desk) -> None:
    """An obligation of an incident is otherwise than before: its bridge's card says how many are open. The outbox is locked."""
    if incident := desk.transaction.incidents.get(subject):
        drawn_anew(incident, desk)


def _to_rooms(step: Step, desk: Desk) -> Iterator[Telling]:
    incident = step.incident
    decision = incident.decision(step.number)
    if step.happened in NEWS:
        what = Announcement(f"{incident.id}:told", incident.id, TOLD, facts_of(incident, desk))
        yield Telling(what, _rooms(incident, desk))
    elif step.happened is Happened.DECIDED and decision:
        what = Announcement(
            _key(incident, decision), incident.id, DECISION, _facts_of_decision(incident, decision, desk)
        )
        bridge = {incident.room: When()} if incident.room else {}
        yield Telling(what, _rooms(incident, desk) | bridge)


def _rooms(incident: Incident, desk: Desk) -> dict[str, When]:
    """The rooms beyond the bridge that hear of an incident, and when: those that its severity or its tool names at once."""
    at_once = dict.fromkeys([*desk.governance.incidents.announce.get(incident.severity, ()), *incident.rooms], When())
    found = hearing([news_of_incident(incident)], desk) | at_once
    found.pop(incident.room, None)
    return found


def _key(incident: Incident, decision: Decision) -> str:
    return f"{incident.id}:decision:{decision.number}"


def _facts_of_decision(incident: Incident, decision: Decision, desk: Desk) -> dict[str, Json]:
    alone = replace(
        incident,
        decisions=(decision,),
        commanders=(),
        rooms=(),
        follow_ups=(),
        missing=(),
        stage=Stage.OPEN,
        closed_at=None,
        closed_by=None,
        summary="",
    )
    return {"incident": written(alone), "zone": str(desk.governance.calendar.zone), "number": decision.number}


def _ask_for_exceptions(incident: Incident, decision: Decision, desk: Desk) -> None:
    timers = [
        Timer(
            f"{incident.id}:waive:{decision.number}:{each.clause}",
            desk.transaction.now,
            TOPIC,
            {"id": incident.id, "number": decision.number, "clause": each.clause},
        )
        for each in decision.waived
    ]
    for timer in sorted(timers, key=lambda each: each.key):
        desk.transaction.timers.set(timer)


def _to_be_assessed(incident: Incident, decision: Decision, by: Account | None, desk: Desk) -> Incident:
    """An emergency change owes an assessment of its risk afterwards: of the commander, else of whoever decided."""
    owners = [each.email for each in (incident.commander, decision.by, incident.opened_by) if each and each.email]
    if not owners:
        sentence = NOBODY_ASSESSES.format(number=decision.number)
        return replace(incident, missing=(*incident.missing, sentence))
    within = desk.governance.incidents.assess_emergency_change or Span.parse("3 business days")
    end = desk.governance.calendar.add(desk.transaction.now, within)
    wanted = Wanted(
        f"Assess the risk of the emergency change: {decision.statement[:200]}",
        owners[0],
        end.astimezone(desk.governance.calendar.zone).date(),
        Kind.ASSESSMENT,
    )
    (made,) = oblige(incident.id, f"{incident.severity} {incident.title}", [wanted], by, desk)
    return with_decision(incident, replace(decision, assessment_due=made.id))

"""What a command makes of an incident: the incident as it is then, what happened, the line for the record.

Each command gives a `Step` or raises a refusal; nothing else happens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.announcements import Json
from bot.domain.audit import Entry
from bot.domain.exception_forms import LONGEST_NAME, LONGEST_TEXT, FieldFault, refuse, text_fault
from bot.domain.governance import Risk
from bot.domain.incident_reports import ReportedDecision
from bot.domain.incidents import (
    Assessment,
    Decision,
    DecisionKind,
    Incident,
    Said,
    Stage,
    Taken,
    Waived,
    kind_of,
    severity,
)
from bot.domain.people import Account, Person, Standing
from bot.errors import (
    DecisionChanged,
    IncidentClosed,
    MembersOnTheBridge,
    NothingToAssess,
    NotYourDecision,
    UnknownDecision,
)

LONGEST_TITLE = 200
MOST_WAIVED = 10
STATEMENT = "Say what is decided."


class Happened(StrEnum):
    """What a step was. The record calls it "incident.decided"."""

    OPENED = "opened"
    UPDATED = "updated"
    DECIDED = "decided"
    CORRECTED = "corrected"
    WAIVED = "clause_waived"
    ASSESSED = "assessed"
    FOLDED = "folded"
    FOLLOWED_UP = "followed_up"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Step:
    """The incident as it is now, what happened, and the entry for the record; None where no state changed. `number` is that of the
    decision that it is about, 0 for none."""

    incident: Incident
    happened: Happened
    entry: Entry | None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Wording:
    """What a form says of a decision. `waives` are ids of clauses."""

    kind: str
    statement: str
    rationale: str = ""
    options: str = ""
    risk: str = ""
    waives: tuple[str, ...] = ()


def check_member(by: Account) -> None:
    """Raises `MembersOnTheBridge`."""
    if by.standing is not Standing.MEMBER:
        raise MembersOnTheBridge


def opened(
    id_: str,
    by: Account | None,
    who: Person,
    now: datetime,
    *,
    level: str,
    title: str,
    room: str = "",
    service: str = "",
    commander: Person | None = None,
    key: str = "",
    source: str = "",
    url: str = "",
    rooms: Sequence[str] = (),
) -> Step:
    """A new incident. Raises `FaultyFields` (fields: severity, title, service)."""
    told = [] if severity(level) else [FieldFault("severity", "Choose one from SEV-0 to SEV-9, like SEV-2.")]
    told += text_fault("title", title, LONGEST_TITLE, required="Say in a few words what is wrong.")
    told += text_fault("service", service, LONGEST_NAME)
    refuse(told)
    commanders = (Taken(commander, now, who),) if commander else ()
    after = Incident(
        id=id_,
        severity=severity(level),
        title=" ".join(title.split()),
        opened_at=now,
        opened_by=who,
        room=room,
        service=" ".join(service.split()),
        key=key,
        source=source,
        url=url,
        rooms=tuple(rooms),
        commanders=commanders,
    )
    return stepped(None, after, Happened.OPENED, by, {"title": after.title})


def updated(
    incident: Incident,
    by: Account | None,
    *,
    title: str = "",
    level: str = "",
    url: str = "",
    service: str = "",
    rooms: Sequence[str] = (),
) -> Step:
    """What a tool says of it now; "" leaves what is known as it is."""
    after = replace(
        incident,
        title=" ".join(title.split())[:LONGEST_TITLE] or incident.title,
        severity=severity(level) or incident.severity,
        url=url or incident.url,
        service=service[:LONGEST_NAME] or incident.service,
        rooms=tuple(dict.fromkeys((*incident.rooms, *rooms))),
    )
    return stepped(
        incident, after, Happened.UPDATED, by, {"title": after.title} if after.title != incident.title else {}
    )


def decided(
    incident: Incident,
    wording: Wording,
    by: Account | None,
    *,
    recorder: Person,
    decider: Person,
    now: datetime,
    levels: Sequence[str],
    tool_id: str = "",
    at: datetime | None = None,
) -> Step:
    """One decision more. A closed incident takes those of its tool alone, which may come late. Raises `IncidentClosed` and `FaultyFields`."""
    if incident.stage is Stage.CLOSED and not incident.source:
        raise IncidentClosed(id=incident.id)
    refuse(faults(wording, levels))
    decision = Decision(
        number=len(incident.decisions) + 1,
        kind=kind_of(wording.kind) or DecisionKind.OTHER,
        statement=wording.statement.strip(),
        at=at or now,
        by=decider,
        recorded_by=recorder,
        rationale=wording.rationale.strip(),
        options=wording.options.strip(),
        risk=wording.risk,
        waived=tuple(Waived(clause) for clause in dict.fromkeys(wording.waives)),
        tool_id=tool_id,
    )
    after = replace(incident, decisions=(*incident.decisions, decision))
    return stepped(incident, after, Happened.DECIDED, by, _words(decision), number=decision.number)


def known_already(incident: Incident, told: ReportedDecision) -> Decision | None:
    """The decision that a tool tells of again: by its id, or by all that it says where it has none."""
    if told.id:
        return next((each for each in incident.decisions if each.tool_id == told.id), None)
    kind, statement = kind_of(told.kind), told.statement.strip()
    return next((each for each in incident.decisions if (each.kind, each.statement) == (kind, statement)), None)


def corrected(
    incident: Incident,
    number: int,
    wording: Wording,
    by: Account,
    *,
    who: Person,
    digest: str,
    now: datetime,
    levels: Sequence[str],
) -> Step:
    """What a decision says is put right; what it said stays with it. Raises `UnknownDecision`, `NotYourDecision`, `DecisionChanged` and
    `FaultyFields`."""
    decision = may_correct(incident, number, digest, who)
    refuse(faults(wording, levels))
    said = Said(decision.kind, decision.statement, decision.rationale, decision.risk, now, who)
    now_said = replace(
        decision,
        kind=kind_of(wording.kind) or decision.kind,
        statement=wording.statement.strip(),
        rationale=wording.rationale.strip(),
        risk=wording.risk,
    )
    if now_said == decision:
        refuse([FieldFault("statement", "It says that already: change something.")])
    now_said = replace(now_said, earlier=(*decision.earlier, said))
    return stepped(incident, with_decision(incident, now_said), Happened.CORRECTED, by, _words(now_said), number=number)


def may_correct(incident: Incident, number: int, digest: str, who: Person) -> Decision:
    """The decision, for somebody who may correct it. Raises `UnknownDecision`, `NotYourDecision` and `DecisionChanged`."""
    decision = _found(incident, number)
    theirs = [decision.recorded_by, decision.by, *([incident.commander] if incident.commander else [])]
    if not any(who.same_human_as(each) for each in theirs):
        raise NotYourDecision(id=incident.id, number=number, name=incident.commander or decision.recorded_by)
    if digest and digest != decision.digest:
        raise DecisionChanged(id=incident.id, number=number)
    return decision


def waived(incident: Incident, number: int, clause: str, *, request: str = "", missing: str = "") -> Step:
    """A waived clause became an exception request, or it is said why there is none."""
    decision = _found(incident, number)
    new = tuple(Waived(clause, request, missing) if each.clause == clause else each for each in decision.waived)
    return stepped(
        incident, with_decision(incident, replace(decision, waived=new)), Happened.WAIVED, None, number=number
    )


def assessed(
    incident: Incident,
    number: int,
    answers: Mapping[str, str],
    mitigations: str,
    by: Account,
    *,
    who: Person,
    now: datetime,
    risk: Risk,
) -> Step:
    """The risk of a decision is assessed afterwards, by the questions of governance.yaml. Raises `UnknownDecision`, `NothingToAssess` and
    `FaultyFields`."""
    decision = _found(incident, number)
    if not decision.assessment_due or decision.assessment:
        raise NothingToAssess(id=incident.id, number=number)
    told = [
        FieldFault(f"risk:{name}", f"Choose one of {', '.join(choices)}.")
        for name, choices in risk.questions.items()
        if answers.get(name) not in choices
    ]
    told += text_fault(
        "mitigations", mitigations, LONGEST_TEXT, required="Say what lowers the risk, or that nothing has to."
    )
    refuse(told)
    given = {name: answers[name] for name in risk.questions}
    points = sum(risk.questions[name][answer] for name, answer in given.items())
    level = max((name for name, begins in risk.levels.items() if points >= begins), key=lambda name: risk.levels[name])
    assessment = Assessment(given, points, level, mitigations.strip(), who, now)
    after = with_decision(incident, replace(decision, assessment=assessment))
    return stepped(incident, after, Happened.ASSESSED, by, {"mitigations": assessment.mitigations}, number=number)


def folded(incident: Incident, number: int, path: str, by: Account) -> Step:
    """What a decision taught is drafted as a document. Raises `UnknownDecision`."""
    decision = _found(incident, number)
    drafts = tuple(dict.fromkeys((*decision.drafts, path)))
    return stepped(
        incident, with_decision(incident, replace(decision, drafts=drafts)), Happened.FOLDED, by, number=number
    )


def followed_up(incident: Incident, obligation: str, by: Account) -> Step:
    """Something is to be done afterwards."""
    after = replace(incident, follow_ups=(*incident.follow_ups, obligation))
    return stepped(incident, after, Happened.FOLLOWED_UP, by)


def handed_over(incident: Incident, to: Person, by: Account, who: Person, now: datetime) -> Step:
    """Somebody else is in command. Raises `IncidentClosed` and `FaultyFields` (field: to)."""
    check_open(incident)
    if incident.commander and to.same_human_as(incident.commander):
        refuse([FieldFault("to", f"{to} is in command already.")])
    after = replace(incident, commanders=(*incident.commanders, Taken(to, now, who)))
    return stepped(incident, after, Happened.HANDED_OVER, by)


def closed(incident: Incident, summary: str, by: Account | None, who: Person, now: datetime) -> Step:
    """It is over. Raises `IncidentClosed` and `FaultyFields` (field: summary)."""
    check_open(incident)
    refuse(text_fault("summary", summary, LONGEST_TEXT))
    after = replace(incident, stage=Stage.CLOSED, closed_at=now, closed_by=who, summary=summary.strip())
    return stepped(incident, after, Happened.CLOSED, by, {"summary": after.summary})


def check_open(incident: Incident) -> None:
    """Raises `IncidentClosed`."""
    if incident.stage is Stage.CLOSED:
        raise IncidentClosed(id=incident.id)


def faults(wording: Wording, levels: Sequence[str]) -> list[FieldFault]:
    """What is wrong with what a form says of a decision; `levels` are those of risk in governance.yaml."""
    kind = kind_of(wording.kind)
    told = [] if kind else [FieldFault("kind", f"Choose one of {', '.join(DecisionKind)}.")]
    told += text_fault("statement", wording.statement, LONGEST_TEXT, required=STATEMENT)
    told += text_fault("rationale", wording.rationale, LONGEST_TEXT)
    told += text_fault("options", wording.options, LONGEST_TEXT)
    if levels and wording.risk not in (*levels, ""):
        told.append(FieldFault("risk", f"Choose one of {', '.join(levels)}."))
    elif levels and kind is DecisionKind.ACCEPT_RISK and not wording.risk:
        told.append(FieldFault("risk", "Say which risk is accepted."))
    if len(wording.waives) > MOST_WAIVED:
        told.append(
            FieldFault("waives", f"Name {MOST_WAIVED} clauses at most; record the others as a decision of their own.")
        )
    return told


def with_decision(incident: Incident, decision: Decision) -> Incident:
    """The incident with a decision in the place of the one of its number."""
    new = tuple(decision if each.number == decision.number else each for each in incident.decisions)
    return replace(incident, decisions=new)


def _found(incident: Incident, number: int) -> Decision:
    decision = incident.decision(number)
    if decision is None:
        raise UnknownDecision(id=incident.id)
    return decision


def _words(decision: Decision) -> dict[str, str]:
    words = {name: getattr(decision, name) for name in ("statement", "rationale", "options")}
    return words | {"clauses": ", ".join(each.clause for each in decision.waived)}


def stepped(
    before: Incident | None,
    after: Incident,
    happened: Happened,
    by: Account | None,
    words: Mapping[str, str] | None = None,
    *,
    number: int = 0,
) -> Step:
    """A step from one state to another."""
    old, new = facts(before) if before else {}, facts(after)
    changed = [name for name in new if name not in old or old[name] != new[name]]
    entry = Entry(
        action=f"incident.{happened}",
        subject=after.id,
        by=by,
        before={name: old[name] for name in changed if name in old and name != "decisions"},
        after={name: _newest(name, old.get(name), new[name]) for name in changed},
        rule="incidents",
        words={name: text for name, text in (words or {}).items() if text},
    )
    return Step(after, happened, entry if changed else None, number)


def _newest(name: str, old: Json, new: Json) -> Json:
    """Of the decisions those that are otherwise than before: a bridge may take many."""
    if name != "decisions" or not isinstance(new, list):
        return new
    was = old if isinstance(old, list) else []
    return [each for each in new if each not in was]


def facts(incident: Incident) -> dict[str, Json]:
    """What the record keeps of a state. Nobody's own words: their digests are among them."""
    commander = incident.commander
    return {
        "stage": incident.stage,
        "severity": incident.severity,
        "key": incident.key,
        "source": incident.source,
        "room": incident.room,
        "service": incident.service,
        "commander": (commander.account or commander.id) if commander else "",
        "follow_ups": [*incident.follow_ups],
        "decisions": [_kept(each) for each in incident.decisions],
    }


def _kept(decision: Decision) -> dict[str, Json]:
    return {
        "number": decision.number,
        "kind": decision.kind,
        "digest": decision.digest,
        "by": decision.by.account or decision.by.id,
        "risk": decision.risk,
        "waived": {each.clause: each.request or bool(each.missing) for each in decision.waived},
        "assessment": decision.assessment.level if decision.assessment else decision.assessment_due,
        "drafts": [*decision.drafts],
        "corrections": len(decision.earlier),
    }

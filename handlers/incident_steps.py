"""What is done with an incident by whoever is on its bridge: decisions are recorded and corrected, assessed and folded into standards;
follow-ups are given, command is handed over, the incident is closed.

A button proves nothing: who somebody is and what they may do is looked at when their wish is handled, in the transaction that
holds the incident.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from bot.cards import incident_forms
from bot.cards import incidents as cards
from bot.cards.model import Form, Reply
from bot.domain import incident_steps as steps
from bot.domain import obligation_steps
from bot.domain.drafted import slug
from bot.domain.exception_forms import LONGEST_TEXT, FieldFault, refuse, text_fault
from bot.domain.incident_commands import About, Does, OpenIncidentStep, TakeIncidentStep
from bot.domain.incident_drafts import adr_of, change_of
from bot.domain.incident_steps import Wording
from bot.domain.incidents import Decision, Incident
from bot.domain.obligations import Kind, Wanted
from bot.domain.people import Account, same_writing
from bot.errors import FaultyFields, NoIncidentHere, NothingToAssess, UnknownDecision, UnknownId
from handlers.desk import Desk
from handlers.drafting import adr_path, draft, folder_of, next_number
from handlers.exception_requests import target_of
from handlers.incident_telling import done
from handlers.incidents import named, person_of
from handlers.obligations import close, oblige

Values = Mapping[str, str]
DAYS_TO_FOLD = 30  # for whoever owns the standard
_APART = re.compile(r"[\s,;]+")


def form(command: OpenIncidentStep, desk: Desk) -> Form:
    """The form with the words that a step needs. Raises what keeps somebody from it."""
    by = command.by
    steps.check_member(by)
    incident = _found(command.about, by, desk)
    about = replace(command.about, id=incident.id)
    match about.does:
        case Does.CORRECT:
            steps.may_correct(incident, about.number, about.digest, person_of(by, desk))
        case Does.ASSESS:
            _owed(incident, about.number)
        case Does.FOLD:
            _decision(incident, about.number)
        case Does.DECIDE | Does.CLOSE | Does.HAND_OVER:
            steps.check_open(incident)
    return _drawn(incident, about, command.values, desk)


def take(command: TakeIncidentStep, desk: Desk) -> Reply:
    """Does it. What is wrong in the form stands beside its field."""
    by = command.by
    steps.check_member(by)
    incident = _found(command.about, by, desk, lock=True)
    about = replace(command.about, id=incident.id)
    try:
        after = _ACTS[about.does](incident, about, command.values, by, desk)
    except FaultyFields as faulty:
        return _drawn(incident, about, command.values, desk, faulty.facts.get("fields", ()))
    return cards.taken(after, about, about.number or len(after.decisions))


def _drawn(incident: Incident, about: About, values: Values, desk: Desk, faults: object = ()) -> Form:
    return incident_forms.step_form(incident, about, values, desk.governance, faults=faults)  # type: ignore[arg-type]  # a tuple of them


def _found(about: About, by: Account, desk: Desk, *, lock: bool = False) -> Incident:
    incidents = desk.transaction.incidents
    found = incidents.get(about.id, lock=lock) if about.id else incidents.open_in(by.here, lock=lock)
    if found is None:
        if about.id:
            raise UnknownId(id=about.id, nearest="")
        raise NoIncidentHere
    return found


def _decide(incident: Incident, _about: About, values: Values, by: Account, desk: Desk) -> Incident:
    who = person_of(by, desk)
    waives = tuple(part for part in _APART.split(values.get("waives", "")) if part)
    refuse(_unknown_clauses(waives, desk))
    step = steps.decided(
        incident,
        _wording(values, waives),
        by,
        recorder=who,
        decider=named(values.get("decided_by", ""), "decided_by", by, desk) or who,
        now=desk.transaction.now,
        levels=tuple(desk.governance.risk.levels),
    )
    return done(step, desk)


def _correct(incident: Incident, about: About, values: Values, by: Account, desk: Desk) -> Incident:
    step = steps.corrected(
        incident,
        about.number,
        _wording(values, ()),
        by,
        who=person_of(by, desk),
        digest=about.digest,
        now=desk.transaction.now,
        levels=tuple(desk.governance.risk.levels),
    )
    return done(step, desk)


def _assess(incident: Incident, about: About, values: Values, by: Account, desk: Desk) -> Incident:
    """The assessment closes the obligation to make it, with what was found as its evidence."""
    unit = desk.transaction
    decision = _owed(incident, about.number)
    answers = {name.removeprefix("risk:"): text for name, text in values.items() if name.startswith("risk:")}
    step = steps.assessed(
        incident,
        about.number,
        answers,
        values.get("mitigations", ""),
        by,
        who=person_of(by, desk),
        now=unit.now,
        risk=desk.governance.risk,
    )
    after = step.incident.decision(about.number)
    owed = unit.obligations.get(decision.assessment_due, lock=True)
    if owed and owed.met_at is None and after and after.assessment:
        found = after.assessment
        evidence = f"{found.level} risk, {found.points} points. {found.mitigations}"[:LONGEST_TEXT]
        close(owed, obligation_steps.met(owed, str(by), evidence, unit.now), by, desk)
    return done(step, desk)


def _fold(incident: Incident, about: About, values: Values, by: Account, desk: Desk) -> Incident:
    """What a decision taught becomes a draft, and an obligation of whoever owns the standard, else of the commander."""
    unit, decision = desk.transaction, _decision(incident, about.number)
    title, lesson = " ".join(values.get("title", "").split()), values.get("lesson", "").strip()
    told = text_fault("title", title, 120, required="Give the document a title.")
    told += text_fault("lesson", lesson, 3_000, required="Say what is to be done otherwise from now on.")
    target = target_of(values["target"], desk.library) if values.get("target") else None
    is_change = values.get("as") == "standard"
    if is_change and target is None:
        told.append(FieldFault("target", "Name the standard or clause that is to be changed, by its id."))
    refuse(told)
    today = desk.governance.calendar.today(unit.now)
    if is_change and target:
        path = f"{folder_of('standard', desk.library)}/proposed/{slug(target.id)}-{incident.id.lower()}-{decision.number}.md"
        text = change_of(incident, decision, target, title, lesson, on=today)
    else:
        number = next_number("adr", desk.library, unit)
        path = adr_path(number, title, desk.library)
        text = adr_of(incident, decision, number, title, lesson, on=today)
    step = steps.folded(incident, about.number, path, by)
    owner = _owner(target.owner if target else "", incident, by)
    stored = done(step, desk)
    draft(incident.id, path, text, desk)
    if owner:
        day = date.fromordinal(today.toordinal() + DAYS_TO_FOLD)
        wanted = Wanted(f"Take “{title}” into the knowledge folder, or say why not: {path}", owner, day, Kind.DOCUMENT)
        oblige(incident.id, _title(incident), [wanted], by, desk)
    return stored


def _follow_up(incident: Incident, _about: About, values: Values, by: Account, desk: Desk) -> Incident:
    owner = named(values.get("owner", ""), "owner", by, desk)
    told = text_fault("what", values.get("what", ""), 1_000, required="Say what is to be done.")
    if not owner or not owner.email:
        told.append(FieldFault("owner", "Name who sees to it, by an address that their platform vouches for."))
    day, today = _day(values.get("due", "")), desk.governance.calendar.today(desk.transaction.now)
    if day is None or not today <= day <= today + obligation_steps.LATEST:
        told.append(FieldFault("due", "Give the day by which it has to be done: today or a later one."))
    refuse(told)
    if owner is None or day is None:
        raise AssertionError("refused above")
    wanted = Wanted(values["what"].strip(), same_writing(owner.email), day, Kind.FOLLOW_UP)
    (made,) = oblige(incident.id, _title(incident), [wanted], by, desk)
    return done(steps.followed_up(incident, made.id, by), desk)


def _hand_over(incident: Incident, _about: About, values: Values, by: Account, desk: Desk) -> Incident:
    to = named(values.get("to", ""), "to", by, desk)
    if to is None:
        refuse([FieldFault("to", "Name who takes command.")])
        raise AssertionError("refused above")
    return done(steps.handed_over(incident, to, by, person_of(by, desk), desk.transaction.now), desk)


def _close(incident: Incident, _about: About, values: Values, by: Account, desk: Desk) -> Incident:
    step = steps.closed(incident, values.get("summary", ""), by, person_of(by, desk), desk.transaction.now)
    return done(step, desk)


_ACTS: Mapping[Does, Callable[[Incident, About, Values, Account, Desk], Incident]] = MappingProxyType(
    {
        Does.DECIDE: _decide,
        Does.CORRECT: _correct,
        Does.ASSESS: _assess,
        Does.FOLD: _fold,
        Does.FOLLOW_UP: _follow_up,
        Does.HAND_OVER: _hand_over,
        Does.CLOSE: _close,
    }
)


def _wording(values: Values, waives: tuple[str, ...]) -> Wording:
    names = ("kind", "statement", "rationale", "options", "risk")
    return Wording(**{name: values.get(name, "") for name in names}, waives=waives)


def _unknown_clauses(waives: tuple[str, ...], desk: Desk) -> list[FieldFault]:
    unknown = [clause for clause in waives if target_of(clause, desk.library) is None]
    return (
        [FieldFault("waives", f"{unknown[0][:60]} is no clause or standard here: write its id, like STD-004.3.")]
        if unknown
        else []
    )


def _decision(incident: Incident, number: int) -> Decision:
    decision = incident.decision(number)
    if decision is None:
        raise UnknownDecision(id=incident.id)
    return decision


def _owed(incident: Incident, number: int) -> Decision:
    decision = _decision(incident, number)
    if not decision.assessment_due or decision.assessment:
        raise NothingToAssess(id=incident.id, number=number)
    return decision


def _owner(said: str, incident: Incident, by: Account) -> str:
    """Who sees to a draft: the standard's owner where that is an address, else the commander, else whoever asked for it."""
    first = said.split(",", maxsplit=1)[0].strip()
    if "@" in first:
        return same_writing(first)
    return (incident.commander.email if incident.commander else "") or by.email


def _title(incident: Incident) -> str:
    return f"{incident.severity} {incident.title}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None

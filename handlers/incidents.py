"""Incidents as people on a bridge open them and look them up: the form, the incident, its timeline."""

from __future__ import annotations

import json

from bot.cards import incident_forms
from bot.cards import incidents as cards
from bot.cards.model import Card, Form, Reply
from bot.domain import incident_steps as steps
from bot.domain.exception_forms import FieldFault
from bot.domain.incident_commands import OpenIncident, OpenIncidentForm, ShowIncident, ShowTimeline, incident_id
from bot.domain.incident_timeline import markdown_of, timeline_of
from bot.domain.incidents import Incident
from bot.domain.people import Account, Person, Standing
from bot.errors import FaultyFields, IncidentOpenHere, NoBridgeHere, NoIncidentHere, UnknownId
from handlers.desk import Desk
from handlers.incident_telling import done
from handlers.naming import person_named


def form(command: OpenIncidentForm, desk: Desk) -> Form:
    """The form with which an incident is opened here. Raises `MembersOnTheBridge`, `NoBridgeHere`, `IncidentOpenHere`."""
    _may_open(command.by, desk)
    return incident_forms.incident_form(command.values)


def open_(command: OpenIncident, desk: Desk) -> Reply:
    """Opens an incident on the bridge in which somebody speaks; one is open there at a time. Raises what `form` raises."""
    by, unit = command.by, desk.transaction
    steps.check_member(by)
    unit.incidents.lock()
    _may_open(by, desk)
    values = {
        "severity": command.severity,
        "title": command.title,
        "service": command.service,
        "commander": command.commander,
    }
    who = person_of(by, desk)
    try:
        step = steps.opened(
            unit.incidents.next_id(),
            by,
            who,
            unit.now,
            level=command.severity,
            title=command.title,
            room=by.here,
            service=command.service,
            commander=named(command.commander, "commander", by, desk) or who,
        )
    except FaultyFields as faulty:
        return incident_forms.incident_form(values, faults=faulty.facts["fields"])  # type: ignore[arg-type]  # a tuple of them
    return cards.opened(done(step, desk))


def show(command: ShowIncident, desk: Desk) -> Card:
    """An incident with its decisions and what is due of it. Raises `UnknownId`."""
    found = _known(command.id, command.by, desk)
    return cards.shown(found, desk.transaction.obligations.of(found.id), desk.governance.calendar.zone)


def timeline(command: ShowTimeline, desk: Desk) -> Card:
    """All that happened on a bridge, as Markdown or as JSON. Raises `UnknownId`, `NoIncidentHere`."""
    if command.id:
        found = _known(command.id, command.by, desk)
    else:
        here = desk.transaction.incidents.open_in(command.by.here) if command.by.standing is Standing.MEMBER else None
        if here is None:
            raise NoIncidentHere
        found = here
    due = desk.transaction.obligations.of(found.id)
    text = (
        json.dumps(timeline_of(found, due), indent=1, ensure_ascii=False)
        if command.as_json
        else markdown_of(found, due, desk.governance.calendar.zone)
    )
    return cards.timeline(found, text, as_json=command.as_json)


def person_of(by: Account, desk: Desk) -> Person:
    """Who acts, as it is kept."""
    return Person(desk.transaction.people.person_of(by), str(by), by.name, by.email)


def named(text: str, field: str, by: Account, desk: Desk) -> Person | None:
    """Whom a field names; None for an empty one. Raises `FaultyFields` (that field)."""
    if not text.strip():
        return None
    try:
        return person_named(text, by, desk, whose="their")
    except FaultyFields as faulty:
        fault = FieldFault(field, faulty.sentence)
        raise FaultyFields(faults=fault.sentence, fields=(fault,)) from faulty


def _may_open(by: Account, desk: Desk) -> None:
    steps.check_member(by)
    if not by.room:
        raise NoBridgeHere
    if found := desk.transaction.incidents.open_in(by.here):
        raise IncidentOpenHere(id=found.id, title=found.title)


def _known(id_: str, by: Account, desk: Desk) -> Incident:
    incidents = desk.transaction.incidents
    found = None
    if by.standing is Standing.MEMBER:
        found = incidents.get(id_) if incident_id(id_) else incidents.by_key(id_)
    if found is None:
        raise UnknownId(id=id_, nearest="")
    return found

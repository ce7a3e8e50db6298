"""Incidents through their handlers: who may do what, who is told, what follows from a decision, what a tool tells."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cards.model import Card, Form
from bot.domain.commands import understand
from bot.domain.incident_reports import Happening, ReportedDecision, ReportIncident
from bot.domain.incidents import DecisionKind, Incident, Stage
from bot.domain.obligations import Kind, Obligation
from bot.domain.people import Account, Standing
from bot.domain.timers import Timer
from bot.store.database import Database
from handlers import fall_due
from tests.databases import Clock
from tests.handlers.office import ADA, GRACE, GRACE_IN_TEAMS, PAT, SAM, Office, text_of

BRIDGE, WAR_ROOM, HEARS, TEAM = "slack:C0BRIDGE", "slack:C0INC", "slack:C0PAY", "teams:19:ops@thread.tacv2"
TOOL = Account("webhook", "pagerduty", name="PagerDuty")


def there(who: Account, room: str = BRIDGE) -> Account:
    return replace(who, room=room.partition(":")[2])


@pytest.fixture
def office(tmp_path: Path, database: Database, clock: Clock) -> Office:
    return Office(tmp_path / "folder", database, clock)


def says(office: Office, who: Account, line: str) -> Any:
    return office.does(understand(line, who, lambda _id: False))


def incident(office: Office, id_: str = "INC-1") -> Incident:
    found = office.database.read_now(lambda unit: unit.incidents.get(id_))
    assert found
    return found


def due(office: Office, id_: str = "INC-1") -> tuple[Obligation, ...]:
    return office.database.read_now(lambda unit: unit.obligations.of(id_))


def words(office: Office, room: str) -> str:
    """All that is said in a room."""
    return "\n".join(text_of(card) for card in office.heard(room))


def rings(office: Office) -> None:
    """Whatever is due is done."""

    def ring(unit: Any) -> Timer | None:
        timer: Timer | None = unit.timers.take_due()
        if timer:
            fall_due(timer, office.desk(unit))
        return timer

    while office.database.write_now(ring):
        pass


def opened(office: Office) -> Incident:
    says(office, there(ADA), "incident SEV-1 Checkout is down")
    return incident(office)


def test_an_incident_is_opened_by_its_words_and_its_card_stands_on_the_bridge(office: Office) -> None:
    reply = says(office, there(ADA), "incident sev1 Checkout is down")
    assert "INC-1 is open" in text_of(reply)
    assert "Ada is in command" in words(office, BRIDGE)
    assert office.labels(BRIDGE) == [["Record decision", "Add a follow-up", "Hand over", "Timeline", "Close"]]
    assert "Checkout is down" in words(office, WAR_ROOM)  # the room that governance.yaml names for SEV-1
    assert len(office.heard(WAR_ROOM)) == 1


def test_one_is_open_in_a_room_at_a_time(office: Office) -> None:
    opened(office)
    assert "INC-1 is open here already" in text_of(says(office, there(GRACE), "incident SEV-2 Slow"))
    assert "INC-1 is open here already" in text_of(says(office, there(GRACE), "incident"))
    assert "INC-2 is open" in text_of(says(office, there(GRACE, "slack:C0OTHER"), "incident SEV-2 Slow"))


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.STRANGER])
def test_guests_and_strangers_do_nothing_on_a_bridge(office: Office, standing: Standing) -> None:
    opened(office)
    outside = replace(there(GRACE), standing=standing)
    for line in ("incident SEV-2 Slow", "decide rollback release 41", "timeline", "show INC-1"):
        assert "Checkout" not in text_of(says(office, outside, line))
    assert incident(office).decisions == ()


def test_where_no_incident_is_open_one_is_told_how_to_open_it(office: Office) -> None:
    for line in ("decide", "decide rollback release 41", "timeline"):
        assert "incident SEV-2" in text_of(says(office, there(GRACE), line))
    assert "where its bridge is" in text_of(says(office, GRACE, "incident SEV-1 Down"))


def test_a_decision_is_recorded_by_words_and_told_in_the_rooms_that_hear_once_each(office: Office) -> None:
    for room, line in (
        (HEARS, "subscribe incidents"),
        ("slack:C0CARDS", "subscribe incidents severity:SEV-1"),
        ("slack:C0DEAF", "subscribe incidents severity:SEV-3"),
    ):
        says(office, there(GRACE, room), line)
    opened(office)
    reply = says(office, there(GRACE), "decide rollback release 41")
    assert "Decision 1 of INC-1 is recorded" in text_of(reply)
    for room in (BRIDGE, WAR_ROOM, HEARS, "slack:C0CARDS"):
        assert words(office, room).count("Roll back: release 41") == (2 if room == BRIDGE else 1), (
            room
        )  # on its card too
    assert office.heard("slack:C0DEAF") == []
    assert incident(office).decisions[0].by.name == "Grace"


def test_one_more_decision_does_not_touch_the_cards_of_those_before(office: Office) -> None:
    opened(office)
    says(office, there(GRACE), "decide rollback release 41")
    first = office.database.read_now(lambda unit: unit.outbox.get("INC-1:decision:1"))
    says(office, there(GRACE), "decide contain keys of the crawler")
    says(office, there(ADA), "decide other wait")
    assert office.database.read_now(lambda unit: unit.outbox.get("INC-1:decision:1")) == first
    assert [each.kind for each in incident(office).decisions] == [
        DecisionKind.ROLLBACK,
        DecisionKind.CONTAIN,
        DecisionKind.OTHER,
    ]


def test_a_correction_shows_what_was_said_before_in_every_room(office: Office) -> None:
    opened(office)
    says(office, there(GRACE), "decide rollback release 41")
    form = office.press(there(GRACE), office.button(WAR_ROOM, "Correct"))
    assert isinstance(form, Form)
    assert "corrected" in text_of(office.send(form, there(GRACE), {"statement": "release 40"}))
    for room in (BRIDGE, WAR_ROOM):
        assert "release 41" in words(office, room)
        assert "release 40" in words(office, room)
    again = office.send(form, there(GRACE), {"statement": "release 39"})
    assert "corrected meanwhile" in text_of(again)
    refused = office.press(there(SAM), office.button(WAR_ROOM, "Correct"))
    assert "corrected by whoever recorded it" in text_of(refused)


def test_an_emergency_change_owes_an_assessment_that_closes_what_is_due(office: Office) -> None:
    opened(office)
    says(office, there(GRACE), "decide emergency_change open the firewall")
    (owed,) = due(office)
    assert (owed.kind, owed.owner, owed.met_at) == (Kind.ASSESSMENT, "ada@example.org", None)
    assert incident(office).decisions[0].assessment_due == owed.id
    assert owed.id in words(office, BRIDGE)
    form = office.press(there(ADA), office.button(WAR_ROOM, "Assess the risk"))
    assert isinstance(form, Form)
    wrong = office.send(form, there(ADA), {})
    assert isinstance(wrong, Form)
    assert wrong.faults
    answers = {field.name: field.choices[-1].value for field in form.fields if field.choices}
    assert "risk of decision 1" in text_of(office.send(form, there(ADA), {**answers, "mitigations": "Closed at noon."}))
    (met,) = due(office)
    assert met.met_at
    assert "Closed at noon." in met.evidence
    assert "Assessed afterwards: High" in words(office, WAR_ROOM) or "Assessed afterwards: high" in words(
        office, WAR_ROOM
    )
    assert "assessed already" in text_of(office.send(form, there(ADA), {**answers, "mitigations": "x"}))


def test_a_clause_that_is_set_aside_becomes_an_emergency_exception_request(office: Office) -> None:
    opened(office)
    form = says(office, there(GRACE), "decide")
    assert isinstance(form, Form)
    values = {
        "kind": "emergency_change",
        "statement": "Turn encryption off",
        "waives": "STD-001.1",
        "rationale": "The key store is down.",
    }
    assert isinstance(office.send(form, there(GRACE), values | {"waives": "STD-999"}), Form)
    office.send(form, there(GRACE), values)
    rings(office)
    request = office.request()
    assert (request.wish.target.id if request.wish.target else "", request.wish.emergency) == ("STD-001.1", True)
    assert request.asked_by.name == "Grace"
    assert incident(office).decisions[0].waived[0].request == request.id
    assert request.id in words(office, BRIDGE)
    assert request.id in words(office, WAR_ROOM)
    rings(office)
    assert office.request().id == request.id


def test_what_stands_in_the_way_of_an_exception_is_said_on_the_bridge(office: Office) -> None:
    told = ReportIncident(TOOL, Happening.DECIDED, "OPS-1", title="Down", severity="SEV-1", rooms=(BRIDGE,),
                          decision=ReportedDecision("emergency_change", "Turn it off", "d-1", decided_by="nobody@example.org", waives=("STD-001.1", "STD-404.1")))  # fmt: skip
    office.does(told)
    rings(office)
    assert "has not met nobody@example.org yet" in words(office, BRIDGE)
    assert "STD-404.1 is no clause" in words(office, BRIDGE)


def test_follow_ups_are_given_to_their_owners_and_counted_on_the_card(office: Office) -> None:
    opened(office)
    form = office.press(there(ADA), office.button(BRIDGE, "Add a follow-up"))
    assert isinstance(form, Form)
    day = office.clock.now.date() + timedelta(days=9)
    wrong = office.send(form, there(ADA), {"what": "", "owner": "Pat", "due": "yesterday"})
    assert isinstance(wrong, Form)
    assert set(wrong.faults) >= {"owner"}
    office.send(
        form,
        there(ADA),
        {"what": "Renew the certificate by machine", "owner": "pat@example.org", "due": day.isoformat()},
    )
    (given,) = due(office)
    assert (given.owner, given.kind, given.due) == ("pat@example.org", Kind.FOLLOW_UP, day)
    assert "Renew the certificate" in words(office, "slack:UPAT")
    assert "1 obligation, 1 open" in words(office, BRIDGE)
    office.press(PAT, ("obligation_close", given.id), evidence="https://ci.example.org/7")
    assert "1 obligation, all of them closed" in words(office, BRIDGE)


def test_what_a_decision_taught_is_drafted_and_given_to_an_owner(office: Office) -> None:
    opened(office)
    says(office, there(GRACE), "decide rollback release 41")
    form = office.press(there(ADA), office.button(WAR_ROOM, "Fold into standards"))
    assert isinstance(form, Form)
    office.send(form, there(ADA), {"as": "adr", "title": "Release in small steps", "lesson": "Ten percent first."})
    (draft,) = office.database.read_now(lambda unit: [*unit.drafted.all()])
    assert draft.path.endswith("release-in-small-steps.md")
    assert "> Ten percent first." in draft.text
    assert [each.kind for each in due(office)] == [Kind.DOCUMENT]
    assert draft.path in words(office, WAR_ROOM)
    changed = office.send(
        form,
        there(ADA),
        {"as": "standard", "title": "Keys too", "lesson": "Keys MUST be encrypted.", "target": "STD-001.1"},
    )
    assert "proposed" in text_of(changed)
    assert isinstance(office.send(form, there(ADA), {"as": "standard", "title": "x", "lesson": "y"}), Form)


def test_command_is_handed_over_and_the_incident_is_closed(office: Office) -> None:
    opened(office)
    form = office.press(there(ADA), office.button(BRIDGE, "Hand over"))
    assert isinstance(form, Form)
    assert isinstance(office.send(form, there(ADA), {"to": "who?"}), Form)
    assert "Pat is in command" in text_of(office.send(form, there(ADA), {"to": "pat@example.org"}))
    assert "Pat is in command" in words(office, BRIDGE)
    form = office.press(there(PAT), office.button(BRIDGE, "Close"))
    assert isinstance(form, Form)
    assert "INC-1 is closed" in text_of(office.send(form, there(PAT), {"summary": "The certificate had expired."}))
    assert incident(office).stage is Stage.CLOSED
    assert "certificate had expired" in words(office, WAR_ROOM)
    assert office.labels(BRIDGE) == [["Timeline", "Add a follow-up"]]
    assert "is closed" in text_of(office.send(form, there(PAT), {"summary": "again"}))
    assert "No incident is open here" in text_of(says(office, there(ADA), "decide rollback release 41"))
    says(office, there(ADA), "incident SEV-3 Another one")
    assert incident(office, "INC-2").stage is Stage.OPEN


def test_the_timeline_is_shown_as_markdown_and_as_json(office: Office) -> None:
    opened(office)
    says(office, there(GRACE), "decide rollback release 41")
    shown = says(office, there(SAM), "timeline")
    assert "# INC-1: Checkout is down" in text_of(shown)
    assert isinstance(shown, Card)
    other = office.press(there(SAM), shown.buttons[0])
    assert '"decided_by"' in text_of(other)
    assert "Checkout is down" in text_of(says(office, SAM, "show INC-1"))
    assert "no INC-9" in text_of(says(office, SAM, "show INC-9"))


def test_everything_that_happens_is_on_the_record_and_words_stand_beside_it(office: Office) -> None:
    opened(office)
    says(office, there(GRACE), "decide rollback the-secret-release")
    bodies = [body for body in office.recorded() if '"incident.' in body]
    assert [json.loads(body)["action"] for body in bodies] == ["incident.opened", "incident.decided"]
    assert not any("the-secret-release" in body for body in bodies)


def test_a_tool_opens_decides_and_closes_and_telling_it_again_changes_nothing(office: Office) -> None:
    begins = ReportIncident(
        TOOL,
        Happening.OPENED,
        "OPS-7",
        title="Down",
        severity="P2",
        rooms=(BRIDGE, "slack:C0MORE"),
        commander="ada@example.org",
    )
    decides = ReportIncident(
        TOOL,
        Happening.DECIDED,
        "OPS-7",
        decision=ReportedDecision("rollback", "release 41", "d-1", decided_by="pat@example.org"),
    )
    ends = ReportIncident(TOOL, Happening.CLOSED, "OPS-7")
    for command in (begins, begins, decides, decides, ends, ends, decides):
        office.does(command)
    now = incident(office)
    assert (now.key, now.source, now.severity, now.room, now.stage) == (
        "OPS-7",
        "pagerduty",
        "SEV-2",
        BRIDGE,
        Stage.CLOSED,
    )
    assert now.commander
    assert now.commander.email == "ada@example.org"
    assert [each.by.email for each in now.decisions] == ["pat@example.org"]
    assert words(office, "slack:C0MORE").count("release 41") == 1
    assert "Closed" in words(office, "slack:C0MORE")
    actions = [json.loads(body)["action"] for body in office.recorded() if '"incident.' in body]
    assert actions == ["incident.opened", "incident.decided", "incident.closed"]
    late = replace(decides, decision=ReportedDecision("contain", "Keys revoked", "d-2"))
    office.does(late)
    assert len(incident(office).decisions) == 2
    other = replace(decides, decision=ReportedDecision("rollback", "release 40", "d-1"))
    office.does(other)
    first = incident(office).decisions[0]
    assert (first.statement, first.earlier[0].statement) == ("release 40", "release 41")
    assert "Down" in text_of(says(office, GRACE, "timeline OPS-7"))


def test_a_tool_makes_no_second_incident_in_a_room_with_one(office: Office) -> None:
    opened(office)
    office.does(ReportIncident(TOOL, Happening.OPENED, "OPS-8", title="Other", severity="SEV-1", rooms=(BRIDGE,)))
    assert incident(office, "INC-2").room == ""
    assert "Other" in words(office, BRIDGE)


def test_people_of_both_platforms_decide_on_one_bridge(office: Office) -> None:
    says(office, replace(GRACE_IN_TEAMS, room="19:ops@thread.tacv2"), "incident SEV-1 Checkout is down")
    says(office, there(ADA, "slack:C0PAY"), "subscribe incidents")
    button = office.button(TEAM, "Record decision")
    form = office.press(there(ADA, WAR_ROOM), button)
    assert isinstance(form, Form)
    office.send(form, there(ADA, WAR_ROOM), {"kind": "contain", "statement": "Revoke the keys"})
    assert "Revoke the keys" in words(office, TEAM)
    assert "Revoke the keys" in words(office, "slack:C0PAY")

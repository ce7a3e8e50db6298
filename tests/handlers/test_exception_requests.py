"""Exception requests through their handlers: who is told what, what they can press, what stands on the record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cards.model import Card, Form
from bot.domain.exception_requests import Stage, State
from bot.store.database import Database
from tests.databases import Clock
from tests.handlers.office import (
    ADA,
    DORA,
    FILLED_IN,
    GRACE,
    GRACE_IN_TEAMS,
    HIGH,
    MODERATE,
    PAT,
    PAT_IN_TEAMS,
    SAM,
    Office,
    text_of,
)

ARCHITECTS, PLATFORM, SECURITY = "slack:C0ARCH", "slack:C0PLAT", "teams:19:sec@thread.tacv2"
HERS = "slack:UGRACE"


@pytest.fixture
def office(tmp_path: Path, database: Database, clock: Clock) -> Iterator[Office]:
    return Office(tmp_path / "folder", database, clock)  # type: ignore[return-value]  # nothing is to be closed


def actions(office: Office) -> list[str]:
    return [json.loads(body)["action"] for body in office.recorded() if "exception_request" in body]


def test_a_request_of_low_risk_is_approved_by_one_architect(office: Office) -> None:
    sent = office.ask()
    assert (sent.id, sent.terms.level) == ("EX-1", "low")
    reply = office.decide(ADA, ARCHITECTS, "Approve")
    assert "counts" in text_of(reply)
    now = office.request()
    assert (now.stage, now.status) == (Stage.APPROVED, State.IN_FORCE)
    assert office.labels(ARCHITECTS) == [["Show"]]
    assert "Ada" in office.said(ARCHITECTS)
    assert {"Renew", "Remedied", "Show"} in [set(each) for each in office.labels(HERS)]
    assert actions(office) == ["exception_request.submitted", "exception_request.approved"]


def test_seats_of_three_roles_are_filled_on_either_platform(office: Office) -> None:
    office.ask(values=MODERATE)
    office.decide(ADA, ARCHITECTS, "Approve")
    office.decide(SAM, SECURITY, "Approve")
    assert "platform" in office.said(ARCHITECTS)
    office.decide(PAT_IN_TEAMS, PLATFORM, "Approve")
    assert office.request().status == State.IN_FORCE
    for room in (ARCHITECTS, PLATFORM, SECURITY):
        assert office.labels(room) == [["Show"]]


def test_high_risk_wants_the_sentence_typed(office: Office) -> None:
    office.ask(values=HIGH)
    form = office.press(SAM, office.button(SECURITY, "Approve"))
    assert isinstance(form, Form)
    assert [field.name for field in form.fields] == ["acceptance"]
    empty = office.send(form, SAM, {})
    assert isinstance(empty, Form)
    assert empty.faults.keys() == {"acceptance"}
    assert "counts" in text_of(office.send(form, SAM, {"acceptance": "I accept the risk."}))
    office.decide(DORA, "slack:UDORA", "Approve", acceptance="So do I.")
    assert office.request().status == State.IN_FORCE


def test_nobody_decides_on_their_own_request_through_whichever_account(office: Office) -> None:
    office.ask(by=ADA)
    for account in (ADA, GRACE):
        reply = office.press(account, office.button(ARCHITECTS, "Approve"))
        assert "own request" in text_of(reply) or "no such role" in text_of(reply)
    assert office.request().stage is Stage.SUBMITTED
    assert actions(office)[1:] == ["exception_request.refused", "exception_request.refused"]


def test_facts_that_are_older_than_a_minute_decide_nothing(office: Office) -> None:
    office.ask()
    office.facts_age = timedelta(seconds=61)
    assert "older than a minute" in text_of(office.press(ADA, office.button(ARCHITECTS, "Approve")))
    assert office.request().stage is Stage.SUBMITTED


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(office: Office) -> None:
    form = office.press(GRACE, ("exception_form", "STD-001.1"))
    assert isinstance(form, Form)
    wrong = office.send(form, GRACE, FILLED_IN | {"until": "2028-01-01", "reason": ""})
    assert isinstance(wrong, Form)
    assert wrong.faults.keys() == {"until", "reason"}
    again = office.press(GRACE, ("exception_form", "STD-001.1"))
    assert isinstance(again, Form)
    assert {field.name: field.value for field in again.fields}["service"] == "payments"


def test_changes_are_asked_for_and_sent_again(office: Office) -> None:
    office.ask()
    old = office.button(ARCHITECTS, "Approve")
    office.decide(ADA, ARCHITECTS, "Ask for changes", words="Say until when.")
    form = office.press(GRACE, office.button(HERS, "Change and send again"))
    assert isinstance(form, Form)
    reply = office.send(form, GRACE, {"reason": "Until the new appliance is there."})
    assert isinstance(reply, Card), reply
    assert "has changed since" in text_of(office.press(ADA, old))
    office.decide(ADA, ARCHITECTS, "Approve")
    assert office.request().status == State.IN_FORCE
    assert [bool(set(each) & {"Approve"}) for each in office.labels(ARCHITECTS)] == [False, False]


def test_a_waiver_is_warned_of_expires_and_is_renewed_before(office: Office) -> None:
    office.ask(values=FILLED_IN | {"until": "2026-12-04"})
    office.decide(ADA, ARCHITECTS, "Approve")
    office.clock.advance(days=6)
    office.fall_due()
    form = office.press(GRACE, office.button(HERS, "Renew"))
    assert isinstance(form, Form)
    reply = office.send(form, GRACE, {"until": "2027-01-29"})
    assert isinstance(reply, Card), reply
    office.decide(ADA, ARCHITECTS, "Approve")
    assert office.request("EX-1").waiver.renewed_by == "EX-2"  # type: ignore[union-attr]
    office.clock.advance(days=8)
    office.fall_due()
    assert office.request("EX-1").status == State.RENEWED
    assert office.request("EX-2").status == State.IN_FORCE


def test_an_overdue_condition_asks_the_seats_anew(office: Office) -> None:
    office.ask()
    office.decide(
        ADA,
        ARCHITECTS,
        "Approve with conditions",
        **{
            "condition:1:text": "Rotate the keys.",
            "condition:1:owner": "pat@example.org",
            "condition:1:due": "2026-12-01",
        },
    )
    assert "Rotate the keys." in office.said("slack:UPAT")
    assert office.request().waiver.conditions[0].obligation == "OB-1"  # type: ignore[union-attr]
    office.clock.advance(days=10)
    office.fall_due()
    assert office.button(ARCHITECTS, "Keep").primary
    office.decide(ADA, ARCHITECTS, "Keep")
    assert "Keep" not in str(office.labels(ARCHITECTS))
    office.decide(PAT, "slack:UPAT", "Done", evidence="https://git.example.org/keys/7")
    assert not office.request().waiver.is_flagged  # type: ignore[union-attr]


def test_a_clause_that_reads_differently_flags_what_stands_against_it(office: Office) -> None:
    office.ask()
    office.decide(ADA, ARCHITECTS, "Approve")
    office.write(
        "standards/STD-001.md",
        (office.folder / "standards/STD-001.md").read_text().replace("be encrypted", "be encrypted twice"),
    )
    office.look()
    assert office.request().target_now == "Buckets MUST be encrypted twice."
    assert "twice" in office.said(HERS)
    assert "twice" in office.said(SECURITY)  # its owner's room


def test_one_person_on_both_platforms_sees_their_own_request_as_theirs(office: Office) -> None:
    office.ask()
    shown = office.press(GRACE_IN_TEAMS, ("exception_show", "EX-1"))
    assert isinstance(shown, Card)
    assert "Withdraw" in [button.label for button in shown.buttons]


def test_cards_are_drawn_anew_for_a_stale_button_once_a_minute_however_often_it_is_pressed(office: Office) -> None:
    office.ask()
    stale = office.button(ARCHITECTS, "Approve")
    office.decide(ADA, ARCHITECTS, "Approve")

    def drawn() -> object:
        found = office.database.read_now(lambda unit: unit.outbox.of("EX-1", "exception_review"))
        return found[0].facts.get("drawn")

    assert drawn() is None
    assert "nothing" in text_of(office.press(DORA, stale)) or "already" in text_of(office.press(DORA, stale))
    first = drawn()
    assert first == office.clock.now.isoformat()
    office.clock.advance(seconds=59)
    office.press(DORA, stale)
    assert drawn() == first
    office.clock.advance(seconds=1)
    office.press(DORA, stale)
    assert drawn() == office.clock.now.isoformat() != first

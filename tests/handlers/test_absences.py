"""Being away, and what a delegate holds meanwhile; through the handlers, with the people as they are linked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.commands import Ask, understand
from bot.domain.exception_commands import GoAway
from bot.domain.governance_reading import read
from bot.domain.people import Account, Standing
from bot.domain.rights import Voter
from bot.store.database import Database
from handlers.voters import voter
from knowledge.governance import File
from tests.databases import Clock
from tests.domain.cast import RULES, STARTER
from tests.handlers.office import (
    ADA,
    ADA_IN_TEAMS,
    ALAN,
    DORA,
    GRACE,
    GRACE_IN_TEAMS,
    MODERATE,
    PAT,
    SAM,
    Office,
    text_of,
)

ARCHITECTS, SECURITY = "slack:C0ARCH", "teams:19:sec@thread.tacv2"


@pytest.fixture
def office(tmp_path: Path, database: Database, clock: Clock) -> Office:
    return Office(tmp_path / "folder", database, clock)


def says(office: Office, by: Account, words: str) -> str:
    command = understand(f"away {words}", by, lambda _: False)
    assert isinstance(command, GoAway), command
    return text_of(office.does(command))


def as_voter(office: Office, by: Account) -> Voter:
    return office.database.read_now(lambda unit: voter(by, office.desk(unit)))


def held(office: Office, by: Account) -> list[tuple[str, list[str]]]:
    """Whom somebody speaks for, with which roles."""
    return [(each.absence.of.name, sorted(each.roles)) for each in as_voter(office, by).delegations]


def record(office: Office) -> list[dict[str, Any]]:
    return [body for each in office.recorded() if (body := json.loads(each))["action"] == "absence.announced"]


def test_somebody_is_away_until_a_day_and_another_one_speaks_for_them(office: Office) -> None:
    said = says(office, SAM, "until 2026-12-04 delegate alan@example.org")
    assert "You are away until 4 December 2026. Alan speaks for you meanwhile." in said
    assert held(office, ALAN) == [("Sam", ["security"])]
    assert "You speak for Sam until 4 December 2026." in says(office, ALAN, "")
    assert "You are away until 4 December 2026." in says(office, SAM, "")
    assert "You are not away." in says(office, GRACE, "")


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("friday", "27 November"),
        ("tomorrow", "23 November"),
        ("4 December", "4 December"),
        ("Dec 4, 2026", "4 December"),
    ],
)
def test_days_can_be_written_as_people_do(office: Office, words: str, until: str) -> None:
    assert f"You are away until {until} 2026. Nobody speaks for you" in says(office, SAM, f"until {words}")


@pytest.mark.parametrize(
    ("named", "by"),
    [("slack:UALAN", SAM), ("@UALAN", SAM), ("Alan@Example.org", SAM), ("slack:UALAN", ADA_IN_TEAMS)],
)
def test_a_delegate_is_named_by_account_or_address(office: Office, named: str, by: Account) -> None:
    assert "Alan speaks for you meanwhile" in says(office, by, f"until friday delegate {named}")
    assert len(held(office, ALAN)) == 1


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("@Alan", "“@Alan” names nobody: give your delegate's e-mail address, or mention them"),
        ("Alan Turing", "“Alan Turing” names nobody"),
        ("eve@example.org", "I have not met eve@example.org yet: ask them to write “help” to me once"),
        ("alаn@example.org", "I have not met alаn@example.org yet"),
        ("slack:UEVE", "I have not met that colleague yet"),
        ("sam@example.org", "You cannot be your own delegate"),
        ("{0.__class__}", "“{0.__class__}” names nobody"),
    ],
)
def test_whoever_is_not_known_is_no_delegate_and_it_is_said_how_to_name_one(
    office: Office, named: str, sentence: str
) -> None:
    assert sentence in says(office, SAM, f"until friday delegate {named}")
    assert "You are not away." in says(office, SAM, "")
    assert record(office) == []


def test_one_who_is_linked_to_nobody_is_no_delegate(office: Office) -> None:
    guest = replace(ALAN, id="UGUEST", standing=Standing.GUEST)
    office.database.write_now(lambda unit: unit.people.meet(guest))
    assert "I do not know whose account your delegate's is" in says(office, SAM, "until friday delegate slack:UGUEST")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("until yesterday", "2026-11-21 is past: give the last day of your absence."),
        ("until 2028-01-01", "2028-01-01 is more than a year away"),
        ("until whenever", "“whenever” is no day: write it like 2026-12-04, friday, tomorrow or 4 December."),
        ("until 04/12/2026", "is no day"),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_how_to_write_one(office: Office, words: str, sentence: str) -> None:
    assert sentence in says(office, SAM, words)
    assert record(office) == []


def test_words_that_begin_alike_are_a_question() -> None:
    for words in ("away until further notice is what", "away team", "away until 4 of them are back"):
        assert isinstance(understand(words, SAM, lambda _: False), Ask)


def test_guests_and_accounts_of_nobody_are_not_away(office: Office) -> None:
    assert "Only active, full members" in says(office, replace(SAM, standing=Standing.GUEST), "until friday")
    assert "I do not know whose account this is" in says(office, replace(SAM, id="U99", email=""), "until friday")


def test_an_absence_ends_with_its_last_day_in_the_calendars_zone(office: Office, clock: Clock) -> None:
    says(office, SAM, "until tomorrow delegate alan@example.org")
    clock.now = RULES.calendar.end_of_day(date(2026, 11, 23)) - timedelta(seconds=1)
    assert held(office, ALAN) == [("Sam", ["security"])]
    clock.advance(seconds=1)
    assert held(office, ALAN) == []
    assert "You are not away." in says(office, SAM, "")


def test_who_is_back_early_says_today_and_nobody_speaks_for_them_from_then_on(office: Office) -> None:
    says(office, SAM, "until 2026-12-04 delegate alan@example.org")
    assert "You are away until 22 November 2026. Nobody speaks for you" in says(office, SAM, "until today")
    assert held(office, ALAN) == []


def test_each_word_of_an_absence_goes_on_the_record_without_anybodys_address(office: Office) -> None:
    says(office, SAM, "until 2026-12-04 delegate alan@example.org")
    says(office, SAM, "until friday")
    says(office, SAM, "")
    first, second = record(office)
    assert first["subject"].startswith("person:")
    assert first["before"] == {}
    assert first["after"]["until"] == "2026-12-04"
    assert second["before"] == first["after"]
    assert second["after"] == {"until": "2026-11-27", "delegate": ""}
    assert "@" not in json.dumps([first["after"], first["subject"]])


def test_a_delegates_voice_fills_the_seat_of_the_one_who_is_away(office: Office) -> None:
    office.ask(values=MODERATE)
    refused = office.decide(DORA, SECURITY, "Approve")
    assert "is decided by architect, platform and security, and you hold no such role now" in text_of(refused)
    says(office, SAM, "until friday delegate dora@example.org")
    assert "counts" in text_of(office.decide(DORA, SECURITY, "Approve"))
    (voice,) = office.request().voices
    assert (voice.right.by.name, str(voice.right.speaks_for), *voice.right.roles) == ("Dora", "Sam", "security")


def test_whoever_lost_their_role_or_their_membership_hands_nothing_on(office: Office) -> None:
    says(office, SAM, "until friday delegate alan@example.org")
    values, lines = File(b"roles: {security: {people: [pat@example.org]}}\n").values()
    office.governance = read(values, lines, STARTER.values()[0], revision="4a2d", digest="4a2d")
    assert held(office, ALAN) == [("Sam", [])]
    office.governance = RULES
    assert held(office, ALAN) == [("Sam", ["security"])]
    office.database.write_now(lambda unit: unit.people.meet(replace(SAM, standing=Standing.STRANGER)))
    assert held(office, ALAN) == [("Sam", [])]


def test_somebody_hands_on_the_roles_of_the_address_that_they_have_now(office: Office) -> None:
    says(office, SAM, "until friday delegate alan@example.org")
    office.database.write_now(lambda unit: unit.people.meet(replace(SAM, email="samantha@example.org")))
    assert held(office, ALAN) == [("Sam", [])]


def test_a_role_through_a_group_alone_is_held_and_not_handed_on(office: Office) -> None:
    values, lines = File(
        b"roles: {security: {slack_groups: [S1]}, architect: {people: [grace@example.org]}}\n"
    ).values()
    office.governance = read(values, lines, STARTER.values()[0], revision="5b", digest="5b")
    grace = replace(GRACE, groups=frozenset({"slack:S1"}))
    assert as_voter(office, grace).roles == {"security", "architect"}
    says(office, grace, "until friday delegate alan@example.org")
    assert held(office, ALAN) == [("Grace", ["architect"])]


def test_a_voter_is_one_person_on_both_platforms_with_their_roles(office: Office) -> None:
    office.database.write_now(lambda unit: unit.people.meet(ADA_IN_TEAMS))
    here, there = as_voter(office, ADA), as_voter(office, ADA_IN_TEAMS)
    assert here.person == there.person != ""
    assert here.roles == there.roles == {"architect"}
    assert here.facts_age == timedelta(seconds=1)


def test_a_guest_holds_no_role_whatever_their_address_says(office: Office) -> None:
    says(office, SAM, "until friday delegate pat@example.org")
    guest = as_voter(office, replace(PAT, standing=Standing.GUEST, groups=frozenset({"slack:S012ARCH"})))
    assert (guest.roles, guest.delegations) == (frozenset(), ())


def test_a_delegate_speaks_from_either_of_their_accounts(office: Office) -> None:
    office.database.write_now(lambda unit: unit.people.meet(GRACE_IN_TEAMS))
    says(office, SAM, "until friday delegate slack:UGRACE")
    assert held(office, GRACE_IN_TEAMS) == [("Sam", ["security"])]

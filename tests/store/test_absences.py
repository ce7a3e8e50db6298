"""Who is away and who speaks for them, as it is kept and as people are linked when it is looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bot.domain.absences import Absence
from bot.domain.people import Account, Person, Standing
from bot.store.database import Database
from tests.databases import NOON, Clock

UNTIL, ENDS = date(2026, 12, 4), NOON + timedelta(days=12, hours=12)
SAM = Person("p-sam", "slack:U-sam", "Sam", "sam@example.org")
PAT = Person("p-pat", "teams:29:pat", "Pat", "pat@example.org")
ADA = Person("p-ada", "slack:U-ada", "Ada", "ada@example.org")
SLACK = Account("slack", "U-sam", "T1", email="sam@example.org")
TEAMS = Account("teams", "29:sam", "tenant", email="sam@example.org")


def away(of: Person = SAM, delegate: Person | None = ADA, ends: datetime = ENDS, since: datetime = NOON) -> Absence:
    return Absence(of, since, UNTIL, ends, delegate)


def put(database: Database, *absences: Absence) -> None:
    for each in absences:
        database.write_now(lambda unit, each=each: unit.absences.put(each))  # type: ignore[misc]


def of(database: Database, person: str) -> Absence | None:
    return database.read_now(lambda unit: unit.absences.of(person))


def speaks_for(database: Database, person: str, now: datetime = NOON) -> list[str]:
    return [each.of.id for each in database.read_now(lambda unit: unit.absences.delegated_to(person, now))]


def met(database: Database, account: Account) -> str:
    return database.write_now(lambda unit: unit.people.meet(account))


def test_an_absence_takes_the_place_of_the_last_one_of_its_person(database: Database) -> None:
    put(database, away(), away(PAT, None), away(delegate=PAT, since=NOON + timedelta(hours=1)))
    assert of(database, "p-sam") == away(delegate=PAT, since=NOON + timedelta(hours=1))
    assert of(database, "p-pat") == away(PAT, None)
    assert of(database, "p-ada") is None
    assert speaks_for(database, "p-ada", NOON + timedelta(hours=2)) == []
    assert speaks_for(database, "p-pat", NOON + timedelta(hours=2)) == ["p-sam"]


def test_a_delegate_speaks_for_all_who_are_away_as_long_as_they_are(database: Database) -> None:
    put(database, away(), away(PAT, ends=ENDS + timedelta(days=1)), away(replace(PAT, id="p-eve", account=""), SAM))
    moments = (NOON - timedelta(seconds=1), NOON, ENDS - timedelta(microseconds=1), ENDS, ENDS + timedelta(days=1))
    assert [speaks_for(database, "p-ada", now) for now in moments] == [
        [],
        ["p-pat", "p-sam"],
        ["p-pat", "p-sam"],
        ["p-pat"],
        [],
    ]
    assert of(database, "p-sam") == away()


def test_an_absence_is_of_somebody_who_is_known(database: Database) -> None:
    with pytest.raises(ValueError, match="of a person"):
        put(database, away(replace(SAM, id="")))


def test_an_absence_stays_of_whoever_has_the_account_when_it_is_linked_anew(database: Database) -> None:
    sam = met(database, SLACK)
    ada = met(database, Account("slack", "U-ada", "T1", email="ada@example.org"))
    put(database, away(replace(SAM, id=sam), replace(ADA, id=ada)))
    later = met(database, replace(SLACK, email="sam.spade@example.org"))
    assert later != sam
    assert (of(database, sam), of(database, later)) == (None, away(replace(SAM, id=later), replace(ADA, id=ada)))
    heir = met(database, Account("slack", "U-ada", "T1", email="heir@example.org"))
    assert (speaks_for(database, ada), speaks_for(database, heir)) == ([], [later])
    met(database, replace(SLACK, standing=Standing.GUEST))
    assert speaks_for(database, heir) == [sam]  # who was linked when it was said, and holds no role


def test_who_was_two_persons_has_the_last_absence_of_both(database: Database, clock: Clock) -> None:
    sam = met(database, SLACK)
    put(database, away(replace(SAM, id=sam)))
    other = met(database, replace(TEAMS, email="sam.spade@example.org"))
    put(database, away(replace(SAM, id=other, account=str(TEAMS)), None, since=NOON + timedelta(hours=1)))
    assert speaks_for(database, "p-ada", NOON + timedelta(hours=2)) == [sam]
    assert met(database, replace(SLACK, email="sam.spade@example.org")) == other
    assert speaks_for(database, "p-ada", NOON + timedelta(hours=2)) == []
    last = of(database, other)
    assert last
    assert last.delegate is None
    put(database, away(replace(SAM, id=other), ADA, since=NOON + timedelta(hours=3)))
    assert speaks_for(database, "p-ada", NOON + timedelta(hours=4)) == [other]

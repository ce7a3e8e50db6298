"""Forms that somebody has begun: kept for who fills them in, and not for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.people import Account
from bot.store.database import Database
from tests.databases import Clock

ADA = Account("slack", "U1", "T1", name="Ada")


def save(database: Database, who: Account, form: str, values: Mapping[str, str]) -> None:
    database.write_now(lambda unit: unit.drafts.save(who, form, values))


def found(database: Database, who: Account, form: str = "new") -> Mapping[str, str] | None:
    return database.read_now(lambda unit: unit.drafts.find(who, form))


def test_what_was_typed_last_is_there_for_who_typed_it_and_in_that_form(database: Database) -> None:
    save(database, ADA, "new", {"reason": "first", "service": "payments"})
    save(database, ADA, "new", {"reason": "ä€😀 'quoted'\n", "risk:data": ""})
    assert found(database, replace(ADA, name="Ada L.", room="C1")) == {"reason": "ä€😀 'quoted'\n", "risk:data": ""}
    assert found(database, ADA, "renews=EX-7") is None
    assert found(database, replace(ADA, id="U2")) is None
    assert found(database, replace(ADA, platform="teams")) is None


def test_a_form_that_was_sent_is_begun_anew(database: Database) -> None:
    save(database, ADA, "new", {"reason": "first"})
    save(database, ADA, "renews=EX-7", {"reason": "second"})
    for _ in range(2):
        database.write_now(lambda unit: unit.drafts.drop(ADA, "new"))
        assert found(database, ADA) is None
    assert found(database, ADA, "renews=EX-7") == {"reason": "second"}


def test_a_draft_is_there_for_two_weeks_since_it_was_saved_last(database: Database, clock: Clock) -> None:
    save(database, ADA, "new", {})
    clock.advance(days=13)
    assert found(database, ADA) == {}
    save(database, ADA, "new", {"reason": "more"})
    clock.advance(days=13, hours=23)
    assert found(database, ADA) == {"reason": "more"}
    clock.advance(hours=1)
    assert found(database, ADA) is None

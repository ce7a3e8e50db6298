"""Reviews as they are kept: whole, with the people as they are linked, found by what is searched."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

from bot.domain.announcements import Announcement
from bot.domain.people import Account, Person
from bot.domain.reviews import Review, Stage
from bot.store.database import Database
from bot.store.forgetting import forget
from bot.store.transaction import Transaction
from tests.databases import Clock
from tests.domain.cast import ADA, GRACE, MONDAY
from tests.domain.test_reviews import BOARD, NONE, asked, say

ALL = {
    "RV-1": asked(service="Checkout", tags="network"),
    "RV-2": replace(say(asked(BOARD), ADA), id="RV-2"),
    "RV-3": replace(asked(NONE), id="RV-3"),
    "RV-4": replace(asked(service="checkout"), id="RV-4", stage=Stage.APPROVED, decided_at=MONDAY + timedelta(days=2)),
}


def kept(database: Database) -> None:
    def put(unit: Transaction) -> None:
        for each in ALL.values():
            unit.reviews.put(each)

    database.write_now(put)


def ids(found: tuple[Review, ...]) -> list[str]:
    return [each.id for each in found]


def test_a_review_comes_back_as_it_was_put(database: Database) -> None:
    kept(database)
    for id_, each in ALL.items():
        assert database.read_now(lambda unit, id_=id_: unit.reviews.get(id_)) == each  # type: ignore[misc]  # mypy cannot infer it
    assert database.read_now(lambda unit: unit.reviews.get("RV-99")) is None
    assert database.read_now(lambda unit: unit.reviews.get("EX-1")) is None


def test_ids_are_given_once(database: Database) -> None:
    first = database.write_now(lambda unit: [unit.reviews.next_id(), unit.reviews.next_id()])
    assert first == ["RV-1", "RV-2"]


def test_the_queue_is_what_waits_the_oldest_first(database: Database) -> None:
    kept(database)
    assert ids(database.read_now(lambda unit: unit.reviews.open())) == ["RV-1", "RV-2"]
    assert ids(database.read_now(lambda unit: unit.reviews.listed(pending=True))[0]) == ["RV-1", "RV-2"]
    assert ids(database.read_now(lambda unit: unit.reviews.listed(board=True))[0]) == ["RV-2"]
    assert ids(database.read_now(lambda unit: unit.reviews.listed(service=" CHECKOUT "))[0]) == ["RV-4", "RV-1"]
    assert database.read_now(lambda unit: unit.reviews.listed(count=1))[1] == 4


def test_mine_are_those_that_i_asked_for_and_those_that_i_review(database: Database) -> None:
    kept(database)
    hers = GRACE.as_person
    assert ids(database.read_now(lambda unit: unit.reviews.listed(asker=hers))[0]) == ["RV-4", "RV-3", "RV-2", "RV-1"]
    adas = Person("", email="ada@example.org")
    assert ids(database.read_now(lambda unit: unit.reviews.listed(asker=adas))[0]) == ["RV-2"]
    assert database.read_now(lambda unit: unit.reviews.listed(asker=Person("")))[1] == 0


def test_a_meeting_has_those_that_are_before_its_board(database: Database) -> None:
    kept(database)
    day = date(2026, 11, 24)
    assert ids(database.read_now(lambda unit: unit.reviews.of_meeting("board", day))) == ["RV-2"]
    assert ids(database.read_now(lambda unit: unit.reviews.of_meeting("light", day))) == []
    assert ids(database.read_now(lambda unit: unit.reviews.these(["RV-4", "RV-2", "RV-77", "x"]))) == ["RV-2", "RV-4"]


def test_earlier_ones_are_of_the_service_or_the_area(database: Database) -> None:
    kept(database)
    assert ids(database.read_now(lambda unit: unit.reviews.earlier("checkout", ()))) == ["RV-4", "RV-1"]
    assert ids(database.read_now(lambda unit: unit.reviews.earlier("", ("network",)))) == ["RV-1"]
    assert ids(database.read_now(lambda unit: unit.reviews.earlier("", ()))) == []


def test_how_long_decisions_took_is_read_from_their_columns(database: Database) -> None:
    kept(database)
    spans = database.read_now(lambda unit: unit.reviews.decided_since(MONDAY))
    assert spans == ((MONDAY, MONDAY + timedelta(days=2)),)
    assert database.read_now(lambda unit: unit.reviews.decided_since(MONDAY + timedelta(days=3))) == ()


def test_people_in_a_review_are_told_as_they_are_linked_now(database: Database) -> None:
    account = Account("slack", "U-grace", "T1", name="Grace", email="grace@example.org")
    kept(database)
    person = database.write_now(lambda unit: unit.people.meet(account))
    found = database.read_now(lambda unit: unit.reviews.get("RV-1"))
    assert found
    assert found.asked_by.id == person


def test_what_was_said_of_an_open_review_is_kept_however_old(database: Database, clock: Clock) -> None:
    kept(database)

    def announce(unit: Transaction) -> None:
        for id_ in ALL:
            unit.outbox.announce(Announcement(f"{id_}:review:1", id_, "review_card", {}))

    database.write_now(announce)
    clock.advance(days=200)
    asyncio.run(forget(database, timedelta(days=90)))
    left = database.read_now(lambda unit: [id_ for id_ in ALL if unit.outbox.of(id_)])
    assert left == ["RV-1", "RV-2"]

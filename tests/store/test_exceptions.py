"""Exception requests as they are kept: whole, with the people as they are linked, one writer at a time, with their proofs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.domain import exception_submissions as submissions
from bot.domain import waivers
from bot.domain.audit import Entry
from bot.domain.exception_register import Proof
from bot.domain.exception_requests import Choice, ExceptionRequest
from bot.domain.people import Account, Standing
from bot.store import schema
from bot.store.database import Database
from bot.store.transaction import Transaction
from tests.databases import Clock
from tests.domain.cast import (
    ADA,
    CALM,
    GRACE,
    HIGH,
    LOW,
    MODERATE,
    MONDAY,
    PAT,
    RULES,
    SAM,
    approved,
    due,
    granted,
    happened,
    say,
    submitted,
    wish,
    with_condition,
)

LATER = MONDAY + timedelta(days=14)


def sent_again() -> ExceptionRequest:
    asked = say(submitted(), ADA, Choice.ASK_FOR_CHANGES).request
    return submissions.resubmit(asked, wish(service="billing", answers=MODERATE), GRACE, MONDAY, RULES).request


def overdue() -> ExceptionRequest:
    return happened(due(with_condition(), "condition:1:2026-12-04", LATER)).request


def kept() -> ExceptionRequest:
    request = overdue()
    return waivers.keep(request, ADA, LATER, digest=request.digest, words="It may stay.").request


# Every kind of request that people can make, by what led to it.
KINDS: dict[str, Callable[[], ExceptionRequest]] = {
    "submitted": submitted,
    "for a high risk": lambda: submitted(answers=HIGH, links=("https://a.example/1", "https://a.example/2")),
    "one voice of three": lambda: say(submitted(answers=MODERATE), ADA).request,
    "formally accepted": lambda: say(submitted(answers=HIGH), SAM).request,
    "changes asked": lambda: say(submitted(), ADA, Choice.ASK_FOR_CHANGES).request,
    "sent again": sent_again,
    "declined": lambda: say(submitted(), ADA, Choice.DECLINE).request,
    "withdrawn": lambda: submissions.withdraw(submitted(), GRACE, MONDAY, "Never mind.").request,
    "lapsed": lambda: happened(due(submitted(), "lapse:1", LATER + timedelta(days=60))).request,
    "approved": approved,
    "under conditions": lambda: with_condition(date(2026, 12, 4), date(2026, 12, 8)),
    "an emergency": lambda: submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30)),
    "granted at once": granted,
    "looked at again": lambda: say(granted(answers=LOW), ADA).request,
    "not looked at": lambda: happened(due(granted(), "second_look", LATER)).request,
    "revoked": lambda: waivers.revoke(approved(), ADA, "Not any more.", MONDAY).request,
    "remedied": lambda: waivers.remedy(approved(), GRACE, "Moved.", MONDAY).request,
    "followed": lambda: happened(waivers.follow(approved(), "EX-8", MONDAY)).request,
    "overdue": overdue,
    "kept": kept,
    "met": lambda: waivers.meet(with_condition(), 1, GRACE, "Rotated.", MONDAY).request,
    "with an obligation": lambda: waivers.obliged(with_condition(), {1: "OB-40"}),
    "reworded": lambda: happened(waivers.reworded(approved(), "Buckets SHOULD be encrypted.")).request,
    "expired": lambda: happened(due(approved(), "expire:2026-12-31", LATER + timedelta(days=60))).request,
}


def keep(database: Database, *requests: ExceptionRequest) -> None:
    def put(unit: Transaction) -> None:
        for each in requests:
            unit.exceptions.put(each)

    database.write_now(put)


def found(database: Database, id_: str = "EX-7") -> ExceptionRequest:
    request = database.read_now(lambda unit: unit.exceptions.get(id_))
    assert request
    return request


def test_every_kind_of_request_is_read_as_it_was_written(database: Database) -> None:
    made = {name: replace(make(), id=f"EX-{number}") for number, (name, make) in enumerate(KINDS.items(), 1)}
    keep(database, *made.values())
    assert {name: found(database, each.id) for name, each in made.items()} == made
    assert [each.digest for each in made.values()] == [found(database, each.id).digest for each in made.values()]


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


@settings(CALM, suppress_health_check=[*HealthCheck], max_examples=60)
@given(words, words, st.sampled_from([*KINDS.values()]), st.integers(1, 10**9 - 1))
def test_whatever_people_write_is_read_as_it_was_written(
    database: Database, reason: str, service: str, make: Callable[[], ExceptionRequest], number: int
) -> None:
    request = make()
    request = replace(request, id=f"EX-{number}", wish=replace(request.wish, reason=reason, service=service))
    keep(database, request)
    assert found(database, request.id) == request


def test_a_request_takes_the_place_of_what_was_known_of_it(database: Database) -> None:
    keep(database, submitted())
    keep(database, approved())
    assert found(database) == approved()
    assert database.read_now(lambda unit: list(unit.exceptions.all())) == [approved()]


def test_all_are_there_in_the_order_of_their_ids(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.exceptions.AT_ONCE", 3)
    keep(database, *(replace(submitted(), id=f"EX-{number}") for number in (10, 9, 2, 11, 1, 100)))
    ids = [f"EX-{number}" for number in (1, 2, 9, 10, 11, 100)]
    assert database.read_now(lambda unit: [each.id for each in unit.exceptions.all()]) == ids


@pytest.mark.parametrize("id_", ["EX-8", "EX-0", "OB-7", "7", "", "EX-7 OR 1=1", "EX-" + "9" * 30])
def test_an_id_that_no_request_has_finds_none(database: Database, id_: str) -> None:
    keep(database, submitted())
    assert database.read_now(lambda unit: unit.exceptions.get(id_)) is None
    assert database.read_now(lambda unit: unit.exceptions.entries(id_)) == ()


def test_an_id_is_found_however_it_is_typed(database: Database) -> None:
    keep(database, submitted())
    assert found(database, "ex-007").id == "EX-7"


# People


def meet(database: Database, *accounts: Account) -> list[str]:
    return database.write_now(lambda unit: [unit.people.meet(each) for each in accounts])


def test_a_person_who_is_linked_later_is_recognised_on_reading(database: Database) -> None:
    nobody = replace(GRACE, person="")
    request = say(submissions.submit("EX-7", wish(answers=MODERATE), nobody, MONDAY, RULES).request, ADA).request
    keep(database, request)
    assert found(database).asked_by.id == ""
    teams = Account("teams", "U-ada-on-teams", "tenant", email="ada@example.org")
    grace, ada, same = meet(database, GRACE.account, ADA.account, teams)
    assert ada == same
    read = found(database)
    assert (read.asked_by.id, read.voices[0].right.by.id) == (grace, ada)
    assert read == replace(
        request,
        asked_by=replace(request.asked_by, id=grace),
        voices=(replace(request.voices[0], right=replace(request.voices[0].right, by=replace(ADA.as_person, id=ada))),),
    )
    assert database.read_now(lambda unit: list(unit.exceptions.all())) == [read]


def test_a_person_whose_link_is_lost_stays_who_they_were(database: Database) -> None:
    (grace,) = meet(database, GRACE.account)
    keep(database, replace(submitted(), asked_by=replace(GRACE.as_person, id=grace)))
    meet(database, replace(GRACE.account, standing=Standing.GUEST))
    assert found(database).asked_by.id == grace


# Ids


def test_no_id_is_given_twice_not_even_to_what_comes_to_nothing(database: Database) -> None:
    given = list[str]()

    def ask(unit: Transaction, number: int) -> None:
        id_ = unit.exceptions.next_id()
        given.append(id_)
        given.append(unit.exceptions.next_id())
        if number % 3 == 0:
            raise LookupError
        unit.exceptions.put(replace(submitted(), id=id_))

    async def all_at_once() -> None:
        await asyncio.gather(
            *(database.write(lambda unit, number=number: ask(unit, number)) for number in range(60)),  # type: ignore[misc]
            return_exceptions=True,
        )

    asyncio.run(all_at_once())
    assert len(given) == len({*given}) == 120
    assert database.read_now(lambda unit: unit.exceptions.listed(now=unit.now)[1]) == 40


def test_ids_go_on_after_the_last_one_when_the_process_starts_anew(database: Database, clock: Clock) -> None:
    first = database.write_now(lambda unit: unit.exceptions.next_id())
    keep(database, replace(submitted(), id=first))
    again = Database(database.engine.url.render_as_string(hide_password=False), clock)
    assert (first, again.write_now(lambda unit: unit.exceptions.next_id())) == ("EX-1", "EX-2")
    again.close_now()


# Locks


def test_clicks_at_the_same_time_lose_nothing(database: Database) -> None:
    keep(database, submitted())

    def click(unit: Transaction) -> None:
        request = unit.exceptions.get("EX-7", lock=True)
        assert request
        unit.exceptions.put(replace(request, round=request.round + 1))

    async def all_at_once() -> None:
        await asyncio.gather(*(database.write(click) for _ in range(80)))

    asyncio.run(all_at_once())
    assert found(database).round == 81


def test_who_locks_a_request_waits_for_who_has_it_and_who_reads_does_not(postgres_url: str, clock: Clock) -> None:
    database = Database(postgres_url, clock)
    schema.upgrade(database.engine)
    keep(database, submitted(), replace(submitted(), id="EX-8"))
    with database.engine.begin() as one, database.engine.begin() as other:
        has, wants = Transaction(one, MONDAY), Transaction(other, MONDAY)
        assert has.exceptions.get("EX-7", lock=True)
        other.execute(text("SET LOCAL lock_timeout = '50ms'"))
        assert wants.exceptions.get("EX-7")
        assert wants.exceptions.get("EX-8", lock=True)
        with pytest.raises(OperationalError, match="lock timeout"), other.begin_nested():
            wants.exceptions.get("EX-7", lock=True)
    database.close_now()


def test_a_click_costs_three_statements(database: Database) -> None:
    keep(database, say(submitted(answers=MODERATE), ADA).request)
    said = list[str]()

    def click(unit: Transaction) -> None:
        def count(*executed: Any) -> None:
            said.append(executed[2])

        event.listen(unit.connection, "before_cursor_execute", count)
        request = unit.exceptions.get("EX-7", lock=True)
        assert request
        unit.exceptions.put(say(request, PAT).request)
        event.remove(unit.connection, "before_cursor_execute", count)

    database.write_now(click)
    assert [statement.split()[0] for statement in said] == ["SELECT", "SELECT", "INSERT"]


# Proofs


def test_a_request_is_proved_by_the_entries_that_are_about_it(database: Database, clock: Clock) -> None:
    def recorded(unit: Transaction, action: str, id_: str) -> int:
        sequence = unit.audit.add(Entry(action, id_, GRACE.account, words={"reason": "Because."}))
        unit.exceptions.note(id_, sequence)
        unit.exceptions.note(id_, sequence)
        return sequence

    keep(database, submitted(), replace(submitted(), id="EX-8"))
    began = clock()
    for action, id_ in (("submitted", "EX-7"), ("submitted", "EX-8"), ("approved", "EX-7")):
        database.write_now(lambda unit, action=action, id_=id_: recorded(unit, f"exception_request.{action}", id_))  # type: ignore[misc]
        clock.advance(hours=1, microseconds=7)
    proofs = database.read_now(lambda unit: unit.exceptions.entries("EX-7"))
    head = database.read_now(lambda unit: unit.audit.head())
    assert proofs == (
        Proof(1, began, "exception_request.submitted", proofs[0].hash),
        Proof(3, began + timedelta(hours=2, microseconds=14), "exception_request.approved", head[1].hex()),
    )
    assert database.read_now(lambda unit: unit.exceptions.entries("EX-9")) == ()


def test_nothing_is_noted_of_what_is_not_there(database: Database) -> None:
    def noted(unit: Transaction) -> None:
        unit.exceptions.note("EX-7", unit.audit.add(Entry("a.b", "EX-7")))

    with pytest.raises(IntegrityError):
        database.write_now(noted)
    keep(database, submitted())
    with pytest.raises(IntegrityError):
        database.write_now(lambda unit: unit.exceptions.note("EX-7", 9))

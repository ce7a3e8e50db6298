"""Exception requests as they are found: by who asked, how they stand, for what and against what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.domain import exception_submissions as submissions
from bot.domain import waivers
from bot.domain.exception_forms import Target
from bot.domain.exception_register import Counts
from bot.domain.exception_requests import Choice, ExceptionRequest
from bot.domain.people import Account, Person, Standing
from bot.store.database import Database
from bot.store.transaction import Transaction
from tests.databases import Clock
from tests.domain.cast import ADA, CLAUSE, GRACE, MONDAY, RULES, approved, due, granted, happened, say, submitted, wish

SIBLING = replace(CLAUSE, id="STD-004.4")
NAMES = Target("STD-007.1", "standards/std-007.md", "STD-007", "Naming", "Names SHOULD tell.", "SHOULD")
HOURS = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _it_is_monday(clock: Clock) -> None:
    clock.now = MONDAY


def declined(**other: Any) -> ExceptionRequest:
    return say(submitted(**other), ADA, Choice.DECLINE).request


def keep(database: Database, *requests: ExceptionRequest) -> None:
    """They become EX-1, EX-2 and so on, asked an hour after one another."""

    def put(unit: Transaction) -> None:
        for number, each in enumerate(requests, 1):
            unit.exceptions.put(replace(each, id=f"EX-{number}", asked_at=MONDAY + number * HOURS))

    database.write_now(put)


def numbers(found: Iterable[ExceptionRequest]) -> list[int]:
    return [int(each.id.removeprefix("EX-")) for each in found]


def listed(database: Database, **wanted: Any) -> list[int]:
    found, total = database.read_now(lambda unit: unit.exceptions.listed(now=unit.now, **wanted))
    assert total == len(found)
    return numbers(found)


def test_the_newest_come_first_a_page_at_a_time(database: Database) -> None:
    keep(database, *[submitted()] * 5)

    def page(skip: int, count: int) -> tuple[list[int], int]:
        found, total = database.read_now(
            lambda unit: unit.exceptions.listed(now=unit.now, pending=True, skip=skip, count=count)
        )
        return numbers(found), total

    assert [page(0, 2), page(2, 2), page(4, 2), page(6, 2)] == [([5, 4], 5), ([3, 2], 5), ([1], 5), ([], 5)]


def test_pending_are_those_that_wait_for_a_decision(database: Database) -> None:
    changes_asked = say(submitted(), ADA, Choice.ASK_FOR_CHANGES).request
    keep(database, submitted(), changes_asked, granted(), approved(), declined())
    assert listed(database, pending=True) == [3, 2, 1]


def test_a_service_is_found_in_whatever_case(database: Database) -> None:
    keep(database, submitted(service="Payments"), submitted(service="STRASSE"), submitted(service="pay"))
    assert listed(database, service="payMENTS") == [1]
    assert listed(database, service=" straße ") == [2]
    assert listed(database, service="%") == []


def test_a_status_is_a_stage_or_what_became_of_the_waiver(database: Database) -> None:
    revoked = waivers.revoke(approved(), ADA, "Not any more.", MONDAY).request
    keep(database, submitted(), approved(), revoked, granted(), declined())
    statuses = ("submitted", "approved", "In force", "revoked", "declined", "lapsed", "no such word")
    found = {status: listed(database, status=status) for status in statuses}
    assert found == {
        "submitted": [4, 1],
        "approved": [3, 2],
        "In force": [4, 2],
        "revoked": [3],
        "declined": [5],
        "lapsed": [],
        "no such word": [],
    }


def test_waivers_that_end_soon_come_in_the_order_in_which_they_end(database: Database, clock: Clock) -> None:
    days = [date(2026, 12, 31), date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)]
    keep(database, *(approved(until=day) for day in days), submitted(until=days[1]), declined(until=days[1]))
    assert listed(database, expiring_before=date(2026, 12, 2)) == [2, 3]
    clock.now = MONDAY + timedelta(days=8)  # 1 December: the first is over, and its timer has not come round
    assert listed(database, expiring_before=date(2026, 12, 3)) == [3, 4]


def test_filters_narrow_down_one_another(database: Database) -> None:
    keep(database, submitted(service="a"), approved(service="a"), submitted(service="b"))
    assert listed(database, service="a", pending=True, asker=GRACE.as_person) == [1]
    assert listed(database, service="a", status="in force") == [2]


def asked(account: Account, person: str = "") -> ExceptionRequest:
    by = replace(GRACE, account=account, person=person)
    return submissions.submit("EX-7", wish(), by, MONDAY, RULES).request


def test_mine_are_those_of_all_my_accounts_as_they_are_linked_now(database: Database) -> None:
    slack, teams = GRACE.account, Account("teams", "29:grace", "tenant", email="grace@example.org")
    other = ADA.account
    keep(database, asked(slack), asked(teams), asked(other), asked(replace(slack, id="U-grace-left"), "p-grace"))
    assert listed(database, asker=Person("", str(slack))) == [1]
    assert listed(database, asker=Person("p-grace", "teams:29:grace")) == [4, 2]
    grace = database.write_now(lambda unit: [unit.people.meet(each) for each in (other, slack, teams)])[-1]
    for account in (slack, teams):
        assert listed(database, asker=Person(grace, str(account))) == [2, 1]


def test_what_was_asked_with_an_account_that_is_somebody_elses_since_is_not_mine(database: Database) -> None:
    slack = GRACE.account
    grace = database.write_now(lambda unit: unit.people.meet(slack))
    keep(database, asked(slack, grace))
    heir = database.write_now(lambda unit: unit.people.meet(replace(slack, email="heir@example.org")))
    assert listed(database, asker=Person(grace, "teams:29:grace")) == []
    assert listed(database, asker=Person(heir, str(slack))) == [1]
    database.write_now(lambda unit: unit.people.meet(replace(slack, standing=Standing.STRANGER)))
    assert listed(database, asker=Person(grace, "teams:29:grace")) == [1]  # nobody's now: it is hers as it was


def test_nobody_asked_for_what_everybody_asked_for(database: Database) -> None:
    keep(database, submitted())
    assert listed(database, asker=Person("")) == []


def test_against_documents_are_live_waivers_and_what_waits(database: Database, clock: Clock) -> None:
    expired = happened(due(approved(), "expire:2026-12-31", MONDAY + timedelta(days=60))).request
    keep(
        database,
        submitted(),
        approved(target=NAMES),
        approved(target=SIBLING),
        declined(),
        expired,
        granted(),
        submitted(target=replace(NAMES, document="elsewhere.md", standard="STD-009")),
    )

    def against(*wanted: Any) -> list[int]:
        return numbers(database.read_now(lambda unit: unit.exceptions.against(*wanted)))

    assert against([CLAUSE.document]) == [1, 3, 6]
    assert against([CLAUSE.document, NAMES.document]) == [1, 2, 3, 6]
    assert against([], ["STD-009", "STD-007"]) == [2, 7]
    assert against([NAMES.document], ["STD-007"]) == [2]
    assert against([]) == against(["no/such.md"], ["STD-000"]) == []
    many = [f"{number}.md" for number in range(1_000)]
    assert against([*many, CLAUSE.document]) == [1, 3, 6]
    clock.now = MONDAY + timedelta(days=60)  # the waivers are over, and no timer has come round
    assert against([CLAUSE.document]) == [1, 6]


def test_precedents_were_decided_on_the_same_standard_or_service(database: Database) -> None:
    keep(
        database,
        approved(),
        declined(target=SIBLING, service="other"),
        approved(target=NAMES, service="PAYMENTS"),
        approved(target=NAMES, service="other"),
        submitted(),
        say(submitted(), ADA, Choice.ASK_FOR_CHANGES).request,
        submissions.withdraw(submitted(), GRACE, MONDAY).request,
        approved(target=replace(CLAUSE, document="moved.md"), service="other"),
        granted(),
    )

    def earlier(target: Target, service: str, **wanted: Any) -> list[int]:
        return numbers(database.read_now(lambda unit: unit.exceptions.earlier(target, service, **wanted)))

    assert earlier(CLAUSE, "payments", but="EX-5") == [8, 3, 2, 1]
    assert earlier(CLAUSE, "payments", but="EX-3", most=2) == [8, 2]
    assert earlier(NAMES, "", but="") == [4, 3]
    assert earlier(Target("GUIDE.1", "guides/a.md"), "nobody's", but="EX-1") == []


def test_it_is_counted_how_many_stand_against_a_clause(database: Database, clock: Clock) -> None:
    changes_asked = say(submitted(), ADA, Choice.ASK_FOR_CHANGES).request
    keep(
        database,
        approved(),
        approved(),
        submitted(),
        changes_asked,
        declined(),
        granted(target=NAMES),
        declined(target=SIBLING),
    )
    counts = {"STD-004.3": Counts(in_force=2, pending=2), "STD-007.1": Counts(in_force=1, pending=0)}
    assert database.read_now(lambda unit: unit.exceptions.counts()) == counts
    clock.now = MONDAY + timedelta(days=60)  # no timer has come round
    assert database.read_now(lambda unit: unit.exceptions.counts()) == {"STD-004.3": Counts(in_force=0, pending=2)}

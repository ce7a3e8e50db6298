"""What decisions demand afterwards, as it is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from bot.domain.obligations import Obligation
from bot.store.database import Database
from bot.store.tables import exception_request
from bot.store.transaction import Transaction
from tests.databases import NOON, Clock

DUE, ENDS = date(2026, 12, 4), NOON + timedelta(days=12, hours=12)


def add(database: Database, subject: str, number: int, what: str = "Rotate the keys.") -> str:
    return database.write_now(lambda unit: unit.obligations.add(subject, number, what, "grace@example.org", DUE, ENDS))


def of(database: Database, subject: str) -> tuple[Obligation, ...]:
    return database.read_now(lambda unit: unit.obligations.of(subject))


def test_an_obligation_is_kept_with_an_id_of_its_own(database: Database) -> None:
    assert [add(database, "EX-7", 2), add(database, "EX-8", 1), add(database, "EX-7", 1, "Move.")] == [
        "OB-1",
        "OB-2",
        "OB-3",
    ]
    assert of(database, "EX-7") == (
        Obligation("OB-3", "EX-7", 1, "Move.", "grace@example.org", DUE, ENDS),
        Obligation("OB-1", "EX-7", 2, "Rotate the keys.", "grace@example.org", DUE, ENDS),
    )
    assert of(database, "EX-9") == ()


def test_an_obligation_is_met_once(database: Database, clock: Clock) -> None:
    id_, other = add(database, "EX-7", 1), add(database, "EX-7", 2)
    first = clock.advance(days=1)
    assert database.write_now(lambda unit: unit.obligations.met(id_, first, "OPS-7"))
    assert not database.write_now(lambda unit: unit.obligations.met(id_, clock.advance(days=1), "something else"))
    assert [(each.id, each.met_at, each.evidence) for each in of(database, "EX-7")] == [
        (id_, first, "OPS-7"),
        (other, None, ""),
    ]


@pytest.mark.parametrize("id_", ["OB-9", "OB-0", "EX-1", "1", "", "OB-1 OR 1=1", "OB-" + "9" * 40])
def test_what_is_no_obligation_is_not_met(database: Database, id_: str) -> None:
    add(database, "EX-7", 1)
    assert not database.write_now(lambda unit: unit.obligations.met(id_, NOON))
    assert of(database, "EX-7")[0].met_at is None


def test_a_subject_has_one_obligation_of_a_number(database: Database) -> None:
    add(database, "EX-7", 1)
    with pytest.raises(IntegrityError):
        add(database, "EX-7", 1, "Something else.")


GRACE, PAT = "grace@example.org", "pat@example.org"


def fill(database: Database) -> None:
    """Three of reviews and incidents, one of them late, and a condition of a waiver."""

    def filled(unit: Transaction) -> None:
        for subject, owner, days in (("RV-3", GRACE, 20), ("RV-3", PAT, -1), ("INC-1", GRACE, 5)):
            ends = NOON + timedelta(days=days)
            number = unit.obligations.next_number(subject)
            unit.obligations.add(
                subject, number, "Do it.", owner, ends.date(), ends, title="Checkout", given_by="slack:U1"
            )

    database.write_now(filled)


def listed(database: Database, **filters: Any) -> tuple[list[str], int]:
    found, total = database.read_now(lambda unit: unit.obligations.listed(now=unit.now, **filters))
    return [each.id for each in found], total


def test_what_is_due_is_listed_with_the_first_to_fall_due_first(database: Database) -> None:
    fill(database)
    assert listed(database) == (["OB-2", "OB-3", "OB-1"], 3)
    assert listed(database, skip=1, count=1) == (["OB-3"], 3)
    assert listed(database, overdue=True) == (["OB-2"], 1)
    assert listed(database, owners=["Grace@example.org", ""]) == (["OB-3", "OB-1"], 2)
    assert listed(database, owners=[]) == ([], 0)
    assert listed(database, subject="RV-3") == (["OB-2", "OB-1"], 2)
    database.write_now(lambda unit: unit.obligations.met("OB-2", unit.now, "Seen.", "slack:U2"))
    assert listed(database) == (["OB-3", "OB-1"], 2)
    assert listed(database, is_open=False) == (["OB-2"], 1)
    assert listed(database, is_open=None) == (["OB-3", "OB-1", "OB-2"], 3)
    assert listed(database, overdue=True, is_open=None) == ([], 0)


@pytest.mark.parametrize(
    ("status", "is_wanted"), [("in force", True), ("revoked", False), ("closed", False), ("expired", False)]
)
def test_conditions_of_waivers_that_have_ended_are_not_listed(database: Database, status: str, is_wanted: bool) -> None:
    request = {"number": 7, "stage": "approved", "status": status, "target": "STD-004.3", "document": "s.md", "standard": "",
               "service": "payments", "asker": "", "platform": "slack", "account": "U1", "asked_at": NOON.replace(tzinfo=None),
               "until": "2026-12-31", "ends": None, "facts": {}}  # fmt: skip
    database.write_now(lambda unit: unit.connection.execute(insert(exception_request), request) and None)
    id_, other = add(database, "EX-7", 1), add(database, "EX-8", 1)
    assert listed(database) == ([id_, other] if is_wanted else [other], 2 if is_wanted else 1)
    assert database.read_now(lambda unit: unit.obligations.is_wanted(id_)) is is_wanted
    assert database.read_now(lambda unit: unit.obligations.service_of("EX-7")) == "payments"


def test_what_becomes_of_one_is_kept(database: Database, clock: Clock) -> None:
    fill(database)
    later = clock.advance(days=30)
    assert database.write_now(lambda unit: unit.obligations.overdue("OB-3", unit.now))
    assert database.write_now(lambda unit: unit.obligations.hand_over("OB-3", PAT))
    assert database.write_now(lambda unit: unit.obligations.met("OB-3", unit.now, "Seen.", "slack:U2"))
    for gone in (
        database.write_now(lambda unit: unit.obligations.overdue("OB-3", unit.now)),
        database.write_now(lambda unit: unit.obligations.hand_over("OB-3", GRACE)),
    ):
        assert not gone
    found = database.write_now(lambda unit: unit.obligations.get("ob-03", lock=True))
    assert found
    assert (found.owner, found.overdue_at, found.met_at, found.evidence) == (PAT, later, later, "Seen.")
    assert (found.title, found.given_by, found.met_by, found.number) == ("Checkout", "slack:U1", "slack:U2", 1)
    assert database.read_now(lambda unit: unit.obligations.get("OB-9")) is None


@pytest.mark.parametrize("subject", ["", "RV-", "RV-x", "EX-99", "STD-004", "INC-" + "9" * 40, "RV-٣"])
def test_of_what_is_not_there_no_service_is_known(database: Database, subject: str) -> None:
    assert database.read_now(lambda unit: unit.obligations.service_of(subject)) == ""


def test_subjects_of_any_writing_can_be_listed(database: Database) -> None:
    for subject in ("EX-", "EX-x", "EX-1 OR 1=1", "OTHER", "INC-12"):
        add(database, subject, 1)
    assert listed(database)[1] == 5

"""What decisions demand afterwards, as it is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.obligations import Obligation
from bot.store.database import Database
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

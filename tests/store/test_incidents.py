"""Incidents as they are kept: one open in a room, one under a tool's key, whole as they were written."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.incidents import Incident, Stage
from bot.domain.people import Person
from bot.store.database import Database
from bot.store.transaction import Transaction
from tests.databases import NOON

ROOM = "slack:C0INC"


def an_incident(id_: str = "INC-1", **other: object) -> Incident:
    made = Incident(
        id_, "SEV-1", "Checkout is down", NOON, Person("", "slack:UADA", "Ada"), room=ROOM, service="Checkout"
    )
    return replace(made, **other)  # type: ignore[arg-type]


def put(database: Database, *incidents: Incident) -> None:
    def write(unit: Transaction) -> None:
        for each in incidents:
            unit.incidents.put(each)

    database.write_now(write)


def test_an_incident_is_kept_whole_and_found_by_all_that_it_is_called(database: Database) -> None:
    made = an_incident(key="OPS-7", source="pagerduty")
    put(database, made)
    found = database.read_now(
        lambda unit: (
            unit.incidents.get("inc-1"),
            unit.incidents.open_in(ROOM),
            unit.incidents.by_key("OPS-7"),
            unit.incidents.by_key("OPS-7", "pagerduty"),
        )
    )
    assert found == (made, made, made, made)
    none = database.read_now(
        lambda unit: (
            unit.incidents.get("INC-2"),
            unit.incidents.get("x"),
            unit.incidents.open_in(""),
            unit.incidents.by_key(""),
            unit.incidents.by_key("OPS-7", "other"),
        )
    )
    assert none == (None, None, None, None, None)


def test_one_is_open_in_a_room_at_a_time_and_a_closed_one_makes_place(database: Database) -> None:
    put(database, an_incident())
    with pytest.raises(IntegrityError):
        put(database, an_incident("INC-2"))
    put(
        database,
        an_incident(stage=Stage.CLOSED, closed_at=NOON),
        an_incident("INC-2"),
        an_incident("INC-3", room=""),
        an_incident("INC-4", room=""),
    )
    assert database.read_now(lambda unit: unit.incidents.open_in(ROOM)) == an_incident("INC-2")


def test_a_tools_key_is_of_one_incident(database: Database) -> None:
    put(
        database,
        an_incident(key="7", source="a", room="slack:C1"),
        an_incident("INC-2", key="7", source="b", room="slack:C2"),
    )
    with pytest.raises(IntegrityError):
        put(database, an_incident("INC-3", key="7", source="a", room="slack:C3"))


def test_they_are_listed_newest_first_by_what_is_asked_for(database: Database) -> None:
    made = [
        an_incident(f"INC-{n}", room=f"slack:C{n}", opened_at=NOON + timedelta(hours=n), severity=f"SEV-{n}")
        for n in (1, 2, 3)
    ]
    made[1] = replace(made[1], stage=Stage.CLOSED, closed_at=NOON, service="payments")
    put(database, *made)

    def ids(**asked: object) -> tuple[list[str], int]:
        found, total = database.read_now(lambda unit: unit.incidents.listed(**asked))  # type: ignore[arg-type]
        return [each.id for each in found], total

    assert ids() == (["INC-3", "INC-2", "INC-1"], 3)
    assert ids(open_only=True) == (["INC-3", "INC-1"], 2)
    assert ids(severity="SEV-2") == (["INC-2"], 1)
    assert ids(service="PAYMENTS ") == (["INC-2"], 1)
    assert ids(skip=1, count=1) == (["INC-2"], 3)


def test_ids_are_never_given_twice(database: Database) -> None:
    def taken(unit: Transaction) -> str:
        id_ = unit.incidents.next_id()
        unit.incidents.put(an_incident(id_, room=f"slack:{id_}"))
        return id_

    first = database.write_now(taken)
    assert database.write_now(lambda unit: unit.incidents.next_id()) != first
    assert len({database.write_now(taken) for _ in range(3)} | {first}) == 4


def test_of_two_that_open_one_at_once_the_second_finds_the_first(database: Database) -> None:
    found: list[str] = []
    begin = threading.Barrier(4)

    def opens(unit: Transaction) -> str:
        unit.incidents.lock()
        there = unit.incidents.open_in(ROOM)
        if there:
            return there.id
        id_ = unit.incidents.next_id()
        unit.incidents.put(an_incident(id_))
        return id_

    def run() -> None:
        begin.wait()
        found.append(database.write_now(opens))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 4
    assert len(set(found)) == 1

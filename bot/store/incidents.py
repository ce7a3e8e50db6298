"""Incidents with the decisions of their bridges: kept whole, searched by columns beside.

People in an incident are told as they are linked now (`bot.domain.incidents.recognised`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from bot.domain.incident_commands import incident_id
from bot.domain.incidents import Incident, Stage, read, recognised, written
from bot.domain.people import Person
from bot.store.database import insert_into
from bot.store.order import hold
from bot.store.people import People
from bot.store.tables import incident as incidents
from bot.store.types import naive

GIVEN = "archway.incident.number"  # what a connection of SQLite notes: the last number that was given
OPENING = 0x617263_696E6369  # PostgreSQL's advisory lock: one is opened at a time, so that a room and a key have one


class Incidents:
    """Reads and writes incidents. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime, people: People) -> None:
        self._connection, self._now, self._people = connection, now, people

    def lock(self) -> None:
        """Waits until nobody else opens an incident; from then on, until this transaction ends, nobody does. Taken before any other
        lock."""
        hold(self._connection, OPENING)

    def next_id(self) -> str:
        """An id that no incident has or will have, "INC-8". There are gaps: one whose transaction came to nothing is not given
        again as long as this process runs."""
        if self._connection.dialect.name == "postgresql":
            sequence = func.pg_get_serial_sequence(incidents.name, incidents.c.number.name)
            return f"INC-{self._connection.scalar(select(func.nextval(sequence)))}"
        last = self._connection.scalar(select(func.max(incidents.c.number))) or 0
        given = max(last, self._connection.info.get(GIVEN, 0)) + 1
        self._connection.info[GIVEN] = given
        return f"INC-{given}"

    def get(self, id_: str, *, lock: bool = False) -> Incident | None:
        """The incident of an id; None where there is none. `lock`: whoever else wants to lock it waits until this transaction
        ends, and finds what it wrote."""
        known = incident_id(id_)
        return self._one(incidents.c.number == _number(known), lock=lock) if known else None

    def open_in(self, room: str, *, lock: bool = False) -> Incident | None:
        """The incident that is open in a room ("slack:C0INC"); None where there is none."""
        return self._one(incidents.c.room == room, incidents.c.closed_at.is_(None), lock=lock) if room else None

    def by_key(self, key: str, source: str = "", *, lock: bool = False) -> Incident | None:
        """The incident that a tool calls so, the newest where several tools do; of one tool where its `source` is told."""
        if not key:
            return None
        where = [incidents.c.key == key, *([incidents.c.source == source] if source else [])]
        return self._one(*where, lock=lock)

    def put(self, incident: Incident) -> None:
        """Writes an incident, in the place of what was known of it. Raises `IntegrityError` where another one is open in its room, or
        has its key."""
        as_it_is = _columns(incident)
        self._connection.execute(
            insert_into(self._connection, incidents)
            .values(number=_number(incident.id), **as_it_is)
            .on_conflict_do_update(index_elements=[incidents.c.number], set_=as_it_is)
        )

    def listed(
        self, *, open_only: bool = False, severity: str = "", service: str = "", skip: int = 0, count: int = 20
    ) -> tuple[tuple[Incident, ...], int]:
        """Some of the incidents that fit all that is said, the newest first, and how many fit in all. `severity` as "SEV-1"; `service` is
        compared without case."""
        fits: list[ColumnElement[bool]] = []
        if open_only:
            fits.append(incidents.c.stage == Stage.OPEN.value)
        if severity:
            fits.append(incidents.c.severity == severity)
        if service:
            fits.append(incidents.c.service == service.strip().casefold())
        newest = (incidents.c.opened_at.desc(), incidents.c.number.desc())
        page = select(incidents).where(*fits).order_by(*newest).offset(skip).limit(count)
        total = self._connection.scalar(select(func.count()).select_from(incidents).where(*fits)) or 0
        return self._read(self._connection.execute(page).all()), total

    def _one(self, *where: ColumnElement[bool], lock: bool) -> Incident | None:
        newest = select(incidents).where(*where).order_by(incidents.c.number.desc()).limit(1)
        found = self._read(self._connection.execute(newest.with_for_update() if lock else newest).all())
        return found[0] if found else None

    def _read(self, rows: Sequence[Row[Any]]) -> tuple[Incident, ...]:
        """Incidents with the people in them as they are linked now."""
        found = [read(row.facts) for row in rows]
        met = list[str]()

        def meets(person: Person) -> str:
            met.append(person.account)
            return ""

        for each in found:
            recognised(each, meets)
        known = self._people.linked(met)
        return tuple(recognised(each, lambda person: known.get(person.account, "")) for each in found)


def _columns(incident: Incident) -> dict[str, Any]:
    return {
        "key": incident.key,
        "source": incident.source,
        "room": incident.room,
        "stage": incident.stage.value,
        "severity": incident.severity,
        "service": incident.service.strip().casefold(),
        "opened_at": naive(incident.opened_at),
        "closed_at": naive(incident.closed_at) if incident.closed_at else None,
        "facts": written(incident),
    }


def _number(id_: str) -> int:
    """The number in an id. Raises `ValueError` for what is no id of an incident."""
    return int(id_.removeprefix("INC-"))

"""Exception requests and the waivers that came of them: kept whole, searched by columns beside.

People in a request are told as they are linked now (`bot.domain.exception_requests.recognised`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, exists, func, or_, select, tuple_

from bot.domain.exception_commands import request_id
from bot.domain.exception_forms import Target
from bot.domain.exception_register import Counts, Proof
from bot.domain.exception_requests import ExceptionRequest, Stage, State, read, recognised, written
from bot.domain.people import Person
from bot.store.database import insert_into, insert_or_ignore
from bot.store.people import People
from bot.store.tables import account as accounts
from bot.store.tables import audit, exception_entry
from bot.store.tables import exception_request as requests
from bot.store.types import naive

AT_ONCE = 200  # requests, or values to look for, in one statement
GIVEN = "archway.exception_request.number"  # what a connection of SQLite notes: the last number that was given
UNDECIDED = (Stage.SUBMITTED, Stage.CHANGES_ASKED)

_undecided = requests.c.stage.in_(UNDECIDED)
_decided = requests.c.stage.in_([Stage.APPROVED, Stage.APPROVED_WITH_CONDITIONS, Stage.DECLINED])
_newest_first = (requests.c.asked_at.desc(), requests.c.number.desc())


class ExceptionRequests:
    """Reads and writes requests. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime, people: People) -> None:
        self._connection, self._now, self._people = connection, now, people

    def next_id(self) -> str:
        """An id that no request has or will have, "EX-8". There are gaps: one whose transaction came to nothing is not given
        again as long as this process runs."""
        if self._connection.dialect.name == "postgresql":
            sequence = func.pg_get_serial_sequence(requests.name, requests.c.number.name)
            return f"EX-{self._connection.scalar(select(func.nextval(sequence)))}"
        # One connection writes, and it holds the lock. It notes what it gave, which rolling back does not take from it.
        last = self._connection.scalar(select(func.max(requests.c.number))) or 0
        given = max(last, self._connection.info.get(GIVEN, 0)) + 1
        self._connection.info[GIVEN] = given
        return f"EX-{given}"

    def get(self, id_: str, *, lock: bool = False) -> ExceptionRequest | None:
        """The request of an id; None where there is none. `lock`: whoever else wants to lock it waits until this transaction
        ends, and finds what it wrote."""
        if not (known := request_id(id_)):
            return None
        this = select(requests).where(requests.c.number == _number(known))
        found = self._read(self._connection.execute(this.with_for_update() if lock else this).all())
        return found[0] if found else None

    def put(self, request: ExceptionRequest) -> None:
        """Writes a request, in the place of what was known of it."""
        as_it_is = _columns(request)
        self._connection.execute(
            insert_into(self._connection, requests)
            .values(number=_number(request.id), **as_it_is)
            .on_conflict_do_update(index_elements=[requests.c.number], set_=as_it_is)
        )

    def note(self, id_: str, sequence: int) -> None:
        """An entry of the record is about a request that was put; noted twice, it is noted."""
        insert_or_ignore(self._connection, exception_entry, [{"request": _number(id_), "sequence": sequence}])

    def entries(self, id_: str) -> tuple[Proof, ...]:
        """The entries of the record that are about a request, in order."""
        if not (known := request_id(id_)):
            return ()
        noted = (
            select(audit.c.sequence, audit.c.body, audit.c.hash)
            .join(exception_entry, exception_entry.c.sequence == audit.c.sequence)
            .where(exception_entry.c.request == _number(known))
            .order_by(audit.c.sequence)
        )
        return tuple(_proof(row) for row in self._connection.execute(noted))

    def listed(
        self,
        *,
        now: datetime,
        asker: Person | None = None,
        pending: bool = False,
        expiring_before: date | None = None,
        service: str = "",
        status: str = "",
        skip: int = 0,
        count: int = 20,
    ) -> tuple[tuple[ExceptionRequest, ...], int]:
        """Some of the requests that fit all that is said, the newest first, and how many fit in all.

        `asker`: those that one human asked for, through whichever account. `pending`: those that wait for a decision. `expiring_before`:
        waivers in force at `now` whose last day comes before it, the first to end first. `service` is compared without
        case. `status` is a stage or what became of the waiver, in the words that are shown.
        """
        fits: list[ColumnElement[bool]] = []
        if asker:
            fits.append(_is_of(asker))
        if pending:
            fits.append(_undecided)
        if expiring_before:
            fits += [_in_force(now), requests.c.until < expiring_before.isoformat()]
        if service:
            fits.append(requests.c.service == service.strip().casefold())
        if status:
            said = status.strip().lower()
            fits.append(or_(requests.c.status == said, requests.c.stage == said))
        order = (requests.c.ends, requests.c.number) if expiring_before else _newest_first
        page = select(requests).where(*fits).order_by(*order).offset(skip).limit(count)
        total = self._connection.scalar(select(func.count()).select_from(requests).where(*fits)) or 0
        return self._read(self._connection.execute(page).all()), total

    def against(self, documents: Collection[str], ids: Collection[str] = ()) -> tuple[ExceptionRequest, ...]:
        """Waivers in force and requests that wait for a decision, against documents of these paths, or these ids; by their own ids."""
        live = or_(_undecided, _in_force(self._now))
        found: dict[str, ExceptionRequest] = {}
        for column, wanted in ((requests.c.document, [*documents]), (requests.c.standard, [*ids])):
            for first in range(0, len(wanted), AT_ONCE):
                some = select(requests).where(column.in_(wanted[first : first + AT_ONCE]), live)
                found |= {each.id: each for each in self._read(self._connection.execute(some).all())}
        return tuple(found[id_] for id_ in sorted(found, key=_number))

    def waived(self, at: datetime, *, service: str = "", target: str = "") -> tuple[ExceptionRequest, ...]:
        """Those whose waiver was in force at a moment (aware), as far as is known now, by their ids. `service` and `target`, a clause's
        or a standard's id, are compared without case; "" for all."""
        fits: list[ColumnElement[bool]] = [requests.c.ends > naive(at)]
        if service:
            fits.append(requests.c.service == service.strip().casefold())
        if target:
            wanted = target.strip().lower()
            fits.append(or_(func.lower(requests.c.target) == wanted, func.lower(requests.c.standard) == wanted))
        found = self._read(self._connection.execute(select(requests).where(*fits).order_by(requests.c.number)).all())
        return tuple(each for each in found if each.waiver and each.waiver.in_force(at))

    def earlier(self, target: Target, service: str, *, but: str, most: int = 200) -> tuple[ExceptionRequest, ...]:
        """Requests that were approved or declined, against the same standard or for the same service, the newest first and at
        most so many; all but the one of the id `but`."""
        alike = [requests.c.document == target.document]
        if target.standard:
            alike.append(requests.c.standard == target.standard)
        if service.strip():
            alike.append(requests.c.service == service.strip().casefold())
        wanted = select(requests).where(_decided, or_(*alike)).order_by(*_newest_first).limit(most)
        if known := request_id(but):
            wanted = wanted.where(requests.c.number != _number(known))
        return self._read(self._connection.execute(wanted).all())

    def counts(self) -> Mapping[str, Counts]:
        """How many waivers are in force and how many requests wait, by the id of the clause or standard that they are against."""
        is_in_force = _in_force(self._now)
        in_force = func.sum(case((is_in_force, 1), else_=0))
        pending = requests.c.status.in_(UNDECIDED)
        live = select(requests.c.target, in_force, func.count()).where(or_(pending, is_in_force))
        return {
            target: Counts(granted, both - granted)
            for target, granted, both in self._connection.execute(live.group_by(requests.c.target))
        }

    def all(self) -> Iterator[ExceptionRequest]:
        """Every request there is, by id; a page at a time is in memory."""
        last = 0
        page = select(requests).order_by(requests.c.number).limit(AT_ONCE)
        while found := self._read(self._connection.execute(page.where(requests.c.number > last)).all()):
            yield from found
            last = _number(found[-1].id)

    def _read(self, rows: Sequence[Row[Any]]) -> tuple[ExceptionRequest, ...]:
        """Requests with the people in them as they are linked now."""
        found = [read(row.facts) for row in rows]
        met = list[str]()

        def meets(person: Person) -> str:
            met.append(person.account)
            return ""

        for each in found:
            recognised(each, meets)
        known = self._people.linked(met)
        return tuple(recognised(each, lambda person: known.get(person.account, "")) for each in found)


def _columns(request: ExceptionRequest) -> dict[str, Any]:
    wish, waiver, asker = request.wish, request.waiver, request.asked_by
    target = wish.target or Target("", "")
    platform, _, account = asker.account.partition(":")
    until = waiver.until if waiver else wish.until
    return {
        "stage": request.stage.value,
        "status": request.status,
        "target": target.id,
        "document": target.document,
        "standard": target.standard,
        "service": wish.service.strip().casefold(),
        "asker": asker.id,
        "platform": platform,
        "account": account,
        "asked_at": naive(request.asked_at),
        "until": until.isoformat() if until else "",
        "ends": naive(waiver.ends) if waiver else None,
        "facts": written(request),
    }


def _in_force(now: datetime) -> ColumnElement[bool]:
    """Whether a waiver is in force; not where its end has passed, and nobody has written that down yet."""
    return and_(requests.c.status == State.IN_FORCE, requests.c.ends > naive(now))


def _is_of(asker: Person) -> ColumnElement[bool]:
    """Whether somebody asked: with this account, with one that is linked to them now, or as the person that they are, unless
    the account is somebody else's since."""
    platform, _, account = asker.account.partition(":")
    fits = [and_(requests.c.platform == platform, requests.c.account == account)] if account else []
    if asker.id:
        theirs = select(accounts.c.platform, accounts.c.id).where(accounts.c.person == asker.id)
        fits.append(tuple_(requests.c.platform, requests.c.account).in_(theirs))
        is_the_one = and_(accounts.c.platform == requests.c.platform, accounts.c.id == requests.c.account)
        fits.append(and_(requests.c.asker == asker.id, ~exists().where(is_the_one, accounts.c.person != asker.id)))
    return or_(False, *fits)  # noqa: FBT003  # nobody asked where nothing is known of them


def _number(id_: str) -> int:
    """The number in an id. Raises `ValueError` for what is no id of a request."""
    return int(id_.removeprefix("EX-"))


def _proof(row: Row[int, str, str]) -> Proof:
    body = json.loads(row.body)
    return Proof(row.sequence, datetime.fromisoformat(body["at"]), body["action"], row.hash)

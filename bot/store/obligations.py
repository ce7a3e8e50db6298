"""What decisions demand afterwards: of whom, until when, and whether it is met."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.domain.exception_requests import State
from bot.domain.obligation_commands import obligation_id
from bot.domain.obligations import Kind, Obligation
from bot.domain.people import same_writing
from bot.store.tables import exception_request, incident, obligation, review
from bot.store.types import naive

_open = obligation.c.met_at.is_(None)
_digits = func.substr(obligation.c.subject, 4)
_is_of_request = and_(
    obligation.c.subject.like("EX-%"), func.length(_digits).between(1, 18), func.ltrim(_digits, "0123456789") == ""
)
_of_request = case((_is_of_request, cast(_digits, BigInteger)))  # its number
# A condition of a waiver that has ended is wanted of nobody any more.
_wanted = ~exists().where(exception_request.c.number == _of_request, exception_request.c.status != State.IN_FORCE)
# What a subject is of: where the service stands that it is about.
_services = {"EX": exception_request, "RV": review, "INC": incident}


class Obligations:
    """Reads and writes obligations. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now

    def add(  # noqa: PLR0917  # in the order of a sentence: what of whom until when
        self,
        subject: str,
        number: int,
        what: str,
        owner: str,
        due: date,
        ends: datetime,
        *,
        kind: Kind = Kind.CONDITION,
        title: str = "",
        given_by: str = "",
    ) -> str:
        """Adds one that follows from `subject` ("EX-7"), where it has a number, from 1; gives its id ("OB-40"). `due` is its last
        day and `ends` the end of that day. Raises `IntegrityError` where the subject has one of that number."""
        row = {
            "subject": subject,
            "number": number,
            "what": what,
            "owner": same_writing(owner.strip()),
            "due": due.isoformat(),
            "ends": naive(ends),
            "at": naive(self._now),
            "evidence": "",
            "kind": kind.value,
            "title": title,
            "given_by": given_by,
        }
        return f"OB-{self._connection.execute(insert(obligation).returning(obligation.c.id), row).scalar_one()}"

    def next_number(self, subject: str) -> int:
        """The number that the next one has that follows from a subject, from 1. The subject is locked."""
        theirs = obligation.c.subject == subject
        return (self._connection.scalar(select(func.max(obligation.c.number)).where(theirs)) or 0) + 1

    def get(self, id_: str, *, lock: bool = False) -> Obligation | None:
        """The one of an id; None where there is none. `lock`: whoever else wants to lock it waits until this transaction ends, and
        finds what it wrote."""
        if not (known := obligation_id(id_)):
            return None
        this = select(obligation).where(obligation.c.id == _number(known))
        found = self._connection.execute(this.with_for_update() if lock else this).one_or_none()
        return _read(found) if found else None

    def met(self, id_: str, at: datetime, evidence: str = "", by: str = "") -> bool:
        """Writes down that one is met, what shows it, and which account said so ("slack:U012"), where somebody did. False for
        one that is met already, or not known: nothing changes."""
        return self._change(id_, met_at=naive(at), evidence=evidence, met_by=by)

    def overdue(self, id_: str, at: datetime) -> bool:
        """Writes down that one was found not to be met in time. False for one that is met, or not known."""
        return self._change(id_, overdue_at=naive(at))

    def hand_over(self, id_: str, owner: str) -> bool:
        """Somebody else (an e-mail address) sees to it from now on. False for one that is met, or not known."""
        return self._change(id_, owner=owner)

    def of(self, subject: str) -> tuple[Obligation, ...]:
        """Those that follow from something, by their numbers there."""
        theirs = select(obligation).where(obligation.c.subject == subject).order_by(obligation.c.number)
        return tuple(map(_read, self._connection.execute(theirs)))

    def listed(
        self,
        *,
        now: datetime,
        is_open: bool | None = True,
        overdue: bool = False,
        owners: Collection[str] | None = None,
        subject: str = "",
        skip: int = 0,
        count: int = 20,
    ) -> tuple[tuple[Obligation, ...], int]:
        """Some of those that fit all that is said, the first to fall due first, and how many fit in all.

        `is_open`: what is still wanted of somebody, False: what is met, None: both, the open ones first. A condition of a waiver
        that has ended is neither. `overdue`: those whose last day had passed at `now`. `owners`: of any of these addresses.
        """
        fits: list[ColumnElement[bool]] = []
        if is_open is None:
            fits.append(or_(~_open, _wanted))
        else:
            fits.append(and_(_open, _wanted) if is_open else ~_open)
        if overdue:
            fits += [_open, obligation.c.ends <= naive(now)]
        if owners is not None:
            fits.append(obligation.c.owner.in_([same_writing(each) for each in owners if each]))
        if subject:
            fits.append(obligation.c.subject == subject)
        order = (case((_open, 0), else_=1), obligation.c.ends, obligation.c.id)
        page = select(obligation).where(*fits).order_by(*order).offset(skip).limit(count)
        total = self._connection.scalar(select(func.count()).select_from(obligation).where(*fits)) or 0
        return tuple(map(_read, self._connection.execute(page))), total

    def is_wanted(self, id_: str) -> bool:
        """Whether it is still wanted of somebody."""
        if not (known := obligation_id(id_)):
            return False
        wanted = select(obligation.c.id).where(obligation.c.id == _number(known), _open, _wanted)
        return self._connection.scalar(wanted) is not None

    def service_of(self, subject: str) -> str:
        """The service that a subject is about ("EX-7", "RV-3", "INC-12"), case-folded; "" where none is known."""
        kind, _, number = subject.partition("-")
        table = _services.get(kind)
        if table is None or not (number.isascii() and number.isdecimal()) or len(number) > 18:
            return ""
        return self._connection.scalar(select(table.c.service).where(table.c.number == int(number))) or ""

    def _change(self, id_: str, **values: Any) -> bool:
        if not (known := obligation_id(id_)):
            return False
        changed = update(obligation).where(obligation.c.id == _number(known), _open).values(**values)
        return self._connection.execute(changed).rowcount == 1


def _number(id_: str) -> int:
    return int(id_.removeprefix("OB-"))


def _read(row: Row[Any]) -> Obligation:
    return Obligation(
        id=f"OB-{row.id}",
        subject=row.subject,
        number=row.number,
        what=row.what,
        owner=row.owner,
        due=date.fromisoformat(row.due),
        ends=row.ends.replace(tzinfo=UTC),
        met_at=row.met_at.replace(tzinfo=UTC) if row.met_at else None,
        evidence=row.evidence,
        kind=Kind(row.kind),
        title=row.title,
        given_by=row.given_by,
        met_by=row.met_by,
        overdue_at=row.overdue_at.replace(tzinfo=UTC) if row.overdue_at else None,
    )

"""What decisions demand afterwards: of whom, until when, and whether it is met."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from sqlalchemy import Connection, insert, select, update

from bot.domain.obligations import Obligation
from bot.store.tables import obligation
from bot.store.types import naive

_ID = re.compile(r"OB-([1-9]\d{0,17})")


class Obligations:
    """Reads and writes obligations. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now

    def add(  # noqa: PLR0917  # in the order of a sentence: what of whom until when
        self, subject: str, number: int, what: str, owner: str, due: date, ends: datetime
    ) -> str:
        """Adds one that follows from `subject` ("EX-7"), where it has a number, from 1; gives its id ("OB-40"). `due` is its last
        day and `ends` the end of that day. Raises `IntegrityError` where the subject has one of that number."""
        row = {
            "subject": subject,
            "number": number,
            "what": what,
            "owner": owner,
            "due": due.isoformat(),
            "ends": naive(ends),
            "at": naive(self._now),
            "evidence": "",
        }
        return f"OB-{self._connection.execute(insert(obligation).returning(obligation.c.id), row).scalar_one()}"

    def met(self, id_: str, at: datetime, evidence: str = "") -> bool:
        """Writes down that one is met, and what shows it, where somebody said so. False for one that is met already, or not known: nothing changes."""
        found = _ID.fullmatch(id_)
        if not found:
            return False
        first = (obligation.c.id == int(found[1])) & obligation.c.met_at.is_(None)
        done = update(obligation).where(first).values(met_at=naive(at), evidence=evidence)
        return self._connection.execute(done).rowcount == 1

    def of(self, subject: str) -> tuple[Obligation, ...]:
        """Those that follow from something, by their numbers there."""
        theirs = select(obligation).where(obligation.c.subject == subject).order_by(obligation.c.number)
        return tuple(
            Obligation(
                id=f"OB-{row.id}",
                subject=row.subject,
                number=row.number,
                what=row.what,
                owner=row.owner,
                due=date.fromisoformat(row.due),
                ends=row.ends.replace(tzinfo=UTC),
                met_at=row.met_at.replace(tzinfo=UTC) if row.met_at else None,
                evidence=row.evidence,
            )
            for row in self._connection.execute(theirs)
        )

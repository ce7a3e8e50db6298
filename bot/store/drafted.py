"""Documents that were drafted from a decision, until they are written into a branch or a file, and where that was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from bot.store.database import insert_into
from bot.store.order import hold
from bot.store.tables import drafted_document as drafted
from bot.store.types import naive

FRONT = 2_000  # characters
LOCK = 0x617263_64726674  # PostgreSQL's advisory lock around the next number


@dataclass(frozen=True, slots=True)
class DraftedDocument:
    """A document that follows from `subject` ("RV-3") and belongs at `path` in the knowledge folder. `place` says where it was written:
    a branch or a file; "" for nowhere yet."""

    id: int
    subject: str
    path: str
    text: str
    at: datetime
    written_at: datetime | None = None
    place: str = ""


class DraftedDocuments:
    """Reads and writes drafted documents. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now

    def put(self, subject: str, path: str, text: str) -> bool:
        """Keeps a document that is to be written, in the place of the same one that is not written yet. False for one that
        is written: it stays as it was."""
        as_it_is = {"text": text, "at": naive(self._now)}
        kept = (
            insert_into(self._connection, drafted)
            .values(subject=subject, path=path, **as_it_is, place="")
            .on_conflict_do_update(
                index_elements=[drafted.c.subject, drafted.c.path], set_=as_it_is, where=drafted.c.written_at.is_(None)
            )
            .returning(drafted.c.id)
        )
        return self._connection.execute(kept).one_or_none() is not None

    def of(self, subject: str) -> tuple[DraftedDocument, ...]:
        """Those that follow from something, in their order."""
        theirs = select(drafted).where(drafted.c.subject == subject).order_by(drafted.c.id)
        return tuple(map(_read, self._connection.execute(theirs)))

    def waiting(self) -> tuple[DraftedDocument, ...]:
        """Those that are not written yet, the first one first."""
        unwritten = select(drafted).where(drafted.c.written_at.is_(None)).order_by(drafted.c.id)
        return tuple(map(_read, self._connection.execute(unwritten)))

    def written(self, document: DraftedDocument, at: datetime, place: str) -> bool:
        """Notes where one was written. False where that is known already, or its text is another one since."""
        this = (drafted.c.id == document.id) & (drafted.c.text == document.text) & drafted.c.written_at.is_(None)
        noted = update(drafted).where(this).values(written_at=naive(at), place=place)
        return self._connection.execute(noted).rowcount == 1

    def paths(self) -> tuple[str, ...]:
        """The paths of all that was ever drafted."""
        return tuple(self._connection.scalars(select(drafted.c.path).order_by(drafted.c.id)))

    def all(self) -> tuple[DraftedDocument, ...]:
        """All that was ever drafted, with the beginning of each text: as much as front matter needs."""
        columns = [each for each in drafted.c if each is not drafted.c.text]
        beginning = func.substr(drafted.c.text, 1, FRONT).label("text")
        rows = self._connection.execute(select(*columns, beginning).order_by(drafted.c.id))
        return tuple(_read(row) for row in rows)

    def lock(self) -> None:
        """Numbers are given out by one transaction at a time: others wait here until this one ends."""
        hold(self._connection, LOCK)


def _read(row: Any) -> DraftedDocument:
    written = row.written_at.replace(tzinfo=UTC) if row.written_at else None
    return DraftedDocument(row.id, row.subject, row.path, row.text, row.at.replace(tzinfo=UTC), written, row.place)

"""The library as it was when it was last looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from bot.domain.changes import DocumentState, read_state, written
from bot.store.order import hold
from bot.store.tables import known_document
from bot.store.types import naive

LOCK = 0x617263_6C696272  # PostgreSQL's advisory lock around a look at the library
AT_ONCE = 500  # paths in one statement


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one path.

    `state` is the document as it was last seen, None when it was gone. `base` is what it was before the change that was
    announced under `announcement` at `since`; None when it was not there. `faults` counts how often its file could not be
    read, `unreadable` whether it cannot be now.
    """

    path: str
    state: DocumentState | None
    base: DocumentState | None = None
    announcement: str = ""
    since: datetime | None = None
    faults: int = 0
    unreadable: bool = False


class KnownLibrary:
    """Reads and writes what was known of documents. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now

    def lock(self) -> None:
        """One look at a time, until the end of the transaction: what another process has noticed is seen by the next one.
        A SQLite file has one writer anyway."""
        hold(self._connection, LOCK)

    def is_empty(self) -> bool:
        """Whether nobody ever looked."""
        return self._connection.execute(select(known_document.c.path).limit(1)).one_or_none() is None

    def all(self) -> dict[str, Known]:
        """All that is known, by path."""
        return {row.path: _known(row) for row in self._connection.execute(select(known_document))}

    def of(self, paths: Collection[str]) -> dict[str, Known]:
        """What is known of some paths, by path."""
        wanted, found = list(paths), dict[str, Known]()
        for first in range(0, len(wanted), AT_ONCE):
            some = known_document.c.path.in_(wanted[first : first + AT_ONCE])
            found |= {row.path: _known(row) for row in self._connection.execute(select(known_document).where(some))}
        return found

    def put(self, known: Iterable[Known]) -> None:
        """Writes what is known from now on."""
        rows = [_row(each) for each in known]
        if rows:
            self.forget([row["path"] for row in rows])
            self._connection.execute(insert(known_document), rows)

    def forget(self, paths: Collection[str]) -> None:
        """What is known of some paths is forgotten; unknown ones are no fault."""
        wanted = list(paths)
        for first in range(0, len(wanted), AT_ONCE):
            self._connection.execute(
                delete(known_document).where(known_document.c.path.in_(wanted[first : first + AT_ONCE]))
            )


def _known(row: Any) -> Known:
    facts: Mapping[str, Any] = row.facts
    return Known(
        path=row.path,
        state=_state(facts.get("state")),
        base=_state((row.base or {}).get("state")),
        announcement=row.announcement,
        since=row.since.replace(tzinfo=UTC) if row.since else None,
        faults=int(facts.get("faults", 0)),
        unreadable=bool(facts.get("unreadable")),
    )


def _row(known: Known) -> dict[str, Any]:
    return {
        "path": known.path,
        "facts": {"state": _facts(known.state), "faults": known.faults, "unreadable": known.unreadable},
        "base": {"state": _facts(known.base)},
        "announcement": known.announcement,
        "since": naive(known.since) if known.since else None,
    }


def _state(facts: Mapping[str, Any] | None) -> DocumentState | None:
    return read_state(facts) if facts else None


def _facts(state: DocumentState | None) -> Mapping[str, Any] | None:
    return written(state) if state else None

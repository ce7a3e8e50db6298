"""A knowledge folder, a database and the rooms that hear of what changes: what tests of announcements work with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event, select

from bot.cards.announcements import card_of
from bot.cards.model import Card
from bot.cards.plain import text
from bot.domain.calendar import Calendar
from bot.domain.governance import Governance, Role
from bot.domain.people import Account
from bot.domain.subscriptions import read
from bot.store.database import Database
from bot.store.order import LOCK
from bot.store.outbox import announcement_of
from bot.store.tables import announcement, audit, kept_back, posting, timer
from bot.store.transaction import Transaction
from handlers import fall_due
from handlers.announcements import notice, prepare
from handlers.desk import Desk
from knowledge.library import Library
from knowledge.live import LiveLibrary

WRITES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) \"?(\w+)|(pg_advisory_xact_lock)", re.IGNORECASE)
ARCH, PAY, TEAM, ADA = "slack:C0ARCH", "slack:C0PAY", "teams:19:abc@thread.tacv2", "slack:U1"
OPS = "slack:C0OPS"
LONDON = Calendar(ZoneInfo("Europe/London"), time(9), time(17, 30), frozenset({date(2026, 12, 25)}))
GOVERNANCE = Governance(
    roles={
        "security": Role(rooms=("teams:19:sec@thread.tacv2",)),
        "platform": Role(people=("pat@example.org", "nobody@example.org")),
    },
    calendar=LONDON,
)


class Newsroom:
    """One process that serves on a folder; `database` may be shared with others."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database
        folder.mkdir(exist_ok=True)
        self.write("README.md", "# About this folder\n\nWords.\n")
        self.shelf = LiveLibrary(folder, cached_in=None, pattern="https://git.example.org/blob/main/{path}#{anchor}")
        self.compared: Library | None = None
        self.operations_room = OPS

    def write(self, path: str, content: str) -> None:
        """Writes a file of the folder."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()

    def look(self, *, anew: bool = False) -> int:
        """Reads what changed and notices it, as the process does; `anew`: as after a restart."""
        self.shelf.refresh()
        before, library = (None if anew else self.compared), self.shelf.library
        prepared = self.database.read_now(lambda unit: prepare(self.desk(unit), before))
        told = self.database.write_now(lambda unit: notice(self.desk(unit), before, prepared))
        self.compared = library
        return told

    def desk(self, unit: Transaction | None) -> Desk:
        return Desk(
            library=self.shelf.library,
            now=lambda: unit.now if unit else LONDON.at_local(date(2026, 11, 22), time(12)),
            happened=lambda _: None,
            place=self.shelf.place,
            operations_room=self.operations_room,
            governance=GOVERNANCE,
            store=unit,
        )

    def subscribe(self, room: str, words: str) -> None:
        by = Account("slack", "U1", "T1")

        def subscribed(unit: Transaction) -> None:
            for each in read(words):
                unit.subscriptions.add(room, each, by)

        self.database.write_now(subscribed)

    def unsubscribe(self, room: str) -> None:
        self.database.write_now(lambda unit: unit.subscriptions.remove(room, unit.subscriptions.of(room)))

    def fall_due(self) -> int:
        """Does all that is due now; how much that was."""
        done = 0

        def next_one(unit: Transaction) -> bool:
            found = unit.timers.take_due()
            if found:
                fall_due(found, self.desk(unit))
            return found is not None

        while self.database.write_now(next_one):
            done += 1
        return done

    def postings(self, room: str | None = None) -> list[tuple[str, str]]:
        """The rooms and keys of what is to be posted or posted, in order."""
        wanted = (
            select(posting.c.room, posting.c.announcement).where(posting.c.state != "superseded").order_by(posting.c.id)
        )
        rows = self.database.read_now(lambda unit: unit.connection.execute(wanted).all())
        return [(row.room, row.announcement) for row in rows if room in (None, row.room)]

    def kept_back(self) -> list[str]:
        """The rooms for which something is kept back."""
        wanted = select(kept_back.c.room).order_by(kept_back.c.room)
        return list(self.database.read_now(lambda unit: unit.connection.scalars(wanted).all()))

    def heard(self, room: str) -> list[Card]:
        """What is said in a room, as it is now."""
        found = []
        for _, key in self.postings(room):
            wanted = select(announcement).where(announcement.c.key == key)
            row = self.database.read_now(lambda unit, wanted=wanted: unit.connection.execute(wanted).one())  # type: ignore[misc]  # mypy cannot infer it
            found.append(card_of(announcement_of(row)))
        return found

    def said(self, room: str) -> str:
        """The words of the last thing that is said in a room."""
        return text(self.heard(room)[-1], width=500)

    def posted(self) -> None:
        """All that waits has been posted, as the announcer would say."""
        self.database.write_now(
            lambda unit: (
                unit.connection.execute(
                    posting.update().where(posting.c.state == "waiting").values(state="posted", post="p", revision=1)
                )
                and None
            )
        )

    def states(self, room: str) -> list[str]:
        wanted = select(posting.c.state).where(posting.c.room == room).order_by(posting.c.id)
        return list(self.database.read_now(lambda unit: unit.connection.scalars(wanted).all()))

    def timers(self, topic: str) -> dict[str, Any]:
        """What waits to fall due: keys and moments."""
        wanted = select(timer).where(timer.c.topic == topic, timer.c.done_at.is_(None)).order_by(timer.c.key)
        return {row.key: row.due for row in self.database.read_now(lambda unit: unit.connection.execute(wanted).all())}

    def recorded(self) -> list[str]:
        """The bodies of the record."""
        wanted = select(audit.c.body).order_by(audit.c.sequence)
        return list(self.database.read_now(lambda unit: unit.connection.scalars(wanted).all()))


@contextmanager
def writes(database: Database) -> Iterator[list[str]]:
    """What is written meanwhile: the tables in their order, "lock" for the lock of the outbox and the record, and timers
    with the topics of their keys and these."""
    found: list[str] = []

    def sent(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if written := WRITES.search(statement):
            values = list(parameters.values() if isinstance(parameters, dict) else parameters)
            if written[2] and values != [LOCK]:
                return
            keys = [each for each in values if isinstance(each, str) and each.startswith(("review:", "let_go:"))]
            found.append(
                "lock" if written[2] else " ".join([written[1], *keys[:1]]) if written[1] == "timer" else written[1]
            )

    event.listen(database.engine, "before_cursor_execute", sent)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", sent)


def standard(*clauses: str, number: int = 1, **front: Any) -> str:
    """The text of a standard with these clauses."""
    values = {
        "id": f"STD-{number:03}",
        "title": f"Standard {number}",
        "owner": "security",
        "tags": "[network]",
        **front,
    }
    lines = "\n".join(f"{name}: {value}" for name, value in values.items())
    rules = "\n".join(f"- {clause}" for clause in clauses)
    return f"---\n{lines}\n---\n\n# {values['title']}\n\n## Scope\n\nAll of it.\n\n## Rules\n\n{rules}\n"


def decision(body: str = "We use queues.", **front: str) -> str:
    """The text of an ADR."""
    lines = "\n".join(f"{name}: {value}" for name, value in {"id": "ADR-0001", "title": "Queues", **front}.items())
    return f"---\n{lines}\n---\n\n# Queues\n\n## Context\n\nServices talk.\n\n## Decision\n\n{body}\n"

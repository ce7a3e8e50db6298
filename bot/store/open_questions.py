"""Questions that went to the architects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot.domain.people import Account
from bot.store.tables import open_question
from bot.store.types import naive


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question, who asked it, and the room of theirs in which they are told the answers."""

    id: int
    question: str
    asker: Account  # of whom no more is known than who it is, and the name
    room: str
    answered: bool

    @property
    def subject(self) -> str:
        """What it is called in announcements and on the record."""
        return f"question:{self.id}"


class OpenQuestions:
    """Reads and writes such questions. All of it in the transaction that `connection` is in.

    Whoever asks or answers holds the outbox's lock first: what is looked at here decides what is said there.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, naive(now)

    def ask(self, by: Account, question: str) -> tuple[OpenQuestion, bool]:
        """Keeps a question, and tells whether it is new: what the same account has asked and nobody has answered yet
        stays one question."""
        before = (
            select(open_question)
            .where(open_question.c.platform == by.platform, open_question.c.account == by.id)
            .where(open_question.c.question == question, open_question.c.answered_at.is_(None))
            .order_by(open_question.c.id)
            .limit(1)
        )
        if row := self._connection.execute(before).one_or_none():
            return _read(row), False
        asked = {
            "question": question,
            "platform": by.platform,
            "account": by.id,
            "name": by.name,
            "room": f"{by.platform}:{by.id}",
            "at": self._now,
        }
        row = self._connection.execute(insert(open_question).returning(open_question), asked).one()
        return _read(row), True

    def get(self, number: str) -> OpenQuestion | None:
        """The question of a number; None when there is none, or it is no number."""
        if not (number.isascii() and number.isdecimal() and len(number) < 18):
            return None
        this = select(open_question).where(open_question.c.id == int(number))
        row = self._connection.execute(this).one_or_none()
        return _read(row) if row else None

    def answered(self, question: OpenQuestion) -> None:
        """Somebody has answered it."""
        first = (open_question.c.id == question.id) & open_question.c.answered_at.is_(None)
        self._connection.execute(update(open_question).where(first).values(answered_at=self._now))


def _read(row: Row[Any]) -> OpenQuestion:
    asker = Account(row.platform, row.account, name=row.name)
    return OpenQuestion(row.id, row.question, asker, row.room, answered=row.answered_at is not None)

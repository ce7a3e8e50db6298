"""What was asked and whether it helped: written down in batches, forgotten in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock

import structlog
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.delivery import Overloaded
from bot.domain.events import AnswerRated, Event, QuestionAnswered
from bot.store.database import Database
from bot.store.tables import question, rating
from bot.store.transaction import Transaction
from bot.store.types import naive

MOST_WAITING = 10_000
LONGEST_TEXT = 2_000  # characters

log = structlog.stdlib.get_logger(__name__)


class QuestionLog:
    """Takes questions in memory and writes them together, so that an answer never waits for a disk.

    Statistics are worth losing a second of on a crash; whatever must survive one does not go through here.
    """

    def __init__(self, database: Database, keep: timedelta) -> None:
        self._database = database
        self._keep = keep
        self._waiting: deque[Event] = deque()
        self._dropped = 0
        self._writing = Lock()

    def add(self, event: Event) -> None:
        """Takes one event. Beyond `MOST_WAITING` unwritten ones, further ones are counted and dropped."""
        if not self._keep:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._dropped += 1
            return
        self._waiting.append(event)

    def write(self) -> int:
        """Writes all that waits, in one transaction; gives their number. Raises what the database raises."""
        with self._writing:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if batch:
                try:
                    self._database.write_now(lambda unit: _insert(unit.connection, batch))
                except (OperationalError, Overloaded):  # locked, full, gone: the same words may be taken later
                    self._waiting.extendleft(reversed(batch))
                    raise
                except (SQLAlchemyError, ValueError):  # such as a text that is none
                    self._write_one_by_one(batch)
            if self._dropped:
                log.warning("questions were not counted: too many at once", dropped=self._dropped)
                self._dropped = 0
            return len(batch)

    def _write_one_by_one(self, batch: Sequence[Event]) -> None:
        """One that no database takes must not hold up the others."""
        for event in batch:
            try:
                self._database.write_now(lambda unit, event=event: _insert(unit.connection, [event]))  # type: ignore[misc]
            except (OperationalError, Overloaded):
                self._waiting.append(event)
            except (SQLAlchemyError, ValueError):
                log.exception("something that was asked cannot be written down", platform=event.platform)

    def forget(self, now: datetime) -> int:
        """Deletes questions and ratings that were kept long enough; gives the number of questions."""
        before = naive(now - self._keep)

        def delete_old(unit: Transaction) -> int:
            unit.connection.execute(delete(rating).where(rating.c.at < before))
            return unit.connection.execute(delete(question).where(question.c.at < before)).rowcount

        return self._database.write_now(delete_old)

    def count(self) -> int:
        """How many are kept."""
        counted = select(func.count()).select_from(question)
        return self._database.read_now(lambda unit: unit.connection.execute(counted).scalar_one())


def _insert(connection: Connection, batch: Sequence[Event]) -> None:
    questions = [_row(event) for event in batch if isinstance(event, QuestionAnswered)]
    voices = {event.voice: event for event in batch if isinstance(event, AnswerRated)}  # the last word of each counts
    if questions:
        connection.execute(insert(question), questions)
    if voices:
        connection.execute(delete(rating).where(rating.c.voice.in_(voices)))
        connection.execute(insert(rating), [_rating(event) for event in voices.values()])


def _rating(event: AnswerRated) -> dict[str, object]:
    return {
        "voice": event.voice,
        "at": naive(event.at),
        "platform": event.platform,
        "text": event.question[:LONGEST_TEXT],
        "helpful": event.helpful,
        "documents": list(event.documents),
    }


def _row(event: QuestionAnswered) -> dict[str, object]:
    return {
        "at": naive(event.at),
        "platform": event.platform,
        "text": event.question[:LONGEST_TEXT],
        "answered": event.answered,
        "confidence": event.confidence,
        "documents": list(event.documents),
        "unmatched": list(event.unmatched),
    }

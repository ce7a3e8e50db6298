"""What was asked: written down in batches, forgotten in time."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from threading import Lock

import structlog
from sqlalchemy import Engine, delete, func, insert, select

from bot.domain.events import QuestionAnswered
from bot.store.tables import question

MOST_WAITING = 10_000
LONGEST_TEXT = 2_000  # characters

log = structlog.stdlib.get_logger(__name__)


class QuestionLog:
    """Takes questions in memory and writes them together, so that an answer never waits for a disk.

    Statistics are worth losing a second of on a crash; whatever must survive one does not go through here.
    """

    def __init__(self, engine: Engine, keep: timedelta) -> None:
        self._engine = engine
        self._keep = keep
        self._waiting: deque[QuestionAnswered] = deque()
        self._dropped = 0
        self._writing = Lock()

    def add(self, event: QuestionAnswered) -> None:
        """Takes one question. Beyond `MOST_WAITING` unwritten ones, further ones are counted and dropped."""
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
                    with self._engine.begin() as connection:
                        connection.execute(insert(question), [_row(event) for event in batch])
                except Exception:
                    self._waiting.extendleft(reversed(batch))
                    raise
            if self._dropped:
                log.warning("questions were not counted: too many at once", dropped=self._dropped)
                self._dropped = 0
            return len(batch)

    def forget(self, now: datetime) -> int:
        """Deletes questions that were kept long enough; gives their number."""
        before = (now - self._keep).astimezone(UTC).replace(tzinfo=None)
        with self._engine.begin() as connection:
            return connection.execute(delete(question).where(question.c.at < before)).rowcount

    def count(self) -> int:
        """How many are kept."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(question)).scalar_one()


def _row(event: QuestionAnswered) -> dict[str, object]:
    return {
        "at": event.at.astimezone(UTC).replace(tzinfo=None),
        "platform": event.platform,
        "text": event.question[:LONGEST_TEXT],
        "answered": event.answered,
        "confidence": event.confidence,
        "documents": list(event.documents),
        "unmatched": list(event.unmatched),
    }

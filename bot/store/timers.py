"""What falls due, written in the transaction of what it follows from, and what the clockwork does with it.

Due is what the clock that was handed in has reached, never the database's: one that jumps back makes nothing early, one
that jumps ahead makes nothing happen twice."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from bot.domain.timers import Timer
from bot.store.database import insert_into
from bot.store.tables import timer as timers
from bot.store.types import naive

LONGEST_FAULT = 2_000  # characters

_open = timers.c.done_at.is_(None)
# One value however many rest: no database takes as many as there can be timers that fail.
_resting: dict[str, Any] = {
    "sqlite": func.json_each(bindparam("resting")).table_valued("value"),
    "postgresql": func.jsonb_array_elements_text(cast(bindparam("resting"), JSONB)).table_valued("value"),
}
_rests = {dialect: timers.c.key.in_(select(keys.c.value)) for dialect, keys in _resting.items()}
_next_due = {dialect: select(func.min(timers.c.due)).where(_open, ~rests) for dialect, rests in _rests.items()}
_first_due = {
    dialect: select(timers.c.key)
    .where(_open, timers.c.due <= bindparam("now"), ~rests)
    .order_by(timers.c.due)
    .limit(1)
    .with_for_update(of=timers, skip_locked=True)
    for dialect, rests in _rests.items()
}
_take = {
    dialect: update(timers)
    .where(timers.c.key == first.scalar_subquery())
    .values(done_at=bindparam("moment"), fault="")
    .returning(timers.c.key, timers.c.due, timers.c.topic, timers.c.facts)
    for dialect, first in _first_due.items()
}


class Timers:
    """Sets and cancels timers. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, naive(now)

    def set(self, timer: Timer) -> bool:
        """Sets a timer, or moves it and its facts when it is set and not done. False when it is done: then it stays done."""
        as_it_is = {
            "due": naive(timer.due),
            "topic": timer.topic,
            "facts": dict(timer.facts),
            "attempts": 0,
            "fault": "",
        }
        is_set = self._connection.execute(
            insert_into(self._connection, timers)
            .values(key=timer.key, **as_it_is)
            .on_conflict_do_update(index_elements=[timers.c.key], set_=as_it_is, where=_open)
            .returning(timers.c.key)
        )
        return is_set.one_or_none() is not None

    def cancel(self, key: str) -> None:
        """Takes a timer away that is not done; an unknown one is no fault."""
        self._connection.execute(delete(timers).where(timers.c.key == key, _open))

    def take_due(self, resting: Collection[str] = ()) -> Timer | None:
        """The timer that has been due for longest and that nobody is busy with, none of those that are `resting`; it is
        done when this transaction is committed."""
        values = {"now": self._now, "moment": self._now, "resting": json.dumps(list(resting))}
        found = self._connection.execute(_take[self._connection.dialect.name], values).one_or_none()
        return Timer(found.key, found.due.replace(tzinfo=UTC), found.topic, found.facts) if found else None

    def failed(self, key: str, fault: str) -> int:
        """Writes down that the effect of a timer failed; gives how often it has by now, 0 when it was done or cancelled since."""
        counted = (
            update(timers)
            .where(timers.c.key == key, _open)
            .values(attempts=timers.c.attempts + 1, fault=fault[:LONGEST_FAULT])
            .returning(timers.c.attempts)
        )
        return self._connection.execute(counted).scalar() or 0

    def next_due(self, resting: Collection[str] = ()) -> datetime | None:
        """When the next timer falls due that is not among those `resting`; may be past. Reads only."""
        wanted = _next_due[self._connection.dialect.name]
        due = self._connection.execute(wanted, {"resting": json.dumps(list(resting))}).scalar()
        return due.replace(tzinfo=UTC) if due else None

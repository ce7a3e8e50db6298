"""What has not happened yet, in figures: messages that wait, timers that are overdue. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.store.outbox import CHANGED, MAYBE_SENT, SET_ASIDE, WAITING
from bot.store.tables import announcement, lane, posting, timer
from bot.store.types import naive


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """What waits to be posted or updated, by platform; how old the oldest of it is in seconds; what was set aside."""

    waiting: Mapping[str, int]
    oldest: Mapping[str, float]
    set_aside: int


@dataclass(frozen=True, slots=True)
class TimerFigures:
    """Timers that are due and not done, how late the oldest of them is in seconds, and how many of them have failed."""

    overdue: int
    oldest: float
    failing: int


def of_outbox(connection: Connection, now: datetime) -> OutboxFigures:
    """The outbox at this moment."""
    waiting = connection.execute(
        select(lane.c.platform, func.count(), func.min(announcement.c.at))
        .select_from(posting)
        .join(lane, lane.c.room == posting.c.room)
        .join(announcement, announcement.c.key == posting.c.announcement)
        .where(posting.c.state.in_([WAITING, MAYBE_SENT, CHANGED]))
        .group_by(lane.c.platform)
    ).all()
    aside = connection.execute(select(func.count()).select_from(posting).where(posting.c.state == SET_ASIDE))
    return OutboxFigures(
        {platform: count for platform, count, _ in waiting},
        {platform: max(0.0, (naive(now) - at).total_seconds()) for platform, _, at in waiting},
        aside.scalar_one(),
    )


def of_timers(connection: Connection, now: datetime) -> TimerFigures:
    """The timers at this moment."""
    overdue, oldest, failing = connection.execute(
        select(func.count(), func.min(timer.c.due), func.count().filter(timer.c.attempts > 0)).where(
            timer.c.done_at.is_(None), timer.c.due <= naive(now)
        )
    ).one()
    return TimerFigures(overdue, (naive(now) - oldest).total_seconds() if oldest else 0.0, failing)

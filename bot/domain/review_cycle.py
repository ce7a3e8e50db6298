"""How long reviews take from request to decision, in business days: the middle and what nine in ten stay within."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from statistics import median

from bot.domain.calendar import DAY, Calendar


@dataclass(frozen=True, slots=True)
class Cycle:
    """Of `count` decisions: the median and the 90th percentile (nearest rank), in business days."""

    count: int
    median: float
    p90: float


def cycle(spans: Iterable[tuple[datetime, datetime]], calendar: Calendar) -> Cycle | None:
    """What spans from a request to its decision come to; None for none."""
    days = sorted(business_days(begin, end, calendar) for begin, end in spans)
    if not days:
        return None
    return Cycle(len(days), median(days), days[ceil(0.9 * len(days)) - 1])


def business_days(begin: datetime, end: datetime, calendar: Calendar) -> float:
    """How much of business days lies between two moments: half a day for half of its business hours."""
    total, day, last = 0.0, calendar.today(begin), calendar.today(end)
    while day <= last:
        if calendar.is_business_day(day):
            opens, closes = calendar.start_of_business(day), calendar.end_of_business(day)
            within = min(end, closes) - max(begin, opens)
            if closes > opens and within.total_seconds() > 0:
                total += within / (closes - opens)
        day += DAY
    return total

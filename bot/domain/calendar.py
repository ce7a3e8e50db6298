"""Time as an organisation counts it: its zone, its business hours and days, its holidays; and spans such as "2 business days".

The clock on the wall may skip an hour or show one twice. Where it matters a time means *the first moment of that day
at which the clock shows it or a later one*: within a gap that is the gap's end, within a fold the first pass. So
nothing falls due early, and a later time of the day never comes before an earlier one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

DAY = timedelta(days=1)
MOST = 9_999  # of whatever unit

_SPAN = re.compile(r"(\d{1,4})[ \t]+(business[ \t]+)?(minute|hour|day|week)s?")


class Unit(StrEnum):
    """What a span is counted in."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"  # of the calendar: the same time on another day
    WEEK = "week"
    BUSINESS_HOUR = "business hour"
    BUSINESS_DAY = "business day"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as people write it: "2 business days", "1 hour", "180 days". How long that is, a calendar knows."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Span:
        """Raises ValueError, whose text says how a span is written."""
        found = _SPAN.fullmatch(" ".join(text.split()).lower())
        unit = f"{'business ' if found[2] else ''}{found[3]}" if found else ""
        if found is None or unit not in tuple(Unit):
            raise ValueError('write a length of time like "2 business days", "5 days" or "1 hour"')
        return cls(int(found[1]), Unit(unit))

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """When people work. Business days are Monday to Friday without the holidays; unless told, any hour of theirs counts.

    Moments are aware; those that are given back are in UTC. Whatever leads beyond the year 9999 raises OverflowError.
    """

    zone: tzinfo = UTC
    opens: time = time(0)
    closes: time | None = None  # None: 24:00
    holidays: frozenset[date] = frozenset()

    def today(self, moment: datetime) -> date:
        """The day that it is there."""
        return _aware(moment).astimezone(self.zone).date()

    def at_local(self, day: date, clock: time) -> datetime:
        """The moment at which the clock there shows a time of a day (see above where it never or twice does)."""
        local = datetime.combine(day, clock.replace(tzinfo=None, fold=0), self.zone)
        moment = local.astimezone(UTC)
        if moment.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None):
            return moment
        return self._turn(local.replace(fold=1).astimezone(UTC), moment)

    def end_of_day(self, day: date) -> datetime:
        """24:00 of a day: the first moment that is not part of it."""
        return self.at_local(day + DAY, time(0))

    def is_business_day(self, day: date) -> bool:
        """Monday to Friday, and no holiday."""
        return day.weekday() < 5 and day not in self.holidays

    def start_of_business(self, day: date) -> datetime:
        """When business begins on a day, or would if it were a business day."""
        return self.at_local(day, self.opens)

    def end_of_business(self, day: date) -> datetime:
        """When business ends on a day, or would."""
        return self.end_of_day(day) if self.closes is None else self.at_local(day, self.closes)

    def next_business_moment(self, moment: datetime) -> datetime:
        """The moment itself within business hours, else when they next begin. Their last moment is not within."""
        day = self.today(moment)
        if self.is_business_day(day) and moment < self.end_of_business(day):
            return max(_aware(moment).astimezone(UTC), self.start_of_business(day))
        return self.start_of_business(self._business_day_after(day))

    def add(self, moment: datetime, span: Span) -> datetime:
        """The moment that is a span later.

        Minutes and hours are elapsed ones. Days and weeks lead to the same time of another day. Business days and
        business hours begin to count at the next business moment: from Saturday, one business day leads to Tuesday's
        opening. A later moment never leads to an earlier one.
        """
        match span.unit:
            case Unit.MINUTE:
                return _aware(moment).astimezone(UTC) + timedelta(minutes=span.count)
            case Unit.HOUR:
                return _aware(moment).astimezone(UTC) + timedelta(hours=span.count)
            case Unit.DAY | Unit.WEEK:
                return self._days_later(moment, span.count * (7 if span.unit is Unit.WEEK else 1))
            case Unit.BUSINESS_DAY:
                return self._business_days_later(self.next_business_moment(moment), span.count)
            case Unit.BUSINESS_HOUR:
                return self._business_hours_later(self.next_business_moment(moment), timedelta(hours=span.count))

    def _days_later(self, moment: datetime, count: int) -> datetime:
        if not count:
            return _aware(moment).astimezone(UTC)
        clock, day = self._shown(moment)
        return self.at_local(day + timedelta(days=count), clock)

    def _business_days_later(self, moment: datetime, count: int) -> datetime:
        if not count:
            return moment
        clock, day = self._shown(moment)
        if not self.is_business_day(day):  # the clock was put back at midnight, before a day off
            clock, day = self.opens, self._business_day_after(day)
        for _ in range(count):
            day = self._business_day_after(day)
        return self.next_business_moment(self.at_local(day, clock))

    def _business_hours_later(self, moment: datetime, left: timedelta) -> datetime:
        while (end := self.end_of_business(self.today(moment))) - moment < left:
            left -= end - moment
            moment = self.next_business_moment(end)
        return moment + left

    def _business_day_after(self, day: date) -> date:
        day += DAY
        while not self.is_business_day(day):
            day += DAY
        return day

    def _shown(self, moment: datetime) -> tuple[time, date]:
        """The latest time that the clock has shown on that day until a moment: within the second pass of a fold the
        time at which it was put back. Else of two moments there the later one could lead to the earlier day's time."""
        local = _aware(moment).astimezone(self.zone)
        if local.fold:
            before = local.replace(fold=0)
            turn = self._turn(before.astimezone(UTC), local.astimezone(UTC))
            shown = (turn + (before.utcoffset() or timedelta())).replace(tzinfo=None)
            return shown.time(), shown.date()
        return local.time(), local.date()

    def _turn(self, before: datetime, after: datetime) -> datetime:
        """The moment at which the clock is put forward or back between two moments, to the second."""
        offset = before.astimezone(self.zone).utcoffset()
        low, high = 0, int((after - before).total_seconds())
        while high - low > 1:
            middle = (low + high) // 2
            if (before + timedelta(seconds=middle)).astimezone(self.zone).utcoffset() == offset:
                low = middle
            else:
                high = middle
        return (before + timedelta(seconds=high)).replace(microsecond=0)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment

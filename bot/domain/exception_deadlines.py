"""When something falls due for an exception request: the deadlines of its ballot, its expiry, its conditions.

Every timer has a key that says what it is for, and a state has exactly the timers that `timers` gives: after each step those
that are new or moved are set and those that are gone are cancelled. A timer that has fallen due stays among them until the
state is another one; whoever keeps timers does each key once. Keys of a ballot carry its round, since a key that was done
does not come again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.calendar import DAY, Calendar, Span, Unit
from bot.domain.exception_forms import Terms
from bot.domain.exception_requests import Ballot, Clock, ExceptionRequest, ExpiryWarning, State
from bot.domain.timers import Timer

TOPIC = "exception_request"  # of all of these timers


class Due(StrEnum):
    """What falls due."""

    HALF = "half"
    END = "end"
    ESCALATE = "escalate"
    LAPSE = "lapse"
    LOOK = "second_look"
    WARN = "warn"
    EXPIRE = "expire"
    SOON = "soon"  # a condition
    CONDITION = "condition"


def started(now: datetime, terms: Terms, ballot: Ballot, calendar: Calendar) -> Clock:
    """The deadlines of a ballot that begins now. One over an overdue condition does not lapse: the waiver stays in force.
    An emergency without a lapse of its own lapses as a request of its risk."""
    rule = terms.emergency if ballot is Ballot.EMERGENCY and terms.emergency else terms.rule
    lapse = None if ballot is Ballot.OVERDUE else rule.lapse or terms.rule.lapse
    end = calendar.add(now, rule.within)
    return Clock(
        since=now,
        half=half_of(now, rule.within, calendar),
        end=end,
        escalate=calendar.add(end, terms.escalate.after) if terms.escalate else None,
        lapse=calendar.add(now, lapse) if lapse else None,
    )


def restarted(request: ExceptionRequest, now: datetime, calendar: Calendar) -> ExceptionRequest:
    """The request with the deadlines of a ballot that begins now; the date of a second look stays."""
    if request.waiver and request.waiver.look_by and request.look_is_owed:
        return replace(request, clock=until_look(now, request.waiver.look_by, calendar))
    return replace(request, clock=started(now, request.terms, request.ballot or Ballot.REQUEST, calendar))


def until_look(now: datetime, look_by: datetime, calendar: Calendar) -> Clock:
    """The deadlines of a second look that is open from now on: its end is what the waiver ends with."""
    middle = now + (look_by - now) / 2
    return Clock(since=now, half=min(calendar.next_business_moment(middle), look_by), end=look_by)


def half_of(now: datetime, span: Span, calendar: Calendar) -> datetime:
    """Half of a span later, in what it is counted in; half a business day falls into business hours. Never later than all
    of it."""
    low = calendar.add(now, Span(span.count // 2, span.unit))
    if span.count % 2 == 0:
        return low
    high = calendar.add(now, Span(span.count // 2 + 1, span.unit))
    middle = low + (high - low) / 2
    if span.unit in (Unit.BUSINESS_DAY, Unit.BUSINESS_HOUR):
        middle = min(calendar.next_business_moment(middle), high)
    return middle


def warnings(now: datetime, ends: datetime, terms: Terms, calendar: Calendar) -> tuple[ExpiryWarning, ...]:
    """The warnings of a waiver that begins now, the first one first: in the morning of the day that lies so many days before
    its last one. One that would be past is left out."""
    last = calendar.today(ends - timedelta(microseconds=1))
    days = {last - DAY * span.count * (7 if span.unit is Unit.WEEK else 1) for span in terms.warn_before_expiry}
    found = (ExpiryWarning(day, calendar.start_of_business(day)) for day in sorted(days))
    return tuple(warning for warning in found if now < warning.at < ends)


def reminder(now: datetime, due: date, calendar: Calendar) -> datetime | None:
    """When the owner of a condition is reminded of it: in the morning of the last business day before its own. None where
    that is past."""
    day = due - DAY
    while not calendar.is_business_day(day) and day > calendar.today(now):
        day -= DAY
    at = calendar.start_of_business(day)
    return at if at > now else None


def timers(request: ExceptionRequest) -> tuple[Timer, ...]:
    """All that falls due as the request is now, the soonest first."""
    found = [*_of_the_ballot(request), *_of_the_waiver(request)]
    return tuple(sorted(found, key=lambda timer: (timer.due, timer.key)))


def moved(before: ExceptionRequest | None, after: ExceptionRequest) -> tuple[tuple[Timer, ...], tuple[str, ...]]:
    """What a step does to the timers: those to set, and the keys of those to cancel."""
    old = {timer.key: timer for timer in timers(before)} if before else {}
    new = {timer.key: timer for timer in timers(after)}
    return tuple(timer for key, timer in new.items() if old.get(key) != timer), tuple(
        key for key in old if key not in new
    )


def _of_the_ballot(request: ExceptionRequest) -> list[Timer]:
    clock, ballot, round_ = request.clock, request.ballot, request.round
    if clock is None or ballot is None:
        return []
    found = [_timer(request, Due.HALF, clock.half, f"remind:{round_}:half")]
    if ballot is not Ballot.SECOND_LOOK:
        found.append(_timer(request, Due.END, clock.end, f"remind:{round_}:end"))
    if clock.escalate and (clock.lapse is None or clock.escalate < clock.lapse):
        found.append(_timer(request, Due.ESCALATE, clock.escalate, f"escalate:{round_}"))
    if clock.lapse:
        found.append(_timer(request, Due.LAPSE, clock.lapse, f"lapse:{round_}"))
    return found


def _of_the_waiver(request: ExceptionRequest) -> list[Timer]:
    waiver = request.waiver
    if waiver is None:
        return []
    found = []
    if waiver.look_by and request.look_is_owed:
        found.append(_timer(request, Due.LOOK, waiver.look_by, "second_look"))
    if waiver.state is not State.IN_FORCE:
        return found
    found.append(_timer(request, Due.EXPIRE, waiver.ends, f"expire:{waiver.until}"))
    if not waiver.renewed_by:
        found += [_timer(request, Due.WARN, each.at, f"warn:{each.day}") for each in waiver.warnings]
    for each in waiver.conditions:
        if each.met_at is None and each.overdue_at is None and each.ends < waiver.ends:
            found.append(_timer(request, Due.CONDITION, each.ends, f"condition:{each.number}:{each.due}", each.number))
        if each.met_at is None and each.remind_at and each.remind_at < waiver.ends:
            key = f"condition:{each.number}:{each.due}:soon"
            found.append(_timer(request, Due.SOON, each.remind_at, key, each.number))
    return found


def _timer(request: ExceptionRequest, due: Due, at: datetime, key: str, number: int = 0) -> Timer:
    return Timer(f"{request.id}:{key}", at, TOPIC, {"id": request.id, "due": due, "number": number})

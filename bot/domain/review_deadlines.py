"""When something falls due for a review: the deadlines of its round, the end of the comment time, its board, the day to which it was
deferred.

Every timer has a key that says what it is for, and a state has exactly the timers that `timers` gives. Keys carry the round, since
a key that was done does not come again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bot.domain.calendar import DAY, Calendar, Span, Unit
from bot.domain.exception_deadlines import half_of
from bot.domain.reviews import Clock, Review, Sitting, Stage, Terms
from bot.domain.timers import Timer

TOPIC = "review"  # of the timers of reviews
BOARD = "review_board"  # of those that post an agenda
WEEKS = 60  # that a board is looked for: more holidays in a row there are not


class Due(StrEnum):
    """What falls due."""

    HALF = "half"
    END = "end"
    ESCALATE = "escalate"
    COMMENT = "comment"
    MET = "met"  # the meeting is over
    ANEW = "anew"  # the day to which it was deferred


def started(now: datetime, terms: Terms, calendar: Calendar) -> Clock:
    """The deadlines of a round that begins now."""
    end = calendar.add(now, terms.within) if terms.within else None
    return Clock(
        since=now,
        half=half_of(now, terms.within, calendar) if terms.within else None,
        end=end,
        escalate=calendar.add(end, terms.escalate.after) if end and terms.escalate else None,
        comment=calendar.add(now, terms.comment) if terms.comment else None,
    )


def sitting(now: datetime, terms: Terms, calendar: Calendar) -> Sitting | None:
    """The first meeting of the board that is at least as far away as its agenda wants; a holiday has none. None without a board."""
    if not terms.at:
        return None
    clock = time.fromisoformat(terms.at)
    day = calendar.today(now)
    day += timedelta(days=(terms.weekday - day.weekday()) % 7)
    ready = calendar.add(now, terms.agenda) if terms.agenda else now
    for _ in range(WEEKS):
        at = calendar.at_local(day, clock)
        if at >= ready and at > now and day not in calendar.holidays:
            agenda = max(before(day, clock, terms.agenda, calendar), now)
            return Sitting(day, at, agenda, calendar.end_of_day(day))
        day += 7 * DAY
    return None


def before(day: date, clock: time, span: Span | None, calendar: Calendar) -> datetime:
    """The moment that is a span before a time of a day; within business days and hours where it is counted in these."""
    at = calendar.at_local(day, clock)
    if span is None:
        return at
    match span.unit:
        case Unit.DAY | Unit.WEEK:
            return calendar.at_local(day - DAY * span.count * (7 if span.unit is Unit.WEEK else 1), clock)
        case Unit.BUSINESS_DAY:
            left = span.count
            while left:
                day -= DAY
                left -= calendar.is_business_day(day)
            return calendar.at_local(day, clock)
        case Unit.BUSINESS_HOUR:
            return _business_hours_before(at, day, timedelta(hours=span.count), calendar)
    return at - (timedelta(minutes=span.count) if span.unit is Unit.MINUTE else timedelta(hours=span.count))


def timers(review: Review) -> tuple[Timer, ...]:
    """All that falls due as the review is now, the soonest first."""
    found = []
    round_, clock, meets = review.round, review.clock, review.sitting
    if review.stage is Stage.IN_REVIEW and clock:
        for due, at in ((Due.HALF, clock.half), (Due.END, clock.end), (Due.ESCALATE, clock.escalate)):
            if at:
                found.append(_timer(review, due, at, f"{due}:{round_}"))
        if clock.comment:
            found.append(_timer(review, Due.COMMENT, clock.comment, f"comment:{round_}"))
    if review.stage is Stage.IN_REVIEW and meets:
        found.append(_timer(review, Due.MET, meets.over, f"met:{meets.day}:{round_}"))
        if review.terms.agenda:
            key = agenda_key(review.terms.outcome, meets.day)
            facts: Mapping[str, str] = {"outcome": review.terms.outcome, "day": meets.day.isoformat()}
            found.append(Timer(key, meets.agenda, BOARD, dict(facts)))
    if review.stage is Stage.DEFERRED and review.deferral:
        found.append(_timer(review, Due.ANEW, review.deferral.asked_anew, f"anew:{round_}"))
    return tuple(sorted(found, key=lambda timer: (timer.due, timer.key)))


def moved(before_: Review | None, after: Review) -> tuple[tuple[Timer, ...], tuple[str, ...]]:
    """What a step does to the timers: those to set, and the keys of those to cancel. The agenda of a board stays: others may be on
    it."""
    old = {timer.key: timer for timer in timers(before_)} if before_ else {}
    new = {timer.key: timer for timer in timers(after)}
    return tuple(timer for key, timer in new.items() if old.get(key) != timer), tuple(
        key for key, timer in old.items() if key not in new and timer.topic == TOPIC
    )


def agenda_key(outcome: str, day: date | str) -> str:
    """The key of the agenda of a board's meeting: of its timer, and of its announcement."""
    return f"board:{outcome}:{day}"


def _business_hours_before(at: datetime, day: date, left: timedelta, calendar: Calendar) -> datetime:
    while True:
        opens = calendar.start_of_business(day)
        end = min(at, calendar.end_of_business(day))
        if calendar.is_business_day(day) and end > opens:
            if end - opens >= left:
                return end - left
            left -= end - opens
        day -= DAY


def _timer(review: Review, due: Due, at: datetime, key: str) -> Timer:
    return Timer(f"{review.id}:{key}", at, TOPIC, {"id": review.id, "due": due})

"""When things fall due: reminders, escalation, lapse, warnings, expiry; across holidays and turns of the clock, never early."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar import Calendar, Span, Unit
from bot.domain.exception_deadlines import TOPIC, half_of, moved, started, timers, until_look, warnings
from bot.domain.exception_forms import terms
from bot.domain.exception_requests import Ballot, Choice, ExceptionRequest
from bot.domain.exception_submissions import resubmit, withdraw
from bot.domain.waivers import follow, meet, remedy
from tests.domain.cast import (
    ADA,
    CALM,
    GRACE,
    MODERATE,
    MONDAY,
    RULES,
    SAM,
    approved,
    due,
    granted,
    happened,
    rules,
    say,
    submitted,
    wish,
    with_condition,
)

LONDON = RULES.calendar
ZONES = [
    "Europe/London",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
]


def shown(request: ExceptionRequest) -> dict[str, str]:
    """What falls due, by its key without the id, as the clock in London shows it."""
    return {
        timer.key.removeprefix("EX-7:"): timer.due.astimezone(LONDON.zone).strftime("%a %d %b %H:%M")
        for timer in timers(request)
    }


def test_reminders_at_half_time_and_at_the_end_then_the_escalation_then_the_lapse() -> None:
    assert shown(submitted()) == {  # low risk: within 2 business days, 20 to the lapse
        "remind:1:half": "Tue 24 Nov 10:00",
        "remind:1:end": "Wed 25 Nov 10:00",
        "escalate:1": "Thu 26 Nov 10:00",
        "lapse:1": "Mon 21 Dec 10:00",
    }
    assert shown(submitted(answers=MODERATE))["remind:1:half"] == "Thu 26 Nov 09:00"  # 2½ business days


def test_business_days_jump_weekends_and_holidays() -> None:
    wednesday = MONDAY.replace(month=12, day=23, hour=16)
    found = shown(submitted(wednesday, until=date(2027, 1, 31)))
    assert (found["remind:1:half"], found["remind:1:end"]) == ("Thu 24 Dec 16:00", "Mon 28 Dec 16:00")


def test_timers_say_what_they_are_for() -> None:
    timer = timers(submitted())[0]
    assert (timer.key, timer.topic) == ("EX-7:remind:1:half", TOPIC)
    assert timer.facts == {"id": "EX-7", "due": "half", "number": 0}
    assert timer.due == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_changes_asked_stops_the_clock_and_a_resubmission_starts_it_anew() -> None:
    request = submitted()
    asked = say(request, ADA, Choice.ASK_FOR_CHANGES).request
    assert shown(asked) == {}
    assert set(moved(request, asked)[1]) == {timer.key for timer in timers(request)}
    later = resubmit(asked, wish(reason="More."), GRACE, MONDAY + timedelta(days=7), RULES).request
    assert shown(later)["remind:2:half"] == "Tue 01 Dec 10:00"


def test_an_emergency_is_in_a_hurry() -> None:
    request = submitted(emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    assert shown(request) == {
        "remind:1:half": "Mon 23 Nov 10:30",
        "remind:1:end": "Mon 23 Nov 11:00",
        "escalate:1": "Tue 24 Nov 11:00",
        "lapse:1": "Mon 21 Dec 10:00",  # that of its risk: it has none of its own
    }


def test_an_emergencys_own_lapse_comes_first_and_nothing_is_escalated_after_it() -> None:
    under = rules("decide: {emergency: {lapse: 4 hours}}\n")
    request = submitted(under=under, emergency=True, emergency_reason="Now.", until=date(2026, 11, 30))
    found = shown(request)
    assert found["lapse:1"] == "Mon 23 Nov 14:00"
    assert "escalate:1" not in found


def test_a_second_look_is_reminded_of_and_then_revokes() -> None:
    assert shown(granted(answers=MODERATE)) == {
        "remind:2:half": "Wed 25 Nov 09:00",
        "second_look": "Thu 26 Nov 10:00",
        "expire:2026-11-30": "Tue 01 Dec 00:00",
        "warn:2026-11-29": "Sun 29 Nov 09:00",
    }


def test_without_a_date_for_the_second_look_it_has_to_come_before_the_end() -> None:
    found = granted()
    assert found.waiver is not None
    assert found.terms.emergency is not None
    end = found.waiver.ends
    clock = until_look(end - timedelta(minutes=2), end, LONDON)
    assert (clock.half, clock.end) == (end, end)


def test_warnings_come_in_the_morning_so_many_days_before_the_last_one() -> None:
    assert shown(approved(until=date(2026, 12, 31))) == {
        "warn:2026-12-01": "Tue 01 Dec 09:00",
        "warn:2026-12-24": "Thu 24 Dec 09:00",
        "warn:2026-12-30": "Wed 30 Dec 09:00",
        "expire:2026-12-31": "Fri 01 Jan 00:00",
    }


def test_warnings_that_would_be_past_are_left_out() -> None:
    assert list(shown(approved(until=date(2026, 12, 23)))) == [
        "warn:2026-12-16",
        "warn:2026-12-22",
        "expire:2026-12-23",
    ]
    assert list(shown(approved(until=MONDAY.date()))) == ["expire:2026-11-23"]


def test_two_spans_of_the_same_length_warn_once() -> None:
    twice = terms(wish(), rules("warn_before_expiry: [7 days, 1 week]\n"))
    ends = LONDON.end_of_day(date(2026, 12, 31))
    assert [each.day for each in warnings(MONDAY, ends, twice, LONDON)] == [date(2026, 12, 24)]


def test_nobody_is_warned_of_what_is_followed() -> None:
    followed = happened(follow(approved(), "EX-9", MONDAY)).request
    assert list(shown(followed)) == ["expire:2026-12-31"]


def test_what_is_over_has_no_timers() -> None:
    assert timers(withdraw(submitted(), GRACE, MONDAY).request) == ()
    assert timers(say(submitted(), ADA, Choice.DECLINE).request) == ()
    assert timers(remedy(approved(), GRACE, "Done.", MONDAY).request) == ()
    assert timers(say(granted(), SAM, Choice.DECLINE).request) == ()


def test_conditions_fall_due_at_the_end_of_their_days() -> None:
    request = with_condition(date(2026, 12, 4), date(2026, 12, 5))
    found = shown(request)
    assert found["condition:1:2026-12-04"] == "Sat 05 Dec 00:00"
    assert found["condition:2:2026-12-05"] == "Sun 06 Dec 00:00"
    assert next(timer for timer in timers(request) if "condition:2" in timer.key).facts["number"] == 2
    met = meet(request, 1, GRACE, "Done.", MONDAY).request
    assert "condition:1:2026-12-04" not in shown(met)


def test_the_seats_are_reminded_of_an_overdue_condition_too() -> None:
    request = happened(due(with_condition(), "condition:1:2026-12-04", datetime(2026, 12, 5, tzinfo=UTC))).request
    found = shown(request)
    assert found["remind:2:half"] == "Tue 08 Dec 09:00"
    assert found["remind:2:end"] == "Wed 09 Dec 09:00"
    assert "escalate:2" in found
    assert not any(key.startswith("lapse") for key in found)


def test_a_step_sets_what_is_new_and_cancels_what_is_gone() -> None:
    before = submitted()
    new, gone = moved(None, before)
    assert (new, gone) == (timers(before), ())
    after = say(before, ADA).request
    new, gone = moved(before, after)
    assert set(gone) == {timer.key for timer in timers(before)}
    assert new == timers(after)
    assert moved(after, after) == ((), ())


def test_without_an_escalation_nothing_is_escalated() -> None:
    found = started(MONDAY, terms(wish(), RULES), Ballot.REQUEST, LONDON)
    assert found.escalate is not None
    none = started(MONDAY, replace(terms(wish(), RULES), escalate=None), Ballot.REQUEST, LONDON)
    assert none.escalate is None


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        (date(2026, 3, 28), "2026-03-29T00:00:00+00:00"),  # the clock is put forward an hour later
        (date(2026, 3, 29), "2026-03-29T23:00:00+00:00"),
        (date(2026, 10, 24), "2026-10-24T23:00:00+00:00"),
        (date(2026, 10, 25), "2026-10-26T00:00:00+00:00"),  # a day of 25 hours
    ],
)
def test_a_waiver_ends_when_the_day_ends_there(day: date, ends: str) -> None:
    now = datetime.combine(day - timedelta(days=3), time(12), UTC)
    request = approved(now, until=day, remedied_by=None)
    waiver = request.waiver
    assert waiver is not None
    assert waiver.ends.isoformat() == ends
    assert due(request, f"expire:{day}", waiver.ends - timedelta(microseconds=1)) is None
    assert happened(due(request, f"expire:{day}", waiver.ends)).request.status == "expired"


moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001  # naive bounds are what it takes
turns = st.builds(
    lambda turn, minutes: datetime.fromisoformat(turn).replace(tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(
        ["2026-03-29 01:00", "2026-10-25 01:00", "2026-11-01 05:00", "2026-03-28 22:00", "2026-10-24 21:00"]
    ),
    st.integers(-6000, 3000),
)
holidays = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=30)
calendars = st.builds(
    lambda zone, days, hours: Calendar(ZoneInfo(zone), hours[0], hours[1], days),
    st.sampled_from(ZONES),
    holidays,
    st.sampled_from([(time(9), time(17, 30)), (time(0), None), (time(0, 30), time(1, 30))]),
)


@CALM
@given(calendars, moments | turns, st.integers(1, 30), st.sampled_from(Unit))
def test_half_time_lies_between_the_beginning_and_the_end(
    calendar: Calendar, now: datetime, count: int, unit: Unit
) -> None:
    span = Span(count, unit)
    half = half_of(now, span, calendar)
    assert now <= half <= calendar.add(now, span)
    if count > 1:
        assert half >= calendar.add(now, Span(count // 2, unit))
    if unit is Unit.BUSINESS_DAY:  # business hours may end with the day's last one
        assert calendar.next_business_moment(half) == half or half == calendar.add(now, Span(count // 2 + 1, unit))


@CALM
@given(calendars, moments | turns)
def test_deadlines_come_in_their_order_and_never_before_the_beginning(calendar: Calendar, now: datetime) -> None:
    for level in ("low", "moderate", "high"):
        found = terms(wish(), RULES)
        rule = RULES.decide[level]
        clock = started(now, replace(found, rule=rule), Ballot.REQUEST, calendar)
        assert clock.escalate is not None
        assert clock.lapse is not None
        assert clock.since == now <= clock.half <= clock.end <= clock.escalate
        assert clock.end <= clock.lapse


@CALM
@given(calendars, moments | turns, st.integers(0, 120))
def test_a_waiver_is_in_force_on_every_moment_of_its_last_day_and_on_none_after_it(
    calendar: Calendar, now: datetime, days: int
) -> None:
    under = replace(RULES, calendar=calendar)
    until = calendar.today(now) + timedelta(days=days)
    request = say(submitted(now, under, until=until, remedied_by=None), ADA, now=now, under=under).request
    waiver = request.waiver
    assert waiver is not None
    last = waiver.ends - timedelta(microseconds=1)
    assert calendar.today(last) == until
    assert calendar.today(waiver.ends) > until
    assert waiver.in_force(now)
    assert waiver.in_force(last)
    assert not waiver.in_force(waiver.ends)
    for each in waiver.warnings:
        assert now < each.at < waiver.ends
        assert calendar.today(each.at) == each.day < until
    expiry = [timer for timer in timers(request) if ":expire:" in timer.key]
    assert [(timer.key, timer.due) for timer in expiry] == [(f"EX-7:expire:{until}", waiver.ends)]

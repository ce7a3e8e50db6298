"""Business time: zones, gaps and folds of their clocks, holidays; nothing early, nothing out of order."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.calendar import Calendar, Span, Unit

LONDON = Calendar(ZoneInfo("Europe/London"), time(9), time(17, 30), frozenset({date(2026, 12, 25)}))
# Clocks put forward and back at one in the morning, at midnight (so that a day begins at one, or 23:00 comes twice),
# by half an hour, never; a day that was left out.
ZONES = [
    "Europe/London",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "America/Asuncion",
    "Australia/Lord_Howe",
    "Asia/Tokyo",
    "Pacific/Apia",
    "Africa/Casablanca",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def added(moment: str, span: str, calendar: Calendar = LONDON) -> str:
    local = calendar.add(datetime.fromisoformat(moment).replace(tzinfo=calendar.zone), Span.parse(span))
    return local.astimezone(calendar.zone).strftime("%a %d %b %H:%M")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2 business days", Span(2, Unit.BUSINESS_DAY)),
        ("20 business days", Span(20, Unit.BUSINESS_DAY)),
        ("1 business day", Span(1, Unit.BUSINESS_DAY)),
        ("3 business hours", Span(3, Unit.BUSINESS_HOUR)),
        ("180 days", Span(180, Unit.DAY)),
        ("7 Days", Span(7, Unit.DAY)),
        (" 1  hour ", Span(1, Unit.HOUR)),
        ("2 weeks", Span(2, Unit.WEEK)),
        ("30 minutes", Span(30, Unit.MINUTE)),
    ],
)
def test_a_span_is_read_as_people_write_it(text: str, span: Span) -> None:
    assert Span.parse(text) == span
    assert Span.parse(str(span)) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2",
        "days",
        "-1 day",
        "1.5 days",
        "2 business",
        "2 business weeks",
        "2 months",
        "99999 days",
        "2days",
    ],
)
def test_what_is_no_span_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="2 business days"):
        Span.parse(text)


@pytest.mark.parametrize(
    ("moment", "span", "then"),
    [
        ("2026-11-23 10:15", "2 business days", "Wed 25 Nov 10:15"),
        ("2026-11-20 15:00", "1 business day", "Mon 23 Nov 15:00"),
        ("2026-11-21 11:00", "1 business day", "Tue 24 Nov 09:00"),  # a Saturday counts from Monday's opening
        ("2026-11-20 17:30", "1 business day", "Tue 24 Nov 09:00"),  # the end is not within
        ("2026-11-20 17:29", "1 business day", "Mon 23 Nov 17:29"),
        ("2026-11-23 06:00", "0 business days", "Mon 23 Nov 09:00"),
        ("2026-12-24 16:00", "1 business day", "Mon 28 Dec 16:00"),  # Christmas, then a weekend
        ("2026-11-20 16:30", "3 business hours", "Mon 23 Nov 11:00"),
        ("2026-11-20 16:30", "1 business hour", "Fri 20 Nov 17:30"),
        ("2026-11-20 23:30", "1 hour", "Sat 21 Nov 00:30"),
        ("2026-11-20 23:30", "7 days", "Fri 27 Nov 23:30"),
        ("2026-03-28 12:00", "1 day", "Sun 29 Mar 12:00"),  # of 23 hours
        ("2026-10-24 12:00", "1 week", "Sat 31 Oct 12:00"),
        ("2026-10-24 12:00", "24 hours", "Sun 25 Oct 11:00"),
    ],
)
def test_spans_are_counted_in_the_time_of_the_place(moment: str, span: str, then: str) -> None:
    assert added(moment, span) == then


def test_a_time_that_a_day_does_not_have_is_the_end_of_the_gap() -> None:
    assert LONDON.at_local(date(2026, 3, 29), time(1, 30)) == utc("2026-03-29 01:00")
    beirut = Calendar(ZoneInfo("Asia/Beirut"))
    assert beirut.end_of_day(date(2026, 3, 28)) == utc("2026-03-28 22:00")  # the 29th begins at one in the morning


def test_a_time_that_a_day_has_twice_is_the_first() -> None:
    assert LONDON.at_local(date(2026, 10, 25), time(1, 30)) == utc("2026-10-25 00:30")
    assert LONDON.at_local(date(2026, 10, 25), time(2)) == utc("2026-10-25 02:00")


def test_a_day_ends_at_midnight_of_the_place() -> None:
    assert LONDON.end_of_day(date(2026, 7, 1)) == utc("2026-07-01 23:00")
    assert LONDON.end_of_day(date(2026, 12, 1)) == utc("2026-12-02 00:00")


def test_weekends_and_holidays_are_no_business_days() -> None:
    week = [LONDON.is_business_day(date(2026, 12, day)) for day in range(21, 28)]  # Monday to Sunday
    assert week == [True, True, True, True, False, False, False]


def test_without_hours_of_its_own_every_hour_of_a_business_day_counts() -> None:
    assert added("2026-11-20 23:30", "1 business hour", Calendar()) == "Mon 23 Nov 00:30"
    assert Calendar().next_business_moment(utc("2026-11-20 23:30")) == utc("2026-11-20 23:30")


def test_a_moment_without_a_zone_is_nobodys() -> None:
    with pytest.raises(ValueError, match="time zone"):
        LONDON.today(datetime(2026, 11, 20, 12))  # noqa: DTZ001  # what is refused


moments = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
# Around the hours in which clocks are put forward and back more is to be found than elsewhere.
turns = st.builds(
    lambda turn, minutes: utc(turn) + timedelta(minutes=minutes),
    st.sampled_from(["2026-03-29 01:00", "2026-10-25 01:00", "2026-11-01 05:00", "2026-03-28 22:00", "2026-10-24 21:00",
                     "2026-04-04 15:00", "2011-12-30 10:00", "2026-03-22 04:00", "2024-03-24 03:00"]),
    st.integers(-3000, 3000),
)  # fmt: skip
times = st.times().map(lambda clock: clock.replace(microsecond=0))
spans = st.builds(Span, st.integers(0, 60), st.sampled_from(Unit))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    opens, closes = sorted(draw(st.lists(times, min_size=2, max_size=2, unique=True)))
    holidays = draw(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20))
    if draw(st.booleans()):
        return Calendar(zone, opens if draw(st.booleans()) else time(0), None, holidays)
    return Calendar(zone, opens, closes, holidays)


either = st.one_of(moments, turns)


@given(calendars(), either, either, spans)
@example(Calendar(ZoneInfo("Asia/Beirut")), utc("2026-10-24 20:30"), utc("2026-10-24 21:30"), Span(1, Unit.DAY))
@example(
    Calendar(ZoneInfo("America/Havana")), utc("2026-11-01 04:45"), utc("2026-11-01 05:15"), Span(1, Unit.BUSINESS_DAY)
)
def test_what_begins_later_never_falls_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, span: Span
) -> None:
    first, second = sorted((one, other))
    assert calendar.add(first, span) <= calendar.add(second, span)
    assert calendar.next_business_moment(first) <= calendar.next_business_moment(second)


@given(calendars(), either, spans)
def test_nothing_falls_due_before_it_began_and_a_longer_span_no_earlier(
    calendar: Calendar, moment: datetime, span: Span
) -> None:
    due = calendar.add(moment, span)
    assert due >= moment
    assert due.tzinfo is UTC
    assert calendar.add(moment, Span(span.count + 1, span.unit)) > due or span.unit in (Unit.DAY, Unit.BUSINESS_DAY)
    assert calendar.add(moment, Span(span.count + 1, span.unit)) >= due


@given(calendars(), either, st.integers(1, 60))
def test_as_many_days_pass_as_were_given(calendar: Calendar, moment: datetime, count: int) -> None:
    due = calendar.add(moment, Span(count, Unit.DAY))
    assert calendar.today(due) - calendar.today(moment) >= timedelta(days=count)
    assert due - moment >= timedelta(days=count) - timedelta(days=1)  # a day left out of a calendar is the longest gap


@given(calendars(), either, st.integers(1, 30))
def test_as_many_business_days_pass_as_were_given(calendar: Calendar, moment: datetime, count: int) -> None:
    start, due = calendar.next_business_moment(moment), calendar.add(moment, Span(count, Unit.BUSINESS_DAY))
    days = (calendar.today(due) - calendar.today(start)).days
    between = [calendar.today(start) + timedelta(days=day) for day in range(days)]
    assert sum(map(calendar.is_business_day, between)) >= count or calendar.zone == ZoneInfo("Pacific/Apia")


@given(calendars(), st.dates(date(2010, 1, 1), date(2035, 1, 1)), times)
def test_a_time_of_a_day_is_the_first_moment_at_which_the_clock_shows_it_or_a_later_one(
    calendar: Calendar, day: date, clock: time
) -> None:
    moment = calendar.at_local(day, clock)
    wanted = datetime.combine(day, clock)
    assert moment.astimezone(calendar.zone).replace(tzinfo=None) >= wanted
    just_before = (moment - timedelta(seconds=1)).astimezone(calendar.zone).replace(tzinfo=None)
    assert just_before < wanted


@given(calendars(), either)
def test_the_next_business_moment_is_one_of_business(calendar: Calendar, moment: datetime) -> None:
    found = calendar.next_business_moment(moment)
    assert found >= moment
    assert calendar.next_business_moment(found) == found or calendar.zone == ZoneInfo("Pacific/Apia")

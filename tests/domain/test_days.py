"""Days as people type them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.days import MONTHS, WEEKDAYS, read_day
from tests.domain.cast import CALM

SUNDAY = date(2026, 11, 22)
DAYS = st.dates(date(2000, 1, 1), date(2090, 1, 1))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-12-04", date(2026, 12, 4)),
        ("today", SUNDAY),
        ("Tomorrow", date(2026, 11, 23)),
        ("yesterday", date(2026, 11, 21)),
        ("friday", date(2026, 11, 27)),
        ("Fri", date(2026, 11, 27)),
        ("sunday", date(2026, 11, 29)),
        ("4 December", date(2026, 12, 4)),
        ("4 dec", date(2026, 12, 4)),
        ("4th Dec. 2027", date(2027, 12, 4)),
        ("December 4", date(2026, 12, 4)),
        ("Dec 4, 2026", date(2026, 12, 4)),
        ("22 November", SUNDAY),
        ("21 November", date(2027, 11, 21)),
        ("29 February", date(2028, 2, 29)),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, meant: date) -> None:
    assert read_day(text, SUNDAY) == meant


@pytest.mark.parametrize(
    "text",
    ["", "soon", "04/12/2026", "4.12.2026", "2026-02-30", "2026-12-4", "20261204", "30 February", "32 December", "4 ma", "su",
     "4 Decembre", "until friday", "2026-W49-5", "٤ December", "0000-01-01", "4 December 20266", "may"],
)  # fmt: skip
def test_whatever_names_no_day_is_none(text: str) -> None:
    assert read_day(text, SUNDAY) is None


@CALM
@given(DAYS, st.sampled_from(WEEKDAYS))
def test_a_weekday_is_the_next_one_and_never_today(today: date, name: str) -> None:
    day = read_day(name, today)
    assert day
    assert timedelta(1) <= day - today <= timedelta(7)
    assert WEEKDAYS[day.weekday()] == name


@CALM
@given(DAYS, DAYS)
def test_a_day_of_a_month_without_a_year_is_the_next_to_come(today: date, other: date) -> None:
    day = read_day(f"{other.day} {MONTHS[other.month - 1]}", today)
    assert day
    assert day >= today
    assert (day.day, day.month) == (other.day, other.month)
    assert day - today < timedelta(366) or (day.day, day.month) == (29, 2)


@CALM
@given(st.text(), DAYS)
def test_no_text_is_a_fault(text: str, today: date) -> None:
    read_day(text, today)

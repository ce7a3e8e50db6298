"""Reading a day of the calendar as people write it."""

from __future__ import annotations

import re
from datetime import date, datetime

_FORMS = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y", "%Y/%m/%d", "%d.%m.%Y")
_NUMBERS = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})")


def read(text: str) -> date | None:
    """The day that is meant; None when it cannot be read, or may be two days: 03/04/2026 is April in one country."""
    text = text.strip()[:40]
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        pass
    if numbers := _NUMBERS.fullmatch(text):
        return _in_numbers(int(numbers[1]), int(numbers[3]), int(numbers[4]))
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a date of the calendar has no zone
        except ValueError:
            continue
    return None


def is_in_numbers(text: str) -> bool:
    """Whether it is written so that day and month can be taken for one another: 22/11/2026."""
    return _NUMBERS.fullmatch(text.strip()) is not None


def may_be_two_days(text: str) -> bool:
    """Whether nobody can tell which of the two numbers is the month: 03/04/2026."""
    numbers = _NUMBERS.fullmatch(text.strip())
    return numbers is not None and numbers[1] != numbers[3] and max(int(numbers[1]), int(numbers[3])) <= 12


def _in_numbers(first: int, second: int, year: int) -> date | None:
    if first <= 12 and second <= 12 and first != second:
        return None
    day, month = (first, second) if second <= 12 else (second, first)
    try:
        return date(year, month, day)
    except ValueError:
        return None

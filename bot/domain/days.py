"""Days as people type them: "2026-12-04", "friday", "tomorrow", "4 December", "Dec 4, 2026"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
NEAR = {"yesterday": -1, "today": 0, "tomorrow": 1}
LEAP = 8  # years within which there is a 29 February

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBERED = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\.? (?P<month>[a-z]+)\.?|(?P<name>[a-z]+)\.? (?P<number>\d{1,2})(?:st|nd|rd|th)?)"
    r"(?:,? (?P<year>\d{4}))?",
    re.ASCII,
)


def read_day(text: str, today: date) -> date | None:
    """The day that a text names, as it is said on `today`; None for a text that names none.

    The name of a weekday is the next one, never today; a day without a year is the next to come, today among them. Names may
    be cut to three letters or more. Days of which each country has its own order ("04/12/2026") are none.
    """
    words = " ".join(text.lower().split())
    if words in NEAR:
        return today + timedelta(days=NEAR[words])
    if _ISO.fullmatch(words):
        return _day(*(int(part) for part in words.split("-")))
    if (weekday := _named(words, WEEKDAYS)) is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if not (said := _NUMBERED.fullmatch(words)):
        return None
    month = _named(said["month"] or said["name"], MONTHS)
    number = int(said["day"] or said["number"])
    if month is None:
        return None
    if said["year"]:
        return _day(int(said["year"]), month + 1, number)
    coming = (_day(year, month + 1, number) for year in range(today.year, today.year + LEAP + 1))
    return next((day for day in coming if day and day >= today), None)


def _named(word: str, names: Sequence[str]) -> int | None:
    """The place of a name that a word begins like."""
    found = [place for place, name in enumerate(names) if len(word) > 2 and name.startswith(word)]
    return found[0] if len(found) == 1 else None


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None

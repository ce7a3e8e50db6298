"""When a document should be looked at again."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from knowledge.documents import Document

_EVERY = re.compile(r"\s*(?:(?:every|each)\b)?\s*(\d{1,4}|an?|one)?\s*(day|week|month|quarter|year)s?\b", re.IGNORECASE)
_WORDS = {"annually": 12, "yearly": 12, "annual": 12, "quarterly": 3, "monthly": 1, "half-yearly": 6, "biannually": 6}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def due(document: Document) -> date | None:
    """The day by which a document is to be reviewed; None when it does not say (or not so that it can be read)."""
    if document.reviewed is None or not document.review_every:
        return None
    found = interval(document.review_every)
    if found is None:
        return None
    months, days = found
    try:
        return _months_later(document.reviewed, months) + timedelta(days=days)
    except (OverflowError, ValueError):
        return None


def interval(wording: str) -> tuple[int, int] | None:
    """How often, in (months, days): "6 months", "every quarter", "yearly". None when it cannot be read."""
    wording = wording.strip().lower()
    if wording in _WORDS:
        return _WORDS[wording], 0
    found = _EVERY.match(wording)
    if found is None:
        return None
    count = int(found[1]) if (found[1] or "").isdecimal() else 1
    unit = found[2]
    return (count * _MONTHS[unit], 0) if unit in _MONTHS else (0, count * (7 if unit == "week" else 1))


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))

"""When a document should be looked at again."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from knowledge.documents import Document

_EVERY = re.compile(r"\s*(\d{1,4}|an?|one)?\s*(day|week|month|quarter|year)s?\b", re.IGNORECASE)
_WORDS = {"annually": 12, "yearly": 12, "annual": 12, "quarterly": 3, "monthly": 1, "half-yearly": 6, "biannually": 6}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def due(document: Document) -> date | None:
    """The day by which a document is to be reviewed; None when it does not say (or not so that it can be read)."""
    if document.reviewed is None or not document.review_every:
        return None
    wording = document.review_every.strip().lower()
    found = _EVERY.match(wording)
    try:
        if wording in _WORDS:
            return _months_later(document.reviewed, _WORDS[wording])
        if found is None:
            return None
        count = int(found[1]) if (found[1] or "").isdigit() else 1
        unit = found[2].lower()
        if unit in _MONTHS:
            return _months_later(document.reviewed, count * _MONTHS[unit])
        return document.reviewed + timedelta(days=count * (7 if unit == "week" else 1))
    except (OverflowError, ValueError):
        return None


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))

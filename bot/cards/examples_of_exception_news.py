"""Examples of what is said unasked of exception requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from bot.cards import exception_cast as cast
from bot.cards import exception_news
from bot.cards.model import Card, Said
from bot.domain import waivers


def _told() -> Card:
    """For a room that hears of exception requests: the outcome."""
    return exception_news.told_card(cast.facts(cast.in_force()))


def _told_asked() -> Card:
    """For a room that hears of exception requests: that one was asked for."""
    return exception_news.told_card(cast.facts(cast.submitted()))


def _reminder() -> Card:
    """To the seats that are open."""
    return exception_news.reminder_card(cast.facts(cast.half_way()))


def _reminder_settled() -> Card:
    """What that becomes when it is decided."""
    return exception_news.reminder_card(cast.facts(cast.in_force()))


def _expiry() -> Card:
    """Seven days before its end."""
    return exception_news.expiry_card(cast.facts(cast.approved(), today="2027-02-19"))


def _expiry_followed() -> Card:
    """A waiver that is followed by another one only ends."""
    step = waivers.follow(cast.approved(), "EX-9", cast.MONDAY + timedelta(days=80))
    return exception_news.expiry_card(cast.facts(step.request if step else cast.approved(), today="2027-02-25"))


def _expiry_over() -> Card:
    """Its last day has passed."""
    return exception_news.expiry_card(cast.facts(cast.fallen_due(cast.approved(), "expire:2027-02-26")))


def _expiry_unseen() -> Card:
    """Revoked, since the second look did not come."""
    return exception_news.expiry_card(cast.facts(cast.fallen_due(cast.granted(), "second_look")))


def _condition() -> Card:
    """For whoever sees to a condition."""
    return exception_news.condition_card(cast.facts(cast.in_force(), number=1))


def _condition_overdue() -> Card:
    """It is overdue."""
    return exception_news.condition_card(cast.facts(cast.overdue(), number=1))


def _condition_met() -> Card:
    """It is met."""
    request = waivers.meet(cast.in_force(), 1, cast.GRACE, "OPS-4802", cast.MONDAY + timedelta(days=3)).request
    return exception_news.condition_card(cast.facts(request, number=1))


def _reworded() -> Card:
    """The clause says something else since: for its owner and for the holder of the waiver."""
    step = waivers.reworded(cast.in_force(), cast.REWORDED)
    return exception_news.reworded_card(cast.facts(step.request if step else cast.in_force()))


def _superseded() -> Card:
    """A standard is superseded: what stands against it, for its owner."""
    successor = {"id": "STD-031", "url": f"{cast.FORGE}standards/STD-031-data-protection.md"}
    lines = [exception_news.line_of(each) for each in cast.several()]
    facts = {"id": "STD-003", "status": "superseded", "successors": [successor], "waivers": lines[1:4]}
    return exception_news.superseded_card({**facts, "pending": lines[:1]})


EXAMPLES_OF_EXCEPTION_NEWS: Mapping[str, Callable[[], Said]] = MappingProxyType(
    {
        "exception_told": _told,
        "exception_told_asked": _told_asked,
        "exception_reminder": _reminder,
        "exception_reminder_settled": _reminder_settled,
        "exception_expiry": _expiry,
        "exception_expiry_followed": _expiry_followed,
        "exception_expiry_over": _expiry_over,
        "exception_expiry_unseen": _expiry_unseen,
        "exception_condition": _condition,
        "exception_condition_overdue": _condition_overdue,
        "exception_condition_met": _condition_met,
        "exception_reworded": _reworded,
        "exceptions_of_superseded": _superseded,
    }
)

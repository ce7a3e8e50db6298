"""The agenda of a board: posted before its meeting, drawn anew as items are decided, and its minutes afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.cards.review_agenda import item_of
from bot.domain.announcements import Announcement, Json
from bot.domain.review_deadlines import agenda_key
from bot.domain.reviews import Review
from bot.domain.timers import Timer
from handlers.desk import Desk

AGENDA = "review_agenda"  # a topic


def fall_due(timer: Timer, desk: Desk) -> None:
    """Posts the agenda of a meeting, where anything is on it: once for all of its items."""
    outcome, day = str(timer.facts["outcome"]), date.fromisoformat(str(timer.facts["day"]))
    desk.transaction.outbox.lock()  # before it is read: what is decided meanwhile finds no agenda to draw anew
    if found := desk.transaction.reviews.of_meeting(outcome, day):
        _post(timer.key, outcome, day, found, desk)


def drawn_anew(before: Review | None, review: Review, desk: Desk) -> None:
    """Has the agendas that a review is or was on drawn as it is now; the outbox is locked. What is put on one that was posted
    already is added to it."""
    outbox, outcome = desk.transaction.outbox, review.terms.outcome
    days = [each.sitting.day for each in (before, review) if each and each.sitting]
    for day in dict.fromkeys([*review.met, *days]):
        told = outbox.get(agenda_key(outcome, day))
        if told is None:
            continue
        on_it = [str(each.get("id")) for each in _items(told)]
        if review.sitting and review.sitting.day == day and review.id not in on_it:
            on_it.append(review.id)
        if review.id in on_it:
            _post(told.key, outcome, day, desk.transaction.reviews.these(on_it), desk)


def _post(key: str, outcome: str, day: date, found: tuple[Review, ...], desk: Desk) -> None:
    unit = desk.transaction
    first = found[0]
    said = unit.outbox.get(key)
    at = next((each.sitting.at for each in found if each.sitting and each.sitting.day == day), None)
    facts: dict[str, Json] = {
        "outcome": outcome,
        "day": day.isoformat(),
        "at": at.isoformat() if at else (said.facts.get("at") if said else ""),
        "zone": str(desk.governance.calendar.zone),
        "items": [item_of(each, day) for each in found],
        "over": desk.governance.calendar.end_of_day(day) <= unit.now,
    }
    unit.outbox.announce(Announcement(key, key, AGENDA, facts), [] if said else _rooms(first, desk))


def _rooms(review: Review, desk: Desk) -> list[str]:
    """The board's own room; without one those of the roles that sit in it, and operators where there is none at all."""
    if review.terms.room:
        return [review.terms.room]
    rooms = [room for seat in review.seats for room in desk.governance.role(seat.role).rooms]
    return list(dict.fromkeys(rooms)) or ([desk.operations_room] if desk.operations_room else [])


def _items(told: Announcement) -> list[Any]:
    items = told.facts.get("items")
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []

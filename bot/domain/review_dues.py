"""What happens to a review when something of it falls due (`bot.domain.review_deadlines`).

Nothing happens before its moment, and nothing that the review as it is does not wait for any more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.calendar import Calendar
from bot.domain.review_deadlines import Due, sitting, timers
from bot.domain.review_decisions import settled
from bot.domain.review_steps import Happened, Step, stepped
from bot.domain.reviews import Review, Stage


def fall_due(review: Review, key: str, now: datetime, calendar: Calendar) -> Step | None:
    """What the timer of a key does now; None when it is not due yet, or not waited for."""
    timer = next((each for each in timers(review) if each.key == key), None)
    if timer is None or now < timer.due:
        return None
    match timer.facts.get("due"):
        case Due.HALF | Due.END:
            return Step(review, Happened.REMINDED, None)
        case Due.ESCALATE:
            if review.escalated:
                return None
            return stepped(review, replace(review, escalated=True), Happened.ESCALATED, None)
        case Due.COMMENT if review.clock:
            over = replace(review, clock=replace(review.clock, comment=None))
            after = settled(over, now)
            happened = Happened.COMMENTED if after.stage is Stage.IN_REVIEW else Happened.APPROVED
            return stepped(review, after, happened, None)
        case Due.MET if review.sitting:
            next_one = sitting(now, review.terms, calendar)
            after = replace(review, sitting=next_one, met=(*review.met, review.sitting.day))
            return stepped(review, after, Happened.PUT_OFF, None)
        case Due.ANEW:
            return Step(review, Happened.ANEW, None)
    return None

"""What happens to an exception request when something of it falls due (`bot.domain.exception_deadlines`).

Nothing happens before its moment, and nothing that the request as it is does not wait for any more: a timer that comes late,
twice or for another state changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.calendar import Calendar
from bot.domain.exception_deadlines import Due, restarted, timers
from bot.domain.exception_requests import ExceptionRequest, Stage, State, Waiver, ended
from bot.domain.exception_steps import Happened, Step, stepped

NO_SECOND_LOOK = "The second look did not come in time."


def fall_due(request: ExceptionRequest, key: str, now: datetime, calendar: Calendar) -> Step | None:
    """What the timer of a key does now; None when it is not due yet, or not waited for."""
    timer = next((each for each in timers(request) if each.key == key), None)
    if timer is None or now < timer.due:
        return None
    waiver = request.waiver
    match timer.facts["due"]:
        case Due.HALF | Due.END:
            return Step(request, Happened.REMINDED, None)
        case Due.WARN:
            return Step(request, Happened.WARNED, None)
        case Due.SOON:
            return Step(request, Happened.DUE_SOON, None)
        case Due.ESCALATE:
            return None if request.escalated else _noted(request, replace(request, escalated=True), Happened.ESCALATED)
        case Due.LAPSE:
            after = replace(request, stage=Stage.LAPSED, clock=None, ended_at=now)
            return _noted(request, after, Happened.LAPSED)
        case Due.LOOK:
            return _unseen(request, now)
        case Due.EXPIRE if waiver:
            state = State.RENEWED if waiver.renewed_by else State.EXPIRED
            after = ended(request, state, now, None, "")
            return _noted(request, after, Happened.RENEWED if waiver.renewed_by else Happened.EXPIRED)
        case Due.CONDITION if waiver:
            return _overdue(request, waiver, timer.facts["number"], now, calendar)
    return None


def _noted(before: ExceptionRequest, after: ExceptionRequest, happened: Happened) -> Step:
    return stepped(before, after, happened, None)


def _unseen(request: ExceptionRequest, now: datetime) -> Step:
    """The second look did not come: what is in force still is revoked."""
    waiver = request.waiver
    after = request
    if waiver and waiver.state is State.IN_FORCE and waiver.in_force(now):
        after = ended(request, State.REVOKED, now, None, NO_SECOND_LOOK)
    return _noted(request, replace(after, stage=Stage.LAPSED, clock=None, ended_at=now), Happened.LOOK_MISSED)


def _overdue(request: ExceptionRequest, waiver: Waiver, number: object, now: datetime, calendar: Calendar) -> Step:
    """A condition is overdue: the waiver is flagged, and its seats are asked. During a second look they are asked already."""
    conditions = tuple(replace(each, overdue_at=now) if each.number == number else each for each in waiver.conditions)
    after = replace(request, waiver=replace(waiver, conditions=conditions))
    if not request.look_is_owed:
        after = replace(after, round=request.round + 1, voices=(), escalated=False)
        after = restarted(after, now, calendar)
    return _noted(request, after, Happened.OVERDUE)

"""What falls due for obligations: a reminder soon before the day, that one is overdue, and a reminder each week from then on."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.audit import Entry
from bot.domain.obligation_steps import Due, again, leads_of
from bot.domain.obligations import Obligation
from bot.domain.timers import Timer
from handlers.desk import Desk
from handlers.exception_telling import address
from handlers.obligation_news import OVERDUE, facts_of, news, told_anew
from handlers.obligations import draw_anew, tell_owner
from handlers.subjects import obligation_changed
from handlers.telling import tell

PEOPLE = ("slack:", "teams:")  # how accounts begin that can be written to


def fall_due(timer: Timer, desk: Desk) -> None:
    """Does what the timer of an obligation is for; nothing where it is met."""
    unit = desk.transaction
    found = unit.obligations.get(str(timer.facts["id"]), lock=True)
    if found is None or found.met_at is not None:
        return
    match timer.facts["due"]:
        case Due.SOON:
            unit.outbox.lock()
            tell_owner(found, timer.key, "soon", address(found.owner, desk), desk)
        case Due.OVERDUE:
            _overdue(found, timer, desk)
        case Due.AGAIN:
            unit.timers.set(again(found, unit.now, desk.governance.calendar))
            tell(told_anew(found, facts_of(found, desk), desk), desk)
            tell_owner(found, timer.key, "again", address(found.owner, desk), desk)


def _overdue(found: Obligation, timer: Timer, desk: Desk) -> None:
    """It is flagged, its owner and their lead are told, the rooms that hear of it too."""
    unit = desk.transaction
    unit.obligations.overdue(found.id, unit.now)
    late = replace(found, overdue_at=unit.now)
    unit.timers.set(again(late, unit.now, desk.governance.calendar))
    tell(news(late, OVERDUE, desk), desk)
    draw_anew(late, desk)
    tell_owner(late, timer.key, "overdue", [*address(late.owner, desk), *_above(late, desk)], desk)
    obligation_changed(late.subject, desk)
    unit.audit.add(
        Entry(
            "obligation.overdue", late.id, before={"is": "open"}, after={"is": "overdue", "due": late.due.isoformat()}
        )
    )


def _above(late: Obligation, desk: Desk) -> list[str]:
    """Where the owner's leads are told; without any, whoever asked for it."""
    if leads := leads_of(late.owner, desk.governance):
        return [room for lead in leads for room in address(lead, desk)]
    return [late.given_by] if late.given_by.startswith(PEOPLE) else []

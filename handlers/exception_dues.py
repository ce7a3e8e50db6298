"""What falls due for exception requests, and what a change of the library means for them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from bot.cards.exception_news import line_of
from bot.domain import exception_dues
from bot.domain.announcements import Announcement, Json
from bot.domain.changes import DocumentState
from bot.domain.exception_requests import ExceptionRequest
from bot.domain.timers import Timer
from bot.domain.waivers import reworded
from handlers.desk import Desk
from handlers.documents import url
from handlers.exception_requests import target_of
from handlers.exception_telling import REWORDED, address_of_asker, done, facts_of
from handlers.overdue import rooms_of_owner

OF_SUPERSEDED = "exceptions_of_superseded"  # a topic
OVER = frozenset({"superseded", "deprecated", "retired"})


def fall_due(timer: Timer, desk: Desk) -> None:
    """Does what the timer of a request is for; nothing when the request waits for it no longer."""
    request = desk.transaction.exceptions.get(str(timer.facts["id"]), lock=True)
    if request is None:
        return
    step = exception_dues.fall_due(request, timer.key, desk.transaction.now, desk.governance.calendar)
    if step:
        done(request, step, desk, timer)


def library_changed(steps: Collection[tuple[DocumentState | None, DocumentState | None]], desk: Desk) -> None:
    """Flags the live waivers and open requests whose clause reads differently now, to its owner and to whoever asked; lists
    those of a standard that does not hold any more to its owner. `steps` are what documents were, and are."""
    standards = [(was, now) for was, now in steps if was and was.kind == "standard"]
    for was, now in sorted(standards, key=lambda step: step[0].path):
        live = desk.transaction.exceptions.against([was.path], [was.id])
        for each in live:
            _reread(each.id, was, now, desk)
        if live and (now is None or (now.status != was.status and now.status in OVER)):
            _listed(was, now, live, desk)


def _reread(id_: str, was: DocumentState, now: DocumentState | None, desk: Desk) -> None:
    request = desk.transaction.exceptions.get(id_, lock=True)
    target = request.wish.target if request else None
    if request is None or target is None or not target.text:
        return
    found = target_of(target.id, desk.library)
    if found is None or now is None or found.document != now.path:
        return  # the clause is gone: its owner is told with the document, and the text as it was stays with the request
    step = reworded(request, found.text)
    if step is None:
        return
    stored = done(request, step, desk)
    if not stored.target_now:
        return
    digest = hashlib.sha256(stored.target_now.encode("utf-8", "replace")).hexdigest()[:8]
    what = Announcement(f"{id_}:reworded:{digest}", id_, REWORDED, facts_of(stored, desk))
    rooms = dict.fromkeys([*address_of_asker(stored, desk), *rooms_of_owner(was.owner, desk)])
    desk.transaction.outbox.announce(what, rooms)


def _listed(was: DocumentState, now: DocumentState | None, live: Collection[ExceptionRequest], desk: Desk) -> None:
    status = now.status if now else "gone"
    facts: dict[str, Json] = {
        "id": was.id,
        "title": was.title,
        "status": status,
        "successors": [{"id": each, "url": url(desk.library, each)} for each in now.superseded_by] if now else [],
        "waivers": [line_of(each) for each in live if each.waiver],
        "pending": [line_of(each) for each in live if not each.waiver],
    }
    operators = [desk.operations_room] if desk.operations_room else []
    rooms = list(dict.fromkeys(rooms_of_owner(was.owner, desk))) or operators
    key = f"exceptions:{was.path}:{status}:{desk.transaction.now.date().isoformat()}"
    desk.transaction.outbox.announce(Announcement(key, was.id, OF_SUPERSEDED, facts), rooms)

"""Reviews of documents: when they fall due, and who is told that they are overdue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from bot.domain.announcements import Announcement, Json
from bot.domain.changes import DocumentState
from bot.domain.subscriptions import business_begins
from bot.domain.timers import Timer
from handlers.desk import Desk
from handlers.documents import news_of, state_of, url
from handlers.telling import When, hearing, take_back, tell

TOPIC = "review_overdue"
PLATFORMS = ("slack:", "teams:")  # how the name of a room begins
MANY = 20  # overdue at once, when an old folder is seen for the first time: operators get one list
LISTED = 12


Step = tuple[DocumentState | None, DocumentState | None]  # what a document was, and is


def expect(steps: Sequence[Step], desk: Desk) -> list[DocumentState]:
    """Sets the timers of the next reviews, and takes those before away. Gives, where many are overdue at once, these:
    they have no timers."""
    for before, after in steps:
        if before and before.review_due and _key(before) != (_key(after) if after else ""):
            desk.transaction.timers.cancel(_key(before))
    new = [now for was, now in steps if now and now.review_due and (was is None or _key(was) != _key(now))]
    timers = {state.path: _timer(state, desk) for state in new}
    overdue = [state for state in new if timers[state.path].due <= desk.transaction.now]
    many = {state.path for state in overdue} if len(overdue) > MANY else set()
    for path, timer in timers.items():
        if path not in many:
            desk.transaction.timers.set(timer)
    return overdue if many else []


def settle(steps: Sequence[Step], desk: Desk) -> None:
    """Says of reviews that were called overdue that they are so no longer."""
    for before, after in steps:
        if before is None or not before.review_due or (after and after.review_due == before.review_due):
            continue
        told = desk.transaction.outbox.get(_said(before.path, before.review_due))
        if told and not told.facts.get("settled"):
            reviewed = after.reviewed if after and after.reviewed > before.reviewed else ""
            take_back(replace(told, facts={**told.facts, "settled": True, "reviewed": reviewed}), desk)


def list_overdue(states: Sequence[DocumentState], desk: Desk) -> None:
    """Gives operators one list of many documents that are overdue."""
    if states and desk.operations_room:
        named: list[Json] = [
            {"id": each.id, "title": each.title, "due": each.review_due, "url": url(desk.library, each.path)}
            for each in states[:LISTED]
        ]
        facts: dict[str, Json] = {"count": len(states), "documents": named}
        key = f"reviews:{desk.transaction.now.isoformat()}"
        desk.transaction.outbox.announce(Announcement(key, "library", "reviews_overdue", facts), [desk.operations_room])


def review_overdue(timer: Timer, desk: Desk) -> None:
    """Tells the owner of a document, and the rooms that asked for that owner's documents, that its review is overdue;
    nobody when it was reviewed meanwhile. Where the owner has no room, operators are told."""
    path, due = str(timer.facts["path"]), str(timer.facts["due"])
    document = desk.library.contents.documents.get(path)
    state = state_of(document, desk.library) if document else None
    if document is None or state is None or state.review_due != due:
        return
    owners = list(dict.fromkeys(_rooms(state.owner, desk)))
    direct = owners or ([desk.operations_room] if desk.operations_room else [])
    news = [news_of(state)]
    rooms = {**hearing(news, desk, only_owners=True), **dict.fromkeys(direct, When())}
    facts: dict[str, Json] = {
        "id": state.id,
        "title": state.title,
        "path": path,
        "url": url(desk.library, path),
        "owner": state.owner,
        "reviewed": state.reviewed,
        "every": document.review_every or "",
        "due": due,
        "reached": bool(owners),
    }
    tell(Announcement(_said(path, due), state.id, TOPIC, facts), rooms, desk)


def _rooms(owner: str, desk: Desk) -> Iterator[str]:
    """The rooms of an owner: rooms by name, people by e-mail address, roles by theirs; several between commas."""
    for part in (part.strip() for part in owner.split(",")):
        if part.startswith(PLATFORMS):
            yield part
            continue
        role = desk.governance.role(part)
        people = (part.lower(),) if "@" in part else () if role.rooms else role.people
        yield from role.rooms
        for email in people:
            yield from desk.transaction.people.rooms_of(email)[:1]


def _timer(state: DocumentState, desk: Desk) -> Timer:
    due = business_begins(date.fromisoformat(state.review_due), desk.governance.calendar)
    return Timer(_key(state), due, TOPIC, {"path": state.path, "due": state.review_due})


def _key(state: DocumentState) -> str:
    return f"review:{state.path}:{state.review_due}"


def _said(path: str, due: str) -> str:
    return f"overdue:{path}:{due}"

"""Reviews of documents: when they fall due, and who is told that they are overdue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date

from bot.domain.announcements import Announcement, Json
from bot.domain.changes import DocumentState
from bot.domain.subscriptions import business_begins
from bot.domain.timers import Timer
from bot.errors import NotYet
from handlers.desk import Desk
from handlers.documents import news_of, state_of, url
from handlers.telling import Telling, When, hearing, tell

TOPIC = "review_overdue"
PLATFORMS = ("slack:", "teams:")  # how the name of a room begins
MANY = 20  # overdue at once, when an old folder is seen for the first time: operators get one list
LISTED = 12


Step = tuple[DocumentState | None, DocumentState | None]  # what a document was, and is


def expect(steps: Sequence[Step], desk: Desk) -> list[Telling]:
    """Sets the timers of the next reviews, and takes those before away, in the order of their keys. Gives what is to be told
    now: where many are overdue at once these, which have no timers; what is overdue again, whose timer is done; what
    moved after it was called overdue, which is told of there."""
    gone = {_key(was) for was, now in steps if was and was.review_due and (now is None or _key(was) != _key(now))}
    moved = [(told, now) for was, now in steps if was and now and (told := _moved(was, now, desk))]
    stay = {now.path for _, now in moved}
    new = {
        _key(now): now
        for was, now in steps
        if now and now.review_due and now.path not in stay and (was is None or _key(was) != _key(now))
    }
    timers = {key: timer for key, state in new.items() if (timer := _timer(state, desk))}
    overdue = [new[key] for key, timer in timers.items() if timer.due <= desk.transaction.now]
    many = {_key(state) for state in overdue} if len(overdue) > MANY else set[str]()
    again = []
    for key in sorted(gone | timers.keys()):
        if key in gone:
            desk.transaction.timers.cancel(key)
        if key in timers and key not in many and not desk.transaction.timers.set(timers[key]):
            again.append(new[key])
    said = [_at(told, now, desk) for told, now in moved] + [_overdue(state, desk) for state in again]
    return [*said, *_listed(overdue, desk)] if many else said


def settled(steps: Sequence[Step], desk: Desk) -> Iterator[Telling]:
    """Says of reviews that were called overdue that they are so no longer."""
    for before, after in steps:
        if before is None or not before.review_due or (after and after.review_due == before.review_due):
            continue
        told = _standing(before, desk)
        if told:
            reviewed = after.reviewed if after and after.reviewed > before.reviewed else ""
            yield Telling(replace(told, facts={**told.facts, "settled": True, "reviewed": reviewed}), back=True)


def review_overdue(timer: Timer, desk: Desk) -> None:
    """Tells the owner of a document, and the rooms that asked for that owner's documents, that its review is overdue;
    nobody when it was reviewed meanwhile. Where the owner has no room, operators are told.

    What all processes know decides. Raises `NotYet` while this one sees the document otherwise: one of the two is behind,
    and it may be reviewed.
    """
    path, due = str(timer.facts["path"]), str(timer.facts["due"])
    known = desk.transaction.library.of([path]).get(path)
    if known is None or known.state is None or known.state.review_due != due:
        return
    document = desk.library.contents.documents.get(path)
    here = state_of(document, desk.library).review_due if document else ""
    if here != due and not known.unreadable:
        raise NotYet(f"the review of {path} is due since {due}, or {here or 'not'} as it is read here")
    tell([_overdue(known.state, desk)], desk)


def _overdue(state: DocumentState, desk: Desk) -> Telling:
    owners = list(dict.fromkeys(rooms_of_owner(state.owner, desk)))
    direct = owners or ([desk.operations_room] if desk.operations_room else [])
    news = [news_of(state)]
    rooms = {**hearing(news, desk, only_owners=True), **dict.fromkeys(direct, When())}
    document = desk.library.contents.documents.get(state.path)
    facts: dict[str, Json] = {
        "id": state.id,
        "title": state.title,
        "path": state.path,
        "url": url(desk.library, state.path),
        "owner": state.owner,
        "reviewed": state.reviewed,
        "every": (document.review_every or "") if document else "",
        "due": state.review_due,
        "reached": bool(owners),
    }
    told = _told(state, desk)
    return Telling(Announcement(told.key if told else _said(state), state.id, TOPIC, facts), rooms)


def _listed(states: Sequence[DocumentState], desk: Desk) -> Iterator[Telling]:
    """One list for operators of many documents that are overdue."""
    if desk.operations_room:
        named: list[Json] = [
            {"id": each.id, "title": each.title, "due": each.review_due, "url": url(desk.library, each.path)}
            for each in states[:LISTED]
        ]
        facts: dict[str, Json] = {"count": len(states), "documents": named}
        key = f"reviews:{desk.transaction.now.isoformat()}"
        yield Telling(Announcement(key, "library", "reviews_overdue", facts), {desk.operations_room: When()})


def rooms_of_owner(owner: str, desk: Desk) -> Iterator[str]:
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


def _timer(state: DocumentState, desk: Desk) -> Timer | None:
    """None for a day at the end of time, at which no business begins."""
    try:
        due = business_begins(date.fromisoformat(state.review_due), desk.governance.calendar).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return Timer(_key(state), due, TOPIC, {"path": state.path, "due": state.review_due})


def _key(state: DocumentState) -> str:
    return f"review:{state.path}:{state.review_due}"


def _said(state: DocumentState) -> str:
    return f"overdue:{state.path}:{state.review_due}"


def _told(state: DocumentState, desk: Desk) -> Announcement | None:
    """What was said of this review, be it while the document had another path or another id."""
    here = desk.transaction.outbox.get(_said(state))
    told = [*([here] if here else []), *desk.transaction.outbox.of(state.id, TOPIC)]
    mine = (each for each in told if (each.facts.get("path"), each.facts.get("due")) == (state.path, state.review_due))
    return next(mine, None)


def _standing(state: DocumentState, desk: Desk) -> Announcement | None:
    """What was said of this review and is so still."""
    told = _told(state, desk)
    return told if told and not told.facts.get("settled") else None


def _moved(was: DocumentState, now: DocumentState, desk: Desk) -> Announcement | None:
    """What was said of the review of a document that has moved since."""
    is_same = was.path != now.path and was.review_due and was.review_due == now.review_due
    return _standing(was, desk) if is_same else None


def _at(told: Announcement, now: DocumentState, desk: Desk) -> Telling:
    return Telling(replace(told, facts={**told.facts, "path": now.path, "url": url(desk.library, now.path)}))

"""Telling rooms what they subscribed to: at once, after their quiet hours, or in their next digest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.cards.announcements import card_of
from bot.domain.announcements import Announcement, Json
from bot.domain.changes import read_change
from bot.domain.exception_requests import read as read_request
from bot.domain.incidents import read as read_incident
from bot.domain.reviews import read as read_review
from bot.domain.subscriptions import News, Subscription, moment
from bot.domain.timers import Timer
from handlers.desk import Desk
from handlers.documents import news_of, news_of_incident, news_of_obligation, news_of_request, news_of_review

LET_GO = "let_go"
A_FEW = 3  # announcements that are posted one by one when quiet hours end
LINES = 20  # of a digest


@dataclass(frozen=True, slots=True)
class When:
    """When a room is told: `due` is None for at once."""

    due: datetime | None = None
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """Something to be announced, in which further rooms, and when there. `back`: it has become pointless; posts say so, and
    where it was not posted yet it never is."""

    what: Announcement
    rooms: Mapping[str, When] = field(default_factory=dict)
    back: bool = False


def hearing(
    news: Collection[News],
    desk: Desk,
    everybody: Mapping[str, Sequence[Subscription]] | None = None,
    *,
    only_owners: bool = False,
) -> dict[str, When]:
    """The rooms that hear of any of the news, and when; `everybody` are the subscriptions of all rooms, where they are at
    hand. `only_owners`: of those rooms, where the owner is asked for by name."""
    found = {}
    for room, subscriptions in (desk.transaction.subscriptions.all() if everybody is None else everybody).items():
        mine = [each for each in subscriptions if any(each.hears(one) for one in news)]
        if only_owners:
            mine = [each for each in mine if any(name == "owner" for name, _ in each.filters)]
        if mine:
            found[room] = when(mine, desk)
    return found


def when(subscriptions: Iterable[Subscription], desk: Desk) -> When:
    """The earliest moment that any of the subscriptions gives."""
    now, calendar = desk.transaction.now, desk.governance.calendar
    moments = [When(moment(each, now, calendar), each.digest is not None) for each in subscriptions]
    return min(moments, key=lambda each: (each.due or now, each.digest))


def tell(tellings: Iterable[Telling], desk: Desk) -> None:
    """Announces things in their order: at once where that is wished for, else it is kept back. What was told before is
    updated where it stands, and told as it is then where it is still kept back.

    Timers first, all of them in the order of their keys, the outbox then: whoever lets go has locked its timer and waits
    for the outbox. A timer of a review is to be set, and claimed, before.
    """
    tellings = list(tellings)
    waiting = _set({(room, at) for each in tellings for room, at in each.rooms.items()}, desk)
    desk.transaction.outbox.lock()
    for each in tellings:
        key = each.what.key
        kept = desk.transaction.subscriptions.kept_for(key)
        fresh = [room for room in each.rooms if room not in {*kept, *desk.transaction.outbox.rooms(key)}]
        later = {room: until for room in fresh if (until := waiting.get((room, each.rooms[room])))}
        desk.transaction.outbox.announce(each.what, [room for room in fresh if room not in later])
        for room, until in later.items():
            desk.transaction.subscriptions.keep_back(key, [room], until)
        if each.back:
            desk.transaction.outbox.withdraw(key)
            desk.transaction.subscriptions.never_mind(key)


def let_go(timer: Timer, desk: Desk) -> None:
    """Tells a room what was kept back for it, as it is now: a few things one by one, more of them and every digest as one
    card. What it would not hear of any more, it does not."""
    room, digest = str(timer.facts["room"]), bool(timer.facts["digest"])
    desk.transaction.outbox.lock()  # else what changes meanwhile would be said as it was
    kept = desk.transaction.subscriptions.let_go(room, _until(room, None, digest=digest), timer.key)
    subscriptions = desk.transaction.subscriptions.of(room)
    heard = [(what, at) for what, at in _unsaid(room, kept, desk) if _hearers(what, subscriptions)]
    _release(room, heard, f"digest:{timer.key}", desk, digest=digest)


def put_off_anew(room: str, desk: Desk) -> None:
    """What is kept back for a room is told when its subscriptions say so now: those of before may have been other ones. What
    it would not hear of any more stays where it is, and is forgotten there."""
    subscriptions = desk.transaction.subscriptions
    mine = subscriptions.of(room)
    moments = {
        what.key: when(hearers, desk)
        for what, _ in _unsaid(room, subscriptions.kept(room), desk)
        if (hearers := _hearers(what, mine))
    }
    if not moments:
        return
    waiting = _set({(room, at) for at in moments.values()}, desk)
    desk.transaction.outbox.lock()
    at_once = []
    for what, since in _unsaid(room, subscriptions.kept(room), desk):
        if what.key in moments:
            subscriptions.release(room, what.key)
            if until := waiting.get((room, moments[what.key])):
                subscriptions.keep_back(what.key, [room], until, since)
            else:
                at_once.append((what, since))
    _release(room, at_once, f"digest:{room}:{desk.transaction.now.isoformat()}", desk)


def _set(wanted: Collection[tuple[str, When]], desk: Desk) -> dict[tuple[str, When], str]:
    """Sets the timers that rooms wait for, and gives their keys. One that is done already, by the clock of another
    process, would let nothing go any more: there is none then, and the room is told at once."""
    found = {_until(room, at.due, digest=at.digest): (room, at) for room, at in wanted if at.due}
    set_ = dict[tuple[str, When], str]()
    for key in sorted(found):
        room, at = found[key]
        if at.due and desk.transaction.timers.set(Timer(key, at.due, LET_GO, {"room": room, "digest": at.digest})):
            set_[room, at] = key
    return set_


def _unsaid(room: str, kept: Iterable[tuple[str, datetime]], desk: Desk) -> Iterable[tuple[Announcement, datetime]]:
    """What was kept back for a room and is not said there, as it is now, and since when."""
    for key, at in kept:
        what = desk.transaction.outbox.get(key)
        if what and room not in desk.transaction.outbox.rooms(key):
            yield what, at


def _release(
    room: str, waiting: Sequence[tuple[Announcement, datetime]], key: str, desk: Desk, *, digest: bool = False
) -> None:
    if not waiting:
        return
    if not digest and len(waiting) <= A_FEW:
        for what, _ in waiting:
            desk.transaction.outbox.announce(what, [room])
        return
    day = waiting[0][1].astimezone(desk.governance.calendar.zone)
    facts: dict[str, Json] = {
        "since": f"{day:%A} {day.day} {day:%B}",
        "count": len(waiting),
        "lines": [_line(what) for what, _ in waiting[:LINES]],
    }
    desk.transaction.outbox.announce(Announcement(key, "digest", "digest", facts), [room])


def _until(room: str, due: datetime | None, *, digest: bool) -> str:
    """The key of the timer that lets go what is kept back for a room until then; keys of one kind sort by their moment."""
    return f"{LET_GO}:{room}:{'digest' if digest else 'quiet'}:{f'{due:%Y-%m-%dT%H:%M:%S.%fZ}' if due else ''}"


def _hearers(what: Announcement, subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """Those of the subscriptions that mean it. Whoever would have heard of a document as it was hears that it changed."""
    if what.topic == "exception_told":
        news = [news_of_request(read_request(what.facts["request"]))]  # type: ignore[arg-type]  # a mapping, as it was written
        return [each for each in subscriptions if any(each.hears(one) for one in news)]
    if what.topic == "review_told":
        news = [news_of_review(read_review(what.facts["review"]))]  # type: ignore[arg-type]  # a mapping, as it was written
        return [each for each in subscriptions if any(each.hears(one) for one in news)]
    if what.topic in ("incident_told", "incident_decision"):
        about = news_of_incident(read_incident(what.facts["incident"]))  # type: ignore[arg-type]  # a mapping, as it was written
        return [each for each in subscriptions if each.hears(about)]
    if what.topic == "obligation_told":
        return [each for each in subscriptions if each.hears(news_of_obligation(what.facts))]
    if what.topic != "document":
        return list(subscriptions)
    change = read_change(what.facts)
    news = [news_of(each) for each in (change, change.concerned) if each]
    return [each for each in subscriptions if any(each.hears(one) for one in news)]


def _line(what: Announcement) -> dict[str, Json]:
    return {"id": what.subject, "text": card_of(what).summary, "url": what.facts.get("url", "")}

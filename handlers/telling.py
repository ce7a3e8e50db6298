"""Telling rooms what they subscribed to: at once, after their quiet hours, or in their next digest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards.announcements import card_of
from bot.domain.announcements import Announcement, Json
from bot.domain.changes import read_change
from bot.domain.subscriptions import News, Subscription, moment
from bot.domain.timers import Timer
from handlers.desk import Desk
from handlers.documents import news_of

LET_GO = "let_go"
A_FEW = 3  # announcements that are posted one by one when quiet hours end
LINES = 20  # of a digest


@dataclass(frozen=True, slots=True)
class When:
    """When a room is told: `due` is None for at once."""

    due: datetime | None = None
    digest: bool = False


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
    for room, subscriptions in (everybody or desk.transaction.subscriptions.all()).items():
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


def tell(what: Announcement, rooms: Mapping[str, When], desk: Desk) -> None:
    """Announces something: at once where that is wished for, else it is kept back. Told again, it is updated where it
    stands, and told as it is then where it is still kept back."""
    told = {*desk.transaction.outbox.rooms(what.key), *desk.transaction.subscriptions.kept_for(what.key)}
    fresh = {room: at for room, at in rooms.items() if room not in told}
    later = {room: _until(room, at.due, digest=at.digest) for room, at in fresh.items() if at.due}
    for room, key in later.items():  # before the outbox: whoever lets go has locked the timer first, too
        at = fresh[room]
        desk.transaction.timers.set(
            Timer(key, at.due or desk.transaction.now, LET_GO, {"room": room, "digest": at.digest})
        )
    desk.transaction.outbox.announce(what, [room for room in fresh if room not in later])
    for room, key in later.items():
        desk.transaction.subscriptions.keep_back(what.key, [room], key)


def take_back(what: Announcement, desk: Desk) -> None:
    """What was announced has become pointless: posts say so, and where it was not posted yet it never is."""
    desk.transaction.outbox.announce(what)
    desk.transaction.outbox.withdraw(what.key)
    desk.transaction.subscriptions.never_mind(what.key)


def let_go(timer: Timer, desk: Desk) -> None:
    """Tells a room what was kept back for it, as it is now: a few things one by one, more of them and every digest as one
    card. What it would not hear of any more, it does not."""
    room, digest = str(timer.facts["room"]), bool(timer.facts["digest"])
    desk.transaction.outbox.lock()  # else what changes meanwhile would be said as it was
    kept = desk.transaction.subscriptions.let_go(room, _until(room, None, digest=digest), timer.key)
    subscriptions = desk.transaction.subscriptions.of(room)
    waiting = []
    for key, at in kept:
        what = desk.transaction.outbox.get(key)
        if what and room not in desk.transaction.outbox.rooms(key) and _is_heard(what, subscriptions):
            waiting.append((what, at))
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
    desk.transaction.outbox.announce(Announcement(f"digest:{timer.key}", "digest", "digest", facts), [room])


def _until(room: str, due: datetime | None, *, digest: bool) -> str:
    """The key of the timer that lets go what is kept back for a room until then; keys of one kind sort by their moment."""
    return f"{LET_GO}:{room}:{'digest' if digest else 'quiet'}:{f'{due:%Y-%m-%dT%H:%M:%S.%fZ}' if due else ''}"


def _is_heard(what: Announcement, subscriptions: Sequence[Subscription]) -> bool:
    if what.topic != "document":
        return bool(subscriptions)
    news = news_of(read_change(what.facts))
    return any(each.hears(news) for each in subscriptions)


def _line(what: Announcement) -> dict[str, Json]:
    return {"id": what.subject, "text": card_of(what).summary, "url": what.facts.get("url", "")}

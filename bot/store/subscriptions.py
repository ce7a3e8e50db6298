"""Which rooms hear of what, and what they have not heard yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, delete, select

from bot.domain.people import Account
from bot.domain.subscriptions import Subscription, read
from bot.errors import UnclearSubscription
from bot.store.database import insert_or_ignore
from bot.store.tables import kept_back, subscription
from bot.store.types import naive

MOST = 20  # subscriptions of a room


class Subscriptions:
    """Reads and writes subscriptions. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, naive(now)

    def add(self, room: str, new: Subscription, by: Account) -> None:
        """Adds one, in the place of one to the same thing. Adding what is there changes nothing."""
        same = [each for each in self.of(room) if each.what == new.what]
        if same == [new]:
            return
        self._remove(room, same)
        row = {"room": room, "words": new.words, "by": str(by), "at": self._now}
        insert_or_ignore(self._connection, subscription, [row])

    def remove(self, room: str, gone: Iterable[Subscription]) -> None:
        """Takes some away. A room without any left hears nothing of what was kept back for it either: whoever takes the
        last one away holds the outbox's lock, as everybody who lets go."""
        self._remove(room, gone)
        if not self.of(room):
            self._connection.execute(delete(kept_back).where(kept_back.c.room == room))

    def of(self, room: str) -> tuple[Subscription, ...]:
        """Those of a room, the oldest first; at most `MOST`, as far as whoever adds them sees to it."""
        wanted = select(subscription.c.words).where(subscription.c.room == room).order_by(subscription.c.id)
        return tuple(found for words in self._connection.scalars(wanted) for found in _read(words))

    def all(self) -> dict[str, tuple[Subscription, ...]]:
        """Those of all rooms. They are read whole and compared in memory: meant for some thousand rooms."""
        found: dict[str, tuple[Subscription, ...]] = {}
        wanted = select(subscription.c.room, subscription.c.words).order_by(subscription.c.room, subscription.c.id)
        for row in self._connection.execute(wanted):
            found[row.room] = (*found.get(row.room, ()), *_read(row.words))
        return found

    def keep_back(self, announcement: str, rooms: Iterable[str], until: str, since: datetime | None = None) -> None:
        """Rooms hear of an announcement when the timer with the key `until` falls due; `since` is when it was announced, if
        that is not now."""
        at = naive(since) if since else self._now
        rows = [{"room": room, "announcement": announcement, "until": until, "at": at} for room in rooms]
        insert_or_ignore(self._connection, kept_back, rows)

    def kept_for(self, announcement: str) -> frozenset[str]:
        """The rooms for which an announcement is kept back."""
        return frozenset(
            self._connection.scalars(select(kept_back.c.room).where(kept_back.c.announcement == announcement))
        )

    def let_go(self, room: str, since: str, until: str) -> tuple[tuple[str, datetime], ...]:
        """The keys of what was kept back for a room, and since when, the oldest first; it is kept back no longer.

        Timers' keys from `since` to `until`, in the order of their letters: so nothing is forgotten for which a clock
        that goes slow has set a timer that was done already.
        """
        mine = (kept_back.c.until >= since, kept_back.c.until <= until)
        found = self._kept(room, *mine)
        self._connection.execute(delete(kept_back).where(kept_back.c.room == room, *mine))
        return found

    def kept(self, room: str) -> tuple[tuple[str, datetime], ...]:
        """The keys of all that is kept back for a room, and since when, the oldest first."""
        return self._kept(room)

    def release(self, room: str, announcement: str) -> None:
        """An announcement is kept back for a room no longer."""
        mine = (kept_back.c.room == room, kept_back.c.announcement == announcement)
        self._connection.execute(delete(kept_back).where(*mine))

    def never_mind(self, announcement: str) -> None:
        """Nobody needs to hear of an announcement any more for whom it was kept back."""
        self._connection.execute(delete(kept_back).where(kept_back.c.announcement == announcement))

    def _kept(self, room: str, *where: ColumnElement[bool]) -> tuple[tuple[str, datetime], ...]:
        wanted = select(kept_back).where(kept_back.c.room == room, *where)
        found = dict[str, datetime]()
        for row in self._connection.execute(wanted.order_by(kept_back.c.at, kept_back.c.announcement)):
            found.setdefault(row.announcement, row.at.replace(tzinfo=UTC))
        return tuple(found.items())

    def _remove(self, room: str, gone: Iterable[Subscription]) -> None:
        for each in gone:
            self._connection.execute(
                delete(subscription).where(subscription.c.room == room, subscription.c.words == each.words)
            )


def _read(words: str) -> tuple[Subscription, ...]:
    """Those in a row; none in a row that a later version wrote and this one cannot read."""
    try:
        return read(words)
    except UnclearSubscription:
        return ()

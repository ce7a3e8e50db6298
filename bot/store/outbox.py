"""What is to be said where: announcements and their postings, written in the transaction of what they tell of.

A posting is in one of these states. First posts of a room go in the order of their ids, updates in any order.

    waiting ──> maybe_sent ──> posted <──> changed    changed: it stands, and is to be updated
       │             │                        │
       ├─ superseded └──────> set_aside <─────┘       maybe_sent: from before it is sent until the outcome is known
       └─ set_aside
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, insert, or_, select, update

from bot.domain.announcements import Announcement
from bot.store.database import insert_or_ignore
from bot.store.order import keep_order
from bot.store.tables import announcement as announcements
from bot.store.tables import lane, posting
from bot.store.types import naive, writable, writable_facts

WAITING, MAYBE_SENT, POSTED = "waiting", "maybe_sent", "posted"
CHANGED, SUPERSEDED, SET_ASIDE = "changed", "superseded", "set_aside"
UNDELIVERABLE = "undeliverable"  # the topic under which operators are told
LONGEST_SUBJECT = 500  # characters: an index of PostgreSQL ends at some 2,700 bytes
AT_ONCE = datetime(1970, 1, 1)  # noqa: DTZ001  # as it stands in `posting.at`: what was not tried yet waits for no clock
CHANNEL = "archway_outbox"  # on which PostgreSQL tells other processes that there is something to post

_announcement = select(announcements).where(announcements.c.key == bindparam("key"))
_postings = select(posting.c.id, posting.c.room, posting.c.state).where(posting.c.announcement == bindparam("key"))
_standing = posting.c.post != ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A posting that its platform will not take: what it is of, where, and why."""

    posting: int
    room: str
    announcement: Announcement
    fault: str


class Outbox:
    """Writes what the announcer carries out. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, naive(now)

    def announce(self, announcement: Announcement, rooms: Iterable[str] = ()) -> None:
        """Says something in rooms, in each once a key. Announced again with other facts it takes the place of what was
        said: posts are updated, what waits is posted as it is now. Further rooms are added to those that there are.

        What was withdrawn and is announced again is said anew where it is not posted."""
        self.lock()
        key = writable(announcement.key)
        is_new, is_other = self._written(key, announcement)
        known = {each.room: each for each in self._connection.execute(_postings, {"key": key})}
        wanted = {writable(room): None for room in rooms}
        missing = [room for room in wanted if room not in known]
        revived = [known[room].id for room in wanted if room in known and known[room].state == SUPERSEDED]
        changed = is_other and any(each.state == POSTED for each in known.values())
        if not (missing or revived or changed):
            return
        if not is_new and not any(each.state in (WAITING, MAYBE_SENT, CHANGED) for each in known.values()):
            self._waits_from_now(key)
        if changed:
            self._set(posting.c.announcement == key, posting.c.state == POSTED, state=CHANGED, at=AT_ONCE, attempts=0)
        if revived:
            self._set(posting.c.id.in_(revived), state=WAITING, at=AT_ONCE)
        self._add(key, missing)
        self._ring()

    def withdraw(self, key: str) -> None:
        """What was not posted yet has become pointless and is superseded; what is posted stays. An unknown key is no fault."""
        self.lock()
        self._connection.execute(update(announcements).where(announcements.c.key == key).values(over=True))
        self._set(posting.c.announcement == key, posting.c.state == WAITING, state=SUPERSEDED)
        # One that was never posted would else wait for an operator who has no reason to send it any more.
        self._set(posting.c.announcement == key, posting.c.state == SET_ASIDE, ~_standing, state=SUPERSEDED)

    def get(self, key: str) -> Announcement | None:
        """An announcement as it is now."""
        found = self._connection.execute(_announcement, {"key": key}).one_or_none()
        return announcement_of(found) if found else None

    def at(self, room: str, post: str) -> Announcement | None:
        """What stands at a post of ours, by the platform's id of the post or of its thread."""
        found = self._connection.execute(
            select(announcements)
            .join(posting, posting.c.announcement == announcements.c.key)
            .where(posting.c.room == room, or_(posting.c.post == post, posting.c.thread == post), _standing)
            .order_by(case((posting.c.post == post, 0), else_=1), posting.c.id.desc())
            .limit(1)
        ).one_or_none()
        return announcement_of(found) if found and post else None

    def in_doubt(self, room: str, topic: str) -> bool:
        """Whether something of a topic may stand in a room of which it is not known yet where."""
        found = (
            select(posting.c.id)
            .join(announcements, posting.c.announcement == announcements.c.key)
            .where(posting.c.state == MAYBE_SENT, posting.c.room == room, announcements.c.topic == topic)
        )
        return self._connection.execute(found.limit(1)).one_or_none() is not None

    def rooms(self, key: str) -> tuple[str, ...]:
        """Where an announcement is, or is to be, posted."""
        wanted = _postings.where(posting.c.state != SUPERSEDED).order_by(posting.c.id)
        return tuple(each.room for each in self._connection.execute(wanted, {"key": key}))

    def set_aside(self, posting: int) -> SetAside | None:
        """A posting that was set aside; None when there is none such, or it was sent since."""
        return self._set_aside(posting)

    def send_again(self, posting: int) -> bool:
        """Puts a posting that was set aside back in its lane; False when it is not set aside."""
        self.lock()
        found = self._set_aside(posting)
        if found is None:
            return False
        self._waits_from_now(found.announcement.key)
        self._back_in_its_lane(posting)
        self._ring()
        return True

    def lock(self) -> None:
        """Postings get their ids under one lock, which is held until the end of the transaction: so they become visible
        in their order."""
        keep_order(self._connection)

    def of(self, subject: str, topic: str = "") -> tuple[Announcement, ...]:
        """What was announced of a subject, under a topic or any."""
        wanted = select(announcements).where(announcements.c.subject == _indexed(subject))
        if topic:
            wanted = wanted.where(announcements.c.topic == topic)
        return tuple(announcement_of(row) for row in self._connection.execute(wanted))

    def _written(self, key: str, announcement: Announcement) -> tuple[bool, bool]:
        """Writes the facts; gives whether the key is new, and whether other facts were there before."""
        facts = writable_facts(json.loads(json.dumps(dict(announcement.facts))))
        said = {"subject": _indexed(announcement.subject), "topic": writable(announcement.topic), "facts": facts}
        before = self._connection.execute(_announcement, {"key": key}).one_or_none()
        if before is None:
            row = {"key": key, **said, "revision": 1, "at": self._now, "over": False}
            self._connection.execute(insert(announcements), row)
            return True, False
        is_other = any(getattr(before, name) != value for name, value in said.items())
        if is_other or before.over:
            revision = before.revision + is_other
            of_it = announcements.c.key == key
            self._connection.execute(update(announcements).where(of_it).values(**said, revision=revision, over=False))
        return False, is_other

    def _add(self, key: str, rooms: Sequence[str]) -> None:
        if not rooms:
            return
        lanes = [
            {
                "room": room,
                "platform": room.partition(":")[0],
                "owner": "",
                "fence": 0,
                "leased_until": 0.0,
                "not_before": 0.0,
            }
            for room in rooms
        ]
        insert_or_ignore(self._connection, lane, lanes)
        waiting = {"announcement": key, "state": WAITING, "revision": 0, "trying": 0, "post": "", "thread": "",
                   "attempts": 0, "fault": "", "at": AT_ONCE}  # fmt: skip
        self._connection.execute(insert(posting), [{"room": room, **waiting} for room in rooms])

    def _back_in_its_lane(self, id_: int) -> None:
        # What may have come through is looked for first; what stands is updated.
        state = case((_standing, CHANGED), (posting.c.trying > 0, MAYBE_SENT), else_=WAITING)
        self._set(posting.c.id == id_, state=state, at=AT_ONCE)

    def _set_aside(self, id_: int) -> SetAside | None:
        found = self._connection.execute(
            select(posting.c.id, posting.c.room, posting.c.fault, announcements)
            .join(announcements, posting.c.announcement == announcements.c.key)
            .where(posting.c.id == id_, posting.c.state == SET_ASIDE)
        ).one_or_none()
        return SetAside(found.id, found.room, announcement_of(found), found.fault) if found else None

    def _waits_from_now(self, key: str) -> None:
        """An announcement's `at` says since when something of it waits."""
        self._connection.execute(update(announcements).where(announcements.c.key == key).values(at=self._now))

    def _set(self, *where: Any, **values: Any) -> None:
        self._connection.execute(update(posting).where(*where).values(**values))

    def _ring(self) -> None:
        """Once committed, wakes the announcers of all processes; without it they would look within a second."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(select(func.pg_notify(CHANNEL, "")))


def _indexed(subject: str) -> str:
    return writable(subject)[:LONGEST_SUBJECT]


def announcement_of(row: Row[Any]) -> Announcement:
    """The announcement in a row that has its columns."""
    return Announcement(row.key, row.subject, row.topic, row.facts)

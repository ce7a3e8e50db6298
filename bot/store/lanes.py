"""What the announcer does with the database. A lane is the way into one room: whoever holds its lease posts there.

A lane's first posts go in the order of their ids, one at a time; one whose outcome is not known blocks those behind it
until it is. Updates of what stands need no order and go in between, a post and an update in turn while there are both:
neither waits for the other's failures. Leases are counted by the database's clock; every verb that needs one checks its
fence first, so that an owner who was too slow writes nothing. While the database is away no lease runs out: whoever knows
what became of a post writes it down when it is back, before others take the lane. `posting.at` is when a posting is next to be tried, by the
same clock: one of a process that is wrong hurries nothing and holds nothing up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Integer,
    Row,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.domain.announcements import Announcement, Json, Posted
from bot.store.attempts import Arrived, Attempt, Due, Failed, Held, LaneLost, Outcome, Refused, Unsent, Vanished
from bot.store.database import awake_since, insert_or_ignore, seconds_now
from bot.store.outbox import (
    AT_ONCE,
    CHANGED,
    MAYBE_SENT,
    POSTED,
    SET_ASIDE,
    SUPERSEDED,
    UNDELIVERABLE,
    WAITING,
    Outbox,
    announcement_of,
)
from bot.store.tables import announcement as announcements
from bot.store.tables import lane, pause, posting
from bot.store.types import naive

_in_room = posting.c.room == bindparam("room")


def _lowest(state: str) -> Any:
    return select(func.min(posting.c.id)).where(_in_room, posting.c.state == state).scalar_subquery()


# The one first post that may be made in a room: what may have been sent, else the next in order.
_head = func.coalesce(_lowest(MAYBE_SENT), _lowest(WAITING))


class _Moment(FunctionElement[datetime]):
    """A moment as it stands in `posting.at`, from seconds since the epoch."""

    type = DateTime()
    inherit_cache = True
    name = "moment"


@compiles(_Moment, "sqlite")
def _in_sqlite(element: _Moment, compiler: SQLCompiler, **how: Any) -> str:
    seconds = compiler.process(element.clauses, **how)
    return f"(strftime('%Y-%m-%d %H:%M:%f', {seconds}, 'unixepoch') || '000')"


@compiles(_Moment, "postgresql")
def _in_postgres(element: _Moment, compiler: SQLCompiler, **how: Any) -> str:
    return f"(to_timestamp({compiler.process(element.clauses, **how)}) AT TIME ZONE 'UTC')"


_now = select(_Moment(seconds_now)).scalar_subquery()  # once, not for each row
_it_is_time = posting.c.at <= _now
_paused = exists().where(pause.c.platform == lane.c.platform, pause.c.until > seconds_now).correlate(lane)
_lease: ColumnElement[float] = bindparam("lease", 0.0)
_is_given_back = or_(lane.c.owner == "", awake_since + _lease <= seconds_now)
_is_free = and_(lane.c.leased_until <= seconds_now, lane.c.not_before <= seconds_now, _is_given_back)
_next = posting.alias("next")


def _heads(state: str) -> Any:
    """Rooms whose lowest posting in a state is to be tried now."""
    lowest = select(func.min(posting.c.id)).where(posting.c.state == state).group_by(posting.c.room)
    return select(_next.c.room).where(_next.c.id.in_(lowest), _next.c.at <= _now)


_in_doubt = select(posting.c.room).where(posting.c.state == MAYBE_SENT)
_rooms = {
    "first": _heads(WAITING).where(_next.c.room.not_in(_in_doubt)),
    "again": _heads(MAYBE_SENT),
    "updates": select(posting.c.room).where(posting.c.state == CHANGED, _it_is_time),
}
# From what waits to its lanes: there is one of each room that was ever announced in. Whoever waited longest comes first:
# `leased_until` of a lane that was let go is when it was.
_due = MappingProxyType(
    {
        kind: select(lane.c.room, lane.c.leased_until)
        .where(lane.c.room.in_(rooms), lane.c.platform == bindparam("platform"), _is_free, ~_paused)
        .order_by(lane.c.leased_until)
        .limit(bindparam("most", type_=Integer))
        for kind, rooms in _rooms.items()
    }
)
_claim = (
    update(lane)
    .where(
        lane.c.room.in_(
            select(lane.c.room)
            .where(lane.c.room.in_(bindparam("rooms", expanding=True)), _is_free, ~_paused)
            .with_for_update(skip_locked=True)
        )
    )
    .values(owner=bindparam("by"), fence=lane.c.fence + 1, leased_until=seconds_now + _lease)
    .returning(lane.c.room, lane.c.fence)
)
_this_lane = and_(lane.c.room == bindparam("in_room"), lane.c.fence == bindparam("by_fence"))
_hold = (
    update(lane)
    .where(_this_lane)
    .values(leased_until=seconds_now + _lease)
    .returning(and_(lane.c.not_before <= seconds_now, ~_paused).label("open"))
)
_let_go = (
    update(lane)
    .where(_this_lane)
    .values(
        owner="",
        leased_until=seconds_now,
        not_before=case((bindparam("rest") > 0, seconds_now + bindparam("rest")), else_=lane.c.not_before),
    )
)
_attempt = (
    select(
        posting.c.id,
        posting.c.room,
        posting.c.state,
        posting.c.trying,
        posting.c.post,
        posting.c.thread,
        posting.c.attempts,
        posting.c.fault,
        announcements,
    )
    .join(announcements, posting.c.announcement == announcements.c.key)
    .where(_it_is_time)
    # What is being announced at this moment is left for the next look: to wait for it could be a dead-lock.
    .with_for_update(of=posting, skip_locked=True)
)
_first_changed = (
    select(func.min(posting.c.id)).where(_in_room, posting.c.state == CHANGED, _it_is_time).scalar_subquery()
)
_next_of = {
    ("post",): _attempt.where(posting.c.id == _head),
    ("update",): _attempt.where(posting.c.id == _first_changed),
    ("post", "update"): _attempt.where(posting.c.id.in_([_head, _first_changed])),
}
_begin = (
    update(posting)
    .where(posting.c.id == bindparam("posting_id"))
    .values(state=MAYBE_SENT, trying=bindparam("may_stand"))
)
# The announcement as it is when this is committed: one that changes at this moment is waited for.
_newest = select(announcements.c.key, announcements.c.revision).where(announcements.c.key == bindparam("of"))
_newest_of = _newest.with_for_update(read=True).subquery()
_arrived = (
    update(posting)
    .where(posting.c.id == bindparam("posting_id"), posting.c.announcement == _newest_of.c.key)
    .values(
        state=case((_newest_of.c.revision == bindparam("stands"), POSTED), else_=CHANGED),
        revision=bindparam("stands"),
        trying=0,
        post=bindparam("as_post"),
        thread=bindparam("in_thread"),
        attempts=0,
        fault="",
        at=AT_ONCE,
        posted_at=bindparam("moment"),
    )
)


class Lanes:
    """The announcer's verbs, in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime, operations: str = "") -> None:
        self._connection, self._moment = connection, now
        self._now = naive(now)
        self._outbox = Outbox(connection, now)
        self._operations = operations  # the room where operators are told, if any

    def due(self, platform: str, lease: float, *, first: int = 0, again: int = 0, updates: int = 0) -> tuple[Due, ...]:
        """Lanes of a platform in which there is something to do, and that can be had for `lease` seconds; who waited longest
        first. Of each kind of work at most so many: what may not be done now hides nothing else. Reads only."""
        waits: dict[str, float] = {}
        kinds: dict[str, dict[str, bool]] = {}
        values = {"platform": platform, "lease": lease}
        for kind, limit in {"first": first, "again": again, "updates": updates}.items():
            if limit > 0:
                for room, since in self._connection.execute(_due[kind], values | {"most": limit}):
                    waits[room] = since
                    kinds.setdefault(room, {})[kind] = True
        return tuple(Due(room, **kinds[room]) for room in sorted(waits, key=waits.__getitem__))

    def claim(self, rooms: Iterable[str], by: str, lease: float) -> tuple[Held, ...]:
        """Takes those of the rooms' lanes that are still free, for `lease` seconds."""
        values = {"rooms": list(rooms), "by": by, "lease": lease}
        return tuple(Held(row.room, row.fence) for row in self._connection.execute(_claim, values))

    def hold(self, held: Held, lease: float) -> bool:
        """Keeps a lane for `lease` seconds from now; False when it is to rest. Raises `LaneLost`."""
        values = {"in_room": held.room, "by_fence": held.fence, "lease": lease}
        found = self._connection.execute(_hold, values).one_or_none()
        if found is None:
            raise LaneLost(held.room)
        return bool(found.open)

    def let_go(self, held: Held, rest: float = 0) -> None:
        """Gives a lane back, to be taken at once by anybody, or not before `rest` seconds have passed."""
        self._connection.execute(_let_go, {"in_room": held.room, "by_fence": held.fence, "rest": rest})

    def pause(self, platform: str, seconds: float) -> None:
        """Nothing is begun on a platform for so long."""
        insert_or_ignore(self._connection, pause, [{"platform": platform, "until": 0.0}])
        later = and_(pause.c.platform == platform, pause.c.until < seconds_now + seconds)
        self._connection.execute(update(pause).where(later).values(until=seconds_now + seconds))

    def begin(self, held: Held, verbs: Sequence[str], *, first: bool = True) -> Attempt | None:
        """What is to be done next in a lane, `verbs` ("post", "update") in order of preference; None when there is nothing.
        Without `first` no post is begun that was never tried.

        A post is `maybe_sent` from now on. What became pointless before it was sent is passed over for good."""
        wanted = _next_of[tuple(sorted(verbs))]
        while found := self._connection.execute(wanted, {"room": held.room}).all():
            rows = [row for row in found if first or row.state != WAITING]
            if not rows:
                return None
            row = max(rows, key=lambda row: (row.state == CHANGED) == (verbs[0] == "update"))
            if row.state == WAITING and row.over:
                self._set(row.id, state=SUPERSEDED)
            elif row.state == WAITING:
                self._connection.execute(_begin, {"posting_id": row.id, "may_stand": row.revision})
                return _attempted(row)
            else:
                return _attempted(row)
        return None

    def finish(self, attempt: Attempt, outcome: Outcome) -> None:
        """Writes down what became of an attempt."""
        if isinstance(outcome, Refused) or (isinstance(outcome, Arrived) and attempt.fault):
            self._outbox.lock()  # operators may have to be told: locks in their order
        match outcome:
            case Arrived(posted):
                self._arrived(attempt, posted)
            case Failed(fault, seconds, known):
                later = _Moment(seconds_now + seconds)
                self._not_arrived(attempt, known, at=later, fault=fault, attempts=attempt.attempts + 1)
            case Refused(fault, known):
                self._set_aside(attempt, fault, known)
            case Vanished():
                gone = {"state": WAITING, "post": "", "thread": "", "revision": 0, "trying": 0, "at": AT_ONCE}
                self._set(attempt.posting, **gone)
            case Unsent():
                self._not_arrived(attempt, known=True)

    def _arrived(self, attempt: Attempt, posted: Posted) -> None:
        """What is found after an unknown outcome is as old as the first try may be: it is brought up to date."""
        stands = min(attempt.trying, attempt.revision) if attempt.maybe_posted else attempt.revision
        values = {
            "posting_id": attempt.posting,
            "of": attempt.announcement.key,
            "stands": stands,
            "as_post": posted.post,
            "in_thread": posted.thread,
            "moment": self._now,
        }
        self._connection.execute(_arrived, values)
        if attempt.fault:
            self._tell_sent(attempt)

    def _not_arrived(self, attempt: Attempt, known: bool, **values: Any) -> None:  # noqa: FBT001  # passed on as it is
        if attempt.stands is None and known and not attempt.maybe_posted:
            values |= {"state": WAITING, "trying": 0}
        if values:
            self._set(attempt.posting, **values)

    def _set_aside(self, attempt: Attempt, fault: str, known: bool) -> None:  # noqa: FBT001  # passed on as it is
        attempts = attempt.attempts + 1
        self._not_arrived(attempt, known, fault=fault, attempts=attempts)
        self._set(attempt.posting, state=SET_ASIDE, at=_now)  # from now on it is kept for a while
        room = self._connection.execute(select(posting.c.room).where(posting.c.id == attempt.posting)).scalar_one()
        if self._operations and self._operations != room:
            # A revision is set aside once more only after further attempts: the two tell one time from another.
            key = f"{UNDELIVERABLE}:{attempt.posting}:{attempt.revision}.{attempts}"
            facts: dict[str, Json] = {"posting": attempt.posting, "room": room, "subject": attempt.announcement.subject,
                                      "fault": fault, "at": self._moment.isoformat()}  # fmt: skip
            self._outbox.announce(
                Announcement(key, attempt.announcement.subject, UNDELIVERABLE, facts), [self._operations]
            )

    def _tell_sent(self, attempt: Attempt) -> None:
        """Operators who were told of a posting see that it was sent since."""
        subject = attempt.announcement.subject
        for told in self._outbox.of(subject, UNDELIVERABLE):
            if told.facts.get("posting") == attempt.posting and not told.facts.get("sent"):
                self._outbox.announce(Announcement(told.key, subject, UNDELIVERABLE, {**told.facts, "sent": True}))

    def _set(self, id_: int, **values: Any) -> None:
        self._connection.execute(update(posting).where(posting.c.id == id_).values(**values))


def _attempted(row: Row[Any]) -> Attempt:
    stands = Posted(row.room, row.post, row.thread) if row.state == CHANGED else None
    was_tried = row.state == MAYBE_SENT
    trying = row.trying if was_tried else row.revision
    return Attempt(row.id, announcement_of(row), row.revision, stands, was_tried, trying, row.attempts, row.fault)

"""Deliveries that change something: on disk before they are acknowledged, each handled once, by whoever is alive."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import structlog
from sqlalchemy import ColumnElement, Connection, Delete, Update, and_, case, delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.delivery import Overloaded, Recorded
from bot.domain.announcements import Announcement, Json
from bot.store.database import Database, insert_into, seconds_now
from bot.store.tables import inbox
from bot.store.transaction import Transaction
from bot.store.types import writable

LEASE = 30.0  # seconds for which whoever recorded or took up a delivery has it to itself
ANSWER_WITHIN = 2.5  # seconds: Slack waits for three
MOST_IN_A_BATCH = 500
MOST_ATTEMPTS = 110  # which takes more than a day: a platform may be away for that long
KEEP = 24 * 3600.0  # seconds for which the key of a handled delivery is known
KEEP_ASIDE_BODIES, KEEP_ASIDE = 7 * KEEP, 90 * KEEP  # seconds: of what was set aside
ASIDE = "delivery_aside"  # the topic under which operators are told
FORGET_AT_ONCE = 5_000  # rows in one transaction: others wait meanwhile

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InboxFigures:
    """How much is recorded and not handled, how old the oldest of it is (seconds), how much was set aside."""

    waiting: int
    oldest_seconds: float
    set_aside: int


class _Batch:
    """Deliveries that are recorded by one statement. Once it is being written it takes no further ones."""

    def __init__(self) -> None:
        self.deliveries: dict[str, Recorded] = {}
        self.written: asyncio.Future[frozenset[str]]


class Inbox:
    """Records deliveries, and hands out those whose work was cut."""

    def __init__(self, database: Database, lease: float = LEASE, operations_room: str = "") -> None:
        """`operations_room` is told of what is set aside; "" for none."""
        self._database = database
        self._lease = lease
        self._operations = operations_room
        self._filling: _Batch | None = None
        self._lock = Lock()

    async def record(self, delivery: Recorded, /) -> bool:
        """True when it is new, and on disk from now on; False when it came before. It belongs to this process for the length of
        the lease.

        Raises `Overloaded` when that cannot be said in time: it may yet have been recorded, and then it is handled later
        and known when it is sent again.
        """
        key = writable(delivery.key)
        batch, is_first = self._put(key, delivery)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                new = await asyncio.shield(batch.written)
        except TimeoutError:
            raise Overloaded from None
        except SQLAlchemyError as fault:
            log.warning("a delivery could not be recorded", platform=delivery.platform, fault=str(fault.args[0]))
            raise Overloaded from fault
        return is_first and key in new

    def handled(self, connection: Connection, key: str) -> bool:
        """Marks a delivery as handled, in the transaction of what it brings about; False when that was done before, or
        it is unknown."""
        mark = (
            update(inbox)
            .where(inbox.c.key == key, inbox.c.handled_at.is_(None))
            .values(handled_at=seconds_now, body=b"", fault="")
        )
        return connection.execute(mark).rowcount == 1

    def is_resumed(self, connection: Connection, key: str) -> bool:
        """Whether a delivery was taken up again after it was recorded: nobody waits for its answer any more."""
        attempts = connection.execute(select(inbox.c.attempts).where(inbox.c.key == writable(key))).scalar()
        return attempts is not None and attempts > 1

    async def left_behind(self, platform: str, most: int = 20) -> Sequence[Recorded]:
        """Takes up to `most` deliveries whose lease is over, oldest first; from now on they belong to this process for one
        more. One that was taken up far too often is set aside."""
        return await self._database.write(lambda unit: self._taken_up(unit, platform, most))

    async def extend(self, keys: Iterable[str]) -> None:
        """Begins the lease of deliveries anew: their work takes long."""
        longer = (
            update(inbox)
            .where(inbox.c.key.in_(list(keys)), inbox.c.handled_at.is_(None))
            .values(claimed_until=seconds_now + self._lease)
        )
        await self._database.write(lambda unit: unit.connection.execute(longer).rowcount)

    async def set_aside(self, key: str, fault: str) -> None:
        """Gives up on a delivery: it stays, with the reason, and nobody takes it up."""
        it = (inbox.c.key == key) & inbox.c.handled_at.is_(None)
        await self._database.write(lambda unit: self._put_aside(unit, it, fault or "unknown"))

    async def forget(self, keep: float = KEEP) -> int:
        """Deletes what was handled more than `keep` seconds ago; gives the number. What was set aside loses its body, which
        somebody wrote, and later is deleted too."""
        await self._in_batches(update(inbox).values(body=b""), _is_aside(KEEP_ASIDE_BODIES), inbox.c.body != b"")
        await self._in_batches(delete(inbox), _is_aside(KEEP_ASIDE))
        return await self._in_batches(delete(inbox), inbox.c.handled_at < seconds_now - keep)

    async def _in_batches(self, statement: Update | Delete, *where: ColumnElement[bool]) -> int:
        some = statement.where(inbox.c.key.in_(select(inbox.c.key).where(*where).limit(FORGET_AT_ONCE)))
        changed = 0
        while number := await self._database.write(lambda unit: unit.connection.execute(some).rowcount):
            changed += number
        return changed

    def figures(self, connection: Connection) -> InboxFigures:
        """How it stands."""
        is_waiting = inbox.c.fault == ""
        age = seconds_now - func.min(case((is_waiting, inbox.c.at)))
        counted = select(func.count(case((is_waiting, 1))), age, func.count(case((~is_waiting, 1))))
        waiting, oldest, aside = connection.execute(counted.where(inbox.c.handled_at.is_(None))).one()
        return InboxFigures(waiting, max(oldest or 0.0, 0.0), aside)

    def _put(self, key: str, delivery: Recorded) -> tuple[_Batch, bool]:
        """The batch that a delivery goes with, and whether it is the first of its key there."""
        with self._lock:
            batch = self._filling
            if batch is None or len(batch.deliveries) >= MOST_IN_A_BATCH or batch.written.done():
                batch = self._filling = _Batch()
                batch.written = asyncio.ensure_future(self._database.write(lambda unit: self._write(batch, unit)))
                batch.written.add_done_callback(lambda written: self._is_over(batch, written))
            is_first = key not in batch.deliveries
            if is_first:
                batch.deliveries[key] = delivery
        return batch, is_first

    def _write(self, batch: _Batch, unit: Transaction) -> frozenset[str]:
        """On a writer thread: records all that has come until now; gives the keys that are new."""
        with self._lock:
            if self._filling is batch:
                self._filling = None
        record = insert_into(unit.connection, inbox).values(at=seconds_now, claimed_until=seconds_now + self._lease)
        rows = [
            {"key": key, "platform": each.platform, "body": each.body, "attempts": 1, "fault": ""}
            for key, each in batch.deliveries.items()
        ]
        return frozenset(unit.connection.scalars(record.on_conflict_do_nothing().returning(inbox.c.key), rows))

    def _is_over(self, batch: _Batch, written: asyncio.Future[frozenset[str]]) -> None:
        """A batch whose writing failed before it was begun takes no further deliveries either. Its fault is everybody's;
        when nobody waits any more it is no unnoticed one."""
        with self._lock:
            if self._filling is batch:
                self._filling = None
        if not written.cancelled():
            written.exception()

    def _put_aside(self, unit: Transaction, which: ColumnElement[bool], fault: str) -> None:
        mark = update(inbox).where(which).values(fault=fault).returning(inbox.c.key, inbox.c.platform)
        for key, platform in unit.connection.execute(mark).all():
            log.error("a recorded delivery was set aside", key=key, fault=fault)
            if self._operations:
                told, at = f"{ASIDE}:{hashlib.sha256(key.encode()).hexdigest()[:32]}", unit.now.isoformat()
                facts: dict[str, Json] = {"told": told, "delivery": key, "platform": platform, "fault": fault, "at": at}
                unit.outbox.announce(Announcement(told, told, ASIDE, facts), [self._operations])

    def _taken_up(self, unit: Transaction, platform: str, most: int) -> list[Recorded]:
        left = (
            select(inbox.c.key)
            .where(
                inbox.c.handled_at.is_(None),
                inbox.c.fault == "",
                inbox.c.platform == platform,
                inbox.c.claimed_until < seconds_now,
            )
            .order_by(inbox.c.at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        of_these = inbox.c.key.in_(left.scalar_subquery())
        self._put_aside(unit, of_these & (inbox.c.attempts >= MOST_ATTEMPTS), f"failed {MOST_ATTEMPTS} times")
        longer = case((inbox.c.attempts < 5, 1), (inbox.c.attempts < 20, 4), else_=32)
        taken = (
            update(inbox)
            .where(of_these)
            .values(attempts=inbox.c.attempts + 1, claimed_until=seconds_now + self._lease * longer)
            .returning(inbox.c.at, inbox.c.key, inbox.c.platform, inbox.c.body)
        )
        return [Recorded(*row[1:]) for row in sorted(unit.connection.execute(taken))]


def send_again(connection: Connection, key: str) -> bool:
    """Takes back that a delivery was set aside: whoever looks next takes it up. False when it is not aside, or its body is
    kept no longer."""
    again = update(inbox).where(
        inbox.c.key == key, inbox.c.handled_at.is_(None), inbox.c.fault != "", inbox.c.body != b""
    )
    return connection.execute(again.values(fault="", attempts=1, claimed_until=0.0)).rowcount == 1


def _is_aside(seconds: float) -> ColumnElement[bool]:
    """Was set aside, and recorded so long ago."""
    return and_(inbox.c.handled_at.is_(None), inbox.c.at < seconds_now - seconds, inbox.c.fault != "")

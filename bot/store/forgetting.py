"""What was kept long enough: words of questions to the architects at the term of all questions, the rest when nothing depends
on it any more. Looked for first, then deleted in small transactions, under the lock under which it is announced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    case,
    cast,
    delete,
    exists,
    literal,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from bot.domain.exception_requests import State
from bot.store import drafts
from bot.store.database import Database, seconds_now
from bot.store.exceptions import UNDECIDED
from bot.store.outbox import CHANGED, MAYBE_SENT, UNDELIVERABLE, WAITING
from bot.store.reviews import OPEN_STAGES
from bot.store.tables import (
    announcement,
    draft,
    exception_request,
    kept_back,
    known_document,
    lane,
    open_question,
    posting,
    review,
    timer,
)
from bot.store.transaction import Transaction
from bot.store.types import naive

KEEP = timedelta(days=90)  # of what is settled
TO_ARRIVE = timedelta(days=1)  # that a question to the architects is kept at least: else nobody could answer it
AT_ONCE = 200  # in one transaction: others wait meanwhile
GONE = "(no longer kept)"
# What is brought up to date however late, unless it is over; and the fact in it that says that it was.
LASTING = {"review_overdue": "settled", "unreadable": "mended", "governance_faulty": "mended"}

Find = Callable[[datetime], Select[Any]]


async def forget(database: Database, keep_questions: timedelta) -> None:
    """Forgets all that was kept long enough."""
    asked = partial(_questions, keep=max(keep_questions, TO_ARRIVE))
    kinds: list[tuple[Find, Callable[[Transaction, Sequence[Any]], object]]] = [
        (asked, _forget_questions),
        (_announcements, lambda unit, keys: _delete_announcements(unit.connection, keys)),
        (_lanes, lambda unit, rooms: unit.connection.execute(delete(lane).where(lane.c.room.in_(rooms)))),
    ]
    for find, drop in kinds:
        while await database.read(partial(_there_is, find)) and await database.write(partial(_some, find, drop)):
            pass
    while await database.write(lambda unit: _delete_timers(unit.connection, unit.now - KEEP)):
        pass
    while await database.write(lambda unit: _delete_drafts(unit.connection, unit.now - drafts.KEEP)):
        pass


def _there_is(find: Find, unit: Transaction) -> bool:
    return unit.connection.execute(find(unit.now).limit(1)).first() is not None


def _some(find: Find, drop: Callable[[Transaction, Sequence[Any]], object], unit: Transaction) -> bool:
    unit.outbox.lock()
    found = unit.connection.scalars(find(unit.now).limit(AT_ONCE)).all()
    drop(unit, found)
    return bool(found)


def _questions(now: datetime, keep: timedelta) -> Select[Any]:
    """The numbers of questions to the architects, the oldest first."""
    return select(open_question.c.id).where(open_question.c.at < naive(now - keep)).order_by(open_question.c.id)


def _forget_questions(unit: Transaction, numbers: Sequence[int]) -> None:
    """Questions go, what was announced of them, and their words in the record. What is on its way to a room at this moment
    loses its words alone, and is deleted with the rest."""
    subjects = [f"question:{number}" for number in numbers]
    told = select(announcement.c.key).where(announcement.c.subject.in_(subjects), announcement.c.topic != UNDELIVERABLE)
    keys = unit.connection.scalars(told).all()
    for key in keys:
        unit.outbox.withdraw(key)
    these = announcement.c.key.in_(keys)
    _delete_announcements(unit.connection, unit.connection.scalars(_settled(these)).all())
    for row in unit.connection.execute(select(announcement.c.key, announcement.c.facts).where(these)).all():
        blank = {name: GONE if isinstance(fact, str) else fact for name, fact in row.facts.items()}
        unit.connection.execute(update(announcement).where(announcement.c.key == row.key).values(facts=blank))
    unit.audit.erase_of(subjects)
    unit.connection.execute(delete(open_question).where(open_question.c.id.in_(numbers)))


def _announcements(now: datetime) -> Select[Any]:
    """The keys of those of which nothing has been posted or tried for long, and that nobody will say otherwise any more."""
    before = naive(now - KEEP)
    ends = [
        case((announcement.c.topic == topic, announcement.c.facts[fact].as_boolean()), else_=False)
        for topic, fact in LASTING.items()
    ]
    has_ended = or_(announcement.c.topic.not_in(LASTING), announcement.c.over, *ends)
    return _settled(
        and_(
            announcement.c.at < before,
            has_ended,
            not_(_has(or_(posting.c.at >= before, posting.c.posted_at >= before))),
        ),
    ).order_by(announcement.c.at)


def _settled(which: ColumnElement[bool]) -> Select[Any]:
    """The keys of announcements of which nothing is on its way, and that nothing refers to."""
    on_its_way = posting.c.state.in_([WAITING, MAYBE_SENT, CHANGED])
    referring = (
        exists().where(kept_back.c.announcement == announcement.c.key),
        exists().where(known_document.c.announcement == announcement.c.key),
        announcement.c.subject.in_(_live_requests()),
        announcement.c.subject.in_(_open_reviews()),
    )
    return select(announcement.c.key).where(which, not_(_has(on_its_way)), *map(not_, referring))


def _live_requests() -> Select[Any]:
    """What announcements call the exception requests that are to be decided or whose waiver is in force: their posts are
    brought up to date when that ends, however late."""
    is_live = or_(exception_request.c.stage.in_(UNDECIDED), exception_request.c.status == State.IN_FORCE)
    return select(literal("EX-") + cast(exception_request.c.number, Text)).where(is_live)


def _open_reviews() -> Select[Any]:
    """What announcements call the reviews that are to be decided."""
    return select(literal("RV-") + cast(review.c.number, Text)).where(review.c.stage.in_(OPEN_STAGES))


def _has(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an announcement has such a posting."""
    return exists().where(posting.c.announcement == announcement.c.key, which)


def _lanes(now: datetime) -> Select[Any]:  # noqa: ARG001  # leases are counted by the database's clock
    """The rooms in which nothing stands and nobody has posted for long."""
    before = seconds_now - KEEP.total_seconds()
    is_used = exists().where(posting.c.room == lane.c.room)
    return select(lane.c.room).where(lane.c.leased_until < before, lane.c.not_before < before, not_(is_used))


def _delete_timers(connection: Connection, before: datetime) -> int:
    """Those that were done long ago."""
    done = select(timer.c.key).where(timer.c.done_at < naive(before)).limit(AT_ONCE)
    return connection.execute(delete(timer).where(timer.c.key.in_(done))).rowcount


def _delete_drafts(connection: Connection, before: datetime) -> int:
    """Those that nobody has gone on with for long."""
    key = tuple_(*draft.primary_key.columns)
    old = select(*draft.primary_key.columns).where(draft.c.at <= naive(before)).limit(AT_ONCE)
    return connection.execute(delete(draft).where(key.in_(old))).rowcount


def _delete_announcements(connection: Connection, keys: Sequence[str]) -> None:
    connection.execute(delete(posting).where(posting.c.announcement.in_(keys)))
    connection.execute(delete(announcement).where(announcement.c.key.in_(keys)))

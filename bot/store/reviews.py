"""Architecture reviews: kept whole, searched by columns beside.

People in a review are told as they are linked now (`bot.domain.reviews.recognised`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, tuple_

from bot.domain.people import Person
from bot.domain.review_commands import review_id
from bot.domain.reviews import DECIDED, OPEN, Review, Stage, read, recognised, written
from bot.store.database import insert_into
from bot.store.people import People
from bot.store.tables import account as accounts
from bot.store.tables import review as reviews
from bot.store.types import naive

GIVEN = "archway.review.number"  # what a connection of SQLite notes: the last number that was given
AT_ONCE = 200  # reviews that are read to look into them
OPEN_STAGES = [stage.value for stage in OPEN]

_open = reviews.c.stage.in_(OPEN_STAGES)
_newest_first = (reviews.c.asked_at.desc(), reviews.c.number.desc())


class Reviews:
    """Reads and writes reviews. All of it in the transaction that `connection` is in."""

    def __init__(self, connection: Connection, now: datetime, people: People) -> None:
        self._connection, self._now, self._people = connection, now, people

    def next_id(self) -> str:
        """An id that no review has or will have, "RV-8". There are gaps: one whose transaction came to nothing is not given again
        as long as this process runs."""
        if self._connection.dialect.name == "postgresql":
            sequence = func.pg_get_serial_sequence(reviews.name, reviews.c.number.name)
            return f"RV-{self._connection.scalar(select(func.nextval(sequence)))}"
        last = self._connection.scalar(select(func.max(reviews.c.number))) or 0
        given = max(last, self._connection.info.get(GIVEN, 0)) + 1
        self._connection.info[GIVEN] = given
        return f"RV-{given}"

    def get(self, id_: str, *, lock: bool = False) -> Review | None:
        """The review of an id; None where there is none. `lock`: whoever else wants to lock it waits until this transaction ends,
        and finds what it wrote."""
        if not (known := review_id(id_)):
            return None
        this = select(reviews).where(reviews.c.number == _number(known))
        found = self._read(self._connection.execute(this.with_for_update() if lock else this).all())
        return found[0] if found else None

    def put(self, review: Review) -> None:
        """Writes a review, in the place of what was known of it."""
        as_it_is = _columns(review)
        self._connection.execute(
            insert_into(self._connection, reviews)
            .values(number=_number(review.id), **as_it_is)
            .on_conflict_do_update(index_elements=[reviews.c.number], set_=as_it_is)
        )

    def listed(
        self,
        *,
        asker: Person | None = None,
        pending: bool = False,
        board: bool = False,
        service: str = "",
        skip: int = 0,
        count: int = 20,
    ) -> tuple[tuple[Review, ...], int]:
        """Some of the reviews that fit all that is said, and how many fit in all: those that wait the oldest first, all others the
        newest first.

        `asker`: those that one human asked for, or is to review. `pending`: those that wait for a decision, deferred ones
        included. `board`: those of them that a board meets on, by its day. `service` is compared without case.
        """
        fits: list[ColumnElement[bool]] = []
        if asker:
            assigned = [each.id for each in self.open() if any(one.who.same_human_as(asker) for one in each.reviewers)]
            fits.append(or_(_is_of(asker), reviews.c.number.in_([_number(each) for each in assigned])))
        if pending:
            fits.append(_open)
        if board:
            fits += [_open, reviews.c.meeting != ""]
        if service:
            fits.append(reviews.c.service == service.strip().casefold())
        order = (reviews.c.meeting, reviews.c.number) if board else (reviews.c.number,) if pending else _newest_first
        page = select(reviews).where(*fits).order_by(*order).offset(skip).limit(count)
        total = self._connection.scalar(select(func.count()).select_from(reviews).where(*fits)) or 0
        return self._read(self._connection.execute(page).all()), total

    def open(self) -> tuple[Review, ...]:
        """All that wait for a decision, the oldest first."""
        return self._read(self._connection.execute(select(reviews).where(_open).order_by(reviews.c.number)).all())

    def of_meeting(self, outcome: str, day: date) -> tuple[Review, ...]:
        """Those that are before the board of an outcome on a day, or were decided on it, by their ids."""
        these = select(reviews).where(reviews.c.meeting == day.isoformat(), reviews.c.outcome == outcome)
        return self._read(self._connection.execute(these.order_by(reviews.c.number)).all())

    def these(self, ids: Collection[str]) -> tuple[Review, ...]:
        """The reviews of some ids, by their numbers; what is not known is left out."""
        numbers = [_number(known) for each in ids if (known := review_id(each))]
        wanted = select(reviews).where(reviews.c.number.in_(numbers)).order_by(reviews.c.number)
        return self._read(self._connection.execute(wanted).all())

    def earlier(self, service: str, tags: Collection[str]) -> tuple[Review, ...]:
        """Reviews of the same service, or of one of these areas, that were decided or wait; the newest first."""
        kept = select(reviews).where(reviews.c.stage.in_([*OPEN_STAGES, *(stage.value for stage in DECIDED)]))
        newest = kept.order_by(*_newest_first)
        found: dict[str, Review] = {}
        if name := service.strip().casefold():
            alike = newest.where(reviews.c.service == name).limit(AT_ONCE)
            found |= {each.id: each for each in self._read(self._connection.execute(alike).all())}
        if tags:
            for each in self._read(self._connection.execute(newest.limit(AT_ONCE)).all()):
                if not {*each.wish.tags}.isdisjoint(tags):
                    found.setdefault(each.id, each)
        return tuple(sorted(found.values(), key=lambda each: (each.asked_at, _number(each.id)), reverse=True))

    def decided_since(self, moment: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """When those were asked for and decided that were decided since a moment (aware, UTC)."""
        wanted = select(reviews.c.asked_at, reviews.c.decided_at).where(
            reviews.c.stage.in_([stage.value for stage in DECIDED]), reviews.c.decided_at >= naive(moment)
        )
        return tuple(
            (row.asked_at.replace(tzinfo=UTC), row.decided_at.replace(tzinfo=UTC))
            for row in self._connection.execute(wanted)
        )

    def _read(self, rows: Sequence[Row[Any]]) -> tuple[Review, ...]:
        """Reviews with the people in them as they are linked now."""
        found = [read(row.facts) for row in rows]
        met = list[str]()

        def meets(person: Person) -> str:
            met.append(person.account)
            return ""

        for each in found:
            recognised(each, meets)
        known = self._people.linked(met)
        return tuple(recognised(each, lambda person: known.get(person.account, "")) for each in found)


def _columns(review: Review) -> dict[str, Any]:
    asker = review.asked_by
    platform, _, account = asker.account.partition(":")
    is_over = review.decided_at is not None and review.stage is not Stage.NOT_NEEDED
    return {
        "stage": review.stage.value,
        "outcome": review.terms.outcome,
        "service": review.wish.service.strip().casefold(),
        "asker": asker.id,
        "platform": platform,
        "account": account,
        "asked_at": naive(review.asked_at),
        "decided_at": naive(review.decided_at) if is_over and review.decided_at else None,
        "meeting": review.sitting.day.isoformat() if review.sitting else "",
        "facts": written(review),
    }


def _is_of(asker: Person) -> ColumnElement[bool]:
    """Whether somebody asked: with this account, with one that is linked to them now, or as the person that they are, unless
    the account is somebody else's since."""
    platform, _, account = asker.account.partition(":")
    fits = [and_(reviews.c.platform == platform, reviews.c.account == account)] if account else []
    if asker.id:
        theirs = select(accounts.c.platform, accounts.c.id).where(accounts.c.person == asker.id)
        fits.append(tuple_(reviews.c.platform, reviews.c.account).in_(theirs))
        is_the_one = and_(accounts.c.platform == reviews.c.platform, accounts.c.id == reviews.c.account)
        fits.append(and_(reviews.c.asker == asker.id, ~exists().where(is_the_one, accounts.c.person != asker.id)))
    return or_(False, *fits)  # noqa: FBT003  # nobody asked where nothing is known of them


def _number(id_: str) -> int:
    """The number in an id. Raises `ValueError` for what is no id of a review."""
    return int(id_.removeprefix("RV-"))

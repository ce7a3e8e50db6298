"""What was kept long enough is gone, on both databases; what somebody still depends on is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from bot.domain import waivers
from bot.domain.announcements import Announcement, Json
from bot.domain.audit import Entry
from bot.domain.exception_requests import Choice
from bot.domain.people import Account
from bot.domain.timers import Timer
from bot.store import forgetting, record
from bot.store.database import Database
from bot.store.forgetting import forget
from bot.store.library import Known
from bot.store.tables import announcement, audit_words, draft, lane, metadata, open_question, posting, timer
from bot.store.transaction import Transaction
from tests.databases import Clock
from tests.domain import cast
from tests.domain.cast import MONDAY, approved, say, submitted

ADA = Account("slack", "U1", "T1", room="C1", name="Ada")
ROOM = "slack:C0ARCH"
KEEP = timedelta(days=30)


def asked(database: Database, words: str) -> str:
    """A question as its handlers write it; gives what it is called."""

    def work(unit: Transaction) -> str:
        unit.outbox.lock()
        question, _ = unit.questions.ask(ADA, words)
        facts: dict[str, Json] = {"id": question.id, "question": words, "name": "Ada", "near": []}
        unit.outbox.announce(Announcement(question.subject, question.subject, "architect_question", facts), [ROOM])
        reply = Announcement(f"reply:{question.id}:1", question.subject, "architect_reply", {"words": words})
        unit.outbox.announce(reply, [question.room])
        unit.audit.add(Entry("question.asked", question.subject, ADA, words={"question": words}))
        return question.subject

    return database.write_now(work)


def announce(database: Database, key: str, topic: str = "document", facts: Mapping[str, Json] | None = None) -> None:
    what = Announcement(key, key, topic, facts or {})
    database.write_now(lambda unit: unit.outbox.announce(what, [ROOM]))


def stands(database: Database, state: str = "posted") -> None:
    """All that waits stands in its room now, or is in another state."""
    done = update(posting).where(posting.c.state == "waiting").values(state=state, post="1.0", revision=1)
    database.write_now(
        lambda unit: unit.connection.execute(done.values(posted_at=unit.now.replace(tzinfo=None))).rowcount
    )


def keys(database: Database) -> list[str]:
    wanted = select(announcement.c.key).order_by(announcement.c.key)
    return list(database.read_now(lambda unit: unit.connection.scalars(wanted).all()))


def holding(database: Database, words: str) -> list[str]:
    """The tables in which somewhere these words stand."""

    def looked(unit: Transaction) -> list[str]:
        tables = sorted(metadata.sorted_tables, key=lambda table: table.name)
        return [table.name for table in tables if words in str(unit.connection.execute(select(table)).all())]

    return database.read_now(looked)


@pytest.mark.asyncio
async def test_the_words_of_a_question_are_nowhere_after_its_term(database: Database, clock: Clock) -> None:
    old = asked(database, "May WARD seven use queues?")
    stands(database)
    clock.advance(days=29)
    asked(database, "May anybody?")
    stands(database)
    await forget(database, KEEP)
    assert holding(database, "WARD") == ["announcement", "audit_words", "open_question"]
    clock.advance(days=2)
    await forget(database, KEEP)
    assert holding(database, "WARD") == []
    assert holding(database, "anybody") == ["announcement", "audit_words", "open_question"]
    assert old not in keys(database)


@pytest.mark.asyncio
async def test_the_record_tells_of_words_that_were_erased_in_time_and_stays_whole(
    database: Database, clock: Clock, tmp_path: Any
) -> None:
    for number in range(3):
        asked(database, f"question {number}")
    stands(database)
    clock.advance(days=31)
    await forget(database, KEEP)
    assert database.read_now(lambda unit: unit.audit.head())[0] == 4
    assert database.read_now(lambda unit: set(unit.connection.scalars(select(audit_words.c.words)).all())) == {None}
    assert record.verify(database, tmp_path).broken is None


@pytest.mark.asyncio
@pytest.mark.parametrize("state", ["maybe_sent", "changed"])
async def test_a_question_that_is_on_its_way_loses_its_words_alone(
    database: Database, clock: Clock, state: str
) -> None:
    subject = asked(database, "May WARD seven use queues?")
    stands(database, state)
    clock.advance(days=31)
    await forget(database, KEEP)
    assert holding(database, "WARD") == []
    said = database.read_now(lambda unit: unit.outbox.get(subject))
    assert said
    assert said.facts["question"] == forgetting.GONE
    assert said.facts["near"] == []


@pytest.mark.asyncio
async def test_a_question_that_was_never_posted_is_posted_no_more(database: Database, clock: Clock) -> None:
    asked(database, "May WARD seven use queues?")
    clock.advance(days=31)
    await forget(database, KEEP)
    assert (keys(database), holding(database, "WARD")) == ([], [])


@pytest.mark.asyncio
async def test_where_nothing_is_to_be_kept_a_question_has_a_day_to_be_answered(
    database: Database, clock: Clock
) -> None:
    asked(database, "why?")
    clock.advance(hours=23)
    await forget(database, timedelta(0))
    assert database.read_now(lambda unit: unit.questions.get("1")) is not None
    clock.advance(hours=2)
    await forget(database, timedelta(0))
    assert database.read_now(lambda unit: unit.connection.execute(select(open_question)).all()) == []


@pytest.mark.asyncio
async def test_what_stands_for_long_is_forgotten_with_its_posts_in_batches(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for number in range(5):
        announce(database, f"old {number}")
    stands(database)
    clock.advance(days=89)
    await forget(database, KEEP)
    assert len(keys(database)) == 5
    announce(database, "new")
    stands(database)
    clock.advance(days=2)
    await forget(database, KEEP)
    assert keys(database) == ["new"]
    assert database.read_now(lambda unit: len(unit.connection.execute(select(posting)).all())) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("state", ["waiting", "maybe_sent", "changed"])
async def test_what_is_still_to_be_said_is_not_forgotten(database: Database, clock: Clock, state: str) -> None:
    announce(database, "old")
    stands(database, state)
    clock.advance(days=400)
    await forget(database, KEEP)
    assert keys(database) == ["old"]


@pytest.mark.asyncio
async def test_what_somebody_depends_on_is_not_forgotten(database: Database, clock: Clock) -> None:
    for key in ("kept back", "of a document", "neither"):
        announce(database, key)
    stands(database)
    database.write_now(lambda unit: unit.subscriptions.keep_back("kept back", [ROOM], "timer"))
    database.write_now(lambda unit: unit.library.put([Known("a.md", None, announcement="of a document")]))
    clock.advance(days=400)
    await forget(database, KEEP)
    assert keys(database) == ["kept back", "of a document"]


@pytest.mark.asyncio
async def test_what_is_said_of_a_request_is_kept_until_it_is_over(database: Database, clock: Clock) -> None:
    revoked = waivers.revoke(approved(), cast.ADA, "Not any more.", MONDAY).request
    declined = say(submitted(), cast.ADA, Choice.DECLINE).request

    def tell(unit: Transaction) -> None:
        for number, request in enumerate([submitted(), approved(), revoked, declined], 1):
            unit.exceptions.put(replace(request, id=f"EX-{number}"))
            unit.outbox.announce(Announcement(f"review {number}", f"EX-{number}", "exception_review", {}), [ROOM])

    database.write_now(tell)
    stands(database)
    clock.advance(days=400)
    await forget(database, KEEP)
    assert keys(database) == ["review 1", "review 2"]


@pytest.mark.asyncio
async def test_what_is_brought_up_to_date_however_late_is_kept_until_it_was(database: Database, clock: Clock) -> None:
    announce(database, "overdue", "review_overdue")
    announce(database, "overdue no more", "review_overdue", {"settled": True})
    announce(database, "overdue and gone", "review_overdue")
    announce(database, "faulty", "unreadable", {"mended": False})
    announce(database, "mended", "unreadable", {"mended": True})
    stands(database)
    database.write_now(lambda unit: unit.outbox.withdraw("overdue and gone"))
    clock.advance(days=400)
    await forget(database, KEEP)
    assert keys(database) == ["faulty", "overdue"]


@pytest.mark.asyncio
async def test_timers_that_were_done_long_ago_are_forgotten(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for number in range(5):
        database.write_now(lambda unit, number=number: unit.timers.set(Timer(f"old {number}", unit.now, "t")))  # type: ignore[misc]
        database.write_now(lambda unit: unit.timers.take_due())
    database.write_now(lambda unit: unit.timers.set(Timer("open", unit.now, "t")))
    clock.advance(days=91)
    await forget(database, KEEP)
    assert database.read_now(lambda unit: unit.connection.scalars(select(timer.c.key)).all()) == ["open"]


@pytest.mark.asyncio
async def test_lanes_of_rooms_in_which_nothing_stands_are_forgotten(database: Database, clock: Clock) -> None:
    announce(database, "old")
    stands(database)
    clock.advance(days=91)
    await forget(database, KEEP)
    assert database.read_now(lambda unit: unit.connection.scalars(select(lane.c.room)).all()) == []
    announce(database, "new")
    lanes = "SELECT count(*) FROM lane"
    await forget(database, KEEP)
    assert database.read_now(lambda unit: unit.connection.execute(text(lanes)).scalar()) == 1
    stands(database)
    database.write_now(lambda unit: unit.connection.execute(update(lane).values(leased_until=4e9)).rowcount)
    clock.advance(days=91)
    await forget(database, KEEP)
    assert keys(database) == []
    assert database.read_now(lambda unit: unit.connection.execute(text(lanes)).scalar()) == 1  # somebody holds it


@pytest.mark.asyncio
async def test_drafts_are_forgotten_that_nobody_has_gone_on_with(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    for form in ("new", "renews=EX-1", "renews=EX-2", "renews=EX-3", "renews=EX-4"):
        database.write_now(lambda unit, form=form: unit.drafts.save(ADA, form, {"reason": "WARD"}))  # type: ignore[misc]
    clock.advance(days=13)
    database.write_now(lambda unit: unit.drafts.save(ADA, "new", {"reason": "WARD"}))
    await forget(database, KEEP)
    assert database.read_now(lambda unit: len(unit.connection.execute(select(draft)).all())) == 5
    clock.advance(days=1)
    await forget(database, KEEP)
    assert database.read_now(lambda unit: unit.connection.scalars(select(draft.c.form)).all()) == ["new"]
    clock.advance(days=13)
    await forget(database, KEEP)
    assert holding(database, "WARD") == []

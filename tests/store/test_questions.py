"""What was asked and whether it helped, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.domain.events import AnswerRated, QuestionAnswered
from bot.store import schema
from bot.store.database import Database
from bot.store.questions import QuestionLog
from bot.store.tables import question, rating
from tests.databases import NOON, Clock

KEEP = timedelta(days=90)


def asked(text: str, at: datetime = NOON) -> QuestionAnswered:
    return QuestionAnswered(at, "slack", text, True, 0.9, ("standards/a.md",), ())


def test_questions_are_written_together_and_forgotten_in_time(database: Database) -> None:
    log = QuestionLog(database, KEEP)
    log.add(asked("old", NOON - timedelta(days=91)))
    log.add(asked("new"))
    assert log.count() == 0
    assert log.write() == 2
    assert log.forget(NOON) == 1
    assert log.count() == 1


def test_nothing_is_kept_when_nothing_is_to_be_kept(database: Database) -> None:
    log = QuestionLog(database, timedelta(0))
    log.add(asked("secret plans"))
    assert log.write() == 0


def test_a_failed_write_keeps_the_questions_for_the_next(tmp_path: Path, clock: Clock) -> None:
    database = Database(f"sqlite:///{tmp_path}/archway.db", clock)
    log = QuestionLog(database, KEEP)
    log.add(asked("first"))
    with pytest.raises(Exception, match="no such table"):
        log.write()
    schema.upgrade(database.engine)
    assert log.write() == 1
    database.close_now()


def test_a_flood_of_questions_is_bounded(database: Database) -> None:
    log = QuestionLog(database, KEEP)
    for number in range(10_050):
        log.add(asked(str(number)))
    assert log.write() == 10_000


def test_who_asked_is_not_in_the_table() -> None:
    assert {column.name for column in question.columns} == {
        "id", "at", "platform", "text", "answered", "confidence", "documents", "unmatched",
    }  # fmt: skip


def test_what_no_database_takes_is_written_all_the_same(database: Database) -> None:
    log = QuestionLog(database, KEEP)
    for words in ("good", "bad \udcff", "bad \x00"):
        log.add(asked(words))
    log.write()
    written = database.read_now(lambda unit: unit.connection.scalars(select(question.c.text)).all())
    assert written == ["good", "bad \ufffd", "bad \ufffd"]


def test_of_each_voice_the_last_word_counts(database: Database) -> None:
    log = QuestionLog(database, KEEP)
    for helpful in (True, False):
        log.add(AnswerRated(NOON, "slack", "x", helpful, (), "v1"))
    log.write()
    log.add(AnswerRated(NOON, "slack", "x", True, (), "v1"))
    log.add(AnswerRated(NOON, "teams", "x", False, (), "v2"))
    log.write()
    wanted = select(rating.c.voice, rating.c.helpful).order_by(rating.c.voice)
    voices = database.read_now(lambda unit: unit.connection.execute(wanted).all())
    assert [tuple(voice) for voice in voices] == [("v1", True), ("v2", False)]


def test_voices_are_forgotten_with_the_questions(database: Database) -> None:
    log = QuestionLog(database, timedelta(days=1))
    log.add(AnswerRated(NOON, "slack", "x", True, (), "v1"))
    log.write()
    log.forget(NOON + timedelta(days=2))
    assert database.read_now(lambda unit: unit.connection.execute(select(rating)).all()) == []

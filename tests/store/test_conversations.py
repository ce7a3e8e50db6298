from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from bot.domain.events import AnswerRated
from bot.domain.rooms import Conversation
from bot.store import database, schema
from bot.store.conversations import Conversations
from bot.store.questions import QuestionLog
from bot.store.tables import rating

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAYMENTS = Conversation("teams", "19:a", "tenant", "Payments", '{"serviceUrl": "https://x"}')


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = database.opened(f"sqlite:///{tmp_path}/archway.db")
    schema.upgrade(opened)
    yield opened
    opened.dispose()


def test_a_room_is_remembered_brought_up_to_date_and_forgotten(engine: Engine) -> None:
    rooms = Conversations(engine)
    rooms.remember(PAYMENTS)
    renamed = Conversation("teams", "19:a", "tenant", "Payments and refunds", "{}")
    rooms.remember(renamed)
    assert rooms.known("teams") == (renamed,)
    assert rooms.known("slack") == ()
    rooms.forget("teams", "19:a")
    rooms.forget("teams", "19:a")
    assert rooms.known("teams") == ()


def test_of_each_voice_the_last_word_counts(engine: Engine) -> None:
    log = QuestionLog(engine, keep=timedelta(days=90))
    for helpful in (True, False):
        log.add(AnswerRated(NOON, "slack", "x", helpful, (), "v1"))
    log.write()
    log.add(AnswerRated(NOON, "slack", "x", True, (), "v1"))
    log.add(AnswerRated(NOON, "teams", "x", False, (), "v2"))
    log.write()
    with engine.connect() as connection:
        voices = connection.execute(select(rating.c.voice, rating.c.helpful).order_by(rating.c.voice)).all()
    assert [tuple(voice) for voice in voices] == [("v1", True), ("v2", False)]


def test_voices_are_forgotten_with_the_questions(engine: Engine) -> None:
    log = QuestionLog(engine, keep=timedelta(days=1))
    log.add(AnswerRated(NOON, "slack", "x", True, (), "v1"))
    log.write()
    log.forget(NOON + timedelta(days=2))
    with engine.connect() as connection:
        assert connection.execute(select(rating)).all() == []


def test_going_back_a_version_and_forth_again_keeps_the_questions(engine: Engine) -> None:
    schema.upgrade(engine, "0001")
    assert schema.version(engine) == "0001"
    schema.upgrade(engine)
    assert schema.version(engine) == schema.NEWEST

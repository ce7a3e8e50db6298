from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, text

from bot.domain.events import QuestionAnswered
from bot.errors import ConfigurationError
from bot.store import database, schema
from bot.store.questions import QuestionLog
from bot.store.tables import metadata, question

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = database.opened(f"sqlite:///{tmp_path}/folder/archway.db")
    yield opened
    opened.dispose()


def asked(text_: str, at: datetime = NOON) -> QuestionAnswered:
    return QuestionAnswered(at, "slack", text_, True, 0.9, ("standards/a.md",), ())


def test_an_empty_database_is_brought_to_this_version_and_back(engine: Engine) -> None:
    assert schema.version(engine) is None
    schema.upgrade(engine)
    assert schema.version(engine) == schema.NEWEST
    schema.upgrade(engine)
    schema.upgrade(engine, "base")
    assert schema.version(engine) is None


def test_the_migrations_make_the_tables_that_the_program_uses(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_of_a_later_program_is_refused_with_the_next_step(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="start the newer Archway"):
        schema.upgrade(engine)


def test_sqlite_is_opened_to_survive_crashes(engine: Engine) -> None:
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


def test_a_writer_takes_the_lock_at_once(engine: Engine) -> None:
    schema.upgrade(engine)
    impatient = database.opened(str(engine.url) + "?timeout=0")
    with engine.begin(), pytest.raises(Exception, match="locked"), impatient.connect() as other:
        other.exec_driver_sql("PRAGMA busy_timeout=0")
    impatient.dispose()


def test_questions_are_written_together_and_forgotten_in_time(engine: Engine) -> None:
    schema.upgrade(engine)
    log = QuestionLog(engine, keep=timedelta(days=90))
    log.add(asked("old", NOON - timedelta(days=91)))
    log.add(asked("new"))
    assert log.count() == 0
    assert log.write() == 2
    assert log.forget(NOON) == 1
    assert log.count() == 1


def test_nothing_is_kept_when_nothing_is_to_be_kept(engine: Engine) -> None:
    schema.upgrade(engine)
    log = QuestionLog(engine, keep=timedelta(0))
    log.add(asked("secret plans"))
    assert log.write() == 0


def test_a_failed_write_keeps_the_questions_for_the_next(engine: Engine) -> None:
    log = QuestionLog(engine, keep=timedelta(days=90))
    log.add(asked("first"))
    with pytest.raises(Exception, match="no such table"):
        log.write()
    schema.upgrade(engine)
    assert log.write() == 1


def test_a_flood_of_questions_is_bounded(engine: Engine) -> None:
    schema.upgrade(engine)
    log = QuestionLog(engine, keep=timedelta(days=90))
    for number in range(10_050):
        log.add(asked(str(number)))
    assert log.write() == 10_000


def test_who_asked_is_not_in_the_table() -> None:
    assert {column.name for column in question.columns} == {
        "id", "at", "platform", "text", "answered", "confidence", "documents", "unmatched",
    }  # fmt: skip


def test_migrating_keeps_what_is_there(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(question),
            [{"at": NOON.replace(tzinfo=None), "platform": "teams", "text": "kept", "answered": False, "confidence": 0.1,
              "documents": [], "unmatched": ["kafka"]}],
        )  # fmt: skip
    schema.upgrade(engine)
    assert QuestionLog(engine, timedelta(days=1)).count() == 1


def test_a_database_of_another_program_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE customers (id INTEGER)"))
    with pytest.raises(ConfigurationError, match="belongs to another program"):
        schema.upgrade(engine)


def test_what_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "archway.db"
    file.write_bytes(b"not a database " * 500)
    opened = database.opened(f"sqlite:///{file}")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        schema.upgrade(opened)
    opened.dispose()


def test_one_that_cannot_be_written_does_not_hold_up_the_others(engine: Engine) -> None:
    schema.upgrade(engine)
    log = QuestionLog(engine, keep=timedelta(days=90))
    for words in ("good", "bad \udcff", "good too"):
        log.add(asked(words))
    log.write()
    assert log.count() == 2
    assert log.write() == 0

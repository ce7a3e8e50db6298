"""Migrations on both databases: up, down, with data, and what is refused with which sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Boolean, Column, DateTime, Engine, Float, LargeBinary, insert, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from bot.domain.audit import Entry
from bot.errors import ConfigurationError
from bot.store import database, schema
from bot.store.audit import Audit
from bot.store.guards import SENTENCE
from bot.store.tables import metadata, question
from bot.store.types import Facts, Words
from tests.databases import NOON

QUESTION = {"at": NOON.replace(tzinfo=None), "platform": "teams", "text": "kept", "answered": False, "confidence": 0.1,
            "documents": [], "unmatched": ["kafka"]}  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite file."""
    opened = database.opened(f"sqlite:///{tmp_path}/folder/archway.db")
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    kept = f"sqlite:///{tmp_path}/archway.db"
    opened = database.opened(kept if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield opened
    opened.dispose()


def test_an_empty_database_is_brought_to_this_version_and_back(empty: Engine) -> None:
    assert schema.version(empty) is None
    schema.upgrade(empty)
    assert schema.version(empty) == schema.NEWEST
    schema.upgrade(empty)
    schema.upgrade(empty, "base")
    assert schema.version(empty) is None
    schema.upgrade(empty)


def test_the_migrations_make_the_tables_that_the_program_uses(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_up_and_down_keeps_what_is_there(empty: Engine) -> None:
    schema.upgrade(empty, "0001")
    with empty.begin() as connection:
        connection.execute(insert(question), [QUESTION])
    schema.upgrade(empty)
    fill_every_table(empty)
    schema.upgrade(empty)
    before = counts(empty)
    assert min(before.values()) >= 1
    for version in ("0004", "0003", "0002"):
        schema.upgrade(empty, version)
        after = counts(empty)
        assert after.keys() == {*schema.TABLES[version], "alembic_version"}
        assert after == {name: before[name] for name in after}
    schema.upgrade(empty)
    assert counts(empty)["question"] == before["question"]


def test_going_back_a_version_and_forth_again_keeps_the_questions(empty: Engine) -> None:
    schema.upgrade(empty, "0001")
    assert schema.version(empty) == "0001"
    schema.upgrade(empty)
    assert schema.version(empty) == schema.NEWEST


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET body = '{}'",
        "DELETE FROM audit",
        "UPDATE audit_words SET words = 'other'",
        "UPDATE audit_words SET salt = NULL, words = 'other'",
        "UPDATE audit_words SET name = 'other', salt = NULL, words = NULL",
        "DELETE FROM audit_words",
        "INSERT INTO audit_words VALUES (1, 'reason', 'a', 'b') ON CONFLICT (sequence, name) DO UPDATE SET words = 'b'",
        "INSERT INTO audit VALUES (1, '', '', '') ON CONFLICT (sequence) DO UPDATE SET body = ''",
    ],
)
def test_the_record_cannot_be_changed(empty: Engine, statement: str) -> None:
    schema.upgrade(empty)
    fill_every_table(empty)
    with pytest.raises(DBAPIError, match=SENTENCE), empty.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("table", ["audit", "audit_words", "audit CASCADE"])
def test_the_record_cannot_be_emptied(postgres_url: str, table: str) -> None:
    engine = database.opened(postgres_url)
    schema.upgrade(engine)
    for preamble in ("SELECT 1", "SET session_replication_role = replica"):  # which turns ordinary triggers off
        with engine.connect() as connection:
            connection.execute(text(preamble))
            with pytest.raises(DBAPIError, match=f"{SENTENCE}|cannot truncate a table referenced"):
                connection.execute(text(f"TRUNCATE {table}"))
    engine.dispose()


def test_another_program_cannot_replace_an_entry_either(engine: Engine) -> None:
    schema.upgrade(engine)
    fill_every_table(engine)
    other = sqlite3.connect(engine.url.database or "")  # without recursive_triggers
    for statement in (
        "INSERT OR REPLACE INTO audit VALUES (1, '', '', '')",
        "INSERT OR REPLACE INTO audit_words VALUES (1, 'reason', NULL, NULL)",
        "REPLACE INTO audit_words VALUES (1, 'reason', 'a', 'b')",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=SENTENCE):
            other.execute(statement)
    other.close()


def test_words_of_the_record_can_be_erased(empty: Engine) -> None:
    schema.upgrade(empty)
    fill_every_table(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE audit_words SET salt = NULL, words = NULL"))


def test_the_guards_survive_a_table_that_is_made_anew(engine: Engine) -> None:
    schema.upgrade(engine, "0002")
    schema.upgrade(engine)
    with engine.connect() as connection:
        guards = connection.execute(text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")).scalar()
    assert guards == 6


def test_a_migration_keeps_foreign_keys_on_for_whoever_comes_next(engine: Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_database_of_a_later_program_is_refused_with_the_next_step(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuses in (schema.upgrade, schema.check):
        with pytest.raises(ConfigurationError, match="start the newer Archway"):
            refuses(empty)


def test_a_database_of_another_program_is_left_alone(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE customers (id INTEGER)"))
    for refuses in (schema.upgrade, schema.check):
        with pytest.raises(ConfigurationError, match="belongs to another program"):
            refuses(empty)


def test_an_older_or_empty_schema_is_refused_where_it_is_not_migrated_by_itself(empty: Engine) -> None:
    with pytest.raises(ConfigurationError, match="is empty: run `archway migrate` first"):
        schema.check(empty)
    schema.upgrade(empty, "0002")
    with pytest.raises(
        ConfigurationError, match=r"at version 0002, this program needs \d+: run `archway migrate` first"
    ):
        schema.check(empty)
    schema.upgrade(empty)
    schema.check(empty)


def test_an_unreachable_postgres_is_one_sentence_without_its_password() -> None:
    engine = database.opened("postgresql+psycopg://archway:canary@127.0.0.1:9/archway")
    with pytest.raises(ConfigurationError) as refused:
        schema.check(engine)
    assert "PostgreSQL on 127.0.0.1:9 cannot be reached" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_missing_postgres_database_is_named(postgres_url: str) -> None:
    engine = database.opened(make_url(postgres_url).set(database="nowhere").render_as_string(hide_password=False))
    with pytest.raises(ConfigurationError, match="There is no database nowhere"):
        schema.check(engine)


def test_a_wrong_password_is_said_and_does_not_show(guarded_postgres: str) -> None:
    engine = database.opened(guarded_postgres)
    with pytest.raises(ConfigurationError) as refused:
        schema.check(engine)
    assert "does not take the password of postgres" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_sqlite_is_opened_to_survive_crashes(engine: Engine) -> None:
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def test_a_writer_takes_the_lock_at_once(engine: Engine) -> None:
    schema.upgrade(engine)
    other = sqlite3.connect(engine.url.database or "", timeout=0)
    with engine.begin(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_what_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "archway.db"
    file.write_bytes(b"not a database " * 500)
    opened = database.opened(f"sqlite:///{file}")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        schema.upgrade(opened)
    opened.dispose()


def fill_every_table(engine: Engine) -> None:
    """One row in each table that has none; those that point elsewhere come after those."""
    with engine.begin() as connection:
        Audit(connection, NOON).add(Entry("room.subscribed", "slack:C0ARCH", words={"reason": "because"}))
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if not table.name.startswith("audit"):
                connection.execute(insert(table), {column.name: sample(column) for column in table.columns})


def sample(column: Column[Any]) -> object:
    if column.name in ("person", "sequence"):
        return 1 if column.name == "sequence" else None
    samples = {Words: "k", Facts: {}, Boolean: True, Float: 1.0, DateTime: NOON.replace(tzinfo=None), LargeBinary: b"k"}
    return next((each for kind, each in samples.items() if isinstance(column.type, kind)), 7)


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in inspect(connection).get_table_names()
        }

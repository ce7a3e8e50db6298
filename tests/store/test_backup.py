"""Backups: made while somebody writes, put back into either kind of database, refused where something would be lost."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.domain.audit import Entry
from bot.domain.people import Account
from bot.domain.rooms import Conversation
from bot.errors import ConfigurationError
from bot.store import chain, guards, keys, record, schema
from bot.store.backup import backup, restore
from bot.store.checkpoints import CannotVouchError, Checkpoints
from bot.store.conversations import Conversations
from bot.store.database import Database, claimed
from bot.store.tables import audit, conversation, open_question, timer
from bot.store.transaction import Transaction
from tests import databases
from tests.databases import NOON, Clock
from tests.domain.cast import submitted

ADA = Account("slack", "U012", "T0")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(params=["sqlite", "postgres"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a second database that is empty."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/elsewhere/archway.db"
        return
    with databases.postgres_database(request.getfixturevalue("postgres_server")) as url:
        yield url


def filled(unit: Transaction, number: int) -> None:
    """Rows of all kinds of types, with an entry of the record."""
    unit.connection.execute(
        timer.insert().values(key=f"t{number}", due=NOON.replace(tzinfo=None), topic="x", facts={"n": [number, None, "ä"]},
                              attempts=0, fault="", done_at=None)
    )  # fmt: skip
    unit.connection.execute(
        open_question.insert().values(question="why?", platform="slack", account="U012", name="Ada", room="slack:C0",
                                      at=NOON.replace(tzinfo=None))
    )  # fmt: skip
    unit.audit.add(Entry("timer.set", f"t{number}", ADA, after={"n": number}, words={"reason": f"because of {number}"}))


def looked(database: Database) -> tuple[int, int]:
    """How many timers and how many entries there are."""

    def counted(unit: Transaction) -> tuple[int, int]:
        timers, entries = (
            unit.connection.execute(select(func.count()).select_from(each)).scalar_one() for each in (timer, audit)
        )
        return timers, entries

    return database.read_now(counted)


def test_a_backup_made_while_somebody_writes_is_whole_wherever_it_is_put_back(
    database: Database, database_url: str, elsewhere: str, data: Path, tmp_path: Path
) -> None:
    key = keys.signing_key(data, None)
    written, stop = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            database.write_now(lambda unit, number=number: filled(unit, number))  # type: ignore[misc]
            number += 1
            if number == 20:
                Checkpoints(keys.folder(data), key).sign(database)
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait()
    backup(database_url, tmp_path / "copy", data, None, NOON)
    stop.set()
    writer.join()
    restored = restore(elsewhere, tmp_path / "copy", tmp_path / "other data", None)
    assert restored.warnings == ()
    other = Database(elsewhere, Clock())
    timers, entries = looked(other)
    assert timers >= 20
    assert entries == timers + 3
    verdict = record.verify(other, tmp_path / "other data")
    assert (verdict.broken, verdict.entries, verdict.checkpoints) == (None, entries, 2)
    other.write_now(lambda unit: filled(unit, 1_000_000))  # ids go on where they were
    row = other.read_now(lambda unit: unit.connection.execute(select(timer).where(timer.c.key == "t3")).one())
    assert (row.facts, row.due) == ({"n": [3, None, "ä"]}, NOON.replace(tzinfo=None))
    other.close_now()


def test_ids_that_people_have_seen_are_not_given_again_where_a_backup_was_put_back(
    database: Database, database_url: str, elsewhere: str, data: Path, tmp_path: Path
) -> None:
    def ask(unit: Transaction) -> tuple[str, str]:
        id_ = unit.exceptions.next_id()
        unit.exceptions.put(replace(submitted(), id=id_))
        unit.exceptions.note(id_, unit.audit.add(Entry("exception_request.submitted", id_, ADA)))
        return id_, unit.obligations.add(id_, 1, "Rotate the keys.", "ada@example.org", NOON.date(), NOON)

    for number in range(1, 4):
        assert database.write_now(ask) == (f"EX-{number}", f"OB-{number}")
    backup(database_url, tmp_path / "copy", data, None, NOON)
    restore(elsewhere, tmp_path / "copy", tmp_path / "other data", None)
    other = Database(elsewhere, Clock())
    assert other.write_now(ask) == ("EX-4", "OB-4")
    asked = other.read_now(lambda unit: unit.exceptions.get("EX-2"))
    assert asked == replace(submitted(), id="EX-2")
    assert [proof.sequence for proof in other.read_now(lambda unit: unit.exceptions.entries("EX-2"))] == [2]
    other.close_now()


def test_the_record_goes_on_where_a_backup_was_put_back_with_another_key(
    database: Database, database_url: str, elsewhere: str, data: Path, tmp_path: Path
) -> None:
    Checkpoints(keys.folder(data), keys.signing_key(data, None)).sign(database)
    database.write_now(lambda unit: filled(unit, 1))
    Checkpoints(keys.folder(data), keys.signing_key(data, None)).sign(database)
    backup(database_url, tmp_path / "copy", data, None, NOON)
    there = tmp_path / "there"
    restore(elsewhere, tmp_path / "copy", there, None)
    other = Database(elsewhere, Clock())
    key = keys.signing_key(there, None)
    assert record.verify(other, there).broken is None
    other.write_now(lambda unit: filled(unit, 2))
    assert Checkpoints(keys.folder(there), key).sign(other)
    verdict = record.verify(other, there)
    assert (verdict.broken, verdict.checkpoints) == (None, 3)
    other.close_now()


def test_an_old_backup_does_not_fit_newer_checkpoints(
    database: Database, database_url: str, data: Path, tmp_path: Path
) -> None:
    key = keys.signing_key(data, None)
    database.write_now(lambda unit: filled(unit, 1))
    Checkpoints(keys.folder(data), key).sign(database)
    backup(database_url, tmp_path / "copy", data, None, NOON)
    database.write_now(lambda unit: filled(unit, 2))
    Checkpoints(keys.folder(data), key).sign(database)
    database.close_now()
    restored = restore(database_url, tmp_path / "copy", data, None, force=True)
    assert "checkpoints vouch for entries up to 4" in restored.warnings[0]
    older = Database(database_url, Clock())
    verdict = record.verify(older, data)
    assert (verdict.broken, verdict.checkpoints) == (None, 2)
    assert [(each.notes, each.sequence, each.restored) for each in verdict.aside] == [(1, 4, True)]
    body = older.read_now(lambda unit: unit.connection.scalars(select(audit.c.body).where(audit.c.sequence == 3)).one())
    assert '"action":"record.restored"' in body
    assert '"lost":{"entry":4' in body
    older.write_now(lambda unit: filled(unit, 3))
    assert Checkpoints(keys.folder(data), key).sign(older)
    assert record.verify(older, data).broken is None
    older.close_now()


def test_an_old_database_that_is_put_in_the_place_without_restore_does_not_fit(
    sqlite_template: Path, data: Path, tmp_path: Path
) -> None:
    key, file = keys.signing_key(data, None), tmp_path / "archway.db"
    shutil.copy(sqlite_template, file)
    for number in (1, 2):
        database = Database(f"sqlite:///{file}", Clock())
        database.write_now(lambda unit, number=number: filled(unit, number))  # type: ignore[misc]
        Checkpoints(keys.folder(data), key).sign(database)
        database.close_now()
        shutil.copy(file, tmp_path / f"copy {number}")
    shutil.copy(tmp_path / "copy 1", file)
    older = Database(f"sqlite:///{file}", Clock())
    broken = record.verify(older, data).broken
    assert broken == chain.Broken(3, "the end is missing: a checkpoint vouches for entry 4")
    with pytest.raises(CannotVouchError, match="do not fit"):
        Checkpoints(keys.folder(data), key).sign(older)
    older.close_now()


def test_a_data_folder_serves_one_database_after_another(
    database: Database, database_url: str, elsewhere: str, data: Path, tmp_path: Path
) -> None:
    key = keys.signing_key(data, None)
    database.write_now(lambda unit: filled(unit, 1))
    assert Checkpoints(keys.folder(data), key).sign(database)
    backup(database_url, tmp_path / "copy", data, None, NOON)
    database.write_now(lambda unit: filled(unit, 2))
    assert Checkpoints(keys.folder(data), key).sign(database)
    other = Database(elsewhere, Clock())
    schema.upgrade(other.engine)
    other.write_now(lambda unit: filled(unit, 7))
    assert Checkpoints(keys.folder(data), key).sign(other)
    verdict = record.verify(other, data)
    assert (verdict.broken, [each.restored for each in verdict.aside]) == (None, [False])
    other.close_now()
    restore(elsewhere, tmp_path / "copy", data, None, force=True)
    other = Database(elsewhere, Clock())
    assert record.verify(other, data).broken is None
    other.write_now(lambda unit: filled(unit, 8))
    assert Checkpoints(keys.folder(data), key).sign(other)
    assert record.verify(other, data).broken is None
    assert record.verify(database, data).broken is None
    other.close_now()


def test_a_backup_without_its_guards_gets_them_back_and_strangers_are_refused(
    database: Database, database_url: str, elsewhere: str, data: Path, tmp_path: Path
) -> None:
    database.write_now(lambda unit: filled(unit, 1))
    backup(database_url, tmp_path / "copy", data, None, NOON)
    for number, statement in enumerate(
        (
            "CREATE TRIGGER stranger AFTER INSERT ON timer BEGIN DELETE FROM timer; END",
            "DROP TABLE timer",
            "ALTER TABLE timer ADD COLUMN more TEXT",
            "CREATE TABLE stranger (a TEXT)",
            "UPDATE archway_backup SET format = NULL",
            "UPDATE archway_backup SET format = 'one'",
            "UPDATE archway_backup SET checkpoints = 5",
            "UPDATE archway_backup SET key = NULL",
        )
    ):
        altered = altered_copy(tmp_path, number, statement)
        with pytest.raises(ConfigurationError, match=r"does not fit|has no table|is no backup"):
            restore(elsewhere, altered, data, None)
    bare = altered_copy(tmp_path, "bare", "DROP TRIGGER audit_no_update", "DROP TRIGGER audit_words_no_delete")
    restore(elsewhere, bare, tmp_path / "there", None)
    after = Database(elsewhere, Clock())
    with after.engine.connect() as connection:
        assert guards.missing(connection) == []
    after.close_now()


def altered_copy(folder: Path, name: object, *statements: str) -> Path:
    altered = folder / f"altered {name}"
    shutil.copy(folder / "copy", altered)
    connection = sqlite3.connect(altered)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return altered


def test_an_older_version_of_either_kind_is_backed_up_before_it_is_migrated(
    elsewhere: str, data: Path, tmp_path: Path
) -> None:
    old = Database(elsewhere, Clock())
    schema.upgrade(old.engine, "0001")
    with old.engine.begin() as connection:
        connection.execute(text("INSERT INTO question (at, platform, text, answered, confidence, documents, unmatched) "
                                "VALUES ('2026-11-22 12:00:00.000000', 'slack', 'why?', :no, 0.5, '[]', '[\"x\"]')"), {"no": False})  # fmt: skip
    old.close_now()
    backup(elsewhere, tmp_path / "copy", data, None, NOON)
    restore(f"sqlite:///{tmp_path}/new.db", tmp_path / "copy", data, None)
    new = Database(f"sqlite:///{tmp_path}/new.db", Clock())
    kept = new.read_now(lambda unit: unit.connection.execute(text("SELECT text, unmatched FROM question")).one())
    assert (kept.text, json.loads(kept.unmatched)) == ("why?", ["x"])
    new.close_now()


def test_nothing_is_overwritten_unasked(database: Database, database_url: str, data: Path, tmp_path: Path) -> None:
    database.write_now(lambda unit: filled(unit, 1))
    backup(database_url, tmp_path / "copy", data, None, NOON)
    with pytest.raises(ConfigurationError, match="name another file"):
        backup(database_url, tmp_path / "copy", data, None, NOON)
    database.write_now(lambda unit: filled(unit, 2))
    if not database.is_postgres:
        with pytest.raises(ConfigurationError, match="holds data already; --force overwrites it"):
            restore(database_url, tmp_path / "copy", data, None)
    assert looked(database) == (2, 2)
    database.close_now()
    with pytest.raises(ConfigurationError, match="holds data already; --force overwrites it"):
        restore(database_url, tmp_path / "copy", data, None)
    restore(database_url, tmp_path / "copy", data, None, force=True)
    after = Database(database_url, Clock())
    assert looked(after) == (1, 3)  # with what tells of the restore and of a checkpoint
    with pytest.raises(Exception, match="append-only"):
        after.write_now(lambda unit: unit.connection.execute(text("DELETE FROM audit")).rowcount)
    after.close_now()


def test_a_database_in_use_is_not_restored_over(
    database: Database, database_url: str, data: Path, tmp_path: Path
) -> None:
    asyncio.run(Conversations(database).remember(Conversation("slack", "C0", "T0", "general", "{}")))
    backup(database_url, tmp_path / "copy", data, None, NOON)
    if database.is_postgres:
        with pytest.raises(ConfigurationError, match="Another archway is connected"):
            restore(database_url, tmp_path / "copy", data, None, force=True)
    else:
        with claimed(database_url), pytest.raises(ConfigurationError, match=r"serves on .* already"):
            restore(database_url, tmp_path / "copy", data, None, force=True)


def test_a_backup_of_an_older_version_is_brought_to_this_one(elsewhere: str, data: Path, tmp_path: Path) -> None:
    old = Database(f"sqlite:///{tmp_path}/old.db", Clock())
    schema.upgrade(old.engine, "0002")
    old.write_now(
        lambda unit: (
            unit.connection.execute(
                conversation.insert().values(
                    platform="slack", id="C0", organisation="T0", name="general", reference="{}"
                )
            ).rowcount
        )
    )
    old.close_now()
    backup(f"sqlite:///{tmp_path}/old.db", tmp_path / "copy", data, None, NOON)
    restore(elsewhere, tmp_path / "copy", data, None)
    new = Database(elsewhere, Clock())
    assert schema.version(new.engine) == schema.NEWEST
    assert [room.name for room in asyncio.run(Conversations(new).known("slack"))] == ["general"]
    new.close_now()


def test_what_is_no_backup_or_was_altered_is_refused(
    database: Database, database_url: str, elsewhere: str, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="There is no file"):
        restore(elsewhere, tmp_path / "nothing", data, None)
    (tmp_path / "junk").write_bytes(b"SQLite format 3\x00" + b"junk" * 1000)
    with pytest.raises(ConfigurationError, match="is no backup"):
        restore(elsewhere, tmp_path / "junk", data, None)
    for number in range(3):
        database.write_now(lambda unit, number=number: filled(unit, number))  # type: ignore[misc]
    backup(database_url, tmp_path / "copy", data, None, NOON)
    shutil.copy(tmp_path / "copy", tmp_path / "altered")
    altered = sqlite3.connect(tmp_path / "altered")
    altered.execute("DROP TRIGGER audit_no_update")
    altered.execute("UPDATE audit SET body = replace(body, 't1', 't9') WHERE sequence = 2")
    altered.commit()
    altered.close()
    with pytest.raises(ConfigurationError, match=r"was altered \(entry 2: its content does not fit its hash\)"):
        restore(elsewhere, tmp_path / "altered", data, None)
    assert "was altered" in restore(elsewhere, tmp_path / "altered", data, None, force=True).warnings[0]


def test_an_empty_database_is_not_worth_a_backup(tmp_path: Path, data: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no database"):
        backup(f"sqlite:///{tmp_path}/none.db", tmp_path / "copy", data, None, NOON)
    assert not list(tmp_path.glob("*copy*"))

"""The commands that look after the database, as an operator or a script uses them, on both databases."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.__main__ import main
from bot.domain.audit import Entry
from bot.domain.people import Account
from bot.store import guards, keys, schema
from bot.store.checkpoints import Checkpoints
from bot.store.database import Database, claimed
from tests.databases import Clock


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHWAY_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def url(database: Database, database_url: str, data: Path) -> str:
    """The address of a database with a record of five entries and a checkpoint, which nobody has open."""
    for number in range(4):
        database.write_now(lambda unit, number=number: unit.audit.add(Entry("room.subscribed", f"slack:C{number}")))  # type: ignore[misc]
    Checkpoints(keys.folder(data), keys.signing_key(data, None)).sign(database)
    database.close_now()
    return database_url


def typed(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """What stands on standard input is a terminal at which somebody types."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))


def ran(*arguments: str | Path) -> int:
    return main([str(each) for each in arguments])


def test_a_whole_record_is_said_to_be_whole(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("audit", "verify", "--database", url) == 0
    assert "The record is whole: 5 entries, 1 checkpoint." in capsys.readouterr().out
    assert ran("audit", "verify", "--json", "--database", url) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["whole"], verdict["entries"], verdict["broken"]) == (True, 5, None)


def test_the_first_altered_entry_is_named_with_exit_status_1(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    alter(url, "UPDATE audit SET body = replace(body, 'slack:C2', 'slack:C9')")
    assert ran("audit", "verify", "--database", url) == 1
    assert capsys.readouterr().out == "The record was altered. Entry 3: its content does not fit its hash.\n"
    assert ran("audit", "verify", "--json", "--database", url) == 1
    assert json.loads(capsys.readouterr().out)["broken"] == {"sequence": 3, "why": "its content does not fit its hash"}


def test_a_cut_tail_shows_in_the_checkpoints(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    alter(url, "DELETE FROM audit WHERE sequence > 3")
    assert ran("audit", "verify", "--database", url) == 1
    assert "Entry 4: the end is missing: a checkpoint vouches for entry 5" in capsys.readouterr().out


def test_an_exported_record_proves_itself(
    url: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "record.jsonl"
    assert ran("audit", "export", "-o", file, "--database", url) == 0
    assert ran("audit", "export", "-o", file, "--database", url) == 2
    public = (data / "audit" / "key.pub").read_text().strip()
    assert ran("audit", "verify", file, "--key", public) == 0
    file.write_bytes(file.read_bytes().replace(b"slack:C2", b"slack:C9"))
    assert ran("audit", "verify", file, "--key", public) == 1
    assert ran("audit", "verify", file, "--key", "nonsense") == 2
    printed = capsys.readouterr()
    assert "Entry 3: its content does not fit its hash" in printed.out
    assert "--key is no public key" in printed.err


@pytest.mark.parametrize("whose", [("--account", "slack:U1"), ("--subject", "EX-7")])
def test_somebodys_words_are_erased_and_the_record_stays_whole(
    url: str, whose: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(url, Clock())
    said = [("EX-7", Account("slack", "U1", "T1")), ("EX-8", Account("slack", "U2", "T1"))]
    for subject, by in said:
        database.write_now(
            lambda unit, subject=subject, by=by: unit.audit.add(
                Entry("asked", subject, by, words={"why": f"canary {by}"})
            )  # type: ignore[misc]
        )
    database.close_now()
    assert ran("audit", "erase", *whose, "--database", url) == 2
    assert "say it with --yes" in capsys.readouterr().err
    for answer, status in (("", 1), ("no", 1), ("y", 0)):
        typed(monkeypatch, answer)
        assert ran("audit", "erase", *whose, "--database", url) == status
    printed = capsys.readouterr().out
    assert printed.count("Nothing was erased.") == 2
    assert "1 text. The record says so" in printed
    assert ran("audit", "erase", *whose, "--yes", "--database", url) == 0
    assert "holds no words of that" in capsys.readouterr().out
    database = Database(url, Clock())
    kept = database.read_now(lambda unit: unit.connection.scalars(text("SELECT words FROM audit_words")).all())
    newest = "SELECT body FROM audit ORDER BY sequence DESC LIMIT 1"
    told = database.read_now(lambda unit: unit.connection.scalars(text(newest)).one())
    database.close_now()
    assert set(kept) == {None, "canary slack:U2"}
    assert f'"subject":"{whose[1]}"' in told
    assert ran("audit", "verify", "--database", url) == 0
    assert "is whole: 8 entries" in capsys.readouterr().out


@pytest.mark.parametrize("whose", ["U1", "slack:", ":U1", " "])
def test_whose_words_are_to_be_erased_is_said_in_full(url: str, whose: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("audit", "erase", "--account", whose, "--yes", "--database", url) == 2
    assert "--account is written like slack:U012AB3CD" in capsys.readouterr().err


def test_nothing_is_erased_from_a_file_that_somebody_serves_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"sqlite:///{tmp_path}/archway.db"
    assert ran("audit", "erase", "--subject", "EX-7", "--yes", "--database", address) == 2
    assert ran("migrate", "--database", address) == 0
    with claimed(address):
        assert ran("audit", "erase", "--subject", "EX-7", "--yes", "--database", address) == 2
    said = capsys.readouterr().err
    assert "There is no database" in said
    assert "Another archway serves on" in said


def test_a_backup_is_put_back_where_it_is_asked_to(
    url: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran("backup", tmp_path / "copy", "--database", url) == 0
    assert ran("backup", tmp_path / "copy", "--database", url) == 2
    assert ran("restore", tmp_path / "copy", "--database", url) == 2
    assert "holds data already; --force overwrites it" in capsys.readouterr().err
    assert ran("restore", tmp_path / "copy", "--database", url, "--force") == 0
    assert "with 5 entries of the record" in capsys.readouterr().out
    assert ran("restore", tmp_path / "copy", "--database", f"sqlite:///{tmp_path}/new.db") == 0
    assert ran("audit", "verify", "--database", f"sqlite:///{tmp_path}/new.db") == 0


def test_a_database_is_migrated_by_command(
    tmp_path: Path, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for address in (f"sqlite:///{tmp_path}/new.db", postgres_url):
        assert ran("audit", "verify", "--database", address) == 2
        assert ran("migrate", "--database", address) == 0
        assert ran("audit", "verify", "--database", address) == 0
    printed = capsys.readouterr()
    assert f"is at version {schema.NEWEST}" in printed.out
    assert "There is no database" in printed.err
    assert "is empty: run `archway migrate` first" in printed.err


def test_a_file_that_somebody_serves_on_is_not_migrated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/archway.db"
    with claimed(url):
        assert ran("migrate", "--database", url) == 2
    assert "Another archway serves on" in capsys.readouterr().err


def test_a_password_in_an_address_is_never_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    address = "postgresql+psycopg://archway:canary@127.0.0.1:9/archway"
    for command in (["migrate"], ["backup", str(tmp_path / "x")], ["audit", "verify"], ["doctor"]):
        assert ran(*command, "--database", address) in (1, 2)
    printed = capsys.readouterr()
    assert "canary" not in printed.out + printed.err
    assert "PostgreSQL on 127.0.0.1:9 cannot be reached" in printed.err


def test_a_key_that_is_none_is_one_sentence(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARCHWAY_AUDIT_KEY", "canary")
    assert ran("audit", "verify", "--database", url) == 2
    printed = capsys.readouterr().err
    assert "ARCHWAY_AUDIT_KEY is no Ed25519 key" in printed
    assert "canary" not in printed


def test_the_doctor_looks_at_the_database_and_at_the_record(
    url: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran("doctor", "--database", url)
    printed = capsys.readouterr().out
    assert "at version" in printed
    assert "The record is whole: 5 entries, 1 checkpoint. Signed with archway-audit+" in printed
    (data / "audit" / "key").chmod(0o644)
    ran("doctor", "--database", url)
    assert "can be read by others" in capsys.readouterr().out
    next((data / "audit").glob("checkpoints.*")).write_text("nonsense")
    assert ran("doctor", "--database", url) == 1
    assert "The record was altered, or what vouches for it: " in capsys.readouterr().out


def test_the_doctor_misses_guards_that_were_dropped(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    alter(url, "SELECT 1")
    assert ran("doctor", "--database", url) == 1
    assert "lacks what keeps the record append-only: audit_no_" in capsys.readouterr().out


def test_another_programs_database_is_not_taken_for_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, version in enumerate(("0001", "0003", "0000", "4f2a")):
        other = sqlite3.connect(tmp_path / f"{number}.db")
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES (?)", (version,))
        other.commit()
        other.close()
        assert ran("migrate", "--database", f"sqlite:///{tmp_path}/{number}.db") == 2
    printed = capsys.readouterr().err
    assert "says that it is at version 0001 and has no table question: it is another program's" in printed
    assert "is at version 4f2a, which is none of ours" in printed


def test_an_export_whose_key_nobody_vouches_for_is_consistent_in_itself(
    url: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, public = tmp_path / "record.jsonl", data / "audit" / "key.pub"
    ran("audit", "export", "-o", file, "--database", url)
    assert ran("audit", "verify", file, "--key", public) == 0
    assert "The record is whole" in capsys.readouterr().out
    monkeypatch.setenv("ARCHWAY_DATA", str(tmp_path / "elsewhere"))
    assert ran("audit", "verify", file) == 0
    assert "which nobody here vouches for: compare with audit/key.pub or give --key" in capsys.readouterr().out
    assert ran("audit", "verify", "--json", file) == 0
    assert json.loads(capsys.readouterr().out)["key_trusted"] is False
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert ran("audit", "verify", file) == 1
    assert "the end of the file is missing" in capsys.readouterr().out


def test_what_is_no_export_is_bad_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("hello\n")
    (tmp_path / "deep").write_text("[" * 100_000)
    os.mkfifo(tmp_path / "fifo")
    for file in ("notes.txt", "deep", "fifo", "nothing"):
        assert ran("audit", "verify", tmp_path / file) == 2
    assert ran("audit", "verify", "/dev/zero") == 2
    assert ran("restore", "/dev/zero", "--database", f"sqlite:///{tmp_path}/new.db") == 2
    printed = capsys.readouterr().err
    assert "notes.txt is no export of a record" in printed
    assert "/dev/zero is no ordinary file" in printed


def test_a_backup_of_an_altered_record_is_made_with_a_warning(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alter(url, "UPDATE audit SET body = replace(body, 'slack:C2', 'slack:C9')")
    assert ran("backup", tmp_path / "copy", "--database", url) == 0
    assert ran("audit", "export", "-o", tmp_path / "record", "--database", url) == 0
    assert capsys.readouterr().err.count("was altered (entry 3: ") == 2
    assert ran("restore", tmp_path / "copy", "--database", f"sqlite:///{tmp_path}/new.db") == 2
    assert "--force takes it" in capsys.readouterr().err


def test_a_database_that_nobody_can_write_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/archway.db"
    assert ran("migrate", "--database", url) == 0
    assert (tmp_path / "archway.db").stat().st_mode & 0o777 == 0o600
    copied = tmp_path / "copy"
    with monkeypatch.context() as patched:
        patched.setattr("os.access", lambda *_: False)  # the test may run as root, whom nothing stops
        assert ran("audit", "verify", "--database", url) == 0
        assert ran("backup", copied, "--database", url) == 0
    assert "The record is whole" in capsys.readouterr().out
    assert not (tmp_path / "archway.db-wal").exists()


def alter(url: str, statement: str) -> None:
    """Alters the record, as whoever may drop its guards can."""
    database = Database(url, Clock())
    with database.engine.begin() as connection:
        guards.take_off(connection)
        connection.execute(text(statement))
    database.close_now()

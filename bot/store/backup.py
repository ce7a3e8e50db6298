"""Copies of all that is remembered, made while it is in use and put back elsewhere. Either way it is one SQLite file, whatever
the database is: a copy of one kind can be put back into the other."""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from bot.errors import ConfigurationError
from bot.store import guards, keys, record, schema
from bot.store.database import Database
from bot.store.engines import NAME, claimed, is_postgres, opened, opened_to_read
from bot.store.record import Verdict
from bot.store.tables import metadata

FORMAT = 1
ABOUT = "archway_backup"  # the table in the file that makes it a backup
ROWS = 2_000  # at a time


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and what an operator has to know about it."""

    made_at: str
    verdict: Verdict
    warnings: tuple[str, ...]


def backup(url: str, file: Path, data: Path, given_key: str | None, now: datetime) -> int:
    """Writes one moment of the database to `file`, with the checkpoints of the data folder; gives its size in bytes.

    Whoever serves goes on writing meanwhile. Raises `ConfigurationError` when there is nothing to copy, or the file exists.
    """
    if file.exists():
        raise ConfigurationError([f"{file} is there already; name another file."])
    key = keys.verifying_key(data, given_key)
    engine = opened_to_read(url, 1)
    before = record.content(keys.folder(data))
    with _closing(engine), schema.sentences(engine), _new(file) as made:
        if is_postgres(url):
            _copied_from_postgres(engine, made)
        else:
            _copied_from_sqlite(engine, made)
        _tell_about(made, keys.folder(data), before, str(key) if key else "", now)
    return file.stat().st_size


def restore(url: str, file: Path, data: Path, given_key: str | None, *, force: bool = False) -> Restored:
    """Puts a backup in the place of what the database holds, brought to this version, in one transaction.

    Raises `ConfigurationError` when it is no backup or was altered, somebody uses the database, or it holds something (unless
    `force`, which overwrites it, and takes a backup whose record was altered).
    """
    with tempfile.TemporaryDirectory(prefix="archway-restore-") as folder, claimed(url):
        work = Path(folder) / "archway.db"
        made_at, vouched, key = _taken_out(file, work)
        with _closing(opened(f"sqlite:///{work}")) as source:
            schema.upgrade(source)
            verdict = _verified(f"sqlite:///{work}", Path(folder), vouched, key)
            if verdict.broken and not force:
                raise ConfigurationError(
                    [
                        f"The record in {file} was altered (entry {verdict.broken.sequence}: {verdict.broken.why}); nothing was done."
                    ]
                )
            with _closing(opened(url)) as target, schema.sentences(target):
                _make_room(target, force=force)
                (_put_into_postgres if is_postgres(url) else _put_into_sqlite)(source, target)
        warnings = _checkpoints_back(data, given_key, vouched, key, verdict)
    return Restored(made_at, verdict, tuple(warnings))


@contextmanager
def _closing(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _new(file: Path) -> Iterator[Path]:
    """A file that is made under another name, and gets its own when it is whole and on disk."""
    made = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        yield made
        with made.open("rb") as written:
            os.fsync(written.fileno())
        os.link(made, file)  # unlike a rename it does not take the place of another one
        folder = os.open(file.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as fault:
        raise ConfigurationError([f"{file} cannot be written ({fault.strerror}); name another file."]) from fault
    finally:
        made.unlink(missing_ok=True)


def _copied_from_sqlite(engine: Engine, made: Path) -> None:
    if not Path(engine.url.database or "").exists():
        raise ConfigurationError([f"There is no database {engine.url.database} yet."])
    with engine.connect() as connection:
        if schema.recognised(connection) is None:
            raise ConfigurationError([f"The database {engine.url.database} is empty: there is nothing to copy."])
    with closing(_looked_at(Path(engine.url.database or ""))) as source, closing(sqlite3.connect(made)) as copy:
        source.backup(copy, pages=-1)  # in one go: in steps it would begin anew with every write
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def _looked_at(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _copied_from_postgres(engine: Engine, made: Path) -> None:
    schema.check(engine)
    with _closing(opened(f"sqlite:///{made}")) as copy:
        schema.upgrade(copy)
        with engine.connect() as source, schema.migrating(copy) as target:
            _copy_rows(source, target)
        with copy.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA journal_mode=DELETE")
            cursor.close()


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in metadata.sorted_tables:
        rows = source.execution_options(yield_per=ROWS).execute(select(table).order_by(*table.primary_key.columns))
        for page in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in page])


def _tell_about(made: Path, folder: Path, before: bytes, key: str, now: datetime) -> None:
    with _closing(opened_to_read(f"sqlite:///{made}", 1)) as copy, copy.connect() as connection:
        vouched = record.vouched(connection, folder, before) if "audit" in schema.tables(connection) else b""
    with closing(sqlite3.connect(made)) as copied:
        copied.execute(f"CREATE TABLE {ABOUT} (format INTEGER, made_at TEXT, checkpoints BLOB, key TEXT)")
        moment = now.astimezone(UTC).isoformat(timespec="seconds")
        copied.execute(f"INSERT INTO {ABOUT} VALUES (?, ?, ?, ?)", (FORMAT, moment, vouched, key))  # noqa: S608  # a name of ours
        copied.commit()


def _taken_out(file: Path, work: Path) -> tuple[str, bytes, str]:
    """Copies a backup to a file that can be changed; gives when it was made, its checkpoints and the key of them."""
    no_backup = ConfigurationError([f"{file} is no backup of Archway, or it is damaged."])
    if not file.is_file():
        raise ConfigurationError([f"There is no file {file}."])
    try:
        with closing(_looked_at(file)) as source:
            found = source.execute(f"SELECT format, made_at, checkpoints, key FROM {ABOUT}").fetchone()  # noqa: S608
            if found is None or source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise no_backup
            if found[0] > FORMAT:
                raise ConfigurationError([f"{file} was made by a newer Archway; restore it with that one."])
            with closing(sqlite3.connect(work)) as copy:
                source.backup(copy, pages=-1)
                copy.execute(f"DROP TABLE {ABOUT}")
    except sqlite3.DatabaseError:
        raise no_backup from None
    return found[1], bytes(found[2]), str(found[3])


def _verified(url: str, folder: Path, vouched: bytes, key: str) -> Verdict:
    here = keys.folder(folder)
    here.mkdir()
    if vouched:
        (here / keys.CHECKPOINTS).write_bytes(vouched)
    if key:
        (here / keys.PUBLIC_FILE).write_text(key)
    database = Database(url, lambda: datetime.now(UTC))
    try:
        return record.verify(database, folder)
    finally:
        database.close_now()


def _make_room(target: Engine, *, force: bool) -> None:
    """Brings the target to this version, and sees that nobody uses it and nothing is lost unasked."""
    with target.connect() as connection:
        stands_at = schema.recognised(connection)
        if connection.dialect.name == "postgresql" and connection.execute(_OTHERS, {"name": NAME}).scalar():
            raise ConfigurationError(
                [f"Another archway is connected to {schema.name(target)}; stop it first (all replicas), then restore."]
            )
    if stands_at is not None and not force and _holds_something(target):
        raise ConfigurationError([f"The database {schema.name(target)} holds data already; --force overwrites it."])
    schema.upgrade(target)


_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE application_name = :name AND datname = current_database() AND pid <> pg_backend_pid()"
)


def _holds_something(target: Engine) -> bool:
    with target.connect() as connection:
        present = set(schema.tables(connection))
        return any(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
            if table.name in present
        )


def _put_into_sqlite(source: Engine, target: Engine) -> None:
    source.dispose()  # its log goes into the file
    given, taking = (sqlite3.connect(engine.url.database or "") for engine in (source, target))
    with closing(given), closing(taking):
        try:
            given.backup(taking, pages=-1)
        except sqlite3.Error as fault:
            raise DBAPIError("restore", None, fault) from fault


def _put_into_postgres(source: Engine, target: Engine) -> None:
    with source.connect() as copy, schema.migrating(target) as connection:
        guards.take_off(connection)
        names = ", ".join(
            connection.dialect.identifier_preparer.format_table(table) for table in metadata.sorted_tables
        )
        connection.execute(text(f"TRUNCATE {names}"))
        _copy_rows(copy, connection)
        for table in metadata.sorted_tables:
            if (column := table.autoincrement_column) is not None:
                quoted = connection.dialect.identifier_preparer.format_table(table)
                counted = f"SELECT setval(pg_get_serial_sequence('{quoted}', '{column.name}'), max({column.name})) FROM {quoted}"  # noqa: S608
                connection.execute(text(counted))
        guards.put_on(connection)


def _checkpoints_back(data: Path, given: str | None, vouched: bytes, key: str, verdict: Verdict) -> Iterator[str]:
    """Puts the checkpoints of the backup into a data folder that has none; yields what an operator has to know."""
    if verdict.broken:
        yield f"The record in the backup was altered: entry {verdict.broken.sequence}, {verdict.broken.why}."
    folder = keys.folder(data)
    if (folder / keys.CHECKPOINTS).exists():
        if record.content(folder) != vouched:
            yield (
                f"The checkpoints in {folder} are not those of the backup: where they know later entries, `archway audit "
                "verify` says that these are missing. Move the file away to begin anew, and keep it as evidence."
            )
        return
    if not vouched:
        return
    own = keys.verifying_key(data, given)
    if own is not None and str(own) != key:
        yield f"The checkpoints of the backup were signed with another key ({key}); they were left out."
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / keys.CHECKPOINTS).write_bytes(vouched)
    if own is None:
        (folder / keys.PUBLIC_FILE).write_text(f"{key}\n")

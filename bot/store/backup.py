"""Copies of all that is remembered, made while it is in use and put back elsewhere. Either way it is one SQLite file, whatever
the database is: a copy of one kind can be put back into the other."""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, func, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError

from bot.domain.announcements import Json
from bot.domain.audit import Entry
from bot.errors import ConfigurationError
from bot.store import chain, checkpoints, guards, keys, record, schema
from bot.store.audit import Audit
from bot.store.checkpoints import SUBJECT, Checkpoint, Checkpoints
from bot.store.database import Database
from bot.store.engines import NAME, claimed, is_postgres, opened, opened_to_read, take_your_time
from bot.store.notes import SigningKey, VerifyingKey
from bot.store.record import Verdict
from bot.store.tables import metadata

FORMAT = 1
ABOUT = "archway_backup"  # the table in the file that makes it a backup
ROWS = 2_000  # at a time
MOST = 256 * 1024 * 1024  # bytes of checkpoints that a backup may hold


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
    own = keys.checkpoints(keys.folder(data), make_url(url))
    if not is_postgres(url) and not Path(make_url(url).database or "").exists():
        raise ConfigurationError([f"There is no database {make_url(url).database} yet."])
    engine = opened_to_read(schema.to_look_at(url), 1)
    before = record.content(own)
    with _closing(engine), schema.sentences(engine), _new(file) as made:
        if is_postgres(url):
            _copied_from_postgres(engine, made)
        else:
            _copied_from_sqlite(engine, made)
        _tell_about(made, own, before, str(key) if key else "", now)
    return file.stat().st_size


def verified(file: Path) -> Verdict:
    """What a look at the record in a backup says. Raises `ConfigurationError` when it is no backup."""
    with tempfile.TemporaryDirectory(prefix="archway-verify-") as folder:
        kept = _taken_out(file, Path(folder) / "archway.db")
        with _closing(opened(f"sqlite:///{folder}/archway.db")) as source:
            schema.upgrade(source)
        return _verified(Path(folder), kept)


def restore(url: str, file: Path, data: Path, given_key: str | None, *, force: bool = False) -> Restored:
    """Puts a backup in the place of what the database holds, brought to this version, in one transaction; the record goes on
    with an entry that tells of it, and a new file of checkpoints.

    Raises `ConfigurationError` when it is no backup or was altered, somebody uses the database, or it holds something (unless
    `force`, which overwrites it, and takes a backup whose record was altered).
    """
    with tempfile.TemporaryDirectory(prefix="archway-restore-") as folder, claimed(url):
        work = Path(folder) / "archway.db"
        own = keys.checkpoints(keys.folder(data), make_url(url))
        kept = _taken_out(file, work)
        with _closing(opened(f"sqlite:///{work}")) as source:
            _bring_to_this_version(source, file)
            verdict = _verified(Path(folder), kept)
            if verdict.broken and not force:
                where = f"entry {verdict.broken.sequence}: " if verdict.broken.sequence else ""
                raise ConfigurationError(
                    [
                        f"The record in {file} was altered ({where}{verdict.broken.why}); nothing was done; --force takes it."
                    ]
                )
            with _closing(opened(url)) as target, schema.sentences(target):
                _make_room(target, force=force)
                former = keys.verifying_key(data, given_key)
                key = keys.signing_key(data, given_key)
                tells = _tell_of_the_restore(source, own, key.verifying, kept, verdict)
                (_put_into_postgres if is_postgres(url) else _put_into_sqlite)(source, target)
        warnings = [
            *tells,
            *_checkpoints_aside(own, former, key.verifying, kept),
            *_signed_at_once(url, own.parent, key),
        ]
    return Restored(kept.made_at, verdict, tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a backup has beside the tables: when it was made, its checkpoints and the key that signed them."""

    made_at: str
    checkpoints: bytes
    key: str


def _bring_to_this_version(source: Engine, file: Path) -> None:
    """A backup is brought to this version with its guards on. Raises `ConfigurationError` where it is not as this program makes it."""
    with schema.sentences(source):
        with source.connect() as connection:
            strangers = guards.foreign(connection)
        if not strangers:
            schema.upgrade(source)
            with source.begin() as connection:
                guards.put_on(connection)
                why = schema.unfit(connection)
        else:
            why = f"it has a trigger or view {strangers[0]}"
    if why:
        raise ConfigurationError([f"{file} does not fit: {why}; nothing was done. Restore another backup."])


def _tell_of_the_restore(source: Engine, own: Path, key: VerifyingKey, kept: _Kept, verdict: Verdict) -> list[str]:
    """Adds the entry that tells what was put back, and what the checkpoints here know beyond it; gives what to tell of it."""
    said = []
    if verdict.broken:
        where = f"entry {verdict.broken.sequence}, " if verdict.broken.sequence else ""
        said.append(f"The record in the backup was altered: {where}{verdict.broken.why}.")
    after: dict[str, Json] = {"made_at": kept.made_at, "entries": verdict.entries, "head": verdict.head}
    last = _last_known(own, key, keys.file_id(kept.checkpoints))
    if last is not None and last.sequence > verdict.entries:
        after["lost"] = {"entry": last.sequence, "hash": last.hash.hex(), "file": last.file}
        said.append(
            f"The backup is older than the record was here: checkpoints vouch for entries up to {last.sequence:,}. "
            "They are kept, and `archway audit verify` tells of them."
        )
    try:
        with source.begin() as connection:
            Audit(connection, datetime.now(UTC)).add(Entry(chain.RESTORED, SUBJECT, after=after))
    except ValueError:
        said.append("The record in the backup does not end as one of ours: it cannot tell that it was restored.")
    return said


def _last_known(own: Path, key: VerifyingKey, file_id: str) -> Checkpoint | None:
    """The last checkpoint here of this place, or of the file that the backup's checkpoints are from."""
    last = None
    for file in keys.files(own.parent):
        lying = record.content(file)
        if file == own or (file_id and keys.file_id(lying) == file_id):
            with suppress(ValueError):
                found = checkpoints.read(lying, key)
                if found and (last is None or found[-1].sequence > last.sequence):
                    last = found[-1]
    return last


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
    with engine.connect() as connection:
        if schema.recognised(connection) is None:
            raise ConfigurationError([f"The database {schema.name(engine)} is empty: there is nothing to copy."])
        with closing(sqlite3.connect(made)) as copy:
            source = connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise TypeError(type(source))
            source.backup(copy, pages=-1)  # in one go: in steps it would begin anew with every write
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def _looked_at(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _copied_from_postgres(engine: Engine, made: Path) -> None:
    with engine.connect() as connection:
        stands_at = schema.recognised(connection)
    if stands_at is None:
        raise ConfigurationError([f"The database {schema.name(engine)} is empty: there is nothing to copy."])
    with _closing(opened(f"sqlite:///{made}")) as copy:
        schema.upgrade(copy, stands_at)
        with engine.connect() as source, schema.migrating(copy) as target:
            take_your_time(source)
            _copy_rows(source, target, _tables(target, stands_at))
        with copy.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA journal_mode=DELETE")
            cursor.close()


def _tables(made: Connection, version: str) -> Sequence[Table]:
    """The tables of a version, as its migrations made them."""
    if version == schema.NEWEST:
        return metadata.sorted_tables
    older = MetaData()
    older.reflect(made, only=list(schema.TABLES[version]))
    return older.sorted_tables


def _copy_rows(source: Connection, target: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        rows = source.execution_options(yield_per=ROWS).execute(select(table).order_by(*table.primary_key.columns))
        for page in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in page])


def _tell_about(made: Path, own: Path, before: bytes, key: str, now: datetime) -> None:
    with _closing(opened_to_read(f"sqlite:///{made}", 1)) as copy, copy.connect() as connection:
        vouched = record.vouched(connection, own, before) if "audit" in schema.tables(connection) else b""
    with closing(sqlite3.connect(made)) as copied:
        copied.execute(f"CREATE TABLE {ABOUT} (format INTEGER, made_at TEXT, checkpoints BLOB, key TEXT)")
        moment = now.astimezone(UTC).isoformat(timespec="seconds")
        copied.execute(f"INSERT INTO {ABOUT} VALUES (?, ?, ?, ?)", (FORMAT, moment, vouched, key))  # noqa: S608  # a name of ours
        copied.commit()


_ODD = f"""typeof(format) <> 'integer' OR typeof(made_at) <> 'text' OR typeof(checkpoints) NOT IN ('blob', 'text')
    OR typeof(key) <> 'text' OR length(CAST(checkpoints AS BLOB)) > {MOST} OR length(key) > 1000"""


def _taken_out(file: Path, work: Path) -> _Kept:
    """Copies a backup to a file that can be changed; gives what it has beside the tables."""
    no_backup = ConfigurationError([f"{file} is no backup of Archway, or it is damaged."])
    if not file.is_file():
        raise ConfigurationError([f"There is no file {file}." if not file.exists() else f"{file} is no ordinary file."])
    try:
        with closing(_looked_at(file)) as source:
            found = source.execute(f"SELECT {_ODD}, format FROM {ABOUT}").fetchone()  # noqa: S608
            if found is not None and type(found[1]) is int and found[1] > FORMAT:
                raise ConfigurationError([f"{file} was made by a newer Archway; restore it with that one."])
            if found is None or found[0] != 0 or source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise no_backup
            about = source.execute(f"SELECT made_at, CAST(checkpoints AS BLOB), key FROM {ABOUT}").fetchone()  # noqa: S608
            with closing(sqlite3.connect(work)) as copy:
                source.backup(copy, pages=-1)
                copy.execute(f"DROP TABLE {ABOUT}")
    except (sqlite3.Error, OverflowError, ValueError):
        raise no_backup from None
    return _Kept(about[0][:100], bytes(about[1]), about[2])


def _verified(folder: Path, kept: _Kept) -> Verdict:
    here, url = keys.folder(folder), f"sqlite:///{folder}/archway.db"
    here.mkdir()
    if kept.checkpoints:
        keys.checkpoints(here, make_url(url)).write_bytes(kept.checkpoints)
    if kept.key:
        with suppress(ValueError):  # then nobody vouches for the checkpoints, and the verdict says so
            keys.publish(here, VerifyingKey.parse(kept.key))
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
        _copy_rows(copy, connection, metadata.sorted_tables)
        for table in metadata.sorted_tables:
            if (column := table.autoincrement_column) is not None:
                quoted = connection.dialect.identifier_preparer.format_table(table)
                counted = f"SELECT setval(pg_get_serial_sequence('{quoted}', '{column.name}'), max({column.name})) FROM {quoted}"  # noqa: S608
                connection.execute(text(counted))
        guards.put_on(connection)


def _checkpoints_aside(own: Path, former: VerifyingKey | None, key: VerifyingKey, kept: _Kept) -> Iterator[str]:
    """Sets aside what was signed at this place, and keeps the checkpoints of the backup beside; yields what to tell of it."""
    own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if aside := keys.set_aside(own):
        yield f"The checkpoints until now are kept as {aside}; a new file is begun."
    if not kept.checkpoints:
        return
    file_id = keys.file_id(kept.checkpoints)
    for file in keys.files(own.parent):
        lying = record.content(file)
        if lying.startswith(kept.checkpoints):
            return
        if lying and keys.file_id(lying) == file_id and not kept.checkpoints.startswith(lying):
            yield f"{file} holds other checkpoints than the backup: those of the backup were left out."
            return
    (own.parent / f"{keys.CHECKPOINTS}.backup.{file_id or 'odd'}").write_bytes(kept.checkpoints)
    with suppress(ValueError):
        theirs = VerifyingKey.parse(kept.key)
        if theirs != key:
            keys.publish_former(own.parent, theirs)
            if former is not None:
                yield f"The checkpoints of the backup were signed with another key than this folder's: {theirs}."


def _signed_at_once(url: str, folder: Path, key: SigningKey) -> Iterator[str]:
    database = Database(url, lambda: datetime.now(UTC))
    try:
        Checkpoints(folder, key).sign(database)
    except ValueError as fault:
        yield f"No checkpoint was signed: {fault}"
    finally:
        database.close_now()

"""The commands of the command line that look after the database: migrate, backup, restore, audit. `__main__` hangs them in."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.database import Database
    from bot.store.notes import VerifyingKey
    from bot.store.record import Verdict

FAILED = 1


def add_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    database: argparse.ArgumentParser,
    as_json: argparse.ArgumentParser,
) -> None:
    """The commands and their options."""
    migrate = commands.add_parser("migrate", parents=[database], help="brings the database to this version")
    migrate.set_defaults(run=_migrate)

    backup = commands.add_parser(
        "backup", parents=[database], help="a consistent copy of the database, while it is in use"
    )
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(run=_backup)

    restore = commands.add_parser("restore", parents=[database], help="puts a backup in the place of the database")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--force", action="store_true", help="overwrites what the database holds")
    restore.set_defaults(run=_restore)

    audit = commands.add_parser("audit", help="the record: whether anybody altered it, and a copy that proves itself")
    verbs = audit.add_subparsers(title="commands", metavar="COMMAND", required=True)
    verify = verbs.add_parser(
        "verify", parents=[database, as_json], help="walks the record; exit status 1 when it was altered"
    )
    verify.add_argument("file", type=Path, metavar="FILE", nargs="?", help="an exported file, instead of the database")
    verify.add_argument("--key", metavar="KEY", help="the public key that signed FILE, as audit/key.pub holds it")
    verify.set_defaults(run=_verify)
    export = verbs.add_parser("export", parents=[database], help="the whole record as lines of JSON, signed")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    export.set_defaults(run=_export)


def _settings(options: argparse.Namespace) -> Settings:
    from bot import settings

    return settings.load(settings.environment(), database_url=options.database)


def _audit_key(settings: Settings) -> str | None:
    return settings.audit_key.reveal() if settings.audit_key else None


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _looked_at(url: str) -> Iterator[Database]:
    """A database at this version, to read from; whoever serves goes on meanwhile."""
    from bot.store import schema
    from bot.store.database import Database

    database = Database(url, _now)
    try:
        if not database.is_postgres and not Path(database.engine.url.database or "").exists():
            raise ConfigurationError([f"There is no database {database.engine.url.database} yet."])
        schema.check(database.reading)
        with schema.sentences(database.reading):
            yield database
    finally:
        database.close_now()


def _migrate(options: argparse.Namespace) -> int:
    from bot.store import schema
    from bot.store.engines import claimed, opened

    url = _settings(options).database_url
    engine = opened(url)
    try:
        with claimed(url):
            schema.upgrade(engine)
        print(f"The database {schema.name(engine)} is at version {schema.NEWEST}.")
    finally:
        engine.dispose()
    return 0


def _backup(options: argparse.Namespace) -> int:
    from bot.store import backup

    settings = _settings(options)
    size = backup.backup(settings.database_url, options.file, settings.data, _audit_key(settings), _now())
    print(f"{options.file} ({size:,} bytes)")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from bot.store import backup

    settings = _settings(options)
    restored = backup.restore(
        settings.database_url, options.file, settings.data, _audit_key(settings), force=options.force
    )
    print(f"Restored what was kept at {restored.made_at}, with {restored.verdict.entries:,} entries of the record.")
    for warning in restored.warnings:
        print(f"Note: {warning}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from bot.store import keys, record

    settings = _settings(options)
    given = _audit_key(settings)
    if options.file is None:
        with _looked_at(settings.database_url) as database:
            verdict = record.verify(database, settings.data, given)
    else:
        verdict = _verified_file(options.file, _key(options.key) or keys.verifying_key(settings.data, given))
    if options.json:
        import json

        print(json.dumps(verdict.facts(), indent=2, ensure_ascii=False))
    else:
        print(_sentence(verdict))
    return FAILED if verdict.broken else 0


def _verified_file(file: Path, key: VerifyingKey | None) -> Verdict:
    from bot.store import exports

    with file.open("rb") as lines:
        return exports.verify(lines, key)


def _key(text: str | None) -> VerifyingKey | None:
    from bot.store.notes import VerifyingKey

    try:
        return VerifyingKey.parse(text) if text else None
    except ValueError:
        raise ConfigurationError(["--key is no public key as audit/key.pub holds it."]) from None


def _sentence(verdict: Verdict) -> str:
    if verdict.broken is None:
        signed = (
            f"Signed with {verdict.key}." if verdict.key else "Nothing vouches for its end: there is no checkpoint."
        )
        elsewhere = (
            f" Checkpoints in {verdict.elsewhere} other data folders were not looked at." if verdict.elsewhere else ""
        )
        return (
            f"The record is whole: {verdict.entries:,} entries, {verdict.checkpoints:,} checkpoints. {signed}{elsewhere}\n"
            f"The last entry's hash is {verdict.head}."
        )
    if verdict.broken.sequence:
        return f"The record was altered. Entry {verdict.broken.sequence}: {verdict.broken.why}."
    return f"The record was altered, or what vouches for it: {verdict.broken.why}."


def _export(options: argparse.Namespace) -> int:
    from bot.store import exports, keys, record

    settings = _settings(options)
    if options.output.exists():
        raise ConfigurationError([f"{options.output} is there already; name another file."])
    with _looked_at(settings.database_url) as database:
        key = keys.signing_key(settings.data, _audit_key(settings))
        folder = keys.folder(settings.data)
        before = record.content(folder)
        with options.output.open("xb") as out:
            number = database.read_now(lambda unit: exports.export(unit.connection, folder, before, key, out))
    print(f"{options.output} ({number:,} entries)")
    return 0

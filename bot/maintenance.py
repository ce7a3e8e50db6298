"""The commands of the command line that look after the database: migrate, backup, restore, audit. `__main__` hangs them in."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.chain import Broken
    from bot.store.database import Database
    from bot.store.notes import VerifyingKey
    from bot.store.record import Aside, Verdict

FAILED = 1
KEY_BYTES = 1_000  # more than a public key has


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
    verify.add_argument(
        "--key", metavar="KEY", help="the public key that signed FILE, or the file that holds it: audit/key.pub"
    )
    verify.set_defaults(run=_verify)
    export = verbs.add_parser("export", parents=[database], help="the whole record as lines of JSON, signed")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    export.set_defaults(run=_export)
    erase = verbs.add_parser(
        "erase", parents=[database], help="takes away what somebody wrote, or what was written of something, for good"
    )
    whose = erase.add_mutually_exclusive_group(required=True)
    whose.add_argument("--account", metavar="ACCOUNT", help="whose words: slack:U012AB3CD, teams:3f2c7d1e-…")
    whose.add_argument("--subject", metavar="SUBJECT", help="what they are of: EX-7")
    erase.add_argument("--yes", action="store_true", help="does not ask first")
    erase.set_defaults(run=_erase)


def _settings(options: argparse.Namespace) -> Settings:
    from bot import settings

    return settings.load(settings.environment(), database_url=options.database)


def _audit_key(settings: Settings) -> str | None:
    return settings.audit_key.reveal() if settings.audit_key else None


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def looked_at(url: str) -> Iterator[Database]:
    """A database at this version, to read from; whoever serves goes on meanwhile."""
    from sqlalchemy import make_url

    from bot.store import schema
    from bot.store.database import Database
    from bot.store.engines import is_postgres

    if not is_postgres(url) and not Path(make_url(url).database or "").exists():
        raise ConfigurationError([f"There is no database {make_url(url).database} yet."])
    database = Database(schema.to_look_at(url), _now)
    try:
        schema.check(database.reading)
        with schema.sentences(database.reading):
            yield database
    finally:
        database.close_now()


def _migrate(options: argparse.Namespace) -> int:
    from bot.store import schema
    from bot.store.engines import claimed, opened

    url = _settings(options).database_url
    with claimed(url):
        engine = opened(url)
        try:
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
    if broken := backup.verified(options.file).broken:
        _warn(f"The record in {options.file} was altered ({_where(broken)}); it was copied as it is.")
    return 0


def _where(broken: Broken) -> str:
    return f"entry {broken.sequence}: {broken.why}" if broken.sequence else broken.why


def _warn(sentence: str) -> None:
    print(f"archway: {sentence}", file=sys.stderr)


def _restore(options: argparse.Namespace) -> int:
    from bot.store import backup

    settings = _settings(options)
    restored = backup.restore(
        settings.database_url, options.file, settings.data, _audit_key(settings), force=options.force
    )
    print(
        f"Restored what was kept at {restored.made_at}, with {_counted(restored.verdict.entries, 'entry', 'entries')} of the record."
    )
    for warning in restored.warnings:
        print(f"Note: {warning}")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from bot.store import keys, record

    settings = _settings(options)
    given = _audit_key(settings)
    if options.file is None:
        with looked_at(settings.database_url) as database:
            verdict = record.verify(database, settings.data, given)
    else:
        verdict = _verified_file(options.file, _key(options.key) or keys.verifying_key(settings.data, given))
    if options.json:
        import json

        print(json.dumps(verdict.facts(), indent=2, ensure_ascii=False))
    else:
        print(sentence(verdict))
    return FAILED if verdict.broken else 0


def _verified_file(file: Path, key: VerifyingKey | None) -> Verdict:
    from bot.store import exports

    _ordinary(file)
    with file.open("rb") as lines:
        if not exports.is_export(lines):
            raise ConfigurationError([f"{file} is no export of a record; `archway audit export` makes one."])
        lines.seek(0)
        return exports.verify(lines, key)


def _ordinary(file: Path) -> None:
    """That a file has an end, and can be read more than once."""
    if not file.exists():
        raise ConfigurationError([f"There is no file {file}."])
    if not file.is_file():
        raise ConfigurationError([f"{file} is no ordinary file; name one."])


def _key(text: str | None) -> VerifyingKey | None:
    """A public key as it is written, or from the file that is named."""
    from bot.store.notes import VerifyingKey

    if not text:
        return None
    try:
        return VerifyingKey.parse(text)
    except ValueError:
        pass
    try:
        file = Path(text)
        if file.is_file() and file.stat().st_size < KEY_BYTES:
            return VerifyingKey.parse(file.read_text())
    except (ValueError, OSError):
        pass
    raise ConfigurationError(["--key is no public key as audit/key.pub holds it, and names no file that holds one."])


def sentence(verdict: Verdict) -> str:
    """A verdict for people: what it is in the first line."""
    told = [*map(_about, verdict.aside)]
    if verdict.elsewhere:
        told.append(
            f"The record tells of {_counted(verdict.elsewhere, 'other file')} of checkpoints, in another data folder or "
            "lost, which nobody looked at here."
        )
    if verdict.broken is not None:
        where = f"The record was altered. Entry {verdict.broken.sequence}" if verdict.broken.sequence else ""
        said = f"{where or 'The record was altered, or what vouches for it'}: {verdict.broken.why}."
        return "\n".join([said, *told])
    counted = f"{_counted(verdict.entries, 'entry', 'entries')}, {_counted(verdict.checkpoints, 'checkpoint')}"
    if not verdict.key_trusted:
        signed = (
            f"signed with {verdict.key}, which nobody here vouches for: compare with audit/key.pub or give --key"
            if verdict.key
            else "signed by nobody"
        )
        said = f"The record is consistent in itself: {counted}; {signed}."
    elif verdict.key:
        said = f"The record is whole: {counted}. Signed with {verdict.key}."
    else:
        said = f"The record is whole: {counted}. Nothing vouches for its end: there is no checkpoint."
    return "\n".join([said, f"The last entry's hash is {verdict.head}.", *told])


def _about(aside: Aside) -> str:
    why = (
        "vouches for what a restored backup does not hold any more"
        if aside.restored
        else "is about another record than this one"
    )
    return f"Note: {_counted(aside.notes, 'checkpoint')} in {aside.file}, up to entry {aside.sequence:,}, {why}."


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _export(options: argparse.Namespace) -> int:
    from bot.store import exports, keys, record

    settings = _settings(options)
    if options.output.exists():
        raise ConfigurationError([f"{options.output} is there already; name another file."])
    with looked_at(settings.database_url) as database:
        key = keys.signing_key(settings.data, _audit_key(settings))
        own = keys.checkpoints(keys.folder(settings.data), database.engine.url)
        before = record.content(own)
        with options.output.open("xb") as out:
            number = database.read_now(lambda unit: exports.export(unit.connection, own, before, key, out))
    print(f"{options.output} ({_counted(number, 'entry', 'entries')})")
    with options.output.open("rb") as lines:
        broken = exports.verify(lines, key.verifying).broken
    if broken:
        _warn(f"The record in {options.output} was altered ({_where(broken)}); it was written as it is.")
    return 0


def _erase(options: argparse.Namespace) -> int:
    from sqlalchemy import make_url

    from bot.store import schema
    from bot.store.database import Database
    from bot.store.engines import claimed, is_postgres

    account, subject = (options.account or "").strip(), (options.subject or "").strip()
    if not subject and not all(account.partition(":")):
        raise ConfigurationError(["--account is written like slack:U012AB3CD, --subject like EX-7."])
    what = f"what {account} wrote" if account else f"what was written about {subject}"
    url = _settings(options).database_url
    if not is_postgres(url) and not Path(make_url(url).database or "").exists():
        raise ConfigurationError([f"There is no database {make_url(url).database} yet."])
    if not options.yes and not _agreed(f"Erase from the record {what}? Nobody can bring it back. [y/N] "):
        print("Nothing was erased.")
        return FAILED
    with claimed(url):  # two processes must not write to one SQLite file
        database = Database(url, _now)
        try:
            schema.check(database.engine)
            with schema.sentences(database.engine):
                number = database.write_now(lambda unit: unit.audit.erase(account=account, subject=subject))
        finally:
            database.close_now()
    if number:
        print(
            f"Erased {what}: {_counted(number, 'text')}. The record says so, and is whole. Backups and posts are as before."
        )
    else:
        print(f"The record holds no words of that: {what}.")
    return 0


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigurationError(["Nobody can be asked here whether that is meant: say it with --yes."])
    return input(question).strip().lower() in ("y", "yes")

"""The schema's version: where a database stands, and bringing it up to this program's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

from sqlalchemy import Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.errors import ConfigurationError
from bot.store import guards
from bot.store.engines import take_your_time
from bot.store.order import hold
from bot.store.tables import metadata

NEWEST = "0005"
NEW_IN_0005 = frozenset({"review", "incident", "drafted_document"})
NEW_IN_0004 = frozenset({"exception_request", "exception_entry", "absence", "draft", "obligation"})
# The tables that a database has at each version; at the newest those that the program uses.
TABLES: Mapping[str, frozenset[str]] = {
    "0001": frozenset({"question"}),
    "0002": frozenset({"question", "rating", "conversation"}),
    "0003": frozenset(metadata.tables) - NEW_IN_0004 - NEW_IN_0005,
    "0004": frozenset(metadata.tables) - NEW_IN_0005,
    NEWEST: frozenset(metadata.tables),
}
MIGRATIONS = Path(__file__).parent / "migrations"
_FATAL = re.compile(
    r"FATAL:\s+(.*?)(?= connection to server| Multiple connection attempts|$)"
)  # the server's own words
LOCK = 0x617263687761_79  # PostgreSQL's advisory lock around migrations: "archway"


def version(engine: Engine) -> str | None:
    """The version that a database stands at; None when it is empty."""
    with engine.connect() as connection:
        return _version(connection)


def upgrade(engine: Engine, to: str = NEWEST) -> None:
    """Brings a database to version `to` (or to "base", which is empty), in one transaction. Nothing happens when it is there already.

    Raises `ConfigurationError` when it cannot be reached, belongs to a later program or to another one.
    """
    with sentences(engine):
        _make_private(engine)
        with migrating(engine) as connection:
            _upgrade(connection, to)


def _make_private(engine: Engine) -> None:
    """A SQLite file that is made is its owner's alone, and what SQLite puts beside it too."""
    if engine.dialect.name == "sqlite" and engine.url.database not in (None, "", ":memory:"):
        with suppress(OSError):  # SQLite says it better
            os.close(os.open(str(engine.url.database), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def check(engine: Engine) -> None:
    """That a database stands at this program's version. Raises `ConfigurationError` with the next step where it does not."""
    with sentences(engine), engine.connect() as connection:
        stands_at = recognised(connection)
    if stands_at is None:
        raise ConfigurationError([f"The database {name(engine)} is empty: run `archway migrate` first."])
    if stands_at < NEWEST:
        raise ConfigurationError(
            [f"The database is at version {stands_at}, this program needs {NEWEST}: run `archway migrate` first."]
        )


@contextmanager
def sentences(engine: Engine) -> Iterator[None]:
    """Turns what the database says in the block into a sentence for the operator, which never holds a password."""
    try:
        yield
    except DBAPIError as error:
        raise ConfigurationError([_sentence(engine, error)]) from None
    except SQLAlchemyError as error:
        raise ConfigurationError(
            [f"The database {name(engine)} cannot be used ({type(error).__name__}); `archway doctor` looks closer."]
        ) from None


def name(engine: Engine) -> str:
    """How sentences speak of a database: the file, or host and name."""
    url = engine.url
    if engine.dialect.name == "postgresql":
        return f"{url.database} on {url.host or 'this machine'}"
    return unquote(str(url.database).removeprefix("file:")) if "uri" in url.query else str(url.database)


def _sentence(engine: Engine, error: DBAPIError) -> str:
    reason = " ".join(str(error.orig).split())
    if engine.dialect.name == "postgresql":
        if "password authentication failed" in reason or "no password supplied" in reason:
            return f"PostgreSQL on {engine.url.host} does not take the password of {engine.url.username}: check DATABASE_URL."
        if re.search(r'FATAL:\s+database ".*" does not exist', reason):
            return f"There is no database {engine.url.database} on {engine.url.host}: create it, or check DATABASE_URL."
        if getattr(error.orig, "sqlstate", None) is None:  # it never came to a conversation
            if refused := _FATAL.search(reason):
                return f"PostgreSQL on {engine.url.host} refuses ({refused[1][:200]}): check its settings, and DATABASE_URL."
            return (
                f"PostgreSQL on {engine.url.host}:{engine.url.port or 5432} cannot be reached: "
                "check that it runs, and DATABASE_URL."
            )
        reason = reason.split(" LINE 1:", maxsplit=1)[0]
    return f"The database {name(engine)} cannot be used ({reason}); `archway doctor` looks closer."


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction in which the schema may change, and nobody else changes it."""
    with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            with connection.begin():
                take_your_time(connection)
                hold(connection, LOCK)
                yield connection
            return
        # With foreign keys on, a table that is made anew takes the rows with it that point to it. The switch works
        # outside of a transaction alone, and SQLAlchemy has none open yet as far as SQLite is concerned.
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise ConfigurationError(
                        [f"Rows of the table {broken[0]} point nowhere after the migration; nothing was changed."]
                    )
        finally:
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()


def _upgrade(connection: Connection, to: str) -> None:
    stands_at = recognised(connection)
    if stands_at == to:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    back = stands_at is not None and (to == "base" or to < stands_at)
    before = _counts(connection)
    (command.downgrade if back else command.upgrade)(config, to)
    after = _counts(connection)
    for table in before.keys() & after.keys() - {"alembic_version"}:
        if before[table] != after[table]:
            raise ConfigurationError(
                [
                    f"The migration would change the table {table} from {before[table]} rows to {after[table]}; nothing was done."
                ]
            )
    if "audit" in after:  # where a table is made anew, SQLite drops its triggers without a word
        guards.put_on(connection)


def recognised(connection: Connection) -> str | None:
    """The version of a database that is ours, or empty. Raises `ConfigurationError` for every other one."""
    stands_at = _version(connection)
    if stands_at is None:
        if foreign := sorted({*tables(connection)} - {"alembic_version"}):
            theirs = f"belongs to another program (it has a table {foreign[0]})"
            raise ConfigurationError([f"The database {name(connection.engine)} {theirs}; name another one."])
        return None
    if stands_at <= NEWEST and stands_at not in TABLES:
        raise ConfigurationError(
            [f"The database {name(connection.engine)} is at version {stands_at}, which is none of ours."]
        )
    if stands_at > NEWEST:
        if not stands_at.isdecimal():
            raise ConfigurationError(
                [f"The database {name(connection.engine)} is at version {stands_at}, which is none of ours."]
            )
        raise ConfigurationError(
            [
                f"The database is at version {stands_at}, this program knows {NEWEST}: start the newer Archway, or restore a backup."
            ]
        )
    if lacking := sorted(TABLES[stands_at] - {*tables(connection)}):
        said = f"says that it is at version {stands_at} and has no table {lacking[0]}"
        raise ConfigurationError(
            [f"The database {name(connection.engine)} {said}: it is another program's or damaged; name another one."]
        )
    return stands_at


def unfit(connection: Connection) -> str | None:
    """What is not as this program makes it, in a SQLite file at the newest version."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    if strangers := guards.foreign(connection):
        return f"it has a trigger or view {strangers[0]}"
    for change in compare_metadata(MigrationContext.configure(connection), metadata):
        what = change[0] if isinstance(change, tuple) else change[0][0]
        about = change[1:] if isinstance(change, tuple) else change[0][1:]
        named = next((each for each in map(_named, about) if each), "")
        return f"its tables are not those of this version ({what.replace('_', ' ')} {named})".replace(" )", ")")
    return None


def _named(part: object) -> str:
    return part if isinstance(part, str) else str(getattr(part, "name", "") or "")


def to_look_at(url: str) -> str:
    """The address under which a database can be read that nobody can write: SQLite else wants to make files beside its own.

    A log that was not moved into the file is needed; then the address stays as it is.
    """
    made = make_url(url)
    file = Path(made.database or "")
    if made.get_backend_name() != "sqlite" or not file.is_file() or os.access(file.parent, os.W_OK):
        return url
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        return url
    return f"sqlite:///file:{quote(str(file.absolute()))}?immutable=1&uri=true"


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def tables(connection: Connection) -> Sequence[str]:
    """The names of the tables that there are."""
    return inspect(connection).get_table_names()


def _counts(connection: Connection) -> Mapping[str, int]:
    """How many rows each table has."""
    quoted = connection.dialect.identifier_preparer.quote
    return {
        table: connection.exec_driver_sql(f"SELECT count(*) FROM {quoted(table)}").scalar_one()  # noqa: S608  # its own names
        for table in tables(connection)
    }

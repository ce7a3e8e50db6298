"""The schema's version: where a database stands, and bringing it up to this program's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.errors import ConfigurationError
from bot.store import guards

NEWEST = "0003"
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x617263687761_79  # PostgreSQL's advisory lock around migrations: "archway"


def version(engine: Engine) -> str | None:
    """The version that a database stands at; None when it is empty."""
    with engine.connect() as connection:
        return _version(connection)


def upgrade(engine: Engine, to: str = NEWEST) -> None:
    """Brings a database to version `to` (or to "base", which is empty), in one transaction. Nothing happens when it is there already.

    Raises `ConfigurationError` when it cannot be reached, belongs to a later program or to another one.
    """
    with sentences(engine), migrating(engine) as connection:
        _upgrade(connection, to)


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
    return (
        f"{url.database} on {url.host or 'this machine'}" if engine.dialect.name == "postgresql" else str(url.database)
    )


def _sentence(engine: Engine, error: DBAPIError) -> str:
    reason = " ".join(str(error.orig).split())
    if engine.dialect.name == "postgresql":
        if "password authentication failed" in reason or "no password supplied" in reason:
            return f"PostgreSQL on {engine.url.host} does not take the password of {engine.url.username}: check DATABASE_URL."
        if "does not exist" in reason and "database" in reason and "FATAL" in reason:
            return f"There is no database {engine.url.database} on {engine.url.host}: create it, or check DATABASE_URL."
        if getattr(error.orig, "sqlstate", None) is None:  # it never came to a conversation
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
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
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
    if not stands_at.isdecimal():
        raise ConfigurationError(
            [f"The database {name(connection.engine)} is at version {stands_at}, which is none of ours."]
        )
    if stands_at > NEWEST:
        raise ConfigurationError(
            [
                f"The database is at version {stands_at}, this program knows {NEWEST}: start the newer Archway, or restore a backup."
            ]
        )
    return stands_at


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

"""The schema's version: where a database stands, and bringing it up to this program's."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import ConfigurationError

NEWEST = "0002"
MIGRATIONS = Path(__file__).parent / "migrations"


def version(engine: Engine) -> str | None:
    """The version that a database stands at; None when it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: Engine, to: str = NEWEST) -> None:
    """Brings a database to version `to` (or to "base", which is empty), in one transaction. Nothing happens when it is there already.

    Raises `ConfigurationError` when the database belongs to a later program.
    """
    try:
        _upgrade(engine, to)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise ConfigurationError(
            [f"The database {engine.url.database} cannot be used ({reason}); `archway doctor` looks closer."]
        ) from error


def _upgrade(engine: Engine, to: str) -> None:
    stands_at = version(engine)
    if stands_at == to:
        return
    if stands_at is None:
        with engine.connect() as connection:
            foreign = sorted(set(inspect(connection).get_table_names()))
        if foreign:
            raise ConfigurationError(
                [
                    f"The database {engine.url.database} belongs to another program (it has a table {foreign[0]}); name another one."
                ]
            )
    elif not stands_at.isdecimal():
        raise ConfigurationError(
            [f"The database {engine.url.database} is at version {stands_at}, which is none of ours."]
        )
    if stands_at is not None and stands_at > NEWEST:
        raise ConfigurationError(
            [
                f"The database is at version {stands_at}, this program knows {NEWEST}: start the newer Archway, or restore a backup."
            ]
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if stands_at is not None and (to == "base" or to < stands_at) else command.upgrade)(
            config, to
        )

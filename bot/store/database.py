"""The database as an engine: how it is opened, how a transaction begins.

SQLite is opened the way that survives crashes: write-ahead log, full synchronisation, writers take the lock at once.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import ConfigurationError

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",  # milliseconds
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # else INSERT OR REPLACE walks around triggers
)


def opened(url: str, *, prepare: bool = True) -> Engine:
    """An engine on the database at `url`; the folder of a SQLite file is made when it is missing.

    Without `prepare` nothing about the file is changed, and it can only be looked at.
    """
    engine = create_engine(url)
    if prepare:
        file = make_url(url).database
        if file:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def claim(url: str) -> None:
    """Makes this process the only one that serves on a SQLite file, until it ends.

    Raises `ConfigurationError` when another one does, or the place cannot be written.
    """
    file = Path(make_url(url).database or "")
    lock = file.with_name(f"{file.name}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            [f"{lock.parent} cannot be written ({error.strerror}); set ARCHWAY_DATA or DATABASE_URL."]
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go of when the process ends, however it ends
    except BlockingIOError:
        os.close(descriptor)
        raise ConfigurationError(
            [
                f"Another archway serves on {file} already; stop it, or give this one a database of its own with --database."
            ]
        ) from None


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's own idea of transactions is off: `_begin` says when
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    # A deferred transaction that comes to write later fails with "database is locked" instead of waiting.
    connection.exec_driver_sql("BEGIN IMMEDIATE")

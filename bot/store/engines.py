"""How a database is opened: SQLite the way that survives crashes, PostgreSQL with what it needs to be told.

The one writer of a SQLite file takes the lock at once and alone moves the log into the file; readers can only read.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import ConfigurationError

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",  # milliseconds
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # else INSERT OR REPLACE walks around triggers
)
LEAVES_THE_LOG_ALONE = "PRAGMA wal_autocheckpoint=0"
READS_ONLY = ("PRAGMA busy_timeout=5000", "PRAGMA query_only=ON", LEAVES_THE_LOG_ALONE)
NAME = "archway"  # by which PostgreSQL knows our connections
OLDEST_POSTGRES = 13  # it can be asked what became of a transaction
CONNECT_SECONDS = 5
# A connection whose other end is gone without a word is noticed within a quarter of a minute.
KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 15_000}
# And so does the server, which else holds the locks of a machine that is gone for two hours.
SERVER_KEEPALIVE = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15000",  # milliseconds
}
LOCKS_FILES = sys.platform == "linux"  # elsewhere such locks are missing, or they and SQLite's keep each other out
OUR_BYTE = 0x40000000 + 1024  # of a SQLite file, locked by whoever serves; SQLite's own locks end at + 511
READ_ONLY = "25006"  # SQLSTATE: the server takes no writes, as one that was the first until a failover

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a transaction that writes to PostgreSQL may keep others waiting, in seconds. Whoever is cut tries again."""

    idle: float = 15.0  # between two statements: a process that is frozen keeps its locks
    lock: float = 10.0  # for a lock


def is_postgres(url: str) -> bool:
    """Whether an address is one of PostgreSQL."""
    return make_url(url).get_backend_name() == "postgresql"


def opened(url: str, *, prepare: bool = True, pool_size: int = 5, limits: Limits = Limits()) -> Engine:
    """An engine on the database at `url`, to read and write; the folder of a SQLite file is made when it is missing.

    Without `prepare` nothing about a SQLite file is changed, and it can only be looked at.
    """
    if is_postgres(url):
        return _postgres_to_write(url, pool_size, limits)
    engine = create_engine(url, pool_size=pool_size, pool_timeout=30, hide_parameters=True)
    if prepare:
        file = make_url(url).database
        if file:
            Path(file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        event.listen(engine, "connect", _preparing(*PRAGMAS))
        event.listen(engine, "begin", _begin_at_once)
    return engine


def opened_to_read(url: str, pool_size: int = 5) -> Engine:
    """An engine whose transactions see one moment of the database and cannot change it."""
    if is_postgres(url):
        return _postgres(url, pool_size).execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    engine = create_engine(url, pool_size=pool_size, pool_timeout=30, hide_parameters=True)
    event.listen(engine, "connect", _preparing(*READS_ONLY))
    event.listen(engine, "begin", _begin)
    return engine


def take_your_time(connection: Connection) -> None:
    """The transaction that `connection` is in may take long: to migrate, copy, put back."""
    if connection.dialect.name == "postgresql":
        for limit in ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout"):
            connection.execute(text(f"SET LOCAL {limit} = 0"))


def _postgres_to_write(url: str, pool_size: int, limits: Limits) -> Engine:
    engine = _postgres(url, pool_size, isolation_level="READ COMMITTED")
    ours = SERVER_KEEPALIVE | {
        "idle_in_transaction_session_timeout": f"{limits.idle * 1000:.0f}",
        "lock_timeout": f"{limits.lock * 1000:.0f}",
    }
    statement = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in ours.items())

    def set_(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.autocommit = True  # not as parameters of the connection: PgBouncer takes no others than it knows
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.autocommit = False

    event.listen(engine, "connect", set_)
    event.listen(engine, "handle_error", _leave_a_server_that_only_reads)
    return engine


def _leave_a_server_that_only_reads(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True  # which closes all connections there: new ones go to the first server of now


def _postgres(url: str, pool_size: int, **options: str) -> Engine:
    # Statements are not prepared on the server: behind PgBouncer the next one may go to another session.
    connect: dict[str, object] = {"application_name": NAME, "prepare_threshold": None, **KEEPALIVE}
    if "connect_timeout" not in make_url(url).query:
        connect["connect_timeout"] = CONNECT_SECONDS
    engine = create_engine(
        url, connect_args=connect, pool_size=pool_size, max_overflow=2, hide_parameters=True, **options
    )
    event.listen(engine, "handle_error", _leave_out_the_detail)
    return engine


def _leave_out_the_detail(context: ExceptionContext) -> None:
    # As parameters it holds what people write ("Key (…)=(…) already exists"), which would come into the log.
    fault, wrapped = context.original_exception, context.sqlalchemy_exception
    primary = getattr(getattr(fault, "diag", None), "message_primary", None)
    if primary and wrapped is not None:
        fault.args = (primary,)
        wrapped.args = (f"({type(fault).__module__}.{type(fault).__qualname__}) {primary}",)


@contextmanager
def claimed(url: str) -> Iterator[None]:
    """Within the block this process is the only one that serves on a SQLite file. PostgreSQL takes any number.

    Raises `ConfigurationError` when another one does, or the place cannot be written.
    """
    if is_postgres(url):
        yield
        return
    locks = _locked(Path(make_url(url).database or ""))
    try:
        yield
    finally:
        _released(locks)


def claim(url: str) -> None:
    """As `claimed`, until this process ends, however it ends."""
    if not is_postgres(url):
        _locked(Path(make_url(url).database or ""))


def _locked(named: Path) -> list[int]:
    """Locks a file by its name and the file itself, which may have another name too; gives what holds the locks."""
    file = named.resolve()  # one file is locked under one name, whatever leads to it
    by_name = file.with_name(f"{file.name}.lock")
    held: list[int] = []
    try:
        by_name.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        held.append(os.open(by_name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        fcntl.flock(held[0], fcntl.LOCK_EX | fcntl.LOCK_NB)
        if LOCKS_FILES and not file.is_dir():
            held.append(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            _lock_itself(held[1])
    except BlockingIOError:
        _released(held)
        raise ConfigurationError(
            [
                f"Another archway serves on {named} already; stop it, or give this one a database of its own with --database."
            ]
        ) from None
    except OSError as error:
        _released(held)
        place = file if held else file.parent
        raise ConfigurationError(
            [f"{place} cannot be written ({error.strerror}); set ARCHWAY_DATA or DATABASE_URL."]
        ) from error
    return held


def _lock_itself(descriptor: int) -> None:
    # Not flock(): a network file system makes it a lock of the whole file, which would keep SQLite itself out. And not a
    # lock of the process: that one is gone when SQLite closes the file. https://www.sqlite.org/lockingv3.html
    wanted = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, OUR_BYTE, 1, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, wanted)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno == errno.EACCES:  # which may say the same
            raise BlockingIOError(*error.args) from None
        log.warning("another name of this database file would not be noticed", reason=error.strerror)


def _released(locks: list[int]) -> None:
    """Whoever has the database open loses SQLite's locks with this: it has to be closed before."""
    for descriptor in locks:
        os.close(descriptor)


def _preparing(*pragmas: str) -> Callable[[DBAPIConnection, ConnectionPoolEntry], None]:
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver's own idea of transactions is off: the "begin" event says when
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    return prepare


def _begin_at_once(connection: Connection) -> None:
    # A deferred transaction that comes to write later fails with "database is locked" instead of waiting.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")

"""The database: units of work go in, and are on disk when they come back. SQLite by default, PostgreSQL for several replicas."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, Connection, Engine, Float, Table
from sqlalchemy.dialects.postgresql import Insert as InsertIntoPostgres
from sqlalchemy.dialects.postgresql import insert as insert_into_postgres
from sqlalchemy.dialects.sqlite import Insert as InsertIntoSqlite
from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.delivery import Overloaded
from bot.store.engines import Limits, claim, claimed, is_postgres, opened, opened_to_read
from bot.store.threads import Threads
from bot.store.units import Unit, Waiting
from bot.store.writers import PATIENCE, THREADS, GroupWriter, Patience, UnitWriter, again_and_again

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

__all__ = ["Database", "awake_since", "claim", "claimed", "insert_or_ignore", "opened", "seconds_now"]

READERS = 4
LOOK = 0.5  # seconds between two looks of a blocked thread whether the end has come
Row = Mapping[str, Any]
T = TypeVar("T")

log = structlog.stdlib.get_logger(__name__)


class Database:
    """All that is remembered, for the whole process. Nothing is opened before it is needed.

    `engine` reads and writes; outside of migrations and tests use the four verbs. Work may be run more than once before
    its effect is kept, and then it is kept once: it has to be free of effects elsewhere.
    """

    def __init__(
        self,
        url: str,
        clock: Callable[[], datetime],
        limits: Limits = Limits(),  # noqa: B008  # frozen
        patience: float = PATIENCE,
    ) -> None:
        self.is_postgres = is_postgres(url)
        self._clock = clock
        self.engine: Engine = opened(url, pool_size=THREADS if self.is_postgres else 2, limits=limits)
        self.reading = opened_to_read(url, pool_size=READERS)
        self._readers = Threads(READERS, "archway-reads")
        self._patience = Patience(patience)
        self._waiting = Waiting()
        self._writers: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._gave_up = False
        self.written_at = float("-inf")  # monotonic: when a unit was last kept

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Runs one unit of work on a writer thread; its effect is on disk when this returns.

        What `work` raises undoes it and is raised here. Raises `Overloaded` when too much waits. A caller that is cancelled
        does not learn whether its unit was written.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(Unit(work, future))
        return self._written(await future)

    def write_now(self, work: Callable[[Transaction], T]) -> T:
        """As `write`, for the command line, threads and tests: blocks until it is on disk, or the end did not wait for it."""
        if threading.current_thread() in self._writers:
            raise RuntimeError("a unit of work cannot wait for another one")
        future: Future[T] = Future()
        self._put(Unit(work, future))
        while not wait([future], timeout=LOOK).done:
            if self._gave_up:
                raise Overloaded
        return self._written(future.result())

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Runs work that only reads, on a thread of its own, on one moment of the database."""
        return await self._readers.run(partial(self.read_now, work))

    def read_now(self, work: Callable[[Transaction], T]) -> T:
        """As `read`, blocking."""

        def once() -> T:
            with self.reading.begin() as connection:
                return work(self._transaction(connection))

        return again_and_again(once, self._patience) if self.is_postgres else once()

    def hurry(self) -> None:
        """The end has come: what fails from now on is not tried again for long."""
        self._patience.hurry()

    async def close(self, seconds: float | None = None) -> None:
        """Writes what waits, for up to `seconds`, then lets go of everything. What the database does not answer to
        does not hold up the end of the process."""
        closing = Threads(1, "archway-closes")
        try:
            async with asyncio.timeout(None if seconds is None else seconds + LOOK):
                await closing.run(partial(self.close_now, seconds))
        except TimeoutError:
            log.warning("the end did not wait for the database to be closed", seconds=seconds)
        closing.close()

    def close_now(self, seconds: float | None = None) -> None:
        """As `close`, blocking."""
        end = None if seconds is None else time.monotonic() + seconds
        self.hurry()
        self._waiting.close()
        self._readers.close()
        for thread in [*self._writers, *self._readers.started]:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        if any(thread.is_alive() for thread in [*self._writers, *self._readers.started]):
            self._gave_up = True
            log.warning("stopped before everything was done", seconds=seconds, turned_away=self._waiting.give_up())
            threading.Thread(target=self._let_go, name="archway-lets-go", daemon=True).start()
        else:
            self._let_go()

    def _let_go(self) -> None:
        """Closes every connection, once those who use them have ended."""
        for thread in [*self._writers, *self._readers.started]:
            thread.join()
        self.reading.dispose()  # before the writer: whoever closes a SQLite file last moves the log into it
        self.engine.dispose()

    def _written(self, result: T) -> T:
        self.written_at = time.monotonic()
        return result

    def _put(self, unit: Unit) -> None:
        if not self._writers:
            self._start()
        self._waiting.put(unit)

    def _start(self) -> None:
        with self._starting:
            if self._writers:
                return
            writer = (UnitWriter if self.is_postgres else GroupWriter)(self.engine, self._transaction, self._patience)
            threads = [
                threading.Thread(target=writer.serve, args=(self._waiting,), name=f"archway-writes-{n}", daemon=True)
                for n in range(writer.threads)
            ]
            for thread in threads:
                thread.start()
            self._writers = threads

    def _transaction(self, connection: Connection) -> Transaction:
        from bot.store.transaction import Transaction  # it knows all the rooms, and they know `seconds_now`

        return Transaction(connection, self._clock())


class SecondsNow(FunctionElement[float]):
    """Seconds since the epoch by the database's clock, at the moment when it is asked."""

    type = Float()
    inherit_cache = True
    name = "seconds_now"


@compiles(SecondsNow, "sqlite")
def _in_sqlite(_element: SecondsNow, _compiler: SQLCompiler, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(SecondsNow, "postgresql")
def _in_postgres(_element: SecondsNow, _compiler: SQLCompiler, **_: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


seconds_now: ColumnElement[float] = SecondsNow()


class AwakeSince(SecondsNow):
    """When the database came back last, likewise: leases that ran out while it was away could not be kept. SQLite is never away."""

    inherit_cache = True
    name = "awake_since"


@compiles(AwakeSince, "sqlite")
def _always_in_sqlite(_element: AwakeSince, _compiler: SQLCompiler, **_: Any) -> str:
    return "0.0"


@compiles(AwakeSince, "postgresql")
def _since_in_postgres(_element: AwakeSince, _compiler: SQLCompiler, **_: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM pg_postmaster_start_time()) AS DOUBLE PRECISION)"


awake_since: ColumnElement[float] = AwakeSince()


def insert_into(connection: Connection, table: Table) -> InsertIntoPostgres | InsertIntoSqlite:
    """An insert that can be told what to do with rows whose keys are taken."""
    insert = insert_into_postgres if connection.dialect.name == "postgresql" else insert_into_sqlite
    return insert(table)


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Inserts the rows whose keys are not taken yet; gives their number."""
    if not rows:
        return 0
    first, *_ = table.primary_key.columns
    statement = insert_into(connection, table).on_conflict_do_nothing().returning(first)
    return len(connection.execute(statement, list(rows)).all())

"""The database: units of work go in, and are on disk when they come back. SQLite by default, PostgreSQL for several replicas."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Float, Table
from sqlalchemy.dialects.postgresql import insert as insert_into_postgres
from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.store.engines import claim, claimed, is_postgres, opened, opened_to_read
from bot.store.units import Unit, Waiting
from bot.store.writers import THREADS, GroupWriter, UnitWriter, again_and_again

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

__all__ = ["Database", "claim", "claimed", "insert_or_ignore", "opened", "seconds_now"]

READERS = 4
Row = Mapping[str, Any]
T = TypeVar("T")


class Database:
    """All that is remembered, for the whole process. Nothing is opened before it is needed.

    `engine` reads and writes; outside of migrations and tests use the four verbs. Work may be run more than once before
    its effect is kept, and then it is kept once: it has to be free of effects elsewhere.
    """

    def __init__(self, url: str, clock: Callable[[], datetime]) -> None:
        self.is_postgres = is_postgres(url)
        self._clock = clock
        self.engine: Engine = opened(url, pool_size=THREADS if self.is_postgres else 2)
        self.reading = opened_to_read(url, pool_size=READERS)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="archway-reads")
        self._waiting = Waiting()
        self._writers: list[threading.Thread] = []
        self._starting = threading.Lock()

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Runs one unit of work on a writer thread; its effect is on disk when this returns.

        What `work` raises undoes it and is raised here. Raises `Overloaded` when too much waits. A caller that is cancelled
        does not learn whether its unit was written.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._put(Unit(work, future))
        return await future

    def write_now(self, work: Callable[[Transaction], T]) -> T:
        """As `write`, for the command line, threads and tests: blocks until it is on disk."""
        if threading.current_thread() in self._writers:
            raise RuntimeError("a unit of work cannot wait for another one")
        future: Future[T] = Future()
        self._put(Unit(work, future))
        return future.result()

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Runs work that only reads, on a thread of its own, on one moment of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def read_now(self, work: Callable[[Transaction], T]) -> T:
        """As `read`, blocking."""

        def once() -> T:
            with self.reading.begin() as connection:
                return work(self._transaction(connection))

        return again_and_again(once) if self.is_postgres else once()

    async def close(self) -> None:
        """Writes what waits, then lets go of everything."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """As `close`, blocking."""
        self._waiting.close()
        for thread in self._writers:
            thread.join()
        self._readers.shutdown()
        self.reading.dispose()  # before the writer: whoever closes a SQLite file last moves the log into it
        self.engine.dispose()

    def _put(self, unit: Unit) -> None:
        if not self._writers:
            self._start()
        self._waiting.put(unit)

    def _start(self) -> None:
        with self._starting:
            if self._writers:
                return
            writer = (UnitWriter if self.is_postgres else GroupWriter)(self.engine, self._transaction)
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


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Inserts the rows whose keys are not taken yet; gives their number."""
    if not rows:
        return 0
    first, *_ = table.primary_key.columns
    insert = insert_into_postgres if connection.dialect.name == "postgresql" else insert_into_sqlite
    statement = insert(table).on_conflict_do_nothing().returning(first)
    return len(connection.execute(statement, list(rows)).all())

"""The threads that write. SQLite has one, which commits many units at once; PostgreSQL a few, each unit by itself."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.store.units import Unit, Waiting, tell

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

T = TypeVar("T")
Open = Callable[[Connection], "Transaction"]

MOST_IN_A_GROUP = 500
GROUP_SECONDS = 0.02  # after so long a group is committed with what it has: nobody waits for a crowd behind them
THREADS = 8  # that write to PostgreSQL
PATIENCE = 30.0  # seconds for which a unit is tried again,
LAST_PATIENCE = 1.0  # and once the end has come
LONGEST_PAUSE = 2.0  # seconds between two tries
PASSING = (
    "08",
    "40",
    "53",
    "57P0",
)  # SQLSTATEs: connection, rolled back, resources, shut down (PostgreSQL, appendix A)
PASSING_TOO = ("25P03", "55P03")  # cut because it kept others waiting, a lock that was not to be had

log = structlog.stdlib.get_logger(__name__)


class GroupWriter:
    """The one writer of a SQLite file. Units that wait are committed together, each in a savepoint of its own.

    A unit may be run a second time when the group that it was in could not be committed.
    """

    threads = 1

    def __init__(self, engine: Engine, open_: Open, _: Patience) -> None:
        self._engine, self._open = engine, open_
        self._connection: Connection | None = None

    def serve(self, waiting: Waiting) -> None:
        """Writes what waits until the queue is closed and empty."""
        while group := waiting.take(MOST_IN_A_GROUP):
            while group:
                done = self._write(group)
                tell(group[:done])
                group = group[done:]
        self._let_go()

    def _write(self, group: Sequence[Unit]) -> int:
        """Writes some units from the front, and commits; gives their number. Nothing is told before it is on disk."""
        try:
            connection = self._connected()
            with connection.begin():
                done = self._each_in_its_savepoint(connection, group)
        except BaseException as fault:  # noqa: BLE001  # it is the callers', whatever it is
            if len(group) == 1:
                group[0].result, group[0].fault = None, fault
                self._let_go()  # a connection that failed to commit is not trusted any further
                return 1
            self._let_go()
            log.warning("a group could not be committed and is written one by one", units=len(group), fault=str(fault))
            return sum(self._write([unit]) for unit in group)
        return done

    def _each_in_its_savepoint(self, connection: Connection, group: Sequence[Unit]) -> int:
        end = time.monotonic() + GROUP_SECONDS
        for number, unit in enumerate(group, 1):
            unit.result, unit.fault = None, None
            connection.exec_driver_sql("SAVEPOINT unit")
            try:
                unit.result = unit.work(self._open(connection))
            except BaseException as fault:  # noqa: BLE001  # it is the caller's, whatever it is
                unit.fault = fault
                _undo(connection, fault)
            connection.exec_driver_sql("RELEASE unit")
            if time.monotonic() > end:
                return number
        return len(group)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:  # noqa: BLE001  # it was broken already: a new one is opened
                connection.invalidate()


def _undo(connection: Connection, fault: BaseException) -> None:
    """Takes back what a unit did. SQLite may have rolled back everything by itself, as on a full disk: then this raises `fault`,
    and the group is written one by one."""
    try:
        connection.exec_driver_sql("ROLLBACK TO unit")
    except OperationalError:
        raise fault from None


class UnitWriter:
    """Writers of PostgreSQL, for several threads: each unit is a transaction, tried again when a fault will pass."""

    threads = THREADS

    def __init__(self, engine: Engine, open_: Open, patience: Patience) -> None:
        self._engine, self._open, self._patience = engine, open_, patience

    def serve(self, waiting: Waiting) -> None:
        """Writes what waits until the queue is closed and empty."""
        writer, number = secrets.token_hex(8), 0
        while units := waiting.take(1):
            (unit,) = units
            number += 1
            try:
                unit.result = again_and_again(partial(self._write, unit, writer, str(number)), self._patience)
            except BaseException as fault:  # noqa: BLE001  # it is the caller's, whatever it is
                unit.fault = fault
            tell(units)
        self._forget(writer)

    def _write(self, unit: Unit, writer: str, number: str) -> Any:
        committing = False
        try:
            with self._engine.begin() as connection:
                result = unit.work(self._open(connection))
                connection.execute(_mark, {"writer": writer, "unit": number})
                committing = True
        except DBAPIError as fault:
            # Cut while it was committing: whether it was committed is known to the database alone.
            if committing and will_pass(fault) and self._was_committed(writer, number):
                return result
            raise
        return result

    def _was_committed(self, writer: str, number: str) -> bool:
        def ask() -> bool:
            with self._engine.connect() as connection:
                # Waits for a transaction of ours that the server has not given up yet; it is rolled back itself.
                connection.execute(_wait, {"writer": writer})
                return bool(connection.execute(_last, {"writer": writer}).scalar() == number)

        return again_and_again(ask, self._patience)

    def _forget(self, writer: str) -> None:
        try:
            with self._engine.begin() as connection:
                connection.execute(_forget, {"writer": writer})
        except DBAPIError:
            log.info("what was committed last stays noted")


# Of what only read nothing is noted: it can be read again.
_mark = text(
    "INSERT INTO committed (writer, unit, at) SELECT :writer, :unit, EXTRACT(EPOCH FROM clock_timestamp()) "
    "WHERE pg_current_xact_id_if_assigned() IS NOT NULL "
    "ON CONFLICT (writer) DO UPDATE SET unit = excluded.unit, at = excluded.at"
)
_wait = text(
    "INSERT INTO committed (writer, unit, at) VALUES (:writer, '', EXTRACT(EPOCH FROM clock_timestamp())) "
    "ON CONFLICT (writer) DO UPDATE SET at = excluded.at"
)
_last = text("SELECT unit FROM committed WHERE writer = :writer")
_forget = text("DELETE FROM committed WHERE writer = :writer OR at < EXTRACT(EPOCH FROM clock_timestamp()) - 86400")


def will_pass(fault: BaseException) -> bool:
    """Whether the same work may succeed a moment later: a lost connection, a dead-lock, a server that starts."""
    if not isinstance(fault, DBAPIError):
        return False
    state = str(getattr(fault.orig, "sqlstate", None) or "")
    if state:
        return state.startswith(PASSING) or state in PASSING_TOO or fault.connection_invalidated
    return fault.connection_invalidated or isinstance(fault, OperationalError)


class Patience:
    """For how long work that fails is tried again, in seconds; not for long once the end has come."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = float("inf")  # monotonic
        self._ending = threading.Event()

    def hurry(self) -> None:
        """The end has come."""
        self._end = min(self._end, time.monotonic() + LAST_PATIENCE)
        self._ending.set()

    def lasts(self, since: float, pause: float) -> bool:
        """Whether work that was begun at `since` is to be tried again after a pause."""
        return time.monotonic() + pause <= min(since + self._seconds, self._end)

    def rest(self, pause: float) -> None:
        """Waits for so long, at most until the end comes."""
        waits = threading.Event() if self._ending.is_set() else self._ending
        waits.wait(pause)


def again_and_again(work: Callable[[], T], patience: Patience) -> T:
    """The result of `work`, which is run anew after faults that pass."""
    since, pause = time.monotonic(), 0.02
    while True:
        try:
            return work()
        except DBAPIError as fault:
            waits = random.uniform(pause / 2, pause)  # noqa: S311  # spreads replicas that lost the same server
            if not will_pass(fault) or not patience.lasts(since, waits):
                raise
            log.info("the database is tried again", fault=type(fault.orig).__name__)
        patience.rest(waits)
        pause = min(2 * pause, LONGEST_PAUSE)

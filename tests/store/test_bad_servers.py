"""PostgreSQL as it is met: replicas that freeze, servers that only read after a failover, defaults of somebody's own, PgBouncer;
and the end of a process whose database does not answer."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from bot.delivery import Overloaded
from bot.domain.audit import Entry
from bot.domain.events import QuestionAnswered
from bot.store import schema
from bot.store.database import Database
from bot.store.engines import Limits, opened
from bot.store.memory import Memory
from bot.store.transaction import Transaction
from tests import databases
from tests.databases import NOON, Clock, PostgresServer

ROOT = Path(__file__).parents[2]
SHORT = Limits(idle=0.5, lock=0.1)
HOLDS_THE_LOCK = """
import sys
from bot.domain.audit import Entry
from bot.store.database import Database
from tests.databases import Clock
from tests.store.test_bad_servers import SHORT

def work(unit):
    unit.audit.add(Entry("frozen", "x"))
    print("held", flush=True)
    sys.stdin.read()

database = Database(sys.argv[1], Clock(), SHORT)
database.write_now(work)
database.close_now()
"""


@pytest.fixture
def url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    with databases.postgres_database(postgres_server, postgres_template) as address:
        yield address


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of one's own, at this version."""
    found = databases.binaries()
    if found is None:
        pytest.skip(databases.MISSING)
    started = PostgresServer(found, durable=False)
    started.start()
    try:
        engine = opened(started.url)
        schema.upgrade(engine)
        engine.dispose()
        yield started
    finally:
        started.stop()


def actions(database: Database) -> list[str]:
    wanted = text("SELECT body::json ->> 'action' FROM audit ORDER BY sequence")
    return list(database.read_now(lambda unit: unit.connection.scalars(wanted).all()))


def test_a_replica_that_freezes_with_the_lock_in_its_hands_stops_nobody_for_long(url: str, clock: Clock) -> None:
    frozen = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LOCK, url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    database = Database(url, clock, SHORT)
    with frozen:
        assert frozen.stdout
        assert frozen.stdout.readline() == b"held\n"
        frozen.send_signal(signal.SIGSTOP)
        try:
            database.write_now(lambda unit: unit.audit.add(Entry("alive", "x")))
        finally:
            frozen.send_signal(signal.SIGCONT)
            frozen.communicate()
    assert frozen.returncode == 0
    assert actions(database) == ["alive", "frozen"]  # what was cut was done again
    database.close_now()


def test_the_server_is_told_when_to_give_a_replica_up(url: str, clock: Clock) -> None:
    database = Database(url, clock)

    def told(unit: Transaction) -> dict[str, str]:
        names = ("idle_in_transaction_session_timeout", "lock_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval",
                 "tcp_keepalives_count", "tcp_user_timeout")  # fmt: skip
        return {name: unit.connection.execute(text(f"SHOW {name}")).scalar_one() for name in names}

    assert database.write_now(told) == {
        "idle_in_transaction_session_timeout": "15s",
        "lock_timeout": "10s",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "3",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "15000",
    }
    database.close_now()


def test_a_migration_may_take_its_time(url: str) -> None:
    engine = opened(url, limits=SHORT)
    with schema.migrating(engine) as connection:
        limits = [
            connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
        ]
    engine.dispose()
    assert limits == ["0", "0", "0"]


def test_a_server_that_only_reads_since_a_failover_is_left_for_the_one_that_writes(url: str, clock: Clock) -> None:
    database = Database(url, clock)
    database.write_now(lambda unit: unit.connection.execute(text("SET default_transaction_read_only = on")).rowcount)
    database.write_now(lambda unit: unit.audit.add(Entry("written", "x")))
    assert actions(database) == ["written"]
    database.close_now()


def test_a_server_with_another_default_of_isolation_makes_no_difference(url: str, clock: Clock) -> None:
    name = make_url(url).database
    engine = opened(url)
    with engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"))
    engine.dispose()
    database = Database(url, clock)
    shown = database.write_now(lambda unit: unit.connection.execute(text("SHOW transaction_isolation")).scalar_one())
    assert shown == "read committed"
    database.close_now()


def test_nothing_is_prepared_in_a_session_that_may_not_be_ours_the_next_time(url: str, clock: Clock) -> None:
    database = Database(url, clock)
    prepared = text("SELECT count(*) FROM pg_prepared_statements")
    counted = [
        run(lambda unit: unit.connection.execute(prepared).scalar_one())
        for run in (database.write_now, database.read_now)
        for _ in range(10)
    ]
    assert counted == [0] * 20
    database.close_now()


# The end. The limits of ten seconds are those of a container that is told to stop: far above what it takes.


@pytest.mark.asyncio
async def test_the_end_comes_in_time_while_the_database_is_away(server: PostgresServer, tmp_path: Path) -> None:
    memory = await asyncio.to_thread(remembered, server.url, tmp_path)
    memory.questions.add(QuestionAnswered(NOON, "slack", "why?", True, 0.9, (), ()))
    server.crash()
    begun = asyncio.ensure_future(memory.database.write(lambda unit: unit.audit.add(Entry("begun", "x"))))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await memory.close()
        assert isinstance((await asyncio.gather(begun, return_exceptions=True))[0], Exception)


@pytest.mark.asyncio
async def test_the_end_comes_in_time_while_the_database_does_not_answer(server: PostgresServer, tmp_path: Path) -> None:
    memory = await asyncio.to_thread(remembered, server.url, tmp_path)
    memory.questions.add(QuestionAnswered(NOON, "slack", "why?", True, 0.9, (), ()))
    ours = text("SELECT pid FROM pg_stat_activity WHERE application_name = 'archway'")
    stuck = memory.database.write_now(lambda unit: unit.connection.scalars(ours).all())
    for pid in stuck:
        os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(10):
            await memory.close(seconds=0.5)
    finally:
        for pid in stuck:
            os.kill(pid, signal.SIGCONT)
    await memory.database.close()


def test_whoever_waits_for_a_database_that_never_answers_is_let_go_at_the_end(clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = Database(f"postgresql+psycopg://archway@127.0.0.1:{silent.getsockname()[1]}/archway", clock)
        outcomes = [Future[None]() for _ in range(10)]  # two more than there are writers

        def waits(outcome: Future[None]) -> None:
            try:
                database.write_now(lambda unit: unit.audit.head())
            except (RuntimeError, Overloaded, SQLAlchemyError) as fault:
                outcome.set_exception(fault)

        for outcome in outcomes:
            threading.Thread(target=waits, args=(outcome,), daemon=True).start()
        tried, _ = silent.accept()
        database.close_now(seconds=0.0)
        tried.close()
        assert all(outcome.exception(timeout=10) for outcome in outcomes)
        assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("archway-"))
    database.close_now()


def remembered(url: str, data: Path) -> Memory:
    return Memory.open(url, data, None, timedelta(days=90), lambda: datetime.now(UTC))

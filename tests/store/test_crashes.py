"""What PostgreSQL has confirmed is there when it comes back from a crash; what was cut while committing is known for what it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import create_engine, text

from bot.domain.announcements import Announcement, Posted
from bot.store.attempts import Arrived, Attempt
from bot.store.database import Database
from bot.store.engines import opened
from bot.store.lanes import Lanes
from bot.store.tables import committed, metadata
from bot.store.transaction import Transaction
from tests.chaos.cluster import CrashingServer
from tests.databases import MISSING, Clock, binaries

CRASHES, CALLERS = 6, 16


@pytest.fixture
def server() -> Iterator[CrashingServer]:
    found = binaries()
    if found is None:
        (pytest.fail if os.environ.get("ARCHWAY_REQUIRE_POSTGRES") == "1" else pytest.skip)(MISSING)
    crashing = CrashingServer(found)
    try:
        crashing.start()
        yield crashing
    finally:
        crashing.stop()


def test_no_unit_that_was_said_to_be_written_is_missing_after_crashes(server: CrashingServer, clock: Clock) -> None:
    engine = opened(server.url)
    committed.create(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE written (word text PRIMARY KEY)"))
    engine.dispose()
    databases = [Database(server.url, clock) for _ in range(2)]
    over = Event()

    def writes(caller: int) -> set[str]:
        told = set()
        number = 0
        while not over.is_set():
            number += 1
            word = f"{caller}.{number}"

            def insert(unit: Transaction, word: str = word) -> None:
                insert_once = text("INSERT INTO written VALUES (:word) ON CONFLICT DO NOTHING")
                unit.connection.execute(insert_once, {"word": word})

            databases[caller % 2].write_now(insert)
            told.add(word)
        return told

    with ThreadPoolExecutor(CALLERS) as callers:
        written = [callers.submit(writes, caller) for caller in range(CALLERS)]
        for _ in range(CRASHES):
            over.wait(0.4)  # time in which they write
            server.crash_and_start("stop")
        over.set()
        told = set().union(*(each.result() for each in written))
    for database in databases:
        database.close_now()
    engine = create_engine(server.url)
    with engine.connect() as connection:
        there = set(connection.execute(text("SELECT word FROM written")).scalars())
        left = connection.execute(text("SELECT count(*) FROM committed")).scalar()
    engine.dispose()
    assert told - there == set()
    assert len(told) > 100
    assert left == 0  # the writers have cleared away what they had noted


def test_no_lease_runs_out_while_the_database_is_away(server: CrashingServer, clock: Clock) -> None:
    room, lease = "teams:19:arch@thread.tacv2", 60.0
    engine = opened(server.url)
    metadata.create_all(engine)
    engine.dispose()
    database = Database(server.url, clock)
    said = Announcement("k", "STD-004", "document", {})

    def begun(unit: Transaction) -> Attempt | None:
        unit.outbox.announce(said, [room])
        (held,) = Lanes(unit.connection, unit.now).claim([room], "whoever knows", 0.0)
        return Lanes(unit.connection, unit.now).begin(held, ("post",))

    def waiting(within: float) -> list[str]:
        return [
            each.room
            for each in database.read_now(
                lambda unit: Lanes(unit.connection, unit.now).due("teams", within, first=9, again=9)
            )
        ]

    attempt = database.write_now(begun)
    assert attempt
    server.crash_and_start("stop")
    assert waiting(lease) == []
    assert database.write_now(lambda unit: Lanes(unit.connection, unit.now).claim([room], "another", lease)) == ()
    database.write_now(lambda unit: Lanes(unit.connection, unit.now).finish(attempt, Arrived(Posted(room, "p"))))
    assert waiting(0.0) == []
    database.close_now()

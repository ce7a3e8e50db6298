"""Units of work: kept when they are told to be, undone alone, and tried again while that helps."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from bot.delivery import Overloaded
from bot.errors import ConfigurationError
from bot.store import schema, units
from bot.store.database import Database, insert_or_ignore, seconds_now
from bot.store.engines import claimed, opened
from bot.store.tables import pause
from bot.store.transaction import Transaction
from tests import databases
from tests.databases import Clock, PostgresServer


def put(name: str) -> Callable[[Transaction], None]:
    def work(unit: Transaction) -> None:
        unit.connection.execute(pause.insert().values(platform=name, until=0.0))

    return work


def names(database: Database) -> list[str]:
    wanted = select(pause.c.platform).order_by(pause.c.platform)
    return list(database.read_now(lambda unit: unit.connection.scalars(wanted).all()))


def blocked(database: Database) -> tuple[threading.Event, list[threading.Thread]]:
    """Keeps every writer busy until the event is set, so that what comes waits together."""
    release, begun = threading.Event(), threading.Semaphore(0)

    def hold(_: Transaction) -> None:
        begun.release()
        release.wait()

    number = 8 if database.is_postgres else 1
    holders = [threading.Thread(target=database.write_now, args=(hold,)) for _ in range(number)]
    for holder in holders:
        holder.start()
        begun.acquire()
    return release, holders


async def together(database: Database, *works: Callable[[Transaction], Any]) -> list[Any]:
    """The outcomes of units that were all waiting before the first was begun."""
    release, holders = blocked(database)
    waiting = [asyncio.ensure_future(database.write(work)) for work in works]
    await asyncio.sleep(0)
    release.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    for holder in holders:
        await asyncio.to_thread(holder.join)
    return outcomes


def test_rows_whose_key_is_taken_are_left_out(database: Database) -> None:
    rows = [{"platform": "slack", "until": 1.0}, {"platform": "teams", "until": 2.0}]
    assert database.write_now(lambda unit: insert_or_ignore(unit.connection, pause, rows)) == 2
    assert database.write_now(lambda unit: insert_or_ignore(unit.connection, pause, rows[:1])) == 0
    assert database.write_now(lambda unit: insert_or_ignore(unit.connection, pause, [])) == 0
    assert names(database) == ["slack", "teams"]


def test_the_database_has_a_clock(database: Database) -> None:
    asked = time.time()
    assert abs(database.read_now(lambda unit: unit.connection.execute(select(seconds_now)).scalar_one()) - asked) < 60


def test_a_unit_has_the_time_that_it_is_given(database: Database, clock: Clock) -> None:
    before = database.read_now(lambda unit: unit.now)
    assert database.write_now(lambda unit: unit.now) == before
    assert clock.advance(days=1) == database.write_now(lambda unit: unit.now)


@pytest.mark.asyncio
async def test_a_unit_that_raises_is_undone_alone_and_its_caller_is_told(database: Database) -> None:
    def half(unit: Transaction) -> None:
        put("b")(unit)
        raise KeyError("b")

    outcomes = await together(database, put("a"), half, put("c"))
    assert [type(each) for each in outcomes] == [type(None), KeyError, type(None)]
    with pytest.raises(IntegrityError):
        await database.write(put("a"))
    assert names(database) == ["a", "c"]


@pytest.mark.asyncio
async def test_a_cancelled_caller_leaves_the_writer_alone(database: Database) -> None:
    release, holders = blocked(database)
    given_up = asyncio.ensure_future(database.write(put("given up")))
    kept = asyncio.ensure_future(database.write(put("kept")))
    await asyncio.sleep(0)
    given_up.cancel()
    release.set()
    await kept
    assert names(database) == ["kept"]
    for holder in holders:
        await asyncio.to_thread(holder.join)


@pytest.mark.asyncio
async def test_what_people_wrote_is_in_no_error_and_no_log(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "canary-of-somebody"

    def odd(unit: Transaction) -> None:
        unit.connection.execute(text("SELECT nothing FROM nowhere WHERE said = :said"), {"said": secret})

    def rowless(unit: Transaction) -> None:
        unit.connection.execute(text("INSERT INTO pause (platform) VALUES (:said)"), {"said": secret})

    await database.write(put(secret))
    outcomes = await together(database, put(secret), odd, rowless)
    with pytest.raises(DBAPIError) as read:
        await database.read(odd)
    faults = (*outcomes, read.value)
    assert all(isinstance(fault, DBAPIError) for fault in faults)
    shown = "".join(line for fault in faults for line in traceback.format_exception(fault))
    assert "INSERT INTO pause" in shown
    printed = capsys.readouterr()
    assert secret not in shown + printed.out + printed.err


@pytest.mark.asyncio
async def test_more_than_can_wait_is_turned_away(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "MOST_WAITING", 3)
    outcomes = await together(database, *(put(str(number)) for number in range(5)))
    assert [isinstance(each, Overloaded) for each in outcomes] == [False, False, False, True, True]
    assert names(database) == ["0", "1", "2"]


@pytest.mark.asyncio
async def test_what_would_wait_too_long_is_turned_away(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "LONGEST_WAIT", -1.0)
    outcomes = await together(database, put("first"), put("second"))
    assert [isinstance(each, Overloaded) for each in outcomes] == [False, True]


def test_a_unit_cannot_wait_for_another_one(database: Database) -> None:
    with pytest.raises(RuntimeError, match="cannot wait for another one"):
        database.write_now(lambda _: database.write_now(put("a")))


def test_whoever_reads_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        database.read_now(put("a"))


def test_whoever_reads_sees_one_moment(database: Database) -> None:
    def twice(unit: Transaction) -> tuple[int, int]:
        count = select(func.count()).select_from(pause)
        first = unit.connection.execute(count).scalar_one()
        database.write_now(put("meanwhile"))
        return first, unit.connection.execute(count).scalar_one()

    assert database.read_now(twice) == (0, 0)
    assert names(database) == ["meanwhile"]


@pytest.mark.asyncio
async def test_what_waits_is_written_before_the_end(database: Database, database_url: str) -> None:
    await asyncio.gather(*(database.write(put(f"{number:03}")) for number in range(200)), database.read(names_in))
    await database.close()
    with pytest.raises(RuntimeError, match="closed"):
        await database.write(put("late"))
    engine = opened(database_url)
    with engine.connect() as connection:
        assert len(names_in(Transaction(connection, databases.NOON))) == 200
    engine.dispose()


def names_in(unit: Transaction) -> list[str]:
    return list(unit.connection.scalars(select(pause.c.platform)).all())


def test_what_the_end_did_not_wait_for_is_closed_once_it_is_done(database: Database) -> None:
    begun, may_end, closed = threading.Event(), threading.Event(), threading.Event()
    event.listen(database.engine, "close", lambda *_: closed.set())

    def slowly(_unit: Transaction) -> None:
        begun.set()
        assert may_end.wait(10)

    def write() -> None:
        with contextlib.suppress(Overloaded):
            database.write_now(slowly)

    writing = threading.Thread(target=write)
    writing.start()
    assert begun.wait(10)
    database.close_now(seconds=0.0)
    assert not closed.is_set()
    may_end.set()
    assert closed.wait(10)
    writing.join()


def test_a_file_is_served_once_whatever_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "archway.db").touch()
    (tmp_path / "folder").symlink_to("kept")
    (tmp_path / "file.db").symlink_to("kept/archway.db")
    with claimed(f"sqlite:///{tmp_path}/kept/archway.db"):
        for name in ("folder/archway.db", "file.db"):
            with pytest.raises(ConfigurationError, match="serves on"), claimed(f"sqlite:///{tmp_path}/{name}"):
                pass
    with claimed(f"sqlite:///{tmp_path}/file.db"):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has locks of a file that leave SQLite's alone")
def test_a_file_is_served_once_though_it_has_two_names(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "elsewhere").mkdir()
    first = f"sqlite:///{tmp_path}/archway.db"
    with claimed(first):
        os.link(tmp_path / "archway.db", tmp_path / "elsewhere" / "other.db")
        database = Database(first, clock)
        schema.upgrade(database.engine)
        database.write_now(put("while it is held"))
        assert names(database) == ["while it is held"]
        database.close_now()  # SQLite's locks of this process are gone with it, ours is not
        database = Database(first, clock)
        assert names(database) == ["while it is held"]
        claims = f"from bot.store.engines import claim; claim('sqlite:///{tmp_path}/elsewhere/other.db')"
        refused = subprocess.run([sys.executable, "-c", claims], capture_output=True, text=True, check=False)
        assert "ConfigurationError: Another archway serves on" in refused.stderr
        database.close_now()
    with claimed(f"sqlite:///{tmp_path}/elsewhere/other.db"):
        pass


# A SQLite file that fills up.


@pytest.fixture
def small(sqlite_template: Any, tmp_path: Any, clock: Clock) -> Any:
    """A SQLite database whose file may grow by a few pages only."""
    (tmp_path / "archway.db").write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{tmp_path}/archway.db", clock)
    resize(database, 20)
    yield database
    database.close_now()


def resize(database: Database, pages: int) -> None:
    def limit(unit: Transaction) -> None:
        now = unit.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        unit.connection.exec_driver_sql(f"PRAGMA max_page_count={now + pages}")

    database.write_now(limit)


@pytest.mark.asyncio
async def test_a_full_database_loses_nothing_that_was_acknowledged_and_goes_on_when_there_is_room(
    small: Database,
) -> None:
    big = "x" * 1000
    works = [put(f"{number:03} {big}") for number in range(200)]
    outcomes = await together(small, *works)
    kept = [number for number, each in enumerate(outcomes) if each is None]
    refused = [each for each in outcomes if each is not None]
    assert 0 < len(kept) < 200
    assert all("full" in str(each) for each in refused)
    assert [int(name[:3]) for name in names(small)] == kept
    resize(small, 1000)
    await small.write(put("there is room"))
    assert len(names(small)) == len(kept) + 1


def test_a_unit_that_hides_a_full_disk_is_not_believed(small: Database) -> None:
    def hides(unit: Transaction) -> str:
        try:
            for number in range(500):
                put(f"{number} {'x' * 5000}")(unit)
        except OperationalError:
            return "all is well"
        return "there was room"

    try:
        said = small.write_now(hides)
    except OperationalError:
        said = ""
    assert (said == "all is well") <= (len(names(small)) > 0)
    small.write_now(put("y"))
    assert "y" in names(small)


# A PostgreSQL that goes away.


@pytest.fixture
def remote(postgres_server: str, postgres_template: str, clock: Clock) -> Any:
    with databases.postgres_database(postgres_server, postgres_template) as url:
        database = Database(url, clock)
        yield database
        database.close_now()


def test_a_lost_connection_is_not_noticed(remote: Database) -> None:
    tries: list[int] = []

    def cut_once(unit: Transaction) -> int:
        tries.append(1)
        put("a")(unit)
        if len(tries) == 1:
            unit.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return len(tries)

    assert remote.write_now(cut_once) == 2
    assert names(remote) == ["a"]


def test_a_unit_that_was_cut_after_it_was_committed_is_not_done_twice(remote: Database) -> None:
    tries: list[int] = []

    def counted(unit: Transaction) -> int:
        tries.append(1)
        put(f"try {len(tries)}")(unit)
        return len(tries)

    cuts: list[int] = []

    def commit_and_cut(connection: Any) -> None:
        if not cuts:
            cuts.append(1)
            raw = connection.connection.driver_connection
            number = raw.info.backend_pid
            raw.commit()
            with remote.reading.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
            raw.close()

    event.listen(remote.engine, "commit", commit_and_cut)
    assert remote.write_now(counted) == 1
    assert names(remote) == ["try 1"]


def test_units_that_wait_for_each_other_are_both_done(remote: Database) -> None:
    for name in ("a", "b"):
        remote.write_now(put(name))
    meet = threading.Barrier(2)
    tries = 0

    def crosswise(first: str, second: str) -> Callable[[Transaction], None]:
        is_new = True

        def work(unit: Transaction) -> None:
            nonlocal is_new, tries
            tries += 1
            unit.connection.execute(pause.update().where(pause.c.platform == first).values(until=pause.c.until + 1))
            if is_new:
                is_new = False
                meet.wait()
            unit.connection.execute(pause.update().where(pause.c.platform == second).values(until=pause.c.until + 1))

        return work

    threads = [threading.Thread(target=remote.write_now, args=(crosswise(*pair),)) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tries == 3
    assert remote.read_now(lambda unit: unit.connection.scalars(select(pause.c.until)).all()) == [2.0, 2.0]


def test_a_fault_that_stays_is_not_tried_again(remote: Database) -> None:
    tries: list[int] = []

    def wrong(unit: Transaction) -> None:
        tries.append(1)
        unit.connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(Exception, match="nowhere"):
        remote.write_now(wrong)
    assert len(tries) == 1


def test_what_was_written_survives_a_crash_of_the_server_and_what_is_written_meanwhile_waits_for_it(
    clock: Clock,
) -> None:
    found = databases.binaries()
    if found is None:
        pytest.skip(databases.MISSING)
    server = PostgresServer(found)
    server.start()
    try:
        with databases.migrated_postgres(server.url) as name:
            database = Database(server.url.replace("/postgres", f"/{name}").replace(f"//{name}", "//postgres"), clock)
            database.write_now(put("before"))
            server.crash()
            waiting = threading.Thread(target=database.write_now, args=(put("meanwhile"),))
            waiting.start()
            server.start()
            waiting.join()
            assert names(database) == ["before", "meanwhile"]
            database.close_now()
    finally:
        server.stop()

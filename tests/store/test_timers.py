from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select

from bot.domain.announcements import Announcement
from bot.domain.timers import Timer, following
from bot.store.backlog import of_timers
from bot.store.database import Database
from bot.store.tables import announcement
from bot.store.tables import timer as timers
from bot.store.transaction import Transaction
from bot.timers import Clockwork
from tests import databases
from tests.databases import NOON, Clock

LONDON = ZoneInfo("Europe/London")
PATIENT_SECONDS = 60.0  # after which a test gives up


class Effects:
    """What fell due, in order, and what then has to fail. Each effect is an announcement, so that it shows what was kept."""

    def __init__(self, *failing: str) -> None:
        self.tried: list[str] = []
        self.failing = set(failing)

    def __call__(self, timer: Timer, unit: Transaction) -> None:
        self.tried.append(timer.key)
        unit.outbox.announce(Announcement(f"{timer.key}:{len(self.tried)}", "x", timer.topic, timer.facts))
        if timer.key in self.failing:
            raise ValueError(f"{timer.key} does not work")


def put(database: Database, *set_: Timer) -> None:
    def put_all(unit: Transaction) -> None:
        for each in set_:
            unit.timers.set(each)

    database.write_now(put_all)


def timer(key: str, due: datetime = NOON, text: str = "") -> Timer:
    return Timer(key, due, "remind", {"text": text})


def kept(database: Database) -> list[str]:
    """Keys of the timers whose effects were kept."""
    found = database.read_now(lambda unit: unit.connection.execute(select(announcement.c.key)).scalars().all())
    return [key.rpartition(":")[0] for key in found]


def open_timers(database: Database) -> int:
    wanted = select(func.count()).where(timers.c.done_at.is_(None))
    return database.read_now(lambda unit: int(unit.connection.execute(wanted).scalar_one()))


@asynccontextmanager
async def at_work(*clockworks: Clockwork) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.run()) for each in clockworks]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(happens: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENT_SECONDS):
        while not happens():  # noqa: ASYNC110  # conditions of any kind have no event
            await asyncio.sleep(0.01)


@pytest.fixture
def two_on_postgres(postgres_server: str, postgres_template: str, clock: Clock) -> Iterator[tuple[Database, Database]]:
    """Two processes' worth of database on one PostgreSQL."""
    with databases.postgres_database(postgres_server, postgres_template) as url:
        both = (Database(url, clock), Database(url, clock))
        yield both
        for each in both:
            each.close_now()


@pytest.mark.asyncio
async def test_what_falls_due_happens_once_and_in_order(database: Database, clock: Clock) -> None:
    effects = Effects()
    put(database, timer("second", NOON - timedelta(hours=1)), timer("first", NOON - timedelta(hours=2)))
    put(database, timer("later", NOON + timedelta(seconds=1)))
    async with at_work(Clockwork(database, effects, clock)):
        await until(lambda: open_timers(database) == 1)
        clock.advance(seconds=1)
        await until(lambda: open_timers(database) == 0)
    assert sorted(effects.tried[:2]) == ["first", "second"]
    assert effects.tried[2:] == ["later"]
    async with at_work(Clockwork(database, effects, clock)):
        put(database, timer("first"), timer("last"))
        await until(lambda: "last" in effects.tried)
    assert Counter(effects.tried) == {"first": 1, "second": 1, "later": 1, "last": 1}


@pytest.mark.asyncio
async def test_a_timer_that_is_set_twice_is_one_and_the_last_word_counts(database: Database, clock: Clock) -> None:
    put(database, timer("k", NOON - timedelta(hours=1), "old"), timer("k", NOON - timedelta(hours=2), "new"))
    seen: list[Timer] = []
    async with at_work(Clockwork(database, lambda due, _unit: seen.append(due), clock)):
        await until(lambda: not open_timers(database))
    assert seen == [timer("k", NOON - timedelta(hours=2), "new")]
    assert seen[0].due.tzinfo is UTC


def test_who_sets_a_timer_learns_whether_it_is_still_to_come(database: Database) -> None:
    def is_open(set_: Timer) -> bool:
        return database.write_now(lambda unit: unit.timers.set(set_))

    assert is_open(timer("k"))
    assert is_open(timer("k", NOON - timedelta(hours=1)))
    assert database.write_now(lambda unit: unit.timers.take_due()) == timer("k", NOON - timedelta(hours=1))
    assert not is_open(timer("k"))


def test_more_timers_can_rest_than_a_statement_takes_values(database: Database) -> None:
    put(database, timer("k0", NOON - timedelta(hours=1)), timer("k"))
    resting = [f"k{number}" for number in range(300_000)]
    assert database.read_now(lambda unit: unit.timers.next_due(resting)) == NOON
    assert database.write_now(lambda unit: unit.timers.take_due(resting)) == timer("k")
    assert database.write_now(lambda unit: unit.timers.take_due(resting)) is None


@pytest.mark.asyncio
async def test_a_cancelled_timer_does_not_happen(database: Database, clock: Clock) -> None:
    effects = Effects()
    put(database, timer("gone"), timer("k"))
    database.write_now(lambda unit: unit.timers.cancel("gone"))
    database.write_now(lambda unit: unit.timers.cancel("unknown"))
    async with at_work(Clockwork(database, effects, clock)):
        await until(lambda: not open_timers(database))
    database.write_now(lambda unit: unit.timers.cancel("k"))  # which is done, and stays so
    put(database, timer("k"))
    assert open_timers(database) == 0
    assert effects.tried == ["k"]


@pytest.mark.asyncio
async def test_a_timer_that_fails_leaves_nothing_is_kept_with_its_fault_and_blocks_no_other(
    database: Database, clock: Clock
) -> None:
    effects = Effects("broken")
    put(database, timer("broken", NOON - timedelta(hours=1)), timer("k"))
    async with at_work(Clockwork(database, effects, clock)):
        await until(lambda: "k" in kept(database))
        await until(lambda: effects.tried.count("broken") >= 2)
        await until(lambda: faults(database) and faults(database)[0][1] >= 2)
        figures = database.read_now(lambda unit: of_timers(unit.connection, clock()))
        assert (figures.overdue, figures.oldest, figures.failing) == (1, 3600.0, 1)
        assert faults(database)[0][0] == "ValueError: broken does not work"
        effects.failing.clear()
        await until(lambda: not open_timers(database))
    assert sorted(kept(database)) == ["broken", "k"]
    figures = database.read_now(lambda unit: of_timers(unit.connection, clock()))
    assert (figures.overdue, figures.oldest, figures.failing) == (0, 0.0, 0)


def faults(database: Database) -> list[tuple[str, int]]:
    wanted = select(timers.c.fault, timers.c.attempts).where(timers.c.fault != "")
    return [(row.fault, row.attempts) for row in database.read_now(lambda unit: unit.connection.execute(wanted).all())]


@pytest.mark.asyncio
async def test_an_effect_can_set_the_next_timer_which_is_then_done_as_well(database: Database, clock: Clock) -> None:
    days: list[str] = []

    def daily(due: Timer, unit: Transaction) -> None:
        days.append(due.key)
        next_due = following(due.due, unit.now, lambda day: day + timedelta(days=1))
        unit.timers.set(Timer(f"digest:{next_due:%Y-%m-%d}", next_due, "digest"))

    put(database, Timer("digest:2026-11-19", NOON - timedelta(days=3), "digest"))
    async with at_work(Clockwork(database, daily, clock)):
        await until(lambda: len(days) == 1)
        clock.advance(days=1)
        await until(lambda: len(days) == 2)
    assert days == ["digest:2026-11-19", "digest:2026-11-23"]  # what was missed in between counts as one


@pytest.mark.asyncio
async def test_a_timer_that_is_set_nearer_than_the_others_is_not_slept_over(database: Database, clock: Clock) -> None:
    effects = Effects()
    clockwork = Clockwork(database, effects, clock)
    now = clock()
    put(database, timer("far", now + timedelta(hours=1)))
    async with at_work(clockwork):
        put(database, timer("near", now + timedelta(milliseconds=50)))
        clockwork.wake()
        clock.advance(milliseconds=50)
        await until(lambda: effects.tried == ["near"])


@pytest.mark.asyncio
async def test_a_clock_that_jumps_back_makes_nothing_early_and_nothing_twice(database: Database, clock: Clock) -> None:
    effects = Effects()
    put(database, timer("done"), timer("expiry", NOON + timedelta(hours=2)))
    async with at_work(Clockwork(database, effects, clock)):
        await until(lambda: open_timers(database) == 1)
        clock.advance(hours=-3)
        put(database, timer("done"), timer("mark", clock()))
        await until(lambda: "mark" in kept(database))
        assert effects.tried == ["done", "mark"]
        clock.advance(hours=4, minutes=59)  # a minute before it
        put(database, timer("mark 2", clock()))
        await until(lambda: "mark 2" in kept(database))
        assert "expiry" not in effects.tried
        clock.advance(minutes=1)
        await until(lambda: "expiry" in kept(database))
    assert Counter(effects.tried) == {"done": 1, "mark": 1, "mark 2": 1, "expiry": 1}


@pytest.mark.asyncio
async def test_a_clock_that_jumps_ahead_makes_everything_due_happen_once(database: Database, clock: Clock) -> None:
    effects = Effects()
    put(database, *(timer(f"k{days}", NOON + timedelta(days=days)) for days in range(1, 6)))
    async with at_work(Clockwork(database, effects, clock)):
        clock.advance(days=3)
        await until(lambda: open_timers(database) == 2)
        clock.advance(days=-3)
        put(database, timer("mark"))
        await until(lambda: "mark" in kept(database))
    assert sorted(effects.tried) == ["k1", "k2", "k3", "mark"]


@pytest.mark.asyncio
async def test_ten_thousand_overdue_timers_are_done_by_two_processes_each_once(
    two_on_postgres: tuple[Database, Database], clock: Clock
) -> None:
    await ten_thousand(list(two_on_postgres), clock)


@pytest.mark.asyncio
async def test_ten_thousand_overdue_timers_are_each_done_once(
    tmp_path: Path, sqlite_template: Path, clock: Clock
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "archway.db")
    database = Database(f"sqlite:///{tmp_path}/archway.db", clock)
    await ten_thousand([database], clock)
    database.close_now()


async def ten_thousand(all_: list[Database], clock: Clock) -> None:
    rows: list[dict[str, Any]] = [
        {"key": f"k{number}", "due": NOON.replace(tzinfo=None), "topic": "t", "facts": {}, "attempts": 0, "fault": ""}
        for number in range(10_000)
    ]
    all_[0].write_now(lambda unit: unit.connection.execute(insert(timers), rows))
    done: list[str] = []
    async with at_work(*(Clockwork(each, lambda due, _unit: done.append(due.key), clock) for each in all_)):
        await until(lambda: len(done) >= 10_000 and not open_timers(all_[0]))
    assert sorted(done) == sorted(row["key"] for row in rows)


def test_what_recurs_at_an_hour_of_the_day_keeps_it_when_the_clocks_change() -> None:
    def next_morning(due: datetime) -> datetime:
        local = due.astimezone(LONDON)
        return datetime(local.year, local.month, local.day, 8, tzinfo=LONDON).astimezone(UTC) + (
            timedelta() if local.hour < 8 else wall_day(local)
        )

    def wall_day(local: datetime) -> timedelta:
        today = datetime(local.year, local.month, local.day, 8, tzinfo=LONDON)
        tomorrow = today + timedelta(days=1)  # by the clock on the wall
        return tomorrow.astimezone(UTC) - today.astimezone(UTC)

    friday = datetime(2026, 10, 23, 8, tzinfo=LONDON).astimezone(UTC)
    days = [friday]
    for _ in range(4):
        days.append(following(days[-1], days[-1], next_morning))
    assert [day.astimezone(LONDON).hour for day in days] == [8] * 5
    assert [day.hour for day in days] == [7, 7, 8, 8, 8]
    assert following(friday, days[3], next_morning) == days[4]

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.store.database import Database
from tests import databases
from tests.announcer.outside import Outside
from tests.announcer.stage import ARCH, announce, announcer, at_work, until, until_settled, waiting
from tests.databases import Clock

pytestmark = pytest.mark.asyncio

LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"


@pytest.fixture
def replicas(postgres_server: str, postgres_template: str, clock: Clock) -> Iterator[tuple[Database, Database]]:
    """Two processes' worth of database on one PostgreSQL."""
    with databases.postgres_database(postgres_server, postgres_template) as url:
        both = (Database(url, clock), Database(url, clock))
        yield both
        for each in both:
            each.close_now()


def listening(database: Database) -> int:
    return database.read_now(lambda unit: int(unit.connection.execute(text(LISTENING)).scalar_one()))


async def test_what_one_process_announces_another_hears_at_once(replicas: tuple[Database, Database]) -> None:
    outside = Outside()
    async with at_work(announcer(replicas[0], outside, poll=3600.0)):
        await until(lambda: listening(replicas[1]))
        announce(replicas[1], "k", ARCH)
        await until_settled(replicas[1])
    assert outside.texts(ARCH) == ["a"]
    await until(lambda: not listening(replicas[1]))


async def test_several_processes_share_the_lanes_and_nothing_is_posted_twice_or_out_of_order(
    replicas: tuple[Database, Database],
) -> None:
    outside = Outside()
    rooms = [f"slack:C{number}" for number in range(10)]
    for number in range(20):
        announce(replicas[0], f"k{number}", *rooms)
    async with at_work(*(announcer(each, outside, lanes=3, turn=2) for each in replicas)):
        await until_settled(replicas[0])
    for room in rooms:
        assert outside.references(room) == [f"k{number}" for number in range(20)]
    assert outside.looked_for == []


async def test_the_lanes_of_a_process_that_died_are_taken_over_when_its_leases_have_run_out(
    replicas: tuple[Database, Database],
) -> None:
    dead, alive = Outside(held=asyncio.Event()), Outside()
    rooms = [f"slack:C{number}" for number in range(5)]
    announce(replicas[0], "k", *rooms)
    async with at_work(announcer(replicas[0], dead, request=0.5, lease=1.0)):
        await until(lambda: dead.under_way == 5)
    async with at_work(announcer(replicas[1], alive)):
        assert waiting(replicas[1]) == 5
        await until_settled(replicas[1])
    assert sorted(alive.looked_for) == [(room, "k") for room in rooms]
    assert all(alive.references(room) == ["k"] for room in rooms)

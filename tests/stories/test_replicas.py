"""Three replicas on one PostgreSQL, behind any balancer: one dies for good or is told to stop, and nobody notices."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.chaos.hurry import LEASE_SECONDS
from tests.chaos.invariants import Verdict
from tests.chaos.plan import Plan
from tests.chaos.stage import Stage, stage
from tests.chaos.waiting import until
from tests.databases import postgres_database

PLAN = Plan(seed=21, messages=500, kills=0, rooms=12, replicas=3, people=60)


@pytest.fixture
def database(postgres_server: str, postgres_template: str) -> Iterator[str]:
    with postgres_database(postgres_server, postgres_template) as url:
        yield url


@pytest_asyncio.fixture
async def three(database: str) -> AsyncIterator[Stage]:
    """Three replicas, not yet spoken to; the platforms take everything, each post in its time."""
    async with stage(PLAN, database, hurry=20) as put_up:
        await put_up.introduce()
        yield put_up
    shutil.rmtree(put_up.folder)


def lanes(stage: Stage) -> dict[str, tuple[str, int]]:
    """Rooms whose lanes are held at this moment: who holds them, and for the how manieth time they are."""
    engine = create_engine(stage.ledger.url, poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT room, owner, fence FROM lane WHERE owner <> ''")).all()
    return {row.room: (row.owner, row.fence) for row in rows}


def held_by(stage: Stage, pid: str) -> dict[str, int]:
    """The lanes that a replica holds, by its process id between colons, with their fences."""
    return {room: fence for room, (owner, fence) in lanes(stage).items() if pid in owner}


async def holds_lanes(stage: Stage) -> int:
    """A replica that holds lanes while others do not hold all."""
    async with asyncio.timeout(20):
        while True:
            for slot in range(PLAN.replicas):
                if await asyncio.to_thread(held_by, stage, f":{stage.processes.id_of(slot)}:"):
                    return slot
            await asyncio.sleep(0.01)


async def to_the_end(stage: Stage, traffic: asyncio.Task[None], deaths: int) -> Verdict:
    async with asyncio.timeout(60):
        await traffic
        await stage.quiet()
    await stage.processes.stop()
    return await stage.verdict(await stage.told(), deaths)


@pytest.mark.asyncio
async def test_the_lanes_of_a_dead_replica_are_taken_over_and_nothing_is_lost(three: Stage) -> None:
    traffic = asyncio.create_task(three.load.run())
    slot = await holds_lanes(three)
    pid = f":{three.processes.id_of(slot)}:"
    at = time.monotonic()
    assert await three.processes.end(slot, signal.SIGKILL) == -signal.SIGKILL
    three.load.addresses = [each for n, each in enumerate(three.processes.addresses) if n != slot]
    left = held_by(three, pid)

    def taken_over() -> bool:
        now = lanes(three)
        return all(now.get(room, ("", 0))[1] != fence for room, fence in left.items())

    async with asyncio.timeout(20):
        await until(taken_over)
    print(
        f"{len(left)} lanes were taken over {time.monotonic() - at:.1f} s after the kill; the lease is {LEASE_SECONDS} s"
    )
    verdict = await to_the_end(three, traffic, deaths=1)
    assert verdict.holds, list(verdict.sentences())
    assert verdict.figures["messages"] >= 450


@pytest.mark.asyncio
async def test_a_replica_that_is_told_to_stop_finishes_in_time_and_nothing_is_lost_or_doubled(three: Stage) -> None:
    traffic = asyncio.create_task(three.load.run())
    slot = await holds_lanes(three)
    pid = f":{three.processes.id_of(slot)}:"
    at = time.monotonic()
    assert await three.processes.end(slot, signal.SIGTERM) == 0  # within ten seconds, or it raises
    print(f"it had stopped {time.monotonic() - at:.1f} s after SIGTERM")
    assert not held_by(three, pid)
    three.load.addresses = [each for n, each in enumerate(three.processes.addresses) if n != slot]
    verdict = await to_the_end(three, traffic, deaths=0)
    assert verdict.holds, list(verdict.sentences())
    assert not any(count for name, count in verdict.figures.items() if name.startswith("doubled"))

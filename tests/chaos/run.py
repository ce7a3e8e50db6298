"""One run: kills, crashes and people side by side, until everything is quiet; then the verdict."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import create_engine, text

from bot.store import schema
from bot.store.engines import opened
from tests.chaos.cluster import WAYS, CrashingServer
from tests.chaos.decided import Evidence
from tests.chaos.invariants import Verdict
from tests.chaos.plan import Plan
from tests.chaos.stage import Stage, stage
from tests.chaos.waiting import until
from tests.databases import binaries

MOST_BEHIND = 800  # posts that may wait before the people hold back
SAYS_EVERY = 5.0  # seconds


@dataclass
class Outcome:
    """What is told of a run."""

    verdict: Verdict
    kills: Counter[str]
    crashes: Counter[str]
    injected: Counter[str]
    requests: int
    statuses: Counter[str]
    ended: Counter[str]
    seconds: float
    folder: Path
    notes: list[str]
    decided: Evidence | None  # what was judged of decisions, where there were some


async def run(
    plan: Plan, database: str, say: Callable[[str], None] = lambda _: None, *, sabotage: str = "", hurry: float = 100.0
) -> Outcome:
    """Runs a plan on "sqlite" or "postgresql". The evidence stays in the outcome's folder: it is the caller's to delete."""
    began = time.monotonic()
    async with _server(database == "postgresql") as (server, url):
        direction = _Direction(plan)
        async with stage(plan, url, may_die=direction.may_die, sabotage=sabotage, hurry=hurry) as set_:
            await direction.play(set_, server, say)
            told = await set_.told()
            verdict = await set_.verdict(told, set_.processes.killed + sum(direction.crashes.values()))
    injected = Counter(told["injected"]["slack"]) + Counter(told["injected"]["teams"])
    return Outcome(
        verdict, set_.processes.kills, direction.crashes, injected, told["requests"], set_.load.statuses + set_.deciding.statuses,
        set_.processes.ended, time.monotonic() - began, set_.folder, set_.notes, set_.decided,
    )  # fmt: skip


class _Direction:
    """Lets load, kills and crashes go forward side by side, so that none of them is over before the others."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._stage: Stage | None = None
        self.crashes: Counter[str] = Counter()
        self._posted = 0

    async def play(self, on: Stage, server: CrashingServer | None, say: Callable[[str], None]) -> None:
        """From the first delivery until the bot was told to stop."""
        await on.introduce()
        await on.switch(faults=True)
        on.load.may_go = on.deciding.may_go = self.may_go
        self._stage = on
        telling = asyncio.create_task(self._tell(on, say))
        crashing = asyncio.create_task(self._crash(server))
        try:
            await asyncio.gather(on.load.run(), on.deciding.run())
            await crashing
            await until(lambda: on.processes.killed >= self._plan.kills)
            on.processes.fates_over = True
            await on.quiet()
        finally:
            for task in (telling, crashing):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(telling, crashing)
        await on.processes.stop()

    def may_die(self, killed: int) -> bool:
        """Whether a process may die now, as so many have."""
        if self._stage is None:
            return False
        if killed >= self._plan.kills:
            self._stage.processes.fates_over = True
            return False
        return killed < self._plan.kills * self._progress(self._stage) + 2

    def may_go(self, part: float) -> bool:
        """Whether the people may go on to this part of their deliveries."""
        assert self._stage
        killed = self._stage.processes.killed / self._plan.kills if self._plan.kills else 1.0
        crashed = sum(self.crashes.values()) / self._plan.crashes if self._plan.crashes else 1.0
        ahead = max(0.05, 2 / len(self._plan.wishes))
        return part <= min(killed, crashed) + ahead and part * self._plan.messages - self._posted < MOST_BEHIND

    def _progress(self, on: Stage) -> float:
        cases = len(on.deciding.decisions.cases)
        decided = on.deciding.finished / cases if cases else 1.0
        return min(decided, on.load.issued / len(self._plan.wishes))

    async def _crash(self, server: CrashingServer | None) -> None:
        """Crashes the database when its time has come, in one way after the other."""
        for number in range(self._plan.crashes if server else 0):
            await until(partial(self._has_come_to, number / self._plan.crashes))
            way = WAYS[number % len(WAYS)]
            assert server
            await asyncio.to_thread(server.crash_and_start, way)
            self.crashes[way] += 1
            await asyncio.sleep(0.5)  # a moment in which it is there

    def _has_come_to(self, part: float) -> bool:
        return self._stage is not None and self._progress(self._stage) >= part

    async def _tell(self, on: Stage, say: Callable[[str], None]) -> None:
        """Says how far it is, and knows how much was posted."""
        began, said = time.monotonic(), 0.0
        while True:
            self._posted = await on.posted()
            if time.monotonic() - said > SAYS_EVERY:
                said = time.monotonic()
                say(
                    f"{said - began:5.0f} s  {on.load.issued}/{len(self._plan.wishes)} deliveries, {self._posted} posts and updates, "
                    f"{on.processes.killed}/{self._plan.kills} kills, {sum(self.crashes.values())}/{self._plan.crashes} crash-stops"
                )
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _server(is_wanted: bool) -> AsyncIterator[tuple[CrashingServer | None, str]]:  # one of two ways
    """A PostgreSQL of one's own and the address of a database at the newest version; None and "" for SQLite."""
    if not is_wanted:
        yield None, ""
        return
    found = binaries()
    if found is None:
        raise RuntimeError("There are no binaries of PostgreSQL here: apt-get install postgresql")
    server = await asyncio.to_thread(CrashingServer, found)
    try:
        await asyncio.to_thread(server.start)
        yield server, await asyncio.to_thread(_migrated, server.url)
    finally:
        await asyncio.to_thread(server.stop)


def _migrated(server: str) -> str:
    administer = create_engine(server, isolation_level="AUTOCOMMIT")
    with administer.connect() as connection:
        connection.execute(text("CREATE DATABASE archway"))
    administer.dispose()
    url = server.removesuffix("postgres") + "archway"
    engine = opened(url)
    schema.upgrade(engine)
    engine.dispose()
    return url


def throw_away(outcome: Outcome) -> None:
    """Deletes the evidence of a run."""
    shutil.rmtree(outcome.folder, ignore_errors=True)

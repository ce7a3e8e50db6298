"""The bot's processes of a run: kept alive, killed as fated, told to stop in the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.plan import AT_RANDOM, Fate, Plan
from tests.chaos.waiting import until

NO_FATE = Fate("", 0, 0.0)
BREATH = 0.05  # seconds before a process that ended by itself is started again
DRAIN_SECONDS = 10.0  # QUALITY.md: SIGTERM drains in ten seconds


@dataclass
class Processes:
    """As many as the plan has replicas, each on a port of its own. `may_die` says whether the next may die now."""

    plan: Plan
    environ: dict[str, str]
    folder: Path
    may_die: Callable[[int], bool]
    sabotage: str = ""
    hurry: float = 100.0
    kills: Counter[str] = field(default_factory=Counter)  # by point
    ended: Counter[str] = field(default_factory=Counter)  # by themselves, by exit status
    stubborn: list[str] = field(default_factory=list)  # what went wrong when they were told to stop
    fates_over: bool = False
    _ports: list[int] = field(default_factory=list)
    _started: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    _gone: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    _alive: dict[int, int] = field(default_factory=dict)  # slot → process id
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _listening: asyncio.Task[None] | None = None
    _parent: asyncio.subprocess.Process | None = None

    @property
    def addresses(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self._ports]

    @property
    def killed(self) -> int:
        return sum(self.kills.values())

    async def start(self) -> None:
        """Starts all of them, and keeps them alive from now on."""
        self._ports = [free_port() for _ in range(self.plan.replicas)]
        self._parent = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.bot_process",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # a process that is forked may have no threads
        )  # fmt: skip
        assert self._parent.stdout
        if not await self._parent.stdout.readline():
            raise RuntimeError("the bot's processes cannot be started")
        self._listening = asyncio.create_task(self._listen())
        self._tasks = [asyncio.create_task(self._live(slot)) for slot in range(self.plan.replicas)]

    async def stop(self) -> None:
        """Tells all to stop, and sees that they do so in time and in good order."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for slot, pid in dict(self._alive).items():
            os.kill(pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(DRAIN_SECONDS):
                    status = await self._gone[slot]
            except TimeoutError:
                self.stubborn.append(f"process {slot} had not stopped {DRAIN_SECONDS:.0f} s after SIGTERM")
                os.kill(pid, signal.SIGKILL)
            else:
                if status:
                    self.stubborn.append(f"process {slot} ended with status {status} after SIGTERM")
        await self.close()

    async def end(self, slot: int, number: signal.Signals) -> int:
        """Ends one for good, by SIGKILL or SIGTERM; gives its exit status. Raises `TimeoutError`."""
        self._tasks[slot].cancel()
        pid = self._alive[slot]
        os.kill(pid, number)
        async with asyncio.timeout(DRAIN_SECONDS):
            return await asyncio.shield(self._gone[slot])

    def id_of(self, slot: int) -> int:
        """The process id of the one that is alive in a slot."""
        return self._alive[slot]

    async def close(self) -> None:
        """Ends whatever is left."""
        for task in self._tasks:
            task.cancel()
        if self._parent is None or self._parent.returncode is not None:
            return
        assert self._parent.stdin
        self._parent.stdin.close()
        await self._parent.wait()
        if self._listening:
            self._listening.cancel()

    async def _live(self, slot: int) -> None:
        """One life after the other."""
        life = 0
        while True:
            fated = not self.fates_over
            fate = self.plan.fate(slot, life) if fated else NO_FATE
            # Alone it cannot wait for the others to get as far as that: nothing would get anywhere.
            early = fate.point == "starting" and (self.plan.replicas > 1 or self.may_die(self.killed))
            if early:
                await until(lambda: self.may_die(self.killed) or self.fates_over)
            pid = await self._start(slot, fate, armed=early)
            status = await self._end_of(slot, pid, fate) if fated else await asyncio.shield(self._gone[slot])
            if status == -signal.SIGKILL:
                life += 1
            else:
                self.ended[str(status)] += 1
                await asyncio.sleep(BREATH)

    async def _end_of(self, slot: int, pid: int, fate: Fate) -> int:
        """Waits for a process to die as fated; gives its exit status."""
        gone = self._gone[slot]
        while not self.may_die(self.killed) and not gone.done():
            await asyncio.wait([gone], timeout=0.02)
            if self.fates_over:
                return await asyncio.shield(gone)
        if not gone.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGUSR1)
        await asyncio.wait([gone], timeout=fate.seconds)
        point = fate.point
        if not gone.done():
            if self.fates_over:
                return await asyncio.shield(gone)
            point = AT_RANDOM
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        status = await asyncio.shield(gone)
        if status == -signal.SIGKILL:
            self.kills[point] += 1
        return status

    async def _start(self, slot: int, fate: Fate, *, armed: bool) -> int:
        loop = asyncio.get_running_loop()
        self._started[slot], self._gone[slot] = loop.create_future(), loop.create_future()
        order: dict[str, Any] = {
            "slot": slot, "port": self._ports[slot], "environ": self.environ, "log": str(self.folder / f"bot-{slot}.log"),
            "plan": asdict(self.plan), "fate": asdict(fate), "armed": armed, "hurry": self.hurry, "sabotage": self.sabotage,
        }  # fmt: skip
        assert self._parent
        assert self._parent.stdin
        self._parent.stdin.write(json.dumps(order).encode() + b"\n")
        pid = await asyncio.shield(self._started[slot])
        self._alive[slot] = pid
        return pid

    async def _listen(self) -> None:
        assert self._parent
        assert self._parent.stdout
        while line := await self._parent.stdout.readline():
            told = json.loads(line)
            if "started" in told:
                self._started[told["started"]].set_result(told["pid"])
            else:
                self._alive.pop(told["ended"], None)
                self._gone[told["ended"]].set_result(told["status"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""Work that goes on after a delivery was acknowledged: held on to, so that no fault is lost and nothing is cut at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

T = TypeVar("T")

log = structlog.stdlib.get_logger(__name__)


class Background:
    """Tasks that somebody holds on to."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], *, awaited: bool = False) -> asyncio.Task[Any]:
        """Begins a piece of work. What it raises is logged, unless it is `awaited` by somebody who sees it."""
        return self.hold(asyncio.get_running_loop().create_task(work), awaited=awaited)

    def hold(self, task: asyncio.Task[T], *, awaited: bool = False) -> asyncio.Task[T]:
        """Holds on to a task that has begun."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard if awaited else self._ended)
        return task

    async def drain(self) -> None:
        """Waits until all that was begun has ended, work begun by that work included. The caller sets the time limit:
        what is left when it is over is dropped, and counted in the log."""
        try:
            while self._tasks:
                await asyncio.wait(self._tasks)
        except asyncio.CancelledError:
            log.warning("work that was acknowledged is dropped at the end", count=len(self._tasks))
            for task in self._tasks:
                task.cancel()
            raise

    def __len__(self) -> int:
        return len(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()):
            log.error("work after a delivery failed", exc_info=fault)

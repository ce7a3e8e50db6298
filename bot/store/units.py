"""Units of work that wait to be written: a bounded queue, and how each caller learns what became of its own."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition
from typing import TYPE_CHECKING, Any

from bot.delivery import Overloaded

if TYPE_CHECKING:
    from bot.store.transaction import Transaction

MOST_WAITING = 10_000
LONGEST_WAIT = 10.0  # seconds that the oldest may have waited before further ones are turned away


class Unit:
    """One unit of work and its outcome, which its caller waits for in an event loop or in a thread."""

    __slots__ = ("fault", "future", "loop", "result", "since", "work")

    def __init__(self, work: Callable[[Transaction], Any], future: asyncio.Future[Any] | Future[Any]) -> None:
        self.work = work
        self.future = future
        self.loop = future.get_loop() if isinstance(future, asyncio.Future) else None
        self.since = time.monotonic()
        self.result: Any = None
        self.fault: BaseException | None = None

    def settle(self) -> None:
        """Hands the outcome to the caller, in the thread that the caller waits in. One that gave up is passed over."""
        if self.future.done():
            return
        if self.fault is None:
            self.future.set_result(self.result)
        elif isinstance(self.fault, StopIteration):  # which no future takes
            self.future.set_exception(RuntimeError("a unit of work raised StopIteration"))
        else:
            self.future.set_exception(self.fault)


class Waiting:
    """The queue between callers and writer threads."""

    def __init__(self) -> None:
        self._units: deque[Unit] = deque()
        self._changed = Condition()
        self._closed = False

    def put(self, unit: Unit) -> None:
        """Adds a unit. Raises `Overloaded` when too many wait, or the first of them for too long."""
        with self._changed:
            if self._closed:
                raise RuntimeError("the database is closed")
            if len(self._units) >= MOST_WAITING or (self._units and unit.since - self._units[0].since > LONGEST_WAIT):
                raise Overloaded
            self._units.append(unit)
            self._changed.notify()

    def take(self, most: int) -> list[Unit]:
        """Up to `most` units, as soon as there is one; none at all when the queue is closed and empty.

        What was given up before it was begun is left out.
        """
        while True:
            with self._changed:
                while not self._units:
                    if self._closed:
                        return []
                    self._changed.wait()
                taken = [self._units.popleft() for _ in range(min(most, len(self._units)))]
            if wanted := [unit for unit in taken if not unit.future.cancelled()]:
                return wanted

    def close(self) -> None:
        """Takes nothing further; what waits is still served."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def give_up(self) -> int:
        """Turns away what still waits; gives the number."""
        with self._changed:
            units, self._units = list(self._units), deque()
        for unit in units:
            unit.fault = Overloaded()
        tell(units)
        return len(units)


def tell(units: Sequence[Unit]) -> None:
    """Hands outcomes to their callers: one wake-up for each event loop, however many wait there."""
    loops: dict[asyncio.AbstractEventLoop, list[Unit]] = {}
    for unit in units:
        if unit.loop is None:
            unit.settle()
        else:
            loops.setdefault(unit.loop, []).append(unit)
    for loop, theirs in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, theirs)
        except RuntimeError:  # the loop was closed: nobody waits any more
            continue


def _settle(units: Sequence[Unit]) -> None:
    for unit in units:
        unit.settle()

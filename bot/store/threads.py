"""Threads for what blocks. They are daemons: the process can end while they wait for a database that does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Threads:
    """A few threads that share what there is to do, started when they are needed."""

    def __init__(self, number: int, name: str) -> None:
        self._number, self._name = number, name
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._lock = Lock()
        self._closed = False
        self.started: list[Thread] = []

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives or raises. Raises `RuntimeError` when it is closed."""
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._waiting.put((future, work))
            if len(self.started) < self._number:
                self.started.append(Thread(target=self._serve, name=f"{self._name}-{len(self.started)}", daemon=True))
                self.started[-1].start()
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Takes nothing further; what waits is still done. Does not wait for it."""
        with self._lock:
            self._closed = True
            for _ in self.started:
                self._waiting.put(None)

    def _serve(self) -> None:
        while (taken := self._waiting.get()) is not None:
            future, work = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as fault:  # noqa: BLE001  # it is the caller's, whatever it is
                future.set_exception(fault)
            del future, work, taken  # nothing is held while there is nothing to do

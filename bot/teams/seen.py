"""Which activities have come already: Bot Framework may send one twice, and clients press again what was slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.teams.activities import Json

REMEMBERED_SECONDS = 600.0
_MOST = 10_000
_MOST_ANSWERS = 1_000  # a card has up to 24 KB


@dataclass(slots=True)
class SeenActivities:
    """The activities of the last minutes, bounded. `now` is in seconds since the epoch."""

    now: Callable[[], float]
    _seen: dict[tuple[str, str], float] = field(default_factory=dict)  # oldest first

    def is_new(self, conversation: str, activity: str) -> bool:
        """Whether this activity comes for the first time; it is remembered. One without an id always is new."""
        if not activity:
            return True
        now, key = self.now(), (conversation, activity)
        seen_at = self._seen.pop(key, None)
        self._seen[key] = now
        while len(self._seen) > _MOST:
            del self._seen[next(iter(self._seen))]
        return seen_at is None or not 0 <= now - seen_at < REMEMBERED_SECONDS

    def forget(self, conversation: str, activity: str) -> None:
        """As if this activity had never come."""
        self._seen.pop((conversation, activity), None)

    def __len__(self) -> int:
        return len(self._seen)


@dataclass(slots=True)
class AnswersGiven:
    """The answers to the invokes of the last minutes that may change something. `now` is in seconds since the epoch,
    `begin` starts work that outlives whoever waits for it.
    """

    now: Callable[[], float]
    begin: Callable[[Coroutine[Any, Any, Json]], asyncio.Task[Json]]
    _given: dict[str, tuple[float, asyncio.Task[Json]]] = field(default_factory=dict)  # oldest first

    async def once(self, key: str, work: Callable[[], Coroutine[Any, Any, Json]]) -> Json:
        """The answer under `key`: that of `work` the first time, the same one from then on, also while it is made.

        Raises what `work` raises, which is then forgotten.
        """
        now = self.now()
        while self._given and not 0 <= now - next(iter(self._given.values()))[0] < REMEMBERED_SECONDS:
            del self._given[next(iter(self._given))]
        while len(self._given) >= _MOST_ANSWERS:
            del self._given[next(iter(self._given))]
        if key not in self._given:
            task = self.begin(work())
            task.add_done_callback(lambda done: self._failed(key, done))
            self._given[key] = now, task
        return await asyncio.shield(self._given[key][1])

    def _failed(self, key: str, done: asyncio.Task[Json]) -> None:
        if (done.cancelled() or done.exception()) and self._given.get(key, (0.0, None))[1] is done:
            del self._given[key]

    def __len__(self) -> int:
        return len(self._given)

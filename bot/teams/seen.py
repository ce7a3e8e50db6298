"""Which activities have come already: Bot Framework may send one twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

REMEMBERED_SECONDS = 600.0
_MOST = 10_000


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

    def __len__(self) -> int:
        return len(self._seen)

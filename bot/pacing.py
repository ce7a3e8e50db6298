"""How fast a platform may be posted to: its limits, and when the next message may go. Pure: the time is handed in.

What is counted here is what this process sends. Several processes share a platform; what they send too much, the
platform answers with a 429, which the announcer honours.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

SWEEP_EVERY = 1_000  # bookings between two looks for rooms in which nothing was posted for long


class Verb(StrEnum):
    """What is done in a room."""

    POST = "post"
    UPDATE = "update"


POST, UPDATE = frozenset({Verb.POST}), frozenset({Verb.UPDATE})


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits that some verbs share, each room for itself or the platform as a whole."""

    verbs: frozenset[Verb]
    limits: tuple[Limit, ...]
    each_room: bool = False


# https://docs.slack.dev/apis/web-api/rate-limits: "several hundred a minute" in a workspace, and tier 3 for chat.update.
# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit: one bot in one thread, and 30 a second in all.
BUDGETS: Mapping[str, tuple[Budget, ...]] = MappingProxyType(
    {
        "slack": (
            Budget(POST, (Limit(1, 1),), each_room=True),
            Budget(POST, (Limit(240, 60),)),
            Budget(UPDATE, (Limit(50, 60),)),
        ),
        "teams": (
            Budget(POST | UPDATE, (Limit(7, 1), Limit(8, 2), Limit(60, 30), Limit(1_800, 3_600)), each_room=True),
            Budget(POST | UPDATE, (Limit(30, 1),)),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Booking:
    """A message's place in time: it may go at `at` (seconds of the clock that was handed in)."""

    at: float
    log_keys: tuple[tuple[str, int], ...]


class Pace:
    """Keeps every budget. A `factor` of 100 is a hundred times as fast: for trials that need volume."""

    def __init__(self, budgets: Mapping[str, tuple[Budget, ...]] = BUDGETS, factor: float = 1.0) -> None:
        self._budgets = {
            platform: tuple(_scaled(budget, factor) for budget in theirs) for platform, theirs in budgets.items()
        }
        # When messages went or will go, ascending, by room or platform and number of the budget.
        self._logs: dict[tuple[str, int], list[float]] = {}
        self._longest = max(
            (limit.seconds for each in self._budgets.values() for b in each for limit in b.limits), default=0
        )
        self._until_sweep = SWEEP_EVERY

    def wait(self, room: str, verb: Verb, now: float) -> float:
        """Seconds until a message may go to a room; 0 when it may go at once."""
        return max((self._wait(key, budget, now) for key, budget in self._logs_of(room, verb)), default=0.0)

    def everywhere(self, platform: str, verb: Verb, now: float) -> float:
        """Seconds until a message may go to any room of a platform, as far as the platform as a whole is concerned."""
        logs = self._logs_of(f"{platform}:", verb)
        return max((self._wait(key, budget, now) for key, budget in logs if not budget.each_room), default=0.0)

    def rest(self, room: str, now: float) -> float:
        """Seconds until a message may go to a room, as far as the room itself is concerned."""
        logs = self._logs_of(room, Verb.POST)
        return max((self._wait(key, budget, now) for key, budget in logs if budget.each_room), default=0.0)

    def book(self, room: str, verb: Verb, now: float) -> Booking:
        """Takes the next free place for a message to a room."""
        at = now + self.wait(room, verb, now)
        keys = []
        for key, budget in self._logs_of(room, verb):
            log = self._logs.setdefault(key, [])
            insort(log, at)
            del log[: bisect_left(log, now - max(limit.seconds for limit in budget.limits))]
            keys.append(key)
        self._sweep(now)
        return Booking(at, tuple(keys))

    def give_back(self, booking: Booking) -> None:
        """Nothing went at that place after all."""
        for key in booking.log_keys:
            log = self._logs.get(key, [])
            place = bisect_left(log, booking.at)
            if place < len(log) and log[place] == booking.at:
                del log[place]

    def _logs_of(self, room: str, verb: Verb) -> list[tuple[tuple[str, int], Budget]]:
        platform = room.partition(":")[0]
        return [
            ((room if budget.each_room else platform, number), budget)
            for number, budget in enumerate(self._budgets.get(platform, ()))
            if verb in budget.verbs
        ]

    def _wait(self, key: tuple[str, int], budget: Budget, now: float) -> float:
        log = self._logs.get(key, ())
        full = (log[-limit.count] + limit.seconds for limit in budget.limits if len(log) >= limit.count)
        return max(0.0, max(full, default=now) - now)

    def _sweep(self, now: float) -> None:
        self._until_sweep -= 1
        if self._until_sweep:
            return
        self._until_sweep = SWEEP_EVERY
        self._logs = {key: log for key, log in self._logs.items() if log and log[-1] + self._longest > now}


def _scaled(budget: Budget, factor: float) -> Budget:
    limits = tuple(Limit(limit.count, limit.seconds / factor) for limit in budget.limits)
    return Budget(budget.verbs, limits, budget.each_room)

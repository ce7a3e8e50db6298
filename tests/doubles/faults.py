"""What goes wrong between a bot and a platform: dealt by a seed, so that a run can be had again."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

# Before anything is taken; while it is; after it was, so that the sender cannot know.
BEFORE = ("throttled", "unavailable", "cut", "garbage", "vanished")
AFTER = ("taken_then_unavailable", "taken_then_cut", "taken_then_garbage")
KINDS = (*BEFORE, "slow", *AFTER)
STATUSES = (412, 500, 502, 503, 504)

# Operations and seconds. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
PER_THREAD = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
PER_APP = ((50, 1.0),)


@dataclass
class Faults:
    """Deals faults at `rates` (each kind's share of all that comes). `retry_after` is what "throttled" asks for, in
    seconds; `slow` takes so many seconds. `dealt` counts.
    """

    seed: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)
    retry_after: str = "1"
    slow_seconds: float = 0.1
    dealt: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.change(self.rates)

    def change(self, rates: Mapping[str, float]) -> None:
        """Other rates from now on."""
        unknown = set(rates) - set(KINDS)
        if unknown:
            raise ValueError(f"no such faults: {', '.join(sorted(unknown))}")
        self.rates = dict(rates)

    def next(self) -> str:
        """The kind of the fault that happens now; "" for none."""
        if not self.rates:
            return ""
        at = self._random.random()
        for kind, rate in self.rates.items():
            at -= rate
            if at < 0:
                self.dealt[kind] += 1
                return kind
        return ""

    def status(self) -> int:
        """One of the statuses of a service that is unwell."""
        return self._random.choice(STATUSES)


@dataclass
class Throttle:
    """Counts operations by Teams' documented rates. With `scale` 100 all goes a hundred times as fast."""

    now: Callable[[], float]
    scale: float = 1.0
    refused: int = 0
    _threads: dict[str, deque[float]] = field(default_factory=dict)
    _app: deque[float] = field(default_factory=deque)

    def wait(self, thread: str) -> tuple[float, bool] | None:
        """None when an operation may happen; else the seconds to wait, and whether that is for the whole app."""
        now = self.now()
        of_thread = self._threads.setdefault(thread, deque())
        for rates, happened, everywhere in ((PER_APP, self._app, True), (PER_THREAD, of_thread, False)):
            seconds = max(self._seconds(rate, happened, now) for rate in rates)
            if seconds > 0:
                self.refused += 1
                return seconds, everywhere
        for happened in (self._app, of_thread):
            happened.append(now)
            while happened and happened[0] <= now - PER_THREAD[-1][1] / self.scale:
                happened.popleft()
        return None

    def _seconds(self, rate: tuple[int, float], happened: deque[float], now: float) -> float:
        most, within = rate[0], rate[1] / self.scale
        return happened[-most] + within - now if len(happened) >= most else 0.0

"""How long the announcer waits, and how often it tries."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST = 300.0  # seconds between two tries


def backoff(failed: int) -> float:
    """Seconds until the next try after one that `failed` others had failed before: from one to `LONGEST`, and never the
    same for many at once."""
    most = min(LONGEST, 2.0 ** min(failed, 20))
    return max(1.0, most * random.uniform(0.5, 1.0))  # noqa: S311  # it spreads tries and keeps no secret


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds, unless it says otherwise."""

    request: float = 12.0  # that one verb of a platform may take
    first: float = 4.0  # of them, where posts go one by one: that a first try may keep the others waiting
    lease: float = 30.0  # for which a lane is held without a sign of life
    poll: float = 1.0  # between two looks at the outbox when nothing wakes
    lanes: int = 64  # lanes at once, on each platform
    turn: int = 50  # messages in a lane before others have theirs,
    turn_one_by_one: int = 5  # and where posts go one by one
    backoff: Callable[[int], float] = field(default=backoff)
    # What fails again and again without anybody knowing why is set aside after so many tries over so long, if others
    # on its platform arrived all the while: the last of them not longer ago than `alive`.
    poison_tries: int = 20
    poison: float = 6 * 3600.0
    alive: float = 3600.0
    # A topic that is not known here may be of a newer version, which another process has: it is left to that one, and
    # set aside when nobody has taken it after so many tries (a day).
    unknown: float = 30.0
    unknown_tries: int = 2880

    def __post_init__(self) -> None:
        if self.lease < 2 * self.request:
            raise ValueError("a lease has to outlast two requests")

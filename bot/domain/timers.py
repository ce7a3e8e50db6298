"""Something that falls due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.announcements import Json


@dataclass(frozen=True, slots=True)
class Timer:
    """At `due` (aware, UTC) the effect that `topic` names in `handlers.DUE` happens once. The key says what it is for,
    like "waiver:42:warn:2026-11-29": set twice, it is one timer."""

    key: str
    due: datetime
    topic: str
    facts: Mapping[str, Json] = field(default_factory=dict)


def following(due: datetime, now: datetime, step: Callable[[datetime], datetime]) -> datetime:
    """When something that recurs is due next: `step` gives the occurrence after another one, in whatever calendar.

    Occurrences that were missed, while nothing ran or because the clock jumped ahead, count as one.
    """
    after = step(due)
    while after <= now:
        after = step(after)
    return after

"""Floods: a bucket for each person and each room, so that one who asks a thousand times leaves the others served."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.commands import Command, Search
from bot.domain.exception_commands import OpenExceptionForm, Suggest
from bot.domain.incident_reports import ReportIncident
from bot.domain.people import Account

MOST_BUCKETS = 50_000  # a bucket that is forgotten is a full one


@dataclass(frozen=True, slots=True)
class Pace:
    """So many at once, and so many again each minute."""

    burst: int
    a_minute: int


PERSON = Pace(20, 30)
ROOM = Pace(60, 120)
TYPING = Pace(120, 300)  # a search is sent with every few letters


class Floods:
    """Says who has to wait. `now` gives seconds that only grow."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._levels: OrderedDict[tuple[str, str, str], tuple[float, float]] = OrderedDict()

    def admits(self, command: Command) -> bool:
        """Whether a command may be done now; it then counts."""
        by = command.by
        if isinstance(command, ReportIncident):  # signed, and nobody is there to be told to wait
            return True
        is_redrawn = isinstance(command, OpenExceptionForm) and bool(command.values)  # as with every answer in a form
        if is_redrawn or isinstance(command, Search | Suggest):
            return self._take(_key("typing", by, by.id), TYPING)
        if not self._take(_key("person", by, by.id), PERSON):
            return False
        return not by.room or self._take(_key("room", by, by.room), ROOM)

    def __len__(self) -> int:
        return len(self._levels)

    def _take(self, key: tuple[str, str, str], pace: Pace) -> bool:
        now = self._now()
        level, since = self._levels.pop(key, (float(pace.burst), now))
        level = min(pace.burst, level + (now - since) * pace.a_minute / 60)
        self._levels[key] = (level - 1 if level >= 1 else level, now)
        if len(self._levels) > MOST_BUCKETS:
            self._levels.popitem(last=False)
        return level >= 1


def _key(what: str, by: Account, id_: str) -> tuple[str, str, str]:
    return what, f"{by.platform}:{by.organisation}", id_

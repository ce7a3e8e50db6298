"""What passes between the announcer and the store: lanes that are due or held, attempts, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.announcements import Announcement, Posted
from bot.errors import ArchwayError


class LaneLost(ArchwayError):
    """Somebody else has the lane now: its lease had run out."""


@dataclass(frozen=True, slots=True)
class Due:
    """A lane that nobody holds, in which there is something to do now: a first try of a post, another one of a post that may
    have come through, an update."""

    room: str
    first: bool = False
    again: bool = False
    updates: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A lane that is held; `fence` is of this one time."""

    room: str
    fence: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message to be carried out. `stands` is what it updates; None for a first post."""

    posting: int
    announcement: Announcement
    revision: int
    stands: Posted | None
    maybe_posted: bool  # an earlier try may have come through,
    trying: int  # with this revision
    attempts: int  # that failed before
    fault: str  # of the last one

    @property
    def is_first(self) -> bool:
        """Whether it is certain that nothing of it was ever posted."""
        return self.stands is None and not self.maybe_posted


@dataclass(frozen=True, slots=True)
class Arrived:
    """It stands."""

    posted: Posted


@dataclass(frozen=True, slots=True)
class Failed:
    """It is to be tried again after `seconds`. `known`: it was certainly not sent this time."""

    fault: str
    seconds: float
    known: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """It is set aside. `known`: it was certainly not sent this time."""

    fault: str
    known: bool


@dataclass(frozen=True, slots=True)
class Vanished:
    """What was to be updated is gone."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """It was not tried, or is not counted as a try: not yet."""


Outcome = Arrived | Failed | Refused | Vanished | Unsent

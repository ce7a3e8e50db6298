"""What will happen in a run, all of it from one seed: who says what where, which requests go wrong, who dies when."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

# Where a process kills itself: between two steps that must be survived wherever one is cut from the other.
POINTS = (
    "recorded",  # a delivery is recorded and not acknowledged
    "handling",  # in the middle of a handler's transaction
    "handled",  # the handler is done and its transaction not committed
    "committed",  # it is committed, and nobody was told
    "before_maybe_sent",  # it is written, and not committed
    "after_maybe_sent",  # and nothing sent yet
    "accepted",  # the platform has it, and the receipt is not stored
    "receiving",  # it is being stored, and not committed
    "ringing",  # in the middle of a timer's effect
    "rang",  # the effect is done and not committed
    "starting",
)
AT_RANDOM = "at random"
LONGEST_LIFE = 4.0  # seconds that a process waits for its point before it is killed wherever it is
PATIENT_LIFE = 12.0  # the same where it is to die at some points alone: a busy machine gets there later


class Fault(StrEnum):
    """What goes wrong with one request to a platform."""

    TOO_FAST = "429"
    REFUSED = "5xx, not taken"
    TAKEN = "5xx, taken"
    CUT = "cut, not taken"
    TAKEN_AND_CUT = "taken, then cut"
    TIMEOUT = "time-out, not taken"
    TAKEN_AND_TIMEOUT = "taken, then time-out"
    GARBAGE = "garbage, not taken"
    TAKEN_AND_GARBAGE = "taken, garbage"
    SLOW = "slow"

    @property
    def hides(self) -> bool:
        """Whether the bot cannot know whether its request was taken."""
        return self not in (Fault.TOO_FAST, Fault.SLOW)


PER_MILLE = {
    Fault.TOO_FAST: 15,
    Fault.REFUSED: 13,
    Fault.TAKEN: 10,
    Fault.CUT: 8,
    Fault.TAKEN_AND_CUT: 13,
    Fault.TIMEOUT: 1,
    Fault.TAKEN_AND_TIMEOUT: 2,
    Fault.GARBAGE: 4,
    Fault.TAKEN_AND_GARBAGE: 6,
    Fault.SLOW: 8,
}


@dataclass(frozen=True, slots=True)
class Wish:
    """One delivery: announce something new, or change or withdraw what an earlier one announced."""

    number: int
    kind: str  # "say", "change", "withdraw"
    about: int  # the number of the wish that is announced
    platform: str  # through which it comes
    person: int
    rooms: tuple[str, ...]  # of what it is about
    ring_after: float | None  # seconds until a timer changes it once more
    copies: int  # how often it is delivered, at least
    early: float  # seconds by which it is sent out of its order


@dataclass(frozen=True, slots=True)
class Fate:
    """How one life of a process ends: at the `count`-th passing of a point, or after `seconds` at random."""

    point: str
    count: int
    seconds: float


@dataclass(frozen=True)
class Plan:
    """The size of a run and its seed. `rooms` is their number on each platform, `people` that of those who wish.

    `only` names the points at which processes die; where none is named they die at all of them, and at random.
    """

    seed: int
    messages: int
    kills: int
    crashes: int = 0
    rooms: int = 16
    replicas: int = 1
    people: int = 400
    only: tuple[str, ...] = ()
    decisions: int = 0  # deliveries by which exceptions are asked for and decided

    @property
    def crowd(self) -> int:
        """How many hold each role, ask, or have no say: so many that nobody is held back for a flood."""
        return max(6, self.decisions // 10) if self.decisions else 0

    @property
    def everybody(self) -> int:
        """How many people there are on each platform."""
        return self.people + 5 * self.crowd

    @cached_property
    def all_rooms(self) -> tuple[str, ...]:
        """Slack channels and people, Teams channels, group chats and people."""
        slack = [f"slack:{'U' if n % 4 == 3 else 'C'}ROOM{n}" for n in range(self.rooms)]
        teams = [f"teams:{'29:room' if n % 4 == 3 else '19:room'}{n}{'' if n % 4 == 3 else '@thread.tacv2'}" for n in range(self.rooms)]  # fmt: skip
        return (*slack, *teams)

    @cached_property
    def wishes(self) -> tuple[Wish, ...]:
        """All deliveries, in the order in which people made them."""
        return tuple(self._wishes())

    def fate(self, slot: int, life: int) -> Fate:
        """How the `life`-th process in a slot ends."""
        rng = random.Random(f"{self.seed} fate {slot} {life}")
        if not self.only and rng.random() < 0.35:
            return Fate(AT_RANDOM, 0, rng.uniform(0.1, 2.0))
        point = rng.choice(self.only or POINTS)
        count = 1 if point == "starting" else rng.randint(1, 3 if self.only else 12)
        return Fate(point, count, PATIENT_LIFE if self.only else LONGEST_LIFE)

    def faults(self, platform: str) -> Iterator[Fault | None]:
        """What goes wrong with the requests to a platform, one after the other; None for those that go well."""
        rng = random.Random(f"{self.seed} faults {platform}")
        kinds, ends = list(PER_MILLE), list(accumulate(PER_MILLE.values()))
        while True:
            drawn = rng.random() * 1000
            yield next((kind for kind, end in zip(kinds, ends, strict=True) if drawn < end), None)

    def _wishes(self) -> Iterator[Wish]:
        rng = random.Random(f"{self.seed} wishes")
        said: list[tuple[int, tuple[str, ...]]] = []
        to_be_posted, number = 0, 0
        while to_be_posted < self.messages:
            number += 1
            kind = rng.choices(("say", "change", "withdraw"), (80, 18, 2))[0] if len(said) > 5 else "say"
            if kind == "say":
                about, rooms = (
                    number,
                    tuple(sorted(rng.sample(self.all_rooms, rng.randint(2, min(12, len(self.all_rooms)))))),
                )
                said.append((about, rooms))
                to_be_posted += len(rooms)
            else:
                about, rooms = said.pop(-rng.randint(1, min(len(said), 40)))
                if kind == "change":
                    said.append((about, rooms))
            yield Wish(
                number=number,
                kind=kind,
                about=about,
                platform=rng.choice(("slack", "slack event", "teams", "teams channel", "webhook")),
                person=rng.randrange(self.people),
                rooms=rooms,
                ring_after=rng.uniform(0.05, 3.0) if kind == "say" and rng.random() < 0.2 else None,
                copies=rng.choices((1, 2, 3), (75, 20, 5))[0],
                early=rng.choices((0.0, rng.uniform(0, 1.0)), (70, 30))[0],
            )

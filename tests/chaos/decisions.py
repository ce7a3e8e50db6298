"""What people decide in a run, all of it from its seed: who asks for which exception, and who then says what to it, on which
platform, at the same moment as whom."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.chaos.plan import Plan

ASKER, OUTSIDER = "asker", "outsider"  # of these nobody holds a role
ROLES = ("architect", "platform", "security")
CROWDS = (ASKER, OUTSIDER, *ROLES)
LOW, MODERATE = "low", "moderate"
SEATS = {LOW: ("architect",), MODERATE: ROLES}
APPROVE, CONDITIONS, CHANGES, DECLINE = "approve", "approve_with_conditions", "ask_for_changes", "decline"
ASK, RESUBMIT, WITHDRAW, REVOKE = "ask", "resubmit", "withdraw", "revoke"
PLATFORMS = ("slack", "teams")


@dataclass(frozen=True, slots=True)
class Deed:
    """One delivery. It is made when the request is `when`: "ballot 2", "changes asked", "in force"; "" for asking."""

    number: int  # in the run, from 1
    case: int
    does: str
    who: int  # the number of the person, on both platforms
    platform: str
    when: str
    copies: int  # how often it is delivered, at least

    @property
    def account(self) -> str:
        return f"slack:U{self.who}" if self.platform == "slack" else f"teams:00000000-0000-4000-8000-{self.who:012}"


@dataclass(frozen=True, slots=True)
class Case:
    """A request and all that is done with it, in waves: the deeds of one are done side by side."""

    number: int
    level: str
    emergency: bool
    waves: tuple[tuple[Deed, ...], ...]

    @property
    def service(self) -> str:
        """What tells it from all others."""
        return f"service-{self.number}"


@dataclass(frozen=True)
class Decisions:
    """The cases of a plan, with `plan.decisions` deeds or a few more."""

    plan: Plan

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        return tuple(self._cases())

    def people(self, crowd: str) -> range:
        """The numbers of those who hold a role, who ask, or who have no say."""
        size = self.plan.crowd
        first = self.plan.people + CROWDS.index(crowd) * size
        return range(first, first + size)

    def role_of(self, who: int) -> str:
        """The role that somebody holds; "" for none."""
        return next((role for role in ROLES if who in self.people(role)), "")

    def rooms(self, role: str) -> tuple[str, ...]:
        """Where those are asked who hold a role: some on one platform alone."""
        slack, teams = ([room for room in self.plan.all_rooms if room.startswith(kind)] for kind in ("slack:C", "teams:19:"))  # fmt: skip
        return {"architect": (slack[0], teams[0]), "platform": (slack[1],), "security": (teams[1],)}[role]

    def _cases(self) -> Iterator[Case]:
        rng = random.Random(f"{self.plan.seed} decisions")
        made = number = 0
        while made < self.plan.decisions:
            number += 1
            kind, waves = rng.choice([*STORIES.items()])
            level = LOW if kind in ("race", "revoke", "withdraw") else MODERATE
            told = []
            for when, cast in waves:
                people = {crowd: rng.sample(self.people(crowd), 3) for crowd in CROWDS}
                wave: list[Deed] = []
                for does, crowd, nth in cast:
                    made += 1
                    who = self._asker(number) if crowd == ASKER else people[crowd][nth]
                    platform = rng.choice(PLATFORMS)
                    if any((deed.who, deed.platform) == (who, platform) for deed in wave):
                        platform = PLATFORMS[1 - PLATFORMS.index(platform)]  # the same human through another account
                    copies = rng.choices((1, 2, 3), (70, 20, 10))[0]
                    wave.append(Deed(made, number, does, who, platform, when, copies))
                told.append(tuple(rng.sample(wave, len(wave))))
            yield Case(number, level, kind == "emergency", tuple(told))

    def _asker(self, case: int) -> int:
        crowd = self.people(ASKER)
        return crowd[case % len(crowd)]


_ASKED = ("", ((ASK, ASKER, 0),))
_ALL = ((APPROVE, "architect", 0), (APPROVE, "platform", 0), (APPROVE, "security", 0))

# What can happen, as waves: when, and who (the how-manieth of their crowd in this wave) does what.
STORIES = {
    "race": (_ASKED, ("ballot 1", ((APPROVE, "architect", 0), (DECLINE, "architect", 1), (APPROVE, OUTSIDER, 0)))),
    "revoke": (
        _ASKED,
        ("ballot 1", ((APPROVE, "architect", 0), (APPROVE, "architect", 0))),
        ("in force", ((REVOKE, "architect", 0), (REVOKE, ASKER, 0))),
    ),
    "withdraw": (_ASKED, ("ballot 1", ((WITHDRAW, ASKER, 0), (APPROVE, "architect", 0)))),
    "three": (_ASKED, ("ballot 1", (*_ALL, (APPROVE, "platform", 0), (APPROVE, ASKER, 0)))),
    "conditions": (
        _ASKED,
        ("ballot 1", ((APPROVE, "architect", 0), (CONDITIONS, "platform", 0), (CONDITIONS, "security", 0))),
    ),
    "stricter": (_ASKED, ("ballot 1", (*_ALL[:2], (APPROVE, "security", 0), (DECLINE, "security", 0)))),
    "changes": (
        _ASKED,
        ("ballot 1", ((APPROVE, "architect", 0), (CHANGES, "platform", 0))),
        ("changes asked", ((RESUBMIT, ASKER, 0),)),
        ("ballot 2", _ALL),
    ),
    "emergency": (_ASKED, ("ballot 1", ((APPROVE, "architect", 0),)), ("ballot 2", (*_ALL, (REVOKE, "security", 1)))),
}

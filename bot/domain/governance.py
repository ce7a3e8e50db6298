"""Decision rights as values: who speaks for what, what is decided by whom and by when, the calendar that counts it.

`bot.domain.governance_reading` makes them of `governance.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from types import MappingProxyType

from bot.domain.calendar import Calendar, Span
from bot.domain.people import same_writing

EMERGENCY = "emergency"  # the rule beside those of the risk levels

Points = Mapping[str, Mapping[str, int]]  # of each question's answers


@dataclass(frozen=True, slots=True)
class Role:
    """Who speaks for something. E-mail addresses are in lower case, groups as platforms name them."""

    people: tuple[str, ...] = ()
    slack_groups: tuple[str, ...] = ()
    entra_groups: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    lead: str = ""

    @property
    def groups(self) -> frozenset[str]:
        """All groups, by the names that accounts carry: "slack:S012ARCH", "entra:3f2c…"."""
        return frozenset(
            (*(f"slack:{id_}" for id_ in self.slack_groups), *(f"entra:{id_}" for id_ in self.entra_groups))
        )


@dataclass(frozen=True, slots=True)
class Seat:
    """A required voice: so many people of a role."""

    role: str
    people: int = 1


@dataclass(frozen=True, slots=True)
class Risk:
    """How much the answers to the questions weigh together, and from how many points on each level holds."""

    questions: Points = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)  # the lowest first


@dataclass(frozen=True, slots=True)
class Rule:
    """How a request of some risk is decided."""

    seats: tuple[Seat, ...]
    within: Span
    at_most: Span  # the longest that a waiver may run
    lapse: Span | None = None
    requires: tuple[str, ...] = ()
    formal_acceptance: bool = False
    second_look: Span | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    """To which role a request goes, so long after its deadline."""

    after: Span
    to: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """When a board meets, every week."""

    weekday: int  # Monday is 0
    at: time


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a design is reviewed whose answers reach so many points."""

    points: int
    reviewers: tuple[Seat, ...] = ()
    within: Span | None = None
    comment: Span | None = None
    meets: Meeting | None = None
    agenda: Span | None = None
    room: str = ""


@dataclass(frozen=True, slots=True)
class Reviews:
    """Which designs are reviewed, how, and by whom first."""

    questions: Points = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    areas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # e-mail addresses by tag


@dataclass(frozen=True, slots=True)
class Incidents:
    """Where incidents are announced, by severity, and by when an emergency change is assessed."""

    announce: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assess_emergency_change: Span | None = None


@dataclass(frozen=True, slots=True)
class Governance:
    """What `governance.yaml` says. Without one, nobody holds a role and every hour of a business day is like another.

    `revision` is the git commit that it was read at, else its digest.
    """

    roles: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    calendar: Calendar = field(default_factory=Calendar)
    risk: Risk = field(default_factory=Risk)
    decide: Mapping[str, Rule] = field(default_factory=dict)
    warn_before_expiry: tuple[Span, ...] = ()
    escalate: Escalation | None = None
    reviews: Reviews = field(default_factory=Reviews)
    incidents: Incidents = field(default_factory=Incidents)
    revision: str = ""
    digest: str = ""

    def role(self, name: str) -> Role:
        """A role; one that nobody holds where there is none of that name."""
        return self.roles.get(name, Role())

    def roles_of(self, email: str, groups: Iterable[str] = ()) -> frozenset[str]:
        """The roles of somebody with a verified e-mail address ("" for none) and these groups ("slack:S012ARCH")."""
        address, member_of = same_writing(email), frozenset(groups)
        return frozenset(
            name
            for name, role in self.roles.items()
            if (address and address in role.people) or not member_of.isdisjoint(role.groups)
        )

    @property
    def groups(self) -> frozenset[str]:
        """All groups that some role names: whose members have to be looked up, and no others."""
        return frozenset().union(*(role.groups for role in self.roles.values()))

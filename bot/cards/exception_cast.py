"""The people, the rules and the requests of the examples: each was asked for, spoken on and ended by the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain import exception_decisions as decisions
from bot.domain import exception_submissions as submissions
from bot.domain import waivers
from bot.domain.absences import Delegation, away
from bot.domain.calendar import Calendar, Span
from bot.domain.exception_deadlines import timers
from bot.domain.exception_dues import fall_due
from bot.domain.exception_forms import Target, Wish
from bot.domain.exception_requests import Choice, Demand, ExceptionRequest, written
from bot.domain.governance import EMERGENCY, Escalation, Governance, Risk, Role, Rule, Seat
from bot.domain.people import Account
from bot.domain.rights import Voter

FORGE = "https://git.example.org/architecture/blob/3f1c9ab/"
LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 11, 23, 10, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def _span(text: str) -> Span:
    return Span.parse(text)


def _rule(seats: Sequence[str], within: str, at_most: str, *requires: str, formal: bool = False) -> Rule:
    lapse = _span("20 business days")
    return Rule(
        tuple(Seat(role) for role in seats),
        _span(within),
        _span(at_most),
        lapse,
        ("reason", *requires),
        formal,
    )


_IN_FULL = ("compensating_controls", "remediation")
RULES = Governance(
    roles={
        "architect": Role(("ada@example.org", "alan@example.org")),
        "platform": Role(("pat@example.org",)),
        "security": Role(("sam@example.org",)),
        "director": Role(("dora@example.org",)),
    },
    calendar=Calendar(LONDON, time(9), time(17, 30)),
    risk=Risk(
        {
            "exposure": {"internal": 0, "partner": 1, "public": 2},
            "data": {"public": 0, "internal": 1, "confidential": 2, "restricted": 3},
            "tier": {"3": 0, "2": 1, "1": 2, "0": 3},
        },
        {"low": 0, "moderate": 3, "high": 5},
    ),
    decide={
        "low": _rule(["architect"], "2 business days", "180 days"),
        "moderate": _rule(["architect", "platform", "security"], "5 business days", "120 days", *_IN_FULL),
        "high": _rule(["security", "director"], "5 business days", "90 days", *_IN_FULL, formal=True),
        EMERGENCY: replace(_rule(["architect"], "1 hour", "7 days"), lapse=None, second_look=_span("3 business days")),
    },
    warn_before_expiry=(_span("30 days"), _span("7 days"), _span("1 day")),
    escalate=Escalation(_span("1 business day"), "director"),
    revision="3f1c9ab2d07e5581c3aa90d1f4b6e27a8c0d4e11",
)
CLAUSE = Target(
    id="STD-003.12",
    document="standards/STD-003-encryption.md",
    standard="STD-003",
    title="Encryption in transit and at rest",
    text="Object storage buckets MUST be encrypted at rest with a customer-managed key of the platform's KMS.",
    level="MUST",
    url=f"{FORGE}standards/STD-003-encryption.md#encryption-at-rest",
    owner="security@example.org",
    controls=("SOC2:CC6.1", "ISO27001:A.8.24", "PCI:3.5"),
)
REWORDED = "Object storage buckets and file shares MUST be encrypted at rest with a customer-managed key that is rotated every ninety days."
WISH = Wish(
    target=CLAUSE,
    until=date(2027, 2, 26),
    service="checkout",
    tier="2",
    environment="production",
    reason="The vendor's appliance writes its exports into a bucket of its own and cannot be given one of our keys before release 9, which they promise for February.",
    compensating_controls="The bucket holds tokens only, no card numbers. It is readable from one subnet, and every read is logged and alerted on.",
    remediation="Move the exports to our own bucket with release 9 of the appliance, then delete theirs.",
    remedied_by=date(2027, 2, 19),
    links=("https://tickets.example.org/OPS-4711", "https://wiki.example.org/checkout/exports"),
    answers={"exposure": "partner", "data": "internal"},
)
LOW = {"exposure": "internal", "data": "public"}
HIGH = {"exposure": "public", "data": "restricted"}
PRECEDENTS: list[dict[str, Any]] = [
    {
        "id": "EX-3",
        "target": "STD-003.12",
        "service": "billing",
        "level": "moderate",
        "ended": "approved with conditions",
        "conditions": ["Encrypt the exports before they are written.", "Report the reads every month."],
        "by": "Alan Turing, Pat Lee and Sam Okafor",
    },
    {"id": "EX-5", "target": "STD-003.12", "service": "search", "level": "low", "ended": "declined", "by": "Ada Byron"},
]
BESIDE = [{"id": "EX-3", "service": "billing", "until": "2026-12-31"}]


def voter(name: str, platform: str, *roles: str) -> Voter:
    """Somebody by their name, with the roles that they hold."""
    first = name.partition(" ")[0]
    email = f"{first.lower()}@example.org"
    account = Account(platform, f"U{first.upper()}", "T1", name=name, email=email)
    return Voter(account, f"p-{email}", frozenset(roles), timedelta(seconds=2))


GRACE = voter("Grace Hopper", "slack")
ADA, ALAN = voter("Ada Byron", "slack", "architect"), voter("Alan Turing", "teams", "architect")
PAT, SAM = voter("Pat Lee", "slack", "platform"), voter("Sam Okafor", "teams", "security")
DORA = voter("Dora Lindt", "slack", "director")


def submitted(now: datetime = MONDAY, **other: Any) -> ExceptionRequest:
    """Moderate risk, unless told, and nobody has spoken."""
    return submissions.submit("EX-7", replace(WISH, **other), GRACE, now, RULES).request


def say(
    request: ExceptionRequest, who: Voter, choice: Choice = Choice.APPROVE, hours: float = 2, **other: Any
) -> ExceptionRequest:
    """A voice so many hours after Monday."""
    now = MONDAY + timedelta(hours=hours)
    return decisions.decide(request, who, choice, now, RULES, digest=request.digest, **other).request


def demands(number: int = 2) -> tuple[Demand, ...]:
    """So many conditions."""
    texts = ("Encrypt the exports with a key of the vendor's before they are written.", "Report the reads every month.")
    return tuple(
        Demand(
            texts[n % 2] if n < 2 else f"Rehearse step {n} of the move in the test environment.",
            "grace@example.org",
            date(2026, 12, 4) + timedelta(days=n),
        )
        for n in range(number)
    )


def half_way() -> ExceptionRequest:
    """Moderate risk: the architect has approved, for platform somebody stands in with conditions."""
    absence = away(PAT.as_person, date(2026, 12, 4), ADA.as_person, MONDAY, RULES.calendar)
    delegate = replace(ADA, roles=frozenset(), delegations=(Delegation(absence, frozenset({"platform"})),))
    spoken = say(submitted(), ALAN, words="Fine by me: tokens only, and the vendor's date is firm.")
    return say(spoken, delegate, Choice.APPROVE_WITH_CONDITIONS, 3, demands=demands(1))


def approved(demands: tuple[Demand, ...] = (), **other: Any) -> ExceptionRequest:
    """Moderate risk, all three have said yes; with conditions where there are demands."""
    request = say(say(submitted(**other), ALAN), PAT, hours=20)
    if demands:
        return say(request, SAM, Choice.APPROVE_WITH_CONDITIONS, 26, demands=demands)
    return say(request, SAM, hours=26)


def in_force() -> ExceptionRequest:
    """In force under two conditions, with ids of their obligations."""
    return waivers.obliged(approved(demands()), {1: "OB-40", 2: "OB-41"})


def granted(hours: float = 0.5) -> ExceptionRequest:
    """An emergency that one architect has granted."""
    emergency: dict[str, Any] = {
        "emergency": True,
        "emergency_reason": "The till of the Leeds shop cannot book since the key was rotated at 09:40; every minute costs orders.",
        "until": date(2026, 11, 30),
    }
    return say(submitted(**emergency), ADA, hours=hours)


def changes_asked() -> ExceptionRequest:
    """One has approved, and another one wants to know more."""
    words = "Which subnet, and who looks at the alerts?\nPlease also give the vendor's promise in writing."
    return say(say(submitted(), ALAN), SAM, Choice.ASK_FOR_CHANGES, 4, words=words)


def resubmitted() -> ExceptionRequest:
    """The same, sent again."""
    before = changes_asked()
    other = replace(
        WISH,
        compensating_controls="The bucket holds tokens only, no card numbers. It is readable from 10.20.4.0/24, and every read is logged and alerted on; the payments team is on call for it.",
        links=(*WISH.links, "https://vendor.example.net/letters/release-9.pdf"),
        answers={"exposure": "partner", "data": "confidential"},
        until=date(2027, 2, 19),
    )
    return submissions.resubmit(before, other, GRACE, MONDAY + timedelta(hours=8), RULES, digest=before.digest).request


def fallen_due(request: ExceptionRequest, key: str) -> ExceptionRequest:
    """The request after its timer of a key, at its time."""
    timer = next(each for each in timers(request) if each.key == f"{request.id}:{key}")
    step = fall_due(request, timer.key, timer.due, RULES.calendar)
    return step.request if step else request


def overdue() -> ExceptionRequest:
    """In force, and the first condition was not met in time."""
    return fallen_due(in_force(), "condition:1:2026-12-04")


def several() -> tuple[ExceptionRequest, ...]:
    """One of each kind, as the register holds them."""
    found = (
        half_way(),
        overdue(),
        replace(in_force(), target_now=REWORDED),
        granted(),
        say(submitted(service="search"), SAM, Choice.DECLINE, words="No."),
        submitted(service=""),
    )
    return tuple(replace(each, id=f"EX-{12 - n}") for n, each in enumerate(found))


def facts(request: ExceptionRequest, **more: Any) -> Mapping[str, Any]:
    """What an announcement carries."""
    return {"request": written(request), "zone": "Europe/London", **more}

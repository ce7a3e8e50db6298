"""The people, the rules and the request that tests of decisions share: those of the starter file, and Grace who asks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings

from bot.domain import exception_decisions as decisions
from bot.domain import exception_submissions as submissions
from bot.domain.absences import Delegation
from bot.domain.exception_dues import fall_due
from bot.domain.exception_forms import Target, Wish
from bot.domain.exception_requests import Choice, Demand, ExceptionRequest
from bot.domain.exception_steps import Step
from bot.domain.governance import Governance
from bot.domain.governance_reading import read
from bot.domain.people import Account, Standing
from bot.domain.rights import Voter
from knowledge import governance
from knowledge.governance import File

STARTER = governance.starter()
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)  # within business hours in London, where it is winter
CLAUSE = Target("STD-004.3", "standards/std-004.md", "STD-004", "Encryption", "Buckets MUST be encrypted.", "MUST")
LOW = {"exposure": "internal", "data": "public"}
MODERATE = {"exposure": "public", "data": "internal"}
HIGH = {"exposure": "public", "data": "restricted"}


def rules(text: str = "", revision: str = "3f1c") -> Governance:
    """The starter file, or what is written instead of its parts."""
    values, lines = File(text.encode()).values() if text else STARTER.values()
    return read(values, lines, STARTER.values()[0], revision=revision, digest=revision)


CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine too
RULES = rules()
WITH_EVERYTHING = Wish(
    target=CLAUSE,
    until=date(2026, 12, 31),
    service="payments",
    tier="3",
    environment="production",
    reason="The vendor's appliance cannot do it.",
    compensating_controls="It stands in a network of its own.",
    remediation="We move to another one.",
    remedied_by=date(2026, 12, 30),
    links=("https://tickets.example.org/OPS-7",),
    answers=LOW,
)


def wish(**other: Any) -> Wish:
    return Wish(**({name: getattr(WITH_EVERYTHING, name) for name in Wish.__dataclass_fields__} | other))


def voter(
    name: str,
    *,
    platform: str = "slack",
    roles: frozenset[str] | set[str] | None = None,
    standing: Standing = Standing.MEMBER,
    person: str | None = None,
    age: float | None = 1.0,
    delegations: tuple[Delegation, ...] = (),
) -> Voter:
    """Somebody by their first name, with the roles that the starter file gives them."""
    email = f"{name}@example.org"
    return Voter(
        account=Account(platform, f"U-{name}", "T1", standing, name=name.title(), email=email),
        person=f"p-{name}" if person is None else person,
        roles=RULES.roles_of(email) if roles is None else frozenset(roles),
        facts_age=None if age is None else timedelta(seconds=age),
        delegations=delegations,
    )


GRACE, ADA, ALAN, PAT, SAM, DORA = (voter(name) for name in ("grace", "ada", "alan", "pat", "sam", "dora"))


def submitted(now: datetime = MONDAY, under: Governance = RULES, **other: Any) -> ExceptionRequest:
    return submissions.submit("EX-7", wish(**other), GRACE, now, under).request


def say(
    request: ExceptionRequest,
    who: Voter,
    choice: Choice = Choice.APPROVE,
    now: datetime = MONDAY,
    under: Governance = RULES,
    **other: Any,
) -> Step:
    """A voice with a button that is up to date and a form that is filled in."""
    filled: dict[str, Any] = {"digest": request.digest, "words": "Because."}
    if request.terms.rule.formal_acceptance and choice in (Choice.APPROVE, Choice.APPROVE_WITH_CONDITIONS):
        filled["acceptance"] = "I accept the risk."
    if choice is Choice.APPROVE_WITH_CONDITIONS:
        filled["demands"] = (demand(),)
    return decisions.decide(request, who, choice, now, under, **(filled | other))


def demand(text: str = "Rotate the keys.", owner: str = "grace@example.org", due: date = date(2026, 12, 4)) -> Demand:
    return Demand(text, owner, due)


def approved(now: datetime = MONDAY, **other: Any) -> ExceptionRequest:
    return say(submitted(now, **other), ADA, now=now).request


def with_condition(*due: date, now: datetime = MONDAY) -> ExceptionRequest:
    """Approved by Ada, under a condition for each day."""
    demands = tuple(demand(f"Condition {number}", due=day) for number, day in enumerate(due or (date(2026, 12, 4),), 1))
    return say(submitted(now), ADA, Choice.APPROVE_WITH_CONDITIONS, now, demands=demands).request


def granted(now: datetime = MONDAY, **other: Any) -> ExceptionRequest:
    """An emergency of moderate risk, unless told, that Ada has granted."""
    filled: dict[str, Any] = {
        "emergency": True,
        "emergency_reason": "The till is down.",
        "until": date(2026, 11, 30),
        "answers": MODERATE,
    }
    return say(submitted(now, **(filled | other)), ADA, now=now).request


def due(request: ExceptionRequest, key: str, now: datetime) -> Step | None:
    return fall_due(request, f"EX-7:{key}", now, RULES.calendar)


def happened(step: Step | None) -> Step:
    assert step is not None
    return step

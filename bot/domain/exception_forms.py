"""What somebody fills in who asks for an exception, what is wrong with it, which risk it has and who decides on it.

Everything that is wrong is told at once, each fault with the field that it stands beside. Fields are named as in
`governance.yaml`: reason, compensating_controls, remediation, remedied_by, links, service, tier, environment; besides them
target, until, emergency_reason, and the questions of risk as "risk:exposure". A question that is called tier or environment
is answered by that field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

from bot.domain.calendar import Span, Unit
from bot.domain.governance import EMERGENCY, Escalation, Governance, Rule, Seat
from bot.domain.seats import joined
from bot.errors import FaultyFields, NoDecisionRights

LONGEST_TEXT, LONGEST_NAME, LONGEST_LINK, MOST_LINKS = 3_000, 100, 500, 10  # Slack's inputs hold 3,000 characters
TEXTS = ("reason", "compensating_controls", "remediation", "emergency_reason")
NAMES = ("service", "tier", "environment")
ASKED_ONCE = ("tier", "environment")  # fields that answer the question of risk of their name
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "target": "Clause or standard",
        "service": "Service",
        "tier": "Tier",
        "environment": "Environment",
        "reason": "Reason",
        "compensating_controls": "Compensating controls",
        "remediation": "Remediation plan",
        "remedied_by": "Remedied by",
        "until": "Until",
        "links": "Links",
        "emergency_reason": "Reason for the emergency",
    }
)

_MISSING = {
    "service": "Name the service.",
    "tier": "Choose the tier.",
    "environment": "Choose the environment.",
    "reason": "Say why it cannot be kept.",
    "compensating_controls": "Say what lowers the risk meanwhile.",
    "remediation": "Say how it will be remedied.",
    "emergency_reason": "Say why it cannot wait for a decision.",
}


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with a field, as a sentence to stand beside it."""

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Target:
    """The clause or standard that a request is against, as it was then. `risk` and `seats` are what its document says under
    `exceptions`; a role that stands there twice wants two people."""

    id: str  # "STD-004.3", "STD-004"
    document: str  # its path in the knowledge folder
    standard: str = ""  # the document's id
    title: str = ""
    text: str = ""
    level: str = ""
    url: str = ""
    owner: str = ""
    controls: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    risk: str = ""
    seats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A filled-in form. `until` is the last day of the waiver, `answers` those to the questions of risk, by their names;
    `renews` the id of the request whose waiver it is to follow, or ""."""

    target: Target | None
    until: date | None
    service: str = ""
    tier: str = ""
    environment: str = ""
    reason: str = ""
    compensating_controls: str = ""
    remediation: str = ""
    remedied_by: date | None = None
    links: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    emergency: bool = False
    emergency_reason: str = ""
    renews: str = ""

    def answer(self, question: str) -> str:
        """The answer to a question of risk; "" for none."""
        return self.answers.get(question) or (getattr(self, question) if question in ASKED_ONCE else "")


@dataclass(frozen=True, slots=True)
class Terms:
    """How a request is decided, pinned when it was sent: whatever the file says meanwhile.

    `level` is its risk, `by_points` what it would be without the standard's own rule, `seats` all that are wanted.
    `emergency` is the rule by which it is granted at once, None where that was not asked for.
    """

    revision: str
    level: str
    by_points: str
    points: int
    seats: tuple[Seat, ...]
    rule: Rule
    emergency: Rule | None = None
    escalate: Escalation | None = None
    warn_before_expiry: tuple[Span, ...] = ()


def filled_in(fields: Mapping[str, str], target: Target | None, renews: str = "") -> Wish:
    """A wish from a form's fields by their names, all of them texts; `target` is the one that its field names, None where there
    is none. Days are ISO dates, and what is none counts as missing; links are apart by spaces or lines; emergency is
    "yes" or anything else."""
    return Wish(
        target=target,
        until=_day(fields.get("until", "")),
        remedied_by=_day(fields.get("remedied_by", "")),
        links=tuple(fields.get("links", "").split()),
        answers={
            name.removeprefix("risk:"): text for name, text in fields.items() if name.startswith("risk:") and text
        },
        emergency=fields.get("emergency", "") == "yes",
        renews=renews,
        **{name: fields.get(name, "") for name in (*NAMES, *TEXTS)},
    )


def terms(wish: Wish, governance: Governance) -> Terms:
    """Risk and seats of a wish as far as it is filled in; a question without an answer weighs nothing yet.

    The risk is the highest level whose points are reached, raised to the standard's own; a level of a standard that the
    file does not know counts as the highest. An emergency shows its own rule beside that of its risk.
    Raises `NoDecisionRights` where the file has no rule for it.
    """
    levels = list(governance.risk.levels)  # the lowest first
    questions = governance.risk.questions
    points = sum(answers.get(wish.answer(name), 0) for name, answers in questions.items())
    reached = [level for level in levels if governance.risk.levels[level] <= points]
    own = wish.target.risk if wish.target else ""
    at_least = levels.index(own) if own in levels else len(levels) - 1 if own else 0
    emergency = governance.decide.get(EMERGENCY) if wish.emergency else None
    if not reached or (wish.emergency and emergency is None):
        raise NoDecisionRights
    level = levels[max(len(reached) - 1, at_least)]
    if level not in governance.decide:
        raise NoDecisionRights
    rule = governance.decide[level]
    added = Counter(wish.target.seats if wish.target else ())
    seats = joined(rule.seats, [Seat(role, people) for role, people in added.items()])
    return Terms(
        revision=governance.revision,
        level=level,
        by_points=reached[-1],
        points=points,
        seats=seats,
        rule=rule,
        emergency=emergency,
        escalate=governance.escalate,
        warn_before_expiry=governance.warn_before_expiry,
    )


def last_day(today: date, at_most: Span) -> date:
    """The last day of a waiver that is approved today and runs as long as it may."""
    return today + timedelta(days=at_most.count * (7 if at_most.unit is Unit.WEEK else 1))


def tidied(wish: Wish) -> Wish:
    """The same without the spaces around its texts, and each link once."""
    texts = {name: getattr(wish, name).strip() for name in (*TEXTS, *NAMES)}
    links = tuple(dict.fromkeys(link.strip() for link in wish.links if link.strip()))
    return replace(wish, links=links, **texts)


def faults(wish: Wish, governance: Governance, now: datetime) -> tuple[FieldFault, ...]:
    """All that is wrong with a wish (`tidied`) that is sent now, in the order of the form. Raises `NoDecisionRights`."""
    found = terms(wish, governance)
    rule = found.emergency or found.rule
    required = {*rule.requires, *(["emergency_reason"] if wish.emergency else [])}
    told = _answers(wish, governance)
    if wish.target is None:
        told.append(FieldFault("target", "Choose the clause or standard that you cannot keep."))
    for name in (*NAMES, *TEXTS):
        longest = LONGEST_NAME if name in NAMES else LONGEST_TEXT
        told += text_fault(name, getattr(wish, name), longest, required=_MISSING[name] if name in required else "")
    what = "in an emergency" if wish.emergency else f"at {found.level} risk"
    told += _days(wish, governance.calendar.today(now), rule, what)
    if "remedied_by" in required and wish.remedied_by is None:
        told.append(FieldFault("remedied_by", "Give the day by which it will be remedied."))
    told += _links(wish.links, required="links" in required)
    one_each = {fault.field: fault for fault in reversed(told)}
    order = [*LABELS, *(f"risk:{name}" for name in governance.risk.questions)]
    return tuple(one_each[name] for name in order if name in one_each)


def refuse(told: Iterable[FieldFault]) -> None:
    """Raises `FaultyFields` with all faults (`facts["fields"]`), when there are any."""
    listed = tuple(told)
    if listed:
        raise FaultyFields(faults=" ".join(fault.sentence for fault in listed), fields=listed)


def text_fault(name: str, text: str, longest: int, *, required: str = "") -> list[FieldFault]:
    """What is wrong with a text; `required` is the sentence for one that is missing, "" where it may be."""
    if required and not text.strip():
        return [FieldFault(name, required)]
    if len(text) > longest:
        return [FieldFault(name, f"This is {len(text):,} characters long; write at most {longest:,}.")]
    return []


def _days(wish: Wish, today: date, rule: Rule, what: str) -> list[FieldFault]:
    told = []
    longest = last_day(today, rule.at_most)
    if wish.until is None:
        told.append(FieldFault("until", "Give the last day on which the exception is needed."))
    elif wish.until < today:
        told.append(FieldFault("until", f"{wish.until} is past: give today or a later day."))
    elif wish.until > longest:
        told.append(FieldFault("until", f"It may run for {rule.at_most} at most {what}: until {longest} or earlier."))
    if wish.remedied_by is not None and wish.remedied_by < today:
        told.append(FieldFault("remedied_by", f"{wish.remedied_by} is past: give today or a later day."))
    return told


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _links(links: tuple[str, ...], *, required: bool) -> list[FieldFault]:
    if required and not links:
        return [FieldFault("links", "Give a link to the ticket or the design.")]
    if len(links) > MOST_LINKS:
        return [FieldFault("links", f"These are {len(links)} links; give the {MOST_LINKS} that matter most.")]
    wrong = next((link for link in links if not is_link(link)), None)
    return [FieldFault("links", f"“{wrong[:60]}” is no https:// address: copy it from the browser.")] if wrong else []


def is_link(text: str) -> bool:
    """Whether a text is an https address, without a user name or anything that does not belong into one."""
    if len(text) > LONGEST_LINK or not text.isprintable() or len(text.split()) != 1 or set(text) & set('<>"\\|`'):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:  # brackets that are no IPv6 address, a port that is no number
        return False


def _answers(wish: Wish, governance: Governance) -> list[FieldFault]:
    told = []
    for name, answers in governance.risk.questions.items():
        answer = wish.answer(name)
        if answer not in answers:
            said = f"“{answer[:60]}” is no answer that is known: choose" if answer else "Choose"
            told.append(
                FieldFault(name if name in ASKED_ONCE else f"risk:{name}", f"{said} one of {', '.join(answers)}.")
            )
    return told

"""The reviews of the examples: each was asked for, spoken on and decided by the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from bot.cards import exception_cast as cast
from bot.cards.exception_cast import ADA, ALAN, GRACE, MONDAY, PAT, SAM
from bot.domain import review_decisions as decisions
from bot.domain import review_steps as steps
from bot.domain.calendar import Span
from bot.domain.exception_requests import Demand
from bot.domain.governance import Governance, Meeting, Outcome, Reviews, Seat
from bot.domain.people import Person
from bot.domain.review_assignment import Staff
from bot.domain.review_deadlines import timers
from bot.domain.review_dues import fall_due
from bot.domain.reviews import Choice, Draft, Kind, Review, Touched, Wish, written
from bot.domain.rights import Voter

RULES: Governance = replace(
    cast.RULES,
    reviews=Reviews(
        questions={
            "scope": {"team": 0, "several teams": 2, "organisation": 4},
            "reversible": {"yes": 0, "hard": 2, "no": 4},
            "spend": {"none": 0, "some": 1, "large": 3},
        },
        outcomes={
            "none": Outcome(0),
            "light": Outcome(
                2, (Seat("architect"),), Span.parse("5 business days"), comment=Span.parse("2 business days")
            ),
            "board": Outcome(
                6,
                (Seat("architect", 2), Seat("security")),
                Span.parse("10 business days"),
                meets=Meeting(1, time(14)),
                agenda=Span.parse("1 business day"),
                room="slack:C0ARB",
            ),
        },
        areas={"network": ("alan@example.org",), "identity": ("sam@example.org",)},
    ),
)
DESCRIPTION = (
    "Checkout writes each order to Kafka instead of calling billing and stock one after the other. Billing and stock "
    "read at their own pace; an order that either of them cannot take goes to a queue of its own, which somebody looks at "
    "within the hour."
)
WISH = Wish(
    title="Orders on Kafka",
    description=DESCRIPTION,
    service="checkout",
    tier="2",
    data="internal",
    wished=date(2026, 12, 11),
    links=("https://wiki.example.org/checkout/orders-on-kafka", "https://tickets.example.org/ARC-212"),
    tags=("network", "messaging"),
    answers={"scope": "several teams", "reversible": "hard", "spend": "none"},
)
FOR_THE_BOARD = replace(
    WISH,
    title="One broker for the whole organisation",
    answers={"scope": "organisation", "reversible": "hard", "spend": "some"},
)
SMALL = replace(WISH, answers={"scope": "team", "reversible": "yes", "spend": "none"})
CHANGE = Wish(
    kind=Kind.STANDARD_CHANGE,
    title="Rotate bucket keys every ninety days",
    description="Auditors ask for a period, and the KMS rotates by itself since spring.",
    tags=("encryption",),
    answers={"scope": "several teams", "reversible": "yes", "spend": "none"},
    target=cast.CLAUSE,
    proposal=cast.REWORDED,
)
TOUCHES = (
    Touched(
        "clause",
        "STD-012.4",
        "Events MUST carry a CloudEvents envelope with a schema that is registered.",
        "speaks of orders, schema",
        f"{cast.FORGE}standards/STD-012-api-design-and-contracts.md#events",
    ),
    Touched(
        "adr", "ADR-0008", "CloudEvents on Kafka", "speaks of kafka, queue", f"{cast.FORGE}adrs/ADR-0008.md#decision"
    ),
    Touched("waiver", "EX-7", "to STD-003.12 until 2027-02-26", "in force for checkout"),
    Touched("review", "RV-1", "Stock levels as events", "the same service, approved"),
)
WHY = "It fits ADR-0008, and the dead letters have an owner."
PEOPLE: Mapping[str, Voter] = {each.account.email: each for each in (ADA, ALAN, PAT, SAM)}


def submitted(wish: Wish = WISH) -> Review:
    """Nobody has spoken; whoever is assigned is known by name."""
    review = steps.submit("RV-3", wish, GRACE, MONDAY, RULES, staff=Staff()).review
    named = tuple(replace(each, who=_named(each.who)) for each in review.reviewers)
    return replace(review, reviewers=named, touches=TOUCHES)


def _named(who: Person) -> Person:
    return PEOPLE[who.email].as_person if who.email in PEOPLE else who


def say(review: Review, who: Voter, choice: Choice = Choice.APPROVE, hours: float = 2, **other: Any) -> Review:
    """A voice so many hours after Monday."""
    filled: dict[str, Any] = {"digest": review.digest, "words": WHY} | other
    return decisions.decide(review, who, choice, MONDAY + timedelta(hours=hours), RULES, **filled).review


def demands() -> tuple[Demand, ...]:
    """Two conditions."""
    return (
        Demand("Load test it with twice the orders of last December.", "grace@example.org", date(2026, 12, 4)),
        Demand("Write the runbook for dead letters.", "pat@example.org", date(2026, 12, 11)),
    )


def claimed() -> Review:
    """A light one that an architect has claimed."""
    return steps.claim(submitted(), ALAN, MONDAY).review


def with_concerns() -> Review:
    """One concern is open, one is resolved, and it is approved as far as voices go."""
    review = say(claimed(), ALAN)
    at = MONDAY + timedelta(hours=3)
    review = decisions.raise_concern(review, PAT, "Who is called at night when dead letters pile up?", at).review
    review = decisions.raise_concern(review, SAM, "Do orders hold names or addresses?", at).review
    words = "They hold the number of the customer alone; Grace has put that into the design."
    return decisions.resolve(review, SAM, 2, words, at + timedelta(hours=1)).review


def conflicting() -> Review:
    """Somebody has declared a conflict of interest, and somebody else is assigned."""
    review = steps.declare_conflict(
        submitted(), ALAN, "I have written the proposal.", MONDAY, RULES, staff=Staff()
    ).review
    return replace(review, reviewers=tuple(replace(each, who=_named(each.who)) for each in review.reviewers))


def approved() -> Review:
    """A light one, approved when the comment time was over, with its draft."""
    review = fallen_due(say(claimed(), ALAN), "comment:1")
    return replace(review, draft=Draft("adrs/0009-orders-on-kafka.md", "ADR-0009"))


def merged() -> Review:
    """The same, and the draft is in the library."""
    review = approved()
    path, url = "adrs/0009-orders-on-kafka.md", f"{cast.FORGE}adrs/0009-orders-on-kafka.md"
    return replace(review, draft=Draft(path, "ADR-0009", path, url))


def for_the_board() -> Review:
    """One that a board takes."""
    return submitted(FOR_THE_BOARD)


def half_way() -> Review:
    """Two of three have spoken, one of them with conditions."""
    review = say(for_the_board(), ADA, Choice.APPROVE_WITH_CONDITIONS, demands=demands())
    return say(review, SAM, words="Access is by workload identity, as STD-001 wants it.")


def under_conditions() -> Review:
    """Approved by the board under two conditions, with the ids of their obligations."""
    review = say(half_way(), ALAN, hours=28)
    numbered = tuple(
        replace(each, obligation=f"OB-{number}") for number, each in enumerate(review.conditions, start=50)
    )
    return replace(review, conditions=numbered)


def rejected() -> Review:
    """One reviewer has said no."""
    return say(claimed(), ALAN, Choice.REJECT, words="Two brokers do the same already: join them first (ADR-0008).")


def deferred() -> Review:
    """Put off until a day."""
    return say(
        claimed(),
        ALAN,
        Choice.DEFER,
        words="Decide when the price of the new cluster is known.",
        until=date(2026, 12, 8),
    )


def escalated() -> Review:
    """Nobody spoke in time."""
    return fallen_due(fallen_due(submitted(), "comment:1"), "escalate:1")


def put_off() -> Review:
    """The board had it before it, and did not decide."""
    return fallen_due(replace(for_the_board(), id="RV-5"), "met:2026-11-24:1")


def not_needed() -> Review:
    """The matrix says that nobody has to look at it."""
    return replace(steps.submit("RV-4", SMALL, GRACE, MONDAY, RULES, staff=Staff()).review, touches=TOUCHES[:2])


def change_accepted() -> Review:
    """A change of a standard that was approved."""
    review = fallen_due(say(submitted(CHANGE), ADA, words="Auditors are right."), "comment:1")
    return replace(review, touches=(), draft=Draft("proposals/rv-3-rotate-bucket-keys.md", "CHANGE-RV-3"))


def fallen_due(review: Review, key: str) -> Review:
    """The review after its timer of a key, at its time."""
    timer = next(each for each in timers(review) if each.key == f"{review.id}:{key}")
    step = fall_due(review, timer.key, timer.due, RULES.calendar)
    return step.review if step else review


def facts(review: Review, **more: Any) -> Mapping[str, Any]:
    """What an announcement carries."""
    return {"review": written(review), "zone": "Europe/London", **more}

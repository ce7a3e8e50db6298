"""What the cards of reviews are made of: who reviews, what is proposed and what it touches, concerns, words and conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo

from bot.cards.describing import count, known, present
from bot.cards.exception_parts import ADDRESSES, difference, links, listed
from bot.cards.exception_words import ID, data, day, day_there, named, quote, quoted, who
from bot.cards.model import (
    Block,
    Caution,
    Heading,
    Inline,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Strong,
    Text,
    inlines,
    joined,
)
from bot.cards.review_words import rule, why
from bot.cards.text import clean, shortened
from bot.domain.review_decisions import seating
from bot.domain.review_forms import LABELS
from bot.domain.reviews import Choice, Kind, Review, Reviewer, Stage, Touched, Voice
from bot.domain.rights import in_words

DESCRIPTION, ALL, WORDS, CONCERN, CONDITION, TITLE = 500, 3_000, 400, 160, 160, 80
SEATS, LINES, TOUCHES, LINKS = 12, 10, 8, ADDRESSES
SAYS = {
    Choice.APPROVE: "approves",
    Choice.APPROVE_WITH_CONDITIONS: "approves with conditions",
    Choice.DEFER: "defers",
    Choice.REJECT: "rejects",
}
KINDS = {
    "standard": "Standard",
    "clause": "Clause",
    "adr": "Decision",
    "pattern": "Pattern",
    "runbook": "Runbook",
    "guide": "Guide",
    "waiver": "Exception",
    "review": "Review",
}


def seats(review: Review) -> Iterator[Block]:
    """Who reviews: who has spoken, who has claimed a place or is assigned to it, which places are open."""
    if review.stage is not Stage.IN_REVIEW:
        return
    left = [each for each in review.reviewers if not any(one.right.is_of(each.who) for one in review.voices)]
    lines: list[Inlines] = []
    for role, voice in seating(review):
        own = None if voice else next((each for each in left if each.role == role), None)
        if own:
            left.remove(own)
        lines.append(_seat(role, voice, own))
    yield listed(lines, len(lines), SEATS)


def proposal(review: Review, most: int = DESCRIPTION) -> Iterator[Block]:
    """What is proposed: of a standard, what it says and what it is to say; and the description."""
    wish = review.wish
    if wish.kind is Kind.STANDARD_CHANGE and wish.target:
        target = wish.target
        named_: Inline = Link(shortened(target.id, ID), target.url) if target.url else Strong(shortened(target.id, ID))
        title = f" · {shortened(target.title, TITLE)}" if target.title else None
        words = difference(target.text, wish.proposal) if target.text else quoted(wish.proposal, most)
        yield Heading("Proposed text")
        yield Quote(words, inlines(named_, title))
    if wish.description.strip():
        yield Heading(LABELS["description"])
        yield Quote(quoted(wish.description, most))


def touches(review: Review) -> Iterator[Block]:
    """The checklist: what the description touches, each with why."""
    if review.touches:
        yield Heading("What it touches")
        yield Items(tuple(_touched(each) for each in review.touches[:TOUCHES]))


def concerns(review: Review, zone: tzinfo) -> Iterator[Block]:
    """What was raised, by whom, and how it was cleared up; the open ones first."""
    if not review.concerns:
        return
    left = review.open_concerns
    ordered = [*left, *(each for each in review.concerns if each.resolved_at)]
    lines: list[Inlines] = []
    for each in ordered:
        head = f"{each.number}: {quote(each.text, CONCERN)} · {who(each.by)}, "
        if each.resolved_at:
            how = f" on {day_there(each.resolved_at, zone)}: {quote(each.resolution, CONCERN)}"
            lines.append((head, f"resolved by {who(each.resolved_by)}{how}"))
        else:
            lines.append((head, Strong("open")))
    yield Heading(count(len(left), "open concern") if left else "Concerns, all resolved")
    yield listed(lines, len(lines), LINES)


def conflicts(review: Review) -> Iterator[Block]:
    """Who does not decide on it."""
    if review.conflicts:
        names = in_words([who(each.who) for each in review.conflicts])
        have = "has" if len(review.conflicts) == 1 else "have"
        yield Note((f"{names} {have} declared a conflict of interest.",))


def voices(review: Review) -> Iterator[Block]:
    """What those said who spoke, and why."""
    for voice in review.voices:
        if voice.words.strip():
            yield Text((f"{_by(voice)} {SAYS[voice.choice]}:",))
            yield Quote(quoted(voice.words, WORDS))


def conditions(review: Review) -> Iterator[Block]:
    """The conditions under which it was approved, or those that voices have set so far."""
    if review.conditions:
        yield Heading(count(len(review.conditions), "condition"))
        lines: list[Inlines] = [
            (
                f"{each.obligation} " if each.obligation else "",
                f"{quote(each.text, CONDITION)} · {named(each.owner)}, by {day(each.due)}",
            )
            for each in review.conditions
        ]
        yield listed([inlines(*line) for line in lines], len(lines), LINES)
        return
    demands = [demand for voice in review.voices for demand in voice.demands]
    if demands and review.stage is Stage.IN_REVIEW:
        yield Heading("Conditions so far")
        so_far: list[Inlines] = [
            (f"{quote(each.text, CONDITION)} · {named(each.owner)}, by {day(each.due)}",) for each in demands
        ]
        yield listed(so_far, len(so_far), LINES)


def facts_of(review: Review, *, short: bool = False) -> Iterator[Block]:
    """What else stands in the form; `short`: what those have to know who review it."""
    wish = review.wish
    if short:
        wish = replace(wish, tier="", data="", tags=())
    yield from known(
        (
            (LABELS["tier"], inlines(data(wish.tier))),
            (LABELS["data"], inlines(data(wish.data))),
            (LABELS["wished"], present(day(wish.wished) if wish.wished else None)),
            (LABELS["tags"], inlines(data(", ".join(wish.tags)))),
            (LABELS["links"], links(wish.links)),
        )
    )


def draft(review: Review) -> Iterator[Block]:
    """The document that was drafted of the decision."""
    made = review.draft
    if made is None:
        return
    label = shortened(clean(made.id or made.path), ID)
    if made.merged:
        yield Text(("It is written down as ", Link(label, made.url) if made.url else Strong(label), "."))
    else:
        yield Text(("A draft of it is written: ", Literal(shortened(clean(made.path), 200)), "."))


def cautions(review: Review, escalated_to: str = "", unreached: Sequence[str] = ()) -> Iterator[Block]:
    """What has to be known first."""
    if review.escalated and review.stage is Stage.IN_REVIEW:
        role = shortened(escalated_to, ID)
        yield Caution((f"The deadline has passed{f': {role} is asked to see to it' if role else ''}.",))
    if names := [shortened(role, ID) for role in unreached]:
        yield Caution(
            (f"I can reach nobody for {in_words(names)}: ask an administrator to give that role people or a room.",)
        )


def small_print(review: Review, zone: tzinfo) -> Note:
    """Why it is reviewed so, since when, by which rule."""
    return Note((f"{why(review.terms)} · asked on {day_there(review.asked_at, zone)} · by {rule(review)}",))


def _seat(role: str, voice: Voice | None, reviewer: Reviewer | None) -> Inlines:
    name = shortened(role, ID)
    if voice:
        return (f"{name}: {_by(voice)} ", Strong(SAYS[voice.choice]))
    if reviewer is None:
        return (f"{name}: ", Strong("open"))
    if reviewer.claimed_at:
        return (f"{name}: {who(reviewer.who)} reviews it",)
    given = f", handed over by {who(reviewer.handed_by)}" if reviewer.handed_by else ", assigned"
    return (f"{name}: {who(reviewer.who)}{given}",)


def _by(voice: Voice) -> str:
    stand_in = f" for {who(voice.right.speaks_for)}" if voice.right.speaks_for else ""
    return f"{who(voice.right.by)}{stand_in}"


def _touched(each: Touched) -> Inlines:
    id_ = shortened(clean(each.id), ID)
    named_: Inlines = (Link(id_, each.url),) if each.url else (Strong(id_),)
    parts: list[Inlines] = [
        (f"{KINDS.get(each.kind, 'Document')} ", *named_),
        inlines(shortened(" ".join(clean(each.title).split()), TITLE)),
        inlines(shortened(" ".join(clean(each.why).split()), TITLE)),
    ]
    return joined(parts)

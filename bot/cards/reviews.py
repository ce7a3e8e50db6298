"""Reviews as cards: for those who review, for whoever asked, for rooms that hear of them, for whoever looks one up; reminders, and the
words for whoever did something. Where a review stands is drawn from its state alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from bot.cards.exception_words import Told, day, moment, quoted, said, who, zone_of
from bot.cards.model import BREAK, Block, Button, Card, Caution, Inlines, Note, Quote, Strong, Text
from bot.cards.review_buttons import askers, concerned, reviewing, show
from bot.cards.review_forms import BUTTONS
from bot.cards.review_parts import (
    ALL,
    cautions,
    concerns,
    conditions,
    conflicts,
    draft,
    facts_of,
    proposal,
    seats,
    small_print,
    touches,
    voices,
)
from bot.cards.review_words import meeting, outcome, outcome_of, sentence, standing, title_of, waits_for, why
from bot.cards.text import shortened
from bot.domain.review_commands import About, Does
from bot.domain.reviews import OPEN, Kind, Review, Stage, read

SUMMARY, WORDS = 200, 400


def review_card(facts: Told) -> Card:
    """A review for those who review it; once it is decided, how and by whom. Where a `newer` post of it stands, that is where one
    decides."""
    review, zone = read(facts["review"]), zone_of(facts)
    if review.stage not in OPEN:
        return _decided_card("design_review", review, zone, (show(review),))
    if facts.get("newer"):
        blocks: tuple[Block, ...] = (*_head(review, zone), Note(("There is a newer post of this: decide there.",)))
        return Card("design_review", _summary(review), blocks, title_of(review), (show(review),))
    blocks = (
        *_head(review, zone),
        *cautions(review, str(facts.get("escalated_to") or ""), facts.get("unreached") or ()),
        *seats(review),
        *concerns(review, zone),
        *voices(review),
        *conditions(review),
        *conflicts(review),
        small_print(review, zone),
        *proposal(review),
        *touches(review),
        *facts_of(review, short=True),
    )
    return Card("design_review", _summary(review), blocks, title_of(review), (*reviewing(review), show(review)))


def asked_card(facts: Told) -> Card:
    """For whoever asked: where it stands, what it waits for, what they can do; where a `newer` post of it stands, there."""
    review, zone = read(facts["review"]), zone_of(facts)
    buttons = (show(review),) if facts.get("newer") else (*askers(review), show(review))
    if review.stage not in OPEN:
        return _decided_card("design_review_asked", review, zone, buttons)
    blocks = (
        *_head(review, zone),
        *cautions(review, str(facts.get("escalated_to") or "")),
        *seats(review),
        *concerns(review, zone),
        *voices(review),
        *conditions(review),
        small_print(review, zone),
    )
    return Card("design_review_asked", _summary(review), blocks, title_of(review), buttons)


def told_card(facts: Told) -> Card:
    """For rooms that hear of reviews: that one was asked for, or how it ended; a change of a standard is said to be one."""
    review, zone = read(facts["review"]), zone_of(facts)
    wish = review.wish
    blocks: list[Block] = [Text((Strong(review.id), " · ", *outcome(review, zone))), Text(sentence(review))]
    if wish.kind is Kind.STANDARD_CHANGE and review.stage in (Stage.APPROVED, Stage.APPROVED_WITH_CONDITIONS):
        target = wish.target.id if wish.target else "The standard"
        blocks.insert(0, Caution((f"{shortened(target, 60)} is to read differently: the change is accepted.",)))
        blocks += proposal(review)
    if review.stage is Stage.IN_REVIEW and (rest := waits_for(review, zone)):
        blocks.append(Note((f"{outcome_of(review.terms)} · it waits for {rest}",)))
    blocks += [*conditions(review), *draft(review)]
    summary = shortened(f"{title_of(review)}: {standing(review)}. {said(sentence(review))}", SUMMARY)
    return Card("design_review_told", summary, tuple(blocks), title_of(review), (show(review),))


def reminder_card(facts: Told) -> Card:
    """To those who have not spoken, and, when a deferred one is asked anew, to whoever asked: what it waits for, and until when."""
    review, zone = read(facts["review"]), zone_of(facts)
    if facts.get("what") == "anew":
        return _anew_card(review)
    rest, clock = waits_for(review, zone), review.clock
    if not rest or clock is None or clock.end is None or review.stage is not Stage.IN_REVIEW:
        line = f"{review.id} waits for nobody any more. {standing(review)}."
        return Card("design_review_reminder", line, (Text((line,)),), buttons=(show(review),))
    blocks: list[Block] = [
        Text((Strong(title_of(review)), " waits for ", Strong(rest), f", until {moment(clock.end, zone)}.")),
        Text(sentence(review)),
        *cautions(review, str(facts.get("escalated_to") or "")),
        Note((f"Open since {moment(clock.since, zone)}",)),
    ]
    summary = shortened(f"{review.id} waits for {rest}, until {moment(clock.end, zone)}.", SUMMARY)
    return Card("design_review_reminder", summary, tuple(blocks), buttons=(show(review, primary=True),))


def shown(
    review: Review, zone: tzinfo, *, is_asker: bool = False, may_review: bool = False, told: Told | None = None
) -> Card:
    """All of a review, for whoever looks it up. `may_review` says which buttons are offered; whether somebody may is asked again
    when they press one."""
    told = told or {}
    is_open = review.stage in OPEN
    blocks: tuple[Block, ...] = (
        *(_head(review, zone) if is_open else _decided(review, zone)),
        *cautions(review, str(told.get("escalated_to") or ""), told.get("unreached") or ()),
        *seats(review),
        *concerns(review, zone),
        *voices(review),
        *conditions(review),
        *conflicts(review),
        *draft(review),
        *proposal(review, ALL),
        *touches(review),
        *facts_of(review),
        small_print(review, zone),
    )
    buttons = askers(review) if is_asker else reviewing(review, all_of_them=True) if may_review else concerned(review)
    return Card("shown_design_review", _summary(review), blocks, title_of(review), tuple(buttons))


def sent(review: Review, zone: tzinfo) -> Card:
    """A word for whoever sent one: its id, who reviews it until when; or that none is needed, why, and what touches it."""
    if review.stage is Stage.NOT_NEEDED:
        blocks: tuple[Block, ...] = (
            Text((Strong("No review is needed"), f" for this: {why(review.terms)}.")),
            *touches(review),
            Note((f"It is on the record as {review.id}.",)),
        )
        summary = f"No review is needed. It is on the record as {review.id}."
        return Card("design_review_sent", summary, blocks, title_of(review), (show(review),))
    rest = waits_for(review, zone)
    when = f", until {moment(review.clock.end, zone)}" if review.clock and review.clock.end else ""
    board = f" The board takes it on {meeting(review, zone)}." if review.sitting else ""
    blocks = (
        Text(
            (Strong(review.id), " is sent. ", Strong(outcome_of(review.terms)), f": it waits for {rest}{when}.{board}")
        ),
        *touches(review),
        Note(("You hear by direct message how it goes on.",)),
    )
    summary = shortened(f"{review.id} is sent. It waits for {rest}.", SUMMARY)
    return Card("design_review_sent", summary, blocks, buttons=(show(review),))


def taken(review: Review, about: About, number: int = 0) -> Card:
    """A word for whoever did something: that it counts, and what comes next."""
    id_, rest = review.id, waits_for(review)
    waits = f" It still waits for {rest}." if rest and review.stage is Stage.IN_REVIEW else f" {standing(review)}."
    match about.does:
        case Does.CLAIM:
            line = f"{id_} is yours to review."
        case Does.HAND_OVER:
            line = f"{id_} is handed over. Your colleague is told."
        case Does.CONFLICT:
            line = f"Thank you. You do not decide on {id_}; others are asked."
        case Does.CONCERN:
            line = f"Your concern is noted on {id_}: it is not decided before it is resolved."
        case Does.RESOLVE:
            line = f"Concern {number or about.number} of {id_} is resolved.{waits}"
        case Does.WITHDRAW:
            line = f"{id_} is withdrawn. Those who were asked are told."
        case Does.RESUME:
            line = f"{id_} is in review again.{waits}"
        case does:
            line = f"Your “{BUTTONS[does]}” on {id_} counts.{waits}"
    return Card("design_review_taken", line, (Text((line,)),), buttons=(show(review),))


def _head(review: Review, zone: tzinfo) -> Iterator[Block]:
    """What is asked for, how it is reviewed, what it waits for and until when."""
    rest, clock = waits_for(review, zone), review.clock
    waits: Inlines = ()
    if review.stage is Stage.DEFERRED and review.deferral:
        waits = (Strong(standing(review)), f" by {who(review.deferral.by)}. Resume it when it can be decided.")
    elif rest:
        until = f", until {moment(clock.end, zone)}" if clock and clock.end else ""
        waits = ("It waits for ", Strong(rest), f"{until}.")
    yield Text((*sentence(review), " ", Strong(f"{outcome_of(review.terms)}."), *((BREAK, *waits) if waits else ())))
    if review.sitting:
        before = f" It was before the board on {day(review.met[-1])}." if review.met else ""
        yield Text(("The board takes it on ", Strong(meeting(review, zone)), f".{before}"))


def _decided(review: Review, zone: tzinfo) -> Iterator[Block]:
    yield Text(outcome(review, zone))
    yield Text((*sentence(review), f" {outcome_of(review.terms)}."))


def _decided_card(name: str, review: Review, zone: tzinfo, buttons: tuple[Button, ...]) -> Card:
    blocks = (
        *_decided(review, zone),
        *voices(review),
        *conditions(review),
        *draft(review),
        *concerns(review, zone),
        *conflicts(review),
        small_print(review, zone),
    )
    return Card(name, _summary(review), blocks, title_of(review), buttons)


def _anew_card(review: Review) -> Card:
    if review.stage is not Stage.DEFERRED or review.deferral is None:
        line = f"{review.id} is not deferred any more. {standing(review)}."
        return Card("design_review_reminder", line, (Text((line,)),), buttons=(show(review),))
    line = f"{review.id} was deferred until {day(review.deferral.until)}. Can it be decided now?"
    blocks: tuple[Block, ...] = (
        Text(
            (
                Strong(title_of(review)),
                f" was deferred until {day(review.deferral.until)} by {who(review.deferral.by)}:",
            )
        ),
        Quote(quoted(review.deferral.reason, WORDS)),
        Text(("Can it be decided now? Resume it, and those who review it are asked anew.",)),
    )
    return Card("design_review_reminder", line, blocks, buttons=(*reviewing(review), show(review)))


def _summary(review: Review) -> str:
    return shortened(f"{title_of(review)}: {standing(review)}. {said(sentence(review))}", SUMMARY)

"""The agenda of a board as a card, its minutes afterwards, and the queue of reviews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo

from bot.cards.describing import count
from bot.cards.exception_parts import listed
from bot.cards.exception_words import ID, Told, data, day, day_of, moment, named, people, quote, who, zone_of
from bot.cards.model import Block, Button, Card, Heading, Inlines, Literal, Note, Place, Strong, Text, inlines, joined
from bot.cards.review_forms import REQUEST
from bot.cards.review_words import named_title, standing, waits_for
from bot.cards.text import shortened
from bot.domain.announcements import Json
from bot.domain.review_cycle import Cycle
from bot.domain.reviews import DECIDED, OPEN, Review, Stage

ITEMS, DECIDABLE, CONDITIONS, WORDS, PAGE = 12, 4, 4, 160, 8
FILTERS = {"mine": "Your reviews", "pending": "Reviews that wait", "board": "Reviews for the board"}


def item_of(review: Review, on: date) -> dict[str, Json]:
    """An item of the agenda of a day, as facts: what it is, where it stands, what was decided by whom and why."""
    moved = review.sitting is not None and review.sitting.day != on
    return {
        "id": review.id,
        "title": review.wish.title,
        "service": review.wish.service,
        "by": who(review.asked_by),
        "standing": standing(review),
        "is_open": review.stage in OPEN,
        "is_decided": review.stage in DECIDED,
        "waits": waits_for(review),
        "decided_by": people(review.decided_by) if review.decided_by else "",
        "words": [{"by": who(each.right.by), "text": each.words} for each in review.voices[:CONDITIONS] if each.words],
        "conditions": [
            {"text": each.text, "owner": each.owner, "due": each.due.isoformat()} for each in review.conditions
        ],
        "next": review.sitting.day.isoformat() if moved and review.sitting else "",
    }


def agenda_card(facts: Told) -> Card:
    """What a board is to decide at its meeting; once it is over, or all of it is decided, what it decided."""
    zone, items = zone_of(facts), list(facts.get("items") or ())
    left = [each for each in items if each.get("is_open") and not each.get("next")]
    is_over = bool(facts.get("over")) or not left
    when = _when(facts, zone)
    board = shortened(str(facts.get("outcome") or "board"), ID)
    head = f"{'Minutes' if is_over else 'Agenda'} of the {board} on {when}"
    line = f"{count(len(items), 'review')}" + (f", {len(left)} to be decided." if left and not is_over else ".")
    blocks: list[Block] = [Text((line,))]
    for each in items[:ITEMS]:
        blocks += _item(each)
    if len(items) > ITEMS:
        blocks.append(Note((f"and {len(items) - ITEMS} more: ", Literal("reviews board"))))
    buttons = tuple(
        Button(f"Decide {shortened(str(each.get('id')), ID)}", "review_show", str(each.get("id")), primary=not number)
        for number, each in enumerate(left[:DECIDABLE])
    )
    return Card("design_review_agenda", f"{head}: {line}", tuple(blocks), head, () if is_over else buttons)


def queue(  # all that stands on the card
    reviews: Sequence[Review],
    total: int,
    filter_: str,
    skip: int,
    word: str,
    *,
    ages: Sequence[int],
    cycle: Cycle | None = None,
) -> Card:
    """A page of the queue: `total` reviews in all, these after the first `skip`, each with its age in days. `word` is the command
    word, or ""; `cycle` how long decisions took lately."""
    service = filter_.partition(":")[2].strip() if filter_.lower().startswith("service:") else ""
    title = FILTERS.get(filter_.lower(), "Reviews")
    place = Place.INSTEAD if skip else Place.BESIDE
    of: Inlines = (" for ", *inlines(data(service))) if service else ()
    small = _cycle(cycle)
    if not reviews:
        none: Inlines = ("There are none", *of, ".") if not total else ("There are no more.",)
        ask = Button(REQUEST, "review_form", form=True)
        return Card("design_review_queue", f"{title}: none.", (Text(none), *small), title, (ask,), place)
    last = skip + len(reviews)
    page = f", {skip + 1} to {last}" if total > len(reviews) else ""
    before = f"{word} " if word else ""
    lines = [_entry(review, age) for review, age in zip(reviews, ages, strict=True)]
    blocks: tuple[Block, ...] = (
        Text((count(total, "review"), *of, page)),
        listed(lines, len(lines), len(lines)),
        *small,
        Note(("To see one: ", Literal(f"{before}show {reviews[0].id}"))),
    )
    buttons = (
        *((Button("More", "reviews", f"{filter_}@{last}"),) if last < total else ()),
        *((Button("Back", "reviews", f"{filter_}@{max(skip - PAGE, 0)}"),) if skip else ()),
        Button(REQUEST, "review_form", form=True),
    )
    return Card("design_review_queue", f"{title}: {total}.", blocks, title, buttons, place)


def _item(each: Told) -> Iterator[Block]:
    id_, title = shortened(str(each.get("id") or ""), ID), named(str(each.get("title") or ""))
    service = data(str(each.get("service") or ""))
    yield Heading(f"{id_} · {title}")
    asked: Inlines = (f"Asked by {named(str(each.get('by') or ''))}", *((" for ", service) if service else ()), ". ")
    state = shortened(str(each.get("standing") or ""), ID)
    if each.get("next"):
        yield Text((*asked, Strong("Not decided"), f": it goes to the board of {day_of(each['next'])}."))
    elif each.get("is_decided"):
        yield Text((*asked, Strong(state), f" by {shortened(str(each.get('decided_by') or ''), WORDS)}."))
    elif rest := shortened(str(each.get("waits") or ""), WORDS):
        yield Text((*asked, Strong(state), f": it waits for {rest}."))
    else:
        yield Text((*asked, Strong(state), "."))
    said = list(each.get("words") or ()) if each.get("is_decided") else []
    lines: list[Inlines] = [
        *(_condition(one) for one in each.get("conditions") or ()),
        *((f"{named(str(one.get('by') or ''))}: {quote(str(one.get('text') or ''), WORDS)}",) for one in said),
    ]
    if lines:
        yield listed(lines, len(lines), 2 * CONDITIONS)


def _condition(each: Told) -> Inlines:
    owner = named(str(each.get("owner") or ""))
    return (f"Condition: {quote(str(each.get('text') or ''), WORDS)} · {owner}, by {day_of(each.get('due'))}",)


def _entry(review: Review, age: int) -> Inlines:
    rest, board = waits_for(review), review.sitting
    has = [each for each in review.reviewers if each.claimed_at] or list(review.reviewers)
    names = people([each.who for each in has[:3]]) if has and review.stage in OPEN else ""
    parts: list[Inlines] = [
        (Strong(review.id),),
        inlines(named_title(review, 40)),
        inlines(data(review.wish.service)),
        (standing(review),),
        inlines(f"with {names}" if names else None),
        inlines(f"waits for {rest}" if rest and review.stage is Stage.IN_REVIEW else None),
        inlines(f"board of {day(board.day)}" if board else None),
        inlines(f"{count(age, 'day')} old" if review.stage in OPEN else None),
    ]
    return joined(parts)


def _cycle(cycle: Cycle | None) -> tuple[Note, ...]:
    if cycle is None:
        return ()
    middle, most = (f"{each:.1f}".removesuffix(".0") for each in (cycle.median, cycle.p90))
    days = "business day" if middle == "1" else "business days"
    took = f"From request to decision: {middle} {days} in the middle, nine in ten within {most}"
    return (Note((f"{took} ({count(cycle.count, 'decision')} in 90 days).",)),)


def _when(facts: Told, zone: tzinfo) -> str:
    try:
        return moment(datetime.fromisoformat(str(facts.get("at"))), zone)
    except ValueError:
        return day_of(facts.get("day"))

"""How reviews are spoken of: what is reviewed, where it stands, what it waits for. All of it is drawn from state; words of people come
as data, apart from ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.cards.describing import count
from bot.cards.exception_words import ID, capital, data, day, day_there, moment, people, quote, roles, who
from bot.cards.model import Inlines, Strong
from bot.cards.text import clean, shortened
from bot.domain.review_decisions import open_seats
from bot.domain.reviews import Kind, Review, Stage, Terms
from bot.domain.rights import in_words

TITLE, REVISION = 80, 8
KINDS = {Kind.DESIGN: "a design", Kind.STANDARD_CHANGE: "a change of a standard"}


def title_of(review: Review) -> str:
    """Its id and its title, on one line."""
    return f"{review.id} · {named_title(review)}"


def named_title(review: Review, most: int = TITLE) -> str:
    """What the asker calls it, on one line."""
    return shortened(" ".join(clean(review.wish.title).split()), most) or "a design"


def sentence(review: Review) -> Inlines:
    """Who asks for what, in one sentence."""
    wish, asks = review.wish, "asks" if review.decided_at is None else "asked"
    service = data(wish.service)
    of = (" for ", service) if service else ()
    if wish.kind is Kind.STANDARD_CHANGE:
        target = shortened(wish.target.id, ID) if wish.target else "a standard"
        return (f"{who(review.asked_by)} {asks} for a change of ", Strong(target), *of, ".")
    return (f"{who(review.asked_by)} {asks} for a review of a design", *of, ".")


def outcome_of(terms: Terms) -> str:
    """What the decision matrix says: "Light review", "No review"."""
    name = shortened(" ".join(clean(terms.outcome).split()), ID)
    return f"{capital(name)} review" if terms.is_needed else "No review"


def why(terms: Terms) -> str:
    """Why it is so: the points of the answers."""
    each = [f"{shortened(one.question, ID)}: {shortened(one.answer, ID)} ({one.points})" for one in terms.weights]
    return f"{count(terms.points, 'point')}{' by ' if each else ''}{', '.join(each)}"


def rule(review: Review) -> str:
    """By which rule it is reviewed."""
    revision = review.terms.revision
    short = f"{revision[:REVISION]}…" if len(revision) > REVISION else revision
    return f"{shortened(review.rule, ID)} of governance.yaml{f', {short}' if short else ''}"


def waits_for(review: Review, zone: tzinfo | None = None) -> str:
    """What it waits for, in words; "" for nothing."""
    if review.stage is Stage.DEFERRED and review.deferral:
        return day(review.deferral.until)
    if review.stage is not Stage.IN_REVIEW:
        return ""
    seats, concerns, clock = open_seats(review), review.open_concerns, review.clock
    parts = [roles(seats)] if seats else []
    if concerns:
        parts.append(f"{count(len(concerns), 'open concern')}")
    if clock and clock.comment:
        parts.append(f"the end of the comment time{f' on {moment(clock.comment, zone)}' if zone else ''}")
    return in_words(parts) if parts else ""


def standing(review: Review) -> str:
    """Where it stands, in a few words."""
    if review.stage is Stage.NOT_NEEDED:
        return "No review is needed"
    if review.stage is Stage.DEFERRED and review.deferral:
        return f"Deferred until {day(review.deferral.until)}"
    return capital(review.stage)


def outcome(review: Review, zone: tzinfo) -> Inlines:
    """How it ended, with who and when, or where it stands: one sentence."""
    if review.stage in (Stage.IN_REVIEW, Stage.NOT_NEEDED):
        return (Strong(standing(review)), ".")
    if review.deferral:
        return (Strong(standing(review)), f" by {who(review.deferral.by)}.")
    by = f" by {people(review.decided_by)}" if review.decided_by else ""
    on = f" on {day_there(review.decided_at, zone)}" if review.decided_at else ""
    return (Strong(capital(review.stage)), f"{by}{on}.")


def meeting(review: Review, zone: tzinfo) -> str:
    """When its board meets; "" for none."""
    return moment(review.sitting.at, zone) if review.sitting else ""


def spoken(texts: Sequence[str], most: int) -> str:
    """Short texts of people within a line of ours."""
    return ", ".join(quote(text, most) for text in texts)

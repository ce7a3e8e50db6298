"""What somebody fills in who asks for a review, what is wrong with it, and what the decision matrix makes of it.

Everything that is wrong is told at once, each fault with the field that it stands beside. Fields: kind, title, description,
service, tier, data, wished, links, tags, target, proposal, and the questions of the matrix as "matrix:scope".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from bot.domain.exception_forms import LONGEST_NAME, LONGEST_TEXT, MOST_LINKS, FieldFault, Target, is_link, text_fault
from bot.domain.governance import Governance, Outcome
from bot.domain.reviews import Kind, Terms, Weight, Wish
from bot.errors import NoReviewRules

LONGEST_TITLE, LONGEST_TAGS, MOST_TAGS = 120, 200, 8
MATRIX = "matrix:"
TEXTS = ("title", "description", "service", "tier", "data", "proposal")
CHOSEN = ("tier", "data")  # answered from the risk question of their name, where there is one
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "kind": "Kind",
        "target": "Clause or standard",
        "proposal": "Proposed text",
        "title": "Title",
        "description": "Description",
        "service": "Service",
        "tier": "Tier",
        "data": "Data class",
        "wished": "Wished by",
        "links": "Links",
        "tags": "Areas",
    }
)
_MISSING = {"title": "Give it a title.", "description": "Say what is to be built or changed, and why."}
_APART = re.compile(r"[,;\s]+")


def filled_in(fields: Mapping[str, str], target: Target | None) -> Wish:
    """A wish from a form's fields by their names, all of them texts; `target` is the one that its field names, None where there
    is none. Days are ISO dates, and what is none counts as missing."""
    kind = fields.get("kind", "")
    return Wish(
        kind=Kind(kind) if kind in tuple(Kind) else Kind.DESIGN,
        wished=_day(fields.get("wished", "")),
        links=tuple(fields.get("links", "").split()),
        tags=tuple(tag for tag in _APART.split(fields.get("tags", "").lower()) if tag),
        answers={name.removeprefix(MATRIX): text for name, text in fields.items() if name.startswith(MATRIX) and text},
        target=target,
        **{name: fields.get(name, "") for name in TEXTS},
    )


def tidied(wish: Wish) -> Wish:
    """The same without the spaces around its texts, each link and tag once, and nothing of a standard change where it is none."""
    texts = {name: getattr(wish, name).strip() for name in TEXTS}
    links = tuple(dict.fromkeys(link for link in wish.links if link))
    wish = replace(wish, links=links, tags=tuple(dict.fromkeys(wish.tags)), **texts)
    return wish if wish.kind is Kind.STANDARD_CHANGE else replace(wish, target=None, proposal="")


def terms(wish: Wish, governance: Governance) -> Terms:
    """What the matrix makes of a wish as far as it is filled in; a question without an answer weighs nothing yet.

    The outcome is the highest whose points are reached. A change of a standard is always reviewed: by the lowest outcome that has
    reviewers where the points reach none. Raises `NoReviewRules` where the file has no outcome for it.
    """
    rules = governance.reviews
    weights = tuple(
        Weight(name, wish.answers[name], answers[wish.answers[name]])
        for name, answers in rules.questions.items()
        if wish.answers.get(name) in answers
    )
    points = sum(each.points for each in weights)
    ordered = sorted(rules.outcomes.items(), key=lambda each: each[1].points)  # stable: of equals the later one counts
    reached = [each for each in ordered if each[1].points <= points]
    found = reached[-1] if reached else None
    if wish.kind is Kind.STANDARD_CHANGE and (found is None or not found[1].reviewers):
        found = next((each for each in ordered if each[1].reviewers), None)
    if found is None:
        raise NoReviewRules
    return _pinned(*found, points, weights, governance)


def faults(wish: Wish, governance: Governance, now: datetime) -> tuple[FieldFault, ...]:
    """All that is wrong with a wish (`tidied`) that is sent now, in the order of the form."""
    told: list[FieldFault] = []
    if wish.kind is Kind.STANDARD_CHANGE:
        if wish.target is None:
            told.append(FieldFault("target", "Choose the clause or standard that is to be changed."))
        told += text_fault("proposal", wish.proposal, LONGEST_TEXT, required="Write how it is to read.")
    told += text_fault("title", wish.title, LONGEST_TITLE, required=_MISSING["title"])
    told += text_fault("description", wish.description, LONGEST_TEXT, required=_MISSING["description"])
    for name, answers in governance.reviews.questions.items():
        answer = wish.answers.get(name, "")
        if answer not in answers:
            said = f"“{answer[:60]}” is no answer that is known: choose" if answer else "Choose"
            told.append(FieldFault(f"{MATRIX}{name}", f"{said} one of {', '.join(answers)}."))
    for name in ("service", "tier", "data"):
        told += text_fault(name, getattr(wish, name), LONGEST_NAME)
    today = governance.calendar.today(now)
    if wish.wished and wish.wished < today:
        told.append(FieldFault("wished", f"{wish.wished} is past: give today or a later day."))
    told += _links(wish.links)
    if len(wish.tags) > MOST_TAGS or len(" ".join(wish.tags)) > LONGEST_TAGS:
        told.append(FieldFault("tags", f"Give {MOST_TAGS} areas at most, in a word each."))
    return tuple(told)


def _pinned(name: str, outcome: Outcome, points: int, weights: tuple[Weight, ...], governance: Governance) -> Terms:
    meets = outcome.meets
    return Terms(
        revision=governance.revision,
        outcome=name,
        points=points,
        weights=weights,
        seats=outcome.reviewers,
        within=outcome.within,
        comment=outcome.comment,
        weekday=meets.weekday if meets else 0,
        at=f"{meets.at:%H:%M}" if meets and outcome.reviewers else "",
        agenda=outcome.agenda,
        room=outcome.room,
        escalate=governance.escalate,
    )


def _links(links: tuple[str, ...]) -> list[FieldFault]:
    if len(links) > MOST_LINKS:
        return [FieldFault("links", f"These are {len(links)} links; give the {MOST_LINKS} that matter most.")]
    wrong = next((link for link in links if not is_link(link)), None)
    return [FieldFault("links", f"“{wrong[:60]}” is no https:// address: copy it from the browser.")] if wrong else []


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None

"""The documents that follow from a review: an ADR in the layout of MADR 4 (https://adr.github.io/madr/), by a template that an
organisation can replace; and what a change of a standard is to change.

A template has `{placeholders}`: id, title, status, date, decision_makers, consulted, context, drivers, outcome, rationale, consequences,
conditions, concerns, links, review. What people wrote stands in it as quoted lines: none of it becomes a heading or front matter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from bot.domain.reviews import Choice, Review, Stage

_PLACE = re.compile(r"\{([a-z_]+)\}")
_BLANK = re.compile(r"\n{3,}")
TEMPLATE = """\
---
id: {id}
title: {title}
status: {status}
date: {date}
decision-makers: {decision_makers}
consulted: {consulted}
---

# {heading}

## Context and Problem Statement

{context}

## Decision Drivers

{drivers}

## Decision Outcome

{outcome}

{rationale}

### Consequences

{consequences}

### Confirmation

{conditions}

## More Information

{links}

{concerns}
"""


def adr(review: Review, id_: str, on: date, template: str = "") -> str:
    """The text of an ADR for a review that was approved, decided `on` that day. Placeholders that are not known stay as they are."""
    values = _values(review, id_, on)
    text = _PLACE.sub(lambda found: values.get(found[1], found[0]), template or TEMPLATE)
    return f"{_BLANK.sub(chr(10) * 2, text).strip()}\n"


def change_of_standard(review: Review, id_: str, on: date) -> str:
    """The text of a document that says what is to change in a standard: what the clause says, and what it is to say."""
    wish, values = review.wish, _values(review, id_, on)
    target = wish.target
    named = target.id if target else "the standard"
    front = {
        "id": id_,
        "title": f"Change of {named}: {wish.title}",
        "kind": "guide",
        "status": "proposed",
        "date": on.isoformat(),
    }
    lines = [f"{name}: {_scalar(value)}" for name, value in front.items()]
    place = f"`{_line(target.document)}`" if target else "the standard"
    parts = [
        "---\n" + "\n".join(lines) + "\n---",
        f"# {_line(f'Change of {named}: {wish.title}')}",
        f"{review.id} accepted this change of {place}. Once it is made there, this page has done its work.",
        "## As it is",
        quoted(target.text if target else "") or "> (all of it)",
        "## As it is to be",
        quoted(wish.proposal),
        "## Why",
        quoted(wish.description),
        values["rationale"],
        "## More Information",
        values["links"],
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def quoted(words: str) -> str:
    """What a person wrote as a quotation in Markdown, line by line."""
    return "\n".join(f"> {line}".rstrip() for line in words.strip().splitlines())


def _values(review: Review, id_: str, on: date) -> Mapping[str, str]:
    wish = review.wish
    approved = review.stage in (Stage.APPROVED, Stage.APPROVED_WITH_CONDITIONS)
    people = {each.right.by.id: each.right.by for each in review.voices if each.choice is not Choice.DEFER}
    makers = [str(each) for each in people.values()]
    consulted = [str(each.by) for each in review.concerns if each.by.id not in people]
    service = f" for the service {_line(wish.service)}" if wish.service else ""
    said = "\n\n".join(
        f"{_line(str(each.right.by))} wrote:\n\n{quoted(each.words)}" for each in review.voices if each.words
    )
    drivers = [f"{_line(each.question)}: {_line(each.answer)} ({each.points} points)" for each in review.terms.weights]
    demands = [
        f"{_line(each.text)} ({_line(each.owner)}, by {each.due}{_numbered(each.obligation)})"
        for each in review.conditions
    ]
    concerns = [
        f"Concern {each.number}, {_line(str(each.by))}: {_line(each.text)} Resolved: {_line(each.resolution)}"
        for each in review.concerns
    ]
    return {
        "id": _scalar(id_),
        "title": _scalar(wish.title),
        "heading": _line(wish.title),
        "status": "accepted" if approved else "proposed",
        "date": on.isoformat(),
        "decision_makers": _list(makers),
        "consulted": _list(dict.fromkeys(consulted)),
        "context": quoted(wish.description) or "> (nothing was written)",
        "drivers": _bullets(drivers) or "* (none were named)",
        "outcome": f"{review.id}{service} was {review.stage} on {on}.",
        "rationale": said,
        "consequences": _bullets(demands) if demands else "* It is built as it was proposed.",
        "conditions": "The obligations of the conditions above show it." if demands else "No conditions were set.",
        "concerns": f"Concerns that were resolved:\n\n{_bullets(concerns)}" if concerns else "",
        "links": _bullets([f"Review {review.id}", *_linked(review)]),
        "review": review.id,
    }


def _linked(review: Review) -> Iterable[str]:
    yield from (f"<{link}>" for link in review.wish.links)
    yield from (f"{_line(each.id)}: {_line(each.title)} ({_line(each.why)})" for each in review.touches)


def _numbered(obligation: str) -> str:
    return f", {obligation}" if obligation else ""


def _scalar(text: str) -> str:
    """A text as YAML reads it back, whatever it holds: JSON is YAML."""
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*-\d+", text) else json.dumps(_line(text), ensure_ascii=False)


def _list(texts: Iterable[str]) -> str:
    return json.dumps([_line(text) for text in texts], ensure_ascii=False)


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"* {line}" for line in lines)


def _line(text: str) -> str:
    """A text on one line, without what begins a heading, HTML or a placeholder."""
    words = " ".join(text.split())
    return words.replace("<", "&lt;").lstrip("#>-*+ ") if words else ""

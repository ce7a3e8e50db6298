"""How documents are quoted and named: their exact words, and where these stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from bot.cards.model import BREAK, Inlines, Link, Literal, Quote, Strong, inlines, joined
from bot.cards.text import shortened
from knowledge.documents import Citation, Kind, Level, Line, Status

QUOTE = 500  # characters of one quoted sentence; longer ones are rare, and their source is a tap away
TITLE = 120
TIES = 5  # documents named in one line

_DEMANDS = ("MUST", "SHALL", "SHOULD", "MAY", "REQUIRED", "RECOMMENDED", "OPTIONAL")
_REQUIREMENT = re.compile(
    r"(?<![A-Za-z])((?:MUST|SHALL|SHOULD)(?: NOT)?|MAY|(?:NOT )?REQUIRED|(?:NOT )?RECOMMENDED|OPTIONAL)(?![A-Za-z])"
)


def quotes(lines: Sequence[Line], longest: int = QUOTE) -> Iterable[tuple[Quote, Citation]]:
    """Lines of one clause or passage share a quote and a source; further clauses of a document name it no more. With each quote
    comes where it stands."""
    text: Inlines = ()
    before: Citation | None = None
    for line, following in zip_longest(lines, lines[1:]):
        text += (*((BREAK,) if text else ()), *marked(shortened(bare(line.text), longest), line.level, line.text))
        if following and _place(following.citation) == _place(line.citation):
            continue
        yield Quote(text, source(line.citation, before)), line.citation
        text, before = (), line.citation


def source(where: Citation, before: Citation | None = None) -> Inlines:
    """Where a quote stands, its id linked; no more than what differs when the source `before` is the same document."""
    if before and before.path == where.path:
        further = where.heading if where.heading != before.heading else ""
        return inlines(Link(where.clause or where.id, where.url), f" · {further}" if further else None)
    titled = f"{where.title} › {where.heading}" if where.heading and where.heading != where.title else where.title
    return _identified(where, dotted(titled, where.owner, _reviewed(where)))


def card_source(where: Citation) -> Inlines:
    """The same below a card's title, which already says the document's."""
    return _identified(where, dotted(kind_word(where.kind), where.heading, where.owner, _reviewed(where)))


def _identified(where: Citation, about: str) -> Inlines:
    link = Link(where.clause or where.id, where.url)
    if where.status is Status.ACCEPTED:
        return link, f" · {about}"
    return link, " · ", Strong(where.status.value), f" · {about}"


def marked(text: str, level: Level | None, original: str = "") -> Inlines:
    """The words of a document with the requirement words standing out; code stays code."""
    if original.startswith("\t"):
        return (Literal(text),)
    # Ten times faster than the pattern where there is none: a search draws ten excerpts at every key.
    parts = _REQUIREMENT.split(text) if any(map(text.__contains__, _DEMANDS)) else [text]
    if len(parts) == 1 and level:  # many standards demand in small letters
        parts = re.split(rf"\b({level})\b", text, maxsplit=1, flags=re.IGNORECASE)
    return tuple(Strong(part) if odd % 2 else part for odd, part in enumerate(parts) if part)


def bare(text: str) -> str:
    """A line of a passage without the mark of a list or of code."""
    return text.removeprefix("- ").strip()


def named(where: Citation) -> Inlines:
    """A document as one line of a list."""
    title = shortened(where.title, TITLE)
    if title.startswith(where.id):
        line: Inlines = (Link(title, where.url),)
    else:
        line = (Link(where.id, where.url), f" · {title}")
    return line if where.status is Status.ACCEPTED else (*line, " · ", Strong(where.status.value))


def links(citations: Sequence[Citation]) -> Inlines:
    """Documents within one line: their ids, and the title of a single one."""
    if len(citations) == 1:
        return named(citations[0])
    ids = joined([(Link(where.id, where.url),) for where in citations[:TIES]], ", ")
    return (*ids, f" and {len(citations) - TIES} more") if len(citations) > TIES else ids


def preview(where: Citation) -> str:
    """A document in plain words: id, kind, status when it is not accepted, owner, last review."""
    status = None if where.status is Status.ACCEPTED else where.status.value
    return dotted(where.id, kind_word(where.kind), status, where.owner, _reviewed(where))


def dotted(*parts: str | None) -> str:
    """The parts that are there, with a dot between them."""
    return " · ".join([part for part in parts if part])


def kind_word(kind: Kind) -> str:
    """What people call a kind of document."""
    return "ADR" if kind is Kind.ADR else kind.value


def _reviewed(where: Citation) -> str | None:
    return f"reviewed {where.reviewed}" if where.reviewed else None


def _place(where: Citation) -> tuple[str, str, str | None]:
    return where.path, where.anchor, where.clause

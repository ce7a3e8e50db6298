"""Card → Adaptive Card 1.5 for Microsoft Teams, and results → the answer to a search extension.

Texts go into `TextRun`s, which know no Markdown; a mention needs an entity in `msteams`, and none is ever written, so
`<at>` stays as it is written. The one thing that clients do interpret in a run, `{{DATE(…)}}`, is broken up.
"""

from __future__ import annotations

import re
from typing import Any, assert_never

from bot.cards.addresses import drawn
from bot.cards.fit import Budget, fitted
from bot.cards.model import (
    BREAK,
    Block,
    Card,
    Caution,
    Code,
    Facts,
    Heading,
    Inline,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Result,
    Results,
    Strong,
    Text,
)
from bot.cards.text import clean, clean_lines, shortened

Json = dict[str, Any]

CARD = "application/vnd.microsoft.card.adaptive"
PREVIEW = "application/vnd.microsoft.card.thumbnail"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION = "1.5"  # the newest that Teams draws everywhere

# Of the 24,000 bytes of a card; the rest is for its frame, title and summary.
BUDGET = Budget(most=21_000, run=100, link=80, entry=350, block=270)
TITLE, FALLBACK, PREVIEW_TITLE, PREVIEW_TEXT = 150, 300, 120, 200

# Clients put a date of their own making in place of these; a word joiner keeps the words as they are.
_PLACEHOLDER = re.compile(r"\{\{(?=(?:DATE|TIME)\()", re.IGNORECASE)

# Previews are drawn as HTML in some clients and as Markdown in others: look-alikes are neither.
_INERT = str.maketrans({"<": "‹", ">": "›", "*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "[": "［", "]": "］"})

_PLAIN: Json = {}
_BOLD: Json = {"weight": "bolder"}
_SMALL: Json = {"size": "small", "isSubtle": True}
_SUBTLE: Json = {"isSubtle": True}
_TITLE: Json = {"size": "large", "weight": "bolder"}


def card(what: Card) -> Json:
    """The Adaptive Card, below 24 KB."""
    body: list[Json] = [_line((what.title,), _TITLE, limit=TITLE)] if what.title else []
    before: Block | None = None
    for block in fitted(what, BUDGET).blocks:
        elements = _elements(block)
        if elements and isinstance(block, Note) and not isinstance(before, Note):
            elements[0]["spacing"] = "medium"
        body += elements
        before = block
    if body:
        body[0] = {key: value for key, value in body[0].items() if key not in ("spacing", "separator")}
    return {
        "type": "AdaptiveCard",
        "$schema": SCHEMA,
        "version": VERSION,
        "fallbackText": inert(shortened(clean(what.summary), FALLBACK)),
        "body": body,
        "msteams": {"width": "Full"},
    }


def attachment(what: Card) -> Json:
    """The card as a message carries it."""
    return {"contentType": CARD, "content": card(what)}


def extension(results: Results) -> Json:
    """The body of the answer to `composeExtension/query`: a list with a preview and a card each."""
    attachments = [{**attachment(result.card), "preview": _preview(result)} for result in results.results]
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


def inert(text: str) -> str:
    """A text for the places where clients interpret HTML or Markdown."""
    return text.translate(_INERT)


def _preview(result: Result) -> Json:
    title, text = shortened(clean(result.title), PREVIEW_TITLE), shortened(clean(result.text), PREVIEW_TEXT)
    return {"contentType": PREVIEW, "content": {"title": inert(title), "text": inert(text)}}


def _elements(block: Block) -> list[Json]:
    match block:
        case Quote(line, source):
            items = _paragraph(line) + [_line(part, _SMALL, spacing="small") for part in _parts(source)]
            return _container("emphasis", items)
        case Text(line):
            return _paragraph(line)
        case Note(line):
            return [_line(part, _SMALL, spacing="small") for part in _parts(line)]
        case Caution(line):
            return _container("warning", _paragraph(line))
        case Items(lines, ordered):
            entries = [entry for line in lines if (entry := _paragraph(line))]
            marks = [f"{number}." if ordered else "•" for number in range(1, len(entries) + 1)]
            return [
                _columns(_line((mark,)), "28px" if ordered else "18px", entry)
                for mark, entry in zip(marks, entries, strict=True)
            ]
        case Facts(pairs):
            facts = [
                _columns(_line((label or "–",), _SUBTLE), "96px", _paragraph(line) or _paragraph(("–",)))
                for label, line in pairs
            ]
            return [{**facts[0], "spacing": "medium"}, *facts[1:]] if facts else []
        case Heading(text):
            return [{**_line((text,), _BOLD), "spacing": "medium", "separator": True}] if text else []
        case Code(text):
            return _code(text)
    assert_never(block)


def _container(style: str, items: list[Json]) -> list[Json]:
    return [{"type": "Container", "style": style, "items": items}] if items else []


def _code(text: str) -> list[Json]:
    style: Json = {"fontType": "monospace"}
    # Clients collapse ordinary spaces at the beginning of a line.
    lines = [line.rstrip() for line in clean_lines(text)]
    lines = ["\u00a0" * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ") for line in lines]
    items = [_line((line or "\u00a0",), style, spacing="none") for line in lines]
    return _container("emphasis", items)


def _columns(first: Json, width: str, rest: list[Json]) -> Json:
    return {
        "type": "ColumnSet",
        "spacing": "small",
        "columns": [
            {"type": "Column", "width": width, "items": [first]},
            {"type": "Column", "width": "stretch", "spacing": "small", "items": rest},
        ],
    }


def _paragraph(line: Inlines) -> list[Json]:
    return [_line(part, spacing="none" if index else None) for index, part in enumerate(_parts(line))]


def _parts(line: Inlines) -> list[Inlines]:
    """The line cut at its breaks: a run of text cannot break a line everywhere."""
    parts: list[list[Inline]] = [[]]
    for inline in line:
        if inline == BREAK:
            parts.append([])
        elif inline:
            parts[-1].append(inline)
    return [tuple(part) for part in parts if part]


def _line(line: Inlines, style: Json = _PLAIN, spacing: str | None = None, limit: int = 3_000) -> Json:
    element: Json = {"type": "RichTextBlock", "inlines": [_run(inline, style, limit) for inline in line if inline]}
    if spacing:
        element["spacing"] = spacing
    return element


def _run(inline: Inline, style: Json, limit: int) -> Json:
    if isinstance(inline, str):
        return {"type": "TextRun", "text": _said(inline, limit), **style}
    if isinstance(inline, Link):
        label, url = drawn(inline)
        run = {"type": "TextRun", "text": _said(label, limit), **style}
        return {**run, "selectAction": {"type": "Action.OpenUrl", "url": url}} if url else run
    own: Json = (
        {"fontType": "monospace"} if isinstance(inline, Literal) else _BOLD if isinstance(inline, Strong) else {}
    )
    return {"type": "TextRun", "text": _said(inline.text, limit), **style, **own}


def _said(text: str, limit: int) -> str:
    text = shortened(clean(text), limit)
    return _PLACEHOLDER.sub("{\u2060{", text) if "{{" in text else text or " "

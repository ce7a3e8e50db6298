"""Card → text for a terminal: wrapped to its width, with colour where the caller wants it.

Nothing that is printed can drive the terminal: control characters and escape sequences are removed from every text, and
links are shown as addresses, never hidden behind labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from bot.cards.addresses import drawn
from bot.cards.model import (
    BREAK,
    Added,
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
    Removed,
    Strong,
    Text,
)
from bot.cards.text import clean, clean_lines

NARROWEST = 20  # columns: below that nothing can be read anyway

_RESET = "\x1b[0m"
_BOLD, _DIM, _LINK, _LITERAL, _WARNING, _OLD, _NEW = (
    "\x1b[1m",
    "\x1b[2m",
    "\x1b[36m",
    "\x1b[35m",
    "\x1b[33m",
    "\x1b[31m",
    "\x1b[32m",
)
_PIECE = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class _Pen:
    """How wide the lines are, and whether colours are wanted."""

    width: int
    colour: bool

    def paint(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self.colour and style and text else text

    def wrap(self, line: Inlines, first: str = "", rest: str | None = None, style: str = "") -> Iterator[str]:
        """The line in rows, each behind its margin: `first` once, then `rest`."""
        margin, later = first, first if rest is None else rest
        row, used = "", 0
        for word in _words(line, style):
            size = sum(cells(piece) for piece, _ in word)
            if row and (not word or used + 1 + size > self.width - cells(margin)):
                yield f"{self.paint(margin, _DIM)}{row}"
                margin, row, used = later, "", 0
            if word:
                row += (" " if row else "") + "".join(self.paint(piece, own) for piece, own in word)
                used += size + (1 if used else 0)
        if row:
            yield f"{self.paint(margin, _DIM)}{row}"


def text(card: Card, *, width: int = 80, colour: bool = False) -> str:
    """The card in lines of at most `width` columns (an address or a line of code may be longer)."""
    pen = _Pen(max(width, NARROWEST), colour)
    paragraphs = [list(pen.wrap((Strong(card.title),)))] if card.title else []
    heading: list[str] = []
    seen: set[str] = set()
    for block in card.blocks:
        rows = heading + list(_rows(block, pen, seen))
        if isinstance(block, Heading):
            heading = rows
        elif rows:
            paragraphs.append(rows)
            heading = []
    paragraphs.append(heading)
    return "\n\n".join("\n".join(rows) for rows in paragraphs if rows)


def cells(word: str) -> int:
    """The columns that a text takes: two for wide characters, none for combining ones."""
    if word.isascii():
        return len(word)
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) == "Cf"
        else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in word
    )


def _rows(block: Block, pen: _Pen, seen: set[str]) -> Iterable[str]:
    match block:
        case Quote(line, source):
            return [*pen.wrap(line, "│ "), *_source(source, pen, seen)]
        case Text(line):
            return pen.wrap(line)
        case Note(line):
            return pen.wrap(line, style=_DIM)
        case Caution(line):
            return pen.wrap(line, "! ", "  ", _WARNING)
        case Items(lines, ordered):
            marks = [f"{number}. " if ordered else "• " for number in range(1, len(lines) + 1)]
            return [
                row for mark, line in zip(marks, lines, strict=True) for row in pen.wrap(line, mark, " " * len(mark))
            ]
        case Facts(pairs):
            column = min(max((cells(clean(label)) for label, _ in pairs), default=0), pen.width // 3) + 2
            return [row for pair in pairs for row in _fact(*pair, column, pen)]
        case Heading(heading):
            return pen.wrap((Strong(heading),))
        case Code(code):
            return ["    " + row for row in clean_lines(code)]
    assert_never(block)


def _source(source: Inlines, pen: _Pen, seen: set[str]) -> Iterator[str]:
    """Where a quote stands, and each address once: several clauses of one section have the same."""
    yield from pen.wrap(source, "  ", style=_DIM)
    for inline in source:
        url = drawn(inline)[1] if isinstance(inline, Link) else None
        if url and url not in seen:
            seen.add(url)
            yield "  " + pen.paint(url, _DIM)


def _fact(label: str, line: Inlines, column: int, pen: _Pen) -> Iterator[str]:
    name = clean(label)
    return pen.wrap(line or ("–",), name + " " * max(column - cells(name), 1), " " * column)


def _words(line: Inlines, style: str) -> Iterator[list[tuple[str, str]]]:
    """The words of a line, each in pieces of one style; an empty one is a line break."""
    word: list[tuple[str, str]] = []
    for inline in line:
        words, own = (" ", "") if inline == BREAK else _styled(inline, style)
        for piece in _PIECE.findall(words):
            if not piece.isspace():
                word.append((piece, own))
            elif word:
                yield word
                word = []
        if inline == BREAK:
            yield []
    if word:
        yield word


def _styled(inline: Inline, style: str) -> tuple[str, str]:
    match inline:
        case Strong(words):
            return clean(words), _BOLD
        case Literal(words):
            return clean(words), _LITERAL
        case Removed(words):
            return f"[-{clean(words)}-]", _OLD
        case Added(words):
            return f"{{+{clean(words)}+}}", _NEW
        case Link():
            label, url = drawn(inline)
            return label, _LINK if url else style
        case str():
            return clean(inline), style
    assert_never(inline)

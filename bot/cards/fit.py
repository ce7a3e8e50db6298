"""Cards are made to fit before they are drawn, so that every platform's limits hold by construction.

A budget is in bytes of the drawn JSON, as UTF-8 or with every special character escaped, whichever is more. Weights are
upper bounds of what the renderers write; tests with random cards hold them to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from bot.cards.model import Block, Card, Caution, Code, Facts, Heading, Inline, Inlines, Items, Link, Note, Quote, Text
from bot.cards.text import shortened

NOTICE = Note(("Shortened: this is too long to be shown whole here.",))

_SOME = 600  # bytes below which the beginning of something is not worth showing


@dataclass(frozen=True, slots=True)
class Budget:
    """The bytes that a card's blocks may take, and those that a platform needs around a run of text, a link, an entry of
    a list or of facts, and a block. Every block weighs at least `block`, which bounds their number too."""

    most: int
    run: int
    link: int
    entry: int
    block: int


def fitted(card: Card, budget: Budget) -> Card:
    """The card itself when its blocks keep the budget, else its beginning with a visible notice."""
    weights = [_weight(block, budget) for block in card.blocks]
    if sum(weights) <= budget.most:
        return card
    kept: list[Block] = []
    room = budget.most - _weight(NOTICE, budget)
    for block, weight in zip(card.blocks, weights, strict=True):
        if weight > room:
            kept.extend(_cut(block, room, budget))
            break
        kept.append(block)
        room -= weight
    return replace(card, blocks=(*kept, NOTICE))


def _weight(block: Block, budget: Budget) -> int:
    match block:
        case Quote(line, source):
            return 2 * budget.block + _line(line, budget) + _line(source, budget)
        case Text(line) | Note(line) | Caution(line):
            return budget.block + _line(line, budget)
        case Items(lines):
            return budget.block + sum([budget.entry + _line(line, budget) for line in lines])
        case Facts(pairs):
            return budget.block + sum([budget.entry + _text(label) + _line(line, budget) for label, line in pairs])
        case Heading(text):
            return budget.block + budget.run + _text(text)
        case Code(text):
            return budget.block + sum([_code(line, budget) for line in text.splitlines()])
    assert_never(block)


def _line(line: Inlines, budget: Budget) -> int:
    weight = budget.run * len(line)
    for inline in line:
        if isinstance(inline, str):
            weight += _text(inline)
        elif isinstance(inline, Link) and inline.url:
            # The address twice: its host may be shown beside the label.
            weight += budget.link + _text(inline.text) + 2 * _text(inline.url)
        else:
            weight += _text(inline.text)
    return weight


def _code(line: str, budget: Budget) -> int:
    # Its indentation may be drawn as no-break spaces, six bytes each, and a tab is four of them.
    return budget.entry + 6 * _text(line) + 18 * line.count("\t")


def _text(text: str) -> int:
    size = len(text)
    if text.isascii():
        # Quotes and backslashes are escaped; what looks like a placeholder is broken up.
        return size if '"' not in text and "\\" not in text and "{{" not in text else 2 * size
    return 6 * len(text.encode(errors="replace")) - 4 * size


def _cut(block: Block, room: int, budget: Budget) -> tuple[Block, ...]:
    """As much of a block as fits into `room` bytes; nothing when that is too little."""
    room -= 2 * budget.block
    if room < _SOME:
        return ()
    match block:
        case Quote(line, source):
            short = _shorter(source, room // 3, budget)
            return (Quote(_shorter(line, room - _line(short, budget), budget), short),)
        case Text(line) | Note(line) | Caution(line):
            return (replace(block, line=_shorter(line, room, budget)),)
        case Items(lines, ordered):
            return (Items(_first(lines, room, budget), ordered),)
        case Facts(pairs):
            lines = _first(tuple((label, *line) for label, line in pairs), room, budget)
            return (Facts(tuple((str(label), tuple(line)) for label, *line in lines)),)
        case Heading(text):
            return (Heading(_words(text, room - budget.run)),)
        case Code(text):
            return (Code("\n".join(_first_of_code(text, room, budget))),)
    assert_never(block)


def _first_of_code(text: str, room: int, budget: Budget) -> Iterator[str]:
    for line in text.splitlines():
        room -= _code(line, budget)
        if room < 0:
            return
        yield line


def _first(lines: tuple[Inlines, ...], room: int, budget: Budget) -> tuple[Inlines, ...]:
    kept: list[Inlines] = []
    for line in lines:
        short = _shorter(line, room - budget.entry, budget)
        room -= budget.entry + _line(short, budget)
        if not short or room < 0:
            break
        kept.append(short)
    return tuple(kept)


def _shorter(line: Inlines, room: int, budget: Budget) -> Inlines:
    """The first inlines of a line that fit into `room` bytes, the last of them shortened."""
    kept: list[Inline] = []
    for inline in line:
        weight = _line((inline,), budget)
        if weight <= room:
            kept.append(inline)
            room -= weight
            continue
        text = inline if isinstance(inline, str) else inline.text
        if short := _words(text, room - weight + _text(text)):
            kept.append(short if isinstance(inline, str) else replace(inline, text=short))
        break
    return tuple(kept)


def _words(text: str, room: int) -> str:
    """The first words of a text that weigh at most `room` bytes, an ellipsis behind them."""
    weight = _text(text)
    if weight <= room:
        return text
    # Two bytes a character at most in ASCII and fourteen elsewhere, such as the ellipsis.
    return shortened(text, (room - 14) // (2 if text.isascii() else 14)) if room >= 100 else ""

"""Cards and forms are made to fit before they are drawn, so that every platform's limits hold by construction.

A budget is in bytes of the drawn JSON, as UTF-8 or with every special character escaped, whichever is more. Weights are
upper bounds of what the renderers write; tests with random cards hold them to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from json.encoder import encode_basestring_ascii
from typing import assert_never

from bot.cards.model import (
    Block,
    Card,
    Caution,
    Choice,
    Code,
    Facts,
    Field,
    Form,
    Heading,
    Inline,
    Inlines,
    Items,
    Link,
    Note,
    Quote,
    Text,
)
from bot.cards.text import carried, clean, clean_lines, shortened

NOTICE = Note(("Shortened: this is too long to be shown whole here.",))

_SOME = 600  # bytes below which the beginning of something is not worth showing


@dataclass(frozen=True, slots=True)
class Budget:
    """The bytes that a card's blocks and buttons may take, and those that a platform needs around a run of text, a link,
    an entry of a list or of facts, a block, and a button, whose texts are written `told` times. Every block weighs at
    least `block`, which bounds their number too."""

    most: int
    run: int
    link: int
    entry: int
    block: int
    button: int
    told: int


@dataclass(frozen=True, slots=True)
class FormBudget:
    """The bytes that a form's contents may take and those around one choice; how many choices there may be; and lengths
    in UTF-16 units: of what the form is about, of what is typed, of a choice's label and value."""

    most: int
    entry: int
    choices: int
    about: int
    typed: int
    label: int
    value: int


def fitted(card: Card, budget: Budget) -> Card:
    """The card itself when it keeps the budget, else its beginning with a visible notice.

    Where not all fits, buttons that take more than a third of the budget are left out, all of them: what they carry
    cannot be shortened, and the answer is worth more.
    """
    weights = [_weight(block, budget) for block in card.blocks]
    buttons = sum(
        [
            budget.button + budget.told * (_text(button.label) + _text(button.verb) + _escaped(button.about))
            for button in card.buttons
        ]
    )
    if sum(weights) + buttons <= budget.most:
        return card
    if buttons > budget.most // 3:
        return fitted(replace(card, buttons=()), budget)
    kept: list[Block] = []
    room = budget.most - buttons - _weight(NOTICE, budget)
    for block, weight in zip(card.blocks, weights, strict=True):
        if weight > room:
            kept.extend(_cut(block, room, budget))
            break
        kept.append(block)
        room -= weight
    return replace(card, blocks=(*kept, NOTICE))


def fitted_form(form: Form, budget: FormBudget) -> Form:
    """The form with as much of what is written in it, and as many of its choices, as the budget allows.

    A choice whose value is empty, too long or there already is left out: it could not come back. Where choices are cut,
    the field's hint says so.
    """
    about = carried(form.about, budget.about)
    share = max(budget.most - _escaped(about), 0) // max(len(form.fields), 1)
    return replace(form, about=about, fields=tuple([_fitted_field(field, share, budget) for field in form.fields]))


def _fitted_field(field: Field, room: int, budget: FormBudget) -> Field:
    most = max(min(field.most, budget.typed), 1)
    if not field.choices:
        lines = "\n".join(clean_lines(field.value)) if field.lines else clean(field.value)
        return replace(field, most=most, value=carried(lines, min(most, room // 6)))  # "\uffff": six bytes a unit
    able = {choice.value: choice for choice in reversed(field.choices) if _comes_back(choice.value, budget)}
    choices = list(reversed(able.values()))
    kept = _first_choices(choices[: budget.choices], room, budget)
    hint = field.hint if len(kept) == len(choices) else f"The first {len(kept)} of {len(choices)}"
    value = field.value if field.value in able else ""
    return replace(field, choices=kept, value=value, hint=hint, most=most)


def _comes_back(value: str, budget: FormBudget) -> bool:
    return 0 < len(value) <= budget.value and carried(value, 2 * budget.value) == value


def _first_choices(choices: list[Choice], room: int, budget: FormBudget) -> tuple[Choice, ...]:
    kept: list[Choice] = []
    for choice in choices:
        label = shortened(clean(choice.label), budget.label) or choice.value
        room -= budget.entry + _escaped(label) + _escaped(choice.value)
        if room < 0:
            break
        kept.append(Choice(label, choice.value))
    return tuple(kept)


def _escaped(text: str) -> int:
    """The bytes of a text as JSON writes it when it escapes all that it may."""
    return len(encode_basestring_ascii(text))


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

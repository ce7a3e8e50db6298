"""Cards and forms are made to fit before they are drawn, so that every platform's limits hold by construction.

A budget is in bytes of the drawn JSON, as UTF-8 or with every special character escaped, whichever is more. Weights are
upper bounds of what the renderers write; tests with random cards hold them to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from json.encoder import encode_basestring_ascii
from typing import assert_never

from bot.cards.model import (
    BREAK,
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

_PLACEHOLDER = re.compile(r"\{\{(?:DATE|TIME)\(", re.IGNORECASE)
_SOME = 600  # bytes below which the beginning of something is not worth showing
_LEAST = 250  # bytes of a quote that are shown where all the rest is


@dataclass(frozen=True, slots=True)
class Budget:
    """The bytes that a card's blocks and buttons may take, and those that a platform needs around a run of text, a link,
    an entry of a list or of facts, a line of code, and a button, whose texts are written `told` times. There are at most as many blocks as
    would fit if each took `block`; around what is in a block go half of it."""

    most: int
    run: int
    link: int
    entry: int
    block: int
    button: int
    told: int
    code: int = 350


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

    Quotes give first: the longest ones are cut where that makes room for all the rest. Buttons that take more than a third
    of the budget are left out, all of them: what they carry cannot be shortened, and the answer is worth more.
    """
    weights = [_weight(block, budget) for block in card.blocks]
    buttons = sum(
        [
            budget.button + budget.told * (_text(button.label) + _text(button.verb) + _escaped(button.about))
            for button in card.buttons
        ]
    )
    most_blocks = budget.most // budget.block
    if sum(weights) + buttons <= budget.most and sum(map(_count, card.blocks)) <= most_blocks:
        return card
    if buttons > budget.most // 3:
        return fitted(replace(card, buttons=()), budget)
    kept: list[Block] = []
    room, places = budget.most - buttons - _weight(NOTICE, budget), most_blocks - 1
    for block in _with_shorter_quotes(card.blocks, weights, room, budget):
        weight = _weight(block, budget)
        places -= _count(block)
        if weight > room or places < 0:
            kept.extend(_cut(block, room, budget) if places >= 0 else ())
            break
        kept.append(block)
        room -= weight
    return replace(card, blocks=(*kept, NOTICE))


def _with_shorter_quotes(
    blocks: Sequence[Block], weights: Sequence[int], room: int, budget: Budget
) -> tuple[Block, ...]:
    """The blocks in `room` bytes, the words of their quotes cut; as they are where too little would be left of some."""
    words = {number: _line(block.line, budget) for number, block in enumerate(blocks) if isinstance(block, Quote)}
    left = max(room - sum(weights) + sum(words.values()), 0)
    shares = dict(zip(words, _shares([*words.values()], left), strict=True))
    if any(share < min(words[number], _LEAST) for number, share in shares.items()):
        return tuple(blocks)
    return tuple(
        replace(block, line=_shorter(block.line, shares[number], budget)) if isinstance(block, Quote) else block
        for number, block in enumerate(blocks)
    )


def fitted_form(form: Form, budget: FormBudget) -> Form:
    """The form with as much of what is written in it, and as many of its choices, as the budget allows.

    A choice whose value is empty, too long or there already is left out: it could not come back. Where choices are cut,
    the field's hint says so. A day that is none is left out.
    """
    about = carried(form.about, budget.about)
    fields = [_able(field, budget) for field in form.fields]
    rooms = _shares([_needs(field, budget) for field in fields], max(budget.most - _escaped(about), 0))
    fitting = [_fitted_field(field, room, budget) for field, room in zip(fields, rooms, strict=True)]
    return replace(form, about=about, fields=tuple(fitting))


def fitted_choices(choices: Sequence[Choice], budget: FormBudget) -> tuple[Choice, ...]:
    """As many of the choices, from the first on, as one field may have; none that could not come back."""
    return _first_choices(_able_choices(choices, budget)[: budget.choices], budget.most, budget)


def _able(field: Field, budget: FormBudget) -> Field:
    """The field with what could come back from it."""
    most = max(min(field.most, budget.typed), 1)
    if field.day:
        return replace(field, choices=(), value=field.value if _is_day(field.value) else "", most=most)
    if field.choices:
        choices = tuple(_able_choices(field.choices, budget))
        value = field.value if any(choice.value == field.value for choice in choices) else ""
        return replace(field, choices=choices, value=value, most=most)
    lines = "\n".join(clean_lines(field.value)) if field.lines else clean(field.value)
    return replace(field, value=carried(lines, most), most=most)


def _needs(field: Field, budget: FormBudget) -> int:
    if field.choices:
        return sum([_entry(choice, budget) for choice in field.choices[: budget.choices]])
    return _escaped(field.value)


def _shares(needs: Sequence[int], most: int) -> list[int]:
    """What each may take of `most`: what it needs; where that is too much in all, the largest the same each."""
    left, fair = most, most
    for before, need in enumerate(sorted(needs)):
        fair = left // (len(needs) - before)
        if need > fair:
            break
        left -= need
    else:
        return list(needs)
    return [min(need, fair) for need in needs]


def _fitted_field(field: Field, room: int, budget: FormBudget) -> Field:
    if field.choices:
        kept = _first_choices(field.choices[: budget.choices], room, budget)
        is_whole = len(kept) == len(field.choices) or field.search
        return replace(
            field,
            choices=kept,
            hint=field.hint if is_whole else f"The first {len(kept)} of {len(field.choices)}",
        )
    if _escaped(field.value) <= room:
        return field
    return replace(field, value=carried(field.value, room // 6))  # "\uffff": six bytes a unit


def _able_choices(choices: Sequence[Choice], budget: FormBudget) -> list[Choice]:
    able: dict[str, Choice] = {}
    for choice in choices:
        if choice.value not in able and _comes_back(choice.value, budget):
            able[choice.value] = _labelled(choice, budget)
    return list(able.values())


def _labelled(choice: Choice, budget: FormBudget) -> Choice:
    return Choice(shortened(clean(choice.label), budget.label) or choice.value, choice.value)


def _comes_back(value: str, budget: FormBudget) -> bool:
    return 0 < len(value) <= budget.value and carried(value, 2 * budget.value) == value


def _first_choices(choices: Sequence[Choice], room: int, budget: FormBudget) -> tuple[Choice, ...]:
    kept: list[Choice] = []
    for choice in choices:
        room -= _entry(choice, budget)
        if room < 0:
            break
        kept.append(choice)
    return tuple(kept)


def _entry(choice: Choice, budget: FormBudget) -> int:
    return budget.entry + _escaped(choice.label) + _escaped(choice.value)


def _is_day(text: str) -> bool:
    """Whether a text is a day as platforms write it: 2026-12-04, and no other form of ISO 8601."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _escaped(text: str) -> int:
    """The bytes of a text as JSON writes it when it escapes all that it may."""
    return len(encode_basestring_ascii(text))


def _count(block: Block) -> int:
    """As how many blocks it is drawn at most."""
    return 2 if isinstance(block, Quote) and block.source else 1


def _weight(block: Block, budget: Budget) -> int:
    around = _count(block) * (budget.block // 2)
    match block:
        case Quote(line, source):
            return around + _line(line, budget) + _line(source, budget)
        case Text(line) | Note(line):
            return around + _line(line, budget)
        case Caution(line):
            return around + budget.run + _line(line, budget)  # its sign
        case Items(lines):
            return around + sum([budget.entry + _line(line, budget) for line in lines])
        case Facts(pairs):
            return around + sum([budget.entry + _text(label) + _line(line, budget) for label, line in pairs])
        case Heading(text):
            return around + budget.run + _text(text)
        case Code(text):
            return around + sum([_code(line, budget) for line in text.splitlines()])
    assert_never(block)


def _line(line: Inlines, budget: Budget) -> int:
    weight = 0
    for inline in line:
        if isinstance(inline, str):
            # Plain words need no more than two thirds of what styled ones or a new line do.
            weight += _text(inline) + (budget.run if inline == BREAK else 2 * budget.run // 3)
        elif isinstance(inline, Link) and inline.url:
            # The address twice: its host may be shown beside the label.
            weight += budget.run + budget.link + _text(inline.text) + 2 * _text(inline.url)
        else:
            weight += budget.run + _text(inline.text)
    return weight


def _code(line: str, budget: Budget) -> int:
    # Its indentation may be drawn as no-break spaces, six bytes each, and a tab is four of them.
    indented = len(line) - len(line.lstrip())
    return budget.code + _text(line) + 5 * indented + 24 * line.count("\t")


def _text(text: str) -> int:
    if text.isascii() and '"' not in text and "\\" not in text and "{{" not in text:
        return len(text)
    return _escaped(text) + 6 * len(_PLACEHOLDER.findall(text))  # which are broken up by one more character


def _cut(block: Block, room: int, budget: Budget) -> tuple[Block, ...]:
    """As much of a block as fits into `room` bytes; nothing when that is too little."""
    room -= budget.block + budget.run
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
    # Two bytes a unit at most in ASCII and six elsewhere, such as the ellipsis; and the quotation marks around it.
    return shortened(text, (room - 8) // (2 if text.isascii() else 6)) if room >= 100 else ""

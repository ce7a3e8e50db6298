"""Card and form → Slack's Block Kit: messages, modals, the home tab. Whoever posts switches `unfurl_links` and
`unfurl_media` off. How buttons and fields come back stands in `bot.cards`.

Texts go into `rich_text` and `plain_text`, where Slack interprets nothing: `<!channel>`, `*` and `:smile:` stay as they
are written. The one text that Slack does interpret, the message's fallback, goes through `mrkdwn`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, assert_never

from bot.cards.addresses import drawn
from bot.cards.fit import Budget, FormBudget, fitted, fitted_choices, fitted_form
from bot.cards.model import (
    BREAK,
    Added,
    Block,
    Button,
    Card,
    Caution,
    Choice,
    Choices,
    Code,
    Facts,
    Field,
    Form,
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
from bot.cards.text import carried, clean, clean_lines, shortened

Json = dict[str, Any]

# Slack answers `msg_blocks_too_long` from about 12,000 characters on, containers included; it takes 50 blocks, and of the
# least weight 45 fit.
BUDGET = Budget(most=10_000, run=60, link=20, entry=130, block=220, button=200, told=1, code=8)
# Slack takes views of 250,000 bytes; half is left to labels, hints and what stands above the fields.
# `private_metadata` takes 3,000 characters; a third is left to whoever has to remember where the form was opened.
FORM_BUDGET = FormBudget(most=120_000, entry=100, choices=100, about=2_000, typed=3_000, label=75, value=150)
VIEW_BLOCKS = 100
# Slack's limits of one text, in characters.
HEADER, PLAIN_TEXT, RICH_TEXT, FALLBACK = 150, 3_000, 3_000, 600
BUTTON, BUTTON_VALUE, BUTTONS = 75, 2_000, 25
MODAL_TITLE, LABEL, PLACEHOLDER = 24, 150, 150
HELP, FAULT = (
    300,
    300,
)  # Slack takes hints of 2,000, and tells no limit of an error: this much can be read beside a field
VALUE = "value"  # the verb of a field that only holds a value

# Escaped as Slack asks; its marks for bold, italics, strike-through and code become look-alikes, which cannot pair up.
_MRKDWN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})

_BOLD = {"bold": True}
_CODE = {"code": True}
_STRIKE = {"strike": True}
_STYLES = {Strong: _BOLD, Added: _BOLD, Literal: _CODE, Removed: _STRIKE}
_NEW_LINE: Json = {"type": "text", "text": "\n"}


def message(card: Card) -> Json:
    """`{"text", "blocks"}`: the fallback for notifications and screen readers, and what is shown."""
    return {"text": mrkdwn(shortened(clean(card.summary), FALLBACK)), "blocks": blocks(card)}


def home(card: Card) -> Json:
    """The view of a home tab. What can be done stands above what can be read: below the card's first block."""
    whole = fitted(card, BUDGET)
    top = replace(whole, blocks=whole.blocks[:1])
    rest = replace(whole, blocks=whole.blocks[1:], title=None, buttons=())
    return {"type": "home", "blocks": [*blocks(top), *blocks(rest)]}


def unfurl(card: Card) -> Json:
    """What is shown below a link to the card's subject. It has no buttons: whoever posted the link did not ask us."""
    return {"blocks": blocks(replace(card, buttons=()))}


def view(form: Form) -> Json:
    """The modal of a form."""
    form = fitted_form(form, FORM_BUDGET)
    rows = [row for field in form.fields for row in _rows(field, form.redraw)][:VIEW_BLOCKS]
    return {
        "type": "modal",
        "callback_id": form.verb,
        "private_metadata": form.about,
        "title": _plain_text(form.title, MODAL_TITLE),
        "submit": _plain_text(form.submit, MODAL_TITLE),
        "close": _plain_text("Cancel", MODAL_TITLE),
        "blocks": [*_above(form, VIEW_BLOCKS - len(rows)), *rows],
    }


def errors(form: Form) -> dict[str, str]:
    """What is wrong with a form that was sent, by its fields' blocks: Slack shows it beside them."""
    return {name: shortened(clean(fault), FAULT) for name, fault in form.faults.items()}


def options(choices: Choices) -> Json:
    """What somebody can choose as they type in a field."""
    return {"options": [_option(choice) for choice in fitted_choices(choices.choices, FORM_BUDGET)]}


def mrkdwn(text: str) -> str:
    """A text as Slack's markup that shows it and does nothing."""
    return text.translate(_MRKDWN)


def blocks(card: Card, budget: Budget = BUDGET) -> list[Json]:
    """The blocks of a card, at most 50."""
    out: list[Json] = []
    if card.title:
        out.append({"type": "header", "text": _plain_text(card.title, HEADER)})
    card = fitted(card, budget)
    waiting: list[Json] = []  # a heading goes into the block of what it heads: else Slack puts a gap between them
    for block in card.blocks:
        large, small = _sizes(block)
        waiting += large
        if waiting and type(block) is not Heading:
            out.append({"type": "rich_text", "elements": waiting})
            waiting = []
        if small:
            out.append({"type": "context", "elements": [_plain_text(small, PLAIN_TEXT)]})
    if waiting:
        out.append({"type": "rich_text", "elements": waiting})
    if card.buttons:
        out.append({"type": "actions", "block_id": "buttons", "elements": _buttons(card.buttons[:BUTTONS])})
    return out


def _buttons(buttons: Sequence[Button]) -> list[Json]:
    seen: Counter[str] = Counter()
    drawn_buttons: list[Json] = []
    for button in buttons:
        seen[button.verb] += 1
        element: Json = {
            "type": "button",
            "text": _plain_text(button.label, BUTTON),
            "action_id": _numbered(button.verb, seen[button.verb]),
        }
        if about := carried(button.about, BUTTON_VALUE):  # Slack refuses an empty value
            element["value"] = about
        if button.primary:
            element["style"] = "primary"
        drawn_buttons.append(element)
    return drawn_buttons


def _numbered(id_: str, number: int) -> str:
    """An id that Slack meets once: it refuses two equal ones in a message or view."""
    return id_ if number == 1 else f"{id_}:{number}"


def _above(form: Form, most: int) -> list[Json]:
    """What stands above the fields, in so many blocks at most."""
    intro = (Text(form.intro),) if form.intro else ()
    room = min(BUDGET.most, most * BUDGET.block)
    return blocks(Card(form.name, "", (*intro, *form.blocks)), replace(BUDGET, most=room))[:most]


def _rows(field: Field, redraw: str) -> list[Json]:
    """A field's block, and below it what is wrong with its value. `action_id` is "VERB:SEARCH:NAME": equal ones keep what
    somebody has typed when the view is drawn anew, so nothing goes into it that changes on the way."""
    element = _element(field)
    live = field.live and redraw and element["type"] != "plain_text_input"
    if field.hint:
        element["placeholder"] = _plain_text(field.hint, PLACEHOLDER)
    element["action_id"] = f"{redraw if live else VALUE}:{field.search}:{field.name}"
    row: Json = {
        "type": "input",
        "block_id": field.name,
        **({"optional": True} if field.optional else {}),
        **({"dispatch_action": True} if live else {}),
        "label": _plain_text(field.label, LABEL),
        "element": element,
        **({"hint": _plain_text(field.help, HELP)} if field.help else {}),
    }
    return [row, _fault(field)] if field.fault else [row]


def _fault(field: Field) -> Json:
    label = shortened(clean(field.label), LABEL)
    line = (Strong(f"{label}:"), " ", shortened(clean(field.fault), FAULT))
    return {"type": "rich_text", "elements": _elements(Caution(line))}


def _element(field: Field) -> Json:
    if field.day:
        return {"type": "datepicker", **({"initial_date": field.value} if field.value else {})}
    if field.search:
        present = [_option(choice) for choice in field.choices if choice.value == field.value]
        element: Json = {"type": "external_select", "min_query_length": 0}  # something to choose from before one types
        return {**element, "initial_option": present[0]} if present else element
    return _select(field) if field.choices else _typed(field)


def _typed(field: Field) -> Json:
    element: Json = {"type": "plain_text_input", "multiline": field.lines, "max_length": field.most}
    return {**element, "initial_value": field.value} if field.value else element


def _select(field: Field) -> Json:
    offered = {choice.value: _option(choice) for choice in field.choices}
    element: Json = {"type": "static_select", "options": list(offered.values())}
    return {**element, "initial_option": offered[field.value]} if field.value in offered else element


def _option(choice: Choice) -> Json:
    return {"text": _plain_text(choice.label, FORM_BUDGET.label), "value": choice.value}


def _sizes(block: Block) -> tuple[list[Json], str]:
    """What is drawn at reading size, and the words below it in small print, where Slack allows no safe links."""
    match block:
        case Quote(line, source):
            head, tail = _split(source)
            return [*_holder("rich_text_quote", _runs(line)), *_holder("rich_text_section", _runs(head))], tail
        case Note(line) if not any(isinstance(inline, Link) for inline in line):
            return [], "".join([inline if isinstance(inline, str) else inline.text for inline in line])
        case _:
            return _elements(block), ""


def _split(source: Inlines) -> tuple[Inlines, str]:
    """A source up to its last link or strong word, and the plain words after that."""
    end = len(source)
    while end and isinstance(source[end - 1], str):
        end -= 1
    return source[:end], "".join([str(inline) for inline in source[end:]]).removeprefix(" · ")


def _plain_text(text: str, limit: int) -> Json:
    return {"type": "plain_text", "text": shortened(clean(text), limit) or " ", "emoji": False}


def _elements(block: Block) -> list[Json]:
    match block:
        case Quote(line):
            return _holder("rich_text_quote", _runs(line))
        case Text(line) | Note(line):
            return _holder("rich_text_section", _runs(line))
        case Caution(line):
            sign: list[Json] = [{"type": "emoji", "name": "warning"}, _run("  ")]
            return _holder("rich_text_section", sign + _runs(line)) if any(line) else []
        case Items(lines, ordered):
            return _items(lines, "ordered" if ordered else "bullet")
        case Facts(pairs):
            return _holder("rich_text_section", _facts(pairs))
        case Heading(text):
            return _holder("rich_text_section", [_run(text, _BOLD)] if text else [])
        case Code(text):
            code = shortened("\n".join(clean_lines(text)), RICH_TEXT)
            return _holder("rich_text_preformatted", [{"type": "text", "text": code}] if code else [])
    assert_never(block)


def _holder(kind: str, elements: list[Json]) -> list[Json]:
    # Slack refuses empty elements.
    return [{"type": kind, "elements": elements}] if elements else []


def _items(lines: tuple[Inlines, ...], style: str) -> list[Json]:
    sections = [{"type": "rich_text_section", "elements": _runs(line)} for line in lines if any(line)]
    return [{"type": "rich_text_list", "style": style, "elements": sections}] if sections else []


def _facts(pairs: tuple[tuple[str, Inlines], ...]) -> list[Json]:
    runs: list[Json] = []
    for label, line in pairs:
        runs += [*([_NEW_LINE] if runs else []), _run(label, _BOLD), _run("  "), *_runs(line)]
    return runs


def _runs(line: Inlines) -> list[Json]:
    return [_inline(inline) for inline in line if inline]


def _inline(inline: Inline) -> Json:
    if isinstance(inline, str):
        return _NEW_LINE if inline == BREAK else _run(inline)
    if isinstance(inline, Link):
        label, url = drawn(inline)
        return {"type": "link", "url": url, "text": shortened(label, RICH_TEXT)} if url else _run(label)
    return _run(inline.text, _STYLES[type(inline)])


def _run(text: str, style: Json | None = None) -> Json:
    if not text.isprintable() or len(text) > RICH_TEXT // 2 or not text:
        text = shortened(clean(text), RICH_TEXT) or " "
    return {"type": "text", "text": text, "style": style} if style else {"type": "text", "text": text}

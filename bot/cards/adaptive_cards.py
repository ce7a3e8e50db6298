"""Card and form → Adaptive Card 1.5 for Microsoft Teams, and results → the answer to a search extension or a link.
How buttons and fields come back stands in `bot.cards`.

Texts go into `TextRun`s, which know no Markdown; a mention needs an entity in `msteams`, and none is ever written, so
`<at>` stays as it is written. The one thing that clients do interpret in a run, `{{DATE(…)}}`, is broken up.
"""

from __future__ import annotations

import json
import re
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
    Result,
    Results,
    Strong,
    Text,
)
from bot.cards.text import carried, clean, clean_lines, shortened

Json = dict[str, Any]

CARD = "application/vnd.microsoft.card.adaptive"
SEARCHED = "application/vnd.microsoft.search.searchResponse"
PREVIEW = "application/vnd.microsoft.card.thumbnail"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION = "1.5"  # the newest that Teams draws everywhere
UNFURLED = "1.3"  # the newest that Teams draws below a link; it has no Action.Execute

# Of the 24,000 bytes of a card; the rest is for its frame, title and summary.
BUDGET = Budget(most=21_000, run=100, link=80, entry=350, block=270, button=300, told=2)
ABOVE = replace(BUDGET, most=5_000)  # of a form: what stands above its fields
FORM_BUDGET = FormBudget(most=16_000, entry=40, choices=100, about=2_000, typed=3_000, label=75, value=300)
ALL = replace(FORM_BUDGET, most=1_000_000)  # of what is written and can be chosen in a form
LARGEST_FORM, LARGEST_FRAME = 23_500, 17_000  # bytes of a form, and of one in which nothing is written
SHORTENED, SHORTENED_SIZE = "All of it does not fit here: this is its beginning.", 300
NOT_SENT = "This was not sent yet. Please look at:"
TITLE, FALLBACK, PREVIEW_TITLE, PREVIEW_TEXT = 150, 300, 120, 200
BUTTON, BUTTON_DATA, LABEL = 75, 2_000, 150
BUTTONS = 6  # that Teams shows; it refuses none of the rest when they say that they may be in the overflow menu
TYPEAHEAD = 10  # choices, beyond which one types to find one
SUGGESTED, SUGGESTION = 15, 100  # choices that Teams lists as one types, and the length of one
WORDS = (300, 100, 40, 12)  # how long the texts around a field may be; the first length with which they fit
LARGE = 6  # fields, beyond which a dialog is a large one

# Clients put a date of their own making in place of these; a word joiner keeps the words as they are.
_PLACEHOLDER = re.compile(r"\{\{(?=(?:DATE|TIME)\()", re.IGNORECASE)

# Previews are drawn as HTML in some clients and as Markdown in others: look-alikes are neither.
_MARKUP = re.compile(r"[<>*_~`\[\]]")
_INERT = str.maketrans({"<": "‹", ">": "›", "*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "[": "［", "]": "］"})

_PLAIN: Json = {}
_BOLD: Json = {"weight": "bolder"}
_SMALL: Json = {"size": "small", "isSubtle": True}
_FAULT: Json = {"color": "attention"}
_SUBTLE: Json = {"isSubtle": True}
_MONOSPACE: Json = {"fontType": "monospace"}
_OLD: Json = {"strikethrough": True, "isSubtle": True}
_NEW: Json = {"weight": "bolder", "color": "good"}
_STYLES: dict[type, Json] = {Strong: _BOLD, Literal: _MONOSPACE, Removed: _OLD, Added: _NEW}
_TITLE: Json = {"size": "large", "weight": "bolder"}


def card(what: Card, version: str = VERSION, *, dialogs: bool = True) -> Json:
    """The Adaptive Card, below 24 KB. `dialogs`: where it is shown, its buttons can open some."""
    whole = fitted(what, BUDGET)
    body = _body(whole)
    if body:
        body[0] = {key: value for key, value in body[0].items() if key not in ("spacing", "separator")}
    drawn_card = _frame(what.summary, body, version)
    if whole.buttons:
        drawn_card["actions"] = [
            _action(button, number, dialogs=dialogs) for number, button in enumerate(whole.buttons)
        ]
    return drawn_card


def form(what: Form, *, titled: bool = False, searches: bool = True) -> Json:
    """The form as an Adaptive Card, below 24 KB; `titled` where there is no dialog around it that says its title. Without
    `searches` what would be looked for as one types is typed."""
    what = replace(what, fields=tuple([_searchable(field) if searches else _typed(field) for field in what.fields]))
    whole = fitted_form(what, ALL)
    empty = replace(whole, fields=tuple([replace(field, value="", choices=()) for field in whole.fields]))
    for words in WORDS:
        # In a chat its action has a fallback, which says once more what it is about.
        frame = _size(_form(empty, words, titled=titled)) + _size(whole.about)
        if frame <= LARGEST_FRAME:
            break
    room = LARGEST_FORM - frame - 80 * len(whole.fields)  # an input of choices is that much longer than one of text
    return _form(_fitting(what, whole, room), words, titled=titled)


def dialog(what: Form | Card, *, searches: bool = True) -> Json:
    """The body of the answer to an invoke that opens a dialog or goes on in one. `searches` as for `form`."""
    content = form(what, searches=searches) if isinstance(what, Form) else card(what, dialogs=False)
    if isinstance(what, Card) and "actions" in content:
        content["actions"] = [action["fallback"] for action in content["actions"]]  # a dialog knows no Action.Execute
    info: Json = {
        "title": _said(what.title or "Archway", TITLE),
        "height": _height(what),
        "width": "medium",
        "card": {"contentType": CARD, "content": content},
    }
    return {"task": {"type": "continue", "value": info}}


def attachment(what: Card, *, dialogs: bool = True) -> Json:
    """The card as a message carries it."""
    return {"contentType": CARD, "content": card(what, dialogs=dialogs)}


def extension(results: Results) -> Json:
    """The body of the answer to `composeExtension/query`: a list with a preview and a card each. Where it is inserted the
    bot may not be, so that no button of it opens a dialog."""
    attachments = [
        {**attachment(result.card, dialogs=False), "preview": _preview(result)} for result in results.results
    ]
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


def unfurl(result: Result, version: str = UNFURLED) -> Json:
    """The body of the answer to `composeExtension/queryLink`. The card has no buttons: where the link was posted, the
    bot may not be."""
    content = card(replace(result.card, buttons=()), version)
    attachments = [{"contentType": CARD, "content": content, "preview": _preview(result)}]
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


def found(what: Choices, skip: int = 0, most: int = SUGGESTED) -> Json:
    """The body of the answer to `application/search`: what can be chosen, from the `skip`th on.
    https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/dynamic-search
    """
    page = fitted_choices(what.choices[skip:], replace(ALL, choices=min(most, SUGGESTED), label=SUGGESTION))
    results = [{"title": _said(choice.label, SUGGESTION), "value": choice.value} for choice in page]
    return {"type": SEARCHED, "value": {"results": results}}


def inert(text: str) -> str:
    """A text for the places where clients interpret HTML or Markdown."""
    return text.translate(_INERT) if _MARKUP.search(text) else text


def _frame(summary: str, body: list[Json], version: str) -> Json:
    return {
        "type": "AdaptiveCard",
        "$schema": SCHEMA,
        "version": version,
        "fallbackText": inert(shortened(clean(summary), FALLBACK)),
        "body": body,
        "msteams": {"width": "Full"},
    }


def _body(whole: Card) -> list[Json]:
    body: list[Json] = [_line((whole.title,), _TITLE, limit=TITLE)] if whole.title else []
    before: Block | None = None
    for block in whole.blocks:
        elements = _elements(block)
        if elements and isinstance(block, Note) and not isinstance(before, Note):
            elements[0]["spacing"] = "medium"
        body += elements
        before = block
    return body


def _action(button: Button, number: int, *, dialogs: bool) -> Json:
    """What is pressed comes back as an invoke; from clients that know no Action.Execute, as a message. What opens a form
    opens a dialog where there are some: Teams asks for that by an Action.Submit alone."""
    about = carried(button.about, BUTTON_DATA)
    looks: Json = {"title": _said(button.label, BUTTON)}
    if button.primary:
        looks["style"] = "positive"
    if number >= BUTTONS:
        looks["mode"] = "secondary"
    submit: Json = {"type": "Action.Submit", **looks, "data": {"verb": button.verb, "about": about}}
    if button.form and dialogs:
        return {**submit, "data": {**submit["data"], "msteams": {"type": "task/fetch"}}}
    return {"type": "Action.Execute", **looks, "verb": button.verb, "data": {"about": about}, "fallback": submit}


def _fitting(what: Form, whole: Form, room: int) -> Form:
    """The form with values and choices that take `room` bytes at most; `whole` has all of them. What was shortened says so
    below its field."""
    for _ in range(2):  # what is shortened takes room itself
        kept = fitted_form(what, replace(FORM_BUDGET, most=room + _size(whole.about)))
        pairs = list(zip(kept.fields, whole.fields, strict=True))
        room -= SHORTENED_SIZE * sum(field.value != before.value for field, before in pairs)
    told = [
        replace(field, help=f"{SHORTENED} {field.help}".rstrip()) if field.value != before.value else field
        for field, before in pairs
    ]
    return replace(kept, fields=tuple(told))


def _form(what: Form, words: int, *, titled: bool) -> Json:
    """`words`: how long the texts around a field may be."""
    blocks: tuple[Block, ...] = (Text(what.intro), *what.blocks)
    if what.faults:
        faulty = ", ".join(shortened(clean(field.label), words) for field in what.fields if field.fault)
        blocks = (Caution((f"{NOT_SENT} ", Strong(faulty))), *blocks)
    above = fitted(Card(what.name, "", blocks, what.title if titled else None), ABOVE)
    body = _body(above)
    for field in what.fields:
        body += _field(field, words)
    submit: Json = {
        "type": "Action.Submit",
        "title": _said(what.submit, BUTTON),
        "style": "positive",
        "data": {"verb": what.verb, "about": what.about},
    }
    return {**_frame(what.title, body, VERSION), "actions": [submit]}


def _field(field: Field, words: int) -> list[Json]:
    """The input, and below it what is wrong with its value and small print."""
    elements = [_input(field, words)]
    if field.fault:
        elements.append(_line((field.fault,), _FAULT, spacing="small", limit=words))
    if field.help:
        elements.append(_line((field.help,), _SMALL, spacing="small", limit=words))
    return elements


def _input(field: Field, words: int) -> Json:
    label = _said(field.label, min(LABEL, words))
    common: Json = {
        "id": field.name,
        "label": label,
    }
    if not field.optional:
        wanted = "choose one" if field.choices or field.search or field.day else "fill this in"
        common |= {"isRequired": True, "errorMessage": f"{label}: please {wanted}."}
    if field.hint:
        common["placeholder"] = _said(field.hint, min(LABEL, words))
    if field.day:
        return {"type": "Input.Date", **common, **_written(field)}
    if not (field.choices or field.search):
        return {"type": "Input.Text", **common, **_written(field), "isMultiline": field.lines, "maxLength": field.most}
    choices = [{"title": choice.label, "value": choice.value} for choice in field.choices]
    if any(choice.value == field.value for choice in field.choices):
        common["value"] = field.value
    if field.search:
        query = {"choices.data": {"type": "Data.Query", "dataset": field.search}}
        return {"type": "Input.ChoiceSet", **common, "style": "filtered", "choices": choices, **query}
    style = "filtered" if len(choices) > TYPEAHEAD else "compact"
    return {"type": "Input.ChoiceSet", **common, "style": style, "choices": choices}


def _written(field: Field) -> Json:
    return {"value": field.value} if field.value else {}


def _searchable(field: Field) -> Field:
    """What was found while somebody typed is a choice of its own from then on."""
    known = not field.search or not field.value or any(choice.value == field.value for choice in field.choices)
    return field if known else replace(field, choices=(Choice(field.value, field.value), *field.choices))


def _typed(field: Field) -> Field:
    return replace(field, search="", choices=()) if field.search else field


def _height(what: Form | Card) -> str:
    if isinstance(what, Card):
        return "medium"
    return "small" if len(what.fields) == 1 and not what.blocks else "large" if len(what.fields) > LARGE else "medium"


def _size(value: object) -> int:
    """The bytes of JSON that escapes all that it may."""
    return len(json.dumps(value, separators=(",", ":")))


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
    # Clients collapse ordinary spaces at the beginning of a line.
    lines = [line.rstrip() for line in clean_lines(text)]
    lines = ["\u00a0" * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ") for line in lines]
    items = [_line((line or "\u00a0",), _MONOSPACE, spacing="none") for line in lines]
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
    if BREAK not in line:
        return [line] if any(line) else []
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
    return {"type": "TextRun", "text": _said(inline.text, limit), **style, **_STYLES[type(inline)]}


def _said(text: str, limit: int) -> str:
    text = shortened(clean(text), limit)
    return _PLACEHOLDER.sub("{\u2060{", text) if "{{" in text else text or " "

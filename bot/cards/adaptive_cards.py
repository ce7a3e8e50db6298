"""Card and form → Adaptive Card 1.5 for Microsoft Teams, and results → the answer to a search extension or a link.
How buttons and fields come back stands in `bot.cards`.

Texts go into `TextRun`s, which know no Markdown; a mention needs an entity in `msteams`, and none is ever written, so
`<at>` stays as it is written. The one thing that clients do interpret in a run, `{{DATE(…)}}`, is broken up.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, assert_never

from bot.cards.addresses import drawn
from bot.cards.fit import Budget, FormBudget, fitted, fitted_form
from bot.cards.model import (
    BREAK,
    Added,
    Block,
    Button,
    Card,
    Caution,
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
PREVIEW = "application/vnd.microsoft.card.thumbnail"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION = "1.5"  # the newest that Teams draws everywhere
UNFURLED = "1.3"  # the newest that Teams draws below a link; it has no Action.Execute

# Of the 24,000 bytes of a card; the rest is for its frame, title and summary.
BUDGET = Budget(most=21_000, run=100, link=80, entry=350, block=270, button=260, told=2)
INTRO = replace(BUDGET, most=4_000)
FORM_BUDGET = FormBudget(most=16_000, entry=40, choices=100, about=2_000, typed=3_000, label=75, value=300)
TITLE, FALLBACK, PREVIEW_TITLE, PREVIEW_TEXT = 150, 300, 120, 200
BUTTON, BUTTON_DATA, LABEL = 75, 2_000, 150
BUTTONS = 6  # that Teams shows; it refuses none of the rest when they say that they may be in the overflow menu
TYPEAHEAD = 10  # choices, beyond which one types to find one

# Clients put a date of their own making in place of these; a word joiner keeps the words as they are.
_PLACEHOLDER = re.compile(r"\{\{(?=(?:DATE|TIME)\()", re.IGNORECASE)

# Previews are drawn as HTML in some clients and as Markdown in others: look-alikes are neither.
_MARKUP = re.compile(r"[<>*_~`\[\]]")
_INERT = str.maketrans({"<": "‹", ">": "›", "*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ", "[": "［", "]": "］"})

_PLAIN: Json = {}
_BOLD: Json = {"weight": "bolder"}
_SMALL: Json = {"size": "small", "isSubtle": True}
_SUBTLE: Json = {"isSubtle": True}
_MONOSPACE: Json = {"fontType": "monospace"}
_OLD: Json = {"strikethrough": True, "isSubtle": True}
_NEW: Json = {"weight": "bolder", "color": "good"}
_STYLES: dict[type, Json] = {Strong: _BOLD, Literal: _MONOSPACE, Removed: _OLD, Added: _NEW}
_TITLE: Json = {"size": "large", "weight": "bolder"}


def card(what: Card, version: str = VERSION) -> Json:
    """The Adaptive Card, below 24 KB."""
    whole = fitted(what, BUDGET)
    body = _body(whole)
    if body:
        body[0] = {key: value for key, value in body[0].items() if key not in ("spacing", "separator")}
    drawn_card = _frame(what.summary, body, version)
    if whole.buttons:
        drawn_card["actions"] = [_execute(button, number) for number, button in enumerate(whole.buttons)]
    return drawn_card


def form(what: Form, *, titled: bool = False) -> Json:
    """The form as an Adaptive Card; `titled` where there is no dialog around it that says its title."""
    kept = fitted_form(what, FORM_BUDGET)
    intro = fitted(Card(what.name, "", (Text(what.intro),)), INTRO)
    body = _body(replace(intro, title=what.title if titled else None))
    body += [_input(field) for field in kept.fields]
    submit: Json = {
        "type": "Action.Submit",
        "title": _said(kept.submit, BUTTON),
        "style": "positive",
        "data": {"verb": kept.verb, "about": kept.about},
    }
    return {**_frame(what.title, body, VERSION), "actions": [submit]}


def dialog(what: Form | Card) -> Json:
    """The body of the answer to an invoke that opens a dialog or goes on in one."""
    content = form(what) if isinstance(what, Form) else card(what)
    if isinstance(what, Card) and "actions" in content:
        content["actions"] = [action["fallback"] for action in content["actions"]]  # a dialog knows no Action.Execute
    small = isinstance(what, Form) and len(what.fields) == 1
    info: Json = {
        "title": _said(what.title or "Archway", TITLE),
        "height": "small" if small else "medium",
        "width": "medium",
        "card": {"contentType": CARD, "content": content},
    }
    return {"task": {"type": "continue", "value": info}}


def attachment(what: Card) -> Json:
    """The card as a message carries it."""
    return {"contentType": CARD, "content": card(what)}


def extension(results: Results) -> Json:
    """The body of the answer to `composeExtension/query`: a list with a preview and a card each."""
    attachments = [{**attachment(result.card), "preview": _preview(result)} for result in results.results]
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


def unfurl(result: Result, version: str = UNFURLED) -> Json:
    """The body of the answer to `composeExtension/queryLink`. The card has no buttons: where the link was posted, the
    bot may not be."""
    content = card(replace(result.card, buttons=()), version)
    attachments = [{"contentType": CARD, "content": content, "preview": _preview(result)}]
    return {"composeExtension": {"type": "result", "attachmentLayout": "list", "attachments": attachments}}


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


def _execute(button: Button, number: int) -> Json:
    """What is pressed comes back as an invoke; from clients that know no Action.Execute, as a message."""
    about = carried(button.about, BUTTON_DATA)
    looks: Json = {"title": _said(button.label, BUTTON)}
    if button.primary:
        looks["style"] = "positive"
    if number >= BUTTONS:
        looks["mode"] = "secondary"
    submit = {"type": "Action.Submit", **looks, "data": {"verb": button.verb, "about": about}}
    return {"type": "Action.Execute", **looks, "verb": button.verb, "data": {"about": about}, "fallback": submit}


def _input(field: Field) -> Json:
    label = _said(field.label, LABEL)
    common: Json = {
        "id": field.name,
        "label": label,
    }
    if not field.optional:
        wanted = "choose one" if field.choices else "fill this in"
        common |= {"isRequired": True, "errorMessage": f"{label}: please {wanted}."}
    if field.hint:
        common["placeholder"] = _said(field.hint, LABEL)
    if field.value:
        common["value"] = field.value
    if not field.choices:
        return {"type": "Input.Text", **common, "isMultiline": field.lines, "maxLength": field.most}
    choices = [{"title": choice.label, "value": choice.value} for choice in field.choices]
    style = "filtered" if len(choices) > TYPEAHEAD else "compact"
    return {"type": "Input.ChoiceSet", **common, "style": style, "choices": choices}


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

"""Whether Slack would take these blocks: `faults_in_message`, `faults_in_view`. Pure.

Newer blocks that this workspace does not know (plans, containers, charts, files, video) are refused as unsupported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.playground.elements import (
    BUTTON,
    CHOICES,
    ID,
    IMAGE,
    INPUTS,
    OVERFLOW,
    PICKERS,
    REMARKS,
    SELECTS,
    SLACK_FILE,
    plain,
    rich,
    texts,
)
from bot.playground.rich_text import ELEMENTS, RICH_TEXT
from bot.playground.schema import (
    URL,
    Check,
    Fault,
    at_least_one,
    boolean,
    exactly_one,
    kind,
    one_of,
    sequence,
    string,
    thing,
    typed,
)

MOST_IN_MESSAGE, MOST_IN_VIEW = 50, 100
MOST_MARKDOWN = 12_000  # characters in all markdown blocks of a message together
MOST_TABLE = 10_000  # characters in all cells together

_B = {"block_id": ID}
_ONE_CHOICE = {name: check for name, check in SELECTS.items() if not name.startswith("multi_")}
_ACTIONS = {**BUTTON, **OVERFLOW, **CHOICES, **PICKERS, **_ONE_CHOICE}

_EVERYWHERE = {
    **kind(
        "section",
        {},
        {
            **_B,
            "text": rich(3000),
            "fields": sequence(rich(2000), 1, 10),
            "accessory": typed({**_ACTIONS, **IMAGE, **SELECTS}),
            "expand": boolean,
        },
        at_least_one("text", "fields"),
    ),
    **RICH_TEXT,
    **kind("divider", {}, _B),
    **kind("header", {"text": plain(150)}, _B),
    **kind("context", {"elements": sequence(typed({**IMAGE, **texts(3000)}), 1, 10)}, _B),
    **kind(
        "image",
        {"alt_text": string(1, 2000)},
        {**_B, "title": plain(2000), "image_url": string(1, 3000, URL), "slack_file": SLACK_FILE},
        exactly_one("image_url", "slack_file"),
    ),
    **kind("actions", {"elements": sequence(typed(_ACTIONS), 1, 25)}, _B),
    **kind(
        "input",
        {"label": plain(2000), "element": typed({**INPUTS, **CHOICES, **PICKERS, **SELECTS})},
        {**_B, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
}
_CARD = kind(
    "card",
    {},
    {
        **_B,
        "hero_image": typed(IMAGE),
        "icon": typed(IMAGE),
        "title": rich(150),
        "subtitle": rich(150),
        "body": rich(200),
        "subtext": rich(200),
        "actions": sequence(typed(BUTTON), 1, 3),
    },
    at_least_one("hero_image", "title", "body", "actions"),
)
_CELL = typed(
    {
        **kind("raw_text", {"text": string()}),
        **kind("rich_text", {"elements": sequence(typed(ELEMENTS))}),
    }
)
_COLUMN = thing({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})


def _column(value: Any, at: str) -> Iterator[Fault]:
    return iter(()) if value is None else _COLUMN(value, at)  # null skips a column


def _small(table: Any, at: str) -> Iterator[Fault]:
    if sum(len(text) for text in _strings(table["rows"])) > MOST_TABLE:
        yield Fault(f"a table must be less than {MOST_TABLE + 1} characters in all", at)


_IN_MESSAGE = typed(
    {
        **_EVERYWHERE,
        **_CARD,
        **kind("carousel", {"elements": sequence(typed(_CARD), 1, 10)}, _B),
        **kind("markdown", {"text": string(1, MOST_MARKDOWN)}, _B),
        **kind("context_actions", {"elements": sequence(typed(REMARKS), 1, 5)}, _B),
        **kind(
            "table",
            {"rows": sequence(sequence(_CELL, 1, 20), 1, 100)},
            {**_B, "column_settings": sequence(_column, 1, 20)},
            _small,
        ),
    }
)
_IN_HOME = typed(_EVERYWHERE)
_LEVELS = one_of("default", "info", "warning", "error", "success")
_IN_MODAL = typed({**_EVERYWHERE, **kind("alert", {"text": rich(200)}, {**_B, "level": _LEVELS})})

_VIEW: Mapping[str, Check] = {
    "private_metadata": string(0, 3000),
    "callback_id": string(1, 255),
    "external_id": string(1, 255),
}
_VIEWS = typed(
    {
        **kind(
            "modal",
            {"title": plain(24), "blocks": sequence(_IN_MODAL, 0, MOST_IN_VIEW)},
            {**_VIEW, "submit": plain(24), "close": plain(24), "clear_on_close": boolean, "notify_on_close": boolean},
        ),
        **kind("home", {"blocks": sequence(_IN_HOME, 0, MOST_IN_VIEW)}, _VIEW),
    }
)


def faults_in_message(blocks: Any, at: str = "/blocks") -> tuple[Fault, ...]:
    """Why Slack would refuse the blocks of a message."""
    faults = tuple(sequence(_IN_MESSAGE, 0, MOST_IN_MESSAGE)(blocks, at))
    return faults or tuple(_across_message(blocks, at))


def faults_in_view(view: Any, at: str = "/view") -> tuple[Fault, ...]:
    """Why Slack would refuse a modal or a home tab."""
    faults = tuple(_VIEWS(view, at))
    return faults or tuple(_across_view(view, at))


def _across_message(blocks: Sequence[dict[str, Any]], at: str) -> Iterator[Fault]:
    yield from _unique("block_id", [block.get("block_id") for block in blocks], at)
    for number, block in enumerate(blocks):
        yield from _unique("action_id", _action_ids(block), f"{at}/{number}")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MOST_MARKDOWN:
        yield Fault(f"markdown blocks must be less than {MOST_MARKDOWN + 1} characters in all", at)
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield Fault("only_one_table_allowed", at)


def _across_view(view: dict[str, Any], at: str) -> Iterator[Fault]:
    yield from _unique("block_id", [block.get("block_id") for block in view["blocks"]], f"{at}/blocks")
    yield from _unique("action_id", _action_ids(view["blocks"]), f"{at}/blocks")
    focused = sum(element.get("focus_on_load") is True for element in _objects(view["blocks"]))
    if focused > 1:
        yield Fault("only one element can have focus_on_load", f"{at}/blocks")
    if view["type"] == "modal" and "submit" not in view and any(b["type"] == "input" for b in view["blocks"]):
        yield Fault("missing required field: submit (a modal with input blocks needs one)", at)


def _unique(name: str, ids: Sequence[str | None], at: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for one in ids:
        if one is not None and one in seen:
            yield Fault(f"`{name}` already exists: {one}", at)
        elif one is not None:
            seen.add(one)


def _action_ids(value: Any) -> list[str | None]:
    return [element.get("action_id") for element in _objects(value)]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def _strings(value: Any) -> Iterator[str]:
    for element in _objects(value):
        if isinstance(element.get("text"), str):
            yield element["text"]

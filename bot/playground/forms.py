"""What stands in the fields of a form: when it opens, as somebody fills it in, when it is drawn anew. Pure.

A field keeps what somebody has put into it when its view is drawn anew with the same `block_id` and `action_id`, whatever
the new view says it begins with: so does Slack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

Json = Mapping[str, Any]
States = Mapping[str, Mapping[str, Json]]  # block id → action id → what Slack says of the element

SELECTS = ("static_select", "external_select")
PICKED = (*SELECTS, "datepicker")  # answered by one choice, which is dispatched at once where the block says so
MOST_TYPED = 3_000
LEAST_TYPED = 3  # characters that are typed before Slack asks for options, unless the element says otherwise


def inputs(content: Json) -> list[Json]:
    """The blocks of a view that can be filled in."""
    return [block for block in content.get("blocks", ()) if block.get("type") == "input"]


def field(content: Json, label: str) -> Json:
    """The block of a field. Raises `LookupError` naming those that there are."""
    for block in inputs(content):
        if block["label"]["text"] == label:
            return block
    raise LookupError(f"there is no field {label}, only {', '.join(b['label']['text'] for b in inputs(content))}")


def opened(content: Json, before: States | None = None) -> States:
    """What stands in the fields of a view; `before` it was drawn anew, that stood in them."""
    return {block["block_id"]: dict(_opened(block, before or {})) for block in inputs(content)}


def put(states: States, block: Json, state: Json) -> States:
    """The same with something else in one field."""
    return {**states, block["block_id"]: {block["element"]["action_id"]: state}}


def entered(element: Json, value: str, offered: Sequence[Json] = ()) -> Json:
    """What Slack says of an element into which somebody puts a value: typed, a day, or the label of a choice (of those that
    were `offered` as they typed). Raises `LookupError` for what Slack's client does not let them put there."""
    kind = element["type"]
    if kind in SELECTS:
        choices = element["options"] if kind == "static_select" else [*offered, *_initial(element)]
        chosen = next((one for one in choices if one["text"]["text"] == value), None)
        if chosen is None:
            raise LookupError(f"{value!r} is none of {[one['text']['text'] for one in choices]}")
        return {"type": kind, "selected_option": chosen}
    if kind == "datepicker":
        if not is_day(value):
            raise LookupError(f"{value!r} is no day of the calendar, like 2026-12-04")
        return {"type": kind, "selected_date": value}
    if len(value) > element.get("max_length", MOST_TYPED):
        raise LookupError(f"the field takes {element.get('max_length', MOST_TYPED)} characters, not {len(value)}")
    return {"type": kind, "value": value or None}


def holds(state: Json) -> str:
    """What a person sees in a field; "" while it is empty."""
    match state:
        case {"selected_option": {"text": {"text": str(label)}}}:
            return label
        case {"selected_date": str(text)} | {"value": str(text)}:
            return text
    return ""


def values(content: Json, states: States) -> dict[str, str]:
    """What a person sees in each field, by its label."""
    return {block["label"]["text"]: holds(_state(block, states) or {}) for block in inputs(content)}


def left_out(content: Json, states: States) -> list[str]:
    """The fields that have to be filled in, and are not: Slack's client does not send the form then."""
    wanted = [block["label"]["text"] for block in inputs(content) if not block.get("optional", False)]
    return [label for label in wanted if not values(content, states)[label]]


def is_day(text: str) -> bool:
    """Whether a text is a day as Slack writes it: 2026-12-04."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _opened(block: Json, before: States) -> Iterator[tuple[str, Json]]:
    element = block["element"]
    state = _state(block, before)
    yield element["action_id"], state if state and state["type"] == element["type"] else _first(element)


def _state(block: Json, states: States) -> Json | None:
    return states.get(block["block_id"], {}).get(block["element"]["action_id"])


def _first(element: Json) -> Json:
    kind = element["type"]
    if kind in SELECTS:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind == "datepicker":
        return {"type": kind, "selected_date": element.get("initial_date")}
    return {"type": kind, "value": element.get("initial_value")}


def _initial(element: Json) -> list[Json]:
    return [element["initial_option"]] if "initial_option" in element else []

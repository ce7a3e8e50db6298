"""Interaction → what was pressed, filled in or chosen, and where; pure. Verbs are carried through and never looked at.

A button carries its verb in `action_id` and what it is about in `value`; a form its verb in `callback_id` and its
fields by `block_id`; a field in `action_id` the verb with which the form is drawn anew, and what it searches
(`bot.cards.block_kit` draws them so). What a form is about travels with the place that it was opened from, in its
metadata.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.cards.block_kit import VALUE
from bot.slack.payloads import MalformedError, Payload

METADATA = 3_000  # characters: Slack's limit
LONGEST_SEARCH = 200  # characters

ROOM_FIELD = "room"  # a form's field of this name chooses the room that the answer goes to


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in Slack somebody is, and the means that Slack lends to answer there."""

    user: str
    organisation: str
    team: str = ""  # the workspace in which they act: where an organisation has several, Slack wants to know
    channel: str = ""
    ts: str = ""  # of the message with the button
    thread_ts: str = ""
    is_ephemeral: bool = False
    response_url: str = ""
    trigger_id: str = ""
    view_id: str = ""
    view_hash: str = ""
    view_type: str = ""  # "modal", "home", or "" outside views


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button."""

    spot: Spot
    verb: str
    about: str

    @property
    def key(self) -> str:
        """What is the same in both halves of a double click."""
        spot = self.spot
        return "\0".join((spot.user, spot.channel, spot.ts or spot.view_id, self.verb, self.about))


@dataclass(frozen=True, slots=True)
class Changed:
    """A field was answered on whose value the rest of its form depends; all values of the form go with it."""

    spot: Spot
    verb: str
    about: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Searched:
    """Somebody types in a field that searches `what`."""

    spot: Spot
    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form that was filled in. `spot` is where it was opened from, with the form's own view; `fields` are the names of
    all its fields, also of those without a value."""

    spot: Spot
    verb: str
    about: str
    values: Mapping[str, str] = field(default_factory=dict)
    fields: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """What is the same for the same values. The hash of a view is not enough to tell two submissions apart: it stays
        when a form is sent back with its faults."""
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry of the shortcuts menu or of a message's menu; then with the words of that message."""

    spot: Spot
    name: str
    text: str = ""


def pressed_in(payload: Payload) -> Pressed | Changed | None:
    """The button that was pressed, or the field that was answered; None for what is no wish: a link button, a field on
    which nothing depends. Raises `MalformedError`."""
    action = next((one for one in _list(payload, "actions") if isinstance(one, dict)), None)
    if action is None:
        raise MalformedError("The member actions holds no action.")
    view = _dict(payload, "view")
    about, spot = _opened_from(_text(view, "private_metadata"), _spot(payload))
    verb = _text(action, "action_id").partition(":")[0]  # a second button of the same verb has a number
    if action.get("type", "button") != "button":
        return Changed(spot, verb, about, _values(view)) if verb != VALUE and spot.view_type == "modal" else None
    return None if _text(action, "url") else Pressed(spot, verb, _text(action, "value"))


def searched_in(payload: Payload) -> Searched | None:
    """The search as somebody types; None for a field that searches nothing. Raises `MalformedError`."""
    _, spot = _opened_from(_text(_dict(payload, "view"), "private_metadata"), _spot(payload))
    _, _, rest = _text(payload, "action_id").partition(":")
    what = rest.partition(":")[0]
    return Searched(spot, what, _text(payload, "value")[:LONGEST_SEARCH]) if what else None


def submitted_in(payload: Payload) -> Submitted:
    """The form that was submitted. Raises `MalformedError`."""
    view = _dict(payload, "view")
    about, spot = _opened_from(_text(view, "private_metadata"), _spot(payload))
    inputs = [block for block in _list(view, "blocks") if isinstance(block, dict) and block.get("type") == "input"]
    fields = frozenset(_text(block, "block_id") for block in inputs)
    return Submitted(spot, _text(view, "callback_id"), about, _values(view), fields)


def shortcut_in(payload: Payload) -> Shortcut:
    """The shortcut that was chosen. Raises `MalformedError`."""
    return Shortcut(_spot(payload), _text(payload, "callback_id"), _text(_dict(payload, "message"), "text"))


def with_origin(view: Mapping[str, Any], spot: Spot) -> dict[str, Any]:
    """A form's view that remembers the room it was opened from, beside what it is about."""
    about = str(view.get("private_metadata", ""))
    origin = {"about": about, "channel": spot.channel, "thread_ts": spot.thread_ts}
    packed = json.dumps(origin, ensure_ascii=False, separators=(",", ":"))
    return {**view, "private_metadata": packed if len(packed) <= METADATA else about}


def _opened_from(metadata: str, spot: Spot) -> tuple[str, Spot]:
    try:
        origin = json.loads(metadata) if metadata.startswith("{") else None
    except ValueError:
        origin = None
    match origin:
        case {"about": str(about), "channel": str(channel), "thread_ts": str(thread_ts)}:
            return about, replace(spot, channel=channel, thread_ts=thread_ts)
    return metadata, spot


def _spot(payload: Payload) -> Spot:
    user, container, message = _dict(payload, "user"), _dict(payload, "container"), _dict(payload, "message")
    channel, view = _dict(payload, "channel"), _dict(payload, "view")
    person = _text(user, "id")
    if not person:
        raise MalformedError("The member user has no id.")
    organisation = (
        _text(_dict(payload, "enterprise"), "id") or _text(user, "team_id") or _text(_dict(payload, "team"), "id")
    )
    return Spot(
        person,
        organisation,
        _text(_dict(payload, "team"), "id") or _text(user, "team_id"),
        channel=_text(channel, "id") or _text(container, "channel_id"),
        ts=_text(container, "message_ts") or _text(message, "ts"),
        thread_ts=_text(container, "thread_ts") or _text(message, "thread_ts"),
        is_ephemeral=container.get("is_ephemeral") is True,
        response_url=_text(payload, "response_url"),
        trigger_id=_text(payload, "trigger_id"),
        view_id=_text(view, "id"),
        view_hash=_text(view, "hash"),
        view_type=_text(view, "type"),
    )


def _values(view: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the fields of a view, by their names, as far as anything does."""
    states = _dict(_dict(view, "state"), "values")
    values = {name: _value(elements) for name, elements in states.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(elements: Any) -> str | None:
    """What stands in a field: its one element's text, its day, or the value of the choice."""
    if not isinstance(elements, dict):
        return None
    for element in elements.values():
        match element:
            case {"value": str(text)} | {"selected_option": {"value": str(text)}} | {"selected_date": str(text)}:
                return text
    return None


def _dict(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""

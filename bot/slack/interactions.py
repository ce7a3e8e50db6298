"""Interaction → what was pressed, filled in or chosen, and where; pure. Verbs are carried through and never looked at.

A button carries its verb in `action_id` and what it is about in `value`; a form its verb in `callback_id` and its
fields by `block_id` (`bot.cards.block_kit` draws them so). What a form is about travels with the place that it was
opened from, in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.slack.payloads import MalformedError, Payload

METADATA = 3_000  # characters: Slack's limit

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
class Submitted:
    """A form that was filled in. `spot` is where it was opened from, with the form's own view."""

    spot: Spot
    verb: str
    about: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry of the shortcuts menu or of a message's menu; then with the words of that message."""

    spot: Spot
    name: str
    text: str = ""


def pressed_in(payload: Payload) -> Pressed | None:
    """The button that was pressed; None for a link button, which is no wish. Raises `MalformedError`."""
    action = next((one for one in _list(payload, "actions") if isinstance(one, dict)), None)
    if action is None:
        raise MalformedError("The member actions holds no action.")
    if action.get("type", "button") != "button" or _text(action, "url"):
        return None
    verb = _text(action, "action_id").partition(":")[0]  # a second button of the same verb has a number
    _, spot = _opened_from(_text(_dict(payload, "view"), "private_metadata"), _spot(payload))
    return Pressed(spot, verb, _text(action, "value"))


def submitted_in(payload: Payload) -> Submitted:
    """The form that was submitted. Raises `MalformedError`."""
    view = _dict(payload, "view")
    about, spot = _opened_from(_text(view, "private_metadata"), _spot(payload))
    states = _dict(_dict(view, "state"), "values")
    values = {name: _value(elements) for name, elements in states.items()}
    return Submitted(spot, _text(view, "callback_id"), about, {n: v for n, v in values.items() if v is not None})


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


def _value(elements: Any) -> str | None:
    """What stands in a field: its one element's text, or the value of the choice."""
    if not isinstance(elements, dict):
        return None
    for element in elements.values():
        match element:
            case {"value": str(text)} | {"selected_option": {"value": str(text)}}:
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

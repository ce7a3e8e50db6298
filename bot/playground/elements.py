"""Slack's composition objects and block elements, with the limits of its reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.playground.schema import (
    TIME,
    URL,
    Check,
    Fault,
    at_least_one,
    boolean,
    day,
    exactly_one,
    integer,
    kind,
    one_of,
    sequence,
    string,
    thing,
    typed,
)


def plain(most: int) -> Check:
    """A `plain_text` object of at most so many characters."""
    return typed(kind("plain_text", {"text": string(1, most)}, {"emoji": boolean}))


def rich(most: int) -> Check:
    """A `plain_text` or `mrkdwn` object of at most so many characters."""
    return typed(texts(most))


def texts(most: int) -> dict[str, Check]:
    """Both kinds of text object."""
    return {
        **kind("plain_text", {"text": string(1, most)}, {"emoji": boolean}),
        **kind("mrkdwn", {"text": string(1, most)}, {"verbatim": boolean}),
    }


ID = string(1, 255)

CONFIRM = thing(
    {"title": plain(100), "text": rich(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
DISPATCH = thing({"trigger_actions_on": sequence(one_of("on_enter_pressed", "on_character_entered"), 1, 2)}, {})
FILTER = thing(
    {},
    {
        "include": sequence(one_of("im", "mpim", "private", "public"), 1),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
    at_least_one("include", "exclude_external_shared_channels", "exclude_bot_users"),
)


def _option(text: Check, **more: Check) -> Check:
    return thing({"text": text, "value": string(1, 150)}, {"description": plain(75), **more})


OPTION = _option(plain(75))
CHOICE = _option(rich(75))  # radio buttons and checkboxes may use mrkdwn
GROUP = thing({"label": plain(75), "options": sequence(OPTION, 1, 100)}, {})


def _initial_is_offered(value: Any, at: str) -> Iterator[Fault]:
    """What is chosen at first must be one of the options, to the letter."""
    offered = value.get("options") or [
        option for group in value.get("option_groups", ()) for option in group["options"]
    ]
    one = [value["initial_option"]] if "initial_option" in value else []
    for chosen in value.get("initial_options", one):
        if chosen not in offered:
            yield Fault("initial option must match one of the options exactly", at)


def _different_values(value: Any, at: str) -> Iterator[Fault]:
    for options in [value.get("options", ()), *(group["options"] for group in value.get("option_groups", ()))]:
        values = [option["value"] for option in options]
        if len(set(values)) != len(values):
            yield Fault("option values must be unique", at)


def _ordered(low: str, high: str) -> Check:
    def check(value: Any, at: str) -> Iterator[Fault]:
        if low in value and high in value and value[low] > value[high]:
            yield Fault(f"{low} must not be more than {high}", at)

    return check


_ASKS: Mapping[str, Check] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": boolean}
_FIELD: Mapping[str, Check] = {"action_id": ID, "placeholder": plain(150), "focus_on_load": boolean}
_SELECT: Mapping[str, Check] = {**_FIELD, "confirm": CONFIRM}
_OFFERS: Mapping[str, Check] = {"options": sequence(OPTION, 1, 100), "option_groups": sequence(GROUP, 1, 100)}
_TYPED: Mapping[str, Check] = {**_FIELD, "dispatch_action_config": DISPATCH}
_MOST: Mapping[str, Check] = {"max_selected_items": integer(1, 100)}
_STYLE = one_of("primary", "danger")

SLACK_FILE = thing({}, {"id": string(), "url": string()}, exactly_one("id", "url"))
IMAGE = kind(
    "image",
    {"alt_text": string(1, 2000)},
    {"image_url": string(1, 3000, URL), "slack_file": SLACK_FILE},
    exactly_one("image_url", "slack_file"),
)
BUTTON = kind(
    "button",
    {"text": plain(75)},
    {
        "action_id": ID,
        "url": string(1, 3000, URL),
        "value": string(1, 2000),
        "style": _STYLE,
        "confirm": CONFIRM,
        "accessibility_label": string(1, 75),
    },
)
OVERFLOW = kind(
    "overflow",
    {"options": sequence(_option(plain(75), url=string(1, 3000, URL)), 1, 5)},
    {"action_id": ID, "confirm": CONFIRM},
    _different_values,
)
CHOICES = {
    **kind(
        "checkboxes",
        {"options": sequence(CHOICE, 1, 10)},
        {**_ASKS, "initial_options": sequence(CHOICE, 1, 10)},
        _different_values,
        _initial_is_offered,
    ),
    **kind(
        "radio_buttons",
        {"options": sequence(CHOICE, 1, 10)},
        {**_ASKS, "initial_option": CHOICE},
        _different_values,
        _initial_is_offered,
    ),
}
PICKERS = {
    **kind("datepicker", {}, {**_SELECT, "initial_date": day}),
    **kind("timepicker", {}, {**_SELECT, "initial_time": string(pattern=TIME), "timezone": string()}),
    **kind("datetimepicker", {}, {**_ASKS, "initial_date_time": integer(10**9, 10**10 - 1)}),
}
SELECTS = {
    **kind(
        "static_select",
        {},
        {**_SELECT, **_OFFERS, "initial_option": OPTION},
        exactly_one("options", "option_groups"),
        _different_values,
        _initial_is_offered,
    ),
    **kind(
        "multi_static_select",
        {},
        {**_SELECT, **_OFFERS, **_MOST, "initial_options": sequence(OPTION, 1, 100)},
        exactly_one("options", "option_groups"),
        _different_values,
        _initial_is_offered,
    ),
    **kind("external_select", {}, {**_SELECT, "initial_option": OPTION, "min_query_length": integer(0, 3000)}),
    **kind(
        "multi_external_select",
        {},
        {**_SELECT, **_MOST, "initial_options": sequence(OPTION, 1, 100), "min_query_length": integer(0, 3000)},
    ),
    **kind("users_select", {}, {**_SELECT, "initial_user": string()}),
    **kind("multi_users_select", {}, {**_SELECT, **_MOST, "initial_users": sequence(string())}),
    **kind("channels_select", {}, {**_SELECT, "initial_channel": string(), "response_url_enabled": boolean}),
    **kind("multi_channels_select", {}, {**_SELECT, **_MOST, "initial_channels": sequence(string())}),
    **kind(
        "conversations_select",
        {},
        {
            **_SELECT,
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": FILTER,
        },
    ),
    **kind(
        "multi_conversations_select",
        {},
        {
            **_SELECT,
            **_MOST,
            "initial_conversations": sequence(string()),
            "default_to_current_conversation": boolean,
            "filter": FILTER,
        },
    ),
}
INPUTS = {
    **kind(
        "plain_text_input",
        {},
        {
            **_TYPED,
            "initial_value": string(0, 3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _ordered("min_length", "max_length"),
    ),
    **kind(
        "number_input",
        {"is_decimal_allowed": boolean},
        {**_TYPED, "initial_value": string(), "min_value": string(), "max_value": string()},
    ),
    **kind("email_text_input", {}, {**_TYPED, "initial_value": string()}),
    **kind("url_text_input", {}, {**_TYPED, "initial_value": string(1, None, URL)}),
}
_FEEDBACK = thing({"text": plain(75), "value": string(1, 2000)}, {"accessibility_label": string(1, 75)})
REMARKS = {
    **kind("feedback_buttons", {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": ID}),
    **kind(
        "icon_button",
        {"icon": one_of("trash"), "text": plain(75)},
        {
            "action_id": ID,
            "value": string(1, 2000),
            "confirm": CONFIRM,
            "accessibility_label": string(1, 75),
            "visible_to_user_ids": sequence(string(), 1, 10),
        },
    ),
}

"""Bytes → payload, strictly: a form or JSON of bounded depth, with nothing in it that two readers read differently.

The strings of a payload can be stored and shown as they are: no NUL, no lone surrogate.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn
from urllib.parse import unquote

from bot.delivery import Delivery

MOST_FIELDS = 64  # Slack's slash command has 16
MOST_DEPTH = 48  # a modal's state, a table of rich text: Slack's own stay below 20
MOST_DIGITS = 20  # 64 bits; Slack writes ids and times as text

_UNFIT = re.compile("[\x00\ud800-\udfff]")

Payload = dict[str, Any]


class MalformedError(ValueError):
    """A signed body that cannot be read; the sentence names the place, and quotes nothing of the body."""


def read(delivery: Delivery) -> Payload:
    """What Slack says in a delivery: the fields of a form, the JSON in its `payload` field, or a JSON body.

    Raises `MalformedError`.
    """
    content_type = (delivery.header("content-type") or "").partition(";")[0].strip().lower()
    try:
        text = delivery.body.decode()
    except UnicodeDecodeError as fault:
        raise MalformedError(f"The body is not UTF-8 at byte {fault.start}.") from None
    if content_type == "application/json":
        return _json(text, "The body")
    if content_type != "application/x-www-form-urlencoded":
        raise MalformedError("The body must be application/json or application/x-www-form-urlencoded.")
    fields = _form(text)
    return _json(fields["payload"], "The field payload") if "payload" in fields else fields


def read_json(text: str, where: str) -> Payload:
    """A JSON object as strictly as a body; `where` names it in the error. Raises `MalformedError`."""
    return _json(text, where)


def _form(text: str) -> Payload:
    parts = text.split("&")
    fields: Payload = {}
    for part in parts[: MOST_FIELDS + 1]:
        name, equals, value = part.partition("=")
        if not equals or len(parts) > MOST_FIELDS:
            raise MalformedError(f"The body is not a form of at most {MOST_FIELDS} fields.")
        fields[_unquoted(name)] = _clean(_unquoted(value))
    if len(fields) != len(parts):
        raise MalformedError("A field of the form stands there twice.")
    return fields


def _unquoted(text: str) -> str:
    """What a form's writer wrote. Most parts are written as they are: half the time of `parse_qsl`."""
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text) if "%" in text else text


def _json(text: str, where: str) -> Payload:
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
        )
        payload = _bounded(value, MOST_DEPTH)
    except RecursionError:
        raise MalformedError(f"{where} is nested too deeply.") from None
    except MalformedError as fault:
        raise MalformedError(f"{where} {fault}") from None
    except json.JSONDecodeError as fault:
        raise MalformedError(f"{where} is not JSON at character {fault.pos}.") from None
    if not isinstance(payload, dict):
        raise MalformedError(f"{where} must be a JSON object.")
    return payload


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedError("has an object with the same member twice.")
    return members


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise MalformedError("has a number that is too large.")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise MalformedError("has a number that is too large.")
    return value


def _constant(_: str) -> NoReturn:
    raise MalformedError("has a number that is none.")


def _bounded(value: Any, levels: int) -> Any:
    """The same value with clean strings; refuses more `levels` of nesting than are left."""
    if isinstance(value, str):
        return _clean(value)
    if not isinstance(value, (dict, list)):
        return value
    if not levels:
        raise MalformedError("is nested too deeply.")
    if isinstance(value, list):
        return [_bounded(item, levels - 1) for item in value]
    members = {_clean(name): _bounded(member, levels - 1) for name, member in value.items()}
    if len(members) != len(value):
        raise MalformedError("has an object with the same member twice.")
    return members


def _clean(text: str) -> str:
    """The text without what a database or an encoder would stumble over."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text) if not text.isascii() or "\0" in text else text

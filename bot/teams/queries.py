"""The value of a `composeExtension/query` invoke → what is searched for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PAGE = 25  # what the Teams client asks for
_DEEPEST = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """One page of a search: `text` is empty when the extension was only opened."""

    command: str
    text: str
    skip: int
    count: int


def read_query(value: Any) -> Query:
    """The query in an invoke's value. What is missing or of another shape counts as not said."""
    value = value if isinstance(value, dict) else {}
    options = value.get("queryOptions")
    options = options if isinstance(options, dict) else {}
    command = value.get("commandId")
    return Query(
        command=command if isinstance(command, str) else "",
        text=_typed(value.get("parameters")),
        skip=_within(options.get("skip"), 0, _DEEPEST, default=0),
        count=_within(options.get("count"), 1, PAGE, default=PAGE),
    )


def _typed(parameters: Any) -> str:
    """What was typed: the first parameter's text, with a name or without one; nothing on the first opening."""
    for parameter in parameters if isinstance(parameters, list) else ():
        if not isinstance(parameter, dict) or parameter.get("name") == "initialRun":
            continue
        typed = parameter.get("value")
        if isinstance(typed, str) and typed.strip():
            return typed.strip()
    return ""


def _within(number: Any, least: int, most: int, *, default: int) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        return default
    return min(max(number, least), most)

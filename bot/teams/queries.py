"""The value of a `composeExtension/query` invoke → what is searched for, and within what.

The extension's tabs are its commands: `search` for all, `search.KIND` for one kind, `search.accepted` without drafts and
what is superseded. The same can be typed, in any of them: `kind:adr status:accepted key rotation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

COMMAND = "search"
ACCEPTED = "accepted"
PAGE = 25  # what the Teams client asks for
KINDS = ("standard", "adr", "runbook", "pattern", "guide")
_DEEPEST = 1000
_TABS = frozenset({COMMAND, *(f"{COMMAND}.{tab}" for tab in (ACCEPTED, *KINDS))})


@dataclass(frozen=True, slots=True)
class Query:
    """One page of a search: `text` is empty when the extension was only opened."""

    text: str
    skip: int
    count: int
    kind: str | None = None
    accepted_only: bool = False


def read_query(value: Any) -> Query | None:
    """The query in an invoke's value; None when it is of no command of ours. What is missing or of another shape counts
    as not said.
    """
    if not isinstance(value, dict):
        return None
    command = value.get("commandId", COMMAND)  # Microsoft's Agents Playground names none unless it is told one
    if not isinstance(command, str) or command not in _TABS:
        return None
    tab = command.partition(".")[2]
    options = value.get("queryOptions")
    options = options if isinstance(options, dict) else {}
    typed = dict(reversed(list(_typed(value.get("parameters")))))  # of two with one name the first counts
    text, kind, accepted = _narrowed(typed.pop("", ""))
    kind = kind or _kind(typed.get("kind", "")) or (tab if tab in KINDS else None)
    return Query(
        text=text,
        skip=_within(options.get("skip"), 0, _DEEPEST, default=0),
        count=_within(options.get("count"), 1, PAGE, default=PAGE),
        kind=kind,
        accepted_only=accepted or tab == ACCEPTED or typed.get("status", "").casefold() == ACCEPTED,
    )


def _typed(parameters: Any) -> Iterator[tuple[str, str]]:
    """What was filled in: "kind" and "status" by their names, and as "" whatever else, with a name or without one."""
    for parameter in parameters if isinstance(parameters, list) else ():
        if not isinstance(parameter, dict) or parameter.get("name") == "initialRun":
            continue
        typed, name = parameter.get("value"), parameter.get("name")
        if isinstance(typed, str) and typed.strip():
            yield (name if name in ("kind", "status") else ""), typed.strip()


def _narrowed(text: str) -> tuple[str, str | None, bool]:
    """The text without `kind:…` and `status:accepted`, and what these say."""
    if ":" not in text:
        return text, None, False
    kind, accepted, rest = None, False, []
    for word in text.split():
        name, _, said = word.casefold().partition(":")
        if name == "kind" and _kind(said):
            kind = _kind(said)
        elif name == "status" and said == ACCEPTED:
            accepted = True
        else:
            rest.append(word)
    return " ".join(rest), kind, accepted


def _kind(said: str) -> str | None:
    """The kind that is meant; "standards" is as good as "standard"."""
    said = said.casefold()
    return next((kind for kind in KINDS if said in (kind, f"{kind}s")), None)


def _within(number: Any, least: int, most: int, *, default: int) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        return default
    return min(max(number, least), most)

"""Frozen values as plain JSON and back, by the annotations of their classes.

A moment becomes its ISO text in UTC, a day its ISO text, a span its words ("2 business days"), a set a sorted list. Members
that are not known are ignored when something is read, and members that are not there take their defaults: so what another
version wrote can be read.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from bot.domain.announcements import Json
from bot.domain.calendar import Span

Value = TypeVar("Value")


def written(value: object) -> dict[str, Json]:
    """A dataclass as plain JSON. Raises TypeError for a member that has no such form."""
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is no dataclass")
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}


def read(kind: type[Value], facts: Mapping[str, Any]) -> Value:
    """A dataclass from what was written. Raises KeyError for a member without a default that is not there, ValueError or
    TypeError for one that is something else."""
    known = {}
    for name, (make, is_needed) in _members(kind).items():  # type: ignore[arg-type]  # classes can be hashed
        if name in facts:
            known[name] = make(facts[name])
        elif is_needed:
            raise KeyError(f"{kind.__name__} has no {name}")
    return kind(**known)


@cache
def _members(kind: Any) -> Mapping[str, tuple[Callable[[Any], Any], bool]]:
    """How each member is made of what was written, and whether there is no default for it."""
    hints = get_type_hints(kind)
    return {
        each.name: (_maker(hints[each.name]), each.default is MISSING and each.default_factory is MISSING)
        for each in fields(kind)
        if each.init
    }


def _maker(hint: Any) -> Callable[[Any], Any]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        make = _maker(next(each for each in inner if each is not type(None)))
        return lambda value: None if value is None else make(value)
    if origin is tuple:
        make = _maker(inner[0])
        return lambda value: tuple([make(each) for each in value])
    if origin is frozenset:
        make = _maker(inner[0])
        return lambda value: frozenset([make(each) for each in value])
    if origin is not None:  # a mapping
        make = _maker(inner[1])
        return lambda value: {name: make(each) for name, each in value.items()}
    if hint is Span:
        return Span.parse
    if hint in (datetime, date):
        return hint.fromisoformat  # type: ignore[no-any-return]
    if is_dataclass(hint):
        return lambda value: read(hint, value)  # type: ignore[arg-type]  # a class, not one of its values
    is_word = issubclass(hint, StrEnum)
    plain = str if is_word else hint

    def made(value: Any) -> Any:
        if not isinstance(value, plain) or (hint is int and isinstance(value, bool)):
            raise TypeError(f"{hint.__name__} cannot be {type(value).__name__}")
        return hint(value) if is_word else value

    return made


def _plain(value: object) -> Json:
    match value:
        case None | bool() | int() | float():
            return value
        case Span() | StrEnum() | str():
            return str(value)
        case datetime():
            if value.tzinfo is None:
                raise TypeError("a moment needs a time zone")
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case frozenset():
            return [_plain(each) for each in sorted(value)]
        case tuple():
            return [_plain(each) for each in value]
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
    return written(value)

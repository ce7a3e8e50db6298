"""A small strict grammar for JSON values: what Slack's tables say, written down as data. Faults are in Slack's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.forms import is_day


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: a JSON pointer."""

    sentence: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.sentence} [json-pointer:{self.pointer}]"


Check = Callable[[Any, str], Iterator[Fault]]

URL = re.compile(r"https?://[^\s/?#@<>\"]+([/?#][^\s<>\"]*)?")
ADDRESS = re.compile(rf"{URL.pattern}|mailto:[^\s@<>]+@[^\s@<>]+")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def string(least: int = 1, most: int | None = None, pattern: re.Pattern[str] | None = None) -> Check:
    """Text of `least` to `most` characters that fits the whole `pattern`."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield Fault("must be a string", at)
        elif len(value) < least:
            yield Fault(f"must be more than {least - 1} characters", at)
        elif most is not None and len(value) > most:
            yield Fault(f"must be less than {most + 1} characters", at)
        elif pattern and not pattern.fullmatch(value):
            yield Fault("does not match the required format", at)

    return check


def one_of(*values: str) -> Check:
    """One of a few words."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if value not in values:
            yield Fault(f"must be one of: {', '.join(values)}", at)

    return check


def day(value: Any, at: str) -> Iterator[Fault]:
    """A day of the calendar: 2026-12-04."""
    if not isinstance(value, str) or not is_day(value):
        yield Fault("must be a date like 2026-12-04", at)


def boolean(value: Any, at: str) -> Iterator[Fault]:
    """True or false; 1 and "true" are neither."""
    if not isinstance(value, bool):
        yield Fault("must be a boolean", at)


def integer(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield Fault(f"must be a whole number from {least} to {most}", at)

    return check


def sequence(of: Check, least: int = 1, most: int | None = None) -> Check:
    """A list of `least` to `most` things."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield Fault("must be an array", at)
            return
        if len(value) < least:
            yield Fault(f"no less than {least} items allowed", at)
        if most is not None and len(value) > most:
            yield Fault(f"no more than {most} items allowed", at)
        for number, item in enumerate(value):
            yield from of(item, f"{at}/{number}")

    return check


def thing(required: Mapping[str, Check], optional: Mapping[str, Check], *rules: Check) -> Check:
    """An object with these members and no other. `rules` look at the whole, once its members are right."""
    members = {**required, **optional}

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault("must be an object", at)
            return
        faults = [Fault(f"missing required field: {name}", at) for name in required if name not in value]
        for name, member in value.items():
            if name not in members:
                faults.append(Fault(f"invalid additional property: {name}", at))
            else:
                faults.extend(members[name](member, f"{at}/{name}"))
        yield from faults
        if not faults:
            for rule in rules:
                yield from rule(value, at)

    return check


def typed(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` tells which of these it is."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault("must be an object", at)
        elif "type" not in value:
            yield Fault("missing required field: type", at)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            yield Fault(f"unsupported type: {str(value['type'])[:40]}", f"{at}/type")
        else:
            yield from kinds[value["type"]](value, at)

    return check


def kind(
    name: str, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None, *rules: Check
) -> dict[str, Check]:
    """One entry for `typed`: an object that says its own type."""
    return {name: thing({"type": one_of(name), **required}, optional or {}, *rules)}


def exactly_one(*names: str) -> Check:
    """A rule: one of these members and not two."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if sum(name in value for name in names) != 1:
            yield Fault(f"exactly one of these fields is required: {', '.join(names)}", at)

    return check


def at_least_one(*names: str) -> Check:
    """A rule: one of these members or more."""

    def check(value: Any, at: str) -> Iterator[Fault]:
        if not any(name in value for name in names):
            yield Fault(f"one of these fields is required: {', '.join(names)}", at)

    return check

"""Numbers that belong to a noun: "tier 1" is another thing than "tier 2", and a table's column may name the noun."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

MOST_IN_RANGE = 20
MOST_ASKED = 4  # numbered things of a question; what follows is not looked at

_NUMBER = r"\d{1,4}(?:\.\d{1,3})*"
_ASKED = re.compile(rf"\b([^\W\d_]{{2,20}})[ -]?({_NUMBER})(?![\w%]|\.\d)")
_SEVERAL = rf"{_NUMBER}(?:(?:, (?:and |or )?| and | or | to |/|-|–){_NUMBER})*"
_RANGE = re.compile(r"(\d{1,4})(?: to |-|–)(\d{1,4})")
_CELLS = re.compile(rf"{_SEVERAL}\Z")

Named = tuple[str, str]  # noun in lower case and singular, number


class Bearing(Enum):
    """What a line says of the number that is asked for."""

    RIGHT = "names it, and no other"
    AMONG_OTHERS = "names it with others"
    NEITHER = "does not speak of the noun with a number"
    ANOTHER = "names another number of the same noun"


def asked_for(question: str, stop_words: frozenset[str]) -> frozenset[Named]:
    """The numbered things that a question names.

    >>> sorted(asked_for("RTO for Tier 1, within 3 hours?", frozenset({"within"})))
    [('tier', '1')]
    """
    found = [one for one in _ASKED.findall(question.lower()) if one[0] not in stop_words]
    return frozenset((_singular(noun), number) for noun, number in found[:MOST_ASKED])


def bearing(text: str, asked: Iterable[Named], header: str | None = None) -> Bearing:
    """What a line, or a table's row under its header row, says of what is asked for."""
    found = {_bearing(_numbers(text.lower(), noun, header), number) for noun, number in asked}
    for one in (Bearing.ANOTHER, Bearing.AMONG_OTHERS, Bearing.RIGHT):
        if one in found:
            return one
    return Bearing.NEITHER


def _bearing(numbers: set[str], wanted: str) -> Bearing:
    if not numbers:
        return Bearing.NEITHER
    if wanted not in numbers:
        return Bearing.ANOTHER
    return Bearing.RIGHT if len(numbers) == 1 else Bearing.AMONG_OTHERS


def _numbers(text: str, noun: str, header: str | None) -> set[str]:
    """The numbers that a line gives to a noun."""
    several = re.findall(rf"\b{noun}(?:s|es)?[ -]?({_SEVERAL})(?!\w)", text)
    if header is not None:
        cells = zip(header.lower().split(" | "), text.split(" | "), strict=False)
        several += [cell for column, cell in cells if _singular(column.strip()) == noun and _CELLS.match(cell.strip())]
    found: set[str] = set()
    for one in several:
        found.update(re.findall(_NUMBER, one))
        for first, last in _RANGE.findall(one):
            if 0 <= int(last) - int(first) <= MOST_IN_RANGE:
                found.update(map(str, range(int(first), int(last))))
    return found


def _singular(noun: str) -> str:
    return noun[:-1] if len(noun) > 3 and noun.endswith("s") and not noun.endswith("ss") else noun

"""Finds the short and long forms that a text introduces: "Recovery Time Objective (RTO)", "RTO (recovery time objective)"."""

from __future__ import annotations

import re

from knowledge.words import words

FARTHEST = 120  # characters before the bracket in which the long form stands
_IN_BRACKETS = re.compile(r"\(([A-Z][A-Za-z0-9&]{1,7})\)")
_EXPLAINED = re.compile(r"\b([A-Z][A-Z0-9&]{1,6}s?) \(([A-Za-z][a-z]+(?:[ -][A-Za-z][a-z]*){1,7})\)")
_SMALL = frozenset(("and", "of", "for", "the", "to", "in", "on", "as", "a", "or"))


def mined(text: str) -> set[tuple[str, str]]:
    """Pairs of a short form and its long form, both in lower case."""
    found = set()
    for bracket in _IN_BRACKETS.finditer(text):
        short = bracket[1].removesuffix("s").lower()
        begin = max(bracket.start() - FARTHEST, 0)
        begin = max(begin, text.rfind("\n", begin, bracket.start()) + 1)
        before = words(text[begin : bracket.start()])
        long = _spelt_out(short, [part for word in before for part in re.split(r"[-_./]", word) if part])
        if long:
            found.add((short, long))
    for explained in _EXPLAINED.finditer(text):
        short, long_words = explained[1].removesuffix("s").lower(), re.split(r"[ -]", explained[2])
        if _spelt_out(short, long_words) == " ".join(long_words).lower():
            found.add((short, explained[2].replace("-", " ").lower()))
    return found


def _spelt_out(short: str, before: list[str]) -> str | None:
    """The last words of `before` whose initials are `short`; small words between them may be skipped."""
    letters = [letter for letter in short if letter.isalpha()]
    if len(letters) < 2:
        return None
    chosen: list[str] = []
    wanted = len(letters) - 1
    for word in reversed(before[-12:]):
        lowered = word.lower()
        if lowered[0] == letters[wanted]:
            chosen.append(lowered)
            wanted -= 1
            if wanted < 0:
                return " ".join(reversed(chosen))
        elif lowered in _SMALL and chosen:
            chosen.append(lowered)
        else:
            return None
    return None

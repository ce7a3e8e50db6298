"""The keys of front matter: which ones are understood, in which spellings, and which one was probably meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DOCUMENTED = (
    "id", "title", "kind", "status", "owner", "reviewers", "tags", "aliases", "tier", "date", "reviewed", "review_every",
    "effective", "supersedes", "superseded_by", "controls", "applies_to", "exceptions",
)  # fmt: skip
DATES = (
    "date",
    "created",
    "reviewed",
    "last_reviewed_on",
    "last_reviewed",
    "last-reviewed",
    "effective",
    "effective_date",
)
IDS = ("id", "identifier", "adr")
INTERVALS = ("review_every", "review_in")
OLDER = ("supersedes", "replaces")
SUCCESSORS = ("superseded_by", "superseded-by", "replaced_by", "replaced-by")
OWNERS = ("owner", "owner_slack", "owners", "team", "maintainer", "decision-makers", "deciders", "author")
_KNOWN = frozenset(
    {*DOCUMENTED, *DATES, *INTERVALS, *OLDER, *SUCCESSORS, *OWNERS, "type", "layout", "state", *IDS, "keywords",
     "status_notes"}
)  # fmt: skip
_ORDINARY = frozenset({"data", "stats", "tile", "tire", "renewed"})  # near a key, and a word of its own
_MEANT = {"superseded": "superseded_by", "reviewer": "reviewers", "exception": "exceptions", "control": "controls"}
_SEPARATORS = re.compile(r"[-_ ]")
_SHAPES = {_SEPARATORS.sub("", key): key for key in DOCUMENTED}
_SHORT, _LONG = 4, 7  # letters: short keys are near too many words, long ones may have two slips


@dataclass(frozen=True, slots=True)
class Settled:
    """Front matter under the keys that we know."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]
    slips: Mapping[str, str] = field(default_factory=dict)  # misspelt keys, and the ones that were probably meant


def settled(values: Mapping[str, Any], lines: Mapping[str, int]) -> Settled:
    """Other spellings of a key ("Review-Every") stand for it. A misspelt one does not, save for the status: what calls
    itself a draft must not pass for more because of a slip."""
    if all(key in _KNOWN for key in values):
        return Settled(values, lines)
    own, places, slips = dict(values), dict(lines), {}
    for key in values:
        if key in _KNOWN:
            continue
        known = _SHAPES.get(_SEPARATORS.sub("", key.casefold()))
        if known is None and (slip := meant(key)):
            slips[key] = slip
            known = slip if slip == "status" else None
        if known and known not in own:
            own[known], places[known] = values[key], lines.get(key, 1)
    return Settled(own, places, slips)


def meant(key: str) -> str | None:
    """The documented key that this one is probably a slip for; None for keys of other purposes."""
    shape = _SEPARATORS.sub("", key.casefold())
    if key in _KNOWN or shape in _SHAPES or shape in _ORDINARY:
        return None
    if shape in _MEANT:
        return _MEANT[shape]
    from rapidfuzz.distance import OSA  # not needed to answer --help

    near = []
    for own_shape, own in _SHAPES.items():
        if own_shape[0] != shape[:1] or len(own_shape) < _SHORT:
            continue
        distance = OSA.distance(shape, own_shape, score_cutoff=2)
        swapped = len(shape) != len(own_shape) or sorted(shape) == sorted(own_shape)
        if distance <= (2 if len(own_shape) >= _LONG else 1) and (len(own_shape) > _SHORT or swapped):
            near.append((distance, own))
    return min(near)[1] if near else None


def nearest(word: str, choices: tuple[str, ...]) -> str | None:
    """The one of the choices that is written with one or two slips; None when none is, or several equally."""
    from rapidfuzz.distance import OSA

    word = word.casefold()
    distances = sorted((OSA.distance(word, choice, score_cutoff=2), choice) for choice in choices)
    best, choice = distances[0]
    if best > min(2, len(word) // 3) or (len(distances) > 1 and distances[1][0] == best):
        return None
    return choice

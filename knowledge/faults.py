"""What an author got wrong in the front matter of one file: the document is read all the same, and the author is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from knowledge import dates, decision_records, keys, metadata, reviews
from knowledge.documents import Document, Kind, LeftOut, Status
from knowledge.keys import Settled

_SINGLE = ("id", "title", "kind", "status", "owner", "tier", *keys.INTERVALS)
_NAMES = (*keys.OLDER, *keys.SUCCESSORS)
_SEVERAL = ("reviewers", "tags", "aliases", "controls", *_NAMES)
_DOUBTFUL = ("status", "id")  # what others rely on
_LONGEST = 60  # characters of a value that is quoted


def find(document: Document, front: Settled) -> list[LeftOut]:
    """One entry for each fault, with its line. Forms to fill in have none: their values are placeholders."""
    if not front.values or metadata.is_template(document.path):
        return []
    found = [*_shapes(front.values), *_words(document, front.values), *_days(front.values), *_slips(front)]
    return [
        LeftOut(document.path, reason, front.lines.get(key), read=True, doubtful=key if key in _DOUBTFUL else "")
        for key, reason in found
    ]


def _words(document: Document, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Words that are none of those that count."""
    status = _word(values.get("status"))
    if status and decision_records.stated(status) is None:
        reads = f"it is read as {document.status.value} until it is mended"
        yield "status", _none_of("status", status, tuple(Status), reads)
    kind = _word(values.get("kind"))
    if kind and metadata.kind_of(kind) is None:
        yield "kind", _none_of("kind", kind, tuple(Kind), f"it is read as {document.kind.value} until it is mended")
    for key in keys.INTERVALS:
        often = _word(values.get(key))
        if often and reviews.interval(often) is None:
            yield key, f'{key} "{_short(often)}" cannot be read; write it like "6 months" or "yearly"'


def _days(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in keys.DATES:
        value = values.get(key)
        if value is None or isinstance(value, date) or value == "":
            continue
        text = _short(str(value))
        day = dates.read(value) if isinstance(value, str) else None
        numbers = isinstance(value, str) and dates.is_in_numbers(value)
        if day is None and numbers and dates.may_be_two_days(str(value)):
            yield key, f'{key} "{text}" may be two days and is not read; write it as YYYY-MM-DD'
        elif day is None:
            yield key, f'{key} "{text}" cannot be read as a date; write it as YYYY-MM-DD'
        elif numbers:
            yield key, f'{key} "{text}" is read as {day.isoformat()}; write it so'


def _shapes(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Lists where one value is meant, mappings where there is a list, and so on."""
    for key in _SINGLE:
        if reason := _not_single(key, values.get(key)):
            yield key, reason
    for key in _SEVERAL:
        if reason := _not_several(key, values.get(key)):
            yield key, reason
    reach = values.get("applies_to")
    if isinstance(reach, (bool, int, float)):
        yield "applies_to", "applies_to must be a list of paths, or {paths: [...], services: [...]}"
    exceptions = values.get("exceptions")
    if exceptions is not None and not isinstance(exceptions, dict):
        yield "exceptions", "exceptions must be a mapping such as {risk: low, seats: [security]}; it is not read"


def _not_single(key: str, value: Any) -> str | None:
    if isinstance(value, dict):
        return f"{key} must be one value, not a mapping; it is not read: quote it if it has a colon or braces"
    if isinstance(value, list):
        plain = [str(each) for each in value if each is not None and not isinstance(each, (dict, list))]
        return f'{key} must be one value, not a list; it is read as "{_short(", ".join(plain))}"'
    if isinstance(value, bool) and key not in ("status", "kind"):
        return f"{key} is {str(value).lower()}, which is no name; quote it if it is meant so"
    if isinstance(value, float) and key == "id":
        return f'id {value} is taken as a number, which may have lost a nought; write it in quotes: "{value}"'
    return None


def _not_several(key: str, value: Any) -> str | None:
    if isinstance(value, dict):
        return f"{key} must be a list such as [one, two], not a mapping; it is not read"
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, (dict, list)) for item in items):
        return f"an item of {key} is a list or mapping and is not read; quote it if it has a colon"
    if any(isinstance(item, bool) or (isinstance(item, float) and key in _NAMES) for item in items):
        wanted = "the ids or paths of documents" if key in _NAMES else "words"
        return f"{key} must be {wanted}, not {_short(str(value)).lower()}; quote it if it is meant so"
    return None


def _slips(front: Settled) -> Iterator[tuple[str, str]]:
    for key, meant in front.slips.items():
        use = "it is read as that" if meant == "status" else "it is not read"
        yield key, f'"{_short(key)}" is no key that is known; did you mean {meant}? Until it is mended {use}'


def _none_of(key: str, value: str, choices: tuple[str, ...], reads: str) -> str:
    near = keys.nearest(value, choices)
    hint = f"; did you mean {near}?" if near else "."
    return f'{key} "{_short(value)}" is none of {", ".join(choices)}{hint} {reads[0].upper()}{reads[1:]}'


def _word(value: Any) -> str:
    """A value as text; "" for what has no text, of which `_shapes` speaks."""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value if each is not None and not isinstance(each, (dict, list)))
    return "" if value is None or isinstance(value, dict) else str(value).strip()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

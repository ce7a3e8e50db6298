"""Strict YAML: the block in front of a document, `glossary.yaml`, `governance.yaml`. Text in, plain values out.

Only what people write by hand is taken: mappings, lists, strings, whole numbers, decimals, true and false, null and
dates. Refused, each with its line: anchors and aliases, tags, a key given twice, nesting deeper than `DEEPEST`, more
than one document, more bytes than allowed. `yes`, `no`, `on`, `off` and `18:00` stay the words they are.

libyaml's parser gives events one by one and the values are put together here, for two reasons: its own loader
recurses in C and crashes on deep nesting, and merge keys let a few hundred bytes run for seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeGuard

from knowledge.yaml_faults import explained

DEEPEST = 20
LARGEST_FRONT_MATTER = 16 * 1024
LARGEST_FILE = 256 * 1024

Place = tuple[str | int, ...]  # of a value: the keys and list positions (from 0) that lead to it

_OPENING = re.compile(r"\ufeff?(?:[ \t]*\n){0,3}---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_TOML = re.compile(r"\ufeff?(?:[ \t]*\n){0,3}\+\+\+[ \t]*\n")
_TOML_END = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)
_KEY = re.compile(r"[ \t]*(?:#.*|[\w\"'][^\n]{0,80}?:(?:[ \t].*)?)$")
_PLAIN_KEY = re.compile(r"([A-Za-z][\w-]{0,40}):(?:[ \t]+(.*))?$")
_HEADING_AFTER_BLANK = re.compile(r"\n[ \t]*\n#{1,6}[ \t]++\S[^\n]*\n[ \t]*\n")
_STATUS = re.compile(r"^status[ \t]*+:[ \t]++([^\n]{1,200})$", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|[ \t]+)#.*")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{1,17}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None,
          "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}  # fmt: skip


class FaultyYaml(ValueError):
    """YAML that is not taken. `reason` says what to mend, `line` where (from 1)."""

    def __init__(self, reason: str, line: int, path: str = "") -> None:
        self.reason, self.line, self.path = reason, line, path
        super().__init__(f"{path}:{line}: {reason}" if path else f"line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The values in front of a document, and where its text begins."""

    values: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    fault: FaultyYaml | None = None  # then `values` holds at most `status`, and the text is whole all the same
    lines: Mapping[str, int] = field(default_factory=dict)  # where each key stands in the file


def split(text: str) -> FrontMatter:
    """The front matter of a document's text and the rest. A faulty block costs its values (not its status), never the text.

    A block begins on the first line (a byte order mark or up to three blank lines may stand before it) and its first
    line looks like a key: a document that opens with a rule across the page has no front matter. TOML between `+++`
    is set aside unread.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return _without_toml(text)
    start = opening.end()
    first = text.count("\n", 0, start) + 1
    closing = _CLOSING.search(text, start)
    if closing is None:
        return _never_closed(text, start, first) if _begins_with_keys(text, start) else FrontMatter({}, text, 1)
    first_line = text[start : text.find("\n", start)] if "\n" in text[start:] else text[start:]
    if closing.start() != start and not _KEY.match(first_line):
        return FrontMatter({}, text, 1)
    block = text[start : closing.start()]
    body = text[closing.end() + 1 :]
    body_line = first + block.count("\n") + 1
    try:
        values, lines = _loaded(block, "", first, LARGEST_FRONT_MATTER, exact_dates=False)
        if values is None or is_mapping(values):
            return FrontMatter(values or {}, body, body_line, None, lines)
        fault = FaultyYaml("front matter must be lines of `key: value`", first)
    except FaultyYaml as faulty:
        fault = faulty
    if _HEADING_AFTER_BLANK.search(block) and _begins_with_keys(text, start):
        return _never_closed(text, start, first)  # what looked like its end is a rule across the page
    reason = f"front matter is left out, its text is read: {fault.reason}"
    values, lines = _status(block, first)
    return FrontMatter(values, body, body_line, FaultyYaml(reason, fault.line), lines)


def _begins_with_keys(text: str, start: int) -> bool:
    """Whether lines of `key: value` follow a `---` that nothing closes; a rule across the page may precede "Note: …"."""
    keys = []
    for line in text[start : start + 2000].split("\n")[:2]:
        match = _PLAIN_KEY.match(line)
        if match is None:
            break
        keys.append(match[1])
    return len(keys) > 1 or (len(keys) == 1 and keys[0][0].islower())


def _never_closed(text: str, start: int, first: int) -> FrontMatter:
    reason = f"front matter that begins at line {first - 1} is never closed; add a line ---"
    block = text[start : start + LARGEST_FRONT_MATTER].partition("\n\n")[0]
    values, lines = _status(block, first)
    return FrontMatter(values, text, 1, FaultyYaml(reason, first - 1), lines)


def _status(block: str, first: int) -> tuple[dict[str, Any], dict[str, int]]:
    """The status that a faulty block states on a line of its own: a draft must not pass for more through another fault."""
    found = _STATUS.search(block)
    if found is None:
        return {}, {}
    stated = _COMMENT.sub("", found[1]).strip(" \t\"'")
    return {"status": stated}, {"status": first + block.count("\n", 0, found.start())}


def _without_toml(text: str) -> FrontMatter:
    opening = _TOML.match(text)
    closing = _TOML_END.search(text, opening.end()) if opening else None
    if closing is None:
        return FrontMatter({}, text, 1)
    line = text.count("\n", 0, closing.end()) + 1
    reason = "TOML front matter is not read; write it as YAML between two lines of ---"
    return FrontMatter({}, text[closing.end() + 1 :], line + 1, FaultyYaml(reason, 1))


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a loaded value is a mapping: its keys are strings then."""
    return isinstance(value, dict)


def load(text: str, path: str = "", *, first_line: int = 1, largest: int = LARGEST_FILE) -> Any:
    """The value of one YAML document; None when it is empty. Keys are always strings, as they were written.

    Raises FaultyYaml with path and line.
    """
    return _read(text, path, first_line, largest, exact_dates=True)[0]


def load_with_lines(text: str, path: str = "") -> tuple[Any, Mapping[Place, int]]:
    """As `load`, and the line at which each value within it stands: that of its key, in a list its own."""
    return _read(text, path, 1, LARGEST_FILE, exact_dates=True)


def _loaded(text: str, path: str, first_line: int, largest: int, *, exact_dates: bool) -> tuple[Any, dict[str, int]]:
    """The value and, where it is a mapping, the lines of its keys. Without `exact_dates` a day like 2026-02-30 is text."""
    value, lines = _read(text, path, first_line, largest, exact_dates=exact_dates)
    return value, {str(place[0]): line for place, line in lines.items() if len(place) == 1}


def _read(text: str, path: str, first_line: int, largest: int, *, exact_dates: bool) -> tuple[Any, dict[Place, int]]:
    if len(text) > largest or len(text.encode("utf-8", "replace")) > largest:
        raise FaultyYaml(f"longer than {largest // 1024} KiB; shorten it", first_line, path)
    import yaml  # not needed to answer --help

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml may be missing: then slower, with the same result
    try:
        values = _Values(yaml.parse(text, Loader=loader), first_line, path, exact_dates=exact_dates)
        return values.document(), values.lines
    except yaml.YAMLError as error:
        reason, line = explained(text, error, first_line)
        raise FaultyYaml(f"not valid YAML: {reason}", line, path) from None


class _Values:
    """Puts values together from parser events; recursion is bounded by `DEEPEST`."""

    def __init__(self, events: Iterator[Any], first_line: int, path: str, *, exact_dates: bool) -> None:
        self._events, self._first_line, self._path, self._exact_dates = events, first_line, path, exact_dates
        self.lines: dict[Place, int] = {}

    def document(self) -> Any:
        kind, event = self._next()
        while kind in ("StreamStartEvent", "DocumentStartEvent"):
            kind, event = self._next()
        if kind == "StreamEndEvent":
            return None
        value = self._value(kind, event, ())
        self._next()  # the document's end
        kind, event = self._next()
        if kind != "StreamEndEvent":
            raise self._fault("a second YAML document begins here; keep one", event)
        return value

    def _next(self) -> tuple[str, Any]:
        event = next(self._events)
        return type(event).__name__, event

    def _fault(self, reason: str, event: Any) -> FaultyYaml:
        return FaultyYaml(reason, self._first_line + event.start_mark.line, self._path)

    def _value(self, kind: str, event: Any, place: Place) -> Any:
        if kind == "AliasEvent" or event.anchor is not None:
            raise self._fault("anchors (&) and aliases (*) are not taken; write the value out or quote it", event)
        if event.tag is not None:
            raise self._fault("tags (!) are not taken; remove it or quote the value", event)
        if len(place) >= DEEPEST:
            raise self._fault(f"nested deeper than {DEEPEST} levels; flatten it", event)
        if kind == "ScalarEvent":
            return self._scalar(event)
        return self._list(place) if kind == "SequenceStartEvent" else self._mapping(place)

    def _list(self, place: Place) -> list[Any]:
        values: list[Any] = []
        while (following := self._next())[0] != "SequenceEndEvent":
            own = (*place, len(values))
            self.lines[own] = self._first_line + following[1].start_mark.line
            values.append(self._value(*following, own))
        return values

    def _mapping(self, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while (following := self._next())[0] != "MappingEndEvent":
            kind, event = following
            if kind != "ScalarEvent" or event.anchor is not None or event.tag is not None:
                raise self._fault("a key must be a plain word; quote a text that begins with a bracket", event)
            key = event.value
            if key in values:
                raise self._fault(f"the key {key[:40]!r} is given twice; keep one", event)
            own = (*place, key)
            self.lines[own] = self._first_line + event.start_mark.line
            values[key] = self._value(*self._next(), own)
        return values

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if not event.implicit[0]:  # quoted or a block: the author wants a string
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return float(text)
        if _DATE.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                if not self._exact_dates:
                    return text
                raise self._fault(f"{text} is no date of the calendar; write a day that exists", event) from None
        return text

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

DEEPEST = 20
LARGEST_FRONT_MATTER = 16 * 1024
LARGEST_FILE = 256 * 1024

_OPENING = re.compile(r"\ufeff?(?:[ \t]*\n){0,3}---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_TOML = re.compile(r"\ufeff?(?:[ \t]*\n){0,3}\+\+\+[ \t]*\n")
_TOML_END = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)
_KEY = re.compile(r"[ \t]*(?:#.*|[\w\"'][^\n]{0,80}?:(?:[ \t].*)?)$")
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
    fault: FaultyYaml | None = None  # then `values` is empty, and the text is whole all the same


def split(text: str) -> FrontMatter:
    """The front matter of a document's text and the rest. A faulty block costs its values only, never the text.

    A block begins on the first line (a byte order mark or up to three blank lines may stand before it) and its first
    line looks like a key: a document that opens with a rule across the page has no front matter. TOML between `+++`
    is set aside unread.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return _without_toml(text)
    start = opening.end()
    closing = _CLOSING.search(text, start)
    first_line = text[start : text.find("\n", start)] if "\n" in text[start:] else text[start:]
    if closing is None or (closing.start() != start and not _KEY.match(first_line)):
        return FrontMatter({}, text, 1)
    block = text[start : closing.start()]
    before = text.count("\n", 0, start)
    body = text[closing.end() + 1 :]
    body_line = before + block.count("\n") + 2
    try:
        values = load(block, first_line=before + 1, largest=LARGEST_FRONT_MATTER)
    except FaultyYaml as fault:
        return FrontMatter({}, body, body_line, fault)
    if values is not None and not is_mapping(values):
        unfit = FaultyYaml("front matter must be lines of `key: value`", before + 1)
        return FrontMatter({}, body, body_line, unfit)
    return FrontMatter(values or {}, body, body_line)


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
    if len(text) > largest or len(text.encode("utf-8", "replace")) > largest:
        raise FaultyYaml(f"longer than {largest // 1024} KiB; shorten it", first_line, path)
    import yaml  # not needed to answer --help

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml may be missing: then slower, with the same result
    try:
        return _Values(yaml.parse(text, Loader=loader), first_line, path).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or "a character that YAML does not allow"
        line = first_line + (mark.line if mark else 0)
        raise FaultyYaml(f"not valid YAML: {problem}; check quotes, colons and indentation", line, path) from None


class _Values:
    """Puts values together from parser events; recursion is bounded by `DEEPEST`."""

    def __init__(self, events: Iterator[Any], first_line: int, path: str) -> None:
        self._events, self._first_line, self._path = events, first_line, path

    def document(self) -> Any:
        kind, event = self._next()
        while kind in ("StreamStartEvent", "DocumentStartEvent"):
            kind, event = self._next()
        if kind == "StreamEndEvent":
            return None
        value = self._value(kind, event, 1)
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

    def _value(self, kind: str, event: Any, depth: int) -> Any:
        if kind == "AliasEvent" or event.anchor is not None:
            raise self._fault("anchors (&) and aliases (*) are not taken; write the value out or quote it", event)
        if event.tag is not None:
            raise self._fault("tags (!) are not taken; remove it or quote the value", event)
        if depth > DEEPEST:
            raise self._fault(f"nested deeper than {DEEPEST} levels; flatten it", event)
        if kind == "ScalarEvent":
            return self._scalar(event)
        return self._list(depth) if kind == "SequenceStartEvent" else self._mapping(depth)

    def _list(self, depth: int) -> list[Any]:
        values = []
        while (following := self._next())[0] != "SequenceEndEvent":
            values.append(self._value(*following, depth + 1))
        return values

    def _mapping(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while (following := self._next())[0] != "MappingEndEvent":
            kind, event = following
            if kind != "ScalarEvent" or event.anchor is not None or event.tag is not None:
                raise self._fault("a key must be a plain word", event)
            key = event.value
            if key in values:
                raise self._fault(f"the key {key[:40]!r} is given twice; keep one", event)
            values[key] = self._value(*self._next(), depth + 1)
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
                raise self._fault(f"{text} is no date of the calendar", event) from None
        return text

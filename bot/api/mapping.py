"""How a tool's body becomes a report: a mapping says how it is signed and where its fields are. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.api.signatures import LONGEST_ID, Signing
from bot.domain.incident_reports import Happening, ReportedDecision, ReportIncident
from bot.domain.incidents import DecisionKind, kind_of
from bot.domain.people import Account, same_writing

PLATFORM = "webhook"
IGNORED, ANY = "ignored", "*"  # what a type may become · a type that is not named
MOST_ROOMS, MOST_CLAUSES = 20, 50
LONGEST_KEY, LONGEST_LINE, LONGEST_TEXT = 100, 300, 4_000  # characters

_SEVERITY = re.compile(r"sev(?:erity)?[\s_-]*([0-9]{1,2})", re.IGNORECASE)
_ROOM = re.compile(r"slack:[CDG][A-Z0-9]{2,30}|teams:[^\s/#%]{2,300}")
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


class UnmappedError(ValueError):
    """A body of which no report can be made: the sentence says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step into a body: a member by its name (the event's type where `is_type`), then perhaps the item of a list at a place, or
    the first one in which something has a value."""

    name: str
    is_type: bool = False
    index: int | None = None
    where: tuple[tuple[str, ...], str] | None = None


Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A source's mapping. `types` gives what an event's type means ("incident.opened", …, or "ignored"); each field has paths of
    which the first that leads to something counts; `rooms` has a platform beside each path, "" where the text names it."""

    signing: Signing = field(default_factory=Signing)
    id: tuple[Path, ...] = ()
    type: tuple[Path, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    incident: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    rooms: tuple[tuple[str, Path], ...] = ()
    severities: Mapping[str, str] = field(default_factory=dict)
    closed: tuple[tuple[Path, frozenset[str]], ...] = ()  # an update in which this stands closes the incident
    decision: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


def path_of(text: str) -> Path:
    """A path as it is written: `event.data.id`, `"a.name.with.dots".id`, `$type.name`, `list[0].id`, `roles[role.kind=lead].email`.

    Raises ValueError with what is wrong.
    """
    steps, rest = list[Step](), text.strip()
    while True:
        found = _STEP.match(rest)
        if not found:
            raise ValueError(f'"{text}" is no path; write one like event.data.id')
        quoted, plain, index, key, value = found.groups()
        name = quoted if quoted is not None else plain
        where = (tuple(key.split(".")), value.strip()) if key else None
        steps.append(Step(name, quoted is None and name == "$type", int(index) if index else None, where))
        rest = rest[found.end() :]
        if not rest:
            return tuple(steps)
        if not rest.startswith(".") or len(steps) >= 20:
            raise ValueError(f'"{text}" is no path; write one like event.data.id, with a dot between two names')
        rest = rest[1:]


_STEP = re.compile(
    r'(?:"([^"]{1,100})"|(\$type|[A-Za-z0-9_-]{1,100}))'
    r"(?:\[(?:([0-9]{1,3})|([A-Za-z0-9_.-]{1,100})=([^\]]{1,100}))\])?"
)


def body_of(data: bytes) -> dict[str, Any]:
    """A body as a JSON object. Raises `UnmappedError` for anything else, for a member that is given twice and for a giant number."""
    try:
        found = json.loads(data, object_pairs_hook=_once, parse_int=_number, parse_constant=_no_number)
    except UnmappedError:
        raise
    except (ValueError, RecursionError):
        raise UnmappedError("The body is no JSON that can be read.") from None
    if not isinstance(found, dict):
        raise UnmappedError("The body is JSON, and no object.")
    return found


def id_of(mapping: SourceMapping, body: Mapping[str, Any]) -> str:
    """The delivery's id where it stands in the body; "" where there is none."""
    return _text(_first(mapping.id, body, ""), LONGEST_ID)


def report(mapping: SourceMapping, source: str, body: Mapping[str, Any]) -> ReportIncident | None:
    """What a body tells; None for what the mapping ignores. Raises `UnmappedError`."""
    type_ = _text(_first(mapping.type, body, ""), LONGEST_KEY)
    if not type_:
        raise UnmappedError("The body does not say what type of event it is, where the mapping looks for it.")
    meaning = mapping.types.get(type_, mapping.types.get(ANY, ""))
    if meaning == IGNORED:
        return None
    if not meaning:
        raise UnmappedError(f"The mapping of {source} does not know the type “{type_}”: name it there, or ignore it.")
    happening = Happening(meaning)
    if happening is Happening.UPDATED and any(_said(path, body, type_) in said for path, said in mapping.closed):
        happening = Happening.CLOSED
    known = {name: _text(_first(paths, body, type_), LONGEST_LINE) for name, paths in mapping.incident.items()}
    key = known.get("key", "")
    if not key or len(key) > LONGEST_KEY:
        raise UnmappedError("The body has no key of the incident, where the mapping looks for it.")
    return ReportIncident(
        by=Account(PLATFORM, source, name=source),
        happening=happening,
        key=key,
        title=known.get("title", ""),
        severity=severity_of(mapping.severities.get(known.get("severity", ""), known.get("severity", ""))),
        url=_url(known.get("url", "")),
        rooms=tuple(dict.fromkeys(_rooms(mapping, body, type_)))[:MOST_ROOMS],
        service=known.get("service", ""),
        commander=_address(known.get("commander", "")),
        at=_moment(known.get("at", "")),
        decision=_decision(mapping, body, type_) if happening is Happening.DECIDED else None,
    )


def severity_of(text: str) -> str:
    """A severity in the words of the house: "SEV-1" for sev1, Sev 1, SEVERITY_1; anything else as it is."""
    found = _SEVERITY.fullmatch(text.strip())
    return f"SEV-{int(found[1])}" if found else text.strip()


def _decision(mapping: SourceMapping, body: Mapping[str, Any], type_: str) -> ReportedDecision:
    def text(name: str, longest: int = LONGEST_LINE) -> str:
        return _text(_first(mapping.decision.get(name, ()), body, type_), longest)

    statement, kind = text("statement", LONGEST_TEXT), text("kind")
    if not statement:
        raise UnmappedError("The body has no statement of the decision, where the mapping looks for it.")
    known = kind_of(mapping.kinds.get(kind, kind)) if kind else DecisionKind.OTHER
    if known is None:
        raise UnmappedError(
            f"“{kind}” is no kind of decision: there are {', '.join(DecisionKind)}; a mapping can name others."
        )
    waived = _first(mapping.decision.get("waives", ()), body, type_)
    clauses = waived if isinstance(waived, list) else [waived]
    return ReportedDecision(
        kind=known.value,
        statement=statement,
        id=text("id"),
        rationale=text("rationale", LONGEST_TEXT),
        decided_by=_address(text("decided_by")),
        decided_at=_moment(text("decided_at")),
        risk=text("risk"),
        waives=tuple(found for each in clauses[:MOST_CLAUSES] if (found := _text(each, LONGEST_KEY))),
    )


def _rooms(mapping: SourceMapping, body: Mapping[str, Any], type_: str) -> Iterator[str]:
    for platform, path in mapping.rooms:
        found = _found(path, body, type_)
        for each in found if isinstance(found, list) else [found]:
            room = f"{platform}:{_text(each, LONGEST_LINE)}" if platform else _text(each, LONGEST_LINE)
            if _ROOM.fullmatch(room):
                yield room


def _first(paths: tuple[Path, ...], body: Mapping[str, Any], type_: str) -> Any:
    return next((found for path in paths if (found := _found(path, body, type_)) not in (None, "")), None)


def _said(path: Path, body: Mapping[str, Any], type_: str) -> str:
    return _text(_found(path, body, type_), LONGEST_LINE)


def _found(path: Path, body: Any, type_: str) -> Any:
    """What a path leads to; None where it leads nowhere."""
    at = body
    for step in path:
        at = at.get(type_ if step.is_type else step.name) if isinstance(at, dict) else None
        if step.index is not None:
            at = at[step.index] if isinstance(at, list) and step.index < len(at) else None
        elif step.where:
            names, value = step.where
            inner = tuple(Step(name) for name in names)
            items = at if isinstance(at, list) else []
            at = next((each for each in items if _text(_found(inner, each, ""), LONGEST_LINE) == value), None)
    return at


def _text(value: object, longest: int) -> str:
    """A text or a number as a text that can be written down, cut to `longest` characters; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    text = str(value).encode("utf-8", "replace").decode().replace("\0", " ").strip()
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _address(text: str) -> str:
    return same_writing(text) if _ADDRESS.fullmatch(text) else ""


def _url(text: str) -> str:
    return text if re.fullmatch(r"https?://[^\s\"'<>]+", text) else ""


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnmappedError("The body gives a member twice.")
    return found


def _number(text: str) -> int:
    if len(text) > 20:
        raise UnmappedError("The body has a number that is far too long.")
    return int(text)


def _no_number(text: str) -> float:
    raise UnmappedError(f"The body has {text}, which is no JSON.")

"""From what stands in a mapping file to a mapping: strict, every fault at once, each with its line and its mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from bot.api.mapping import ANY, IGNORED, Path, SourceMapping, path_of
from bot.api.signatures import Scheme, Signing
from bot.domain.incident_reports import Happening
from bot.domain.incidents import DecisionKind
from bot.domain.reading import Page, Part, Place
from bot.errors import ConfigurationError

INCIDENT = ("key", "title", "severity", "url", "rooms", "service", "commander", "at")
DECISION = ("id", "kind", "statement", "rationale", "decided_by", "decided_at", "risk", "waives")
MEANINGS = (*map(str, Happening), IGNORED)
KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "": (
            "scheme",
            "header",
            "prefix",
            "id",
            "type",
            "types",
            "incident",
            "severities",
            "closed",
            "decision",
            "kinds",
        ),
        "incident": INCIDENT,
        "incident.rooms": ("slack", "teams"),
        "decision": DECISION,
    }
)
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
_PREFIX = re.compile(r"[!-~]{1,20}")


def read(written: object, lines: Mapping[Place, int], path: str) -> SourceMapping:
    """A mapping from plain values; `lines` says where each stands. Raises `ConfigurationError` with all faults."""
    page = Page(path, lines, KEYS)
    parts = Part(written, page).members("")
    for name in ("type", "types", "incident"):
        if name not in parts:
            Part(None, page).fault(f"lacks {name}; write it, as docs/webhooks.md shows")
    incident = parts["incident"].members("incident") if "incident" in parts else {}
    if "incident" in parts and "key" not in incident:
        parts["incident"].fault("lacks key: where the tool's name for the incident stands")
    decision = parts["decision"].members("decision") if "decision" in parts else {}
    types = _words(parts.get("types"), MEANINGS, "meaning of a type")
    if Happening.DECIDED in types.values() and "statement" not in decision:
        parts["types"].fault("has incident.decided, so decision.statement must say where the decision stands")
    found = SourceMapping(
        signing=_signing(parts),
        id=_paths(parts.get("id")),
        type=_paths(parts.get("type")),
        types=types,
        incident={name: _paths(part) for name, part in incident.items() if name != "rooms"},
        rooms=_rooms(incident.get("rooms")),
        severities=_words(parts.get("severities")),
        closed=_closed(parts.get("closed")),
        decision={name: _paths(part) for name, part in decision.items()},
        kinds=_words(parts.get("kinds"), tuple(DecisionKind), "kind of decision"),
    )
    if page.faults:
        raise ConfigurationError(page.sentences())
    return found


def _signing(parts: Mapping[str, Part]) -> Signing:
    scheme = parts["scheme"].one_of([*map(str, Scheme)], "scheme") if "scheme" in parts else Scheme.STANDARD
    if scheme != Scheme.HMAC:
        for name in ("header", "prefix"):
            if name in parts:
                parts[name].fault(f"is for the scheme {Scheme.HMAC} alone; remove the line")
        return Signing(Scheme(scheme) if scheme else Scheme.STANDARD)
    if "header" not in parts:
        parts["scheme"].fault("needs a header: where the signature stands")
        return Signing()
    header = parts["header"].formed(_HEADER, "X-Signature", "no header's name; write one like X-Signature")
    prefix = (
        parts["prefix"].formed(_PREFIX, "sha256=", "no prefix; write one like sha256=") if "prefix" in parts else ""
    )
    return Signing(Scheme.HMAC, header.lower(), prefix)


def _paths(part: Part | None) -> tuple[Path, ...]:
    """A path, or several in a list of which the first that leads to something counts."""
    if part is None:
        return ()
    parts = part.items() if isinstance(part.value, list) else [part]
    return tuple(found for each in parts if (found := _path(each)))


def _path(part: Part) -> Path:
    text = part.text("event.data.id")
    try:
        return path_of(text) if text else ()
    except ValueError as fault:
        part.fault(str(fault))
        return ()


def _rooms(part: Part | None) -> tuple[tuple[str, Path], ...]:
    if part is None:
        return ()
    if isinstance(part.value, dict):
        return tuple(
            (platform, path) for platform, each in part.members("incident.rooms").items() for path in _paths(each)
        )
    return tuple(("", path) for path in _paths(part))


def _closed(part: Part | None) -> tuple[tuple[Path, frozenset[str]], ...]:
    found = list[tuple[Path, frozenset[str]]]()
    for name, values in (part.entries() if part else {}).items():
        try:
            path = path_of(name)
        except ValueError as fault:
            values.fault(str(fault))
            continue
        found.append((path, frozenset(values.once(Part.text))))
    return tuple(found)


def _words(part: Part | None, choices: tuple[str, ...] = (), what: str = "") -> Mapping[str, str]:
    """A word for a word, of `choices` where there are some."""
    if part is None:
        return {}
    return {
        name: each.one_of(choices, what) if choices else each.text()
        for name, each in part.entries().items()
        if name == ANY or name.strip()
    }

"""What a document is: title, kind, id, status, owner, dates. From front matter, else from what its author wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from knowledge import dates, decision_records, keys
from knowledge.documents import Document, Kind, Status
from knowledge.outline import Outline, Section

_KINDS = {
    "standard": Kind.STANDARD, "standards": Kind.STANDARD, "policy": Kind.STANDARD, "policies": Kind.STANDARD,
    "adr": Kind.ADR, "adrs": Kind.ADR, "decision": Kind.ADR, "decisions": Kind.ADR, "decision-record": Kind.ADR,
    "decision-records": Kind.ADR, "architecture-decisions": Kind.ADR, "architecture-decision-records": Kind.ADR,
    "keps": Kind.ADR, "peps": Kind.ADR, "kep": Kind.ADR, "pep": Kind.ADR, "rfcs": Kind.ADR, "madr": Kind.ADR,
    "runbook": Kind.RUNBOOK, "runbooks": Kind.RUNBOOK, "playbook": Kind.RUNBOOK, "playbooks": Kind.RUNBOOK,
    "pattern": Kind.PATTERN, "patterns": Kind.PATTERN, "reference-architecture": Kind.PATTERN,
    "reference-architectures": Kind.PATTERN, "golden-path": Kind.PATTERN, "golden-paths": Kind.PATTERN,
    "blueprint": Kind.PATTERN, "blueprints": Kind.PATTERN,
    "guide": Kind.GUIDE, "guides": Kind.GUIDE, "guideline": Kind.GUIDE, "guidance": Kind.GUIDE,
}  # fmt: skip
_TEMPLATE = re.compile(r"(?:^|[-_. ])templates?(?:$|[-_. ])", re.IGNORECASE)
_TEMPLATE_FOLDERS = frozenset({"archetypes", "templates", "template", "_templates", "issue_template"})
_ABOUT_THE_FOLDER = frozenset(
    {"readme", "changelog", "contributing", "license", "code_of_conduct", "security", "codeowners"}
)
_FOLDER_PAGES = frozenset({"readme", "index", "_index"})
_DECISION = re.compile(r"decision(?: outcome)?|decision made|the decision|outcome", re.IGNORECASE)
_CONTEXT = re.compile(
    r"context(?: and problem statement)?|status|consequences|considered options|issue|alternatives.*", re.IGNORECASE
)
_RUNBOOK = re.compile(
    r"meaning|impact|diagnosis|mitigation|symptoms?|escalation|troubleshooting|possible checks|remediation|rollback",
    re.IGNORECASE,
)
_REQUIREMENT = re.compile(r"\b(?:MUST|SHALL|SHOULD)\b")
_NUMBERED = re.compile(r"(?:adr[-_ ]?)?(\d{1,5})(?=[-_. ]|$)", re.IGNORECASE)
_NAMED = re.compile(
    r"([A-Za-z]{2,8})-(\d{3,6})(?=[-_. ]|$)|(ADR|STD|RB|PAT|RFC|KEP|PEP)-(\d{1,6})(?=[-_. ]|$)", re.IGNORECASE
)
_MOST_PEOPLE = 20  # of a role, as in governance.yaml
_NOT_A_SLUG = re.compile(r"[^\w]+|_")
_PLACEHOLDER_TAG = re.compile(r"tag (?:one|two|three|\d)", re.IGNORECASE)


def describe(path: str, values: Mapping[str, Any], outline: Outline, digest: str) -> Document:
    """A document without its passages. References to others stay as written: only the whole folder resolves them."""
    kind = _kind(path, values, outline)
    identity = _id(path, kind, values, outline)
    standing = decision_records.standing(outline, _text(values, "status", "state") or _withdrawn(values))
    successors = (*named(values, *keys.SUCCESSORS), *standing.successors)
    status, status_text = _status(path, values, standing, superseded=bool(successors))
    exceptions = values.get("exceptions")
    exceptions = exceptions if isinstance(exceptions, dict) else {}
    fields = outline.fields
    return Document(
        path=path,
        id=identity,
        title=_title(path, values, outline),
        kind=kind,
        status=status,
        digest=digest,
        status_text=_text(values, "status_notes") or status_text,
        owner=_owner(values, fields),
        reviewers=_texts(values, "reviewers"),
        tags=tuple(tag for tag in _texts(values, "tags", "keywords") if not _PLACEHOLDER_TAG.fullmatch(tag)),
        aliases=_texts(values, "aliases"),
        controls=_texts(values, "controls"),
        applies_to=_applies_to(values),
        tier=_text(values, "tier"),
        date=_date(values, "date", "created") or _field_date(fields, "date", "created", "revdate"),
        reviewed=_date(values, "reviewed", "last_reviewed_on", "last_reviewed", "last-reviewed"),
        review_every=_text(values, *keys.INTERVALS),
        effective=_date(values, "effective", "effective_date"),
        supersedes=tuple(dict.fromkeys((*named(values, *keys.OLDER), *standing.older))),
        superseded_by=tuple(dict.fromkeys(successors)),
        moved_to=decision_records.moved_to(outline),
        exception_risk=_text(exceptions, "risk"),
        exception_seats=_seats(exceptions.get("seats")),
    )


def is_template(path: str) -> bool:
    """Whether the file is a form to fill in: its values are placeholders."""
    place = PurePosixPath(path)
    folders = (part.lower().replace("-", "_") for part in place.parts[-3:-1])
    return bool(_TEMPLATE.search(place.name.lower().rpartition(".")[0])) or not _TEMPLATE_FOLDERS.isdisjoint(folders)


def kind_of(stated: str) -> Kind | None:
    """The kind that a word stands for: "Policy", "golden path"."""
    return _KINDS.get(stated.lower().replace(" ", "-").replace("_", "-"))


def title_section(outline: Outline) -> Section | None:
    """The heading that is the document's title: its first one of the first level.

    Unless text stands before it and others of its level come after it: then it is a section like them.
    """
    tops = [section for section in outline.sections if section.level == 1 and section.heading]
    if not tops or (len(tops) > 1 and tops[0] is not outline.sections[0]):
        return None
    return tops[0]


def _title(path: str, values: Mapping[str, Any], outline: Outline) -> str:
    stated = _text(values, "title") or outline.fields.get("title")
    if stated:
        return " ".join(stated.split())
    heading = title_section(outline)
    if heading:
        return heading.heading
    place = PurePosixPath(path)
    name = place.name.partition(".")[0]
    if name.lower() in _FOLDER_PAGES and place.parent.name:
        name = place.parent.name
    words = " ".join(_NOT_A_SLUG.sub(" ", re.sub(r"^\d+[-_. ]+", "", name)).split()) or name or path
    return words[0].upper() + words[1:]


def _kind(path: str, values: Mapping[str, Any], outline: Outline) -> Kind:
    for key in ("kind", "type", "layout"):
        stated = _text(values, key)
        if stated and (kind := kind_of(stated)):
            return kind
    place = PurePosixPath(path)
    folders = [part.lower().replace("_", "-") for part in reversed(place.parts[:-1])]
    stem = place.name.lower().rpartition(".")[0]
    if is_template(path):
        return Kind.GUIDE  # a form to fill in must not answer as a decision or a standard would
    if stem in _ABOUT_THE_FOLDER:
        return _kind_by_headings(outline) or Kind.GUIDE
    by_folder = next((_KINDS[folder] for folder in folders if folder in _KINDS), None)
    return by_folder or _kind_by_headings(outline) or _kind_of_repository(folders) or Kind.GUIDE


def _kind_by_headings(outline: Outline) -> Kind | None:
    headings = {section.heading for section in outline.sections if section.level}
    if any(map(_DECISION.fullmatch, headings)) and any(map(_CONTEXT.fullmatch, headings)):
        return Kind.ADR
    if sum(1 for heading in headings if _RUNBOOK.fullmatch(heading)) >= 3:
        return Kind.RUNBOOK
    if sum(1 for heading in headings if _REQUIREMENT.search(heading)) >= 2:
        return Kind.STANDARD
    return None


def _kind_of_repository(folders: Iterable[str]) -> Kind | None:
    """`team-runbooks/` is all runbooks; `x-standards/` holds much else, so only these two endings count."""
    for folder in folders:
        ending = folder.rpartition("-")[2]
        if _KINDS.get(ending) in (Kind.RUNBOOK, Kind.ADR) and ending not in ("playbook", "decision"):
            return _KINDS[ending]
    return None


def _id(path: str, kind: Kind, values: Mapping[str, Any], outline: Outline) -> str:
    stated = _text(values, *keys.IDS)
    if stated and kind is Kind.ADR and stated.isdecimal():
        return f"ADR-{stated:0>4}"
    if stated:
        return " ".join(stated.split())[:80]
    if (number := outline.fields.get("pep", "")).isdecimal():
        return f"PEP-{number:0>4}"
    place = PurePosixPath(path)
    name = place.name
    if named := _NAMED.match(name):
        return f"{(named[1] or named[3]).upper()}-{named[2] or named[4]}"
    if kind is Kind.ADR and (numbered := _NUMBERED.match(name)):
        return f"ADR-{numbered[1]:0>4}"
    parts = list(place.parts[:-1])
    stem = name.rpartition(".")[0] or name
    if stem.lower() not in _FOLDER_PAGES or not parts:
        parts.append(stem)
    return "-".join(_NOT_A_SLUG.sub("-", part.lower()).strip("-") for part in parts).strip("-") or path


def _status(
    path: str, values: Mapping[str, Any], standing: decision_records.Standing, *, superseded: bool
) -> tuple[Status, str]:
    """The status and the author's words. What cannot be read makes a document weigh less, never more: the nearest word
    counts unless it is "accepted", then what the text itself says, else it is a draft."""
    written = _text(values, "status") or ""
    said = decision_records.stated(written) if written else None
    otherwise = standing.status or (Status.SUPERSEDED if superseded else None)
    if said is not None:
        return said.status or otherwise or Status.ACCEPTED, said.text if said.status else standing.text
    if values.get("status") in (None, "", []) or is_template(path):
        return otherwise or Status.ACCEPTED, standing.text
    near = keys.nearest(written, tuple(Status))
    if near and near != Status.ACCEPTED:
        return Status(near), written[:300]
    return otherwise or Status.DRAFT, written[:300]


def _withdrawn(values: Mapping[str, Any]) -> str | None:
    return "withdrawn" if str(values.get("layout", "")).lower() == "withdrawn" else None


def _owner(values: Mapping[str, Any], fields: Mapping[str, str]) -> str | None:
    return _text(values, *keys.OWNERS) or fields.get("owner") or None


def _applies_to(values: Mapping[str, Any]) -> tuple[str, ...]:
    stated = values.get("applies_to")
    if isinstance(stated, dict):  # {paths: […], services: […]}
        return tuple(text for part in stated.values() for text in _as_texts(part))
    return _as_texts(stated)


def _seats(stated: Any) -> tuple[str, ...]:
    """Roles, each as often as people of it are wanted: `[security]` or `[{role: security, people: 2}]`."""
    if not isinstance(stated, list):
        return _as_texts(stated)
    return tuple(role for seat in stated for role in (_places(seat) if isinstance(seat, dict) else [str(seat)]))


def _places(seat: Mapping[str, Any]) -> list[str]:
    people = seat.get("people", 1)
    wanted = people if isinstance(people, int) and not isinstance(people, bool) else 1
    return [str(seat.get("role", ""))] * min(max(wanted, 1), _MOST_PEOPLE)


def named(values: Mapping[str, Any], *of_keys: str) -> tuple[str, ...]:
    """The other documents that the first of the keys with a value names, as written."""
    found: list[str] = []
    for text in _texts(values, *of_keys):
        if not decision_records.names_nothing(text):
            found += (text,) if re.fullmatch(r"[\w./-]+", text) else decision_records.targets(text)
    return tuple(found)


def _text(values: Mapping[str, Any], *of_keys: str) -> str | None:
    """The first of the keys that has a value, as text; a list joined by commas."""
    for key in of_keys:
        if texts := _as_texts(values.get(key)):
            return ", ".join(texts)
    return None


def _texts(values: Mapping[str, Any], *of_keys: str) -> tuple[str, ...]:
    """All values of the first of the keys that has any; a string may hold several, between commas."""
    for key in of_keys:
        value = values.get(key)
        texts = tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else _as_texts(value)
        if texts := tuple(text for text in texts if text):
            return texts
    return ()


def _as_texts(value: Any) -> tuple[str, ...]:
    if value is None or isinstance(value, dict):
        return ()
    items = value if isinstance(value, list) else [value]
    plain = (str(item).strip() for item in items if not isinstance(item, (dict, list)) and item is not None)
    return tuple(text for text in plain if text)


def _date(values: Mapping[str, Any], *of_keys: str) -> date | None:
    for key in of_keys:
        value = values.get(key)
        if isinstance(value, date):
            return value
        if isinstance(value, str) and (found := dates.read(value)):
            return found
    return None


def _field_date(fields: Mapping[str, str], *of_keys: str) -> date | None:
    return next((found for key in of_keys if key in fields and (found := dates.read(fields[key]))), None)

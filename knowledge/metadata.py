"""What a document is: title, kind, id, status, owner, dates. From front matter, else from what its author wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from knowledge import decision_records
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
_NOT_A_SLUG = re.compile(r"[^\w]+|_")
_PLACEHOLDER_TAG = re.compile(r"tag (?:one|two|three|\d)", re.IGNORECASE)
_DATES = ("%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y", "%Y/%m/%d", "%d/%m/%Y")
_STATUSES = {status.value: status for status in Status}


def describe(path: str, values: Mapping[str, Any], outline: Outline, digest: str) -> Document:
    """A document without its passages. References to others stay as written: only the whole folder resolves them."""
    kind = _kind(path, values, outline)
    identity = _id(path, kind, values, outline)
    standing = decision_records.standing(outline, _text(values, "status", "state") or _withdrawn(values))
    status, status_text = standing.status, standing.text
    stated = (_text(values, "status") or "").lower()
    if stated in _STATUSES:
        status, status_text = _STATUSES[stated], ""
    successors = (
        *_targets(values, "superseded_by", "superseded-by", "replaced_by", "replaced-by"),
        *standing.successors,
    )
    exceptions = values.get("exceptions")
    exceptions = exceptions if isinstance(exceptions, dict) else {}
    fields = outline.fields
    return Document(
        path=path,
        id=identity,
        title=_title(path, values, outline),
        kind=kind,
        status=status or (Status.SUPERSEDED if successors else Status.ACCEPTED),
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
        review_every=_text(values, "review_every", "review_in"),
        effective=_date(values, "effective", "effective_date"),
        supersedes=tuple(dict.fromkeys((*_targets(values, "supersedes", "replaces"), *standing.older))),
        superseded_by=tuple(dict.fromkeys(successors)),
        moved_to=decision_records.moved_to(outline),
        exception_risk=_text(exceptions, "risk"),
        exception_seats=_seats(exceptions.get("seats")),
    )


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
        if stated and (kind := _KINDS.get(stated.lower().replace(" ", "-").replace("_", "-"))):
            return kind
    place = PurePosixPath(path)
    folders = [part.lower().replace("_", "-") for part in reversed(place.parts[:-1])]
    stem = place.name.lower().rpartition(".")[0]
    if _TEMPLATE.search(stem) or _TEMPLATE_FOLDERS.intersection(part.replace("-", "_") for part in folders[:2]):
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
    stated = _text(values, "id", "identifier", "adr")
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


def _withdrawn(values: Mapping[str, Any]) -> str | None:
    return "withdrawn" if str(values.get("layout", "")).lower() == "withdrawn" else None


def _owner(values: Mapping[str, Any], fields: Mapping[str, str]) -> str | None:
    stated = _text(
        values, "owner", "owner_slack", "owners", "team", "maintainer", "decision-makers", "deciders", "author"
    )
    return stated or fields.get("owner") or None


def _applies_to(values: Mapping[str, Any]) -> tuple[str, ...]:
    stated = values.get("applies_to")
    if isinstance(stated, dict):  # {paths: […], services: […]}
        return tuple(text for part in stated.values() for text in _as_texts(part))
    return _as_texts(stated)


def _seats(stated: Any) -> tuple[str, ...]:
    """Roles: `[security]` or `[{role: security, people: 1}]`."""
    if not isinstance(stated, list):
        return _as_texts(stated)
    return tuple(str(seat.get("role", "")) if isinstance(seat, dict) else str(seat) for seat in stated)


def _targets(values: Mapping[str, Any], *keys: str) -> tuple[str, ...]:
    found: list[str] = []
    for text in _texts(values, *keys):
        found += (text,) if re.fullmatch(r"[\w./-]+", text) else decision_records.targets(text)
    return tuple(found)


def _text(values: Mapping[str, Any], *keys: str) -> str | None:
    """The first of the keys that has a value, as text; a list joined by commas."""
    for key in keys:
        if texts := _as_texts(values.get(key)):
            return ", ".join(texts)
    return None


def _texts(values: Mapping[str, Any], *keys: str) -> tuple[str, ...]:
    """All values of the first of the keys that has any; a string may hold several, between commas."""
    for key in keys:
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


def _date(values: Mapping[str, Any], *keys: str) -> date | None:
    for key in keys:
        value = values.get(key)
        if isinstance(value, date):
            return value
        if isinstance(value, str) and (found := _read_date(value)):
            return found
    return None


def _field_date(fields: Mapping[str, str], *keys: str) -> date | None:
    return next((found for key in keys if key in fields and (found := _read_date(fields[key]))), None)


def _read_date(text: str) -> date | None:
    text = text.strip()[:40]
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        pass
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a date of the calendar has no zone
        except ValueError:
            continue
    return None

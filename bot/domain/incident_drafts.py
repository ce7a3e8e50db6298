"""What an incident taught, as a document: a proposed ADR, or a proposed change of a standard. Whatever people wrote is quoted; where it
came from is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from bot.domain.drafted import numbered
from bot.domain.exception_forms import Target
from bot.domain.incidents import Decision, Incident
from bot.domain.review_drafts import quoted


def adr_of(incident: Incident, decision: Decision, number: int, title: str, lesson: str, *, on: date) -> str:
    """The text of a proposed ADR (MADR) from a decision of a bridge."""
    front = {
        "id": f"ADR-{numbered(number, '').partition('-')[0]}",
        "title": title,
        "status": "proposed",
        "date": on.isoformat(),
        "decision-makers": [str(decision.by)],
    }
    context = _of(incident, decision)
    parts = [
        _front(front),
        f"# {_line(title)}",
        "## Context and Problem Statement",
        context,
        *(["The reason that was given:", quoted(decision.rationale)] if decision.rationale else []),
        *(["## Considered Options", quoted(decision.options)] if decision.options else []),
        "## Decision Outcome",
        quoted(lesson),
        "## More Information",
        _links(incident),
    ]
    return "\n\n".join(parts) + "\n"


def change_of(incident: Incident, decision: Decision, target: Target, title: str, lesson: str, *, on: date) -> str:
    """The text of a page that says what is to change in a standard. Once it is changed there, the page has done its work."""
    front = {
        "id": f"CHANGE-{incident.id}-{decision.number}",
        "title": f"Change of {target.id}: {title}",
        "kind": "guide",
        "status": "proposed",
        "date": on.isoformat(),
    }
    parts = [
        _front(front),
        f"# {_line(f'Change of {target.id}: {title}')}",
        f"This is proposed for `{_line(target.document)}`. Once it is changed there, this page has done its work.",
        "## As it is",
        quoted(target.text) or "> (all of it)",
        "## As it is to be",
        quoted(lesson),
        "## Why",
        _of(incident, decision),
        "## More Information",
        _links(incident),
    ]
    return "\n\n".join(parts) + "\n"


def _of(incident: Incident, decision: Decision) -> str:
    when = f"{decision.at:%Y-%m-%d}"
    kind = decision.kind.replace("_", " ")
    return f"On the bridge of {_line(incident.name)} ({incident.severity}) this was decided on {when} ({kind}):\n\n{quoted(decision.statement)}"


def _links(incident: Incident) -> str:
    lines = [f"* Incident {_line(incident.name)}: {_line(incident.title)}"]
    if incident.url.startswith("https://"):
        lines.append(f"* <{_line(incident.url)}>")
    return "\n".join(lines)


def _front(members: Mapping[str, object]) -> str:
    """Front matter that YAML reads back as it is, whatever it holds: JSON is YAML."""
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in members.items()]
    return "---\n" + "\n".join(lines) + "\n---"


def _line(text: str) -> str:
    """A text on one line, without what begins a heading or HTML."""
    return " ".join(text.split()).replace("<", "&lt;").lstrip("#>-*+ ")

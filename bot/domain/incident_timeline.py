"""All that happened on a bridge, in order: for machines as plain values, for people as Markdown. Whatever somebody wrote is data in
both: in Markdown its marks are escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from bot.domain.announcements import Json
from bot.domain.incidents import Decision, Incident
from bot.domain.obligations import Obligation
from bot.domain.people import Person

_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline: when, what it was ("decided"), in words, and by whom."""

    at: datetime
    what: str
    words: str
    by: Person | None = None


def timeline_of(incident: Incident, obligations: Sequence[Obligation] = ()) -> dict[str, Json]:
    """An incident as plain JSON: what it is, its decisions with what they said before, what is due, and all moments in order. Times are
    ISO 8601 in UTC; people are their names, and their addresses where they are verified."""
    return {
        "id": incident.id,
        "key": incident.key,
        "source": incident.source,
        "url": incident.url,
        "title": incident.title,
        "severity": incident.severity,
        "service": incident.service,
        "stage": incident.stage,
        "room": incident.room,
        "commander": _person(incident.commander),
        "opened_at": _iso(incident.opened_at),
        "opened_by": _person(incident.opened_by),
        "closed_at": _iso(incident.closed_at),
        "closed_by": _person(incident.closed_by),
        "summary": incident.summary,
        "decisions": [_decision(each) for each in incident.decisions],
        "obligations": [_obligation(each) for each in obligations],
        "moments": [
            {"at": _iso(each.at), "what": each.what, "words": each.words, "by": _person(each.by)}
            for each in moments(incident, obligations)
        ],
    }


def markdown_of(incident: Incident, obligations: Sequence[Obligation] = (), zone: tzinfo = UTC) -> str:
    """The same for people to read and to keep, with times in a zone."""
    lines = [f"# {_text(incident.name)}: {_text(incident.title)}", ""]
    known = (
        ("Severity", incident.severity),
        ("Service", incident.service),
        ("Commander", str(incident.commander or "nobody")),
        ("Opened", f"{_there(incident.opened_at, zone)} by {incident.opened_by}"),
        (
            "Closed",
            f"{_there(incident.closed_at, zone)} by {incident.closed_by}" if incident.closed_at else "still open",
        ),
    )
    lines += [f"- {name}: {_text(value)}" for name, value in known if value]
    if incident.summary:
        lines += ["", _text(incident.summary)]
    lines += ["", "## Decisions", ""]
    for each in incident.decisions:
        lines += _markdown(each, zone)
    if not incident.decisions:
        lines += ["None was recorded.", ""]
    if obligations:
        lines += ["## Due", ""]
        lines += [
            f"- {each.id} {_text(each.what)}: {_text(each.owner)}, {'done' if each.met_at else f'until {each.due}'}"
            for each in obligations
        ]
        lines.append("")
    lines += ["## Timeline", ""]
    lines += [
        f"- {_there(each.at, zone)} {_text(each.words)}{f' ({_text(str(each.by))})' if each.by else ''}"
        for each in moments(incident, obligations)
    ]
    return "\n".join(lines) + "\n"


def moments(incident: Incident, obligations: Sequence[Obligation] = ()) -> tuple[Moment, ...]:
    """What happened, in order."""
    return tuple(sorted(_moments(incident, obligations), key=lambda each: each.at))


def _moments(incident: Incident, obligations: Sequence[Obligation]) -> Iterator[Moment]:
    opened = f"{incident.severity} opened: {incident.title}"
    yield Moment(incident.opened_at, "opened", opened, incident.opened_by)
    for each in incident.commanders:
        yield Moment(each.at, "command", f"{each.who} takes command", each.by)
    for decision in incident.decisions:
        first = decision.earlier[0] if decision.earlier else decision
        yield Moment(decision.at, "decided", _said(decision.number, first.kind, first.statement), decision.by)
        for place, old in enumerate(decision.earlier, 1):
            new = decision.earlier[place] if place < len(decision.earlier) else decision
            yield Moment(
                old.until,
                "corrected",
                f"Corrected: {_said(decision.number, new.kind, new.statement)}",
                old.corrected_by,
            )
        if found := decision.assessment:
            yield Moment(found.at, "assessed", f"Risk of decision {decision.number} assessed: {found.level}", found.by)
    for obligation in obligations:
        if obligation.met_at:
            yield Moment(obligation.met_at, "closed", f"{obligation.id} done: {obligation.what}")
    if incident.closed_at:
        yield Moment(incident.closed_at, "closed", "Incident closed", incident.closed_by)


def _said(number: int, kind: str, statement: str) -> str:
    return f"Decision {number} ({kind.replace('_', ' ')}): {statement}"


def _markdown(decision: Decision, zone: tzinfo) -> Iterator[str]:
    yield f"### {decision.number}. {_text(decision.kind.replace('_', ' '))}: {_text(decision.statement)}"
    yield ""
    yield f"- Decided by {_text(str(decision.by))}, {_there(decision.at, zone)}"
    for name in ("rationale", "options", "risk"):
        if value := getattr(decision, name):
            yield f"- {name.capitalize()}: {_text(value)}"
    for each in decision.waived:
        yield f"- Waives {_text(each.clause)}: {_text(each.request or each.missing or 'to be asked for')}"
    if found := decision.assessment:
        yield f"- Assessed afterwards: {_text(found.level)} ({found.points} points). {_text(found.mitigations)}"
    elif decision.assessment_due:
        yield f"- Its risk is still to be assessed: {decision.assessment_due}"
    for path in decision.drafts:
        yield f"- Drafted: `{path}`"
    for old in decision.earlier:
        yield f"- Until {_there(old.until, zone)} it said: ~~{_text(old.statement)}~~"
    yield ""


def _decision(decision: Decision) -> dict[str, Json]:
    found = decision.assessment
    return {
        "number": decision.number,
        "id": decision.tool_id,
        "kind": decision.kind,
        "statement": decision.statement,
        "rationale": decision.rationale,
        "options": decision.options,
        "risk": decision.risk,
        "decided_at": _iso(decision.at),
        "decided_by": _person(decision.by),
        "recorded_by": _person(decision.recorded_by),
        "waives": [{"clause": each.clause, "request": each.request, "missing": each.missing} for each in decision.waived],
        "assessment_due": decision.assessment_due,
        "assessment": {
            "answers": dict(found.answers), "points": found.points, "level": found.level, "mitigations": found.mitigations,
            "by": _person(found.by), "at": _iso(found.at),
        } if found else None,
        "drafts": [*decision.drafts],
        "earlier": [
            {
                "kind": each.kind, "statement": each.statement, "rationale": each.rationale, "risk": each.risk,
                "until": _iso(each.until), "corrected_by": _person(each.corrected_by),
            }
            for each in decision.earlier
        ],
    }  # fmt: skip


def _obligation(obligation: Obligation) -> dict[str, Json]:
    return {
        "id": obligation.id,
        "kind": obligation.kind,
        "what": obligation.what,
        "owner": obligation.owner,
        "due": obligation.due.isoformat(),
        "met_at": _iso(obligation.met_at),
        "evidence": obligation.evidence,
    }


def _person(person: Person | None) -> dict[str, Json] | None:
    return {"name": str(person), "email": person.email} if person else None


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _there(moment: datetime | None, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else ""


def _text(text: str) -> str:
    """Somebody's words in one line, with the marks of Markdown and HTML made harmless."""
    return _MARKS.sub(r"\\\1", " ".join(text.split())).replace("\\-", "-").replace("\\(", "(").replace("\\)", ")")

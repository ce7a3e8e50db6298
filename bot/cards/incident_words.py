"""How incidents and their decisions are spoken of; words of people come as data, apart from ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from bot.cards.describing import count
from bot.cards.exception_words import data, moment, who
from bot.cards.model import Added, Inline, Inlines, Removed, Strong, inlines
from bot.cards.text import clean, shortened
from bot.domain.incidents import Decision, DecisionKind, Incident, Stage, Waived

TITLE, NAME, STATEMENT = 80, 60, 300

KINDS: Mapping[DecisionKind, str] = {
    DecisionKind.ROLLBACK: "Roll back",
    DecisionKind.FIX_FORWARD: "Fix forward",
    DecisionKind.EVACUATE: "Evacuate a region",
    DecisionKind.CONTAIN: "Contain access",
    DecisionKind.EMERGENCY_CHANGE: "Emergency change",
    DecisionKind.ACCEPT_RISK: "Accept a risk",
    DecisionKind.OTHER: "Other",
}


def name_of(incident: Incident) -> str:
    """What it is called: its tool's key with our id, or our id."""
    key = line(incident.key, NAME)
    return f"{incident.id} ({key})" if key else incident.id


def title_of(incident: Incident) -> str:
    """Its severity, its id and its title."""
    return f"{incident.severity} · {name_of(incident)} · {line(incident.title, TITLE) or 'an incident'}"


def standing(incident: Incident) -> str:
    """Where it stands: "open", "closed"."""
    return "closed" if incident.stage is Stage.CLOSED else "open"


def head(incident: Incident, zone: tzinfo) -> Inlines:
    """Whether it is open, since when, for which service, who is in command."""
    service = data(incident.service)
    command = f" {who(incident.commander)} is in command." if incident.commander else " Nobody is in command."
    if incident.stage is Stage.CLOSED and incident.closed_at:
        return inlines(
            Strong("Closed"),
            f" by {who(incident.closed_by)} on {moment(incident.closed_at, zone)}, opened on {moment(incident.opened_at, zone)}",
            *((" for ", service) if service else ()),
            ".",
        )
    return inlines(
        Strong("Open"),
        f" since {moment(incident.opened_at, zone)}",
        *((" for ", service) if service else ()),
        ".",
        command,
    )


def said(decision: Decision, most: int = STATEMENT, *, before: int = 2) -> Inlines:
    """What is decided; what it said `before` it was corrected, so many times at most, stays to be seen."""
    parts: list[Inline] = []
    now = (decision.kind, line(decision.statement, most))
    was = dict.fromkeys((each.kind, line(each.statement, most)) for each in decision.earlier)
    for kind, statement in [each for each in was if each != now][-before:]:
        parts += [Removed(f"{KINDS[kind]}: {statement}"), " "]
    text = f"{KINDS[decision.kind]}: {now[1]}"
    return (*parts, Added(text)) if parts else (Strong(f"{KINDS[decision.kind]}:"), f" {now[1]}")


def corrected(now: str, was: Sequence[str], most: int) -> Inlines:
    """A text that was corrected, on one line: what it said last before, where that was otherwise, and what it says now."""
    new = line(now, most)
    old = [each for text in was if (each := line(text, most)) and each != new]
    if not old:
        return ()
    return (Removed(old[-1]), *((" ", Added(new)) if new else ()))


def waived(each: Waived) -> str:
    """A clause that is set aside, and what became of it."""
    clause = line(each.clause, NAME)
    if each.request:
        return f"{clause} is set aside: {each.request} asks for it."
    if each.missing:
        return f"{clause} is set aside. {line(each.missing, STATEMENT)}"
    return f"{clause} is set aside: an emergency exception is being asked for."


def assessment(decision: Decision) -> str:
    """What is known of its risk afterwards; "" where nothing is owed."""
    if found := decision.assessment:
        return (
            f"Assessed afterwards: {line(found.level, NAME)} risk ({count(found.points, 'point')}), by {who(found.by)}."
        )
    return f"Its risk is still to be assessed: {decision.assessment_due}." if decision.assessment_due else ""


def line(text: str, most: int) -> str:
    """Somebody's words on one line."""
    return shortened(" ".join(clean(text).split()), most)

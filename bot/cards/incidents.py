"""Incidents as cards: the bridge's own with its decisions so far, what rooms beyond it hear, one decision, the timeline, and the words for
whoever did something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo

from bot.cards.describing import count
from bot.cards.exception_words import ID, Told, data, day, moment, quoted, who, zone_of
from bot.cards.incident_forms import BUTTONS
from bot.cards.incident_words import NAME, assessment, corrected, head, line, name_of, said, standing, title_of, waived
from bot.cards.model import (
    BREAK,
    Block,
    Button,
    Card,
    Caution,
    Code,
    Facts,
    Heading,
    Inlines,
    Items,
    Literal,
    Note,
    Place,
    Quote,
    Strong,
    Text,
    inlines,
)
from bot.cards.text import shortened
from bot.domain.incident_commands import About, Does
from bot.domain.incidents import Decision, Incident, Stage, read
from bot.domain.obligations import Obligation

SHOWN, SUMMARY, WORDS, TIMELINE = 12, 200, 600, 2_400
BEFORE = 5  # earlier wordings of a decision on its own card; the timeline has all of them


def bridge_card(facts: Told) -> Card:
    """The bridge's card: who is in command, what was decided so far, what is due. Drawn anew with every step."""
    incident, zone = read(facts["incident"]), zone_of(facts)
    blocks = [
        Text(head(incident, zone)),
        *_ended(incident),
        *_decisions(incident, zone),
        *(Caution((line(each, WORDS),)) for each in incident.missing),
        *_due(int(facts.get("follow_ups") or 0), int(facts.get("open_follow_ups") or 0)),
    ]
    return Card("incident_bridge", _summary(incident), tuple(blocks), title_of(incident), _buttons(incident))


def told_card(facts: Told) -> Card:
    """For rooms beyond the bridge: that it is open, how many decisions there are, that it is closed and why."""
    incident, zone = read(facts["incident"]), zone_of(facts)
    number = len(incident.decisions)
    many = f"{count(number, 'decision')} so far." if incident.stage is Stage.OPEN else f"{count(number, 'decision')}."
    blocks = (Text((*head(incident, zone), " ", many)), *_ended(incident))
    buttons = (*((_step(incident, Does.DECIDE),) if incident.stage is Stage.OPEN else ()), _timeline(incident))
    return Card("incident_told", _summary(incident), blocks, title_of(incident), buttons)


def decision_card(facts: Told) -> Card:
    """One decision as news: what, why, by whom; what it said before stays to be seen."""
    incident, zone = read(facts["incident"]), zone_of(facts)
    decision = incident.decision(int(facts.get("number") or 0))
    if decision is None:
        return told_card(facts)
    by = f"Decided by {who(decision.by)}, {moment(decision.at, zone)}"
    recorded = "" if decision.recorded_by.same_human_as(decision.by) else f", recorded by {who(decision.recorded_by)}"
    blocks: list[Block] = [Text(said(decision, WORDS, before=BEFORE))]
    why = corrected(decision.rationale, [each.rationale for each in decision.earlier], WORDS)
    if why or decision.rationale:
        blocks.append(Quote(why or quoted(decision.rationale, WORDS)))
    pairs: list[tuple[str, Inlines]] = []
    if decision.options:
        pairs.append(("Considered", quoted(decision.options, WORDS)))
    risk = corrected(decision.risk, [each.risk for each in decision.earlier], ID) or inlines(data(decision.risk))
    if risk:
        pairs.append(("Risk", risk))
    if pairs:
        blocks.append(Facts(tuple(pairs)))
    blocks += [Text((waived(each),)) for each in decision.waived]
    if found := assessment(decision):
        blocks.append(Text((found,)))
    blocks += [Text(("Drafted: ", *inlines(data(path)))) for path in decision.drafts]
    blocks += [_corrected(decision, zone)] if decision.earlier else []
    blocks.append(Note((f"{by}{recorded}.",)))
    label = "Correction of decision" if decision.earlier else "Decision"
    summary = shortened(f"{incident.severity} {name_of(incident)}: {line(decision.statement, SUMMARY)}", SUMMARY)
    owes = bool(decision.assessment_due) and decision.assessment is None
    buttons = (
        *((_step(incident, Does.ASSESS, decision, primary=True),) if owes else ()),
        _step(incident, Does.CORRECT, decision),
        _step(incident, Does.FOLD, decision),
        _timeline(incident),
    )
    title = f"{label} {decision.number} · {incident.severity} · {line(incident.title, NAME) or name_of(incident)}"
    return Card("incident_decision", summary, tuple(blocks), title, buttons)


def shown(incident: Incident, obligations: Sequence[Obligation], zone: tzinfo) -> Card:
    """All of an incident, for whoever looks it up."""
    due: list[Inlines] = [_obligation(each) for each in obligations]
    blocks = [
        Text(head(incident, zone)),
        *_ended(incident),
        *_decisions(incident, zone),
        *(Caution((line(each, WORDS),)) for each in incident.missing),
        *((Heading("Due"), Items(tuple(due[:SHOWN]))) if due else ()),
    ]
    return Card("shown_incident", _summary(incident), tuple(blocks), title_of(incident), _buttons(incident))


def timeline(incident: Incident, text: str, *, as_json: bool) -> Card:
    """All that happened, as text to be copied: Markdown, or JSON for machines; as much of it as a message takes."""
    cut = len(text) > TIMELINE
    kept = text[:TIMELINE].rsplit("\n", 1)[0] if cut else text.rstrip("\n")
    label, verb = ("Markdown", "incident_timeline") if as_json else ("JSON", "incident_timeline_json")
    rest = "This is the beginning of it: the whole timeline is at /api/v1/incidents."
    blocks: tuple[Block, ...] = (Code(kept), *((Note((rest,)),) if cut else ()))
    summary = shortened(f"Timeline of {name_of(incident)}: {count(len(incident.decisions), 'decision')}.", SUMMARY)
    button = Button(label, verb, incident.id)
    return Card("incident_timeline", summary, blocks, f"{name_of(incident)} · timeline", (button,), Place.BESIDE)


def opened(incident: Incident) -> Card:
    """A word for whoever opened it."""
    command = f"{who(incident.commander)} is in command." if incident.commander else "Nobody is in command yet."
    blocks = (
        Text((Strong(incident.id), f" is open: {incident.severity} {line(incident.title, SUMMARY)}. {command}")),
        Note(("Its card in this room keeps the decisions. To record one: ", Literal("decide rollback release 41"))),
    )
    return Card("incident_opened", f"{incident.id} is open.", blocks, buttons=(_step(incident, Does.DECIDE),))


def taken(incident: Incident, about: About, number: int) -> Card:
    """A word for whoever did something: that it is recorded."""
    match about.does:
        case Does.DECIDE:
            words = f"Decision {number} of {incident.id} is recorded and announced."
        case Does.CORRECT:
            words = f"Decision {number} of {incident.id} is corrected. What it said stays to be seen."
        case Does.ASSESS:
            found = incident.decision(number)
            level = found.assessment.level if found and found.assessment else ""
            words = f"Thank you. The risk of decision {number} of {incident.id} is {line(level, ID)}."
        case Does.FOLD:
            drafts = [path for each in incident.decisions if each.number == number for path in each.drafts]
            words = f"Decision {number} of {incident.id} is drafted: {line(drafts[-1] if drafts else '', WORDS)}."
        case Does.FOLLOW_UP:
            words = f"{incident.follow_ups[-1] if incident.follow_ups else 'It'} is given to its owner, who is told."
        case Does.HAND_OVER:
            words = f"{who(incident.commander)} is in command of {incident.id}."
        case Does.CLOSE:
            words = f"{incident.id} is closed, with {count(len(incident.decisions), 'decision')}."
    return Card("incident_taken", words, (Text((words,)),), buttons=(_timeline(incident),))


def _buttons(incident: Incident) -> tuple[Button, ...]:
    if incident.stage is Stage.CLOSED:
        return (_timeline(incident), _step(incident, Does.FOLLOW_UP))
    return (
        _step(incident, Does.DECIDE, primary=True),
        _step(incident, Does.FOLLOW_UP),
        _step(incident, Does.HAND_OVER),
        _timeline(incident),
        _step(incident, Does.CLOSE),
    )


def _step(incident: Incident, does: Does, decision: Decision | None = None, *, primary: bool = False) -> Button:
    about = About(incident.id, does, decision.number if decision else 0, decision.digest if decision else "")
    return Button(BUTTONS[does], "incident_step_form", str(about), primary=primary, form=True)


def _timeline(incident: Incident) -> Button:
    return Button("Timeline", "incident_timeline", incident.id)


def _summary(incident: Incident) -> str:
    many = count(len(incident.decisions), "decision")
    return shortened(
        f"{incident.severity} {name_of(incident)} is {standing(incident)}, {many}: {line(incident.title, SUMMARY)}",
        SUMMARY,
    )


def _ended(incident: Incident) -> Iterable[Block]:
    if incident.stage is Stage.CLOSED and incident.summary:
        yield Quote(quoted(incident.summary, WORDS))


def _decisions(incident: Incident, zone: tzinfo) -> Iterable[Block]:
    if not incident.decisions:
        yield Text(("Nothing is decided yet.",))
        return
    yield Heading("Decisions")
    last = incident.decisions[-SHOWN:]
    if before := len(incident.decisions) - len(last):
        yield Note((f"{count(before, 'earlier decision')}: press Timeline.",))
    day_one = incident.opened_at.astimezone(zone).date()
    yield Items(tuple(_line(each, zone, day_one) for each in last))


def _line(decision: Decision, zone: tzinfo, day_one: date) -> Inlines:
    there = decision.at.astimezone(zone)
    at = f"{there:%H:%M}" if there.date() == day_one else moment(decision.at, zone)
    rest = [*(waived(each) for each in decision.waived), *([found] if (found := assessment(decision)) else [])]
    parts: list[Inlines] = [(BREAK, each) for each in rest]
    return (
        Strong(f"{decision.number}"),
        " · ",
        *said(decision),
        f" ({who(decision.by)}, {at})",
        *(part for each in parts for part in each),
    )


def _due(total: int, still_open: int) -> Iterable[Block]:
    if total:
        done = "all of them closed" if not still_open else f"{still_open} open"
        yield Note((f"{count(total, 'obligation')}, {done}.",))


def _obligation(each: Obligation) -> Inlines:
    state = "closed" if each.met_at else f"until {day(each.due)}"
    return (Strong(each.id), f" · {line(each.what, WORDS)} · ", *inlines(data(each.owner)), f" · {state}")


def _corrected(decision: Decision, zone: tzinfo) -> Block:
    last = decision.earlier[-1]
    return Note((f"Corrected by {who(last.corrected_by)}, {moment(last.until, zone)}.",))

"""What is said unasked of exception requests besides the cards of those who decide and ask: outcomes for rooms, reminders, what ends,
conditions, clauses that read differently, standards that are superseded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.cards.describing import count
from bot.cards.exception_buttons import anew, remedied, renew, show
from bot.cards.exception_forms import BUTTONS
from bot.cards.exception_parts import WORDS, condition, difference, listed
from bot.cards.exception_words import (
    ID,
    Told,
    against,
    data,
    day,
    day_of,
    is_in_force,
    moment,
    named,
    outcome,
    quoted,
    risk,
    said,
    sentence,
    short_status,
    standing,
    subject,
    target_of,
    until,
    waits_for,
    who,
    zone_of,
)
from bot.cards.model import (
    Block,
    Button,
    Card,
    Caution,
    Heading,
    Inlines,
    Link,
    Note,
    Quote,
    Strong,
    Text,
    inlines,
    joined,
)
from bot.cards.text import shortened
from bot.domain.announcements import Json
from bot.domain.exception_commands import About, Does
from bot.domain.exception_requests import Condition, ExceptionRequest, State, Waiver, read
from bot.domain.rights import in_words

SUMMARY, TITLE = 200, 120
LINES, CONDITIONS = 12, 3


def told_card(facts: Told) -> Card:
    """For rooms that hear of exception requests: that it was asked for, or how it ended."""
    request, zone = read(facts["request"]), zone_of(facts)
    head = outcome(request, zone) if request.ended_at else (Strong(standing(request)), ".")
    conditions = request.waiver.conditions if request.waiver else ()
    blocks: list[Block] = [
        Text((Strong(request.id), " · ", *head)),
        Text((*sentence(request), f" {risk(request)}.")),
    ]
    if overdue := sum(each.is_overdue for each in conditions):
        blocks.append(Caution((f"{count(overdue, 'condition')} overdue.",)))
    if conditions:
        blocks.append(listed([condition(each, zone) for each in conditions], len(conditions), CONDITIONS))
    summary = f"{request.id}: {standing(request)}. {said(sentence(request))}"
    return Card("exception_told", shortened(summary, SUMMARY), tuple(blocks), buttons=(show(request),))


def reminder_card(facts: Told) -> Card:
    """To the seats that are open: which they are, since when it waits and until when, what comes then."""
    request, zone = read(facts["request"]), zone_of(facts)
    rest, clock = waits_for(request), request.clock
    if not rest or clock is None:
        return _line("exception_reminder", f"{request.id} waits for nobody any more. {standing(request)}.", request)
    role = shortened(str(facts.get("escalated_to") or ""), ID)
    blocks: list[Block] = [
        Text((Strong(request.id), " waits for ", Strong(rest), f", until {moment(clock.end, zone)}.")),
        Text((*sentence(request), " ", Strong(f"{risk(request)}."))),
    ]
    if role:
        blocks.append(Caution((f"Nobody decided in time: {role} is asked to see to it.",)))
    lapses = f" · undecided, it lapses on {moment(clock.lapse, zone)}" if clock.lapse else ""
    blocks.append(Note((f"Open since {moment(clock.since, zone)}{lapses}",)))
    summary = shortened(f"{request.id} waits for {rest}, until {moment(clock.end, zone)}.", SUMMARY)
    return Card("exception_reminder", summary, tuple(blocks), buttons=(show(request, primary=True),))


def expiry_card(facts: Told) -> Card:
    """To whoever holds a waiver: that it is about to end (with `today` in ISO 8601, how soon), or that it has."""
    request = read(facts["request"])
    waiver = request.waiver
    if waiver is None:
        return _line("exception_expiry", f"{request.id}: {standing(request)}.", request)
    return _ending(request, waiver, facts) if is_in_force(request) else _over(request, waiver)


def condition_card(facts: Told) -> Card:
    """To whoever sees to a condition (`number`): what it is and by when, that it is overdue, that it is met, that somebody
    else sees to it (`to` is whom it was for), that it is not wanted any more."""
    request, number = read(facts["request"]), int(facts["number"])
    conditions = request.waiver.conditions if request.waiver else ()
    each = next((one for one in conditions if one.number == number), None)
    if each is None:
        return _line("exception_condition", f"{request.id} has no condition {number} any more.", request)
    is_theirs = facts.get("to", each.owner) == each.owner  # else it was handed on since
    is_wanted = each.met_at is None and is_in_force(request) and is_theirs
    about = About(request.id, Does.MEET, number=number)
    done = Button(BUTTONS[Does.MEET], "exception_step_form", str(about), primary=True, form=True)
    line, first = _due(request, each, facts)
    obligation = f" · {each.obligation}" if each.obligation else ""
    blocks: tuple[Block, ...] = (
        first,
        Quote(quoted(each.text, 3_000), (f"Set by {who(each.by)} for {named(each.owner)}{obligation}",)),
        Text(sentence(request)),
    )
    return Card("exception_condition", line, blocks, buttons=(*((done,) if is_wanted else ()), show(request)))


def reworded_card(facts: Told) -> Card:
    """To the owner of a clause and the holder of a waiver: what it said then and what it says now."""
    request = read(facts["request"])
    target, last = target_of(request), until(request)
    if not request.target_now:
        line = f"{shortened(target.id, ID)} reads again as it did when {request.id} was asked for."
        return _line("exception_reworded", line, request)
    line = f"{shortened(target.id, ID)} reads differently now than when {request.id} was asked for."
    title = f" · {shortened(target.title, TITLE)}" if target.title else None
    ends = f" until {day(last)}" if last else ""
    blocks: tuple[Block, ...] = (
        Caution((line,)),
        Quote(difference(target.text, request.target_now), inlines(against(request), title)),
        Text(
            (f"{request.id} is {short_status(request)}{ends}, against the earlier words. Look whether it still fits.",)
        ),
        Text(sentence(request)),
    )
    return Card("exception_reworded", line, blocks, buttons=(show(request),))


def superseded_card(facts: Told) -> Card:
    """To the owner of a document that is not to be followed any more: its waivers in force, and what is pending against it.

    Facts: `id`, `status`, `title`; `successors` with `id` and `url`; `waivers` and `pending` as `line_of` gives each.
    """
    id_, status = shortened(str(facts["id"]), ID), shortened(str(facts["status"]), ID)
    waivers, pending = list(facts.get("waivers") or ()), list(facts.get("pending") or ())
    numbers = [
        *([f"{count(len(waivers), 'exception')} in force"] if waivers else []),
        *([f"{count(len(pending), 'request')} pending"] if pending else []),
    ]
    line = f"{id_} is {status}, and has {in_words(numbers) if numbers else 'no exceptions any more'}."
    blocks: list[Block] = [Caution((line,))]
    if successors := list(facts.get("successors") or ()):
        links = [(Link(shortened(str(each["id"]), ID), str(each.get("url") or "") or None),) for each in successors]
        blocks.append(Text(("It is followed by ", *joined(links[:CONDITIONS], ", "), ".")))
    for heading, found in (("In force", waivers), ("Pending", pending)):
        if found:
            blocks += [Heading(heading), listed([_entry(each) for each in found], len(found), LINES)]
    if numbers:
        blocks.append(Note(("They go on as they are. Tell those who hold them what is to be followed instead.",)))
    return Card("exceptions_of_superseded", line, tuple(blocks))


def line_of(request: ExceptionRequest) -> dict[str, Json]:
    """A request as a line among others in facts: its id, target, service, last day (ISO 8601) and who asked."""
    last = until(request)
    return {
        "id": request.id,
        "target": target_of(request).id,
        "service": request.wish.service,
        "until": last.isoformat() if last else "",
        "by": who(request.asked_by),
    }


def _ending(request: ExceptionRequest, waiver: Waiver, facts: Told) -> Card:
    line = f"{request.id} ends {_left(waiver.until, facts)}on {day(waiver.until)}"
    if waiver.renewed_by:
        return _line("exception_expiry", f"{line}. {waiver.renewed_by} follows it.", request)
    blocks = (
        Text((Strong(line), ": the exception to ", *subject(request), ".")),
        Text(("Renew it while there is time to decide, or say what shows that it is remedied.",)),
    )
    buttons = (renew(request, primary=True), remedied(request), show(request))
    return Card("exception_expiry", f"{line}.", blocks, buttons=buttons)


def _over(request: ExceptionRequest, waiver: Waiver) -> Card:
    if waiver.state in (State.RENEWED, State.CLOSED):
        return _line("exception_expiry", f"{request.id}: {standing(request)}.", request)
    line = f"{request.id} {'has expired' if waiver.state is State.EXPIRED else 'is revoked'}"
    blocks: list[Block] = [
        Caution(
            (Strong(line), ": the exception to ", *subject(request), " holds no longer. Keep the clause from now on.")
        )
    ]
    if waiver.ended_because and waiver.ended_by:
        blocks += [Text((f"{who(waiver.ended_by)} wrote:",)), Quote(quoted(waiver.ended_because, WORDS))]
    elif waiver.ended_because:
        blocks.append(Text((shortened(waiver.ended_because, SUMMARY),)))
    is_renewable = waiver.state is State.EXPIRED and not waiver.renewed_by
    again = renew(request, primary=True) if is_renewable else anew(request)
    return Card("exception_expiry", f"{line}.", tuple(blocks), buttons=(again, show(request)))


def _due(request: ExceptionRequest, each: Condition, facts: Told) -> tuple[str, Block]:
    """How it stands with a condition, as a summary and as a block."""
    what = f"ondition {each.number} of {request.id}"
    if each.met_at:
        line = f"C{what} is met."
    elif facts.get("to", each.owner) != each.owner:
        line = f"C{what} is for {named(each.owner)} to see to now."
    elif not is_in_force(request):
        line = f"C{what} is not wanted any more. {standing(request)}."
    elif each.is_overdue:
        line = f"C{what} is overdue since {day(each.due)}."
        return line, Caution((Strong(line), " Those who decided are asked whether the exception is kept."))
    elif facts.get("soon"):
        line = f"C{what} is due on {day(each.due)}."
    else:
        line = f"You are to see to c{what}, by {day(each.due)}."
    return line, Text((Strong(line),))


def _line(name: str, line: str, request: ExceptionRequest) -> Card:
    return Card(name, shortened(line, SUMMARY), (Text((line,)),), buttons=(show(request),))


def _entry(each: Told) -> Inlines:
    last, by = day_of(each.get("until")), str(each.get("by") or "")
    parts: Sequence[Inlines] = (
        (Strong(shortened(str(each.get("id") or ""), ID)),),
        inlines(shortened(str(each.get("target") or ""), ID)),
        inlines(data(str(each.get("service") or ""))),
        inlines(f"until {last}" if last else None),
        inlines(f"asked by {named(by)}" if by else None),
    )
    return joined(parts)


def _left(last: date, facts: Told) -> str:
    """How soon that is from `today` on, with a comma behind; "" where today is not told."""
    try:
        days = (last - date.fromisoformat(str(facts.get("today")))).days
    except ValueError:
        return ""
    return "today, " if days <= 0 else "tomorrow, " if days == 1 else f"in {days} days, "

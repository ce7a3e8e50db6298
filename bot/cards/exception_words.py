"""How exception requests are spoken of: days and moments, people, where a request stands. All of it is drawn from state; words of
people come as data, apart from ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards.model import BREAK, Inline, Inlines, Link, Literal, Strong
from bot.cards.text import ELLIPSIS, clean, clean_lines, shortened
from bot.domain.exception_decisions import open_seats
from bot.domain.exception_forms import Target
from bot.domain.exception_requests import Ballot, ExceptionRequest, Stage, State
from bot.domain.governance import Seat
from bot.domain.people import Person
from bot.domain.rights import in_words

NAME, ID, REVISION, SUMMARY = 40, 60, 8, 200
LINE, FEWEST = 50, 6  # characters of a line on a phone; lines of a text that are shown in any case

Told = Mapping[str, Any]

_NO_TARGET = Target("a standard", "")
_SINGLE_QUOTES = str.maketrans({'"': "'", "“": "'", "”": "'", "„": "'"})


def day(when: date) -> str:
    """A day as people write it: "4 December 2026"."""
    return f"{when.day} {when:%B} {when.year}"


def moment(when: datetime, zone: tzinfo) -> str:
    """A moment as the clock there shows it: "4 December 2026, 17:30 GMT"."""
    local = when.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M} {local:%Z}".rstrip()


def day_there(when: datetime | None, zone: tzinfo) -> str:
    """The day that a moment is of there; "" for none."""
    return day(when.astimezone(zone).date()) if when else ""


def day_of(text: object) -> str:
    """A day as people write it, from its ISO text in facts; "" for what is none."""
    try:
        return day(date.fromisoformat(str(text)))
    except ValueError:
        return ""


def zone_of(facts: Told) -> tzinfo:
    """The calendar's zone, as an announcement carries it; UTC where it is not known here."""
    try:
        return ZoneInfo(str(facts.get("zone") or "UTC"))
    except (LookupError, ValueError, OSError):
        return UTC


def who(person: Person | None) -> str:
    """Somebody's name, cut where it is longer than a name."""
    return named(str(person)) if person else "somebody"


def named(text: str) -> str:
    """A name that somebody chose, on one line and no longer than a name."""
    return shortened(" ".join(clean(text).split()), NAME) or "somebody"


def people(persons: Sequence[Person]) -> str:
    """Names as one reads them: "Ada, Pat and Sam"."""
    return in_words([who(person) for person in persons])


def roles(seats: Sequence[Seat]) -> str:
    """The roles of seats as one reads them: "architect, platform (2 people) and security"."""
    return in_words([seat.role if seat.people == 1 else f"{seat.role} ({seat.people} people)" for seat in seats])


def target_of(request: ExceptionRequest) -> Target:
    """What a request is against."""
    return request.wish.target or _NO_TARGET


def against(request: ExceptionRequest) -> Inline:
    """The clause or standard, linked where it can be read."""
    target = target_of(request)
    return Link(shortened(target.id, ID), target.url) if target.url else Strong(shortened(target.id, ID))


def data(text: str) -> Literal | None:
    """A name that somebody typed, drawn as what it is; None for none."""
    return Literal(shortened(" ".join(clean(text).split()), ID)) if text.strip() else None


def quote(text: str, most: int) -> str:
    """A short text of somebody's within a line of ours: between quotation marks that it cannot close."""
    return f"“{shortened(' '.join(clean(text).split()), most).translate(_SINGLE_QUOTES)}”"


def subject(request: ExceptionRequest, *, linked: bool = True) -> Inlines:
    """The clause, and for which service in which environment, as the asker wrote them."""
    service, environment = data(request.wish.service), data(request.wish.environment)
    return (
        against(request) if linked else Strong(shortened(target_of(request).id, ID)),
        *((" for ", service) if service else ()),
        *((" in ", environment) if environment else ()),
    )


def until(request: ExceptionRequest) -> date | None:
    """The last day: of the waiver where there is one, else the one that is wanted."""
    return request.waiver.until if request.waiver else request.wish.until


def sentence(request: ExceptionRequest, *, linked: bool = True) -> Inlines:
    """What is wanted, in one sentence: who, against what, for what, until when. Not `linked` where the clause itself is
    quoted with its link."""
    last = until(request)
    asks = "asks" if request.stage in (Stage.SUBMITTED, Stage.CHANGES_ASKED) else "asked"
    renews = f" to follow {request.wish.renews}" if request.wish.renews else ""
    return (
        f"{who(request.asked_by)} {asks} for an exception to ",
        *subject(request, linked=linked),
        *((" until ", Strong(day(last))) if last else ()),
        f"{renews}.",
    )


def said(line: Inlines) -> str:
    """A line as plain words, for a lock screen; what people typed stands within quotation marks of ours."""
    parts = [
        each if isinstance(each, str) else quote(each.text, ID) if isinstance(each, Literal) else each.text
        for each in line
    ]
    return shortened(" ".join("".join(parts).split()), SUMMARY)


def risk(request: ExceptionRequest) -> str:
    """The risk in words: "Moderate risk"."""
    return f"{capital(request.terms.level)} risk"


def standing(request: ExceptionRequest) -> str:
    """Where a request stands, in a few words, from its state alone."""
    waiver, runs = request.waiver, is_in_force(request)
    match request.ballot:
        case Ballot.REQUEST:
            return "Waiting for a decision"
        case Ballot.EMERGENCY:
            return "Emergency, waiting for one voice"
        case Ballot.SECOND_LOOK:
            return f"{'In force' if runs else _ended(request)} as an emergency, waiting for the second look"
        case Ballot.OVERDUE:
            return "In force with an overdue condition: keep or revoke"
    if request.stage is Stage.CHANGES_ASKED:
        return "In force as an emergency, changes are asked for" if runs else "Changes are asked for"
    if waiver is None:
        return "Lapsed, nobody decided in time" if request.stage is Stage.LAPSED else capital(request.stage)
    return f"{capital(request.stage)}, in force" if runs else _ended(request)


def outcome(request: ExceptionRequest, zone: tzinfo) -> Inlines:
    """How it ended, or what it is since it was decided, with who and when: one or two sentences."""
    waiver, stage = request.waiver, request.stage
    on = f"on {day_there(request.ended_at, zone)}" if request.ended_at else ""
    by = f" by {people(request.decided_by)}" if request.decided_by else ""
    if waiver is None:
        word = Strong(capital(stage))
        return (word, f" {on}: nobody decided in time.") if stage is Stage.LAPSED else (word, f"{by} {on}.")
    granted = f"{capital(stage)}{by} {on}."
    if stage is Stage.DECLINED:
        granted = f"It was granted in an emergency, and declined{by} at the second look."
    elif stage is Stage.LAPSED:
        granted = "It was granted in an emergency, and its second look did not come in time."
    elif request.look_is_owed:
        granted = "It was granted in an emergency, and its second look is to come."
    if is_in_force(request):
        follows = f"; {waiver.renewed_by} follows it" if waiver.renewed_by else ""
        return (Strong(capital(stage)), f"{by} {on}, in force until ", Strong(day(waiver.until)), f"{follows}.")
    if waiver.state is State.RENEWED:
        return (Strong("Ended"), f" on {day(waiver.until)}: {waiver.renewed_by} follows it. {granted}")
    when = day(waiver.until) if waiver.state is State.EXPIRED else day_there(waiver.ended_at, zone)
    ender = f" by {who(waiver.ended_by)}" if waiver.ended_by and waiver.state is State.REVOKED else ""
    return (Strong(_ended(request)), f"{ender} on {when}. {granted}")


def short_status(request: ExceptionRequest) -> str:
    """The same as one entry of a list: "pending", "in force", "declined"."""
    if request.waiver is None:
        return "pending" if request.stage is Stage.SUBMITTED else request.stage
    if is_in_force(request):
        return "in force as an emergency" if request.look_is_owed else State.IN_FORCE
    return f"{_ended(request)[:1].lower()}{_ended(request)[1:]}"


def is_in_force(request: ExceptionRequest) -> bool:
    """Whether its waiver is in force."""
    return request.waiver is not None and request.waiver.state is State.IN_FORCE


def waits_for(request: ExceptionRequest) -> str:
    """The roles that a voice is wanted of; "" for none. Of an emergency's seats one is enough."""
    if request.ballot is None:
        return ""
    if request.ballot is Ballot.EMERGENCY:
        listed = [seat.role for seat in request.seats]
        return f"one of {in_words(listed)}" if len(listed) > 1 else in_words(listed)
    seats = open_seats(request)
    return roles(seats) if seats else ""


def rule(request: ExceptionRequest) -> str:
    """By which rule it is decided: "decide.moderate of governance.yaml, 3f1c99d0…"."""
    revision = request.terms.revision
    short = f"{revision[:REVISION]}…" if len(revision) > REVISION else revision
    return f"{request.rule} of governance.yaml{f', {short}' if short else ''}"


def quoted(words: str, most: int) -> Inlines:
    """What a person wrote, line by line as they wrote it, as much of it as `most` characters and some lines; never markup."""
    lines = [line for line in clean_lines(shortened(words.strip(), most)) if line.strip()]
    longest = max(most // LINE, FEWEST)
    if len(lines) > longest:
        lines = [*lines[: longest - 1], ELLIPSIS]
    return tuple(part for line in lines for part in (BREAK, line))[1:] or ("",)


def capital(text: str) -> str:
    """The text with its first letter as a capital one."""
    return f"{text[:1].upper()}{text[1:]}"


def _ended(request: ExceptionRequest) -> str:
    if request.waiver is None:
        return ""
    if request.waiver.state is State.RENEWED:
        return f"Followed by {request.waiver.renewed_by}"
    return "Remedied" if request.waiver.state is State.CLOSED else capital(request.waiver.state)

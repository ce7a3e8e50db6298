"""Obligations as cards: the list of what is due, one of them, what its owner is told of it, what rooms hear, the forms to close it
and to hand it on. How it stands with one is drawn from its value alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, tzinfo

from bot.cards.describing import count, known
from bot.cards.exception_parts import WORDS
from bot.cards.exception_words import ID, Told, day, day_there, named, quote, quoted, zone_of
from bot.cards.model import (
    Block,
    Button,
    Card,
    Caution,
    Field,
    Form,
    Inline,
    Inlines,
    Items,
    Literal,
    Note,
    Place,
    Quote,
    Strong,
    Text,
    inlines,
    joined,
)
from bot.cards.text import shortened
from bot.domain import plain
from bot.domain.exception_forms import LONGEST_TEXT, FieldFault
from bot.domain.obligation_commands import Does
from bot.domain.obligation_steps import LONGEST_OWNER
from bot.domain.obligations import Kind, Obligation

SUMMARY, TITLE, LINE = 200, 120, 100  # characters
PAGE, CLOSABLE = 10, 3  # obligations on a page; of them, such as can be closed from it
CLOSE, TRANSFER = "Close", "Transfer"
LABELS: Mapping[Does, str] = {Does.CLOSE: CLOSE, Does.TRANSFER: TRANSFER}
TITLES = {"": "What is due", "mine": "What is due from you", "overdue": "What is overdue"}
KINDS: Mapping[Kind, str] = {
    Kind.CONDITION: "Condition of",
    Kind.FOLLOW_UP: "Follow-up of",
    Kind.ASSESSMENT: "Risk assessment of",
    Kind.REMEDIATION: "Remediation of",
    Kind.DOCUMENT: "Document for",
}
# The verb that shows what one follows from, by how its id begins.
SHOWN_BY: Mapping[str, str] = {"EX": "exception_show", "RV": "review_show", "INC": "incident_show"}


def listed(
    obligations: Sequence[Obligation],
    total: int,
    filter_: str,
    skip: int,
    word: str,
    *,
    today: date,
    own: Collection[str] = (),
) -> Card:
    """A page of what is due: `total` obligations in all, these after the first `skip`. `own` are the ids of those that the reader can
    close; `word` is the command word, or ""."""
    title = TITLES.get(filter_, TITLES[""])
    place = Place.INSTEAD if skip else Place.BESIDE
    before = f"{word} " if word else ""
    if not obligations:
        none = {"mine": "Nothing is due from you.", "overdue": "Nothing is overdue."}.get(filter_, "Nothing is due.")
        line = "There is nothing more." if total else none
        hint = () if filter_ != "mine" or total else (Note(("All that is due: ", Literal(f"{before}obligations"))),)
        return Card("obligations", line, (Text((line,)), *hint), title, place=place)
    last = skip + len(obligations)
    page = f", {skip + 1} to {last}" if total > len(obligations) else ""
    late = sum(is_overdue(each, today) for each in obligations)
    overdue: Inlines = (" · ", Strong(f"{late} overdue")) if late and filter_ != "overdue" else ()
    blocks: tuple[Block, ...] = (
        Text((f"{count(total, 'obligation')}{page}", *overdue)),
        Items(tuple(_line(each, today) for each in obligations)),
        Note(("To see one: ", Literal(f"{before}show {obligations[0].id}"))),
    )
    closable = [each for each in obligations if each.id in own][:CLOSABLE]
    buttons = (
        *(Button(f"{CLOSE} {each.id}", "obligation_form", f"{each.id} {Does.CLOSE}", form=True) for each in closable),
        *((Button("More", "obligations", f"{filter_}@{last}"),) if last < total else ()),
        *((Button("Back", "obligations", f"{filter_}@{max(skip - PAGE, 0)}"),) if skip else ()),
    )
    return Card("obligations", shortened(f"{title}: {total}.", SUMMARY), blocks, title, buttons, place)


def shown(
    obligation: Obligation, zone: tzinfo, *, today: date, given_by: str = "", met_by: str = "", wanted: bool = True
) -> Card:
    """All of one. `given_by` and `met_by` are names; not `wanted`: what it follows from has ended, and nobody waits for it."""
    is_open = obligation.met_at is None and wanted
    head = _standing(obligation, zone, today, met_by, wanted=wanted)
    line = f"{obligation.id}: {_said(head)}"
    first: Block = (
        Caution((Strong(obligation.id), " · ", *head))
        if is_open and is_overdue(obligation, today)
        else Text((Strong(obligation.id), " · ", *head))
    )
    blocks: tuple[Block, ...] = (
        first,
        Quote(quoted(obligation.what, LONGEST_TEXT), _source(obligation)),
        *known(
            (
                ("Owner", (named(obligation.owner),)),
                ("Due", (day(obligation.due),)),
                ("Asked for by", inlines(named(given_by) if given_by else None)),
            )
        ),
        *_evidence(obligation, LONGEST_TEXT),
    )
    buttons = (*(_buttons(obligation) if is_open else ()), *_subject(obligation))
    return Card("shown_obligation", shortened(line, SUMMARY), blocks, buttons=buttons)


def owner_card(facts: Told) -> Card:
    """To whoever sees to one (`to`, an address; `phase` says why they are told): what it is and by when, that it is overdue, that it is
    closed, that somebody else sees to it now."""
    obligation, zone = read(facts), zone_of(facts)
    phase, to = str(facts.get("phase") or ""), str(facts.get("to") or obligation.owner)
    due, id_ = day(obligation.due), obligation.id
    is_wanted = obligation.met_at is None and obligation.owner == to
    if obligation.met_at is not None:
        line, first = _closed(obligation, zone, facts)
    elif not is_wanted:
        line = f"{id_} is for {named(obligation.owner)} to see to now."
        first = Text((line,))
    elif obligation.overdue_at is not None and phase == "given":
        line = f"You are to see to {id_}, overdue since {due}."
        first = Caution((Strong(line),))
    elif obligation.overdue_at is not None:
        since = "is still overdue, since" if phase == "again" else "is overdue since"
        line = f"{id_} {since} {due}."
        first = Caution((Strong(line), f" {named(obligation.owner)} was to see to it."))
    elif phase == "soon":
        line = f"{id_} is due on {due}."
        first = Text((Strong(line),))
    else:
        line = f"You are to see to {id_}, by {due}."
        first = Text((Strong(line),))
    blocks = (
        first,
        Quote(quoted(obligation.what, LONGEST_TEXT), _source(obligation, str(facts.get("given_by") or ""))),
        *_evidence(obligation, WORDS),
    )
    buttons = (*(_buttons(obligation) if is_wanted else ()), show(obligation))
    return Card("obligation", shortened(line, SUMMARY), blocks, buttons=buttons)


def told_card(facts: Told) -> Card:
    """For rooms that hear of obligations: that one is overdue, that it is closed."""
    obligation, zone = read(facts), zone_of(facts)
    if obligation.met_at is not None:
        line, first = _closed(obligation, zone, facts)
    else:
        line = f"{obligation.id} is overdue since {day(obligation.due)}."
        first = Caution((Strong(line), f" {named(obligation.owner)} was to see to it."))
    blocks = (first, Quote(quoted(obligation.what, WORDS), _source(obligation)), *_evidence(obligation, WORDS))
    return Card("obligation_told", shortened(line, SUMMARY), blocks, buttons=(show(obligation),))


def taken(obligation: Obligation, does: Does) -> Card:
    """A word for whoever did something with one."""
    if does is Does.CLOSE:
        line = f"{obligation.id} is closed, with what you gave as evidence."
    else:
        line = f"{obligation.id} is for {named(obligation.owner)} to see to from now on; they are told."
    return Card("obligation_taken", line, (Text((line,)),), buttons=(show(obligation),))


def form(obligation: Obligation, does: Does, values: Mapping[str, str], *, faults: Sequence[FieldFault] = ()) -> Form:
    """The form with what closing or handing on one needs; `values` are what was typed already."""
    told = {fault.field: fault.sentence for fault in faults}
    field = replace(_field(does, values), fault=told.pop("evidence" if does is Does.CLOSE else "owner", ""))
    blocks: tuple[Block, ...] = (
        *(Caution((sentence,)) for sentence in told.values()),
        Quote((shortened(obligation.what, WORDS),), _source(obligation)),
        Note((f"Due {day(obligation.due)} · {named(obligation.owner)}",)),
    )
    label, about = LABELS[does], f"{obligation.id} {does}"
    return Form(
        name="obligation_form",
        title=f"{label} {obligation.id}"[:24],
        fields=(field,),
        submit=label,
        verb=f"obligation_{does}",
        about=obligation.id,
        blocks=blocks,
        opener=Button(label, "obligation_form", about, primary=True, form=True),
    )


def show(obligation: Obligation) -> Button:
    """All of one."""
    return Button("Show", "obligation_show", obligation.id)


def is_overdue(obligation: Obligation, today: date) -> bool:
    """Whether its last day has passed and it is not met."""
    return obligation.met_at is None and (obligation.overdue_at is not None or obligation.due < today)


def read(facts: Told) -> Obligation:
    """The obligation that an announcement carries."""
    return plain.read(Obligation, facts["obligation"])


def _field(does: Does, values: Mapping[str, str]) -> Field:
    if does is Does.CLOSE:
        hint = "What shows that it is done: a link, a change, a test"
        return Field("evidence", "Evidence", values.get("evidence", ""), hint, lines=True, most=LONGEST_TEXT)
    return Field("owner", "Owner", values.get("owner", ""), "An e-mail address", most=LONGEST_OWNER)


def _buttons(obligation: Obligation) -> tuple[Button, ...]:
    return (
        Button(CLOSE, "obligation_form", f"{obligation.id} {Does.CLOSE}", primary=True, form=True),
        Button(TRANSFER, "obligation_form", f"{obligation.id} {Does.TRANSFER}", form=True),
    )


def _subject(obligation: Obligation) -> tuple[Button, ...]:
    verb = SHOWN_BY.get(obligation.subject.partition("-")[0])
    return (Button(f"Show {obligation.subject}", verb, obligation.subject),) if verb else ()


def _line(each: Obligation, today: date) -> Inlines:
    state: Inline = Strong(f"overdue since {day(each.due)}") if is_overdue(each, today) else f"by {day(each.due)}"
    return joined(
        [
            (Strong(each.id),),
            (state,),
            (quote(each.what, LINE),),
            (named(each.owner),),
            inlines(shortened(each.subject, ID)),
        ]
    )


def _standing(obligation: Obligation, zone: tzinfo, today: date, met_by: str, *, wanted: bool) -> Inlines:
    if obligation.met_at is not None:
        by = f" by {named(met_by)}" if met_by else ""
        return (Strong("Closed"), f"{by} on {day_there(obligation.met_at, zone)}.")
    if not wanted:
        return (f"Not wanted any more: {shortened(obligation.subject, ID)} has ended.",)
    if is_overdue(obligation, today):
        return (Strong(f"Overdue since {day(obligation.due)}"), ".")
    return (f"Due on {day(obligation.due)}.",)


def _closed(obligation: Obligation, zone: tzinfo, facts: Told) -> tuple[str, Block]:
    by = f" by {named(str(facts['met_by']))}" if facts.get("met_by") else ""
    line = f"{obligation.id} is closed{by}, on {day_there(obligation.met_at, zone)}."
    return line, Text((Strong(line),))


def _evidence(obligation: Obligation, most: int) -> tuple[Block, ...]:
    return (Text(("Evidence:",)), Quote(quoted(obligation.evidence, most))) if obligation.evidence else ()


def _source(obligation: Obligation, given_by: str = "") -> Inlines:
    """What it follows from, and who asked for it, in plain words: small print everywhere."""
    parts = (
        f"{KINDS[obligation.kind]} {shortened(obligation.subject, ID)}",
        shortened(obligation.title, TITLE),
        f"asked for by {named(given_by)}" if given_by else "",
    )
    return (" · ".join(part for part in parts if part),)


def _said(line: Inlines) -> str:
    return "".join(each if isinstance(each, str) else each.text for each in line)

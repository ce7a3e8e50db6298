"""Exception requests as cards: for those who decide, for whoever asked, for whoever looks one up; the receipt, the register, and the
words for whoever did something. Where a request stands is drawn from its state alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, tzinfo

from bot.cards.describing import count, known
from bot.cards.exception_buttons import askers, deciding, revoke, show
from bot.cards.exception_forms import BUTTONS, REQUEST
from bot.cards.exception_parts import (
    ALL,
    WORDS,
    cautions,
    clause,
    conditions,
    differences,
    facts_of,
    listed,
    notices,
    precedents,
    reasons,
    seats,
    small_print,
    spoken_by,
    voices,
)
from bot.cards.exception_words import (
    ID,
    Told,
    against,
    capital,
    data,
    day,
    day_there,
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
    target_of,
    until,
    waits_for,
    who,
    zone_of,
)
from bot.cards.model import (
    BREAK,
    Block,
    Button,
    Card,
    Heading,
    Inlines,
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
from bot.domain.absences import Absence
from bot.domain.exception_commands import About, Does
from bot.domain.exception_register import Proof
from bot.domain.exception_requests import Ballot, Choice, ExceptionRequest, Stage, Voice, read
from bot.domain.people import Person

SUMMARY = 200
PROOFS, PAGE = 8, 10
FILTERS = {
    "mine": "Your exception requests",
    "pending": "Exception requests that wait",
    "expiring": "Exceptions that end soon",
}


def review_card(facts: Told) -> Card:
    """A request for those who decide; once it is decided, who decided and how. Where a `newer` post of it stands, that is where
    one decides."""
    request, zone = read(facts["request"]), zone_of(facts)
    if request.ballot is None and request.stage is not Stage.CHANGES_ASKED:
        return _decided_card("exception_review", request, zone, (show(request),))
    summary = shortened(f"{request.id}: {said(sentence(request))} {risk(request)}.", SUMMARY)
    if facts.get("newer"):
        blocks: tuple[Block, ...] = (*_asked(request, zone), Note(("There is a newer post of this: decide there.",)))
        return Card("exception_review", summary, blocks, _title(request), (show(request),))
    if request.ballot is None:
        blocks = (*_asked(request, zone), *voices(request), small_print(request, zone))
        return Card("exception_review", summary, blocks, _title(request), (show(request),))
    blocks = (
        *_asked(request, zone, linked=False),
        *notices(request, facts),
        small_print(request, zone),
        *_matter(request, facts, zone),
    )
    return Card("exception_review", summary, blocks, _title(request), (*deciding(request), show(request)))


def _matter(request: ExceptionRequest, facts: Told, zone: tzinfo) -> Iterable[Block]:
    """What those have to know who decide: of an overdue condition, what it is; of a request, all that speaks for and
    against it."""
    if request.ballot is Ballot.OVERDUE:
        return (*conditions(request, zone), *voices(request), *clause(request), *reasons(request))
    return (
        *differences(request),
        *clause(request),
        *reasons(request),
        *voices(request),
        *conditions(request, zone),
        *facts_of(request),
        *precedents(facts),
    )


def asked_card(facts: Told) -> Card:
    """For whoever asked: where it stands, who is still to speak, what they can do; where a `newer` post of it stands, there."""
    request, zone = read(facts["request"]), zone_of(facts)
    buttons = (show(request),) if facts.get("newer") else (*askers(request), show(request))
    if request.ballot is None and request.stage is not Stage.CHANGES_ASKED:
        return _decided_card("exception_asked", request, zone, buttons)
    blocks = (
        *_asked(request, zone),
        *notices(request, {name: facts[name] for name in ("rules_changed", "escalated_to") if name in facts}),
        *voices(request),
        *conditions(request, zone),
        small_print(request, zone),
    )
    return Card("exception_asked", _summary(request), blocks, _title(request), buttons)


def shown(
    request: ExceptionRequest,
    zone: tzinfo,
    *,
    told: Told | None = None,
    is_asker: bool = False,
    may_decide: bool = False,
    may_revoke: bool = False,
) -> Card:
    """All of a request, for whoever looks it up. `told` is what `review_card` knows besides it: precedents, waivers,
    inconsistent, rules_changed, escalated_to. `may_decide` and `may_revoke` say which buttons are offered; whether somebody may is
    asked again when they press one."""
    facts: Told = told or {}
    is_open = request.ballot is not None or request.stage is Stage.CHANGES_ASKED
    blocks: tuple[Block, ...] = (
        *(_asked(request, zone, linked=False) if is_open else _decided(request, zone, linked=False)),
        *notices(request, facts),
        small_print(request, zone),
        *conditions(request, zone),
        *(differences(request) if is_open else ()),
        *clause(request),
        *reasons(request, ALL),
        *voices(request),
        *facts_of(request),
        *precedents(facts),
    )
    buttons = (*(askers(request) if is_asker else deciding(request) if may_decide else ()),)
    if may_revoke and is_in_force(request) and request.ballot is not Ballot.OVERDUE:
        buttons = (*buttons, revoke(request))
    receipt_ = Button("Receipt", "exception_receipt", request.id)
    return Card("shown_exception", _summary(request), blocks, _title(request), (*buttons, receipt_))


def receipt(request: ExceptionRequest, proofs: Sequence[Proof], zone: tzinfo) -> Card:
    """What was decided on which words, by whom, by which rule and when, and where the record proves it."""
    terms, target, last = request.terms, target_of(request), until(request)
    asked: Inlines = (_full(request.asked_by), f", {moment(request.asked_at, zone)}")
    facts = known(
        (
            ("Asked by", asked),
            ("Service", inlines(data(request.wish.service))),
            ("Risk", (f"{terms.level} ({count(terms.points, 'point')})",)),
            ("Rule", (f"{request.rule} of governance.yaml ", *inlines(data(terms.revision)))),
            ("Until", inlines(day(last) if last else None)),
            ("Controls", inlines(shortened(", ".join(target.controls), ID))),
            ("Content", (Literal(request.digest),)),
        )
    )
    head = outcome(request, zone) if request.ended_at else (Strong(standing(request)), ".")
    waiver = request.waiver
    spoken = tuple(dict.fromkeys((*(waiver.granted if waiver else ()), *request.voices)))
    blocks: list[Block] = [Text(head), *cautions(request, zone), *clause(request, then=True), *facts]
    if spoken:
        lines: list[Inlines] = [_voice(each, zone) for each in spoken]
        blocks += [Heading("Who spoke"), listed(lines, len(lines), 2 * PAGE)]
    for each in spoken:
        if each.acceptance:
            blocks += [
                Text((f"{spoken_by(each)} accepted the risk in these words:",)),
                Quote(quoted(each.acceptance, WORDS)),
            ]
    blocks += conditions(request, zone)
    if proofs:
        entries: list[Inlines] = [_proof(each, zone) for each in proofs[-PROOFS:]]
        blocks += [Heading("In the audit record"), listed(entries, len(proofs), PROOFS)]
        blocks.append(Note(("That nobody altered them is proved by ", Literal("archway audit verify"))))
    summary = shortened(f"Receipt of {request.id}: {standing(request)}.", SUMMARY)
    return Card("exception_receipt", summary, tuple(blocks), f"{request.id} · receipt", (show(request),))


def sent(request: ExceptionRequest, zone: tzinfo | None = None) -> Card:
    """A word for whoever sent a request: its id, its risk, who decides and, where the `zone` is told, until when."""
    again = " again" if request.revision > 1 else ""
    rest = waits_for(request)
    when = f", until {moment(request.clock.end, zone)}" if request.clock and zone else ""
    blocks = (
        Text((Strong(request.id), f" is sent{again}. ", Strong(f"{risk(request)}"), f": it waits for {rest}{when}.")),
        Note(("You hear by direct message how it goes on.",)),
    )
    return Card(
        "exception_sent", f"{request.id} is sent{again}. It waits for {rest}.", blocks, buttons=(show(request),)
    )


def taken(request: ExceptionRequest, about: About) -> Card:
    """A word for whoever did something: that it counts, and what comes next."""
    rest = waits_for(request)
    match about.does:
        case Does.MEET:
            line = f"Thank you. Condition {about.number} of {request.id} is met."
        case Does.REMEDY:
            line = f"Thank you. {request.id} is closed: from now on the clause is kept."
        case Does.WITHDRAW:
            line = f"{request.id} is withdrawn. Those who were asked are told."
        case Does.REVOKE:
            line = f"{request.id} is revoked. Whoever asked for it is told."
        case does if rest and request.look_is_owed and is_in_force(request):
            line = f"Your “{BUTTONS[does]}” on {request.id} counts. It is in force; its second look waits for {rest}."
        case does if rest and request.ballot:
            line = f"Your “{BUTTONS[does]}” on {request.id} counts. It still waits for {rest}."
        case does:
            line = f"Your “{BUTTONS[does]}” on {request.id} counts. {standing(request)}."
    return Card("exception_taken", line, (Text((line,)),), buttons=(show(request),))


def register(
    requests: Sequence[ExceptionRequest], total: int, filter_: str, skip: int, word: str, *, today: date | None = None
) -> Card:
    """A page of the register: `total` requests in all, these after the first `skip`. `word` is the command word, or ""; with
    `today` it is said how soon they end."""
    service = filter_.partition(":")[2].strip() if filter_.lower().startswith("service:") else ""
    title = FILTERS.get(filter_.lower(), "Exception requests")
    place = Place.INSTEAD if skip else Place.BESIDE
    of: Inlines = (" for ", *inlines(data(service))) if service else ()
    if not requests:
        none: Inlines = ("There are none", *of, ".") if not total else ("There are no more.",)
        ask = Button(REQUEST, "exception_form", form=True)
        return Card("exception_register", f"{title}: none.", (Text(none),), title, (ask,), place)
    last = skip + len(requests)
    page = f", {skip + 1} to {last}" if total > len(requests) else ""
    before = f"{word} " if word else ""
    blocks: tuple[Block, ...] = (
        Text((count(total, "request"), *of, page)),
        listed([_entry(request, today) for request in requests], len(requests), len(requests)),
        Note(("To see one: ", Literal(f"{before}show {requests[0].id}"))),
    )
    buttons = (
        *((Button("More", "exceptions", f"{filter_}@{last}"),) if last < total else ()),
        *((Button("Back", "exceptions", f"{filter_}@{max(skip - max(len(requests), PAGE), 0)}"),) if skip else ()),
    )
    return Card("exception_register", f"{title}: {total}.", blocks, title, buttons, place)


def away_card(absence: Absence | None, word: str = "", *, stands_in: Sequence[Absence] = ()) -> Card:
    """Whether somebody is away, until when, and who speaks for them; `stands_in` are the absences in which they speak for
    others. `word` is the command word, or ""."""
    if absence:
        delegate = f"{who(absence.delegate)} speaks" if absence.delegate else "Nobody speaks"
        line = f"You are away until {day(absence.until)}. {delegate} for you meanwhile."
        hint = "You can still speak yourself. To change it: "
    else:
        line, hint = "You are not away.", "To be away: "
    lines: list[Inlines] = [(f"You speak for {who(each.of)} until {day(each.until)}.",) for each in stands_in]
    example = "away until 2026-12-04 delegate @grace"
    blocks: tuple[Block, ...] = (
        Text((line,)),
        *((listed(lines, len(lines), PAGE),) if lines else ()),
        Note((hint, Literal(f"{word} {example}" if word else example))),
    )
    return Card("exception_away", line, blocks)


def _title(request: ExceptionRequest) -> str:
    return f"{request.id} · exception to {shortened(target_of(request).id, ID)}"


def _summary(request: ExceptionRequest) -> str:
    return shortened(
        f"{request.id}, exception to {shortened(target_of(request).id, ID)}: {standing(request)}.", SUMMARY
    )


def _asked(request: ExceptionRequest, zone: tzinfo, *, linked: bool = True) -> Iterable[Block]:
    """What is asked for, which risk it has, and who is still to speak until when."""
    waits = _waits(request, zone)
    yield Text(
        (*sentence(request, linked=linked), " ", Strong(f"{risk(request)}."), *((BREAK, *waits) if waits else ()))
    )
    yield from cautions(request, zone)
    yield from seats(request)


def _waits(request: ExceptionRequest, zone: tzinfo) -> Inlines:
    """Who is still to speak, and until when."""
    if request.stage is Stage.CHANGES_ASKED:
        return (Strong("Changes are asked for."), " The clock stands still until it is sent again.")
    rest, clock = waits_for(request), request.clock
    if not rest:
        return ()
    if request.ballot is Ballot.SECOND_LOOK or clock is None:
        return ("It waits for ", Strong(rest), ".")
    when = f", until {moment(clock.end, zone)}."
    if request.ballot is Ballot.EMERGENCY:
        return (Strong("Emergency:"), " in force as soon as ", Strong(rest), f" approves. It waits{when}")
    what = "Keep it or revoke it? It waits for " if request.ballot is Ballot.OVERDUE else "It waits for "
    return (what, Strong(rest), when)


def _decided(request: ExceptionRequest, zone: tzinfo, *, linked: bool = True) -> Iterable[Block]:
    """How it ended or stands since it was decided, and why it ended."""
    yield Text(outcome(request, zone))
    yield Text((*sentence(request, linked=linked), f" {risk(request)}."))
    yield from cautions(request, zone)
    waiver = request.waiver
    if waiver and waiver.ended_because and waiver.ended_by:
        yield Text((f"{who(waiver.ended_by)} wrote on {day_there(waiver.ended_at, zone)}:",))
        yield Quote(quoted(waiver.ended_because, WORDS))


def _decided_card(name: str, request: ExceptionRequest, zone: tzinfo, buttons: tuple[Button, ...]) -> Card:
    waiver = request.waiver
    is_told = waiver is not None and waiver.ended_because in {voice.words for voice in request.voices}
    blocks = (
        *_decided(request, zone),
        *(() if is_told else voices(request, (Choice.DECLINE,))),
        *conditions(request, zone),
        small_print(request, zone),
    )
    return Card(name, _summary(request), blocks, _title(request), buttons)


def _voice(voice: Voice, zone: tzinfo) -> Inlines:
    stand_in = f" for {_full(voice.right.speaks_for)}" if voice.right.speaks_for else ""
    as_ = ", ".join(sorted(voice.right.roles))
    return (f"{_full(voice.right.by)}{stand_in}, {as_} · ", Strong(voice.choice), f" · {moment(voice.at, zone)}")


def _full(person: Person) -> str:
    """A name with the address that its platform vouches for."""
    email = shortened(person.email, ID)
    return f"{named(person.name)} ({email})" if person.name and email else who(person)


def _proof(proof: Proof, zone: tzinfo) -> Inlines:
    what = proof.action.removeprefix("exception_request.").replace("_", " ")
    return (f"{proof.sequence} · {capital(what)} · {moment(proof.at, zone)} · ", Literal(proof.hash[:16]))


def _entry(request: ExceptionRequest, today: date | None) -> Inlines:
    last = until(request)
    left = (last - today).days if last and today and is_in_force(request) else -1
    soon = f" ({count(left, 'day')} left)" if 0 <= left <= 30 else ""
    flagged = is_in_force(request) and request.waiver is not None and request.waiver.is_flagged
    parts: list[Inlines] = [
        (Strong(request.id),),
        (against(request),),
        inlines(data(request.wish.service)),
        (short_status(request),),
        inlines(f"until {day(last)}{soon}" if last else None),
        inlines(Strong("condition overdue") if flagged else None),
        inlines(Strong("clause reworded") if request.target_now else None),
    ]
    return joined(parts)

"""What the cards of exception requests are made of: who sits where, what has to be known, the words of people, what stands beside
it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from bot.cards.describing import count, known, present
from bot.cards.exception_words import (
    ID,
    REVISION,
    Told,
    against,
    data,
    day,
    day_of,
    day_there,
    is_in_force,
    moment,
    named,
    quote,
    quoted,
    rule,
    target_of,
    who,
)
from bot.cards.model import (
    Added,
    Block,
    Caution,
    Heading,
    Inline,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Removed,
    Strong,
    Text,
    inlines,
    joined,
)
from bot.cards.quoting import marked
from bot.cards.text import shortened
from bot.domain.changes import Run, reworded
from bot.domain.exception_decisions import seating
from bot.domain.exception_forms import LABELS, NAMES, TEXTS
from bot.domain.exception_requests import (
    Ballot,
    Choice,
    Condition,
    Difference,
    ExceptionRequest,
    Voice,
)
from bot.domain.rights import in_words
from knowledge.documents import Level

CLAUSE, WORDS, REASON, PLAN, CONDITION, DIFFERENCE, ADDRESSES = 500, 400, 300, 200, 160, 300, 600
SEATS, LINES, PRECEDENTS, TITLE = 12, 10, 3, 120
ALL = 3_000  # characters: what a form takes
OURS = {
    "risk": "Risk",
    "seats": "Who decides",
    "rules": "Revision of governance.yaml",
}  # differences besides the fields
SAYS = {
    Choice.APPROVE: "approves",
    Choice.APPROVE_WITH_CONDITIONS: "approves with conditions",
    Choice.ASK_FOR_CHANGES: "asks for changes",
    Choice.DECLINE: "declines",
    Choice.KEEP: "keeps it",
}


def seats(request: ExceptionRequest) -> Iterator[Block]:
    """Who has spoken, and which seats are open; nothing before somebody has, since it is said then who is waited for."""
    if request.ballot is None or not request.voices:
        return
    lines = [_seat(role, voice) for role, voice in seating(request)]
    yield listed(lines, len(lines), SEATS)


def cautions(request: ExceptionRequest, zone: tzinfo) -> Iterator[Block]:
    """What changes what a reader should do: a second look, overdue conditions, a clause that reads differently."""
    waiver = request.waiver
    if waiver and request.look_is_owed and waiver.look_by and is_in_force(request):
        names = f" by {who(waiver.granted[0].right.by)}" if waiver.granted else ""
        by = moment(waiver.look_by, zone)
        yield Caution(
            (
                f"It is in force already, granted in an emergency{names}. Without a second look until ",
                Strong(by),
                " it is revoked.",
            )
        )
    late = [each for each in waiver.conditions if each.is_overdue] if waiver and is_in_force(request) else []
    if len(late) > 1:
        yield Caution((f"Conditions {in_words([str(each.number) for each in late])} are overdue.",))
    elif late:
        kept = f" It was kept all the same on {day_there(late[0].kept_at, zone)}." if late[0].kept_at else ""
        was = f"{named(late[0].owner)} was to see to it by {day(late[0].due)}"
        yield Caution((f"Condition {late[0].number} is overdue: {was}.{kept}",))
    if request.target_now:
        yield Caution(("The clause reads differently now than when this was asked for.",))


def notices(request: ExceptionRequest, facts: Told) -> Iterator[Block]:
    """What besides the request has to be known before one decides: facts of the announcement."""
    if facts.get("rules_changed"):
        yield Caution(
            ("governance.yaml has changed since this was sent: the earlier rule holds until it is sent again.",)
        )
    if sentence := str(facts.get("inconsistent") or ""):
        yield Caution((shortened(sentence, WORDS),))
    if request.escalated and request.ballot:
        role = shortened(str(facts.get("escalated_to") or ""), ID)
        yield Caution((f"The deadline has passed{f': {role} is asked to see to it' if role else ''}.",))
    if unreached := [shortened(str(role), ID) for role in facts.get("unreached") or ()]:
        yield Caution(
            (f"I can reach nobody for {in_words(unreached)}: ask an administrator to give that role people or a room.",)
        )


def clause(request: ExceptionRequest, *, then: bool = False) -> Iterator[Block]:
    """The clause as it was; where it reads differently since, what was taken out and what came in, unless only the words
    of `then` are wanted."""
    target = target_of(request)
    source = joined(
        [(against(request),), inlines(shortened(target.title, TITLE)), inlines(shortened(target.owner, ID))]
    )
    if request.target_now and not then:
        yield Quote(difference(target.text, request.target_now), source)
    elif target.text:
        level = Level(target.level) if target.level in tuple(Level) else None
        yield Quote(marked(shortened(target.text, CLAUSE), level), source)
    elif target.title:
        yield Text(source)


def difference(old: str, new: str) -> Inlines:
    """Two wordings as one line: what was taken out, what came in."""
    words: list[Inline] = []
    for run, text in reworded(old, new):
        short = shortened(text, DIFFERENCE)
        words += [
            *([" "] if words else []),
            Removed(short) if run is Run.OLD else Added(short) if run is Run.NEW else short,
        ]
    return tuple(words)


def reasons(request: ExceptionRequest, most: int = 0) -> Iterator[Block]:
    """What the asker wrote, quoted, the most pressing first: the beginning of each, or so many characters. What was changed
    when it was sent again stands there word by word."""
    wish, changed = request.wish, {each.field: each for each in _changes(request)}
    by = f", by {day(wish.remedied_by)}" if wish.remedied_by else ""
    for name, longest, more in (
        ("emergency_reason", REASON, ""),
        ("reason", REASON, ""),
        ("compensating_controls", PLAN, ""),
        ("remediation", PLAN, by),
    ):
        words = getattr(wish, name)
        if words.strip() and (wish.emergency or name != "emergency_reason"):
            yield Heading(f"{LABELS[name]}{more}{' · changed' if name in changed else ''}")
            each = changed.get(name)
            yield Quote(difference(each.before, each.after) if each and each.before else quoted(words, most or longest))


def facts_of(request: ExceptionRequest) -> Iterator[Block]:
    """The answers to the questions of risk, and what else stands in the form."""
    wish = request.wish
    answers = {**wish.answers, **({LABELS["tier"]: wish.tier} if wish.tier else {})}
    told = ", ".join(f"{name}: {answer}" for name, answer in answers.items())
    by = day(wish.remedied_by) if wish.remedied_by and not wish.remediation.strip() else None
    yield from known(
        (
            ("Answers", (Literal(shortened(told, WORDS)),) if told else ()),
            (LABELS["remedied_by"], present(by)),
            (LABELS["links"], links(wish.links)),
        )
    )


def links(addresses: Sequence[str]) -> Inlines:
    """The first addresses, as many as need no more room than a paragraph, and how many there are besides."""
    kept: list[Inlines] = []
    room = ADDRESSES
    for address in addresses:
        room -= len(address)
        if room < 0:
            break
        kept.append((Link(_short_link(address), address),))
    left = len(addresses) - len(kept)
    return joined([*kept, *([(f"and {left} more",)] if left else [])])


def differences(request: ExceptionRequest) -> Iterator[Block]:
    """What a resubmission changed; the asker's own words are among `reasons`."""
    if changes := _changes(request):
        yield Heading("Changed since it was first sent" if request.revision == 2 else "Changed since it was last sent")
        yield listed([_difference(each) for each in changes], len(changes), 2 * LINES)


def voices(request: ExceptionRequest, choices: Sequence[Choice] = tuple(Choice)) -> Iterator[Block]:
    """What those said who spoke, in their own words."""
    for voice in request.voices:
        if voice.words.strip() and voice.choice in choices:
            yield Text((f"{spoken_by(voice)} {SAYS[voice.choice]}:",))
            yield Quote(quoted(voice.words, WORDS))


def conditions(request: ExceptionRequest, zone: tzinfo) -> Iterator[Block]:
    """The conditions of a waiver, and those that voices have set so far."""
    if request.waiver and (standing := request.waiver.conditions):
        yield Heading(count(len(standing), "condition"))
        yield Items(tuple(condition(each, zone, _longest(standing)) for each in standing))
    demands = [(demand, voice) for voice in request.voices for demand in voice.demands] if request.ballot else []
    if demands:
        yield Heading("Conditions so far")
        lines: list[Inlines] = [
            (
                f"{quote(demand.text, _longest(demands))} · {named(demand.owner)}, by {day(demand.due)}",
                f" · set by {who(voice.right.by)}",
            )
            for demand, voice in demands
        ]
        yield listed(lines, len(lines), LINES)


def condition(each: Condition, zone: tzinfo, longest: int = CONDITION) -> Inlines:
    """A condition as one line: its words quoted, who sees to it, by when, whether it is met."""
    if each.met_at:
        state: Inline = f"met on {day_there(each.met_at, zone)}"
    elif each.is_overdue:
        state = Strong(f"overdue since {day(each.due)}")
    else:
        state = f"by {day(each.due)}"
    number = f"{each.obligation} " if each.obligation else ""
    return (f"{number}{quote(each.text, longest)} · {named(each.owner)}, ", state)


def precedents(facts: Told) -> Iterator[Block]:
    """Earlier requests of the kind, and waivers that stand beside it."""
    if earlier := list(facts.get("precedents") or ())[:PRECEDENTS]:
        yield Heading("Earlier requests like this")
        yield Items(tuple(_precedent(each) for each in earlier))
    if waivers := list(facts.get("waivers") or ()):
        left = len(waivers) - PRECEDENTS
        more: Inlines = (f" and {left} more",) if left > 0 else ()
        yield Text(
            ("In force beside it: ", *joined([_beside(each) for each in waivers[:PRECEDENTS]], ", "), *more, ".")
        )


def small_print(request: ExceptionRequest, zone: tzinfo) -> Note:
    """Since when, by which rule."""
    asked = f"Asked on {day_there(request.asked_at, zone)}"
    again = f", sent {count(request.revision, 'time')}" if request.revision > 1 else ""
    return Note((f"{asked}{again} · by {rule(request)}",))


def listed(lines: Sequence[Inlines], total: int, most: int) -> Items:
    """The first lines of a list, and how many there are besides."""
    left = total - min(len(lines), most)
    return Items((*lines[:most], *(((f"and {left} more",),) if left > 0 else ())))


def spoken_by(voice: Voice) -> str:
    """Who spoke, and for whom."""
    stand_in = f" for {who(voice.right.speaks_for)}" if voice.right.speaks_for else ""
    return f"{who(voice.right.by)}{stand_in}"


def _seat(role: str, voice: Voice | None) -> Inlines:
    if voice is None:
        return (f"{shortened(role, ID)}: ", Strong("open"))
    return (f"{shortened(role, ID)}: {spoken_by(voice)} ", Strong(SAYS[voice.choice]))


def _changes(request: ExceptionRequest) -> tuple[Difference, ...]:
    """What is different since it was last sent, as long as it is being decided."""
    return request.differences if request.ballot in (Ballot.REQUEST, Ballot.EMERGENCY, Ballot.SECOND_LOOK) else ()


def _difference(each: Difference) -> Inlines:
    name = shortened(LABELS.get(each.field) or OURS.get(each.field) or each.field.removeprefix("risk:"), ID)
    if each.field in TEXTS:
        return (f"{name}: ", "see below" if each.after.strip() else Removed("taken out"))
    if each.field == "links":
        old, new = each.before.split(), each.after.split()
        gone: list[Inline] = [Removed(_short_link(link)) for link in old if link not in new]
        come: list[Inline] = [Added(_short_link(link)) for link in new if link not in old]
        return (f"{name}: ", *joined([(link,) for link in (*gone, *come)], " "))
    before, after = (_value(each.field, text) for text in (each.before, each.after))
    return (f"{name}: ", *((Removed(before), " ") if before else ()), Added(after or "nothing"))


def _value(field: str, text: str) -> str:
    """A value of a field in a line of ours: a day as one, what was typed between quotation marks."""
    if field in NAMES and text:
        return quote(text, ID)
    return day_of(text) or shortened(text, REVISION if field == "rules" else DIFFERENCE)


def _short_link(link: str) -> str:
    return shortened(link.removeprefix("https://"), ID)


def _longest(conditions: Sequence[object]) -> int:
    """How much of a condition is shown: less where there are many."""
    return CONDITION if len(conditions) < 5 else CONDITION // 2


def _precedent(each: Told) -> Inlines:
    """What an earlier request was about, how it ended and by whom, and under which conditions."""
    level, by = shortened(str(each.get("level") or ""), ID), str(each.get("by") or "")
    texts = [quote(str(text), ID) for text in each.get("conditions") or ()]
    more = f" and {len(texts) - 2} more" if len(texts) > 2 else ""
    how = f" by {named(by)}" if by else ""
    risk = f" at {level} risk" if level else ""
    under = f": {', '.join(texts[:2])}{more}" if texts else ""
    return (*_named(each), f" · {shortened(str(each.get('ended') or ''), ID)}{how}{risk}{under}")


def _beside(each: Told) -> Inlines:
    service, last = data(str(each.get("service") or "")), day_of(each.get("until"))
    id_ = Strong(shortened(str(each.get("id") or ""), ID))
    return inlines(id_, " for " if service else None, service, f" until {last}" if last else None)


def _named(each: Told) -> Inlines:
    target, service = shortened(str(each.get("target") or ""), ID), data(str(each.get("service") or ""))
    return inlines(
        Strong(shortened(str(each.get("id") or ""), ID)),
        f" · {target}" if target else None,
        " · " if service else None,
        service,
    )

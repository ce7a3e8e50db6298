"""What becomes of a step of an exception request: it is stored, its timers are set, everybody concerned is told, and it goes on the
record; in the transaction of whatever it follows from.

Who is told, by which announcement (the topic, and the key behind the id of the request):

    exception_review    review:ROUND               whoever decides; a ballot has a card of its own
    exception_asked     asked:N                    the asker; what they must not miss is a new card
    exception_told      told:asked|decided|ended   rooms that subscribe to exceptions
    exception_reminder  remind:ROUND:half|end      the seats that are open
    exception_expiry    expiry:DAY                 the asker, before a waiver ends and when it has
    exception_reworded  reworded:DIGEST            the clause's owner and the asker, when it reads differently
    exception_condition condition:NUMBER[:…]       whoever sees to a condition: at first, soon before its day, when it is overdue,
                                                   when it is handed on to them
    obligation_told     told:overdue|closed        rooms that subscribe to obligations, of a condition's obligation

Every card draws the request as it is now: after each step all of them are announced again, and those that are not the newest of
their kind lose their buttons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain import precedents
from bot.domain.announcements import Announcement, Json
from bot.domain.exception_deadlines import moved
from bot.domain.exception_decisions import open_seats
from bot.domain.exception_requests import Ballot, Condition, ExceptionRequest, written
from bot.domain.exception_steps import Happened, Step, facts
from bot.domain.governance import Seat
from bot.domain.timers import Timer
from bot.domain.waivers import follow, obliged
from handlers.desk import Desk
from handlers.documents import news_of_request
from handlers.obligation_news import CLOSED, OVERDUE, news
from handlers.telling import Telling, hearing, tell

REVIEW, ASKED, TOLD = "exception_review", "exception_asked", "exception_told"
REMINDER, EXPIRY, OF_CONDITION = "exception_reminder", "exception_expiry", "exception_condition"
REWORDED = "exception_reworded"
SUMMONS = frozenset({Happened.SUBMITTED, Happened.RESUBMITTED, Happened.GRANTED, Happened.OVERDUE})  # a ballot begins
DRAWN_AGAIN = timedelta(minutes=1)
NEWS_TO_THE_ASKER = frozenset(
    {
        Happened.SUBMITTED,
        Happened.CHANGES_ASKED,
        Happened.APPROVED,
        Happened.DECLINED,
        Happened.GRANTED,
        Happened.CONFIRMED,
        Happened.LAPSED,
        Happened.LOOK_MISSED,
        Happened.OVERDUE,
        Happened.KEPT,
        Happened.REVOKED,
    }
)
PHASES: Mapping[Happened, str] = {
    Happened.SUBMITTED: "asked",
    Happened.GRANTED: "decided",
    Happened.APPROVED: "decided",
    Happened.DECLINED: "decided",
    Happened.LAPSED: "decided",
    Happened.LOOK_MISSED: "ended",
    Happened.REVOKED: "ended",
    Happened.EXPIRED: "ended",
    Happened.CLOSED: "ended",
}


Facts = Mapping[str, Json]
Said = Sequence[Announcement]


def done(before: ExceptionRequest | None, step: Step, desk: Desk, due: Timer | None = None) -> ExceptionRequest:
    """Does all that a step brings with it; gives the request as it is stored. `due` is the timer that it follows from.

    `before` was read under its lock. A renewal that is approved is noted at the waiver that it follows.
    """
    taken = [_Taken(before, step, due)]
    if followed := _followed(step, desk):
        taken.append(followed)
    taken = [replace(each, step=replace(each.step, request=_stored(each, desk))) for each in taken]
    tellings = [telling for each in taken for telling in (*_to_subscribers(each.step, desk), *_owed(each, desk))]
    if tellings:
        tell(tellings, desk)  # the timers of quiet hours come before the outbox, the record last
    desk.transaction.outbox.lock()
    for each in taken:
        _tell(each, desk)
    for each in taken:
        _record(each.step, desk)
    return taken[0].step.request


@dataclass(frozen=True, slots=True)
class _Taken:
    """A step, what the request was before it, and the timer that it follows from."""

    before: ExceptionRequest | None
    step: Step
    due: Timer | None = None


def refresh(request: ExceptionRequest, desk: Desk) -> None:
    """Has the posted cards drawn anew as the request is: somebody pressed a button that should not be there any more. At most
    once a minute: however often it is pressed, nobody else waits for it."""
    now, outbox = desk.transaction.now, desk.transaction.outbox
    posted = [told for topic in (REVIEW, ASKED) for told in outbox.of(request.id, topic)]
    stale = [told for told in posted if not _is_fresh(told, now)]
    if not stale:
        return
    facts_now: dict[str, Json] = {**facts_of(request, desk), "drawn": now.isoformat()}
    outbox.lock()
    for told in stale:
        outbox.announce(replace(told, facts={**told.facts, **facts_now}))


def _is_fresh(told: Announcement, now: datetime) -> bool:
    """Whether a post was drawn anew within the last minute."""
    drawn = told.facts.get("drawn")
    return isinstance(drawn, str) and timedelta(0) <= now - datetime.fromisoformat(drawn) < DRAWN_AGAIN


def rooms_of(seats: Iterable[Seat], request: ExceptionRequest, desk: Desk) -> tuple[list[str], list[str]]:
    """Where those are asked who hold the roles of some seats, and the roles of which nobody can be reached. The asker is not
    asked."""
    asker = desk.transaction.people.accounts(request.asked_by.id) if request.asked_by.id else ()
    own = {str(account) for account in asker} | {request.asked_by.account}
    rooms, unreached = dict[str, None](), []
    for name in dict.fromkeys(seat.role for seat in seats):
        role = desk.governance.role(name)
        found = [*role.rooms] or [
            room for email in role.people for room in desk.transaction.people.rooms_of(email)[:1] if room not in own
        ]
        if not found:
            unreached.append(name)
        rooms |= dict.fromkeys(found)
    return list(rooms), unreached


def address(email: str, desk: Desk) -> list[str]:
    """Where somebody with an address is told: as a direct message; operators hear of it where they have not been met."""
    theirs = [*desk.transaction.people.rooms_of(email)[:1]]
    return theirs or ([desk.operations_room] if desk.operations_room else [])


def _with_obligations(taken: _Taken, desk: Desk) -> ExceptionRequest:
    """What a decision demands afterwards is an obligation with an id; what is met is met."""
    held, after = desk.transaction.obligations, taken.step.request
    conditions = _conditions(after)
    new = {
        each.number: held.add(
            after.id,
            each.number,
            each.text,
            each.owner,
            each.due,
            each.ends,
            title=_title(after),
            given_by=each.by.account,
        )
        for each in conditions
        if not each.obligation
    }
    entry = taken.step.entry
    for each, was in _changed(taken):
        if each.met_at and was.met_at is None:
            by = str(entry.by) if entry and entry.by else ""
            held.met(each.obligation, each.met_at, entry.words.get("evidence", "") if entry else "", by)
        elif each.overdue_at and was.overdue_at is None:
            held.overdue(each.obligation, each.overdue_at)
        elif each.owner != was.owner:
            held.hand_over(each.obligation, each.owner)
    return obliged(after, new) if new else after


def _changed(taken: _Taken) -> Iterator[tuple[Condition, Condition]]:
    """The conditions that were there before the step, as they are now and as they were."""
    was = {each.number: each for each in _conditions(taken.before)}
    for each in _conditions(taken.step.request):
        if each.obligation and each.number in was:
            yield each, was[each.number]


def _owed(taken: _Taken, desk: Desk) -> Iterator[Telling]:
    """What rooms that hear of obligations are told: that a condition is met, or overdue."""
    for each, was in _changed(taken):
        what = CLOSED if each.met_at and not was.met_at else OVERDUE if each.overdue_at and not was.overdue_at else ""
        obligation = desk.transaction.obligations.get(each.obligation) if what else None
        if obligation:
            yield from news(obligation, what, desk)


def _title(request: ExceptionRequest) -> str:
    """What a condition follows from, in words."""
    service = f" for {request.wish.service}" if request.wish.service else ""
    return f"exception to {request.wish.target.id if request.wish.target else 'a standard'}{service}"


def _set_timers(before: ExceptionRequest | None, after: ExceptionRequest, desk: Desk) -> None:
    """In the order of their keys, as all who hold several do."""
    new, gone = moved(before, after)
    wanted = {timer.key: timer for timer in new}
    for key in sorted({*wanted, *gone}):
        if key in wanted:
            desk.transaction.timers.set(wanted[key])
        else:
            desk.transaction.timers.cancel(key)


def _followed(step: Step, desk: Desk) -> _Taken | None:
    """What becomes of the waiver that this one follows, when it was approved just now."""
    request = step.request
    if not request.wish.renews or step.happened not in (Happened.APPROVED, Happened.GRANTED):
        return None
    old = desk.transaction.exceptions.get(request.wish.renews, lock=True)
    after = follow(old, request.id, desk.transaction.now) if old else None
    return _Taken(old, after) if after else None


def _stored(taken: _Taken, desk: Desk) -> ExceptionRequest:
    request = _with_obligations(taken, desk)
    desk.transaction.exceptions.put(request)
    _set_timers(taken.before, request, desk)
    return request


def _record(step: Step, desk: Desk) -> None:
    """The line for the record, with the ids that conditions were given since it was drawn up."""
    if step.entry:
        now = facts(step.request)
        changed = {name: now.get(name, value) for name, value in step.entry.after.items()}
        sequence = desk.transaction.audit.add(replace(step.entry, after=changed))
        desk.transaction.exceptions.note(step.request.id, sequence)


def _tell(taken: _Taken, desk: Desk) -> None:
    request, happened, due, outbox = taken.step.request, taken.step.happened, taken.due, desk.transaction.outbox
    now = facts_of(request, desk)
    said = outbox.of(request.id)
    _to_deciders(taken.step, said, now, desk)
    _to_the_asker(taken.step, said, now, desk)
    _of_conditions(taken, said, now, desk)
    match happened:
        case Happened.REMINDED if due:
            rooms, _ = rooms_of(open_seats(request), request, desk)
            outbox.announce(Announcement(due.key, request.id, REMINDER, now), rooms)
        case Happened.ESCALATED:
            to = request.terms.escalate.to if request.terms.escalate else ""
            rooms, _ = rooms_of([Seat(to)], request, desk) if to else ([], [])
            outbox.announce(
                Announcement(_review_key(request), request.id, REVIEW, {**now, **review_facts(request, desk)}), rooms
            )
        case Happened.DUE_SOON if due:
            found = [each for each in _conditions(request) if each.number == due.facts["number"]]
            for each in found:
                told = Announcement(
                    due.key, request.id, OF_CONDITION, {**now, "number": each.number, "soon": True, "to": each.owner}
                )
                outbox.announce(told, address(each.owner, desk))
        case Happened.WARNED | Happened.EXPIRED | Happened.RENEWED if due:
            today = str(desk.governance.calendar.today(desk.transaction.now))
            told = Announcement(due.key, request.id, EXPIRY, {**now, "today": today})
            outbox.announce(told, address_of_asker(request, desk))
    for stale in said:
        if stale.topic == REMINDER and request.ballot is None:
            outbox.withdraw(stale.key)
        if stale.topic in (REMINDER, EXPIRY, REWORDED):
            outbox.announce(replace(stale, facts={**stale.facts, **now}))


def address_of_asker(request: ExceptionRequest, desk: Desk) -> list[str]:
    """Where the asker is told: as a direct message on the platform on which they asked."""
    own = request.asked_by.account
    return [own] if own.startswith(("slack:", "teams:")) else address(request.asked_by.email, desk)


def facts_of(request: ExceptionRequest, desk: Desk) -> dict[str, Json]:
    """What every card of a request is drawn from."""
    return {
        "request": written(request),
        "zone": str(desk.governance.calendar.zone),
        "rules_changed": _is_under_older_rules(request, desk),
    }


def _is_under_older_rules(request: ExceptionRequest, desk: Desk) -> bool:
    return request.ballot is not None and request.terms.revision != desk.governance.revision


def _review_key(request: ExceptionRequest) -> str:
    return f"{request.id}:review:{request.round}"


def review_facts(request: ExceptionRequest, desk: Desk) -> dict[str, Json]:
    """What whoever decides sees besides the request: precedents, and waivers that stand."""
    exceptions, wish = desk.transaction.exceptions, request.wish
    earlier = exceptions.earlier(wish.target, wish.service, but=request.id) if wish.target else ()
    near = precedents.nearest(request, earlier)
    document = [wish.target.document] if wish.target else []
    standing = [
        each
        for each in exceptions.against(document)
        if each.id != request.id and each.waiver and each.waiver.in_force(desk.transaction.now)
    ]
    _, unreached = rooms_of(request.seats, request, desk)
    return {
        "rules_changed": _is_under_older_rules(request, desk),
        "precedents": [precedents.told(each) for each in near],
        "inconsistent": precedents.inconsistent(request, earlier),
        "waivers": [
            {"id": each.id, "service": each.wish.service, "until": str(each.waiver.until)}
            for each in standing[:5]
            if each.waiver
        ],
        "unreached": list[Json](unreached),
        "escalated_to": request.terms.escalate.to if request.escalated and request.terms.escalate else "",
        "round": request.round,
    }


def _to_deciders(step: Step, said: Said, now: Facts, desk: Desk) -> None:
    request, happened, outbox = step.request, step.happened, desk.transaction.outbox
    if happened in SUMMONS and request.ballot is not None and _summons(request, happened):
        rooms, unreached = rooms_of(request.seats, request, desk)
        operators = [desk.operations_room] if unreached and desk.operations_room else []
        newest = Announcement(_review_key(request), request.id, REVIEW, {**now, **review_facts(request, desk)})
        outbox.announce(newest, [*rooms, *operators])
    for told in said:
        if told.topic == REVIEW and (told.key != _review_key(request) or happened not in SUMMONS):
            outbox.announce(replace(told, facts={**told.facts, **now, "newer": told.key != _review_key(request)}))


def _summons(request: ExceptionRequest, happened: Happened) -> bool:
    """A condition that becomes overdue during a second look asks nobody anew."""
    return happened is not Happened.OVERDUE or request.ballot is Ballot.OVERDUE


def _to_the_asker(step: Step, said: Said, now: Facts, desk: Desk) -> None:
    request, outbox = step.request, desk.transaction.outbox
    told = sorted((each for each in said if each.topic == ASKED), key=lambda each: int(each.key.rpartition(":")[2]))
    is_news = step.happened in NEWS_TO_THE_ASKER
    for number, each in enumerate(told, 1):
        newer = is_news or number < len(told)
        outbox.announce(replace(each, facts={**each.facts, **now, "newer": newer}))
    if is_news:
        key = f"{request.id}:asked:{len(told) + 1}"
        facts_now = {**now, "happened": step.happened.value, "newer": False}
        outbox.announce(Announcement(key, request.id, ASKED, facts_now), address_of_asker(request, desk))


def _to_subscribers(step: Step, desk: Desk) -> Iterator[Telling]:
    request, now = step.request, facts_of(step.request, desk)
    for told in desk.transaction.outbox.of(request.id, TOLD):
        yield Telling(replace(told, facts={**told.facts, **now}))
    phase = "ended" if step.happened is Happened.DECLINED and request.waiver else PHASES.get(step.happened)
    if phase:
        what = Announcement(f"{request.id}:told:{phase}", request.id, TOLD, {**now, "phase": phase})
        yield Telling(what, hearing([news_of_request(request)], desk))


def _of_conditions(taken: _Taken, said: Said, now: Facts, desk: Desk) -> None:
    """Whoever sees to a condition is told of it, and when it is overdue; what they were told is kept up to date."""
    before, request, outbox = taken.before, taken.step.request, desk.transaction.outbox
    for told in said:
        if told.topic == OF_CONDITION:
            outbox.announce(replace(told, facts={**told.facts, **now}))
    owners = {each.number: each.owner for each in _conditions(before)}
    overdue = {each.number for each in _conditions(before) if each.overdue_at}
    for each in _conditions(request):
        key = f"{request.id}:condition:{each.number}"
        facts_now = {**now, "number": each.number, "to": each.owner}
        if each.number not in owners:
            outbox.announce(Announcement(key, request.id, OF_CONDITION, facts_now), address(each.owner, desk))
        elif owners[each.number] != each.owner:
            times = sum(told.key.startswith(f"{key}:to:") for told in said) + 1
            handed = Announcement(f"{key}:to:{times}", request.id, OF_CONDITION, facts_now)
            outbox.announce(handed, address(each.owner, desk))
        if each.overdue_at and each.number not in overdue and taken.step.happened is Happened.OVERDUE:
            late = Announcement(f"{key}:overdue", request.id, OF_CONDITION, {**facts_now, "overdue": True})
            outbox.announce(late, address(each.owner, desk))


def _conditions(request: ExceptionRequest | None) -> tuple[Condition, ...]:
    return request.waiver.conditions if request and request.waiver else ()

"""What becomes of a step of a review: it is stored, its timers are set, its conditions become obligations, a document is drafted,
everybody concerned is told, and it goes on the record; in the transaction of whatever it follows from.

Who is told, by which announcement (the topic, and the key behind the id of the review):

    review_card      review:ROUND           whoever reviews it; a round has a card of its own
    review_asked     asked:N                the asker; what they must not miss is a new card
    review_told      told:asked|decided     rooms that subscribe to reviews
    review_reminder  remind:ROUND:half|end  those who have not spoken
                     anew:ROUND             the asker and those who review, on the day to which it was deferred
    review_agenda    (handlers.review_boards)

Every card draws the review as it is now: after each step all of them are announced again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.domain.announcements import Announcement, Json
from bot.domain.audit import Entry
from bot.domain.obligations import Wanted
from bot.domain.people import Account, Person
from bot.domain.review_deadlines import moved
from bot.domain.review_decisions import open_seats
from bot.domain.review_steps import Happened, Step, facts
from bot.domain.reviews import OPEN, Review, written
from bot.domain.timers import Timer
from handlers.desk import Desk
from handlers.documents import news_of_review
from handlers.exception_telling import address
from handlers.obligations import oblige
from handlers.review_boards import drawn_anew
from handlers.review_drafting import draft_of
from handlers.telling import Telling, hearing, tell

CARD, ASKED, TOLD, REMINDER = "review_card", "review_asked", "review_told", "review_reminder"
SUMMONS = frozenset({Happened.SUBMITTED, Happened.RESUMED})  # a round begins
NEWS_TO_THE_ASKER = frozenset(
    {Happened.SUBMITTED, Happened.CONCERN, Happened.APPROVED, Happened.REJECTED, Happened.DEFERRED}
)
PHASES = {Happened.SUBMITTED: "asked", Happened.APPROVED: "decided", Happened.REJECTED: "decided"}


def done(before: Review | None, step: Step, desk: Desk, due: Timer | None = None) -> Review:
    """Does all that a step brings with it; gives the review as it is stored. `due` is the timer that it follows from.

    `before` was read under its lock.
    """
    unit, review = desk.transaction, step.review
    unit.reviews.put(review)
    _set_timers(before, review, desk)
    if tellings := list(_to_subscribers(step, desk)):
        tell(tellings, desk)  # the timers of quiet hours come before the outbox, the record last
    if step.happened is Happened.APPROVED:
        review = _with_obligations(review, step, desk)
    unit.outbox.lock()
    if step.happened is Happened.APPROVED:
        review = draft_of(review, desk)
    unit.reviews.put(review)
    _tell(before, replace(step, review=review), desk, due)
    drawn_anew(before, review, desk)
    if step.entry:
        now = facts(review)
        changed = {name: now.get(name, value) for name, value in step.entry.after.items()}
        unit.audit.add(replace(step.entry, after=changed))
    return review


def refresh(review: Review, desk: Desk) -> None:
    """Has the posted cards drawn anew as the review is: somebody pressed a button that should not be there any more."""
    now: dict[str, Json] = {**facts_of(review, desk), "drawn": desk.transaction.now.isoformat()}
    desk.transaction.outbox.lock()
    for told in (*_of(review, CARD, desk), *_of(review, ASKED, desk)):
        desk.transaction.outbox.announce(replace(told, facts={**told.facts, **now}))


def facts_of(review: Review, desk: Desk) -> dict[str, Json]:
    """What every card of a review is drawn from."""
    _, unreached = rooms_of([seat.role for seat in review.seats], review, desk)
    escalate = review.terms.escalate
    return {
        "review": written(review),
        "zone": str(desk.governance.calendar.zone),
        "escalated_to": escalate.to if review.escalated and escalate else "",
        "unreached": list[Json](unreached) if review.stage in OPEN else [],
    }


def rooms_of(roles: Iterable[str], review: Review, desk: Desk) -> tuple[list[str], list[str]]:
    """Where those are asked who review: in their roles' rooms, and whoever is assigned by direct message; all of a role where it
    has neither. And the roles of which nobody can be reached."""
    people, rooms, unreached = desk.transaction.people, dict[str, None](), []
    for name in dict.fromkeys(roles):
        role = desk.governance.role(name)
        own = [room for each in review.reviewers if each.role == name for room in _letters(each.who, desk)]
        found = [*role.rooms, *own] or [
            room for email in role.people if not _is_out(email, review) for room in people.rooms_of(email)[:1]
        ]
        if not found:
            unreached.append(name)
        rooms |= dict.fromkeys(found)
    return list(rooms), unreached


def address_of_asker(review: Review, desk: Desk) -> list[str]:
    """Where the asker is told: as a direct message on the platform on which they asked."""
    own = review.asked_by.account
    return [own] if own.startswith(("slack:", "teams:")) else address(review.asked_by.email, desk)


def _letters(who: Person, desk: Desk) -> list[str]:
    if who.email and (found := desk.transaction.people.rooms_of(who.email)):
        return [found[0]]
    return [who.account] if who.account.startswith(("slack:", "teams:")) else []


def _is_out(email: str, review: Review) -> bool:
    somebody = Person("", email=email)
    return review.asked_by.same_human_as(somebody) or review.has_conflict(somebody)


def _set_timers(before: Review | None, after: Review, desk: Desk) -> None:
    """In the order of their keys, as all who hold several do."""
    new, gone = moved(before, after)
    wanted = {timer.key: timer for timer in new}
    for key in sorted({*wanted, *gone}):
        if key in wanted:
            desk.transaction.timers.set(wanted[key])
        else:
            desk.transaction.timers.cancel(key)


def _with_obligations(review: Review, step: Step, desk: Desk) -> Review:
    """The conditions as obligations, each demanded by whoever set it."""
    by_giver: dict[str, list[int]] = {}
    for place, each in enumerate(review.conditions):
        by_giver.setdefault(each.by.account, []).append(place)
    conditions = list(review.conditions)
    for giver, at in by_giver.items():
        wanted = [Wanted(conditions[each].text, conditions[each].owner, conditions[each].due) for each in at]
        platform, _, id_ = giver.partition(":")
        by = step.entry.by if step.entry and step.entry.by and str(step.entry.by) == giver else None
        by = by or (Account(platform, id_) if id_ else None)
        made = oblige(review.id, _title(review), wanted, by, desk)
        for place, obligation in zip(at, made, strict=True):
            conditions[place] = replace(conditions[place], obligation=obligation.id)
    return replace(review, conditions=tuple(conditions))


def _title(review: Review) -> str:
    return f"review of {review.wish.title}"


def _of(review: Review, topic: str, desk: Desk) -> tuple[Announcement, ...]:
    return desk.transaction.outbox.of(review.id, topic)


def _to_subscribers(step: Step, desk: Desk) -> Iterator[Telling]:
    review, now = step.review, facts_of(step.review, desk)
    for told in _of(review, TOLD, desk):
        yield Telling(replace(told, facts={**told.facts, **now}))
    if phase := PHASES.get(step.happened):
        what = Announcement(f"{review.id}:told:{phase}", review.id, TOLD, {**now, "phase": phase})
        yield Telling(what, hearing([news_of_review(review)], desk))


def _tell(before: Review | None, step: Step, desk: Desk, due: Timer | None) -> None:
    review, outbox = step.review, desk.transaction.outbox
    now = facts_of(review, desk)
    for told in _of(review, TOLD, desk):  # with the ids that conditions were given since
        outbox.announce(replace(told, facts={**told.facts, **now}))
    _to_reviewers(before, step, now, desk)
    _to_the_asker(step, now, desk)
    match step.happened:
        case Happened.REMINDED if due:
            left = open_seats(review)
            asked = _unspoken(review) if left else review  # with every seat filled it is the concerns that hold it
            rooms, _ = rooms_of([seat.role for seat in left or review.seats], asked, desk)
            outbox.announce(Announcement(due.key, review.id, REMINDER, now), rooms)
        case Happened.ANEW if due:
            rooms, _ = rooms_of([seat.role for seat in review.seats], review, desk)
            everybody = dict.fromkeys([*address_of_asker(review, desk), *rooms])
            outbox.announce(Announcement(due.key, review.id, REMINDER, {**now, "what": "anew"}), everybody)
    for stale in _of(review, REMINDER, desk):
        if due is None or stale.key != due.key:
            outbox.announce(replace(stale, facts={**stale.facts, **now}))
        if review.stage not in OPEN:
            outbox.withdraw(stale.key)


def _unspoken(review: Review) -> Review:
    """The review with those alone who have not spoken yet, to be reminded."""
    left = [each for each in review.reviewers if not any(one.right.is_of(each.who) for one in review.voices)]
    return replace(review, reviewers=tuple(left))


def _to_reviewers(before: Review | None, step: Step, now: dict[str, Json], desk: Desk) -> None:
    review, happened, outbox = step.review, step.happened, desk.transaction.outbox
    key = f"{review.id}:review:{review.round}"
    for told in _of(review, CARD, desk):
        if told.key != key:
            outbox.announce(replace(told, facts={**told.facts, **now, "newer": True}))
    if not review.seats:
        return
    rooms: list[str] = []
    if happened in SUMMONS:
        rooms, unreached = rooms_of([seat.role for seat in review.seats], review, desk)
        rooms += [desk.operations_room] if unreached and desk.operations_room else []
    elif happened in (Happened.CONFLICT, Happened.HANDED_OVER, Happened.CLAIMED) and before:
        known = [each.who for each in before.reviewers]
        fresh = [each for each in review.reviewers if not any(each.who.same_human_as(one) for one in known)]
        rooms = [room for each in fresh for room in _letters(each.who, desk)]
    elif happened is Happened.ESCALATED and review.terms.escalate:
        rooms, _ = rooms_of([review.terms.escalate.to], replace(review, reviewers=()), desk)
    newest = Announcement(key, review.id, CARD, {**now, "newer": False})
    outbox.announce(newest, list(dict.fromkeys(rooms)))


def _to_the_asker(step: Step, now: dict[str, Json], desk: Desk) -> None:
    review, outbox = step.review, desk.transaction.outbox
    told = sorted(_of(review, ASKED, desk), key=lambda each: int(each.key.rpartition(":")[2]))
    is_news = step.happened in NEWS_TO_THE_ASKER
    for number, each in enumerate(told, 1):
        newer = is_news or number < len(told)
        outbox.announce(replace(each, facts={**each.facts, **now, "newer": newer}))
    if is_news:
        key = f"{review.id}:asked:{len(told) + 1}"
        outbox.announce(Announcement(key, review.id, ASKED, {**now, "newer": False}), address_of_asker(review, desk))


def drawn_with_draft(review: Review, desk: Desk) -> None:
    """Stores a review whose draft was found in the library, has its cards drawn anew, and puts it on the record."""
    unit = desk.transaction
    unit.reviews.put(review)
    unit.outbox.lock()
    now = facts_of(review, desk)
    for topic in (CARD, ASKED, TOLD):
        for told in _of(review, topic, desk):
            unit.outbox.announce(replace(told, facts={**told.facts, **now}))
    after = {"merged": review.draft.merged if review.draft else ""}
    unit.audit.add(
        Entry(f"review.{Happened.MERGED}", review.id, after=after, rule=review.rule, revision=review.terms.revision)
    )

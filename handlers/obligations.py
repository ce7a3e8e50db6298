"""What decisions demand afterwards, as it is given to its owners: stored, with its timers, told, and on the record; and what its owners
are told of it until it is closed.

    oblige("RV-3", "Checkout on Kafka", [Wanted("Load test it", "pat@example.org", day)], command.by, desk)

Conditions of waivers are told of by their exception request (`handlers.exception_telling`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.domain.announcements import Announcement, Json
from bot.domain.audit import Entry
from bot.domain.obligation_steps import timers
from bot.domain.obligations import Obligation, Wanted
from bot.domain.people import Account
from handlers.desk import Desk
from handlers.exception_telling import address
from handlers.obligation_news import CLOSED, facts_of, news
from handlers.telling import tell

OBLIGATION = "obligation"  # the topic of what its owner is told


def oblige(
    subject: str, title: str, wanted: Sequence[Wanted], by: Account | None, desk: Desk
) -> tuple[Obligation, ...]:
    """Makes obligations of what a decision demands: with the next free numbers of the subject ("RV-3"), each with its timers, told
    to its owner by direct message (one card each), and on the record. `title` says in words what they follow from;
    `by` is who demanded it, None for nobody. What is wrong with a filled-in one `bot.domain.obligation_steps.faults` tells before.

    The caller has locked the subject, and sets timers of its own and tells rooms (`handlers.telling.tell`) before it calls this;
    its lines for the record come after.
    """
    unit, calendar = desk.transaction, desk.governance.calendar
    first = unit.obligations.next_number(subject) if wanted else 1
    given_by = str(by) if by else ""
    made = []
    for number, each in enumerate(wanted, first):
        ends = calendar.end_of_day(each.due)
        made.append(
            unit.obligations.add(
                subject, number, each.what, each.owner, each.due, ends, kind=each.kind, title=title, given_by=given_by
            )
        )
    found = tuple(each for each in unit.obligations.of(subject) if each.id in made)
    for timer in sorted(
        (timer for each in found for timer in timers(each, unit.now, calendar)), key=lambda one: one.key
    ):
        unit.timers.set(timer)
    unit.outbox.lock()
    for obligation in found:
        hand_to_owner(obligation, desk)
    for obligation in found:
        unit.audit.add(given(obligation, by, desk))
    return found


def hand_to_owner(obligation: Obligation, desk: Desk) -> None:
    """Tells whoever sees to one now that it is theirs, in a card of its own; the outbox is locked."""
    before = [each for each in desk.transaction.outbox.of(obligation.id, OBLIGATION) if ":to:" in each.key]
    tell_owner(obligation, f"{obligation.id}:to:{len(before) + 1}", "given", address(obligation.owner, desk), desk)


def tell_owner(obligation: Obligation, key: str, phase: str, rooms: Iterable[str], desk: Desk) -> None:
    """Tells its owner, or whoever else is in these rooms, of one: that it is `given`, due `soon`, `overdue`."""
    facts: dict[str, Json] = {**facts_of(obligation, desk), "to": obligation.owner, "phase": phase}
    desk.transaction.outbox.announce(Announcement(key, obligation.id, OBLIGATION, facts), dict.fromkeys(rooms))


def draw_anew(obligation: Obligation, desk: Desk) -> None:
    """Has what was told of one drawn as it is now: what is closed, or somebody else's, loses its buttons."""
    facts = facts_of(obligation, desk)
    for told in desk.transaction.outbox.of(obligation.id, OBLIGATION):
        desk.transaction.outbox.announce(replace(told, facts={**told.facts, **facts}))


def close(before: Obligation, after: Obligation, by: Account | None, desk: Desk) -> None:
    """Does all that it brings with it that one is met now (`bot.domain.obligation_steps.met`): it is stored, rooms are told, its cards lose
    their buttons, and it goes on the record. The caller has locked it, and tells its subject."""
    unit = desk.transaction
    unit.obligations.met(after.id, unit.now, after.evidence, after.met_by)
    tell(news(after, CLOSED, desk), desk)
    draw_anew(after, desk)
    unit.audit.add(
        Entry(
            "obligation.closed",
            after.id,
            by,
            before={"is": "overdue" if before.overdue_at else "open"},
            after={"is": "met"},
            words={"evidence": after.evidence},
        )
    )


def given(obligation: Obligation, by: Account | None, desk: Desk) -> Entry:
    """The line for the record when one is given. Whose it is and what it says stand beside the chain, to be erased."""
    return Entry(
        "obligation.given",
        obligation.id,
        by,
        after={
            "follows": obligation.subject,
            "number": obligation.number,
            "kind": obligation.kind,
            "due": obligation.due.isoformat(),
            "owner": person_id(obligation.owner, desk),
        },
        revision=desk.governance.revision,
        words={"what": obligation.what, "owner": obligation.owner},
    )


def person_id(owner: str, desk: Desk) -> str:
    """The id of the person with an address, "" for one who was never met: what the record says of whose something is."""
    person = desk.transaction.people.find(owner)
    return person.id if person else ""

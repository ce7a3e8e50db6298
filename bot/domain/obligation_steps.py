"""What becomes of an obligation: who may close it or hand it on, when its owner is told of it, what is wrong with one that somebody
fills in. Conditions of waivers go by their request's own rules and timers (`bot.domain.waivers`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.calendar import DAY, Calendar
from bot.domain.exception_deadlines import reminder
from bot.domain.exception_forms import LONGEST_TEXT, FieldFault, refuse, text_fault
from bot.domain.governance import Governance
from bot.domain.obligations import Kind, Obligation, Wanted
from bot.domain.people import Person, Standing, same_writing
from bot.domain.rights import Voter
from bot.domain.timers import Timer
from bot.errors import MembersDecide, NotYours, ObligationMet

TOPIC = "obligation"  # of all of these timers
WEEK = timedelta(days=7)
LATEST = timedelta(days=3_650)  # how far away a last day can be
LONGEST_OWNER = 254
NO_EVIDENCE = "Say what shows that it is done: a link, a change, a test."


class Due(StrEnum):
    """What falls due."""

    SOON = "soon"
    OVERDUE = "overdue"
    AGAIN = "again"  # each week, as long as it is overdue


def leads_of(owner: str, governance: Governance) -> tuple[str, ...]:
    """The leads of the roles that somebody holds by their address, each once; without themselves."""
    held = sorted(governance.roles_of(owner))
    leads = (same_writing(governance.role(name).lead) for name in held)
    return tuple(dict.fromkeys(lead for lead in leads if lead and lead != same_writing(owner)))


def check_right(
    obligation: Obligation, who: Voter, addresses: Collection[str], giver: Person | None, leads: Collection[str]
) -> None:
    """Whether somebody may close an obligation or hand it on: its owner, whoever gave it, the owner's lead. `addresses` are all
    that are vouched for of them. Raises `MembersDecide` and `NotYours`."""
    if who.account.standing is not Standing.MEMBER:
        raise MembersDecide
    theirs = {same_writing(each) for each in (*addresses, who.account.email) if each}
    is_giver = giver is not None and who.as_person.same_human_as(giver)
    if not is_giver and theirs.isdisjoint({same_writing(obligation.owner), *leads}):
        raise NotYours(id=obligation.id, owner=obligation.owner or "nobody")


def met(obligation: Obligation, by: str, evidence: str, now: datetime) -> Obligation:
    """It is met, in time or late. `by` is the account that says so. Raises `ObligationMet` and `FaultyFields` (field: evidence)."""
    check_open(obligation)
    refuse(text_fault("evidence", evidence, LONGEST_TEXT, required=NO_EVIDENCE))
    return replace(obligation, met_at=now, met_by=by, evidence=evidence.strip())


def handed_over(obligation: Obligation, to: str) -> Obligation:
    """Somebody else, an e-mail address, sees to it from now on. Raises `ObligationMet` and `FaultyFields` (field: owner)."""
    check_open(obligation)
    address = same_writing(to.strip())
    if address == same_writing(obligation.owner):
        refuse([FieldFault("owner", f"{to} sees to it already: name somebody else.")])
    return replace(obligation, owner=address)


def check_open(obligation: Obligation) -> None:
    """Raises `ObligationMet` for one that is met."""
    if obligation.met_at is not None:
        raise ObligationMet(id=obligation.id)


def faults(wanted: Wanted, today: date, place: str = "") -> list[FieldFault]:
    """What is wrong with one as somebody has filled it in. Fields: what, owner, due; behind `place` where they have one ("1:what")."""
    told = text_fault(f"{place}what", wanted.what, LONGEST_TEXT, required="Say what has to be done.")
    told += text_fault(f"{place}owner", wanted.owner, LONGEST_OWNER, required="Say who sees to it.")
    if not told and "@" not in wanted.owner.strip("@"):
        told.append(FieldFault(f"{place}owner", "Give an e-mail address."))
    if wanted.due < today:
        told.append(FieldFault(f"{place}due", f"{wanted.due} is past: give today or a later day."))
    elif wanted.due > today + LATEST:
        told.append(FieldFault(f"{place}due", f"{wanted.due} is more than ten years away: give an earlier day."))
    return told


def is_condition_of_waiver(obligation: Obligation) -> bool:
    """Whether it is a condition that an exception request keeps too, with timers of its own."""
    return obligation.kind is Kind.CONDITION and obligation.subject.startswith("EX-")


def timers(obligation: Obligation, now: datetime, calendar: Calendar) -> tuple[Timer, ...]:
    """What falls due for one that was given at `now`, in the order of the keys."""
    if obligation.met_at is not None or is_condition_of_waiver(obligation):
        return ()
    found = [_timer(obligation, Due.OVERDUE, obligation.ends)]
    if soon := reminder(now, obligation.due, calendar):
        found.append(_timer(obligation, Due.SOON, soon))
    return tuple(sorted(found, key=lambda timer: timer.key))


def again(obligation: Obligation, now: datetime, calendar: Calendar) -> Timer:
    """When the owner is reminded next of one that is overdue: on the first business day from a week after now on."""
    day = calendar.today(now) + WEEK
    while not calendar.is_business_day(day):
        day += DAY
    return _timer(obligation, Due.AGAIN, calendar.start_of_business(day), f":{day}")


def _timer(obligation: Obligation, due: Due, at: datetime, more: str = "") -> Timer:
    return Timer(f"{obligation.id}:{due}{more}", at, TOPIC, {"id": obligation.id, "due": due})

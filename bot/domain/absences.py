"""Who is away until when, and who speaks for them meanwhile.

    /arch away until 2026-12-04 delegate @grace

- An absence begins when it is said and ends with its last day, at 24:00 in the calendar's zone, or when another one takes
  its place. Who is away can still speak; nobody has to be asked for that.
- To come back early: `away until today`. It names no delegate, so that nobody speaks for them from then on; days that are
  past are refused.
- Only while it lasts, the delegate speaks with the roles that the one who is away holds at that moment (`Delegation.roles`:
  whoever lost a role hands on nothing). A delegate hands nothing on in turn.
- These are the roles that `governance.yaml` gives to their verified address, while an account of theirs was an active full
  member when it was met last (`handlers.voters`). A role that somebody holds through a group alone is not handed on: who is
  in a group is asked of a platform for those who act, when they act, and is kept nowhere.
- Whether the delegate may, is asked of them as of anybody: linked, an active full member, facts a minute old at most.
- It is one voice of two people: the delegate fills no second seat, and who was away does not either.
- Nobody speaks for others on a request of their own, and nobody speaks for the one who asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.calendar import Calendar
from bot.domain.people import Person
from bot.errors import FaultyFields

LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away from `since` on and before `ends` (aware, UTC); `until` is the last day of it."""

    of: Person
    since: datetime
    until: date
    ends: datetime
    delegate: Person | None = None

    def lasts(self, now: datetime) -> bool:
        """Whether they are away at a moment."""
        return self.since <= now < self.ends


@dataclass(frozen=True, slots=True)
class Delegation:
    """An absence as its delegate holds it: with the roles that the one who is away holds at this moment. They hold none
    when they are no active full member any more."""

    absence: Absence
    roles: frozenset[str]


def away(of: Person, until: date, delegate: Person | None, now: datetime, calendar: Calendar) -> Absence:
    """That somebody is away from now on. Raises `FaultyFields` for a day that is past or more than a year off, and for a
    delegate that is themselves or linked to nobody."""
    today = calendar.today(now)
    faults = []
    if until < today:
        faults.append(f"{until} is past: give the last day of your absence.")
    elif until - today > LONGEST:
        faults.append(f"{until} is more than a year away: give an earlier day.")
    if delegate and delegate.same_human_as(of):
        faults.append("You cannot be your own delegate: name a colleague, or nobody.")
    elif delegate and not delegate.id:
        faults.append("I do not know whose account your delegate's is, so they cannot decide: name another colleague.")
    if faults:
        raise FaultyFields(faults=" ".join(faults))
    return Absence(of, now, until, calendar.end_of_day(until), delegate)

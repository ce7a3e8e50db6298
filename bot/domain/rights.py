"""Who may decide: checked when a click arrives, never from what a card says.

In this order: an active full member of the home organisation, whose account is linked to a person, about whom the facts
are a minute old at most; not the asker, through whichever account; who holds a role, now, of a seat that is theirs to take.
Whoever holds none of their own may hold one for somebody who is away (`bot.domain.absences`). A voice once given stays
when its role is lost. `bot.domain.seats` says who sits where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.absences import Delegation
from bot.domain.governance import Governance, Seat
from bot.domain.people import Account, Person, Standing, same_writing
from bot.domain.seats import Roles, places, seated, unfilled
from bot.errors import (
    DelegateSpoke,
    FactsTooOld,
    MembersDecide,
    NotYourSeat,
    OwnRequest,
    RoleLost,
    SeatTaken,
    UnlinkedDecides,
)

FRESH = timedelta(seconds=60)  # facts about a person are at most so old when their click is handled


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody who presses a button, with what is known of them at this moment.

    `person` is the id of the human behind `account`, "" where it is linked to nobody; `roles` are those that they hold now,
    through an address or any number of groups; `facts_age` is how long ago the platform was asked, None where that is not
    known; `delegations` are those in which they are the delegate.
    """

    account: Account
    person: str = ""
    roles: frozenset[str] = frozenset()
    facts_age: timedelta | None = None
    delegations: tuple[Delegation, ...] = ()

    @property
    def as_person(self) -> Person:
        """Them as they are written down."""
        return Person(self.person, str(self.account), self.account.name, self.account.email)


@dataclass(frozen=True, slots=True)
class Right:
    """A right to one voice: whose it is, the roles that it speaks with, and the one who is away for whom they speak."""

    by: Person
    roles: frozenset[str]
    speaks_for: Person | None = None

    def is_of(self, person: Person) -> bool:
        """Whether it is somebody's own, or given in their name."""
        return self.by.same_human_as(person) or bool(self.speaks_for and self.speaks_for.same_human_as(person))


def known(voter: Voter, id_: str) -> Person:
    """The person who decides something about `id_`, whatever it is. Raises `MembersDecide`, `UnlinkedDecides` or
    `FactsTooOld`."""
    if voter.account.standing is not Standing.MEMBER:
        raise MembersDecide
    if not voter.person:
        raise UnlinkedDecides(id=id_)
    if voter.facts_age is None or not timedelta(0) <= voter.facts_age <= FRESH:
        raise FactsTooOld
    return voter.as_person


def may_decide(
    voter: Voter, asker: Person, seats: Sequence[Seat], spoken: Sequence[Right], *, now: datetime, id_: str
) -> Right:
    """The right with which somebody speaks on `id_`, on which `spoken` have spoken; their own earlier voice gives way.

    Raises what `known` and `entitled` raise, `DelegateSpoke`, `RoleLost` (they have spoken with roles that they do not hold
    any more) and `SeatTaken` (those with their roles fill all of their seats).
    """
    them = known(voter, id_)
    earlier = [right for right in spoken if right.by.same_human_as(them)]
    rest = [right for right in spoken if right not in earlier]
    for right in rest:
        if right.is_of(them):
            raise DelegateSpoke(id=id_, name=right.by)
    try:
        rights = entitled(voter, asker, seats, now=now, id_=id_)
    except NotYourSeat:
        if earlier:
            raise RoleLost(id=id_, roles=in_words(earlier[0].roles)) from None
        raise
    voices = [right.roles for right in rest]
    for right in rights:
        doubled = right.speaks_for and any(other.is_of(right.speaks_for) for other in rest)
        if not doubled and seated(seats, [*voices, right.roles]) is not None:
            return right
    filled = seated(seats, voices) or ()
    raise SeatTaken(
        id=id_,
        roles=in_words(frozenset().union(*(right.roles for right in rights))),
        open=in_words([seat.role for seat in unfilled(seats, filled)]),
    )


def entitled(voter: Voter, asker: Person, seats: Sequence[Seat], *, now: datetime, id_: str) -> tuple[Right, ...]:
    """The rights that somebody has to seats like these, whoever else has spoken: their own first, then those of the people
    who are away, in the order of their ids. At least one.

    Raises what `known` raises, `OwnRequest` and `NotYourSeat`.
    """
    them = known(voter, id_)
    if them.same_human_as(asker):
        raise OwnRequest(id=id_)
    wanted = frozenset(seat.role for seat in seats)
    found = [Right(them, voter.roles & wanted)]
    for each in sorted(voter.delegations, key=lambda delegation: delegation.absence.of.id):
        absence = each.absence
        is_theirs = absence.delegate is not None and absence.delegate.same_human_as(them)
        if is_theirs and absence.lasts(now) and not absence.of.same_human_as(asker):
            found.append(Right(them, each.roles & wanted, absence.of))
    rights = tuple(right for right in found if right.roles)
    if not rights:
        raise NotYourSeat(id=id_, roles=in_words([seat.role for seat in seats]))
    return rights


def could_speak(governance: Governance, seats: Sequence[Seat], without: Sequence[Person]) -> tuple[Roles, ...]:
    """The roles of each person who could fill a seat and is none of `without`, as far as the file tells. Who is in a group
    only platforms know: a role with groups is taken to have somebody for each of its places."""
    roles: dict[str, set[str]] = {}
    gone = {same_writing(person.email) for person in without if person.email}
    wanted = places(seats)
    for name in dict.fromkeys(wanted):
        for address in governance.role(name).people:
            if address not in gone:
                roles.setdefault(address, set()).add(name)
    unknown = [{name} for name in wanted if governance.role(name).groups]
    return (*(roles[address] for address in sorted(roles)), *unknown)


def in_words(names: Roles) -> str:
    """Names as one reads them: "architect, platform and security". In the order in which they stand; a set in that of
    the alphabet."""
    listed = sorted(names) if isinstance(names, (set, frozenset)) else list(dict.fromkeys(names))
    if len(listed) < 2:
        return "".join(listed) or "nobody"
    return f"{', '.join(listed[:-1])} and {listed[-1]}"

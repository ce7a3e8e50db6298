"""Who sits where: voices on the places of a rule. One human fills one place.

The rule. Each voice is one human's and speaks with the roles that they held when they spoke; it takes a place of one of
these roles. Of all ways to seat the voices the one is taken that leaves the most others fillable: that lets the most of
those who have not spoken sit down beside them. Voices are seated anew with every further one, so that a new voice is
refused only when no way of seating has room for all of them; at the decision the seating is final.

Why the algorithm is right: the sets of people who can all be seated at once are the independent sets of a matroid (a
transversal one), and an augmenting path never takes the place of somebody who is seated, it only moves them. So who is
seated first stays seated, and seating the voices first and then the others, one augmenting path each, seats all voices
and as many people in all as there can be. See Schrijver, Combinatorial Optimization, §39.4.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.domain.governance import Seat

Roles = Collection[str]  # that one person speaks for


def places(seats: Sequence[Seat]) -> tuple[str, ...]:
    """The role of each place: two people of one role are two places."""
    return tuple(seat.role for seat in seats for _ in range(seat.people))


def joined(seats: Sequence[Seat], added: Sequence[Seat]) -> tuple[Seat, ...]:
    """The seats of two rules at once: of each role as many people as the one that wants more of them."""
    wanted: dict[str, int] = {}
    for seat in (*seats, *added):
        wanted[seat.role] = max(wanted.get(seat.role, 0), seat.people)
    return tuple(Seat(role, people) for role, people in wanted.items())


def seated(seats: Sequence[Seat], voices: Sequence[Roles], others: Sequence[Roles] = ()) -> tuple[int, ...] | None:
    """The number of the place (from 0, in the order of `places`) that each voice takes, in the order of the voices; None
    when they cannot all sit.

    `others` are the roles of each person who has not spoken and could; without them any seating is as good as another.
    """
    at = places(seats)
    taken: dict[int, int] = {}  # place → person, the voices before the others
    people = (*voices, *others)
    for person in range(len(people)):
        if not _sits(person, people, at, taken, set()) and person < len(voices):
            return None
    of = {person: place for place, person in taken.items()}
    return tuple(of[voice] for voice in range(len(voices)))


def _sits(person: int, people: Sequence[Roles], at: Sequence[str], taken: dict[int, int], tried: set[int]) -> bool:
    """Seats somebody, moving others to different places where that makes room; False when nothing does."""
    for place, role in enumerate(at):
        if role in people[person] and place not in tried:
            tried.add(place)
            if place not in taken or _sits(taken[place], people, at, taken, tried):
                taken[place] = person
                return True
    return False


def unfilled(seats: Sequence[Seat], filled: Collection[int]) -> tuple[Seat, ...]:
    """The seats that are open, with the people that they still want; `filled` are numbers of places."""
    left: dict[str, int] = {}
    for place, role in enumerate(places(seats)):
        if place not in filled:
            left[role] = left.get(role, 0) + 1
    return tuple(Seat(role, people) for role, people in left.items())

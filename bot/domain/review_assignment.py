"""Who is asked to review: for each place somebody of its role, those of the area first, then whoever has the least to review.

Whoever asked, or has declared a conflict of interest, is left out; whoever is away comes last. Who is in a group only platforms
know: a role with groups alone has nobody assigned, and whoever claims its place has it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.governance import Governance
from bot.domain.people import Person, same_writing
from bot.domain.reviews import Review, Reviewer
from bot.domain.seats import places


@dataclass(frozen=True, slots=True)
class Staff:
    """What is known of those who could review, by their addresses: how many open reviews each has, and who is away."""

    load: Mapping[str, int] = field(default_factory=dict)
    away: Collection[str] = ()


def assigned(review: Review, governance: Governance, staff: Staff, now: datetime) -> Review:
    """The review with somebody for each place that has nobody, as far as the file names anybody."""
    reviewers = list(review.reviewers)
    for role in unassigned(review):
        taken = {same_writing(each.who.email) for each in reviewers}
        found = [address for address in candidates(role, review, governance, staff) if address not in taken]
        if found:
            reviewers.append(Reviewer(role, Person("", email=found[0]), now))
    return replace(review, reviewers=tuple(reviewers))


def unassigned(review: Review) -> tuple[str, ...]:
    """The roles of the places that nobody is assigned to."""
    left = list(places(review.seats))
    for each in review.reviewers:
        if each.role in left:
            left.remove(each.role)
    return tuple(left)


def candidates(role: str, review: Review, governance: Governance, staff: Staff) -> tuple[str, ...]:
    """The addresses of those who could take a place of a role, the best one first."""
    areas = governance.reviews.areas
    preferred = {address for tag in review.wish.tags for address in areas.get(tag, ())}
    people = [address for address in governance.role(role).people if not _is_out(address, review)]
    return tuple(
        sorted(
            people,
            key=lambda each: (each in staff.away, each not in preferred, staff.load.get(each, 0), each),
        )
    )


def _is_out(address: str, review: Review) -> bool:
    somebody = Person("", email=address)
    return review.asked_by.same_human_as(somebody) or review.has_conflict(somebody)

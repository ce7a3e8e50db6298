"""Earlier requests that were decided and are like one that is being decided: which are the nearest, how they ended, and whether
they disagree.

Near is, in this order: the same clause; another one of the same standard; the same service for reasons in alike words. Among
equals, the same risk level and the same tier count more than the same service, then how alike the words are; the newest comes
first. What was withdrawn, lapsed or is open decided nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.domain.announcements import Json
from bot.domain.exception_forms import Target, Wish
from bot.domain.exception_requests import ExceptionRequest, Stage, State
from bot.domain.rights import in_words

MOST = 3
NAMED = 3  # requests that a sentence names one by one
ALIKE = 0.2  # the part of all their words that two requests share, from which on they are about alike things
APPROVED = (Stage.APPROVED, Stage.APPROVED_WITH_CONDITIONS)
DECIDED = (*APPROVED, Stage.DECLINED)

_WORD = re.compile(r"[^\W\d_]{4,}")  # shorter ones tell little: "the", "and", "for"


def nearest(request: ExceptionRequest, earlier: Iterable[ExceptionRequest]) -> tuple[ExceptionRequest, ...]:
    """At most three requests that were decided and are like `request`, the nearest first."""
    ranked = [(rank, each) for each in earlier if each.id != request.id and (rank := _rank(request, each)) is not None]
    return tuple(each for _, each in sorted(ranked, key=lambda pair: pair[0], reverse=True)[:MOST])


def told(precedent: ExceptionRequest) -> dict[str, Json]:
    """A precedent as facts for a card: what it was about, how it ended and by whom, under which conditions."""
    waiver, target = precedent.waiver, precedent.wish.target
    ended, people = str(precedent.stage), precedent.decided_by
    if waiver and waiver.state is State.REVOKED and waiver.ended_by:
        ended, people = "approved, then revoked", (waiver.ended_by,)
    return {
        "id": precedent.id,
        "target": target.id if target else "",
        "service": precedent.wish.service,
        "level": precedent.terms.level,
        "ended": ended,
        "conditions": [each.text for each in waiver.conditions] if waiver else [],
        "by": in_words([str(person) for person in people]) if people else "",
    }


def inconsistent(request: ExceptionRequest, earlier: Iterable[ExceptionRequest]) -> str:
    """What does not fit together in what was decided before, as a sentence that says what to look at; "" where nothing does.

    Either requests against the same clause at the same risk were decided differently, or the nearest one was granted under
    conditions.
    """
    known = [each for each in earlier if each.id != request.id and each.stage in DECIDED]
    target = request.wish.target
    same = [each for each in known if _is_same(each.wish.target, target) and each.terms.level == request.terms.level]
    approved = [each.id for each in same if each.stage in APPROVED]
    declined = [each.id for each in same if each.stage is Stage.DECLINED]
    if target and approved and declined:
        return (
            f"Requests against {target.id} at {request.terms.level} risk were decided differently: {_were(approved)} approved, "
            f"{_were(declined)} declined. Look at why before you decide."
        )
    for near in nearest(request, known)[:1]:
        if near.waiver and near.waiver.conditions:
            count = len(near.waiver.conditions)
            conditions = "a condition: look at it" if count == 1 else f"{count} conditions: look at them"
            return f"{near.id}, the nearest earlier one, was granted under {conditions} before you decide."
    return ""


def _rank(request: ExceptionRequest, other: ExceptionRequest) -> tuple[float, ...] | None:
    """How near another request is, greater for nearer; None for one that is no precedent."""
    wish, theirs = request.wish, other.wish
    if other.stage not in DECIDED or wish.target is None or theirs.target is None:
        return None
    service = bool(wish.service.strip()) and _folded(wish.service) == _folded(theirs.service)
    alike = _alike(_words(wish), _words(theirs))
    if _is_same(theirs.target, wish.target):
        near = 3
    elif theirs.target.document == wish.target.document or (
        wish.target.standard and theirs.target.standard == wish.target.standard
    ):
        near = 2
    elif service and alike >= ALIKE:
        near = 1
    else:
        return None
    fits = (other.terms.level == request.terms.level) + (bool(wish.tier) and theirs.tier == wish.tier)
    return near, fits, service, alike, other.asked_at.timestamp(), int(other.id.rpartition("-")[2] or 0)


def _is_same(one: Target | None, other: Target | None) -> bool:
    """Whether two are the same clause, or the same whole standard."""
    return one is not None and other is not None and one.id == other.id


def _words(wish: Wish) -> frozenset[str]:
    """What a request is about: its reason and the words of the clause."""
    target = wish.target
    return frozenset(_WORD.findall(f"{wish.reason} {target.text if target else ''}".casefold()))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """The part of all words that two have in common, 0 to 1."""
    return len(one & other) / len(one | other) if one and other else 0.0


def _folded(name: str) -> str:
    return name.strip().casefold()


def _were(ids: Sequence[str]) -> str:
    named = [*ids[:NAMED], *([f"{len(ids) - NAMED} more"] if len(ids) > NAMED else [])]
    return f"{in_words(named)} {'was' if len(ids) == 1 else 'were'}"

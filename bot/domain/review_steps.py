"""What a command makes of a review: the review as it is then, what happened, the line for the record; and the commands around a
decision: requested, claimed, handed over, conflicts declared, withdrawn, resumed.

Each command gives a `Step` or raises a refusal; nothing else happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain import review_forms as forms
from bot.domain.announcements import Json
from bot.domain.audit import Entry
from bot.domain.exception_forms import LONGEST_TEXT, FieldFault, refuse, text_fault
from bot.domain.governance import Governance
from bot.domain.people import Account, Person, Standing
from bot.domain.review_assignment import Staff, assigned, unassigned
from bot.domain.review_deadlines import sitting, started
from bot.domain.reviews import OPEN, Conflict, Review, Reviewer, Stage, Voice, Wish
from bot.domain.rights import Voter, entitled, in_words, known
from bot.errors import (
    AskersAlone,
    ConflictDeclared,
    MembersAskForReviews,
    MembersDecide,
    NotAssigned,
    NotEntitled,
    NotYourSeat,
    RequestOver,
    ReviewNotDeferred,
    SeatTaken,
)


class Happened(StrEnum):
    """What a step was. The record calls it "review.approved"."""

    SUBMITTED = "submitted"
    NOT_NEEDED = "not_needed"
    CLAIMED = "claimed"
    HANDED_OVER = "handed_over"
    CONFLICT = "conflict_declared"
    CONCERN = "concern_raised"
    RESOLVED = "concern_resolved"
    SPOKEN = "spoken"
    APPROVED = "approved"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    RESUMED = "resumed"
    WITHDRAWN = "withdrawn"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    COMMENTED = "comment_ended"
    PUT_OFF = "meeting_over"  # its board met and did not decide
    ANEW = "asked_anew"
    MERGED = "draft_merged"


@dataclass(frozen=True, slots=True)
class Step:
    """The review as it is now, what happened, and the entry for the record; None where no state changed."""

    review: Review
    happened: Happened
    entry: Entry | None


def stepped(
    before: Review | None, after: Review, happened: Happened, by: Account | None, words: Mapping[str, str] | None = None
) -> Step:
    """A step from one state to another."""
    old, new = facts(before) if before else {}, facts(after)
    changed = [name for name in new if name not in old or old[name] != new[name]]
    entry = Entry(
        action=f"review.{happened}",
        subject=after.id,
        by=by,
        before={name: old[name] for name in changed if name in old},
        after={name: new[name] for name in changed},
        rule=after.rule,
        revision=after.terms.revision,
        words={name: text for name, text in (words or {}).items() if text},
    )
    return Step(after, happened, entry if changed else None)


def refused(review: Review, what: str, by: Account, refusal: NotEntitled) -> Entry:
    """The line for the record when somebody was refused who may not do that; `what` is what they tried ("Approve")."""
    return Entry(
        action="review.refused",
        subject=review.id,
        by=by,
        after={"tried": what, "refusal": type(refusal).__name__, "digest": review.digest},
        rule=review.rule,
        revision=review.terms.revision,
    )


def submit(id_: str, wish: Wish, who: Voter, now: datetime, governance: Governance, *, staff: Staff) -> Step:
    """A new review, with its reviewers; or the answer that none is needed.

    Raises `MembersAskForReviews`, `NoReviewRules` and `FaultyFields`.
    """
    if who.account.standing is not Standing.MEMBER:
        raise MembersAskForReviews
    wish = forms.tidied(wish)
    terms = forms.terms(wish, governance)
    refuse(forms.faults(wish, governance, now))
    review = Review(id_, who.as_person, now, wish, terms)
    words = {"title": wish.title, "description": wish.description, "proposal": wish.proposal}
    if not terms.is_needed:
        review = replace(review, stage=Stage.NOT_NEEDED, decided_at=now)
        return stepped(None, review, Happened.NOT_NEEDED, who.account, words)
    review = assigned(_begun(review, now, governance), governance, staff, now)
    return stepped(None, review, Happened.SUBMITTED, who.account, words)


def claim(review: Review, who: Voter, now: datetime) -> Step:
    """Somebody takes a place of a role that they hold: their own, else one that nobody has, else one that nobody has claimed.

    Raises what `rights.entitled` raises, `RequestOver`, `ConflictDeclared` and `SeatTaken`.
    """
    them = _free_to_review(review, who, now)
    roles = {
        role for right in entitled(who, review.asked_by, review.seats, now=now, id_=review.id) for role in right.roles
    }
    own = next((each for each in review.reviewers if each.who.same_human_as(them)), None)
    if own:
        mine = replace(own, who=them, claimed_at=own.claimed_at or now)
        return _with_reviewers(
            review, [mine if each is own else each for each in review.reviewers], who, Happened.CLAIMED
        )
    free = next((role for role in unassigned(review) if role in roles), None)
    if free:
        added = Reviewer(free, them, now, now)
        return _with_reviewers(review, [*review.reviewers, added], who, Happened.CLAIMED)
    waiting = next((each for each in review.reviewers if each.role in roles and each.claimed_at is None), None)
    if waiting is None:
        raise SeatTaken(id=review.id, roles=in_words(frozenset(roles)), open=_open(review))
    taken = Reviewer(waiting.role, them, now, now)
    return _with_reviewers(
        review, [taken if each is waiting else each for each in review.reviewers], who, Happened.CLAIMED
    )


def hand_over(review: Review, who: Voter, to: Person, now: datetime, governance: Governance) -> Step:
    """Somebody gives their place to a colleague who holds its role; of a role with groups it is looked at when they speak.

    Raises what `rights.known` raises, `RequestOver`, `NotAssigned`, and `FaultyFields` (field: to).
    """
    them = known(who, review.id)
    check_open(review)
    own = next((each for each in review.reviewers if each.who.same_human_as(them)), None)
    if own is None:
        raise NotAssigned(id=review.id)
    role = governance.role(own.role)
    fault = ""
    if to.same_human_as(review.asked_by):
        fault = f"{to} asked for it: name somebody else."
    elif review.has_conflict(to):
        fault = f"{to} has declared a conflict of interest: name somebody else."
    elif any(each.who.same_human_as(to) for each in review.reviewers):
        fault = f"{to} reviews it already: name somebody else."
    elif own.role not in governance.roles_of(to.email) and not role.groups:
        fault = f"{to} is not among those who review as {own.role}: name one of them."
    refuse([FieldFault("to", fault)] if fault else [])
    given = Reviewer(own.role, to, now, handed_by=them)
    return _with_reviewers(
        review, [given if each is own else each for each in review.reviewers], who, Happened.HANDED_OVER
    )


def declare_conflict(
    review: Review, who: Voter, reason: str, now: datetime, governance: Governance, *, staff: Staff
) -> Step:
    """Somebody who could review says that they must not: they lose their place and their voice, and somebody else is asked.

    Raises what `rights.known` raises, `RequestOver`, `NotYourSeat`, `ConflictDeclared`, and `FaultyFields` (field: reason).
    """
    them = known(who, review.id)
    check_open(review)
    check_no_conflict(review, them)
    holds = not who.roles.isdisjoint(seat.role for seat in review.seats)
    if not holds and not any(each.who.same_human_as(them) for each in review.reviewers):
        raise NotYourSeat(id=review.id, roles=in_words([seat.role for seat in review.seats]))
    refuse(text_fault("reason", reason, LONGEST_TEXT, required="Say what the conflict is."))
    after = replace(
        review,
        conflicts=(*review.conflicts, Conflict(them, reason.strip(), now)),
        reviewers=tuple(each for each in review.reviewers if not each.who.same_human_as(them)),
        voices=tuple(each for each in review.voices if not each.right.is_of(them)),
    )
    after = assigned(after, governance, staff, now)
    return stepped(review, after, Happened.CONFLICT, who.account, {"reason": reason.strip()})


def withdraw(review: Review, who: Voter, now: datetime, words: str = "") -> Step:
    """The asker does not want it any more. Raises `AskersAlone`, `RequestOver` and `FaultyFields` (field: words)."""
    if who.account.standing is not Standing.MEMBER or not who.as_person.same_human_as(review.asked_by):
        raise AskersAlone(id=review.id, name=review.asked_by)
    check_open(review)
    refuse(text_fault("words", words, LONGEST_TEXT))
    after = replace(review, stage=Stage.WITHDRAWN, clock=None, sitting=None, decided_at=now)
    return stepped(review, after, Happened.WITHDRAWN, who.account, {"words": words.strip()})


def resume(review: Review, who: Voter, now: datetime, governance: Governance, *, staff: Staff) -> Step:
    """A deferred one is in review again, in a new round: voices are cleared, deadlines begin anew; concerns and who reviews stay.
    Whoever asked may do that, and those who decide.

    Raises what `rights.entitled` raises, `RequestOver`, `ReviewNotDeferred` and `ConflictDeclared`.
    """
    if who.account.standing is not Standing.MEMBER:
        raise MembersDecide
    them = who.as_person
    check_open(review)
    if review.stage is not Stage.DEFERRED:
        raise ReviewNotDeferred(id=review.id, status=review.stage)
    if not them.same_human_as(review.asked_by):
        check_no_conflict(review, them)
        entitled(who, review.asked_by, review.seats, now=now, id_=review.id)
    after = replace(review, stage=Stage.IN_REVIEW, round=review.round + 1, voices=(), deferral=None, escalated=False)
    after = assigned(_begun(after, now, governance), governance, staff, now)
    return stepped(review, after, Happened.RESUMED, who.account)


def check_open(review: Review) -> None:
    """Raises `RequestOver` for one that is decided, withdrawn or was never needed."""
    if review.stage not in OPEN:
        names = [str(person) for person in review.decided_by]
        raise RequestOver(id=review.id, status=review.stage, since=f", by {in_words(names)}" if names else "")


def check_no_conflict(review: Review, person: Person) -> None:
    """Raises `ConflictDeclared`."""
    if review.has_conflict(person):
        raise ConflictDeclared(id=review.id)


def facts(review: Review) -> dict[str, Json]:
    """What the record keeps of a state. Nobody's own words: their digest is among them."""
    meets, deferral = review.sitting, review.deferral
    return {
        "stage": review.stage,
        "kind": review.wish.kind,
        "service": review.wish.service,
        "asked_by": review.asked_by.account or review.asked_by.id,
        "outcome": review.terms.outcome,
        "points": review.terms.points,
        "seats": {seat.role: seat.people for seat in review.seats},
        "target": review.wish.target.id if review.wish.target else "",
        "round": review.round,
        "digest": review.digest,
        "meeting": meets.day.isoformat() if meets else "",
        "deferred_until": deferral.until.isoformat() if deferral else "",
        "escalated": review.escalated,
        "comment_open": bool(review.clock and review.clock.comment),
        "reviewers": [
            {
                "role": each.role,
                "who": each.who.account or each.who.id,
                "person": each.who.id,
                "claimed": each.claimed_at is not None,
                "handed_by": each.handed_by.id if each.handed_by else "",
            }
            for each in review.reviewers
        ],
        "conflicts": [each.who.account or each.who.id for each in review.conflicts],
        "concerns": [
            {
                "number": each.number,
                "by": each.by.account or each.by.id,
                "resolved_by": (each.resolved_by.account or each.resolved_by.id) if each.resolved_by else "",
            }
            for each in review.concerns
        ],
        "voices": [_voice(each) for each in review.voices],
        "conditions": [{"obligation": each.obligation, "due": each.due.isoformat()} for each in review.conditions],
        "draft": review.draft.path if review.draft else "",
        "merged": review.draft.merged if review.draft else "",
    }


def _begun(review: Review, now: datetime, governance: Governance) -> Review:
    """The review with the deadlines of a round that begins now."""
    calendar = governance.calendar
    return replace(review, clock=started(now, review.terms, calendar), sitting=sitting(now, review.terms, calendar))


def _free_to_review(review: Review, who: Voter, now: datetime) -> Person:
    them = known(who, review.id)
    check_open(review)
    entitled(who, review.asked_by, review.seats, now=now, id_=review.id)
    check_no_conflict(review, them)
    return them


def _with_reviewers(review: Review, reviewers: list[Reviewer], who: Voter, happened: Happened) -> Step:
    return stepped(review, replace(review, reviewers=tuple(reviewers)), happened, who.account)


def _open(review: Review) -> str:
    return (
        in_words([each.role for each in review.reviewers if each.claimed_at is None]) if review.reviewers else "nobody"
    )


def _voice(voice: Voice) -> dict[str, Json]:
    right = voice.right
    return {
        "by": right.by.account,
        "person": right.by.id,
        "for": right.speaks_for.id if right.speaks_for else "",
        "roles": [*sorted(right.roles)],
        "choice": voice.choice,
        "digest": voice.digest,
    }

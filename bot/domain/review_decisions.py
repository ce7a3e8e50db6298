"""What is said on a review until it is decided: voices, concerns, and the tally.

It is approved when every seat is filled, no concern is open and the comment time is over: whichever of these comes last decides it.
One rejection ends it, one deferral puts it off. One person has one voice; it can be made stricter, never laxer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from bot.domain.exception_forms import LONGEST_TEXT, FieldFault, refuse, text_fault
from bot.domain.exception_requests import Demand
from bot.domain.governance import Governance, Seat
from bot.domain.obligation_steps import faults as faults_of
from bot.domain.obligations import Wanted
from bot.domain.people import Person, Standing
from bot.domain.review_steps import Happened, Step, check_no_conflict, check_open, stepped
from bot.domain.reviews import Choice, Concern, Condition, Deferral, Review, Stage, Voice
from bot.domain.rights import Right, Voter, could_speak, entitled, known, may_decide
from bot.domain.seats import places, seated, unfilled
from bot.errors import (
    AlreadySpoken,
    MembersDecide,
    NotEntitled,
    OlderRevision,
    OthersResolve,
    OwnRequest,
    ReviewDeferred,
    TooManyConcerns,
    UnknownConcern,
)

MOST_CONDITIONS, MOST_CONCERNS = 10, 20
LATEST = timedelta(days=730)  # how long it can be put off
STRICTNESS = MappingProxyType({Choice.APPROVE: 0, Choice.APPROVE_WITH_CONDITIONS: 1, Choice.DEFER: 2, Choice.REJECT: 3})


def decide(
    review: Review,
    voter: Voter,
    choice: Choice,
    now: datetime,
    governance: Governance,
    *,
    digest: str,
    words: str = "",
    demands: Sequence[Demand] = (),
    until: date | None = None,
) -> Step:
    """A voice. `digest` is that of the review as the button was shown with it; `words` is why, `demands` are the conditions,
    `until` the day to which it is put off.

    Raises what `may_speak` raises, and `FaultyFields` (fields: words, until, conditions, "condition:1:what", "condition:1:owner",
    "condition:1:due").
    """
    right, rest = may_speak(review, voter, choice, now, digest)
    demands = tuple(replace(each, text=each.text.strip(), owner=each.owner.strip()) for each in demands)
    voice = Voice(right, choice, now, review.digest, words.strip(), demands)
    refuse(_faults(voice, until, governance))
    after = replace(review, voices=(*rest, voice))
    told = {"words": voice.words, "conditions": "\n".join(each.text for each in demands)}
    if choice is Choice.REJECT:
        after = replace(after, stage=Stage.REJECTED, clock=None, sitting=None, decided_at=now)
        return stepped(review, after, Happened.REJECTED, voter.account, told)
    if choice is Choice.DEFER and until:
        asked_anew = governance.calendar.start_of_business(until)
        deferral = Deferral(until, asked_anew, right.by, voice.words, now)
        after = replace(after, stage=Stage.DEFERRED, clock=None, sitting=None, deferral=deferral)
        return stepped(review, after, Happened.DEFERRED, voter.account, told)
    after = settled(after, now)
    happened = Happened.SPOKEN if after.stage is Stage.IN_REVIEW else Happened.APPROVED
    return stepped(review, after, happened, voter.account, told)


def may_speak(
    review: Review, voter: Voter, choice: Choice, now: datetime, digest: str
) -> tuple[Right, tuple[Voice, ...]]:
    """The right with which somebody speaks, and the voices that stay beside theirs.

    Raises what `rights.may_decide` raises, `RequestOver`, `ReviewDeferred`, `ConflictDeclared`, `OlderRevision` and
    `AlreadySpoken`.
    """
    them = known(voter, review.id)
    check_open(review)
    if review.stage is Stage.DEFERRED:
        raise ReviewDeferred(id=review.id, until=review.deferral.until if review.deferral else "")
    check_no_conflict(review, them)
    voter = replace(
        voter, delegations=tuple(each for each in voter.delegations if not review.has_conflict(each.absence.of))
    )
    own = next((voice for voice in review.voices if voice.right.by.same_human_as(them)), None)
    if own is None:
        entitled(voter, review.asked_by, review.seats, now=now, id_=review.id)
    if digest != review.digest:
        raise OlderRevision(id=review.id)
    if own and STRICTNESS[choice] <= STRICTNESS[own.choice]:
        raise AlreadySpoken(id=review.id, choice=own.choice)
    spoken = [voice.right for voice in review.voices]
    right = may_decide(voter, review.asked_by, review.seats, spoken, now=now, id_=review.id)
    return right, tuple(voice for voice in review.voices if voice is not own)


def raise_concern(review: Review, who: Voter, text: str, now: datetime) -> Step:
    """Something that has to be cleared up before it is decided; any member may, but whoever asked for it.

    Raises `MembersDecide`, `OwnRequest`, `RequestOver`, `TooManyConcerns` and `FaultyFields` (field: text).
    """
    them = check_may_raise(review, who)
    if len(review.concerns) >= MOST_CONCERNS:
        raise TooManyConcerns(id=review.id)
    refuse(text_fault("text", text, LONGEST_TEXT, required="Say what the concern is."))
    concern = Concern(len(review.concerns) + 1, them, text.strip(), now)
    after = replace(review, concerns=(*review.concerns, concern))
    return stepped(review, after, Happened.CONCERN, who.account, {"concern": concern.text})


def resolve(review: Review, who: Voter, number: int, words: str, now: datetime) -> Step:
    """A concern is cleared up: whoever raised it says so, or another one who reviews; never whoever asked. It may be what the
    decision waited for.

    Raises `MembersDecide`, `RequestOver`, `UnknownConcern`, `OthersResolve` and `FaultyFields` (field: words).
    """
    concern = check_may_resolve(review, who, number, now)
    refuse(text_fault("words", words, LONGEST_TEXT, required="Say how it was cleared up."))
    done = replace(concern, resolved_by=who.as_person, resolution=words.strip(), resolved_at=now)
    after = replace(review, concerns=tuple(done if each is concern else each for each in review.concerns))
    after = settled(after, now)
    happened = Happened.APPROVED if after.stage is not review.stage else Happened.RESOLVED
    return stepped(review, after, happened, who.account, {"resolution": done.resolution})


def check_may_raise(review: Review, who: Voter) -> Person:
    """Who raises a concern. Raises `MembersDecide`, `OwnRequest` and `RequestOver`."""
    if who.account.standing is not Standing.MEMBER:
        raise MembersDecide
    check_open(review)
    if who.as_person.same_human_as(review.asked_by):
        raise OwnRequest(id=review.id)
    return who.as_person


def check_may_resolve(review: Review, who: Voter, number: int, now: datetime) -> Concern:
    """The open concern that somebody may say is cleared up. Raises `MembersDecide`, `RequestOver`, `UnknownConcern` and
    `OthersResolve`."""
    if who.account.standing is not Standing.MEMBER:
        raise MembersDecide
    check_open(review)
    concern = next((each for each in review.open_concerns if each.number == number), None)
    if concern is None:
        raise UnknownConcern(id=review.id)
    them = who.as_person
    if them.same_human_as(review.asked_by):
        raise OthersResolve(id=review.id)
    if not concern.by.same_human_as(them):
        try:
            entitled(who, review.asked_by, review.seats, now=now, id_=review.id)
            check_no_conflict(review, them)
        except NotEntitled as refusal:
            raise OthersResolve(id=review.id) from refusal
    return concern


def settled(review: Review, now: datetime) -> Review:
    """The review as it is once nothing has to be waited for: approved; else as it was."""
    if review.stage is not Stage.IN_REVIEW or open_seats(review) or review.open_concerns or comment_open(review, now):
        return review
    conditions = tuple(
        Condition(each.text, each.owner, each.due, voice.right.by) for voice in review.voices for each in voice.demands
    )
    stage = Stage.APPROVED_WITH_CONDITIONS if conditions else Stage.APPROVED
    return replace(review, stage=stage, clock=None, sitting=None, decided_at=now, conditions=conditions)


def comment_open(review: Review, now: datetime) -> bool:
    """Whether the comment time runs."""
    return bool(review.clock and review.clock.comment and now < review.clock.comment)


def seating(review: Review, governance: Governance | None = None) -> tuple[tuple[str, Voice | None], ...]:
    """The places and who has spoken for them: a role and a voice, or None. With `governance` those places stay open that the most
    others can fill, as far as it tells who they are."""
    spoken = [voice.right for voice in review.voices]
    others: tuple[Collection[str], ...] = ()
    if governance:
        gone = [review.asked_by, *(right.by for right in spoken), *(each.who for each in review.conflicts)]
        gone += [right.speaks_for for right in spoken if right.speaks_for]
        others = could_speak(governance, review.seats, gone)
    taken = seated(review.seats, [right.roles for right in spoken], others) or ()
    who = dict(zip(taken, review.voices, strict=False))
    return tuple((role, who.get(place)) for place, role in enumerate(places(review.seats)))


def open_seats(review: Review, governance: Governance | None = None) -> tuple[Seat, ...]:
    """The seats that a voice is still wanted for."""
    filled = [place for place, (_, voice) in enumerate(seating(review, governance)) if voice]
    return unfilled(review.seats, filled)


def _faults(voice: Voice, until: date | None, governance: Governance) -> list[FieldFault]:
    choice, demands = voice.choice, voice.demands
    today = governance.calendar.today(voice.at)
    told = text_fault("words", voice.words, LONGEST_TEXT, required="Say why: those who come later read it.")
    if choice is Choice.DEFER:
        if until is None:
            told.append(FieldFault("until", "Give the day on which it is asked anew."))
        elif until <= today:
            told.append(FieldFault("until", f"{until} is not to come: give a later day than today."))
        elif until > today + LATEST:
            told.append(FieldFault("until", f"{until} is more than two years away: give an earlier day."))
    if choice is Choice.APPROVE_WITH_CONDITIONS and not demands:
        told.append(FieldFault("conditions", "Give at least one condition, or approve without."))
    elif demands and choice is not Choice.APPROVE_WITH_CONDITIONS:
        told.append(FieldFault("conditions", "Conditions belong to an approval with conditions."))
    elif len(demands) > MOST_CONDITIONS:
        told.append(FieldFault("conditions", f"These are {len(demands)} conditions; give {MOST_CONDITIONS} at most."))
    else:
        for number, demand in enumerate(demands, start=1):
            wanted = Wanted(demand.text, demand.owner, demand.due)
            told += faults_of(wanted, today, f"condition:{number}:")
    return told

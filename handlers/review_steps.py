"""What is done with a review by whoever may: a place in it, a concern, a voice, the end of it.

A button proves nothing: who somebody is and what they may do is looked at when their wish is handled, in the transaction that
holds the review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from bot.cards import catalog, review_forms, reviews
from bot.cards.model import Form, Reply
from bot.domain import review_decisions as decisions
from bot.domain import review_steps as steps
from bot.domain.exception_forms import FieldFault, refuse
from bot.domain.exception_requests import Demand
from bot.domain.review_commands import About, Does, OpenReviewStep, TakeReviewStep
from bot.domain.review_steps import Step, refused
from bot.domain.reviews import Choice, Review
from bot.domain.rights import Voter, known
from bot.errors import (
    AskersAlone,
    FaultyFields,
    NotAssigned,
    NotEntitled,
    OlderRevision,
    Refusal,
    RequestOver,
    ReviewDeferred,
    ReviewNotDeferred,
    UnknownConcern,
    UnknownId,
)
from handlers.desk import Desk
from handlers.naming import person_named
from handlers.review_telling import done, refresh
from handlers.reviews import met, staff_of
from handlers.voters import voter

CHOICES: Mapping[Does, Choice] = MappingProxyType(
    {
        Does.APPROVE: Choice.APPROVE,
        Does.APPROVE_WITH_CONDITIONS: Choice.APPROVE_WITH_CONDITIONS,
        Does.REJECT: Choice.REJECT,
        Does.DEFER: Choice.DEFER,
    }
)
STALE = (
    OlderRevision,
    RequestOver,
    ReviewDeferred,
    ReviewNotDeferred,
    UnknownConcern,
)  # said of a button that should be gone

Values = Mapping[str, str]


def form(command: OpenReviewStep, desk: Desk) -> Form:
    """The form with the words that a step needs. Whoever may not take it is told so before they write anything; it is looked
    at again when they send it. Raises `UnknownId` and what keeps them from it."""
    review, now, about = _found(command.about, desk), desk.transaction.now, command.about
    who = voter(command.by, desk)
    match about.does:
        case does if does in CHOICES:
            decisions.may_speak(review, who, CHOICES[does], now, about.digest)
        case Does.CONCERN:
            decisions.check_may_raise(review, who)
        case Does.RESOLVE:
            steps.check_open(review)
            if not review.open_concerns:
                raise UnknownConcern(id=review.id)
            number = about.number or review.open_concerns[0].number
            if len(review.open_concerns) == 1:
                decisions.check_may_resolve(review, who, number, now)
        case Does.HAND_OVER:
            them = known(who, review.id)
            steps.check_open(review)
            if not any(each.who.same_human_as(them) for each in review.reviewers):
                raise NotAssigned(id=review.id)
        case Does.CONFLICT:
            steps.check_open(review)
            steps.check_no_conflict(review, known(who, review.id))
        case Does.WITHDRAW if not who.as_person.same_human_as(review.asked_by):
            raise AskersAlone(id=review.id, name=review.asked_by)
    return review_forms.step_form(review, about, {})


def take(command: TakeReviewStep, desk: Desk) -> Reply:
    """Does it. What is wrong in the form stands beside its field; a refusal for want of a right goes on the record, and one of a
    button that should be gone has the posted cards drawn as the review is now. Raises `UnknownId`."""
    about, unit = command.about, desk.transaction
    review = _found(about, desk, lock=True)
    who = voter(command.by, desk)
    try:
        step = _step(review, who, command, desk)
    except FaultyFields as faulty:
        told = faulty.facts.get("fields") or (FieldFault("to", faulty.sentence),)
        return review_forms.step_form(review, about, command.values, faults=told)  # type: ignore[arg-type]  # a tuple of them
    except NotEntitled as refusal:
        unit.outbox.lock()
        unit.audit.add(refused(review, review_forms.BUTTONS[about.does], command.by, refusal))
        return catalog.refusal(refusal.sentence)
    except Refusal as refusal:
        if isinstance(refusal, STALE):
            refresh(review, desk)
        return catalog.refusal(refusal.sentence)
    step = replace(step, review=met(step.review, desk))
    return reviews.taken(done(review, step, desk), about, _number(about, command.values))


def _found(about: About, desk: Desk, *, lock: bool = False) -> Review:
    review = desk.transaction.reviews.get(about.id, lock=lock)
    if review is None:
        raise UnknownId(id=about.id, nearest="")
    return review


def _step(review: Review, who: Voter, command: TakeReviewStep, desk: Desk) -> Step:
    about, values, now, rules = command.about, command.values, desk.transaction.now, desk.governance
    match about.does:
        case Does.CLAIM:
            return steps.claim(review, who, now)
        case Does.HAND_OVER:
            them = known(who, review.id)
            if not any(each.who.same_human_as(them) for each in review.reviewers):
                raise NotAssigned(id=review.id)
            to = person_named(values.get("to", ""), command.by, desk, whose="your colleague's")
            return steps.hand_over(review, who, to, now, rules)
        case Does.CONFLICT:
            return steps.declare_conflict(review, who, values.get("reason", ""), now, rules, staff=staff_of(desk))
        case Does.CONCERN:
            return decisions.raise_concern(review, who, values.get("text", ""), now)
        case Does.RESOLVE:
            number = _number(about, values)
            if not number and review.open_concerns:
                refuse([FieldFault("concern", "Choose the concern that is resolved.")])
            return decisions.resolve(review, who, number, values.get("words", ""), now)
        case Does.WITHDRAW:
            return steps.withdraw(review, who, now, values.get("words", ""))
        case Does.RESUME:
            return steps.resume(review, who, now, rules, staff=staff_of(desk))
    return _decided(review, who, command, desk)


def _decided(review: Review, who: Voter, command: TakeReviewStep, desk: Desk) -> Step:
    about, values, now = command.about, command.values, desk.transaction.now
    demands, faults = _demands(values)
    if faults:
        decisions.may_speak(review, who, CHOICES[about.does], now, about.digest)  # whoever may not is told that first
        refuse(faults)
    return decisions.decide(
        review,
        who,
        CHOICES[about.does],
        now,
        desk.governance,
        digest=about.digest,
        words=values.get("words", ""),
        demands=demands,
        until=_day(values.get("until", "")),
    )


def _number(about: About, values: Values) -> int:
    chosen = values.get("concern", "")
    return int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 4 else about.number


def _demands(values: Values) -> tuple[tuple[Demand, ...], list[FieldFault]]:
    """The conditions in a form, and what is missing for them to be any."""
    demands, faults = [], []
    for number in range(1, decisions.MOST_CONDITIONS + 1):
        place = f"condition:{number}"
        text, owner, due = (values.get(f"{place}:{name}", "").strip() for name in ("what", "owner", "due"))
        if not text and (not due or number > 1):
            continue
        if day := _day(due):
            demands.append(Demand(text, owner, day))
        else:
            faults.append(FieldFault(f"{place}:due", "Give the day by which it has to be done."))
    return tuple(demands), faults


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None

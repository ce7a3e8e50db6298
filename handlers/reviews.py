"""Reviews as their askers see them: the form, what is sent with it, one review, the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.cards import review_agenda, review_forms, reviews
from bot.cards.model import Card, Form, Reply
from bot.domain import review_forms as forms
from bot.domain import review_steps as steps
from bot.domain.exception_forms import LONGEST_TEXT, FieldFault
from bot.domain.people import Account, Person, Standing
from bot.domain.review_assignment import Staff
from bot.domain.review_commands import ListReviews, OpenReviewForm, RequestReview, ShowReview
from bot.domain.review_cycle import cycle
from bot.domain.reviews import Kind, Review, Wish
from bot.errors import FaultyFields, MembersAskForReviews, UnknownId
from handlers.desk import Desk
from handlers.exception_requests import target_of
from handlers.review_matter import touched
from handlers.review_telling import done, facts_of
from handlers.voters import voter

FORM = "review"  # of drafts
DRAFT = "Filled in as you left it."
PAGE = review_agenda.PAGE
LATELY = timedelta(days=90)  # of which the cycle time is told
_PLACEHOLDER = "RV-0"  # of a review that is looked at and not kept


def form(command: OpenReviewForm, desk: Desk) -> Form:
    """The form, with what is known already: the clause that is to be changed, the words of a message, what was left of an earlier
    try. Raises `MembersAskForReviews` and `NoReviewRules`."""
    _check_member(command.by)
    if command.values:
        return _drawn(_wish(command.values, desk), desk)
    kept = desk.transaction.drafts.find(command.by, FORM)
    if kept and not command.text and command.target in ("", kept.get("target", "")):
        return _drawn(_wish(kept, desk), desk, note=DRAFT)
    target = target_of(command.target, desk.library) if command.target else None
    kind = Kind.STANDARD_CHANGE if target else Kind.DESIGN
    text = command.text[:LONGEST_TEXT]
    proposal = target.text if target else ""
    return _drawn(Wish(kind, description=text, target=target, proposal=proposal), desk)


def request(command: RequestReview, desk: Desk) -> Reply:
    """Sends it. What is wrong stands beside its field, and nothing that was typed is lost. Raises `MembersAskForReviews` and
    `NoReviewRules`."""
    by, unit = command.by, desk.transaction
    _check_member(by)
    wish = forms.tidied(_wish(command.values, desk))
    who, now, rules = voter(by, desk), unit.now, desk.governance
    staff = staff_of(desk)
    try:
        steps.submit(_PLACEHOLDER, wish, who, now, rules, staff=staff)
    except FaultyFields as faulty:
        unit.drafts.save(by, FORM, command.values)
        return _drawn(wish, desk, faults=faulty.facts["fields"])  # type: ignore[arg-type]  # a tuple of them
    step = steps.submit(unit.reviews.next_id(), wish, who, now, rules, staff=staff)
    review = replace(met(step.review, desk), touches=touched(wish, desk))
    unit.drafts.drop(by, FORM)
    return reviews.sent(done(None, replace(step, review=review), desk), rules.calendar.zone)


def show(command: ShowReview, desk: Desk) -> Card:
    """A review. Raises `UnknownId`."""
    found = desk.transaction.reviews.get(command.id) if command.by.standing is Standing.MEMBER else None
    if found is None:
        raise UnknownId(id=command.id, nearest="")
    who = voter(command.by, desk)
    is_asker = who.as_person.same_human_as(found.asked_by)
    holds = not who.roles.isdisjoint(seat.role for seat in found.seats)
    return reviews.shown(
        found,
        desk.governance.calendar.zone,
        is_asker=is_asker,
        may_review=holds and not is_asker and not found.has_conflict(who.as_person),
        told=facts_of(found, desk),
    )


def listed(command: ListReviews, desk: Desk) -> Card:
    """A page of the queue. Raises `MembersAskForReviews` for guests."""
    by, unit, calendar = command.by, desk.transaction, desk.governance.calendar
    _check_member(by)
    filter_ = command.filter
    name = filter_.lower()
    service = filter_.partition(":")[2].strip().strip('"') if name.startswith("service:") else ""
    found, total = unit.reviews.listed(
        asker=Person(unit.people.person_of(by), str(by), by.name, by.email) if name == "mine" else None,
        pending=name in ("", "pending"),
        board=name == "board",
        service=service,
        skip=command.skip,
        count=PAGE,
    )
    today = calendar.today(unit.now)
    ages = [(today - calendar.today(each.asked_at)).days for each in found]
    word = desk.command_word if by.platform == "slack" else ""
    took = cycle(unit.reviews.decided_since(unit.now - LATELY), calendar)
    return review_agenda.queue(found, total, filter_, command.skip, word, ages=ages, cycle=took)


def staff_of(desk: Desk) -> Staff:
    """How many open reviews each of those has who could review, and who of them is away."""
    load: dict[str, int] = {}
    for review in desk.transaction.reviews.open():
        for each in review.reviewers:
            load[each.who.email] = load.get(each.who.email, 0) + 1
    away = set()
    for address in {one for role in desk.governance.roles.values() for one in role.people}:
        person = desk.transaction.people.find(address)
        absence = desk.transaction.absences.of(person.id) if person else None
        if absence and absence.lasts(desk.now()):
            away.add(address)
    return Staff(load, frozenset(away))


def met(review: Review, desk: Desk) -> Review:
    """The review with what is known of those who are assigned by their addresses."""
    found = []
    for each in review.reviewers:
        person = desk.transaction.people.find(each.who.email) if each.who.email and not each.who.account else None
        found.append(replace(each, who=person) if person and person.account else each)
    return replace(review, reviewers=tuple(found))


def _check_member(by: Account) -> None:
    if by.standing is not Standing.MEMBER:
        raise MembersAskForReviews


def _wish(fields: Mapping[str, str], desk: Desk) -> Wish:
    named = fields.get("target", "")
    target = target_of(named, desk.library) if named else None
    asked = {f"{forms.MATRIX}{name}" for name in desk.governance.reviews.questions}
    known = {name: text for name, text in fields.items() if not name.startswith(forms.MATRIX) or name in asked}
    wish = forms.filled_in(known, target)
    if target and not wish.proposal:
        wish = replace(wish, proposal=target.text)
    return wish


def _drawn(wish: Wish, desk: Desk, *, faults: tuple[FieldFault, ...] = (), note: str = "") -> Form:
    """The form as it is filled in, with what the matrix makes of it. Raises `NoReviewRules`."""
    rules = desk.governance
    return review_forms.review_form(wish, forms.terms(wish, rules), rules, faults=faults, note=note)

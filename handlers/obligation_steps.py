"""What is due, as people look at it, close it and hand it on. A condition of a waiver goes by its request's own steps, so that the
request, its cards and the record agree."""

from __future__ import annotations

from bot.cards import catalog
from bot.cards import obligations as cards
from bot.cards.model import Card, Form, Reply
from bot.domain import obligation_steps as rules
from bot.domain import waivers
from bot.domain.audit import Entry
from bot.domain.exception_commands import About, TakeExceptionStep
from bot.domain.exception_commands import Does as Step
from bot.domain.exception_forms import FieldFault
from bot.domain.obligation_commands import (
    Does,
    ListObligations,
    MeetObligation,
    OpenObligationForm,
    ShowObligation,
    TransferObligation,
)
from bot.domain.obligations import Obligation
from bot.domain.people import Account, Person, Standing, same_writing
from bot.domain.rights import Voter
from bot.errors import FaultyFields, MembersOwe, NotEntitled, ObligationMet, Refusal, UnknownId
from handlers.desk import Desk
from handlers.exception_steps import take
from handlers.exception_telling import done
from handlers.naming import person_named
from handlers.obligation_news import facts_of, name_of, told_anew
from handlers.obligations import close, draw_anew, hand_to_owner, person_id
from handlers.subjects import obligation_changed
from handlers.telling import tell
from handlers.voters import voter

NAMELESS = "{name} has no e-mail address that I know to be theirs: name somebody else."


def listed(command: ListObligations, desk: Desk) -> Card:
    """A page of what is due. Raises `MembersOwe` for guests."""
    by, unit = _member(command.by), desk.transaction
    mine = _addresses(by, desk)
    found, total = unit.obligations.listed(
        now=unit.now,
        overdue=command.filter == "overdue",
        owners=mine if command.filter == "mine" else None,
        skip=command.skip,
        count=cards.PAGE,
    )
    return cards.listed(
        found,
        total,
        command.filter,
        command.skip,
        desk.command_word if by.platform == "slack" else "",
        today=desk.governance.calendar.today(unit.now),
        own={each.id for each in found if same_writing(each.owner) in mine},
    )


def show(command: ShowObligation, desk: Desk) -> Card:
    """One of them. Raises `MembersOwe`, `UnknownId`."""
    _member(command.by)
    found, calendar = _found(command.id, desk), desk.governance.calendar
    return cards.shown(
        found,
        calendar.zone,
        today=calendar.today(desk.transaction.now),
        given_by=name_of(found.given_by, desk),
        met_by=name_of(found.met_by, desk),
        wanted=found.met_at is not None or desk.transaction.obligations.is_wanted(found.id),
    )


def form(command: OpenObligationForm, desk: Desk) -> Form:
    """The form with what closing or handing on one needs. Whoever may not is told so before they write anything. Raises `MembersOwe`,
    `UnknownId`, `ObligationMet` and, but for a condition of a waiver, `NotYours`."""
    _member(command.by)
    found = _found(command.id, desk)
    rules.check_open(found)
    if not rules.is_condition_of_waiver(found):
        _check_right(found, command.by, desk)
    return cards.form(found, command.does, {})


def meet(command: MeetObligation, desk: Desk) -> Reply:
    """Closes one. What is wrong stands beside its field; a refusal for want of a right goes on the record. Raises `UnknownId`."""
    _member(command.by)
    found = _found(command.id, desk)
    values = {"evidence": command.evidence}
    if rules.is_condition_of_waiver(found):
        return _condition_met(found, command, desk)
    found = _found(command.id, desk, lock=True)
    unit = desk.transaction
    try:
        _check_right(found, command.by, desk)
        after = rules.met(found, str(command.by), command.evidence, unit.now)
    except FaultyFields as faulty:
        return cards.form(found, Does.CLOSE, values, faults=faulty.facts["fields"])  # type: ignore[arg-type]  # a tuple of them
    except NotEntitled as refusal:
        return _refused(found, cards.CLOSE, command.by, refusal, desk)
    except ObligationMet as refusal:
        return _late(found, refusal, desk)
    close(found, after, command.by, desk)
    obligation_changed(after.subject, desk)
    return cards.taken(after, Does.CLOSE)


def transfer(command: TransferObligation, desk: Desk) -> Reply:
    """Hands one on to somebody else, who is told. As `meet`."""
    _member(command.by)
    found = _found(command.id, desk)
    try:
        if rules.is_condition_of_waiver(found):
            return _condition_transferred(found, command, desk)
        found = _found(command.id, desk, lock=True)
        _check_right(found, command.by, desk)
        after = rules.handed_over(found, _new_owner(command, desk))
    except FaultyFields as faulty:
        said = faulty.facts.get("fields") or (FieldFault("owner", str(faulty.facts["faults"])),)
        return cards.form(found, Does.TRANSFER, {"owner": command.to}, faults=said)  # type: ignore[arg-type]  # a tuple of them
    except NotEntitled as refusal:
        return _refused(found, cards.TRANSFER, command.by, refusal, desk)
    except ObligationMet as refusal:
        return _late(found, refusal, desk)
    unit = desk.transaction
    unit.obligations.hand_over(after.id, after.owner)
    tell(told_anew(after, facts_of(after, desk), desk), desk)
    draw_anew(after, desk)
    hand_to_owner(after, desk)
    obligation_changed(after.subject, desk)
    moved = Entry(
        "obligation.transferred",
        after.id,
        command.by,
        before={"owner": person_id(found.owner, desk)},
        after={"owner": person_id(after.owner, desk)},
        words={"from": found.owner, "to": after.owner},
    )
    unit.audit.add(moved)
    return cards.taken(after, Does.TRANSFER)


def _condition_met(found: Obligation, command: MeetObligation, desk: Desk) -> Reply:
    about = About(found.subject, Step.MEET, number=found.number)
    reply = take(TakeExceptionStep(command.by, about, {"evidence": command.evidence}), desk)
    if isinstance(reply, Form):
        faults = [FieldFault(field, sentence) for field, sentence in reply.faults.items()]
        return cards.form(found, Does.CLOSE, {"evidence": command.evidence}, faults=faults)
    return reply


def _condition_transferred(found: Obligation, command: TransferObligation, desk: Desk) -> Reply:
    unit = desk.transaction
    request = unit.exceptions.get(found.subject, lock=True)
    if request is None:
        raise UnknownId(id=found.subject, nearest="")
    who = voter(command.by, desk)
    step = waivers.entrust(request, found.number, who, _new_owner(command, desk), unit.now)
    done(request, step, desk)
    return cards.taken(_found(found.id, desk), Does.TRANSFER)


def _member(by: Account) -> Account:
    if by.standing is not Standing.MEMBER:
        raise MembersOwe
    return by


def _found(id_: str, desk: Desk, *, lock: bool = False) -> Obligation:
    found = desk.transaction.obligations.get(id_, lock=lock)
    if found is None:
        raise UnknownId(id=id_, nearest="")
    return found


def _addresses(by: Account, desk: Desk) -> frozenset[str]:
    """All addresses that are vouched for of somebody: that of this account, of their others, of their person."""
    people = desk.transaction.people
    id_ = people.foreseen(by)
    person = people.person(id_) if id_ else None
    accounts = [each.email for each in people.accounts(id_) if each.standing is Standing.MEMBER] if person else []
    return frozenset(same_writing(each) for each in (by.email, person.email if person else "", *accounts) if each)


def _check_right(found: Obligation, by: Account, desk: Desk) -> Voter:
    who = voter(by, desk)
    giver = desk.transaction.people.by_account(found.given_by) if found.given_by else None
    leads = rules.leads_of(found.owner, desk.governance)
    rules.check_right(found, who, _addresses(by, desk), giver, leads)
    return who


def _new_owner(command: TransferObligation, desk: Desk) -> str:
    """The address of whoever was named. Raises `FaultyFields`."""
    named: Person = person_named(command.to, command.by, desk, whose="their")
    person = desk.transaction.people.person(named.id) if named.id else None
    if person is None or not person.email:
        raise FaultyFields(faults=NAMELESS.format(name=named))
    return person.email


def _refused(found: Obligation, what: str, by: Account, refusal: NotEntitled, desk: Desk) -> Card:
    """A refusal for want of a right, on the record."""
    tried = Entry("obligation.refused", found.id, by, after={"tried": what, "refusal": type(refusal).__name__})
    desk.transaction.audit.add(tried)
    return catalog.refusal(refusal.sentence)


def _late(found: Obligation, refusal: Refusal, desk: Desk) -> Card:
    """Somebody pressed a button that should not be there any more: the cards are drawn as it is."""
    draw_anew(found, desk)
    return catalog.refusal(refusal.sentence)

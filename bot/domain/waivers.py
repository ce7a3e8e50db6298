"""What becomes of a waiver: kept or revoked when a condition is overdue, revoked, remedied, followed by another one.

Each command gives a `Step` or raises a refusal. Whoever holds a role of one of the seats by which a request is decided can revoke
its waiver, alone and with a reason, at any time; an overdue condition asks all of them anew, and the waiver is kept when
every seat has said so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain import exception_forms as forms
from bot.domain.audit import Entry
from bot.domain.exception_decisions import may_speak, open_seats
from bot.domain.exception_requests import (
    Ballot,
    Choice,
    Condition,
    ExceptionRequest,
    Stage,
    State,
    Voice,
    Waiver,
    ended,
)
from bot.domain.exception_steps import Happened, Step, stepped
from bot.domain.people import Person, Standing, same_writing
from bot.domain.rights import Voter, entitled, known
from bot.errors import NothingAsked, NoWaiver, UnknownCondition


def keep(request: ExceptionRequest, voter: Voter, now: datetime, *, digest: str, words: str = "") -> Step:
    """A voice for keeping a waiver although a condition is overdue. What the seats have said about it is said: only another
    condition that becomes overdue asks them anew.

    Raises what `exception_decisions.may_speak` raises, `NoWaiver` and `NothingAsked`.
    """
    known(voter, request.id)
    waiver = _in_force(request, now)
    if request.ballot is not Ballot.OVERDUE:
        raise NothingAsked(id=request.id)
    right, rest = may_speak(request, voter, Choice.KEEP, now, digest)
    forms.refuse(forms.text_fault("words", words, forms.LONGEST_TEXT))
    voice = Voice(right, Choice.KEEP, now, request.digest, words.strip())
    after = replace(request, voices=(*rest, voice))
    if open_seats(after):
        return stepped(request, after, Happened.SPOKEN, voter.account, {"words": words})
    conditions = tuple(replace(each, kept_at=now) if each.is_asked_about else each for each in waiver.conditions)
    after = replace(after, clock=None, escalated=False, waiver=replace(waiver, conditions=conditions))
    return stepped(request, after, Happened.KEPT, voter.account, {"words": words})


def revoke(request: ExceptionRequest, voter: Voter, reason: str, now: datetime) -> Step:
    """The waiver ends now. An emergency whose second look is still to come is declined by it.

    Raises what `rights.entitled` raises, `NoWaiver`, and `FaultyFields` (field: words).
    """
    right = entitled(voter, request.asked_by, request.overseers, now=now, id_=request.id)[0]
    _in_force(request, now)
    missing = "Say why it is revoked."
    forms.refuse(forms.text_fault("words", reason, forms.LONGEST_TEXT, required=missing))
    after = ended(request, State.REVOKED, now, right.by, reason.strip())
    if request.look_is_owed:
        voice = Voice(right, Choice.DECLINE, now, request.digest, reason.strip())
        after = replace(after, stage=Stage.DECLINED, ended_at=now, voices=(*after.voices, voice))
    return stepped(request, after, Happened.REVOKED, voter.account, {"words": reason})


def remedy(request: ExceptionRequest, who: Voter, evidence: str, now: datetime) -> Step:
    """The waiver is not needed any more: the clause is kept. The asker says so, or whoever could revoke it. An emergency still
    owes its second look.

    Raises `NoWaiver`, `FaultyFields` (field: evidence), and what `rights.entitled` raises for those who did not ask.
    """
    them = _holder(request, who, now)
    _in_force(request, now)
    missing = "Say what shows that it is remedied: a link, a change, a test."
    forms.refuse(forms.text_fault("evidence", evidence, forms.LONGEST_TEXT, required=missing))
    after = ended(request, State.CLOSED, now, them, evidence.strip())
    return stepped(request, after, Happened.CLOSED, who.account, {"evidence": evidence})


def meet(request: ExceptionRequest, number: int, who: Voter, evidence: str, now: datetime) -> Step:
    """A condition is met, in time or late, also of a waiver that has ended. Its owner says so, the asker, or whoever could revoke the waiver. When it was what the
    seats were being asked about, they are asked no longer.

    Raises `NoWaiver`, `UnknownCondition`, `FaultyFields` (field: evidence), and what `rights.entitled` raises.
    """
    waiver, found = _condition(request, number, who, now)
    missing = "Say what shows that it is met: a link, a change, a test."
    forms.refuse(forms.text_fault("evidence", evidence, forms.LONGEST_TEXT, required=missing))
    after = _with(request, waiver, replace(found, met_at=now))
    if request.ballot is Ballot.OVERDUE and after.ballot is None:
        after = replace(after, clock=None, escalated=False, voices=())
    return stepped(request, after, Happened.MET, who.account, {"evidence": evidence})


def entrust(request: ExceptionRequest, number: int, who: Voter, to: str, now: datetime) -> Step:
    """Somebody else, an e-mail address, sees to a condition from now on. Its owner says so, the asker, or whoever could revoke
    the waiver.

    Raises `NoWaiver`, `UnknownCondition`, `FaultyFields` (field: owner), and what `rights.entitled` raises.
    """
    waiver, found = _condition(request, number, who, now)
    address = same_writing(to.strip())
    if address == same_writing(found.owner):
        forms.refuse([forms.FieldFault("owner", f"{to} sees to it already: name somebody else.")])
    after = _with(request, waiver, replace(found, owner=address))
    entry = Entry(
        action=f"exception_request.{Happened.ENTRUSTED}",
        subject=request.id,
        by=who.account,
        after={"condition": number, "obligation": found.obligation},
        rule=request.rule,
        revision=request.terms.revision,
        words={"from": found.owner, "to": address},
    )
    return Step(after, Happened.ENTRUSTED, entry)


def obliged(request: ExceptionRequest, obligations: Mapping[int, str]) -> ExceptionRequest:
    """The same with the ids that the store gave to its conditions, by their numbers. No step: it belongs to the one that set
    them."""
    if request.waiver is None:
        return request
    conditions = tuple(
        replace(each, obligation=obligations.get(each.number, each.obligation)) for each in request.waiver.conditions
    )
    return replace(request, waiver=replace(request.waiver, conditions=conditions))


def follow(request: ExceptionRequest, by: str, now: datetime) -> Step | None:
    """Another request that renews this one was approved: the waiver still runs to its own end, and nobody is warned of it. None
    where it has ended, or is followed already."""
    waiver = request.waiver
    if waiver is None or waiver.state is not State.IN_FORCE or not waiver.in_force(now) or waiver.renewed_by:
        return None
    return stepped(request, replace(request, waiver=replace(waiver, renewed_by=by)), Happened.FOLLOWED, None)


def reworded(request: ExceptionRequest, text: str) -> Step | None:
    """The clause says something else than when the request was sent, or the same again. None when that is known."""
    target = request.wish.target
    now = "" if target is None or text == target.text else text
    if now == request.target_now:
        return None
    return stepped(request, replace(request, target_now=now), Happened.REWORDED, None)


def _in_force(request: ExceptionRequest, now: datetime) -> Waiver:
    waiver = request.waiver
    if waiver is None or waiver.state is not State.IN_FORCE:
        raise NoWaiver(id=request.id, status=request.status)
    if not waiver.in_force(now):
        raise NoWaiver(id=request.id, status=State.EXPIRED)
    return waiver


def _holder(request: ExceptionRequest, who: Voter, now: datetime) -> Person:
    """The asker, or somebody with a right to one of the seats."""
    them = who.as_person
    if them.same_human_as(request.asked_by) and who.account.standing is Standing.MEMBER:
        return them
    return entitled(who, request.asked_by, request.overseers, now=now, id_=request.id)[0].by


def _condition(request: ExceptionRequest, number: int, who: Voter, now: datetime) -> tuple[Waiver, Condition]:
    """An open condition, for its owner, the asker, or somebody with a right to one of the seats."""
    waiver = request.waiver
    owner = next((each.owner for each in waiver.conditions if each.number == number), "") if waiver else ""
    is_owner = bool(who.account.email) and same_writing(owner) == same_writing(who.account.email)
    if not is_owner or who.account.standing is not Standing.MEMBER:
        _holder(request, who, now)
    if waiver is None:
        raise NoWaiver(id=request.id, status=request.status)
    found = next((each for each in waiver.conditions if each.number == number and each.met_at is None), None)
    if found is None:
        raise UnknownCondition(id=request.id)
    return waiver, found


def _with(request: ExceptionRequest, waiver: Waiver, condition: Condition) -> ExceptionRequest:
    conditions = tuple(condition if each.number == condition.number else each for each in waiver.conditions)
    return replace(request, waiver=replace(waiver, conditions=conditions))

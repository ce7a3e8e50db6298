"""The asker's side of an exception request: sent, sent again with another content, withdrawn, renewed.

Each command gives a `Step` or raises a refusal; nothing else happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain import exception_forms as forms
from bot.domain.exception_deadlines import restarted
from bot.domain.exception_decisions import check_undecided
from bot.domain.exception_forms import FieldFault, Terms, Wish
from bot.domain.exception_requests import Difference, ExceptionRequest, Stage, State
from bot.domain.exception_steps import Happened, Step, stepped, words_of
from bot.domain.governance import Governance, Seat
from bot.domain.people import Standing
from bot.domain.rights import Voter
from bot.errors import AskersAlone, GrantedAlready, MembersRequest, NothingChanged, NotRenewable, OlderRevision

LOCKED = ("service", "environment", "until", "emergency")  # what was granted in an emergency stays as it is


def submit(
    id_: str,
    wish: Wish,
    who: Voter,
    now: datetime,
    governance: Governance,
    *,
    renews: ExceptionRequest | None = None,
) -> Step:
    """A new request. `renews` is the one that the wish names, whose waiver it is to follow.

    Raises `MembersRequest`, `NoDecisionRights`, `FaultyFields`, and `NotRenewable` for an old one without a waiver that is in
    force or ran to its end, or against something else.
    """
    if who.account.standing is not Standing.MEMBER:
        raise MembersRequest
    wish = forms.tidied(wish)
    if wish.renews:
        _check_renewal(wish, renews)
    forms.refuse(forms.faults(wish, governance, now))
    terms = forms.terms(wish, governance)
    request = ExceptionRequest(id_, who.as_person, now, wish, terms)
    request = restarted(request, now, governance.calendar)
    return stepped(None, request, Happened.SUBMITTED, who.account, words_of(wish))


def renewal_of(old: ExceptionRequest) -> Wish:
    """The form with which a waiver is renewed: as it was, without a day and without being an emergency."""
    return replace(old.wish, until=None, emergency=False, emergency_reason="", renews=old.id)


def resubmit(
    request: ExceptionRequest,
    wish: Wish,
    who: Voter,
    now: datetime,
    governance: Governance,
    *,
    digest: str | None = None,
) -> Step:
    """The request with another content, asked for or not: voices are cleared, risk, rule and deadlines are worked out anew.

    `digest` is that of the request that the form was filled with; None where there was no form.
    An emergency that was granted keeps what was granted (`LOCKED`, the clause and the date of its second look).
    Raises `AskersAlone`, `RequestOver`, `OlderRevision`, `NothingChanged`, and what `submit` raises.
    """
    _check_asker(request, who)
    check_undecided(request, now)
    if digest not in (None, request.digest):
        raise OlderRevision(id=request.id)
    wish = replace(forms.tidied(wish), renews=request.wish.renews)
    told = forms.faults(wish, governance, now)
    if request.waiver:
        told = (*(fault for fault in told if fault.field not in ("until", "target")), *_locked(request.wish, wish))
        wish = replace(wish, target=request.wish.target)
    forms.refuse(told)
    if request.stage is Stage.SUBMITTED and wish == request.wish:
        raise NothingChanged(id=request.id)
    terms = forms.terms(wish, governance)
    after = replace(
        request,
        wish=wish,
        terms=terms,
        stage=Stage.SUBMITTED,
        revision=request.revision + 1,
        round=request.round + 1,
        voices=(),
        escalated=False,
        target_now=request.target_now if wish.target == request.wish.target else "",
        differences=differences(request.wish, wish, request.terms, terms),
    )
    after = restarted(after, now, governance.calendar)
    return stepped(request, after, Happened.RESUBMITTED, who.account, words_of(wish))


def withdraw(request: ExceptionRequest, who: Voter, now: datetime, words: str = "") -> Step:
    """The asker does not want it any more. Raises `AskersAlone`, `RequestOver`, `GrantedAlready`, and
    `FaultyFields` (field: words)."""
    _check_asker(request, who)
    check_undecided(request, now)
    if request.waiver:
        raise GrantedAlready(id=request.id)
    forms.refuse(forms.text_fault("words", words, forms.LONGEST_TEXT))
    after = replace(request, stage=Stage.WITHDRAWN, clock=None, ended_at=now)
    return stepped(request, after, Happened.WITHDRAWN, who.account, {"words": words})


def differences(old: Wish, new: Wish, before: Terms, after: Terms) -> tuple[Difference, ...]:
    """What a resubmission changed, in the order of the form."""
    found = []
    for name in forms.LABELS:
        one, other = (_shown(wish, name) for wish in (old, new))
        found.append(Difference(name, one, other))
    questions = dict.fromkeys([*old.answers, *new.answers])
    found += [Difference(f"risk:{name}", old.answer(name), new.answer(name)) for name in questions]
    found.append(Difference("risk", before.level, after.level))
    found.append(Difference("seats", _seats(before.seats), _seats(after.seats)))
    found.append(Difference("rules", before.revision, after.revision))
    return tuple(each for each in found if each.before != each.after)


def _check_asker(request: ExceptionRequest, who: Voter) -> None:
    if who.account.standing is not Standing.MEMBER:
        raise MembersRequest
    if not who.as_person.same_human_as(request.asked_by):
        raise AskersAlone(id=request.id, name=request.asked_by)


def _check_renewal(wish: Wish, old: ExceptionRequest | None) -> None:
    waiver = old.waiver if old else None
    if old is None or old.id != wish.renews or waiver is None:
        raise NotRenewable(id=wish.renews, status=old.status if old else "not known")
    if waiver.state not in (State.IN_FORCE, State.EXPIRED):
        raise NotRenewable(id=old.id, status=waiver.state)
    if wish.target and old.wish.target and wish.target.id != old.wish.target.id:
        raise NotRenewable(id=old.id, status=f"against {old.wish.target.id}")


def _locked(old: Wish, new: Wish) -> list[FieldFault]:
    names = [name for name in LOCKED if getattr(old, name) != getattr(new, name)]
    if old.target and new.target and old.target.id != new.target.id:
        names.append("target")
    return [FieldFault(name, "This stays as it was granted. Ask for a new exception instead.") for name in names]


def _shown(wish: Wish, name: str) -> str:
    value = getattr(wish, name)
    if name == "target":
        return wish.target.id if wish.target else ""
    return "\n".join(value) if isinstance(value, tuple) else str(value or "")


def _seats(seats: Sequence[Seat]) -> str:
    return ", ".join(f"{seat.role} {seat.people}" for seat in seats)

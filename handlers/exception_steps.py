"""What is done with an exception request and its waiver by whoever may: a voice on it, the end of it, a condition that is met.

A button proves nothing: who somebody is and what they may do is looked at when their wish is handled, in the transaction that
holds the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType

from bot.cards import catalog, exception_forms, exceptions
from bot.cards.model import Form, Reply
from bot.domain import exception_submissions as submissions
from bot.domain import waivers
from bot.domain.exception_commands import About, Does, OpenExceptionStep, TakeExceptionStep
from bot.domain.exception_decisions import MOST_CONDITIONS, check_undecided, decide, may_speak
from bot.domain.exception_forms import FieldFault, refuse
from bot.domain.exception_requests import Choice, Demand, ExceptionRequest
from bot.domain.exception_steps import Step, refused
from bot.domain.rights import Voter, entitled, known
from bot.errors import (
    AskersAlone,
    ChangesAwaited,
    FaultyFields,
    NotEntitled,
    NothingAsked,
    NoWaiver,
    OlderRevision,
    Refusal,
    RequestOver,
    UnknownId,
)
from handlers.desk import Desk
from handlers.exception_telling import done, refresh
from handlers.voters import voter

CHOICES: Mapping[Does, Choice] = MappingProxyType(
    {
        Does.APPROVE: Choice.APPROVE,
        Does.APPROVE_WITH_CONDITIONS: Choice.APPROVE_WITH_CONDITIONS,
        Does.ASK_FOR_CHANGES: Choice.ASK_FOR_CHANGES,
        Does.DECLINE: Choice.DECLINE,
        Does.KEEP: Choice.KEEP,
    }
)

STALE = (OlderRevision, RequestOver, ChangesAwaited, NothingAsked, NoWaiver)  # said of a button that should be gone

Values = Mapping[str, str]
Act = Callable[[ExceptionRequest, Voter, About, Values, datetime], Step]

_WAIVERS: Mapping[Does, Act] = MappingProxyType(
    {
        Does.KEEP: lambda request, who, about, values, now: waivers.keep(
            request, who, now, digest=about.digest, words=values.get("words", "")
        ),
        Does.WITHDRAW: lambda request, who, _, values, now: submissions.withdraw(
            request, who, now, values.get("words", "")
        ),
        Does.REVOKE: lambda request, who, _, values, now: waivers.revoke(request, who, values.get("words", ""), now),
        Does.REMEDY: lambda request, who, _, values, now: waivers.remedy(request, who, values.get("evidence", ""), now),
        Does.MEET: lambda request, who, about, values, now: waivers.meet(
            request, about.number, who, values.get("evidence", ""), now
        ),
    }
)


def form(command: OpenExceptionStep, desk: Desk) -> Form:
    """The form with the words that a step needs. Whoever may not take it is told so before they write anything; it is looked
    at again when they send it. Raises `UnknownId` and what keeps them from it."""
    request, now, about = _found(command.about, desk), desk.transaction.now, command.about
    who = voter(command.by, desk)
    if about.does in CHOICES:
        known(who, request.id)
        if about.does is not Does.KEEP:
            check_undecided(request, now)
        may_speak(request, who, CHOICES[about.does], now, about.digest)
    elif about.does is Does.REVOKE:
        entitled(who, request.asked_by, request.overseers, now=now, id_=request.id)
    elif about.does is Does.WITHDRAW and not who.as_person.same_human_as(request.asked_by):
        raise AskersAlone(id=request.id, name=request.asked_by)
    return exception_forms.step_form(request, about, {})


def take(command: TakeExceptionStep, desk: Desk) -> Reply:
    """Does it. What is wrong in the form stands beside its field; a refusal for want of a right goes on the record, and any other
    one has the posted cards drawn as the request is now. Raises `UnknownId`."""
    about, unit = command.about, desk.transaction
    request = _found(about, desk, lock=True)
    who = voter(command.by, desk)
    try:
        step = _step(request, who, command, desk)
    except FaultyFields as faulty:
        return exception_forms.step_form(request, about, command.values, faults=faulty.facts["fields"])  # type: ignore[arg-type]  # a tuple of them
    except NotEntitled as refusal:
        line = refused(request, exception_forms.BUTTONS[about.does], command.by, refusal)
        unit.outbox.lock()
        unit.exceptions.note(request.id, unit.audit.add(line))
        return catalog.refusal(refusal.sentence)
    except Refusal as refusal:
        if isinstance(refusal, STALE):
            refresh(request, desk)
        return catalog.refusal(refusal.sentence)
    return exceptions.taken(done(request, step, desk), about)


def _found(about: About, desk: Desk, *, lock: bool = False) -> ExceptionRequest:
    request = desk.transaction.exceptions.get(about.id, lock=lock)
    if request is None:
        raise UnknownId(id=about.id, nearest="")
    return request


def _step(request: ExceptionRequest, who: Voter, command: TakeExceptionStep, desk: Desk) -> Step:
    about, values, now = command.about, command.values, desk.transaction.now
    if act := _WAIVERS.get(about.does):
        return act(request, who, about, values, now)
    demands, faults = _demands(values)
    if faults:
        known(who, request.id)  # whoever may not speak is told that first
        check_undecided(request, now)
        may_speak(request, who, CHOICES[about.does], now, about.digest)
        refuse(faults)
    return decide(
        request,
        who,
        CHOICES[about.does],
        now,
        desk.governance,
        digest=about.digest,
        words=values.get("words", ""),
        demands=demands,
        acceptance=values.get("acceptance", ""),
    )


def _demands(values: Values) -> tuple[tuple[Demand, ...], list[FieldFault]]:
    """The conditions in a form, and what is missing for them to be any."""
    demands, faults = [], []
    for number in range(1, MOST_CONDITIONS + 1):
        place = f"condition:{number}"
        text, owner, due = (values.get(f"{place}:{name}", "").strip() for name in ("text", "owner", "due"))
        if not text and (not due or number > 1):
            continue
        try:
            demands.append(Demand(text, owner, date.fromisoformat(due)))
        except ValueError:
            faults.append(FieldFault(f"{place}:due", "Give the day by which it has to be done."))
    return tuple(demands), faults

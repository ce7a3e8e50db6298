"""The buttons of exception requests: what those can do who decide, and whoever asked."""

from __future__ import annotations

from bot.cards.exception_forms import BUTTONS, CHANGE, RENEW, REQUEST, wants_acceptance
from bot.cards.exception_words import target_of
from bot.cards.model import Button
from bot.domain.exception_commands import About, Does, Origin
from bot.domain.exception_requests import Ballot, ExceptionRequest, Stage, State

CARRIED = 200  # characters of an id that a button carries


def deciding(request: ExceptionRequest) -> tuple[Button, ...]:
    """The buttons of the ballot that is open; none where nothing is being decided."""
    if request.ballot is None:
        return ()
    if request.ballot is Ballot.OVERDUE:
        keep = Button(BUTTONS[Does.KEEP], "exception_step", _about(request, Does.KEEP), primary=True)
        return keep, revoke(request)
    formal = wants_acceptance(request)
    approve = Button(
        BUTTONS[Does.APPROVE],
        "exception_step_form" if formal else "exception_step",
        _about(request, Does.APPROVE),
        primary=True,
        form=formal,
    )
    others = (Does.APPROVE_WITH_CONDITIONS, Does.ASK_FOR_CHANGES, Does.DECLINE)
    return approve, *(Button(BUTTONS[does], "exception_step_form", _about(request, does), form=True) for does in others)


def askers(request: ExceptionRequest) -> tuple[Button, ...]:
    """What the asker can do; the next step is the primary one."""
    waiver = request.waiver
    found: list[Button] = []
    if request.stage is Stage.CHANGES_ASKED:
        origin = Origin(resubmits=request.id, digest=request.digest)
        found.append(Button(CHANGE, "exception_origin_form", str(origin), primary=True, form=True))
    if waiver is None and request.stage in (Stage.SUBMITTED, Stage.CHANGES_ASKED):
        found.append(
            Button(BUTTONS[Does.WITHDRAW], "exception_step_form", str(About(request.id, Does.WITHDRAW)), form=True)
        )
    if (
        waiver
        and waiver.state in (State.IN_FORCE, State.EXPIRED)
        and not waiver.renewed_by
        and not request.look_is_owed
    ):
        found.append(renew(request, primary=waiver.state is State.EXPIRED))
    if waiver and waiver.state is State.IN_FORCE:
        found.append(remedied(request))
    over = request.stage in (Stage.DECLINED, Stage.WITHDRAWN, Stage.LAPSED)
    if over or (waiver and waiver.state is State.REVOKED):
        found.append(anew(request))
    return tuple(found)


def anew(request: ExceptionRequest) -> Button:
    """Opens the form of another request against the same; against nothing yet where the id is too long to be carried."""
    id_ = target_of(request).id
    return Button(REQUEST, "exception_form", id_ if len(id_) <= CARRIED else "", form=True)


def renew(request: ExceptionRequest, *, primary: bool = False) -> Button:
    """Opens the form of a request that follows this one."""
    return Button(RENEW, "exception_origin_form", str(Origin(renews=request.id)), primary=primary, form=True)


def remedied(request: ExceptionRequest) -> Button:
    """The clause is kept again."""
    return Button(BUTTONS[Does.REMEDY], "exception_step_form", str(About(request.id, Does.REMEDY)), form=True)


def revoke(request: ExceptionRequest) -> Button:
    """The waiver is to end now."""
    return Button(BUTTONS[Does.REVOKE], "exception_step_form", str(About(request.id, Does.REVOKE)), form=True)


def show(request: ExceptionRequest, *, primary: bool = False) -> Button:
    """All of a request."""
    return Button("Show", "exception_show", request.id, primary=primary)


def _about(request: ExceptionRequest, does: Does) -> str:
    return str(About(request.id, does, request.digest))

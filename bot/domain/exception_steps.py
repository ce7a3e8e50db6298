"""What a command makes of an exception request: the request as it is then, what happened, and the line for the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.announcements import Json
from bot.domain.audit import Entry
from bot.domain.exception_forms import Wish
from bot.domain.exception_requests import ExceptionRequest, Voice
from bot.domain.people import Account
from bot.errors import NotEntitled


class Happened(StrEnum):
    """What a step was. The record calls it "exception_request.granted"."""

    SUBMITTED = "submitted"
    RESUBMITTED = "resubmitted"
    WITHDRAWN = "withdrawn"
    SPOKEN = "spoken"  # a voice, and others are still wanted
    CHANGES_ASKED = "changes_asked"
    APPROVED = "approved"
    DECLINED = "declined"
    GRANTED = "granted"  # an emergency, after one voice
    CONFIRMED = "confirmed"  # by its second look
    REMINDED = "reminded"
    ESCALATED = "escalated"
    LAPSED = "lapsed"
    LOOK_MISSED = "look_missed"  # the second look did not come in time
    WARNED = "warned"
    EXPIRED = "expired"
    RENEWED = "renewed"  # at its end, and another one follows it
    FOLLOWED = "followed"  # the one that follows it was approved
    DUE_SOON = "condition_due_soon"
    OVERDUE = "condition_overdue"
    KEPT = "kept"
    MET = "condition_met"
    ENTRUSTED = "condition_transferred"
    REVOKED = "revoked"
    CLOSED = "closed"
    REWORDED = "clause_reworded"


@dataclass(frozen=True, slots=True)
class Step:
    """The request as it is now, what happened, and the entry for the record; None where no state changed."""

    request: ExceptionRequest
    happened: Happened
    entry: Entry | None


def stepped(
    before: ExceptionRequest | None,
    after: ExceptionRequest,
    happened: Happened,
    by: Account | None,
    words: Mapping[str, str] | None = None,
) -> Step:
    """A step from one state to another. The rule is the one that was in force before it."""
    old, new = facts(before) if before else {}, facts(after)
    changed = [name for name in new if name not in old or old[name] != new[name]]
    ruled = before or after
    entry = Entry(
        action=f"exception_request.{happened}",
        subject=after.id,
        by=by,
        before={name: old[name] for name in changed if name in old},
        after={name: new[name] for name in changed},
        rule=ruled.rule if happened is not Happened.RESUBMITTED else after.rule,
        revision=after.terms.revision,
        words={name: text for name, text in (words or {}).items() if text},
    )
    return Step(after, happened, entry if changed else None)


def refused(request: ExceptionRequest, what: str, by: Account, refusal: NotEntitled) -> Entry:
    """The line for the record when somebody was refused who may not do that; `what` is what they tried ("Approve")."""
    return Entry(
        action="exception_request.refused",
        subject=request.id,
        by=by,
        after={"tried": what, "refusal": type(refusal).__name__, "digest": request.digest},
        rule=request.rule,
        revision=request.terms.revision,
    )


def facts(request: ExceptionRequest) -> dict[str, Json]:
    """What the record keeps of a state. Nobody's own words: their digest is among them."""
    waiver = request.waiver
    conditions = waiver.conditions if waiver else ()
    granted = waiver.granted if waiver else ()
    target = request.wish.target
    return {
        "stage": request.stage,
        "waiver": waiver.state if waiver else None,
        "target": target.id if target else "",
        "service": request.wish.service,
        "asked_by": request.asked_by.account or request.asked_by.id,
        "risk": request.terms.level,
        "points": request.terms.points,
        "seats": {seat.role: seat.people for seat in request.terms.seats},
        "emergency": request.wish.emergency,
        "renews": request.wish.renews,
        "revision": request.revision,
        "round": request.round,
        "digest": request.digest,
        "until": str((waiver.until if waiver else request.wish.until) or ""),
        "escalated": request.escalated,
        "voices": [_voice(each) for each in dict.fromkeys((*granted, *request.voices))],
        "conditions": [
            {
                "number": each.number,
                "obligation": each.obligation,
                "due": each.due.isoformat(),
                "is": "met" if each.met_at else "kept" if each.kept_at else "overdue" if each.overdue_at else "open",
            }
            for each in conditions
        ],
        "renewed_by": waiver.renewed_by if waiver else "",
        "reworded": bool(request.target_now),
    }


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


def words_of(wish: Wish) -> dict[str, str]:
    """What stands in a form in the asker's own words."""
    names = ("reason", "compensating_controls", "remediation", "emergency_reason")
    return {name: getattr(wish, name) for name in names} | {"links": "\n".join(wish.links)}

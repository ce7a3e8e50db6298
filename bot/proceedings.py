"""Reviews as plain values in the shapes of `bot.api.answers`. Moments are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.domain.people import Person
from bot.domain.reviews import Review

Facts = dict[str, Any]


def review_brief(review: Review) -> Facts:
    """A review in short."""
    return {
        "id": review.id,
        "status": review.stage,
        "kind": review.wish.kind,
        "title": review.wish.title,
        "service": review.wish.service,
        "outcome": review.terms.outcome,
        "asked_by": person(review.asked_by),
        "asked_at": moment(review.asked_at),
        "meeting": review.sitting.day.isoformat() if review.sitting else None,
        "open_concerns": len(review.open_concerns),
        "decided_at": moment(review.decided_at),
    }


def review(found: Review) -> Facts:
    """All of a review."""
    wish, terms = found.wish, found.terms
    return review_brief(found) | {
        "description": wish.description,
        "tier": wish.tier,
        "data": wish.data,
        "wished": wish.wished.isoformat() if wish.wished else None,
        "links": [*wish.links],
        "tags": [*wish.tags],
        "answers": {**wish.answers},
        "points": terms.points,
        "revision": terms.revision,
        "reviewers": [{"role": each.role, "who": person(each.who)} for each in found.reviewers],
        "concerns": [
            {
                "number": each.number,
                "by": person(each.by),
                "text": each.text,
                "at": moment(each.at),
                "resolved_by": person(each.resolved_by),
                "resolution": each.resolution,
                "resolved_at": moment(each.resolved_at),
            }
            for each in found.concerns
        ],
        "voices": [
            {
                "by": person(each.right.by),
                "roles": sorted(each.right.roles),
                "choice": each.choice,
                "at": moment(each.at),
                "words": each.words,
            }
            for each in found.voices
        ],
        "decided_by": [person(each) for each in found.decided_by],
        "conditions": [
            {"obligation": each.obligation, "text": each.text, "owner": each.owner, "due": each.due.isoformat()}
            for each in found.conditions
        ],
        "touches": [
            {"kind": each.kind, "id": each.id, "title": each.title, "why": each.why, "url": each.url}
            for each in found.touches
        ],
        "deferred_until": found.deferral.until.isoformat() if found.deferral else None,
        "draft": found.draft.path if found.draft else None,
    }


def person(who: Person | None) -> Facts | None:
    """Somebody, as the exception register names them."""
    if who is None:
        return None
    return {"person": who.id, "account": who.account, "name": who.name, "email": who.email}


def moment(at: datetime | None) -> str | None:
    """A moment as text."""
    return at.astimezone(UTC).isoformat() if at else None

"""The document that follows from a review: drafted when it is approved, linked once somebody has merged it."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.drafted import numbered, slug
from bot.domain.review_drafts import adr, change_of_standard
from bot.domain.reviews import Draft, Kind, Review
from handlers.desk import Desk
from handlers.drafting import adr_path, draft, next_number

PROPOSALS = "proposals"  # the folder of what is to change in standards


def draft_of(review: Review, desk: Desk) -> Review:
    """The review with the document that was drafted for it: an ADR with the next free number, or what changes in a standard. It goes
    on the record, so whatever else is locked is locked before."""
    on = desk.governance.calendar.today(review.decided_at or desk.transaction.now)
    if review.wish.kind is Kind.STANDARD_CHANGE:
        id_ = f"CHANGE-{review.id}"
        path = f"{PROPOSALS}/{review.id.lower()}-{slug(review.wish.title)}.md"
        text = change_of_standard(review, id_, on)
    else:
        number = next_number("adr", desk.library, desk.transaction)
        id_ = f"ADR-{numbered(number, '').partition('-')[0]}"
        path = adr_path(number, review.wish.title, desk.library)
        text = adr(review, id_, on, desk.adr_template)
    draft(review.id, path, text, desk)
    return replace(review, draft=Draft(path, id_))

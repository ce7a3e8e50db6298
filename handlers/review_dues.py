"""What falls due for reviews, and what becomes of their drafts."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import review_dues
from bot.domain.timers import Timer
from handlers.desk import Desk
from handlers.documents import url
from handlers.review_telling import done, drawn_with_draft


def fall_due(timer: Timer, desk: Desk) -> None:
    """Does what the timer of a review is for; nothing when the review waits for it no longer."""
    review = desk.transaction.reviews.get(str(timer.facts["id"]), lock=True)
    if review is None:
        return
    step = review_dues.fall_due(review, timer.key, desk.transaction.now, desk.governance.calendar)
    if step:
        done(review, step, desk, timer)


def draft_merged(subject: str, path: str, desk: Desk) -> None:
    """Links a review to the document that was drafted for it, now that it is in the library; what is known already is no news."""
    review = desk.transaction.reviews.get(subject, lock=True)
    if review is None or review.draft is None:
        return
    found = desk.library.contents.documents.get(path)
    merged = replace(review.draft, merged=path, id=found.id if found else review.draft.id, url=url(desk.library, path))
    if review.draft.merged != path:
        drawn_with_draft(replace(review, draft=merged), desk)

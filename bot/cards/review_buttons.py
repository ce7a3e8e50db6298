"""The buttons of reviews: what those can do who review, and whoever asked."""

from __future__ import annotations

from bot.cards.model import Button
from bot.cards.review_forms import BUTTONS, REQUEST
from bot.domain.review_assignment import unassigned
from bot.domain.review_commands import About, Does
from bot.domain.reviews import DECIDED, OPEN, Review, Stage

ALONE = (Does.CLAIM, Does.RESUME)  # what needs no words


def reviewing(review: Review, *, all_of_them: bool = False) -> tuple[Button, ...]:
    """The buttons of those who review; with `all_of_them` those too that few need."""
    if review.stage is Stage.DEFERRED:
        return (_button(review, Does.RESUME, primary=True),)
    if review.stage is not Stage.IN_REVIEW:
        return ()
    waits = bool(unassigned(review)) or any(each.claimed_at is None for each in review.reviewers)
    claims = waits and not review.voices
    found = [_button(review, Does.CLAIM, primary=True)] if claims else []
    found.append(_button(review, Does.APPROVE, primary=not claims))
    others = [Does.APPROVE_WITH_CONDITIONS, Does.REJECT, Does.DEFER, Does.CONCERN]
    if review.open_concerns:
        others.append(Does.RESOLVE)
    if not all_of_them:  # six with the one that shows all of it: Teams keeps the others in a menu
        spare = [Does.CONCERN] if review.open_concerns else []
        others = [does for does in others if does not in (*spare, *([Does.DEFER] if claims else []))]
    found += [_button(review, does) for does in others]
    if all_of_them:
        if waits and not claims:
            found.append(_button(review, Does.CLAIM))
        found += [_button(review, does) for does in (Does.HAND_OVER, Does.CONFLICT)]
    return tuple(found)


def askers(review: Review) -> tuple[Button, ...]:
    """What whoever asked can do."""
    found = [_button(review, Does.RESUME, primary=True)] if review.stage is Stage.DEFERRED else []
    if review.stage in OPEN:
        found.append(_button(review, Does.WITHDRAW))
    elif review.stage in (*DECIDED, Stage.WITHDRAWN) and review.stage is not Stage.APPROVED:
        found.append(Button(REQUEST, "review_form", form=True))
    return tuple(found)


def concerned(review: Review) -> tuple[Button, ...]:
    """What everybody else can do."""
    found = [_button(review, Does.CONCERN)] if review.stage in OPEN else []
    if review.stage in OPEN and review.open_concerns:
        found.append(_button(review, Does.RESOLVE))
    return tuple(found)


def show(review: Review, *, label: str = "Show", primary: bool = False) -> Button:
    """All of a review."""
    return Button(label, "review_show", review.id, primary=primary)


def _button(review: Review, does: Does, *, primary: bool = False) -> Button:
    verb = "review_step" if does in ALONE else "review_step_form"
    about = str(About(review.id, does, review.digest))
    return Button(BUTTONS[does], verb, about, primary=primary, form=does not in ALONE)

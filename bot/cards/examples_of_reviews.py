"""Examples of reviews: their forms, what those see who review, ask or look one up, the board's agenda, the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from bot.cards import review_agenda, review_forms, reviews
from bot.cards import review_cast as cast
from bot.cards.exception_cast import ALAN, CLAUSE, LONDON, MONDAY
from bot.cards.model import Card, Form, Said
from bot.domain.exception_forms import FieldFault
from bot.domain.review_commands import About, Does
from bot.domain.review_cycle import Cycle
from bot.domain.review_forms import faults, terms
from bot.domain.reviews import Kind, Review, Wish


def _form(wish: Wish, told: tuple[FieldFault, ...] = (), **more: Any) -> Form:
    return review_forms.review_form(wish, terms(wish, cast.RULES), cast.RULES, faults=told, **more)


def _review_form() -> Form:
    """What is to be filled in, before a question is answered."""
    return _form(Wish())


def _review_form_filled_in() -> Form:
    """Who reviews it follows from the answers while one fills it in."""
    return _form(cast.WISH)


def _review_form_for_the_board() -> Form:
    """More points: the board takes it, on its day."""
    return _form(cast.FOR_THE_BOARD)


def _review_form_with_faults() -> Form:
    """Sent, and not right yet: each fault stands beside its field, and nothing that was typed is lost."""
    wish = replace(cast.WISH, title="", links=("wiki/orders",), answers={"scope": "team"})
    return _form(wish, faults(wish, cast.RULES, MONDAY))


def _review_form_of_a_standard() -> Form:
    """A change of a standard begins with what the clause says now."""
    return _form(Wish(Kind.STANDARD_CHANGE, target=CLAUSE, proposal=CLAUSE.text))


def _step(review: Review, does: Does, **more: Any) -> Form:
    return review_forms.step_form(review, About(review.id, does, review.digest), {}, **more)


def _review_step_form() -> Form:
    """Whoever decides says why."""
    return _step(cast.claimed(), Does.APPROVE)


def _review_step_form_conditions() -> Form:
    """Conditions, each with who sees to it and by when; something is missing yet."""
    told = (FieldFault("condition:1:due", "Give the day by which it has to be done."),)
    return _step(cast.for_the_board(), Does.APPROVE_WITH_CONDITIONS, faults=told)


def _review_step_form_defer() -> Form:
    """Put off until a day."""
    return _step(cast.claimed(), Does.DEFER)


def _review_step_form_resolve() -> Form:
    """Which concern is resolved, and how."""
    return _step(cast.with_concerns(), Does.RESOLVE)


def _review_step_form_conflict() -> Form:
    """A conflict of interest is declared with its reason."""
    return _step(cast.claimed(), Does.CONFLICT)


def _review() -> Card:
    """For those who review: what is proposed, what it touches, who is assigned."""
    return reviews.review_card(cast.facts(cast.submitted()))


def _review_with_concerns() -> Card:
    """A voice is there, and an open concern holds the decision."""
    return reviews.review_card(cast.facts(cast.with_concerns()))


def _review_for_the_board() -> Card:
    """Two of three have spoken, one of them with conditions; the board meets tomorrow."""
    return reviews.review_card(cast.facts(cast.half_way()))


def _review_after_a_conflict() -> Card:
    """Somebody does not decide, and somebody else is asked."""
    return reviews.review_card(cast.facts(cast.conflicting()))


def _review_escalated() -> Card:
    """Nobody spoke in time."""
    return reviews.review_card(cast.facts(cast.escalated(), escalated_to="director"))


def _review_deferred() -> Card:
    """Put off until a day, and why."""
    return reviews.review_card(cast.facts(cast.deferred()))


def _review_decided() -> Card:
    """The same post once it is decided."""
    return reviews.review_card(cast.facts(cast.under_conditions()))


def _review_rejected() -> Card:
    """One rejection ended it."""
    return reviews.review_card(cast.facts(cast.rejected()))


def _review_of_a_standard() -> Card:
    """A change of a standard: what goes, and what comes."""
    return reviews.review_card(cast.facts(replace(cast.submitted(cast.CHANGE), touches=())))


def _review_hostile() -> Card:
    """What people type stays what it is: no mention, no markup, no link of theirs."""
    words = "<!channel> *bold* [click](https://evil.example) <script>alert(1)</script> ${expression} | `code`"
    wish = replace(cast.WISH, title=words, description=words, service=words, tags=(words,), links=())
    return reviews.review_card(cast.facts(replace(cast.with_concerns(), wish=wish)))


def _review_asked() -> Card:
    """For whoever asked: what it waits for."""
    return reviews.asked_card(cast.facts(cast.with_concerns()))


def _review_asked_decided() -> Card:
    """For whoever asked: how it was decided, and the draft that came of it."""
    return reviews.asked_card(cast.facts(cast.approved()))


def _review_told() -> Card:
    """For rooms that hear of reviews: one was asked for."""
    return reviews.told_card(cast.facts(cast.submitted()))


def _review_told_decided() -> Card:
    """For rooms that hear of reviews: how it ended, with its conditions."""
    return reviews.told_card(cast.facts(cast.under_conditions()))


def _review_told_of_a_standard() -> Card:
    """An accepted change of a standard is said to be one."""
    return reviews.told_card(cast.facts(cast.change_accepted()))


def _review_reminder() -> Card:
    """To those who have not spoken."""
    return reviews.reminder_card(cast.facts(cast.submitted()))


def _review_reminder_of_a_deferred_one() -> Card:
    """On the day to which it was put off."""
    return reviews.reminder_card(cast.facts(cast.deferred(), what="anew"))


def _review_sent() -> Card:
    """A word for whoever sent one."""
    return reviews.sent(cast.submitted(), LONDON)


def _review_sent_not_needed() -> Card:
    """No review is needed: why, and what touches it all the same."""
    return reviews.sent(cast.not_needed(), LONDON)


def _review_taken() -> Card:
    """A word for whoever spoke: that it counts, and what it waits for."""
    review = cast.say(cast.claimed(), ALAN)
    return reviews.taken(review, About(review.id, Does.APPROVE))


def _shown_review() -> Card:
    """All of a review, for one who reviews it."""
    return reviews.shown(cast.with_concerns(), LONDON, may_review=True)


def _shown_review_merged() -> Card:
    """All of a decided one; its ADR is in the library."""
    return reviews.shown(cast.merged(), LONDON)


DAY = date(2026, 11, 24)


def _agenda(*found: Review, over: bool = False) -> Card:
    items = [review_agenda.item_of(each, DAY) for each in found]
    at = cast.for_the_board().sitting
    when = at.at.isoformat() if at else ""
    return review_agenda.agenda_card(
        {"outcome": "board", "day": "2026-11-24", "at": when, "zone": "Europe/London", "items": items, "over": over}
    )


def _review_agenda() -> Card:
    """What the board is to decide, each item with a button to decide it."""
    return _agenda(cast.half_way(), replace(cast.for_the_board(), id="RV-5"))


def _review_minutes() -> Card:
    """The same post after the meeting: what was decided, by whom, under which conditions; what goes to the next one."""
    return _agenda(cast.under_conditions(), cast.put_off(), over=True)


def _review_queue() -> Card:
    """What is open, who has it, what it waits for, how old it is; and how long decisions took lately."""
    found = (cast.with_concerns(), replace(cast.half_way(), id="RV-5"), replace(cast.deferred(), id="RV-6"))
    return review_agenda.queue(found, 9, "", 0, "/arch", ages=(4, 2, 11), cycle=Cycle(14, 3.0, 6.5))


def _review_queue_empty() -> Card:
    """Nothing waits."""
    return review_agenda.queue((), 0, "pending", 0, "", ages=())


EXAMPLES_OF_REVIEWS: Mapping[str, Callable[[], Said]] = MappingProxyType(
    {
        "design_review_form": _review_form,
        "design_review_form_filled_in": _review_form_filled_in,
        "design_review_form_for_the_board": _review_form_for_the_board,
        "design_review_form_with_faults": _review_form_with_faults,
        "design_review_form_of_a_standard": _review_form_of_a_standard,
        "design_review_step_form": _review_step_form,
        "design_review_step_form_conditions": _review_step_form_conditions,
        "design_review_step_form_defer": _review_step_form_defer,
        "design_review_step_form_resolve": _review_step_form_resolve,
        "design_review_step_form_conflict": _review_step_form_conflict,
        "design_review": _review,
        "design_review_with_concerns": _review_with_concerns,
        "design_review_for_the_board": _review_for_the_board,
        "design_review_after_a_conflict": _review_after_a_conflict,
        "design_review_escalated": _review_escalated,
        "design_review_deferred": _review_deferred,
        "design_review_decided": _review_decided,
        "design_review_rejected": _review_rejected,
        "design_review_of_a_standard": _review_of_a_standard,
        "design_review_hostile": _review_hostile,
        "design_review_asked": _review_asked,
        "design_review_asked_decided": _review_asked_decided,
        "design_review_told": _review_told,
        "design_review_told_decided": _review_told_decided,
        "design_review_told_of_a_standard": _review_told_of_a_standard,
        "design_review_reminder": _review_reminder,
        "design_review_reminder_of_a_deferred_one": _review_reminder_of_a_deferred_one,
        "design_review_sent": _review_sent,
        "design_review_sent_not_needed": _review_sent_not_needed,
        "design_review_taken": _review_taken,
        "shown_design_review": _shown_review,
        "shown_design_review_merged": _shown_review_merged,
        "design_review_agenda": _review_agenda,
        "design_review_minutes": _review_minutes,
        "design_review_queue": _review_queue,
        "design_review_queue_empty": _review_queue_empty,
    }
)

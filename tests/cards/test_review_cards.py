"""The cards of reviews: where one stands is drawn from its state, and each offers what can be done then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cards import plain, review_agenda, review_forms, reviews
from bot.cards import review_cast as cast
from bot.cards.announcements import card_of
from bot.cards.examples_of_reviews import DAY, EXAMPLES_OF_REVIEWS
from bot.cards.exception_cast import LONDON
from bot.cards.model import Card, Form
from bot.domain.announcements import Announcement
from bot.domain.review_commands import About, Does, pressed, read_about
from bot.domain.review_forms import terms
from bot.domain.reviews import Review, Wish
from tests.cards.test_exception_cards import HER


def words(card: Card) -> str:
    return " ".join(plain.text(card, width=10_000).split())


def labels(card: Card) -> list[str]:
    return [each.label for each in card.buttons]


def card(review: Review) -> Card:
    return reviews.review_card(cast.facts(review))


@pytest.mark.parametrize(
    ("review", "offered"),
    [
        (
            cast.submitted(),
            ["Claim", "Approve", "Approve with conditions", "Reject", "Raise a concern", "Show"],
        ),
        (cast.claimed(), ["Approve", "Approve with conditions", "Reject", "Defer", "Raise a concern", "Show"]),
        (
            cast.with_concerns(),
            ["Approve", "Approve with conditions", "Reject", "Defer", "Resolve", "Show"],
        ),
        (cast.deferred(), ["Resume", "Show"]),
        (cast.approved(), ["Show"]),
        (cast.rejected(), ["Show"]),
    ],
)
def test_each_state_offers_what_can_be_done_then(review: Review, offered: list[str]) -> None:
    assert labels(card(review)) == offered
    assert sum(each.primary for each in card(review).buttons) == (len(offered) > 1)


def test_buttons_bind_to_the_round_that_was_shown() -> None:
    review = cast.claimed()
    for each in card(review).buttons[:-1]:
        assert read_about(each.about).digest == review.digest
        assert pressed(each.verb, each.about, HER, {}) is not None


def test_what_it_waits_for_comes_first() -> None:
    said = words(card(cast.with_concerns()))
    assert "It waits for 1 open concern and the end of the comment time" in said
    assert said.index("It waits for") < said.index("Description")


def test_an_accepted_change_of_a_standard_is_said_to_be_one() -> None:
    said = words(reviews.told_card(cast.facts(cast.change_accepted())))
    assert "STD-003.12 is to read differently: the change is accepted." in said


def test_an_older_post_sends_to_the_newer_one() -> None:
    older = reviews.review_card(cast.facts(cast.claimed(), newer=True))
    assert labels(older) == ["Show"]
    assert "There is a newer post of this: decide there." in words(older)


def test_all_that_is_offered_to_those_who_review_is_on_the_whole_card() -> None:
    offered = labels(reviews.shown(cast.claimed(), LONDON, may_review=True))
    assert {"Hand over", "Conflict of interest"} <= {*offered}
    assert labels(reviews.shown(cast.claimed(), LONDON)) == ["Raise a concern"]
    assert labels(reviews.shown(cast.deferred(), LONDON, is_asker=True)) == ["Resume", "Withdraw"]


def test_an_agenda_becomes_the_minutes_when_all_of_it_is_decided() -> None:
    items = [review_agenda.item_of(cast.under_conditions(), DAY)]
    made = review_agenda.agenda_card({"outcome": "board", "day": "2026-11-24", "items": items})
    assert made.title == "Minutes of the board on 24 November 2026"
    assert "Condition: “Write the runbook for dead letters.” · pat@example.org, by 11 December 2026" in words(made)
    assert made.buttons == ()


@pytest.mark.parametrize("topic", ["review_card", "review_asked", "review_told", "review_reminder"])
@pytest.mark.parametrize("name", ["submitted", "half_way", "deferred", "merged", "not_needed", "put_off"])
def test_every_announcement_draws_every_state(topic: str, name: str) -> None:
    review = getattr(cast, name)()
    made = card_of(Announcement("RV-3:x", "RV-3", topic, cast.facts(review)))
    assert made.summary
    assert labels(made)[-1] == "Show"


def test_the_form_says_what_the_matrix_makes_of_the_answers_so_far() -> None:
    some = replace(cast.WISH, answers={"scope": "organisation"})
    made = review_forms.review_form(some, terms(some, cast.RULES), cast.RULES)
    said = repr(made.blocks)
    assert "Light review so far" in said
    assert "Still to be answered: reversible, spend." in said
    assert "No review so far" in repr(review_forms.review_form(Wish(), terms(Wish(), cast.RULES), cast.RULES).blocks)


def test_titles_of_forms_fit_the_platforms() -> None:
    review = replace(cast.with_concerns(), id="RV-123456")
    for does in Does:
        form = review_forms.step_form(review, About(review.id, does, review.digest), {})
        assert len(form.title) <= 24, form.title
    assert all(len(each.title) <= 24 for make in EXAMPLES_OF_REVIEWS.values() if isinstance(each := make(), Form))

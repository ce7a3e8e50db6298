"""What is typed and pressed about reviews becomes a wish, or is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.commands import CHANGES, LOOKS, Ask, Command, pressed, understand
from bot.domain.people import Account
from bot.domain.review_commands import (
    About,
    Does,
    ListReviews,
    OpenReviewForm,
    OpenReviewStep,
    RequestReview,
    ShowReview,
    TakeReviewStep,
    read_about,
    review_id,
)
from bot.errors import OutdatedButton

BY = Account("slack", "U1")


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("review", OpenReviewForm(BY)),
        ("Review STD-001", OpenReviewForm(BY, "STD-001")),
        ("reviews", ListReviews(BY)),
        ("reviews mine", ListReviews(BY, "mine")),
        ("reviews service:checkout api", ListReviews(BY, "service:checkout api")),
        ("show rv-003", ShowReview(BY, "RV-3")),
        ("review of our broker?", Ask(BY, "review of our broker?")),
        ("reviews of last week", Ask(BY, "reviews of last week")),
        ("show RV-0", Ask(BY, "show RV-0")),
    ],
)
def test_a_line_is_a_wish_only_when_all_of_it_parses(line: str, wish: Command) -> None:
    assert understand(line, BY, lambda id_: id_ == "STD-001") == wish


@pytest.mark.parametrize(
    ("verb", "about", "wish"),
    [
        ("review_form", "STD-001", OpenReviewForm(BY, "STD-001")),
        ("review_text_form", "Words.", OpenReviewForm(BY, text="Words.")),
        ("review_request", "", RequestReview(BY, {})),
        ("review_step_form", "RV-3 approve 3f1c", OpenReviewStep(BY, About("RV-3", Does.APPROVE, "3f1c"))),
        ("review_step", "RV-3 resolve - 2", TakeReviewStep(BY, About("RV-3", Does.RESOLVE, "", 2))),
        ("review_show", "RV-3", ShowReview(BY, "RV-3")),
        ("reviews", "service:a@b@8", ListReviews(BY, "service:a@b", 8)),
    ],
)
def test_a_button_is_a_wish(verb: str, about: str, wish: Command) -> None:
    assert pressed(verb, about, BY) == wish


@pytest.mark.parametrize("about", ["", "RV-3", "RV-3 eat", "EX-3 approve", "RV-x approve"])
def test_what_no_button_of_ours_carries_is_refused(about: str) -> None:
    with pytest.raises(OutdatedButton):
        pressed("review_step", about, BY)


def test_what_changes_something_is_told_from_what_looks() -> None:
    assert {RequestReview, TakeReviewStep} <= {*CHANGES}
    assert {OpenReviewForm, OpenReviewStep, ShowReview, ListReviews} <= {*LOOKS}


@given(st.text(max_size=30))
def test_an_id_is_written_one_way(text: str) -> None:
    found = review_id(text)
    assert not found or review_id(found) == found


@given(st.sampled_from(list(Does)), st.integers(0, 99), st.sampled_from(["", "3f1c99d0a1b2c3d4"]))
def test_what_a_button_carries_is_read_back(does: Does, number: int, digest: str) -> None:
    about = About("RV-3", does, digest, number)
    assert read_about(str(about)) == about

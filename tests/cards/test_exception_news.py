"""What is said unasked of exception requests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.cards import exception_cast as cast
from bot.cards import exception_news as news
from bot.cards import plain
from bot.cards.announcements import card_of
from bot.cards.model import Card
from bot.domain import waivers
from bot.domain.announcements import Announcement
from bot.domain.exception_commands import About, Does, read_about
from bot.domain.exception_requests import ExceptionRequest

TOPICS = (
    "exception_review",
    "exception_asked",
    "exception_told",
    "exception_reminder",
    "exception_expiry",
    "exception_condition",
    "exception_reworded",
)


def labels(card: Card) -> list[str]:
    return [button.label for button in card.buttons]


def text(card: Card) -> str:
    return " ".join(plain.text(card, width=10_000).split())


def met() -> ExceptionRequest:
    return waivers.meet(cast.in_force(), 1, cast.GRACE, "OPS-1", cast.MONDAY + timedelta(days=1)).request


def reworded() -> ExceptionRequest:
    step = waivers.reworded(cast.in_force(), cast.REWORDED)
    assert step
    return step.request


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("request_", cast.several(), ids=lambda request: request.id)
def test_every_topic_has_something_to_say_of_every_state(topic: str, request_: ExceptionRequest) -> None:
    """An announcement is drawn anew as its request is then, whatever has become of it."""
    facts = cast.facts(request_, number=1, today="2026-11-24")
    card = card_of(Announcement("k", request_.id, topic, facts))
    assert card.name == topic
    assert request_.id in card.summary
    assert sum(button.primary for button in card.buttons) <= 1


def test_rooms_hear_how_it_ended_and_can_only_look() -> None:
    card = news.told_card(cast.facts(cast.in_force()))
    assert text(card).startswith("EX-7 · Approved with conditions by Alan Turing, Pat Lee and Sam Okafor")
    assert labels(card) == ["Show"]


def test_a_reminder_names_the_open_seats_since_when_and_until_when() -> None:
    card = news.reminder_card(cast.facts(cast.half_way()))
    assert "EX-7 waits for security, until 30 November 2026, 10:12 GMT." in text(card)
    assert "Open since 23 November 2026, 10:12 GMT · undecided, it lapses on 21 December 2026" in text(card)
    settled = news.reminder_card(cast.facts(cast.in_force()))
    assert settled.summary == "EX-7 waits for nobody any more. Approved with conditions, in force."


def test_a_warning_says_how_soon_and_offers_to_renew() -> None:
    facts = cast.facts(cast.approved())
    card = news.expiry_card({**facts, "today": "2027-02-19"})
    assert (card.summary, labels(card)) == (
        "EX-7 ends in 7 days, on 26 February 2027.",
        ["Renew", "Remedied", "Show"],
    )
    assert "tomorrow, on" in news.expiry_card({**facts, "today": "2027-02-25"}).summary
    assert "ends on 26 February" in news.expiry_card(facts).summary


def test_the_end_says_that_the_clause_holds_again() -> None:
    card = news.expiry_card(cast.facts(cast.fallen_due(cast.approved(), "expire:2027-02-26")))
    assert "EX-7 has expired: the exception to STD-003.12 for checkout in production holds no longer." in text(card)
    assert labels(card) == ["Renew", "Show"]
    revoked = news.expiry_card(cast.facts(cast.fallen_due(cast.granted(), "second_look")))
    assert "The second look did not come in time." in text(revoked)


def test_a_waiver_that_is_followed_only_ends() -> None:
    step = waivers.follow(cast.approved(), "EX-9", cast.MONDAY + timedelta(days=9))
    assert step
    card = news.expiry_card(cast.facts(step.request, today="2027-02-25"))
    assert (card.summary, labels(card)) == ("EX-7 ends tomorrow, on 26 February 2027. EX-9 follows it.", ["Show"])


def test_whoever_sees_to_a_condition_can_say_that_it_is_done() -> None:
    card = news.condition_card(cast.facts(cast.in_force(), number=2))
    assert card.summary == "You are to see to condition 2 of EX-7, by 5 December 2026."
    assert read_about(card.buttons[0].about) == About("EX-7", Does.MEET, number=2)
    assert "│ Report the reads every month. Set by Sam Okafor for grace@example.org · OB-41" in text(card)


def test_a_condition_that_is_met_or_not_wanted_any_more_has_no_button_but_show() -> None:
    assert labels(news.condition_card(cast.facts(met(), number=1))) == ["Show"]
    over = waivers.remedy(cast.in_force(), cast.GRACE, "OPS-1", cast.MONDAY + timedelta(days=2)).request
    card = news.condition_card(cast.facts(over, number=1))
    assert (card.summary, labels(card)) == ("Condition 1 of EX-7 is not wanted any more. Remedied.", ["Show"])
    assert labels(news.condition_card(cast.facts(cast.overdue(), number=1))) == ["Done", "Show"]


def test_a_reworded_clause_is_shown_then_and_now_and_when_it_is_as_it_was() -> None:
    said = text(news.reworded_card(cast.facts(reworded())))
    assert "STD-003.12 reads differently now than when EX-7 was asked for." in said
    assert "{+and file shares+}" in said
    assert "EX-7 is in force until 26 February 2027" in said
    assert "reads again as it did" in news.reworded_card(cast.facts(cast.in_force())).summary


def test_a_superseded_standard_lists_what_stands_against_it() -> None:
    lines = [news.line_of(each) for each in cast.several()]
    card = news.superseded_card({"id": "STD-003", "status": "superseded", "waivers": lines * 3, "pending": lines[:1]})
    assert card.summary == "STD-003 is superseded, and has 18 exceptions in force and 1 request pending."
    assert "EX-12 · STD-003.12 · checkout · until 26 February 2027 · asked by Grace Hopper" in text(card)
    assert "and 6 more" in text(card)
    settled = news.superseded_card({"id": "STD-003", "status": "superseded"})
    assert settled.summary == "STD-003 is superseded, and has no exceptions any more."

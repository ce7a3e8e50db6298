"""The cards of exception requests: where one stands is drawn from its state, and each offers what can be done then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.cards import exception_cast as cast
from bot.cards import exceptions, plain
from bot.cards.announcements import SAY, card_of
from bot.cards.model import Button, Card, Place
from bot.domain import waivers
from bot.domain.absences import away
from bot.domain.announcements import Announcement
from bot.domain.exception_commands import About, Does, pressed, read_about, read_origin
from bot.domain.exception_register import Proof
from bot.domain.exception_requests import Choice, ExceptionRequest
from bot.domain.people import Account

HER = Account("slack", "U1", "T1")


def review(request: ExceptionRequest, **facts: object) -> Card:
    return exceptions.review_card(cast.facts(request, **facts))


def labels(card: Card) -> list[str]:
    return [button.label for button in card.buttons]


def button(card: Card, label: str) -> Button:
    return next(each for each in card.buttons if each.label == label)


def text(card: Card) -> str:
    return " ".join(plain.text(card, width=10_000).split())


def test_what_is_asked_stands_first_with_who_is_still_to_speak() -> None:
    first = plain.text(review(cast.submitted()), width=10_000).splitlines()
    assert first[0] == "EX-7 · exception to STD-003.12"
    assert first[2] == (
        "Grace Hopper asks for an exception to STD-003.12 for checkout in production until 26 February 2027. Moderate risk."
    )
    assert first[3] == "It waits for architect, platform and security, until 30 November 2026, 10:12 GMT."


def test_seats_say_who_has_spoken_and_for_whom() -> None:
    said = text(review(cast.half_way()))
    assert "architect: Alan Turing approves" in said
    assert "platform: Ada Byron for Pat Lee approves with conditions" in said
    assert "security: open" in said
    assert "It waits for security," in said


def test_while_it_is_open_all_four_decisions_are_offered_and_bound_to_what_was_read() -> None:
    request = cast.half_way()
    card = review(request)
    assert labels(card) == ["Approve", "Approve with conditions", "Ask for changes", "Decline", "Show"]
    approve = button(card, "Approve")
    assert (approve.verb, approve.primary, approve.form) == ("exception_step", True, False)
    deciding = card.buttons[:4]
    assert [read_about(each.about) for each in deciding] == [
        About("EX-7", does, request.digest)
        for does in (Does.APPROVE, Does.APPROVE_WITH_CONDITIONS, Does.ASK_FOR_CHANGES, Does.DECLINE)
    ]
    assert [(each.verb, each.form) for each in card.buttons[1:4]] == [("exception_step_form", True)] * 3


def test_formal_acceptance_opens_a_form_and_an_emergencys_first_voice_needs_none() -> None:
    high = button(review(cast.submitted(answers=cast.HIGH, until=date(2027, 2, 19))), "Approve")
    assert (high.verb, high.form, high.primary) == ("exception_step_form", True, True)
    urgent: dict[str, Any] = {
        "answers": cast.HIGH,
        "emergency": True,
        "emergency_reason": "The till.",
        "until": date(2026, 11, 30),
    }
    first = button(review(cast.submitted(**urgent)), "Approve")
    assert (first.verb, first.form) == ("exception_step", False)


def test_a_second_look_says_that_it_is_in_force_and_until_when_it_must_come() -> None:
    said = text(review(cast.granted()))
    assert (
        "It is in force already, granted in an emergency by Ada Byron. Without a second look until 26 November 2026, 10:42 GMT it is revoked."
        in said
    )
    assert labels(review(cast.granted()))[:4] == ["Approve", "Approve with conditions", "Ask for changes", "Decline"]


def test_an_overdue_condition_asks_to_keep_or_to_revoke() -> None:
    card = review(cast.overdue())
    assert labels(card) == ["Keep", "Revoke", "Show"]
    assert (button(card, "Keep").verb, button(card, "Keep").primary) == ("exception_step", True)
    assert (button(card, "Revoke").verb, button(card, "Revoke").form) == ("exception_step_form", True)
    assert "Keep it or revoke it?" in text(card)


OVERDUE = [
    review(cast.overdue()),
    exceptions.asked_card(cast.facts(cast.overdue())),
    exceptions.shown(cast.overdue(), cast.LONDON),
    exceptions.receipt(cast.overdue(), (), cast.LONDON),
    SAY["exception_told"](cast.facts(cast.overdue())),
    SAY["exception_condition"](cast.facts(cast.overdue(), number=1)),
    exceptions.register([cast.overdue()], 1, "", 0, ""),
]


@pytest.mark.parametrize("card", OVERDUE, ids=lambda card: card.name)
def test_an_overdue_condition_is_flagged_everywhere(card: Card) -> None:
    assert "overdue" in text(card)


DECIDED = {
    "Approved by Alan Turing, Pat Lee and Sam Okafor on 24 November 2026, in force until 26 February 2027.": cast.approved(),
    "Approved with conditions by Alan Turing, Pat Lee and Sam Okafor on 24 November 2026": cast.in_force(),
    "Declined by Sam Okafor on 23 November 2026.": cast.say(
        cast.submitted(), cast.SAM, Choice.DECLINE, words="Use the relay."
    ),
    "Lapsed on 21 December 2026: nobody decided in time.": cast.fallen_due(cast.submitted(), "lapse:1"),
    "Revoked on 26 November 2026. It was granted in an emergency, and its second look did not come in time.": (
        cast.fallen_due(cast.granted(), "second_look")
    ),
    "Expired on 26 February 2027. Approved by": cast.fallen_due(cast.approved(), "expire:2027-02-26"),
    "Revoked by Sam Okafor on 2 December 2026. Approved by": waivers.revoke(
        cast.approved(), cast.SAM, "It was readable.", cast.MONDAY + timedelta(days=9)
    ).request,
    "Remedied on 2 December 2026. Approved by": waivers.remedy(
        cast.approved(), cast.GRACE, "OPS-1", cast.MONDAY + timedelta(days=9)
    ).request,
}


@pytest.mark.parametrize("sentence", DECIDED)
def test_a_decided_request_names_who_decided_and_lets_nobody_decide_again(sentence: str) -> None:
    card = review(DECIDED[sentence])
    assert text(card).startswith(f"EX-7 · exception to STD-003.12 {sentence}")
    assert labels(card) == ["Show"]


def test_words_of_people_are_quoted_and_never_ours() -> None:
    """ "Approved by CTO" in a reason stands in a quote, whatever it looks like, and no sentence of ours says so."""
    claim = "Approved by CTO.\n\nStatus: approved by everybody."
    request = cast.submitted(reason=claim, compensating_controls=claim, remediation=claim)
    rows = plain.text(review(request), width=200).splitlines()
    assert [row for row in rows if "CTO" in row] == ["│ Approved by CTO."] * 3
    assert [row for row in rows if "everybody" in row] == ["│ Status: approved by everybody."] * 3


def test_a_condition_cannot_close_its_quotation_marks() -> None:
    demand = replace(cast.demands(1)[0], text="Rotate.” · met on 1 May 2026 “")
    request = cast.say(cast.submitted(answers=cast.LOW), cast.ADA, Choice.APPROVE_WITH_CONDITIONS, demands=(demand,))
    assert "“Rotate.' · met on 1 May 2026 '” · grace@example.org, by 4 December 2026" in text(review(request))


def test_the_rule_is_named_and_that_the_file_has_changed() -> None:
    card = review(cast.submitted(), rules_changed=True)
    assert "by decide.moderate of governance.yaml, 3f1c9ab2…" in text(card)
    assert "the earlier rule holds until it is sent again" in text(card)
    assert "the earlier rule" not in text(review(cast.submitted()))


def test_what_a_resubmission_changed_stands_word_by_word() -> None:
    said = text(review(cast.resubmitted()))
    assert "Until: [-26 February 2027-] {+19 February 2027+}" in said
    assert "Compensating controls · changed │ The bucket holds tokens only" in said
    assert "readable from [-one subnet,-] {+10.20.4.0/24,+}" in said


def test_precedents_are_named_with_how_they_ended() -> None:
    card = review(cast.submitted(), precedents=cast.PRECEDENTS * 2, waivers=cast.BESIDE * 5, inconsistent="Odd.")
    said = text(card)
    assert said.count("EX-5 · STD-003.12 · search · declined by Ada Byron at low risk") == 1
    assert said.count("EX-3 · STD-003.12 · billing · approved with conditions by") == 2
    assert "! Odd." in said
    assert "EX-3 for billing until 31 December 2026 and 2 more." in said


def test_a_reworded_clause_shows_both_wordings() -> None:
    step = waivers.reworded(cast.in_force(), cast.REWORDED)
    assert step
    said = text(exceptions.shown(step.request, cast.LONDON))
    assert "The clause reads differently now" in said
    assert "[-of the platform's KMS.-] {+that is rotated every ninety days.+}" in said
    assert cast.CLAUSE.text in text(exceptions.receipt(step.request, (), cast.LONDON))


def test_a_newer_post_is_where_one_decides() -> None:
    assert labels(review(cast.resubmitted(), newer=True)) == ["Show"]
    assert labels(exceptions.asked_card(cast.facts(cast.submitted(), newer=True))) == ["Show"]


@pytest.mark.parametrize(
    ("request_", "wanted", "primary"),
    [
        (cast.submitted(), ["Withdraw", "Show"], None),
        (cast.changes_asked(), ["Change and send again", "Withdraw", "Show"], "Change and send again"),
        (cast.in_force(), ["Renew", "Remedied", "Show"], None),
        (cast.granted(), ["Remedied", "Show"], None),
        (cast.fallen_due(cast.approved(), "expire:2027-02-26"), ["Renew", "Show"], "Renew"),
        (cast.fallen_due(cast.submitted(), "lapse:1"), ["Request an exception", "Show"], None),
    ],
    ids=["pending", "changes asked", "in force", "emergency", "expired", "lapsed"],
)
def test_the_asker_is_offered_what_they_can_do_then(
    request_: ExceptionRequest, wanted: list[str], primary: str | None
) -> None:
    card = exceptions.asked_card(cast.facts(request_))
    assert labels(card) == wanted
    assert next((each.label for each in card.buttons if each.primary), None) == primary


def test_sending_again_and_renewing_open_the_form_of_that_request() -> None:
    again = button(exceptions.asked_card(cast.facts(cast.changes_asked())), "Change and send again")
    origin = read_origin(again.about)
    assert (again.verb, again.form) == ("exception_origin_form", True)
    assert (origin.resubmits, origin.digest) == ("EX-7", cast.changes_asked().digest)
    renew = button(exceptions.asked_card(cast.facts(cast.in_force())), "Renew")
    assert (renew.verb, read_origin(renew.about).renews) == ("exception_origin_form", "EX-7")


def test_what_a_card_offers_depends_on_who_looks() -> None:
    pending, running = cast.half_way(), cast.in_force()
    assert labels(exceptions.shown(pending, cast.LONDON)) == ["Receipt"]
    assert labels(exceptions.shown(pending, cast.LONDON, is_asker=True, may_decide=True)) == ["Withdraw", "Receipt"]
    assert labels(exceptions.shown(pending, cast.LONDON, may_decide=True))[0] == "Approve"
    assert labels(exceptions.shown(running, cast.LONDON, may_revoke=True)) == ["Revoke", "Receipt"]
    assert labels(exceptions.shown(cast.overdue(), cast.LONDON, may_decide=True, may_revoke=True)) == [
        "Keep",
        "Revoke",
        "Receipt",
    ]


def test_long_reasons_are_cut_and_show_has_all_of_them() -> None:
    request = cast.submitted(reason="word " * 300 + "end.")
    assert "end." not in text(review(request))
    assert "Show" in labels(review(request))
    assert "end." in text(exceptions.shown(request, cast.LONDON))


def test_the_receipt_has_the_words_the_people_the_rule_and_the_proof() -> None:
    proof = Proof(1204, cast.MONDAY, "exception_request.condition_met", "ab" * 32)
    request = cast.say(cast.submitted(answers=cast.HIGH, until=date(2027, 2, 19)), cast.SAM, acceptance="I accept it.")
    said = text(exceptions.receipt(request, [proof], cast.LONDON))
    for words in (
        cast.CLAUSE.text,
        "Sam Okafor (sam@example.org), security · Approve · 23 November 2026, 12:12 GMT",
        "Sam Okafor accepted the risk in these words: │ I accept it.",
        f"decide.high of governance.yaml {cast.RULES.revision}",
        f"1204 · Condition met · 23 November 2026, 10:12 GMT · {'ab' * 8}",
        request.digest,
    ):
        assert words in said


def test_whoever_acted_is_told_what_counts_and_what_comes_next() -> None:
    said = {
        does: exceptions.taken(request, About("EX-7", does, number=1)).summary
        for does, request in (
            (Does.APPROVE_WITH_CONDITIONS, cast.half_way()),
            (Does.APPROVE, cast.approved()),
            (Does.MEET, cast.in_force()),
            (Does.WITHDRAW, cast.submitted()),
        )
    }
    assert said[Does.APPROVE_WITH_CONDITIONS] == (
        "Your “Approve with conditions” on EX-7 counts. It still waits for security."
    )
    assert said[Does.APPROVE] == "Your “Approve” on EX-7 counts. Approved, in force."
    assert said[Does.MEET] == "Thank you. Condition 1 of EX-7 is met."
    assert said[Does.WITHDRAW] == "EX-7 is withdrawn. Those who were asked are told."
    assert "until 30 November 2026" in text(exceptions.sent(cast.submitted(), cast.LONDON))


def test_the_register_pages_forth_and_back() -> None:
    found = [replace(cast.submitted(), id=f"EX-{n}") for n in range(30, 20, -1)]
    first = exceptions.register(found, 25, "pending", 0, "/arch")
    assert (labels(first), first.place) == (["More"], Place.BESIDE)
    more = pressed("exceptions", button(first, "More").about, HER, {})
    assert more == pressed("exceptions", "pending@10", HER, {})
    last = exceptions.register(found[:5], 25, "pending", 20, "/arch")
    assert (labels(last), last.place) == (["Back"], Place.INSTEAD)
    assert button(last, "Back").about == "pending@10"
    assert "25 requests, 21 to 25" in text(last)
    assert "/arch show EX-30" in text(first)


def test_the_register_says_how_soon_a_waiver_ends() -> None:
    soon = exceptions.register([cast.approved()], 1, "expiring", 0, "", today=date(2027, 2, 25))
    assert "until 26 February 2027 (1 day left)" in text(soon)


def test_absences_say_who_speaks() -> None:
    absence = away(cast.ADA.as_person, date(2026, 12, 4), cast.ALAN.as_person, cast.MONDAY, cast.RULES.calendar)
    card = exceptions.away_card(absence, "/arch", stands_in=[replace(absence, of=cast.PAT.as_person)])
    assert "You are away until 4 December 2026. Alan Turing speaks for you meanwhile." in text(card)
    assert "You speak for Pat Lee until 4 December 2026." in text(card)
    assert exceptions.away_card(None).summary == "You are not away."


def test_an_announcement_from_a_zone_that_is_not_known_here_is_told_in_utc() -> None:
    facts = {**cast.facts(cast.submitted()), "zone": "Mars/Olympus"}
    assert "until 30 November 2026, 10:12 UTC" in text(card_of(Announcement("k", "EX-7", "exception_review", facts)))

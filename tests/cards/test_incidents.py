"""The cards of incidents: old text stays to be seen, one thing is to be done first, nobody's words act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.cards import adaptive_cards, block_kit, incident_forms, incidents, plain
from bot.cards.announcements import card_of
from bot.cards.examples_of_incidents import (
    ACCEPTED,
    CLOSED,
    DUE,
    EXAMPLES_OF_INCIDENTS,
    FIREWALL,
    LONDON,
    OPEN,
    ROLLBACK,
    hostile,
)
from bot.cards.exception_cast import RULES
from bot.cards.model import Added, Card, Form, Quote, Removed
from bot.domain.announcements import Announcement
from bot.domain.exception_forms import FieldFault
from bot.domain.incident_commands import About, Does, pressed, read_about
from bot.domain.incident_steps import MOST_WAIVED
from bot.domain.incidents import Incident, written
from tests.cards.test_exception_cards import HER
from tests.cards.test_hostile_texts import ATTACKS

Strings = Callable[[Any], list[tuple[str, str]]]


def facts(incident: Incident, **more: Any) -> dict[str, Any]:
    return {"incident": written(incident), "zone": "Europe/London", **more}


def words(card: Card) -> str:
    return " ".join(plain.text(card, width=10_000).split())


def labels(card: Card) -> list[str]:
    return [each.label for each in card.buttons]


def form(does: Does, number: int = 0, **values: str) -> Form:
    return incident_forms.step_form(OPEN, About("INC-12", does, number), values, RULES)


def value(drawn: Form, name: str) -> str:
    return next(each.value for each in drawn.fields if each.name == name)


def test_what_a_decision_said_before_it_was_corrected_stays_on_both_its_cards() -> None:
    for card in (incidents.bridge_card(facts(OPEN)), incidents.decision_card(facts(OPEN, number=1))):
        said = words(card)
        assert "[-Roll back: Roll back checkout to release 39.-]" in said
        assert said.index("release 39") < said.index("{+Roll back: Roll back checkout to release 40.+}")


def test_a_corrected_reason_and_risk_show_what_they_were() -> None:
    drawn = EXAMPLES_OF_INCIDENTS["incident_decision_corrected_twice"]()
    assert isinstance(drawn, Card)
    (why,) = [each for each in drawn.blocks if isinstance(each, Quote)]
    assert why.line == (Removed("It does not answer."), " ", Added(FIREWALL.rationale))
    assert "[-high-] {+moderate+}" in words(drawn)


def test_a_correction_of_the_reason_alone_does_not_repeat_the_statement() -> None:
    (before,) = ROLLBACK.earlier
    decision = replace(ROLLBACK, earlier=(replace(before, statement=ROLLBACK.statement, rationale="No reason yet."),))
    said = words(incidents.decision_card(facts(replace(OPEN, decisions=(decision,)), number=1)))
    assert said.count("Roll back checkout to release 40.") == 1
    assert "[-No reason yet.-]" in said


def test_an_open_incident_asks_first_for_its_next_decision() -> None:
    for card in (incidents.bridge_card(facts(OPEN)), incidents.shown(OPEN, DUE, LONDON)):
        assert labels(card) == ["Record decision", "Add a follow-up", "Hand over", "Timeline", "Close"]
        assert [each.label for each in card.buttons if each.primary] == ["Record decision"]


def test_on_a_closed_one_nothing_is_decided_any_more() -> None:
    for card in (incidents.bridge_card(facts(CLOSED)), incidents.shown(CLOSED, DUE, LONDON)):
        assert not {"Record decision", "Hand over", "Close"} & {*labels(card)}
        assert "Timeline" in labels(card)
        assert CLOSED.summary in words(card)


def test_a_risk_is_assessed_only_while_that_is_owed() -> None:
    owed = incidents.decision_card(facts(OPEN, number=2))
    assert [each.label for each in owed.buttons if each.primary] == ["Assess the risk"]
    assert "Assess the risk" not in labels(incidents.decision_card(facts(CLOSED, number=2)))
    assert "Assess the risk" not in labels(incidents.decision_card(facts(OPEN, number=3)))


def test_of_many_decisions_the_last_are_listed_and_the_others_counted() -> None:
    many = tuple(replace(ACCEPTED, number=number, statement=f"Move shard {number}.") for number in range(1, 41))
    said = words(incidents.bridge_card(facts(replace(OPEN, decisions=many))))
    assert "28 earlier decisions: press Timeline." in said
    assert "Move shard 28." not in said
    assert "Move shard 29." in said
    assert "Move shard 40." in said


def test_a_decision_of_a_later_day_says_which_day() -> None:
    late = replace(ACCEPTED, at=ACCEPTED.at + timedelta(days=2))
    said = words(incidents.bridge_card(facts(replace(OPEN, decisions=(ROLLBACK, late)))))
    assert "(Pat Lee, 02:23)" in said
    assert "(Sam Ortiz, 4 December 2026, 02:54 GMT)" in said


def test_what_a_clause_that_is_set_aside_waits_for_is_said() -> None:
    said = words(incidents.bridge_card(facts(OPEN)))
    assert "STD-004.11 is set aside: EX-31 asks for it." in said
    assert "ask for the exception by hand" in said


def test_a_button_of_a_decision_carries_what_it_said() -> None:
    for number in (1, 2, 3):
        card = incidents.decision_card(facts(OPEN, number=number))
        decision = OPEN.decision(number)
        assert decision
        for each in card.buttons:
            assert pressed(each.verb, each.about, HER, {}) is not None
            if each.form:
                about = read_about(each.about)
                assert (about.id, about.number, about.digest) == ("INC-12", number, decision.digest)


def test_a_correction_begins_with_what_the_decision_says() -> None:
    drawn = form(Does.CORRECT, 2)
    assert value(drawn, "kind") == "emergency_change"
    assert value(drawn, "statement") == FIREWALL.statement
    assert value(drawn, "rationale") == FIREWALL.rationale
    assert value(drawn, "risk") == "moderate"
    assert value(form(Does.CORRECT, 2, statement="Other."), "statement") == "Other."


def test_all_clauses_that_a_decision_may_set_aside_fit_into_its_form() -> None:
    (waives,) = [each for each in form(Does.DECIDE).fields if each.name == "waives"]
    assert waives.lines
    assert waives.most >= len(", ".join(["STD-0004-transport.12"] * MOST_WAIVED))


def test_the_risk_is_asked_for_by_the_questions_of_the_rules() -> None:
    names = [each.name for each in form(Does.ASSESS, 2).fields]
    assert names == [*(f"risk:{each}" for each in RULES.risk.questions), "mitigations"]


def test_what_is_wrong_stands_beside_its_field_or_on_top() -> None:
    faults = [FieldFault("statement", "Say what is decided."), FieldFault("other", "Something else.")]
    drawn = incident_forms.step_form(OPEN, About("INC-12", Does.DECIDE), {}, RULES, faults=faults)
    assert drawn.faults == {"statement": "Say what is decided."}
    assert len(drawn.blocks) == 1


@pytest.mark.parametrize("does", list(Does))
def test_every_form_can_be_opened_and_sent_and_has_a_short_title(does: Does) -> None:
    drawn = form(does, 2)
    assert len(drawn.title) <= 24
    assert pressed(drawn.verb, drawn.about, HER, {}) is not None
    assert drawn.opener
    assert pressed(drawn.opener.verb, drawn.opener.about, HER, {}) is not None


def test_a_long_timeline_is_cut_at_a_line_and_says_so() -> None:
    text = "\n".join(f"- line {number}" for number in range(2_000))
    card = incidents.timeline(OPEN, text, as_json=False)
    assert "This is the beginning of it" in words(card)
    assert labels(card) == ["JSON"]
    assert labels(incidents.timeline(OPEN, "{}", as_json=True)) == ["Markdown"]
    assert "beginning" not in words(incidents.timeline(OPEN, "{}", as_json=True))


@pytest.mark.parametrize("topic", ["incident_bridge", "incident_told", "incident_decision"])
def test_what_is_announced_is_one_of_these_cards(topic: str) -> None:
    card = card_of(Announcement("a", "INC-12", topic, facts(OPEN, number=2)))
    assert card.name == topic


@pytest.mark.parametrize("text", ATTACKS)
def test_nobody_s_words_act(text: str, strings: Strings) -> None:
    incident = hostile(text)
    told = facts(incident, number=2)
    for card in (
        incidents.bridge_card(told),
        incidents.told_card(told),
        incidents.decision_card(told),
        incidents.shown(incident, DUE, LONDON),
        incidents.opened(incident),
        incidents.taken(incident, About("INC-12", Does.FOLD, 2), 2),
        incidents.timeline(incident, text, as_json=False),
    ):
        message = block_kit.message(card)
        assert not set(message["text"]) & set("<>*~`")
        assert "mrkdwn" not in {each for _, each in strings(message["blocks"])}
        drawn = adaptive_cards.card(card)
        assert drawn["msteams"] == {"width": "Full"}
        kinds = {kind for name, kind in strings(drawn["body"]) if name == "type"}
        assert not {kind for kind in kinds if kind.startswith("Action.")}

"""The forms of exception requests: risk and seats before they are sent, what is wanted by risk, faults beside their fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.cards import block_kit, plain
from bot.cards import exception_cast as cast
from bot.cards.exception_forms import CLAUSES, request_form, step_form
from bot.cards.model import Card, Choice, Field, Form
from bot.domain.exception_commands import About, Does, OpenExceptionForm, Origin, RequestException, pressed, read_origin
from bot.domain.exception_forms import LABELS, FieldFault, Wish, filled_in, terms
from bot.domain.exception_requests import ExceptionRequest
from bot.domain.exception_submissions import LOCKED, renewal_of
from bot.domain.people import Account

HER = Account("slack", "U1", "T1")
EMPTY = Wish(None, None)


def form(wish: Wish, origin: Origin | None = None, **more: Any) -> Form:
    return request_form(wish, terms(wish, cast.RULES), cast.RULES, cast.TODAY, origin or Origin(), **more)


def named(what: Form, name: str) -> Field:
    return next(field for field in what.fields if field.name == name)


def above(what: Form) -> str:
    return " ".join(plain.text(Card("any", "", what.blocks), width=10_000).split())


def test_the_fields_stand_in_their_order_under_their_labels() -> None:
    fields = [(field.name, field.label) for field in form(replace(cast.WISH, emergency=True)).fields]
    assert fields == [
        ("target", "Clause or standard"),
        ("service", "Service"),
        ("environment", "Environment"),
        ("tier", "Tier"),
        ("risk:exposure", "exposure"),
        ("risk:data", "data"),
        ("until", "Until"),
        ("reason", "Reason"),
        ("compensating_controls", "Compensating controls"),
        ("remediation", "Remediation plan"),
        ("remedied_by", "Remedied by"),
        ("links", "Links"),
        ("emergency", "Emergency"),
        ("emergency_reason", "Reason for the emergency"),
    ]


def test_no_label_of_the_domain_is_left_out() -> None:
    assert set(LABELS) <= {field.name for field in form(replace(cast.WISH, emergency=True)).fields}


def test_what_was_filled_in_comes_back_as_it_was() -> None:
    shown = form(replace(cast.WISH, emergency=True, emergency_reason="The till."))
    values = {field.name: field.value for field in shown.fields}
    wish = filled_in(values, cast.CLAUSE)
    assert (wish.answers, wish.links, wish.until) == (cast.WISH.answers, cast.WISH.links, cast.WISH.until)
    assert replace(wish, emergency=False, emergency_reason="") == cast.WISH


def test_risk_seats_and_the_last_day_are_shown_before_it_is_sent() -> None:
    said = above(form(cast.WISH))
    assert "Moderate risk: decided by architect, platform and security, within 5 business days." in said
    assert "It may run for 120 days at most: until 23 March 2027." in said
    assert named(form(cast.WISH), "until").help == "At the latest 23 March 2027."


def test_while_questions_are_open_the_risk_is_that_so_far() -> None:
    said = above(form(EMPTY))
    assert "Low risk so far: decided by architect, within 2 business days." in said
    assert "Still to be answered: exposure, data, tier." in said


def test_a_standard_that_raises_the_risk_is_named() -> None:
    said = above(form(replace(cast.WISH, target=replace(cast.CLAUSE, risk="high", seats=("platform",)))))
    assert "High risk: decided by security, director and platform, within 5 business days." in said
    assert "By the answers it would be moderate: STD-003 raises it." in said
    assert "in a typed sentence" in said


def test_fields_are_mandatory_by_risk() -> None:
    def wanted(wish: Wish) -> set[str]:
        return {field.name for field in form(wish).fields if not field.optional}

    low = replace(cast.WISH, answers=cast.LOW)
    always = {"target", "tier", "risk:exposure", "risk:data", "until", "reason", "emergency"}
    assert wanted(low) == always
    assert wanted(cast.WISH) == always | {"compensating_controls", "remediation"}
    assert wanted(replace(cast.WISH, emergency=True)) == always | {"emergency_reason"}


def test_an_emergency_says_what_it_means_and_asks_for_its_reason() -> None:
    said = above(form(replace(cast.WISH, emergency=True)))
    assert "Emergency: in force as soon as architect says so, for 7 days at most, until 30 November 2026." in said
    assert "A second look within 3 business days decides as at moderate risk: architect, platform and security." in said
    assert "emergency_reason" not in {field.name for field in form(cast.WISH).fields}


def test_what_changes_the_risk_has_the_form_drawn_anew() -> None:
    shown = form(replace(cast.WISH, emergency=True))
    live = {field.name for field in shown.fields if field.live}
    assert live == {"target", "tier", "risk:exposure", "risk:data", "emergency"}
    again = pressed(shown.redraw, shown.about, HER, {"tier": "0"})
    assert again == OpenExceptionForm(HER, origin=Origin(), values={"tier": "0"})


def test_an_environment_that_is_a_question_is_chosen() -> None:
    questions = {**cast.RULES.risk.questions, "environment": {"test": 0, "production": 2}}
    rules = replace(cast.RULES, risk=replace(cast.RULES.risk, questions=questions))
    shown = request_form(cast.WISH, terms(cast.WISH, rules), rules, cast.TODAY, Origin())
    field = named(shown, "environment")
    assert (field.value, field.live, field.optional) == ("production", True, False)
    assert [choice.value for choice in field.choices] == ["test", "production"]
    assert "risk:environment" not in {each.name for each in shown.fields}


def test_the_clause_is_searched_for_and_the_present_one_is_there() -> None:
    other = Choice("STD-004 · Names", "STD-004")
    field = named(form(cast.WISH, targets=(other, Choice("again", cast.CLAUSE.id))), "target")
    assert (field.search, field.value) == (CLAUSES, "STD-003.12")
    assert [choice.value for choice in field.choices] == ["STD-003.12", "STD-004"]
    assert cast.CLAUSE.text in above(form(cast.WISH))


def test_faults_stand_beside_their_fields_and_those_of_no_field_on_top() -> None:
    told = (FieldFault("until", "Too late."), FieldFault("target", "Choose one."))
    shown = form(cast.WISH, faults=told)
    assert shown.faults == {"until": "Too late.", "target": "Choose one."}
    locked = form(cast.WISH, Origin(resubmits="EX-7"), faults=told, locked=LOCKED)
    assert locked.faults == {}
    assert "! Too late. ! Choose one." in above(locked)


def test_what_an_emergency_was_granted_for_is_not_asked_again() -> None:
    request = cast.granted()
    shown = form(request.wish, Origin(resubmits="EX-7", digest=request.digest), locked=LOCKED)
    assert {field.name for field in shown.fields}.isdisjoint({*LOCKED, "target"})
    assert "Emergency: it is in force, until 30 November 2026." in above(shown)


def test_a_form_is_sent_with_what_it_is_about() -> None:
    origin = Origin(resubmits="EX-7", digest="3f1c", seen="moderate architect:1")
    shown = form(cast.WISH, origin)
    sent = pressed(shown.verb, shown.about, HER, {"reason": "x"})
    assert sent == RequestException(HER, origin, {"reason": "x"})


@pytest.mark.parametrize(
    ("wish", "origin", "title", "verb", "about"),
    [
        (Wish(cast.CLAUSE, None), Origin(), "Request an exception", "exception_form", "STD-003.12"),
        (Wish(None, None, reason="The words"), Origin(), "Request an exception", "exception_text_form", "The words"),
        (EMPTY, Origin(), "Request an exception", "exception_form", ""),
        (renewal_of(cast.in_force()), Origin(renews="EX-7"), "Renew EX-7", "exception_origin_form", "renews=EX-7"),
        (
            cast.WISH,
            Origin(resubmits="EX-7", digest="3f", seen="low"),
            "Change EX-7",
            "exception_origin_form",
            "resubmits=EX-7&digest=3f",
        ),
    ],
    ids=["clause", "words", "nothing", "renewal", "again"],
)
def test_where_no_form_can_be_shown_a_button_opens_it(
    wish: Wish, origin: Origin, title: str, verb: str, about: str
) -> None:
    shown = form(wish, origin)
    assert shown.title == title
    assert shown.opener
    assert (shown.opener.verb, shown.opener.about, shown.opener.form) == (verb, about, True)
    assert read_origin(shown.about) == origin


def step(request: ExceptionRequest, does: Does, number: int = 0, **more: Any) -> Form:
    values = more.pop("values", {})
    return step_form(request, About(request.id, does, request.digest, number), values, **more)


@pytest.mark.parametrize(
    ("does", "names", "mandatory"),
    [
        (Does.DECLINE, ["words"], True),
        (Does.ASK_FOR_CHANGES, ["words"], True),
        (Does.REVOKE, ["words"], True),
        (Does.WITHDRAW, ["words"], False),
        (Does.KEEP, ["words"], False),
        (Does.REMEDY, ["evidence"], True),
        (Does.MEET, ["evidence"], True),
    ],
)
def test_a_step_asks_for_its_words(does: Does, names: list[str], mandatory: bool) -> None:
    shown = step(cast.in_force(), does, 1)
    assert [field.name for field in shown.fields] == names
    assert (not shown.fields[0].optional) == mandatory
    assert "Grace Hopper asked for an exception to STD-003.12" in above(shown)


@pytest.mark.parametrize("does", Does)
def test_a_step_comes_back_as_what_it_was_about(does: Does) -> None:
    request = replace(cast.in_force(), id="EX-123456789")
    shown = step(request, does, 1)
    command = pressed(shown.verb, shown.about, HER, {})
    assert getattr(command, "about", None) == About("EX-123456789", does, request.digest, 1)
    assert len(shown.title) <= 24
    assert len(shown.submit) <= 24
    assert request.id in shown.title
    assert shown.opener
    assert (shown.opener.verb, shown.opener.about) == ("exception_step_form", shown.about)


def test_formal_acceptance_is_typed() -> None:
    request = cast.submitted(answers=cast.HIGH, until=date(2027, 2, 19))
    assert [field.name for field in step(request, Does.APPROVE).fields] == ["acceptance"]
    under = [field.name for field in step(request, Does.APPROVE_WITH_CONDITIONS).fields]
    assert under == [*(f"condition:{n}:{part}" for n in (1, 2, 3) for part in ("text", "owner", "due")), "acceptance"]


def test_conditions_keep_what_was_typed_and_say_what_is_wrong() -> None:
    values = {"condition:1:text": "Rotate.", "condition:2:owner": "ada@example.org", "condition:1:due": "2027-09-09"}
    told = (FieldFault("condition:1:due", "Too late."), FieldFault("conditions", "At least one."))
    shown = step(cast.submitted(), Does.APPROVE_WITH_CONDITIONS, values=values, faults=told)
    found = {field.name: field for field in shown.fields}
    assert {name: found[name].value for name in values} == values
    assert shown.faults == {"condition:1:text": "At least one.", "condition:1:due": "Too late."}
    assert found["condition:1:owner"].value == "grace@example.org"
    assert [field.name for field in shown.fields if not field.optional] == [
        "condition:1:text",
        "condition:1:owner",
        "condition:1:due",
    ]


def test_a_condition_is_shown_to_whoever_says_that_it_is_met() -> None:
    assert "Report the reads every month. Condition 2, due 5 December 2026" in above(
        step(cast.in_force(), Does.MEET, 2)
    )


def test_a_form_with_everything_in_it_is_a_view_that_slack_takes() -> None:
    full = replace(cast.WISH, reason="x" * 3_000, compensating_controls="x" * 3_000, remediation="x" * 3_000)
    view = block_kit.view(form(replace(full, emergency=True, emergency_reason="y" * 3_000)))
    assert len(view["blocks"]) <= 100
    texts = [block["element"].get("initial_value", "") for block in view["blocks"] if block["type"] == "input"]
    assert sum(len(text) for text in texts) > 12_000

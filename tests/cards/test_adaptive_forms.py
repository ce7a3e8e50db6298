"""How a form becomes an Adaptive Card: days, searches, small print, faults; and all of it within 24 KB."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cards import adaptive_cards
from bot.cards.model import Button, Card, Caution, Choice, Choices, Field, Form, Quote, Result, Results, Text
from bot.domain.exception_forms import LABELS
from bot.teams import outbound

LONG = ("reason", "compensating_controls", "remediation", "emergency_reason", "links")
LARGEST = 24_000


def form(*fields: Field, **more: Any) -> Form:
    return Form("any", "Title", fields, "Send", "send", "about", **more)


def drawn(*fields: Field, **more: Any) -> list[dict[str, Any]]:
    body: list[dict[str, Any]] = adaptive_cards.form(form(*fields, **more))["body"]
    return body


def filled_in(text: str, help_: str = "", fault: str = "") -> Form:
    """As large as the form of an exception request becomes: its fields and three questions of risk."""
    named = {**LABELS, "risk:exposure": "exposure", "risk:data": "data", "risk:blast radius": "blast radius"}
    fields = [
        Field(
            name,
            label,
            text if name in LONG else "",
            "A hint of the usual length",
            lines=name in LONG,
            most=3_000,
            help=help_,
            fault=fault,
        )
        for name, label in named.items()
    ]
    blocks = (Caution(("This changed since.",)), Quote(("Buckets MUST be encrypted. " * 20,)), Text(("Risk: high. " * 30,)))  # fmt: skip
    return form(*fields, blocks=blocks)


def sizes(value: object) -> list[int]:
    """The bytes of JSON with special characters as they are, and escaped."""
    return [len(json.dumps(value, ensure_ascii=each, separators=(",", ":")).encode()) for each in (False, True)]


def test_a_day_is_chosen_in_a_calendar() -> None:
    assert drawn(Field("until", "Until", "2026-12-04", day=True)) == [
        {
            "type": "Input.Date",
            "id": "until",
            "label": "Until",
            "isRequired": True,
            "errorMessage": "Until: please choose one.",
            "value": "2026-12-04",
        }
    ]


@pytest.mark.parametrize("value", ["", "soon", "4.12.2026", "20261204", "2026-W49-5", "2026-13-01", "2026-12-04T00:00"])
def test_what_is_no_day_is_not_drawn_as_one(value: str) -> None:
    assert "value" not in drawn(Field("until", "Until", value, day=True))[0]


def test_a_field_that_searches_asks_the_bot() -> None:
    field = Field("target", "Clause", "STD-1", choices=(Choice("STD-1: Buckets", "STD-1"),), search="clauses")
    (input_,) = drawn(field)
    assert input_ == {
        "type": "Input.ChoiceSet",
        "id": "target",
        "label": "Clause",
        "isRequired": True,
        "errorMessage": "Clause: please choose one.",
        "value": "STD-1",
        "style": "filtered",
        "choices": [{"title": "STD-1: Buckets", "value": "STD-1"}],
        "choices.data": {"type": "Data.Query", "dataset": "clauses"},
    }


def test_what_was_found_and_chosen_stays_chosen_in_a_form_that_comes_again() -> None:
    offered = (Choice("STD-2: Keys", "STD-2"),)
    (input_,) = drawn(Field("target", "Clause", "STD-1", choices=offered, search="clauses"))
    assert input_["value"] == "STD-1"
    assert [choice["value"] for choice in input_["choices"]] == ["STD-1", "STD-2"]
    (empty,) = drawn(Field("target", "Clause", search="clauses", optional=True))
    assert (empty.get("value"), empty["choices"], empty.get("isRequired")) == (None, [], None)


def test_small_print_and_faults_stand_below_their_field_and_its_value_stays() -> None:
    _, first, fault, help_, second = drawn(
        Field("a", "A", "typed", help="Who reads it.", fault="Too long."), Field("b", "B")
    )
    assert (first["id"], first["value"], second["id"]) == ("a", "typed", "b")
    assert fault["inlines"] == [{"type": "TextRun", "text": "Too long.", "color": "attention"}]
    assert help_["inlines"] == [{"type": "TextRun", "text": "Who reads it.", "size": "small", "isSubtle": True}]
    assert fault["spacing"] == help_["spacing"] == "small"


def test_what_is_wrong_is_named_on_top_where_one_need_not_scroll() -> None:
    first, *_ = drawn(Field("a", "A", fault="No."), Field("b", "B"), Field("c", "C", fault="No."), blocks=(Text(("Risk.",)),))  # fmt: skip
    assert first["style"] == "warning"
    assert "".join(run["text"] for run in first["items"][0]["inlines"]) == "This was not sent yet. Please look at: A, C"


def test_blocks_stand_above_the_fields() -> None:
    risk, input_ = drawn(Field("a", "A"), blocks=(Text(("Low risk.",)),))
    assert (risk["inlines"][0]["text"], input_["type"]) == ("Low risk.", "Input.Text")


@pytest.mark.parametrize(("fields", "height"), [(1, "small"), (2, "medium"), (6, "medium"), (7, "large")])
def test_a_dialog_is_as_high_as_its_form(fields: int, height: str) -> None:
    what = form(*[Field(str(n), "A") for n in range(fields)])
    assert adaptive_cards.dialog(what)["task"]["value"]["height"] == height


# Buttons.

CARD = Card("any", "Said.", (Text(("It.",)),), buttons=(Button("Ask", "ask", "x"), Button("Fill in", "form", "y", form=True)))  # fmt: skip
RESULT = Result("Title", "Text", CARD)


def test_a_button_with_a_form_opens_a_dialog() -> None:
    plain, opening = adaptive_cards.card(CARD)["actions"]
    assert plain["type"] == "Action.Execute"
    assert opening == {
        "type": "Action.Submit",
        "title": "Fill in",
        "data": {"verb": "form", "about": "y", "msteams": {"type": "task/fetch"}},
    }


def test_in_a_dialog_and_where_the_bot_may_not_be_it_opens_none() -> None:
    in_dialog = adaptive_cards.dialog(CARD)["task"]["value"]["card"]["content"]["actions"]
    assert [action["type"] for action in in_dialog] == ["Action.Submit", "Action.Submit"]
    found = adaptive_cards.extension(Results((RESULT,)))["composeExtension"]["attachments"][0]["content"]["actions"]
    inserted = outbound.inserted(CARD)["composeExtension"]["attachments"][0]["content"]["actions"]
    assert [action["type"] for action in (*found, *inserted)] == ["Action.Execute"] * 4
    assert "task/fetch" not in json.dumps([in_dialog, found, inserted, adaptive_cards.unfurl(RESULT)])


# Sizes.


def written_in(card: dict[str, Any]) -> dict[str, str]:
    return {element["id"]: element["value"] for element in card["body"] if "value" in element}


def test_nothing_that_was_typed_is_lost_in_a_large_form() -> None:
    what = filled_in("word " * 480, help_="Everybody who decides reads this.")  # 12,000 characters in all
    card = adaptive_cards.form(what)
    assert written_in(card) == {field.name: field.value for field in what.fields if field.value}
    assert max(sizes(card)) < LARGEST


def test_one_long_text_takes_the_room_that_others_leave() -> None:
    what = filled_in("")
    long = tuple(replace(field, value="ж" * 1_900) if field.name == "reason" else field for field in what.fields)
    assert written_in(adaptive_cards.form(replace(what, fields=long))) == {"reason": "ж" * 1_900}


@pytest.mark.parametrize("text", ["word " * 600, "ж" * 3_000, "漢\n" * 1_500, '"' * 3_000, "😀" * 1_500])
def test_what_does_not_fit_is_shortened_and_says_so(text: str) -> None:
    what = filled_in(text, help_="h" * 150, fault="f" * 150)
    card = adaptive_cards.form(what)
    assert max(sizes(card)) < LARGEST
    kept = written_in(card)
    assert set(kept) == set(LONG)
    assert all(text.startswith(value.rstrip("\n")) and len(value) >= 100 for value in kept.values())
    told = json.dumps(card).count(adaptive_cards.SHORTENED)
    assert told == sum(value != text.rstrip("\n") for value in kept.values()) > 0


def test_there_is_room_to_say_of_many_fields_that_they_are_shortened() -> None:
    fields = [Field(f"f{n}", "Label", "ж" * 3_000, lines=True, most=3_000) for n in range(24)]
    card = outbound.in_place(form(*fields))
    assert json.dumps(card).count(adaptive_cards.SHORTENED) == 24
    assert max(sizes(card)) < LARGEST


def test_labels_and_small_print_give_way_before_what_was_typed() -> None:
    fields = [Field(f"f{n}", f"label {n} " * 30, "typed", help="help " * 100, fault="fault " * 100) for n in range(20)]
    card = adaptive_cards.form(form(*fields))
    assert max(sizes(outbound.in_place(form(*fields)))) < LARGEST
    assert list(written_in(card).values()) == ["typed"] * 20


TEXTS = st.builds(
    lambda piece, times: piece * times,
    st.sampled_from(["a", "word ", '"', "\\", "\n", "é", "漢", "😀", "\x00", "\ud800", "{{DATE(", "<", "2026-12-04"]),
    st.sampled_from([0, 1, 3, 40, 700, 5_000]),
)
FIELDS = st.builds(
    Field,
    name=st.just("one"),
    label=TEXTS,
    value=TEXTS,
    hint=TEXTS,
    choices=st.just(()) | st.lists(st.builds(Choice, TEXTS, TEXTS), max_size=120).map(tuple),
    lines=st.booleans(),
    most=st.sampled_from([0, 9, 3_000, 9_000]),
    optional=st.booleans(),
    day=st.booleans(),
    search=st.sampled_from(["", "clauses"]),
    help=TEXTS,
    fault=TEXTS,
)
FORMS = st.builds(
    lambda fields, intro, above, about: Form(
        "any",
        "Title",
        tuple([replace(field, name=f"field_{n}") for n, field in enumerate(fields)]),
        "Send",
        "send",
        about,
        intro,
        above,
    ),
    st.lists(FIELDS, min_size=1, max_size=8),
    st.lists(TEXTS, max_size=4).map(tuple),
    st.lists(st.builds(Text, st.lists(TEXTS, max_size=4).map(tuple)), max_size=6).map(tuple),
    TEXTS.map(lambda text: text[:300]),
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(FORMS)
def test_any_form_is_below_24_kilobytes_and_can_be_sent(what: Form) -> None:
    for drawn_form in (outbound.dialog(what), outbound.in_place(what), outbound.message(what)):
        assert max(sizes(drawn_form)) < LARGEST
    for element in adaptive_cards.form(what)["body"]:
        if element["type"] == "Input.ChoiceSet" and "value" in element:
            assert element["value"] in [choice["value"] for choice in element["choices"]]
        if element["type"] == "Input.Text":
            assert len(element.get("value", "")) <= element["maxLength"] <= 3_000


# As one types.


def test_what_is_found_is_listed_from_where_one_is() -> None:
    choices = Choices(tuple(Choice(f"Clause {n}", f"C-{n}") for n in range(40)))
    assert adaptive_cards.found(choices) == {
        "type": "application/vnd.microsoft.search.searchResponse",
        "value": {"results": [{"title": f"Clause {n}", "value": f"C-{n}"} for n in range(15)]},
    }
    assert [result["value"] for result in adaptive_cards.found(choices, 30, 99)["value"]["results"]] == [f"C-{n}" for n in range(30, 40)]  # fmt: skip


def test_a_choice_that_could_not_come_back_is_not_found() -> None:
    odd = Choices((Choice("", "a"), Choice("none", ""), Choice("long", "x" * 301), Choice("nul", "a\0b")))
    assert adaptive_cards.found(odd)["value"]["results"] == [{"title": "a", "value": "a"}]

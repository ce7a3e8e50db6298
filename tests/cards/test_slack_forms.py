"""What can be filled in, as Slack draws it: days, searches, fields on which others depend, small print and faults."""

from dataclasses import replace
from typing import Any

from bot.cards import block_kit
from bot.cards.model import Caution, Choice, Choices, Field, Form, Quote, Strong, Text

FORM = Form("any", "Title", (), "Send", "send", "it", redraw="draw_anew")
CLAUSE = Field(
    "target", "Clause", "S-1", "Type a few words", choices=(Choice("S-0 other", "S-0"), Choice("S-1 all", "S-1"))
)


def rows(*fields: Field, redraw: str = "draw_anew") -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = block_kit.view(replace(FORM, fields=fields, redraw=redraw))["blocks"]
    return drawn


def test_a_day_is_picked_from_a_calendar() -> None:
    (row,) = rows(Field("until", "Until", "2026-12-04", "The last day", day=True))
    assert row["element"] == {
        "type": "datepicker",
        "initial_date": "2026-12-04",
        "placeholder": {"type": "plain_text", "text": "The last day", "emoji": False},
        "action_id": "value::until",
    }
    assert "initial_date" not in rows(Field("until", "Until", "tomorrow", day=True))[0]["element"]


def test_what_is_found_as_one_types_begins_with_the_present_choice_alone() -> None:
    (row,) = rows(replace(CLAUSE, search="clauses"))
    assert row["element"] == {
        "type": "external_select",
        "min_query_length": 0,
        "initial_option": {"text": {"type": "plain_text", "text": "S-1 all", "emoji": False}, "value": "S-1"},
        "placeholder": {"type": "plain_text", "text": "Type a few words", "emoji": False},
        "action_id": "value:clauses:target",
    }
    assert "initial_option" not in rows(Field("target", "Clause", "S-9", search="clauses"))[0]["element"]


def test_a_field_on_which_others_depend_is_dispatched_under_the_verb_that_draws_the_form_anew() -> None:
    chosen, day, found, typed = rows(
        replace(CLAUSE, live=True),
        Field("until", "Until", day=True, live=True),
        Field("risk:data", "Data", search="clauses", live=True),
        Field("reason", "Reason", live=True),
    )
    assert [row.get("dispatch_action") for row in (chosen, day, found, typed)] == [True, True, True, None]
    ids = [row["element"]["action_id"] for row in (chosen, day, found, typed)]
    assert ids == ["draw_anew::target", "draw_anew::until", "draw_anew:clauses:risk:data", "value::reason"]
    assert "dispatch_action" not in rows(replace(CLAUSE, live=True), redraw="")[0]


def test_a_field_keeps_its_ids_whatever_comes_before_it() -> None:  # Slack keeps what is typed where both are the same
    reason = Field("reason", "Reason")
    alone, behind = rows(reason)[-1], rows(Field("emergency_reason", "Why now"), reason)[-1]
    assert (alone["block_id"], alone["element"]["action_id"]) == (behind["block_id"], behind["element"]["action_id"])


def test_small_print_is_a_hint() -> None:
    (row,) = rows(Field("until", "Until", help="At the latest <today>. " + "x" * 400))
    assert row["hint"]["type"] == "plain_text"
    assert row["hint"]["text"].startswith("At the latest <today>.")
    assert len(row["hint"]["text"]) <= block_kit.HELP


def test_a_fault_stands_below_its_field_behind_a_warning_sign() -> None:
    field, fault = rows(Field("until", "Until", fault="It is <!here> past."))
    assert field["block_id"] == "until"
    (section,) = fault["elements"]
    assert section["elements"] == [
        {"type": "emoji", "name": "warning"},
        {"type": "text", "text": "  "},
        {"type": "text", "text": "Until:", "style": {"bold": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "It is <!here> past."},
    ]


def test_what_is_wrong_is_told_by_block() -> None:
    fields = (Field("until", "Until", fault="It is\npast. " + "x" * 400), Field("reason", "Reason"))
    errors = block_kit.errors(replace(FORM, fields=fields))
    assert list(errors) == ["until"]
    assert errors["until"].startswith("It is past. x")
    assert len(errors["until"]) <= block_kit.FAULT


def test_blocks_stand_between_the_intro_and_the_fields() -> None:
    form = replace(
        FORM,
        intro=("Be kind.",),
        blocks=(Caution(("Stop.",)), Quote(("Quoted",), (Strong("S-1"), " · Title"))),
        fields=(Field("reason", "Reason"),),
    )
    kinds = [block["type"] for block in block_kit.view(form)["blocks"]]
    assert kinds == ["rich_text", "rich_text", "rich_text", "context", "input"]


def test_many_fields_leave_less_room_for_what_stands_above_them() -> None:
    above = tuple(Text((f"Line {number}",)) for number in range(60))
    many = tuple(Field(f"field_{number}", "Field", fault="Wrong.") for number in range(40))
    drawn = block_kit.view(replace(FORM, blocks=above, fields=many))["blocks"]
    assert len(drawn) <= 100
    assert len([block for block in drawn if block["type"] == "input"]) == 40
    too_many = tuple(Field(f"field_{number}", "Field") for number in range(120))
    assert len(block_kit.view(replace(FORM, blocks=above, fields=too_many))["blocks"]) == 100


def test_long_texts_stay_whole_while_there_is_room_for_all_of_them() -> None:
    fields = tuple(Field(f"field_{number}", "Field", "漢" * 3_000, lines=True, most=3_000) for number in range(6))
    short = tuple(Field(f"short_{number}", "Field") for number in range(14))
    elements = [row["element"] for row in rows(*fields, *short)]
    assert [len(element.get("initial_value", "")) for element in elements] == [3_000] * 6 + [0] * 14


def test_where_there_is_not_room_for_all_the_longest_are_cut_alike() -> None:
    fields = tuple(Field(f"field_{number}", "Field", "漢" * 3_000, lines=True, most=3_000) for number in range(10))
    elements = [row["element"] for row in rows(*fields, Field("short", "Short", "as it was"))]
    *long, short = [len(element["initial_value"]) for element in elements]
    assert short == len("as it was")
    assert len(set(long)) == 1
    assert 1_500 < long[0] < 3_000


def test_what_can_be_chosen_as_one_types_keeps_slacks_limits() -> None:
    choices = tuple(Choice(f"{number} " + "word " * 40, f"S-{number}") for number in range(140))
    offered = block_kit.options(Choices((Choice("again", "S-3"), Choice("none", ""), *choices)))["options"]
    assert len(offered) == 100
    assert len({option["value"] for option in offered}) == 100
    assert all(1 <= len(option["text"]["text"]) <= 75 for option in offered)
    assert offered[0] == {"text": {"type": "plain_text", "text": "again", "emoji": False}, "value": "S-3"}
    assert block_kit.options(Choices(())) == {"options": []}

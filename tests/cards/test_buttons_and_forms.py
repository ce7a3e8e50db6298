"""What can be pressed and filled in, as each platform draws it."""

from dataclasses import replace
from typing import Any

from bot.cards import adaptive_cards, block_kit, plain
from bot.cards.model import Button, Card, Choice, Field, Form, Note, Result, Text

ASK = Button("Ask", "ask", "why?", primary=True)
SHOW = Button("Show STD-1", "show", "STD-1")
CARD = Card("any", "Said.", (Text(("First.",)), Note(("Second.",))), title="Title", buttons=(ASK, SHOW))
FORM = Form(
    "any",
    "Ask away",
    (
        Field("question", "Question", "why?\nreally?", "Anything", lines=True, most=500),
        Field("room", "Channel", "C2", choices=(Choice("general", "C1"), Choice("payments", "C2"))),
    ),
    submit="Go",
    verb="ask",
    about="STD-1",
    intro=("Be kind.",),
)


def kinds(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["type"] for block in blocks]


def test_slack_draws_buttons_below_the_card() -> None:
    *_, last = block_kit.blocks(CARD)
    assert last == {
        "type": "actions",
        "block_id": "buttons",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Ask", "emoji": False},
                "action_id": "ask",
                "value": "why?",
                "style": "primary",
            },
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Show STD-1", "emoji": False},
                "action_id": "show",
                "value": "STD-1",
            },
        ],
    }


def test_a_verb_that_comes_twice_keeps_its_name_before_the_colon() -> None:
    buttons = block_kit.blocks(replace(CARD, buttons=(SHOW, ASK, SHOW, SHOW)))[-1]["elements"]
    assert [button["action_id"] for button in buttons] == ["show", "ask", "show:2", "show:3"]


def test_a_button_about_nothing_has_no_value_in_slack() -> None:
    assert "value" not in block_kit.blocks(replace(CARD, buttons=(replace(ASK, about=""),)))[-1]["elements"][0]


def test_on_the_home_tab_buttons_stand_above_what_is_read() -> None:
    home = block_kit.home(CARD)
    assert home["type"] == "home"
    assert kinds(home["blocks"]) == ["header", "rich_text", "actions", "context"]


def test_below_a_link_nothing_can_be_pressed() -> None:
    assert kinds(block_kit.unfurl(CARD)["blocks"]) == ["header", "rich_text", "context"]
    answer = adaptive_cards.unfurl(Result("Title", "Text", CARD))
    (attachment,) = answer["composeExtension"]["attachments"]
    assert attachment["content"]["version"] == "1.3"
    assert "actions" not in attachment["content"]
    assert attachment["preview"]["content"] == {"title": "Title", "text": "Text"}


def test_teams_draws_buttons_that_older_clients_can_press_too() -> None:
    looks = {"title": "Ask", "style": "positive"}
    assert adaptive_cards.card(CARD)["actions"][0] == {
        "type": "Action.Execute",
        **looks,
        "verb": "ask",
        "data": {"about": "why?"},
        "fallback": {"type": "Action.Submit", **looks, "data": {"verb": "ask", "about": "why?"}},
    }


def test_teams_shows_six_buttons_and_the_rest_in_a_menu() -> None:
    actions = adaptive_cards.card(replace(CARD, buttons=(SHOW,) * 9))["actions"]
    assert [action.get("mode") for action in actions] == [None] * 6 + ["secondary"] * 3


def test_in_a_dialog_buttons_are_submitted() -> None:
    info = adaptive_cards.dialog(CARD)["task"]["value"]
    assert info["title"] == "Title"
    assert [action["type"] for action in info["card"]["content"]["actions"]] == ["Action.Submit"] * 2


def test_a_terminal_has_no_buttons() -> None:
    assert plain.text(CARD) == plain.text(replace(CARD, buttons=()))


def test_a_form_is_a_modal_in_slack() -> None:
    view = block_kit.view(FORM)
    assert (view["callback_id"], view["private_metadata"]) == ("ask", "STD-1")
    assert [view[part]["text"] for part in ("title", "submit", "close")] == ["Ask away", "Go", "Cancel"]
    intro, question, room = view["blocks"]
    assert intro["type"] == "rich_text"
    assert question == {
        "type": "input",
        "block_id": "question",
        "label": {"type": "plain_text", "text": "Question", "emoji": False},
        "element": {
            "type": "plain_text_input",
            "action_id": "value::question",
            "multiline": True,
            "max_length": 500,
            "initial_value": "why?\nreally?",
            "placeholder": {"type": "plain_text", "text": "Anything", "emoji": False},
        },
    }
    assert room["block_id"] == "room"
    assert room["element"]["initial_option"]["value"] == "C2"
    assert room["element"]["initial_option"] in room["element"]["options"]


def test_a_form_is_a_card_of_inputs_in_teams() -> None:
    card = adaptive_cards.form(FORM)
    _, question, room = card["body"]
    assert question == {
        "type": "Input.Text",
        "id": "question",
        "label": "Question",
        "isRequired": True,
        "errorMessage": "Question: please fill this in.",
        "placeholder": "Anything",
        "value": "why?\nreally?",
        "isMultiline": True,
        "maxLength": 500,
    }
    assert (room["type"], room["value"], room["style"]) == ("Input.ChoiceSet", "C2", "compact")
    assert room["choices"] == [{"title": "general", "value": "C1"}, {"title": "payments", "value": "C2"}]
    assert [action["data"] for action in card["actions"]] == [{"verb": "ask", "about": "STD-1"}]


def test_a_field_may_stay_empty() -> None:
    form = replace(FORM, fields=(replace(FORM.fields[0], optional=True), FORM.fields[1]))
    _, question, room = block_kit.view(form)["blocks"]
    assert (question.get("optional"), room.get("optional")) == (True, None)
    _, question, room = adaptive_cards.form(form)["body"]
    assert (question.get("isRequired"), room.get("isRequired")) == (None, True)
    assert "errorMessage" not in question


def test_a_form_says_its_title_where_no_dialog_does() -> None:
    first = adaptive_cards.form(FORM, titled=True)["body"][0]
    assert first["inlines"][0]["text"] == "Ask away"
    assert adaptive_cards.dialog(FORM)["task"]["value"]["title"] == "Ask away"


def test_among_many_choices_one_types_to_find_one() -> None:
    rooms = tuple(Choice(f"room-{n}", f"C{n}") for n in range(11))
    field = replace(FORM.fields[1], choices=rooms)
    assert adaptive_cards.form(replace(FORM, fields=(field,)))["body"][-1]["style"] == "filtered"

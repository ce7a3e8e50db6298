"""Texts of documents and people that try to act: nothing acts, nothing passes for ours."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.cards import adaptive_cards, block_kit, catalog, plain
from bot.cards.examples import ENCRYPTION, EXAMPLES, STANDARD
from bot.cards.model import Card, Form, Results
from bot.cards.text import carried
from bot.domain.people import Account
from knowledge.documents import Answer, Clause, Counts, Level, Line, Shown

Strings = Callable[[Any], list[tuple[str, str]]]

ATTACKS = [
    "<!channel>",
    "<!here|here>",
    "<@U123>",
    "<#C123|general>",
    "<https://evil.example|https://git.example.org>",
    "<at>x</at>",
    "[Sign in](https://evil.example)",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "*bold* _italic_ ~strike~ `code`",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7} <%= 7*7 %>",
    '", "actions": [{"type": "Action.Submit"}], "x": "',
    '"}]}, {"type": "actions", "elements": [',
    "</script><script>alert(1)</script>",
    "Approved by CTO",
    ":rotating_light:",
    "\u202egnp.exe",
]


def everywhere(text: str) -> list[Card]:
    """The text in every place where a document's or a person's text can come."""
    where = replace(ENCRYPTION, id=text, clause=text, title=text, heading=text, owner=text, path=text)
    clause = Clause(text, Level.MUST, text, 1)
    document = replace(STANDARD, id=text, title=text, owner=text, status_text=text, controls=(text,), tier=text)
    answer = Answer(
        text, True, 0.9, (Line(text, Level.MAY, where),), (where, replace(where, path="x")), text, (text,), (text,)
    )
    return [
        catalog.answer(answer),
        catalog.no_answer(answer),
        catalog.shown(Shown(document, None, where, (where,), (where,), (where,), (where,))),
        catalog.shown(Shown(document, clause, where)),
        catalog.cited(where),
        catalog.refusal(text),
        catalog.whole_answer(answer),
        catalog.shared_answer(answer, Account("slack", text, name=text)),
        catalog.home(Counts(1, 1, 1), (where,), text),
        catalog.welcome(Counts(1, 1, 1), text),
    ]


@pytest.mark.parametrize("text", ATTACKS)
def test_slack_gets_no_markup_but_ours(text: str, strings: Strings) -> None:
    for card in everywhere(text):
        message = block_kit.message(card)
        assert not set(message["text"]) & set("<>*_~`")
        assert {kind for name, kind in strings(message["blocks"]) if name == "type"} <= {
            "header", "context", "plain_text", "rich_text", "rich_text_section", "rich_text_quote", "rich_text_list", "text", "link", "emoji", "actions", "button",
        }  # fmt: skip
        assert {name for name, value in strings(message["blocks"])} <= {
            "type", "text", "url", "style", "name", "block_id", "action_id", "value",
        }  # fmt: skip


@pytest.mark.parametrize("text", ATTACKS)
def test_teams_gets_no_markup_but_ours(text: str, strings: Strings) -> None:
    for card in everywhere(text):
        drawn = adaptive_cards.card(card)
        kinds = {kind for name, kind in strings(drawn["body"]) if name == "type"}
        assert kinds <= {"RichTextBlock", "TextRun", "Container", "ColumnSet", "Column", "Action.OpenUrl"}
        assert {kind for name, kind in strings(drawn.get("actions", [])) if name == "type"} <= {
            "Action.Execute",
            "Action.Submit",
        }
        assert drawn["msteams"] == {"width": "Full"}  # no mention entities
        assert not set(drawn["fallbackText"]) & set("<>*_~`[]")


@pytest.mark.parametrize("text", ATTACKS)
def test_what_a_button_is_about_comes_back_as_it_was_asked(text: str) -> None:
    card = catalog.answer(Answer(text, True, 0.9, (Line("Yes.", None, ENCRYPTION),)))
    verbs = ["helpful", "not_helpful", "share"]
    slack = block_kit.message(card)["blocks"][-1]["elements"]
    assert [(button["action_id"], button["value"]) for button in slack] == [(verb, text) for verb in verbs]
    teams = adaptive_cards.card(card)["actions"]
    assert [(action["verb"], action["data"]) for action in teams] == [(verb, {"about": text}) for verb in verbs]
    assert [action["fallback"]["data"] for action in teams] == [{"verb": verb, "about": text} for verb in verbs]


@pytest.mark.parametrize("text", ATTACKS)
def test_a_text_in_a_form_is_data(text: str) -> None:
    form = catalog.share_form(text, [("C1", text)])
    view, drawn = block_kit.view(form), adaptive_cards.form(form)
    assert (view["callback_id"], view["private_metadata"]) == ("share", text)
    assert drawn["actions"][0]["data"] == {"verb": "share", "about": text}
    (option,) = view["blocks"][-1]["element"]["options"]
    assert (option["text"]["type"], option["value"]) == ("plain_text", "C1")
    asked = catalog.question_form(text)
    assert block_kit.view(asked)["blocks"][0]["element"]["initial_value"] == text.replace("\u202e", "")
    assert adaptive_cards.form(asked)["body"][0]["value"] == text.replace("\u202e", "")


def test_what_cannot_be_stored_or_sent_does_not_ride_on_a_button() -> None:
    assert carried("a\0b\ud800c\nd", 10) == "abc\nd"
    assert carried("😀" * 9, 5) == "😀😀"
    assert carried("x" * 9, 5) == "xxxxx"


def test_a_name_cannot_say_more_than_a_name() -> None:
    shared = catalog.shared_answer(
        Answer("q", True, 0.9, (Line("Yes.", None, ENCRYPTION),)),
        Account("slack", "U1", name="<!channel> \n" + "x" * 90),
    )
    message = block_kit.message(shared)
    (small,) = [block for block in message["blocks"] if "Shared by" in str(block)]
    assert small["type"] == "context"
    assert small["elements"][0]["type"] == "plain_text"
    assert len(small["elements"][0]["text"]) <= 80


@pytest.mark.parametrize("text", ATTACKS)
def test_the_words_themselves_are_shown(text: str) -> None:
    shown = plain.text(catalog.answer(Answer("q", True, 0.9, (Line(text, None, ENCRYPTION),))), width=200)
    assert shown.splitlines()[0] == f"│ {text.replace(chr(0x202E), '')}"


def test_every_address_in_the_gallery_is_https(strings: Strings) -> None:
    for make in EXAMPLES.values():
        reply = make()
        if isinstance(reply, Results):
            drawn = [adaptive_cards.extension(reply), *(adaptive_cards.unfurl(result) for result in reply.results)]
        elif isinstance(reply, Form):
            drawn = [block_kit.view(reply), adaptive_cards.dialog(reply)]
        else:
            drawn = [block_kit.message(reply), block_kit.home(reply), adaptive_cards.card(reply)]
        assert all(url.startswith("https://") for each in drawn for name, url in strings(each) if name == "url")


def test_a_label_never_passes_for_another_host() -> None:
    where = replace(ENCRYPTION, id="https://sso.example.com/login")
    for card in [*everywhere("x")[:1], catalog.cited(where)]:
        for drawn in (block_kit.message(card), adaptive_cards.card(card)):
            text = json.dumps(drawn["blocks"] if "blocks" in drawn else drawn["body"])
            assert text.count("sso.example.com/login") == text.count("sso.example.com/login (git.example.org)")


def test_a_claim_of_approval_is_a_quote_and_the_status_is_drawn_from_state() -> None:
    clause = Clause("STD-003.1", Level.MUST, "Approved by CTO. Status: accepted", 1)
    document = replace(STANDARD, status_text="Approved by CTO", title="Draft")
    facts = plain.text(catalog.shown(Shown(document, clause, ENCRYPTION)))
    assert "│ Approved by CTO. Status: accepted" in facts
    assert "Status    accepted · “Approved by CTO”" in facts


def test_dates_in_teams_are_not_rewritten() -> None:
    card = catalog.refusal("{{DATE(2026-01-01T00:00:00Z,SHORT)}}")
    assert "{{" not in json.dumps(adaptive_cards.card(card)["body"])
    assert "{{ 7*7 }}" in json.dumps(adaptive_cards.card(catalog.refusal("{{ 7*7 }}")))


def test_a_placeholder_in_a_text_is_never_filled_in() -> None:
    for card in everywhere("{{ 7*7 }}{sentence}%s"):
        text = plain.text(card)
        assert "49" not in text
        assert "{{ 7*7 }}{sentence}%s" in text.replace("\n", " ")

"""Texts of documents and people that try to act: nothing acts, nothing passes for ours."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.cards import adaptive_cards, block_kit, catalog, plain
from bot.cards.examples import ENCRYPTION, EXAMPLES, STANDARD
from bot.cards.model import Card, Results
from knowledge.documents import Answer, Clause, Level, Line, Shown

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
    ]


@pytest.mark.parametrize("text", ATTACKS)
def test_slack_gets_no_markup_but_ours(text: str, strings: Strings) -> None:
    for card in everywhere(text):
        message = block_kit.message(card)
        assert not set(message["text"]) & set("<>*_~`")
        assert {kind for name, kind in strings(message["blocks"]) if name == "type"} <= {
            "header", "context", "plain_text", "rich_text", "rich_text_section", "rich_text_quote", "rich_text_list", "text", "link", "emoji",
        }  # fmt: skip
        assert {name for name, value in strings(message["blocks"])} <= {"type", "text", "url", "style", "name"}


@pytest.mark.parametrize("text", ATTACKS)
def test_teams_gets_no_markup_but_ours(text: str, strings: Strings) -> None:
    for card in everywhere(text):
        drawn = adaptive_cards.card(card)
        kinds = {kind for name, kind in strings(drawn["body"]) if name == "type"}
        assert kinds <= {"RichTextBlock", "TextRun", "Container", "ColumnSet", "Column", "Action.OpenUrl"}
        assert drawn["msteams"] == {"width": "Full"}  # no mention entities
        assert not set(drawn["fallbackText"]) & set("<>*_~`[]")


@pytest.mark.parametrize("text", ATTACKS)
def test_the_words_themselves_are_shown(text: str) -> None:
    shown = plain.text(catalog.answer(Answer("q", True, 0.9, (Line(text, None, ENCRYPTION),))), width=200)
    assert shown.splitlines()[0] == f"│ {text.replace(chr(0x202E), '')}"


def test_every_address_in_the_gallery_is_https(strings: Strings) -> None:
    for make in EXAMPLES.values():
        reply = make()
        drawn = (
            [adaptive_cards.extension(reply)]
            if isinstance(reply, Results)
            else [block_kit.message(reply), adaptive_cards.card(reply)]
        )
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

"""What is said of the library and of subscriptions, whatever texts it holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.cards import adaptive_cards, block_kit, library_news, plain, subscriptions
from bot.cards.announcements import SAY, card_of
from bot.cards.examples_of_announcements import BROKER, CHANGED, ENCRYPTION
from bot.cards.model import Card
from bot.domain.announcements import Announcement
from bot.domain.changes import ClauseState, DocumentState, difference, written
from bot.domain.people import Account
from bot.domain.subscriptions import read

Strings = Callable[[Any], list[tuple[str, str]]]

ATTACKS = [
    "<!channel>",
    "<@U123>",
    "<https://evil.example|https://git.example.org>",
    "<at>x</at>",
    "[Sign in](https://evil.example)",
    "*bold* _italic_ ~strike~ `code`",
    "{{DATE(2026-01-01T00:00:00Z,SHORT)}} {% raw %} {sentence} %s",
    '", "actions": [{"type": "Action.Submit"}], "x": "',
]
HERE = Account("slack", "U1", "T1", room="C1")


def told(before: DocumentState | None, after: DocumentState | None) -> Card:
    change = difference(before, after)
    assert change
    return library_news.document(written(change))


def everywhere(text: str) -> list[Card]:
    """The text in every place where a document's or a person's text can come."""
    old = replace(
        ENCRYPTION,
        id=text,
        path=text,
        title=text,
        owner=text,
        kind=text,
        clauses=(
            ClauseState(text, "MUST", f"{text} one", text),
            ClauseState("2", "MUST", f"gone {text} entirely", text),
        ),
        sections=((text, "1"),),
    )
    new = replace(
        old,
        title=f"new {text}",
        owner=f"new {text}",
        superseded_by=(text,),
        status="superseded",
        clauses=(ClauseState(text, text, f"{text} two", "s"), ClauseState("3", "MUST", f"came {text} otherwise", "s")),
        sections=((text, "2"), (f"new {text}", "1")),
    )
    line = {"id": text, "title": text, "text": text, "what": text, "url": "", "due": text, "path": text, "reason": text}
    return [
        told(old, new),
        told(None, new),
        told(new, None),
        library_news.documents({"count": 30, "added": 30, "documents": [line]}),
        library_news.digest({"since": text, "count": 30, "lines": [line]}),
        library_news.unreadable({"path": text, "reason": text, "line": 1}),
        library_news.unreadable_files({"count": 2, "files": [line]}),
        library_news.review_overdue({**line, "owner": text, "reviewed": text, "every": text}),
        library_news.reviews_overdue({"count": 2, "documents": [line]}),
        subscriptions.subscribed(read(f'all tag:"{text.replace(chr(34), "")}"'), (), replace(HERE, room=text), text),
        subscriptions.listed(read(f'all tag:"{text.replace(chr(34), "")}"'), replace(HERE, room=text), text),
    ]


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_acts(text: str, strings: Strings) -> None:
    for card in everywhere(text):
        message, drawn = block_kit.message(card), adaptive_cards.card(card)
        assert not set(message["text"]) & set("<>*_~`")
        assert {name for name, _ in strings(message["blocks"])} <= {
            "type", "text", "url", "style", "name", "block_id", "action_id", "value",
        }  # fmt: skip
        assert {kind for name, kind in strings(drawn["body"]) if name == "type"} <= {
            "RichTextBlock", "TextRun", "Container", "ColumnSet", "Column", "Action.OpenUrl",
        }  # fmt: skip
        assert "{{DATE" not in json.dumps(drawn["body"])
        assert drawn["msteams"] == {"width": "Full"}


@pytest.mark.parametrize("text", ATTACKS)
def test_the_words_themselves_are_shown(text: str) -> None:
    clause = ClauseState("S.1", "MUST", text)
    card = told(replace(ENCRYPTION, clauses=()), replace(ENCRYPTION, clauses=(clause,)))
    assert text in plain.text(card, width=500)


def test_a_change_says_how_much_of_it_there_is() -> None:
    clauses = tuple(ClauseState(f"S.{n}", "MUST", f"Rule {n} {'x' * n}") for n in range(30))
    card = told(replace(ENCRYPTION, clauses=()), replace(ENCRYPTION, clauses=clauses))
    assert card.summary == "STD-003 Encryption in transit and at rest: 30 clauses added"
    assert "and 24 more" in plain.text(card)


def test_the_summary_is_what_a_lock_screen_needs() -> None:
    assert told(ENCRYPTION, CHANGED).summary == (
        "STD-003 Encryption in transit and at rest: 2 clauses changed, 1 added, 1 removed"
    )
    assert told(None, BROKER).summary == "ADR-0002 Use RabbitMQ for events between services: new ADR"


def test_only_new_numbers_are_told_as_such() -> None:
    moved = tuple(replace(each, id=f"{each.id}a") for each in ENCRYPTION.clauses)
    assert told(ENCRYPTION, replace(ENCRYPTION, clauses=moved)).summary.endswith("4 clauses renumbered")


def test_a_large_change_stays_below_what_platforms_take() -> None:
    old = tuple(ClauseState(f"S.{n}", "MUST", f"w{n} " * 400) for n in range(400))
    new = tuple(ClauseState(f"S.{n}", "MUST", f"v{n} " * 400) for n in range(400))
    card = told(replace(ENCRYPTION, clauses=old), replace(ENCRYPTION, clauses=new))
    assert len(json.dumps(adaptive_cards.card(card)).encode()) < 24_000
    assert len(json.dumps(block_kit.blocks(card)).encode()) < 12_000


def test_an_announcement_finds_its_card() -> None:
    change = difference(ENCRYPTION, CHANGED)
    assert change
    assert card_of(Announcement("k", "STD-003", "document", written(change))).name == "document_changed"
    with pytest.raises(LookupError):
        card_of(Announcement("k", "STD-003", "of a later version"))
    assert all(callable(say) for say in SAY.values())

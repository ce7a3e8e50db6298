"""Whatever a card holds, what is drawn of it keeps the platforms' limits."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.cards import adaptive_cards, block_kit, plain
from bot.cards.fit import NOTICE, Budget, fitted
from bot.cards.model import (
    Block,
    Card,
    Caution,
    Code,
    Facts,
    Heading,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Strong,
    Text,
)

PIECES = st.sampled_from(
    [
        "a",
        "word ",
        '"',
        "\\",
        "\n",
        "\t",
        "é",
        "–",
        "漢",
        "😀",
        "\x00",
        "\ud800",
        "{{DATE(",
        "<",
        "&",
        "https://x.example/",
    ]
)
TEXTS = st.builds(lambda piece, times: piece * times, PIECES, st.sampled_from([0, 1, 3, 40, 700, 5_000])) | st.text(
    st.characters(), max_size=60
)
URLS = (
    st.none()
    | st.just("https://git.example.org/x")
    | st.builds(lambda n: "https://" + "h" * 200 + ".example/" + "ä" * n, st.integers(0, 400))
)
INLINES = TEXTS | st.builds(Strong, TEXTS) | st.builds(Literal, TEXTS) | st.builds(Link, TEXTS, URLS)
LINES = st.lists(INLINES, max_size=8).map(tuple)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, LINES),
    st.builds(Quote, LINES, LINES),
    st.builds(Items, st.lists(LINES, max_size=30).map(tuple), st.booleans()),
    st.builds(Facts, st.lists(st.tuples(TEXTS, LINES), max_size=30).map(tuple)),
    st.builds(Note, LINES),
    st.builds(Caution, LINES),
    st.builds(Heading, TEXTS),
    st.builds(Code, TEXTS),
)
CARDS = st.builds(Card, st.just("any"), TEXTS, st.lists(BLOCKS, max_size=12).map(tuple), st.none() | TEXTS)
BUDGET = Budget(most=10_000, run=100, link=80, entry=350, block=270)
MANY = Card("any", "", tuple([Note(("a",))] * 500), "t" * 500)

any_card = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def sizes(value: object) -> tuple[int, int]:
    """The bytes of JSON with special characters as they are, and escaped."""
    return (
        len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()),
        len(json.dumps(value, separators=(",", ":"))),
    )


@any_card
@given(CARDS)
@example(MANY)
def test_a_slack_message_keeps_slacks_limits(card: Card) -> None:
    message = block_kit.message(card)
    blocks = message["blocks"]
    assert len(blocks) <= 50
    assert max(sizes(blocks)) <= 12_000
    assert len(message["text"]) <= 4_000
    for block in blocks:
        match block["type"]:
            case "header":
                assert 1 <= len(block["text"]["text"]) <= 150
            case "context":
                assert all(1 <= len(element["text"]) <= 3_000 for element in block["elements"])
            case _:
                assert block["type"] == "rich_text"
                assert block["elements"]
                assert all(part["elements"] for part in block["elements"])


@any_card
@given(CARDS)
@example(MANY)
def test_an_adaptive_card_is_below_24_kilobytes(card: Card) -> None:
    assert max(sizes(adaptive_cards.card(card))) < 24_000


@any_card
@given(CARDS)
def test_no_text_and_no_list_within_a_drawn_card_is_empty(card: Card) -> None:
    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["text"]] if isinstance(value.get("text"), str) else []
            return own + [text for inner in value.values() for text in texts(inner)]
        return [text for inner in value for text in texts(inner)] if isinstance(value, list) else []

    def lists(value: Any) -> list[list[Any]]:
        if isinstance(value, dict):
            return [found for inner in value.values() for found in lists(inner)]
        return [value, *(found for inner in value for found in lists(inner))] if isinstance(value, list) else []

    for drawn in (block_kit.blocks(card), adaptive_cards.card(card)["body"]):
        assert all(texts(drawn))
        assert all(lists(drawn)[1:])


@any_card
@given(CARDS, st.integers(1, 120))
def test_a_terminal_is_never_driven(card: Card, width: int) -> None:
    text = plain.text(card, width=width)
    assert not [c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000)]


def test_a_card_that_fits_is_left_alone() -> None:
    card = Card("any", "", (Text(("short",)),))
    assert fitted(card, replace(BUDGET, most=1_000)) is card


def test_a_card_that_does_not_fit_says_so() -> None:
    card = Card("any", "", (Text(("First.",)), Text(("word " * 5_000,)), Text(("Never shown.",))))
    first, second, notice = fitted(card, replace(BUDGET, most=5_000)).blocks
    assert (first, notice) == (card.blocks[0], NOTICE)
    assert isinstance(second, Text)
    assert str(second.line[0]).endswith("word…")
    assert len(str(second.line[0])) > 1_000


def test_a_list_that_does_not_fit_loses_its_last_lines() -> None:
    lines: tuple[Inlines, ...] = tuple((f"line {number}",) for number in range(100))
    items, notice = fitted(Card("any", "", (Items(lines),)), replace(BUDGET, most=9_000)).blocks
    assert isinstance(items, Items)
    assert items.lines == lines[: len(items.lines)]
    assert 10 <= len(items.lines) < 100
    assert notice is NOTICE

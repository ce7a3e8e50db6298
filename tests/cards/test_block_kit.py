"""How a card becomes blocks."""

from typing import Any

from bot.cards import block_kit
from bot.cards.model import (
    BREAK,
    Added,
    Card,
    Caution,
    Code,
    Facts,
    Heading,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Removed,
    Strong,
    Text,
)

URL = "https://git.example.org/x"


def blocks(*of: object, title: str | None = None) -> list[dict[str, Any]]:
    return block_kit.blocks(Card("any", "", of, title))  # type: ignore[arg-type] # blocks, named one by one


def test_a_quote_stands_above_its_source_and_the_rest_of_the_source_in_small_print() -> None:
    quote = Quote(("It ", Strong("MUST"), " be so."), (Link("STD-1", URL), " · ", Strong("draft"), " · Title · owner"))
    assert blocks(quote) == [
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_quote",
                    "elements": [
                        {"type": "text", "text": "It "},
                        {"type": "text", "text": "MUST", "style": {"bold": True}},
                        {"type": "text", "text": " be so."},
                    ],
                },
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "link", "url": URL, "text": "STD-1"},
                        {"type": "text", "text": " · "},
                        {"type": "text", "text": "draft", "style": {"bold": True}},
                    ],
                },
            ],
        },
        {"type": "context", "elements": [{"type": "plain_text", "text": "Title · owner", "emoji": False}]},
    ]


def test_a_heading_shares_the_block_of_what_it_heads() -> None:
    drawn = blocks(Heading("Also see"), Items((("one",), (Literal("two"),)), ordered=True))
    assert len(drawn) == 1
    assert drawn[0]["elements"] == [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "Also see", "style": {"bold": True}}]},
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]},
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "two", "style": {"code": True}}]},
            ],
        },
    ]


def test_facts_are_lines_of_one_section() -> None:
    drawn = blocks(Facts((("Owner", ("security",)), ("Level", (Strong("MUST"),)))))
    assert drawn[0]["elements"] == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Owner", "style": {"bold": True}},
                {"type": "text", "text": "  "},
                {"type": "text", "text": "security"},
                {"type": "text", "text": "\n"},
                {"type": "text", "text": "Level", "style": {"bold": True}},
                {"type": "text", "text": "  "},
                {"type": "text", "text": "MUST", "style": {"bold": True}},
            ],
        }
    ]


def test_a_caution_begins_with_a_warning_sign() -> None:
    assert blocks(Caution(("Stop.",)))[0]["elements"] == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "emoji", "name": "warning"},
                {"type": "text", "text": "  "},
                {"type": "text", "text": "Stop."},
            ],
        }
    ]


def test_small_print_with_a_link_is_drawn_at_reading_size() -> None:
    assert blocks(Note(("See ", Link("this", URL))))[0]["type"] == "rich_text"


def test_a_break_begins_a_new_line_and_a_line_feed_in_a_text_does_not() -> None:
    section = blocks(Text(("one", BREAK, "two\nthree")))[0]["elements"]
    assert section == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "one"},
                {"type": "text", "text": "\n"},
                {"type": "text", "text": "two three"},
            ],
        }
    ]


def test_words_that_went_are_struck_and_words_that_came_are_bold() -> None:
    drawn = blocks(Text(("Keys ", Removed("<SHOULD>"), " ", Added("*MUST*"), " be.")))
    assert drawn[0]["elements"][0]["elements"] == [
        {"type": "text", "text": "Keys "},
        {"type": "text", "text": "<SHOULD>", "style": {"strike": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "*MUST*", "style": {"bold": True}},
        {"type": "text", "text": " be."},
    ]


def test_code_keeps_its_lines() -> None:
    assert blocks(Code("a:\n\tb"))[0]["elements"] == [
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a:\n    b"}]}
    ]


def test_a_title_is_a_header() -> None:
    assert blocks(title="Encryption")[0] == {
        "type": "header",
        "text": {"type": "plain_text", "text": "Encryption", "emoji": False},
    }


def test_what_is_empty_is_not_drawn() -> None:
    assert (
        blocks(Text(()), Text(("",)), Items(()), Facts(()), Note(()), Quote(()), Caution(()), Code(""), Heading(""))
        == []
    )


def test_the_fallback_is_escaped() -> None:
    message = block_kit.message(Card("any", "<!channel> & <@U1> *b* _i_ ~s~ `c`", ()))
    assert message == {"text": "&lt;!channel&gt; &amp; &lt;@U1&gt; ∗b∗ ˍiˍ ∼s∼ ˋcˋ", "blocks": []}

"""How a card becomes an Adaptive Card, and results the answer to a search."""

from typing import Any

from bot.cards import adaptive_cards
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
    Result,
    Results,
    Strong,
    Text,
)

URL = "https://git.example.org/x"


def body(*of: object, title: str | None = None) -> list[dict[str, Any]]:
    return adaptive_cards.card(Card("any", "", of, title))["body"]  # type: ignore[arg-type,no-any-return] # blocks, named one by one


def run(text: str, **style: object) -> dict[str, object]:
    return {"type": "TextRun", "text": text, **style}


def line(*inlines: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": list(inlines), **more}


def test_a_card_declares_what_it_is() -> None:
    card = adaptive_cards.card(Card("any", "It MUST be so.", (Text(("It.",)),)))
    assert card == {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "fallbackText": "It MUST be so.",
        "body": [line(run("It."))],
        "msteams": {"width": "Full"},
    }


def test_a_quote_is_set_apart_with_its_source_below() -> None:
    small = {"size": "small", "isSubtle": True}
    link = {"type": "Action.OpenUrl", "url": URL}
    assert body(Quote((Strong("MUST"), " be."), (Link("STD-1", URL), " · Title"))) == [
        {
            "type": "Container",
            "style": "emphasis",
            "items": [
                line(run("MUST", weight="bolder"), run(" be.")),
                line(run("STD-1", **small, selectAction=link), run(" · Title", **small), spacing="small"),
            ],
        }
    ]


def test_a_list_hangs_behind_its_marks() -> None:
    first, second = body(Items((("one",), (Literal("two"),)), ordered=True))
    assert [column["items"] for column in first["columns"]] == [[line(run("1."))], [line(run("one"))]]
    assert second["columns"][1]["items"] == [line(run("two", fontType="monospace"))]


def test_facts_are_two_columns() -> None:
    (fact,) = body(Facts((("Owner", ("security",)),)))
    assert [column["width"] for column in fact["columns"]] == ["96px", "stretch"]


def test_a_caution_is_drawn_as_one() -> None:
    assert body(Caution(("Stop.",)))[0]["style"] == "warning"


def test_a_heading_is_ruled_off_unless_it_is_the_first_thing() -> None:
    heading = line(run("Also see", weight="bolder"))
    assert body(Heading("Also see")) == [heading]
    assert body(Text(("It.",)), Heading("Also see"))[1] == {**heading, "spacing": "medium", "separator": True}


def test_small_print_keeps_its_distance_and_stays_together() -> None:
    assert [element.get("spacing") for element in body(Text(("It.",)), Note(("a",)), Note(("b",)))] == [
        None,
        "medium",
        "small",
    ]


def test_words_that_went_are_struck_and_words_that_came_stand_out() -> None:
    (drawn,) = body(Text((Removed("[a](https://evil.example)"), Added("{{DATE(x)}}"))))
    assert drawn == line(
        run("[a](https://evil.example)", strikethrough=True, isSubtle=True),
        run("{\u2060{DATE(x)}}", weight="bolder", color="good"),
    )


def test_a_break_begins_a_new_line() -> None:
    assert body(Text(("one", BREAK, "two"))) == [line(run("one")), line(run("two"), spacing="none")]


def test_code_keeps_its_lines_and_indentation() -> None:
    (code,) = body(Code("a:\n\n  b c"))
    assert [item["inlines"][0]["text"] for item in code["items"]] == ["a:", "\u00a0", "\u00a0\u00a0b c"]


def test_what_is_empty_is_not_drawn() -> None:
    assert (
        body(Text(()), Text(("",)), Items(()), Facts(()), Note(()), Quote(()), Caution(()), Code(""), Heading("")) == []
    )


def test_results_are_a_list_with_previews() -> None:
    card = Card("any", "It.", (Text(("It.",)),))
    answer = adaptive_cards.extension(Results((Result("<b>Title</b>", "*a* [b](c)", card),)))
    assert answer == {
        "composeExtension": {
            "type": "result",
            "attachmentLayout": "list",
            "attachments": [
                {
                    **adaptive_cards.attachment(card),
                    "preview": {
                        "contentType": "application/vnd.microsoft.card.thumbnail",
                        "content": {"title": "‹b›Title‹/b›", "text": "∗a∗ ［b］(c)"},
                    },
                }
            ],
        }
    }

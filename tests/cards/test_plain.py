"""How a card becomes lines of a terminal."""

from bot.cards import plain
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
CARD = Card(
    "any",
    "",
    (
        Quote(("Buckets ", Strong("MUST"), " be encrypted, at rest and on the way."), (Link("STD-1", URL), " · Title")),
        Caution(("This standard is retired, and nobody replaced it.",)),
        Heading("Also see"),
        Items(((Link("STD-2", URL), " · Something else that is rather long"), ("short",))),
        Facts((("Owner", ("security",)), ("Reviewed on", ("2026-05-02",)))),
        Code("a:\n  b"),
        Note(("Asked: “buckets?”",)),
    ),
    title="Encryption",
)


def test_a_card_is_wrapped_to_the_width() -> None:
    assert plain.text(CARD, width=34) == (
        "Encryption\n\n"
        "│ Buckets MUST be encrypted, at\n"
        "│ rest and on the way.\n"
        "  STD-1 · Title\n"
        "  https://git.example.org/x\n\n"
        "! This standard is retired, and\n"
        "  nobody replaced it.\n\n"
        "Also see\n"
        "• STD-2 · Something else that is\n"
        "  rather long\n"
        "• short\n\n"
        "Owner        security\n"
        "Reviewed on  2026-05-02\n\n"
        "    a:\n"
        "      b\n\n"
        "Asked: “buckets?”"
    )


def test_colours_change_nothing_but_the_colours() -> None:
    coloured = plain.text(CARD, width=34, colour=True)
    assert "\x1b[1mMUST\x1b[0m" in coloured
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[35m", "\x1b[36m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain.text(CARD, width=34)


def test_differences_can_be_read_without_colours() -> None:
    card = Card("any", "", (Text(("Keys ", Removed("SHOULD not"), " ", Added("MUST\x1b[2J"), " be.")),))
    assert plain.text(card) == "Keys [-SHOULD not-] {+MUST+} be."
    assert "\x1b[31m[-SHOULD\x1b[0m" in plain.text(card, colour=True)


def test_a_word_is_not_torn_from_its_comma() -> None:
    card = Card("any", "", (Text(("It is a demand: it ", Strong("MUST"), ", truly")),))
    assert plain.text(card, width=23) == "It is a demand: it\nMUST, truly"


def test_wide_characters_take_two_columns() -> None:
    card = Card("any", "", (Text(("暗号化 暗号化 暗号化 暗号化",)),))
    assert plain.text(card, width=20) == "暗号化 暗号化 暗号化\n暗号化"


def test_an_address_is_printed_once() -> None:
    quotes = tuple(Quote((text,), (Link("STD-1", URL),)) for text in ("One.", "Two."))
    assert plain.text(Card("any", "", quotes)).count(URL) == 1


def test_a_break_begins_a_new_line() -> None:
    assert plain.text(Card("any", "", (Items((("one", BREAK, "two"),)),))) == "• one\n  two"


def test_escape_sequences_do_not_reach_the_terminal() -> None:
    hostile = "\x1b]0;title\x07\x1b[2Jcleared\x9b1m"
    card = Card("any", "", (Text((hostile, Literal(hostile))), Code(hostile)), title=hostile)
    assert not [c for c in plain.text(card) if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]

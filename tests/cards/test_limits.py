"""Whatever a card holds, what is drawn of it keeps the platforms' limits."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.cards import adaptive_cards, block_kit, plain
from bot.cards.fit import NOTICE, Budget, fitted
from bot.cards.model import (
    Added,
    Block,
    Button,
    Card,
    Caution,
    Choice,
    Code,
    Facts,
    Field,
    Form,
    Heading,
    Inlines,
    Items,
    Link,
    Literal,
    Note,
    Quote,
    Removed,
    Strong,
    Text,
)
from bot.cards.text import units

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
INLINES = (
    TEXTS
    | st.builds(Strong, TEXTS)
    | st.builds(Literal, TEXTS)
    | st.builds(Link, TEXTS, URLS)
    | st.builds(Removed, TEXTS)
    | st.builds(Added, TEXTS)
)
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
VERBS = st.sampled_from(["ask", "show", "not_helpful"])
BUTTONS = st.lists(st.builds(Button, TEXTS, VERBS, TEXTS, st.booleans()), max_size=30).map(tuple)
CARDS = st.builds(
    Card, st.just("any"), TEXTS, st.lists(BLOCKS, max_size=12).map(tuple), st.none() | TEXTS, st.just(()) | BUTTONS
)
CHOICES = st.lists(st.builds(Choice, TEXTS, TEXTS), max_size=120).map(tuple)
FIELDS = st.builds(
    Field,
    st.just("one"),
    TEXTS,
    TEXTS | st.sampled_from(["2026-12-04", "2026-02-30", "20261204"]),
    TEXTS,
    st.just(()) | CHOICES,
    st.booleans(),
    st.sampled_from([0, 9, 1_000, 9_000]),
    day=st.booleans(),
    search=st.sampled_from(["", "clauses"]),
    live=st.booleans(),
    help=st.just("") | TEXTS,
    fault=st.just("") | TEXTS,
)
FORMS = st.builds(
    lambda fields, **more: Form(
        name="any", fields=tuple([replace(field, name=f"field_{n}") for n, field in enumerate(fields)]), **more
    ),
    st.lists(FIELDS, min_size=1, max_size=12),
    title=TEXTS,
    submit=TEXTS,
    verb=VERBS,
    about=TEXTS,
    intro=LINES,
    blocks=st.lists(BLOCKS, max_size=12).map(tuple),
    redraw=st.sampled_from(["", "draw_anew"]),
)
BUDGET = Budget(most=10_000, run=100, link=80, entry=350, block=270, button=200, told=1)
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
            case "actions":
                assert 1 <= len(block["elements"]) <= 25
                assert len({button["action_id"] for button in block["elements"]}) == len(block["elements"])
                assert all(1 <= units(button["text"]["text"]) <= 75 for button in block["elements"])
                assert all(1 <= units(button.get("value", "-")) <= 2_000 for button in block["elements"])
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
@given(FORMS)
def test_a_modal_keeps_slacks_limits(form: Form) -> None:
    view = block_kit.view(form)
    assert len(view["blocks"]) <= 100
    assert max(sizes(view)) <= 250_000
    assert units(view["private_metadata"]) <= 2_000
    assert all(1 <= units(view[name]["text"]) <= 24 for name in ("title", "submit", "close"))
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert [block["block_id"] for block in inputs] == [field.name for field in form.fields]
    assert len({block["element"]["action_id"] for block in inputs}) == len(inputs)
    for element in [block["element"] for block in inputs]:
        assert 1 <= units(element.get("placeholder", {}).get("text", "-")) <= 150
        if element["type"] == "plain_text_input":
            assert 1 <= units(element.get("initial_value", "-")) <= element["max_length"] <= 3_000
        elif element["type"] == "datepicker":
            assert element.get("initial_date", "2026-12-04") == "2026-12-04"
        else:
            initial = [element["initial_option"]] if "initial_option" in element else []
            options = element["options"] if element["type"] == "static_select" else initial
            values = [option["value"] for option in options]
            assert 1 <= len(values) == len(set(values)) <= 100 or element["type"] == "external_select"
            assert all(1 <= len(value) <= 150 for value in values)
            assert all(1 <= units(option["text"]["text"]) <= 75 for option in options)
            assert all(option in options for option in initial)
    for block in view["blocks"]:
        assert 1 <= units(block.get("hint", {}).get("text", "-")) <= 2_000
        assert block.get("elements", True)
    assert json.dumps(view, ensure_ascii=False).encode()  # nothing that UTF-8 cannot carry


@any_card
@given(FORMS)
def test_a_form_in_teams_is_below_24_kilobytes(form: Form) -> None:
    for drawn in (adaptive_cards.form(form), adaptive_cards.form(form, titled=True), adaptive_cards.dialog(form)):
        assert max(sizes(drawn)) < 24_000


def test_a_form_of_many_choices_says_how_many_it_shows() -> None:
    rooms = tuple(Choice(f"room-{number}", f"C{number}") for number in range(240))
    form = Form("any", "Title", (Field("room", "Channel", choices=rooms),), "Go", "go")
    element = block_kit.view(form)["blocks"][0]["element"]
    assert (len(element["options"]), element["placeholder"]["text"]) == (100, "The first 100 of 240")
    assert adaptive_cards.form(form)["body"][0]["placeholder"] == "The first 100 of 240"


def test_a_choice_that_could_not_come_back_is_not_offered() -> None:
    choices = (Choice("one", "1"), Choice("again", "1"), Choice("none", ""), Choice("long", "x" * 400), Choice("", "2"))
    form = Form("any", "Title", (Field("room", "Channel", choices=choices),), "Go", "go")
    options = block_kit.view(form)["blocks"][0]["element"]["options"]
    assert [(option["text"]["text"], option["value"]) for option in options] == [("one", "1"), ("2", "2")]
    assert [(choice["title"], choice["value"]) for choice in adaptive_cards.form(form)["body"][0]["choices"]] == [
        ("one", "1"),
        ("2", "2"),
    ]


def test_buttons_that_leave_no_room_for_the_card_are_left_out_together() -> None:
    buttons = tuple(Button("Label", "ask", "漢" * 1_000) for _ in range(4))
    card = Card("any", "", (Text(("word " * 5_000,)),), buttons=buttons)
    kept = fitted(card, BUDGET)
    assert kept.buttons == ()
    assert len(str(kept.blocks[0])) > 4_000
    assert fitted(replace(card, buttons=buttons[:1]), replace(BUDGET, most=60_000)).buttons == buttons[:1]


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

from typing import Any

import pytest

from bot.playground.blocks import faults_in_message, faults_in_view

Json = dict[str, Any]


def plain(text: str = "a") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "a") -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "a", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def option(text: str = "a", value: str = "a", **more: Any) -> Json:
    return {"text": plain(text), "value": value, **more}


def select(**more: Any) -> Json:
    return {"type": "static_select", "options": [option()], **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def line(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def run(text: str = "a", **more: Any) -> Json:
    return {"type": "text", "text": text, **more}


def table(*rows: list[str], **more: Any) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows], **more}


def field(element: Json | None = None, **more: Any) -> Json:
    return {"type": "input", "label": plain(), "element": element or {"type": "plain_text_input"}, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Form"), "blocks": list(blocks), **more}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


CONFIRM = {"title": plain(), "text": plain(), "confirm": plain("Yes"), "deny": plain("No")}
CARD = {"type": "card", "title": mrkdwn("T"), "body": mrkdwn("B"), "actions": [button(action_id="x")]}

WRONG: dict[str, tuple[list[Json], str]] = {
    "no type": ([{"text": mrkdwn()}], "/blocks/0"),
    "a type that Slack has not": ([{"type": "paragraph"}], "/blocks/0/type"),
    "a type that is no text": ([{"type": ["section"]}], "/blocks/0/type"),
    "a misspelt member": ([section(txt="a")], "/blocks/0"),
    "a section of nothing": ([{"type": "section"}], "/blocks/0"),
    "an empty text": ([section("")], "/blocks/0/text/text"),
    "a section of 3,001 characters": ([section("a" * 3001)], "/blocks/0/text/text"),
    "a text that is no object": ([{"type": "section", "text": "a"}], "/blocks/0/text"),
    "a text that is a number": ([{"type": "section", "text": mrkdwn() | {"text": 7}}], "/blocks/0/text/text"),
    "emoji in mrkdwn": ([{"type": "section", "text": mrkdwn() | {"emoji": True}}], "/blocks/0/text"),
    "verbatim in plain text": ([{"type": "section", "text": plain() | {"verbatim": True}}], "/blocks/0/text"),
    "11 fields": ([{"type": "section", "fields": [mrkdwn()] * 11}], "/blocks/0/fields"),
    "a field of 2,001 characters": ([{"type": "section", "fields": [mrkdwn("a" * 2001)]}], "/blocks/0/fields/0/text"),
    "mrkdwn in a header": ([{"type": "header", "text": mrkdwn()}], "/blocks/0/text/type"),
    "a header of 151 characters": ([{"type": "header", "text": plain("a" * 151)}], "/blocks/0/text/text"),
    "an empty context": ([{"type": "context", "elements": []}], "/blocks/0/elements"),
    "11 in a context": ([{"type": "context", "elements": [mrkdwn()] * 11}], "/blocks/0/elements"),
    "a button in a context": ([{"type": "context", "elements": [button()]}], "/blocks/0/elements/0/type"),
    "empty actions": ([actions()], "/blocks/0/elements"),
    "26 actions": ([actions(*[button()] * 26)], "/blocks/0/elements"),
    "a text field among actions": ([actions({"type": "plain_text_input"})], "/blocks/0/elements/0/type"),
    "a button of 76 characters": ([actions(button("a" * 76))], "/blocks/0/elements/0/text/text"),
    "a button's value of 2,001 characters": ([actions(button(value="a" * 2001))], "/blocks/0/elements/0/value"),
    "a button's value that is a number": ([actions(button(value=7))], "/blocks/0/elements/0/value"),
    "a button in another style": ([actions(button(style="default"))], "/blocks/0/elements/0/style"),
    "a button that runs a script": ([actions(button(url="javascript:alert(1)"))], "/blocks/0/elements/0/url"),
    "a button that leads nowhere": ([actions(button(url="/documents/1"))], "/blocks/0/elements/0/url"),
    "a button's address of 3,001 characters": (
        [actions(button(url="https://a.example/" + "a" * 2983))],
        "/blocks/0/elements/0/url",
    ),
    "an action id of 256 characters": ([actions(button(action_id="a" * 256))], "/blocks/0/elements/0/action_id"),
    "a block id of 256 characters": ([section(block_id="a" * 256)], "/blocks/0/block_id"),
    "two equal block ids": ([section(block_id="a"), section(block_id="a")], "/blocks"),
    "two equal action ids in a block": ([actions(button(action_id="a"), button(action_id="a"))], "/blocks/0"),
    "a question without an answer": (
        [actions(button(confirm={k: v for k, v in CONFIRM.items() if k != "deny"}))],
        "/blocks/0/elements/0/confirm",
    ),
    "a question's long answer": (
        [actions(button(confirm=CONFIRM | {"deny": plain("a" * 31)}))],
        "/blocks/0/elements/0/confirm/deny/text",
    ),
    "101 options": (
        [actions(select(options=[option(value=str(n)) for n in range(101)]))],
        "/blocks/0/elements/0/options",
    ),
    "options and groups of options": (
        [actions(select(option_groups=[{"label": plain(), "options": [option()]}]))],
        "/blocks/0/elements/0",
    ),
    "an option of 76 characters": (
        [actions(select(options=[option("a" * 76)]))],
        "/blocks/0/elements/0/options/0/text/text",
    ),
    "an option's value of 151 characters": (
        [actions(select(options=[option(value="a" * 151)]))],
        "/blocks/0/elements/0/options/0/value",
    ),
    "two options of one value": ([actions(select(options=[option("a"), option("b")]))], "/blocks/0/elements/0"),
    "a first choice that is not offered": ([actions(select(initial_option=option("b", "b")))], "/blocks/0/elements/0"),
    "6 in an overflow menu": (
        [actions({"type": "overflow", "options": [option(value=str(n)) for n in range(6)]})],
        "/blocks/0/elements/0/options",
    ),
    "11 check boxes": (
        [actions({"type": "checkboxes", "options": [option(value=str(n)) for n in range(11)]})],
        "/blocks/0/elements/0/options",
    ),
    "a date that is none": (
        [actions({"type": "datepicker", "initial_date": "2026-13-01"})],
        "/blocks/0/elements/0/initial_date",
    ),
    "an image without words": ([{"type": "image", "image_url": "https://a.example/a.png"}], "/blocks/0"),
    "an image from nowhere": ([{"type": "image", "alt_text": "a"}], "/blocks/0"),
    "empty rich text": ([rich()], "/blocks/0/elements"),
    "rich text without a section": ([rich(run())], "/blocks/0/elements/0/type"),
    "an empty run of text": ([rich(line(run("")))], "/blocks/0/elements/0/elements/0/text"),
    "an unknown style": ([rich(line(run(style={"blink": True})))], "/blocks/0/elements/0/elements/0/style"),
    "a style that is no truth": ([rich(line(run(style={"bold": 1})))], "/blocks/0/elements/0/elements/0/style/bold"),
    "a link that runs a script": (
        [rich(line({"type": "link", "url": "javascript:alert(1)"}))],
        "/blocks/0/elements/0/elements/0/url",
    ),
    "a list without a style": ([rich({"type": "rich_text_list", "elements": [line(run())]})], "/blocks/0/elements/0"),
    "bare text in a list": (
        [rich({"type": "rich_text_list", "style": "bullet", "elements": [run()]})],
        "/blocks/0/elements/0/elements/0/type",
    ),
    "a user in code": (
        [rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]})],
        "/blocks/0/elements/0/elements/0/type",
    ),
    "21 columns": ([table(["a"] * 21)], "/blocks/0/rows/0"),
    "101 rows": ([table(*[["a"]] * 101)], "/blocks/0/rows"),
    "a table of 10,001 characters": ([table(["a" * 10_001])], "/blocks/0"),
    "two tables": ([table(["a"]), table(["b"])], "/blocks"),
    "a markdown block of 12,001 characters": ([{"type": "markdown", "text": "a" * 12_001}], "/blocks/0/text"),
    "12,001 characters in two markdown blocks": (
        [{"type": "markdown", "text": "a" * n} for n in (6000, 6001)],
        "/blocks",
    ),
    "a card of nothing": ([{"type": "card", "subtitle": mrkdwn()}], "/blocks/0"),
    "four actions on a card": ([CARD | {"actions": [button()] * 4}], "/blocks/0/actions"),
    "11 cards in a carousel": ([{"type": "carousel", "elements": [CARD] * 11}], "/blocks/0/elements"),
    "an alert in a message": ([{"type": "alert", "text": plain()}], "/blocks/0/type"),
    "51 blocks": ([section()] * 51, "/blocks"),
}

WRONG_VIEWS: dict[str, tuple[Json, str]] = {
    "a modal without a title": ({"type": "modal", "blocks": []}, "/view"),
    "a title of 25 characters": (modal(title=plain("a" * 25)), "/view/title/text"),
    "a submit of 25 characters": (modal(field(), submit=plain("a" * 25)), "/view/submit/text"),
    "inputs without a submit": (modal(field()), "/view"),
    "101 blocks": (modal(*[section()] * 101), "/view/blocks"),
    "private metadata of 3,001 characters": (modal(private_metadata="a" * 3001), "/view/private_metadata"),
    "a callback id of 256 characters": (modal(callback_id="a" * 256), "/view/callback_id"),
    "a submit on a home tab": (home(submit=plain()), "/view"),
    "two equal block ids": (modal(section(block_id="a"), section(block_id="a")), "/view/blocks"),
    "two equal action ids in two blocks": (
        modal(actions(button(action_id="a")), actions(button(action_id="a"))),
        "/view/blocks",
    ),
    "a label of 2,001 characters": (modal(field(label=plain("a" * 2001)), submit=plain()), "/view/blocks/0/label/text"),
    "a mrkdwn label": (modal(field(label=mrkdwn()), submit=plain()), "/view/blocks/0/label/type"),
    "a placeholder of 151 characters": (
        modal(field({"type": "plain_text_input", "placeholder": plain("a" * 151)}), submit=plain()),
        "/view/blocks/0/element/placeholder/text",
    ),
    "a length that is never enough": (
        modal(field({"type": "plain_text_input", "min_length": 9, "max_length": 8}), submit=plain()),
        "/view/blocks/0/element",
    ),
    "a button as an input": (modal(field(button()), submit=plain()), "/view/blocks/0/element/type"),
    "two fields that both want the cursor": (
        modal(*[field({"type": "plain_text_input", "focus_on_load": True})] * 2, submit=plain()),
        "/view/blocks",
    ),
    "a markdown block in a modal": (modal({"type": "markdown", "text": "a"}), "/view/blocks/0/type"),
    "another kind of view": ({"type": "dialog", "blocks": []}, "/view/type"),
    "no object at all": ([], "/view"),  # type: ignore[dict-item]  # that is the point
}

RIGHT: dict[str, list[Json]] = {
    "nothing": [],
    "a section to the brim": [section("a" * 3000, block_id="b" * 255)],
    "fields to the brim": [{"type": "section", "fields": [mrkdwn("a" * 2000)] * 10}],
    "50 blocks": [{"type": "divider"}] * 50,
    "header, context, image": [
        {"type": "header", "text": plain("a" * 150) | {"emoji": False}},
        {
            "type": "context",
            "elements": [mrkdwn(), {"type": "image", "image_url": "https://a.example", "alt_text": "a"}],
        },
        {"type": "image", "image_url": "https://a.example/a.png", "alt_text": "a", "title": plain()},
    ],
    "25 buttons": [actions(*[button("a" * 75, value="v" * 2000, action_id=f"a{n}") for n in range(25)])],
    "the same action id in two blocks of a message": [
        actions(button(action_id="more")),
        actions(button(action_id="more")),
    ],
    "a button of every kind": [
        actions(
            button(style="danger", confirm=CONFIRM, accessibility_label="a"), button(url="https://a.example/?a=b#c")
        )
    ],
    "selects": [
        actions(
            select(initial_option=option(), placeholder=plain(), confirm=CONFIRM),
            {"type": "users_select"},
            {"type": "external_select", "min_query_length": 0},
            {"type": "overflow", "options": [option(url="https://a.example")]},
            {"type": "datepicker", "initial_date": "2026-12-31"},
        )
    ],
    "rich text of every kind": [
        rich(
            line(
                run("a", style={"bold": True, "code": False}), {"type": "link", "url": "https://a.example", "text": "a"}
            ),
            line(
                {"type": "user", "user_id": "U1"},
                {"type": "broadcast", "range": "here"},
                {"type": "emoji", "name": "tada"},
            ),
            {"type": "rich_text_list", "style": "ordered", "indent": 8, "offset": 3, "elements": [line(run())]},
            {"type": "rich_text_quote", "elements": [run()], "border": 1},
            {"type": "rich_text_preformatted", "elements": [run("x = 1\n")]},
            line({"type": "date", "timestamp": 1_790_000_000, "format": "{date}", "fallback": "then"}),
        )
    ],
    "a table to the brim": [table(*[["a"] * 20] * 100, column_settings=[None, {"align": "right", "is_wrapped": True}])],
    "markdown, feedback, cards": [
        {"type": "markdown", "text": "a" * 12_000},
        {
            "type": "context_actions",
            "elements": [
                {
                    "type": "feedback_buttons",
                    "action_id": "f",
                    "positive_button": {"text": plain(), "value": "+"},
                    "negative_button": {"text": plain(), "value": "-"},
                }
            ],
        },
        {"type": "carousel", "elements": [CARD]},
    ],
}

RIGHT_VIEWS: dict[str, Json] = {
    "an empty modal": modal(),
    "a form": modal(
        field({"type": "plain_text_input", "multiline": True, "max_length": 3000, "focus_on_load": True}, hint=plain()),
        field(select(action_id="s"), optional=True),
        field({"type": "radio_buttons", "options": [{"text": mrkdwn(), "value": "a"}]}),
        field({"type": "number_input", "is_decimal_allowed": False, "min_value": "0"}, dispatch_action=True),
        {"type": "alert", "text": mrkdwn(), "level": "warning"},
        submit=plain("Send"),
        close=plain("Cancel"),
        private_metadata="m" * 3000,
        notify_on_close=True,
    ),
    "a home tab": home(*[section()] * 100, callback_id="home"),
}


@pytest.mark.parametrize(("blocks", "pointer"), WRONG.values(), ids=WRONG.keys())
def test_what_slack_refuses_in_a_message_is_refused_where_it_stands(blocks: list[Json], pointer: str) -> None:
    assert [fault.pointer for fault in faults_in_message(blocks)] == [pointer]


@pytest.mark.parametrize(("view", "pointer"), WRONG_VIEWS.values(), ids=WRONG_VIEWS.keys())
def test_what_slack_refuses_in_a_view_is_refused_where_it_stands(view: Json, pointer: str) -> None:
    assert [fault.pointer for fault in faults_in_view(view)] == [pointer]


@pytest.mark.parametrize("blocks", RIGHT.values(), ids=RIGHT.keys())
def test_what_slack_takes_in_a_message_is_taken(blocks: list[Json]) -> None:
    assert faults_in_message(blocks) == ()


@pytest.mark.parametrize("view", RIGHT_VIEWS.values(), ids=RIGHT_VIEWS.keys())
def test_what_slack_takes_in_a_view_is_taken(view: Json) -> None:
    assert faults_in_view(view) == ()


@pytest.mark.parametrize("blocks", [None, 7, "section", {"type": "section"}, [None], [[]], ["divider"]])
def test_what_is_no_list_of_blocks_is_refused(blocks: Any) -> None:
    assert faults_in_message(blocks)


def test_a_fault_reads_as_slack_writes_it() -> None:
    (fault,) = faults_in_message([section("a" * 3001)])
    assert str(fault) == "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"

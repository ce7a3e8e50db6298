"""Our limits against a registry of Slack's limits that somebody else keeps (`make judges`)."""

from typing import Any

import pytest

from bot.playground.blocks import faults_in_message, faults_in_view

limits: Any = pytest.importorskip("slackblocks._limits", reason="needs `make judges`")
pytestmark = pytest.mark.judge

Json = dict[str, Any]


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "a" * length}


def button(**more: Any) -> Json:
    return {"type": "actions", "elements": [{"type": "button", "text": plain(1), **more}]}


def options(count: int) -> list[Json]:
    return [{"text": plain(1), "value": str(n)} for n in range(count)]


def field(**more: Any) -> Json:
    return {"type": "input", "label": plain(1), "element": {"type": "plain_text_input"}, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain(1), "blocks": list(blocks), "submit": plain(1), **more}


MESSAGES: dict[str, Any] = {
    "SECTION_TEXT_MAX_LENGTH": lambda n: [{"type": "section", "text": plain(n)}],
    "SECTION_FIELDS_MAX_ITEMS": lambda n: [{"type": "section", "fields": [plain(1)] * n}],
    "SECTION_FIELDS_ITEM_MAX_LENGTH": lambda n: [{"type": "section", "fields": [plain(n)]}],
    "HEADER_TEXT_MAX_LENGTH": lambda n: [{"type": "header", "text": plain(n)}],
    "CONTEXT_ELEMENTS_MAX_ITEMS": lambda n: [{"type": "context", "elements": [plain(1)] * n}],
    "TEXT_MAX_LENGTH": lambda n: [{"type": "context", "elements": [plain(n)]}],
    "ACTIONS_ELEMENTS_MAX_ITEMS": lambda n: [{"type": "actions", "elements": button()["elements"] * n}],
    "BLOCK_ID_MAX_LENGTH": lambda n: [{"type": "divider", "block_id": "a" * n}],
    "ACTION_ID_MAX_LENGTH": lambda n: [button(action_id="a" * n)],
    "BUTTON_TEXT_MAX_LENGTH": lambda n: [button(text=plain(n))],
    "BUTTON_VALUE_MAX_LENGTH": lambda n: [button(value="a" * n)],
    "BUTTON_URL_MAX_LENGTH": lambda n: [button(url="https://a.example/".ljust(n, "a"))],
    "BUTTON_ACCESSIBILITY_LABEL_MAX_LENGTH": lambda n: [button(accessibility_label="a" * n)],
    "SELECT_OPTIONS_MAX_ITEMS": lambda n: [
        {"type": "actions", "elements": [{"type": "static_select", "options": options(n)}]}
    ],
    "OVERFLOW_OPTIONS_MAX_ITEMS": lambda n: [
        {"type": "actions", "elements": [{"type": "overflow", "options": options(n)}]}
    ],
    "CHECKBOXES_OPTIONS_MAX_ITEMS": lambda n: [
        {"type": "actions", "elements": [{"type": "checkboxes", "options": options(n)}]}
    ],
    "RADIO_BUTTONS_OPTIONS_MAX_ITEMS": lambda n: [
        {"type": "actions", "elements": [{"type": "radio_buttons", "options": options(n)}]}
    ],
    "MARKDOWN_TEXT_MAX_LENGTH": lambda n: [{"type": "markdown", "text": "a" * n}],
    "TABLE_ROWS_MAX_ITEMS": lambda n: [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]] * n}],
    "TABLE_COLUMNS_MAX_ITEMS": lambda n: [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * n]}],
    "IMAGE_ALT_TEXT_MAX_LENGTH": lambda n: [{"type": "image", "image_url": "https://a.example", "alt_text": "a" * n}],
    "CARD_TITLE_MAX_LENGTH": lambda n: [{"type": "card", "title": plain(n)}],
    "CARD_BODY_MAX_LENGTH": lambda n: [{"type": "card", "body": plain(n)}],
    "CARD_ACTIONS_MAX_ITEMS": lambda n: [{"type": "card", "actions": button()["elements"] * n}],
    "CAROUSEL_ELEMENTS_MAX_ITEMS": lambda n: [
        {"type": "carousel", "elements": [{"type": "card", "title": plain(1)}] * n}
    ],
    "MESSAGE_BLOCKS_MAX_ITEMS": lambda n: [{"type": "divider"}] * n,
    "RICH_TEXT_LIST_INDENT_MAX": lambda n: [
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "indent": n,
                    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}],
                }
            ],
        }
    ],
}
VIEWS: dict[str, Any] = {
    "VIEW_TITLE_MAX_LENGTH": lambda n: modal(title=plain(n)),
    "VIEW_SUBMIT_MAX_LENGTH": lambda n: modal(submit=plain(n)),
    "VIEW_CLOSE_MAX_LENGTH": lambda n: modal(close=plain(n)),
    "VIEW_PRIVATE_METADATA_MAX_LENGTH": lambda n: modal(private_metadata="a" * n),
    "VIEW_CALLBACK_ID_MAX_LENGTH": lambda n: modal(callback_id="a" * n),
    "VIEW_BLOCKS_MAX_ITEMS": lambda n: modal(*[{"type": "divider"}] * n),
    "INPUT_LABEL_MAX_LENGTH": lambda n: modal(field(label=plain(n))),
    "INPUT_HINT_MAX_LENGTH": lambda n: modal(field(hint=plain(n))),
    "PLAIN_TEXT_INPUT_MAX_LENGTH_MAX": lambda n: modal(field(element={"type": "plain_text_input", "max_length": n})),
    "SELECT_PLACEHOLDER_MAX_LENGTH": lambda n: modal(field(element={"type": "users_select", "placeholder": plain(n)})),
    "ALERT_TEXT_MAX_LENGTH": lambda n: modal({"type": "alert", "text": plain(n)}),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_may_go_as_far_as_slacks_limit_and_no_further(name: str) -> None:
    most = getattr(limits, name)
    assert faults_in_message(MESSAGES[name](most)) == ()
    assert faults_in_message(MESSAGES[name](most + 1)) != ()


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_may_go_as_far_as_slacks_limit_and_no_further(name: str) -> None:
    most = getattr(limits, name)
    assert faults_in_view(VIEWS[name](most)) == ()
    assert faults_in_view(VIEWS[name](most + 1)) != ()

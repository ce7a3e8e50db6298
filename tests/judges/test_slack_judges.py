"""What Slack is sent, before judges that are not ours: slackblocks, slack_sdk, Slack's types; and rules that they lack."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.cards import block_kit
from bot.cards.model import Card

Json = dict[str, Any]
Judge = Callable[[Mapping[str, Json]], dict[str, list[str]]]

pytestmark = pytest.mark.judge


def every(judge: Callable[[Json], None]) -> Judge:
    """A judge of one message, which raises, as a judge of many, which lists."""

    def judge_all(messages: Mapping[str, Json]) -> dict[str, list[str]]:
        verdicts: dict[str, list[str]] = {}
        for name, message in messages.items():
            try:
                judge(message)
            except Exception as complaint:  # noqa: BLE001  # each judge has errors of its own; all of them are verdicts
                verdicts[name] = [f"{type(complaint).__name__}: {complaint}"]
            else:
                verdicts[name] = []
        return verdicts

    return judge_all


def slackblocks_judge(message: Json) -> None:
    """Builds the message from slackblocks' objects; it must come out the same."""
    from tests.judges.slackblocks_adapter import built

    ours, theirs = normal(message), normal(built(message))
    assert {name: theirs.get(name) for name in ours} == ours


def slack_sdk_judge(message: Json) -> None:
    """Parses with slack_sdk's classes, which check lengths as they write; it must come out the same."""
    from slack_sdk.models.blocks import Block
    from slack_sdk.models.views import View

    if "type" in message:
        assert normal(View(**message).to_dict()) == normal(message)
    blocks = Block.parse_all(message["blocks"])
    assert normal([block.to_dict() for block in blocks]) == normal(message["blocks"])


def playground_judge(message: Json) -> None:
    """The strict workspace that our own tests run against."""
    from bot.playground.blocks import faults_in_message, faults_in_view

    faults = faults_in_view(message) if "type" in message else faults_in_message(message["blocks"])
    assert not faults, "; ".join(map(str, faults))


def normal(value: Any) -> Any:
    """JSON without the members that say what is so anyway, which the libraries leave out or add."""
    if isinstance(value, dict):
        dull = {"emoji": False, "block_id": value.get("block_id"), "multiline": False, "private_metadata": ""}
        return {key: normal(inner) for key, inner in value.items() if key not in dull or dull[key] != inner}
    return [normal(inner) for inner in value] if isinstance(value, list) else value


def our_rules(message: Json) -> None:
    """What none of the others minds and Slack does."""
    blocks = message["blocks"]
    if "type" not in message:
        assert message["text"].strip(), "no text for notifications"
        assert not set(message["text"]) & set("<>"), "markup in the fallback"
        assert len(json.dumps(blocks, ensure_ascii=False)) <= 13_000, "more than Slack takes in one message"
    elif message["type"] == "modal" and any(block["type"] == "input" for block in blocks):
        assert "submit" in message, "inputs that nobody can submit"
    for member in ("block_id", "action_id"):
        ids = [found for name, found in strings(blocks) if name == member]
        assert len(ids) == len(set(ids)), f"the same {member} twice"
    assert sum(block["type"] == "table" for block in blocks) <= 1, "two tables"
    for block in blocks:
        assert block.get("elements", True), f"an empty {block['type']}"
    for name, found in strings(blocks):
        if name == "url":
            parts = urlsplit(found)
            assert parts.scheme == "https", f"not https: {found}"
            assert parts.hostname, f"no host: {found}"
            assert "@" not in parts.netloc, f"credentials: {found}"
            assert len(found) <= 3_000, "a URL too long"


def strings(value: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(name, value)]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in strings(inner, key)]
    return [found for inner in value for found in strings(inner, name)] if isinstance(value, list) else []


@pytest.fixture(scope="module")
def judges(types_judge: Judge) -> dict[str, Judge]:
    return {
        "slackblocks": every(slackblocks_judge),
        "slack_sdk": every(slack_sdk_judge),
        "types": types_judge,
        "playground": every(playground_judge),
        "ours": every(our_rules),
    }


def plain(text: str, **more: object) -> Json:
    return {"type": "plain_text", "text": text, **more}


def rich(*runs: object, kind: str = "rich_text_section", **more: object) -> Json:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(runs), **more}]}


RUN: Json = {"type": "text", "text": "a"}
BUTTON: Json = {"type": "button", "text": plain("Go"), "action_id": "go"}


def wrong(*blocks: Json, text: str = "a") -> Json:
    return {"text": text, "blocks": list(blocks)}


# Each wrong message with the judges that must refuse it; the others may or may not.
WRONG: dict[str, tuple[Json, set[str]]] = {
    "unknown_block": (wrong({"type": "banner", "text": plain("a")}), {"slackblocks", "slack_sdk", "types"}),
    "header_too_long": (wrong({"type": "header", "text": plain("a" * 151)}), {"slackblocks", "slack_sdk"}),
    "header_in_mrkdwn": (wrong({"type": "header", "text": {"type": "mrkdwn", "text": "a"}}), {"slackblocks", "types"}),
    "section_too_long": (wrong({"type": "section", "text": {"type": "mrkdwn", "text": "a" * 3001}}), {"slackblocks", "slack_sdk"}),
    "eleven_in_a_context": (wrong({"type": "context", "elements": [plain("a")] * 11}), {"slackblocks", "slack_sdk"}),
    "empty_text": (wrong({"type": "section", "text": plain("")}), {"slackblocks"}),
    "empty_rich_text": (wrong(rich()), {"slackblocks"}),
    "rich_text_without_elements": (wrong({"type": "rich_text"}), {"slackblocks", "slack_sdk", "types"}),
    "misspelt_style": (wrong(rich({**RUN, "style": {"blod": True}})), {"slackblocks", "types"}),
    "misspelt_member": (wrong(rich({"type": "text", "txet": "a"})), {"slackblocks", "slack_sdk", "types"}),
    "list_of_unknown_style": (wrong(rich(rich(RUN)["elements"][0], kind="rich_text_list", style="dotted")), {"slackblocks", "types"}),
    "button_label_too_long": (wrong({"type": "actions", "elements": [{**BUTTON, "text": plain("a" * 76)}]}), {"slackblocks", "slack_sdk"}),
    "button_value_too_long": (wrong({"type": "actions", "elements": [{**BUTTON, "value": "a" * 2001}]}), {"slackblocks", "slack_sdk"}),
    "twenty_six_actions": (wrong({"type": "actions", "elements": [{**BUTTON, "action_id": str(n)} for n in range(26)]}), {"slackblocks", "slack_sdk"}),
    "fifty_one_blocks": (wrong(*[rich(RUN)] * 51), {"slackblocks"}),
    "block_id_too_long": (wrong({**rich(RUN), "block_id": "a" * 256}), {"slackblocks", "slack_sdk"}),
    "block_id_twice": (wrong({**rich(RUN), "block_id": "a"}, {**rich(RUN), "block_id": "a"}), {"ours"}),
    "action_id_twice": (wrong({"type": "actions", "elements": [BUTTON, BUTTON]}), {"ours"}),
    "no_actions": (wrong({"type": "actions", "elements": []}), {"ours"}),
    "two_tables": (wrong(*[{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}] * 2), {"ours"}),
    "script_address": (wrong(rich({"type": "link", "url": "javascript:alert(1)", "text": "a"})), {"ours"}),
    "http_address": (wrong(rich({"type": "link", "url": "http://example.org", "text": "a"})), {"ours"}),
    "credentials_in_an_address": (wrong(rich({"type": "link", "url": "https://a@example.org", "text": "a"})), {"ours"}),
    "no_fallback": (wrong(rich(RUN), text=" "), {"ours"}),
    "mention_in_the_fallback": (wrong(rich(RUN), text="<!channel>"), {"ours"}),
    "too_much_text": (wrong(*[rich({"type": "text", "text": "a" * 2_900})] * 5), {"ours"}),
}  # fmt: skip


def modal(*blocks: Json, **more: object) -> Json:
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": plain("A"),
        "submit": plain("Go"),
        "blocks": list(blocks),
        **more,
    }


def field(element: Json, **more: object) -> Json:
    return {"type": "input", "label": plain("A"), "element": element, **more}


TYPED: Json = {"type": "plain_text_input", "action_id": "a"}
OPTION: Json = {"text": plain("a"), "value": "a"}
SELECT: Json = {"type": "static_select", "action_id": "b", "options": [OPTION]}
FOUND: Json = {"type": "external_select", "action_id": "c", "min_query_length": 0}
DAY: Json = {"type": "datepicker", "action_id": "d"}

# The same for modals and home tabs.
WRONG_VIEWS: dict[str, tuple[Json, set[str]]] = {
    "unknown_view": ({**modal(field(TYPED)), "type": "pane"}, {"slackblocks", "playground"}),
    "title_too_long": (modal(field(TYPED), title=plain("a" * 25)), {"slackblocks", "slack_sdk", "playground"}),
    "title_missing": ({"type": "modal", "blocks": [rich(RUN)]}, {"types", "playground"}),
    "submit_too_long": (modal(field(TYPED), submit=plain("a" * 25)), {"slackblocks", "slack_sdk", "playground"}),
    "close_too_long": (modal(field(TYPED), close=plain("a" * 25)), {"slackblocks", "slack_sdk", "playground"}),
    "no_submit": ({"type": "modal", "title": plain("A"), "blocks": [field(TYPED)]}, {"playground", "ours"}),
    "metadata_too_long": (modal(field(TYPED), private_metadata="a" * 3_001), {"slackblocks", "slack_sdk", "playground"}),
    "callback_too_long": (modal(field(TYPED), callback_id="a" * 256), {"slackblocks", "slack_sdk", "playground"}),
    "misspelt_view_member": (modal(field(TYPED), submitt=plain("Go")), {"types", "playground"}),
    "misspelt_input_member": (modal(field({**TYPED, "multilines": True})), {"slackblocks", "types", "playground"}),
    "unlabelled_input": (modal({"type": "input", "element": TYPED}), {"slackblocks", "types", "playground"}),
    "input_of_too_many_characters": (modal(field({**TYPED, "max_length": 3_001})), {"slackblocks", "playground"}),
    "written_in_too_long": (modal(field({**TYPED, "initial_value": "a" * 3_001})), {"playground"}),
    "hint_too_long": (modal(field({**TYPED, "placeholder": plain("a" * 151)})), {"slackblocks", "slack_sdk", "playground"}),
    "option_too_long": (modal(field({**SELECT, "options": [{**OPTION, "text": plain("a" * 76)}]})), {"slackblocks", "playground"}),
    "option_value_too_long": (modal(field({**SELECT, "options": [{**OPTION, "value": "a" * 151}]})), {"slackblocks", "playground"}),
    "too_many_options": (modal(field({**SELECT, "options": [{**OPTION, "value": str(n)} for n in range(101)]})), {"slackblocks", "slack_sdk", "playground"}),
    "no_options": (modal(field({**SELECT, "options": []})), {"slackblocks", "playground"}),
    "option_twice": (modal(field({**SELECT, "options": [OPTION, OPTION]})), {"playground"}),
    "chosen_is_not_offered": (modal(field({**SELECT, "initial_option": {**OPTION, "value": "b"}})), {"playground"}),
    "day_that_is_none": (modal(field({**DAY, "initial_date": "2026-02-30"})), {"playground"}),
    "day_written_otherwise": (modal(field({**DAY, "initial_date": "4.12.2026"})), {"slackblocks", "playground"}),
    "misspelt_day": (modal(field({**DAY, "initial_day": "2026-12-04"})), {"slackblocks", "types", "playground"}),
    "found_among_options": (modal(field({**FOUND, "options": [OPTION]})), {"types", "playground"}),
    "found_option_too_long": (modal(field({**FOUND, "initial_option": {**OPTION, "text": plain("a" * 76)}})), {"slackblocks", "playground"}),
    "help_too_long": (modal(field(TYPED, hint=plain("a" * 2_001))), {"slackblocks", "playground"}),
    "misspelt_dispatch": (modal(field(SELECT, dispatch_actions=True)), {"slackblocks", "types", "playground"}),
    "too_many_fields": (modal(*[field({**TYPED, "action_id": str(n)}) for n in range(101)]), {"slackblocks", "slack_sdk", "playground"}),
    "two_fields_of_one_name": (modal(field(TYPED, block_id="x"), field(SELECT, block_id="x")), {"playground", "ours"}),
    "one_action_id_twice": (modal(field(TYPED), field({**SELECT, "action_id": "a"})), {"playground", "ours"}),
    "a_modal_block_in_a_home": ({"type": "home", "blocks": [{"type": "alert", "text": plain("a")}]}, {"playground"}),
    "home_of_too_many_blocks": ({"type": "home", "blocks": [rich(RUN)] * 101}, {"slackblocks", "slack_sdk", "playground"}),
    "script_address_at_home": ({"type": "home", "blocks": [rich({"type": "link", "url": "javascript:alert(1)", "text": "a"})]}, {"ours"}),
}  # fmt: skip

JUDGES = ["slackblocks", "slack_sdk", "types", "playground", "ours"]


@pytest.mark.parametrize("judge", JUDGES)
def test_every_card_passes(judge: str, judges: dict[str, Judge], messages: dict[str, Json]) -> None:
    verdicts = judges[judge](messages)
    assert verdicts == {name: [] for name in messages}


@pytest.mark.parametrize("judge", JUDGES)
def test_every_form_and_home_tab_passes(judge: str, judges: dict[str, Judge], views: dict[str, Json]) -> None:
    verdicts = judges[judge](views)
    assert verdicts == {name: [] for name in views}


@pytest.mark.parametrize("judge", JUDGES)
def test_the_judge_refuses_wrong_views(judge: str, judges: dict[str, Judge]) -> None:
    verdicts = judges[judge]({name: view for name, (view, _) in WRONG_VIEWS.items()})
    must = {name for name, (_, by) in WRONG_VIEWS.items() if judge in by}
    refused = {name for name, complaints in verdicts.items() if complaints}
    assert must - refused == set()
    assert len(must) >= 3


def test_what_is_shown_below_a_link_passes(judges: dict[str, Judge], cards: dict[str, Card]) -> None:
    shown = {name: {"text": "-", **block_kit.unfurl(card)} for name, card in cards.items()}
    for judge in JUDGES:
        assert judges[judge](shown) == {name: [] for name in shown}
    assert not [block for each in shown.values() for block in each["blocks"] if block["type"] == "actions"]


@pytest.mark.parametrize("judge", ["slackblocks", "slack_sdk", "types", "ours"])
def test_the_judge_refuses_what_is_wrong(judge: str, judges: dict[str, Judge]) -> None:
    verdicts = judges[judge]({name: message for name, (message, _) in WRONG.items()})
    must = {name for name, (_, by) in WRONG.items() if judge in by}
    refused = {name for name, complaints in verdicts.items() if complaints}
    assert must - refused == set()
    assert len(must) >= 5


def test_our_limits_are_the_ones_that_others_know() -> None:
    from slackblocks import _limits

    assert block_kit.HEADER == _limits.HEADER_TEXT_MAX_LENGTH
    assert block_kit.PLAIN_TEXT == _limits.TEXT_MAX_LENGTH
    assert block_kit.RICH_TEXT <= _limits.TEXT_MAX_LENGTH
    assert block_kit.BUDGET.most // block_kit.BUDGET.block + 2 <= _limits.MESSAGE_BLOCKS_MAX_ITEMS
    assert block_kit.BUDGET.most <= _limits.MARKDOWN_TOTAL_TEXT_MAX_LENGTH
    assert block_kit.BUTTON == _limits.BUTTON_TEXT_MAX_LENGTH
    assert block_kit.BUTTON_VALUE == _limits.BUTTON_VALUE_MAX_LENGTH
    assert block_kit.BUTTONS <= _limits.ACTIONS_ELEMENTS_MAX_ITEMS
    assert block_kit.MODAL_TITLE == _limits.VIEW_TITLE_MAX_LENGTH
    assert block_kit.PLACEHOLDER == _limits.SELECT_PLACEHOLDER_MAX_LENGTH
    assert block_kit.FORM_BUDGET.typed == _limits.PLAIN_TEXT_INPUT_MAX_LENGTH_MAX
    assert block_kit.FORM_BUDGET.label == _limits.OPTION_TEXT_MAX_LENGTH
    assert block_kit.FORM_BUDGET.value == _limits.OPTION_VALUE_MAX_LENGTH
    assert block_kit.FORM_BUDGET.choices == _limits.SELECT_OPTIONS_MAX_ITEMS

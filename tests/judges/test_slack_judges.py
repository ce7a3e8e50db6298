"""What Slack is sent, before judges that are not ours: slackblocks, slack_sdk, Slack's types; and rules that they lack."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.cards import block_kit

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

    assert normal(built(message)["blocks"]) == normal(message["blocks"])


def slack_sdk_judge(message: Json) -> None:
    """Parses the blocks with slack_sdk's classes, which check lengths as they write; they must come out the same."""
    from slack_sdk.models.blocks import Block

    blocks = Block.parse_all(message["blocks"])
    assert normal([block.to_dict() for block in blocks]) == normal(message["blocks"])


def normal(value: Any) -> Any:
    """JSON without the members that say what is so anyway, which the libraries leave out or add."""
    if isinstance(value, dict):
        dull = {"emoji": False, "block_id": value.get("block_id")}
        return {key: normal(inner) for key, inner in value.items() if key not in dull or dull[key] != inner}
    return [normal(inner) for inner in value] if isinstance(value, list) else value


def our_rules(message: Json) -> None:
    """What none of the others minds and Slack does."""
    blocks = message["blocks"]
    assert message["text"].strip(), "no text for notifications"
    assert not set(message["text"]) & set("<>"), "markup in the fallback"
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
    assert len(json.dumps(blocks, ensure_ascii=False)) <= 13_000, "more than Slack takes in one message"


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


@pytest.mark.parametrize("judge", ["slackblocks", "slack_sdk", "types", "ours"])
def test_every_card_passes(judge: str, judges: dict[str, Judge], messages: dict[str, Json]) -> None:
    verdicts = judges[judge](messages)
    assert verdicts == {name: [] for name in messages}


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

"""Forms as Slack's client treats them: what it sends as somebody fills them in, and what it takes in answer."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground import doings, forms
from bot.playground.doings import NotShownError
from bot.playground.slack import SlackWorkspace
from bot.playground.state import View

if TYPE_CHECKING:
    from tests.playground.conftest import Bot

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(label: str, value: str = "") -> Json:
    return {"text": plain(label), "value": value or label.lower()}


def field(label: str, element: Json, **more: Any) -> Json:
    name = label.lower()
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": {"action_id": f"the {name}", **element},
        **more,
    }


TIER = field("Tier", {"type": "static_select", "options": [option("One"), option("Two")]}, dispatch_action=True)
CLAUSE = field("Clause", {"type": "external_select", "min_query_length": 2}, optional=True)
UNTIL = field("Until", {"type": "datepicker"}, optional=True)
REASON = field("Reason", {"type": "plain_text_input", "max_length": 20, "initial_value": "as it was"})


def modal(*blocks: Json) -> Json:
    return {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": list(blocks)}


def opened(slack: SlackWorkspace, *blocks: Json) -> View:
    return slack.state.show("U0GRACE", modal(*blocks))


def sent(bot: "Bot") -> Any:
    """What came last to the bot."""
    return json.loads(bot.form["payload"])


def answering(value: object) -> Json:
    return {"text": json.dumps(value), "content_type": "application/json"}


async def test_what_is_filled_in_travels_as_slack_writes_it(slack: SlackWorkspace, bot: "Bot") -> None:
    view = opened(slack, TIER, CLAUSE, UNTIL, REASON)
    assert await slack.submit(view, {"Tier": "Two", "Until": "2026-12-04", "Reason": "short"}) is None
    assert sent(bot)["type"] == "view_submission"
    assert sent(bot)["view"]["state"]["values"] == {
        "tier": {"the tier": {"type": "static_select", "selected_option": option("Two")}},
        "clause": {"the clause": {"type": "external_select", "selected_option": None}},
        "until": {"the until": {"type": "datepicker", "selected_date": "2026-12-04"}},
        "reason": {"the reason": {"type": "plain_text_input", "value": "short"}},
    }


async def test_a_field_that_is_dispatched_is_told_at_once_with_all_the_others(
    slack: SlackWorkspace, bot: "Bot"
) -> None:
    view = opened(slack, TIER, REASON)
    await slack.fill_in(view, "Reason", "typed")
    assert bot.requests == []
    await slack.fill_in(view, "Tier", "One")
    told = sent(bot)
    (action,) = told["actions"]
    assert (told["type"], action["type"], action["block_id"]) == ("block_actions", "static_select", "tier")
    assert (action["action_id"], action["selected_option"]) == ("the tier", option("One"))
    assert (told["container"]["view_id"], told["view"]["hash"]) == (view.id, view.hash)
    assert told["view"]["state"]["values"]["reason"]["the reason"]["value"] == "typed"


async def test_a_view_that_is_drawn_anew_keeps_what_is_filled_in_where_both_ids_are_the_same(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    view = opened(slack, TIER, REASON)
    await slack.fill_in(view, "Reason", "typed")
    anew = field("Reason", {"type": "plain_text_input", "initial_value": "what the app says"})
    await client.views_update(view_id=view.id, hash=view.hash, view=modal(UNTIL, anew))
    assert slack.state.views[view.id].values == {"Until": "", "Reason": "typed"}
    other = field("Reason", {**anew["element"], "action_id": "another"})
    await client.views_update(view_id=view.id, view=modal(other))
    assert slack.state.views[view.id].values == {"Reason": "what the app says"}


@pytest.mark.parametrize(
    ("label", "value", "why"),
    [
        ("Tier", "Three", "none of"),
        ("Clause", "STD-004", "none of"),
        ("Until", "tomorrow", "no day"),
        ("Until", "2026-02-30", "no day"),
        ("Until", "20261204", "no day"),
        ("Reason", "x" * 21, "20 characters"),
        ("Rationale", "x", "only Tier, Clause, Until, Reason"),
    ],
)
async def test_what_slacks_client_does_not_let_one_put_there(
    slack: SlackWorkspace, bot: "Bot", label: str, value: str, why: str
) -> None:
    view = opened(slack, TIER, CLAUSE, UNTIL, REASON)
    for act in (slack.fill_in(view, label, value), slack.submit(view, {label: value})):
        with pytest.raises(LookupError, match=why):
            await act
    assert bot.requests == []


async def test_a_form_is_not_sent_while_something_is_missing(slack: SlackWorkspace, bot: "Bot") -> None:
    view = opened(slack, TIER, CLAUSE, REASON)
    with pytest.raises(NotShownError, match=r"required fields: Tier, Reason$"):
        await slack.submit(view, {"Reason": ""})
    assert bot.requests == []


async def test_typing_asks_for_options_from_the_shortest_length_on(slack: SlackWorkspace, bot: "Bot") -> None:
    view = opened(slack, CLAUSE, field("Other", {"type": "external_select"}))
    for label, text in (("Clause", "s"), ("Other", "st")):
        with pytest.raises(NotShownError, match="too short"):
            await slack.type_in(view, label, text)
    bot.answer = answering({"options": [option("STD-004"), option("STD-005")]})
    assert await slack.type_in(view, "Clause", "st") == ("STD-004", "STD-005")
    told = sent(bot)
    assert (told["type"], told["value"], told["block_id"], told["action_id"]) == (
        "block_suggestion",
        "st",
        "clause",
        "the clause",
    )
    assert "trigger_id" not in told
    assert told["view"]["id"] == view.id
    assert (await slack.fill_in(view, "Clause", "STD-005")).values["Clause"] == "STD-005"


async def test_only_some_fields_find_something(slack: SlackWorkspace, bot: "Bot") -> None:
    view = opened(slack, TIER, CLAUSE)
    with pytest.raises(LookupError, match="static_select"):
        await slack.type_in(view, "Tier", "one")
    slack.app = replace(slack.app, loads_options=False)
    with pytest.raises(NotShownError, match="message_menu_options_url"):
        await slack.type_in(view, "Clause", "one")
    assert bot.requests == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"status": 500}, "500"),
        ({"text": ""}, "text/plain"),
        ({"text": "", "content_type": "application/json"}, "not answered in JSON"),
        (answering([]), "must be an object"),
        (answering({}), "missing required field: options"),
        (answering({"options": [], "more": 1}), "additional property"),
        (answering({"options": [option("x", str(n)) for n in range(101)]}), "no more than 100"),
        (answering({"options": [option("x" * 76)]}), "less than 76"),
        (answering({"options": [option("x", "y" * 151)]}), "less than 151"),
        (answering({"options": [{"text": {"type": "mrkdwn", "text": "x"}, "value": "x"}]}), "unsupported type"),
        (answering({"options": [option("x", "1"), option("y", "1")]}), "unique"),
    ],
)
async def test_options_that_slack_would_not_show(slack: SlackWorkspace, bot: "Bot", answer: Json, why: str) -> None:
    bot.answer = answer
    with pytest.raises(NotShownError, match=why):
        await slack.type_in(opened(slack, CLAUSE), "Clause", "std")


async def test_options_have_to_come_in_time(slack: SlackWorkspace, bot: "Bot", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doings, "OPTIONS_SECONDS", 0.0)
    with pytest.raises(NotShownError, match="in time"):
        await slack.type_in(opened(slack, CLAUSE), "Clause", "std")


async def test_errors_stand_beside_their_fields_until_the_form_is_sent_again(slack: SlackWorkspace, bot: "Bot") -> None:
    view = opened(slack, REASON)
    bot.answer = answering({"response_action": "errors", "errors": {"reason": "Say more."}})
    back = await slack.submit(view, {"Reason": "short"})
    assert back is not None
    assert (back.errors, back.values, back.hash) == ({"Reason": "Say more."}, {"Reason": "short"}, view.hash)
    bot.answer = answering({"response_action": "update", "view": modal(REASON)})
    shown = await slack.submit(back, {})
    assert shown is not None
    assert shown.errors == {}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "block ids"),
        ({"errors": {}}, "block ids"),
        ({"errors": ["reason"]}, "block ids"),
        ({"errors": {"reason": "x"}, "view": modal(REASON)}, "nothing beside"),
        ({"errors": {"Reason": "x"}}, "no input block Reason"),
        ({"errors": {"reason": "x", "until": "x"}}, "no input block until"),
        ({"errors": {"reason": ""}}, "sentence"),
        ({"errors": {"reason": None}}, "sentence"),
    ],
)
async def test_errors_that_slack_would_not_show(slack: SlackWorkspace, bot: "Bot", more: Json, why: str) -> None:
    bot.answer = answering({"response_action": "errors", **more})
    with pytest.raises(NotShownError, match=why):
        await slack.submit(opened(slack, REASON), {})


async def test_a_view_of_too_many_bytes_is_refused(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    long = [field(f"Field {n}", {"type": "plain_text_input", "initial_value": "x" * 2_900}) for n in range(90)]
    trigger = slack.state.lend_trigger("U0GRACE", "C0GENERAL")
    with pytest.raises(SlackApiError) as refusal:
        await client.views_open(trigger_id=trigger, view=modal(*long))
    assert refusal.value.response["error"] == "view_too_large"
    await client.views_open(trigger_id=trigger, view=modal(*long[:80]))


async def test_a_day_that_is_none_cannot_be_drawn(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    for wrong in ("2026-02-30", "4.12.2026", "20261204", ""):
        drawn = modal(field("Until", {"type": "datepicker", "initial_date": wrong}))
        with pytest.raises(SlackApiError) as refusal:
            await client.views_open(trigger_id=slack.state.lend_trigger("U0GRACE", "C0GENERAL"), view=drawn)
        assert "must be a date" in refusal.value.response["response_metadata"]["messages"][0]
    assert forms.is_day("2028-02-29")

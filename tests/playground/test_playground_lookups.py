"""Methods that look something up, refused as Slack refuses them."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import GENERAL, SlackWorkspace
from bot.playground.state import Channel, User

pytestmark = pytest.mark.asyncio


async def code(client: AsyncWebClient, method: str, **args: Any) -> object:
    with pytest.raises(SlackApiError) as refusal:
        await client.api_call(method, params=args)
    return refusal.value.response["error"]


async def test_a_direct_message_is_opened_once_for_each_person(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    opened = [(await client.conversations_open(users="U0GRACE"))["channel"]["id"] for _ in range(2)]
    assert opened == ["DU0GRACE", "DU0GRACE"]
    assert (await client.conversations_open(channel="DU0GRACE"))["channel"]["id"] == "DU0GRACE"
    slack.state.users |= {"U0BOT": User("U0BOT", "bot", is_bot=True), "U0GONE": User("U0GONE", "gone", deleted=True)}
    for users, error in (
        ("", "users_list_not_supplied"),
        ("U0NONE", "user_not_found"),
        ("U0BOT", "cannot_dm_bot"),
        ("U0GONE", "user_disabled"),
        ("U0GRACE,U0ALAN", "missing_scope"),
        (",".join(["U0GRACE"] * 9), "too_many_users"),
    ):
        assert await code(client, "conversations.open", users=users) == error
    slack.app = replace(slack.app, scopes=slack.app.scopes - {"im:write"})
    assert await code(client, "conversations.open", users="U0GRACE") == "missing_scope"


async def test_a_user_group_has_its_people(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    slack.state.groups["S0ARCH"] = frozenset({"U0GRACE", "U0ALAN"})
    assert (await client.usergroups_users_list(usergroup="S0ARCH"))["users"] == ["U0ALAN", "U0GRACE"]
    assert await code(client, "usergroups.users.list", usergroup="S0NONE") == "no_such_subteam"
    assert await code(client, "usergroups.users.list") == "invalid_arguments"


async def test_an_address_says_whether_anybody_confirmed_it(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    grace = slack.state.users["U0GRACE"]
    slack.state.users["U0GRACE"] = replace(grace, is_email_confirmed=False)
    user = (await client.users_info(user="U0GRACE"))["user"]
    assert (user["profile"]["email"], user["is_email_confirmed"]) == ("grace@example.org", False)


async def test_each_kind_of_channel_is_read_with_a_scope_of_its_own(
    client: AsyncWebClient, slack: SlackWorkspace
) -> None:
    slack.state.channels["C0SECRET"] = Channel("C0SECRET", "secret", frozenset({slack.app.bot_user}), is_private=True)
    slack.app = replace(slack.app, scopes=frozenset({"channels:history", "im:write"}))
    await client.conversations_history(channel=GENERAL)
    assert await code(client, "conversations.history", channel="C0SECRET") == "missing_scope"
    direct = (await client.conversations_open(users="U0GRACE"))["channel"]["id"]
    assert await code(client, "conversations.history", channel=direct) == "missing_scope"


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "a b", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "a", "event_payload": []}, "invalid_metadata_format"),
        ({"event_type": "a", "event_payload": {}, "more": 1}, "invalid_metadata_format"),
        ({"event_type": "a", "event_payload": {"text": "x" * 8_000}}, "metadata_too_large"),
    ],
)
async def test_metadata_that_slack_would_not_take_is_refused(
    client: AsyncWebClient, metadata: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=GENERAL, text="x", metadata=metadata)
    assert refusal.value.response["error"] == error

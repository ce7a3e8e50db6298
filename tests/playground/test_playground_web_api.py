from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import GENERAL, SlackWorkspace
from bot.playground.state import App, Channel, Message

if TYPE_CHECKING:
    from tests.playground.conftest import Clock

pytestmark = pytest.mark.asyncio

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
TITLE = {"type": "plain_text", "text": "Form"}
MODAL = {"type": "modal", "title": TITLE, "blocks": [SECTION], "external_id": "form-1"}
HOME = {"type": "home", "blocks": [SECTION]}


async def refused(client: AsyncWebClient, method: str, **args: Any) -> Any:
    """The answer to a call that must be refused."""
    with pytest.raises(SlackApiError) as refusal:
        await client.api_call(method, json=args)
    return refusal.value.response


async def code(client: AsyncWebClient, method: str, **args: Any) -> object:
    return (await refused(client, method, **args))["error"]


async def test_the_app_learns_who_it_is(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == (
        slack.app.team,
        slack.app.bot_user,
        slack.app.bot_id,
    )
    assert (await client.bots_info(bot=answer["bot_id"]))["bot"]["app_id"] == slack.app.id


async def test_a_token_must_be_there_and_right(slack: SlackWorkspace, session: aiohttp.ClientSession) -> None:
    nobody = AsyncWebClient(base_url=slack.api_url, session=session)
    assert await code(nobody, "auth.test") == "not_authed"
    assert await code(AsyncWebClient("xoxb-other", slack.api_url, session=session), "auth.test") == "invalid_auth"
    async with session.post(slack.api_url + "auth.test", json={"token": slack.bot_token}) as response:
        assert (await response.json())["error"] == "not_authed"  # Slack reads no token from a JSON body
    async with session.post(slack.api_url + "auth.test", data={"token": slack.bot_token}) as response:
        assert (await response.json())["ok"]


async def test_a_scope_that_was_not_granted_is_named(session: aiohttp.ClientSession) -> None:
    async with SlackWorkspace(app=App(scopes=frozenset({"users:read"}))) as slack:
        client = AsyncWebClient(slack.bot_token, slack.api_url, session=session)
        answer = await refused(client, "chat.postMessage", channel=GENERAL, text="a")
        assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "chat:write", "users:read")
        assert "email" not in (await client.users_info(user="U0GRACE"))["user"]["profile"]


async def test_a_message_is_posted_answered_updated_and_read_again(
    client: AsyncWebClient, slack: SlackWorkspace, clock: "Clock"
) -> None:
    metadata = {"event_type": "posted", "event_payload": {"key": "k"}}
    posted = await client.chat_postMessage(channel=GENERAL, text="one", blocks=[SECTION], metadata=metadata)
    clock.seconds += 1
    await client.chat_postMessage(channel=GENERAL, text="two", thread_ts=posted["ts"])
    await client.chat_update(channel=GENERAL, ts=posted["ts"], text="one, mended")
    (root,) = (await client.conversations_history(channel=GENERAL, include_all_metadata=True))["messages"]
    assert (root["text"], root["blocks"], root["metadata"]) == ("one, mended", [SECTION], metadata)
    replies = (await client.conversations_replies(channel=GENERAL, ts=posted["ts"]))["messages"]
    assert [reply["text"] for reply in replies] == ["one, mended", "two"]
    assert "metadata" not in replies[0]
    assert [name for name, _ in slack.calls][:2] == ["chat.postMessage", "chat.postMessage"]


async def test_history_comes_in_pages(client: AsyncWebClient, clock: "Clock") -> None:
    for number in range(5):
        clock.seconds += 1
        await client.chat_postMessage(channel=GENERAL, text=str(number))
    first = await client.conversations_history(channel=GENERAL, limit=3)
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel=GENERAL, limit=3, cursor=cursor)
    assert [m["text"] for m in first["messages"] + rest["messages"]] == ["4", "3", "2", "1", "0"]
    assert not rest["has_more"]
    since = await client.conversations_history(channel=GENERAL, oldest=first["messages"][1]["ts"])
    assert [m["text"] for m in since["messages"]] == ["4"]


async def test_an_ephemeral_message_is_in_nobodys_history(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    await client.chat_postEphemeral(channel=GENERAL, user="U0GRACE", text="for you")
    assert slack.messages[0].only_for == "U0GRACE"
    assert (await client.conversations_history(channel=GENERAL))["messages"] == []
    assert await code(client, "chat.postEphemeral", channel=GENERAL, user="U0NOBODY", text="a") == "user_not_in_channel"


async def test_a_message_to_a_person_goes_to_their_direct_messages(client: AsyncWebClient) -> None:
    assert (await client.chat_postMessage(channel="U0GRACE", text="psst"))["channel"] == "DU0GRACE"


async def test_where_the_bot_cannot_write_it_is_told_why(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    slack.state.channels["C1"] = Channel("C1", "elsewhere")
    slack.state.channels["C2"] = Channel("C2", "old", frozenset({slack.app.bot_user}), is_archived=True)
    assert await code(client, "chat.postMessage", channel="C0", text="a") == "channel_not_found"
    assert await code(client, "chat.postMessage", channel="C1", text="a") == "not_in_channel"
    assert await code(client, "chat.postMessage", channel="C2", text="a") == "is_archived"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": 7}, "invalid_arguments"),
        ({"text": "a" * 40_001}, "msg_too_long"),
        ({"text": "a", "blocks": "hello"}, "invalid_blocks"),
        ({"text": "a", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"text": "a", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"text": "a", "thread_ts": "1.1"}, "thread_not_found"),
        ({"text": "a", "unfurl_link": False}, "invalid_arguments"),
        ({"text": "a", "thread_ts": ["1.1"]}, "invalid_arguments"),
    ],
)
async def test_a_message_that_slack_would_refuse_is_refused(
    client: AsyncWebClient, wrong: dict[str, Any], error: str
) -> None:
    assert await code(client, "chat.postMessage", channel=GENERAL, **wrong) == error


async def test_wrong_blocks_are_told_where_they_are_wrong(client: AsyncWebClient) -> None:
    answer = await refused(client, "chat.postMessage", channel=GENERAL, text="a", blocks=[{"type": "section"}])
    assert answer["errors"] == ["one of these fields is required: text, fields [json-pointer:/blocks/0]"]
    assert answer["response_metadata"]["messages"][0].startswith("[ERROR] ")


async def test_only_its_own_messages_can_be_updated(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    slack.state.messages.append(Message(GENERAL, "1.000001", "U0GRACE", {"text": "mine"}))
    assert await code(client, "chat.update", channel=GENERAL, ts="1.000001", text="a") == "cant_update_message"
    assert await code(client, "chat.update", channel=GENERAL, ts="2.000001", text="a") == "message_not_found"


async def test_form_bodies_carry_structured_arguments_as_json(
    client: AsyncWebClient, slack: SlackWorkspace, session: aiohttp.ClientSession
) -> None:
    await client.api_call("chat.postMessage", data={"channel": GENERAL, "blocks": '[{"type": "divider"}]'})
    assert slack.messages[0].content == {"blocks": [{"type": "divider"}]}
    for body, content_type, error in (
        (f"channel={GENERAL}&blocks=[".encode(), "application/x-www-form-urlencoded", "invalid_blocks_format"),
        (b"{", "application/json", "invalid_json"),
        (b"[]", "application/json", "json_not_object"),
    ):
        headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": content_type}
        async with session.post(slack.api_url + "chat.postMessage", data=body, headers=headers) as response:
            assert (await response.json())["error"] == error


async def test_too_many_calls_are_sent_away_with_a_time_to_come_back(client: AsyncWebClient, clock: "Clock") -> None:
    await client.chat_postMessage(channel=GENERAL, text="one")
    answer = await refused(client, "chat.postMessage", channel=GENERAL, text="two")
    assert (answer.status_code, answer["error"], answer.headers["Retry-After"]) == (429, "ratelimited", "1")
    await client.chat_postMessage(channel="U0GRACE", text="another room has a pace of its own")
    clock.seconds += 1
    ts = (await client.chat_postMessage(channel=GENERAL, text="two"))["ts"]
    for _ in range(50):
        await client.chat_update(channel=GENERAL, ts=ts, text="again")
    assert (await refused(client, "chat.update", channel=GENERAL, ts=ts, text="again")).headers["Retry-After"] == "60"


async def test_a_trigger_opens_one_modal_within_three_seconds(
    client: AsyncWebClient, slack: SlackWorkspace, clock: "Clock"
) -> None:
    trigger = slack.state.lend_trigger("U0GRACE", GENERAL)
    view = (await client.views_open(trigger_id=trigger, view=MODAL))["view"]
    assert (view["title"], view["team_id"], view["state"]) == (TITLE, slack.app.team, {"values": {}})
    other = {key: value for key, value in MODAL.items() if key != "external_id"}
    assert await code(client, "views.open", trigger_id=trigger, view=other) == "exchanged_trigger_id"
    assert await code(client, "views.open", trigger_id="1.2.3", view=other) == "invalid_trigger_id"
    late = slack.state.lend_trigger("U0GRACE", GENERAL)
    assert await code(client, "views.open", trigger_id=late, view=MODAL) == "duplicate_external_id"
    assert await code(client, "views.open", trigger_id=late, view=HOME) == "invalid_arguments"
    clock.seconds += 3.1
    assert await code(client, "views.open", trigger_id=late, view=other) == "expired_trigger_id"


async def test_a_view_is_updated_by_whoever_saw_its_last_state(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    view = (await client.views_open(trigger_id=slack.state.lend_trigger("U0GRACE", GENERAL), view=MODAL))["view"]
    newer = (await client.views_update(view_id=view["id"], hash=view["hash"], view=MODAL))["view"]
    assert newer["hash"] != view["hash"]
    assert await code(client, "views.update", view_id=view["id"], hash=view["hash"], view=MODAL) == "hash_conflict"
    assert (await client.views_update(external_id="form-1", view=MODAL))["view"]["id"] == view["id"]
    assert await code(client, "views.update", view_id="V0", view=MODAL) == "not_found"


async def test_a_wrong_view_is_told_where_it_is_wrong(client: AsyncWebClient) -> None:
    wrong = MODAL | {"title": {"type": "plain_text", "text": "a" * 25}}
    answer = await refused(client, "views.open", trigger_id="1", view=wrong)
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]


async def test_a_home_tab_is_published_for_one_person(client: AsyncWebClient, slack: SlackWorkspace) -> None:
    first = (await client.views_publish(user_id="U0GRACE", view=HOME))["view"]
    second = (await client.views_publish(user_id="U0GRACE", view=HOME, hash=first["hash"]))["view"]
    assert first["id"] == second["id"]
    assert await code(client, "views.publish", user_id="U0GRACE", view=HOME, hash=first["hash"]) == "hash_conflict"
    assert await code(client, "views.publish", user_id="U0NOBODY", view=HOME) == "user_not_found"
    assert list(slack.state.homes) == ["U0GRACE"]


async def test_what_is_no_method_or_lacks_an_argument_is_refused(client: AsyncWebClient) -> None:
    assert await code(client, "chat.shout") == "unknown_method"
    answer = await refused(client, "chat.update", channel=GENERAL)
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: ts"]
    assert await code(client, "users.info", user="U0GRACE") == "invalid_arguments"  # a reading method reads no JSON
    with pytest.raises(SlackApiError, match="user_not_found"):
        await client.users_info(user="U0NOBODY")

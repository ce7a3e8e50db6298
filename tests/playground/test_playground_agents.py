"""The stricter half of the workspace: streams, sessions, prompts, previews, stacks of windows, Socket Mode."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.doings import NotShownError, until
from bot.playground.slack import GENERAL, GRACE, SlackWorkspace
from bot.playground.state import Message

pytestmark = pytest.mark.asyncio

TEXT = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
MODAL: dict[str, Any] = {"type": "modal", "title": {"type": "plain_text", "text": "t"}, "blocks": [TEXT]}


def question(slack: SlackWorkspace, channel: str = "U0GRACE") -> Message:
    return slack.state.post(slack.state.channel(channel).id, "U0GRACE", {"text": "who pays?"})


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as refusal:
        await call
    return str(refusal.value.response["error"])


async def test_slacks_own_stream_helper_finds_nothing_unusual(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    asked = question(slack)
    await client.agents_sessions_setStatus(channel_id=asked.channel, thread_ts=asked.ts, status="processing", title="T")
    stream = await client.chat_stream(channel=asked.channel, thread_ts=asked.ts, buffer_size=1)
    await stream.append(markdown_text="one ")
    await stream.append(markdown_text="two")
    await stream.stop(blocks=[TEXT], session_status="active")
    answer = await slack.answer_to(asked)
    assert (answer.content["text"], answer.words) == ("one two", "hello")
    assert slack.state.sessions[asked.channel, asked.ts].status == "active"
    await client.agents_sessions_rename(channel_id=asked.channel, thread_ts=asked.ts, title="U")
    assert slack.state.sessions[asked.channel, asked.ts].title == "U"


async def test_a_stream_is_written_while_it_is_open_and_in_a_thread(
    slack: SlackWorkspace, client: AsyncWebClient
) -> None:
    asked = question(slack)
    begun = await client.chat_startStream(channel=asked.channel, thread_ts=asked.ts)
    await client.chat_stopStream(channel=asked.channel, ts=begun["ts"])
    again = client.chat_appendStream(channel=asked.channel, ts=begun["ts"], markdown_text="x")
    assert await refused(again) == "message_not_in_streaming_state"
    assert await refused(client.chat_stopStream(channel=asked.channel, ts=asked.ts)) == "message_not_in_streaming_state"
    assert await refused(client.chat_startStream(channel=asked.channel, thread_ts="9.9")) == "message_not_found"
    public = question(slack, GENERAL)
    without = client.chat_startStream(channel=GENERAL, thread_ts=public.ts)
    assert await refused(without) == "missing_recipient_user_id"
    wrong = client.chat_startStream(
        channel=asked.channel, thread_ts=asked.ts, chunks=[{"type": "task_update", "id": "1"}]
    )
    assert await refused(wrong) == "invalid_chunks"


async def test_only_agents_have_sessions(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    asked = question(slack)
    for status in ("busy", ""):
        call = client.agents_sessions_setStatus(channel_id=asked.channel, thread_ts=asked.ts, status=status)
        assert await refused(call) == "invalid_arguments"
    no_session = client.agents_sessions_rename(channel_id=asked.channel, thread_ts=asked.ts, title="x")
    assert await refused(no_session) == "session_not_found"
    slack.app = replace(slack.app, is_agent=False)
    call = client.agents_sessions_setStatus(channel_id=asked.channel, thread_ts=asked.ts, status="active")
    assert await refused(call) == "not_allowed"


@pytest.mark.parametrize("prompts", [[], [{"title": "a"}], [{"title": "a", "message": "b"}] * 5, ["a"]])
async def test_prompts_are_one_to_four_titles_and_messages(
    slack: SlackWorkspace, client: AsyncWebClient, prompts: list[Any]
) -> None:
    channel = slack.state.channel("U0GRACE").id
    call = client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts)
    assert await refused(call) == "invalid_arguments"


async def test_previews_are_for_links_that_stand_in_the_message(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    message = slack.state.post(GENERAL, "U0GRACE", {"text": "see https://a.example/1"})
    unfurl = {"blocks": [TEXT]}
    await client.chat_unfurl(channel=GENERAL, ts=message.ts, unfurls={"https://a.example/1": unfurl})
    assert slack.state.unfurls[GENERAL, message.ts] == {"https://a.example/1": unfurl}
    for unfurls, error in (
        ({"https://b.example": unfurl}, "cannot_unfurl_url"),
        ({"https://a.example/1": {"blocks": [{"type": "section"}]}}, "invalid_blocks"),
        ({}, "missing_unfurls"),
    ):
        assert await refused(client.chat_unfurl(channel=GENERAL, ts=message.ts, unfurls=unfurls)) == error
    wrong = client.chat_unfurl(unfurl_id="x", source="composer", unfurls={"https://a.example/1": unfurl})
    assert await refused(wrong) == "invalid_unfurl_id"


async def test_three_windows_lie_on_each_other_at_most(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    lend = slack.state.lend_trigger
    assert await refused(client.views_push(trigger_id=lend(GRACE.id, ""), view=MODAL)) == "invalid_trigger_id"
    await client.views_open(trigger_id=lend(GRACE.id, ""), view=MODAL)
    for _ in range(2):
        await client.views_push(trigger_id=lend(GRACE.id, ""), view=MODAL)
    assert await refused(client.views_push(trigger_id=lend(GRACE.id, ""), view=MODAL)) == "push_limit_reached"


async def test_memberships_are_told_as_slack_tells_them(slack: SlackWorkspace, client: AsyncWebClient) -> None:
    listed = await client.users_conversations(user="U0GRACE", types="public_channel,private_channel")
    assert [channel["name"] for channel in listed["channels"]] == ["general"]
    slack.app = replace(slack.app, scopes=frozenset({"channels:read"}))
    assert await refused(client.users_conversations(types="private_channel")) == "missing_scope"


async def test_pressing_what_is_not_there_names_what_is(slack: SlackWorkspace) -> None:
    message = slack.state.post(GENERAL, slack.app.bot_user, {"text": "x", "blocks": [TEXT]})
    with pytest.raises(LookupError, match="only none"):
        await slack.press(message, "More")


async def test_socket_mode_wants_its_own_token_and_a_ticket_is_good_once(
    slack: SlackWorkspace, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    assert await refused(client.apps_connections_open(app_token=slack.bot_token)) == "invalid_auth"
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with session.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        typed = asyncio.create_task(slack.command("/arch", "hello"))
        envelope = await socket.receive_json()
        assert (envelope["type"], envelope["payload"]["text"]) == ("slash_commands", "hello")
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "hi"}})
        assert (await typed).words == "hi"


async def test_an_envelope_without_a_receipt_comes_again(
    slack: SlackWorkspace, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    async def connect() -> aiohttp.ClientWebSocketResponse:
        socket = await session.ws_connect((await client.apps_connections_open(app_token=slack.app_token))["url"])
        await socket.receive_json()
        return socket

    first = await connect()
    event = asyncio.create_task(slack.event({"type": "app_mention"}))
    before = await first.receive_json()
    slack.sockets.cut()
    second = await connect()
    after = await second.receive_json()
    assert after["payload"] == before["payload"]
    assert after["retry_attempt"] == 1
    assert after["envelope_id"] != before["envelope_id"]
    await second.send_json({"envelope_id": after["envelope_id"]})
    assert (await event).status == 200
    await second.close()


async def test_waiting_for_what_never_comes_says_what_was_awaited() -> None:
    with pytest.raises(NotShownError, match="nothing came"):
        await until(lambda: None, "nothing came", seconds=0.01)

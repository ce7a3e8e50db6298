"""What we say to Slack: patience, vanished posts, closed rooms, and Slack out of reach."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.cards.model import Card, Text
from bot.playground.rates import Rate
from bot.playground.slack import GENERAL, SlackWorkspace
from bot.slack.outbound import Failure, Outbound

pytestmark = pytest.mark.asyncio

HELLO = Card("hello", "Hello", (Text(("Hello <!channel>",)),))


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackWorkspace]:
    async with SlackWorkspace(rates={"chat.update": Rate(1, 1.0)}) as workspace:
        yield workspace


@pytest_asyncio.fixture
async def outbound(slack: SlackWorkspace) -> AsyncIterator[Outbound]:
    voice = Outbound(slack.bot_token, slack.api_url)
    yield voice
    await voice.close()


async def test_a_post_can_be_updated_by_its_receipt(slack: SlackWorkspace, outbound: Outbound) -> None:
    posted = await outbound.post(GENERAL, HELLO)
    updated = await outbound.update(GENERAL, posted.ts, replace(HELLO, blocks=(Text(("Changed",)),)))
    assert updated.ts == posted.ts
    assert [message.words for message in slack.messages] == ["Changed"]
    assert slack.calls[0][1]["unfurl_links"] is False


async def test_a_post_that_vanished_is_posted_afresh(slack: SlackWorkspace, outbound: Outbound) -> None:
    posted = await outbound.post(GENERAL, HELLO)
    slack.state.messages.clear()
    again = await outbound.update(GENERAL, posted.ts, HELLO)
    assert again.failure is None
    assert again.ts != posted.ts
    assert [message.ts for message in slack.messages] == [again.ts]


async def test_a_room_that_cannot_be_posted_to_is_said_clearly(slack: SlackWorkspace, outbound: Outbound) -> None:
    room = slack.state.channels[GENERAL]
    for state, reason in (
        (replace(room, is_archived=True), "is_archived"),
        (replace(room, members=frozenset()), "not_in_channel"),
    ):
        slack.state.channels[GENERAL] = state
        said = await outbound.post(GENERAL, HELLO)
        assert (said.failure, said.reason) == (Failure.NO_ROOM, reason)
    del slack.state.channels[GENERAL]
    assert (await outbound.post(GENERAL, HELLO)).reason == "channel_not_found"


async def test_slacks_wish_for_a_pause_is_honoured(slack: SlackWorkspace, outbound: Outbound) -> None:
    posted = await outbound.post(GENERAL, HELLO)
    for _ in range(2):
        assert (await outbound.update(GENERAL, posted.ts, HELLO)).failure is None
    assert [name for name, _ in slack.calls].count("chat.update") == 3


async def test_patience_has_an_end() -> None:
    async with SlackWorkspace(rates={"chat.postMessage": Rate(1, 1000.0)}) as slack:
        outbound = Outbound(slack.bot_token, slack.api_url)
        assert (await outbound.post(GENERAL, HELLO)).failure is None
        assert (await outbound.post(GENERAL, HELLO)).failure is Failure.PACE
        await outbound.close()


async def test_slack_out_of_reach_is_no_exception() -> None:
    outbound = Outbound("xoxb-nowhere", "http://127.0.0.1:1/api/")
    assert (await outbound.post(GENERAL, HELLO)).failure is Failure.UNREACHABLE
    assert (await outbound.respond("http://127.0.0.1:1/commands/1", {"text": "x"})).failure is Failure.UNREACHABLE
    await outbound.close()


@pytest.mark.parametrize(("status", "kind"), [(503, "text/html"), (200, "text/html"), (500, "application/json")])
async def test_an_answer_that_is_not_slacks_passes(status: int, kind: str) -> None:
    async def in_between(_: web.Request) -> web.Response:
        return web.Response(
            status=status, text="{}" if kind.endswith("json") else "<html>busy</html>", content_type=kind
        )

    site = web.Application()
    site.router.add_post("/api/users.info", in_between)
    async with TestServer(site) as server:
        outbound = Outbound("xoxb-1", str(server.make_url("/api/")))
        said = await outbound.call("users.info", read=True, patient=False, user="U1")
        assert said.failure is not None
        assert said.passes
        await outbound.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://hooks.slack.com.evil.example/x",
        "https://evil.example/hooks.slack.com",
        "https://slack.com@evil.example/x",
        "file:///etc/passwd",
        "",
    ],
)
async def test_an_answer_goes_to_slacks_own_addresses_alone(outbound: Outbound, url: str) -> None:
    assert (await outbound.respond(url, {"text": "secret"})).failure is Failure.REFUSED


async def test_a_refused_scope_is_said_by_slacks_word(slack: SlackWorkspace, outbound: Outbound) -> None:
    slack.app = replace(slack.app, scopes=frozenset())
    said = await outbound.post(GENERAL, HELLO)
    assert (said.failure, said.reason) == (Failure.REFUSED, "missing_scope")

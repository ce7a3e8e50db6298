from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackWorkspace


class Clock:
    """Epoch seconds that stand still until they are moved."""

    seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


class Bot:
    """Keeps what it is sent, and answers what it is told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answer: dict[str, Any] = {}

    async def receive(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(**self.answer)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.requests[-1][1].decode(), keep_blank_values=True))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def slack(clock: Clock) -> AsyncIterator[SlackWorkspace]:
    async with SlackWorkspace(now=clock) as workspace:
        yield workspace


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest_asyncio.fixture
async def client(slack: SlackWorkspace, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's own client library, which must find nothing unusual."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)


@pytest_asyncio.fixture
async def bot(slack: SlackWorkspace) -> AsyncIterator[Bot]:
    """What the workspace delivers to."""
    bot = Bot()
    app = web.Application()
    app.router.add_post("/", bot.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield bot
    await runner.cleanup()

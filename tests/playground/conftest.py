from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackWorkspace


class Clock:
    """Epoch seconds that stand still until they are moved."""

    seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


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

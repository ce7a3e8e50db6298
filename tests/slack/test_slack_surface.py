"""What the web layer in front would never let through, or the rest of the bot would never say."""

from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
import pytest_asyncio

from bot.cards.model import Reply, Results
from bot.delivery import Delivery
from bot.domain.commands import Command
from bot.playground.deliveries import sign
from bot.slack.surface import SlackSurface
from tests.slack.room import APP_TOKEN, SECRET, TOKEN

pytestmark = pytest.mark.asyncio

NOW = 1_790_000_000.0


async def answer_with_results(_: Command, __: str = "", /) -> Reply:
    return Results(())


@pytest_asyncio.fixture
async def surface() -> AsyncIterator[SlackSurface]:
    made = SlackSurface(
        dispatch=answer_with_results,
        knows=lambda _: False,
        signing_secret=SECRET,
        bot_token=TOKEN,
        command="/arch",
        now=lambda: NOW,
        api_url="http://127.0.0.1:1/api/",
        app_token=APP_TOKEN,
    )
    yield made
    await made.close()


def delivery(body: bytes, **more: str) -> Delivery:
    headers = {name.lower(): (value,) for name, value in sign(body, SECRET, NOW).headers}
    return Delivery(headers | {name.replace("_", "-"): (value,) for name, value in more.items()}, body)


async def test_an_encoded_body_is_refused_before_its_signature_is_looked_at(surface: SlackSurface) -> None:
    assert (await surface.receive(delivery(b"command=%2Farch", content_encoding="gzip"))).status == 415


async def test_an_answer_that_slack_cannot_show_is_a_fault_and_never_a_5xx(
    surface: SlackSurface, logged: list[MutableMapping[str, Any]]
) -> None:
    answered = await surface.receive(delivery(b"command=%2Farch&text=a&user_id=U1&team_id=T1"))
    assert answered.status == 200
    assert logged[-1]["reference"].encode() in answered.body


async def test_no_secret_shows_when_the_surface_is_printed(surface: SlackSurface) -> None:
    assert not [secret for secret in (SECRET, TOKEN, APP_TOKEN) if secret in repr(surface)]


async def test_without_a_signing_secret_nothing_is_taken_over_http() -> None:
    socket_mode_alone = SlackSurface(
        dispatch=answer_with_results,
        knows=lambda _: False,
        signing_secret=None,
        bot_token=TOKEN,
        command="/arch",
        now=lambda: NOW,
        app_token=APP_TOKEN,
    )
    signed_with_nothing = {name.lower(): (value,) for name, value in sign(b"command=%2Farch", "", NOW).headers}
    assert (await socket_mode_alone.receive(Delivery(signed_with_nothing, b"command=%2Farch"))).status == 401

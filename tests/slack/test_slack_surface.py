"""What the web layer in front would never let through, or the rest of the bot would never say."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from bot.cards.model import Reply, Results
from bot.delivery import Delivery
from bot.domain.commands import Command
from bot.playground.deliveries import sign
from bot.slack.surface import SlackSurface
from tests.slack.room import SECRET, TOKEN

pytestmark = pytest.mark.asyncio

NOW = 1_790_000_000.0


async def answer_with_results(_: Command) -> Reply:
    return Results(())


def surface() -> SlackSurface:
    return SlackSurface(
        dispatch=answer_with_results,
        knows=lambda _: False,
        signing_secret=SECRET,
        bot_token=TOKEN,
        command="/arch",
        now=lambda: NOW,
    )


def delivery(body: bytes, **more: str) -> Delivery:
    headers = {name.lower(): (value,) for name, value in sign(body, SECRET, NOW).headers}
    return Delivery(headers | {name.replace("_", "-"): (value,) for name, value in more.items()}, body)


async def test_an_encoded_body_is_refused_before_its_signature_is_looked_at() -> None:
    assert (await surface().receive(delivery(b"command=%2Farch", content_encoding="gzip"))).status == 415


async def test_an_answer_that_slack_cannot_show_is_a_fault_and_never_a_5xx(
    logged: list[MutableMapping[str, Any]],
) -> None:
    answered = await surface().receive(delivery(b"command=%2Farch&text=a&user_id=U1&team_id=T1"))
    assert answered.status == 200
    assert logged[-1]["reference"].encode() in answered.body


async def test_no_secret_shows_when_the_surface_is_printed() -> None:
    assert SECRET not in repr(surface())
    assert TOKEN not in repr(surface())

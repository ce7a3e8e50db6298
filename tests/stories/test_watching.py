"""What an operator sees from outside: it lives, it is ready, how it stands."""

from __future__ import annotations

import aiohttp
import pytest

from tests.stories.house import House


async def figures(house: House) -> dict[str, float]:
    async with aiohttp.ClientSession() as http, http.get(f"{house.address}/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        lines = [line for line in (await answer.text()).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.asyncio
async def test_the_figures_tell_what_came_in_and_what_waits(house: House) -> None:
    before = await figures(house)
    await house.slack.command("/arch", "subscribe standards")
    async with aiohttp.ClientSession() as http, http.post(f"{house.address}/slack/events", data=b"{}") as answer:
        assert answer.status == 401
    after = await figures(house)
    assert after['archway_deliveries_total{route="/slack/events",status="200"}'] == 1
    assert after['archway_signature_failures_total{route="/slack/events"}'] == 1
    assert after["archway_audit_sequence"] > before["archway_audit_sequence"]
    assert after["archway_inbox_waiting"] == 0
    assert after['archway_outbox_waiting{platform="teams"}'] == 0


@pytest.mark.asyncio
async def test_what_came_in_shows_no_secret_and_nobodys_words(house: House) -> None:
    await house.slack.command("/arch", "subscribe standards tag:zebra")
    async with aiohttp.ClientSession() as http, http.get(f"{house.address}/metrics") as answer:
        text = await answer.text()
    assert "canary" not in text
    assert "zebra" not in text

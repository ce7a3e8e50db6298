"""A decision that an incident tool posts is heard in every room that wants to know: once each, on both platforms."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.playground.doings import GENERAL
from bot.playground.state import Channel
from tests.api.signing import SECRET, standard
from tests.doubles.teams import shown
from tests.stories.house import House, house, until, words_of

PLATFORM = "C0PLATFORM"
STATEMENT = "Roll checkout back to 4.1"
OTHER_STATEMENT = "Leave it as it is"


@pytest_asyncio.fixture
async def bridged(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, haste=100, ARCHWAY_WEBHOOK_SECRETS=f"bridge={SECRET}") as running:
        yield running


def body(statement: str = STATEMENT) -> bytes:
    decision = {"id": "d-1", "kind": "rollback", "statement": statement, "rationale": "Errors began with 4.2"}
    incident = {"key": "BRIDGE-88", "title": "Checkout is slow", "severity": "SEV-1"}
    return json.dumps({"type": "incident.decided", "incident": incident, "decision": decision}).encode()


async def post(running: House, data: bytes, id_: str) -> int:
    headers = standard(data, id_=id_, at=int(time.time()))
    url = f"{running.address}/webhooks/incidents/bridge"
    async with aiohttp.ClientSession() as http, http.post(url, data=data, headers=headers) as answer:
        return answer.status


def told_in_slack(running: House, statement: str = STATEMENT) -> list[str]:
    return sorted(each.channel for each in running.slack.messages if statement in each.words)


def told_in_teams(running: House, statement: str = STATEMENT) -> list[str]:
    standing = {each.id: each for each in running.teams.connector.posted}
    return [each.room for each in standing.values() if statement in words_of(each.activity)]


@pytest.mark.asyncio
async def test_a_decision_that_is_posted_is_told_once_in_each_room(bridged: House) -> None:
    members = bridged.slack.state.channel(GENERAL).members
    bridged.slack.state.channels[PLATFORM] = Channel(PLATFORM, "platform", members)
    for channel in (GENERAL, PLATFORM):
        assert "incidents" in (await bridged.slack.command("/arch", "subscribe incidents", channel=channel)).words
    in_teams = await bridged.teams.mention("subscribe incidents")
    assert "incidents" in words_of(shown(in_teams))

    assert await post(bridged, body(), "m1") == 202
    await until(lambda: told_in_slack(bridged) == [GENERAL, PLATFORM])
    await until(lambda: told_in_teams(bridged) == [in_teams.room])

    assert await post(bridged, body(), "m1") == 200, "a replay"
    assert await post(bridged, body(OTHER_STATEMENT), "m1") == 200, "other content under a known id"
    assert await post(bridged, body(), "m2") == 202, "the same decision, told anew by the tool"
    await until(lambda: not bridged.remembered("select key from inbox where handled_at is null"))
    assert bridged.remembered("select count(*) from incident") == [(1,)]
    [(facts,)] = bridged.remembered("select facts from incident")
    [decision] = json.loads(str(facts))["decisions"]
    assert (decision["statement"], decision["tool_id"], decision["earlier"]) == (STATEMENT, "d-1", [])
    assert told_in_slack(bridged) == [GENERAL, PLATFORM]
    assert told_in_teams(bridged) == [in_teams.room]
    assert told_in_slack(bridged, OTHER_STATEMENT) == []

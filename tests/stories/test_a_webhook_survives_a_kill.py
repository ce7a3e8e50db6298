"""A decision that an incident tool posted is told once in every room that hears of incidents, though the process that took it is killed
before it could tell anybody."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from bot.playground.doings import GENERAL
from bot.playground.slack import SlackWorkspace
from bot.playground.state import Channel
from tests.api.signing import SECRET, standard
from tests.doubles.teams import PAYMENTS, Teams, shown, teams
from tests.stories.house import CANARY_SECRET, CANARY_TOKEN, until, words_of
from tests.stories.serving import Served, serving

STATEMENT = "Roll checkout back to 4.1"
PLATFORM = "C0PLATFORM"


def heard(slack: SlackWorkspace, tenant: Teams) -> list[str]:
    """Where the decision stands, with every post of it."""
    rooms = [each.channel for each in slack.messages if STATEMENT in each.words]
    standing = {each.id: each for each in tenant.connector.posted}
    return sorted([*rooms, *(each.room for each in standing.values() if STATEMENT in words_of(each.activity))])


async def posted(served: Served) -> int:
    """The status with which the webhook is taken."""
    decision = {"id": "d-1", "kind": "rollback", "statement": STATEMENT}
    incident = {"key": "BRIDGE-88", "title": "Checkout is slow", "severity": "SEV-3"}
    data = json.dumps({"type": "incident.decided", "incident": incident, "decision": decision}).encode()
    url, headers = f"{served.address}/webhooks/incidents/bridge", standard(data, at=int(time.time()))
    async with aiohttp.ClientSession() as http, http.post(url, data=data, headers=headers) as answer:
        return answer.status


def reached_at(served: Served, slack: SlackWorkspace, tenant: Teams) -> None:
    slack.bot_url, tenant.messages_url = f"{served.address}/slack/events", f"{served.address}/api/messages"


@pytest.mark.asyncio
async def test_a_decision_survives_a_kill_between_receipt_and_post(tmp_path: Path) -> None:
    workspace = SlackWorkspace(signing_secret=CANARY_SECRET, bot_token=CANARY_TOKEN)
    async with workspace as slack, teams() as tenant:
        tenant.connector.teams[PAYMENTS.id] = PAYMENTS
        slack.state.channels[PLATFORM] = Channel(PLATFORM, "platform", slack.state.channel(GENERAL).members)
        environ = {
            "SLACK_SIGNING_SECRET": CANARY_SECRET,
            "SLACK_BOT_TOKEN": CANARY_TOKEN,
            "SLACK_API_URL": slack.api_url,
            **tenant.environment,
            "ARCHWAY_WEBHOOK_SECRETS": f"bridge={SECRET}",
        }
        async with serving(tmp_path, **environ) as first:
            reached_at(first, slack, tenant)
            for channel in (GENERAL, PLATFORM):
                assert "incidents" in (await slack.command("/arch", "subscribe incidents", channel=channel)).words
            in_teams = await tenant.mention("subscribe incidents")
            assert "incidents" in words_of(shown(in_teams))
            slack.change_faults({"cut": 1.0})
            tenant.connector.faults.change({"unavailable": 1.0})
            assert await posted(first) == 202
            assert await first.end(signal.SIGKILL) == -signal.SIGKILL
        assert heard(slack, tenant) == []
        slack.change_faults({"cut": 0.0})
        tenant.connector.faults.change({})
        async with serving(tmp_path, **environ) as second:
            reached_at(second, slack, tenant)
            await until(lambda: len(heard(slack, tenant)) >= 3, 90)  # what the killed one held is free after its lease
            assert await posted(second) == 200  # the tool sends it again
            assert await second.end() == 0
        assert heard(slack, tenant) == sorted([GENERAL, PLATFORM, in_teams.room])

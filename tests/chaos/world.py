"""Slack and Teams as a process of its own, with faults: python -m tests.chaos.world '{"seed": 1, …}' LOST_AFTER

Prints one JSON line with its addresses. It outlives every process of the bot, and what it has written down is what is
held against them in the end.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import web

from bot.playground import reading
from bot.playground.slack import SlackWorkspace
from bot.playground.state import Channel, User
from tests.chaos.faults import Faults, of_slack, of_teams, too_fast_of_slack, too_fast_of_teams
from tests.chaos.plan import Plan, Wish
from tests.doubles.loopback_server import served
from tests.doubles.teams import APP_ID, PASSWORD, TENANT
from tests.doubles.teams_answers import actions_of
from tests.doubles.teams_connector import Connector, Person, Team
from tests.doubles.teams_issuer import Issuer
from tests.stories.house import words_of

SIGNING_SECRET, BOT_TOKEN = "chaos-signing-secret", "xoxb-chaos"
TALKS = 100  # rooms in which people speak to the bot: so many that nobody is held back for a flood
TEAM = "19:chaos-team@thread.tacv2"


class FaultySlack(SlackWorkspace):
    """A workspace whose Web API goes wrong as planned."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN, rates={})
        self.faults = faults

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:  # type: ignore[override]  # as wide as it is used
        return await self.faults.handle(request, super()._serve_method)


def fill_workspace(slack: SlackWorkspace, plan: Plan) -> None:
    """The people and channels of a plan."""
    for number in range(plan.everybody):
        slack.state.users[f"U{number}"] = User(
            f"U{number}", f"user{number}", f"User {number}", f"u{number}@example.org"
        )
    everybody = frozenset((*slack.state.users, slack.app.bot_user))
    for room in (room.removeprefix("slack:") for room in plan.all_rooms if room.startswith("slack:")):
        if room.startswith("U"):
            slack.state.users[room] = User(room, room.lower(), room, f"{room.lower()}@example.org")
        else:
            slack.state.channels[room] = Channel(room, room.lower(), everybody)
    for number in range(TALKS):
        slack.state.channels[f"CTALK{number}"] = Channel(f"CTALK{number}", f"talk{number}", everybody)


def fill_tenant(connector: Connector, plan: Plan) -> None:
    """The people, the team and the channels of a plan."""
    rooms = [room.removeprefix("teams:") for room in plan.all_rooms if room.startswith("teams:")]
    ids = [f"29:{number}" for number in range(plan.everybody)] + [room for room in rooms if room.startswith("29:")]
    connector.people += [
        Person(f"00000000-0000-4000-8000-{number:012}", id_, f"User {number}", f"u{number}@example.org", TENANT)
        for number, id_ in enumerate(ids)
    ]
    channels: dict[str, str | None] = {TEAM: None}
    channels |= {room: f"room {room}" for room in rooms if not room.startswith("29:")}
    channels |= {f"19:talk{number}@thread.tacv2": f"Talk {number}" for number in range(TALKS)}
    connector.teams[TEAM] = Team(TEAM, "Chaos", channels)
    connector.conversations |= {f"a:chat-with-29:{number}" for number in range(plan.everybody)}
    connector.conversations |= {conversation_of(wish) for wish in plan.wishes if wish.platform.startswith("teams")}


def conversation_of(wish: Wish) -> str:
    """Where in Teams a wish is made: each in a chat or a thread of its own."""
    if wish.platform == "teams":
        return f"a:wish-{wish.number}"
    return f"19:talk{wish.number % TALKS}@thread.tacv2;messageid=17{wish.number}"


def cards_in(slack: SlackWorkspace, connector: Connector, beginning: str) -> list[dict[str, Any]]:
    """The posts of announcements under keys that begin so, in the order in which they were posted: what they say now."""
    found = [
        {
            "reference": each.reference, "room": f"slack:{each.channel.replace('DU', 'U')}", "id": each.ts, "conversation": each.channel,
            "text": reading.words({"blocks": [block for block in each.content.get("blocks", ()) if block["type"] != "actions"]}),
            "buttons": [{"verb": one["action_id"].partition(":")[0], "about": one.get("value", "")} for one in _buttons(each.content)],
        }
        for each in slack.messages if each.reference.startswith(beginning)
    ]  # fmt: skip
    standing = {each.id: each for each in connector.posted if each.reference.startswith(beginning)}
    for each in standing.values():
        (attachment,) = each.activity["attachments"]
        data = [(one.get("verb"), one.get("data", {})) for one in actions_of(attachment["content"])]
        found.append({
            "reference": each.reference, "room": f"teams:{each.room.removeprefix('a:chat-with-')}", "id": each.id, "conversation": each.conversation,
            "text": words_of(attachment["content"]),
            "buttons": [{"verb": verb or more.get("verb", ""), "about": more.get("about", "")} for verb, more in data],
        })  # fmt: skip
    return found


def _buttons(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    actions = [block["elements"] for block in content.get("blocks", ()) if block["type"] == "actions"]
    return [one for elements in actions for one in elements if one["type"] == "button"]


async def run(plan: Plan, lost_after: float) -> None:
    """Serves until standard input is closed."""
    slack_faults = Faults(plan.faults("slack"), of_slack, lost_after, too_fast_of_slack)
    teams_faults = Faults(plan.faults("teams"), of_teams, lost_after, too_fast_of_teams)
    slack = FaultySlack(slack_faults)
    fill_workspace(slack, plan)
    issuer = Issuer(APP_ID, PASSWORD, TENANT, now=slack.state.now)
    connector = Connector(issuer.issued)
    fill_tenant(connector, plan)
    app = connector.app()

    @web.middleware
    async def spoil(request: web.Request, handler: Any) -> web.StreamResponse:
        return await teams_faults.handle(request, handler)

    app.middlewares.append(spoil)

    async def switch(request: web.Request) -> web.Response:
        slack_faults.on = teams_faults.on = bool((await request.json())["faults"])
        return web.json_response({})

    async def count(_: web.Request) -> web.Response:
        return web.json_response({"posts": sum(len(f.record) for f in (slack_faults, teams_faults))})

    async def tell(_: web.Request) -> web.Response:
        return web.json_response({
            "record": slack_faults.record + teams_faults.record,
            "injected": {"slack": slack_faults.injected, "teams": teams_faults.injected},
            "requests": slack_faults.requests + teams_faults.requests,
            "refused": connector.refused[:100],
            "turned_away": sorted(teams_faults.turned_away),
        })  # fmt: skip

    async def cards(request: web.Request) -> web.Response:
        return web.json_response(cards_in(slack, connector, request.query["beginning"]))

    control = web.Application()
    control.router.add_get("/cards", cards)
    control.router.add_post("/switch", switch)
    control.router.add_get("/count", count)
    control.router.add_get("/tell", tell)
    async with AsyncExitStack() as stack:
        issuer.url = await stack.enter_async_context(served(issuer.app()))
        connector.url = await stack.enter_async_context(served(app))
        await stack.enter_async_context(slack)
        address = await stack.enter_async_context(served(control))
        print(json.dumps({
            "control": address, "slack": slack.api_url, "metadata": issuer.metadata_url, "tokens": issuer.token_url,
            "connector": connector.url, "service": connector.service_url, "jwt": issuer.token(connector.service_url),
        }), flush=True)  # fmt: skip
        gc.freeze()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(run(Plan(**json.loads(sys.argv[1])), float(sys.argv[2])))

"""Teams as a process of its own, for runs in which the bot is killed and Teams is not:

    python -m tests.doubles.teams_process --seed 7 --faults throttled=0.02,taken_then_cut=0.01 --scale 100 --channels 20 --chats 20

Once it listens it prints one line of JSON: `environment` for `archway serve`, `control` (the address of what follows), and
`installations`: the activities that make its rooms known to the bot, to be delivered with a token.

GET  /_state?since=N   {"posts": [[room, id, reference, summary, method, answered]…] from the Nth on, "gone", "doubles", "dealt", …}
GET  /_token           a token for deliveries to the bot, good for an hour
POST /_control         {"away": true}, {"rates": {"cut": 0.1}}, {"scale": 50} (null: no throttle), {"gone": [ids of posts]}

It ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.doubles.faults import Faults, Throttle
from tests.doubles.loopback_server import served
from tests.doubles.teams import TENANT, Teams, teams
from tests.doubles.teams_connector import Connector, Person, Team

TEAM = "19:0000000000000000000000000000team@thread.tacv2"


def control(microsoft: Teams) -> web.Application:
    """What a harness asks and orders."""
    connector = microsoft.connector

    async def state(request: web.Request) -> web.Response:
        since = int(request.query.get("since", "0"))
        posts = [
            [each.room, each.id, each.reference, each.activity.get("summary", ""), each.method, each.answered]
            for each in connector.posted[since:]
        ]
        return web.json_response({"posts": posts, "next": since + len(posts), **_figures(connector)})

    async def token(_: web.Request) -> web.Response:
        return web.Response(text=microsoft.issuer.token(connector.service_url))

    async def order(request: web.Request) -> web.Response:
        _obey(connector, await request.json())
        return web.json_response(_figures(connector))

    app = web.Application()
    app.router.add_get("/_state", state)
    app.router.add_get("/_token", token)
    app.router.add_post("/_control", order)
    return app


def _figures(connector: Connector) -> dict[str, Any]:
    return {
        "gone": sorted(connector.gone),
        "doubles": connector.doubles(),
        "unanswered": Counter(each.reference for each in connector.posted if not each.answered),
        "dealt": connector.faults.dealt,
        "refused": Counter(f"{status} {code}" for status, code in connector.refused),
        "throttled": connector.throttle.refused if connector.throttle else 0,
        "away": connector.away,
    }


def _obey(connector: Connector, orders: dict[str, Any]) -> None:
    connector.away = orders.get("away", connector.away)
    connector.gone |= set(orders.get("gone", ()))
    if "rates" in orders:
        connector.faults.change(orders["rates"])
    if "scale" in orders:
        connector.throttle = Throttle(time.monotonic, orders["scale"]) if orders["scale"] else None


def furnish(microsoft: Teams, channels: int, chats: int) -> list[dict[str, Any]]:
    """Puts a team with so many channels and so many people into the tenant; gives the activities by which a bot learns
    of them: it was added to the team, and by each person to a chat.
    """
    connector = microsoft.connector
    names = {f"19:{n:032x}@thread.tacv2": f"Channel {n}" for n in range(1, channels)}
    connector.teams[TEAM] = Team(TEAM, "Chaos", {TEAM: None, **names} if channels else {})
    connector.people += [_person(n) for n in range(chats)]
    data = {"tenant": {"id": TENANT}, "team": {"id": TEAM, "name": "Chaos"}, "eventType": "teamMemberAdded"}
    place = {"id": TEAM, "isGroup": True, "conversationType": "channel", "tenantId": TENANT}
    added = [microsoft.activity("members_added", conversation=place, channelData=data)] if channels else []
    return added + [_chat(microsoft, _person(n)) for n in range(chats)]


def _chat(microsoft: Teams, person: Person) -> dict[str, Any]:
    place = {"id": f"a:chat-with-{person.teams_id}", "conversationType": "personal", "tenantId": TENANT}
    return microsoft.activity("installation_update", conversation=place, **{"from": person.sender})


def _person(number: int) -> Person:
    name = f"person{number}@example.org"
    return Person(f"00000000-0000-4000-8000-{number:012x}", f"29:person-{number}", f"Person {number}", name, TENANT)


async def _run(options: argparse.Namespace) -> None:
    async with teams(time.time) as microsoft:
        connector = microsoft.connector
        connector.keeps_activities = False
        rates = dict(pair.split("=") for pair in options.faults.split(",") if pair)
        connector.faults = Faults(
            options.seed, {kind: float(rate) for kind, rate in rates.items()}, options.retry_after, options.slow
        )
        if options.scale:
            connector.throttle = Throttle(time.monotonic, options.scale)
        async with served(control(microsoft)) as url:
            installations = furnish(microsoft, options.channels, options.chats)
            said = {"control": url, "environment": microsoft.environment, "installations": installations}
            print(json.dumps(said), flush=True)
            await asyncio.to_thread(sys.stdin.read)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    parser.add_argument("--faults", default="", help="KIND=SHARE,… (see tests/doubles/faults.py)")
    parser.add_argument("--retry-after", default="1", help='seconds that "throttled" asks for')
    parser.add_argument("--slow", type=float, default=0.1, help='seconds that "slow" takes')
    parser.add_argument("--scale", type=float, default=0.0, help="keeps Teams' rates, so many times as fast; 0: none")
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--chats", type=int, default=1)
    asyncio.run(_run(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()

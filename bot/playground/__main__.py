"""A Slack workspace as a process of its own: python -m bot.playground --slack

Prints one JSON line: the address of the Web API and that of its controls. The controls are there for whoever watches from
outside, also while Slack is away:

    GET  /_state      posts of the bot in the order in which they came, what stands there now, calls and faults by kind
    POST /_away       {"how": "refused" | "503"}; {"how": ""}: Slack is there again
    POST /_faults     {"rate429": 0.05, …}: other rates from now on
    POST /_people     [{"id": "U1", "name": "ada", …}]: further people
    POST /_channels   [{"id": "C1", "name": "arch", "members": ["U1"]}]: further channels, with the bot in them
    POST /_vanish     {"channel": "C1", "ts": "1.2"}: somebody deletes a message
    POST /_say        {"user": "U1", "channel": "C1", "text": "…", "thread_ts": …}: somebody writes, or with "command" types it
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import web

from bot.playground.faults import Fault, Faults
from bot.playground.rates import RATES
from bot.playground.slack import SlackWorkspace
from bot.playground.state import Channel, User

Control = Callable[[SlackWorkspace, Any], Awaitable[Any]]


async def _away(slack: SlackWorkspace, told: Any) -> None:
    await (slack.go_away(str(told["how"])) if told["how"] else slack.come_back())


async def _faults(slack: SlackWorkspace, told: Any) -> None:
    slack.change_faults(told)


async def _people(slack: SlackWorkspace, told: Any) -> None:
    slack.state.users |= {one["id"]: User(**one) for one in told}


async def _channels(slack: SlackWorkspace, told: Any) -> None:
    for one in told:
        members = frozenset((*one.get("members", ()), slack.app.bot_user))
        slack.state.channels[one["id"]] = Channel(one["id"], one["name"], members)


async def _vanish(slack: SlackWorkspace, told: Any) -> None:
    await slack.vanish(slack.state.message(told["channel"], told["ts"]))


async def _say(slack: SlackWorkspace, told: Any) -> Any:
    user = slack.state.users[told["user"]]
    if word := told.get("command"):
        shown = await slack.command(word, told["text"], user=user, channel=told["channel"])
        return {"status": shown.http.status, "words": shown.words}
    thread = slack.state.message(told["channel"], told["thread_ts"]) if told.get("thread_ts") else None
    return {"ts": (await slack.message(told["text"], user=user, channel=told["channel"], thread=thread)).ts}


CONTROLS: dict[str, Control] = {
    "away": _away,
    "faults": _faults,
    "people": _people,
    "channels": _channels,
    "vanish": _vanish,
    "say": _say,
}


def controls(slack: SlackWorkspace) -> web.Application:
    """The server that watches over a workspace."""

    async def state(_: web.Request) -> web.Response:
        return web.json_response(slack.watched())

    async def control(request: web.Request) -> web.Response:
        done = await CONTROLS[request.match_info["name"]](slack, await request.json())
        return web.json_response(done or {})

    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_get("/_state", state)
    app.router.add_post(f"/_{{name:{'|'.join(CONTROLS)}}}", control)
    return app


async def run(arguments: argparse.Namespace) -> None:
    """Serves until standard input is closed."""
    rates = {fault.value: getattr(arguments, fault.value) for fault in Fault}
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(
            SlackWorkspace(
                bot_url=arguments.bot_url,
                rates=RATES if arguments.scale else {},
                scale=arguments.scale or 1.0,
                faults=Faults(arguments.seed, **rates),
                port=arguments.port,
                remember_calls=False,
            )
        )
        runner = web.AppRunner(controls(slack), access_log=None, shutdown_timeout=1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told = {
            "slack": slack.api_url,
            "control": f"http://127.0.0.1:{runner.addresses[0][1]}",
            "bot_token": slack.bot_token,
            "signing_secret": slack.signing_secret,
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    """What is typed."""
    parser = argparse.ArgumentParser(prog="python -m bot.playground", description="A Slack workspace in a box.")
    parser.add_argument("--slack", action="store_true", required=True, help="the one platform that there is")
    parser.add_argument("--port", type=int, default=0, help="of the Web API; any that is free unless told")
    parser.add_argument("--bot-url", default="", help="where deliveries go; none: the bot connects by Socket Mode")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of Slack's paces: 0.01 is a hundred times as fast, 0 none"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    for fault in Fault:
        parser.add_argument(f"--{fault.value.replace('_', '-')}", type=float, default=0.0, metavar="PART")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()

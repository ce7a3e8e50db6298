"""What we are measured against, each a server of its own process:

python bench/servers.py bare PORT SECRET      aiohttp that checks Slack's signature and says hello
python bench/servers.py bolt PORT SECRET      Bolt as its documentation starts it, saying hello
python bench/servers.py forgetful PORT SECRET KNOWLEDGE SLACK_API_URL
                                              our own Slack and library, answering questions and remembering nothing
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web


def bare(secret: str) -> web.Application:
    async def hello(request: web.Request) -> web.Response:
        body = await request.read()
        base = b"v0:" + request.headers["X-Slack-Request-Timestamp"].encode() + b":" + body
        expected = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(expected, request.headers["X-Slack-Signature"])
        return web.Response(text="hello", status=200 if good else 401)

    app = web.Application()
    app.router.add_post("/slack/events", hello)
    return app


def bolt(secret: str) -> web.Application:
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.authorization import AuthorizeResult

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_user_id="U0", bot_id="B0", bot_token="xoxb-bench")

    app = AsyncApp(signing_secret=secret, authorize=authorize)

    @app.command("/arch")
    async def hello(ack) -> None:  # type: ignore[no-untyped-def]  # Bolt passes arguments by their bare names
        await ack("hello")

    return app.web_app(path="/slack/events")


async def forgetful(port: int, secret: str, knowledge: str, api_url: str) -> None:
    sys.path[0] = str(Path(__file__).parent.parent)  # in the place of this folder
    from bot import web as edge
    from bot.cards.model import Reply
    from bot.domain.commands import Command
    from bot.slack.surface import SlackSurface
    from handlers import handle
    from handlers.desk import Desk
    from knowledge.live import LiveLibrary

    shelf = LiveLibrary(Path(knowledge), cached_in=None, pattern=None)

    async def dispatch(command: Command, _delivery: str = "", /) -> Reply:
        return handle(command, Desk(shelf.library, lambda: datetime.now(UTC), lambda _: None, shelf.place))

    surface = SlackSurface(
        dispatch=dispatch, knows=shelf.knows, signing_secret=secret, bot_token="xoxb-bench", command="/arch", now=time.time, api_url=api_url
    )  # fmt: skip
    async with edge.listening(edge.application({"/slack/events": surface}), "127.0.0.1", port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "forgetful":
        asyncio.run(forgetful(int(sys.argv[2]), *sys.argv[3:6]))
    make = {"bare": bare, "bolt": bolt}[sys.argv[1]]
    web.run_app(make(sys.argv[3]), host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None)

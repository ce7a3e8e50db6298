"""What we are measured against, each a server of its own process:

python bench/servers.py bare PORT SECRET      aiohttp that checks Slack's signature and says hello
python bench/servers.py bolt PORT SECRET      Bolt as its documentation starts it, saying hello
"""

from __future__ import annotations

import hashlib
import hmac
import sys

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


if __name__ == "__main__":
    make = {"bare": bare, "bolt": bolt}[sys.argv[1]]
    web.run_app(make(sys.argv[3]), host="127.0.0.1", port=int(sys.argv[2]), print=None, access_log=None)

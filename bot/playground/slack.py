"""A Slack workspace in a box: it delivers what people do to a bot, over HTTP or Socket Mode, and serves the Web API.

    async with SlackWorkspace() as slack:
        slack.bot_url = "http://127.0.0.1:3978/slack/events"   # none: the bot connects by Socket Mode
        answer = await slack.command("/arch", "how do we encrypt buckets?")
        assert "STD-003.1" in answer.words and not answer.pings
        question = await slack.mention("who may decide?", user=ALAN)
        await slack.press(await slack.answer_to(question), "More", user=ALAN)

What the bot sends must be what Slack takes: anything else gets Slack's own error code.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.playground import deliveries, web_api
from bot.playground.answers import HttpAnswer, Shown, answered, command_answer
from bot.playground.deliveries import FORM, JSON, Signed
from bot.playground.doings import ALAN, GENERAL, GRACE, Doings
from bot.playground.faults import Drawn, Fault, Faults
from bot.playground.rates import RATES, Meter, Rate
from bot.playground.sockets import Sockets
from bot.playground.state import App, Channel, Message, SlackError, State, User

__all__ = ["ALAN", "GENERAL", "GRACE", "SlackWorkspace"]

ACKNOWLEDGE_SECONDS = 3.0
OPEN_CONNECTION = "apps.connections.open"
SILENCE_SECONDS = 60.0  # longer than anybody waits


class SlackWorkspace(Doings):
    """One workspace with one app installed: two people, one channel, all of it to be changed in `state`."""

    def __init__(
        self,
        *,
        bot_url: str = "",
        signing_secret: str = "8f742231b10e8888abcd99yyyzzz85a5",  # noqa: S107  # Slack's published example
        bot_token: str = "xoxb-playground",  # noqa: S107  # opens this box alone
        app_token: str = "xapp-playground",  # noqa: S107  # as above
        app: App | None = None,
        now: Callable[[], float] = time.time,
        rates: Mapping[str, Rate] = RATES,
        scale: float = 1.0,
        faults: Faults | None = None,
        port: int = 0,
        remember_calls: bool = True,
    ) -> None:
        """`now` gives epoch seconds; `rates` can be emptied where pace is not the point, or a `scale` below 1 makes their
        times shorter. `faults` happen to calls of the Web API. Without `remember_calls` they are only counted."""
        self.bot_url, self.signing_secret, self.bot_token = bot_url, signing_secret, bot_token
        self.app_token = app_token
        self.app = app or App()
        self.state = State(now)
        self.state.users = {user.id: user for user in (GRACE, ALAN)}
        members = frozenset((*self.state.users, self.app.bot_user))
        self.state.channels = {GENERAL: Channel(GENERAL, "general", members)}
        self.sockets = Sockets()
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.counts: Counter[str] = Counter()  # calls by method
        self._mishaps = faults or Faults()
        self._away = ""
        self._remember_calls, self._port = remember_calls, port
        self._meter = Meter(rates, now, scale)
        self._stack = AsyncExitStack()
        self._base = ""
        self._runner: web.AppRunner
        self._site: web.TCPSite
        self._client: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        server = web.Application(client_max_size=1024 * 1024)
        server.router.add_route("*", "/api/{method}", self._serve_method)
        server.router.add_post("/commands/{id:.+}", self._serve_response_url)
        server.router.add_get("/socket/{ticket}", self.sockets.serve)
        runner = web.AppRunner(server, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        self._stack.push_async_callback(self.sockets.close)
        self._runner = runner
        await self._listen()
        self._port = runner.addresses[0][1]
        self._base = f"http://127.0.0.1:{self._port}"
        self._client = await self._stack.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def go_away(self, how: str = "refused") -> None:
        """Slack is down until it comes back: connections are "refused", or everything is answered with "503"."""
        if how == "refused" and self._away != how:
            await self._site.stop()
        self._away = how

    async def come_back(self) -> None:
        """Slack is there again, as if nothing had been."""
        if self._away == "refused":
            await self._listen()
        self._away = ""

    def change_faults(self, rates: Mapping[str, float]) -> None:
        """Other rates of faults from now on. Raises `KeyError` for what is none."""
        self._mishaps.change(rates)

    def watched(self) -> dict[str, Any]:
        """What somebody sees who watches: the bot's posts as they came, and what became of each; calls and faults."""
        posts = []
        for channel, ts, reference in self.state.arrivals:
            now = self.state.seen(channel, ts)
            stands = {"text": now.content.get("text", ""), "changes": now.changes} if now else None
            posts.append({"channel": channel, "ts": ts, "reference": reference, "stands": stands})
        return {"posts": posts, "calls": dict(self.counts), "faults": dict(self._mishaps.injected)}

    async def _listen(self) -> None:
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` is to be."""
        return f"{self._base}/api/"

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was posted, oldest first."""
        return tuple(self.state.messages)

    def signed(self, body: bytes, content_type: str = FORM, *, at: float | str | None = None) -> Signed:
        """A body as Slack would sign it, now unless told."""
        return deliveries.sign(body, self.signing_secret, self.state.now() if at is None else at, content_type)

    def lend_response(self, user: str, channel: str, ts: str = "") -> str:
        """A new `response_url`."""
        return f"{self._base}/commands/{self.state.lend_response(user, channel, ts)}"

    def signed_command(self, word: str, text: str, *, user: User = GRACE, channel: str = GENERAL) -> Signed:
        """A slash command, ready to be sent or spoiled."""
        response_url = self.lend_response(user.id, channel)
        body = deliveries.command(
            self.state, self.app, word=word, text=text, user=user, channel=channel, response_url=response_url
        )
        return self.signed(body)

    def signed_event(self, inner: Mapping[str, Any], *, id_: str | None = None, outside: bool = False) -> Signed:
        """An event; the `id_` of an earlier one makes it a retry. `outside`: other organisations are in the channel."""
        again = (("X-Slack-Retry-Num", "1"), ("X-Slack-Retry-Reason", "http_timeout")) if id_ else ()
        signed = self.signed(deliveries.event(self.state, self.app, inner, id_, outside=outside), JSON)
        return Signed(signed.body, (*signed.headers, *again))

    def signed_interaction(self, kind: str, more: Mapping[str, Any], *, user: User = GRACE) -> Signed:
        """A click, a submission, a shortcut."""
        return self.signed(deliveries.interaction(self.state, self.app, kind, user, more))

    async def send(self, signed: Signed) -> HttpAnswer:
        """Sends a request to the bot, to the byte."""
        async with self._client.post(self.bot_url, data=signed.body, headers=signed.headers) as response:
            return HttpAnswer(response.status, await response.read(), response.content_type)

    async def deliver(self, signed: Signed) -> HttpAnswer:
        """Brings a delivery to the bot: over HTTP where it has an address, else over Socket Mode."""
        return await self.send(signed) if self.bot_url else await self.sockets.deliver(signed)

    async def command(self, word: str, text: str, *, user: User = GRACE, channel: str = GENERAL) -> Shown:
        """Types a command, and gives what its author then sees."""
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                http = await self.deliver(self.signed_command(word, text, user=user, channel=channel))
        except TimeoutError:
            return Shown(HttpAnswer(0, b"", ""), {}, "operation_timeout")
        shown = answered(http)
        if shown.message and not shown.error:
            only_for = None if shown.for_all else user.id
            self.state.post(channel, self.app.bot_user, shown.message, only_for=only_for)
        return shown

    async def event(self, inner: Mapping[str, Any], *, id_: str | None = None, outside: bool = False) -> HttpAnswer:
        """Delivers an event."""
        return await self.deliver(self.signed_event(inner, id_=id_, outside=outside))

    async def _serve_method(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        if self._away:
            return self._absent(request)
        try:
            args, as_json = await _arguments(request)
            self._authenticate(request, args, self.app_token if name == OPEN_CONNECTION else self.bot_token)
        except SlackError as error:
            return web.json_response(_refusal(error))
        self.counts[name] += 1
        if self._remember_calls:
            self.calls.append((name, args))
        wait = self._meter.wait(name, str(args.get("channel", "")))
        if wait is not None:
            return _too_fast(wait)
        if drawn := self._mishaps.draw(name):
            return await self._amiss(drawn, request, name, args, as_json=as_json)
        return self._called(name, args, as_json=as_json)

    def _called(self, name: str, args: Mapping[str, Any], *, as_json: bool) -> web.Response:
        """A call that is done, and its answer."""
        if name == OPEN_CONNECTION:
            return web.json_response({"ok": True, "url": f"{self._base.replace('http', 'ws', 1)}{self.sockets.lend()}"})
        try:
            told = web_api.call(self.state, self.app, name, args, as_json=as_json)
        except SlackError as error:
            return web.json_response(_refusal(error))
        return web.json_response({"ok": True, **told}, headers={"X-OAuth-Scopes": ",".join(sorted(self.app.scopes))})

    async def _amiss(
        self, drawn: Drawn, request: web.Request, name: str, args: Mapping[str, Any], *, as_json: bool
    ) -> web.Response:
        """A call that goes wrong, done or not."""
        answer = self._called(name, args, as_json=as_json) if drawn.done else web.Response()
        match drawn.fault:
            case Fault.PACE:
                return _too_fast(self._mishaps.retry_after)
            case Fault.CUT | Fault.ACCEPTED_THEN_CUT:
                return _cut(request)
            case Fault.SLOW:
                await asyncio.sleep(self._mishaps.slow_seconds)
                return answer
            case Fault.SILENT:
                await asyncio.sleep(SILENCE_SECONDS)
                return _cut(request)
        return web.Response(status=drawn.status, body=drawn.body, content_type="text/html")

    def _absent(self, request: web.Request) -> web.Response:
        """What a call meets while Slack is away; connections from before are cut where new ones are refused."""
        return _cut(request) if self._away == "refused" else web.Response(status=503, text="service unavailable")

    def _authenticate(self, request: web.Request, args: dict[str, Any], expected: str) -> None:
        """Takes the token out of header or form; JSON bodies carry none."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token if scheme == "Bearer" else args.pop("token", "")
        args.pop("token", None)
        if not token:
            raise SlackError("not_authed")
        if token != expected:
            raise SlackError("invalid_auth")

    async def _serve_response_url(self, request: web.Request) -> web.Response:
        if self._away:
            return self._absent(request)
        try:
            lent = self.state.use_response(request.match_info["id"])
            content = command_answer(await request.json())
        except (SlackError, ValueError) as error:
            refusal = error if isinstance(error, SlackError) else SlackError("invalid_payload")
            return web.json_response(_refusal(refusal), status=404 if refusal.code.endswith("_url") else 400)
        original = self.state.seen(lent.channel, lent.ts) if content.get("replace_original") else None
        if original is not None:
            self.state.change(original, content)
        else:
            only_for = None if content.get("response_type") == "in_channel" else lent.user
            thread = content.get("thread_ts")
            self.state.post(lent.channel, self.app.bot_user, content, thread_ts=thread, only_for=only_for)
        return web.Response(text="ok")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _too_fast(seconds: float) -> web.Response:
    pause = {"Retry-After": f"{seconds:g}"}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=pause)


async def _arguments(request: web.Request) -> tuple[dict[str, Any], bool]:
    """What a method was told, and whether in JSON. In forms, structured arguments are JSON text."""
    args: dict[str, Any] = dict(request.query)
    if request.content_type == JSON and request.can_read_body:
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        body.pop("token", None)
        return {**args, **body}, True
    args.update({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
    for name in web_api.STRUCTURED & set(args):
        try:
            args[name] = json.loads(args[name])
        except ValueError:
            raise SlackError("invalid_blocks_format" if name == "blocks" else "invalid_arguments") from None
    return args, False


def _refusal(error: SlackError) -> dict[str, Any]:
    more = {"response_metadata": {"messages": list(error.messages)}} if error.messages else {}
    return {"ok": False, "error": error.code, **error.more, **more}

"""Socket Mode: the same deliveries over a connection that we open, for bots that Slack cannot reach.

Slack closes each connection after a while and says so before: the next one is opened first. What was not acknowledged
is delivered again; the answer is then the same, and nothing is done twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.delivery import Overloaded
from bot.slack import payloads
from bot.slack.outbound import Outbound
from bot.slack.payloads import MalformedError, Payload

HEARTBEAT_SECONDS = 10.0  # a peer that answers no ping is gone
LONGEST_PAUSE = 30.0  # seconds between two tries to connect
LINGERING_SECONDS = 30.0  # for a connection that Slack is about to close to be closed
SETTLING_SECONDS = 3.0  # after which Slack has given up waiting for a receipt
MOST_BYTES = 1024 * 1024  # as over HTTP
MOST_ANSWERS = 5_000

Answer = Callable[[str, Payload], Awaitable[object]]  # a key and a payload → what goes with the receipt, or None

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _Line:
    """One connection: whether Slack has greeted us on it, and whether it is time for the next."""

    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    is_open: bool = False
    was_greeted: bool = False


class SocketMode:
    """Keeps a connection to Slack. `answer` does what an envelope says and raises nothing but `Overloaded`: then there
    is no receipt, and Slack delivers again."""

    def __init__(
        self,
        *,
        app_token: str,
        api_url: str,
        outbound: Outbound,
        background: Background,
        answer: Answer,
        first_pause: float = 1.0,
    ) -> None:
        """`first_pause`: seconds before the second try to connect, doubled for each further one."""
        self._app_token, self._api_url, self._first_pause = app_token, api_url, first_pause
        self._outbound, self._background, self._answer = outbound, background, answer
        self._answers: OrderedDict[str, asyncio.Task[object]] = OrderedDict()
        self._lines: dict[asyncio.Task[None], _Line] = {}

    @property
    def connected(self) -> bool:
        """Whether Slack has greeted us on a connection that is still open."""
        return any(line.is_open and line.was_greeted for line in self._lines.values())

    async def run(self) -> None:
        """Stays connected until it is cancelled."""
        pause = 0.0
        try:
            while True:
                line = _Line()
                holding = asyncio.create_task(self._hold(line))
                self._lines[holding] = line
                holding.add_done_callback(lambda done: self._lines.pop(done, None))
                await line.leaving.wait()
                pause = 0.0 if line.was_greeted else min(2 * pause or self._first_pause, LONGEST_PAUSE)
                await asyncio.sleep(pause)
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLING_SECONDS):  # what has come is still answered on its connection
                    await self._background.drain()
            held = list(self._lines)
            for holding in held:
                holding.cancel()
            await asyncio.gather(*held, return_exceptions=True)

    async def _hold(self, line: _Line) -> None:
        """Opens a connection and does what comes over it, until it is closed."""
        try:
            url = await self._address()
            if url is None:
                return
            async with self._outbound.session.ws_connect(
                url, heartbeat=HEARTBEAT_SECONDS, max_msg_size=MOST_BYTES, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)
            ) as socket:
                line.is_open = True
                await self._listen(socket, line)
        except (aiohttp.ClientError, OSError) as fault:
            log.warning("the Socket Mode connection was lost", reason=repr(fault))
        finally:
            line.is_open = False
            line.leaving.set()

    async def _address(self) -> str | None:
        """Where to connect, good for one connection."""
        client = AsyncWebClient(self._app_token, self._api_url, session=self._outbound.session, retry_handlers=[])
        try:
            said = await client.apps_connections_open(app_token=self._app_token)
            return str(said["url"])
        except SlackApiError as refusal:
            reason = str(refusal.response.get("error", "")) if hasattr(refusal.response, "get") else ""
            log.warning(
                "Slack opens no Socket Mode connection; compare SLACK_APP_TOKEN (xapp-…, scope connections:write) "
                "with Basic Information, and see that Socket Mode is on",
                reason=reason,
            )
        except (aiohttp.ClientError, OSError, ValueError, KeyError) as fault:
            log.warning("Slack's Web API is out of reach; look at SLACK_API_URL and the way out", reason=repr(fault))
        return None

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, line: _Line) -> None:
        while True:
            try:
                async with asyncio.timeout(LINGERING_SECONDS if line.leaving.is_set() else None):
                    message = await socket.receive()
            except TimeoutError:
                return
            if message.type is not aiohttp.WSMsgType.TEXT:
                if message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.CONTINUATION):
                    continue
                return
            self._read(message.data, socket, line)

    def _read(self, text: str, socket: aiohttp.ClientWebSocketResponse, line: _Line) -> None:
        try:
            envelope = payloads.read_json(text, "The envelope")
        except MalformedError as fault:
            log.warning("a malformed Socket Mode message was left out", reason=str(fault))
            return
        match envelope:
            case {"type": "hello"}:
                line.was_greeted = True
                log.info("connected to Slack in Socket Mode")
            case {"type": "disconnect"}:
                log.info("Slack closes a Socket Mode connection", reason=str(envelope.get("reason", ""))[:50])
                line.was_greeted &= envelope.get("reason") != "link_disabled"  # then the next try waits
                line.leaving.set()
            case {"envelope_id": str(id_), "payload": dict(payload)}:
                self._background.start(self._receive(id_, payload, envelope, socket))
            case {"envelope_id": str(id_)}:
                self._background.start(_send(socket, {"envelope_id": id_}))

    async def _receive(
        self, id_: str, payload: Payload, envelope: Payload, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        """Does what an envelope says, and acknowledges it on the connection that it came on."""
        key = _key(id_, payload)
        working = self._answers.get(key)
        if working is None:
            working = self._answers[key] = self._background.start(self._work(key, payload), awaited=True)
            if len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        try:
            answer = await asyncio.shield(working)
        except Overloaded:
            self._answers.pop(key, None)
            log.warning("too much comes in at once; Slack is to deliver it again")
            return
        receipt: dict[str, Any] = {"envelope_id": id_}
        if answer is not None and envelope.get("accepts_response_payload") is True:
            receipt["payload"] = answer
        await _send(socket, receipt)

    async def _work(self, key: str, payload: Payload) -> object:
        return await self._answer(key, payload)


async def _send(socket: aiohttp.ClientWebSocketResponse, receipt: dict[str, Any]) -> None:
    try:
        await socket.send_str(json.dumps(receipt, ensure_ascii=False))
    except (aiohttp.ClientError, OSError, RuntimeError):
        log.info("a receipt could not be sent; Slack will deliver again")


def _key(envelope_id: str, payload: Payload) -> str:
    """What stays the same when Slack delivers again: the event's id, or the trigger of what somebody did."""
    for name in ("event_id", "trigger_id"):
        value = payload.get(name)
        if isinstance(value, str) and value:
            return f"{name} {value}"
    return f"envelope {envelope_id}"

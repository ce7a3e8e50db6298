"""Socket Mode as Slack runs it: envelopes, receipts, disconnects; what gets no receipt is delivered again."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from bot.playground.answers import HttpAnswer
from bot.playground.deliveries import JSON, Signed

RECEIPT_SECONDS = 3.0
MOST_DELIVERIES = 6


class Sockets:
    """The connections of one app. A receipt can be lost on purpose, a connection closed politely or cut."""

    def __init__(self) -> None:
        self.lose_receipts = 0  # so many of the next receipts are not heard, and their connection is cut
        self.receipts: list[dict[str, Any]] = []
        self.opened = 0
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._open: dict[web.WebSocketResponse, web.Request] = {}
        self._leaving: set[web.WebSocketResponse] = set()
        self._waiting: dict[str, tuple[web.WebSocketResponse, asyncio.Future[dict[str, Any]]]] = {}
        self._changed = asyncio.Event()

    def lend(self) -> str:
        """The path of a new connection, good for one."""
        ticket = f"ticket{next(self._numbers)}"
        self._tickets.add(ticket)
        return f"/socket/{ticket}"

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection."""
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self._open) + 1})
        self._open[socket] = request
        self.opened += 1
        self._changed.set()
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(json.loads(message.data), socket)
        finally:
            self._gone(socket)
        return socket

    async def deliver(self, signed: Signed) -> HttpAnswer:
        """Sends what HTTP would have sent until a receipt comes; gives what came with it."""
        kind, payload = _payload(signed)
        again: dict[str, Any] = {}
        for attempt in range(MOST_DELIVERIES):
            socket = await self._ready()
            id_ = f"envelope{next(self._numbers)}"
            envelope = {
                "type": kind,
                "envelope_id": id_,
                "payload": payload,
                "accepts_response_payload": kind != "events_api",
                **again,
            }
            receipt = asyncio.get_running_loop().create_future()
            self._waiting[id_] = (socket, receipt)
            try:
                await socket.send_json(envelope)
                async with asyncio.timeout(RECEIPT_SECONDS):
                    answer = (await receipt).get("payload")
            except (ConnectionError, TimeoutError):
                again = {"retry_attempt": attempt + 1, "retry_reason": "timeout"}
            else:
                return HttpAnswer(200, b"" if answer is None else json.dumps(answer).encode(), JSON)
            finally:
                self._waiting.pop(id_, None)
        return HttpAnswer(0, b"", "")

    async def ask_to_leave(self, reason: str = "refresh_requested") -> None:
        """Says on each connection that it will be closed, and closes it once the next is open."""
        leaving = list(self._open)
        self._leaving.update(leaving)
        for socket in leaving:
            await socket.send_json({"type": "disconnect", "reason": reason})
        await self._ready()
        for socket in leaving:
            await socket.close()

    def cut(self) -> None:
        """Cuts every connection without a word."""
        for socket in list(self._open):
            self._cut(socket)

    async def close(self) -> None:
        """Closes what is open."""
        for socket in list(self._open):
            await socket.close()

    async def _ready(self) -> web.WebSocketResponse:
        """The newest connection that is to stay."""
        async with asyncio.timeout(10):
            while not (staying := [socket for socket in self._open if socket not in self._leaving]):
                self._changed.clear()
                await self._changed.wait()
        return staying[-1]

    def _take(self, receipt: dict[str, Any], socket: web.WebSocketResponse) -> None:
        if set(receipt) - {"envelope_id", "payload"}:
            raise ValueError(f"not a receipt: {sorted(receipt)}")
        if self.lose_receipts:
            self.lose_receipts -= 1
            self._cut(socket)
            return
        self.receipts.append(receipt)
        _, waiting = self._waiting.get(receipt["envelope_id"], (None, None))
        if waiting and not waiting.done():
            waiting.set_result(receipt)

    def _cut(self, socket: web.WebSocketResponse) -> None:
        request = self._open.get(socket)
        if request is not None and request.transport is not None:
            request.transport.abort()
        self._gone(socket)

    def _gone(self, socket: web.WebSocketResponse) -> None:
        self._open.pop(socket, None)
        self._leaving.discard(socket)
        for on, waiting in list(self._waiting.values()):
            if on is socket and not waiting.done():
                waiting.set_exception(ConnectionResetError("cut"))


def _payload(signed: Signed) -> tuple[str, dict[str, Any]]:
    content_type = dict(signed.headers)["Content-Type"]
    if content_type == JSON:
        return "events_api", json.loads(signed.body)
    fields = dict(parse_qsl(signed.body.decode(), keep_blank_values=True))
    return ("interactive", json.loads(fields["payload"])) if "payload" in fields else ("slash_commands", fields)

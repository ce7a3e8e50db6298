"""Requests to a platform's double that go wrong, and what was really taken: a record beside the double's own."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus

from aiohttp import web

from bot.teams.outbound import NOT_TAKEN
from tests.chaos.plan import Fault

SLOW_SECONDS = 0.4
SAID = re.compile(r"chaos (\d+) by (\w+)")  # in every card of a run: what it is about, and the wish that said so last
REFERENCE = re.compile(r"chaos:\d+")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Faults:
    """Lets requests go wrong as planned, and writes down each post and update that was taken.

    `lost_after` is how long a request is left without an answer: longer than the bot has patience. `spared` are paths
    on which nothing goes wrong, such as those of tokens.
    """

    plan: Iterator[Fault | None]
    place: Callable[[web.Request, str, Any], tuple[str, str, str] | None]  # verb, room and id of what was taken
    lost_after: float
    refuse: Callable[[], web.Response]
    on: bool = False
    record: list[dict[str, Any]] = field(default_factory=list)
    injected: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    turned_away: set[str] = field(default_factory=set)  # conversations in which somebody was asked to try again

    async def handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers a request, well or badly."""
        fault = next(self.plan) if self.on else None
        self.requests += self.on
        if fault:
            self.injected[fault] += 1
        answer: web.StreamResponse | None = None
        if fault in (
            None,
            Fault.SLOW,
            Fault.TAKEN,
            Fault.TAKEN_AND_CUT,
            Fault.TAKEN_AND_TIMEOUT,
            Fault.TAKEN_AND_GARBAGE,
        ):
            answer = await handler(request)
            self._write_down(request, await request.read(), answer, fault)
        self._hear_regrets(request, await request.read())
        return await self._spoilt(request, answer, fault)

    async def _spoilt(
        self, request: web.Request, answer: web.StreamResponse | None, fault: Fault | None
    ) -> web.StreamResponse:
        match fault:
            case Fault.TOO_FAST:
                return self.refuse()
            case Fault.REFUSED | Fault.TAKEN:
                return web.Response(status=503 if self.injected[fault] % 2 else 500, text="<html>try later</html>")
            case Fault.GARBAGE | Fault.TAKEN_AND_GARBAGE:
                return web.Response(text="<html>a proxy says hello</html>", content_type="text/html")
            case Fault.CUT | Fault.TAKEN_AND_CUT:
                if request.transport:
                    request.transport.abort()
                return web.Response()
            case Fault.TIMEOUT | Fault.TAKEN_AND_TIMEOUT:
                await asyncio.sleep(self.lost_after)
                return web.Response(status=504)
            case Fault.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
        assert answer is not None
        return answer

    def _hear_regrets(self, request: web.Request, body: bytes) -> None:
        """A delivery that was not written down is refused by a sentence where nothing but 200 may be answered."""
        if NOT_TAKEN.encode() in body:
            self.turned_away.add(unquote(request.match_info.get("conversation", "")))

    def _write_down(self, request: web.Request, body: bytes, answer: web.StreamResponse, fault: Fault | None) -> None:
        text = body.decode("utf-8", "replace")
        if request.content_type == "application/x-www-form-urlencoded":
            text = unquote_plus(text)
        said = SAID.search(text)
        if (
            said is None
            or answer.status >= 300
            or not isinstance(answer, web.Response)
            or not isinstance(answer.body, bytes)
        ):
            return
        taken = self.place(request, text, json.loads(answer.body))
        if taken:
            verb, room, id_ = taken
            self.record.append({
                "verb": verb, "room": room, "id": id_, "about": int(said[1]), "by": said[2],
                "fault": fault, "at": time.time(), "marked": bool(REFERENCE.search(text)),
            })  # fmt: skip


def of_slack(request: web.Request, text: str, answer: Any) -> tuple[str, str, str] | None:
    """What a call of Slack's Web API has posted or updated."""
    verb = {"chat.postMessage": "post", "chat.update": "update"}.get(request.match_info.get("method", ""))
    if verb is None or not answer.get("ok"):
        return None
    channel = str(answer.get("channel", ""))
    return verb, f"slack:{channel.removeprefix('D') if channel.startswith('DU') else channel}", str(answer["ts"])


def of_teams(request: web.Request, text: str, answer: Any) -> tuple[str, str, str] | None:
    """What a call of the connector has posted or updated."""
    if request.method == "PUT":
        return "update", _room(unquote(request.match_info["conversation"])), request.match_info["activity"]
    if request.method != "POST":
        return None
    if "conversation" in request.match_info:
        return "post", _room(unquote(request.match_info["conversation"])), str(answer["id"])
    return "post", _room(str(answer["id"])), str(answer.get("activityId", ""))


def _room(conversation: str) -> str:
    """A thread stands in its channel, a chat with a person is that person."""
    return f"teams:{conversation.partition(';messageid=')[0].removeprefix('a:chat-with-')}"


def too_fast_of_slack() -> web.Response:
    """As Slack says it: whole seconds, one at least."""
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})


def too_fast_of_teams() -> web.Response:
    """As the connector says it."""
    error = {"error": {"code": "Throttled", "message": "Too many requests."}}
    return web.json_response(error, status=429, headers={"Retry-After": "1"})

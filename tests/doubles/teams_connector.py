"""A strict Bot Framework connector over HTTP: takes what Teams would take, refuses the rest with its error codes.

Limits: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages (100 KB a message) and
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference (errors).
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

MOST_BYTES = 100 * 1024
ACTIVITY_TYPES = frozenset({"message", "typing", "event", "invoke", "messageReaction", "endOfConversation"})
ADAPTIVE = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True)
class Posted:
    """One thing that arrived and was taken."""

    method: str
    conversation: str
    reply_to: str
    activity: dict[str, Any]
    token: str
    id: str


@dataclass(frozen=True)
class Canned:
    """An answer to give instead of judging, as `Retry-After` would be tested with."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = "<html>no JSON</html>"


@dataclass
class Connector:
    """Knows conversations and the tokens in `issued`; without the latter it asks for none, as a local client does."""

    issued: Collection[str] | None
    conversations: set[str] = field(default_factory=set)
    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    tokens_seen: list[str] = field(default_factory=list)
    canned: deque[Canned] = field(default_factory=deque)
    stalled: asyncio.Event | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def service_url(self) -> str:
        return f"{self.url}/emea/"

    def app(self) -> web.Application:
        app = web.Application(client_max_size=10 * MOST_BYTES)
        path = "/emea/v3/conversations/{conversation}/activities"
        app.router.add_post(path, self._receive)
        app.router.add_route("*", path + "/{activity}", self._receive)
        app.router.add_route("*", "/{tail:.*}", self._nowhere)
        return app

    async def posts(self, count: int, seconds: float = 5.0) -> list[Posted]:
        """What was posted, as soon as there are so many."""
        async with asyncio.timeout(seconds):
            while len(self.posted) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.posted

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        self.tokens_seen.append(token)
        if self.stalled:
            await self.stalled.wait()
        if self.canned:
            canned = self.canned.popleft()
            return web.Response(status=canned.status, headers=canned.headers, text=canned.body)
        if self.issued is not None and (scheme != "Bearer" or token not in self.issued):
            return self._refuse(401, "Unauthorized", "Authorization has been denied for this request.")
        conversation = request.match_info["conversation"]
        if conversation not in self.conversations:
            return self._refuse(404, "ConversationNotFound", "Conversation not found.")
        if len(body) > MOST_BYTES:
            return self._refuse(413, "MessageSizeTooBig", "Message size too large.")
        activity_id = request.match_info.get("activity", "")
        known = {each.id for each in self.posted}
        if request.method in ("PUT", "DELETE") and activity_id not in known:
            return self._refuse(404, "ActivityNotFoundInConversation", "The activity is not in the conversation.")
        activity = json.loads(body) if body else {}
        fault = None if request.method == "DELETE" else fault_of(activity)
        if fault:
            return self._refuse(400, "BadSyntax", fault)
        new_id = f"{1000 + len(self.posted)}" if request.method == "POST" else activity_id
        reply_to = activity_id if request.method == "POST" else ""
        self.posted.append(Posted(request.method, conversation, reply_to, activity, token, new_id))
        self.arrived.set()
        return web.json_response({"id": new_id}, status=201 if request.method == "POST" else 200)

    async def _nowhere(self, request: web.Request) -> web.Response:
        return self._refuse(404, "NotFound", f"{request.method} {request.path} is no operation of the connector.")

    def _refuse(self, status: int, code: str, message: str) -> web.Response:
        self.refused.append((status, code))
        return web.json_response({"error": {"code": code, "message": message}}, status=status)


def fault_of(activity: Any) -> str | None:
    """What is wrong with an activity that a bot sends; None when Teams would take it."""
    if not isinstance(activity, dict) or activity.get("type") not in ACTIVITY_TYPES:
        return "Unknown activity type"
    if activity["type"] != "message":
        return None
    attachments = activity.get("attachments", [])
    if not activity.get("text") and not attachments:
        return "Activity must have text or attachments"
    faults = (fault_of_attachment(each) for each in attachments)
    return next((fault for fault in faults if fault), None)


def fault_of_attachment(attachment: Any) -> str | None:
    """What is wrong with a card and its envelope; None when Teams would take it."""
    if not isinstance(attachment, dict) or not isinstance(attachment.get("content"), dict):
        return "Attachment without content"
    card = attachment["content"]
    if attachment.get("contentType") != ADAPTIVE:
        return (
            None if str(attachment.get("contentType")).startswith("application/vnd.microsoft.card.") else "Unknown card"
        )
    if card.get("type") != "AdaptiveCard" or card.get("version") not in {f"1.{minor}" for minor in range(6)}:
        return "Not an Adaptive Card of a version that Teams draws"
    return None if isinstance(card.get("body"), list) and card["body"] else "Adaptive Card without a body"

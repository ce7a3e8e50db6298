"""A strict Bot Framework connector over HTTP: takes what Teams would take, refuses the rest with its error codes.

Beside conversations it knows teams with their channels, and who is in which conversation.
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


@dataclass(frozen=True)
class Person:
    """Somebody with an account; `teams_id` is the bot's own name for them."""

    entra_id: str
    teams_id: str
    name: str
    principal: str
    tenant: str
    role: str = "user"

    @property
    def sender(self) -> dict[str, Any]:
        """As the `from` of an activity."""
        return {"id": self.teams_id, "name": self.name, "aadObjectId": self.entra_id}

    @property
    def member(self) -> dict[str, Any]:
        """As an entry of a roster."""
        return {
            "id": self.teams_id,
            "aadObjectId": self.entra_id,
            "objectId": self.entra_id,
            "name": self.name,
            "userPrincipalName": self.principal,
            "email": self.principal.lower(),
            "tenantId": self.tenant,
            "userRole": self.role,
        }


@dataclass
class Team:
    """A team with its channels: ids and names, the first channel has none."""

    id: str
    name: str
    channels: dict[str, str | None]


@dataclass
class Connector:
    """Knows conversations and the tokens in `issued`; without the latter it asks for none, as a local client does.

    `people` are those of the tenant; each is in every conversation except those whose `rosters` leave them out.
    """

    issued: Collection[str] | None
    conversations: set[str] = field(default_factory=set)
    people: list[Person] = field(default_factory=list)
    rosters: dict[str, set[str]] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # ids of posts that people have deleted
    looked_up: list[tuple[str, str]] = field(default_factory=list)
    rosters_down: int | None = None
    rosters_mute: asyncio.Event | None = None
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
        app.router.add_post("/emea/v3/conversations", self._open)
        app.router.add_get("/emea/v3/conversations/{conversation}/members/{person}", self._member)
        app.router.add_get("/emea/v3/teams/{team}", self._team)
        app.router.add_get("/emea/v3/teams/{team}/conversations", self._channels)
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
        refused = await self._checked(request)
        if refused is not None:
            return refused
        conversation = request.match_info["conversation"]
        if conversation not in self.conversations:
            return self._refuse(404, "ConversationNotFound", "Conversation not found.")
        if len(body) > MOST_BYTES:
            return self._refuse(413, "MessageSizeTooBig", "Message size too large.")
        activity_id = request.match_info.get("activity", "")
        known = {each.id for each in self.posted} - self.gone
        if request.method in ("PUT", "DELETE") and activity_id not in known:
            return self._refuse(404, "ActivityNotFoundInConversation", "The activity is not in the conversation.")
        activity = json.loads(body) if body else {}
        fault = None if request.method == "DELETE" else fault_of(activity)
        if fault:
            return self._refuse(400, "BadSyntax", fault)
        new_id = f"{1000 + len(self.posted)}" if request.method == "POST" else activity_id
        reply_to = activity_id if request.method == "POST" else ""
        self._take(Posted(request.method, conversation, reply_to, activity, self._token(request), new_id))
        return web.json_response({"id": new_id}, status=201 if request.method == "POST" else 200)

    async def _open(self, request: web.Request) -> web.Response:
        """A new thread in a channel, or a chat with one person."""
        refused = await self._checked(request)
        if refused is not None:
            return refused
        opening = await request.json()
        if not str(opening.get("bot", {}).get("id", "")).startswith("28:") or not opening.get("tenantId"):
            return self._refuse(400, "BadArgument", "Bot and tenant are needed.")
        if not opening.get("isGroup"):
            (member,) = opening.get("members", [{}])
            if not any(person.teams_id == member.get("id") for person in self.people):
                return self._refuse(403, "ForbiddenOperationException", "The bot is not installed for this person.")
            chat = f"a:chat-with-{member['id']}"
            self.conversations.add(chat)
            return web.json_response({"id": chat}, status=201)
        channel = opening.get("channelData", {}).get("channel", {}).get("id")
        if not any(channel in team.channels for team in self.teams.values()):
            return self._refuse(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        fault = fault_of(opening.get("activity"))
        if fault:
            return self._refuse(400, "BadSyntax", fault)
        new_id = f"{1000 + len(self.posted)}"
        thread = f"{channel};messageid={new_id}"
        self.conversations.add(thread)
        self._take(Posted("POST", thread, "", opening["activity"], self._token(request), new_id))
        return web.json_response({"id": thread, "activityId": new_id}, status=201)

    async def _member(self, request: web.Request) -> web.Response:
        conversation, id_ = request.match_info["conversation"], request.match_info["person"]
        self.looked_up.append((conversation, id_))
        refused = await self._checked(request)
        if refused is not None:
            return refused
        if self.rosters_mute:
            await self.rosters_mute.wait()
        if self.rosters_down:
            return self._refuse(self.rosters_down, "ServiceError", "Try again later.")
        channels = {channel for team in self.teams.values() for channel in team.channels}
        if conversation not in self.conversations | channels:
            return self._refuse(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        person = next((each for each in self.people if id_ in (each.entra_id, each.teams_id)), None)
        present = self.rosters.get(conversation)
        if person is None or (present is not None and person.entra_id not in present):
            return self._refuse(404, "MemberNotFoundInConversation", "Member not found.")
        return web.json_response(person.member)

    async def _team(self, request: web.Request) -> web.Response:
        refused, team = await self._checked(request), self.teams.get(request.match_info["team"])
        if refused is not None or team is None:
            return refused or self._refuse(404, "NotFound", "Team not found.")
        return web.json_response({"id": team.id, "name": team.name, "aadGroupId": "0"})

    async def _channels(self, request: web.Request) -> web.Response:
        refused, team = await self._checked(request), self.teams.get(request.match_info["team"])
        if refused is not None or team is None:
            return refused or self._refuse(404, "NotFound", "Team not found.")
        return web.json_response({"conversations": [{"id": id_, "name": name} for id_, name in team.channels.items()]})

    async def _checked(self, request: web.Request) -> web.Response | None:
        """What stands in the way of any operation; None when nothing does. Canned answers are for posts alone."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if request.method != "GET":
            self.tokens_seen.append(token)
            if self.stalled:
                await self.stalled.wait()
            if self.canned:
                canned = self.canned.popleft()
                return web.Response(status=canned.status, headers=canned.headers, text=canned.body)
        if self.issued is not None and (scheme != "Bearer" or token not in self.issued):
            return self._refuse(401, "Unauthorized", "Authorization has been denied for this request.")
        return None

    def _take(self, posted: Posted) -> None:
        self.posted.append(posted)
        self.arrived.set()

    @staticmethod
    def _token(request: web.Request) -> str:
        return request.headers.get("Authorization", "").partition(" ")[2]

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
    return fault_of_card(card)


def fault_of_card(card: Any) -> str | None:
    """What is wrong with an Adaptive Card; None when Teams would draw it."""
    if (
        not isinstance(card, dict)
        or card.get("type") != "AdaptiveCard"
        or card.get("version") not in {f"1.{minor}" for minor in range(6)}
    ):
        return "Not an Adaptive Card of a version that Teams draws"
    for action in card.get("actions", ()):
        if action.get("type") == "Action.Execute" and not action.get("verb"):
            return "Action.Execute without a verb"
    return None if isinstance(card.get("body"), list) and card["body"] else "Adaptive Card without a body"

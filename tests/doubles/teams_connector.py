"""A strict Bot Framework connector over HTTP: takes what Teams would take, refuses the rest with its error codes.

Beside conversations it knows teams with their channels, and who is in which conversation. On demand it keeps Teams'
rates, deals faults, and is away.
Limits: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages (100 KB a message) and
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference (errors).
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from tests.doubles.faults import AFTER, Faults, Throttle

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
    reference: str = ""  # which announcement it is of
    answered: bool = True  # whether the bot was told

    @property
    def room(self) -> str:
        """The conversation; of a thread its channel."""
        return self.conversation.partition(";messageid=")[0]


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
    teams_mute: asyncio.Event | None = None
    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    tokens_seen: list[str] = field(default_factory=list)
    canned: deque[Canned] = field(default_factory=deque)
    stalled: asyncio.Event | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    faults: Faults = field(default_factory=Faults)
    throttle: Throttle | None = None
    away: bool = False  # cuts every connection
    keeps_activities: bool = True  # of a hundred thousand posts only the summaries fit into memory
    not_installed: set[str] = field(default_factory=set)  # Entra ids of people to whom the bot may not write
    _ids: set[str] = field(default_factory=set)

    @property
    def service_url(self) -> str:
        return f"{self.url}/emea/"

    def app(self) -> web.Application:
        app = web.Application(client_max_size=10 * MOST_BYTES)
        path = "/emea/v3/conversations/{conversation}/activities"
        app.router.add_post(path, self._through(self._receive))
        app.router.add_route("*", path + "/{activity}", self._through(self._receive))
        app.router.add_post("/emea/v3/conversations", self._through(self._open))
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

    def doubles(self) -> Counter[str]:
        """References that stand more than once in a room, and how often too much."""
        standing = Counter(
            (each.room, each.reference)
            for each in self.posted
            if each.method == "POST" and each.reference and each.id not in self.gone
        )
        return Counter({f"{room} {reference}": n - 1 for (room, reference), n in standing.items() if n > 1})

    def _through(self, work: Callable[[web.Request], Awaitable[web.Response]]) -> Callable[[web.Request], Awaitable[web.Response]]:  # fmt: skip
        """The work of an operation, and what goes wrong before and after it."""

        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            if self.away:
                return self._cut(request)
            refused = await self._checked(request) or self._too_fast(request, body)
            if refused is not None:
                return refused
            fault = self.faults.next()
            if (failed := await self._failed_before(request, fault)) is not None:
                return failed
            taken = len(self.posted)
            answer = await work(request)
            if fault not in AFTER or answer.status >= 300:
                return answer
            self.posted[taken:] = [replace(each, answered=False) for each in self.posted[taken:]]
            return self._failed_after(request, fault)

        return handle

    async def _failed_before(self, request: web.Request, fault: str) -> web.Response | None:
        match fault:
            case "throttled":
                return self._patience(self.faults.retry_after, everywhere=False)
            case "unavailable":
                return self._refuse(self.faults.status(), "ServiceError", "Try again later.")
            case "cut":
                return self._cut(request)
            case "garbage":
                return web.Response(text="<html>no JSON</html>", content_type="text/html")
            case "vanished" if request.method == "PUT" and request.match_info["activity"] in self._ids:
                self.gone.add(request.match_info["activity"])
            case "slow":
                await asyncio.sleep(self.faults.slow_seconds)
        return None

    def _failed_after(self, request: web.Request, fault: str) -> web.Response:
        if fault == "taken_then_cut":
            return self._cut(request)
        if fault == "taken_then_garbage":
            return web.Response(text="<html>no JSON</html>", content_type="text/html")
        return self._refuse(504, "GatewayTimeout", "Nobody knows.")

    def _too_fast(self, request: web.Request, body: bytes) -> web.Response | None:
        if self.throttle is None:
            return None
        thread = request.match_info.get("conversation") or _opening_of(body)
        wait = self.throttle.wait(thread)
        if wait is None:
            return None
        seconds, everywhere = wait
        after = str(math.ceil(seconds)) if self.throttle.scale == 1 else f"{seconds:.3f}"
        return self._patience(after, everywhere=everywhere)

    def _patience(self, retry_after: str, *, everywhere: bool) -> web.Response:
        scope = "for this app and tenant" if everywhere else "in this conversation"
        refused = self._refuse(429, "TooManyRequests", f"Too many requests {scope}.")
        refused.headers["Retry-After"] = retry_after
        return refused

    @staticmethod
    def _cut(request: web.Request) -> web.Response:
        if request.transport:
            request.transport.abort()
        return web.Response()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        conversation = request.match_info["conversation"]
        if conversation not in self.conversations:
            return self._refuse(404, "ConversationNotFound", "Conversation not found.")
        if len(body) > MOST_BYTES:
            return self._refuse(413, "MessageSizeTooBig", "Message size too large.")
        activity_id = request.match_info.get("activity", "")
        if request.method in ("PUT", "DELETE") and (activity_id not in self._ids or activity_id in self.gone):
            return self._refuse(404, "ActivityNotFoundInConversation", "The activity is not in the conversation.")
        activity = json.loads(body) if body else {}
        fault = None if request.method == "DELETE" else fault_of(activity)
        if fault:
            return self._refuse(400, "BadSyntax", fault)
        new_id = self._new_id() if request.method == "POST" else activity_id
        reply_to = activity_id if request.method == "POST" else ""
        self._take(Posted(request.method, conversation, reply_to, activity, self._token(request), new_id))
        return web.json_response({"id": new_id}, status=201 if request.method == "POST" else 200)

    async def _open(self, request: web.Request) -> web.Response:
        """A new thread in a channel, or a chat with one person."""
        opening = await request.json()
        if not str(opening.get("bot", {}).get("id", "")).startswith("28:") or not opening.get("tenantId"):
            return self._refuse(400, "BadArgument", "Bot and tenant are needed.")
        if not opening.get("isGroup"):
            return self._chat(opening)
        channel = opening.get("channelData", {}).get("channel", {}).get("id")
        if not any(channel in team.channels for team in self.teams.values()):
            return self._refuse(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        if len(await request.read()) > MOST_BYTES:
            return self._refuse(413, "MessageSizeTooBig", "Message size too large.")
        fault = fault_of(opening.get("activity"))
        if fault:
            return self._refuse(400, "BadSyntax", fault)
        new_id = self._new_id()
        thread = f"{channel};messageid={new_id}"
        self.conversations.add(thread)
        self._take(Posted("POST", thread, "", opening["activity"], self._token(request), new_id))
        return web.json_response({"id": thread, "activityId": new_id}, status=201)

    def _chat(self, opening: dict[str, Any]) -> web.Response:
        """The chat with one person, who is named by their Teams or Entra id; there is one for each."""
        (member,) = opening.get("members", [{}])
        person = next((one for one in self.people if member.get("id") in (one.teams_id, one.entra_id)), None)
        if person is None or person.entra_id in self.not_installed:
            return self._refuse(403, "ForbiddenOperationException", "The bot is not installed for this person.")
        chat = f"a:chat-with-{person.teams_id}"
        self.conversations.add(chat)
        return web.json_response({"id": chat}, status=201)

    def _new_id(self) -> str:
        return f"{1000 + len(self.posted)}"

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
        if self.teams_mute:
            await self.teams_mute.wait()
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
        activity = posted.activity
        kept = activity if self.keeps_activities else {"summary": activity.get("summary", "")}
        self.posted.append(replace(posted, activity=kept, reference=reference_of(activity)))
        self._ids.add(posted.id)
        self.arrived.set()

    @staticmethod
    def _token(request: web.Request) -> str:
        return request.headers.get("Authorization", "").partition(" ")[2]

    async def _nowhere(self, request: web.Request) -> web.Response:
        return self._refuse(404, "NotFound", f"{request.method} {request.path} is no operation of the connector.")

    def _refuse(self, status: int, code: str, message: str) -> web.Response:
        self.refused.append((status, code))
        return web.json_response({"error": {"code": code, "message": message}}, status=status)


def reference_of(activity: Mapping[str, Any]) -> str:
    """Which announcement a post is of: the id of the first element of its card; "" for an answer."""
    for attachment in activity.get("attachments", ()):
        body = attachment.get("content", {}).get("body")
        if isinstance(body, list) and body and not str(body[0].get("type")).startswith("Input."):
            return str(body[0].get("id", ""))
    return ""


def _opening_of(body: bytes) -> str:
    """The channel in which a thread is begun, or whom a chat is with."""
    opening = json.loads(body)
    channel = opening.get("channelData", {}).get("channel", {}).get("id")
    return str(channel or opening.get("members"))


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

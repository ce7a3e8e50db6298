"""The people of a run: their deliveries, signed as the platforms sign them, doubled, out of order, sent until taken."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.playground.deliveries import FORM, JSON, sign
from bot.teams.outbound import NOT_TAKEN
from tests.api.signing import standard
from tests.chaos.plan import Plan, Wish
from tests.chaos.waiting import until
from tests.chaos.wishes import KEY
from tests.chaos.world import SIGNING_SECRET, TALKS, TEAM, conversation_of
from tests.doubles.teams import APP_ID, TENANT

PATIENCE = 8.0  # seconds for an answer
SOURCE = "chaos"  # the incident tool of a run
GIVES_UP = 240.0  # seconds after which a person stops sending something again
AT_ONCE = 24  # deliveries on their way
TEAM_ID, APP, BOT = "T0PLAYGROUND", "A0ARCHWAY", "U0ARCHWAY"
RECIPIENT = {"id": f"28:{APP_ID}", "name": "Archway"}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to the bot. Sent again it is the same, to the byte where the platform keeps its signature."""

    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...]


@dataclass
class Sender:
    """Sends deliveries to `addresses`, and writes down what was acknowledged and when.

    `may_go` holds it back, so that it lasts for as long as the crashes do.
    """

    plan: Plan
    world: dict[str, Any]
    addresses: list[str]
    may_go: Callable[[float], bool] = lambda _: True
    acknowledged: dict[int, float] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    statuses: Counter[str] = field(default_factory=Counter)

    async def deliver(
        self, http: aiohttp.ClientSession, number: int, again: Callable[[int], Request], copies: int, rng: random.Random
    ) -> None:
        """Sends something until it is taken, and copies of it beside. `again` gives what is sent after so many tries."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._until_taken(http, number, again, rng))
            for copy in range(1, copies):
                group.create_task(self._copy(http, number, again, rng, copy))

    async def _copy(
        self, http: aiohttp.ClientSession, number: int, again: Callable[[int], Request], rng: random.Random, copy: int
    ) -> None:
        """The same once more: at the same moment, or a little later. Nobody cares whether it is taken."""
        await asyncio.sleep(rng.choice((0.0, 0.01, 0.3, 2.0)) * copy)
        status = await self.send(http, rng.choice(self.addresses), again(copy))
        if 200 <= status < 300:
            self.acknowledged.setdefault(number, time.time())

    async def _until_taken(
        self, http: aiohttp.ClientSession, number: int, again: Callable[[int], Request], rng: random.Random
    ) -> None:
        """Sends it again and again to whoever listens, as Slack and Teams do, with more patience."""
        began, tries = time.monotonic(), 0
        while True:
            status = await self.send(http, rng.choice(self.addresses), again(tries))
            if 200 <= status < 300:
                self.acknowledged.setdefault(number, time.time())
                return
            if time.monotonic() - began > GIVES_UP:
                self.given_up.add(number)
                return
            tries += 1
            await asyncio.sleep(rng.uniform(0.02, 0.25))

    async def send(self, http: aiohttp.ClientSession, address: str, request: Request) -> int:
        """The status of the answer; 0 where there is none, or where it asks whoever sent it to try again."""
        try:
            async with http.post(address + request.path, data=request.body, headers=request.headers) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, OSError) as fault:
            self.statuses[type(fault).__name__] += 1
            return 0
        self.statuses[str(answer.status)] += 1
        return 0 if NOT_TAKEN.encode() in body else answer.status

    def to_teams(self, activity: dict[str, Any]) -> Request:
        """An activity as it is sent."""
        headers = (
            ("Authorization", f"Bearer {self.world['jwt']}"),
            ("Content-Type", "application/json; charset=utf-8"),
        )
        return Request("/api/messages", json.dumps(activity).encode(), headers)


@dataclass
class Load(Sender):
    """Sends the wishes of a plan."""

    issued: int = 0

    async def run(self) -> None:
        """Sends all of them; returns when each was acknowledged, or given up."""
        rng = random.Random(f"{self.plan.seed} load")
        turns = asyncio.Semaphore(AT_ONCE)
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as http,
            asyncio.TaskGroup() as group,
        ):
            late: list[tuple[Wish, int]] = []
            for wish in self.plan.wishes:
                part = wish.number / len(self.plan.wishes)
                await until(partial(self.may_go, part))
                late.append((wish, rng.getrandbits(32)))
                if wish.early and len(late) < 6:
                    continue  # those that come after it overtake it
                while late:
                    one, salt = late.pop()
                    await turns.acquire()
                    self.issued = max(self.issued, one.number)
                    task = group.create_task(self._wish(http, one, random.Random(salt)))
                    task.add_done_callback(lambda _: turns.release())
            for one, salt in late:
                group.create_task(self._wish(http, one, random.Random(salt)))

    async def install(self) -> int:
        """Adds the bot to the team, so that it learns of its channels; gives the status of whichever process took it, else
        that of the last: some may not be there yet."""
        activity = activity_of(self.world, "installationUpdate", TEAM, "29:0", action="add")
        activity["channelData"] = {**activity["channelData"], "settings": {"selectedChannel": {"id": TEAM}}}
        status = 0
        async with aiohttp.ClientSession() as http:
            for address in self.addresses:
                if (status := await self.send(http, address, self.to_teams(activity))) == 200:
                    break
        return status

    async def _wish(self, http: aiohttp.ClientSession, wish: Wish, rng: random.Random) -> None:
        request = self._request(wish)
        await self.deliver(http, wish.number, lambda tries: self._again(wish, request, tries), wish.copies, rng)

    def _again(self, wish: Wish, request: Request, tries: int) -> Request:
        """Slack signs an event anew when it delivers it again; all else comes as it came."""
        if wish.platform != "slack event" or not tries:
            return request
        signed = sign(request.body, SIGNING_SECRET, time.time(), JSON)
        return Request(request.path, request.body, (*signed.headers, ("X-Slack-Retry-Num", str(tries))))

    def _request(self, wish: Wish) -> Request:
        words = f"subscribe standards tag:chaos-{wish.number}"
        if wish.platform == "teams":
            person = f"29:{wish.person}"
            activity = activity_of(
                self.world, "message", conversation_of(wish), person, id=f"m{wish.number}", text=words
            )
            return self.to_teams(activity)
        if wish.platform == "teams channel":
            activity = activity_of(
                self.world,
                "message",
                conversation_of(wish),
                f"29:{wish.person}",
                id=f"17{wish.number}",
                text=f"<at>Archway</at> {words}",
            )
            activity["entities"] = [{"type": "mention", "text": "<at>Archway</at>", "mentioned": RECIPIENT}]
            return self.to_teams(activity)
        if wish.platform == "webhook":
            told = json.dumps({"type": "incident.updated", "incident": {"key": f"{KEY}{wish.number}"}}).encode()
            headers = standard(told, id_=f"w{wish.number}", at=int(time.time()))
            return Request(f"/webhooks/incidents/{SOURCE}", told, tuple(headers.items()))
        if wish.platform == "slack event":
            event = {
                "type": "app_mention", "user": f"U{wish.person}", "text": f"<@{BOT}> {words}", "team": TEAM_ID,
                "channel": f"CTALK{wish.number % TALKS}", "ts": f"1700000000.{wish.number:06d}", "event_ts": f"1700000000.{wish.number:06d}",
            }  # fmt: skip
            envelope = {
                "token": "x", "team_id": TEAM_ID, "api_app_id": APP, "event": event, "type": "event_callback", "event_id": f"Ev{wish.number:09d}",
                "event_time": 1700000000, "authorizations": [{"enterprise_id": None, "team_id": TEAM_ID, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}],
                "is_ext_shared_channel": False,
            }  # fmt: skip
            signed = sign(json.dumps(envelope).encode(), SIGNING_SECRET, time.time(), JSON)
            return Request("/slack/events", signed.body, signed.headers)
        form = {
            "token": "x", "team_id": TEAM_ID, "team_domain": "playground", "channel_id": f"D{wish.person}", "channel_name": "directmessage",
            "user_id": f"U{wish.person}", "user_name": f"user{wish.person}", "command": "/arch", "text": words, "api_app_id": APP,
            "is_enterprise_install": "false", "response_url": f"{self.world['slack'].removesuffix('api/')}commands/{wish.number}/x",
            "trigger_id": f"{wish.number}.1.chaos",
        }  # fmt: skip
        signed = sign(urlencode(form).encode(), SIGNING_SECRET, time.time(), FORM)
        return Request("/slack/events", signed.body, signed.headers)


def activity_of(world: dict[str, Any], type_: str, conversation: str, sender: str, **more: Any) -> dict[str, Any]:
    """An activity of a type in a conversation, by somebody of that Teams id."""
    number = sender.removeprefix("29:")
    is_channel = conversation.startswith("19:")
    place: dict[str, Any] = {
        "id": conversation,
        "tenantId": TENANT,
        "conversationType": "channel" if is_channel else "personal",
    }
    data: dict[str, Any] = {"tenant": {"id": TENANT}}
    if is_channel:
        place["isGroup"] = True
        data |= {"team": {"id": TEAM, "name": "Chaos"}, "channel": {"id": conversation.partition(";")[0]}}
    return {
        "type": type_,
        "id": "f:1",
        "timestamp": "2026-11-22T10:00:00.000Z",
        "channelId": "msteams",
        "serviceUrl": world["service"],
        "from": {"id": sender, "name": f"User {number}", "aadObjectId": f"00000000-0000-4000-8000-{int(number):012}"},
        "recipient": RECIPIENT,
        "conversation": place,
        "channelData": data,
        **more,
    }

"""Microsoft Teams in a box, over HTTP: a token issuer, a connector, and the client that people type into."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.doubles.loopback_server import served
from tests.doubles.teams_connector import ADAPTIVE, Connector, fault_of_attachment
from tests.doubles.teams_issuer import Issuer

APP_ID = "7a1c2f3e-1111-4222-8333-944455556666"
PASSWORD = "correct-horse-battery-staple"
TENANT = "5b1cfa5e-aaaa-4bbb-8ccc-0ddd0eee0fff"
LARGEST_RESULT_CARD = 28 * 1024
PAYLOADS = Path(__file__).parent.parent / "payloads"

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the bot said to a delivery."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Teams:
    """One tenant with one bot, which listens at `messages_url` once that is set."""

    issuer: Issuer
    connector: Connector
    client: aiohttp.ClientSession
    messages_url: str = ""
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def settings(self) -> dict[str, Any]:
        """What a bot of this tenant is configured with, as `TeamsSurface` takes it."""
        return {
            "app_id": APP_ID,
            "app_password": PASSWORD,
            "tenant_id": TENANT,
            "metadata_url": self.issuer.metadata_url,
            "token_url": self.issuer.token_url,
            "service_urls": (self.connector.url,),
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same for `archway serve`."""
        return {
            "MICROSOFT_APP_ID": APP_ID,
            "MICROSOFT_APP_PASSWORD": PASSWORD,
            "MICROSOFT_APP_TENANT_ID": TENANT,
            "MICROSOFT_OPENID_METADATA_URL": self.issuer.metadata_url,
            "MICROSOFT_TOKEN_URL": self.issuer.token_url,
            "MICROSOFT_SERVICE_URLS": self.connector.url,
        }

    def activity(self, payload: str, **members: Any) -> Json:
        """A new activity after `tests/payloads/teams_PAYLOAD.json`, from this connector and with an id of its own."""
        activity: Json = json.loads((PAYLOADS / f"teams_{payload}.json").read_text(encoding="utf-8"))
        activity |= {"id": f"{activity['id']}-{next(self._numbers)}", "serviceUrl": self.connector.service_url}
        activity |= members
        self.connector.conversations.add(activity["conversation"]["id"])
        return activity

    def query(self, text: str, skip: int = 0, count: int = 25) -> Json:
        """What the search extension sends while somebody types."""
        value = {
            "commandId": "search",
            "parameters": [{"name": "question", "value": text}],
            "queryOptions": {"skip": skip, "count": count},
        }
        return self.activity("query", value=value)

    async def deliver(self, activity: Json, token: str | None = None) -> Answer:
        """Delivers an activity as the connector does, with a fitting token unless another is given."""
        token = token or self.issuer.token(activity["serviceUrl"])
        return await self.post(json.dumps(activity).encode(), {"Authorization": f"Bearer {token}"})

    async def post(self, body: bytes, headers: Any) -> Answer:
        """Any body and any headers (a list of pairs may double one)."""
        pairs = [*dict(headers).items()] if isinstance(headers, dict) else list(headers)
        if not any(name.lower() == "content-type" for name, _ in pairs):
            pairs.append(("Content-Type", "application/json; charset=utf-8"))
        async with self.client.post(self.messages_url, data=body, headers=pairs) as answer:
            return Answer(answer.status, await answer.read(), dict(answer.headers))

    async def search(self, text: str, skip: int = 0, count: int = 25) -> Json:
        """The results for a text as the compose box would list them; asserts that Teams would take the answer."""
        answer = await self.deliver(self.query(text, skip, count))
        assert answer.status == 200, answer
        fault = fault_of_query_answer(answer.json)
        assert fault is None, fault
        extension: Json = answer.json["composeExtension"]
        return extension


def fault_of_query_answer(body: Any) -> str | None:
    """What is wrong with the answer to `composeExtension/query`; None when Teams would take it."""
    extension = body.get("composeExtension") if isinstance(body, dict) else None
    if not isinstance(extension, dict):
        return "no composeExtension"
    if extension.get("type") == "message":
        return None if isinstance(extension.get("text"), str) and extension["text"] else "a message without text"
    if extension.get("type") != "result" or extension.get("attachmentLayout") not in ("list", "grid"):
        return "neither results nor a message"
    for attachment in extension.get("attachments") or ():
        fault = fault_of_attachment(attachment)
        if fault:
            return fault
        if len(json.dumps(attachment["content"]).encode()) > LARGEST_RESULT_CARD:
            return "a card above 28 KB"
        if attachment["contentType"] == ADAPTIVE and fault_of_attachment(attachment.get("preview")):
            return "an Adaptive Card without a preview"
    return None


@asynccontextmanager
async def teams(now: Callable[[], float] = time.time) -> AsyncIterator[Teams]:
    """Teams, listening on this machine while the block runs."""
    issuer = Issuer(APP_ID, PASSWORD, TENANT, now)
    connector = Connector(issuer.issued)
    async with (
        served(issuer.app()) as issuer.url,
        served(connector.app()) as connector.url,
        aiohttp.ClientSession() as client,
    ):
        yield Teams(issuer, connector, client)


def without(activity: Json, *path: str) -> Json:
    """The activity without one of its members, which is named by its path."""
    changed = deepcopy(activity)
    place = changed
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return changed

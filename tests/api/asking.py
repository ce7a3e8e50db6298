"""A running bot that scripts may ask, and what an answer holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.stories.house import House, house

READER, CI, OPS = "reader-token-0000001", "ci-token-000000000002", "ops-token-00000000003"
TOKENS = f"reader={READER}:read,ci={CI}:waivers,ops={OPS}:admin"


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any


@dataclass
class Asker:
    """Asks a running bot."""

    house: House
    http: aiohttp.ClientSession

    async def get(self, path: str, token: str = READER, method: str = "GET", **headers: str) -> Answer:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(method, f"{self.house.address}{path}", headers=sent) as answer:
            body = await answer.read()
            is_json = body and "json" in answer.headers.get("Content-Type", "")
            return Answer(
                answer.status, answer.headers, body, await answer.json(content_type=None) if is_json else None
            )


@asynccontextmanager
async def asker(scratch: Path, **options: Any) -> AsyncIterator[Asker]:
    """With tokens for a reader, a CI and operators."""
    async with house(scratch, ARCHWAY_API_TOKENS=TOKENS, **options) as running, aiohttp.ClientSession() as http:
        yield Asker(running, http)

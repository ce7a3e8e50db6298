"""Who somebody is at this moment, by the connector's roster: a member, a guest, a stranger; where they are, and under which address."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.domain.people import Standing
from bot.teams.activities import Json
from bot.teams.connector import Connector, DeliveryFailed

log = structlog.stdlib.get_logger(__name__)

FRESH_SECONDS = 60.0  # facts about a person are at most so old when their wish is handled
VOUCHED_SECONDS = 45.0  # the same where something changes, which may have to wait for the database
_AFTER_FAILURE_SECONDS = 10.0
_LOOK_UP_SECONDS = 1.0
_MOST = 20_000
_ADDRESS = re.compile(r"[^@\s\0]{1,64}@[^@\s\0]{1,255}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a roster says of somebody. `member` is None when they are not in it, or when that could not be found out.
    `as_of` is when it was asked, by `time.monotonic`."""

    member: Json | None
    certain: bool
    until: float
    as_of: float

    @property
    def present(self) -> bool:
        """Whether they are in the conversation for certain."""
        return self.member is not None


@dataclass(slots=True)
class Roster:
    """Looks people up, once for all who ask at the same moment. `now` is in seconds since the epoch."""

    connector: Connector
    now: Callable[[], float]
    seconds: float = _LOOK_UP_SECONDS
    _entries: dict[tuple[str, str], Entry] = field(default_factory=dict)  # oldest first
    _under_way: dict[tuple[str, str], asyncio.Task[Entry]] = field(default_factory=dict)

    def at_hand(self, conversation: str, person: str, within: float = FRESH_SECONDS) -> Entry | None:
        """What was found out within the last minute, or within so many seconds."""
        entry = self._entries.get((conversation, person))
        if entry is None:
            return None
        left, least = entry.until - self.now(), FRESH_SECONDS - within if entry.certain else 0.0
        return entry if least <= left <= FRESH_SECONDS and time.monotonic() - entry.as_of < within else None

    async def look_up(self, service_url: str, conversation: str, person: str, within: float = FRESH_SECONDS) -> Entry:
        """What the roster of a conversation says of a person (by Teams id). Takes a second at most."""
        if entry := self.at_hand(conversation, person, within):
            return entry
        key = conversation, person
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._asked(service_url, conversation, person))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _asked(self, service_url: str, conversation: str, person: str) -> Entry:
        member, certain, as_of = None, True, time.monotonic()
        try:
            async with asyncio.timeout(self.seconds):
                member = await self.connector.member(service_url, conversation, person)
        except (DeliveryFailed, TimeoutError) as failed:
            certain = isinstance(failed, DeliveryFailed) and failed.status in (403, 404)  # not in it, or the bot is not
            log.info("somebody could not be looked up", reason=str(failed) or "it took too long")
        lasts = FRESH_SECONDS if certain else _AFTER_FAILURE_SECONDS
        entry = Entry(member, certain, self.now() + lasts, as_of)
        self._entries.pop((conversation, person), None)
        while len(self._entries) >= _MOST:
            del self._entries[next(iter(self._entries))]
        self._entries[conversation, person] = entry
        return entry


def standing(member: Json, home: str) -> Standing:
    """How somebody belongs to the tenant `home`, by their roster entry."""
    tenant, role, name = member.get("tenantId"), member.get("userRole"), member.get("userPrincipalName")
    if isinstance(tenant, str) and tenant and tenant.casefold() != home.casefold():
        return Standing.STRANGER
    if isinstance(role, str) and role.casefold() in ("anonymous", "federated", "bot"):
        return Standing.STRANGER
    if isinstance(role, str) and role.casefold() == "guest":
        return Standing.GUEST
    if isinstance(name, str) and "#ext#" in name.casefold():
        return Standing.GUEST
    vouched = role == "user" and isinstance(tenant, str) and bool(tenant)
    return Standing.MEMBER if vouched or (isinstance(name, str) and name) else Standing.GUEST


def email(member: Json, home: str) -> str:
    """The address that a roster vouches for: of a member of the tenant `home`, in lower case; "" for everybody else."""
    tenant = member.get("tenantId")
    if not isinstance(tenant, str) or tenant.casefold() != home.casefold():
        return ""
    if standing(member, home) is not Standing.MEMBER:
        return ""
    for name in ("email", "userPrincipalName"):
        address = member.get(name)
        if isinstance(address, str) and _ADDRESS.fullmatch(address) and "#ext#" not in address.casefold():
            return address.encode().lower().decode()  # ASCII alone: U+212A would become the k of somebody else
    return ""

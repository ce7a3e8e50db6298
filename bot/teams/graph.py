"""Microsoft Graph, asked for what no roster tells: which of the groups that roles name somebody is in, and whether their
account is still in use.

Needs the application permissions User.Read.All and GroupMember.Read.All. Where Graph cannot be reached, or forbids it,
nobody is in any group: a fault never gives more rights.
https://learn.microsoft.com/graph/api/user-checkmembergroups
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import msgspec
import structlog

from bot.domain.people import Account, Standing
from bot.errors import ArchwayError
from bot.teams.activities import Json
from bot.teams.credentials import BotToken, TokenUnavailable
from bot.teams.session import Session, whole

log = structlog.stdlib.get_logger(__name__)

FRESH_SECONDS = 45.0  # facts about a person are at most so old, and a minute when their wish is handled
AFTER_FAILURE_SECONDS = 10.0
PUBLIC_URL = "https://graph.microsoft.com/v1.0"
PUBLIC_SCOPE = "https://graph.microsoft.com/.default"
# https://learn.microsoft.com/graph/deployments
_NATIONAL = frozenset({"graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"})
_SECONDS = 2.0  # for all that is asked of one person: an invoke is answered in five
_AT_ONCE = 20  # groups in a question
_MOST = 20_000
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def scope_for(graph_url: str) -> str:
    """What a token must be asked for in the cloud whose Graph is there."""
    host = urlsplit(graph_url).hostname or ""
    return f"https://{host}/.default" if host in _NATIONAL else PUBLIC_SCOPE


class GraphUnavailable(ArchwayError):
    """Graph did not say what it was asked."""


@dataclass(frozen=True, slots=True)
class Found:
    """What Graph says of somebody. `asked` are the groups that it was asked about, `until` is in seconds, `as_of` is when it
    was asked, by `time.monotonic`."""

    standing: Standing
    groups: frozenset[str]
    asked: frozenset[str]
    until: float
    as_of: float


@dataclass(slots=True)
class Graph:
    """Looks people up, once for all who ask at the same moment. `wanted` names the groups that roles name now, by their
    object ids; `now` is in seconds since the epoch.
    """

    url: str
    token: BotToken
    session: Session
    wanted: Callable[[], Iterable[str]]
    now: Callable[[], float]
    seconds: float = _SECONDS
    _found: dict[str, Found] = field(default_factory=dict)  # oldest first
    _under_way: dict[tuple[str, frozenset[str]], asyncio.Task[Found | None]] = field(default_factory=dict)
    _quiet_until: float = 0.0
    _failing: bool = False

    async def vouched(self, by: Account) -> Account:
        """The account with the groups that it is in, of those that roles name; an account that is not in use any more is
        a stranger's. Takes two seconds at most, and nothing while no role names a group.
        """
        wanted = frozenset(self.wanted())
        if not wanted or by.standing is not Standing.MEMBER or not _ID.fullmatch(by.id):
            return by
        found = await self._look_up(by.id, wanted)
        if found is None:
            return by
        by = replace(by, as_of=None if by.as_of is None else min(by.as_of, found.as_of))
        if found.standing is not Standing.MEMBER:
            return replace(by, standing=found.standing, email="")
        return replace(by, groups=found.groups)

    async def _look_up(self, person: str, wanted: frozenset[str]) -> Found | None:
        now, found = self.now(), self._found.get(person)
        if (
            found
            and wanted <= found.asked
            and 0 <= found.until - now <= FRESH_SECONDS
            and time.monotonic() - found.as_of < FRESH_SECONDS
        ):
            return found
        if now < self._quiet_until <= now + AFTER_FAILURE_SECONDS:
            return None
        key = person, wanted
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._asked(person, wanted))
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _asked(self, person: str, wanted: frozenset[str]) -> Found | None:
        ids = sorted(
            id_ for id_ in wanted if _ID.fullmatch(id_)
        )  # Graph refuses the whole question for a malformed one
        as_of = time.monotonic()
        try:
            async with asyncio.timeout(self.seconds):
                standing, within = await asyncio.gather(self._standing(person), self._all_groups(person, ids))
        except (GraphUnavailable, TimeoutError) as failed:
            self._fail(str(failed) or "it took too long")
            return None
        self._failing = False
        found = Found(standing, within, wanted, self.now() + FRESH_SECONDS, as_of)
        self._found.pop(person, None)
        while len(self._found) >= _MOST:
            del self._found[next(iter(self._found))]
        self._found[person] = found
        return found

    def _fail(self, reason: str) -> None:
        self._quiet_until = self.now() + AFTER_FAILURE_SECONDS
        if not self._failing:
            self._failing = True
            log.error("Microsoft Graph does not tell who is in which group; nobody is meanwhile", reason=reason)

    async def _standing(self, person: str) -> Standing:
        select = "?$select=accountEnabled,userType"
        user = await self._exchange("GET", f"/users/{quote(person, safe='')}{select}", None)
        if user is None or user.get("accountEnabled") is False:
            return Standing.STRANGER
        kind = user.get("userType")
        return Standing.GUEST if isinstance(kind, str) and kind.casefold() == "guest" else Standing.MEMBER

    async def _all_groups(self, person: str, ids: Sequence[str]) -> frozenset[str]:
        questions = (self._groups(person, ids[at : at + _AT_ONCE]) for at in range(0, len(ids), _AT_ONCE))
        return frozenset[str]().union(*await asyncio.gather(*questions))

    async def _groups(self, person: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of the groups that a person is in, also through other groups."""
        path = f"/users/{quote(person, safe='')}/checkMemberGroups"
        said = (await self._exchange("POST", path, {"groupIds": [id_.lower() for id_ in ids]}) or {}).get("value")
        listed = {id_.casefold() for id_ in said if isinstance(id_, str)} if isinstance(said, list) else set()
        return frozenset(f"entra:{id_}" for id_ in ids if id_.casefold() in listed)

    async def _exchange(self, method: str, path: str, body: Any) -> Json | None:
        """A JSON object, None for somebody who is not there. Raises `GraphUnavailable`."""
        try:
            token = await self.token.get()
            async with self.session.client().request(
                method,
                self.url.rstrip("/") + path,
                data=b"" if body is None else msgspec.json.encode(body),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer:
                status, said = answer.status, await whole(answer)
        except (TokenUnavailable, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise GraphUnavailable(f"{type(error).__name__}: {error}") from error
        if status == 404 and b"Request_ResourceNotFound" in said:  # any other 404 is of a wrong address
            return None
        if status == 401:
            self.token.discard(token)
        if status != 200:
            raise GraphUnavailable(f"it answered {status}")
        try:
            return msgspec.json.decode(said, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            raise GraphUnavailable("it did not answer with a JSON object") from None

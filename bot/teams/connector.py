"""Bot Framework's connector over HTTP: posts, updates and who is where, with our token, to allowed addresses only.

What answers a person is tried for a while; what is announced is tried once here, and paced by whoever announces it.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from bot.errors import ArchwayError
from bot.teams.activities import Json
from bot.teams.credentials import BotToken, TokenUnavailable
from bot.teams.service_urls import ServiceUrls
from bot.teams.session import Session, whole

# What Microsoft says to try again, and 503, which says so itself. A time-out or a cut connection is not among them:
# the post may be there already.
_TRY_AGAIN = frozenset({412, 429, 502, 503, 504})
_TRIES = 4
_LONGEST_WAIT = 30.0
_FIRST_WAIT = 0.5
_PATIENCE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,7})?", re.ASCII)


class DeliveryFailed(ArchwayError):
    """The connector did not take something. `status` is its answer, None when there was none; `seconds` is the patience
    that it asked for, None when it named none; `for_all` tells whether it asked for it everywhere.
    """

    def __init__(
        self, reason: str, status: int | None = None, *, seconds: float | None = None, for_all: bool = False
    ) -> None:
        self.status, self.seconds, self.for_all = status, seconds, for_all
        super().__init__(reason)


class NothingSent(DeliveryFailed):
    """Nothing left this machine: no connection, no token. It can be tried again."""


class PerhapsTaken(DeliveryFailed):
    """It is not known whether it arrived: a time-out, a cut connection, an answer that makes no sense."""


class PostGone(DeliveryFailed):
    """The post that was to be updated is not there any more."""


@dataclass(frozen=True, slots=True)
class Connector:
    """Sends activities. `token` is None for a bot without an app id; `pause` waits for so many seconds between `tries`."""

    session: Session
    service_urls: ServiceUrls
    now: Callable[[], float]
    token: BotToken | None = None
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    tries: int = _TRIES

    async def post(self, service_url: str, conversation: str, activity: Json, reply_to: str = "") -> str:
        """Posts an activity, under the one it replies to if there is one. The new post's id, "" when none came back.

        Raises `DeliveryFailed`.
        """
        return _opened(await self._send("POST", service_url, _path(conversation, reply_to), activity)).id

    async def update(self, service_url: str, conversation: str, id: str, activity: Json) -> None:  # noqa: A002  # its name there
        """Replaces a post. Raises `PostGone` when it is not there any more, else `DeliveryFailed`."""
        try:
            answer = await self._send("PUT", service_url, _path(conversation, id), activity)
        except DeliveryFailed as failed:
            if failed.status == 404:
                raise PostGone(str(failed), 404) from None
            raise
        if answer.strip() and not _is_object(
            answer
        ):  # a proxy's page: Teams itself answers with the id, or with nothing
            raise PerhapsTaken("the answer to an update makes no sense")

    async def delete(self, service_url: str, conversation: str, id: str) -> None:  # noqa: A002  # its name there
        """Takes a post away. Raises `DeliveryFailed`."""
        await self._send("DELETE", service_url, _path(conversation, id), None)

    async def open(self, service_url: str, opening: Json) -> tuple[str, str]:
        """Begins a conversation: a thread in a channel, a chat with a person. Its id and that of its first post.

        Raises `DeliveryFailed`.
        """
        opened = _opened(await self._send("POST", service_url, "/v3/conversations", opening))
        if not opened.id:
            raise PerhapsTaken("the connector opened a conversation without an id")
        return opened.id, opened.activity_id

    async def member(self, service_url: str, conversation: str, person: str) -> Json:
        """Somebody of a conversation's roster, by Teams or Entra id. Raises `DeliveryFailed`."""
        path = f"/v3/conversations/{quote(conversation, safe='')}/members/{quote(person, safe='')}"
        return _object(await self._send("GET", service_url, path, None, tries=2))

    async def team(self, service_url: str, team: str) -> Json:
        """A team: its name and more. Raises `DeliveryFailed`."""
        return _object(await self._send("GET", service_url, f"/v3/teams/{quote(team, safe='')}", None))

    async def channels(self, service_url: str, team: str) -> list[Any]:
        """The channels of a team that everybody in it sees. Raises `DeliveryFailed`."""
        path = f"/v3/teams/{quote(team, safe='')}/conversations"
        listed = _object(await self._send("GET", service_url, path, None)).get("conversations")
        return listed if isinstance(listed, list) else []

    async def _send(
        self, method: str, service_url: str, path: str, activity: Json | None, tries: int | None = None
    ) -> bytes:
        """The answer, tried for several times while that makes sense. Raises `DeliveryFailed`."""
        tokens_refused, tries = 0, tries or self.tries
        for attempt in range(1, tries + 1):
            try:
                return await self._try(method, service_url, path, activity)
            except DeliveryFailed as failed:
                if failed.status == 401 and self.token and not tokens_refused:
                    tokens_refused += 1
                    continue
                passes = isinstance(failed, NothingSent) or failed.status in _TRY_AGAIN
                if not passes or attempt == tries or (failed.seconds or 0) > _LONGEST_WAIT:
                    raise
                await self.pause(_wait(attempt, failed.seconds))
        raise DeliveryFailed("the connector did not accept our token", 401)

    async def _try(self, method: str, service_url: str, path: str, activity: Json | None) -> bytes:
        """The answer to one try. Raises `DeliveryFailed`, and forgets a token that was not accepted."""
        body = b"" if activity is None else msgspec.json.encode(activity)
        try:
            token = await self._token_for(service_url)
            status, retry_after, answer = await self._exchange(method, service_url.rstrip("/") + path, body, token)
        except (TokenUnavailable, aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NothingSent(f"{type(error).__name__}: {error}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PerhapsTaken(f"it is not known whether it arrived: {type(error).__name__}") from error
        if 200 <= status < 300:
            return answer
        if status == 401 and self.token:
            self.token.discard(token)
        error_ = _error(answer)
        raise DeliveryFailed(
            f"the connector answered {status} {error_.code[:80]}".strip(),
            status,
            seconds=_seconds(retry_after, self.now()),
            for_all=status == 429 and "tenant" in error_.message.casefold(),
        )

    async def _token_for(self, service_url: str) -> str:
        """Our token, for an address that may have it. Checked here, where it is sent, whatever was checked before."""
        if not self.service_urls.allow(service_url):
            raise DeliveryFailed("the address is not one that may be answered")
        return await self.token.get() if self.token else ""

    async def _exchange(self, method: str, address: str, body: bytes, token: str) -> tuple[int, str | None, bytes]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        async with self.session.client().request(
            method, address, data=body, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers.get("Retry-After"), await whole(answer)


def _path(conversation: str, activity: str) -> str:
    path = f"/v3/conversations/{quote(conversation, safe='')}/activities"
    return f"{path}/{quote(activity, safe='')}" if activity else path


def _wait(attempt: int, asked: float | None) -> float:
    """Seconds until the next try: never less than was asked for, and not all at the same moment."""
    least = _FIRST_WAIT * 2 ** (attempt - 1) if asked is None else asked
    return least + random.uniform(0, max(least / 4, _FIRST_WAIT / 4))  # noqa: S311  # spreads load, hides nothing


def _seconds(retry_after: str | None, now: float) -> float | None:
    """The seconds of a Retry-After header, which may also be a date."""
    if not retry_after:
        return None
    if _PATIENCE.fullmatch(retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now)
    except (ValueError, TypeError):
        return None


class _Resource(msgspec.Struct):
    id: str = ""
    activity_id: str = msgspec.field(default="", name="activityId")


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Errors(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


def _opened(answer: bytes) -> _Resource:
    try:
        return msgspec.json.decode(answer, type=_Resource)
    except (msgspec.DecodeError, RecursionError):
        return _Resource()


def _is_object(answer: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(answer), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def _object(answer: bytes) -> Json:
    """A JSON object. Raises `DeliveryFailed` when the connector says something else."""
    try:
        return msgspec.json.decode(answer, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise DeliveryFailed("the connector did not answer with a JSON object") from None


def _error(answer: bytes) -> _Error:
    """The connector's word for what is wrong; its answer need not be JSON."""
    try:
        return msgspec.json.decode(answer, type=_Errors).error
    except (msgspec.DecodeError, RecursionError):
        return _Error()

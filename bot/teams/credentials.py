"""The bot's own token: client credentials at the tenant, one token for all, renewed before it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.errors import ArchwayError
from bot.teams.session import Session, whole

log = structlog.stdlib.get_logger(__name__)

PUBLIC_SCOPE = "https://api.botframework.com/.default"
# Sovereign clouds are recognised by where they publish their keys.
_SCOPES = {
    "login.botframework.azure.us": "https://api.botframework.us/.default",
    "login.botframework.azure.cn": "https://api.botframework.azure.cn/.default",
}
_EARLY_SECONDS = 300.0


def scope_for(metadata_url: str) -> str:
    """What a token must be asked for in the cloud whose keys are published there."""
    return _SCOPES.get(urlsplit(metadata_url).hostname or "", PUBLIC_SCOPE)


class TokenUnavailable(ArchwayError):
    """The token service gave none: nothing was sent."""


@dataclass(slots=True)
class BotToken:
    """A token for the connector. `now` is in seconds since the epoch."""

    app_id: str
    password: str = field(repr=False)
    token_url: str
    scope: str
    session: Session
    now: Callable[[], float]
    _token: str = field(default="", repr=False)
    _renew_at: float = 0.0
    _ends_at: float = 0.0
    _one_flight: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self) -> str:
        """A token that is valid now. Raises `TokenUnavailable`."""
        if self.now() < self._renew_at:
            return self._token
        async with self._one_flight:
            if self.now() < self._renew_at:
                return self._token
            try:
                await self._renew()
            except TokenUnavailable as unavailable:
                log.warning("bot token unavailable", reason=str(unavailable))
                if self.now() >= self._ends_at:
                    raise
            return self._token

    def discard(self, token: str) -> None:
        """Forgets a token that was not accepted."""
        if token == self._token:
            self._renew_at = self._ends_at = 0.0

    async def _renew(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.app_id,
            "client_secret": self.password,
            "scope": self.scope,
        }
        try:
            async with self.session.client().post(self.token_url, data=form, allow_redirects=False) as answer:
                document = json.loads(await whole(answer))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError) as error:
            raise TokenUnavailable(f"the token service did not answer as it should: {type(error).__name__}") from error
        granted = document if isinstance(document, dict) else {}
        token, seconds = granted.get("access_token"), granted.get("expires_in")
        if answer.status != 200 or not isinstance(token, str) or not str(seconds).isdecimal():
            # Entra's error code says what is wrong; its description may quote the request.
            raise TokenUnavailable(f"the token service answered {answer.status} {granted.get('error', '')}".strip())
        now, lasts = self.now(), int(str(seconds))  # some clouds send a number, some its digits
        self._token, self._ends_at = token, now + lasts
        self._renew_at = now + max(lasts - _EARLY_SECONDS, lasts / 2)

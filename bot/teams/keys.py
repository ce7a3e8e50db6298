"""Bot Framework's signing keys, fetched from its OpenID metadata and kept for a day.

An unknown key id leads to one more fetch, at most once a minute: a rotated key is picked up, a flood of made-up ids
is not passed on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from bot.teams.rejected import unauthorized, unavailable
from bot.teams.session import Session, whole

log = structlog.stdlib.get_logger(__name__)

FRESH_SECONDS = 24 * 3600.0
USABLE_SECONDS = 5 * 24 * 3600.0  # as long as Bot Framework's own libraries keep them, when no newer ones can be had
UNKNOWN_ID_SECONDS = 60.0
AFTER_FAILURE_SECONDS = 10.0  # while there are no keys at all
_FETCH_SECONDS = 4.0  # metadata and keys together: Teams waits five for an answer
_LEAST_BITS = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key; `endorsements` are the channels that it may vouch for, None when it does not list any."""

    public: RSAPublicKey
    endorsements: frozenset[str] | None

    def vouches_for(self, channel: str) -> bool:
        """Whether activities of this channel may come with this key."""
        return self.endorsements is None or channel in self.endorsements


@dataclass(frozen=True, slots=True)
class KeySet:
    """What one fetch brought. A newer fetch makes a new set: compare by identity."""

    issuer: str
    keys: Mapping[str, SigningKey]
    fetched_at: float


@dataclass(slots=True)
class SigningKeys:
    """The keys of one issuer. `now` is in seconds since the epoch."""

    metadata_url: str
    session: Session
    now: Callable[[], float]
    fetch_seconds: float = _FETCH_SECONDS
    _current: KeySet | None = None
    _failed_at: float = float("-inf")
    _one_flight: asyncio.Lock = field(default_factory=asyncio.Lock)

    def fresh(self) -> KeySet | None:
        """The keys at hand, unless they are too old to be used without asking again."""
        current = self._current
        return current if current and 0 <= self.now() - current.fetched_at < FRESH_SECONDS else None

    async def holding(self, key_id: str) -> KeySet:
        """A key set with this key in it. Raises `Rejected`: 401 when there is no such key, 503 when that is unclear."""
        current = self.fresh()
        if current is None or key_id not in current.keys:
            current = await self._fetched_for(key_id)
        if key_id not in current.keys:
            raise unauthorized("The token is signed with a key that its issuer does not publish.")
        return current

    async def _fetched_for(self, key_id: str) -> KeySet:
        async with self._one_flight:
            fresh, now = self.fresh(), self.now()
            if fresh and (key_id in fresh.keys or 0 <= now - fresh.fetched_at < UNKNOWN_ID_SECONDS):
                return fresh
            patience = UNKNOWN_ID_SECONDS if self._current else AFTER_FAILURE_SECONDS
            if not 0 <= now - self._failed_at < patience:
                try:
                    async with asyncio.timeout(self.fetch_seconds):
                        self._current = await self._fetch(now)
                except (_Unreadable, TimeoutError) as unreadable:
                    self._failed_at = now
                    log.warning(
                        "signing keys unavailable", url=self.metadata_url, reason=str(unreadable) or "it took too long"
                    )
                else:
                    return self._current
            return self._best_without_fetching(key_id, now, retry_after=self._failed_at + patience - now)

    def _best_without_fetching(self, key_id: str, now: float, retry_after: float) -> KeySet:
        current = self._current
        if current and key_id in current.keys and now - current.fetched_at < USABLE_SECONDS:
            return current  # old keys are better than an outage; tokens run out by themselves
        raise unavailable("The keys that tokens are checked with cannot be had just now.", retry_after)

    async def _fetch(self, now: float) -> KeySet:
        metadata = await self._document(self.metadata_url)
        issuer, address = metadata.get("issuer"), metadata.get("jwks_uri")
        if not isinstance(issuer, str) or not isinstance(address, str) or not issuer:
            raise _Unreadable("the metadata names no issuer or no keys")
        if not _as_safe(address, self.metadata_url):
            raise _Unreadable("the metadata names an unprotected address for the keys")
        listed = (await self._document(address)).get("keys")
        keys = dict(_usable(listed)) if isinstance(listed, list) else {}
        if not keys:
            raise _Unreadable("no usable key is published")
        log.info("signing keys fetched", keys=len(keys))
        return KeySet(issuer, keys, fetched_at=now)

    async def _document(self, url: str) -> dict[str, Any]:
        try:
            async with self.session.client().get(url, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise _Unreadable(f"{url} answered {answer.status}")
                document = json.loads(await whole(answer))
        except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
            raise _Unreadable(f"{url}: {type(error).__name__}") from error
        if not isinstance(document, dict):
            raise _Unreadable(f"{url} is not a JSON object")
        return document


class _Unreadable(Exception):
    """The keys could not be fetched; the reason is for the log."""


def _as_safe(address: str, as_this: str) -> bool:
    """Whether keys may be read there: an https document must not lead to an http one."""
    return address.startswith("https://") or not as_this.startswith("https://")


def _usable(listed: list[Any]) -> list[tuple[str, SigningKey]]:
    """The RSA keys among those published, by id; whatever else stands there is left out."""
    usable = []
    for published in listed:
        if not isinstance(published, dict) or published.get("kty") != "RSA" or published.get("use", "sig") != "sig":
            continue
        key_id, endorsements = published.get("kid"), published.get("endorsements")
        try:
            public = PyJWK(published, algorithm="RS256").key
        except (PyJWTError, ValueError, TypeError):
            continue
        if isinstance(key_id, str) and isinstance(public, RSAPublicKey) and public.key_size >= _LEAST_BITS:
            channels = frozenset(map(str, endorsements)) if isinstance(endorsements, list) else None
            usable.append((key_id, SigningKey(public, channels)))
    return usable

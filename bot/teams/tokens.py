"""The token that Bot Framework sends along: is it theirs, is it for us, does it fit the activity?

401 is for a token that proves nothing (missing, junk, forged, expired), 403 for one that is genuine and not for us:
another app's, another tenant's, for another connector or channel. Neither says more than its sender knows already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import jwt

from bot.teams.activities import Incoming
from bot.teams.keys import KeySet, SigningKey, SigningKeys
from bot.teams.rejected import forbidden, unauthorized
from bot.teams.service_urls import same_service

LEEWAY_SECONDS = 300.0
TEAMS = "msteams"  # other channels let their callers name any tenant and sender
_MOST_REMEMBERED = 1024
_LONGEST = 16 * 1024
_OURS = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_iss": False}


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that was found genuine. `expires_at` is in seconds since the epoch, leeway included."""

    service_url: str
    expires_at: float
    key: SigningKey
    key_set: KeySet

    def require_fit(self, activity: Incoming, tenant: str | None) -> None:
        """Raises `Rejected` (403) unless the token speaks for this activity, and the activity is of our tenant."""
        if not same_service(self.service_url, activity.service_url):
            raise forbidden("The token is for another service address than the activity's.")
        if activity.channel != TEAMS or not self.key.vouches_for(activity.channel):
            raise forbidden("The token does not vouch for this channel.")
        if tenant and activity.tenant.casefold() != tenant.casefold():
            raise forbidden("This bot does not serve that tenant.")


@dataclass(slots=True)
class TokenCheck:
    """Checks the Authorization header of a delivery. A genuine token is remembered until it or its key ends:
    Bot Framework sends the same one for an hour, and a signature costs fifty times as much as a digest.
    """

    app_id: str
    keys: SigningKeys
    now: Callable[[], float]
    _remembered: dict[bytes, Verified] = field(default_factory=dict)

    async def verify(self, authorization: str | None) -> Verified:
        """The genuine token in this header. Raises `Rejected`: 401, 403 (another app's) or 503."""
        token = _bearer(authorization)
        digest = hashlib.sha256(token).digest()
        known = self._remembered.get(digest)
        if known and known.key_set is self.keys.fresh() and self.now() < known.expires_at:
            return known
        verified = await self._verify(token)
        while len(self._remembered) >= _MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[digest] = verified
        return verified

    async def _verify(self, token: bytes) -> Verified:
        key_id = _key_id(token)
        key_set = await self.keys.holding(key_id)
        key = key_set.keys[key_id]
        try:
            claims = jwt.decode(token, key.public, algorithms=["RS256"], options=_OURS)  # type: ignore[arg-type]  # a TypedDict there
        except _UNREADABLE:
            raise unauthorized("The token's signature is not valid.") from None
        if claims.get("iss") != key_set.issuer:
            raise unauthorized("The token was issued by somebody else.")
        expires_at = self._within_its_time(claims)
        if claims.get("aud") != self.app_id:
            raise forbidden("The token is for another app.")
        service_url = claims.get("serviceurl", claims.get("serviceUrl"))
        if not isinstance(service_url, str):
            raise forbidden("The token names no service address.")
        return Verified(service_url, expires_at, key, key_set)

    def _within_its_time(self, claims: dict[str, Any]) -> float:
        expires, begins = claims.get("exp"), claims.get("nbf", 0.0)
        if not _is_time(expires) or not _is_time(begins):
            raise unauthorized("The token does not say when it ends.")
        now = self.now()
        if not now - LEEWAY_SECONDS < expires or not begins <= now + LEEWAY_SECONDS:
            raise unauthorized("The token is not valid at this time.")
        return float(expires) + LEEWAY_SECONDS


# What the library lets through of the input's faults, beside its own errors.
_UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def _bearer(authorization: str | None) -> bytes:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST or not token.isascii():
        raise unauthorized("One Authorization header with a bearer token is needed.")
    return token.encode("ascii")


def _key_id(token: bytes) -> str:
    """The key that a token says it is signed with, when it is of a kind that we check at all."""
    try:
        header = jwt.get_unverified_header(token)
    except _UNREADABLE:
        raise unauthorized("The token is no JSON Web Token.") from None
    key_id = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(key_id, str):
        raise unauthorized("The token is not signed with RS256.")
    return key_id


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12

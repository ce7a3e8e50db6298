"""Who may ask the API what: bearer tokens with scopes, and how often each may ask."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.api.operations import ADMIN

LONGEST = 1_000  # characters of the header


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever has a token. `digest` is its SHA-256."""

    name: str
    digest: bytes
    scopes: frozenset[str]

    @classmethod
    def of(cls, name: str, token: str, scopes: Iterable[str]) -> Holder:
        """The holder of a token."""
        return cls(name, hashlib.sha256(token.encode()).digest(), frozenset(scopes))

    def may(self, scopes: Iterable[str]) -> bool:
        """Whether any of these scopes is theirs."""
        return ADMIN in self.scopes or not self.scopes.isdisjoint(scopes)


class Tokens:
    """Tells tokens apart, in constant time."""

    def __init__(self, holders: Iterable[Holder]) -> None:
        self._holders = tuple(holders)

    def holder(self, headers: list[str]) -> Holder | None:
        """The holder of the token in the values of the Authorization header; None for a missing, doubled or unknown one."""
        if len(headers) != 1 or len(headers[0]) > LONGEST:
            return None
        scheme, _, token = headers[0].partition(" ")
        digest = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
        found = [each for each in self._holders if hmac.compare_digest(each.digest, digest)]
        return found[0] if found and scheme.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many again each minute."""

    burst: int = 120
    a_minute: int = 600


class Buckets:
    """Says who has to wait. `now` gives seconds that only grow."""

    def __init__(self, rate: Rate, now: Callable[[], float]) -> None:
        self._rate, self._now = rate, now
        self._levels: dict[str, tuple[float, float]] = {}

    def wait(self, name: str) -> float:
        """Seconds that somebody has to wait before they ask again; 0 where they may ask now, and it counts."""
        now = self._now()
        level, since = self._levels.get(name, (float(self._rate.burst), now))
        level = min(self._rate.burst, level + (now - since) * self._rate.a_minute / 60)
        enough = level >= 1
        self._levels[name] = (level - 1 if enough else level, now)
        return 0.0 if enough else (1 - level) * 60 / self._rate.a_minute

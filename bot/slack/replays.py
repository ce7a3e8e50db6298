"""What has been delivered before, for a while and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable


class Deliveries:
    """Remembers the keys of deliveries, so that a second delivery of the same thing has no second effect.

    Keys live in two generations: a key is remembered for `seconds` at least and twice that at most, and the last
    `most` keys at least, twice that at most, whatever comes. An hour of Slack's highest rate of events fits.
    """

    def __init__(self, now: Callable[[], float], seconds: float = 400.0, most: int = 30_000) -> None:
        """`seconds`: a signature can be replayed for 300 s, Slack's last retry comes 360 s after the first try."""
        self._now, self._seconds, self._most = now, seconds, most
        self._young: set[str] = set()
        self._old: set[str] = set()
        self._turned = now()

    def is_new(self, key: str) -> bool:
        """Whether this key comes for the first time; from now on it does not."""
        now = self._now()
        if len(self._young) >= self._most or now - self._turned >= self._seconds:
            idle = now - self._turned >= 2 * self._seconds
            self._old = set() if idle else self._young
            self._young = set()
            self._turned = now
        if key in self._young or key in self._old:
            return False
        self._young.add(key)
        return True

    def forget(self, key: str) -> None:
        """Takes a key back: what it stood for could not be taken in."""
        self._young.discard(key)
        self._old.discard(key)

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

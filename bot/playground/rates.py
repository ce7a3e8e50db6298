"""Slack's rate limits: so many calls of a method in so many seconds, for each channel or for the workspace."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in any `seconds`; counted for each channel by itself or for all of them together."""

    calls: int
    seconds: float
    each_channel: bool = False


RATES: Mapping[str, Rate] = MappingProxyType(
    {
        "chat.postMessage": Rate(1, 1.0, each_channel=True),
        "chat.postEphemeral": Rate(100, 60.0),
        "chat.update": Rate(50, 60.0),
        "conversations.history": Rate(50, 60.0),
        "conversations.open": Rate(50, 60.0),
        "conversations.replies": Rate(50, 60.0),
        "usergroups.users.list": Rate(20, 60.0),
        "users.info": Rate(100, 60.0),
        "bots.info": Rate(50, 60.0),
        "views.open": Rate(100, 60.0),
        "views.update": Rate(100, 60.0),
        "views.publish": Rate(100, 60.0),
        "views.push": Rate(100, 60.0),
        "users.conversations": Rate(50, 60.0),
        "chat.unfurl": Rate(50, 60.0),
        "chat.startStream": Rate(20, 60.0),
        "chat.appendStream": Rate(100, 60.0),
        "chat.stopStream": Rate(20, 60.0),
        "agents.sessions.setStatus": Rate(50, 60.0),
        "agents.sessions.rename": Rate(50, 60.0),
    }
)


class Meter:
    """Counts calls as Slack does."""

    def __init__(self, rates: Mapping[str, Rate], now: Callable[[], float], scale: float = 1.0) -> None:
        """`now` gives seconds. A `scale` below 1 makes all times shorter, for tests that need many posts."""
        self._rates, self._now, self._scale = rates, now, scale
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def wait(self, method: str, channel: str) -> float | None:
        """Seconds for `Retry-After` (whole ones, times the scale) when this call is one too many, else None; then it is
        counted."""
        rate = self._rates.get(method)
        if rate is None:
            return None
        now = self._now()
        calls = self._calls[method, channel if rate.each_channel else ""]
        seconds = rate.seconds * self._scale
        while calls and now - calls[0] >= seconds:
            calls.popleft()
        if len(calls) >= rate.calls:
            return max(1, math.ceil((calls[0] + seconds - now) / self._scale)) * self._scale
        calls.append(now)
        return None

"""Faults on the way between a bot and Slack, drawn by lot: the same seed gives the same faults in the same order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What can go wrong with a call of the Web API. Where both are possible, a lot tells whether it was done."""

    PACE = "rate429"  # refused with 429; not done
    SERVER = "rate5xx"  # 500, 502, 503 or 504; done or not
    CUT = "cut"  # the connection is cut before the call is looked at; not done
    ACCEPTED_THEN_CUT = "accepted_then_cut"  # done, and cut before the answer
    SLOW = "slow"  # done, answered late
    SILENT = "silent"  # done or not, and never answered: a time-out
    GARBAGE = "garbage"  # an answer that is no JSON, or is cut short; done or not


@dataclass(frozen=True, slots=True)
class Drawn:
    """What goes wrong with one call; `done` tells whether it is done all the same."""

    fault: Fault
    done: bool
    status: int = 200
    body: bytes = b""


@dataclass
class Faults:
    """How often each fault happens: parts of 1 of the calls. `methods` limits them to some methods; `injected` counts.

    `retry_after` and `slow_seconds` are seconds.
    """

    seed: int = 0
    rate429: float = 0.0
    rate5xx: float = 0.0
    cut: float = 0.0
    accepted_then_cut: float = 0.0
    slow: float = 0.0
    silent: float = 0.0
    garbage: float = 0.0
    retry_after: float = 1.0
    slow_seconds: float = 0.5
    methods: frozenset[str] | None = None
    injected: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lots = random.Random(self.seed)  # noqa: S311  # to be repeated, not to be secret

    def draw(self, method: str) -> Drawn | None:
        """What goes wrong with this call; mostly nothing."""
        if self.methods is not None and method not in self.methods:
            return None
        lot, done = self._lots.random(), self._lots.random() < 0.5  # heads or tails
        for fault in Fault:
            lot -= getattr(self, fault.value)
            if lot < 0:
                self.injected[fault.value] += 1
                return self._drawn(fault, done=done)
        return None

    def change(self, rates: Mapping[str, float]) -> None:
        """Sets other rates from now on. Raises `KeyError` for what is none."""
        for name, rate in rates.items():
            if name not in {fault.value for fault in Fault} | {"retry_after", "slow_seconds"}:
                raise KeyError(name)
            setattr(self, name, float(rate))

    def _drawn(self, fault: Fault, *, done: bool) -> Drawn:
        match fault:
            case Fault.PACE | Fault.CUT:
                return Drawn(fault, done=False, status=429)
            case Fault.ACCEPTED_THEN_CUT | Fault.SLOW:
                return Drawn(fault, done=True)
            case Fault.SERVER:
                return Drawn(fault, done, self._lots.choice((500, 502, 503, 504)), b"upstream trouble")
            case Fault.GARBAGE:
                body = self._lots.choice((b"<html>Gateway</html>", b'{"ok": tr', b"[]", b"null", b""))
                return Drawn(fault, done, 200, body)
        return Drawn(fault, done)

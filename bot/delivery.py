"""What the web layer hands to a platform and gets back: raw bytes in, raw bytes out, no framework in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request, read whole and not yet parsed. `headers` has lower-case names and every value of each, so
    that a doubled header shows. `remote` is the caller's address as the socket gives it."""

    headers: Mapping[str, Sequence[str]]
    body: bytes
    remote: str = ""

    def header(self, name: str) -> str | None:
        """The one value of a header; None when it is missing or doubled."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Answered:
    """The HTTP answer to a delivery."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Surface(Protocol):
    """A platform as the web layer sees it."""

    async def receive(self, delivery: Delivery) -> Answered:
        """Authenticates first, then understands, answers or starts to work. Never raises."""

    async def close(self) -> None:
        """Finishes what was begun (the caller sets the time limit) and lets go of connections."""

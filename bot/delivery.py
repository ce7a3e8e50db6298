"""What the web layer hands to a platform and gets back: raw bytes in, raw bytes out, no framework in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.cards.model import Reply
from bot.domain.commands import Command
from bot.errors import ArchwayError


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


@dataclass(frozen=True, slots=True)
class Recorded:
    """A delivery that changes something, as it lies in the inbox. `key` stays the same when it is delivered again,
    `body` is whatever its surface needs to understand it once more."""

    key: str
    platform: str
    body: bytes


class Overloaded(ArchwayError):
    """More comes in than can be recorded: nothing was written, and the sender may try again in `seconds`."""

    def __init__(self, seconds: int = 5) -> None:
        self.seconds = seconds
        super().__init__("Too much comes in at once; send it again in a moment.")


class AlreadyDone(ArchwayError):
    """A recorded delivery was handled meanwhile, perhaps by another process: nothing is to be said."""


class NotTaken(ArchwayError):
    """What a tool sent is refused, or broke something: nothing was changed. Nobody is there to be told, so operators are."""


class Dispatch(Protocol):
    """What a surface hands every command to."""

    async def __call__(self, command: Command, delivery: str = "", /) -> Reply:
        """The reply. `delivery` is the key under which the command's delivery was recorded; with it the command is done
        once. Raises `AlreadyDone`, and `NotTaken` for what a tool sent."""


class Inbox(Protocol):
    """Where deliveries that change something are written down before they are acknowledged."""

    async def record(self, delivery: Recorded, /) -> bool:
        """True when it is new and on disk from now on; False when it came before. Raises `Overloaded`."""


class Surface(Protocol):
    """A platform as the web layer sees it."""

    async def receive(self, delivery: Delivery) -> Answered:
        """Authenticates first, then understands, answers or starts to work. Never raises."""

    async def resume(self, delivery: Recorded) -> None:
        """Works on a recorded delivery whose work was cut: by a crash, or by the end of another process."""

    async def close(self) -> None:
        """Finishes what was begun (the caller sets the time limit) and lets go of connections."""

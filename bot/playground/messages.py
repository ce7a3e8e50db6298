"""Messages of a workspace, found at once among many: by channel and time stamp, in the order in which they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.playground import reading


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `only_for` is the user who alone sees an ephemeral one."""

    channel: str
    ts: str
    author: str
    content: Mapping[str, Any]  # text, blocks, metadata, as they were sent
    thread_ts: str | None = None
    only_for: str | None = None
    changes: int = 0  # how often it was updated

    @property
    def words(self) -> str:
        """The text that is shown, a line an element."""
        return reading.words(self.content)

    @property
    def buttons(self) -> tuple[str, ...]:
        """The labels of its buttons."""
        return reading.buttons(self.content)

    @property
    def links(self) -> tuple[reading.Link, ...]:
        """What can be clicked."""
        return reading.links(self.content)

    @property
    def pings(self) -> tuple[str, ...]:
        """Who would be notified by it."""
        return reading.pings(self.content)

    @property
    def reference(self) -> str:
        """The reference in its metadata; "" where there is none."""
        match self.content.get("metadata"):
            case {"event_payload": {"reference": str(reference)}}:
                return reference
        return ""


class Messages:
    """All messages, oldest first. A time stamp is given once, so that it names one message of a channel."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str], Message] = {}
        self._of: defaultdict[str, dict[str, Message]] = defaultdict(dict)

    def append(self, message: Message) -> None:
        """Adds one at the end, or puts it in the place of the one with its time stamp."""
        self._all[message.channel, message.ts] = message
        self._of[message.channel][message.ts] = message

    def remove(self, message: Message) -> None:
        """Takes one away. Raises `KeyError`."""
        del self._all[message.channel, message.ts]
        del self._of[message.channel][message.ts]

    def clear(self) -> None:
        """Takes all away."""
        self._all.clear()
        self._of.clear()

    def find(self, channel: str, ts: object) -> Message | None:
        """One message."""
        return self._of[channel].get(ts) if isinstance(ts, str) and channel in self._of else None

    def of(self, channel: str) -> list[Message]:
        """All of a channel, oldest first."""
        return list(self._of[channel].values()) if channel in self._of else []

    def __getitem__(self, place: int) -> Message:
        values = self._all.values()
        at = iter(values) if place >= 0 else reversed(values)
        for message in islice(at, place if place >= 0 else -place - 1, None):
            return message
        raise IndexError(place)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

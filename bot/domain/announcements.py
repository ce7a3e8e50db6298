"""What is said unasked: an announcement, what it is of, and where it was posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something to be said in rooms. Announced again under the same `key` it takes the place of what was said there:
    posts are updated, what was not posted yet is posted as it is now.

    `subject` is what it is of ("STD-004", "EX-7"), `topic` the entry of `bot.cards.announcements.SAY` that makes its card of the
    `facts`, which are plain JSON.
    """

    key: str
    subject: str
    topic: str
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Posted:
    """Where an announcement stands, so that it can be updated in place.

    `room` is the room's name ("slack:C0ARCH"), `post` the platform's id of the post, `thread` the thread or chat that
    it is in, as that platform needs it.
    """

    room: str
    post: str
    thread: str = ""

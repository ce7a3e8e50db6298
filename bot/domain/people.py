"""Who somebody is: an account on one platform, and how the platform vouches for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Standing(StrEnum):
    """How somebody belongs here."""

    MEMBER = "member"
    GUEST = "guest"  # invited into our organisation: sees what is tagged "public"
    STRANGER = "stranger"  # of another organisation, deactivated, or a bot: gets one polite sentence


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a person. `organisation` is the Slack team or the Entra tenant that vouches for it.

    `standing`, `room` and `name` are facts of the moment, and not part of who it is.
    """

    platform: str  # "slack", "teams", "terminal"
    id: str
    organisation: str = ""
    standing: Standing = field(default=Standing.MEMBER, compare=False)
    room: str = field(default="", compare=False)  # the channel or chat in which they speak; "" where they are alone
    name: str = field(default="", compare=False)  # as the platform shows it; free text of theirs

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"

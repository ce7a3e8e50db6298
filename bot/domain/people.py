"""Who somebody is: an account on one platform."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a person. `organisation` is the Slack team or the Entra tenant that vouches for it."""

    platform: str  # "slack", "teams", "terminal"
    id: str
    organisation: str = ""

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"

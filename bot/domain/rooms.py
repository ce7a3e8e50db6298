"""Where something can be posted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conversation:
    """A room that the bot has been in, with what its platform needs to post there unasked.

    `reference` is that platform's own JSON text; nobody else reads it.
    """

    platform: str
    id: str
    organisation: str
    name: str
    reference: str

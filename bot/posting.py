"""What the announcer asks of a platform: two verbs, and the few ways in which they can fail."""

from __future__ import annotations

from typing import Protocol

from bot.cards.model import Card
from bot.domain.announcements import Posted
from bot.errors import ArchwayError


class Platform(Protocol):
    """A platform as the announcer sees it. Neither verb waits for its turn or tries again: pace and patience are the announcer's."""

    async def post(self, room: str, card: Card, reference: str, *, maybe_posted: bool = False) -> Posted:
        """Posts a card in a room of this platform ("slack:C0ARCH", or a person: "slack:U012"), marked with `reference`.

        With `maybe_posted` an earlier try under this reference may have come through: where the platform can be asked,
        it looks first, and gives what it finds. Raises `PostingError`.
        """

    async def update(self, posted: Posted, card: Card, reference: str) -> Posted:
        """Puts a card in the place of a post. Raises `PostingError`; `PostVanished` when there is nothing to update."""


class PostingError(ArchwayError):
    """Something was not posted, or nobody knows whether it was."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TooFast(PostingError):
    """Not posted: the platform asks for `seconds` of patience, in this room or `everywhere`."""

    def __init__(self, reason: str, seconds: float, *, everywhere: bool) -> None:
        self.seconds, self.everywhere = seconds, everywhere
        super().__init__(reason)


class NotSent(PostingError):
    """Not posted, for a reason that passes: no connection, no token. Another try may come through."""


class OutcomeUnknown(PostingError):
    """Perhaps posted: time-out, a cut connection, a 5xx, an answer that makes no sense."""


class CannotPost(PostingError):
    """Not posted, and another try would change nothing: the room is unknown or archived, the card is refused."""


class PostVanished(PostingError):
    """The post that was to be updated is not there any more."""

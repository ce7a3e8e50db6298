"""A card of the bot as somebody sees it, whichever platform drew it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Post:
    """A card where it stands. `what` is what the platform's double keeps of it."""

    room: str  # "slack:C0ARCH", "teams:19:arch@thread.tacv2"
    words: str
    buttons: tuple[str, ...]
    what: Any = field(repr=False, compare=False)

    def says(self, *phrases: str) -> Post:
        """The card, which says all of this, or this fails."""
        for phrase in phrases:
            assert phrase in self.words, f"{phrase!r} is not in what stands in {self.room}: {self.words}"
        return self


def worded(words: str) -> str:
    """Words without what is a platform's own: line breaks, marks before lines and between small print, where its runs of text
    end, and the word that commands begin with."""
    apart = " ".join(word for word in words.replace(":warning:", " ").split() if word not in ("•", "·", "/arch"))
    return re.sub(r" (?=[.,:;])", "", apart)


def squeezed(words: str) -> str:
    """For comparing two platforms: they break texts into different runs."""
    return re.sub(r"\s+", "", words)

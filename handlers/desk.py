"""What a handler works with: the library as it is now, the clock, and a place to put down what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.events import Event
from knowledge.library import Library


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every handler, made anew for every command.

    `library` holds what the person may see.
    """

    library: Library
    now: Callable[[], datetime]
    happened: Callable[[Event], None]
    place: Callable[[str], tuple[str, str] | None]  # what a citation link leads to: a path or id, and an anchor
    command_word: str = "/arch"

"""What people can wish for, and how a typed line becomes such a wish.

A command is a frozen value in the imperative. Whoever adds a verb adds its value and one branch of `understand`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.people import Account


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the library."""

    by: Account
    question: str
    kind: str | None = None  # only documents of this kind


@dataclass(frozen=True, slots=True)
class Show:
    """One document or clause, by its id or path."""

    by: Account
    id: str


@dataclass(frozen=True, slots=True)
class Help:
    """What can be typed."""

    by: Account


@dataclass(frozen=True, slots=True)
class Search:
    """A page of results to choose from, as one types; an empty `text` asks for a first look around."""

    by: Account
    text: str
    skip: int = 0
    count: int = 25


Command = Ask | Show | Help | Search


def understand(text: str, by: Account, knows: Callable[[str], bool]) -> Command:
    """The wish in a typed line.

    A verb counts only when the rest parses (`knows` tells whether an id exists); else the whole line is a question.
    An empty line and "help" ask for help.
    """
    words = text.split()
    verb = words[0].lower() if words else "help"
    if verb in ("help", "?") and len(words) < 2:
        return Help(by)
    if verb == "show" and len(words) == 2 and knows(words[1]):
        return Show(by, words[1])
    return Ask(by, " ".join(words))

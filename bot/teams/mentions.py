"""The words of a Teams message: without the bot's name where it is called, without the marks of inserted cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.teams.activities import Json
from bot.teams.gestures import plain

_INSERTED = "http://schema.skype.com/InputExtension"  # marks the place of a card that an extension put in


def is_called(entities: Sequence[Json], bot: str) -> bool:
    """Whether the one with the id `bot` is mentioned."""
    return any(True for _ in _mentions(entities, bot))


def without_mentions(text: str, entities: Sequence[Json], bot: str) -> str:
    """The text without the mentions of the one with the id `bot`. Its name within other words stays."""
    for mention in _mentions(entities, bot):
        marked = mention.get("text")
        if isinstance(marked, str) and marked:
            text = text.replace(marked, " ", 1)
    return text.replace("&nbsp;", " ").strip()  # Teams puts one after a mention, even in plain text


def without_cards(text: str) -> str:
    """The text without the places of cards that were inserted into it; these come as HTML in whatever text."""
    return plain(text).strip() if _INSERTED in text else text


def _mentions(entities: Sequence[Json], bot: str) -> Iterator[Json]:
    for entity in entities:
        mentioned = entity.get("mentioned")
        if entity.get("type") == "mention" and isinstance(mentioned, dict) and mentioned.get("id") == bot:
            yield entity

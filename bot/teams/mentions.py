"""The words of a Teams message: without the bot's name where it is called, without the marks of inserted cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.teams.activities import Json
from bot.teams.gestures import plain
from bot.teams.references import is_person

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


def first_mentioned(text: str, entities: Sequence[Json]) -> str:
    """Who is mentioned in the text, by the id that Teams gives with it, an Entra id where it gives one; the first of
    several, "" for nobody."""
    places: list[tuple[int, str]] = []
    for entity in entities:
        mentioned, marked = entity.get("mentioned"), entity.get("text")
        if entity.get("type") != "mention" or not isinstance(mentioned, dict) or not isinstance(marked, str):
            continue
        id_ = mentioned.get("aadObjectId") or mentioned.get("id")
        place = text.find(" ".join(marked.split())) if marked.strip() else -1
        if place >= 0 and isinstance(id_, str) and is_person(id_):
            places.append((place, id_))
    return min(places, default=(0, ""))[1]


def without_cards(text: str) -> str:
    """The text without the places of cards that were inserted into it; these come as HTML in whatever text."""
    return plain(text).strip() if _INSERTED in text else text


def _mentions(entities: Sequence[Json], bot: str) -> Iterator[Json]:
    for entity in entities:
        mentioned = entity.get("mentioned")
        if entity.get("type") == "mention" and isinstance(mentioned, dict) and mentioned.get("id") == bot:
            yield entity

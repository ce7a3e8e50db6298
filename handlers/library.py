"""The library: a document or clause by its id or its link, what is new, a first word."""

from __future__ import annotations

from bot.cards import catalog
from bot.cards.model import Card, Results
from bot.domain.commands import OpenHome, Preview, Show, Welcome
from bot.errors import AmbiguousId, UnknownId
from handlers.desk import Desk
from knowledge import library
from knowledge.documents import Shown

NEWEST = 5
MOST_NAMED = 5  # documents in one sentence


def show(command: Show, desk: Desk) -> Card:
    """The card of a document or clause, with what supersedes it, what it supersedes and what stands against it."""
    return catalog.shown(found(command.id, desk.library), desk.standing_for(command.by))


def preview(command: Preview, desk: Desk) -> Results:
    """The document that a link leads to, as the one result; none when the link leads elsewhere."""
    place = desk.place(command.url)
    found_there = desk.library.at(*place) if place else None
    return catalog.results([found_there] if found_there else [])


def home(command: OpenHome, desk: Desk) -> Card:  # noqa: ARG001  # every handler takes both
    """How to ask, and what is new in the library."""
    return catalog.home(desk.library.counts, desk.library.newest(NEWEST), desk.command_word)


def welcome(command: Welcome, desk: Desk) -> Card:
    """What can be tried first, where the bot has just been added."""
    return catalog.welcome(desk.library.counts, desk.command_word if command.by.platform == "slack" else "")


def found(id_: str, shelf: library.Library) -> Shown:
    """The document or clause under an id. Raises `UnknownId` or `AmbiguousId`."""
    try:
        return shelf.show(id_)
    except library.UnknownId as unknown:
        nearest = f"; the nearest are {', '.join(unknown.nearest)}" if unknown.nearest else ""
        raise UnknownId(id=id_, nearest=nearest) from unknown
    except library.AmbiguousId as ambiguous:
        named, more = ambiguous.candidates[:MOST_NAMED], len(ambiguous.candidates) - MOST_NAMED
        candidates = ", ".join(named) + (f" and {more} more" if more > 0 else "")
        raise AmbiguousId(id=id_, candidates=candidates) from ambiguous

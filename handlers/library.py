"""The library: one document or clause by its id."""

from __future__ import annotations

from bot.cards import catalog
from bot.cards.model import Card
from bot.domain.commands import Show
from bot.errors import AmbiguousId, UnknownId
from handlers.desk import Desk
from knowledge import library
from knowledge.documents import Shown


def show(command: Show, desk: Desk) -> Card:
    """The card of a document or clause, with what supersedes it and what it supersedes."""
    return catalog.shown(found(command.id, desk.library))


def found(id_: str, shelf: library.Library) -> Shown:
    """The document or clause under an id. Raises `UnknownId` or `AmbiguousId`."""
    try:
        return shelf.show(id_)
    except library.UnknownId as unknown:
        raise UnknownId(id=id_, nearest=", ".join(unknown.nearest) or "none") from unknown
    except library.AmbiguousId as ambiguous:
        raise AmbiguousId(id=id_, candidates=", ".join(ambiguous.candidates)) from ambiguous

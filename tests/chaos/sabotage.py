"""Faults that a bot could have, put into it on purpose: a run that does not find them would prove nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from bot import desks
from bot.domain.commands import changes
from bot.slack.surface import SlackSurface
from bot.store.exceptions import ExceptionRequests
from bot.store.inbox import Inbox

NO_LOOK = "does not look before it sends again"
HANDLED_FIRST = "marks a delivery as handled before its effect"
STORED_FIRST = "commits a request before its line in the record"  # on SQLite


def put_in(what: str) -> None:
    """Breaks this process in one way; "" in none."""
    if what == NO_LOOK:
        _never_look()
    elif what == HANDLED_FIRST:
        _mark_first()
    elif what == STORED_FIRST:
        _store_first()


def _never_look() -> None:
    post = SlackSurface.post

    async def blind(self: Any, room: str, card: Any, reference: str, *, maybe_posted: bool = False) -> Any:
        return await post(self, room, card, reference, maybe_posted=False)

    SlackSurface.post = blind  # type: ignore[method-assign]


def _mark_first() -> None:
    dispatch, handled = desks.Desks.dispatch, Inbox.handled

    async def careless(self: Any, command: Any, delivery: str = "", /) -> Any:
        if changes(command) and delivery:
            await self._database.write(lambda unit: handled(self._inbox, unit.connection, delivery))
        return await dispatch(self, command, delivery)

    desks.Desks.dispatch = careless  # type: ignore[method-assign]
    Inbox.handled = lambda *_: True  # type: ignore[method-assign]


def _store_first() -> None:
    put = ExceptionRequests.put

    def hasty(self: Any, request: Any) -> None:
        put(self, request)
        for word in ("COMMIT", "BEGIN IMMEDIATE"):
            self._connection.execute(text(word))

    ExceptionRequests.put = hasty  # type: ignore[method-assign]

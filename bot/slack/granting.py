"""Who somebody is, and what becomes of their wish: the two steps that every gesture has in common."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace

import structlog

from bot.cards.model import Reply, Silence
from bot.delivery import AlreadyDone, Dispatch
from bot.domain.commands import Command, changes
from bot.domain.people import Account
from bot.errors import Refusal
from bot.slack.inbound import room_of
from bot.slack.people import People

log = structlog.stdlib.get_logger(__name__)


class Delayed(Refusal):
    """That takes a moment longer. It is written down and will be done: you need not ask again."""


class Granting:
    """Finds out who wishes for something, and hands the wish on."""

    def __init__(self, dispatch: Dispatch, people: People, *, recorded: bool) -> None:
        """`recorded`: whether deliveries that change something are written down, and so are done under their key."""
        self._dispatch, self._people, self._recorded = dispatch, people, recorded

    def who(self, command: Command, user: str, organisation: str, channel: str) -> Awaitable[Account]:
        """Somebody with the facts of this moment: all of them where something changes. Raises `NotIdentified` then."""
        who = self._people.vouched if changes(command) else self._people.account
        return who(user, organisation, room_of(channel))

    async def grant(self, command: Command, by: Account, key: str = "") -> Reply:
        """The reply to a wish; silence when it was granted before. `key` is the one that it was recorded under.

        Raises `Delayed` when it has to wait.
        """
        if not (key and self._recorded):
            return await self._dispatch(replace(command, by=by))
        try:
            return await self._dispatch(replace(command, by=by), key)
        except AlreadyDone:
            return Silence()
        except Exception as fault:
            log.exception("a recorded delivery was not done, and is taken up again", key=key)
            raise Delayed from fault

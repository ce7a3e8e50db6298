"""What is let in: an activity that changes something is written down before it is acknowledged. All else passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from bot.delivery import Inbox, Overloaded, Recorded
from bot.domain.commands import changes
from bot.teams.activities import Incoming
from bot.teams.references import TEAMS
from bot.teams.wishes import key_of, wish_in

log = structlog.stdlib.get_logger(__name__)

_SECONDS = 3.0  # Teams waits five for the answer to an invoke


@dataclass(frozen=True, slots=True)
class Intake:
    """Tells what is new. Without an inbox nothing is written down. `knows` tells whether an id exists, `listens` whether
    words in threads of our posts in a room ("teams:19:…") can be meant for us.
    """

    inbox: Inbox | None
    knows: Callable[[str], bool]
    listens: Callable[[str], bool]
    seconds: float = _SECONDS

    async def admitted(self, incoming: Incoming, body: bytes) -> Incoming | None:
        """The activity that came as `body`; where it changes something with the key under which it is on disk from now
        on, or None when it is there already. Raises `Overloaded` when that cannot be said in time.
        """
        if self.inbox is None or not self._changes(incoming):
            return incoming
        key = key_of(incoming, body)
        try:
            async with asyncio.timeout(self.seconds):
                is_new = await self.inbox.record(Recorded(key, TEAMS, body))
        except Overloaded:
            raise
        except Exception as fault:  # whatever it is, Teams must get a 2xx and the person a sentence
            log.exception("an activity that changes something could not be written down; its sender is to try again")
            raise Overloaded from fault
        if not is_new:
            log.info("a recorded activity came again and was not done again", type=incoming.type)
            return None
        return replace(incoming, delivery=key)

    def _changes(self, incoming: Incoming) -> bool:
        try:
            wish = wish_in(incoming, self.knows, self.listens)
        except Exception:
            log.exception("it could not be told what an activity is about")
            return False
        return wish is not None and changes(wish)

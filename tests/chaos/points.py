"""Named points at which a process of the bot kills itself. The bot knows nothing of them: its verbs are wrapped here, in
the process that runs it. Called by `bot_process` alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from typing import Any

from bot import desks
from bot.domain.commands import changes
from bot.slack.surface import SlackSurface
from bot.store.exceptions import ExceptionRequests
from bot.store.inbox import Inbox
from bot.store.lanes import Lanes
from bot.store.memory import Memory
from bot.teams.surface import TeamsSurface


class Points:
    """Counts how often each point is passed, and kills this process at the one that it is fated to die at."""

    def __init__(self, point: str, count: int, *, armed: bool) -> None:
        self._point, self._left, self._armed = point, count, armed

    def arm(self, *_: object) -> None:
        """From now on it counts."""
        self._armed = True

    def passed(self, point: str) -> None:
        """Dies here, if it is to."""
        if self._armed and point == self._point:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def put_up(self) -> None:
        """Wraps the verbs between which the points lie."""
        self._after(Inbox, "record", "recorded", only=bool)
        self._after(Lanes, "begin", "before_maybe_sent", only=bool)
        self._after(Lanes, "finish", "receiving")
        self._after(ExceptionRequests, "put", "handling")
        self._after(desks, "handle", "handled", only=lambda reply: reply is not None)
        self._after(Memory, "open", "starting")
        self._around_dispatch()
        for surface in (SlackSurface, TeamsSurface):
            self._before(surface, "post", "after_maybe_sent")
            self._after(surface, "post", "accepted")

    def _before(self, owner: Any, name: str, point: str) -> None:
        verb = getattr(owner, name)

        async def wrapped(*args: Any, **named: Any) -> Any:
            self.passed(point)
            return await verb(*args, **named)

        setattr(owner, name, wraps(verb)(wrapped))

    def _after(self, owner: Any, name: str, point: str, only: Callable[[Any], bool] = lambda _: True) -> None:
        verb = getattr(owner, name)
        is_bound = isinstance(vars(owner).get(name), classmethod | staticmethod)

        async def awaited(result: Any) -> Any:
            return self._seen(await result, point, only)

        def wrapped(*args: Any, **named: Any) -> Any:
            result = verb(*args, **named)
            return awaited(result) if hasattr(result, "__await__") else self._seen(result, point, only)

        setattr(owner, name, staticmethod(wraps(verb)(wrapped)) if is_bound else wraps(verb)(wrapped))

    def _seen(self, result: Any, point: str, only: Callable[[Any], bool]) -> Any:
        if only(result):
            self.passed(point)
        return result

    def _around_dispatch(self) -> None:
        dispatch = desks.Desks.dispatch

        async def wrapped(self_: desks.Desks, command: Any, delivery: str = "", /) -> Any:
            reply = await dispatch(self_, command, delivery)
            if changes(command):
                self.passed("committed")
            return reply

        desks.Desks.dispatch = wraps(dispatch)(wrapped)  # type: ignore[method-assign]  # this process is there to be broken

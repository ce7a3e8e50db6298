"""The Teams surface behind the real web layer, in front of the doubles, with a stand-in for the library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot import web
from bot.cards.model import Card, Reply, Result, Results, Text
from bot.domain.commands import Ask, Command, Search, Show
from bot.teams.surface import TeamsSurface
from tests.doubles.loopback_server import served
from tests.doubles.teams import Teams, teams

START = 1_800_000_000.0
FOUND_IN_ALL = 60


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    seconds: float = START

    def __call__(self) -> float:
        return self.seconds


@dataclass
class StandIn:
    """Answers every command with a card that repeats it, and remembers what it was asked."""

    asked: list[Command] = field(default_factory=list)
    reply: Callable[[Command], Reply] | None = None

    async def __call__(self, command: Command) -> Reply:
        self.asked.append(command)
        if self.reply:
            return self.reply(command)
        match command:
            case Ask(_, question):
                return said(f"asked: {question}")
            case Show(_, id):
                return said(f"shown: {id}")
            case Search(_, text, skip, count):
                numbers = range(skip, min(skip + count, FOUND_IN_ALL))
                return Results(tuple(Result(f"{text} {n}", f"text {n}", said(f"card {n}")) for n in numbers))
        return said("help")


def said(sentence: str) -> Card:
    return Card("stand-in", sentence, (Text((sentence,)),))


@dataclass
class Room:
    """A bot that listens, and all that surrounds it."""

    teams: Teams
    surface: TeamsSurface
    clock: Clock
    library: StandIn
    waits: list[float]


@asynccontextmanager
async def room(**changes: Any) -> AsyncIterator[Room]:
    """A running bot; `changes` to what it is configured with."""
    clock, library, waits = Clock(), StandIn(), list[float]()

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    async with teams(clock) as microsoft:
        settings = {**microsoft.settings, **changes}
        surface = TeamsSurface(dispatch=library, knows={"STD-004"}.__contains__, now=clock, pause=pause, **settings)
        try:
            async with served(web.application({"/api/messages": surface}, dict)) as url:
                microsoft.messages_url = f"{url}/api/messages"
                yield Room(microsoft, surface, clock, library, waits)
        finally:
            await surface.close()

"""The Teams surface behind the real web layer, in front of the doubles, with a stand-in for the library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot import web
from bot.cards.model import Button, Card, Choice, Field, Form, Place, Quote, Reply, Result, Results, Text
from bot.domain.commands import Ask, Command, More, OpenQuestionForm, Preview, Rate, Search, Share, Show, Welcome
from bot.domain.rooms import Conversation
from bot.teams.surface import TeamsSurface
from tests.doubles.loopback_server import served
from tests.doubles.teams import PAYMENTS, Teams, teams

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
    """Answers every command with a card that repeats it, and remembers what it was asked, and in which delivery."""

    asked: list[Command] = field(default_factory=list)
    deliveries: list[str] = field(default_factory=list)
    reply: Callable[[Command], Reply] | None = None

    async def __call__(self, command: Command, delivery: str = "", /) -> Reply:
        self.asked.append(command)
        self.deliveries.append(delivery)
        return self.reply(command) if self.reply else answered(command)


def answered(command: Command) -> Reply:
    """One of every kind of reply: cards for each place, forms, results."""
    match command:
        case Ask(_, question):
            return asked(question)
        case More(_, question):
            return said(f"all of: {question}", place=Place.INSTEAD)
        case Rate():
            return said("Thank you.")
        case Share(by, question, room, rooms):
            if not (room or by.room) and rooms:
                choices = tuple(Choice(name, id_) for id_, name in rooms)
                return Form("share", "Share", (Field("room", "Channel", choices=choices),), "Share", "share", question)
            return said(f"shared: {question}", place=Place.ROOM)
        case OpenQuestionForm(_, text):
            return Form("question", "Ask", (Field("question", "Question", text),), "Ask", "ask")
        case Show(_, id):
            return said(f"shown: {id}")
        case Preview(_, url):
            return Results((Result("found", url, asked(url)),) if "git.example.org" in url else ())
        case Search(_, text, skip, count):
            numbers = range(skip, min(skip + count, FOUND_IN_ALL))
            return Results(tuple(Result(f"{text} {n}", f"text {n}", said(f"card {n}")) for n in numbers))
        case Welcome():
            return said("welcome")
    return said("help")


def asked(question: str) -> Card:
    buttons = (
        Button("More", "more", question),
        Button("Helpful", "helpful", question),
        Button("Share in channel", "share", question),
        Button("Ask again", "ask_form", question),
        Button("Show it", "show", "STD-004"),
        Button("Related", "ask", "what else?"),
    )
    return Card("answer", f"asked: {question}", (Quote((f"asked: {question}",)),), buttons=buttons)


def said(sentence: str, place: Place = Place.BESIDE) -> Card:
    return Card("stand-in", sentence, (Text((sentence,)),), place=place)


@dataclass
class Kept:
    """Keeps conversations as the store does."""

    rooms: dict[str, Conversation] = field(default_factory=dict)
    written: int = 0

    async def remember(self, room: Conversation) -> None:
        self.rooms[room.id] = room
        self.written += 1

    async def forget(self, platform: str, id_: str) -> None:
        assert platform == "teams"
        self.rooms.pop(id_, None)

    async def known(self, platform: str) -> list[Conversation]:
        return [room for room in self.rooms.values() if room.platform == platform]


@dataclass
class Room:
    """A bot that listens, and all that surrounds it."""

    teams: Teams
    surface: TeamsSurface
    clock: Clock
    library: StandIn
    waits: list[float]
    kept: Kept
    settings: dict[str, Any]

    async def pause(self, seconds: float) -> None:
        """Waits, as far as the bot can tell."""
        self.waits.append(seconds)

    @asynccontextmanager
    async def another(self, **changes: Any) -> AsyncIterator[Room]:
        """Another process of the same bot, to which Teams delivers from now on: after a restart, or a further replica.
        It shares nothing but what is kept in `rooms` and `inbox`.
        """
        settings = {**self.settings, **changes}
        surface = TeamsSurface(now=self.clock, pause=self.pause, **settings)
        before = self.teams.messages_url
        try:
            async with served(web.application({"/api/messages": surface})) as url:
                self.teams.messages_url = f"{url}/api/messages"
                yield Room(self.teams, surface, self.clock, settings["dispatch"], self.waits, self.kept, settings)
        finally:
            self.teams.messages_url = before
            await surface.close()


@asynccontextmanager
async def room(**changes: Any) -> AsyncIterator[Room]:
    """A running bot; `changes` to what it is configured with."""
    clock, library = Clock(), changes.pop("dispatch", None) or StandIn()
    kept = changes.pop("rooms", None) or Kept()
    async with teams(clock) as microsoft:
        microsoft.connector.teams[PAYMENTS.id] = PAYMENTS
        knows = {"STD-004"}.__contains__
        settings = {"rooms": kept, "dispatch": library, "knows": knows, **microsoft.settings, **changes}
        outside: Any = None  # nobody is there yet
        async with Room(microsoft, outside, clock, library, [], kept, settings).another() as opened:
            yield opened

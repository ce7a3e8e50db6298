"""The bot's Slack room over real HTTP: a workspace in a box, the surface behind our web layer, a clock in the hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bot import web
from bot.cards.model import Card, Reply, Text
from bot.domain.commands import Ask, Command, Show
from bot.playground.slack import SlackWorkspace
from bot.slack.surface import SlackSurface

SECRET, TOKEN = "room-signing-secret", "xoxb-room-bot-token"


@dataclass
class Clock:
    """Epoch seconds that stand still until they are moved."""

    seconds: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Room:
    """What a test holds in its hands."""

    slack: SlackWorkspace
    clock: Clock
    commands: list[Command]  # what has been dispatched
    introduce: Callable[[], Awaitable[bool]]


async def answer(commands: list[Command], command: Command) -> Reply:
    """The rest of the bot in one function: says back what it heard. A question that begins with "break" makes it fail."""
    commands.append(command)
    match command:
        case Ask(_, question) if question.startswith("break"):
            raise RuntimeError("the library burnt down")
        case Ask(_, question):
            said = f"You asked: {question}"
        case Show(_, id_):
            said = f"Here is {id_}"
        case _:
            said = "Ask in plain words"
    return Card("echo", said, (Text((said,)),))


@asynccontextmanager
async def open_room(word: str = "/arch", api_url: str | None = None) -> AsyncIterator[Room]:
    """A workspace and a bot that know each other's address and secrets."""
    clock = Clock()
    async with SlackWorkspace(signing_secret=SECRET, bot_token=TOKEN, now=clock) as slack:
        commands: list[Command] = []
        surface = SlackSurface(
            dispatch=partial(answer, commands),
            knows=lambda id_: id_ == "STD-004",
            signing_secret=SECRET,
            bot_token=TOKEN,
            command=word,
            now=clock,
            api_url=api_url or slack.api_url,
        )
        async with web.listening(web.application({"/slack/events": surface}, dict), "127.0.0.1", 0) as (host, port):
            slack.bot_url = f"http://{host}:{port}/slack/events"
            yield Room(slack, clock, commands, surface.introduce)
        await surface.close()

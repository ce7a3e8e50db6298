"""The whole bot, composed as `archway serve` composes it, between a Slack workspace and a Teams tenant in boxes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from bot import app, settings
from bot.pacing import Pace
from bot.playground.slack import SlackWorkspace
from knowledge.documents import Answer
from knowledge.live import LiveLibrary
from tests.doubles.teams import PAYMENTS, Teams, teams

CANARY_SECRET, CANARY_TOKEN = "canary-signing-secret", "xoxb-canary-bot-token"


@dataclass
class House:
    """A running bot and the world around it."""

    slack: SlackWorkspace
    teams: Teams
    bot: app.Bot
    address: str
    knowledge: Path

    @property
    def shelf(self) -> LiveLibrary:
        """The library that it answers from."""
        return self.bot.shelf

    def in_the_library(self, question: str) -> Answer:
        """The answer as a value, to compare what the surfaces show with."""
        return self.shelf.library.ask(question)

    def remembered(self, query: str) -> list[tuple[object, ...]]:
        """What the bot has written down, straight from its database."""
        engine = create_engine(self.bot.settings.database_url)
        with engine.connect() as connection:
            rows = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return rows

    async def in_teams(self, text: str) -> dict[str, Any]:
        """Writes to the bot in a personal chat; gives the card that comes back."""
        before = len(self.teams.connector.posted)
        answered = await self.teams.deliver(self.teams.activity("message_personal", text=text))
        assert answered.status < 300, answered
        posted = await self.teams.connector.posts(before + 1)
        card: dict[str, Any] = posted[-1].activity["attachments"][0]["content"]
        return card


@asynccontextmanager
async def house(
    scratch: Path, *, clock: Callable[[], datetime] = app.clock, haste: float = 1.0, **environ: str
) -> AsyncIterator[House]:
    """A bot on `scratch / "knowledge"`, a copy of the starter folder where there is none, with credentials for both
    platforms. Days pass by the `clock`; a `haste` of 100 makes what the platforms permit a hundred times as much."""
    knowledge = scratch / "knowledge"
    if not knowledge.exists():
        shutil.copytree(settings.STARTER, knowledge)
    workspace = SlackWorkspace(signing_secret=CANARY_SECRET, bot_token=CANARY_TOKEN, scale=1 / haste)
    async with workspace as slack, teams() as tenant:
        tenant.connector.teams[PAYMENTS.id] = PAYMENTS
        loaded = settings.load(
            {
                "SLACK_SIGNING_SECRET": CANARY_SECRET,
                "SLACK_BOT_TOKEN": CANARY_TOKEN,
                "SLACK_API_URL": slack.api_url,
                **tenant.environment,
                "ARCHWAY_DATA": str(scratch / "data"),
                "ARCHWAY_KNOWLEDGE": str(knowledge),
                "ARCHWAY_DOCUMENT_URL": "https://git.example.org/docs/{path}#{anchor}",
                **environ,
            }
        )
        async with app.running(loaded, "127.0.0.1", 0, clock=clock, pace=Pace(factor=haste)) as (address, bot):
            slack.bot_url = f"{address}/slack/events"
            tenant.messages_url = f"{address}/api/messages"
            yield House(slack, tenant, bot, address, knowledge)


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Waits for what is to become true, and no longer than that."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # what changes is outside: nothing here could tell of it
            await asyncio.sleep(0.01)


def words_of(card: Any) -> str:
    """Every text of an Adaptive Card, in its order."""
    if isinstance(card, dict):
        own = [card["text"]] if isinstance(card.get("text"), str) else []
        return " ".join(
            [*own, *(words_of(value) for key, value in card.items() if key not in ("fallbackText", "speak"))]
        )
    if isinstance(card, list):
        return " ".join(words_of(each) for each in card)
    return ""


def links_of(card: Any) -> list[str]:
    """Every address that a click on the card opens."""
    if isinstance(card, dict):
        own = [card["url"]] if card.get("type") == "Action.OpenUrl" else []
        return own + [url for value in card.values() for url in links_of(value)]
    return [url for each in card for url in links_of(each)] if isinstance(card, list) else []

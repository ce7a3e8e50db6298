"""Slash commands: answered in the HTTP response when the answer is there in time, else followed up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import structlog

from bot.background import Background
from bot.cards import block_kit, catalog
from bot.cards.model import Card, Form, Reply, Silence
from bot.domain.commands import Command
from bot.slack.faults import told
from bot.slack.granting import Granting
from bot.slack.inbound import Kind, SlashCommand
from bot.slack.interactions import Spot
from bot.slack.placing import Placing

PATIENCE_SECONDS = 2.0  # Slack shows an error after three

log = structlog.stdlib.get_logger(__name__)


class Slash:
    """Answers what is typed after the slash command, `word` ("/arch")."""

    def __init__(self, word: str, granting: Granting, placing: Placing, background: Background) -> None:
        self._word, self._granting, self._placing, self._background = word, granting, placing, background

    async def answer(self, slash: SlashCommand, command: Command | None, key: str) -> object:
        """The JSON value that answers a command; None for a mere acknowledgement."""
        if command is None:
            log.warning("Slack sends a command that is not ours; compare ARCHWAY_COMMAND with the app's manifest")
            return for_the_asker(catalog.refusal(f"This app is asked with {self._word}. Try {self._word} help."))
        answering = asyncio.get_running_loop().create_task(self._reply_to(slash, command, key))
        await asyncio.sleep(0)  # most answers are ready after one step, and waiting with a limit costs as much again
        if not answering.done():
            await asyncio.wait((self._background.hold(answering, awaited=True),), timeout=PATIENCE_SECONDS)
        if not answering.done():  # acknowledged now, followed up when it is ready
            self._background.start(self._follow_up(answering, slash))
            return None
        reply = answering.result()
        if isinstance(reply, Silence):
            return None
        if isinstance(reply, Form):
            self._background.start(self._placing.put(reply, _spot(slash)))
            return None
        if not isinstance(reply, Card):
            raise TypeError(f"a command was answered with {type(reply).__name__}, and Slack shows cards and forms")
        return for_the_asker(reply)

    async def resume(self, slash: SlashCommand, command: Command, key: str) -> None:
        """Does what was recorded; the answer goes to the address that Slack lent for it."""
        reply = await self._reply_to(slash, command, key)
        self._background.start(self._placing.put(reply, replace(_spot(slash), trigger_id="")))

    async def _reply_to(self, slash: SlashCommand, command: Command, key: str) -> Reply:
        by = await self._granting.who(command, slash.user_id, slash.organisation, slash.channel_id)
        return await self._granting.grant(command, by, key)

    async def _follow_up(self, answering: asyncio.Task[Reply], slash: SlashCommand) -> None:
        try:
            reply = await answering
        except Exception as fault:  # noqa: BLE001  # shown with its reference, like any other
            reply = told(fault, Kind.COMMAND)
        await self._placing.put(reply, _spot(slash))


def for_the_asker(card: Card) -> dict[str, Any]:
    """The body that answers a slash command, for one pair of eyes."""
    return {"response_type": "ephemeral", "unfurl_links": False, "unfurl_media": False, **block_kit.message(card)}


def _spot(slash: SlashCommand) -> Spot:
    return Spot(
        slash.user_id,
        slash.organisation,
        slash.team_id,
        slash.channel_id,
        response_url=slash.response_url,
        trigger_id=slash.trigger_id,
    )

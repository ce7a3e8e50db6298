"""Conversations: a mention, a follow-up in its thread, a direct message; each is answered in its thread.

In direct messages we are an agent: a status while we work, a streamed answer, a title, a stop button. A workspace
that knows no agents gets plain posts.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bot.background import Background
from bot.cards import block_kit, catalog
from bot.cards.model import Card, Form, Reply, Silence
from bot.cards.openers import opened_from
from bot.domain.commands import Command, Remark, changes
from bot.domain.people import Account, Standing
from bot.slack.events import Said, Stopped
from bot.slack.faults import told
from bot.slack.granting import Granting
from bot.slack.interactions import Spot
from bot.slack.outbound import Outbound
from bot.slack.people import NotIdentified
from bot.slack.placing import Placing
from bot.slack.threads import Threads

TITLE = 200  # characters of a session's title: Slack's limit
SEARCHING = "Looking through the library"


class Conversation:
    """Answers what people say."""

    def __init__(
        self,
        *,
        granting: Granting,
        outbound: Outbound,
        placing: Placing,
        threads: Threads,
        background: Background,
    ) -> None:
        self._granting, self._outbound, self._placing = granting, outbound, placing
        self._threads, self._background = threads, background
        self._working: dict[tuple[str, str], asyncio.Task[Any]] = {}

    def hear(self, said: Said, command: Command, key: str) -> None:
        """Begins to answer, where an answer is wanted."""
        if isinstance(command, Remark):
            self._background.start(self._answer(said, command, key))
        elif said.is_direct:
            task = self._background.start(self._answer_directly(said, command, key))
            if not changes(command):  # what was written down is done, whoever presses stop
                self._hold((said.channel, said.thread), task)
        elif said.is_addressed:
            self._threads.join(said.channel, said.thread)
            self._background.start(self._answer(said, command, key))
        else:
            self._background.start(self._answer_follow_up(said, command))

    async def resume(self, said: Said, command: Command, key: str) -> None:
        """Does what was recorded, and answers as if it had just been said."""
        by = await self._granting.who(command, said.user, said.organisation, said.channel)
        card = self._drawn(await self._granting.grant(command, by, key))
        if card is not None:
            self._background.start(self._show(card, said, by))

    def stop(self, stopped: Stopped) -> None:
        """Stops what we do in a thread; it says so itself."""
        if task := self._working.get((stopped.channel, stopped.thread_ts)):
            task.cancel()
        else:
            self._background.start(self._status(stopped.channel, stopped.thread_ts, "active"))

    def _hold(self, key: tuple[str, str], task: asyncio.Task[Any]) -> None:
        self._working[key] = task
        task.add_done_callback(lambda done: self._working.pop(key, None) if self._working.get(key) is done else None)

    async def _answer_follow_up(self, said: Said, command: Command) -> None:
        if await self._threads.is_in(said):
            await self._answer(said, command)

    async def _answer(self, said: Said, command: Command, key: str = "") -> None:
        by, card = await self._card(said, command, key)
        if card is not None:
            await self._show(card, said, by)

    async def _show(self, card: Card, said: Said, by: Account | None) -> None:
        """Answers in the thread for all; for one alone where an answer must not be seen by others."""
        spot = Spot(said.user, said.organisation, channel=said.channel, thread_ts=said.thread)
        if said.is_outside or by is None or by.standing is Standing.STRANGER:
            await self._placing.whisper(card, replace(spot, thread_ts=said.thread_ts))
            return
        posted = await self._outbound.post(said.channel, card, said.thread)
        if posted.failure is not None:
            await self._placing.whisper(card, spot)

    async def _answer_directly(self, said: Said, command: Command, key: str) -> None:
        title = said.text[:TITLE]
        ts = ""
        try:
            is_agent = await self._status(said.channel, said.thread, "processing", title=title or None)
            ts = await self._begin_stream(said) if is_agent and not changes(command) else ""
            _, card = await self._card(said, command, key)
            if not (ts and await self._end_stream(said, ts, card)):
                if card is not None:
                    await self._outbound.post(said.channel, card, said.thread)
                if is_agent:
                    await self._status(said.channel, said.thread, "active")
            if is_agent and title and not said.thread_ts:  # Slack may have begun the session itself, without a title
                await self._outbound.call(
                    "agents.sessions.rename", channel_id=said.channel, thread_ts=said.thread, title=title
                )
        except asyncio.CancelledError:  # somebody pressed stop
            self._background.start(self._wind_down(said, ts))  # on its own: stop may be pressed twice

    async def _wind_down(self, said: Said, ts: str) -> None:
        if ts:
            await self._outbound.call("chat.stopStream", channel=said.channel, ts=ts, chunks=[_task("error")])
        await self._status(said.channel, said.thread, "active")

    async def _card(self, said: Said, command: Command, key: str) -> tuple[Account | None, Card | None]:
        """Who it was, where that is known, and what they are to see, where it is anything."""
        by = None
        try:
            by = await self._granting.who(command, said.user, said.organisation, said.channel)
            return by, self._drawn(await self._granting.grant(command, by, key))
        except NotIdentified as waits:
            is_meant = said.is_addressed or said.is_direct
            return None, catalog.refusal(waits.sentence) if is_meant else None
        except Exception as fault:  # noqa: BLE001  # the last place where a fault can become a sentence
            return by, told(fault, "message")

    @staticmethod
    def _drawn(reply: Reply) -> Card | None:
        """The reply as something that can be posted, or nothing: a message cannot open a form, and a button can."""
        if isinstance(reply, Silence):
            return None
        if isinstance(reply, Form):
            return opened_from(reply)
        if not isinstance(reply, Card):
            return told(TypeError(f"a message was answered with {type(reply).__name__}"), "message")
        return reply

    async def _begin_stream(self, said: Said) -> str:
        begun = await self._outbound.call(
            "chat.startStream",
            patient=False,  # twenty a minute in a workspace: a plain post is better than waiting
            channel=said.channel,
            thread_ts=said.thread,
            chunks=[_task("in_progress")],
        )
        return begun.ts

    async def _end_stream(self, said: Said, ts: str, card: Card | None) -> bool:
        ended = await self._outbound.call(
            "chat.stopStream",
            channel=said.channel,
            ts=ts,
            chunks=[_task("complete")],
            blocks=block_kit.blocks(card) if card else None,
            session_status="active",
        )
        return ended.failure is None

    async def _status(self, channel: str, thread_ts: str, status: str, title: str | None = None) -> bool:
        said = await self._outbound.call(
            "agents.sessions.setStatus",
            patient=False,
            channel_id=channel,
            thread_ts=thread_ts or None,
            status=status,
            title=title,
        )
        return said.failure is None


def _task(status: str) -> dict[str, str]:
    return {"type": "task_update", "id": "search", "title": SEARCHING, "status": status}

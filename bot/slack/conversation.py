"""Conversations: a mention, a follow-up in its thread, a direct message; each is answered in its thread.

In direct messages we are an agent: a status while we work, a streamed answer, a title, a stop button. A workspace
that knows no agents gets plain posts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bot.background import Background
from bot.cards import block_kit, catalog
from bot.cards.model import Card, Form, Reply
from bot.domain.commands import Command, understand
from bot.domain.people import Standing
from bot.slack.events import Said, Stopped, may_follow
from bot.slack.faults import told
from bot.slack.inbound import room_of
from bot.slack.interactions import Spot
from bot.slack.outbound import Outbound
from bot.slack.people import People
from bot.slack.placing import Placing
from bot.slack.threads import Threads

TITLE = 200  # characters of a session's title: Slack's limit
NEEDS_FORM = "That needs a form, and a message cannot open one. Use the slash command for it."
SEARCHING = "Looking through the library"


class Conversation:
    """Answers what people say."""

    def __init__(
        self,
        *,
        dispatch: Callable[[Command], Awaitable[Reply]],
        knows: Callable[[str], bool],
        people: People,
        outbound: Outbound,
        placing: Placing,
        threads: Threads,
        background: Background,
    ) -> None:
        self._dispatch, self._knows, self._people = dispatch, knows, people
        self._outbound, self._placing, self._threads, self._background = outbound, placing, threads, background
        self._working: dict[tuple[str, str], asyncio.Task[Any]] = {}

    def hear(self, said: Said) -> None:
        """Begins to answer, where an answer is wanted."""
        if said.is_direct:
            key = (said.channel, said.thread)
            task = self._working[key] = self._background.start(self._answer_directly(said))
            task.add_done_callback(
                lambda done: self._working.pop(key, None) if self._working.get(key) is done else None
            )
        elif said.is_addressed:
            self._threads.join(said.channel, said.thread)
            self._background.start(self._answer(said))
        elif may_follow(said):
            self._background.start(self._answer_follow_up(said))

    def stop(self, stopped: Stopped) -> None:
        """Stops what we do in a thread; it says so itself."""
        if task := self._working.get((stopped.channel, stopped.thread_ts)):
            task.cancel()
        else:
            self._background.start(self._status(stopped.channel, stopped.thread_ts, "active"))

    async def _answer_follow_up(self, said: Said) -> None:
        if await self._threads.is_in(said):
            await self._answer(said)

    async def _answer(self, said: Said) -> None:
        """Answers in the thread for all; for one alone where an answer must not be seen by others."""
        by = await self._people.account(said.user, said.organisation, room_of(said.channel))
        alone = said.is_outside or by.standing is Standing.STRANGER
        card = await self._card(understand(said.text, by, self._knows, for_all=not alone))
        spot = Spot(said.user, said.organisation, channel=said.channel, thread_ts=said.thread)
        if alone:
            await self._placing.whisper(card, replace(spot, thread_ts=said.thread_ts))
            return
        posted = await self._outbound.post(said.channel, card, said.thread)
        if posted.failure is not None:
            await self._placing.whisper(card, spot)

    async def _answer_directly(self, said: Said) -> None:
        title = said.text[:TITLE]
        ts = ""
        try:
            is_agent = await self._status(said.channel, said.thread, "processing", title=title or None)
            ts = await self._begin_stream(said) if is_agent else ""
            by = await self._people.account(said.user, said.organisation, "")
            card = await self._card(understand(said.text, by, self._knows))
            if not (ts and await self._end_stream(said, ts, card)):
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

    async def _card(self, command: Command) -> Card:
        """The reply as something that can be posted: a message cannot open a form."""
        try:
            reply = await self._dispatch(command)
        except Exception as fault:  # noqa: BLE001  # the last place where a fault can become a sentence
            return told(fault, "message")
        if isinstance(reply, Form):
            return catalog.refusal(NEEDS_FORM)
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

    async def _end_stream(self, said: Said, ts: str, card: Card) -> bool:
        ended = await self._outbound.call(
            "chat.stopStream",
            channel=said.channel,
            ts=ts,
            chunks=[_task("complete")],
            blocks=block_kit.blocks(card),
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

"""Which threads the bot is in: it was mentioned there, or has answered. Slack is asked once for each, then remembered;
where the bot is not, for a while only, since an answer may be shared there.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from bot.background import Background
from bot.slack.events import Said
from bot.slack.outbound import Outbound

MOST_THREADS = 20_000
ABSENT_SECONDS = 600.0
LOOKED_AT = 100  # messages from the start of a thread: who was asked there was asked early


class Threads:
    """Remembers threads by channel and first message; the longest unused are forgotten first."""

    def __init__(
        self, outbound: Outbound, background: Background, own_user: Callable[[], str], now: Callable[[], float]
    ) -> None:
        """`own_user` gives the bot's user id, "" while it is unknown; `now` gives seconds."""
        self._outbound, self._background, self._own_user, self._now = outbound, background, own_user, now
        self._known: OrderedDict[tuple[str, str], tuple[bool, float]] = OrderedDict()  # whether it is in, until when
        self._asking: dict[tuple[str, str], asyncio.Task[bool]] = {}

    def join(self, channel: str, thread_ts: str) -> None:
        """From now on the bot is in this thread."""
        self._keep((channel, thread_ts), is_in=True)

    async def is_in(self, said: Said) -> bool:
        """Whether the bot is in the thread in which something was said. Not, when Slack does not tell."""
        key = (said.channel, said.thread_ts)
        if said.continues_bot:
            self.join(*key)
        is_in, until = self._known.get(key, (False, 0.0))
        if is_in or self._now() < until:
            self._known.move_to_end(key)
            return is_in
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = self._background.start(self._find(key))
            asking.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(asking)

    async def _find(self, key: tuple[str, str]) -> bool:
        channel, thread_ts = key
        me = self._own_user()
        if not me:
            return False
        said = await self._outbound.call(
            "conversations.replies", read=True, channel=channel, ts=thread_ts, limit=str(LOOKED_AT)
        )
        is_in, _ = self._known.get(key, (False, 0.0))  # it may have been mentioned meanwhile
        if said.data is None:
            return is_in
        messages = said.data.get("messages")
        found = any(_is_ours(message, me) for message in messages) if isinstance(messages, list) else False
        return self._keep(key, is_in=found or is_in)

    def _keep(self, key: tuple[str, str], *, is_in: bool) -> bool:
        self._known[key] = (is_in, self._now() + ABSENT_SECONDS)
        self._known.move_to_end(key)
        if len(self._known) > MOST_THREADS:
            self._known.popitem(last=False)
        return is_in

    def __len__(self) -> int:
        return len(self._known)


def _is_ours(message: Any, me: str) -> bool:
    return isinstance(message, dict) and (message.get("user") == me or f"<@{me}" in str(message.get("text", "")))

"""What is let in: each delivery once. What changes something is written down before it is acknowledged; of all else it
is remembered for a while, in memory, that it came."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

import msgspec
import structlog

from bot.delivery import Inbox, Overloaded, Recorded
from bot.slack.inbound import delivery_key
from bot.slack.interactions import Pressed
from bot.slack.payloads import Payload
from bot.slack.replays import Deliveries
from bot.slack.wishes import Wish

DOUBLE_CLICK_SECONDS = 2.0
MOST_SENT_BACK = 5_000  # forms
SLACK = "slack"

log = structlog.stdlib.get_logger(__name__)


class Intake:
    """Tells what is new."""

    def __init__(self, inbox: Inbox | None, now: Callable[[], float]) -> None:
        self._inbox = inbox
        self._deliveries = Deliveries(now)
        self._clicks = Deliveries(now, DOUBLE_CLICK_SECONDS)
        self._recording: dict[str, asyncio.Future[bool]] = {}  # presses that are being written down
        self._sent_back: OrderedDict[str, None] = OrderedDict()

    def as_sent(self, wish: Wish) -> Wish:
        """The wish under the key that it is recorded under: a form that was sent back with its faults may come again as it
        was, and then it is another wish."""
        key = wish.key
        while key in self._sent_back:
            key += "+"
        return replace(wish, key=key)

    def send_back(self, key: str) -> None:
        """A form that came under this key goes back with its faults; nothing was done."""
        if key:
            self._sent_back[key] = None
        if len(self._sent_back) > MOST_SENT_BACK:
            self._sent_back.popitem(last=False)

    def is_new(self, wish: Wish, payload: Payload, otherwise: str) -> bool:
        """Whether a wish that changes nothing comes for the first time; `otherwise` is the key where Slack gives none."""
        if not self._deliveries.is_new(delivery_key(wish.kind, payload, otherwise)):
            log.info("a delivery came again and was not done again", kind=wish.kind)
            return False
        return not isinstance(wish.gesture, Pressed) or self._clicks.is_new(wish.gesture.key)

    async def records(self, wish: Wish, payload: Payload, otherwise: str) -> bool:
        """Whether a wish that changes something comes for the first time; from then on it is on disk.

        The second half of a double click is not, and is acknowledged when the first one is on disk. Raises `Overloaded`
        when it could not be written down.
        """
        if self._inbox is None:
            return self.is_new(wish, payload, otherwise)
        click = wish.gesture.key if isinstance(wish.gesture, Pressed) else ""
        if click and not self._clicks.is_new(click):
            if (first := self._recording.get(click)) and not await first:
                raise Overloaded
            return False
        on_disk: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._recording[click] = on_disk
        try:
            is_new = await self._inbox.record(Recorded(wish.key, SLACK, packed(payload)))
        except Exception as fault:
            self._clicks.forget(click)
            if isinstance(fault, Overloaded):
                raise
            log.exception("a delivery that changes something could not be written down; its sender is to try again")
            raise Overloaded from fault
        else:
            on_disk.set_result(True)
        finally:
            if not on_disk.done():
                on_disk.set_result(False)
            if self._recording.get(click) is on_disk:
                del self._recording[click]
        if not is_new:
            log.info("a recorded delivery came again and was not done again", kind=wish.kind)
        return is_new


def packed(payload: Payload) -> bytes:
    """A payload as it is written down: without the old verification token, which is a secret of sorts."""
    return msgspec.json.encode({name: value for name, value in payload.items() if name != "token"})


def unpacked(body: bytes) -> Payload:
    """A payload that was written down."""
    return msgspec.json.decode(body, type=dict)

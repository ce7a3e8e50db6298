"""One try of one message, and what its failure means."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.announcer.patience import Patience
from bot.cards.model import Card
from bot.domain.announcements import Announcement, Posted
from bot.posting import CannotPost, NotSent, OutcomeUnknown, Platform, PostVanished, TooFast
from bot.store.attempts import Arrived, Attempt, Failed, Held, Outcome, Refused, Unsent, Vanished

LEAST_REST = 0.05  # seconds: a platform that asks for none would be asked again at once
MOST_REMEMBERED = 10_000

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a try. After it the lane goes on, or rests so many seconds, or the whole platform does."""

    outcome: Outcome
    goes_on: bool = True
    rest: float = 0.0
    pause: float = 0.0


NOT_TRIED = Tried(Unsent(), goes_on=False)


class Tries:
    """Tries to post and update on one platform, and remembers how others fared there meanwhile."""

    def __init__(
        self,
        name: str,
        platform: Platform,
        *,
        say: Callable[[Announcement], Card],
        patience: Patience,
        too_fast: Callable[[str], None],
    ) -> None:
        self._name, self._platform, self._say = name, platform, say
        self._patience, self._too_fast = patience, too_fast
        self._arrived_at = float("-inf")  # when something last arrived
        self._failing_since: dict[int, float] = {}  # posting → since when it fails while others arrive

    async def one(self, held: Held, attempt: Attempt, seconds: float) -> Tried:
        """Tries once, for at most so many seconds, whatever comes of it; raises nothing but cancellation."""
        try:
            card = self._say(attempt.announcement)
        except Exception as fault:
            if isinstance(fault, LookupError) and fault.args == (attempt.announcement.topic,):
                return self._unknown(attempt)
            # Facts that its card is not made for.
            log.exception("a card cannot be made", announcement=attempt.announcement.key)
            return Tried(Refused(f"Its card cannot be made ({type(fault).__name__}: {fault}).", known=True))
        try:
            async with asyncio.timeout(seconds):
                posted = await self._said(held, attempt, card)
        except TimeoutError:
            return self._failed(held, attempt, OutcomeUnknown(f"No answer within {seconds:g} seconds."))
        except Exception as fault:  # noqa: BLE001  # `_failed` knows them all, and logs those that nobody knows
            return self._failed(held, attempt, fault)
        self._arrived_at = time.monotonic()
        self._failing_since.pop(attempt.posting, None)
        return Tried(Arrived(posted))

    async def _said(self, held: Held, attempt: Attempt, card: Card) -> Posted:
        reference = attempt.announcement.key
        if attempt.stands:
            return await self._platform.update(attempt.stands, card, reference)
        return await self._platform.post(held.room, card, reference, maybe_posted=attempt.maybe_posted)

    def _unknown(self, attempt: Attempt) -> Tried:
        """A topic of another version. The post and those behind it wait, updates go on."""
        topic = attempt.announcement.topic
        if attempt.attempts + 1 >= self._patience.unknown_tries:
            log.error("a topic that is not known here was set aside", topic=topic, posting=attempt.posting)
            return Tried(Refused(f"Nobody knows how to say {topic!r}: it is of another version.", known=True))
        if attempt.attempts == 0:
            log.warning("a topic that is not known here is left to a newer version", topic=topic)
        return Tried(Failed(f"{topic!r} is of another version.", self._patience.unknown, known=True))

    def _failed(self, held: Held, attempt: Attempt, fault: Exception) -> Tried:
        match fault:
            case TooFast():
                self._too_fast(self._name)
                seconds = max(fault.seconds, LEAST_REST)
                rests = {"pause": seconds} if fault.everywhere else {"rest": seconds}
                return Tried(Unsent(), goes_on=False, **rests)
            case PostVanished() if attempt.stands:
                return Tried(Vanished())
            case CannotPost():
                log.error("a message was set aside", room=held.room, posting=attempt.posting, fault=fault.reason)
                return Tried(Refused(fault.reason, known=True))
            case NotSent():
                self._note(held, attempt, fault.reason)
                failed = Failed(fault.reason, 0.0, known=True)
                return Tried(failed, goes_on=False, rest=self._patience.backoff(attempt.attempts))
        reason = self._reason(held, attempt, fault)
        if self._is_poison(attempt):
            log.error("a message alone in failing was set aside", room=held.room, posting=attempt.posting, fault=reason)
            return Tried(Refused(reason, known=False))
        return Tried(Failed(reason, self._patience.backoff(attempt.attempts), known=False))

    def _reason(self, held: Held, attempt: Attempt, fault: Exception) -> str:
        if isinstance(fault, OutcomeUnknown):
            reason = fault.reason
        else:
            if attempt.attempts == 0:  # once: the next tries fail alike
                log.error("a platform failed in a way of its own", room=held.room, exc_info=fault)
            return f"An error of Archway's own: {type(fault).__name__}."
        self._note(held, attempt, reason)
        return reason

    def _note(self, held: Held, attempt: Attempt, reason: str) -> None:
        if attempt.attempts == 0:
            log.warning("a message is tried again later", room=held.room, posting=attempt.posting, fault=reason)

    def _is_poison(self, attempt: Attempt) -> bool:
        """Whether it alone keeps failing. While nothing arrives at all, it is the platform that is away."""
        now = time.monotonic()
        if now - self._arrived_at > self._patience.alive:
            self._failing_since.clear()
            return False
        if len(self._failing_since) >= MOST_REMEMBERED:  # postings that others have seen through since
            self._failing_since.clear()
        since = self._failing_since.setdefault(attempt.posting, now)
        return attempt.attempts + 1 >= self._patience.poison_tries and now - since >= self._patience.poison

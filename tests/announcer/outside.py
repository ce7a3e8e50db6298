"""A platform as it is outside: rooms in which posts stand, and every way of failing. What happens next is written down before, or
left to a seeded chance."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.cards.model import Card
from bot.domain.announcements import Announcement, Posted
from bot.posting import CannotPost, NotSent, OutcomeUnknown, PostVanished, TooFast


@dataclass
class Post:
    """A post that stands in a room: under which reference, and what is written there."""

    id: str
    reference: str
    text: str


@dataclass
class Outside:
    """Strict: it posts what it is told to, twice if it is told twice. `can_look`: it can be asked what was posted.

    `next_in` holds for a room what becomes of the next calls: a fault by its name, or "fine". "never", in `always`: no answer comes.
    """

    can_look: bool = True
    chance: random.Random | None = None
    fault_rate: float = 0.0
    rooms: dict[str, list[Post]] = field(default_factory=lambda: defaultdict(list))
    next_in: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    always: dict[str, str] = field(default_factory=dict)  # by room or by reference
    everywhere: str = "fine"
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    looked_for: list[tuple[str, str]] = field(default_factory=list)
    held: asyncio.Event | None = None  # while it is not set, calls hang
    answers: asyncio.Event | None = None  # while it is not set, posts are taken and answers hang
    under_way: int = 0
    seconds: float = 0.01  # of patience that a 429 asks for
    before: Callable[[str], None] = lambda _room: None

    async def post(self, room: str, card: Card, reference: str, *, maybe_posted: bool = False) -> Posted:
        fault = await self._called("post", room, reference)
        if maybe_posted and self.can_look:
            self.looked_for.append((room, reference))
            if found := next((post for post in self.rooms[room] if post.reference == reference), None):
                return Posted(room, found.id, f"thread of {room}")
        made = Post(f"{room}#{sum(call[0] == 'post' for call in self.calls)}", reference, card.summary)
        if fault == "accepted_then_cut":
            self.rooms[room].append(made)
            raise OutcomeUnknown("cut after it was accepted")
        self._raise(fault)
        self.rooms[room].append(made)
        if self.answers:
            await self.answers.wait()
        return Posted(room, made.id, f"thread of {room}")

    async def update(self, posted: Posted, card: Card, reference: str) -> Posted:
        fault = await self._called("update", posted.room, reference)
        found = next((post for post in self.rooms[posted.room] if post.id == posted.post), None)
        if found is None:
            raise PostVanished("there is no such post")
        if fault == "accepted_then_cut":
            found.text = card.summary
            raise OutcomeUnknown("cut after it was accepted")
        self._raise(fault)
        found.text = card.summary
        return posted

    def texts(self, room: str) -> list[str]:
        """What stands in a room, in the order in which it was posted."""
        return [post.text for post in self.rooms[room]]

    def references(self, room: str) -> list[str]:
        return [post.reference for post in self.rooms[room]]

    async def _called(self, verb: str, room: str, reference: str) -> str:
        self.calls.append((verb, room, reference))
        self.before(room)
        self.under_way += 1
        try:
            await asyncio.sleep(0)
            if self.held:
                await self.held.wait()
        finally:
            self.under_way -= 1
        if self.always.get(room) == "never":
            await self._never()
        if self.everywhere != "fine":
            return self.everywhere
        if self.next_in[room]:
            return self.next_in[room].popleft()
        if self.chance and self.chance.random() < self.fault_rate:
            return self.chance.choice(("accepted_then_cut", "lost", "no_connection", "too_fast", "too_fast_everywhere"))
        return self.always.get(reference) or self.always.get(room, "fine")

    async def _never(self) -> None:
        self.under_way += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.under_way -= 1

    def _raise(self, fault: str) -> None:
        match fault:
            case "fine":
                return
            case "lost":
                raise OutcomeUnknown("no answer")
            case "no_connection":
                raise NotSent("no connection")
            case "too_fast":
                raise TooFast("slow down here", self.seconds, everywhere=False)
            case "too_fast_everywhere":
                raise TooFast("slow down", self.seconds, everywhere=True)
            case "refused":
                raise CannotPost("the room is archived")
            case "of_its_own":
                raise ZeroDivisionError("a fault that nobody foresaw")
        raise AssertionError(fault)


def said(announcement: Announcement) -> Card:
    """The card of an announcement in these tests: one fact of it."""
    facts = announcement.facts
    if announcement.topic == "undeliverable":
        return Card(
            "told", f"{facts['posting']} in {facts['room']}: {facts['fault']}{' (sent)' * ('sent' in facts)}", ()
        )
    return Card("said", str(facts["text"]), ())

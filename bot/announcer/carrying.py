"""Takes lanes in which there is something to do and carries on in them: each platform by itself, many lanes at once, each
message as its platform permits. Any number of processes do so side by side: a lane is held by one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import structlog

from bot.announcer.patience import Patience
from bot.announcer.tries import NOT_TRIED, Tried, Tries
from bot.cards.announcements import card_of
from bot.cards.model import Card
from bot.domain.announcements import Announcement
from bot.pacing import Booking, Pace, Verb
from bot.posting import Platform
from bot.store.attempts import Attempt, Due, Held, LaneLost
from bot.store.bell import Bell
from bot.store.database import Database
from bot.store.lanes import Lanes
from bot.store.transaction import Transaction

SHORT = 0.1  # seconds that a lane is kept for when its next message has to wait; for longer waits it is given back
LISTEN_AGAIN = 5.0  # seconds
LONGEST_ALARM = 60.0  # seconds: further off, the looks that are made anyway will do
DRAIN_SECONDS = 2.5
RECEIPT_SECONDS = 600.0  # for which a database that cannot be written is waited for with a receipt in hand

log = structlog.stdlib.get_logger(__name__)


class Announcer:
    """Posts and updates what the outbox holds for `platforms`; lanes of other platforms wait.

    What a platform does not take is set aside and told in `operations_room`, if there is one. `too_fast` is called with
    the name of the platform for each 429, `say` makes the card of an announcement at the moment when it is sent.

    Platforms that cannot be asked what was posted belong into `one_by_one`: there a first try of a post is begun when it is
    written down what became of the one before. So a crash brings one further post into doubt at most. Where no answer
    comes the others wait for `Patience.first` only: later tries of what is in doubt already go beside them.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        *,
        pace: Pace | None = None,
        operations_room: str = "",
        too_fast: Callable[[str], None] = lambda _platform: None,
        say: Callable[[Announcement], Card] = card_of,
        one_by_one: Collection[str] = (),
        patience: Patience | None = None,
    ) -> None:
        self._database = database
        patience, pace = patience or Patience(), pace or Pace()
        by = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._ways = [
            _Way(
                name,
                Tries(name, platform, say=say, patience=patience, too_fast=too_fast),
                database,
                pace=pace,
                patience=patience,
                by=by,
                operations=operations_room,
                one_by_one=name in one_by_one,
            )
            for name, platform in platforms.items()
        ]
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    async def run(self) -> None:
        """Carries on until it is cancelled or drained. Cancelled, it leaves its lanes until their leases run out."""
        self._at_rest.clear()
        tasks = [asyncio.create_task(way.serve()) for way in self._ways]
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.gather(*tasks)
        finally:
            tasks += [listening, *(task for way in self._ways for task in way.carrying.values())]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._at_rest.set()

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Begins nothing any more and gives its lanes back: others can take them at once. What is under way is waited for,
        but not for longer than `seconds`; it keeps its lane."""
        for way in self._ways:
            way.draining.set()
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._at_rest.wait()

    def wake(self) -> None:
        """There may be something to post: looks at once. To be called in the event loop."""
        for way in self._ways:
            way.woken.set()

    async def _listen(self) -> None:
        """Hears what other processes announce. Not to hear is no fault: every second somebody looks anyway."""
        while self._database.is_postgres:
            bell, broken = Bell(self._database.engine), asyncio.Event()
            try:
                descriptor = await asyncio.to_thread(bell.hang)
                asyncio.get_running_loop().add_reader(descriptor, self._hear, bell, broken)
                try:
                    await broken.wait()
                finally:
                    asyncio.get_running_loop().remove_reader(descriptor)
            except Exception as fault:  # noqa: BLE001  # the database's; whoever writes to it says so more loudly
                log.info("announcements of other processes are not heard at once", fault=str(fault))
            finally:
                bell.take_down()
            await asyncio.sleep(LISTEN_AGAIN)

    def _hear(self, bell: Bell, broken: asyncio.Event) -> None:
        try:
            if bell.rang():
                self.wake()
        except Exception:  # noqa: BLE001  # whatever the driver raises: the connection is gone
            broken.set()


class _Way:
    """One platform's share of the announcer: a slow platform takes nothing from the others."""

    def __init__(
        self,
        name: str,
        tries: Tries,
        database: Database,
        *,
        pace: Pace,
        patience: Patience,
        by: str,
        operations: str,
        one_by_one: bool,
    ) -> None:
        self._name, self._tries, self._database, self._pace = name, tries, database, pace
        self._operations, self._patience, self._by = operations, patience, by
        self._one_by_one = one_by_one
        self._turn = min(patience.turn, patience.turn_one_by_one) if one_by_one else patience.turn
        self._first_in = ""  # where they go one by one: the room with the first try that is under way
        self._crowded = False  # more is due than could be taken
        self.woken = asyncio.Event()
        self.draining = asyncio.Event()
        self.carrying: dict[str, asyncio.Task[None]] = {}  # by room

    async def serve(self) -> None:
        """Takes lanes and sees them carried, until it is told to drain."""
        while not self.draining.is_set():
            self.woken.clear()
            try:
                rest = await self._round()
            except Exception:
                log.exception("the outbox could not be looked at", platform=self._name)
                rest = self._patience.poll
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self.woken.wait()
        while self.carrying:
            await asyncio.wait(self.carrying.values())

    async def _round(self) -> float:
        """Takes lanes in which there is something to do now; gives the seconds until the next look."""
        self._crowded = True  # until it is known better: a lane that ends meanwhile wakes
        free = self._patience.lanes - len(self.carrying)
        if free <= 0:
            return self._patience.poll
        now = time.monotonic()
        waits = {verb: self._pace.everywhere(self._name, verb, now) for verb in Verb}
        rest = min([self._patience.poll, *(wait for wait in waits.values() if wait > SHORT)])
        # Of what the platform permits now. The lanes that are held here can be among them: their leases may have run out.
        most = {verb: 0 if wait > SHORT else 2 * free + len(self.carrying) for verb, wait in waits.items()}
        posts, updates = most[Verb.POST], most[Verb.UPDATE]
        firsts, lease = 0 if self._first_in else posts, self._patience.lease
        due = await self._database.read(
            lambda unit: self._lanes(unit).due(self._name, lease, first=firsts, again=posts, updates=updates)
        )
        chosen: dict[str, dict[Verb, Booking]] = {}
        for lane in due:
            if len(chosen) == free or self.draining.is_set():
                break
            if lane.room in self.carrying or not (verbs := self._verbs(lane)):
                continue
            bookings = self._booked(lane.room, verbs)
            if bookings:
                chosen[lane.room] = bookings
            else:
                now = time.monotonic()
                rest = min([rest, *(self._pace.wait(lane.room, verb, now) for verb in verbs)])
            if lane.first and Verb.POST in bookings:
                self._goes_first(lane.room)
        self._crowded = len(chosen) == free
        if chosen:
            await self._take(chosen)
        return rest

    def _verbs(self, lane: Due) -> tuple[Verb, ...]:
        posts = lane.again or (lane.first and self._may_go_first(lane.room))
        return tuple(verb for verb, wanted in ((Verb.POST, posts), (Verb.UPDATE, lane.updates)) if wanted)

    def _may_go_first(self, room: str) -> bool:
        """Whether a first try may be begun in a room: where they go one by one, in none while there is another one."""
        return self._first_in in ("", room)

    def _goes_first(self, room: str) -> None:
        if self._one_by_one:
            self._first_in = room

    def _went_first(self, room: str) -> None:
        """No first try of a room is under way any more: another one may begin."""
        if self._first_in == room:
            self._first_in = ""
            self.woken.set()

    async def _take(self, chosen: Mapping[str, Mapping[Verb, Booking]]) -> None:
        """Takes lanes and begins in each what may be sent there."""

        def taken(unit: Transaction) -> list[tuple[Held, Attempt]]:
            lanes, begun = self._lanes(unit), []
            for held in lanes.claim(chosen, self._by, self._patience.lease):
                first = not self._one_by_one or held.room == first_in
                if attempt := lanes.begin(held, tuple(chosen[held.room]), first=first):
                    begun.append((held, attempt))
                else:
                    lanes.let_go(held)
            return begun

        asked, first_in = time.monotonic(), self._first_in
        unused = dict(chosen)
        try:
            for held, attempt in await self._database.write(taken):
                at = self._used(unused.pop(held.room), attempt)
                if not attempt.is_first:
                    self._went_first(held.room)
                task = asyncio.create_task(self._carry(held, attempt, at, asked))
                self.carrying[held.room] = task
                task.add_done_callback(partial(self._ended, held.room))
        finally:
            for room, bookings in unused.items():
                self._give_back(bookings)
                self._went_first(room)

    def _ended(self, room: str, _task: asyncio.Task[None]) -> None:
        del self.carrying[room]
        self._went_first(room)
        # Lanes are taken many at once: to look for each one that ends would cost more than the posts.
        if self._crowded and len(self.carrying) <= self._patience.lanes * 3 // 4:
            self.woken.set()

    async def _carry(self, held: Held, attempt: Attempt | None, at: float, asked: float) -> None:
        """Carries out one attempt after the other in a lane: the next not before `at`, under a lease that was asked for at
        `asked`."""
        try:
            turn = 0
            while attempt:
                turn += 1
                await asyncio.sleep(max(0.0, at - time.monotonic()))
                # With less time than a request may take, another process could begin it while it is under way.
                in_time = time.monotonic() <= asked + self._patience.lease - self._patience.request
                if in_time and not self.draining.is_set():
                    tried = await self._tries.one(held, attempt, self._seconds(attempt))
                else:
                    tried = NOT_TRIED
                goes_on = tried.goes_on and turn < self._turn and not self.draining.is_set()
                attempt, at, asked = await self._next(held, attempt, tried, goes_on=goes_on)
        except LaneLost:
            log.warning("a lane was lost: its lease ran out before the work was done", room=held.room)
        except Exception:
            log.exception("a lane is left until its lease runs out", room=held.room)

    def _seconds(self, attempt: Attempt) -> float:
        """For how long an answer is waited for."""
        others_wait = self._one_by_one and attempt.is_first
        return min(self._patience.first, self._patience.request) if others_wait else self._patience.request

    async def _next(
        self, held: Held, attempt: Attempt, tried: Tried, *, goes_on: bool
    ) -> tuple[Attempt | None, float, float]:
        """Writes down what became of an attempt and begins the lane's next one in one transaction, or lets the lane go."""
        # In turn, so that neither waits for the other for long.
        verbs = (Verb.POST, Verb.UPDATE) if attempt.stands else (Verb.UPDATE, Verb.POST)
        bookings = self._booked(held.room, verbs) if goes_on else {}
        if first := Verb.POST in bookings and self._may_go_first(held.room):
            self._goes_first(held.room)
        rest = max(tried.rest, self._pace.rest(held.room, time.monotonic()) if tried.goes_on else 0.0)

        def written(unit: Transaction) -> Attempt | None:
            lanes = self._lanes(unit)
            may_go_on = lanes.hold(held, self._patience.lease)
            lanes.finish(attempt, tried.outcome)
            if tried.pause:
                lanes.pause(self._name, tried.pause)
            following = lanes.begin(held, tuple(bookings), first=first) if bookings and may_go_on else None
            if following is None:
                lanes.let_go(held, rest)
            return following

        following, at = None, 0.0
        try:
            following, asked = await self._written(written)
        finally:
            if following:
                at = self._used(bookings, following)
            else:
                self._give_back(bookings)
            if not (following and following.is_first):
                self._went_first(held.room)
        if following is None and 0 < (wait := max(rest, tried.pause)) <= LONGEST_ALARM:
            asyncio.get_running_loop().call_later(wait, self.woken.set)
        return following, at, asked

    async def _written(self, work: Callable[[Transaction], Attempt | None]) -> tuple[Attempt | None, float]:
        """Writes, however long the database is away: what is known now, nobody would know again. Gives when it began, too."""
        end = time.monotonic() + RECEIPT_SECONDS
        while True:
            asked = time.monotonic()
            try:
                return await self._database.write(work), asked
            except LaneLost:
                raise
            except Exception:
                if time.monotonic() > end:
                    raise
                log.exception("what was posted cannot be written down and is tried again", platform=self._name)
            await asyncio.sleep(self._patience.poll)

    def _lanes(self, unit: Transaction) -> Lanes:
        return Lanes(unit.connection, unit.now, self._operations)

    def _booked(self, room: str, verbs: Sequence[Verb]) -> dict[Verb, Booking]:
        """Places for those verbs that may be done in a room within `SHORT`."""
        now = time.monotonic()
        return {verb: self._pace.book(room, verb, now) for verb in verbs if self._pace.wait(room, verb, now) <= SHORT}

    def _used(self, bookings: Mapping[Verb, Booking], attempt: Attempt) -> float:
        """When the attempt may be sent; the other places are given back."""
        verb = Verb.UPDATE if attempt.stands else Verb.POST
        self._give_back({other: booking for other, booking in bookings.items() if other is not verb})
        return bookings[verb].at

    def _give_back(self, bookings: Mapping[Verb, Booking]) -> None:
        for booking in bookings.values():
            self._pace.give_back(booking)

"""Buttons, forms and shortcuts: what a person did becomes a command, its reply goes to its place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from bot.background import Background
from bot.cards import block_kit, catalog
from bot.cards.model import Card, Choices, Form, Place, Reply, Silence
from bot.cards.openers import opened_from
from bot.domain.commands import Ask, Command
from bot.errors import OutdatedButton, Refusal
from bot.slack.faults import told
from bot.slack.granting import Granting
from bot.slack.interactions import (
    ROOM_FIELD,
    Changed,
    Pressed,
    Searched,
    Shortcut,
    Spot,
    Submitted,
    with_origin,
)
from bot.slack.placing import TOO_LATE, Placing, modal
from bot.slack.redraws import Redraws
from bot.slack.rooms import Rooms

PATIENCE_SECONDS = 2.0  # Slack shows an error after three
NO_OPTIONS = block_kit.options(Choices(()))
NOT_YOURS = "You are not in that channel, or I am not. Choose another one."

log = structlog.stdlib.get_logger(__name__)


class Gestures:
    """Does what is pressed, filled in or chosen; refusals and faults become a sentence where the person is."""

    def __init__(
        self,
        *,
        granting: Granting,
        placing: Placing,
        redraws: Redraws,
        rooms: Rooms,
        background: Background,
        send_back: Callable[[str], None],
    ) -> None:
        """`send_back` is told the key of a form that goes back with its faults."""
        self._granting, self._placing, self._redraws = granting, placing, redraws
        self._rooms, self._background, self._send_back = rooms, background, send_back

    def press(self, press: Pressed, command: Command | None, key: str) -> None:
        """Begins what a button means."""
        self._background.start(self._safely(press.spot, self._press(press, command, key)))

    def change(self, changed: Changed, command: Command | None) -> None:
        """Begins to draw a form anew."""
        wish = self._redraws.wish(changed.spot.view_id)
        self._background.start(self._safely(changed.spot, self._change(changed, command, wish)))

    async def suggest(self, searched: Searched, command: Command) -> dict[str, Any]:
        """What can be chosen, as somebody types; nothing when it cannot be told in time: there is no place for a word."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                spot = searched.spot
                by = await self._granting.who(command, spot.user, spot.organisation, spot.channel)
                reply = await self._granting.grant(command, by)
        except TimeoutError:
            log.warning("what can be chosen in a field took too long to find", what=searched.what)
            return NO_OPTIONS
        return block_kit.options(reply) if isinstance(reply, Choices) else NO_OPTIONS

    def choose(self, shortcut: Shortcut, command: Command | None, key: str) -> None:
        """Begins what a shortcut means: a question about a message, or the form to ask in."""
        self._background.start(self._safely(shortcut.spot, self._choose(shortcut, command, key)))

    async def submit(self, form: Submitted, command: Command | None, key: str) -> dict[str, Any] | None:
        """What Slack is to do with the form's window: show the answer in it, another form, what is wrong, or close.

        What takes longer than Slack waits is shown outside the window.
        """
        answering = asyncio.get_running_loop().create_task(self._reply_to(form, command, key))
        await asyncio.wait((self._background.hold(answering, awaited=True),), timeout=PATIENCE_SECONDS)
        if not answering.done():
            self._background.start(self._safely(form.spot, self._follow_up(answering, form)))
            return {"response_action": "clear"}
        try:
            reply, room = answering.result()
        except Refusal as refusal:
            reply, room = catalog.refusal(refusal.sentence), ""
        if isinstance(reply, Silence):
            return None
        if isinstance(reply, Form):
            return self._drawn_anew(reply, form, key)
        if not isinstance(reply, Card):
            raise TypeError(f"a form was answered with {type(reply).__name__}, and Slack shows cards and forms")
        if reply.place is Place.ROOM:
            self._background.start(self._safely(form.spot, self._placing.put(reply, _outside(form.spot), room)))
            return {"response_action": "clear"}
        return {"response_action": "update", "view": modal(reply, form.spot)}

    async def resume(self, gesture: Pressed | Submitted | Shortcut, command: Command, key: str) -> None:
        """Does what was recorded; the answer goes where the person was, as far as Slack still lets us."""
        by = await self._granting.who(command, gesture.spot.user, gesture.spot.organisation, gesture.spot.channel)
        reply = await self._granting.grant(command, by, key)
        spot = replace(gesture.spot, trigger_id="")
        if isinstance(gesture, Submitted):
            reply, spot = _after_the_window(reply), _outside(spot)
        self._background.start(self._safely(spot, self._placing.put(reply, spot)))

    def _drawn_anew(self, reply: Form, form: Submitted, key: str) -> dict[str, Any]:
        """A form as the answer to itself: what is wrong beside the fields that are there, else the whole form."""
        if reply.faults and reply.faults.keys() <= form.fields:
            self._send_back(key)
            return {"response_action": "errors", "errors": block_kit.errors(reply)}
        return {"response_action": "update", "view": with_origin(block_kit.view(reply), form.spot)}

    async def _change(self, changed: Changed, command: Command | None, wish: int) -> None:
        if command is None:
            raise OutdatedButton
        spot = changed.spot
        by = await self._granting.who(command, spot.user, spot.organisation, spot.channel)
        reply = await self._granting.grant(command, by)
        if isinstance(reply, Form):
            await self._redraws.draw(reply, spot, wish)
        else:
            await self._placing.put(reply, spot)

    async def _press(self, press: Pressed, command: Command | None, key: str) -> None:
        if command is None:
            raise OutdatedButton
        spot = press.spot
        by = await self._granting.who(command, spot.user, spot.organisation, spot.channel)
        if hasattr(command, "rooms") and not by.room:  # it can go to a room, and there is none around
            choice: dict[str, Any] = {"rooms": await self._rooms.shared_with(by.id, spot.team)}
            command = replace(command, **choice)
        await self._placing.put(await self._granting.grant(command, by, key), spot)

    async def _choose(self, shortcut: Shortcut, command: Command | None, key: str) -> None:
        spot = shortcut.spot
        if command is None:
            log.warning("a shortcut that is not ours was chosen; compare the app with its manifest")
            await self._placing.put(catalog.refusal("This shortcut does nothing any more."), spot)
            return
        by = await self._granting.who(command, spot.user, spot.organisation, spot.channel)
        reply = await self._granting.grant(command, by, key)
        if isinstance(command, Ask) and isinstance(reply, Card) and await self._placing.in_thread(reply, spot):
            return
        await self._placing.put(reply, spot)

    async def _reply_to(self, form: Submitted, command: Command | None, key: str) -> tuple[Reply, str]:
        if command is None:
            raise OutdatedButton
        spot, room = form.spot, form.values.get(ROOM_FIELD, "")
        by = await self._granting.who(command, spot.user, spot.organisation, spot.channel)
        if room and room not in [id_ for id_, _ in await self._rooms.shared_with(by.id, spot.team)]:
            return catalog.refusal(NOT_YOURS), ""
        return await self._granting.grant(command, by, key), room

    async def _follow_up(self, answering: asyncio.Task[tuple[Reply, str]], form: Submitted) -> None:
        reply, room = await answering
        await self._placing.put(_after_the_window(reply), _outside(form.spot), room)

    async def _safely(self, spot: Spot, work: Awaitable[None]) -> None:
        """Does a piece of work; what goes wrong becomes a sentence where the person is."""
        try:
            await work
        except Refusal as refusal:
            await self._placing.put(catalog.refusal(refusal.sentence), spot)
        except Exception as fault:  # noqa: BLE001  # the last place where a fault can become a sentence
            await self._placing.put(told(fault, "interaction"), spot)


def _after_the_window(reply: Reply) -> Reply:
    """The reply to a form whose window has closed: another form is opened by whoever wants to go on."""
    return opened_from(reply, TOO_LATE, was_sent=True) if isinstance(reply, Form) else reply


def _outside(spot: Spot) -> Spot:
    """The same person's spot once the window has closed."""
    return replace(spot, view_id="", view_hash="", view_type="")

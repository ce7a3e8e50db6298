"""Buttons, forms and shortcuts: what a person did becomes a command, its reply goes to its place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from bot.background import Background
from bot.cards import block_kit, catalog
from bot.cards.model import Card, Form, Place, Reply
from bot.domain.commands import LONGEST_QUESTION, Ask, Command, OpenQuestionForm, pressed
from bot.domain.people import Account
from bot.errors import Refusal
from bot.slack.faults import told
from bot.slack.inbound import readable, room_of
from bot.slack.interactions import ROOM_FIELD, Pressed, Shortcut, Spot, Submitted, with_origin
from bot.slack.people import People
from bot.slack.placing import Placing, modal
from bot.slack.replays import Deliveries
from bot.slack.rooms import Rooms

DOUBLE_CLICK_SECONDS = 2.0
NOT_YOURS = "You are not in that channel, or I am not. Choose another one."
ASK_ABOUT, ASK = "ask_about", "ask"  # the callback ids of our two shortcuts

log = structlog.stdlib.get_logger(__name__)


class Gestures:
    """Does what is pressed, filled in or chosen; refusals and faults become a sentence where the person is."""

    def __init__(
        self,
        *,
        dispatch: Callable[[Command], Awaitable[Reply]],
        people: People,
        placing: Placing,
        rooms: Rooms,
        background: Background,
        now: Callable[[], float],
    ) -> None:
        self._dispatch, self._people, self._placing = dispatch, people, placing
        self._rooms, self._background = rooms, background
        self._clicks = Deliveries(now, DOUBLE_CLICK_SECONDS)

    def press(self, press: Pressed) -> None:
        """Begins what a button means; the second half of a double click means nothing."""
        if self._clicks.is_new(press.key):
            self._background.start(self._safely(press.spot, self._press(press)))

    def choose(self, shortcut: Shortcut) -> None:
        """Begins what a shortcut means: a question about a message, or the form to ask in."""
        self._background.start(self._safely(shortcut.spot, self._choose(shortcut)))

    async def submit(self, form: Submitted) -> dict[str, Any] | None:
        """What Slack is to do with the form's window: show the answer in it, another form, or close."""
        try:
            reply, room = await self._reply_to(form)
        except Refusal as refusal:
            reply, room = catalog.refusal(refusal.sentence), ""
        if isinstance(reply, Form):
            return {"response_action": "update", "view": with_origin(block_kit.view(reply), form.spot)}
        if not isinstance(reply, Card):
            raise TypeError(f"a form was answered with {type(reply).__name__}, and Slack shows cards and forms")
        if reply.place is Place.ROOM:
            self._background.start(self._safely(form.spot, self._placing.put(reply, _outside(form.spot), room)))
            return {"response_action": "clear"}
        return {"response_action": "update", "view": modal(reply, form.spot)}

    async def _press(self, press: Pressed) -> None:
        by = await self._who(press.spot)
        command = pressed(press.verb, press.about, by)
        if hasattr(command, "rooms") and not by.room:  # it can go to a room, and there is none around
            choice: dict[str, Any] = {"rooms": await self._rooms.shared_with(by.id, press.spot.team)}
            command = replace(command, **choice)
        await self._placing.put(await self._dispatch(command), press.spot)

    async def _choose(self, shortcut: Shortcut) -> None:
        by = await self._who(shortcut.spot)
        question = " ".join(readable(shortcut.text).split())[:LONGEST_QUESTION]
        if shortcut.name == ASK_ABOUT and question:
            reply = await self._dispatch(Ask(by, question))
            spot = shortcut.spot
            if isinstance(reply, Card) and await self._placing.in_thread(reply, spot):
                return
            await self._placing.put(reply, spot)
        elif shortcut.name in (ASK_ABOUT, ASK):
            await self._placing.put(await self._dispatch(OpenQuestionForm(by)), shortcut.spot)
        else:
            log.warning("a shortcut that is not ours was chosen; compare the app with its manifest")
            await self._placing.put(catalog.refusal("This shortcut does nothing any more."), shortcut.spot)

    async def _reply_to(self, form: Submitted) -> tuple[Reply, str]:
        by = await self._who(form.spot)
        room = form.values.get(ROOM_FIELD, "")
        if room and room not in [id_ for id_, _ in await self._rooms.shared_with(by.id, form.spot.team)]:
            return catalog.refusal(NOT_YOURS), ""
        return await self._dispatch(pressed(form.verb, form.about, by, form.values)), room

    async def _who(self, spot: Spot) -> Account:
        return await self._people.account(spot.user, spot.organisation, room_of(spot.channel))

    async def _safely(self, spot: Spot, work: Awaitable[None]) -> None:
        """Does a piece of work; what goes wrong becomes a sentence where the person is."""
        try:
            await work
        except Refusal as refusal:
            await self._placing.put(catalog.refusal(refusal.sentence), spot)
        except Exception as fault:  # noqa: BLE001  # the last place where a fault can become a sentence
            await self._placing.put(told(fault, "interaction"), spot)


def _outside(spot: Spot) -> Spot:
    """The same person's spot once the window has closed."""
    return replace(spot, view_id="", view_hash="", view_type="")

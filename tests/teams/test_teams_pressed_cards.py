"""The card that was pressed: whoever pressed sees its new state at once, everybody soon, and nobody an older one after it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.cards.model import Place, Reply
from bot.delivery import Recorded
from bot.domain.commands import Command
from bot.domain.exception_commands import RequestException, TakeExceptionStep
from bot.teams.outbound import TAKEN
from tests.doubles.teams import ALAN, CHANNEL, GRACE, PERSONAL_CHAT, button, shown
from tests.doubles.teams_answers import SENTENCE
from tests.doubles.teams_connector import Posted
from tests.teams.deciding import FILLED, below, deciding, form_in, request_form, review_card, review_in
from tests.teams.room import Room, StandIn
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room(dispatch=StandIn(reply=deciding)) as opened:
        yield opened


async def test_a_decision_is_seen_by_whoever_pressed_and_then_by_all(room: Room) -> None:
    card = await review_in(room)
    told = await room.teams.press(card, "Approve", ALAN)
    assert "was approved by Alan Turing" in json.dumps(told["value"])
    assert not told["value"].get("actions")
    await room.surface.close()
    update = room.teams.connector.posted[-1]
    assert (update.method, update.id, shown(update)) == ("PUT", card.id, told["value"])


async def test_a_decision_in_a_dialog_changes_the_card_that_it_was_opened_from(room: Room) -> None:
    card = await review_in(room)
    dialog = await room.teams.open_dialog(card, "Decline", ALAN)
    faulty = await room.teams.send(dialog, "Decline", card, {"words": "no"}, ALAN)
    assert below(form_in(faulty), "words") == [("Say a little more.", "attention")]
    await room.teams.send(faulty, "Decline", card, {"words": "no, and why"}, ALAN)
    await room.surface.close()
    (update,) = (each for each in room.teams.connector.posted if each.method == "PUT")
    assert update.id == card.id
    assert "was declined by Alan Turing" in json.dumps(shown(update))


async def test_the_newest_state_of_a_card_is_what_stands_there_in_the_end(room: Room) -> None:
    card = await review_in(room)
    room.teams.connector.stalled = asyncio.Event()
    for who in (ALAN, GRACE, ALAN, GRACE):
        await room.teams.press(card, "Approve", who)
    waiting = len(room.teams.connector.tokens_seen)
    room.teams.connector.stalled.set()
    room.teams.connector.stalled = None
    await room.surface.close()
    assert waiting == 2  # the card itself and the first change: the others wait for their turn
    states = [json.dumps(shown(each)) for each in room.teams.connector.posted[1:]]
    assert ["Alan" in state for state in states] == [True, False, True, False]


async def test_an_announced_card_is_changed_for_all_by_the_announcer_alone(room: Room) -> None:
    await review_in(room, "channel")
    await room.surface.close()
    receipt = await room.surface.post(f"teams:{CHANNEL}", review_card(), "ref-1")
    posted = room.teams.connector.posted[-1]
    told = await room.teams.press(posted, "Approve", ALAN)
    assert "was approved by Alan Turing" in json.dumps(told["value"])
    await room.surface.update(receipt, review_card("was approved by Alan Turing."), "ref-1")
    dialog = await room.teams.open_dialog(posted, "Decline", GRACE)
    await room.teams.send(dialog, "Decline", posted, {"words": "no, and why"}, GRACE)
    await room.teams.press_as_of_old(posted, "Approve", GRACE)
    await room.surface.close()
    (update,) = (each for each in room.teams.connector.posted if each.method == "PUT")
    assert "was approved by Alan Turing" in json.dumps(shown(update))
    assert update.reference == "ref-1"
    assert all(set(command.values) <= {"words"} for command in room.library.asked if isinstance(command, TakeExceptionStep))  # fmt: skip


async def test_what_takes_the_place_of_an_announced_card_is_on_it_too(room: Room) -> None:
    await review_in(room, "channel")
    await room.surface.close()
    await room.surface.post(f"teams:{CHANNEL}", review_card(), "ref-1")
    posted = room.teams.connector.posted[-1]
    room.library.reply = lambda _: review_card(place=Place.INSTEAD)
    told = (await room.teams.press(posted, "Approve"))["value"]
    await room.teams.act(button(told, "Approve"), posted)
    await room.surface.close()
    assert not [each for each in room.teams.connector.posted if each.method == "PUT"]


# Late.


class Shelf:
    """An inbox that takes everything."""

    async def record(self, delivery: Recorded, /) -> bool:
        return bool(delivery.key)


async def late_answer(room: Room, value: Any, reply: Reply, **members: Any) -> Posted:
    """What is posted when a press is answered too late."""
    waits = asyncio.Event()

    async def slow(command: Command, delivery: str = "", /) -> Reply:
        if isinstance(command, RequestException | TakeExceptionStep):
            await waits.wait()
        return reply

    async with room.another(dispatch=slow, inbox=Shelf()) as other:
        await other.teams.say("hello")
        await other.surface._background.drain()
        other.surface._assistant._invokes._seconds = 0.1
        told = await other.teams.invoke("card_action", value, GRACE, **members)
        assert TAKEN in json.dumps(told)
        before = len(other.teams.connector.posted)
        waits.set()
        await other.surface.close()
        posted = other.teams.connector.posted[before:]
    assert len(posted) <= 1
    return posted[0] if posted else Posted("", "", "", {}, "", "")


async def test_a_form_with_faults_that_comes_late_goes_to_whoever_filled_it_in(room: Room) -> None:
    faulty = request_form("STD-004", "my reason", "2028-01-01", "Until 30 June 2027 or earlier.")
    data = {"verb": "exception_request", "about": "", **FILLED}
    for value, name in (({"action": {"type": "Action.Execute", "verb": data["verb"], "data": FILLED}}, "adaptiveCard/action"),
                        ({"data": data}, "task/submit"), ({"data": data}, "composeExtension/submitAction")):  # fmt: skip
        posted = await late_answer(room, value, faulty, name=name)
        assert posted.conversation == PERSONAL_CHAT
        assert "my reason" in json.dumps(shown(posted))
        assert below(shown(posted), "until") == [("Until 30 June 2027 or earlier.", "attention")]


async def test_a_late_state_does_not_overwrite_an_announced_card(room: Room) -> None:
    posted = await review_in(room, "channel")
    late = review_card("was approved by Grace Hopper.", Place.INSTEAD)
    data = {"about": "EX-7 approve 3f1c", "announced": True}
    value = {"action": {"type": "Action.Execute", "verb": "exception_step", "data": data}}
    assert not (await late_answer(room, value, late, replyToId=posted.id)).method
    value["action"]["data"] = {"about": "EX-7 approve 3f1c"}
    own = {"conversation": {"id": posted.conversation}, "replyToId": posted.id}
    assert (await late_answer(room, value, late, **own)).method == "PUT"


async def test_a_mark_of_an_announced_card_that_we_did_not_set_counts_for_nothing(room: Room) -> None:
    action = {"type": "Action.Execute", "verb": "exception_step", "data": {"about": "EX-7 approve x", "announced": "yes"}}  # fmt: skip
    card = await review_in(room)
    told = await room.teams.act(action, card)
    assert told["type"] != SENTENCE
    await room.surface.close()
    assert [each.method for each in room.teams.connector.posted] == ["POST", "PUT"]

"""The dialog of a subscription: opened where its button is pressed, filled in there, and meant for that room."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.cards import subscriptions
from bot.cards.model import Reply
from bot.domain.commands import Command, ListSubscriptions, OpenSubscriptionForm, Subscribe, Unsubscribe
from bot.domain.subscriptions import read
from tests.doubles.teams import CHANNEL, GRACE, TENANT, shown
from tests.doubles.teams_connector import ADAPTIVE, Posted
from tests.teams.room import Room, StandIn, answered
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

GROUP = {"id": "19:g@thread.v2", "conversationType": "groupChat", "tenantId": TENANT}
FILLED = {"topic": "standards", "filters": "tag:network", "digest": "daily", "quiet": "18:00-08:00"}


def subscribing(command: Command) -> Reply:
    """The cards of the real handlers, without their memory."""
    match command:
        case ListSubscriptions(by):
            return subscriptions.listed(read("adrs"), by, "")
        case OpenSubscriptionForm(by):
            return subscriptions.subscription_form(by)
        case Subscribe(by, words):
            return subscriptions.subscribed(read(words), read(words), by, "")
        case Unsubscribe(by):
            return subscriptions.listed((), by, "", stopped=read("adrs"))
    return answered(command)


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room(dispatch=StandIn(reply=subscribing)) as opened:
        yield opened


async def listed_in(room: Room, place: str) -> tuple[Posted, str]:
    """The card of a room's subscriptions, and the name of that room."""
    if place == "personal":
        return await room.teams.say("subscriptions"), f"teams:{GRACE.entra_id}"
    if place == "group":
        data = {"tenant": {"id": TENANT}}
        return await room.teams.mention("subscriptions", conversation=GROUP, channelData=data), f"teams:{GROUP['id']}"
    return await room.teams.mention("subscriptions"), f"teams:{CHANNEL}"


@pytest.mark.parametrize("place", ["personal", "group", "channel"])
async def test_the_form_opens_in_the_place_of_its_card_and_subscribes_that_room(room: Room, place: str) -> None:
    card, here = await listed_in(room, place)
    members: dict[str, Any] = {} if place == "channel" else {"channelData": {"tenant": {"id": TENANT}}}
    form = await room.teams.press(card, "Subscribe", **members)
    assert form["type"] == ADAPTIVE
    assert [each["title"] for each in form["value"]["actions"]] == ["Subscribe"]
    told = await room.teams.act(form["value"]["actions"][0], card, FILLED, **members)
    assert told["type"] == ADAPTIVE
    subscribed = room.library.asked[-1]
    assert isinstance(subscribed, Subscribe)
    assert subscribed.by.here == here
    (wanted,) = read(subscribed.words)
    assert wanted.filters == (("tag", "network"),)
    assert str(wanted.digest) == "daily"
    await room.surface.close()
    assert room.teams.connector.posted == [card]


async def test_a_subscription_is_stopped_in_the_place_of_its_card(room: Room) -> None:
    card, here = await listed_in(room, "channel")
    told = await room.teams.press(card, "Stop adrs")
    assert "of nothing" in json.dumps(told["value"])
    stopped = room.library.asked[-1]
    assert (type(stopped), stopped.by.here) == (Unsubscribe, here)
    await room.surface.close()
    update = room.teams.connector.posted[-1]
    assert (update.method, update.id) == ("PUT", card.id)
    assert shown(update) == told["value"]


async def test_the_words_alone_open_the_form_as_a_card(room: Room) -> None:
    posted = await room.teams.say("subscribe")
    (submit,) = shown(posted)["actions"]
    told = await room.teams.act(submit, posted, FILLED, channelData={"tenant": {"id": TENANT}})
    assert told["type"] == ADAPTIVE
    assert room.library.asked[-1].by.here == f"teams:{GRACE.entra_id}"


async def test_clients_without_invokes_fill_it_in_too(room: Room) -> None:
    card, _ = await listed_in(room, "personal")
    await room.teams.press_as_of_old(card, "Subscribe")
    form = (await room.teams.connector.posts(2))[1]
    fallback = shown(form)["actions"][0]["fallback"]
    value = {**fallback["data"], **FILLED}
    activity = room.teams.activity("message_personal", text="", value=value, replyToId=form.id)
    assert (await room.teams.deliver(activity)).status == 200
    await room.teams.connector.posts(3)
    subscribed = room.library.asked[-1]
    assert isinstance(subscribed, Subscribe)
    assert "network" in subscribed.words


async def test_in_a_dialog_it_opens_and_ends_there(room: Room) -> None:
    opened = await room.teams.invoke(
        "task_fetch", {"data": {"verb": "subscribe_form", "msteams": {"type": "task/fetch"}}}
    )
    (submit,) = opened["task"]["value"]["card"]["content"]["actions"]
    value = {"data": {**submit["data"], **FILLED}}
    ended = await room.teams.invoke("task_fetch", value, name="task/submit")
    assert "standards" in json.dumps(ended["task"])
    assert isinstance(room.library.asked[-1], Subscribe)

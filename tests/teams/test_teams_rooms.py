"""Rooms: learnt and forgotten, welcomed once, shared into by those who are in them."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.domain.commands import Ask, Share, Welcome
from bot.domain.rooms import Conversation
from bot.teams.references import reference_of
from tests.doubles.teams import ALAN, CHANNEL, GRACE, PAYMENTS, PERSONAL_CHAT, STRANGER, TENANT, shown
from tests.doubles.teams_answers import SENTENCE
from tests.doubles.teams_connector import ADAPTIVE
from tests.teams.room import Kept, Room
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

GENERAL = PAYMENTS.id
BOT = "28:7a1c2f3e-1111-4222-8333-944455556666"


async def delivered(room: Room, payload: str, **members: Any) -> None:
    assert (await room.teams.deliver(room.teams.activity(payload, **members))).status == 200
    await room.surface.close()


async def test_a_welcome_is_said_once_when_the_bot_is_added(room: Room) -> None:
    await delivered(room, "installation_update")
    await delivered(room, "members_added", conversation={"id": PERSONAL_CHAT, "conversationType": "personal"})
    await delivered(room, "installation_update")
    assert [type(command) for command in room.library.asked] == [Welcome]
    (posted,) = room.teams.connector.posted
    assert (posted.conversation, posted.reply_to) == (PERSONAL_CHAT, "")
    assert "welcome" in json.dumps(posted.activity)


async def test_the_arrival_of_people_is_not_greeted(room: Room) -> None:
    for people in ([{"id": "29:a"}], [{"id": f"29:{n}"} for n in range(100)], []):
        await delivered(room, "members_added", membersAdded=people)
    await delivered(room, "installation_update", action="add-upgrade")
    assert not room.teams.connector.posted
    assert not room.library.asked


async def test_who_adds_the_bot_again_is_greeted_again(room: Room) -> None:
    for action in ("add", "remove", "add"):
        await delivered(room, "installation_update", action=action)
    assert len(room.teams.connector.posted) == 2


async def test_adding_the_bot_to_a_team_makes_its_channels_known(room: Room) -> None:
    await delivered(room, "members_added")
    assert {one.id: one.name for one in room.kept.rooms.values()} == {GENERAL: "Payments › General", CHANNEL: "Payments › Architecture"}  # fmt: skip
    assert {reference_of(one).team for one in room.kept.rooms.values()} == {PAYMENTS.id}
    assert {one.organisation for one in room.kept.rooms.values()} == {TENANT}


async def test_a_mention_makes_a_channel_known_that_was_missed(room: Room) -> None:
    await room.teams.mention("x")
    await room.surface.close()
    assert set(room.kept.rooms) == {GENERAL, CHANNEL}
    written = room.kept.written
    await room.teams.mention("y")
    await room.surface.close()
    assert room.kept.written == written


@pytest.mark.parametrize("data", [{}, {"channel": {"name": "Architecture"}}, {"team": {"id": "x", "name": "Payments"}}])
async def test_what_a_message_leaves_out_stays_known(room: Room, data: dict[str, Any]) -> None:
    await delivered(room, "members_added")
    before = dict(room.kept.rooms)
    message = room.teams.activity("message_channel")
    told = {"tenant": {"id": TENANT}, **data}
    await delivered(room, "message_channel", channelData=told, text=message["text"])
    known = room.kept.rooms[CHANNEL]
    assert known.name == before[CHANNEL].name
    assert reference_of(known).team in (PAYMENTS.id, "x")


async def test_personal_and_group_chats_are_known_by_what_happens_there(room: Room) -> None:
    await room.teams.say("x")
    mention = {"type": "mention", "mentioned": {"id": BOT}, "text": "<at>Archway</at>"}
    await delivered(room, "message_group_chat", entities=[mention])
    personal, group = room.kept.rooms.values()
    assert (personal.id, personal.name, reference_of(personal).person) == (PERSONAL_CHAT, "Grace Hopper", GRACE.entra_id)  # fmt: skip
    assert reference_of(group).kind == "groupChat"


async def test_removal_forgets_the_chat_or_all_channels_of_the_team(room: Room) -> None:
    await room.teams.say("x")
    await delivered(room, "members_added")
    await delivered(room, "members_added", membersAdded=None, membersRemoved=[{"id": "29:somebody"}])
    assert len(room.kept.rooms) == 3
    await delivered(room, "members_added", membersAdded=None, membersRemoved=[{"id": BOT}])
    assert set(room.kept.rooms) == {PERSONAL_CHAT}
    await delivered(room, "installation_update", action="remove")
    assert not room.kept.rooms


async def test_channels_that_come_are_learnt_and_those_that_go_are_forgotten(room: Room) -> None:
    await delivered(room, "members_added")
    data = room.teams.activity("members_added")["channelData"]
    gone = {**data, "eventType": "channelDeleted", "channel": {"id": CHANNEL, "name": "Architecture"}}
    await delivered(room, "members_added", membersAdded=None, channelData=gone)
    assert set(room.kept.rooms) == {GENERAL}
    renamed = {**gone, "eventType": "channelRenamed"}
    await delivered(room, "members_added", membersAdded=None, channelData=renamed)
    assert set(room.kept.rooms) == {GENERAL, CHANNEL}


async def test_a_team_whose_channels_cannot_be_listed_is_known_all_the_same(room: Room) -> None:
    room.teams.connector.teams.clear()
    await delivered(room, "members_added")
    assert list(room.kept.rooms) == [CHANNEL]
    assert room.kept.rooms[CHANNEL].name == "Payments"


async def share_form(room: Room, by: Any = GRACE) -> tuple[Any, Any]:
    await delivered(room, "members_added")
    answer = await room.teams.say("encrypt?", by)
    return answer, await room.teams.press(answer, "Share in channel", by)


def choices(form: Any) -> list[str]:
    (field,) = (element for element in form["value"]["body"] if element["type"] == "Input.ChoiceSet")
    return [choice["value"] for choice in field["choices"]]


async def test_an_answer_is_shared_from_a_personal_chat_into_a_new_thread(room: Room) -> None:
    answer, form = await share_form(room)
    assert choices(form) == [CHANNEL, GENERAL]
    told = await room.teams.fill_in(form["value"], answer, {"room": CHANNEL})
    assert told["type"] == ADAPTIVE
    assert "shared: encrypt?" in json.dumps(told["value"])
    thread = room.teams.connector.posted[-1]
    assert thread.conversation == f"{CHANNEL};messageid={thread.id}"
    assert shown(thread) == told["value"]


async def test_only_channels_that_they_are_in_are_offered(room: Room) -> None:
    room.teams.connector.rosters[GENERAL] = {ALAN.entra_id}
    _, form = await share_form(room)
    assert choices(form) == [CHANNEL]


async def test_strangers_are_offered_nothing(room: Room) -> None:
    await delivered(room, "members_added")
    room.teams.connector.rosters |= {CHANNEL: {GRACE.entra_id}, GENERAL: {GRACE.entra_id}}
    answer = await room.teams.say("encrypt?", STRANGER)
    await room.teams.press(answer, "Share in channel", STRANGER)
    shared = room.library.asked[-1]
    assert isinstance(shared, Share)
    assert shared.rooms == ()


async def test_who_left_the_channel_meanwhile_cannot_share_into_it(room: Room) -> None:
    answer, form = await share_form(room)
    room.teams.connector.rosters[CHANNEL] = {ALAN.entra_id}
    room.clock.seconds += 61
    told = await room.teams.fill_in(form["value"], answer, {"room": CHANNEL})
    assert told["type"] == SENTENCE
    assert room.teams.connector.posted[-1] == answer


@pytest.mark.parametrize("made_up", ["19:other@thread.tacv2", PERSONAL_CHAT, "../x", "x" * 2000])
async def test_a_made_up_room_is_refused(room: Room, made_up: str) -> None:
    answer, form = await share_form(room)
    (submit,) = form["value"]["actions"]
    told = await room.teams.act(submit, answer, {"room": made_up})
    assert told["type"] == SENTENCE
    assert room.teams.connector.posted[-1] == answer
    assert all(not isinstance(command, Share) or not command.room for command in room.library.asked)


async def test_rosters_that_hang_leave_a_channel_out_and_no_one_waiting(room: Room) -> None:
    await delivered(room, "members_added")
    answer = await room.teams.say("encrypt?")
    room.teams.connector.rosters_mute = asyncio.Event()
    room.clock.seconds += 61
    async with asyncio.timeout(5):
        await room.teams.press(answer, "Share in channel")
    room.teams.connector.rosters_mute.set()
    shared = room.library.asked[-1]
    assert isinstance(shared, Share)
    assert shared.rooms == ()


async def test_rooms_that_another_process_learnt_are_offered_too(room: Room) -> None:
    await delivered(room, "members_added")
    kept = Kept(dict(room.kept.rooms))
    async with open_room(rooms=kept) as other:
        answer = await other.teams.say("encrypt?")
        kept.rooms = {id_: _moved(one, other) for id_, one in kept.rooms.items()}
        form = await other.teams.press(answer, "Share in channel")
        assert choices(form) == [CHANNEL, GENERAL]


def _moved(one: Conversation, other: Room) -> Conversation:
    reference = {**json.loads(one.reference), "service_url": other.teams.connector.service_url}
    return Conversation(one.platform, one.id, one.organisation, one.name, json.dumps(reference))


async def test_rooms_are_learnt_while_the_threads_that_all_share_are_taken(room: Room) -> None:
    release, busy = threading.Event(), ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(busy)
    busy.submit(release.wait)
    try:
        async with asyncio.timeout(10):
            await delivered(room, "members_added")
    finally:
        release.set()
    assert set(room.kept.rooms) == {GENERAL, CHANNEL}


async def test_damaged_references_are_left_out(room: Room) -> None:
    room.kept.rooms = {bad: Conversation("teams", bad, TENANT, bad, bad) for bad in ("{}", "junk", "[]", "7")}
    answer = await room.teams.say("encrypt?")
    await room.teams.press(answer, "Share in channel")
    assert isinstance(room.library.asked[-1], Share)


async def test_one_answer_serves_all_in_a_group_and_offers_no_form_to_share(room: Room) -> None:
    await room.teams.mention("encrypt?")
    command = room.library.asked[0]
    assert isinstance(command, Ask)
    assert command.for_all

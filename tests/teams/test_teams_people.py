"""Who somebody is: members, guests, strangers, by the roster of the moment (abuse cases 15 to 18)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from bot.delivery import Recorded
from bot.domain.people import Standing
from bot.teams.roster import email, standing
from tests.doubles.teams import ALAN, CHANNEL, GRACE, GUEST, STRANGER, TENANT
from tests.doubles.teams_connector import Person
from tests.teams.room import Room
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

SUBSCRIBE = {"action": {"type": "Action.Execute", "verb": "subscribe", "data": {"about": "standards"}}}


@pytest.mark.parametrize(("who", "expected"), [(GRACE, Standing.MEMBER), (GUEST, Standing.GUEST), (STRANGER, Standing.STRANGER)], ids=["member", "guest", "stranger"])  # fmt: skip
async def test_standing_comes_from_the_roster(room: Room, who: Person, expected: Standing) -> None:
    await room.teams.say("x", who)
    await room.teams.mention("x", who)
    await room.teams.invoke("query", {"commandId": "search", "parameters": []}, who)
    posted = await room.teams.say("x", GRACE)
    await room.teams.press(posted, "Helpful", who)
    asked = [command.by for command in room.library.asked if command.by.id == who.entra_id]
    assert {by.standing for by in asked} == {expected}
    assert {by.name for by in asked} == {who.name}


async def test_nobody_is_looked_up_twice_within_a_minute(room: Room) -> None:
    for _ in range(10):
        await room.teams.search("x")
    await asyncio.gather(*(room.teams.search("y") for _ in range(10)))
    assert len(room.teams.connector.looked_up) == 1
    room.clock.seconds += 61
    await asyncio.gather(*(room.teams.search("z") for _ in range(10)))
    assert len(room.teams.connector.looked_up) == 2


async def test_facts_say_when_the_roster_was_asked(room: Room) -> None:
    before = time.monotonic()
    for who in (GRACE, GUEST, STRANGER):
        await room.teams.say("x", who)
        await room.teams.say("y", who)
    told = [command.by.as_of or 0 for command in room.library.asked]
    assert [told[n] == told[n + 1] for n in (0, 2, 4)] == [True] * 3
    assert before <= told[0] < told[2] < told[4] <= time.monotonic()


async def test_facts_are_younger_where_something_changes() -> None:
    class Shelf:
        async def record(self, delivery: Recorded, /) -> bool:
            return bool(delivery.key)

    async with open_room(inbox=Shelf()) as room:
        await room.teams.say("subscribe standards")
        room.clock.seconds += 46
        await room.teams.say("how do we encrypt buckets?")
        assert len(room.teams.connector.looked_up) == 1
        await room.teams.say("subscribe standards")
        assert len(room.teams.connector.looked_up) == 2
        asked, _, again = (command.by.as_of or 0 for command in room.library.asked)
        assert asked < again


async def test_what_cannot_be_found_out_is_asked_again_soon_also_where_something_changes() -> None:
    class Shelf:
        async def record(self, delivery: Recorded, /) -> bool:
            return bool(delivery.key)

    async with open_room(inbox=Shelf()) as room:
        room.teams.connector.rosters_down = 500
        activity = room.teams.activity("card_action", value=SUBSCRIBE)
        assert "written down" in (await room.teams.deliver(activity)).json["value"]
        looked_up = len(room.teams.connector.looked_up)
        assert (await room.teams.deliver({**activity, "id": "2"})).status == 200
        assert len(room.teams.connector.looked_up) == looked_up
        assert not room.library.asked


async def test_somebody_who_is_demoted_is_a_guest_a_minute_later(room: Room) -> None:
    await room.teams.search("x")
    room.teams.connector.people[0] = replace(GRACE, role="guest")
    room.clock.seconds += 61
    await room.teams.search("x")
    assert [command.by.standing for command in room.library.asked] == [Standing.MEMBER, Standing.GUEST]


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
async def test_who_cannot_be_looked_up_is_a_guest(room: Room, status: int) -> None:
    room.teams.connector.rosters_down = status
    await room.teams.search("x")
    assert room.library.asked[0].by.standing is Standing.GUEST


async def test_a_roster_that_hangs_is_not_waited_for(room: Room) -> None:
    room.teams.connector.rosters_mute = asyncio.Event()
    async with asyncio.timeout(4):
        await asyncio.gather(*(room.teams.search("x") for _ in range(5)))
    assert {command.by.standing for command in room.library.asked} == {Standing.GUEST}
    assert len(room.teams.connector.looked_up) == 1
    room.teams.connector.rosters_mute.set()


async def test_in_a_chat_without_the_bot_the_chat_with_the_bot_vouches(room: Room) -> None:
    elsewhere = {"id": "19:a_b@unq.gbl.spaces", "conversationType": "personal", "tenantId": TENANT}

    async def search() -> Standing:
        activity = room.teams.activity("query", conversation=elsewhere)
        room.teams.connector.conversations.discard(elsewhere["id"])
        assert (await room.teams.deliver(activity)).status == 200
        return room.library.asked[-1].by.standing

    assert await search() is Standing.GUEST
    await room.teams.say("hello")
    await room.surface.close()
    room.clock.seconds += 61
    assert await search() is Standing.MEMBER


async def test_bots_are_strangers(room: Room) -> None:
    for sender in ({"id": "28:other", "name": "Bot"}, {"id": "29:x", "role": "bot"}):
        activity = room.teams.activity("query", **{"from": sender})
        assert (await room.teams.deliver(activity)).status == 200
    assert {command.by.standing for command in room.library.asked} == {Standing.STRANGER}


async def test_without_an_app_id_everybody_on_this_machine_is_a_member() -> None:
    async with open_room(app_id=None, app_password=None, tenant_id=None) as room:
        room.teams.connector.issued = None
        await room.teams.search("x")
        assert room.library.asked[0].by.standing is Standing.MEMBER
        assert room.library.asked[0].by.as_of is not None
        assert not room.teams.connector.looked_up


async def test_the_room_of_a_thread_is_its_channel_and_somebody_alone_with_the_bot_is_in_their_own(room: Room) -> None:
    assert (await room.teams.mention("x", ALAN)).conversation.startswith(f"{CHANNEL};messageid=")
    await room.teams.say("x", ALAN)
    group = {"id": "19:g@thread.v2", "conversationType": "groupChat", "tenantId": TENANT}
    await room.teams.mention("x", ALAN, conversation=group, channelData={"tenant": {"id": TENANT}})
    by = [command.by for command in room.library.asked]
    assert [one.room for one in by] == [CHANNEL, "", "19:g@thread.v2"]
    assert [one.here for one in by] == [f"teams:{CHANNEL}", f"teams:{ALAN.entra_id}", "teams:19:g@thread.v2"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (GRACE.member, Standing.MEMBER),
        ({**GRACE.member, "tenantId": TENANT.upper()}, Standing.MEMBER),
        ({**GRACE.member, "userRole": None}, Standing.MEMBER),
        ({**GRACE.member, "userPrincipalName": None}, Standing.MEMBER),
        ({**GRACE.member, "userRole": "guest"}, Standing.GUEST),
        ({**GRACE.member, "userRole": "Guest"}, Standing.GUEST),
        ({**GRACE.member, "userPrincipalName": "x_y#ext#@example.org"}, Standing.GUEST),
        ({**GRACE.member, "userRole": "anonymous"}, Standing.STRANGER),
        ({**GRACE.member, "tenantId": "another"}, Standing.STRANGER),
        ({"id": "29:x"}, Standing.GUEST),
        ({"userRole": 7, "userPrincipalName": [], "tenantId": {}}, Standing.GUEST),
    ],
)  # fmt: skip
async def test_entries_of_every_shape_are_judged(entry: dict[str, object], expected: Standing) -> None:
    assert standing(entry, TENANT) is expected


async def test_the_address_of_a_member_comes_from_the_roster_in_lower_case(room: Room) -> None:
    for who in (GRACE, GUEST, STRANGER):
        await room.teams.say("x", who)
    assert [command.by.email for command in room.library.asked] == ["grace@example.org", "", ""]


async def test_without_an_app_id_nobody_is_vouched_for() -> None:
    async with open_room(app_id=None, app_password=None, tenant_id=None) as room:
        room.teams.connector.issued = None
        await room.teams.say("x")
        assert (room.library.asked[0].by.email, room.library.asked[0].by.groups) == ("", frozenset())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "grace@example.org"),
        ({"email": "G.Hopper@Example.org"}, "g.hopper@example.org"),
        ({"email": None}, "grace@example.org"),
        ({"email": "not an address"}, "grace@example.org"),
        ({"email": None, "userPrincipalName": None}, ""),
        ({"email": 7, "userPrincipalName": []}, ""),
        ({"tenantId": None}, ""),
        ({"tenantId": "another"}, ""),
        ({"userRole": "guest"}, ""),
        ({"userRole": "anonymous"}, ""),
        ({"userPrincipalName": "grace_partner.example#EXT#@example.org"}, ""),
        ({"email": "grace#EXT#@example.org"}, "grace@example.org"),
        ({"email": "\u212aate@example.org"}, "\u212aate@example.org"),  # lower() would make Kate of the Kelvin sign
        ({"email": "gr\u0430ce@example.org"}, "gr\u0430ce@example.org"),  # a Cyrillic a stays one
        ({"email": "a@b@example.org", "userPrincipalName": None}, ""),
        ({"email": "grace@example.org\0", "userPrincipalName": None}, ""),
        ({"email": " grace@example.org", "userPrincipalName": None}, ""),
    ],
)  # fmt: skip
async def test_an_address_is_vouched_for_by_the_rule_alone(changes: dict[str, object], expected: str) -> None:
    assert email({**GRACE.member, **changes}, TENANT) == expected

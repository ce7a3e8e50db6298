"""Who somebody is: asked once a minute, whoever waits, and never for longer than a second."""

import asyncio
import time
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from bot.domain.people import Standing
from bot.playground.slack import ALAN, GRACE
from bot.playground.state import User
from bot.slack.identity import Identity
from bot.slack.people import Facts, facts_of
from tests.slack.room import Room, open_room

pytestmark = pytest.mark.asyncio

HOME = Identity("T0HOME", "E0GRID", "A0", "U0BOT")
MEMBER = {"id": "U1", "team_id": "T0HOME", "name": "ada", "profile": {"display_name": "Ada", "real_name": "Ada L."}}


def groups_asked(room: Room) -> int:
    return [name for name, _ in room.slack.calls].count("usergroups.users.list")


def lookups(room: Room) -> int:
    return [name for name, _ in room.slack.calls].count("users.info")


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({}, Standing.MEMBER),
        ({"is_restricted": True}, Standing.GUEST),
        ({"is_ultra_restricted": True, "is_restricted": True}, Standing.GUEST),
        ({"team_id": "T0OTHER"}, Standing.STRANGER),
        ({"team_id": "T0SECOND", "enterprise_user": {"enterprise_id": "E0GRID"}}, Standing.MEMBER),
        ({"team_id": "T0SECOND", "enterprise_user": {"enterprise_id": "E0OTHER"}}, Standing.STRANGER),
        ({"is_stranger": True}, Standing.STRANGER),
        ({"deleted": True}, Standing.STRANGER),
        ({"deleted": True, "is_restricted": True}, Standing.STRANGER),
        ({"is_bot": True}, Standing.STRANGER),
        ({"team_id": None}, Standing.STRANGER),
    ],
)
async def test_how_somebody_belongs_is_read_from_what_slack_says(more: dict[str, Any], standing: Standing) -> None:
    assert facts_of(MEMBER | more, HOME).standing is standing


async def test_the_name_is_the_one_that_people_see() -> None:
    assert facts_of(MEMBER, HOME).name == "Ada"
    assert facts_of(MEMBER | {"profile": {"display_name": "", "real_name": "Ada L."}}, HOME).name == "Ada L."
    assert facts_of(MEMBER | {"profile": None}, HOME).name == "ada"
    assert facts_of("nonsense", HOME) == Facts(Standing.GUEST)


@pytest.mark.parametrize(
    ("more", "email"),
    [
        ({}, "ada@example.org"),
        ({"is_email_confirmed": True}, "ada@example.org"),
        ({"is_email_confirmed": False}, ""),
        ({"is_restricted": True}, ""),
        ({"is_ultra_restricted": True}, ""),
        ({"team_id": "T0OTHER"}, ""),
        ({"is_stranger": True}, ""),
        ({"deleted": True}, ""),
        ({"is_bot": True}, ""),
        ({"profile": {"display_name": "Ada"}}, ""),
        ({"profile": {"email": None}}, ""),
        ({"profile": {"email": ["ada@example.org"]}}, ""),
    ],
)
async def test_an_address_vouches_for_full_members_alone(more: dict[str, Any], email: str) -> None:  # abuse 16, 18
    ada = MEMBER | {"profile": {"display_name": "Ada", "email": "Ada@Example.org"}}
    assert facts_of(ada | more, HOME).email == email


@pytest.mark.parametrize("address", ["\u212aate@example.org", "kate@example.org\u00a0", " kate@example.org"])
async def test_an_address_that_looks_alike_stays_another(address: str) -> None:  # abuse 16
    kate = MEMBER | {"profile": {"display_name": "Kate", "email": address}}
    assert facts_of(kate, HOME).email != "kate@example.org"


async def test_groups_that_roles_name_are_asked_for_where_something_changes_and_once_for_all_who_wait() -> None:
    async with open_room(groups=lambda: ["S0ARCH", "S0OTHER", "S0NONE"]) as room:
        assert await room.introduce()
        room.slack.state.groups = {"S0ARCH": frozenset({"U0GRACE"}), "S0OTHER": frozenset({"U0ALAN"})}
        await room.slack.command("/arch", "who pays?")
        assert groups_asked(room) == 0
        assert room.commands[-1].by.groups == frozenset()
        people = [GRACE, ALAN] * 5
        await asyncio.gather(*(room.slack.command("/arch", "subscribe standards", user=user) for user in people))
        assert groups_asked(room) == 3
        seen = {(command.by.id, command.by.groups) for command in room.commands[1:]}
        assert seen == {("U0GRACE", frozenset({"slack:S0ARCH"})), ("U0ALAN", frozenset({"slack:S0OTHER"}))}


async def test_who_was_demoted_or_left_a_group_is_known_within_a_minute() -> None:  # abuse 17
    async with open_room(groups=lambda: ["S0ARCH"]) as room:
        assert await room.introduce()
        room.slack.state.groups = {"S0ARCH": frozenset({"U0GRACE"})}
        await room.slack.command("/arch", "subscribe standards")
        room.slack.state.groups = {"S0ARCH": frozenset()}
        room.slack.state.users[GRACE.id] = replace(GRACE, is_restricted=True)
        for _ in range(5):
            room.clock.seconds += 11
            await room.slack.command("/arch", "subscribe standards")
        first, *_, last = (command.by for command in room.commands)
        assert (first.standing, first.groups) == (Standing.MEMBER, frozenset({"slack:S0ARCH"}))
        assert (last.standing, last.groups, last.email) == (Standing.GUEST, frozenset(), "")
        room.slack.state.users[GRACE.id] = replace(GRACE, deleted=True)
        room.clock.seconds += 59
        await room.slack.command("/arch", "subscribe standards")
        assert len(room.commands) == 7
        assert room.commands[-1].by.standing is Standing.STRANGER


async def test_it_is_known_since_when_the_facts_about_somebody_are(home: Room) -> None:
    began = time.monotonic()
    await home.slack.command("/arch", "subscribe standards")
    told = home.commands[-1].by.as_of
    assert told is not None
    assert began <= told <= time.monotonic()
    home.clock.seconds += 40
    await home.slack.command("/arch", "who pays?")
    assert home.commands[-1].by.as_of == told  # what is known is not asked for again, and is as old as it is
    home.clock.seconds += 10
    await home.slack.command("/arch", "subscribe standards")
    newer = home.commands[-1].by.as_of
    assert newer is not None
    assert newer > told


async def test_facts_are_as_old_as_the_oldest_of_them() -> None:
    async with open_room(groups=lambda: ["S0ARCH"]) as room:
        assert await room.introduce()
        room.slack.state.groups = {"S0ARCH": frozenset({"U0GRACE", "U0ALAN"})}
        await room.slack.command("/arch", "subscribe standards")
        between = time.monotonic()
        await room.slack.command("/arch", "subscribe standards", user=ALAN)
        assert room.commands[-1].by.groups == frozenset({"slack:S0ARCH"})
        group = room.commands[-1].by.as_of  # he was asked for just now, the group was before
        room.slack.state.users[GRACE.id] = replace(GRACE, is_restricted=True)
        room.clock.seconds += 46
        await room.slack.command("/arch", "subscribe standards")
        guest = room.commands[-1].by
        assert group is not None
        assert guest.as_of is not None
        assert group < between < guest.as_of
        assert (guest.standing, guest.groups) == (Standing.GUEST, frozenset())


async def test_when_slack_does_not_tell_nothing_is_as_of_any_time() -> None:
    async with open_room() as room:
        room.slack.app = replace(room.slack.app, scopes=frozenset({"commands"}))
        assert await room.introduce()
        await room.slack.command("/arch", "who pays?")
        assert room.commands[-1].by.as_of is None


async def test_a_group_that_cannot_be_read_has_nobody_in_it_and_that_is_logged_once(
    logged: list[MutableMapping[str, Any]],
) -> None:
    async with open_room(groups=lambda: ["S0ARCH"]) as room:
        room.slack.app = replace(room.slack.app, scopes=frozenset({"users:read", "commands"}))
        assert await room.introduce()
        for _ in range(3):
            assert (await room.slack.command("/arch", "subscribe standards")).words.startswith("Subscribed")
            room.clock.seconds += 50
        assert {command.by.groups for command in room.commands} == {frozenset()}
        assert len([entry for entry in logged if "user group" in entry["event"]]) == 1


async def test_slack_is_asked_once_a_minute(home: Room) -> None:
    for seconds in (0, 30, 29):
        home.clock.seconds += seconds
        await home.slack.command("/arch", "who pays?")
    assert lookups(home) == 1
    home.slack.state.users[GRACE.id] = replace(GRACE, is_restricted=True)
    home.clock.seconds += 1
    await home.slack.command("/arch", "who pays?")
    assert lookups(home) == 2
    assert [command.by.standing for command in home.commands] == [Standing.MEMBER] * 3 + [Standing.GUEST]


async def test_all_who_wait_for_the_same_person_wait_for_one_answer(home: Room) -> None:
    await asyncio.gather(*(home.slack.command("/arch", "who pays?", user=ALAN) for _ in range(20)))
    assert lookups(home) == 1
    assert len(home.commands) == 20


async def test_somebody_whom_slack_does_not_know_is_a_stranger(home: Room) -> None:
    for nobody in (User("U0NOBODY", "nobody"), User("USLACKBOT", "slackbot")):
        assert (await home.slack.command("/arch", "who pays?", user=nobody)).words == "Members only"


async def test_when_slack_does_not_tell_everybody_is_a_guest_and_that_is_logged_once(
    logged: list[MutableMapping[str, Any]],
) -> None:
    async with open_room() as room:
        room.slack.app = replace(room.slack.app, scopes=frozenset({"commands"}))
        assert await room.introduce()
        for user in (GRACE, ALAN, GRACE):
            assert (await room.slack.command("/arch", "who pays?", user=user)).error is None
        assert {command.by.standing for command in room.commands} == {Standing.GUEST}
        assert len([entry for entry in logged if "guests" in entry["event"]]) == 1
        room.slack.app = replace(room.slack.app, scopes=frozenset({"users:read"}))
        room.clock.seconds += 6
        await room.slack.command("/arch", "who pays?")
        assert room.commands[-1].by.standing is Standing.MEMBER


async def test_a_slack_that_does_not_answer_delays_a_command_by_a_second_at_most() -> None:
    release = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await release.wait()
        return web.json_response({"ok": False, "error": "late"})

    app = web.Application()
    app.router.add_route("*", "/api/{method}", silent)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with open_room(api_url=f"http://127.0.0.1:{runner.addresses[0][1]}/api/") as room:
            loop = asyncio.get_running_loop()
            began = loop.time()
            shown = await room.slack.command("/arch", "who pays?")
            assert loop.time() - began < 2
            assert shown.error is None
            assert room.commands[-1].by.standing is Standing.GUEST
            release.set()
    finally:
        await runner.cleanup()

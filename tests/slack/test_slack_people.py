"""Who somebody is: asked once a minute, whoever waits, and never for longer than a second."""

import asyncio
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

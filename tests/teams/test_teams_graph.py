"""Groups of Entra: asked of Microsoft Graph for changes alone, a minute old at most, and never more rights from a fault."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
import structlog

from bot.domain.commands import Subscribe
from bot.domain.people import Account, Standing
from bot.teams.graph import PUBLIC_SCOPE, PUBLIC_URL, scope_for
from tests.doubles.teams import ALAN, GRACE, GUEST, PASSWORD
from tests.teams.room import Room
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

ARCHITECTS = "3f2c0000-0000-4000-8000-000000000001"
SECURITY = "3f2c0000-0000-4000-8000-000000000002"
NESTED = "3f2c0000-0000-4000-8000-00000000000a"
SUBSCRIBE = {"action": {"type": "Action.Execute", "verb": "subscribe", "data": {"about": "standards"}}}


@dataclass
class House:
    """A bot whose roles name groups."""

    room: Room
    named: list[str]

    async def change(self, who: Any = GRACE) -> Account:
        """As whom somebody subscribes."""
        await self.room.teams.invoke("card_action", SUBSCRIBE, who)
        command = self.room.library.asked[-1]
        assert isinstance(command, Subscribe)
        return command.by


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    named = [ARCHITECTS, SECURITY]
    async with open_room(groups=lambda: named) as room:
        room.teams.graph.groups = {ARCHITECTS: {NESTED}, NESTED: {GRACE.entra_id}, SECURITY: {ALAN.entra_id}}
        yield House(room, named)


async def test_a_change_is_made_with_the_groups_that_roles_name_also_through_other_groups(house: House) -> None:
    assert (await house.change()).groups == {f"entra:{ARCHITECTS}"}
    assert (await house.change(ALAN)).groups == {f"entra:{SECURITY}"}
    assert house.room.teams.graph.refused == []


async def test_questions_and_searches_ask_nothing_of_graph(house: House) -> None:
    answer = await house.room.teams.say("x")
    await house.room.teams.search("x")
    await house.room.teams.press(answer, "Helpful")
    assert not house.room.teams.graph.asked
    assert {command.by.groups for command in house.room.library.asked} == {frozenset()}


async def test_a_typed_change_is_made_with_groups_too(house: House) -> None:
    await house.room.teams.say("subscribe standards")
    assert house.room.library.asked[-1].by.groups == {f"entra:{ARCHITECTS}"}


async def test_facts_are_a_minute_old_at_most_and_asked_for_once(house: House) -> None:
    await asyncio.gather(*(house.change() for _ in range(5)))
    assert sorted(house.room.teams.graph.asked) == [(GRACE.entra_id, GRACE.entra_id), ("checkMemberGroups", GRACE.entra_id)]  # fmt: skip
    house.room.teams.graph.groups[NESTED].clear()
    assert (await house.change()).groups
    house.room.clock.seconds += 61
    assert not (await house.change()).groups
    assert len(house.room.teams.graph.asked) == 4


async def test_facts_are_as_old_as_the_oldest_of_them(house: House) -> None:
    before = time.monotonic()
    told = (await house.change()).as_of
    assert told is not None
    assert before <= told <= time.monotonic()
    await house.room.teams.search("x")  # the roster's alone
    roster = house.room.library.asked[-1].by.as_of
    assert roster == told
    house.room.clock.seconds += 46  # Graph is asked anew for a change, the roster only where a change is recorded
    assert (await house.change()).as_of == told
    assert len(house.room.teams.graph.asked) == 4


async def test_a_group_that_is_named_meanwhile_is_asked_about(house: House) -> None:
    house.named.remove(ARCHITECTS)
    assert not (await house.change()).groups
    house.named.append(ARCHITECTS)
    assert (await house.change()).groups == {f"entra:{ARCHITECTS}"}


async def test_while_no_role_names_a_group_nothing_is_asked(house: House) -> None:
    house.named.clear()
    assert (await house.change()).groups == frozenset()
    assert not house.room.teams.graph.asked


async def test_more_than_twenty_groups_are_asked_about_twenty_at_a_time(house: House) -> None:
    house.named += [f"00000000-0000-4000-8000-{n:012x}" for n in range(40)]
    assert (await house.change()).groups == {f"entra:{ARCHITECTS}"}
    assert [what for what, _ in house.room.teams.graph.asked].count("checkMemberGroups") == 3
    assert not house.room.teams.graph.refused


async def test_a_malformed_group_spoils_no_other(house: House) -> None:
    house.named += ["architects", "../x", ""]
    assert (await house.change()).groups == {f"entra:{ARCHITECTS}"}


async def test_a_group_is_given_back_as_it_was_named(house: House) -> None:
    house.named[:] = [ARCHITECTS.upper()]
    assert (await house.change()).groups == {f"entra:{ARCHITECTS.upper()}"}


async def test_whose_account_is_blocked_or_gone_is_a_stranger(house: House) -> None:
    house.room.teams.graph.disabled.add(GRACE.entra_id)
    by = await house.change()
    assert (by.standing, by.email, by.groups) == (Standing.STRANGER, "", frozenset())
    house.room.teams.graph.people.remove(ALAN)
    assert (await house.change(ALAN)).standing is Standing.STRANGER


async def test_who_is_a_guest_for_graph_is_one(house: House) -> None:
    house.room.teams.graph.people[0] = replace(GRACE, role="guest")
    by = await house.change()
    assert (by.standing, by.email, by.groups) == (Standing.GUEST, "", frozenset())


async def test_guests_are_not_asked_about(house: House) -> None:
    house.room.teams.graph.groups[ARCHITECTS].add(GUEST.entra_id)
    by = await house.change(GUEST)
    assert (by.standing, by.groups) == (Standing.GUEST, frozenset())
    assert not house.room.teams.graph.asked


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
async def test_a_graph_that_does_not_tell_gives_no_groups_and_is_logged_once(house: House, status: int) -> None:
    house.room.teams.graph.down = status
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            by = await house.change()
            assert (by.standing, by.email, by.groups) == (Standing.MEMBER, "grace@example.org", frozenset())
            house.room.clock.seconds += 11
        assert len([entry for entry in logs if entry["log_level"] == "error"]) == 1
    house.room.teams.graph.down = None
    assert (await house.change()).groups


async def test_after_a_failure_graph_is_left_alone_for_a_while(house: House) -> None:
    house.room.teams.graph.down = 503
    await house.change()
    asked = len(house.room.teams.graph.asked)
    await house.change()
    await house.change(ALAN)
    assert len(house.room.teams.graph.asked) == asked


async def test_without_the_permissions_nobody_is_in_a_group(house: House) -> None:
    house.room.teams.issuer.granted = ("User.Read.All",)
    assert not (await house.change()).groups
    assert (403, "Authorization_RequestDenied") in house.room.teams.graph.refused


async def test_a_wrong_address_makes_nobody_a_stranger(house: House) -> None:
    async with house.room.another(graph_url=f"{house.room.teams.graph.url}/wrong"):
        by = await house.change()
    assert (by.standing, by.groups) == (Standing.MEMBER, frozenset())


async def test_a_token_that_is_not_accepted_is_replaced(house: House) -> None:
    await house.change()
    house.room.teams.issuer.rotate()
    house.room.clock.seconds += 61
    assert not (await house.change()).groups
    house.room.clock.seconds += 61
    assert (await house.change()).groups


async def test_a_graph_that_hangs_is_not_waited_for(house: House) -> None:
    house.room.teams.graph.mute = asyncio.Event()
    async with asyncio.timeout(4):
        assert not (await house.change()).groups
    house.room.teams.graph.mute.set()


async def test_graph_has_a_token_of_its_own_and_the_connector_never_sees_it(house: House) -> None:
    await house.change()
    await house.room.teams.say("x")
    scopes = {request["scope"] for request in house.room.teams.issuer.token_requests}
    assert scopes == {PUBLIC_SCOPE, "https://api.botframework.com/.default"}
    assert all(token.startswith("token-") for token in house.room.teams.connector.tokens_seen)
    assert PASSWORD not in json.dumps(house.room.teams.graph.asked)


async def test_national_clouds_have_scopes_of_their_own() -> None:
    assert scope_for(PUBLIC_URL) == PUBLIC_SCOPE
    assert scope_for("https://graph.microsoft.us/v1.0") == "https://graph.microsoft.us/.default"
    assert (
        scope_for("https://microsoftgraph.chinacloudapi.cn/v1.0") == "https://microsoftgraph.chinacloudapi.cn/.default"
    )
    assert scope_for("https://graph.microsoft.us.evil.example/v1.0") == PUBLIC_SCOPE

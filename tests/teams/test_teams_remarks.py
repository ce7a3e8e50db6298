"""Words in the threads of our posts: a remark where they can be meant for us, else the question that they always were."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.commands import Ask, Command, Help, ListSubscriptions, Remark, Show, Subscribe
from tests.doubles.teams import CHANNEL, GRACE, PAYMENTS, TENANT
from tests.teams.room import Room
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

THREAD = "1485983194839"


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    async with open_room(listens={f"teams:{CHANNEL}"}.__contains__) as opened:
        yield opened


async def heard(room: Room, text: str, **members: Any) -> Command:
    await room.teams.mention(text, **members)
    return room.library.asked[-1]


async def test_words_in_a_thread_of_such_a_room_are_a_remark_on_its_first_post(room: Room) -> None:
    remark = await heard(room, "Yes: use the platform's\nkey service.")
    assert remark == Remark(remark.by, THREAD, "Yes: use the platform's\nkey service.", addressed=True)
    assert (remark.by.id, remark.by.here) == (GRACE.entra_id, f"teams:{CHANNEL}")


@pytest.mark.parametrize(
    ("text", "meant"),
    [("help", Help), ("", Help), ("show STD-004", Show), ("subscriptions", ListSubscriptions), ("subscribe adrs", Subscribe)],
)  # fmt: skip
async def test_commands_are_commands_also_there(room: Room, text: str, meant: type[Command]) -> None:
    assert isinstance(await heard(room, text), meant)


async def test_what_begins_a_thread_is_a_question(room: Room) -> None:
    assert isinstance(await heard(room, "encrypt?", id=THREAD), Ask)


async def test_in_other_rooms_it_is_a_question(room: Room) -> None:
    elsewhere = {"id": f"{PAYMENTS.id};messageid=7", "conversationType": "channel", "tenantId": TENANT}
    data = {"channel": {"id": PAYMENTS.id}, "team": {"id": PAYMENTS.id}, "tenant": {"id": TENANT}}
    assert isinstance(await heard(room, "encrypt?", conversation=elsewhere, channelData=data), Ask)
    group = {"id": f"{CHANNEL};messageid=7", "conversationType": "groupChat", "tenantId": TENANT}
    assert isinstance(await heard(room, "encrypt?", conversation=group, channelData={"tenant": {"id": TENANT}}), Ask)
    personal = {"id": "a:1;messageid=7", "conversationType": "personal", "tenantId": TENANT}
    assert isinstance(await heard(room, "encrypt?", conversation=personal), Ask)


async def test_what_is_said_to_others_there_is_not_heard(room: Room) -> None:
    assert (await room.teams.deliver(room.teams.activity("message_channel", entities=[]))).status == 200
    await room.surface.close()
    assert not room.library.asked

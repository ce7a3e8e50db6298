"""Socket Mode: the same answers over a connection of ours; nothing lost and nothing doubled, however often it breaks."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.commands import Ask
from bot.playground.doings import until
from bot.playground.slack import GRACE
from tests.slack.room import APP_TOKEN, Room, open_room

pytestmark = pytest.mark.asyncio

DISCONNECTS = 50


@pytest_asyncio.fixture
async def socket() -> AsyncIterator[Room]:
    async with open_room(socket_mode=True) as room:
        await until(lambda: room.surface.connected or None, "Socket Mode did not connect")
        assert await room.introduce()
        yield room


async def test_a_command_is_answered_in_the_receipt(socket: Room) -> None:
    shown = await socket.slack.command("/arch", "who pays?")
    assert shown.words.startswith("You asked: who pays?")
    assert not shown.for_all


async def test_events_clicks_and_forms_come_the_same_way(socket: Room) -> None:
    answer = await socket.slack.answer_to(await socket.slack.mention("who pays?"))
    await socket.slack.press(answer, "Helpful")
    assert (await socket.slack.whisper_to(GRACE)).words == "Thanks: True"
    await socket.slack.shortcut("ask")
    shown = await socket.slack.submit(await socket.slack.view_of(GRACE), {"Question": "who pays?"})
    assert shown is not None
    assert shown.words.startswith("You asked: who pays?")


async def test_no_answer_is_lost_or_doubled_over_fifty_disconnects(socket: Room) -> None:
    sockets = socket.slack.sockets
    questions = []
    for number in range(DISCONNECTS):
        before = sockets.opened
        match number % 4:
            case 0:
                await sockets.ask_to_leave("refresh_requested")
            case 1:
                sockets.cut()
            case 2:
                sockets.lose_receipts = 1  # the answer was on its way when the connection broke
            case 3:
                await sockets.ask_to_leave("warning")
        shown = await socket.slack.command("/arch", f"question {number}?")
        assert shown.words.startswith(f"You asked: question {number}?\n")
        questions.append(await socket.slack.mention(f"mention {number}?"))
        await until(lambda before=before: sockets.opened > before or None, "no new connection")  # type: ignore[misc]  # mypy sees no default
    assert sockets.opened > DISCONNECTS
    answers = [await socket.slack.answer_to(question) for question in questions]
    await socket.rest()
    said = [m for m in socket.slack.messages if m.author == socket.slack.app.bot_user and m.only_for is None]
    assert [answer.ts for answer in answers] == [message.ts for message in said]
    asked = [command.question for command in socket.commands if isinstance(command, Ask)]
    assert sorted(asked) == sorted(
        f"{what} {number}?" for number in range(DISCONNECTS) for what in ("question", "mention")
    )


async def test_what_comes_again_while_it_is_worked_on_is_done_once(socket: Room) -> None:
    socket.slack.sockets.lose_receipts = 3
    shown = await socket.slack.command("/arch", "who pays?")
    assert shown.words.startswith("You asked: who pays?")
    assert len(socket.commands) == 1


async def test_the_next_connection_is_open_before_the_last_is_closed(socket: Room) -> None:
    sockets = socket.slack.sockets
    leaving = asyncio.create_task(sockets.ask_to_leave())
    shown = await socket.slack.command("/arch", "who pays?")
    await leaving
    assert shown.words
    assert socket.surface.connected


async def test_what_has_come_is_answered_before_the_connection_is_closed() -> None:
    async with open_room(socket_mode=True) as room:
        await until(lambda: room.surface.connected or None, "Socket Mode did not connect")
        typed = asyncio.create_task(room.slack.command("/arch", "slow question"))
        await until(lambda: room.commands or None, "the question did not come")
        asyncio.get_running_loop().call_later(0.05, room.slow.set)
    assert (await typed).words.startswith("You asked: slow question")


async def test_a_foreign_delivery_is_acknowledged_and_not_answered(
    socket: Room, logged: list[MutableMapping[str, Any]]
) -> None:
    socket.slack.app = replace(socket.slack.app, team="T0OTHER")
    assert (await socket.slack.command("/arch", "who pays?")).message == {}
    assert socket.commands == []
    assert [entry["event"] for entry in logged if entry["log_level"] == "warning"] == [
        "a delivery for another Slack workspace or app was refused"
    ]


async def test_a_fault_is_shown_and_acknowledged(socket: Room) -> None:
    shown = await socket.slack.command("/arch", "break it")
    assert shown.words
    assert "burnt" not in shown.words


async def test_a_wrong_app_token_is_named_in_the_log_and_health_shows_it(
    logged: list[MutableMapping[str, Any]],
) -> None:
    async with open_room(socket_mode=True) as room:
        room.slack.app_token = "xapp-another"
        await until(lambda: [e for e in logged if "SLACK_APP_TOKEN" in e["event"]] or None, "nothing was logged")
        assert not room.surface.connected
    assert APP_TOKEN not in repr(logged)


async def test_over_http_there_is_nothing_to_connect(room: Room) -> None:
    assert room.surface.connected

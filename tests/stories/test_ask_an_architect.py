"""What the library does not answer goes to the architects, and their reply comes back to whoever asked, across platforms."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.playground.doings import ALAN, GRACE
from bot.playground.state import Channel, Message
from tests.doubles import teams as tenant
from tests.doubles.teams import CHANNEL, shown
from tests.doubles.teams_connector import Posted
from tests.stories.house import House, house, until, words_of

ASK = "C0ASK"
UNKNOWN = "may we bring zebras into the data centre"
REPLY = "Only on a lead, and never on a Friday."


def in_the_channel(house: House) -> list[Message]:
    return [message for message in house.slack.messages if message.channel == ASK]


def to_grace_in_slack(house: House) -> list[Message]:
    return [m for m in house.slack.messages if REPLY in m.words and m.channel.startswith("D")]


def to_grace_in_teams(house: House) -> list[Posted]:
    return [p for p in house.teams.connector.posted if REPLY in words_of(p.activity) and p.room.startswith("a:")]


@pytest.mark.asyncio
async def test_asked_in_teams_and_answered_in_a_slack_thread(tmp_path: Path) -> None:
    async with house(tmp_path, ARCHWAY_QUESTIONS_ROOM=f"slack:{ASK}") as bot:
        bot.slack.state.channels[ASK] = Channel(
            ASK, "ask-architects", frozenset({GRACE.id, ALAN.id, bot.slack.app.bot_user})
        )
        answer = await bot.teams.say(UNKNOWN)
        await bot.teams.press(answer, "Ask an architect")

        await until(lambda: bool(in_the_channel(bot)))
        (question,) = in_the_channel(bot)
        assert UNKNOWN in question.words

        await bot.slack.message(REPLY, user=ALAN, channel=ASK, thread=question)
        await until(lambda: bool(to_grace_in_teams(bot)))
        assert UNKNOWN in words_of(shown(to_grace_in_teams(bot)[0]))
        await until(lambda: "Answered by alan" in in_the_channel(bot)[0].words)

        await bot.teams.press(answer, "Ask an architect")  # again: it is asked already
        assert len([m for m in in_the_channel(bot) if UNKNOWN in m.words and not m.thread_ts]) == 1


@pytest.mark.asyncio
async def test_many_replies_at_once_all_come_back(tmp_path: Path) -> None:
    async with house(tmp_path, ARCHWAY_QUESTIONS_ROOM=f"slack:{ASK}") as bot:
        people = frozenset({GRACE.id, ALAN.id, bot.slack.app.bot_user})
        bot.slack.state.channels[ASK] = Channel(ASK, "ask-architects", people)
        await bot.teams.press(await bot.teams.say(UNKNOWN), "Ask an architect")
        await until(lambda: bool(in_the_channel(bot)))
        (question,) = in_the_channel(bot)
        for number in range(40):  # more than anybody may ask at once
            await bot.slack.message(f"{REPLY} {number}.", user=ALAN, channel=ASK, thread=question)
        query = "SELECT count(*) FROM announcement WHERE topic = 'architect_reply'"
        await until(lambda: bot.remembered(query) == [(40,)], seconds=20)


@pytest.mark.asyncio
async def test_asked_in_slack_and_answered_in_a_teams_thread(tmp_path: Path) -> None:
    async with house(tmp_path, ARCHWAY_QUESTIONS_ROOM=f"teams:{CHANNEL}") as bot:
        await bot.teams.mention("help")  # so that the bot knows the channel
        asked = await bot.slack.direct(UNKNOWN)
        await bot.slack.press(await bot.slack.answer_to(asked), "Ask an architect")

        def question() -> Posted | None:
            return next(
                (p for p in bot.teams.connector.posted if p.room == CHANNEL and UNKNOWN in words_of(p.activity)), None
            )

        await until(lambda: question() is not None)
        found = question()
        assert found
        thread = f"{CHANNEL};messageid={found.id}"
        said = bot.teams.activity("message_channel", text=f"<at>Archway</at> {REPLY}", **{"from": tenant.ALAN.sender})
        said["conversation"] = {**said["conversation"], "id": thread}
        assert (await bot.teams.deliver(said)).status == 200
        await until(lambda: bool(to_grace_in_slack(bot)))
        assert UNKNOWN in to_grace_in_slack(bot)[0].words


@pytest.mark.asyncio
async def test_without_a_room_for_questions_there_is_no_such_button(tmp_path: Path) -> None:
    async with house(tmp_path) as bot:
        asked = await bot.slack.direct(UNKNOWN)
        assert "Ask an architect" not in (await bot.slack.answer_to(asked)).buttons
        assert "Ask an architect" not in words_of(shown(await bot.teams.say(UNKNOWN)))

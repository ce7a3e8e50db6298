"""Words in threads of our own posts, where such words can be meant for us: a reply goes on, a command is done, and all
else stays what it was."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.domain.commands import Ask, Help, Remark, Subscribe
from bot.playground.slack import ALAN, GENERAL, GRACE
from bot.playground.state import Message
from bot.slack.events import Said, happening
from bot.slack.inbound import Kind
from bot.slack.wishes import Reader
from bot.store.database import Database
from tests.slack.room import Room, open_room

pytestmark = pytest.mark.asyncio

BOT = "U0ARCHWAY"


@pytest_asyncio.fixture
async def ask(database: Database) -> AsyncIterator[Room]:
    """A room whose #general is where questions to the architects stand."""
    async with open_room(
        database=database, listens=lambda room: room in (f"slack:{GENERAL}", "slack:U0GRACE")
    ) as opened:
        assert await opened.introduce()
        yield opened


def post_of_ours(room: Room, channel: str = GENERAL) -> Message:
    return room.slack.state.post(channel, BOT, {"text": "Somebody asks: who pays?"})


def remarks(room: Room) -> list[tuple[str, str, bool]]:
    return [(one.post, one.text, one.addressed) for one in room.commands if isinstance(one, Remark)]


async def test_a_reply_in_the_thread_of_our_post_is_a_remark_and_recorded(ask: Room) -> None:
    post = post_of_ours(ask)
    reply = await ask.slack.message("quiet: the platform team pays", user=ALAN, thread=post)
    await ask.rest()
    assert remarks(ask) == [(post.ts, "quiet: the platform team pays", False)]
    assert ask.keys == [f"slack:message:{GENERAL}:{reply.ts}"]
    assert ask.commands[0].by.here == f"slack:{GENERAL}"
    assert ask.commands[0].by.email == "alan@example.org"
    assert len(ask.slack.messages) == 2  # silence


async def test_what_is_said_to_it_comes_in_the_thread(ask: Room) -> None:
    post = post_of_ours(ask)
    answer = await ask.slack.answer_to(await ask.slack.message("we do", user=ALAN, thread=post))
    assert (answer.words, answer.thread_ts, answer.only_for) == ("alan said: we do", post.ts, None)


async def test_with_a_mention_it_is_one_remark_too(ask: Room) -> None:
    post = post_of_ours(ask)
    await ask.slack.mention("quiet: we do", user=ALAN, thread=post)
    await ask.rest()
    assert remarks(ask) == [(post.ts, "quiet: we do", True)]
    assert len(ask.keys) == 1


async def test_a_reply_that_begins_with_somebodys_name_is_one_as_well(ask: Room) -> None:
    post = post_of_ours(ask)
    await ask.slack.message("@grace quiet: ask the platform team", user=ALAN, thread=post)
    await ask.rest()
    assert [text for _, text, _ in remarks(ask)] == ["@U0GRACE quiet: ask the platform team"]


async def test_a_command_by_mention_is_done_there(ask: Room) -> None:
    post = post_of_ours(ask)
    assert (await ask.slack.answer_to(await ask.slack.mention("help", thread=post))).words == "Ask in plain words"
    await ask.slack.mention("subscribe standards", thread=post)
    await ask.slack.mention("", thread=post)
    await ask.rest()
    assert sorted(type(command).__name__ for command in ask.commands) == ["Help", "Help", "Subscribe"]
    await ask.slack.message("quiet: help", thread=post)  # without a mention they are words among people
    await ask.rest()
    assert len(remarks(ask)) == 1
    assert Help in {type(command) for command in ask.commands}
    assert Subscribe in {type(command) for command in ask.commands}


async def test_words_elsewhere_are_no_remarks(ask: Room) -> None:
    post_of_ours(ask)
    talk = await ask.slack.message("is this for anybody?")
    await ask.slack.message("and this?", thread=talk, user=ALAN)
    question = await ask.slack.mention("who pays?")
    await ask.slack.answer_to(question)
    await ask.slack.answer_to(await ask.slack.message("and who else?", thread=question))
    await ask.rest()
    assert remarks(ask) == []
    assert [type(command) for command in ask.commands] == [Ask, Ask]
    assert ask.keys == []


async def test_edits_bots_and_empty_words_are_none_either(ask: Room) -> None:  # abuse 28
    post = post_of_ours(ask)
    reply = await ask.slack.message("quiet: one", thread=post, user=ALAN)
    await ask.slack.edit(reply, "quiet: two")
    await ask.slack.vanish(reply)
    event = {
        "type": "message",
        "channel": GENERAL,
        "channel_type": "channel",
        "thread_ts": post.ts,
        "parent_user_id": BOT,
    }
    await ask.slack.event({**event, "ts": "9.1", "bot_id": "B1", "user": "U0OTHERBOT", "text": "I am a bot"})
    await ask.slack.event({**event, "ts": "9.2", "user": "U0GRACE", "text": " ", "subtype": "file_share"})
    await ask.rest()
    assert [text for _, text, _ in remarks(ask)] == ["quiet: one"]


async def test_a_reply_in_a_direct_message_is_a_remark_there(ask: Room) -> None:
    post = post_of_ours(ask, ask.slack.state.channel(GRACE.id).id)
    answer = await ask.slack.answer_to(await ask.slack.direct("thanks", thread=post))
    assert remarks(ask) == [(post.ts, "thanks", True)]
    assert ask.commands[0].by.here == "slack:U0GRACE"
    assert answer.words == "grace said: thanks"
    assert "chat.startStream" not in [name for name, _ in ask.slack.calls]


async def test_where_nobody_listens_a_thread_of_ours_is_as_any_other(database: Database) -> None:
    async with open_room(database=database) as room:
        assert await room.introduce()
        post = post_of_ours(room)
        await room.slack.message("we do", thread=post, user=ALAN)
        await room.slack.answer_to(await room.slack.message("and who else?", thread=post, user=ALAN))
        assert [type(command) for command in room.commands] == [Ask]


def said(event: dict[str, Any], bot: str) -> Said | None:
    base = {"type": "message", "user": "U1", "channel": "C1", "ts": "1.2", "thread_ts": "1.1", "text": "we do"}
    what = happening({"team_id": "T1", "event": base | event}, bot, lambda room: room == "slack:C1")
    assert what is None or isinstance(what, Said)
    return what


@pytest.mark.parametrize(
    ("event", "bot", "expected"),
    [
        ({"parent_user_id": BOT}, BOT, True),
        ({"parent_user_id": "U2"}, BOT, False),
        ({}, BOT, True),  # Slack does not say whose thread it is: whoever handles it sees
        ({"parent_user_id": "U2"}, "", True),  # we do not know who we are
        ({"parent_user_id": BOT, "thread_ts": "1.2"}, BOT, False),  # it began the thread itself
        ({"parent_user_id": BOT, "thread_ts": ""}, BOT, False),
        ({"parent_user_id": BOT, "channel": "C2"}, BOT, False),
    ],
)
async def test_a_thread_of_ours_is_told_by_who_began_it(event: dict[str, Any], bot: str, expected: bool) -> None:
    what = said(event, bot)
    assert what is not None
    assert what.on_our_post is expected


async def test_the_same_words_by_name_and_without_have_one_key() -> None:
    reader = Reader("/arch", lambda _: False, lambda _: True, str)
    event = {"user": "U1", "channel": "C1", "ts": "1.2", "thread_ts": "1.1", "text": "<@U0ARCHWAY> we do"}
    wishes = [
        reader.read(Kind.EVENT, {"event_id": id_, "event": event | {"type": kind}}, "v0=x")
        for id_, kind in (("Ev1", "app_mention"), ("Ev2", "message"))
    ]
    assert {wish.key for wish in wishes} == {"slack:message:C1:1.2"}

"""Mentions, follow-ups in threads, direct messages and the agent's view, as a person does them."""

from dataclasses import replace

import pytest

from bot.domain.commands import Ask, Help, Show
from bot.playground.doings import until
from bot.playground.slack import ALAN, GENERAL, GRACE
from bot.playground.state import Channel, Session, User
from tests.slack.room import Room

pytestmark = pytest.mark.asyncio


def asked(room: Room) -> list[str]:
    return [command.question for command in room.commands if isinstance(command, Ask)]


async def test_a_mention_is_answered_in_its_thread_for_all(home: Room) -> None:
    question = await home.slack.mention("do <buckets> have to be encrypted?", user=ALAN)
    answer = await home.slack.answer_to(question)
    assert answer.words.startswith("You asked: do <buckets> have to be encrypted? [for all]")
    assert (answer.thread_ts, answer.only_for, answer.pings) == (question.ts, None, ())
    assert home.commands[0].by.room == GENERAL
    assert home.commands[0].by.name == "alan"


async def test_a_mention_can_show_a_document_and_an_empty_one_gets_help(home: Room) -> None:
    await home.slack.answer_to(await home.slack.mention("show STD-004"))
    await home.slack.answer_to(await home.slack.mention(""))
    assert [type(command) for command in home.commands] == [Show, Help]


async def test_a_mention_in_a_thread_is_answered_there(home: Room) -> None:
    talk = await home.slack.message("we should write this down")
    question = await home.slack.mention("who decides?", thread=talk, user=ALAN)
    assert (await home.slack.answer_to(question)).thread_ts == talk.ts


async def test_a_question_that_follows_in_the_thread_needs_no_mention(home: Room) -> None:
    question = await home.slack.mention("do buckets have to be encrypted?")
    first = await home.slack.answer_to(question)
    follow_up = await home.slack.message("and for backups", thread=question, user=ALAN)
    second = await home.slack.answer_to(follow_up)
    assert second.ts > first.ts
    assert second.words.startswith("You asked: and for backups [for all]")
    assert not [name for name, _ in home.slack.calls if name == "conversations.replies"]  # it was there itself


async def test_a_thread_from_before_a_restart_is_recognised_by_asking_slack_once(home: Room) -> None:
    old = home.slack.state.post(GENERAL, "U0GRACE", {"text": "<@U0ARCHWAY> who pays?"})
    for number in range(3):
        await home.slack.answer_to(await home.slack.message(f"and who pays for {number}?", thread=old))
    assert len(asked(home)) == 3
    assert [name for name, _ in home.slack.calls].count("conversations.replies") == 1


async def test_threads_without_the_bot_and_talk_at_top_level_are_left_alone(home: Room) -> None:
    talk = await home.slack.message("do buckets have to be encrypted?")
    for _ in range(3):
        await home.slack.message("what do you think?", thread=talk, user=ALAN)
    await home.rest()
    assert home.commands == []
    assert [name for name, _ in home.slack.calls].count("conversations.replies") == 1


async def test_a_thread_that_an_answer_was_shared_into_is_one_of_the_bots(home: Room) -> None:
    talk = await home.slack.message("do buckets have to be encrypted?")
    await home.slack.message("what do you think?", thread=talk, user=ALAN)
    await home.slack.message_shortcut("ask_about", talk)
    await home.slack.press(await home.slack.whisper_to(GRACE), "Share in channel")
    await home.rest()
    assert home.slack.messages[-1].thread_ts == talk.ts
    home.clock.seconds += 601
    await home.slack.answer_to(await home.slack.message("and for backups?", thread=talk, user=ALAN))


async def test_remarks_in_the_thread_are_left_alone(home: Room) -> None:
    question = await home.slack.mention("who pays?")
    await home.slack.answer_to(question)
    for remark in ("thanks!", "I agree with this", "@alan what do you think?"):
        await home.slack.message(remark, thread=question)
    await home.rest()
    assert asked(home) == ["who pays?"]


async def test_edits_deletions_joins_and_bots_are_left_alone(home: Room) -> None:  # abuse 28
    question = await home.slack.mention("who pays?")
    await home.slack.answer_to(question)
    await home.slack.edit(question, "@archway who pays for <!channel>?")
    thread = {"channel": GENERAL, "channel_type": "channel", "thread_ts": question.ts, "ts": "1790000009.000001"}
    for event in (
        {"type": "message", "subtype": "message_deleted", "hidden": True, "previous_message": {"text": "who?"}},
        {"type": "message", "subtype": "channel_join", "user": "U0ALAN", "text": "who joined?"},
        {"type": "message", "subtype": "bot_message", "bot_id": "B0OTHER", "text": "who are you?"},
        {"type": "message", "user": "U0OTHERBOT", "bot_id": "B0OTHER", "text": "who are you?"},
        {"type": "message", "user": "U0ARCHWAY", "text": "who am I?"},
        {"type": "app_mention", "user": "U0ARCHWAY", "text": "<@U0ARCHWAY> who am I?"},
        {"type": "app_mention", "user": "U0BOT", "bot_id": "B0OTHER", "text": "<@U0ARCHWAY> who am I?"},
        {"type": "message", "user": ["U0GRACE"], "text": {"a": "who?"}},
    ):
        assert (await home.slack.event(thread | event)).status == 200
    await home.rest()
    assert asked(home) == ["who pays?"]


async def test_a_mention_comes_as_two_events_and_is_answered_once(home: Room) -> None:
    await home.slack.mention("who pays?")
    await home.rest()
    assert asked(home) == ["who pays?"]


async def test_a_private_channel_and_a_group_message_work_like_a_channel(home: Room) -> None:
    members = frozenset({"U0GRACE", home.slack.app.bot_user})
    home.slack.state.channels["G0SECRET"] = Channel("G0SECRET", "secret", members, is_private=True)
    question = await home.slack.mention("who pays?", channel="G0SECRET")
    assert "who pays? [for all]" in (await home.slack.answer_to(question)).words


async def test_where_the_bot_may_not_post_the_answer_goes_to_the_asker(home: Room) -> None:
    state = home.slack.state
    state.channels[GENERAL] = replace(state.channels[GENERAL], is_archived=True)
    await home.slack.mention("who pays?")
    await home.rest()
    assert [m.channel for m in home.slack.messages if m.author == home.slack.app.bot_user] == ["DU0GRACE"]


async def test_in_a_channel_shared_with_others_the_answer_is_for_the_asker_alone(home: Room) -> None:  # abuse 18
    state = home.slack.state
    state.channels[GENERAL] = replace(state.channels[GENERAL], is_ext_shared=True)
    await home.slack.mention("who pays?")
    whisper = await home.slack.whisper_to(GRACE)
    assert "for all" not in whisper.words
    assert not [m for m in home.slack.messages if m.author == home.slack.app.bot_user and m.only_for is None]


async def test_somebody_of_another_organisation_gets_a_sentence_for_them_alone(home: Room) -> None:  # abuse 18
    eve = User("U0EVE", "eve", team="T0PARTNER")
    state = home.slack.state
    state.users[eve.id] = eve
    state.channels[GENERAL] = replace(state.channels[GENERAL], members=state.channels[GENERAL].members | {eve.id})
    await home.slack.mention("what is secret?", user=eve)
    assert (await home.slack.whisper_to(eve)).words == "Members only"


async def test_a_fault_becomes_a_sentence_in_the_thread(home: Room, logged: list[dict[str, object]]) -> None:
    answer = await home.slack.answer_to(await home.slack.mention("break it, canary"))
    (entry,) = [entry for entry in logged if entry["log_level"] == "error"]
    assert str(entry["reference"]) in answer.words
    assert "canary" not in repr({**entry, "exc_info": None})


async def test_a_reply_that_needs_a_form_says_so(home: Room) -> None:
    assert "slash command" in (await home.slack.answer_to(await home.slack.mention("a form"))).words


async def test_a_direct_message_is_a_session_with_title_status_and_a_streamed_answer(home: Room) -> None:
    question = await home.slack.direct("how do we encrypt buckets?")
    answer = await home.slack.answer_to(question)
    await home.rest()
    assert answer.words.startswith("You asked: how do we encrypt buckets?\n")
    assert "Helpful" in answer.buttons
    assert home.slack.state.sessions[question.channel, question.ts] == Session("active", "how do we encrypt buckets?")
    stream = home.slack.state.streams[answer.channel, answer.ts]
    assert [chunk["status"] for chunk in stream.chunks] == ["in_progress", "complete"]
    assert home.commands[0].by.room == ""


async def test_a_session_goes_on_in_its_thread(home: Room) -> None:
    question = await home.slack.direct("how do we encrypt buckets?")
    first = await home.slack.answer_to(question)
    again = await home.slack.direct("backups", thread=question)
    second = await home.slack.answer_to(again, after=first)
    await home.rest()
    assert second.words.startswith("You asked: backups")
    assert home.slack.state.sessions[question.channel, question.ts].title == "how do we encrypt buckets?"


async def test_stop_ends_the_work_and_the_session_is_active_again(home: Room) -> None:
    question = await home.slack.direct("slow question")
    await until(lambda: home.commands or None, "the question was not asked")
    await home.slack.press_stop(question)
    await home.rest()
    assert home.slack.state.sessions[question.channel, question.ts].status == "active"
    (stream,) = home.slack.state.streams.values()
    assert (stream.is_open, stream.chunks[-1]["status"]) == (False, "error")
    assert "slow question" not in [m.words for m in home.slack.messages if m.author == home.slack.app.bot_user]


async def test_stop_is_obeyed_at_any_moment(home: Room) -> None:
    question = await home.slack.direct("slow question")
    await home.slack.press_stop(question)
    await home.slack.press_stop(question)
    await home.rest()
    assert home.slack.state.sessions[question.channel, question.ts].status == "active"


async def test_a_workspace_without_agents_gets_a_plain_answer(home: Room) -> None:
    home.slack.app = replace(home.slack.app, is_agent=False)
    answer = await home.slack.answer_to(await home.slack.direct("who pays?"))
    assert answer.words.startswith("You asked: who pays?")
    assert home.slack.state.streams == {}


async def test_opening_the_agents_view_offers_prompts(home: Room) -> None:
    await home.slack.open_home(tab="messages")
    await home.rest()
    prompts = home.slack.state.prompts["DU0GRACE"]
    assert 1 <= len(prompts) <= 4
    assert home.commands == []


@pytest.mark.parametrize("text", ["<!channel> <@U0ALAN> *b* `c`", "<https://evil.example|https://good.example>"])
async def test_nothing_that_is_said_mentions_anybody(home: Room, text: str) -> None:  # abuse 31
    answer = await home.slack.answer_to(await home.slack.mention(text))
    assert answer.pings == ()
    assert answer.links == ()
    direct = await home.slack.answer_to(await home.slack.direct(text))
    assert direct.pings == ()


async def test_a_guest_is_known_as_one(home: Room) -> None:  # abuse 18
    for guest in (User("U0ONE", "one", is_ultra_restricted=True), User("U0MANY", "many", is_restricted=True)):
        home.slack.state.users[guest.id] = guest
        await home.slack.direct("what may I see?", user=guest)
        await home.rest()
        assert home.commands[-1].by.standing == "guest"

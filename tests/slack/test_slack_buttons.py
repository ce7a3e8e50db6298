"""Buttons, forms and shortcuts: what is pressed is answered in its place, whatever the verb."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.commands import Ask, Share
from bot.playground.slack import ALAN, GENERAL, GRACE
from bot.playground.state import Channel, Message
from tests.slack.room import Room

pytestmark = pytest.mark.asyncio


class Forgetful(dict[str, Any]):
    """Addresses that Slack no longer knows."""

    def __setitem__(self, key: str, value: Any) -> None:
        pass


async def answer(room: Room, text: str = "who pays?") -> Message:
    """The ephemeral answer to a slash command."""
    await room.slack.command("/arch", text)
    return room.slack.messages[-1]


async def test_more_takes_the_place_of_the_short_answer(home: Room) -> None:
    short = await answer(home)
    await home.slack.press(short, "More")
    await home.rest()
    assert [m.words.splitlines()[0] for m in home.slack.messages] == ["All about who pays?"]


async def test_a_word_of_thanks_is_for_whoever_pressed(home: Room) -> None:
    public = await home.slack.answer_to(await home.slack.mention("who pays?"))
    for label, said in (("Helpful", "Thanks: True"), ("Not helpful", "Thanks: False")):
        await home.slack.press(public, label, user=ALAN)
        await home.rest()
        thanks = home.slack.messages[-1]
        assert (thanks.words, thanks.only_for, thanks.thread_ts) == (said, "U0ALAN", public.thread_ts)
    assert home.slack.state.seen(public.channel, public.ts) == public


async def test_share_in_channel_posts_for_all_and_says_who_shared(home: Room) -> None:
    private = await answer(home)
    await home.slack.press(private, "Share in channel")
    await home.rest()
    shared = home.slack.messages[-1]
    assert (shared.words, shared.only_for, shared.channel) == ("who pays?, shared by grace", None, GENERAL)
    assert home.slack.state.seen(private.channel, private.ts) == private  # nothing is deleted


async def test_an_answer_from_a_direct_message_is_shared_into_a_room_that_both_are_in(home: Room) -> None:
    state, bot = home.slack.state, home.slack.app.bot_user
    state.channels["C0ARCH"] = Channel("C0ARCH", "arch", frozenset({"U0GRACE", bot}))
    state.channels["C0ELSE"] = Channel("C0ELSE", "without-bot", frozenset({"U0GRACE"}))
    state.channels["C0THEM"] = Channel("C0THEM", "without-grace", frozenset({"U0ALAN", bot}))
    state.channels["C0BOTH"] = Channel("C0BOTH", "shared-outside", frozenset({"U0GRACE", bot}), is_ext_shared=True)
    await home.slack.look_at(GENERAL)
    private = await home.slack.answer_to(await home.slack.direct("who pays?"))
    await home.slack.press(private, "Share in channel")
    form = await home.slack.view_of(GRACE)
    options = form.content["blocks"][-1]["element"]["options"]
    assert [one["text"]["text"] for one in options] == ["#general", "#arch"]  # the one that she looks at first
    assert await home.slack.submit(form, {"Channel": "#arch"}) is None
    await home.rest()
    shared = home.slack.messages[-1]
    assert (shared.channel, shared.words) == ("C0ARCH", "who pays?, shared by grace")


async def test_nobody_shares_into_a_room_that_they_have_left(home: Room) -> None:
    private = await home.slack.answer_to(await home.slack.direct("who pays?"))
    await home.slack.press(private, "Share in channel")
    form = await home.slack.view_of(GRACE)
    home.slack.state.channels[GENERAL] = replace(home.slack.state.channels[GENERAL], members=frozenset({"U0ALAN"}))
    after = await home.slack.submit(form, {"Channel": "#general"})
    assert after is not None
    assert "Choose another" in after.words
    assert not [command for command in home.commands if isinstance(command, Share) and command.room]


async def test_without_a_room_in_common_sharing_says_so(home: Room) -> None:
    del home.slack.state.channels[GENERAL]
    private = await home.slack.answer_to(await home.slack.direct("who pays?"))
    await home.slack.press(private, "Share in channel")
    await home.rest()
    assert home.slack.messages[-1].words == "No room to share in"


async def test_both_halves_of_a_double_click_share_once(home: Room) -> None:  # abuse 19
    private = await answer(home)
    for _ in range(3):
        await home.slack.press(private, "Share in channel")
    await home.rest()
    assert len([m for m in home.slack.messages if "shared by" in m.words]) == 1
    home.clock.seconds += 5
    await home.slack.press(private, "Share in channel")  # meant
    await home.rest()
    assert len([m for m in home.slack.messages if "shared by" in m.words]) == 2


async def test_a_replayed_click_is_acknowledged_and_has_no_second_effect(home: Room) -> None:  # abuse 3
    await answer(home)
    press = home.slack.signed_interaction(
        "block_actions",
        {"actions": [{"type": "button", "action_id": "helpful", "value": "x"}], "channel": {"id": GENERAL}},
    )
    for _ in range(3):
        home.clock.seconds += 10
        assert (await home.slack.send(press)).status == 200
    await home.rest()
    assert len(home.commands) == 2


async def test_the_button_of_an_earlier_version_gets_a_sentence(home: Room) -> None:  # abuse 23
    private = await answer(home)
    await home.slack.press(private, "Of last year")
    await home.rest()
    assert "earlier version" in home.slack.messages[-1].words
    assert home.slack.messages[-1].only_for == "U0GRACE"


async def test_a_used_up_response_address_does_not_lose_the_answer(home: Room) -> None:
    public = await home.slack.answer_to(await home.slack.mention("who pays?"))
    home.slack.state.responses = Forgetful()
    await home.slack.press(public, "Helpful")
    await home.slack.press(public, "More")
    await home.slack.press(public, "Share in channel")
    await home.rest()
    words = [m.words.splitlines()[0] for m in home.slack.messages if m.author == home.slack.app.bot_user]
    assert sorted(words) == [
        "All about who pays? [for all]",
        "Thanks: True",
        "who pays? [for all], shared by grace",
    ]


async def test_pressing_in_a_vanished_message_still_answers(home: Room) -> None:
    public = await home.slack.answer_to(await home.slack.mention("who pays?"))
    home.slack.state.messages.remove(public)
    home.slack.state.responses = Forgetful()
    await home.slack.press(public, "More")
    await home.rest()
    assert home.slack.messages[-1].words.startswith("All about who pays?")


async def test_a_link_button_is_no_wish(home: Room) -> None:
    action = {"type": "button", "action_id": "open", "url": "https://git.example.org/x"}
    await home.slack.send(home.slack.signed_interaction("block_actions", {"actions": [action]}))
    await home.rest()
    assert (home.commands, home.slack.messages) == ([], ())


@pytest.mark.parametrize("more", [{}, {"actions": []}, {"actions": "x"}, {"actions": [7]}])
async def test_a_click_without_an_action_is_malformed(home: Room, more: dict[str, object]) -> None:  # abuse 12
    assert (await home.slack.send(home.slack.signed_interaction("block_actions", more))).status == 400


async def test_the_global_shortcut_opens_the_form_and_the_answer_comes_in_its_window(home: Room) -> None:
    await home.slack.shortcut("ask")
    form = await home.slack.view_of(GRACE)
    assert form.fields == ("Question",)
    shown = await home.slack.submit(form, {"Question": "who <!channel> pays?"})
    assert shown is not None
    assert shown.words.startswith("You asked: who <!channel> pays?")
    await home.slack.press(shown, "More")
    whole = await home.slack.view_of(GRACE, "All about")
    assert whole.id == shown.id
    await home.slack.press(whole, "Helpful")
    thanks = await home.slack.view_of(GRACE, "Thanks: True")
    assert thanks.root == shown.id


async def test_a_fault_in_a_form_is_shown_in_its_window(home: Room) -> None:
    await home.slack.shortcut("ask")
    form = await home.slack.view_of(GRACE)
    shown = await home.slack.submit(form, {"Question": "break it"})
    assert shown is not None
    assert "burnt" not in shown.words
    assert shown.words


async def test_the_message_shortcut_asks_what_a_message_asks_for_whoever_chose_it(home: Room) -> None:
    message = await home.slack.message("do we have to encrypt <buckets>?", user=ALAN)
    await home.slack.message_shortcut("ask_about", message)
    whisper = await home.slack.whisper_to(GRACE)
    assert whisper.words.startswith("You asked: do we have to encrypt <buckets>?")
    assert whisper.thread_ts == message.ts
    assert isinstance(home.commands[0], Ask)
    assert not home.commands[0].for_all


async def test_where_the_bot_is_no_member_the_message_shortcut_answers_by_the_lent_address(home: Room) -> None:
    home.slack.state.channels["C0ELSE"] = Channel("C0ELSE", "else", frozenset({"U0GRACE"}))
    message = home.slack.state.post("C0ELSE", "U0ALAN", {"text": "who pays?"})
    await home.slack.message_shortcut("ask_about", message)
    whisper = await home.slack.whisper_to(GRACE)
    assert (whisper.channel, whisper.only_for) == ("C0ELSE", "U0GRACE")


async def test_a_message_without_words_opens_the_form(home: Room) -> None:
    picture = home.slack.state.post(GENERAL, "U0ALAN", {"text": ""})
    await home.slack.message_shortcut("ask_about", picture)
    assert (await home.slack.view_of(GRACE)).fields == ("Question",)


async def test_a_very_long_message_is_asked_in_part(home: Room) -> None:
    message = home.slack.state.post(GENERAL, "U0ALAN", {"text": "why? " * 5_000})
    await home.slack.message_shortcut("ask_about", message)
    await home.slack.whisper_to(GRACE)
    assert isinstance(home.commands[0], Ask)
    assert len(home.commands[0].question) <= 1_000


async def test_a_shortcut_that_is_not_ours_gets_a_sentence(home: Room) -> None:
    message = await home.slack.message("hello")
    await home.slack.message_shortcut("of_last_year", message)
    assert "nothing any more" in (await home.slack.whisper_to(GRACE)).words


async def test_a_command_can_open_a_form(home: Room) -> None:
    shown = await home.slack.command("/arch", "a form")
    assert (shown.error, shown.message) == (None, {})
    assert (await home.slack.view_of(GRACE)).fields == ("Word",)


async def test_a_slow_command_is_acknowledged_and_followed_up(home: Room) -> None:
    shown = await home.slack.command("/arch", "slow question")
    assert (shown.error, shown.message) == (None, {})
    home.slow.set()
    assert (await home.slack.whisper_to(GRACE)).words.startswith("You asked: slow question")

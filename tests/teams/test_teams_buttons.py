"""Buttons and forms on cards in chats: what whoever presses sees, what everybody sees, and what hostile presses get."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.cards.model import Reply
from bot.domain.commands import Ask, Command, More, OpenQuestionForm, Rate
from tests.doubles.teams import ALAN, CHANNEL, GRACE, shown
from tests.doubles.teams_answers import ERROR, SENTENCE, fault_of_action_answer
from tests.doubles.teams_connector import ADAPTIVE
from tests.teams.room import Room, said

pytestmark = pytest.mark.asyncio


async def test_a_short_word_is_for_whoever_pressed_alone(room: Room) -> None:
    answer = await room.teams.mention("encrypt?")
    pressed = await room.teams.press(answer, "Helpful", ALAN)
    assert (pressed["type"], pressed["value"]) == (SENTENCE, "Thank you.")
    await room.surface.close()
    assert room.teams.connector.posted == [answer]
    rated = room.library.asked[-1]
    assert isinstance(rated, Rate)
    assert (rated.by.id, rated.by.name, rated.by.room) == (ALAN.entra_id, "Alan Turing", CHANNEL)


async def test_a_card_that_goes_beside_is_posted_where_it_was_asked_for(room: Room) -> None:
    answer = await room.teams.mention("encrypt?")
    pressed = await room.teams.press(answer, "Related")
    assert (pressed["type"], pressed["value"]) == (SENTENCE, "asked: what else?")
    posted = (await room.teams.connector.posts(2))[1]
    assert posted.conversation == answer.conversation
    assert "asked: what else?" in json.dumps(posted.activity["attachments"])
    command = room.library.asked[-1]
    assert isinstance(command, Ask)
    assert command.for_all


async def test_a_card_that_goes_instead_is_seen_by_whoever_pressed_and_then_by_all(room: Room) -> None:
    for answer in (await room.teams.mention("encrypt?"), await room.teams.say("encrypt?")):
        pressed = await room.teams.press(answer, "More")
        assert pressed["type"] == ADAPTIVE
        assert "all of: encrypt?" in json.dumps(pressed["value"])
        await room.surface.close()
        update = room.teams.connector.posted[-1]
        assert (update.method, update.id, update.conversation) == ("PUT", answer.id, answer.conversation)
        assert shown(update) == pressed["value"]


async def test_a_card_that_vanished_under_the_press_is_no_fault(room: Room) -> None:
    answer = await room.teams.say("encrypt?")
    room.teams.forget_posts()
    assert (await room.teams.press(answer, "More"))["type"] == ADAPTIVE
    await room.surface.close()
    assert room.teams.connector.refused == [(404, "ActivityNotFoundInConversation")]


async def test_a_card_for_the_room_is_posted_there(room: Room) -> None:
    answer = await room.teams.mention("encrypt?")
    pressed = await room.teams.press(answer, "Share in channel", ALAN)
    assert (pressed["type"], pressed["value"]) == (SENTENCE, "shared: encrypt?")
    posted = (await room.teams.connector.posts(2))[1]
    assert posted.conversation == answer.conversation


async def test_a_form_is_filled_in_in_the_place_of_its_card_and_answered_there(room: Room) -> None:
    answer = await room.teams.mention("encrypt?")
    form = await room.teams.press(answer, "Ask again")
    assert room.library.asked[-1] == OpenQuestionForm(room.library.asked[-1].by, "encrypt?")
    filled = await room.teams.fill_in(form["value"], answer, {"question": "decrypt?"})
    assert "asked: decrypt?" in json.dumps(filled["value"])
    command = room.library.asked[-1]
    assert isinstance(command, Ask)
    assert (command.question, command.for_all) == ("decrypt?", False)
    await room.surface.close()
    assert room.teams.connector.posted == [answer]


async def test_a_form_that_is_refused_stays_with_what_was_filled_in(room: Room) -> None:
    answer = await room.teams.mention("encrypt?")
    form = (await room.teams.press(answer, "Ask again"))["value"]
    form["actions"][0]["verb"] = "of_an_older_version"
    refused = await room.teams.fill_in(form, answer, {"question": "decrypt?"})
    assert refused["type"] == SENTENCE
    assert "earlier version" in refused["value"]


async def test_clients_without_invokes_get_the_same_as_posts(room: Room) -> None:
    answer = await room.teams.say("encrypt?")
    await room.teams.press_as_of_old(answer, "Helpful")
    assert "Thank you." in json.dumps((await room.teams.connector.posts(2))[1].activity)
    await room.teams.press_as_of_old(answer, "More")
    update = (await room.teams.connector.posts(3))[2]
    assert (update.method, update.id) == ("PUT", answer.id)
    await room.teams.press_as_of_old(answer, "Ask again")
    assert shown((await room.teams.connector.posts(4))[3])["actions"][0]["title"] == "Ask"
    await room.teams.press_as_of_old(answer, "Related")
    assert "asked: what else?" in json.dumps((await room.teams.connector.posts(5))[4].activity)
    assert [type(command) for command in room.library.asked] == [Ask, Rate, More, OpenQuestionForm, Ask]


async def test_without_invokes_a_card_that_vanished_is_posted_afresh(room: Room) -> None:
    answer = await room.teams.say("encrypt?")
    room.teams.forget_posts()
    await room.teams.press_as_of_old(answer, "More")
    posted = (await room.teams.connector.posts(2))[1]
    assert (posted.method, posted.conversation) == ("POST", answer.conversation)
    assert "all of: encrypt?" in json.dumps(posted.activity)


async def test_an_old_button_gets_a_sentence(room: Room) -> None:
    answer = await room.teams.say("encrypt?")
    action = {"type": "Action.Execute", "verb": "abolished", "data": {"about": "x"}}
    pressed = await room.teams.act(action, answer)
    assert "earlier version" in pressed["value"]
    assert len(room.library.asked) == 1
    odd = room.teams.activity("message_personal", text="", value={"junk": 1})
    assert (await room.teams.deliver(odd)).status == 200
    assert "earlier version" in json.dumps((await room.teams.connector.posts(2))[1].activity)


HOSTILE: list[Any] = [
    None,
    7,
    "x",
    [],
    {},
    {"action": None},
    {"action": []},
    {"action": {}},
    {"action": {"type": "Action.Execute"}},
    {"action": {"type": "Action.Execute", "verb": 7}},
    {"action": {"type": "Action.Execute", "verb": ""}},
    {"action": {"type": "Action.Execute", "verb": "v" * 101}},
    {"action": {"type": "Action.Submit", "verb": "more"}},
    {"action": {"type": "Action.Execute", "verb": "more", "data": []}},
    {"action": {"type": "Action.Execute", "verb": "more", "data": {"about": {"a": 1}}}},
    {"action": {"type": "Action.Execute", "verb": "more", "data": {"about": "x" * 5000}}},
    {"action": {"type": "Action.Execute", "verb": "more", "data": {"about": "x", "field": 7}}},
    {"action": {"type": "Action.Execute", "verb": "more", "data": {"field": "x" * 20_000}}},
    {"action": {"type": "Action.Execute", "verb": "more", "data": {str(n): "x" for n in range(51)}}},
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: str(value)[:60])
async def test_a_malformed_press_is_answered_as_such_and_never_with_an_error_status(room: Room, value: Any) -> None:
    answer = await room.teams.invoke("card_action", value)
    assert fault_of_action_answer(answer) is None
    assert (answer["statusCode"], answer["type"]) == (400, ERROR)
    assert not room.library.asked


@pytest.mark.parametrize("name", ["task/fetch", "task/submit", "composeExtension/submitAction", "composeExtension/selectItem",
                                  "composeExtension/onCardButtonClicked", "composeExtension/queryLink", "composeExtension/fetchTask"])  # fmt: skip
@pytest.mark.parametrize("value", [*HOSTILE, {"data": 7}, {"data": {"verb": []}}, {"url": 7}, {"commandId": {}}], ids=lambda value: str(value)[:40])  # fmt: skip
async def test_no_invoke_of_any_shape_is_a_fault(room: Room, name: str, value: Any) -> None:
    assert isinstance(await room.teams.invoke("card_action", value, name=name), dict)
    assert all(isinstance(command, OpenQuestionForm) for command in room.library.asked)


async def test_mentions_in_a_sentence_are_inert(room: Room) -> None:
    room.library.reply = lambda _: said("<at>everyone</at> **now**")
    answer = await room.teams.say("x")
    action = {"type": "Action.Execute", "verb": "helpful", "data": {"about": "x"}}
    assert (await room.teams.act(action, answer))["value"] == "‹at›everyone‹/at› ∗∗now∗∗"
    assert "entities" not in json.dumps(answer.activity)
    assert "<at>" not in answer.activity["summary"]


async def test_a_press_that_comes_twice_counts_once_and_is_answered_twice(room: Room) -> None:
    answer = await room.teams.say("encrypt?")
    value = {"action": {"type": "Action.Execute", "verb": "helpful", "data": {"about": "encrypt?"}}}
    activity = room.teams.activity("card_action", value=value, replyToId=answer.id)
    both = await asyncio.gather(*(room.teams.deliver(activity) for _ in range(5)))
    assert {each.body for each in both} == {both[0].body}
    assert [type(command) for command in room.library.asked] == [Ask, Rate]
    other = {**activity, "value": {"action": {**value["action"], "verb": "not_helpful"}}}
    assert (await room.teams.deliver(other)).status == 200
    assert len(room.library.asked) == 3
    room.clock.seconds += 601
    assert (await room.teams.deliver(activity)).status == 200
    assert len(room.library.asked) == 4


async def test_what_cannot_be_posted_in_the_room_is_said(room: Room) -> None:
    answer = await room.teams.mention("encrypt?")
    room.teams.connector.conversations.discard(answer.conversation)
    value = {"action": {"type": "Action.Execute", "verb": "share", "data": {"about": "encrypt?"}}}
    activity = room.teams.activity("card_action", value=value)
    activity["conversation"] = {"id": "19:gone@thread.v2", "conversationType": "groupChat"}
    told = (await room.teams.deliver(activity)).json
    assert told["type"] == SENTENCE
    assert "could not be posted" in told["value"]


async def test_a_slow_post_does_not_hold_up_the_answer(room: Room) -> None:
    answer = await room.teams.mention("encrypt?")
    room.teams.connector.stalled = asyncio.Event()
    pressed = await room.teams.press(answer, "Share in channel")
    assert pressed["type"] == SENTENCE
    room.teams.connector.stalled.set()
    await room.surface.close()
    assert len(room.teams.connector.posted) == 2


async def test_a_dialog_is_opened_and_gone_on_with_by_any_verb(room: Room) -> None:
    data = {"verb": "ask_form", "about": "so?", "msteams": {"type": "task/fetch"}}
    opened = await room.teams.invoke("task_fetch", {"data": data}, GRACE)
    (submit,) = opened["task"]["value"]["card"]["content"]["actions"]
    value = {"data": {**submit["data"], "question": "and?"}}
    answered = await room.teams.invoke("task_fetch", value, GRACE, name="task/submit")
    assert "asked: and?" in json.dumps(answered)
    value = {"data": {"verb": "share", "about": "x"}}
    conversation = {"id": "19:x@thread.v2", "conversationType": "groupChat"}
    room.teams.connector.conversations.add("19:x@thread.v2")
    ended = await room.teams.invoke("task_fetch", value, GRACE, name="task/submit", conversation=conversation)
    assert ended == {"task": {"type": "message", "value": "shared: x"}}
    assert len(await room.teams.connector.posts(1)) == 1


async def test_a_fault_behind_a_button_shows_its_reference(room: Room) -> None:
    answer = await room.teams.say("encrypt?")

    def broken(_: Command) -> Reply:
        raise ZeroDivisionError("secret")

    room.library.reply = broken
    told = (await room.teams.press(answer, "More"))["value"]
    assert "Reference" in told
    assert "secret" not in told

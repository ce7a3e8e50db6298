"""The message extension: its tabs, the action on a message, pasted links, chosen results."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from bot.domain.commands import Ask, OpenQuestionForm, Preview, Search, Share, Show
from bot.domain.people import Account
from bot.teams.gestures import message_text, plain
from tests.doubles.teams import GRACE, TENANT
from tests.doubles.teams_answers import fault_of_query_answer
from tests.teams.room import Room

pytestmark = pytest.mark.asyncio

BY = Account("teams", GRACE.entra_id, TENANT)
CHAT = {"id": "19:a_b@unq.gbl.spaces", "conversationType": "personal", "tenantId": TENANT}


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ({"commandId": "search.adr", "parameters": [{"name": "question", "value": "x"}]}, Search(BY, "x", kind="adr")),
        ({"parameters": [{"value": "x"}]}, Search(BY, "x")),
        ({"commandId": "search.accepted", "parameters": [{"value": "x"}]}, Search(BY, "x", accepted_only=True)),
        ({"commandId": "search", "parameters": [{"value": "kind:ADRs status:accepted key: x"}]}, Search(BY, "key: x", kind="adr", accepted_only=True)),
        ({"commandId": "search", "parameters": [{"value": "kind:spell status:odd x"}]}, Search(BY, "kind:spell status:odd x")),
        ({"commandId": "search", "parameters": [{"name": "kind", "value": "Runbooks"}, {"name": "question", "value": "x"}, {"name": "status", "value": "Accepted"}]}, Search(BY, "x", kind="runbook", accepted_only=True)),
        ({"commandId": "search.guide", "parameters": [{"name": "initialRun", "value": "true"}]}, Search(BY, "", kind="guide")),
        ({"commandId": "search.adr", "parameters": [{"value": "kind:standard x"}]}, Search(BY, "x", kind="standard")),
    ],
)  # fmt: skip
async def test_kind_and_status_are_tabs_and_words(room: Room, value: Any, asked: Search) -> None:
    answer = await room.teams.invoke("query", value)
    assert fault_of_query_answer(answer) is None
    assert room.library.asked == [asked]


@pytest.mark.parametrize("command", ["search.", "search.spell", "search.adr.x", "searching", "SEARCH"])
async def test_an_unknown_tab_gets_a_sentence(room: Room, command: str) -> None:
    answer = await room.teams.invoke("query", {"commandId": command, "parameters": []})
    assert answer["composeExtension"]["type"] == "message"
    assert not room.library.asked


async def test_a_chosen_result_is_given_where_the_client_asks_for_it(room: Room) -> None:
    answer = await room.teams.invoke("select_item", {"verb": "show", "about": "STD-004"})
    assert fault_of_query_answer(answer) is None
    assert "shown: STD-004" in json.dumps(answer)
    assert room.library.asked == [Show(BY, "STD-004")]


async def test_a_message_is_asked_about_in_a_dialog(room: Room) -> None:
    dialog = await room.teams.ask_about("<div><p>Do we&nbsp;<b>encrypt</b></p><p>buckets?</p></div>", conversation=CHAT)
    assert room.library.asked == [Ask(BY, "Do we encrypt buckets?", for_all=False)]
    assert dialog["type"] == "continue"
    assert "asked: Do we encrypt buckets?" in json.dumps(dialog["value"]["card"])


@pytest.mark.parametrize("content", [None, "", "<div></div>", "<p>&nbsp;</p>", '<attachment id="1"></attachment>'])
async def test_without_words_there_is_a_form_to_ask_in(room: Room, content: str | None) -> None:
    form = await room.teams.ask_about(content, conversation=CHAT)
    assert room.library.asked == [OpenQuestionForm(BY)]
    answer = await room.teams.submit(form, "Ask", values={"question": "encrypt?"}, conversation=CHAT)
    assert room.library.asked[1] == Ask(BY, "encrypt?")
    assert "asked: encrypt?" in json.dumps(answer)


async def test_what_is_for_all_goes_into_the_message_that_is_written(room: Room) -> None:
    dialog = await room.teams.ask_about("<p>encrypt?</p>", conversation=CHAT)
    answer = await room.teams.submit(dialog, "Share in channel", conversation=CHAT)
    assert "shared: encrypt?" in json.dumps(answer["composeExtension"]["attachments"])
    assert room.library.asked[1].by.room == "19:a_b@unq.gbl.spaces"
    await room.surface.close()
    assert not room.teams.connector.posted


async def test_one_goes_on_in_the_dialog(room: Room) -> None:
    dialog = await room.teams.ask_about("<p>encrypt?</p>")
    more = await room.teams.submit(dialog, "More")
    assert "all of: encrypt?" in json.dumps(more["value"]["card"])
    thanks = await room.teams.submit(dialog, "Helpful")
    assert "Thank you." in json.dumps(thanks["value"]["card"])


async def test_in_the_chat_with_the_bot_a_dialog_shares_into_a_channel(room: Room) -> None:
    await room.teams.mention("hello")
    await room.surface.close()
    dialog = await room.teams.ask_about("<p>encrypt?</p>")
    form = await room.teams.submit(dialog, "Share in channel")
    (choices,) = (e["choices"] for e in form["value"]["card"]["content"]["body"] if e["type"] == "Input.ChoiceSet")
    ended = await room.teams.submit(form, "Share", values={"room": choices[0]["value"]})
    assert ended == {"type": "message", "value": "shared: encrypt?"}
    shared = room.library.asked[-1]
    assert isinstance(shared, Share)
    posted = (await room.teams.connector.posts(2))[1]
    assert posted.conversation.startswith(choices[0]["value"] + ";messageid=")


async def test_an_unknown_action_gets_a_sentence(room: Room) -> None:
    value = {"commandId": "other", "messagePayload": {"body": {"content": "x"}}}
    answer = await room.teams.invoke("task_fetch", value, name="composeExtension/fetchTask")
    assert answer["task"]["type"] == "message"
    assert not room.library.asked


async def test_a_link_to_a_document_is_shown_below_the_message(room: Room) -> None:
    (card,) = await room.teams.paste_link("https://git.example.org/docs/x.md")
    assert card["content"]["version"] == "1.3"
    assert not card["content"].get("actions")
    assert room.library.asked == [Preview(BY, "https://git.example.org/docs/x.md")]


async def test_other_links_are_left_as_they_are(room: Room) -> None:
    assert await room.teams.paste_link("https://elsewhere.example/x") == []
    assert await room.teams.paste_link("https://git.example.org/" + "x" * 3000) == []
    room.library.reply = lambda _: (_ for _ in ()).throw(ZeroDivisionError)
    assert await room.teams.paste_link("https://git.example.org/docs/x.md") == []


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>a</p><p>b</p>", "a b"),
        ("a<br>b<br/>c", "a b c"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ('<at id="0">Grace</at> says <code>x &lt; y</code>', "Grace says x < y"),
        ('x <img alt="🙂" src="https://x"> y', "x 🙂 y"),
        ("<ul><li>one</li><li>two</li></ul>", "one two"),
        ("<p>unclosed <b", "unclosed <b"),
        ("<!-- x -->a<?php?>b", "ab"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("</p></script>x", "x"),
    ],
)  # fmt: skip
async def test_the_words_of_a_message_are_read_without_its_marks(html: str, words: str) -> None:
    assert " ".join(plain(html).split()) == words


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<![CDATA[", "&#", "</", "<p><", "<script>", "<a b='", "<!a"])
async def test_hostile_html_is_read_in_bounded_time(piece: str) -> None:
    began = time.process_time()
    plain(piece * 100_000)
    assert time.process_time() - began < 2


async def test_a_long_message_is_cut_at_a_word() -> None:
    value: Any = {"messagePayload": {"body": {"contentType": "text", "content": "word " * 1000}}}
    assert message_text(value, 22) == "word word word word"
    value = {"messagePayload": {"body": {"contentType": "text", "content": "w" * 1000}}}
    assert message_text(value, 22) == "w" * 22
    value = {"messagePayload": {"subject": "About keys", "body": {"contentType": "html", "content": ""}}}
    assert message_text(value, 22) == "About keys"

"""Messages and searches: what is typed becomes a command, and its card is answered where it was asked."""

from __future__ import annotations

import asyncio
import json

import pytest
import structlog

from bot.background import Background
from bot.cards.model import Reply, Results
from bot.domain.commands import Ask, Command, Help, Search, Show
from bot.domain.people import Account
from bot.teams.accounts import Accounts
from bot.teams.activities import read
from bot.teams.afterwards import Afterwards
from bot.teams.connector import Connector
from bot.teams.directory import Directory
from bot.teams.invokes import Invokes
from bot.teams.outbound import TOO_SLOW, notice, toast
from bot.teams.posts import Posts
from bot.teams.replies import Replies
from bot.teams.roster import Roster
from bot.teams.service_urls import ServiceUrls
from bot.teams.session import Session
from bot.teams.sharing import Sharing
from tests.doubles.teams import TENANT
from tests.doubles.teams_answers import fault_of_query_answer
from tests.teams.room import FOUND_IN_ALL, Room, said

pytestmark = pytest.mark.asyncio

GRACE = Account("teams", "c2d8d9f2-4c0f-4f4a-9b3e-2d0f4f4a9b3e", TENANT)


async def heard(room: Room, payload: str, **members: object) -> Command:
    """The command that a message leads to, once it is answered."""
    before = len(room.teams.connector.posted)
    assert (await room.teams.deliver(room.teams.activity(payload, **members))).status == 200
    await room.teams.connector.posts(before + 1)
    return room.library.asked[-1]


async def test_a_question_in_a_personal_chat_is_answered_with_a_card(room: Room) -> None:
    assert await heard(room, "message_personal") == Ask(GRACE, "how do we encrypt buckets?")
    (posted,) = room.teams.connector.posted
    assert posted.activity["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert "asked: how do we encrypt buckets?" in json.dumps(posted.activity["attachments"][0]["content"])
    assert posted.activity["summary"] == "asked: how do we encrypt buckets?"


async def test_a_mention_in_a_channel_is_answered_in_its_thread(room: Room) -> None:
    assert await heard(room, "message_channel") == Ask(GRACE, "how do we encrypt buckets?", for_all=True)
    (posted,) = room.teams.connector.posted
    assert posted.conversation == "19:253b1f341670408fb6fc51050b6e5ceb@thread.skype;messageid=1485983194839"
    assert posted.reply_to.startswith("1485983194840")


async def test_a_mention_in_a_group_chat_is_answered(room: Room) -> None:
    assert await heard(room, "message_group_chat") == Help(GRACE)


async def test_the_same_words_as_in_slack_are_understood(room: Room) -> None:
    assert await heard(room, "message_personal", text="show STD-004") == Show(GRACE, "STD-004")
    assert await heard(room, "message_personal", text="show  me the way") == Ask(GRACE, "show me the way")
    assert await heard(room, "message_personal", text="  ") == Help(GRACE)


async def test_only_the_mention_of_the_bot_is_cut(room: Room) -> None:
    mentions = room.teams.activity("message_channel")["entities"]
    grace = {"type": "mention", "mentioned": {"id": "29:other", "name": "Archway"}, "text": "<at>Archways</at>"}
    text = "<at>Archway</at>&nbsp;is Archway-style encryption what <at>Archways</at> wants?"
    command = await heard(room, "message_channel", text=text, entities=[*mentions, grace])
    assert command == Ask(GRACE, "is Archway-style encryption what <at>Archways</at> wants?", for_all=True)


async def test_what_is_said_to_others_is_not_answered(room: Room) -> None:
    for payload in ("message_channel", "message_group_chat"):
        assert (await room.teams.deliver(room.teams.activity(payload, entities=[]))).status == 200
    await room.surface.close()
    assert not room.library.asked


async def test_an_account_without_an_entra_id_is_known_by_its_teams_id(room: Room) -> None:
    command = await heard(room, "message_personal", **{"from": {"id": "29:guest"}})
    assert command.by == Account("teams", "29:guest", TENANT)


async def test_an_activity_that_comes_twice_is_answered_once(room: Room) -> None:
    message = room.teams.activity("message_personal")
    for _ in range(5):
        assert (await room.teams.deliver(message)).status == 200
    elsewhere = {**message, "conversation": {**message["conversation"], "id": "a:2"}}
    room.teams.connector.conversations.add("a:2")
    assert (await room.teams.deliver(elsewhere)).status == 200
    await room.surface.close()
    assert len(room.library.asked) == len(room.teams.connector.posted) == 2


async def test_it_is_acknowledged_before_it_is_answered(room: Room) -> None:
    room.teams.connector.stalled = asyncio.Event()
    assert (await room.teams.deliver(room.teams.activity("message_personal"))).status == 200
    assert not room.teams.connector.posted
    closing = asyncio.create_task(room.surface.close())
    room.teams.connector.stalled.set()
    await closing
    assert len(room.teams.connector.posted) == 1


@pytest.mark.parametrize("payload", ["message_reaction", "message_update"])
async def test_other_activities_are_taken_in_silence(room: Room, payload: str) -> None:
    with structlog.testing.capture_logs() as logs:
        assert (await room.teams.deliver(room.teams.activity(payload))).status == 200
        assert (await room.teams.deliver(room.teams.activity(payload, type="brandNew"))).status == 200
        await room.surface.close()
    assert not room.teams.connector.posted
    assert not room.teams.connector.refused
    assert not [entry for entry in logs if entry["log_level"] == "error"]


async def test_a_fault_is_shown_with_the_reference_that_is_logged(room: Room) -> None:
    def broken(_: Command) -> None:
        raise ZeroDivisionError("secret")

    room.library.reply = broken  # type: ignore[assignment]  # a handler that breaks its word
    with structlog.testing.capture_logs() as logs:
        await heard(room, "message_personal")
        extension = await room.teams.search("x")
    references = [entry["reference"] for entry in logs if entry["log_level"] == "error"]
    shown = json.dumps(room.teams.connector.posted[0].activity["attachments"])
    assert references[0] in shown
    assert references[1] in extension["text"]
    assert "secret" not in shown + extension["text"]


async def test_a_search_offers_cards_with_previews(room: Room) -> None:
    extension = await room.teams.search("encrypt buckets")
    assert room.library.asked == [Search(GRACE, "encrypt buckets", 0, 25)]
    assert len(extension["attachments"]) == 25
    first = extension["attachments"][0]
    assert first["preview"]["content"]["title"] == "encrypt buckets 0"
    assert "card 0" in json.dumps(first["content"])


async def test_a_search_goes_on_page_by_page(room: Room) -> None:
    titles = [
        attachment["preview"]["content"]["title"]
        for skip in (0, 25, 50)
        for attachment in (await room.teams.search("x", skip))["attachments"]
    ]
    assert titles == [f"x {n}" for n in range(FOUND_IN_ALL)]
    assert (await room.teams.search("x", 75))["attachments"] == []


async def test_opening_the_extension_asks_for_a_first_look(room: Room) -> None:
    assert (await room.teams.deliver(room.teams.activity("query_initial_run"))).status == 200
    assert room.library.asked == [Search(GRACE, "", 0, 25)]


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ({"commandId": "search", "parameters": [{"value": "no name"}]}, Search(GRACE, "no name")),
        ({"commandId": "search", "parameters": [{"name": "question", "value": " a "}]}, Search(GRACE, "a")),
        ({"commandId": "search"}, Search(GRACE, "")),
        ({"commandId": "search", "parameters": None, "queryOptions": None}, Search(GRACE, "")),
        ({"commandId": "search", "parameters": [7, {"value": 7}, {}], "queryOptions": []}, Search(GRACE, "")),
        ({"commandId": "search", "queryOptions": {"skip": -5, "count": 0}}, Search(GRACE, "", 0, 1)),
        ({"commandId": "search", "queryOptions": {"skip": 10**9, "count": 10**9}}, Search(GRACE, "", 1000, 25)),
        ({"commandId": "search", "queryOptions": {"skip": "7", "count": True}}, Search(GRACE, "", 0, 25)),
    ],
)
async def test_queries_of_every_shape_are_understood(room: Room, value: object, asked: Search) -> None:
    answer = await room.teams.deliver(room.teams.activity("query", value=value))
    assert answer.status == 200
    assert fault_of_query_answer(answer.json) is None
    assert room.library.asked == [asked]


@pytest.mark.parametrize(
    "value", [{"commandId": "other"}, {"commandId": 7}, {"commandId": None}, {"commandId": ""}, None, [], "search", 7]
)
async def test_an_unknown_search_command_gets_a_sentence(room: Room, value: object) -> None:
    answer = await room.teams.deliver(room.teams.activity("query", value=value))
    assert answer.status == 200
    assert fault_of_query_answer(answer.json) is None
    assert answer.json["composeExtension"]["type"] == "message"
    assert not room.library.asked


async def test_a_search_may_be_answered_with_a_sentence(room: Room) -> None:
    room.library.reply = lambda _: said("Nothing <b>here</b>.")
    extension = await room.teams.search("x")
    assert extension == {"type": "message", "text": "Nothing ‹b›here‹/b›."}


async def test_what_takes_too_long_says_so_where_it_was_asked(room: Room) -> None:
    async def never(_: Command, __: str = "") -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    connector = Connector(Session(), ServiceUrls(), room.clock)
    directory, roster = Directory(connector), Roster(connector, room.clock)
    accounts = Accounts(roster, directory, None)
    replies = Replies(never, Sharing(directory, roster))
    invokes = Invokes(
        replies, accounts, Afterwards(Posts(connector), directory), Background(), knows=bool, seconds=0.01
    )
    query = read(json.dumps(room.teams.query("x")).encode())
    assert await invokes.answer(query) == notice(TOO_SLOW)
    action = read(json.dumps(room.teams.activity("card_action")).encode())
    action.value["action"] = {"type": "Action.Execute", "verb": "more", "data": {"about": "x"}}
    assert await invokes.answer(action) == toast(TOO_SLOW)


async def test_a_message_that_gets_no_card_gets_a_fault(room: Room) -> None:
    room.library.reply = lambda _: Results(())
    with structlog.testing.capture_logs() as logs:
        await heard(room, "message_personal")
    assert logs[-1]["reference"] in json.dumps(room.teams.connector.posted[0].activity)


async def test_unknown_invokes_are_answered_in_the_shape_of_their_place(room: Room) -> None:
    card_action = await room.teams.deliver(room.teams.activity("card_action"))
    assert (card_action.status, card_action.json["statusCode"]) == (200, 200)
    assert card_action.json["type"] == "application/vnd.microsoft.activity.message"
    task = await room.teams.deliver(room.teams.activity("task_fetch"))
    assert (task.status, task.json["task"]["type"]) == (200, "message")
    item = await room.teams.deliver(room.teams.activity("select_item"))
    assert (item.status, item.json["composeExtension"]["type"]) == (200, "message")
    for name in ("brand/new", "", "fileConsent/invoke", "signin/verifyState", "actionableMessage/executeAction"):
        unknown = await room.teams.deliver(room.teams.activity("task_fetch", name=name, value="junk"))
        assert (unknown.status, unknown.json) == (200, {})


async def test_an_inserted_card_is_no_question(room: Room) -> None:
    card = '<span class="x" itemid="0" itemtype="http://schema.skype.com/InputExtension"> <span itemprop="cardId"></span> </span>'
    assert (await room.teams.deliver(room.teams.activity("message_personal", text=card))).status == 200
    link = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}
    unfurled = room.teams.activity("message_personal", text="", attachments=[link])
    assert (await room.teams.deliver(unfurled)).status == 200
    await room.surface.close()
    assert not room.library.asked
    assert await heard(room, "message_personal", text=f"is this so? {card}") == Ask(GRACE, "is this so?")

"""What is posted unasked: the announcer's two verbs, by the names of rooms, and what each answer of Teams means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
import structlog
from aiohttp import web

from bot.cards.model import Card, Text
from bot.domain.announcements import Posted
from bot.domain.rooms import Conversation
from bot.posting import CannotPost, NotSent, OutcomeUnknown, PostingError, PostVanished, TooFast
from bot.teams.announcing import NOBODY_KNOWN, NOT_FOR_THEM, NOT_THERE
from bot.teams.references import reference_of
from tests.doubles.loopback_server import served
from tests.doubles.teams import ALAN, CHANNEL, GRACE, PAYMENTS, PERSONAL_CHAT, STRANGER, TENANT
from tests.doubles.teams_connector import Canned
from tests.teams.room import Kept, Room, said
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

ARCHITECTURE = f"teams:{CHANNEL}"
GROUP = "19:g@thread.v2"


async def at_home(room: Room) -> Room:
    """The bot was added to a team, and has been spoken to by Grace and in a group chat."""
    assert (await room.teams.deliver(room.teams.activity("members_added"))).status == 200
    await room.teams.say("x")
    place = {"id": GROUP, "conversationType": "groupChat", "tenantId": TENANT}
    await room.teams.mention("x", conversation=place, channelData={"tenant": {"id": TENANT}})
    await room.surface.close()
    room.teams.connector.posted.clear()
    return room


async def test_a_post_in_a_channel_begins_a_thread_and_is_updated_there(room: Room) -> None:
    await at_home(room)
    posted = await room.surface.post(ARCHITECTURE, said("decided"), "STD-004 changed")
    first = room.teams.connector.posted[-1]
    assert posted == Posted(ARCHITECTURE, first.id, first.conversation)
    assert first.conversation == f"{CHANNEL};messageid={first.id}"
    assert await room.surface.update(posted, said("decided anew"), "STD-004 changed") == posted
    update = room.teams.connector.posted[-1]
    assert (update.method, update.conversation, update.id) == ("PUT", posted.thread, posted.post)
    assert "decided anew" in json.dumps(update.activity)


async def test_a_reference_stays_with_a_post_and_nobody_sees_it(room: Room) -> None:
    await at_home(room)
    posted = await room.surface.post(ARCHITECTURE, said("decided"), "posting 7")
    await room.surface.update(posted, said("decided anew"), "posting 7")
    assert [each.reference for each in room.teams.connector.posted] == ["posting 7", "posting 7"]
    assert not room.teams.connector.doubles()
    first = room.teams.connector.posted[0].activity
    assert first["attachments"][0]["content"]["body"][0]["id"] == "posting 7"
    assert json.dumps(first).count("posting 7") == 1


async def test_what_may_have_been_posted_is_posted_again_under_the_same_reference(room: Room) -> None:
    await at_home(room)
    room.teams.connector.faults.change({"taken_then_cut": 1.0})
    with pytest.raises(OutcomeUnknown):
        await room.surface.post(ARCHITECTURE, said("decided"), "posting 7")
    room.teams.connector.faults.change({})
    await room.surface.post(ARCHITECTURE, said("decided"), "posting 7", maybe_posted=True)
    assert room.teams.connector.doubles() == {f"{CHANNEL} posting 7": 1}
    assert [each.answered for each in room.teams.connector.posted] == [False, True]


async def test_group_chats_and_persons_are_posted_to_where_they_are(room: Room) -> None:
    await at_home(room)
    for to, chat in (
        (GROUP, GROUP),
        (GRACE.entra_id, PERSONAL_CHAT),
        (GRACE.teams_id, PERSONAL_CHAT),
        (PERSONAL_CHAT, PERSONAL_CHAT),
    ):
        posted = await room.surface.post(f"teams:{to}", said("x"), "r")
        assert posted == Posted(f"teams:{to}", room.teams.connector.posted[-1].id, chat)
        assert await room.surface.update(posted, said("y"), "r") == posted


@pytest.mark.parametrize("name", [ALAN.entra_id, ALAN.teams_id])
async def test_somebody_who_never_spoke_to_the_bot_gets_a_chat_that_is_remembered(room: Room, name: str) -> None:
    await at_home(room)
    posted = await room.surface.post(f"teams:{name}", said("to you"), "r")
    chat = f"a:chat-with-{ALAN.teams_id}"
    assert posted == Posted(f"teams:{name}", room.teams.connector.posted[-1].id, chat)
    kept = reference_of(room.kept.rooms[chat])
    assert name in (kept.person, kept.user)
    async with room.another() as other:
        assert await other.surface.update(posted, said("again"), "r") == posted
        assert (await other.surface.post(f"teams:{name}", said("more"), "s")).thread == chat


async def test_a_chat_that_is_gone_is_opened_anew(room: Room) -> None:
    await at_home(room)
    room.teams.connector.conversations.discard(PERSONAL_CHAT)
    posted = await room.surface.post(f"teams:{GRACE.entra_id}", said("to you"), "r")
    assert posted.thread == f"a:chat-with-{GRACE.teams_id}"
    assert await room.surface.update(posted, said("again"), "r") == posted


async def test_who_has_not_installed_the_app_cannot_be_written_to(room: Room) -> None:
    await at_home(room)
    room.teams.connector.not_installed.add(ALAN.entra_id)
    with pytest.raises(CannotPost, match="does not let Archway write") as refused:
        await room.surface.post(f"teams:{ALAN.entra_id}", said("x"), "r")
    assert refused.value.reason == NOT_FOR_THEM
    room.teams.connector.not_installed.add(GRACE.entra_id)
    room.teams.connector.conversations.discard(PERSONAL_CHAT)
    with pytest.raises(CannotPost, match="does not let Archway write"):
        await room.surface.post(f"teams:{GRACE.entra_id}", said("x"), "r")


async def test_a_room_that_another_process_has_learnt_is_found(room: Room) -> None:
    with pytest.raises(CannotPost):
        await room.surface.post(ARCHITECTURE, said("x"), "r")
    async with room.another() as other:
        await at_home(other)
        assert (await room.surface.post(ARCHITECTURE, said("x"), "r")).room == ARCHITECTURE


@pytest.mark.parametrize("name", ["19:other@thread.tacv2", "a:other", "", "junk", "../x"])
async def test_an_unknown_room_cannot_be_posted_in(room: Room, name: str) -> None:
    await at_home(room)
    with pytest.raises(CannotPost) as refused:
        await room.surface.post(f"teams:{name}", said("x"), "r")
    assert refused.value.reason == NOT_THERE
    assert not room.teams.connector.posted


async def test_a_bot_that_is_nowhere_can_write_to_nobody(room: Room) -> None:
    with pytest.raises(CannotPost) as refused:
        await room.surface.post(f"teams:{ALAN.entra_id}", said("x"), "r")
    assert refused.value.reason == NOBODY_KNOWN
    with pytest.raises(CannotPost):
        await room.surface.update(Posted(ARCHITECTURE, "1", f"{CHANNEL};messageid=1"), said("x"), "r")


async def test_where_the_bot_was_thrown_out_a_post_says_what_to_do(room: Room) -> None:
    await at_home(room)
    room.teams.connector.teams.clear()
    with pytest.raises(CannotPost, match="Add the app there"):
        await room.surface.post(ARCHITECTURE, said("x"), "r")


async def test_a_post_that_vanished_is_told_from_one_that_cannot_be_updated(room: Room) -> None:
    await at_home(room)
    posted = await room.surface.post(ARCHITECTURE, said("x"), "r")
    room.teams.connector.canned.append(Canned(403))
    with pytest.raises(CannotPost):
        await room.surface.update(posted, said("y"), "r")
    room.teams.forget_posts()
    with pytest.raises(PostVanished):
        await room.surface.update(posted, said("y"), "r")
    with pytest.raises(PostVanished):
        await room.surface.update(Posted(ARCHITECTURE, "", ""), said("y"), "r")


@pytest.mark.parametrize("body", ["<html>a proxy says hello</html>", "[]", '{"id": "1'])
async def test_an_update_that_was_answered_with_nonsense_may_not_have_come_through(room: Room, body: str) -> None:
    await at_home(room)
    posted = await room.surface.post(ARCHITECTURE, said("x"), "r")
    room.teams.connector.canned.append(Canned(200, body=body))
    with pytest.raises(OutcomeUnknown):
        await room.surface.update(posted, said("y"), "r")


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (400, CannotPost),
        (401, NotSent),
        (403, CannotPost),
        (404, CannotPost),
        (405, CannotPost),
        (408, OutcomeUnknown),
        (412, OutcomeUnknown),
        (413, CannotPost),
        (302, OutcomeUnknown),
        *((status, OutcomeUnknown) for status in (500, 502, 503, 504, 599)),
    ],
)
async def test_each_answer_has_one_meaning_and_is_asked_for_once(
    room: Room, status: int, meaning: type[PostingError]
) -> None:
    await at_home(room)
    seen = len(room.teams.connector.tokens_seen)
    for name in (ARCHITECTURE, f"teams:{GROUP}"):
        room.teams.connector.canned.append(Canned(status))
        with pytest.raises(PostingError) as failed:
            await room.surface.post(name, said("x"), "r")
        assert type(failed.value) is meaning
        assert failed.value.reason
    assert not room.waits
    assert not room.teams.connector.posted
    assert len(room.teams.connector.tokens_seen) == seen + 2


async def test_too_large_a_post_says_so(room: Room) -> None:
    await at_home(room)
    large = Card("large", "large", tuple(Text(("x" * 9000,)) for _ in range(20)))
    room.teams.connector.canned.append(Canned(413))
    with pytest.raises(CannotPost, match="too large"):
        await room.surface.post(ARCHITECTURE, large, "r")


TENANT_WIDE = '{"error": {"code": "TooManyRequests", "message": "Too many requests for this app and tenant."}}'
IN_THREAD = '{"error": {"code": "TooManyRequests", "message": "Too many requests in this conversation."}}'


@pytest.mark.parametrize(
    ("headers", "body", "seconds", "everywhere"),
    [
        ({"Retry-After": "7"}, IN_THREAD, 7.0, False),
        ({"Retry-After": "0.25"}, TENANT_WIDE, 0.25, True),
        ({}, "<html>", 5.0, False),
        ({"Retry-After": "nan"}, "[]", 5.0, False),
        ({"Retry-After": "-1"}, '{"error": 7}', 5.0, False),
        ({"Retry-After": "1" * 400}, "{}", 5.0, False),
    ],
)
async def test_patience_is_passed_on_to_whoever_paces(
    room: Room, headers: dict[str, str], body: str, seconds: float, everywhere: bool
) -> None:
    await at_home(room)
    posted = await room.surface.post(ARCHITECTURE, said("x"), "r")
    attempts: list[Callable[[], object]] = [
        lambda: room.surface.post(ARCHITECTURE, said("x"), "r"),
        lambda: room.surface.post(f"teams:{GROUP}", said("x"), "r"),
        lambda: room.surface.post(f"teams:{ALAN.entra_id}", said("x"), "r"),
        lambda: room.surface.update(posted, said("x"), "r"),
    ]
    for attempt in attempts:
        room.teams.connector.canned.append(Canned(429, headers, body))
        with pytest.raises(TooFast) as too_fast:
            await attempt()  # type: ignore[misc]  # each is one of the two verbs
        assert (too_fast.value.seconds, too_fast.value.everywhere) == (seconds, everywhere)
    assert not room.waits


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("cut", OutcomeUnknown),
        ("garbage", OutcomeUnknown),
        ("unavailable", OutcomeUnknown),
        ("taken_then_cut", OutcomeUnknown),
        ("taken_then_garbage", OutcomeUnknown),
        ("taken_then_unavailable", OutcomeUnknown),
        ("throttled", TooFast),
    ],
)
async def test_faults_on_the_way_are_told_apart(room: Room, kind: str, meaning: type[PostingError]) -> None:
    await at_home(room)
    room.teams.connector.faults.change({kind: 1.0})
    for name in (ARCHITECTURE, f"teams:{GROUP}"):
        with pytest.raises(PostingError) as failed:
            await room.surface.post(name, said("x"), "r")
        assert type(failed.value) is meaning
    assert len(room.teams.connector.posted) == (2 if kind.startswith("taken") else 0)
    if kind != "throttled":  # an empty chat is no post: what is not known of its opening does no harm
        with pytest.raises(NotSent):
            await room.surface.post(f"teams:{ALAN.entra_id}", said("x"), "r")


async def test_what_takes_too_long_may_have_come_through(room: Room) -> None:
    await at_home(room)
    room.surface._announcing.seconds = 0.05  # ten seconds otherwise
    room.teams.connector.stalled = asyncio.Event()
    with pytest.raises(OutcomeUnknown, match="in time"):
        await room.surface.post(ARCHITECTURE, said("x"), "r")
    with pytest.raises(NotSent):
        await room.surface.post(f"teams:{ALAN.entra_id}", said("x"), "r")
    room.teams.connector.stalled.set()


async def test_without_a_connection_or_a_token_nothing_was_sent(room: Room) -> None:
    await at_home(room)
    room.teams.issuer.down = 500
    room.clock.seconds += 3600
    with pytest.raises(NotSent):
        await room.surface.post(ARCHITECTURE, said("x"), "r")
    room.teams.issuer.down = None
    one = room.kept.rooms[CHANNEL]
    nowhere = one.reference.replace(room.teams.connector.url, "http://127.0.0.1:9")
    kept = Kept({CHANNEL: Conversation(one.platform, one.id, one.organisation, one.name, nowhere)})
    async with room.another(rooms=kept, service_urls=("http://127.0.0.1:9",)) as other:
        with pytest.raises(NotSent, match="Cannot connect"):
            await other.surface.post(ARCHITECTURE, said("x"), "r")
    assert not room.waits


async def test_a_token_that_is_not_accepted_is_logged_once_and_replaced(room: Room) -> None:
    await at_home(room)
    room.teams.connector.issued = set()
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(NotSent):
                await room.surface.post(ARCHITECTURE, said("x"), "r")
    assert len([entry for entry in logs if entry["log_level"] == "error"]) == 1
    room.teams.connector.issued = room.teams.issuer.issued
    await room.surface.post(ARCHITECTURE, said("x"), "r")
    assert len(room.teams.issuer.token_requests) == 4


async def test_an_address_that_may_not_be_answered_is_never_sent_a_post(room: Room) -> None:
    await at_home(room)
    seen: list[str] = []

    async def steal(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        return web.json_response({"id": "1"})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", steal)
    async with served(app) as url:
        one = room.kept.rooms[CHANNEL]
        evil = one.reference.replace(room.teams.connector.url, url)
        kept = Kept({CHANNEL: Conversation(one.platform, one.id, one.organisation, one.name, evil)})
        async with room.another(rooms=kept) as other:
            with pytest.raises(CannotPost, match="not one that may be answered"):
                await other.surface.post(ARCHITECTURE, said("x"), "r")
    assert not seen


async def test_teams_away_and_back(room: Room) -> None:
    await at_home(room)
    room.teams.connector.away = True
    with pytest.raises(OutcomeUnknown):
        await room.surface.post(ARCHITECTURE, said("x"), "r")
    room.teams.connector.away = False
    await room.surface.post(ARCHITECTURE, said("x"), "r", maybe_posted=True)
    assert not room.teams.connector.doubles()


async def test_strangers_are_not_written_to_by_a_made_up_id(room: Room) -> None:
    await at_home(room)
    room.teams.connector.people.remove(STRANGER)
    with pytest.raises(CannotPost):
        await room.surface.post(f"teams:{STRANGER.entra_id}", said("x"), "r")
    assert PAYMENTS.id in room.kept.rooms


async def test_damaged_references_are_no_fault(room: Room) -> None:
    kept = Kept({"19:x@thread.tacv2": Conversation("teams", "19:x@thread.tacv2", TENANT, "x", "junk")})
    async with open_room(rooms=kept) as other:
        with pytest.raises(CannotPost):
            await other.surface.post("teams:19:x@thread.tacv2", said("x"), "r")
    assert room.kept.rooms == {}

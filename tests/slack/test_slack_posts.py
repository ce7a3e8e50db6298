"""The announcer's two verbs in Slack: once each, marked, and every failure by its true name."""

from collections.abc import AsyncIterator, MutableMapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.cards.model import Card, Text
from bot.domain.announcements import Posted
from bot.playground.faults import Faults
from bot.playground.rates import Rate
from bot.playground.slack import GENERAL, SlackWorkspace
from bot.playground.state import Channel, User
from bot.posting import CannotPost, NotSent, OutcomeUnknown, PostingError, PostVanished, TooFast
from bot.slack import posts as posts_module
from bot.slack.outbound import Outbound
from bot.slack.posts import SlackPosts

pytestmark = pytest.mark.asyncio

HELLO = Card("hello", "Hello", (Text(("Hello <!channel>",)),))
CHANGED = replace(HELLO, summary="Changed", blocks=(Text(("Changed",)),))
ROOM = f"slack:{GENERAL}"


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackWorkspace]:
    async with SlackWorkspace(rates={}) as workspace:
        yield workspace


@pytest_asyncio.fixture
async def posts(slack: SlackWorkspace) -> AsyncIterator[SlackPosts]:
    outbound = Outbound(slack.bot_token, slack.api_url)
    yield SlackPosts(outbound, lambda: slack.app.bot_user, slack.state.now)
    await outbound.close()


def stands(slack: SlackWorkspace) -> list[str]:
    return [message.words for message in slack.messages]


def calls(slack: SlackWorkspace) -> list[str]:
    return [name for name, _ in slack.calls]


async def test_a_post_carries_its_reference_unfurls_nothing_and_is_updated_in_place(
    slack: SlackWorkspace, posts: SlackPosts
) -> None:
    posted = await posts.post(ROOM, HELLO, "key/1")
    assert posted == Posted(ROOM, slack.messages[0].ts)
    assert slack.messages[0].reference == "key/1"
    assert slack.calls[0][1]["unfurl_links"] is slack.calls[0][1]["unfurl_media"] is False
    assert await posts.update(posted, CHANGED, "key/1") == posted
    assert stands(slack) == ["Changed"]
    assert slack.messages[0].reference == "key/1"
    assert calls(slack) == ["chat.postMessage", "chat.update"]  # and nobody was asked who we are, or what stands there


async def test_a_person_is_written_to_in_their_direct_messages(slack: SlackWorkspace, posts: SlackPosts) -> None:
    first = await posts.post("slack:U0GRACE", HELLO, "one")
    assert first == Posted("slack:U0GRACE", slack.messages[0].ts, "DU0GRACE")
    await posts.post("slack:U0GRACE", HELLO, "two")
    await posts.update(first, CHANGED, "one")
    assert stands(slack) == ["Changed", "Hello <!channel>"]
    assert calls(slack).count("conversations.open") == 1
    assert slack.messages[0].pings == ()


async def test_what_may_have_come_through_is_looked_for_first(slack: SlackWorkspace, posts: SlackPosts) -> None:
    for room in (ROOM, "slack:U0ALAN"):
        posted = await posts.post(room, HELLO, "key")
        slack.state.post(slack.messages[-1].channel, "U0GRACE", {"text": "a word between"})
        assert await posts.post(room, CHANGED, "key", maybe_posted=True) == posted
        again = await posts.post(room, CHANGED, "other", maybe_posted=True)
        assert again.post != posted.post
    assert calls(slack).count("chat.postMessage") == 4


async def test_it_is_found_below_many_words_of_others(slack: SlackWorkspace, posts: SlackPosts) -> None:
    posted = await posts.post(ROOM, HELLO, "key")
    for number in range(450):
        slack.state.post(GENERAL, "U0GRACE", {"text": f"talk {number}"})
    assert await posts.post(ROOM, HELLO, "key", maybe_posted=True) == posted
    assert calls(slack).count("conversations.history") == 3


async def test_the_look_ends_where_a_post_of_ours_is_known_to_be_older_than_the_first_try(
    slack: SlackWorkspace, posts: SlackPosts
) -> None:
    for number in range(450):
        slack.state.post(GENERAL, "U0GRACE", {"text": f"talk {number}"})
    await posts.post(ROOM, HELLO, "one")
    slack.change_faults({"accepted_then_cut": 1.0})
    with pytest.raises(OutcomeUnknown):
        await posts.post(ROOM, HELLO, "two")
    slack.change_faults({"accepted_then_cut": 0.0})
    await posts.post(ROOM, HELLO, "two", maybe_posted=True)
    assert calls(slack).count("conversations.history") == 1
    assert [message.reference for message in slack.messages][-2:] == ["one", "two"]


@pytest.mark.parametrize("process", ["the same", "another"])
async def test_what_is_sent_again_after_later_posts_is_found_above_them(
    slack: SlackWorkspace, posts: SlackPosts, process: str
) -> None:
    await posts.post(ROOM, HELLO, "zero")
    slack.change_faults({"accepted_then_cut": 1.0})
    with pytest.raises(OutcomeUnknown):
        await posts.post(ROOM, HELLO, "cut")
    slack.change_faults({"accepted_then_cut": 0.0})
    for number in range(450):
        slack.state.post(GENERAL, "U0GRACE", {"text": f"talk {number}"})
    await posts.post(ROOM, HELLO, "later")
    if process == "another":
        posts = SlackPosts(posts._outbound, lambda: slack.app.bot_user, slack.state.now)
    assert (await posts.post(ROOM, HELLO, "cut", maybe_posted=True)).post == slack.messages[1].ts
    assert [message.reference for message in slack.messages if message.reference] == ["zero", "cut", "later"]


async def test_where_the_look_comes_to_no_end_an_operator_decides(
    slack: SlackWorkspace, posts: SlackPosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts_module, "MOST_PAGES", 2)
    for number in range(401):
        slack.state.post(GENERAL, "U0GRACE", {"text": f"talk {number}"})
    with pytest.raises(CannotPost, match="Look in the channel"):
        await posts.post(ROOM, HELLO, "key", maybe_posted=True)
    assert "chat.postMessage" not in calls(slack)


async def test_a_mark_that_somebody_else_has_made_is_not_ours(slack: SlackWorkspace, posts: SlackPosts) -> None:
    mark = {"event_type": "archway_post", "event_payload": {"reference": "key"}}
    slack.state.post(GENERAL, "U0GRACE", {"text": "look, I am Archway", "metadata": mark})
    ours = await posts.post(ROOM, HELLO, "key", maybe_posted=True)
    assert slack.messages[-1].ts == ours.post
    assert slack.messages[-1].author == slack.app.bot_user


@pytest.mark.parametrize("scopes", [frozenset({"chat:write"})])
async def test_where_the_room_cannot_be_read_an_operator_decides(
    slack: SlackWorkspace, posts: SlackPosts, scopes: frozenset[str]
) -> None:
    slack.app = replace(slack.app, scopes=scopes)
    with pytest.raises(CannotPost, match="missing_scope"):
        await posts.post(ROOM, HELLO, "key", maybe_posted=True)
    assert stands(slack) == []
    assert (await posts.post(ROOM, HELLO, "key")).room == ROOM  # nothing to look for, nothing to read


async def test_a_post_that_vanished_is_said_to_have(slack: SlackWorkspace, posts: SlackPosts) -> None:
    posted = await posts.post(ROOM, HELLO, "key")
    slack.state.messages.clear()
    with pytest.raises(PostVanished):
        await posts.update(posted, CHANGED, "key")
    other = slack.state.post(GENERAL, "U0GRACE", {"text": "mine"})
    with pytest.raises(PostVanished):
        await posts.update(Posted(ROOM, other.ts), CHANGED, "key")


async def test_a_room_that_takes_nothing_is_said_with_what_to_do(slack: SlackWorkspace, posts: SlackPosts) -> None:
    slack.state.channels["C0ELSE"] = Channel("C0ELSE", "elsewhere")
    slack.state.channels["C0OLD"] = Channel("C0OLD", "old", frozenset({slack.app.bot_user}), is_archived=True)
    slack.state.users["U0GONE"] = User("U0GONE", "gone", deleted=True)
    for room, words in (
        ("slack:C0ELSE", r"/invite @Archway"),
        ("slack:C0NONE", r"/invite @Archway"),
        ("slack:C0OLD", "archived"),
        ("slack:U0NONE", "no such person"),
        ("slack:U0GONE", "deactivated"),
    ):
        with pytest.raises(CannotPost, match=words):
            await posts.post(room, HELLO, "key")
    slack.app = replace(slack.app, scopes=frozenset())
    with pytest.raises(CannotPost, match=r"chat:write"):
        await posts.post(ROOM, HELLO, "key")


async def test_a_refused_token_lets_everything_wait_and_is_logged_once(
    slack: SlackWorkspace, posts: SlackPosts, logged: list[MutableMapping[str, Any]]
) -> None:
    slack.bot_token = "xoxb-another"
    for _ in range(3):
        with pytest.raises(NotSent, match="invalid_auth"):
            await posts.post(ROOM, HELLO, "key")
    assert len([entry for entry in logged if entry["log_level"] == "error"]) == 1
    assert "xoxb" not in repr(logged)


async def test_slack_away_is_told_from_slack_in_trouble(slack: SlackWorkspace, posts: SlackPosts) -> None:
    posted = await posts.post(ROOM, HELLO, "key")
    await slack.go_away("refused")
    with pytest.raises((NotSent, OutcomeUnknown)):  # the connection from before is cut: nobody knows
        await posts.post(ROOM, HELLO, "two")
    with pytest.raises(NotSent):
        await posts.post(ROOM, HELLO, "two")
    with pytest.raises(NotSent):
        await posts.post("slack:U0ALAN", HELLO, "two")
    await slack.come_back()
    await slack.go_away("503")
    with pytest.raises(OutcomeUnknown):
        await posts.post(ROOM, HELLO, "two")
    with pytest.raises(NotSent):  # the direct message was not opened, and so nothing posted in it
        await posts.post("slack:U0ALAN", HELLO, "two")
    with pytest.raises(OutcomeUnknown):
        await posts.post(ROOM, HELLO, "two", maybe_posted=True)
    await slack.come_back()
    assert await posts.update(posted, CHANGED, "key") == posted
    assert stands(slack) == ["Changed"]


async def test_the_pace_of_a_room_is_the_rooms_until_three_in_a_row_are_refused() -> None:
    async with SlackWorkspace(rates={"chat.postMessage": Rate(0, 30.0)}) as slack:
        for number in range(4):
            slack.state.channels[f"C{number}"] = Channel(f"C{number}", f"c{number}", frozenset({slack.app.bot_user}))
        outbound = Outbound(slack.bot_token, slack.api_url)
        posts = SlackPosts(outbound, lambda: "", slack.state.now)
        slack._meter._rates = {"chat.postMessage": Rate(1, 30.0, each_channel=True), "chat.update": Rate(1, 30.0)}
        posted = [await posts.post(f"slack:C{number}", HELLO, "key") for number in range(3)]
        for number, everywhere in ((0, False), (0, False), (1, False), (2, True)):
            with pytest.raises(TooFast) as fault:
                await posts.post(f"slack:C{number}", HELLO, "next")
            assert (fault.value.everywhere, 0 < fault.value.seconds <= 30) == (everywhere, True)
        await posts.post("slack:C3", HELLO, "key")  # one comes through: they were the rooms' own
        with pytest.raises(TooFast) as fault:
            await posts.post("slack:C0", HELLO, "next")
        assert not fault.value.everywhere
        await posts.update(posted[0], CHANGED, "key")
        with pytest.raises(TooFast) as fault:
            await posts.update(posted[1], CHANGED, "key")
        assert fault.value.everywhere  # counted for the workspace
        await outbound.close()


@pytest.mark.parametrize("fault", ["rate5xx", "cut", "accepted_then_cut", "garbage"])
async def test_with_any_fault_on_the_way_a_post_stands_there_once(fault: str) -> None:
    faults = Faults(seed=7)
    faults.change({fault: 0.4})
    async with SlackWorkspace(rates={}, faults=faults) as slack:
        outbound = Outbound(slack.bot_token, slack.api_url)
        posts = SlackPosts(outbound, lambda: slack.app.bot_user, slack.state.now)
        for number in range(30):
            maybe = False
            for _ in range(50):
                try:
                    posted = await posts.post(ROOM, HELLO, f"key {number}", maybe_posted=maybe)
                except OutcomeUnknown:
                    maybe = True
                else:
                    assert slack.state.message(GENERAL, posted.post).reference == f"key {number}"
                    break
        assert faults.injected[fault] > 5
        assert [reference for _, _, reference in slack.state.arrivals] == [f"key {number}" for number in range(30)]
        await outbound.close()


Refusals = list[tuple[dict[str, Any] | bytes, int, type[PostingError]]]
REFUSALS: Refusals = [
    *(
        ({"ok": False, "error": code}, 200, CannotPost)
        for code in ("invalid_blocks", "msg_too_long", "restricted_action_read_only_channel", "no_such_code_yet")
    ),
    *(
        ({"ok": False, "error": code}, 200, NotSent)
        for code in ("token_revoked", "account_inactive", "org_login_required", "request_timeout")
    ),
    *(
        ({"ok": False, "error": code}, 200, OutcomeUnknown)
        for code in ("fatal_error", "internal_error", "service_unavailable")
    ),
    ({"ok": False, "error": "rate_limited"}, 200, TooFast),
    ({"ok": False, "error": "message_limit_exceeded"}, 200, TooFast),
    ({"ok": False, "error": "ratelimited"}, 429, TooFast),
    ({"ok": False}, 200, OutcomeUnknown),
    ({"ok": "yes"}, 200, OutcomeUnknown),
    ({"ok": True}, 200, OutcomeUnknown),
    (b"[]", 200, OutcomeUnknown),
    (b'{"ok": tr', 200, OutcomeUnknown),
    (b"<html>", 200, OutcomeUnknown),
    (b"", 502, OutcomeUnknown),
    (b"", 301, OutcomeUnknown),
]


@pytest.mark.parametrize(("body", "status", "kind"), REFUSALS, ids=lambda value: str(value)[:60])
async def test_every_answer_of_slacks_has_its_meaning(
    body: dict[str, Any] | bytes, status: int, kind: type[PostingError]
) -> None:
    async def answer(_: web.Request) -> web.Response:
        headers = {"Retry-After": "7"} if status == 429 else {}
        if isinstance(body, bytes):
            return web.Response(body=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    app = web.Application()
    app.router.add_route("*", "/api/{method}", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    outbound = Outbound("xoxb-x", f"http://127.0.0.1:{runner.addresses[0][1]}/api/")
    try:
        with pytest.raises(PostingError) as fault:
            await SlackPosts(outbound, lambda: "", lambda: 0.0).post(ROOM, HELLO, "key")
        assert type(fault.value) is kind
        assert fault.value.reason.rstrip(")").endswith(".") or fault.value.reason.endswith(")")
        if status == 429:
            assert isinstance(fault.value, TooFast)
            assert fault.value.seconds == 7
    finally:
        await outbound.close()
        await runner.cleanup()

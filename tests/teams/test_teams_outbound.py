"""Answers on their way out: our token, tries again, and where neither goes."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
import structlog
from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from bot.teams.activities import read
from bot.teams.adapter import ConnectorAdapter
from bot.teams.connector import Connector, DeliveryFailed, PostGone
from bot.teams.credentials import PUBLIC_SCOPE, BotToken, scope_for
from bot.teams.service_urls import ServiceUrls
from bot.teams.session import Session
from tests.doubles.loopback_server import served
from tests.doubles.teams import PASSWORD
from tests.doubles.teams_connector import Canned
from tests.teams.room import Room
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

MESSAGE = {"type": "message", "text": "hello"}


async def answered(room: Room) -> None:
    """A message is delivered, and the answer has arrived or was given up."""
    assert (await room.teams.deliver(room.teams.activity("message_personal"))).status == 200
    await room.surface.close()


def connector(room: Room, **changes: object) -> Connector:
    """The surface's way out on its own."""
    session = Session()
    allowed = ServiceUrls(room.teams.settings["service_urls"])
    settings = room.teams.settings
    token = BotToken(
        settings["app_id"], settings["app_password"], settings["token_url"], PUBLIC_SCOPE, session, room.clock
    )

    async def pause(seconds: float) -> None:
        room.waits.append(seconds)

    return Connector(session, allowed, room.clock, token, pause)


async def test_one_token_serves_many_answers(room: Room) -> None:
    messages = [room.teams.activity("message_personal") for _ in range(20)]
    await asyncio.gather(*(room.teams.deliver(message) for message in messages))
    await room.teams.connector.posts(20)
    assert len(room.teams.issuer.token_requests) == 1
    assert set(room.teams.connector.tokens_seen) == {"token-1"}


async def test_a_token_is_renewed_before_it_ends(room: Room) -> None:
    await answered(room)
    room.clock.seconds += 3600 - 299
    await answered(room)
    assert room.teams.connector.tokens_seen == ["token-1", "token-2"]


async def test_a_token_service_that_fails_is_bridged_while_the_old_token_lasts(room: Room) -> None:
    await answered(room)
    room.teams.issuer.down = 500
    room.clock.seconds += 3600 - 299
    await answered(room)
    assert room.teams.connector.tokens_seen == ["token-1", "token-1"]


async def test_a_token_that_was_revoked_is_replaced_once(room: Room) -> None:
    await answered(room)
    room.teams.issuer.issued.clear()
    await answered(room)
    assert len(room.teams.connector.posted) == 2
    assert room.teams.connector.tokens_seen == ["token-1", "token-1", "token-2"]


async def test_a_wrong_password_is_logged_without_being_told() -> None:
    async with open_room(app_password="not-the-password") as room:
        with structlog.testing.capture_logs() as logs:
            await answered(room)
        assert not room.teams.connector.tokens_seen
        assert "invalid_client" in str(logs)
        assert "not-the-password" not in str(logs)
        assert PASSWORD not in str(logs)


async def test_the_connector_is_obeyed_when_it_asks_for_patience(room: Room) -> None:
    room.teams.connector.canned.append(Canned(429, {"Retry-After": "7"}))
    await answered(room)
    assert len(room.teams.connector.posted) == 1
    assert len(room.waits) == 1
    assert 7 <= room.waits[0] < 10


async def test_passing_troubles_are_tried_again_with_growing_patience(room: Room) -> None:
    room.teams.connector.canned.extend([Canned(412), Canned(502), Canned(504)])
    await answered(room)
    assert len(room.teams.connector.posted) == 1
    assert room.waits == sorted(room.waits)
    assert len(room.waits) == 3


async def test_it_gives_up_after_four_tries(room: Room) -> None:
    room.teams.connector.canned.extend([Canned(503)] * 9)
    with structlog.testing.capture_logs() as logs:
        await answered(room)
    assert len(room.teams.connector.tokens_seen) == 4
    assert any(entry["log_level"] == "error" for entry in logs)


async def test_it_does_not_wait_longer_than_a_person_would(room: Room) -> None:
    room.teams.connector.canned.append(Canned(429, {"Retry-After": "3600"}))
    await answered(room)
    assert not room.waits
    assert len(room.teams.connector.tokens_seen) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 500])
async def test_what_is_not_said_to_pass_is_not_tried_again(room: Room, status: int) -> None:
    room.teams.connector.canned.append(Canned(status))
    await answered(room)
    assert len(room.teams.connector.tokens_seen) == 1


async def test_what_may_have_arrived_is_not_sent_again() -> None:
    async with open_room() as room:
        seen = 0

        async def cut(request: web.Request) -> web.Response:
            nonlocal seen
            seen += 1
            assert request.transport
            request.transport.abort()
            return web.Response()

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", cut)
        async with served(app) as url:
            way_out = connector(room)
            way_out = Connector(way_out.session, ServiceUrls([url]), room.clock, way_out.token, way_out.pause)
            with pytest.raises(DeliveryFailed, match="not known"):
                await way_out.post(f"{url}/", "a:1", MESSAGE)
            await way_out.session.close()
        assert seen == 1


async def test_what_cannot_have_arrived_is_tried_again(room: Room) -> None:
    way_out = connector(room)
    nowhere = Connector(way_out.session, ServiceUrls(["http://127.0.0.1:9/"]), room.clock, None, way_out.pause)
    with pytest.raises(DeliveryFailed, match="ClientConnectorError"):
        await nowhere.post("http://127.0.0.1:9/", "a:1", MESSAGE)
    await way_out.session.close()
    assert len(room.waits) == 3


async def test_a_redirect_does_not_take_the_token_along(room: Room) -> None:
    evil: list[str] = []

    async def steal(request: web.Request) -> web.Response:
        evil.append(request.headers.get("Authorization", ""))
        return web.json_response({"id": "1"})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", steal)
    async with served(app) as url:
        for status in (301, 302, 307, 308):
            room.teams.connector.canned.append(Canned(status, {"Location": f"{url}/"}))
            await answered(room)
    assert len(room.teams.connector.tokens_seen) == 4
    assert not evil


async def test_the_address_is_checked_where_the_token_is_sent(room: Room) -> None:
    way_out = connector(room)
    for address in (
        "https://smba.trafficmanager.net.evil.example/",
        "http://169.254.169.254/",
        "https://evil.example/v3/",
    ):
        with pytest.raises(DeliveryFailed, match="not one that may be answered"):
            await way_out.post(address, "a:1", MESSAGE)
    await way_out.session.close()
    assert not room.teams.issuer.token_requests


async def test_ids_stay_within_their_place_in_the_address(room: Room) -> None:
    hostile = "19:a/../b?c#d%2e%2f é;messageid=1@thread"
    room.teams.connector.conversations.add(hostile)
    way_out = connector(room)
    assert await way_out.post(room.teams.connector.service_url, hostile, MESSAGE, reply_to="1/../2") == "1000"
    await way_out.session.close()
    assert room.teams.connector.posted[0].conversation == hostile
    assert room.teams.connector.posted[0].reply_to == "1/../2"


async def test_a_post_is_updated_in_place_unless_it_is_gone(room: Room) -> None:
    way_out, service_url = connector(room), room.teams.connector.service_url
    room.teams.connector.conversations.add("a:1")
    post = await way_out.post(service_url, "a:1", MESSAGE)
    await way_out.update(service_url, "a:1", post, {"type": "message", "text": "changed"})
    assert room.teams.connector.posted[-1].activity["text"] == "changed"
    with pytest.raises(PostGone):
        await way_out.update(service_url, "a:1", "never-posted", MESSAGE)
    await way_out.delete(service_url, "a:1", post)
    await way_out.session.close()
    assert [each.method for each in room.teams.connector.posted] == ["POST", "PUT", "DELETE"]


async def test_a_turn_can_update_and_take_back_what_it_posted(room: Room) -> None:
    way_out = connector(room)
    incoming = read(json.dumps(room.teams.activity("message_personal")).encode())

    async def logic(turn: TurnContext) -> None:
        posted = await turn.send_activity("first")
        await turn.update_activity(Activity(type="message", id=posted.id, text="second"))
        await turn.delete_activity(posted.id)

    await ConnectorAdapter(way_out).turn(incoming, logic)
    await way_out.session.close()
    assert [(each.method, each.activity.get("text")) for each in room.teams.connector.posted] == [
        ("POST", "first"),
        ("PUT", "second"),
        ("DELETE", None),
    ]


async def test_tokens_that_say_their_time_in_digits_are_kept(room: Room) -> None:
    room.teams.issuer.expires_in = "3600"
    await answered(room)
    await answered(room)
    assert room.teams.connector.tokens_seen == ["token-1", "token-1"]


async def test_a_date_is_understood_as_patience(room: Room) -> None:
    in_nine_seconds = format_datetime(datetime.fromtimestamp(room.clock() + 9, UTC), usegmt=True)
    room.teams.connector.canned.extend(
        [Canned(429, {"Retry-After": in_nine_seconds}), Canned(429, {"Retry-After": "soon"})]
    )
    await answered(room)
    assert len(room.teams.connector.posted) == 1
    assert 9 <= room.waits[0] < 12
    assert room.waits[1] < 3


async def test_sovereign_clouds_have_scopes_of_their_own() -> None:
    assert scope_for("https://login.botframework.com/v1/.well-known/openidconfiguration") == PUBLIC_SCOPE
    gov = scope_for("https://login.botframework.azure.us/v1/.well-known/openidconfiguration")
    assert gov == "https://api.botframework.us/.default"


async def test_a_token_does_not_print(room: Room) -> None:
    way_out = connector(room)
    assert way_out.token
    await way_out.token.get()
    assert PASSWORD not in repr(way_out)
    assert "token-1" not in repr(way_out)
    await way_out.session.close()

"""Abuse cases 7, 8 and 10 over HTTP: whose token it is decides before anything is read."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.teams.keys import SigningKeys
from bot.teams.rejected import Rejected
from bot.teams.session import Session
from tests.doubles.loopback_server import served
from tests.doubles.teams import TENANT, Answer
from tests.doubles.teams_issuer import private_key
from tests.teams.room import Room
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio


async def shown(room: Room, token: str) -> Answer:
    return await room.teams.deliver(room.teams.query("buckets"), token)


def changed(room: Room, **claims: Any) -> str:
    return room.teams.issuer.token(room.teams.connector.service_url, **claims)


def segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unsigned(room: Room, header: dict[str, Any]) -> str:
    claims = room.teams.issuer.claims(room.teams.connector.service_url)
    return f"{segment(json.dumps(header).encode())}.{segment(json.dumps(claims).encode())}."


async def test_a_genuine_token_is_let_in(room: Room) -> None:
    assert (await shown(room, changed(room))).status == 200


async def test_the_algorithm_none_is_refused(room: Room) -> None:
    for name in ("none", "None", "NONE", "nOnE"):
        answer = await shown(room, unsigned(room, {"alg": name, "typ": "JWT", "kid": room.teams.issuer.key_id}))
        assert answer.status == 401


async def test_the_public_key_is_no_shared_secret(room: Room) -> None:
    issuer = room.teams.issuer
    public = issuer.key_ids[issuer.key_id].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned_part = unsigned(room, {"alg": "HS256", "typ": "JWT", "kid": issuer.key_id}).rstrip(".")
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(unsigned_part.encode(), public)
    assert (await shown(room, f"{unsigned_part}.{segment(signature)}")).status == 401


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer junk",
        "Bearer a.b.c",
        "Bearer ..",
        "Basic dXNlcjpwYXNz",
        "Bearer " + "A" * 5000,
        "Bearer " + segment(b"[" * 4000) + ".e30.e30",
        "Bearer " + segment(b"null") + ".e30.e30",
        "Bearer " + segment(b'{"alg":"RS256","kid":7}') + ".e30.e30",
        "Bearer " + segment(b'{"alg":"RS256"}') + ".e30.e30",
        "Bearer " + segment(b'{"alg":"RS256","kid":"key-1","crit":["x"]}') + ".bnVsbA.e30",
        "Bearer " + segment(b'{"alg":["RS256"],"kid":"key-1"}') + ".e30.e30",
        "Bearer " + segment(b'{"alg":"RS256","kid":"key-1","b64":false}') + ".e30.e30",
        "Bearer \xe9.\xe9.\xe9",
    ],
)
async def test_junk_is_refused_as_such(room: Room, authorization: str) -> None:
    answer = await room.teams.post(b"{}", {"Authorization": authorization})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["error"]


async def test_a_missing_header_is_refused_before_the_body_is_read(room: Room) -> None:
    assert (await room.teams.post(b"[[[[ no json", {})).status == 401


async def test_a_doubled_header_is_refused(room: Room) -> None:
    good = ("Authorization", f"Bearer {changed(room)}")
    assert (await room.teams.post(b"{}", [good, good])).status == 401


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"exp": -301}, 401),
        ({"exp": -299}, 200),
        ({"nbf": 301}, 401),
        ({"nbf": 299}, 200),
    ],
)
async def test_five_minutes_of_wrong_clocks_are_forgiven(room: Room, claims: dict[str, int], status: int) -> None:
    token = changed(room, **{name: int(room.clock()) + seconds for name, seconds in claims.items()})
    assert (await shown(room, token)).status == status


@pytest.mark.parametrize("exp", [None, "tomorrow", True, [], 1e300, float("inf"), float("nan"), -1])
async def test_a_token_must_end_at_some_time(room: Room, exp: Any) -> None:
    assert (await shown(room, changed(room, exp=exp))).status == 401


async def test_a_token_that_was_good_is_refused_once_it_has_ended(room: Room) -> None:
    token = changed(room)
    assert (await shown(room, token)).status == 200
    room.clock.seconds += 3600 + 301
    assert (await shown(room, token)).status == 401


async def test_the_right_key_id_does_not_help_a_wrong_key(room: Room) -> None:
    issuer = room.teams.issuer
    claims = issuer.claims(room.teams.connector.service_url)
    assert (await shown(room, issuer.signed(claims, private_key(99), issuer.key_id))).status == 401
    assert (await shown(room, issuer.signed(claims, private_key(99), None))).status == 401


async def test_a_token_cannot_be_altered(room: Room) -> None:
    header, _, signature = changed(room).split(".")
    claims = room.teams.issuer.claims("https://smba.trafficmanager.net/emea/")
    assert (await shown(room, f"{header}.{segment(json.dumps(claims).encode())}.{signature}")).status == 401


@pytest.mark.parametrize("issuer", ["https://sts.windows.net/x/", "", None, "https://api.botframework.com/", ["x"]])
async def test_another_issuer_is_refused(room: Room, issuer: Any) -> None:
    assert (await shown(room, changed(room, iss=issuer))).status == 401


@pytest.mark.parametrize("audience", ["another-app", "", None, ["another-app"]])
async def test_a_genuine_token_for_another_app_is_forbidden(room: Room, audience: Any) -> None:
    assert (await shown(room, changed(room, aud=audience))).status == 403


async def test_another_tenant_is_forbidden(room: Room) -> None:
    activity = room.teams.query("buckets")
    for tenant in ({"id": "somebody-else"}, {}, None, {"id": [TENANT]}, "x"):
        foreign = {
            **activity,
            "channelData": {"tenant": tenant},
            "conversation": {"id": activity["conversation"]["id"]},
        }
        assert (await room.teams.deliver(foreign)).status == 403
    assert not room.library.asked


async def test_the_tenant_may_stand_in_the_conversation(room: Room) -> None:
    assert (await room.teams.deliver({**room.teams.query("x"), "channelData": {}})).status == 200


async def test_without_a_tenant_of_its_own_a_bot_serves_all() -> None:
    async with open_room(tenant_id=None) as room:
        foreign = {**room.teams.query("x"), "channelData": {"tenant": {"id": "somebody-else"}}}
        assert (await room.teams.deliver(foreign)).status == 200
        assert room.library.asked[0].by.organisation == "somebody-else"


@pytest.mark.parametrize("channel", ["webchat", "directline", "emulator", "slack"])
async def test_other_channels_are_forbidden(room: Room, channel: str) -> None:
    assert (await room.teams.deliver({**room.teams.query("x"), "channelId": channel})).status == 403


async def test_a_key_vouches_only_for_the_channels_it_lists() -> None:
    async with open_room() as room:
        room.teams.issuer.endorsements = ("webchat",)
        assert (await shown(room, changed(room))).status == 403
    async with open_room() as room:
        room.teams.issuer.endorsements = None
        assert (await shown(room, changed(room))).status == 200


async def test_a_short_key_is_not_used(room: Room) -> None:
    issuer = room.teams.issuer
    issuer.key_ids["short"] = private_key(7, bits=1024)
    claims = issuer.claims(room.teams.connector.service_url)
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = issuer.signed(claims, private_key(7, bits=1024), "short")
    assert (await shown(room, token)).status == 401


async def test_keys_are_fetched_once_for_many(room: Room) -> None:
    answers = await asyncio.gather(*(shown(room, changed(room, jti=str(n))) for n in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert (room.teams.issuer.metadata_fetches, room.teams.issuer.key_fetches) == (1, 1)


async def test_a_flood_of_unknown_key_ids_is_not_passed_on(room: Room) -> None:
    issuer = room.teams.issuer
    claims = issuer.claims(room.teams.connector.service_url)
    flood = [issuer.signed(claims, private_key(99), f"made-up-{n}") for n in range(50)]
    answers = await asyncio.gather(*(shown(room, token) for token in flood))
    assert {answer.status for answer in answers} == {401}
    assert issuer.key_fetches == 1
    room.clock.seconds += 61
    answers = await asyncio.gather(*(shown(room, token) for token in flood))
    assert {answer.status for answer in answers} == {401}
    assert issuer.key_fetches == 2


async def test_a_rotated_key_is_picked_up_and_the_old_one_dropped(room: Room) -> None:
    old = changed(room)
    assert (await shown(room, old)).status == 200
    room.teams.issuer.rotate()
    new = changed(room)
    assert (await shown(room, new)).status == 401
    room.clock.seconds += 61
    assert (await shown(room, new)).status == 200
    assert (await shown(room, old)).status == 401
    assert room.teams.issuer.key_fetches == 2


async def test_keys_are_fetched_anew_after_a_day(room: Room) -> None:
    assert (await shown(room, changed(room))).status == 200
    room.clock.seconds += 24 * 3600 + 1
    assert (await shown(room, changed(room))).status == 200
    assert room.teams.issuer.key_fetches == 2


async def test_while_no_keys_can_be_had_senders_are_told_to_try_again(room: Room) -> None:
    room.teams.issuer.down = 500
    for _ in range(5):
        answer = await shown(room, changed(room))
        assert answer.status == 503
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert room.teams.issuer.metadata_fetches == 1
    room.teams.issuer.down = None
    room.clock.seconds += 11
    assert (await shown(room, changed(room))).status == 200


async def test_old_keys_bridge_an_outage_for_some_days(room: Room) -> None:
    assert (await shown(room, changed(room))).status == 200
    room.teams.issuer.down = 500
    room.clock.seconds += 2 * 24 * 3600
    assert (await shown(room, changed(room))).status == 200
    room.clock.seconds += 4 * 24 * 3600
    assert (await shown(room, changed(room))).status == 503


async def test_an_issuer_that_hangs_does_not_hold_the_sender_forever(room: Room) -> None:
    room.teams.issuer.mute = asyncio.Event()
    session = Session()
    keys = SigningKeys(room.teams.issuer.metadata_url, session, room.clock, fetch_seconds=0.05)
    with pytest.raises(Rejected) as rejected:
        await keys.holding(room.teams.issuer.key_id)
    assert rejected.value.status == 503
    room.teams.issuer.mute.set()
    await session.close()


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"[]",
        b"{}",
        b'{"issuer": "https://api.botframework.com"}',
        b'{"issuer": 7, "jwks_uri": "http://127.0.0.1:9/"}',
        b'{"issuer": "https://api.botframework.com", "jwks_uri": "no address"}',
        b'{"issuer": "https://api.botframework.com", "jwks_uri": "SELF"}',
        b"[" * 100_000,
        b" " * 2_000_000,
    ],
    ids=lambda body: repr(body[:60]),
)
async def test_metadata_of_a_wrong_shape_is_no_fault_of_the_sender(metadata: bytes) -> None:
    async def publish(request: web.Request) -> web.Response:
        return web.Response(body=metadata.replace(b"SELF", str(request.url).encode()))

    app = web.Application()
    app.router.add_get("/{tail:.*}", publish)
    async with served(app) as url, open_room(metadata_url=f"{url}/metadata") as room:
        assert (await shown(room, changed(room))).status == 503


async def test_unusable_keys_among_usable_ones_are_left_out(room: Room) -> None:
    room.teams.issuer.more_keys = [
        7,
        {},
        {"kty": "EC"},
        {"kty": "RSA", "kid": "x"},
        {"kty": "RSA", "kid": 7, "n": "A", "e": "A"},
    ]
    assert (await shown(room, changed(room))).status == 200


async def test_an_issuer_that_is_not_there_is_no_fault_of_the_sender() -> None:
    async with open_room(metadata_url="http://127.0.0.1:9/v1/.well-known/openidconfiguration") as room:
        assert (await shown(room, changed(room))).status == 503

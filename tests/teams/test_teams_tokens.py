"""Abuse cases 7, 8 and 10 over HTTP: whose token it is decides before anything is read."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.teams.keys import SigningKeys
from bot.teams.rejected import Rejected
from bot.teams.session import Session
from bot.teams.tokens import TokenCheck
from tests.doubles.loopback_server import served
from tests.doubles.teams import TENANT, Answer
from tests.doubles.teams_issuer import private_key
from tests.teams.room import Room
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio


NO_BEARER = "One Authorization header with a bearer token is needed."
NO_TOKEN = "The token is no JSON Web Token."
NOT_RS256 = "The token is not signed with RS256."
NO_SUCH_KEY = "The token is signed with a key that its issuer does not publish."
NOT_SIGNED = "The token's signature is not valid."
NO_END = "The token does not say when it ends."
NOT_NOW = "The token is not valid at this time."


@pytest_asyncio.fixture
async def check(room: Room) -> AsyncIterator[TokenCheck]:
    """What looks at the header alone, in front of the same issuer."""
    session = Session()
    keys = SigningKeys(room.teams.issuer.metadata_url, session, room.clock)
    yield TokenCheck(room.teams.issuer.app_id, keys, room.clock)
    await session.close()


async def shown(room: Room, token: str) -> Answer:
    return await room.teams.deliver(room.teams.query("buckets"), token)


async def refusal(room: Room, token: str) -> tuple[int, str]:
    """The status and the sentence with which a token is turned away."""
    answer = await shown(room, token)
    return answer.status, answer.json["error"]


async def verdict(check: TokenCheck, authorization: str | None) -> str:
    """The sentence with which a header is turned away."""
    with pytest.raises(Rejected) as rejected:
        await check.verify(authorization)
    return rejected.value.sentence


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
        token = unsigned(room, {"alg": name, "typ": "JWT", "kid": room.teams.issuer.key_id})
        assert await refusal(room, token) == (401, NOT_RS256)


async def test_the_public_key_is_no_shared_secret(room: Room) -> None:
    issuer = room.teams.issuer
    public = issuer.key_ids[issuer.key_id].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned_part = unsigned(room, {"alg": "HS256", "typ": "JWT", "kid": issuer.key_id}).rstrip(".")
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(unsigned_part.encode(), public)
    assert await refusal(room, f"{unsigned_part}.{segment(signature)}") == (401, NOT_RS256)


@pytest.mark.parametrize(
    ("authorization", "sentence"),
    [
        ("", NO_BEARER),
        ("Bearer", NO_BEARER),
        ("Bearer ", NO_BEARER),
        ("Bearer junk", NO_TOKEN),
        ("Bearer a.b.c", NO_TOKEN),
        ("Bearer ..", NO_TOKEN),
        ("Basic dXNlcjpwYXNz", NO_BEARER),
        ("Bearer " + "A" * 5000, NO_TOKEN),
        ("Bearer " + segment(b"[" * 4000) + ".e30.e30", NO_TOKEN),
        ("Bearer " + segment(b"null") + ".e30.e30", NO_TOKEN),
        ("Bearer " + segment(b'{"alg":"RS256","kid":7}') + ".e30.e30", NO_TOKEN),
        ("Bearer " + segment(b'{"alg":"RS256"}') + ".e30.e30", NOT_RS256),
        ("Bearer " + segment(b'{"alg":"RS256","kid":"key-1","crit":["x"]}') + ".bnVsbA.e30", NO_TOKEN),
        ("Bearer " + segment(b'{"alg":["RS256"],"kid":"key-1"}') + ".e30.e30", NOT_RS256),
        ("Bearer " + segment(b'{"alg":"RS256","kid":"key-1","b64":false}') + ".e30.e30", NO_TOKEN),
        ("Bearer \xe9.\xe9.\xe9", NO_BEARER),
    ],
)
async def test_junk_is_refused_as_such(room: Room, authorization: str, sentence: str) -> None:
    answer = await room.teams.post(b"{}", {"Authorization": authorization})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["error"] == sentence


async def test_a_header_of_any_length_is_looked_at_in_no_time(check: TokenCheck) -> None:
    assert await verdict(check, "Bearer " + "A" * 16 * 1024) == NO_TOKEN
    assert await verdict(check, "Bearer " + "A" * (16 * 1024 + 1)) == NO_BEARER
    assert await verdict(check, None) == NO_BEARER


async def test_a_missing_header_is_refused_before_the_body_is_read(room: Room) -> None:
    assert (await room.teams.post(b"[[[[ no json", {})).status == 401


async def test_a_doubled_header_is_refused(room: Room) -> None:
    good = ("Authorization", f"Bearer {changed(room)}")
    assert (await room.teams.post(b"{}", [good, good])).status == 401


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"exp": -301}, 401),
        ({"exp": -300}, 401),
        ({"exp": -299}, 200),
        ({"nbf": 301}, 401),
        ({"nbf": 300}, 200),
        ({"nbf": 299}, 200),
    ],
)
async def test_five_minutes_of_wrong_clocks_are_forgiven(room: Room, claims: dict[str, int], status: int) -> None:
    token = changed(room, **{name: int(room.clock()) + seconds for name, seconds in claims.items()})
    assert (await shown(room, token)).status == status


@pytest.mark.parametrize(
    ("exp", "sentence"),
    [
        (None, NO_END),
        ("tomorrow", NO_END),
        (True, NO_END),
        ([], NO_END),
        (1e300, NO_END),
        (float("inf"), NO_END),
        (float("nan"), NO_END),
        (10**12, NO_END),
        (-1, NOT_NOW),
    ],
)
async def test_a_token_must_end_at_some_time(room: Room, exp: Any, sentence: str) -> None:
    assert await refusal(room, changed(room, exp=exp)) == (401, sentence)


@pytest.mark.parametrize("nbf", ["tomorrow", True, [], 1e300, float("nan")])
async def test_when_a_token_begins_is_a_time_if_it_is_said(room: Room, nbf: Any) -> None:
    assert await refusal(room, changed(room, nbf=nbf)) == (401, NO_END)
    assert (await shown(room, changed(room, nbf=None))).status == 200


async def test_a_token_may_end_in_a_far_future(room: Room) -> None:
    assert (await shown(room, changed(room, exp=10**12 - 1))).status == 200


@pytest.mark.parametrize("now", [1_000_000_000, 4_000_000_000])
async def test_no_other_clock_than_ours_is_looked_at(room: Room, now: int) -> None:
    room.clock.seconds = float(now)
    assert (await shown(room, changed(room, iat=now))).status == 200


@pytest.mark.parametrize("late", [3600 + 300, 3600 + 301])
async def test_a_token_that_was_good_is_refused_once_it_has_ended(room: Room, late: int) -> None:
    token = changed(room)
    assert (await shown(room, token)).status == 200
    room.clock.seconds += late
    assert await refusal(room, token) == (401, NOT_NOW)


async def test_a_token_is_looked_into_once_while_it_lasts(room: Room, check: TokenCheck) -> None:
    header = f"Bearer {changed(room)}"
    first = await check.verify(header)
    room.clock.seconds += 3600 + 299
    assert await check.verify(header) is first
    assert await check.verify(header.replace("Bearer", "bearer")) is first


async def test_of_very_many_tokens_the_oldest_is_looked_into_anew(room: Room, check: TokenCheck) -> None:
    header = f"Bearer {changed(room)}"
    first = await check.verify(header)
    for number in range(1023):
        await check.verify(f"Bearer {changed(room, jti=str(number))}")
    assert await check.verify(header) is first
    await check.verify(f"Bearer {changed(room, jti='1023')}")
    again = await check.verify(header)
    assert again is not first
    assert again == first


async def test_the_right_key_id_does_not_help_a_wrong_key(room: Room) -> None:
    issuer = room.teams.issuer
    claims = issuer.claims(room.teams.connector.service_url)
    assert await refusal(room, issuer.signed(claims, private_key(99), issuer.key_id)) == (401, NOT_SIGNED)
    assert await refusal(room, issuer.signed(claims, private_key(99), "key-99")) == (401, NO_SUCH_KEY)
    assert await refusal(room, issuer.signed(claims, private_key(99), None)) == (401, NOT_RS256)


async def test_a_token_cannot_be_altered(room: Room) -> None:
    header, _, signature = changed(room).split(".")
    claims = room.teams.issuer.claims("https://smba.trafficmanager.net/emea/")
    altered = f"{header}.{segment(json.dumps(claims).encode())}.{signature}"
    assert await refusal(room, altered) == (401, NOT_SIGNED)


@pytest.mark.parametrize("issuer", ["https://sts.windows.net/x/", "", None, "https://api.botframework.com/", ["x"]])
async def test_another_issuer_is_refused(room: Room, issuer: Any) -> None:
    assert await refusal(room, changed(room, iss=issuer)) == (401, "The token was issued by somebody else.")


@pytest.mark.parametrize("audience", ["another-app", "", None, ["another-app"]])
async def test_a_genuine_token_for_another_app_is_forbidden(room: Room, audience: Any) -> None:
    assert await refusal(room, changed(room, aud=audience)) == (403, "The token is for another app.")


@pytest.mark.parametrize("address", [None, 7, ["https://smba.trafficmanager.net/emea/"]])
async def test_a_token_that_names_no_service_is_forbidden(room: Room, address: Any) -> None:
    assert await refusal(room, changed(room, serviceurl=address)) == (403, "The token names no service address.")


async def test_a_token_for_another_service_is_forbidden(room: Room) -> None:
    token = room.teams.issuer.token("https://smba.trafficmanager.net/amer/")
    assert await refusal(room, token) == (403, "The token is for another service address than the activity's.")


async def test_the_service_address_may_be_spelt_as_in_an_activity(room: Room) -> None:
    address = room.teams.connector.service_url
    assert (await shown(room, changed(room, serviceurl=None, serviceUrl=address))).status == 200


async def test_another_tenant_is_forbidden(room: Room) -> None:
    activity = room.teams.query("buckets")
    for tenant in ({"id": "somebody-else"}, {}, None, {"id": [TENANT]}, "x"):
        foreign = {
            **activity,
            "channelData": {"tenant": tenant},
            "conversation": {"id": activity["conversation"]["id"]},
        }
        answer = await room.teams.deliver(foreign)
        assert (answer.status, answer.json["error"]) == (403, "This bot does not serve that tenant.")
    assert not room.library.asked


async def test_a_tenant_is_the_same_in_capitals() -> None:
    async with open_room(tenant_id=TENANT.upper()) as room:
        for tenant in (TENANT.lower(), TENANT.upper()):
            activity = {**room.teams.query("x"), "channelData": {"tenant": {"id": tenant}}}
            assert (await room.teams.deliver(activity)).status == 200


async def test_the_tenant_may_stand_in_the_conversation(room: Room) -> None:
    assert (await room.teams.deliver({**room.teams.query("x"), "channelData": {}})).status == 200


async def test_without_a_tenant_of_its_own_a_bot_serves_all() -> None:
    async with open_room(tenant_id=None) as room:
        foreign = {**room.teams.query("x"), "channelData": {"tenant": {"id": "somebody-else"}}}
        assert (await room.teams.deliver(foreign)).status == 200
        assert room.library.asked[0].by.organisation == "somebody-else"


@pytest.mark.parametrize("channel", ["webchat", "directline", "emulator", "slack"])
async def test_other_channels_are_forbidden(room: Room, channel: str) -> None:
    answer = await room.teams.deliver({**room.teams.query("x"), "channelId": channel})
    assert (answer.status, answer.json["error"]) == (403, "The token does not vouch for this channel.")


async def test_a_key_vouches_only_for_the_channels_it_lists() -> None:
    async with open_room() as room:
        room.teams.issuer.endorsements = ("webchat",)
        assert (await shown(room, changed(room))).status == 403
    async with open_room() as room:
        room.teams.issuer.endorsements = None
        assert (await shown(room, changed(room))).status == 200


@pytest.mark.parametrize("bits", [1024, 2047])
async def test_a_short_key_is_not_used(room: Room, bits: int) -> None:
    issuer = room.teams.issuer
    issuer.key_ids["short"] = private_key(7, bits)
    claims = issuer.claims(room.teams.connector.service_url)
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        token = issuer.signed(claims, private_key(7, bits), "short")
    assert await refusal(room, token) == (401, NO_SUCH_KEY)


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
    for seconds, fetches in ((59.9, 1), (0.1, 2)):
        room.clock.seconds += seconds
        answers = await asyncio.gather(*(shown(room, token) for token in flood))
        assert {(answer.status, answer.json["error"]) for answer in answers} == {(401, NO_SUCH_KEY)}
        assert issuer.key_fetches == fetches


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
    for seconds, fetches in ((24 * 3600 - 1, 1), (1, 2)):
        room.clock.seconds += seconds
        assert (await shown(room, changed(room))).status == 200
        assert room.teams.issuer.key_fetches == fetches


async def test_while_no_keys_can_be_had_senders_are_told_to_try_again(room: Room) -> None:
    room.teams.issuer.down = 500
    for seconds, wait in ((0, 10), (0, 10), (3, 7), (6, 1), (0.9, 1)):
        room.clock.seconds += seconds
        answer = await shown(room, changed(room))
        assert (answer.status, int(answer.headers["Retry-After"])) == (503, wait)
        assert answer.json["error"] == "The keys that tokens are checked with cannot be had just now."
    assert room.teams.issuer.metadata_fetches == 1
    room.teams.issuer.down = None
    room.clock.seconds += 0.1
    assert (await shown(room, changed(room))).status == 200


async def test_old_keys_bridge_an_outage_for_some_days(room: Room) -> None:
    assert (await shown(room, changed(room))).status == 200
    room.teams.issuer.down = 500
    room.clock.seconds += 2 * 24 * 3600
    for seconds, fetches in ((0, 2), (59.9, 2), (0.1, 3)):  # the issuer is asked again once a minute
        room.clock.seconds += seconds
        assert (await shown(room, changed(room))).status == 200
        assert room.teams.issuer.metadata_fetches == fetches
    room.clock.seconds += 3 * 24 * 3600 - 61
    assert (await shown(room, changed(room))).status == 200
    room.clock.seconds += 1
    answer = await shown(room, changed(room))
    assert (answer.status, int(answer.headers["Retry-After"])) == (503, 59)


async def test_old_keys_do_not_speak_for_new_ones(room: Room) -> None:
    assert (await shown(room, changed(room))).status == 200
    room.teams.issuer.rotate()
    room.teams.issuer.down = 500
    room.clock.seconds += 61
    assert (await shown(room, changed(room))).status == 503


async def test_an_issuer_that_hangs_does_not_hold_the_sender_forever(room: Room) -> None:
    room.teams.issuer.mute = asyncio.Event()
    session = Session()
    keys = SigningKeys(room.teams.issuer.metadata_url, session, room.clock, fetch_seconds=0.05)
    with pytest.raises(Rejected) as rejected:
        await keys.holding(room.teams.issuer.key_id)
    assert rejected.value.status == 503
    assert SigningKeys(room.teams.issuer.metadata_url, session, room.clock).fetch_seconds < 5  # as long as Teams waits
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

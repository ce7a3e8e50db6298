"""Abuse cases 4, 9, 11, 12 and 13 over HTTP: what is read once the token is genuine, and where answers may go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.doubles.teams import without
from tests.teams.room import Room
from tests.teams.room import room as open_room

pytestmark = pytest.mark.asyncio

EVIL = [
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/",
    "https://smba.trafficmanager.net.evil.example/emea/",
    "https://evil.example/smba.trafficmanager.net/",
    "https://smba.trafficmanager.net@evil.example/",
    "https://evil.example#smba.trafficmanager.net/",
    "https://evil.example\\@smba.trafficmanager.net/",
    "https://evil.trafficmanager.net/emea/",
    "https://smba.trafficmanager.net:8443/emea/",
    "https://smba.trafficmanager.net:99999/",
    "http://smba.trafficmanager.net/emea/",
    "http://smba.trafficmanager.net:443/emea/",
    "https://smba.trafficmanager.net/emea/../../admin/",
    "https://smba.trafficmanager.net/emea/?next=",
    "https://smba.trafficmanager.net/emea/ ",
    "https://smba.trafficmanager.net\n/emea/",
    "https://ѕmba.trafficmanager.net/emea/",
    "ftp://smba.trafficmanager.net/",
    "file:///etc/passwd",
    "//smba.trafficmanager.net/",
    "https://[::1/",
    "https://" + "a" * 5000,
    "http://127.0.0.1:1/",
    "http://localhost:22/",
]


@pytest.mark.parametrize("address", EVIL, ids=lambda address: address[:60])
async def test_a_well_signed_activity_cannot_name_where_the_answer_goes(room: Room, address: str) -> None:
    activity = room.teams.activity("message_personal", serviceUrl=address)
    answer = await room.teams.deliver(activity, room.teams.issuer.token(address))
    assert answer.status == 403
    await room.surface.close()
    assert not room.library.asked
    assert not room.teams.issuer.token_requests


async def test_microsofts_own_addresses_are_answerable(room: Room) -> None:
    for address in ("https://smba.trafficmanager.net/emea/", "https://smba.infra.gcc.teams.microsoft.com/gcc"):
        query = {**room.teams.query("x"), "serviceUrl": address}
        assert (await room.teams.deliver(query)).status == 200


async def test_the_tokens_service_address_must_be_the_activitys(room: Room) -> None:
    query = room.teams.query("x")
    for claimed in ("https://smba.trafficmanager.net/amer/", "", room.teams.connector.url):
        assert (await room.teams.deliver(query, room.teams.issuer.token(claimed))).status == 403
    for nothing in (None, 7):
        token = room.teams.issuer.token("", serviceurl=nothing)
        assert (await room.teams.deliver(query, token)).status == 403
    token = room.teams.issuer.token(room.teams.connector.service_url.rstrip("/"))
    assert (await room.teams.deliver(query, token)).status == 200


async def delivered(room: Room, body: bytes, **headers: str) -> int:
    token = room.teams.issuer.token(room.teams.connector.service_url)
    return (await room.teams.post(body, {"Authorization": f"Bearer {token}", **headers})).status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b"{",
        b"junk",
        b"{}",
        b"\xff\xfe{\x00}\x00",
        b'\xef\xbb\xbf{"type": "message"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_no_activity_is_a_bad_request(room: Room, body: bytes) -> None:
    assert await delivered(room, body) == 400


@pytest.mark.parametrize(
    "member",
    [
        b'"type": "message"',
        b'"more": {"a": 1, "a": 2}',
        b'"more": [{"a": {}, "a": {}}]',
        b'"more": ' + b"9" * 33,
        b'"more": -' + b"9" * 5000,
        b'"more": 1e999',
        b'"more": 0.' + b"1" * 40,
        b'"more": NaN',
        b'"more": Infinity',
        b'"more": "a\x00b"',
        b'"more": "\xed\xa0\x80"',
        b'"more": "\xff"',
        b'"more": ' + b"[" * 100_000 + b"]" * 100_000,
        b'"more": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"\"more\": 'a'",
        b'"more": 1,',
    ],
    ids=lambda member: repr(member[:24]),
)
async def test_what_parsers_would_read_in_different_ways_is_a_bad_request(room: Room, member: bytes) -> None:
    activity = json.dumps(room.teams.query("x")).encode()
    assert await delivered(room, activity[:-1] + b', "more": 1.5}') == 200
    assert await delivered(room, activity[:-1] + b", " + member + b"}") == 400


@pytest.mark.parametrize(
    "path", [("type",), ("channelId",), ("serviceUrl",), ("conversation",), ("conversation", "id")], ids=".".join
)
async def test_an_activity_that_cannot_be_answered_is_a_bad_request(room: Room, path: tuple[str, ...]) -> None:
    activity = room.teams.query("x")
    assert await delivered(room, json.dumps(without(activity, *path)).encode()) == 400


@pytest.mark.parametrize(
    "members",
    [
        {"type": 7},
        {"serviceUrl": ["https://smba.trafficmanager.net/"]},
        {"conversation": "a:1"},
        {"conversation": {"id": ".."}},
        {"conversation": {"id": "x" * 2000}},
        {"id": {"a": 1}},
        {"from": []},
        {"recipient": 7},
        {"channelData": "x"},
        {"entities": {"type": "mention"}},
        {"entities": ["mention"]},
        {"text": ["a"]},
        {"name": 1},
    ],
    ids=str,
)
async def test_members_of_a_wrong_shape_are_a_bad_request(room: Room, members: dict[str, Any]) -> None:
    assert await delivered(room, json.dumps({**room.teams.query("x"), **members}).encode()) == 400


@pytest.mark.parametrize("missing", ["from", "recipient", "id", "entities", "value", "name", "locale"])
async def test_members_that_are_not_needed_may_be_missing(room: Room, missing: str) -> None:
    assert await delivered(room, json.dumps(without(room.teams.query("x"), missing)).encode()) == 200


async def test_what_no_database_takes_is_replaced_at_the_edge(room: Room) -> None:
    activity = room.teams.activity("message_personal", text="a\x00b \ud800c")
    assert (await room.teams.deliver(activity)).status == 200
    await room.teams.connector.posts(1)
    assert room.library.asked[0].question == "a\ufffdb \ufffdc"  # type: ignore[union-attr]  # it is an Ask, or this fails
    query = {**room.teams.query("x"), "value": {"commandId": "search", "parameters": [{"\udfff": 1, "value": "\x00"}]}}
    assert (await room.teams.deliver(query)).status == 200
    assert room.library.asked[1].text == "\ufffd"  # type: ignore[union-attr]


async def test_text_to_replace_may_be_nested_deeply(room: Room) -> None:
    for depth in (500, 990):
        body = json.dumps(room.teams.query("x"))[:-1] + ', "more": ' + "[" * depth + '"\\u0000"' + "]" * depth + "}"
        assert await delivered(room, body.encode()) in (200, 400)


async def test_a_fault_of_ours_while_judging_asks_the_sender_to_try_again(room: Room) -> None:
    token = room.teams.issuer.token(room.teams.connector.service_url)
    room.clock.seconds = None  # type: ignore[assignment]  # a clock that is broken
    answer = await room.teams.deliver(room.teams.query("x"), token)
    assert answer.status == 503
    assert answer.headers["Retry-After"]


async def test_a_packed_body_is_refused(room: Room) -> None:
    assert await delivered(room, b"\x1f\x8b", **{"Content-Encoding": "gzip"}) == 415


async def test_without_an_app_id_programs_on_this_machine_are_answered_without_tokens() -> None:
    async with open_room(app_id=None, app_password=None, tenant_id=None, service_urls=()) as room:
        room.teams.connector.issued = None
        assert (await room.teams.post(json.dumps(room.teams.query("x")).encode(), {})).status == 200
        message = json.dumps(room.teams.activity("message_personal")).encode()
        assert (await room.teams.post(message, {})).status == 200
        posted = await room.teams.connector.posts(1)
        assert posted[0].token == ""
        assert not room.teams.issuer.token_requests
        assert not room.teams.issuer.metadata_fetches


@pytest.mark.parametrize(
    "address", [a for a in EVIL if "127.0.0.1" not in a and "localhost" not in a], ids=lambda a: a[:60]
)
async def test_without_an_app_id_nothing_is_sent_beyond_this_machine(address: str) -> None:
    async with open_room(app_id=None, app_password=None, service_urls=()) as room:
        activity = room.teams.activity("message_personal", serviceUrl=address)
        assert (await room.teams.post(json.dumps(activity).encode(), {})).status == 403
        own = room.teams.activity("message_personal", serviceUrl="https://smba.trafficmanager.net/emea/")
        assert (await room.teams.post(json.dumps(own).encode(), {})).status == 403


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("X-Forwarded-For", "203.0.113.7", 403),
        ("Forwarded", "for=203.0.113.7", 403),
        ("Host", "rebound.example", 403),
        ("Host", "localhost:3978", 200),
        ("Content-Type", "text/plain", 415),
    ],
)
async def test_without_an_app_id_neither_proxies_nor_browsers_get_through(header: str, value: str, status: int) -> None:
    async with open_room(app_id=None, app_password=None) as room:
        answer = await room.teams.post(json.dumps(room.teams.query("x")).encode(), {header: value})
        assert answer.status == status

"""Signing keys as they are fetched: which documents are believed, which keys are used, when an issuer is asked again, and what the log says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.testing import capture_logs

from bot.teams import keys as keys_module
from bot.teams.keys import SigningKeys
from bot.teams.rejected import Rejected
from bot.teams.session import Session
from tests.databases import NOON
from tests.doubles.loopback_server import served
from tests.doubles.teams_issuer import private_key

pytestmark = pytest.mark.asyncio

ISSUER = "https://issuer.example.org"


def published(number: int = 1, bits: int = 2048, **members: Any) -> dict[str, Any]:
    """A public key as an issuer lists it; a member that is None is left out."""
    made = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key(number, bits).public_key()))
    listed = {**made, "kid": "one", "use": "sig", "endorsements": ["msteams"], **members}
    return {name: value for name, value in listed.items() if value is not None and name not in ("alg", "key_ops")}


@dataclass
class Place:
    """Where metadata and keys are published; both can be anything."""

    url: str = ""
    metadata: Any = None
    listed: Any = field(default_factory=lambda: {"keys": [published()]})
    status: int = 200
    keys_status: int = 200
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path == "/elsewhere":
            return web.json_response(self.listed)
        if request.path == "/moved":
            raise web.HTTPFound("/elsewhere")
        what, status = (self.listed, self.keys_status) if request.path == "/keys" else (self.metadata, self.status)
        if isinstance(what, bytes):
            return web.Response(body=what, status=status)
        return web.json_response(what, status=status)


class Time:
    """Seconds that are set by hand."""

    def __init__(self) -> None:
        self.now = NOON.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    made, app = Place(), web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    async with served(app) as url:
        made.url = url
        made.metadata = {"issuer": ISSUER, "jwks_uri": f"{url}/keys"}
        yield made


@pytest_asyncio.fixture
async def session() -> AsyncIterator[Session]:
    opened = Session()
    yield opened
    await opened.close()


def of(place: Place, session: Session, time: Callable[[], float] | None = None) -> SigningKeys:
    return SigningKeys(f"{place.url}/metadata", session, time or Time())


async def why_not(keys: SigningKeys, key_id: str = "one") -> tuple[int, str]:
    """The status with which somebody is turned away, and the reason in the log; ("", 0) is none."""
    with capture_logs() as logs, pytest.raises(Rejected) as refused:
        await keys.holding(key_id)
    reasons = [str(each["reason"]) for each in logs if each["event"] == "signing keys unavailable"]
    assert all(each["url"] == keys.metadata_url for each in logs if "url" in each)
    return refused.value.status, reasons[0] if reasons else ""


async def test_a_key_that_is_published_is_held_with_its_issuer_and_its_channels(place: Place, session: Session) -> None:
    with capture_logs() as logs:
        found = await of(place, session).holding("one")
    assert (found.issuer, set(found.keys)) == (ISSUER, {"one"})
    assert found.keys["one"].endorsements == frozenset({"msteams"})
    assert found.keys["one"].vouches_for("msteams")
    assert not found.keys["one"].vouches_for("webchat")
    assert {"event": "signing keys fetched", "keys": 1, "log_level": "info"} in logs


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"issuer": ISSUER}, "the metadata names no issuer or no keys"),
        ({"issuer": ISSUER, "jwks_uri": 7}, "the metadata names no issuer or no keys"),
        ({"jwks_uri": "KEYS"}, "the metadata names no issuer or no keys"),
        ({"issuer": "", "jwks_uri": "KEYS"}, "the metadata names no issuer or no keys"),
        ({"issuer": 7, "jwks_uri": "KEYS"}, "the metadata names no issuer or no keys"),
        ([], "/metadata is not a JSON object"),
        (b"{", "/metadata: JSONDecodeError"),
        (b"\xff\xfe\xfd", "/metadata: UnicodeDecodeError"),
        (b"[" * 200_000, "/metadata: RecursionError"),
        ({"issuer": ISSUER, "jwks_uri": "http://127.0.0.1:1/keys"}, "http://127.0.0.1:1/keys: ClientConnectorError"),
        ({"issuer": ISSUER, "jwks_uri": "no address"}, "no address: "),
    ],
)
async def test_metadata_that_says_too_little_is_not_believed(
    place: Place, session: Session, metadata: Any, reason: str
) -> None:
    if isinstance(metadata, dict) and metadata.get("jwks_uri") == "KEYS":
        metadata = {**metadata, "jwks_uri": f"{place.url}/keys"}
    place.metadata = metadata
    status, said = await why_not(of(place, session))
    assert status == 503
    assert reason in said


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        ({"keys": []}, "no usable key is published"),
        ({"keys": "one"}, "no usable key is published"),
        ({}, "no usable key is published"),
        ([published()], "/keys is not a JSON object"),
        ({"keys": ["one", None, 7]}, "no usable key is published"),
        ({"keys": [published(use="enc")]}, "no usable key is published"),
        ({"keys": [published(kid=7)]}, "no usable key is published"),
        ({"keys": [published(kid=None)]}, "no usable key is published"),
        ({"keys": [published(2, 1024)]}, "no usable key is published"),
        ({"keys": [published(n="!")]}, "no usable key is published"),
        ({"keys": [published(n=None)]}, "no usable key is published"),
        ({"keys": [published(n=7)]}, "no usable key is published"),
        ({"keys": [published(kty="oct")]}, "no usable key is published"),
        ({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one", "use": "sig"}]}, "no usable key is published"),
    ],
)
async def test_keys_that_cannot_be_used_are_left_out(place: Place, session: Session, listed: Any, reason: str) -> None:
    place.listed = listed
    status, said = await why_not(of(place, session))
    assert status == 503
    assert reason in said


async def test_a_key_of_a_curve_is_no_rsa_key_whatever_it_says_of_itself(place: Place, session: Session) -> None:
    curve = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()))
    place.listed = {
        "keys": [
            {**curve, "kid": "curve", "use": "sig"},
            {**curve, "kty": "RSA", "kid": "lie", "use": "sig"},
            published(),
        ]
    }
    assert set((await of(place, session).holding("one")).keys) == {"one"}


async def test_a_key_without_a_use_or_without_endorsements_is_used(place: Place, session: Session) -> None:
    place.listed = {"keys": [published(use=None, endorsements=None)]}
    found = await of(place, session).holding("one")
    assert found.keys["one"].endorsements is None
    assert found.keys["one"].vouches_for("anything")


async def test_what_a_key_itself_says_of_its_algorithm_does_not_matter(place: Place, session: Session) -> None:
    place.listed = {"keys": [{**published(), "alg": "HS256"}]}
    assert set((await of(place, session).holding("one")).keys) == {"one"}


@pytest.mark.parametrize("status", [201, 204, 404, 500])
async def test_another_status_is_no_answer(place: Place, session: Session, status: int) -> None:
    place.status = status
    assert f"/metadata answered {status}" in (await why_not(of(place, session)))[1]
    place.status, place.keys_status = 200, status
    assert f"/keys answered {status}" in (await why_not(of(place, session)))[1]


async def test_nobody_is_led_elsewhere(place: Place, session: Session) -> None:
    place.metadata = {"issuer": ISSUER, "jwks_uri": f"{place.url}/moved"}
    assert "/moved answered 302" in (await why_not(of(place, session)))[1]
    assert "/elsewhere" not in place.asked


@pytest.mark.parametrize(
    ("address", "metadata", "safe"),
    [
        ("https://keys.example.org", "https://issuer.example.org", True),
        ("http://keys.example.org", "https://issuer.example.org", False),
        ("http://127.0.0.1/https://", "https://issuer.example.org/", False),
        ("https://keys.example.org", "http://127.0.0.1/metadata", True),
        ("http://127.0.0.1/keys", "http://127.0.0.1/https://", True),
        ("ftp://keys.example.org", "https://issuer.example.org", False),
    ],
)
async def test_an_https_document_leads_to_no_unprotected_one(address: str, metadata: str, safe: bool) -> None:
    assert keys_module._as_safe(address, metadata) is safe


class Detour:
    """Requests to an issuer that is far away, led to a place on this machine."""

    def __init__(self, place: Place, session: Session) -> None:
        self.place, self.session = place, session

    def client(self) -> Detour:
        return self

    def get(self, url: str, **how: Any) -> Any:
        return self.session.client().get(url.replace(ISSUER, self.place.url), **how)


async def test_keys_at_an_unprotected_address_are_not_asked_for(place: Place, session: Session) -> None:
    keys = SigningKeys(f"{ISSUER}/metadata", Detour(place, session), Time())  # type: ignore[arg-type]  # all of a session that is used
    assert (await why_not(keys))[1] == "the metadata names an unprotected address for the keys"
    assert place.asked == ["/metadata"]
    place.metadata = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
    keys = SigningKeys(f"{ISSUER}/metadata", Detour(place, session), Time())  # type: ignore[arg-type]  # as above
    assert set((await keys.holding("one")).keys) == {"one"}


async def test_an_unknown_key_leads_to_one_more_fetch_a_minute(place: Place, session: Session) -> None:
    time = Time()
    keys = of(place, session, time)
    await keys.holding("one")
    place.listed = {"keys": [published(), published(3, kid="two")]}
    time.now += 59.9
    assert await why_not(keys, "two") == (401, "")
    assert place.asked.count("/keys") == 1
    time.now += 0.1
    assert set((await keys.holding("two")).keys) == {"one", "two"}
    assert await why_not(keys, "three") == (401, "")
    assert place.asked.count("/keys") == 2


async def test_a_clock_that_was_set_back_has_keys_fetched_anew(place: Place, session: Session) -> None:
    time = Time()
    keys = of(place, session, time)
    await keys.holding("one")
    time.now -= 10
    assert keys.fresh() is None
    await keys.holding("one")
    assert place.asked.count("/keys") == 2


async def test_after_a_failure_an_issuer_is_left_alone_for_ten_seconds_and_for_a_minute_where_there_are_keys(
    place: Place, session: Session
) -> None:
    time = Time()
    keys = of(place, session, time)
    place.status = 500
    assert (await why_not(keys))[1]
    time.now += 9.9
    assert await why_not(keys) == (503, "")
    time.now += 0.1
    assert (await why_not(keys))[1]
    place.status, time.now = 200, time.now + 10
    await keys.holding("one")
    place.status, time.now = 500, time.now + 61
    assert (await why_not(keys, "two"))[0] == 503
    before = len(place.asked)
    time.now += 59
    assert (await why_not(keys, "two"))[0] == 503
    assert len(place.asked) == before
    time.now += 1
    assert (await why_not(keys, "two"))[0] == 503
    assert len(place.asked) == before + 1


async def test_fetching_ends_before_teams_gives_up(place: Place, session: Session) -> None:
    assert of(place, session).fetch_seconds == 4.0

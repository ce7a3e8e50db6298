"""What the edge refuses before a surface sees it: packed, oversized and slow bodies."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from bot import web
from bot.delivery import Answered, Delivery


class Echo:
    """A surface that tells what it saw."""

    def __init__(self) -> None:
        self.seen: list[Delivery] = []

    async def receive(self, delivery: Delivery) -> Answered:
        self.seen.append(delivery)
        return Answered(200, b'{"ok":true}', headers={"X-Echo": str(len(delivery.body))})

    async def close(self) -> None:
        """Nothing is held."""


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[tuple[str, Echo]]:
    surface = Echo()
    async with web.listening(web.application({"/in": surface}, dict), "127.0.0.1", 0) as (host, port):
        yield f"http://{host}:{port}", surface


@pytest.mark.asyncio
async def test_a_body_arrives_raw_with_every_header(echo: tuple[str, Echo]) -> None:
    address, surface = echo
    body = b"\x00\xff not json"
    async with aiohttp.ClientSession() as http:
        headers = [("X-Twice", "a"), ("X-Twice", "b")]
        answer = await http.post(f"{address}/in", data=body, headers=headers)
    assert (answer.status, answer.headers["X-Echo"]) == (200, str(len(body)))
    assert surface.seen[0].body == body
    assert surface.seen[0].headers["x-twice"] == ["a", "b"]
    assert surface.seen[0].header("x-twice") is None
    assert surface.seen[0].remote == "127.0.0.1"


@pytest.mark.asyncio
@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity"])
async def test_a_packed_body_is_refused_unread(echo: tuple[str, Echo], coding: str) -> None:
    address, surface = echo
    async with aiohttp.ClientSession() as http:
        answer = await http.post(f"{address}/in", data=b"x", headers={"Content-Encoding": coding})
    assert answer.status == 415
    assert not surface.seen


@pytest.mark.asyncio
async def test_a_huge_body_is_refused(echo: tuple[str, Echo]) -> None:
    address, surface = echo
    async with aiohttp.ClientSession() as http:
        answer = await http.post(f"{address}/in", data=io.BytesIO(b"x" * (web.MOST_BYTES + 1)))
    assert answer.status == 413
    assert not surface.seen


@pytest.mark.asyncio
async def test_a_slow_body_is_given_up_and_others_are_served_meanwhile() -> None:
    surface = Echo()
    app = web.application({"/in": surface}, dict, most_seconds=0.2)
    async with web.listening(app, "127.0.0.1", 0) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nslow")
        await writer.drain()
        async with aiohttp.ClientSession() as http:
            answer = await http.post(f"http://{host}:{port}/in", data=b"quick")
        assert answer.status == 200
        assert (await reader.readline()).split()[1] == b"408"
        writer.close()


@pytest.mark.asyncio
async def test_it_says_whether_it_lives_and_is_ready() -> None:
    missing = {"index": "is being built"}
    app = web.application({}, lambda: missing)
    async with web.listening(app, "127.0.0.1", 0) as (host, port), aiohttp.ClientSession() as http:
        assert (await http.get(f"http://{host}:{port}/healthz")).status == 200
        unready = await http.get(f"http://{host}:{port}/readyz")
        assert (unready.status, await unready.json()) == (503, {"ready": False, "missing": missing})
        missing.clear()
        assert (await http.get(f"http://{host}:{port}/readyz")).status == 200
        assert (await http.post(f"http://{host}:{port}/nowhere")).status == 404

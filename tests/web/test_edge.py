"""What the edge refuses before a surface sees it: packed, oversized and slow bodies."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from bot import web
from bot.delivery import Answered, Delivery, Recorded


class Echo:
    """A surface that tells what it saw."""

    def __init__(self) -> None:
        self.seen: list[Delivery] = []

    async def receive(self, delivery: Delivery) -> Answered:
        self.seen.append(delivery)
        return Answered(200, b'{"ok":true}', headers={"X-Echo": str(len(delivery.body))})

    async def resume(self, delivery: Recorded) -> None:
        """Nothing is recorded."""

    async def close(self) -> None:
        """Nothing is held."""


@pytest_asyncio.fixture
async def echo() -> AsyncIterator[tuple[str, Echo]]:
    surface = Echo()
    async with web.listening(web.application({"/in": surface}), "127.0.0.1", 0) as (host, port):
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
    app = web.application({"/in": surface}, most_seconds=0.2)
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

    async def looked() -> dict[str, str]:
        return missing

    app = web.application({}, looked)
    async with web.listening(app, "127.0.0.1", 0) as (host, port), aiohttp.ClientSession() as http:
        assert (await http.get(f"http://{host}:{port}/healthz")).status == 200
        unready = await http.get(f"http://{host}:{port}/readyz")
        assert (unready.status, await unready.json()) == (503, {"ready": False, "missing": missing})
        missing.clear()
        assert (await http.get(f"http://{host}:{port}/readyz")).status == 200
        assert (await http.post(f"http://{host}:{port}/nowhere")).status == 404


@pytest.mark.asyncio
async def test_a_connection_that_does_not_say_what_it_wants_is_closed_and_others_are_served() -> None:
    app = web.application({"/in": Echo()}, most_seconds=0.2)
    async with web.listening(app, "127.0.0.1", 0) as (host, port), aiohttp.ClientSession() as http:
        mute = [await asyncio.open_connection(host, port) for _ in range(20)]
        for _, writer in mute[::2]:
            writer.write(b"POST /in HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert (await http.post(f"http://{host}:{port}/in", data=b"quick")).status == 200
        async with asyncio.timeout(5):
            for reader, writer in mute:
                assert await reader.read() == b""
                writer.close()


@pytest.mark.asyncio
async def test_a_connection_that_asked_once_stays_open_for_more() -> None:
    app = web.application({"/in": Echo()}, most_seconds=0.05)
    async with web.listening(app, "127.0.0.1", 0) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        request = b"POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
        writer.write(request)
        await reader.readuntil(b'{"ok":true}')
        await asyncio.sleep(0.2)  # longer than a first request may take to come
        writer.write(request)
        assert (await reader.readline()).split()[1] == b"200"
        writer.close()


@pytest.mark.asyncio
async def test_there_is_an_end_to_bodies_that_are_being_read_at_once() -> None:
    app = web.application({"/in": Echo()})
    async with web.listening(app, "127.0.0.1", 0) as (host, port), aiohttp.ClientSession() as http:
        held = []
        for _ in range(web.MOST_IN_FLIGHT // web.MOST_BYTES):
            _, writer = await asyncio.open_connection(host, port)
            head = f"POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: {web.MOST_BYTES}\r\n\r\nx"
            writer.write(head.encode())
            held.append(writer)
        async with asyncio.timeout(5):
            while (answer := await http.post(f"http://{host}:{port}/in", data=b"x")).status == 200:
                pass
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        for writer in held:
            writer.close()
        async with asyncio.timeout(5):
            while (await http.post(f"http://{host}:{port}/in", data=b"x")).status != 200:
                pass


@pytest.mark.asyncio
async def test_what_is_being_answered_is_finished_when_it_stops() -> None:
    class Slow(Echo):
        async def receive(self, delivery: Delivery) -> Answered:
            begun.set()
            await go_on.wait()
            return await super().receive(delivery)

    begun, go_on = asyncio.Event(), asyncio.Event()
    async with aiohttp.ClientSession() as http:
        async with web.listening(web.application({"/in": Slow()}), "127.0.0.1", 0) as (host, port):
            asked = asyncio.create_task(http.post(f"http://{host}:{port}/in", data=b"x"))
            await begun.wait()
            asyncio.get_running_loop().call_later(0.1, go_on.set)
        assert (await asked).status == 200

"""HTTP at the edge: size, time and encoding first, then the surface that the route belongs to; health; drain.

A surface sees a `Delivery` of raw bytes and authenticates it before anything is parsed. What is here knows neither
Slack nor Teams.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from bot.delivery import Answered, Delivery, Surface
from bot.errors import ConfigurationError

MOST_BYTES = 1024 * 1024  # Slack's and Bot Framework's own deliveries stay far below
MOST_SECONDS = 10.0  # for a body to arrive whole: a slow sender does not hold a connection
DRAIN_SECONDS = 10.0

log = structlog.stdlib.get_logger(__name__)


def application(
    surfaces: Mapping[str, Surface], ready: Callable[[], Mapping[str, str]], most_seconds: float = MOST_SECONDS
) -> web.Application:
    """The web application: each surface under its path, `/healthz` and `/readyz` beside them.

    `ready` tells what is not ready yet and why; an empty mapping means ready.
    """
    app = web.Application(client_max_size=MOST_BYTES)
    for path, surface in surfaces.items():
        app.router.add_post(path, _receiver(surface, most_seconds))

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_: web.Request) -> web.Response:
        missing = ready()
        return web.json_response({"ready": not missing, "missing": dict(missing)}, status=503 if missing else 200)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app


def _receiver(surface: Surface, most_seconds: float) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def receive(request: web.Request) -> web.Response:
        if "Content-Encoding" in request.headers:
            # Signatures are made over raw bytes, and what is packed small can unpack huge.
            return _refused(415, "Send the body as it is, without Content-Encoding.")
        try:
            async with asyncio.timeout(most_seconds):
                body = await request.read()
        except TimeoutError:
            return _refused(408, "The body did not arrive in time.")
        except web.HTTPRequestEntityTooLarge:
            return _refused(413, f"A body may have {MOST_BYTES} bytes at most.")
        headers: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        answered = await surface.receive(Delivery(headers, body, request.remote or ""))
        return _response(answered)

    return receive


def _response(answered: Answered) -> web.Response:
    return web.Response(
        status=answered.status,
        body=answered.body,
        headers={**answered.headers, "Content-Type": answered.content_type} if answered.body else answered.headers,
    )


def _refused(status: int, sentence: str) -> web.Response:
    response = web.json_response({"error": sentence}, status=status)
    response.force_close()  # the rest of such a body is not worth reading
    return response


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Serves `app` while the block runs; gives the address that was bound. On leaving, what has begun is finished.

    Raises `ConfigurationError` when the address is taken.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=DRAIN_SECONDS,
        handle_signals=False,
        auto_decompress=False,  # what is packed small can unpack huge
        lingering_time=1.0,  # seconds for a refused sender to stop, so that it can read why
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port, reuse_address=True).start()
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise ConfigurationError(
                [f"Cannot listen on {host}:{port} ({why}); choose another with --port."]
            ) from error
        bound = runner.addresses[0]
        yield str(bound[0]), int(bound[1])
    finally:
        await runner.cleanup()

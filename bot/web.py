"""HTTP at the edge: size, time and encoding first, then the surface that the route belongs to; health; drain.

A surface sees a `Delivery` of raw bytes and authenticates it before anything is parsed. What is here knows neither
Slack nor Teams.
"""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from bot.delivery import Answered, Delivery, Surface
from bot.errors import ConfigurationError

MOST_BYTES = 1024 * 1024  # Slack's and Bot Framework's own deliveries stay far below
MOST_IN_FLIGHT = 32 * MOST_BYTES  # of bodies that are being read: they come before anybody is authenticated
MOST_SECONDS = 10.0  # for a request's head, and again for its body: a slow sender does not hold a connection
DRAIN_SECONDS = 5.0  # containers are killed ten seconds after they are told to stop
BACKLOG = 512

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.stdlib.get_logger(__name__)


class _Edge:
    """The bodies that are being read, and the requests that are being answered."""

    def __init__(self, most_seconds: float, counted: Callable[[str, int], None]) -> None:
        self.most_seconds = most_seconds
        self._counted = counted
        self.reading = 0  # bytes
        self.answering = 0
        self.idle = asyncio.Event()
        self.idle.set()

    def receiver(self, route: str, surface: Surface) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def receive(request: web.Request) -> web.Response:
            body = await self._read(request)
            response = body if isinstance(body, web.Response) else await self._answered(request, body, surface)
            self._counted(route, response.status)
            return response

        return receive

    def shown(self, route: str, page: Page) -> Page:
        """A page that is answered to the end, and counted; it reads no body."""

        async def show(request: web.Request) -> web.StreamResponse:
            with self._busy():
                response = await page(request)
            self._counted(route, response.status)
            return response

        return show

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """The end waits for what is done within, and for no body that is still on its way: whoever sends slowly is not
        acknowledged."""
        self.answering += 1
        self.idle.clear()
        try:
            yield
        finally:
            self.answering -= 1
            if not self.answering:
                self.idle.set()

    async def _answered(self, request: web.Request, body: bytes, surface: Surface) -> web.Response:
        with self._busy():
            headers: dict[str, list[str]] = {}
            for name, value in request.headers.items():
                headers.setdefault(name.lower(), []).append(value)
            return _response(await surface.receive(Delivery(headers, body, request.remote or "")))

    async def _read(self, request: web.Request) -> bytes | web.Response:
        if "Content-Encoding" in request.headers:
            # Signatures are made over raw bytes, and what is packed small can unpack huge.
            return _refused(415, "Send the body as it is, without Content-Encoding.")
        size = MOST_BYTES if request.content_length is None else request.content_length
        if size > MOST_BYTES:
            return _refused(413, f"A body may have {MOST_BYTES} bytes at most.")
        if self.reading + size > MOST_IN_FLIGHT:
            return _refused(503, "Too much comes in at once; send it again in a moment.", {"Retry-After": "5"})
        self.reading += size
        try:
            async with asyncio.timeout(self.most_seconds):
                return await request.read()
        except TimeoutError:
            return _refused(408, "The body did not arrive in time.")
        except web.HTTPRequestEntityTooLarge:
            return _refused(413, f"A body may have {MOST_BYTES} bytes at most.")
        except OSError:  # the sender hung up: nobody is left to be told
            return _refused(400, "The body did not arrive whole.")
        finally:
            self.reading -= size


_EDGE = web.AppKey("edge", _Edge)


async def _nothing_missing() -> Mapping[str, str]:
    return {}


def application(
    surfaces: Mapping[str, Surface],
    ready: Callable[[], Awaitable[Mapping[str, str]]] = _nothing_missing,
    measured: Callable[[], Awaitable[tuple[bytes, str]]] | None = None,
    counted: Callable[[str, int], None] | None = None,
    most_seconds: float = MOST_SECONDS,
    *,
    pages: Mapping[str, Page] | None = None,
) -> web.Application:
    """The web application: each surface and each of the `pages` under its path, `/healthz`, `/readyz` and `/metrics` beside them.

    `ready` tells what is not ready yet and why, an empty mapping means ready; `measured` gives the figures as text and
    the type of that text; `counted` hears of every answer to a delivery: its route and status.
    """
    app = web.Application(client_max_size=MOST_BYTES)
    edge = app[_EDGE] = _Edge(most_seconds, counted or (lambda _route, _status: None))
    for path, surface in surfaces.items():
        app.router.add_post(path, edge.receiver(path, surface))
    for path, page in (pages or {}).items():
        app.router.add_route("*", path, edge.shown(path, page))

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_: web.Request) -> web.Response:
        missing = await ready()
        return web.json_response({"ready": not missing, "missing": dict(missing)}, status=503 if missing else 200)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    if measured:

        async def metrics(_: web.Request) -> web.Response:
            text, type_ = await measured()
            return web.Response(body=text, headers={"Content-Type": type_})

        app.router.add_get("/metrics", metrics)
    return app


def _response(answered: Answered) -> web.Response:
    return web.Response(
        status=answered.status,
        body=answered.body,
        headers={**answered.headers, "Content-Type": answered.content_type} if answered.body else answered.headers,
    )


def _refused(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    response = web.json_response({"error": sentence}, status=status, headers=headers)
    response.force_close()  # the rest of such a body is not worth reading
    return response


class _Full(asyncio.Protocol):
    """A connection too many: it is closed at once, so that those that are open are served."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Closes it."""
        transport.close()


def most_connections() -> int:
    """How many connections may be open at once: half of the files that this process may have."""
    return max(64, min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Serves `app` while the block runs; gives the address that was bound. On leaving, what has begun is finished.

    Raises `ConfigurationError` when the address is taken, or is none.
    """
    edge = app[_EDGE]
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=1.0,  # by then nothing is being answered any more
        handle_signals=False,
        auto_decompress=False,  # what is packed small can unpack huge
        lingering_time=1.0,  # seconds for a refused sender to stop, so that it can read why
        keepalive_timeout=75.0,  # seconds, longer than the proxies before us wait
    )
    await runner.setup()
    try:
        try:
            server = await asyncio.get_running_loop().create_server(
                _connections(runner.server, edge.most_seconds), host, port, reuse_address=True, backlog=BACKLOG
            )
        except (OSError, UnicodeError) as error:
            known = isinstance(error, OSError) and error.errno
            why = os.strerror(known) if known and known > 0 else str(error)
            raise ConfigurationError(
                [f"Cannot listen on {host}:{port} ({why}); choose another with --host or --port."]
            ) from error
        bound = server.sockets[0].getsockname()
        try:
            yield str(bound[0]), int(bound[1])
        finally:
            server.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await edge.idle.wait()
    finally:
        await runner.cleanup()


def _connections(server: web.Server | None, head_seconds: float) -> Callable[[], asyncio.Protocol]:
    """Makes what handles a new connection: within bounds, and with a time limit for its first head, which aiohttp's
    own limit for idle connections would not set so short."""
    loop = asyncio.get_running_loop()

    def connection() -> asyncio.Protocol:
        if server is None or len(server.connections) >= most_connections():
            return _Full()
        handler = server()
        loop.call_later(head_seconds, look, handler)
        return handler

    def look(handler: RequestHandler) -> None:
        if not handler._request_count:  # noqa: SLF001  # aiohttp tells it in no other way
            handler.force_close()

    return connection

"""The one HTTP client of the Teams room: made in the running loop when it is first needed, with time limits."""

from __future__ import annotations

import aiohttp

_MOST_BYTES = 1024 * 1024  # key sets and the connector's answers are a few kilobytes


class Session:
    """A shared `ClientSession`. Redirects are each caller's to refuse: a token must not follow one."""

    def __init__(self) -> None:
        self._client: aiohttp.ClientSession | None = None

    def client(self) -> aiohttp.ClientSession:
        """The session itself; needs a running loop."""
        if self._client is None:
            self._client = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=15, sock_connect=5),
                connector=aiohttp.TCPConnector(limit=100),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._client

    async def close(self) -> None:
        """Lets go of all connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None


async def whole(answer: aiohttp.ClientResponse) -> bytes:
    """The answer's body. Raises `aiohttp.ClientPayloadError` beyond a megabyte."""
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise aiohttp.ClientPayloadError("the answer is too long")
    return bytes(body)

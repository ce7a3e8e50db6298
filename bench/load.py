"""A small HTTP client for measuring: N connections, each sends its next request when the last is answered.

    python bench/load.py REQUESTS HOST PORT CLIENTS SECONDS

REQUESTS is a file of whole HTTP requests, each preceded by its length (4 bytes, big-endian); every request is sent
once at most. Prints one JSON line: requests, seconds, per second, p50 and p99 in milliseconds, statuses.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter


def requests(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


class Client(asyncio.Protocol):
    """One connection. An answer must carry Content-Length."""

    def __init__(self, source: Iterator[bytes], end: float, took: list[float], statuses: Counter[int]) -> None:
        self.source, self.end, self.took, self.statuses = source, end, took, statuses
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        request = next(self.source, None)
        self.began = perf_counter()
        if request is None or self.began > self.end:
            self.transport.close()
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        lower = self.buffer[:head].lower()
        mark = lower.find(b"content-length:")
        size = int(lower[mark + 15 :].split(b"\r\n", 1)[0]) if mark >= 0 else 0
        if len(self.buffer) < head + 4 + size:
            return
        self.took.append(perf_counter() - self.began)
        self.statuses[int(self.buffer[9:12])] += 1
        self.buffer = b""
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's own signature
        if not self.done.done():
            self.done.set_result(None)


async def run(path: Path, host: str, port: int, clients: int, seconds: float) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    source, took, statuses = requests(path), list[float](), Counter[int]()
    began = perf_counter()
    end = began + seconds
    made = [
        await loop.create_connection(lambda: Client(source, end, took, statuses), host, port) for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for _, client in made))
    spent = perf_counter() - began
    took.sort()
    return {
        "requests": len(took),
        "seconds": spent,
        "per_second": len(took) / spent,
        "p50_ms": took[len(took) // 2] * 1e3,
        "p99_ms": took[int(len(took) * 0.99)] * 1e3,
        "statuses": dict(statuses),
    }


if __name__ == "__main__":
    print(
        json.dumps(
            asyncio.run(run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
        )
    )

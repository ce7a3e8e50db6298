"""`archway serve` as a process of its own, with its standard output and error kept."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp


@dataclass
class Served:
    """A serving process; `said` and `logged` are whole once it has ended."""

    address: str
    process: asyncio.subprocess.Process
    said: str = ""
    logged: str = ""

    async def end(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Tells it to stop, and gives its exit status."""
        if self.process.returncode is None:
            self.process.send_signal(with_signal)
        async with asyncio.timeout(20):
            said, logged = await self.process.communicate()
        self.said, self.logged = self.said + said.decode(), self.logged + logged.decode()
        return self.process.returncode or 0


@asynccontextmanager
async def serving(scratch: Path, *options: str, **environ: str) -> AsyncIterator[Served]:
    """Starts it on a free port, with further `options` of the command, and waits until it is ready; stops it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("ARCHWAY_", "SLACK_", "MICROSOFT_"))
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", "--port", str(port), *options,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=own | {"ARCHWAY_DATA": str(scratch / "data")} | environ,
    )  # fmt: skip
    served = Served(f"http://127.0.0.1:{port}", process)
    try:
        async with asyncio.timeout(30), aiohttp.ClientSession() as http:
            while not await ready(http, served.address):
                assert process.returncode is None, (await process.communicate())[1].decode()
                await asyncio.sleep(0.02)
        yield served
    finally:
        if process.returncode is None:
            await served.end()


async def ready(http: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with http.get(f"{address}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False

"""Waiting for something to become true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], every: float = 0.02) -> None:
    """Waits, looking every so many seconds. The caller sets the limit."""
    while not condition():  # noqa: ASYNC110  # what it looks at lies in other processes: no event could tell
        await asyncio.sleep(every)

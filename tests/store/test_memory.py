"""What the bot remembers, opened again after its process ended."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.memory import Memory

RECORDS_AND_DIES = """
import asyncio, os, sys
from pathlib import Path
from bot.delivery import Recorded
from tests.store.test_memory import opened

async def main():
    memory = opened(Path(sys.argv[1]))
    assert await memory.inbox.record(Recorded("once", "slack", b"{}"))
    assert await memory.inbox.left_behind("slack") == []
    os._exit(9)

asyncio.run(main())
"""


def opened(data: Path) -> Memory:
    return Memory.open(f"sqlite:///{data}/archway.db", data, None, timedelta(days=90), lambda: datetime.now(UTC))


@pytest.mark.asyncio
async def test_what_the_last_process_held_on_a_file_is_free_at_once(tmp_path: Path) -> None:
    died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", RECORDS_AND_DIES, str(tmp_path)], check=False)
    assert died.returncode == 9
    memory = opened(tmp_path)
    assert [each.key for each in await memory.inbox.left_behind("slack")] == ["once"]
    await memory.close()

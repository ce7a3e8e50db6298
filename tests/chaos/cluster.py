"""A PostgreSQL that is crashed in three ways, and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.databases import START_SECONDS, PostgresServer

WAYS = ("stop", "postmaster", "backend")


class CrashingServer(PostgresServer):
    """It waits for the disk, as a real one does: what it has said to be committed has to be there afterwards."""

    def crash_and_start(self, way: str) -> None:
        """Crashes it and waits until it takes connections again.

        "stop" is an immediate shutdown: no checkpoint, nothing that is left is flushed; "postmaster" is SIGKILL for the
        first process; "backend" is SIGKILL for one that serves a connection, whereupon all others are thrown out and the
        server recovers by itself.
        """
        if way == "stop":
            self.crash()
        elif way == "postmaster":
            self._signalled(signal.SIGKILL)
        else:
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(self._backends()[-1], signal.SIGKILL)
                return
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                # What is left of a killed one holds on to its memory for a moment, and a new one is refused until then.
                self.start()
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    def _backends(self) -> list[int]:
        """The processes that serve connections, the youngest last."""
        found = []
        assert self._process
        for task in Path(f"/proc/{self._process.pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                with contextlib.suppress(OSError):
                    if b"127.0.0.1" in Path(f"/proc/{child}/cmdline").read_bytes():
                        found.append(int(child))
        return sorted(found)

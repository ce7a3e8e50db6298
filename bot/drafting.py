"""Drafted documents, written where somebody can take them up: as a branch of the knowledge folder's repository, else as a file below
the data folder. Nobody's work tree, index or checked-out branch is touched.

What is written is noted afterwards. Whoever is cut in between writes the same again, and finds it there; so do two processes
that are at it at once.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from bot.branches import Branches, Change, RepositoryFault
from bot.domain.audit import Entry
from bot.domain.drafted import is_safe
from bot.store.database import Database
from bot.store.drafted import DraftedDocument
from bot.store.transaction import Transaction

LOOK_EVERY = 60.0  # seconds between two looks for what another process has left
FIRST_REST, LONGEST_REST = 5.0, 600.0  # seconds until what failed is tried again

log = structlog.stdlib.get_logger(__name__)


class Drafting:
    """Writes what is drafted, each document once. `root` is the knowledge folder, `data` the data folder."""

    def __init__(self, database: Database, root: Path, data: Path, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._branches, self._folder = Branches(root), data / "drafts"
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """There may be something to write. Called in the event loop."""
        self._changed.set()

    async def run(self) -> None:
        """Writes whatever is drafted; without end. What cannot be written yet is tried again, less and less often."""
        rest = FIRST_REST
        while True:
            self._changed.clear()
            if await self.write():
                rest = FIRST_REST
                await self._wait(LOOK_EVERY)
            else:
                await asyncio.sleep(rest)
                rest = min(rest * 2, LONGEST_REST)

    async def write(self) -> bool:
        """Writes what waits, once; whether all of it could be."""
        failed = 0
        for document in await self._database.read(lambda unit: unit.drafted.waiting()):
            try:
                place, commit = await asyncio.to_thread(self._put, document)
            except (OSError, RepositoryFault) as fault:
                failed += 1
                log.warning(
                    "a drafted document cannot be written and is tried again",
                    subject=document.subject,
                    path=document.path,
                    reason=str(fault),
                )
                continue
            await self._database.write(lambda unit, at=document, to=place, of=commit: self._noted(at, to, of, unit))  # type: ignore[misc]  # mypy cannot infer it
        return not failed

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _put(self, document: DraftedDocument) -> tuple[str, str]:
        """Writes one; gives where it is and in which commit, "" for none. Raises OSError and `RepositoryFault`."""
        if not is_safe(document.path):  # another version may have drafted it
            raise RepositoryFault(f"{document.path!r} is no path for a draft")
        if self._branches.are_there:
            message = f"Draft {document.path} from {document.subject}\n\nIt is yours to change and to merge.\n"
            change = Change(document.path, document.text, message, document.at)
            branch, commit = self._branches.put(f"archway/{document.subject.lower()}", change)
            return f"branch {branch}", commit
        return f"file drafts/{self._in_file(document)}", ""

    def _in_file(self, document: DraftedDocument) -> str:
        """Writes a file whole or not at all, and none over what is another text."""
        path, content = document.path, document.text.encode("utf-8", "replace")
        stem, ending = path[: -len(Path(path).suffix) or None], Path(path).suffix
        for number in range(1, 100):
            name = path if number == 1 else f"{stem}-{number}{ending}"
            file = self._folder / name
            if file.is_file() and file.read_bytes() == content:
                return name
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".draft-", delete=False) as temporary:
                    temporary.write(content)
                    temporary.flush()
                    os.fsync(temporary.fileno())
                Path(temporary.name).chmod(0o644)
                Path(temporary.name).replace(file)
                return name
        raise RepositoryFault(f"there are too many other files called like {path}")

    def _noted(self, document: DraftedDocument, place: str, commit: str, unit: Transaction) -> None:
        if unit.drafted.written(document, self._clock(), place):
            after = {"path": document.path, "place": place, **({"commit": commit} if commit else {})}
            unit.audit.add(Entry("document.draft_written", document.subject, after=after))

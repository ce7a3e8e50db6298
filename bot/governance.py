"""Decision rights as they are now: read from `governance.yaml` whenever it changes; the last good ones stay in force."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from bot.domain.governance import Governance
from bot.domain.governance_reading import read
from bot.errors import ConfigurationError
from knowledge import governance
from knowledge.frontmatter import FaultyYaml
from knowledge.governance import NAME, File

ADR_TEMPLATE = "templates/adr.md"  # in the knowledge folder
LONGEST_TEMPLATE = 50_000  # bytes

GONE = f"{NAME}:1: is gone; put it back: what it said last stays in force until then"


class LiveGovernance:
    """Holds what is in force: `now`. `fault` says why the file as it stands is not; None when it is."""

    def __init__(self, root: Path, *, kept_in: Path | None = None) -> None:
        """Reads the file at the top of `root`. Never raises: `fault` says what is wrong.

        `kept_in` is a folder in which the last good file is kept, so that it stays in force over a restart too.
        """
        self._root = root
        own = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]  # never that of another folder
        self._kept = kept_in / f"governance-{own}.yaml" if kept_in else None
        self._starter = governance.starter().values()[0]
        self._seen: tuple[str, str] | None = None  # digest and commit of the file that was looked at last
        self.now = Governance()
        self.fault: str | None = None
        self.adr_template = ""  # how the organisation writes ADRs; "" for our own way
        self._take_kept()
        self.refresh()

    def refresh(self) -> str | None:
        """Looks at the file again; gives its faults, a line each, or None when it is in force."""
        self.adr_template = self._template()
        try:
            seen, self._seen = self._seen, None  # what cannot be read now is read again when it can
            file = governance.find(self._root)
            if file is None:
                self.fault = GONE if self.now.digest else None
                return self.fault
            self._seen = file.digest, file.commit
            if seen != self._seen:
                self.now, self.fault = self._read(file), None
                self._keep(file)
        except (FaultyYaml, ConfigurationError) as faulty:
            self.fault = str(faulty)
        return self.fault

    def _template(self) -> str:
        """The organisation's template for ADRs; "" where there is none, or none that can be read: ours is used then."""
        try:
            file = governance.find(self._root, ADR_TEMPLATE)
            return file.data.decode("utf-8-sig") if file and len(file.data) <= LONGEST_TEMPLATE else ""
        except (FaultyYaml, UnicodeDecodeError):
            return ""

    def _read(self, file: File) -> Governance:
        """Raises `FaultyYaml` and `ConfigurationError`."""
        values, lines = file.values()
        return read(values, lines, self._starter, path=NAME, revision=file.commit, digest=file.digest)

    def _keep(self, file: File) -> None:
        if self._kept:
            with suppress(OSError):  # then it is in force until the next start alone
                self._kept.parent.mkdir(parents=True, exist_ok=True)
                unfinished = self._kept.with_suffix(f".{os.getpid()}")
                unfinished.write_bytes(file.data)
                unfinished.replace(self._kept)

    def _take_kept(self) -> None:
        if self._kept:
            with suppress(OSError, FaultyYaml, ConfigurationError):
                self.now = self._read(File(self._kept.read_bytes()))

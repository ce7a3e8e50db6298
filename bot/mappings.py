"""The mappings of incident tools as they are now: shipped ones, and those of the knowledge folder, read whenever they change; the
last good ones stay in force."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from bot.api.mapping import SourceMapping
from bot.api.mapping_reading import read
from bot.errors import ConfigurationError
from knowledge import governance
from knowledge.frontmatter import FaultyYaml
from knowledge.governance import File

FOLDER = "webhooks"  # in the knowledge folder
SHIPPED = Path(__file__).parent / "api" / "sources"
OWN = "archway"  # the mapping of a source that has none of its own


class LiveMappings:
    """Holds the mapping of each source. `fault` says what is wrong with the files as they stand; None when nothing is."""

    def __init__(self, root: Path, sources: Collection[str], *, kept_in: Path | None = None) -> None:
        """Reads `webhooks/SOURCE.yaml` below `root` for each source. Never raises: `fault` says what is wrong.

        `kept_in` is a folder in which the last good files are kept, so that they stay in force over a restart too.
        """
        self._root, self._sources = root, tuple(sources)
        self._own = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]  # never that of another folder
        self._kept_in = kept_in
        self._seen: dict[str, str] = {}  # digest of the file that was looked at last, by source
        self._faults: dict[str, str] = {}
        self._now = {source: found for source in sources if (found := self._kept(source))}
        self.refresh()

    @property
    def fault(self) -> str | None:
        """The faults of all files, a line each."""
        return "\n".join(self._faults[source] for source in sorted(self._faults)) or None

    def of(self, source: str) -> SourceMapping | None:
        """The mapping of a source; None while its file is faulty and no good one was ever read."""
        return self._now.get(source)

    def refresh(self) -> str | None:
        """Looks at the files again; gives their faults, or None."""
        for source in self._sources:
            try:
                self._look(source)
            except (FaultyYaml, ConfigurationError) as faulty:
                self._faults[source] = str(faulty)
        return self.fault

    def _look(self, source: str) -> None:
        """Raises `FaultyYaml` and `ConfigurationError`."""
        file = governance.find(self._root, f"{FOLDER}/{source}.yaml")
        if file is None:
            self._seen.pop(source, None)
            self._faults.pop(source, None)
            self._now[source] = shipped(source)
            self._forget(source)
            return
        if self._seen.get(source) == file.digest:
            return
        self._seen[source] = file.digest
        self._now[source] = _read(file)
        self._faults.pop(source, None)
        self._keep(source, file)

    def _place(self, source: str) -> Path | None:
        return self._kept_in / f"webhook-{source}-{self._own}.yaml" if self._kept_in else None

    def _keep(self, source: str, file: File) -> None:
        if place := self._place(source):
            with suppress(OSError):  # then it is in force until the next start alone
                place.parent.mkdir(parents=True, exist_ok=True)
                unfinished = place.with_suffix(f".{os.getpid()}")
                unfinished.write_bytes(file.data)
                unfinished.replace(place)

    def _forget(self, source: str) -> None:
        if place := self._place(source):
            with suppress(OSError):
                place.unlink(missing_ok=True)

    def _kept(self, source: str) -> SourceMapping | None:
        if place := self._place(source):
            with suppress(OSError, FaultyYaml, ConfigurationError):
                return _read(File(place.read_bytes(), name=f"{FOLDER}/{source}.yaml"))
        return None


def shipped(source: str) -> SourceMapping:
    """The mapping that comes with the bot; of a source that it does not know, that of the bot's own body."""
    place = SHIPPED / f"{source}.yaml"
    place = place if place.is_file() else SHIPPED / f"{OWN}.yaml"
    return _read(File(place.read_bytes(), name=place.name))


def unheard(root: Path, sources: Collection[str]) -> list[str]:
    """The sources below `root` that have a mapping and are none of `sources`: what they send is refused."""
    return sorted(file.stem for file in (root / FOLDER).glob("*.yaml") if file.stem not in sources)


def _read(file: File) -> SourceMapping:
    values, lines = file.values()
    return read(values, lines, file.name)

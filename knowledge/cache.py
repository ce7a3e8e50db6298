"""A folder's snapshot kept in one file, so that a warm start parses nothing. What cannot be read of it is no loss."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from knowledge.folder import Snapshot

VERSION = 3  # goes up with every change of what readers make of a file: an older cache is then read anew


def save(path: Path, snapshot: Snapshot) -> None:
    """Writes the snapshot to `path`, whole or not at all. Raises OSError when the folder of `path` cannot be written.

    Documents are kept as written in `files`; `contents` gets them anew from `folder.read`.
    """
    import msgspec  # not needed to answer --help

    bare = replace(snapshot, contents=replace(snapshot.contents, documents={}))
    data = _HEADER + msgspec.msgpack.encode(bare)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def load(path: Path) -> Snapshot | None:
    """What `folder.read` takes as `before`, from `path`; None when there is none, or it is damaged or from another version."""
    import msgspec

    try:
        data = path.read_bytes()
        if not data.startswith(_HEADER):
            return None
        return msgspec.msgpack.decode(memoryview(data)[len(_HEADER) :], type=Snapshot)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


_HEADER = b"archway documents %d\n" % VERSION

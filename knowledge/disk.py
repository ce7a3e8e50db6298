"""Walking and opening files below one folder, when nothing in it can be trusted."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from knowledge.documents import LeftOut
from knowledge.formats import BEGINNING, LARGEST

MOST_FILES = 100_000
DEEPEST = 40  # folders
LEFT_ALONE = frozenset({"node_modules", "__pycache__"})
_TOO_FRESH = 100_000_000  # ns: a file written this shortly before may change again within one tick of the disk's clock

Stamp = tuple[int, ...]  # size, mtime_ns, ctime_ns, inode; empty: look again next time


class Found(NamedTuple):
    """A file: its path in the folder, how it looks, and where it lies (elsewhere in the folder, for a link)."""

    path: str
    stamp: Stamp
    location: str


def walk(root: Path, left_out: list[LeftOut], wanted: Callable[[str], bool]) -> Iterator[Found]:
    """The regular files below `root` (a real path) that are wanted, by name within each folder.

    Hidden files and folders are left alone. What else is skipped is added to `left_out`. A link counts as the file
    that it leads to inside the folder, when that is not found by itself (a mounted ConfigMap is made that way).
    """
    seen: set[tuple[int, int]] = set()
    links: list[str] = []
    count = 0
    for path, entry in _entries(root, left_out):
        try:
            mode = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # gone since the folder was listed
        if stat.S_ISLNK(mode.st_mode):
            links.append(path)
        elif not stat.S_ISREG(mode.st_mode):
            left_out.append(LeftOut(path, "is no regular file but a pipe, socket or device; remove it"))
        elif wanted(path):
            count += 1
            if count > MOST_FILES:
                left_out.append(
                    LeftOut(path, f"this file and all after it: more than {MOST_FILES} files; split the folder")
                )
                return
            seen.add((mode.st_dev, mode.st_ino))
            yield Found(path, _stamp(mode), path)
    for path in links:
        if (found := _linked(root, path, seen, left_out, wanted)) is not None:
            yield found


def read(descriptor: int, location: str) -> tuple[bytes, Stamp]:
    """A file's bytes and stamp; `descriptor` is the folder's. At most `LARGEST` + 1 bytes, which says: too large.

    Raises OSError, also when a part of the path has become a link.
    """
    opened = _open(descriptor, location.split("/"))
    try:
        mode = os.fstat(opened)
        if not stat.S_ISREG(mode.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if mode.st_size > LARGEST:
            return os.read(opened, BEGINNING).ljust(LARGEST + 1), _stamp(
                mode
            )  # its beginning tells text from other things
        chunks = []
        left = LARGEST + 1
        while left and (chunk := os.read(opened, left)):
            chunks.append(chunk)
            left -= len(chunk)
    finally:
        os.close(opened)
    fresh = time.time_ns() - mode.st_mtime_ns < _TOO_FRESH
    return b"".join(chunks), () if fresh else _stamp(mode)


def why(error: OSError) -> str:
    """What a person reads about a file that cannot be opened."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return "may not be read; give the bot read permission"
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return "turned into a link while it was read; it is looked at again"
    if error.errno == errno.ENOENT:
        return "went away while it was read; it is looked at again"
    return f"cannot be read: {(error.strerror or 'unknown fault').lower()}"


def _stamp(mode: os.stat_result) -> Stamp:
    return mode.st_size, mode.st_mtime_ns, mode.st_ctime_ns, mode.st_ino


def _entries(root: Path, left_out: list[LeftOut]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """All entries but folders, depth first; folders are entered, links to folders are not."""
    stack = [""]
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(root / folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            if error.errno != errno.ENOENT:
                left_out.append(LeftOut(_shown(folder) or ".", why(error)))
            continue
        below = []
        for entry in entries:
            if entry.name.startswith(".") or entry.name in LEFT_ALONE:
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not _is_text(path):
                left_out.append(LeftOut(_shown(path), "has a name that is not UTF-8; rename it"))
            elif not entry.is_dir(follow_symlinks=False):
                yield path, entry
            elif path.count("/") >= DEEPEST:
                left_out.append(LeftOut(path, f"lies deeper than {DEEPEST} folders; move it up"))
            else:
                below.append(path)
        stack.extend(reversed(below))


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(path: str) -> str:
    return path.encode("utf-8", "replace").decode()


def _linked(
    root: Path, path: str, seen: set[tuple[int, int]], left_out: list[LeftOut], wanted: Callable[[str], bool]
) -> Found | None:
    """The file that a link leads to, when it is to be read at the link's path."""
    target = Path(os.path.realpath(root / path))
    if not target.is_relative_to(root):
        left_out.append(LeftOut(path, "is a link that leads out of the knowledge folder; copy the file here instead"))
        return None
    try:
        mode = target.stat(follow_symlinks=False)
    except OSError:
        mode = None
    if mode is None or stat.S_ISLNK(mode.st_mode):  # still a link: it leads to itself
        if wanted(path):
            left_out.append(LeftOut(path, "is a link to nothing; mend or remove it"))
        return None
    if not stat.S_ISREG(mode.st_mode) or not wanted(path) or (mode.st_dev, mode.st_ino) in seen:
        return None  # a folder or file that is read where it lies
    seen.add((mode.st_dev, mode.st_ino))
    return Found(path, _stamp(mode), target.relative_to(root).as_posix())


def _open(descriptor: int, parts: list[str]) -> int:
    """Opens a file below the folder's descriptor, part by part, following no link and waiting for no pipe."""
    if not {"", ".", ".."}.isdisjoint(parts):
        raise OSError(errno.EINVAL, "not a plain path")
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    here = descriptor
    try:
        for part in parts[:-1]:
            below = os.open(part, flags | os.O_DIRECTORY, dir_fd=here)
            if here != descriptor:
                os.close(here)
            here = below
        return os.open(parts[-1], flags | os.O_NONBLOCK, dir_fd=here)
    finally:
        if here != descriptor:
            os.close(here)

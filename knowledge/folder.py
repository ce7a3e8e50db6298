"""The knowledge folder on disk: the only place that reads it, once or again and again.

The folder is hostile. Nothing outside it is ever read: a file is opened part by part from the folder's own descriptor
without following links, so that what changes between a look and an open cannot lead out. A file that cannot be read is
left out with a reason; it never stops the rest, and what was read of it before stays.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from knowledge import clashes, disk, formats, frontmatter, references, repository
from knowledge.clashes import Claim
from knowledge.disk import Found, Stamp
from knowledge.documents import Contents, Document, LeftOut

QUICK_LOOK = 0.4  # seconds: how soon it is noticed that the whole folder was exchanged
SLOW_LOOK = 60.0  # seconds: for disks that tell nobody of changes, such as network volumes
STILL = "; what was there before is still answered from"  # how the reason ends where that is so
LONGEST_PATH = 1_000  # bytes, in UTF-8: of what has a longer one no changes are told
GLOSSARIES = ("glossary.yaml", "glossary.yml")

_TOO_LONG = (
    f"has a path of more than {LONGEST_PATH} bytes: its changes are not announced; shorten the names of its folders"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one file gave, and how the file looked then. `document` has its references as written."""

    stamp: Stamp
    document: Document | None
    faults: tuple[LeftOut, ...] = ()
    good: bool = True  # whether `document` comes from a version without faults
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A folder as it was read, and what is needed to read it again quickly."""

    contents: Contents
    files: Mapping[str, Kept] = field(default_factory=dict)
    glossary_stamp: Stamp = ()
    glossary_faults: tuple[LeftOut, ...] = ()


def read(root: Path, before: Snapshot | None = None) -> Snapshot:
    """Reads a knowledge folder; with `before`, only the files that changed since.

    Raises NotADirectoryError (or another OSError) when the folder itself cannot be opened: what was read before is
    then still good.
    """
    root = Path(os.path.realpath(root))
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return _read(root, descriptor, before)
    finally:
        os.close(descriptor)


def _read(root: Path, descriptor: int, before: Snapshot | None) -> Snapshot:
    left_out: list[LeftOut] = []
    old = before.files if before else {}
    files: dict[str, Kept] = {}
    glossary: Found | None = None
    unread = _Unread()
    for found in disk.walk(root, left_out, unread.is_wanted):
        if found.path in GLOSSARIES:
            glossary = glossary or found
            continue
        kept = old.get(found.path)
        unchanged = kept is not None and kept.stamp == found.stamp
        files[found.path] = kept if kept and unchanged else _file(descriptor, found, kept)
    documents = {path: kept.document for path, kept in sorted(files.items()) if kept.document}
    resolved = _resolved(documents, before)
    faults = [fault for path in sorted(files) for fault in files[path].faults]
    faults += [LeftOut(path, _TOO_LONG, read=True) for path in documents if len(path.encode()) > LONGEST_PATH]
    claims = {path: kept.claims for path, kept in files.items() if kept.document and kept.claims}
    faults += clashes.find(resolved, claims)
    left_out.extend(sorted(faults, key=lambda fault: (fault.path, fault.line or 0)))
    left_out.extend(unread.left_out())
    terms, glossary_stamp, glossary_faults = _glossary(descriptor, glossary, before)
    left_out.extend(glossary_faults)
    location = repository.of(root)
    contents = Contents(resolved, tuple(left_out), terms, location.commit if location else None)
    return Snapshot(contents, files, glossary_stamp, glossary_faults)


class _Unread:
    """Counts, while a folder is walked, the documents of kinds that are not read. Pictures, code and data are none."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def is_wanted(self, path: str) -> bool:
        if path in GLOSSARIES or formats.is_document(path):
            return True
        ending = PurePosixPath(path).suffix.lower()
        if ending in formats.UNREAD:
            self._counts[ending] += 1
        return False

    def left_out(self) -> Iterator[LeftOut]:
        for ending, count in sorted(self._counts.items()):
            what, them = (f"{count} files", "them") if count > 1 else ("1 file", "it")
            yield LeftOut(
                f"*{ending}", f"{what} of this kind {'are' if count > 1 else 'is'} not read; save {them} as Markdown"
            )


def _resolved(documents: dict[str, Document], before: Snapshot | None) -> dict[str, Document]:
    """References resolved; a document that came out as it was before stays the same object."""
    if before is None or before.contents.documents.keys() != documents.keys():
        return references.resolve(documents)
    known = before.contents.documents
    same = {path: known[path] for path, document in documents.items() if before.files[path].document is document}
    return references.resolve(documents, same)


def _file(descriptor: int, found: Found, before: Kept | None) -> Kept:
    """Reads one file. A faulty version does not take the place of a good one."""
    path, stamp = found.path, found.stamp
    try:
        data, stamp = disk.read(descriptor, found.location)
        parsed = formats.parse(path, data)
    except OSError as error:
        parsed, stamp = formats.Parsed(None, (LeftOut(path, disk.why(error)),), faulty=True), ()
    except Exception as error:  # noqa: BLE001  # a fault of our readers costs this one file, and is shown
        reason = f"our reader fails on it ({type(error).__name__}); please report this, with the file"
        parsed = formats.Parsed(None, (LeftOut(path, reason),), faulty=True)
    if parsed.faulty and before and before.document and (before.good or parsed.document is None):
        faults = tuple(LeftOut(path, fault.reason + STILL, fault.line, read=True) for fault in parsed.faults)
        return Kept(stamp, before.document, faults, good=before.good, claims=before.claims)
    return Kept(stamp, parsed.document, parsed.faults, good=not parsed.faulty, claims=parsed.claims)


def _glossary(
    descriptor: int, found: Found | None, before: Snapshot | None
) -> tuple[Mapping[str, tuple[str, ...]], Stamp, tuple[LeftOut, ...]]:
    """The terms of `glossary.yaml`. While it is faulty, those that it had before."""
    if found is None:
        return {}, (), ()
    path, stamp = found.path, found.stamp
    if before and before.glossary_stamp == stamp:
        return before.contents.glossary, stamp, before.glossary_faults
    try:
        data, stamp = disk.read(descriptor, found.location)
        return _terms(frontmatter.load(data.decode("utf-8-sig"), path), path), stamp, ()
    except OSError as error:
        fault = LeftOut(path, disk.why(error))
    except UnicodeDecodeError:
        fault = LeftOut(path, "is not UTF-8; save it as UTF-8")
    except frontmatter.FaultyYaml as faulty:
        fault = LeftOut(path, faulty.reason, faulty.line)
    return before.contents.glossary if before else {}, stamp, (fault,)


def _terms(value: object, path: str) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if not frontmatter.is_mapping(value):
        raise frontmatter.FaultyYaml("must be lines of `term: [other, words]`", 1, path)
    terms = {}
    for term, words in value.items():
        listed = words if isinstance(words, list) else [words]
        if not all(isinstance(word, (str, int, float)) and not isinstance(word, bool) for word in listed):
            raise frontmatter.FaultyYaml(f"{term!r} must be followed by a word or a list of words; quote them", 1, path)
        terms[term] = tuple(str(word) for word in listed)
    return terms


async def watch(root: Path) -> AsyncIterator[None]:
    """Says, again and again, that something in the folder may have changed and `read` is due; within half a second.

    Goes on when the folder is replaced, gone for a while, or a link that is turned to another folder. Without end:
    close the iterator, or cancel the task that runs it.
    """
    polling = False
    while True:
        place = _place(root)
        if place is None:
            await asyncio.sleep(QUICK_LOOK)
            if _place(root) is not None:
                yield
            continue
        try:
            async for _ in _changes(root, place, polling=polling):
                yield
        except OSError:
            polling = True  # the system has no watches left: look at the files' times instead
            await asyncio.sleep(QUICK_LOOK)
        yield


async def _changes(root: Path, place: tuple[str, int, int], *, polling: bool) -> AsyncIterator[None]:
    """Changes below the folder as long as it stays the same one. Raises OSError when it cannot be watched."""
    import watchfiles  # not needed to answer --help
    from watchfiles._rust_notify import WatchfilesRustInternalError  # documented there, and exported nowhere else

    top = place[0]
    looked = -SLOW_LOOK  # the first look is due when watching has begun: what changed before that was not heard
    watcher = watchfiles.awatch(
        top,
        watch_filter=lambda _, path: _may_matter(path, top),
        debounce=100,
        step=30,
        rust_timeout=int(QUICK_LOOK * 1000),
        yield_on_timeout=True,
        force_polling=polling or None,
        poll_delay_ms=int(QUICK_LOOK * 1000),
        ignore_permission_denied=True,
    )
    try:
        async for changes in watcher:
            if _place(root) != place:
                return
            if changes or time.monotonic() - looked > SLOW_LOOK:
                looked = time.monotonic()
                yield
    except WatchfilesRustInternalError as error:
        raise OSError(str(error)) from error
    except BaseExceptionGroup as several:  # such as a file name that is no text
        ours, others = several.split((WatchfilesRustInternalError, UnicodeError, ValueError, OSError))
        if others or not ours:
            raise
        raise OSError("the folder cannot be watched; its files are looked at instead") from several
    finally:
        await watcher.aclose()


def _place(root: Path) -> tuple[str, int, int] | None:
    """Which folder stands at a path now: its real path, device and inode; None when there is none."""
    try:
        real = os.path.realpath(root)
        mode = Path(real).stat()
    except OSError:
        return None
    return (real, mode.st_dev, mode.st_ino)


def _may_matter(path: str, top: str) -> bool:
    """Not what happens in `.git` and other hidden folders; `..data` is what a mounted ConfigMap is turned by."""
    parts = path.removeprefix(top).split("/")
    return not any((part.startswith(".") and not part.startswith("..")) or part in disk.LEFT_ALONE for part in parts)

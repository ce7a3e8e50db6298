"""The library as it is now: opened from a folder and its cache, and kept in step with the folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from knowledge import cache, folder, forge, repository
from knowledge.documents import Contents
from knowledge.library import Library

PUBLIC = "public"  # the tag of documents that guests may see


class LiveLibrary:
    """Holds the current `library`. Whoever takes it keeps one consistent view; a change puts a new one in its place."""

    def __init__(self, root: Path, *, cached_in: Path | None, pattern: str | None) -> None:
        """Opens the folder at `root`. What has not changed since the cache was written is not read again.

        `cached_in` is a folder for the cache or None, `pattern` is for citation links (see `knowledge.forge`); None: the
        forge of the git remote. Raises OSError when the folder cannot be opened.
        """
        self._root = root
        # One cache a folder: what was read of another one must never answer for this one.
        own = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]
        self._cached_in = cached_in = cached_in / own if cached_in else None
        place = repository.of(root)
        self._form = pattern or (forge.pattern(place.remote) if place and place.remote else None)
        self._place = forge.reader(self._form, place.prefix if place else "")
        before = cache.load(cached_in / "documents") if cached_in else None
        self._snapshot = folder.read(root, before)
        self.library = self._opened()
        self._public: tuple[Library | None, Library] = (None, self.library)
        if before is None or before.files != self._snapshot.files:
            self._keep()

    def knows(self, id_: str) -> bool:
        """Whether an id or path exists at this moment."""
        return self.library.knows(id_)

    @property
    def public(self) -> Library:
        """What everybody may see: the documents that are tagged "public", in a library of their own, so that nothing of
        the others shows through words, acronyms or neighbours."""
        library, public = self._public
        if library is not self.library:
            library = self.library
            contents = library.contents
            seen = {path: document for path, document in contents.documents.items() if PUBLIC in document.tags}
            public = Library.build(Contents(seen, (), contents.glossary, contents.revision), self._link())
            self._public = (library, public)
        return public

    def place(self, url: str) -> forge.Place | None:
        """Which document and heading a citation link leads to; None for links that are not ours."""
        return self._place(url)

    @property
    def link_host(self) -> str | None:
        """The host that citation links lead to; None when there are none."""
        return urlsplit(self._form).hostname if self._form else None

    def refresh(self) -> None:
        """Reads what has changed. Raises OSError when the folder is gone; what was read before is still answered from."""
        self._snapshot = folder.read(self._root, self._snapshot)
        if self._snapshot.contents != self.library.contents:
            self.library = self.library.updated(self._snapshot.contents, self._link())
            self._keep()

    async def follow(self, then: Callable[[], Awaitable[None]] | None = None) -> None:
        """Refreshes in a thread whenever something in the folder changes, and calls `then`; without end."""
        async for _ in folder.watch(self._root):
            await asyncio.to_thread(self.refresh)
            if then:
                await then()

    def _opened(self) -> Library:
        contents, link = self._snapshot.contents, self._link()
        try:
            return Library.open(contents, link, self._cached_in / "index" if self._cached_in else None)
        except OSError:  # the cache saves time alone
            return Library.build(contents, link)

    def _link(self) -> forge.Link:
        place = repository.of(self._root)
        return forge.linker(self._form, place.commit if place else None, place.prefix if place else "")

    def _keep(self) -> None:
        """Writes the cache, where there may be one."""
        if self._cached_in:
            with suppress(OSError):
                cache.save(self._cached_in / "documents", self._snapshot)

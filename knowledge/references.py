"""What documents say of one another, once all are read: names become paths, and supersession holds both ways."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from knowledge.documents import Document, Kind, Status

_NUMBER = re.compile(r"(?:([A-Za-z]{2,8})[-_ #]{0,2})?(\d{1,6})$")
_ENDINGS = (".md", ".markdown", ".adoc", ".rst", ".txt")


def resolve(documents: Mapping[str, Document], known: Mapping[str, Document] | None = None) -> dict[str, Document]:
    """The same documents with their references resolved to paths. Those that change nothing stay the same objects.

    A name resolves to the path it is a link to, else to the one document with that id, else to the one with that
    number in its own folder; what stays ambiguous or unknown is kept as written. `known` are documents as they were
    resolved before among the same paths, where the file is unchanged: their links are still right.
    """
    names = _Names(documents)
    older, newer = _supersession(names, documents)
    known = known or {}
    resolved = {}
    for path, document in documents.items():
        earlier = known.get(path)
        involved = path in older or path in newer
        if earlier is not None and not involved and _says_nothing_of_others(earlier, document):
            resolved[path] = earlier
            continue
        changes = _links(names, path, document) if earlier is None else _same_links(earlier)
        if involved:
            before, after = tuple(older.get(path, ())), tuple(newer.get(path, ()))
            changes |= {"supersedes": before, "superseded_by": after, **_standing(document, before, after, documents)}
        changes = {name: value for name, value in changes.items() if value != getattr(document, name)}
        resolved[path] = replace(document, **changes) if changes else document  # type: ignore[arg-type]  # by name
        if earlier is not None and earlier == resolved[path]:
            resolved[path] = earlier
    return resolved


def _supersession(
    names: _Names, documents: Mapping[str, Document]
) -> tuple[dict[str, dict[str, None]], dict[str, dict[str, None]]]:
    """Which documents each one supersedes, and by which it is superseded; said on one side, it holds on both.

    The inner dictionaries are sets that keep their order.
    """
    older: dict[str, dict[str, None]] = {}
    newer: dict[str, dict[str, None]] = {}
    for path, document in documents.items():
        if document.supersedes or document.superseded_by:
            older[path] = _resolved(names, path, document.supersedes)
            newer[path] = _resolved(names, path, document.superseded_by)
    for path in list(older):
        for other in older[path]:
            if other in documents:
                newer.setdefault(other, {})[path] = None
        for other in newer[path]:
            if other in documents:
                older.setdefault(other, {})[path] = None
    return older, newer


def _says_nothing_of_others(earlier: Document, document: Document) -> bool:
    return not (earlier.supersedes or earlier.superseded_by) and earlier.status is document.status


def _same_links(earlier: Document) -> dict[str, object]:
    return {"refers_to": earlier.refers_to, "moved_to": earlier.moved_to}


def _resolved(names: _Names, path: str, written: Iterable[str]) -> dict[str, None]:
    found = (names.find(path, text) or text for text in written)
    return dict.fromkeys(each for each in found if each != path)


def _links(names: _Names, path: str, document: Document) -> dict[str, object]:
    changes: dict[str, object] = {}
    if document.refers_to:
        found = (names.at(path, link) for link in document.refers_to)
        changes["refers_to"] = tuple(dict.fromkeys(each for each in found if each and each != path))
    if document.moved_to:
        target = names.at(path, document.moved_to)
        changes["moved_to"] = target if target != path else None
    return changes


def _standing(
    document: Document, older: tuple[str, ...], newer: tuple[str, ...], documents: Mapping[str, Document]
) -> dict[str, object]:
    """A document that one in force supersedes is superseded, also when its own status forgot to say so."""
    if document.status not in (Status.ACCEPTED, Status.PROPOSED, Status.DRAFT):
        return {}
    before = frozenset(older)
    successors = [documents[path] for path in newer if path in documents and path not in before]
    in_force = next((each for each in successors if each.status is Status.ACCEPTED or _was_in_force(each)), None)
    if in_force is None:
        return {}
    return {"status": Status.SUPERSEDED, "status_text": f"{document.status.value}; superseded by {in_force.id}"}


def _was_in_force(document: Document) -> bool:
    return document.status in (Status.SUPERSEDED, Status.DEPRECATED)


@dataclass(frozen=True, slots=True)
class _Numbered:
    folder: str
    prefix: str
    path: str


class _Names:
    """Who is meant by a link, an id or a number."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._paths = documents.keys()
        self._ids: dict[str, list[str]] = defaultdict(list)
        self._numbers: dict[int, list[_Numbered]] = defaultdict(list)
        for path, document in documents.items():
            self._ids[document.id.casefold()].append(path)
            if match := _NUMBER.fullmatch(document.id):
                folder = path.rpartition("/")[0]
                self._numbers[int(match[2])].append(_Numbered(folder, (match[1] or "").casefold(), path))
            elif document.kind is Kind.ADR and (stem := re.match(r"(\d{1,5})[-_. ]", path.rpartition("/")[2])):
                self._numbers[int(stem[1])].append(_Numbered(path.rpartition("/")[0], "adr", path))

    def find(self, path: str, written: str) -> str | None:
        """The path that a reference in the document at `path` means, if it means exactly one."""
        if found := self.at(path, written):
            return found
        written = written.strip().strip("[]#").strip()
        by_id = self._ids.get(written.casefold(), [])
        if len(by_id) == 1:
            return by_id[0]
        match = _NUMBER.fullmatch(written)
        if match is None:
            return None
        prefix, folder = (match[1] or "").casefold(), path.rpartition("/")[0]
        others = [each for each in self._numbers.get(int(match[2]), []) if each.path != path]
        same = [each for each in others if not prefix or each.prefix == prefix]
        near = [each for each in same if each.folder == folder]
        chosen = near or (same if prefix else [])
        return chosen[0].path if len(chosen) == 1 else None

    def at(self, path: str, link: str) -> str | None:
        """The document that a relative link in the document at `path` leads to."""
        link = link.partition("#")[0].partition("?")[0]
        if "%" in link:
            link = unquote(link)
        if not link or "://" in link or link.startswith(("mailto:", "//")):
            return None
        folder = "" if link.startswith("/") else path.rpartition("/")[0]
        found = self._page(_join(folder, link))
        return self._page(_join("", link)) if found is None and folder and ".." not in link else found

    def _page(self, link: str) -> str | None:
        return next((candidate for candidate in _candidates(link) if candidate in self._paths), None)


def _join(folder: str, link: str) -> str:
    """The path that a link in a folder leads to; "" when it leads out."""
    parts = folder.split("/") if folder else []
    for part in link.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _candidates(link: str) -> Iterable[str]:
    """A site's address of a page and the file it is made from: `x.html`, `x/` and `x` may all be `x.md`."""
    yield link
    bare = link.removesuffix(".html").removesuffix("/")
    for ending in _ENDINGS:
        yield bare + ending
    for name in ("README.md", "index.md", "_index.md"):
        yield f"{bare}/{name}" if bare else name

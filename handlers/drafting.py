"""Documents that follow from decisions: kept here as drafts until they are written (`bot.drafting`), and recognised in the library when
somebody has merged them (`handlers.subjects.MERGED` says who is told).

    number = next_number("adr", desk.library, desk.transaction)
    draft("RV-3", adr_path(number, title, desk.library), text, desk)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from bot.domain import drafted
from bot.domain.audit import Entry
from bot.domain.drafted import is_safe, numbered, own_id
from bot.store.transaction import Transaction
from handlers.desk import Desk
from knowledge.library import Library

ADRS = "adrs"  # the folder of ADRs where the library has none
FOLDERS = {"adr": ADRS, "standard": "standards", "runbook": "runbooks", "pattern": "patterns", "guide": "guides"}


def draft(subject: str, path: str, text: str, desk: Desk) -> None:
    """Keeps a document that is to be written at a path of the knowledge folder ("adrs/0012-use-kafka.md"). The same again takes its
    place as long as it is not written. It goes on the record, so whatever else is locked is locked before.

    Raises `ValueError` for a path that leads elsewhere: titles in it have to go through `bot.domain.drafted.slug`.
    """
    if not is_safe(path):
        raise ValueError(f"no path for a draft: {path!r}")
    if desk.transaction.drafted.put(subject, path, text):
        desk.transaction.audit.add(Entry("document.drafted", subject, after={"path": path}, words={"text": text}))


def next_number(kind: str, library: Library, transaction: Transaction) -> int:
    """The number that the next document of a kind gets ("adr"): after those of the library and those that are drafted. Whoever
    takes it drafts a document with it in the same transaction: others wait for that. Taken before the outbox is locked."""
    transaction.drafted.lock()
    shelf = [each for each in library.contents.documents.values() if each.kind == kind]
    folder = folder_of(kind, library)
    ours = [
        path.rpartition("/")[2]
        for path in transaction.drafted.paths()
        if path.rpartition("/")[0] in (folder, FOLDERS.get(kind))
    ]
    names = [each.path.rpartition("/")[2] for each in shelf]
    return drafted.next_number([*(each.id for each in shelf), *names, *ours])


def adr_path(number: int, title: str, library: Library) -> str:
    """Where an ADR of a number belongs: among the others, "adrs/0012-use-kafka.md"."""
    return f"{folder_of('adr', library)}/{numbered(number, title)}"


def folder_of(kind: str, library: Library) -> str:
    """The folder in which most documents of a kind are; the usual one where there are none, or that cannot be written."""
    folders = Counter(
        path.rpartition("/")[0]
        for path, each in library.contents.documents.items()
        if each.kind == kind and "/" in path
    )
    most = [folder for folder, _ in sorted(folders.items(), key=lambda each: (-each[1], each[0])) if is_safe(folder)]
    return most[0] if most else FOLDERS.get(kind, f"{kind}s")


def merged(desk: Desk, changed: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Subject and path of the drafts that are in the library now, at the path that was meant or under their own id; with `changed`
    only what is found at one of these paths. The path is that in the library."""
    documents = desk.library.contents.documents
    paths = documents.keys() if changed is None else documents.keys() & {*changed}
    ids = {documents[path].id.casefold(): path for path in sorted(paths, reverse=True)}
    found = []
    for each in desk.transaction.drafted.all():
        if each.path in paths:
            found.append((each.subject, each.path))
        elif path := ids.get(own_id(each.text).casefold()):
            found.append((each.subject, path))
    return found

"""What is said unasked of the library: what changed since the last look, once, in every room that asked for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.domain.announcements import Announcement, Json
from bot.domain.audit import Entry
from bot.domain.changes import Change, DocumentState, What, difference, undone, written
from bot.domain.subscriptions import News, Subscription
from bot.store.library import Known
from handlers.desk import Desk
from handlers.documents import linked, news_of, state_of, url
from handlers.exception_dues import library_changed
from handlers.overdue import expect, review_overdue, settled
from handlers.subjects import drafts_merged
from handlers.telling import Telling, When, hearing, let_go, tell
from knowledge.documents import LeftOut
from knowledge.folder import LONGEST_PATH, STILL
from knowledge.library import Library

__all__ = ["Prepared", "let_go", "notice", "prepare", "review_overdue"]

AGAIN = timedelta(days=1)  # a change after the first one that belongs to it: its posts are updated
MANY = 5  # changes in one look: more of them are told as one
MOST_FAULTS = 20  # files that break in one look: more of them are told as one
LISTED = 12
RECORDED = 100  # paths in the record of many changes


log = structlog.stdlib.get_logger(__name__)

Everybody = Mapping[str, Sequence[Subscription]]  # what each room hears of


@dataclass(frozen=True, slots=True)
class _Seen:
    """A document that is not as it was: what was known, what it is now, and what is to be told of that. `moved_from` is
    what was known of the path that it had."""

    known: Known
    before: DocumentState | None
    now: DocumentState | None
    change: Change | None
    moved_from: Known | None = None

    @property
    def news(self) -> list[News]:
        """Whoever hears of it as it was, hears that it is no longer so."""
        return [news_of(state) for state in (self.before, self.now) if state]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be compared before anything is locked.

    `paths` are those at which anything may have changed since `before`, None for all. `now` and `then` are the documents
    there, as they are and as they were in `before`. `changes` is what there is to tell since what was known of them when
    that was read.
    """

    library: Library
    before: Library | None
    paths: frozenset[str] | None
    now: Mapping[str, DocumentState]
    then: Mapping[str, DocumentState]
    changes: Mapping[str, Sequence[tuple[DocumentState | None, Change | None]]]
    alone: frozenset[str]  # what cannot be compared stays known as it was

    def change(self, path: str, since: DocumentState | None) -> Change | None:
        """What there is to tell of a path since a state of it, which another process may have made known meanwhile."""
        for state, change in self.changes.get(path, ()):
            if state == since:
                return change
        return difference(since, self.now.get(path))


def prepare(desk: Desk, before: Library | None = None) -> Prepared:
    """Compares the library with what is known of it, and only reads. `before` as for `notice`."""
    shelf, store = desk.library, desk.transaction.library
    paths = None if before is None else frozenset() if before is shelf else frozenset(_differing(before, shelf))
    known = store.all() if paths is None else store.of(paths)
    now = _states(shelf, paths)
    then = _states(before, paths) if before else {}
    changes, alone = {}, _left_alone(shelf, paths, now)
    for path in (known.keys() | now.keys()) - alone:
        was, is_ = known.get(path, Known(path, None)), now.get(path)
        if was.state != is_:
            since = [was.state, was.base] if _is_going_on(was, desk) else [was.state]
            try:
                changes[path] = [(state, difference(state, is_)) for state in since]
            except Exception:  # a fault of one document is that document's alone
                log.exception("a document cannot be compared", path=path)
                alone.add(path)
    return Prepared(shelf, before, paths, now, then, changes, frozenset(alone))


def notice(desk: Desk, before: Library | None = None, prepared: Prepared | None = None) -> int:
    """Compares the library with what is known of it, announces what changed, and knows it from now on. Gives how many
    documents were told of.

    `before` is the library that this process compared last, where it did: then only what changed since is looked at, and
    what another process has seen in a newer folder is left to that. The first look of all is silent. `prepared` is what
    `prepare` has found in the same libraries, in a transaction that held nobody up.
    """
    shelf, store = desk.library, desk.transaction.library
    if not shelf.contents.documents or (before is shelf):
        return 0  # an empty folder is more often a volume that is missing than the wish of its authors
    if prepared is None or prepared.library is not shelf or prepared.before is not before:
        prepared = prepare(desk, before)
    store.lock()
    if store.is_empty():
        return _first_look(prepared, desk)
    known = store.all() if prepared.paths is None else store.of(prepared.paths)
    waited = {path for path, each in known.items() if each.unreadable}
    faults = _held_back(_seen(known, waited, prepared), shelf) | _unreadable(shelf)
    known |= {path: Known(path, None) for path in faults.keys() & prepared.now.keys() - known.keys()}
    told_of_faults = _report_faults(known, faults, desk)
    seen = [each for each in _seen(known, waited, prepared) if each.known.path not in faults]
    return _noticed(_moves(seen), prepared, told_of_faults, desk)


def _first_look(prepared: Prepared, desk: Desk) -> int:
    states = list((prepared.now if prepared.paths is None else _states(desk.library, None)).values())
    desk.transaction.library.put(Known(state.path, state) for state in states)
    tell(expect([(None, state) for state in states], desk), desk)
    desk.transaction.audit.add(
        Entry("library.known", "library", after={"documents": len(states)}, revision=_revision(desk))
    )
    return 0


def _noticed(seen: list[_Seen], prepared: Prepared, faults: list[Telling], desk: Desk) -> int:
    """Tells of what was seen, in one go: timers of reviews first, then those of rooms, the outbox then, the record last. So
    no two processes wait for each other."""
    silent = [each for each in seen if each.change is None]
    loud = [each for each in seen if each.change is not None]
    going_on = [each for each in loud if _is_going_on(each.known, desk) and not _stands_otherwise(each)]
    fresh = [each for each in loud if each not in going_on]
    steps = [(each.before, each.now) for each in seen]
    tellings = [*faults, *settled(steps, desk), *expect(steps, desk)]
    known = [replace(each.known, state=each.now) for each in silent]
    everybody = desk.transaction.subscriptions.all() if loud else {}
    told = [_told_again(each, prepared, everybody, desk) for each in going_on]
    if len(fresh) > MANY:
        known += [replace(each.known, state=each.now, base=None, since=None) for each in fresh]
        tellings += _told_as_one(fresh, everybody, desk)
    else:
        told += [_told(each, change, everybody, desk) for each in fresh if (change := each.change)]
    known += [each for each, _ in told]
    tellings += [telling for _, telling in told]
    known += [replace(each.moved_from, state=None, since=None) for each in seen if each.moved_from]
    drafts_merged(steps, desk)
    library_changed(steps, desk)
    tell(tellings, desk)
    desk.transaction.library.put(known)
    for entry in _entries(going_on, fresh, desk):
        desk.transaction.audit.add(entry)
    return len(loud)


def _told(seen: _Seen, change: Change, everybody: Everybody, desk: Desk) -> tuple[Known, Telling]:
    """A change that is announced on its own, under a key of its own."""
    number = int(seen.known.announcement.rpartition(":")[2] or 0) + 1
    key = f"document:{seen.known.path}:{number}"
    known = replace(seen.known, state=seen.now, base=seen.before, announcement=key, since=desk.transaction.now)
    return known, _telling(known, change, everybody, desk)


def _told_again(seen: _Seen, prepared: Prepared, everybody: Everybody, desk: Desk) -> tuple[Known, Telling]:
    """A further change of what is still being told: all of it since the first one, in the same place."""
    known = replace(seen.known, state=seen.now)
    if change := prepared.change(known.path, known.base):
        return known, _telling(known, change, everybody, desk)
    name = (seen.known.state or seen.now or seen.known.base).id  # type: ignore[union-attr]  # one of them is there
    back = linked(undone(seen.now, known.path, name), desk.library)
    return known, Telling(Announcement(known.announcement, name, "document", written(back)), back=True)


def _telling(known: Known, change: Change, everybody: Everybody, desk: Desk) -> Telling:
    news = [news_of(state) for state in (known.base, known.state) if state]
    what = Announcement(known.announcement, change.id, "document", written(linked(change, desk.library)))
    return Telling(what, hearing(news, desk, everybody))


def _told_as_one(fresh: list[_Seen], everybody: Everybody, desk: Desk) -> Iterator[Telling]:
    """Many changes in one look, as when another branch is put in place: each room gets one list of those it hears of."""
    heard: dict[str, list[_Seen]] = {}
    at: dict[str, list[When]] = {}
    for each in fresh:
        for room, moment in hearing(each.news, desk, everybody).items():
            heard.setdefault(room, []).append(each)
            at.setdefault(room, []).append(moment)
    for room, theirs in heard.items():
        key = f"library:{desk.transaction.now.isoformat()}:{room}"
        soonest = min(at[room], key=lambda each: (each.due or desk.transaction.now, each.digest))
        yield Telling(Announcement(key, "library", "documents", _list(theirs, desk)), {room: soonest})


def _list(seen: list[_Seen], desk: Desk) -> dict[str, Json]:
    changes = [change for each in seen if (change := each.change)]
    named: list[Json] = [
        {"id": each.id, "title": each.title, "what": each.what.value, "url": url(desk.library, each.path)}
        for each in changes[:LISTED]
    ]
    counts: dict[str, Json] = {what.value: sum(1 for each in changes if each.what is what) for what in What}
    return {"count": len(changes), "documents": named, **counts}


def _report_faults(known: dict[str, Known], faults: dict[str, LeftOut], desk: Desk) -> list[Telling]:
    """Tells operators of documents whose files cannot be read now or of which nothing is told, and of those that are mended."""
    announcements = list[Announcement]()
    broken = [
        each
        for path, each in known.items()
        if path in faults and (each.state or each.unreadable or faults[path].doubtful)
    ]
    mended = [each for each in known.values() if each.unreadable and each.path not in faults]
    fresh = [each for each in broken if not each.unreadable]
    counted = [replace(each, unreadable=True, faults=each.faults + 1) for each in fresh]
    if len(fresh) > MOST_FAULTS:
        announcements.append(_list_of_faults([faults[each.path] for each in fresh], desk))
    for each in [*(each for each in broken if each.unreadable), *(counted if len(fresh) <= MOST_FAULTS else ())]:
        key = _fault_key(each)
        if each in counted or desk.transaction.outbox.get(key):
            announcements.append(Announcement(key, each.path, "unreadable", _fault(faults[each.path])))
    for each in mended:
        if told := desk.transaction.outbox.get(_fault_key(each)):
            gone = each.path not in desk.library.contents.documents
            announcements.append(replace(told, facts={**told.facts, "mended": True, "gone": gone}))
    changed = [*counted, *(replace(each, unreadable=False) for each in mended)]
    desk.transaction.library.put(changed)
    known |= {each.path: each for each in changed}
    operators = {desk.operations_room: When()}
    return [Telling(each, operators) for each in announcements] if desk.operations_room else []


def _fault(fault: LeftOut) -> dict[str, Json]:
    reason = fault.reason.removesuffix(STILL)
    held = bool(fault.doubtful)
    return {"path": fault.path, "line": fault.line, "reason": reason, "answered": fault.read, "held": held}


def _list_of_faults(faults: list[LeftOut], desk: Desk) -> Announcement:
    held = any(each.doubtful for each in faults)
    facts: dict[str, Json] = {"count": len(faults), "files": [_fault(each) for each in faults[:LISTED]], "held": held}
    return Announcement(f"unreadable:{desk.transaction.now.isoformat()}", "library", "unreadable_files", facts)


def _fault_key(known: Known) -> str:
    return f"unreadable:{known.path}:{known.faults}"


def _unreadable(shelf: Library) -> dict[str, LeftOut]:
    """The files of which the present version cannot be read, by path."""
    left_out = shelf.contents.left_out
    return {each.path: each for each in reversed(left_out) if not each.read or each.reason.endswith(STILL)}


def _held_back(seen: Iterable[_Seen], shelf: Library) -> dict[str, LeftOut]:
    """The faults of documents that have come to say of themselves what their authors may not mean, by path: until they
    are mended nothing is told of them."""
    faults: dict[str, list[LeftOut]] = {}
    for fault in shelf.contents.left_out:
        if fault.doubtful:
            faults.setdefault(fault.path, []).append(fault)
    found: dict[str, LeftOut] = {}
    for each in seen:
        for fault in faults.get(each.known.path, ()) if each.now else ():
            if each.before is None or getattr(each.before, fault.doubtful) != getattr(each.now, fault.doubtful):
                found.setdefault(fault.path, fault)
    return found


def _differing(before: Library, shelf: Library) -> set[str]:
    """The paths at which anything may be different from what it was."""
    old, new = before.contents.documents, shelf.contents.documents
    paths = {path for path in old.keys() | new.keys() if old.get(path) is not new.get(path)}
    after, later = before.catalogue.successors, shelf.catalogue.successors
    paths |= {path for path in after.keys() | later.keys() if after.get(path) != later.get(path)}
    faults, others = set(before.contents.left_out), set(shelf.contents.left_out)
    return paths | {each.path for each in faults ^ others}


def _states(shelf: Library, paths: Collection[str] | None) -> dict[str, DocumentState]:
    documents = shelf.contents.documents
    wanted = documents.keys() if paths is None else documents.keys() & paths
    found = {}
    for path in wanted:
        if len(path.encode(errors="replace")) > LONGEST_PATH:
            log.warning("a document has so long a path that its changes are not announced", path=path)
            continue  # indexes of databases end below 2,700 bytes
        try:
            found[path] = state_of(documents[path], shelf)
        except Exception:  # a fault of one document is that document's alone
            log.exception("a document cannot be compared", path=path)
    return found


def _left_alone(shelf: Library, paths: Collection[str] | None, now: Mapping[str, DocumentState]) -> set[str]:
    """What is in the library and has no state."""
    documents = shelf.contents.documents
    return (documents.keys() if paths is None else documents.keys() & paths) - now.keys()


def _seen(known: dict[str, Known], waited: set[str], prepared: Prepared) -> Iterable[_Seen]:
    """What is not as it is known. Where a process has compared before, what is known has to be what it saw then, unless the
    path waited to be mended: else another process has seen a newer folder than this one."""
    for path in sorted(known.keys() | prepared.now.keys() if prepared.paths is None else prepared.paths):
        now, was = prepared.now.get(path), known.get(path, Known(path, None))
        if path in prepared.alone:
            continue
        as_seen = prepared.before is None or path in waited or was.state == prepared.then.get(path)
        if was.state != now and as_seen:
            yield _Seen(was, was.state, now, prepared.change(path, was.state))


def _moves(seen: list[_Seen]) -> list[_Seen]:
    """The same, with a document that has gone and come at another path as one that has moved."""
    gone = {(each.before.id, each.before.kind): each for each in seen if each.before and not each.now}
    moved: dict[str, _Seen] = {}
    for each in seen:
        came = each.now if each.before is None else None
        if came and (earlier := gone.pop((came.id, came.kind), None)):
            moved[earlier.known.path] = each
            change = difference(earlier.before, came)
            moved[each.known.path] = replace(each, before=earlier.before, change=change, moved_from=earlier.known)
    return [moved.get(each.known.path, each) for each in seen if each.now or each.known.path not in moved]


def _is_going_on(known: Known, desk: Desk) -> bool:
    return known.since is not None and desk.transaction.now - known.since < AGAIN


def _stands_otherwise(seen: _Seen) -> bool:
    """Whether it counts otherwise than before, which nobody is to miss: a post that is changed in its place tells nobody.
    What has just come and goes again was nothing to rely on."""
    if seen.now is None or seen.before is None:
        return seen.known.base is not None
    return seen.now.status != seen.before.status


def _entries(going_on: list[_Seen], fresh: list[_Seen], desk: Desk) -> Iterable[Entry]:
    one_by_one = going_on if len(fresh) > MANY else [*going_on, *fresh]
    for each in one_by_one:
        if change := each.change:
            before: dict[str, Json] = {"status": each.before.status} if each.before else {}
            after: dict[str, Json] = (
                {"status": each.now.status, **change.counts, **_clauses(change)} if each.now else {}
            )
            action = f"document.{'removed' if change.what is What.GONE else change.what.value}"
            yield Entry(action, each.known.path, before=before, after=after, revision=_revision(desk))
    if len(fresh) > MANY:
        paths: list[Json] = [each.known.path for each in fresh[:RECORDED]]
        yield Entry(
            "library.changed", "library", after={"documents": len(fresh), "first": paths}, revision=_revision(desk)
        )


def _clauses(change: Change) -> dict[str, Json]:
    """The ids of the clauses that a change tells of: the first of each sort."""
    of = {"added": change.added, "reworded": change.reworded, "removed": change.removed}
    named: dict[str, Json] = {name: [each.id for each in clauses] for name, clauses in of.items() if clauses}  # type: ignore[attr-defined]
    return {"clauses": named} if named else {}


def _revision(desk: Desk) -> str:
    return desk.library.contents.revision or ""

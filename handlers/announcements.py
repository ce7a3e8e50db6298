"""What is said unasked of the library: what changed since the last look, once, in every room that asked for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.announcements import Announcement, Json
from bot.domain.audit import Entry
from bot.domain.changes import Change, DocumentState, What, difference, undone, written
from bot.domain.subscriptions import News
from bot.store.library import Known
from handlers.desk import Desk
from handlers.documents import linked, news_of, state_of, url
from handlers.overdue import expect, list_overdue, review_overdue, settle
from handlers.telling import When, hearing, let_go, take_back, tell
from knowledge.documents import LeftOut
from knowledge.folder import STILL
from knowledge.library import Library

__all__ = ["let_go", "notice", "review_overdue"]

AGAIN = timedelta(days=1)  # a change after the first one that belongs to it: its posts are updated
MANY = 20  # changes in one look from which on they are told as one
LISTED = 12
RECORDED = 100  # paths in the record of many changes


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


def notice(desk: Desk, before: Library | None = None) -> int:
    """Compares the library with what is known of it, announces what changed, and knows it from now on. Gives how many
    documents were told of.

    `before` is the library that this process compared last, where it did: then only what changed since is looked at, and
    what another process has seen in a newer folder is left to that. The first look of all is silent.
    """
    shelf, store = desk.library, desk.transaction.library
    if not shelf.contents.documents or (before is shelf):
        return 0  # an empty folder is more often a volume that is missing than the wish of its authors
    store.lock()
    if store.is_empty():
        return _first_look(desk)
    paths = _differing(before, shelf) if before else None
    known = store.all() if paths is None else store.of(paths)
    faults = _unreadable(shelf)
    _report_faults(known, faults, desk)
    seen = [
        each
        for each in _seen(known, paths, shelf)
        if each.known.path not in faults and (before is None or _is_next(each, before))
    ]
    return _noticed(_moves(seen), desk)


def _first_look(desk: Desk) -> int:
    states = [state_of(each, desk.library) for each in desk.library.contents.documents.values()]
    desk.transaction.library.put(Known(state.path, state) for state in states)
    list_overdue(expect([(None, state) for state in states], desk), desk)
    desk.transaction.audit.add(
        Entry("library.known", "library", after={"documents": len(states)}, revision=_revision(desk))
    )
    return 0


def _noticed(seen: list[_Seen], desk: Desk) -> int:
    """Tells of what was seen. Timers first, the outbox then, the record last: so no two processes wait for each other."""
    silent = [each for each in seen if each.change is None]
    loud = [each for each in seen if each.change is not None]
    going_on = [each for each in loud if _is_going_on(each.known, desk)]
    fresh = [each for each in loud if not _is_going_on(each.known, desk)]
    listed = expect([(each.before, each.now) for each in seen], desk)
    settle([(each.before, each.now) for each in seen], desk)
    list_overdue(listed, desk)
    known = [replace(each.known, state=each.now) for each in silent]
    known += [_told_again(each, desk) for each in going_on]
    known += _told_as_one(fresh, desk) if len(fresh) > MANY else [_told(each, desk) for each in fresh]
    known += [replace(each.moved_from, state=None, since=None) for each in seen if each.moved_from]
    desk.transaction.library.put(known)
    for entry in _entries(going_on, fresh, desk):
        desk.transaction.audit.add(entry)
    return len(loud)


def _told(seen: _Seen, desk: Desk) -> Known:
    """A change that is announced on its own, under a key of its own."""
    number = int(seen.known.announcement.rpartition(":")[2] or 0) + 1
    key = f"document:{seen.known.path}:{number}"
    known = replace(seen.known, state=seen.now, base=seen.before, announcement=key, since=desk.transaction.now)
    if change := seen.change:
        _tell(known, change, desk)
    return known


def _told_again(seen: _Seen, desk: Desk) -> Known:
    """A further change of what is still being told: all of it since the first one, in the same place."""
    known = replace(seen.known, state=seen.now)
    change = difference(known.base, seen.now)
    if change:
        _tell(known, change, desk)
    else:
        name = (seen.known.state or seen.now or seen.known.base).id  # type: ignore[union-attr]  # one of them is there
        back = linked(undone(seen.now, known.path, name), desk.library)
        take_back(Announcement(known.announcement, name, "document", written(back)), desk)
    return known


def _tell(known: Known, change: Change, desk: Desk) -> None:
    news = [news_of(state) for state in (known.base, known.state) if state]
    what = Announcement(known.announcement, change.id, "document", written(linked(change, desk.library)))
    tell(what, hearing(news, desk), desk)


def _told_as_one(fresh: list[_Seen], desk: Desk) -> list[Known]:
    """Many changes in one look, as when another branch is put in place: each room gets one list of those it hears of."""
    heard: dict[str, list[_Seen]] = {}
    at: dict[str, list[When]] = {}
    subscriptions = desk.transaction.subscriptions.all()
    for each in fresh:
        for room, moment in hearing(each.news, desk, subscriptions).items():
            heard.setdefault(room, []).append(each)
            at.setdefault(room, []).append(moment)
    for room, theirs in heard.items():
        key = f"library:{desk.transaction.now.isoformat()}:{room}"
        soonest = min(at[room], key=lambda each: (each.due or desk.transaction.now, each.digest))
        tell(Announcement(key, "library", "documents", _list(theirs, desk)), {room: soonest}, desk)
    return [replace(each.known, state=each.now, base=None, since=None) for each in fresh]


def _list(seen: list[_Seen], desk: Desk) -> dict[str, Json]:
    changes = [change for each in seen if (change := each.change)]
    named: list[Json] = [
        {"id": each.id, "title": each.title, "what": each.what.value, "url": url(desk.library, each.path)}
        for each in changes[:LISTED]
    ]
    counts: dict[str, Json] = {what.value: sum(1 for each in changes if each.what is what) for what in What}
    return {"count": len(changes), "documents": named, **counts}


def _report_faults(known: dict[str, Known], faults: dict[str, LeftOut], desk: Desk) -> None:
    """Tells operators of documents whose files cannot be read now, and of those that can be again."""
    broken = [each for each in known.values() if each.path in faults and (each.state or each.unreadable)]
    mended = [each for each in known.values() if each.unreadable and each.path not in faults]
    fresh = [each for each in broken if not each.unreadable]
    counted = [replace(each, unreadable=True, faults=each.faults + 1) for each in fresh]
    if len(fresh) > MANY:
        _list_faults([faults[each.path] for each in fresh], desk)
    for each in [*(each for each in broken if each.unreadable), *(counted if len(fresh) <= MANY else ())]:
        key = _fault_key(each)
        if each in counted or desk.transaction.outbox.get(key):
            _tell_operators(Announcement(key, each.path, "unreadable", _fault(faults[each.path])), desk)
    for each in mended:
        if told := desk.transaction.outbox.get(_fault_key(each)):
            gone = each.path not in desk.library.contents.documents
            _tell_operators(replace(told, facts={**told.facts, "mended": True, "gone": gone}), desk)
    changed = [*counted, *(replace(each, unreadable=False) for each in mended)]
    desk.transaction.library.put(changed)
    known |= {each.path: each for each in changed}


def _fault(fault: LeftOut) -> dict[str, Json]:
    reason = fault.reason.removesuffix(STILL)
    return {"path": fault.path, "line": fault.line, "reason": reason, "answered": fault.read}


def _list_faults(faults: list[LeftOut], desk: Desk) -> None:
    facts: dict[str, Json] = {"count": len(faults), "files": [_fault(each) for each in faults[:LISTED]]}
    key = f"unreadable:{desk.transaction.now.isoformat()}"
    _tell_operators(Announcement(key, "library", "unreadable_files", facts), desk)


def _tell_operators(what: Announcement, desk: Desk) -> None:
    if desk.operations_room:
        desk.transaction.outbox.announce(what, [desk.operations_room])


def _fault_key(known: Known) -> str:
    return f"unreadable:{known.path}:{known.faults}"


def _unreadable(shelf: Library) -> dict[str, LeftOut]:
    """The files of which the present version cannot be read, by path."""
    left_out = shelf.contents.left_out
    return {each.path: each for each in reversed(left_out) if not each.read or each.reason.endswith(STILL)}


def _differing(before: Library, shelf: Library) -> set[str]:
    """The paths at which anything may be different from what it was."""
    old, new = before.contents.documents, shelf.contents.documents
    paths = {path for path in old.keys() | new.keys() if old.get(path) is not new.get(path)}
    after, later = before.catalogue.successors, shelf.catalogue.successors
    paths |= {path for path in after.keys() | later.keys() if after.get(path) != later.get(path)}
    faults, others = _unreadable(before), _unreadable(shelf)
    return paths | {path for path in faults.keys() | others.keys() if faults.get(path) != others.get(path)}


def _seen(known: dict[str, Known], paths: Collection[str] | None, shelf: Library) -> Iterable[_Seen]:
    documents = shelf.contents.documents
    for path in sorted(known.keys() | documents.keys() if paths is None else paths):
        document = documents.get(path)
        now = state_of(document, shelf) if document else None
        was = known.get(path, Known(path, None))
        if was.state != now:
            yield _Seen(was, was.state, now, difference(was.state, now))


def _is_next(seen: _Seen, before: Library) -> bool:
    """Whether what is known is what this process saw last: else another one has seen a newer folder than this one."""
    document = before.contents.documents.get(seen.known.path)
    return seen.known.state == (state_of(document, before) if document else None)


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


def _entries(going_on: list[_Seen], fresh: list[_Seen], desk: Desk) -> Iterable[Entry]:
    one_by_one = going_on if len(fresh) > MANY else [*going_on, *fresh]
    for each in one_by_one:
        if change := each.change:
            before: dict[str, Json] = {"status": each.before.status} if each.before else {}
            after: dict[str, Json] = {"status": each.now.status, **change.counts} if each.now else {}
            action = f"document.{'removed' if change.what is What.GONE else change.what.value}"
            yield Entry(action, each.known.path, before=before, after=after, revision=_revision(desk))
    if len(fresh) > MANY:
        paths: list[Json] = [each.known.path for each in fresh[:RECORDED]]
        yield Entry(
            "library.changed", "library", after={"documents": len(fresh), "first": paths}, revision=_revision(desk)
        )


def _revision(desk: Desk) -> str:
    return desk.library.contents.revision or ""

"""What changed between two states of a document: which clauses came, went and read differently, word by word.

Both are plain values that go into the database and into an announcement as JSON (`written`) and come back (`read_state`,
`read_change`). What is told is bounded: the first few of everything, and how many there are.
"""

from __future__ import annotations

import difflib
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from bot.domain.announcements import Json

TOLD = 6  # clauses or sections of one sort that a change tells of
LONGEST = 600  # characters of one clause
ALIKE = 0.5  # of the words: from here on two wordings are of one clause
MOST_WORDS = 250  # of a clause that is compared word by word
MOST_COMPARED = 100  # clauses of which each is compared with each
ROUND = 8  # words that are kept on both sides of a difference, where a clause is long


class What(StrEnum):
    """What happened to a document."""

    ADDED = "added"
    CHANGED = "changed"
    GONE = "gone"
    UNDONE = "undone"  # it is again as it was before the change that was announced


class Run(StrEnum):
    """How a run of words stands between the old wording and the new one."""

    SAME = "same"
    OLD = "old"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class ClauseState:
    """A clause as it was at one moment. `section` is where it stood, `url` where it can be read."""

    id: str
    level: str
    text: str
    section: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class DocumentState:
    """A document as it was at one moment. `sections` are headings with a digest of what stands below; the
    dates are ISO or ""."""

    path: str
    id: str
    title: str
    kind: str
    status: str
    owner: str = ""
    tags: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    risk: str = ""
    superseded_by: tuple[str, ...] = ()
    clauses: tuple[ClauseState, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()
    reviewed: str = ""
    review_due: str = ""


@dataclass(frozen=True, slots=True)
class Reworded:
    """A clause that reads differently; `before` is the id that it had, where that was another one."""

    id: str
    runs: tuple[tuple[Run, str], ...]
    before: str = ""
    section: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A document as it is called."""

    id: str
    title: str = ""
    url: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Concern:
    """What decides who hears of a document."""

    kind: str
    owner: str = ""
    tags: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    risk: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What is told of a document. The lists hold their first entries, `counts` how many there are, by their names;
    `concerned` is whom it concerned before the change, where those were others."""

    what: What
    path: str
    id: str
    title: str
    kind: str
    status: str
    owner: str = ""
    tags: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    risk: str = ""
    url: str = ""
    members: tuple[
        tuple[str, str, str], ...
    ] = ()  # of its title, kind, status, owner those that changed: before, after
    superseded_by: tuple[Named, ...] = ()
    added: tuple[ClauseState, ...] = ()
    reworded: tuple[Reworded, ...] = ()
    removed: tuple[ClauseState, ...] = ()
    renumbered: tuple[tuple[str, str], ...] = ()  # the id that a clause had and has
    sections: tuple[tuple[str, str], ...] = ()  # "added", "changed" or "removed", and the heading
    counts: Mapping[str, int] = field(default_factory=dict)
    concerned: Concern | None = None

    def count(self, name: str) -> int:
        """How many there are of a list, told or not."""
        return self.counts.get(name, 0)


@dataclass
class _Clauses:
    """`reworded` and `renumbered` are pairs of what a clause was and is."""

    added: list[ClauseState]
    removed: list[ClauseState]
    reworded: list[tuple[ClauseState, ClauseState]] = field(default_factory=list)
    renumbered: list[tuple[ClauseState, ClauseState]] = field(default_factory=list)

    @property
    def touched(self) -> set[str]:
        """The sections that hold them."""
        return {each.section for each in (*self.added, *self.removed, *(new for _, new in self.reworded))}


def difference(before: DocumentState | None, after: DocumentState | None) -> Change | None:
    """What is to be told of two states; None when there is nothing. None as a state: there is no such document."""
    now = after or before
    if now is None:
        return None
    if before is None or after is None:
        clauses = _Clauses(list(now.clauses) if after else [], [])
        sections = [("added", heading) for heading, _ in now.sections if heading] if after else []
        return _change(What.ADDED if after else What.GONE, now, (), clauses, sections)
    members = tuple(
        (name, getattr(before, name), getattr(after, name))
        for name in ("title", "kind", "status", "owner")
        if getattr(before, name) != getattr(after, name)
    )
    clauses = _compared(before.clauses, after.clauses)
    sections = _sections(before.sections, after.sections, clauses.touched)
    newer = set(after.superseded_by) - set(before.superseded_by)
    if not (members or newer or sections or clauses.touched or clauses.renumbered):
        return None
    change = _change(What.CHANGED, after, members, clauses, sections)
    return replace(change, concerned=_concern(before)) if _concern(before) != _concern(after) else change


def undone(state: DocumentState | None, path: str, name: str) -> Change:
    """That a document is again as it was before what was announced; `state` is None when it is not there any more."""
    if state is None:
        return Change(What.UNDONE, path, name, "", "", "")
    return _change(What.UNDONE, state, (), _Clauses([], []), [])


def reworded(old: str, new: str) -> tuple[tuple[Run, str], ...]:
    """Two wordings as one line of runs; the old one and the new one whole when they have too little in common.

    >>> [f"{run.value}: {words}" for run, words in reworded("Keys MUST be rotated yearly.", "Keys MUST be rotated monthly.")]
    ['same: Keys MUST be rotated', 'old: yearly.', 'new: monthly.']
    """
    one, other = old.split(), new.split()
    if max(len(one), len(other)) <= MOST_WORDS:
        matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
        if matcher.ratio() >= ALIKE:
            return tuple(_runs(matcher.get_opcodes(), one, other))
    return (Run.OLD, _short(old)), (Run.NEW, _short(new))


def written(value: DocumentState | Change) -> dict[str, Json]:
    """A state or change as plain JSON."""
    found: dict[str, Json] = _plain(value)
    return found


def read_state(facts: Mapping[str, Any]) -> DocumentState:
    """A state as it was written; members of another version are left out."""
    known = _known(DocumentState, facts)
    known["clauses"] = tuple(ClauseState(**_known(ClauseState, each)) for each in facts.get("clauses", ()))
    known["sections"] = tuple((heading, digest) for heading, digest in facts.get("sections", ()))
    return DocumentState(**known)


def read_change(facts: Mapping[str, Any]) -> Change:
    """A change as it was written; members of another version are left out."""
    known = _known(Change, facts)
    known["what"] = What(facts["what"])
    known["superseded_by"] = tuple(Named(**_known(Named, each)) for each in facts.get("superseded_by", ()))
    for name in ("added", "removed"):
        known[name] = tuple(ClauseState(**_known(ClauseState, each)) for each in facts.get(name, ()))
    found = []
    for each in facts.get("reworded", ()):
        runs = tuple((Run(run), words) for run, words in each["runs"])
        found.append(Reworded(**(_known(Reworded, each) | {"runs": runs})))
    known["reworded"] = tuple(found)
    known["concerned"] = Concern(**_known(Concern, facts["concerned"])) if facts.get("concerned") else None
    for name in ("members", "renumbered", "sections"):
        known[name] = tuple(tuple(each) for each in facts.get(name, ()))
    return Change(**known)


def _change(
    what: What,
    now: DocumentState,
    members: tuple[tuple[str, str, str], ...],
    clauses: _Clauses,
    sections: list[tuple[str, str]],
) -> Change:
    counts = {
        "added": len(clauses.added),
        "reworded": len(clauses.reworded),
        "removed": len(clauses.removed),
        "renumbered": len(clauses.renumbered),
        "sections": len(sections),
    }
    return Change(
        what=what,
        path=now.path,
        id=now.id,
        title=now.title,
        kind=now.kind,
        status=now.status,
        owner=now.owner,
        tags=now.tags,
        services=now.services,
        risk=now.risk,
        members=members,
        superseded_by=tuple(Named(path, path=path) for path in now.superseded_by[:TOLD]),
        added=tuple(_shortened(each) for each in clauses.added[:TOLD]),
        reworded=tuple(_reworded(*pair) for pair in clauses.reworded[:TOLD]),
        removed=tuple(_shortened(each) for each in clauses.removed[:TOLD]),
        renumbered=tuple((old.id, new.id) for old, new in clauses.renumbered[:TOLD]),
        sections=tuple((how, _short(heading)) for how, heading in sections[:TOLD]),
        counts={name: count for name, count in counts.items() if count},
    )


def _concern(state: DocumentState) -> Concern:
    return Concern(state.kind, state.owner, state.tags, state.services, state.risk)


def _reworded(old: ClauseState, new: ClauseState) -> Reworded:
    return Reworded(new.id, reworded(old.text, new.text), old.id if old.id != new.id else "", new.section, new.url)


def _compared(old: Sequence[ClauseState], new: Sequence[ClauseState]) -> _Clauses:
    """Which clause became which one. Numbers shift when a clause is put in between: so words are compared first, and an
    id decides among what is left."""
    gone, come = dict(enumerate(old)), dict(enumerate(new))
    became: dict[int, int] = {}
    for match in (_same_in_place, _same_words, _alike, _same_id):
        for first, second in match(gone, come):
            del gone[first], come[second]
            became[second] = first
    found = _Clauses(list(come.values()), list(gone.values()))
    for one, other in ((old[became[second]], new[second]) for second in sorted(became)):
        if (one.text, one.level) != (other.text, other.level):
            found.reworded.append((one, other))
        elif one.id != other.id:
            found.renumbered.append((one, other))
    return found


Numbered = Mapping[int, ClauseState]  # clauses by their places
Places = list[tuple[int, int]]  # of a clause as it was, and as it is


def _same_in_place(old: Numbered, new: Numbered) -> Places:
    return _paired(old, new, lambda each: (each.id, each.level, each.text))


def _same_words(old: Numbered, new: Numbered) -> Places:
    return _paired(old, new, lambda each: (each.level, each.text))


def _same_id(old: Numbered, new: Numbered) -> Places:
    return _paired(old, new, lambda each: each.id)


def _paired(old: Numbered, new: Numbered, key: Callable[[ClauseState], Hashable]) -> Places:
    waiting: dict[Hashable, deque[int]] = {}
    for place, each in old.items():
        waiting.setdefault(key(each), deque()).append(place)
    keys = ((place, key(each)) for place, each in new.items())
    return [(waiting[own].popleft(), place) for place, own in keys if waiting.get(own)]


def _alike(old: Numbered, new: Numbered) -> Places:
    """The most alike first; of equally alike ones those with the same id."""
    ones = [(place, each.id, _words(each)) for place, each in islice(old.items(), MOST_COMPARED)]
    others = [(place, each.id, _words(each)) for place, each in islice(new.items(), MOST_COMPARED)]
    scored = []
    for a, (first, before, said) in enumerate(ones):
        for b, (second, after, says) in enumerate(others):
            share = _share(said, says)
            if share >= ALIKE:
                scored.append((-share, before != after, abs(a - b), first, second))
    pairs: dict[int, int] = {}
    taken = set[int]()
    for *_, first, second in sorted(scored):
        if first not in pairs and second not in taken:
            pairs[first] = second
            taken.add(second)
    return list(pairs.items())


def _words(clause: ClauseState) -> frozenset[tuple[str, int]]:
    """The first words of a clause, each with how often it came before: so that sets of them count."""
    seen = Counter[str]()
    found = set()
    for word in clause.text.lower().split(maxsplit=MOST_WORDS)[:MOST_WORDS]:
        found.add((word, seen[word]))
        seen[word] += 1
    return frozenset(found)


def _share(one: frozenset[tuple[str, int]], other: frozenset[tuple[str, int]]) -> float:
    return 2 * len(one & other) / max(len(one) + len(other), 1)


def _sections(old: Iterable[tuple[str, str]], new: Iterable[tuple[str, str]], told: set[str]) -> list[tuple[str, str]]:
    """The sections that differ, without those whose clauses tell of it."""
    before, after = _by_heading(old), _by_heading(new)
    found = []
    for heading in dict.fromkeys([*after, *before]):
        if heading not in told and before.get(heading) != after.get(heading):
            how = "removed" if heading not in after else "added" if heading not in before else "changed"
            found.append((how, heading))
    return found


def _by_heading(sections: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for heading, digest in sections:
        found.setdefault(heading, []).append(digest)
    return found


def _runs(
    opcodes: Iterable[tuple[str, int, int, int, int]], old: list[str], new: list[str]
) -> Iterable[tuple[Run, str]]:
    """The runs of an alignment. A single word that stayed between two differences goes with them: else nobody can read it."""
    steps: list[tuple[bool, list[str], list[str]]] = []
    codes = list(opcodes)
    for number, (tag, a, b, c, d) in enumerate(codes):
        same = tag == "equal" and not (b - a == 1 and 0 < number < len(codes) - 1)
        if steps and steps[-1][0] == same:
            steps[-1][1].extend(old[a:b])
            steps[-1][2].extend(new[c:d])
        else:
            steps.append((same, old[a:b], new[c:d]))
    long = len(new) + len(old) > 8 * ROUND
    for number, (same, gone, come) in enumerate(steps):
        if same:
            yield Run.SAME, _elided(come, first=number == 0, last=number == len(steps) - 1) if long else " ".join(come)
        else:
            yield from ((run, " ".join(words)) for run, words in ((Run.OLD, gone), (Run.NEW, come)) if words)


def _elided(words: list[str], *, first: bool, last: bool) -> str:
    head, tail = ([] if first else words[:ROUND]), ([] if last else words[-ROUND:])
    if len(words) <= len(head) + len(tail) + 2:
        return " ".join(words)
    return " ".join([*head, "…", *tail])


def _shortened(clause: ClauseState) -> ClauseState:
    return ClauseState(clause.id, clause.level, _short(clause.text), clause.section, clause.url)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if names := getattr(value, "__dataclass_fields__", None):
        return {name: _plain(getattr(value, name)) for name in names}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _known(kind: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    names = kind.__dataclass_fields__
    return {name: tuple(each) if isinstance(each, list) else each for name, each in facts.items() if name in names}

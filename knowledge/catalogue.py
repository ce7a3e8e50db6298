"""The documents of one moment by id, path and clause, and what superseded what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import process

from knowledge.documents import Clause, Document

_PADDING = re.compile(r"(?<=[A-Z])[-_ ]?0*(?=\d)")
NUMBERED = re.compile(r"\b([A-Za-z][A-Za-z-]{0,15}?)[-_ ]?(\d{1,5}(?:\.\d{1,4})*)\b")


class UnknownId(LookupError):
    """No document and no clause has this id; `nearest` holds ids that look like it."""

    def __init__(self, wanted: str, nearest: tuple[str, ...]) -> None:
        self.id, self.nearest = wanted, nearest
        super().__init__(wanted)


class AmbiguousId(LookupError):
    """Several documents have this id; `candidates` holds their paths."""

    def __init__(self, wanted: str, candidates: tuple[str, ...]) -> None:
        self.id, self.candidates = wanted, candidates
        super().__init__(wanted)


@dataclass(frozen=True, slots=True)
class Place:
    """A document, or one of its clauses."""

    document: Document
    clause: Clause | None = None


def canonical(wanted: str) -> str:
    """The form in which ids are compared: "adr 2", "ADR-0002" and "adr-2" are one.

    >>> canonical("std-004.3"), canonical("adr 2")
    ('STD4.3', 'ADR2')
    """
    return _PADDING.sub("", wanted.strip().upper())


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Looks up in constant time."""

    documents: Mapping[str, Document]
    by_id: Mapping[str, tuple[Place, ...]]
    by_path: Mapping[str, str]  # lower case → as it is
    successors: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, documents: Mapping[str, Document]) -> Catalogue:
        """The catalogue of documents keyed by path."""
        by_id: dict[str, list[Place]] = {}
        after: dict[str, dict[str, None]] = {}  # the inner dictionaries are sets that keep their order
        for path, document in documents.items():
            by_id.setdefault(canonical(document.id), []).append(Place(document))
            for clause in document.clauses:
                by_id.setdefault(canonical(clause.id), []).append(Place(document, clause))
            newer = [document.moved_to] if document.moved_to else []
            for one in (*newer, *document.superseded_by):
                if one in documents and one != path:
                    after.setdefault(path, {})[one] = None
            for earlier in document.supersedes:
                if earlier in documents and earlier != path:
                    after.setdefault(earlier, {})[path] = None
        return cls(
            documents,
            {key: tuple(places) for key, places in by_id.items()},
            {path.lower(): path for path in documents},
            {path: tuple(newer) for path, newer in after.items()},
        )

    def knows(self, wanted: str) -> bool:
        """Whether an id or path exists, in any case."""
        return canonical(wanted) in self.by_id or wanted.strip().lower() in self.by_path

    def find(self, wanted: str) -> Place:
        """The document or clause of an id or path. Raises UnknownId or AmbiguousId."""
        path = self.by_path.get(wanted.strip().lower())
        if path is not None:
            return Place(self.documents[path])
        places = self.by_id.get(canonical(wanted), ())
        if not places:
            raise UnknownId(wanted, self._nearest(wanted))
        if len(places) > 1:
            whole = tuple(place for place in places if place.clause is None)
            if len(whole) == 1:
                return whole[0]
            raise AmbiguousId(wanted, tuple(sorted({place.document.path for place in places})))
        return places[0]

    def _nearest(self, wanted: str) -> tuple[str, ...]:
        found = process.extract(canonical(wanted)[:80], self.by_id.keys(), limit=3, score_cutoff=60)
        named = [self.by_id[key][0] for key, _, _ in found]
        return tuple(place.clause.id if place.clause else place.document.id for place in named)

    def named_in(self, question: str) -> list[Place]:
        """The documents and clauses that a question calls by a numbered id: "what does STD-003.4 say", "adr 2"."""
        found: dict[tuple[str, str], Place] = {}
        for name in NUMBERED.finditer(question):
            whole = canonical(name[1] + name[2])
            for place in self.by_id.get(whole) or self.by_id.get(whole.partition(".")[0], ()):
                found.setdefault((place.document.path, place.clause.id if place.clause else ""), place)
        return list(found.values())

    def current(self, document: Document) -> Document:
        """What to read in place of a superseded or moved document: the end of the chain; itself when there is none."""
        seen = {document.path}
        while following := [path for path in self.successors.get(document.path, ()) if path not in seen]:
            document = self.documents[following[0]]
            seen.add(document.path)
        return document

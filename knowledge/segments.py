"""The index over time: a large segment, and a small one of what has changed since, put together now and then.

Nothing that has not changed is tokenised again, and a documented moment (`Index`) never changes while others read it.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.documents import Document
from knowledge.index import Floats, Formula, Ints, Postings, Segment, build, fingerprint
from knowledge.lexicon import lexicon
from knowledge.vocabulary import Vocabulary

Alive = NDArray[np.bool_]

FEW = 20_000  # sections: so many are put together at once (0.1 s), and one segment is searched faster than two
LARGE_SHARE = 0.25  # of changed sections, from which the segments are put together again


@dataclass(frozen=True, slots=True)
class Index:
    """The segments of one moment; `alive` tells which of their documents still stand in the folder as they are indexed."""

    vocabulary: Vocabulary
    segments: tuple[Segment, ...]
    alive: tuple[Alive, ...]

    @classmethod
    def build(cls, documents: Iterable[Document]) -> Index:
        """Indexes everything anew."""
        vocabulary = Vocabulary(lexicon())
        index = cls.of(vocabulary, build(list(documents), vocabulary, Formula()))
        _give_back()
        return index

    @classmethod
    def of(cls, vocabulary: Vocabulary, segment: Segment) -> Index:
        """The index of a single segment."""
        return cls(vocabulary, (segment,), (np.ones(len(segment.paths), np.bool_),))

    def updated(self, documents: Mapping[str, Document], few: int = FEW) -> Index:
        """The index of these documents; itself when nothing has changed that it holds. Up to `few` sections are put
        together at once."""
        there = {path: fingerprint(document) for path, document in documents.items()}
        alive = tuple(
            living
            & np.fromiter(
                (there.get(path) == mark for path, mark in zip(one.paths, one.fingerprints, strict=True)),
                np.bool_,
                len(one.paths),
            )
            for one, living in zip(self.segments, self.alive, strict=True)
        )
        kept = {
            path
            for one, living in zip(self.segments, alive, strict=True)
            for path, lives in zip(one.paths, living.tolist(), strict=True)
            if lives
        }
        new = [document for path, document in documents.items() if path not in kept]
        if not new and all(map(np.array_equal, alive, self.alive)):
            return self
        if len(kept) < len(new):
            return Index.build(documents.values())
        if not new:
            return _tidied(Index(self.vocabulary, self.segments, alive), few)
        segment = build(new, self.vocabulary, Formula(), self.segments[0].averages)
        return _tidied(Index(self.vocabulary, (*self.segments, segment), (*alive, np.ones(len(new), np.bool_))), few)

    def compact(self) -> Segment:
        """All that is alive as one segment."""
        if len(self.segments) == 1 and self.alive[0].all():
            return self.segments[0]
        return merged(self.segments, self.alive, len(self.vocabulary.terms))


def _give_back() -> None:
    """Returns freed memory to the system: of what a build of 10,000 sections takes, glibc would keep 40 MB for ever."""
    with suppress(AttributeError, OSError):  # another C library has no such call
        ctypes.CDLL(None).malloc_trim(0)


def _tidied(index: Index, few: int) -> Index:
    """The same with one segment, or with a large one and a small one."""
    large, terms = index.segments[0], len(index.vocabulary.terms)
    sections = sum(segment.passages for segment in index.segments)
    changed = sections - int(index.alive[0][large.document_of].sum())
    if sections <= few or changed > LARGE_SHARE * large.passages:
        return Index.of(index.vocabulary, index.compact())
    if len(index.segments) < 3:
        return index
    small = merged(index.segments[1:], index.alive[1:], terms)
    return Index(index.vocabulary, (large, small), (index.alive[0], np.ones(len(small.paths), np.bool_)))


def merged(segments: Sequence[Segment], alive: Sequence[Alive], terms: int) -> Segment:
    """One segment of the documents that are alive, in their order. Field lengths stay weighed by the first one's averages."""
    sizes = [np.diff(np.array(segment.first_passage)) for segment in segments]
    sections = [living[segment.document_of] for segment, living in zip(segments, alive, strict=True)]
    units = [
        np.repeat(living, np.diff(segment.unit_starts)) for segment, living in zip(segments, sections, strict=True)
    ]
    size = np.concatenate([one[living] for one, living in zip(sizes, alive, strict=True)])
    documents = [place for living in alive for place in living.tolist()]
    unit_terms = [
        segment.unit_terms[np.repeat(living, np.diff(segment.unit_term_starts))]
        for segment, living in zip(segments, units, strict=True)
    ]
    return Segment(
        paths=_kept([path for segment in segments for path in segment.paths], documents),
        fingerprints=_kept([one for segment in segments for one in segment.fingerprints], documents),
        averages=segments[0].averages,
        first_passage=array("i", _starts([size]).tobytes()),
        document_of=np.repeat(np.arange(len(size)), size),
        importance=np.concatenate(
            [segment.importance[living] for segment, living in zip(segments, sections, strict=True)]
        ),
        by_passage=_postings([segment.by_passage for segment in segments], sections, terms),
        by_document=_postings([segment.by_document for segment in segments], alive, terms),
        unit_starts=_starts(
            [np.diff(segment.unit_starts)[living] for segment, living in zip(segments, sections, strict=True)]
        ),
        unit_spans=np.concatenate(
            [segment.unit_spans[living] for segment, living in zip(segments, units, strict=True)]
        ),
        unit_term_starts=_starts(
            [np.diff(segment.unit_term_starts)[living] for segment, living in zip(segments, units, strict=True)]
        ),
        unit_terms=np.concatenate(unit_terms),
        acronyms=tuple(sorted({pair for segment in segments for pair in segment.acronyms})),
    )


def _kept(values: Sequence[str], alive: Sequence[bool]) -> tuple[str, ...]:
    return tuple(value for value, living in zip(values, alive, strict=True) if living)


def _starts(lengths: Sequence[Ints]) -> Ints:
    return np.concatenate(([0], np.cumsum(np.concatenate(lengths)))).astype(np.int32)


def _postings(several: Sequence[Postings], alive: Sequence[Alive], terms: int) -> Postings:
    found: list[tuple[NDArray[np.int32], NDArray[np.intp], Floats]] = []
    before = 0
    for postings, living in zip(several, alive, strict=True):
        numbers = np.cumsum(living) - 1 + before
        kept = living[postings.places]
        counts = np.diff(np.array(postings.starts))
        term = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        found.append((term[kept], numbers[postings.places[kept]], postings.impacts[kept]))
        before += int(living.sum())
    term = np.concatenate([one[0] for one in found])
    order = term.argsort(kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(term, minlength=terms)))).astype(np.int32)
    return Postings(
        array("i", starts.tobytes()),
        np.concatenate([one[1] for one in found])[order].astype(np.intp),
        np.concatenate([one[2] for one in found])[order],
    )

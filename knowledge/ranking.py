"""Which documents a question is about, and which of their sections: BM25F over the segments of one moment."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from knowledge.expansion import Wanted
from knowledge.index import Floats, Ints, Segment
from knowledge.segments import Index

DOCUMENT_SHARE = 0.5  # of a document's own score that is added to each of its sections'


class Hit(NamedTuple):
    """A section that was found. The numbers are places: of the segment, and of document and section within it."""

    segment: int
    document: int
    section: int
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The segments of one snapshot with what depends on all of them together."""

    segments: tuple[Segment, ...]
    gone: tuple[NDArray[np.bool_] | None, ...]  # per segment: which documents no longer count; None for none
    places: Mapping[str, tuple[int, int]]  # path → segment and document within it
    frequencies: array[int]  # in how many sections each term stands
    rarity: array[float]  # inverse document frequency of each term, over sections
    rarity_in_documents: array[float]

    @classmethod
    def over(cls, index: Index) -> Ranking:
        """The ranking over an index."""
        segments, terms = index.segments, len(index.vocabulary.terms)
        by_passage = _frequencies([segment.by_passage.starts for segment in segments], terms)
        by_document = _frequencies([segment.by_document.starts for segment in segments], terms)
        return cls(
            segments,
            tuple(None if alive.all() else ~alive for alive in index.alive),
            {
                path: (number, own)
                for number, (segment, alive) in enumerate(zip(segments, index.alive, strict=True))
                for own, (path, lives) in enumerate(zip(segment.paths, alive.tolist(), strict=True))
                if lives
            },
            array("i", by_passage.tobytes()),
            _rarity(by_passage, sum(segment.passages for segment in segments)),
            _rarity(by_document, sum(len(segment.paths) for segment in segments)),
        )

    def frequency(self, term: int) -> int:
        """In how many sections a term stands."""
        return self.frequencies[term] if term < len(self.frequencies) else 0

    def score(self, wanted: Sequence[Wanted]) -> Scores:
        """Scores every section for the words of a question."""
        by_passage = _weights(wanted, self.rarity)
        by_document = _weights(wanted, self.rarity_in_documents)
        scored = []
        for segment, gone in zip(self.segments, self.gone, strict=True):
            documents = segment.by_document.score(by_document.items(), len(segment.paths))
            documents *= np.float32(DOCUMENT_SHARE)
            if gone is not None:
                documents[gone] = -np.inf
            sections = segment.by_passage.score(by_passage.items(), segment.passages)
            sections += documents.take(segment.document_of)
            scored.append(sections)
        return Scores(self, tuple(scored))


@dataclass(frozen=True, slots=True)
class Scores:
    """The score of every section for one question."""

    ranking: Ranking
    sections: tuple[Floats, ...]  # by segment

    def best(self, count: int, accept: Callable[[str], bool] | None = None) -> list[Hit]:
        """The best section of each of the best documents, best first; `accept` is asked with a document's path."""
        found: list[Hit] = []
        for number in range(len(self.sections)):
            found += self._best_of(number, count, accept)
        if len(self.sections) > 1:
            found.sort(key=lambda hit: -hit.score)
        return found[:count]

    def within(self, hit: Hit, count: int) -> list[Hit]:
        """The sections of a hit's document that are most likely meant, best first, by score and by what they are for."""
        source = self.ranking.segments[hit.segment]
        begin, end = source.first_passage[hit.document], source.first_passage[hit.document + 1]
        scores = self.sections[hit.segment][begin:end]
        likely = -scores * source.importance[begin:end]
        order = likely.argsort(kind="stable")[:count].tolist() if end - begin > 1 else [0]
        return [Hit(hit.segment, hit.document, begin + place, scores.item(place)) for place in order]

    def _best_of(self, number: int, count: int, accept: Callable[[str], bool] | None) -> list[Hit]:
        scores, segment = self.sections[number], self.ranking.segments[number]
        found: dict[int, Hit] = {}
        refused: set[int] = set()
        floor = scores.max().item() * 0.6 if len(scores) else 0.0
        while (
            floor > 0
        ):  # a few passes over a rising share of the sections are faster than sorting or partitioning them
            chosen = (scores > floor).nonzero()[0]
            values = scores[chosen]
            order = (-values).argsort(kind="stable")
            chosen = chosen[order]
            rows = zip(chosen.tolist(), segment.document_of[chosen].tolist(), values[order].tolist(), strict=True)
            for section, document, score in rows:
                if document in found or document in refused:
                    continue
                if accept is not None and not accept(segment.paths[document]):
                    refused.add(document)
                    continue
                found[document] = Hit(number, document, section, score)
                if len(found) == count:
                    return list(found.values())
            floor = floor * 0.6 if floor > 0.01 else 0.0
        return list(found.values())


def _weights(wanted: Sequence[Wanted], rarity: array[float]) -> dict[int, float]:
    """What each term counts. A relative counts no more than the word that it stands for."""
    found: dict[int, float] = {}
    for word in wanted:
        if word.terms:
            most = rarity[word.terms[0][0]]
            for term, weight in word.terms:
                counted = weight * min(rarity[term], most)
                if counted > found.get(term, 0.0):
                    found[term] = counted
    return found


def _frequencies(starts: Sequence[array[int]], terms: int) -> Ints:
    found = np.zeros(terms, np.int32)
    for one in starts:
        ends = np.array(one, np.int32)
        found[: len(ends) - 1] += ends[1:] - ends[:-1]
    return found


def _rarity(frequencies: Ints, places: int) -> array[float]:
    found = np.log1p((places - frequencies + 0.5).clip(0.5) / (frequencies + 0.5))
    return array("f", found.astype(np.float32).tobytes())

"""Reads found sections closely: how much of a question each section, and each single line of it, covers.

A section where the words stand together in one sentence is more to the point than one where they are scattered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.expansion import Wanted
from knowledge.index import Floats, Ints, Segment

HEADING_SHARE = 0.5  # of a word's worth, for a line whose heading has it


@dataclass(frozen=True, slots=True)
class Question:
    """The words of a question with what each is worth, all together 1."""

    worth: Floats
    total: float  # the rarity of the words, added up
    missing: float  # the largest share of a name that stands nowhere
    word_of: NDArray[np.int16]  # by term: the word that it stands for; -1 for a term that is not looked for
    quality: Floats  # by term: how well it stands for that word
    also: tuple[tuple[int, int, float], ...]  # term, word, quality: of terms that stand for several words

    @classmethod
    def of(cls, wanted: Sequence[Wanted], rarity: Sequence[float], unknown: float) -> Question:
        """`unknown` is the rarity of a word that the folder does not have."""
        worth, missing = [], 0.0
        first: dict[int, tuple[int, float]] = {}
        also = []
        for number, word in enumerate(wanted):
            if not word.stands_for:
                own = rarity[word.terms[0][0]] if word.known else unknown * word.meaning
                worth.append(own)
                if not word.terms and word.is_name:
                    missing = max(missing, own)
            for place in word.stands_for or (number,):
                for term, share in word.terms:
                    if term in first:
                        also.append((term, place, share))
                    else:
                        first[term] = (place, share)
        word_of = np.full(len(rarity), -1, np.int16)
        quality = np.zeros(len(rarity), np.float32)
        if first:
            terms = list(first)
            word_of[terms], quality[terms] = zip(*first.values(), strict=True)
        total = sum(worth) or 1.0
        return cls(
            np.array(worth, np.float32) / np.float32(total), total, missing / total, word_of, quality, tuple(also)
        )


@dataclass(frozen=True, slots=True)
class Readings:
    """Some sections, read together. Members are lists by section, or arrays with a row for each touched unit."""

    coverage: list[float]  # share of the question that stands in the section, title and heading included
    best_line: list[float]  # the same for its best single line
    bounds: list[int]  # which rows are a section's: from this one up to the next one's
    covered: Floats  # how well each unit stands for each word, [rows, words]
    units: Ints  # by row: the unit's number in the segment
    heading: NDArray[np.bool_]  # by row: whether the unit is title and heading

    def closeness(self, place: int) -> float:
        """What a section's score is multiplied by, 1 to 2: more when the words stand in it, and together in one line."""
        return 1 + (self.coverage[place] + self.best_line[place]) / 2

    def lines(self, place: int, segment: Segment, question: Question) -> list[tuple[int, int, float]]:
        """Of a section, begin, end and covered share of each line that touches the question. A line need not repeat
        its heading: that helps half."""
        begin, end = self.bounds[place], self.bounds[place + 1]
        if begin == end:
            return []
        covered = self.covered[begin:end]
        if self.heading[begin]:
            covered, begin = np.maximum(covered[1:], HEADING_SHARE * covered[0]), begin + 1
        shares = (covered @ question.worth).tolist()
        spans = segment.unit_spans[self.units[begin:end]].tolist()
        return [(first, last, share) for (first, last), share in zip(spans, shares, strict=True)]


def read(segment: Segment, sections: Sequence[int], question: Question) -> Readings:
    """Reads some sections of a segment, all at once: some twenty numpy calls however many they are."""
    words, starts = len(question.worth), segment.unit_term_starts
    chosen = np.array(sections)
    first_units = segment.unit_starts[chosen]
    begins, ends = starts[first_units], starts[segment.unit_starts[chosen + 1]]
    terms = np.concatenate(
        [segment.unit_terms[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
    )
    places = (question.word_of[terms] >= 0).nonzero()[0]
    terms = terms[places]
    shifts = (ends - begins).cumsum()
    section_of = shifts.searchsorted(places, side="right")
    units = starts.searchsorted(places + (ends - shifts)[section_of], side="right") - 1
    new = np.ones(len(units), np.bool_)
    np.not_equal(units[1:], units[:-1], out=new[1:])
    rows = new.cumsum() - 1
    units, section_of = units[new], section_of[new]
    covered = np.zeros((len(units), words), np.float32)
    np.maximum.at(covered.reshape(-1), rows * words + question.word_of[terms], question.quality[terms])
    for term, word, share in question.also:
        own = rows[terms == term]
        covered[own, word] = np.maximum(covered[own, word], np.float32(share))
    heading = units == first_units[section_of]
    bounds = section_of.searchsorted(np.arange(len(chosen) + 1))
    touched = (bounds[1:] > bounds[:-1]).nonzero()[0]
    coverage, best_line = np.zeros((2, len(chosen)), np.float32)
    if len(touched):
        lines = covered @ question.worth
        lines[heading] = 0.0
        best_line[touched] = np.maximum.reduceat(lines, bounds[touched])
        coverage[touched] = np.maximum.reduceat(covered, bounds[touched]) @ question.worth
    return Readings(coverage.tolist(), best_line.tolist(), bounds.tolist(), covered, units, heading)

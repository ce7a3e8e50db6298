"""Mends misspelt words of a question against the folder's own words; knows when to leave a word alone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

SHORTEST = 4  # shorter words have too many neighbours
MOST_BEGUN = 50
LONG = 6  # only in words of this length two mistakes are mended


@dataclass(frozen=True, slots=True)
class Spellings:
    """The folder's words, ordered by length, each with the set of its letters as bits.

    One mistake changes at most two members of that set, so a comparison of bits leaves few words to measure.
    """

    words: tuple[str, ...]
    letters: NDArray[np.uint32]
    alphabetical: tuple[str, ...]
    first_of_length: tuple[int, ...]  # where the words of each length begin; the last length is open

    @classmethod
    def of(cls, spellings: Iterable[str]) -> Spellings:
        """The plain words (ASCII letters only, long enough to be meant) of some words in lower case."""
        plain = {word for word in spellings if len(word) >= SHORTEST - 1 and word.isascii() and word.isalpha()}
        words = sorted(plain, key=lambda word: (len(word), word))
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        bits = np.uint32(1) << (np.frombuffer("".join(words).encode(), np.uint8) - 97).astype(np.uint32)
        starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
        letters = np.bitwise_or.reduceat(bits, starts) if words else np.zeros(0, np.uint32)
        longest = int(lengths[-1]) if words else 0
        return cls(
            tuple(words),
            letters,
            tuple(sorted(words)),
            tuple(np.searchsorted(lengths, np.arange(longest + 2)).tolist()),
        )

    def near(self, word: str) -> list[tuple[str, float]]:
        """The words one mistake away, else (for a word of 6 letters or more) two mistakes away, with their likeness."""
        return self.within(word, 1) or (self.within(word, 2) if len(word) >= LONG else [])

    def within(self, word: str, mistakes: int) -> list[tuple[str, float]]:
        """The words at most so many mistakes away; a swap of neighbours is one mistake."""
        if len(word) < SHORTEST or not (word.isascii() and word.isalpha()):
            return []
        begin, end = self._of_length(len(word) - mistakes), self._of_length(len(word) + mistakes + 1)
        letters = np.bitwise_or.reduce(np.uint32(1) << (np.frombuffer(word.encode(), np.uint8) - 97).astype(np.uint32))
        close = np.flatnonzero(np.bitwise_count(self.letters[begin:end] ^ letters) <= 2 * mistakes)
        choices = [self.words[begin + place] for place in close.tolist()]
        found = process.extract(word, choices, scorer=OSA.distance, score_cutoff=mistakes, limit=None)
        return [(choice, JaroWinkler.similarity(word, choice)) for choice, _, _ in found]

    def beginning(self, with_: str) -> list[str]:
        """The words that begin like this, some of them when they are many."""
        begin = bisect_left(self.alphabetical, with_)
        some = self.alphabetical[begin : begin + MOST_BEGUN]
        return [word for word in some if word.startswith(with_)]

    def _of_length(self, length: int) -> int:
        return self.first_of_length[min(max(length, 0), len(self.first_of_length) - 1)]

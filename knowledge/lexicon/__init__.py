"""What is known about words before a folder is read: English, technology names, abbreviations, synonyms.

The data files beside this module are plain text; NOTICE names where they come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

RAREST = 25  # a word that the list does not have is rarer than every word that it has


@dataclass(frozen=True, slots=True)
class English:
    """82,000 English words with how rare each is, kept as one sorted text: a set of them would take 7 MB."""

    text: bytes

    def rarity(self, word: str) -> int | None:
        """How many times the word would have to double to be as frequent as "the" (0 to 25); None: not English."""
        if not (word.isascii() and word.isalpha()):
            return None
        wanted = b"%s " % word.encode()
        low, high = 0, len(self.text)
        while low < high:
            begin = self.text.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = self.text.find(b"\n", begin)
            line = self.text[begin:end]
            if line.startswith(wanted):
                return line[-1] - ord("a")
            if line < wanted:
                low = end + 1
            else:
                high = begin
        return None

    def __contains__(self, word: str) -> bool:
        return self.rarity(word) is not None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The general word knowledge; the same for every folder."""

    english: English
    common: tuple[str, ...]  # everyday English, for which a misspelt word is most likely meant
    stop_words: frozenset[str]
    technology: frozenset[str]  # proper names in lower case, never "corrected" into a word of the folder
    abbreviations: Mapping[str, tuple[str, ...]]  # "k8s": ("kubernetes",); values may be several words
    synonyms: Mapping[str, tuple[str, ...]]  # a word and other single words for the same thing, both ways
    headings: Mapping[str, frozenset[str]]  # the names of sections by what these are for: "decision", "cure", …

    def is_known(self, word: str) -> bool:
        """Whether a word in lower case is spelt as somebody meant it, so far as can be told without a folder."""
        return word in self.technology or word in self.english or word in self.abbreviations


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once a process when it is first needed."""
    english = _read("english.txt")
    return Lexicon(
        english=English(english),
        common=tuple(word.decode() for word in re.findall(rb"(?m)^([a-z]{3,}) [a-i]$", english)),
        stop_words=frozenset(_entries("stop_words.txt")),
        technology=frozenset(_entries("technology.txt")),
        abbreviations=_definitions("abbreviations.txt"),
        synonyms=_synonyms(),
        headings={role: frozenset(names) for role, names in _definitions("headings.txt").items()},
    )


def _read(name: str) -> bytes:
    return files(__name__).joinpath(name).read_bytes()


def _lines(name: str) -> Iterator[str]:
    for line in _read(name).decode().splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def _entries(name: str) -> Iterator[str]:
    for line in _lines(name):
        yield from line.split()


def _definitions(name: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _lines(name):
        term, _, meanings = line.partition("=")
        found[term.strip()] = tuple(meaning.strip() for meaning in meanings.split(","))
    return found


def _synonyms() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in _lines("synonyms.txt"):
        group = line.split()
        for word in group:
            others = found.setdefault(word, [])
            others += [other for other in group if other != word and other not in others]
    return {word: tuple(others) for word, others in found.items()}

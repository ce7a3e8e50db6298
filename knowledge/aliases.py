"""What authors say a document is also asked by: front matter's `aliases`, whole or their parts between commas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge.documents import Document
from knowledge.lexicon import Lexicon
from knowledge.words import folded, words

RARE = 13  # doublings below "the" from which an English word alone may stand for a document
LEAST_SHARE = 0.5  # of the question's words that carry something: an alias within a longer question has more than this
LONGEST = 12  # words of an alias
MOST_WORDS = 60  # of a question
_PART = re.compile(r"[,;?]")

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """A document by another name."""

    path: str
    text: str  # all that the author wrote around it, which says more than the part that matched
    share: float = 1.0  # of the words of a question that carry something


@dataclass(frozen=True, slots=True)
class Aliases:
    """Looks up in time that does not depend on the number of documents."""

    by_phrase: Mapping[Phrase, tuple[Alias, ...]]
    openings: frozenset[str]
    stop_words: frozenset[str]

    @classmethod
    def of(cls, documents: Iterable[Document], lexicon: Lexicon) -> Aliases:
        """The aliases of some documents. A single everyday word is none: too many questions hold it."""
        found: dict[Phrase, dict[str, Alias]] = {}
        for document in documents:
            for text in document.aliases:
                for part in {text, *_PART.split(text)}:
                    phrase = _phrase(part)
                    if 0 < len(phrase) <= LONGEST and _is_telling(phrase, lexicon):
                        found.setdefault(phrase, {}).setdefault(document.path, Alias(document.path, text))
        return cls(
            {phrase: tuple(several.values()) for phrase, several in found.items()},
            frozenset(phrase[0] for phrase in found),
            lexicon.stop_words,
        )

    def called(self, question: str) -> list[Alias]:
        """The documents that a question calls by the alias that covers most of it. A single word has to be all that the
        question carries, several more than half of it."""
        if not self.openings:
            return []
        spoken = _phrase(question)[:MOST_WORDS]
        carrying = len(self._carrying(spoken))
        found: list[Alias] = []
        for begin, first in enumerate(spoken):
            if first not in self.openings:
                continue
            for end in range(begin + 1, min(begin + LONGEST, len(spoken)) + 1):
                aliases = self.by_phrase.get(spoken[begin:end])
                if aliases:
                    own = len(self._carrying(spoken[begin:end]))
                    share = own / carrying if carrying else 0.0
                    if share == 1 or (own > 1 and share > LEAST_SHARE):
                        found += [replace(alias, share=share) for alias in aliases]
        most = max((alias.share for alias in found), default=0.0)
        return list({alias.path: alias for alias in found if alias.share == most}.values())

    def _carrying(self, spoken: Sequence[str]) -> set[str]:
        return {word for word in spoken if word not in self.stop_words}


def _phrase(text: str) -> Phrase:
    return tuple([folded(word.lower()).replace("’", "'") for word in words(text)])


def _is_telling(phrase: Phrase, lexicon: Lexicon) -> bool:
    """Whether a phrase can stand for a document: several words, or a rare one."""
    if all(word in lexicon.stop_words for word in phrase):
        return False
    if len(phrase) > 1:
        return True
    word = phrase[0]
    rarity = lexicon.english.rarity(word)
    return rarity is None or rarity >= RARE or word in lexicon.technology or word in lexicon.abbreviations

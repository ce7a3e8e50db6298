"""The words of one folder: every word as written, the term (stem) it is indexed as, and numbers for the terms."""

from __future__ import annotations

from threading import Lock

from knowledge.lexicon import Lexicon
from knowledge.words import FIXED_PHRASE, Stems, parts, words

STOP = -1  # what `Tokeniser` gives for a stop word


class Vocabulary:
    """Terms and their numbers. Only ever grows, so older snapshots of a library go on using it while it does."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.terms: dict[str, int] = {}
        self.spellings: dict[str, int] = {}  # a word as written, in lower case → its term
        self._stems = Stems()
        self._lock = Lock()  # the stemmer is not made for two threads

    def stem(self, word: str) -> str:
        """The term of a word in lower case, whether the folder has it or not."""
        with self._lock:
            return self._stems(word)

    def add(self, word: str) -> int:
        """The number of a word in lower case; a new one when it was not known. `STOP` for a stop word."""
        number = self.spellings.get(word)
        if number is None:
            if word in self.lexicon.stop_words:
                return STOP
            number = self.terms.setdefault(self.stem(word), len(self.terms))
            self.spellings[word] = number
        return number

    def find(self, word: str) -> int | None:
        """The number of a word in lower case; None when the folder has no form of it."""
        number = self.spellings.get(word)
        return self.terms.get(self.stem(word)) if number is None else number


class Tokeniser(dict[str, int]):
    """Turns text into term numbers while an index is built, remembering each spelling; thrown away afterwards.

    A joined word ("on-call") is several terms: its number is -2 or below and stands for an entry of `compounds`.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.compounds: list[tuple[int, ...]] = [(), ()]  # 0 and -1 are taken

    def __missing__(self, word: str) -> int:
        numbers = [self.vocabulary.add(part) for part in parts(word, self.vocabulary.lexicon.technology)]
        numbers = [number for number in numbers if number != STOP]
        if len(numbers) == 1:
            found = numbers[0]
        elif numbers:
            found = -len(self.compounds)
            self.compounds.append(tuple(numbers))
        else:
            found = STOP
        self[word] = found
        return found

    def __call__(self, text: str) -> list[int]:
        """The terms of a text, in order, compounds not yet taken apart."""
        return [self[word] for word in words(FIXED_PHRASE.sub(r"\1\2", text))]

    def flat(self, text: str) -> list[int]:
        """The terms of a text, in order."""
        found: list[int] = []
        for number in self(text):
            if number >= 0:
                found.append(number)
            elif number != STOP:
                found += self.compounds[-number]
        return found

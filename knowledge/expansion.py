"""From the words of a question to the terms that are looked up: typing mistakes, abbreviations, other words for the same thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import JaroWinkler

from knowledge.equivalents import Equivalents, Key, Relatives
from knowledge.lexicon import RAREST
from knowledge.spelling import SHORTEST, Spellings
from knowledge.vocabulary import Vocabulary
from knowledge.words import FIXED_PHRASE, LONGEST_WORD, folded, letters_and_digits, parts, words

MOST_WORDS = 60  # of a question; what follows is not looked at
MOST_MENDED = 10  # unknown words of a question that are compared with the folder's: a wall of junk costs no more
LONGEST_PHRASE = 6
LONGEST_DOUBLED = 16  # letters of a word in which a doubled letter is looked for
FAIRLY_COMMON = 12  # doublings below "the" up to which an English word is looked for that the folder may lack
ENGLISH = 0.4  # how much of an English word that the folder lacks counts at most
BARE_NUMBER = 0.1
MOST_SPELLINGS = 4  # of a misspelt word, and of the words that one may be typing
_NUMBER = re.compile(r"v?\d+(?:\.\d+)*\Z")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a found relative of a word counts, the word itself counting 1."""

    corrected: float = 0.9
    also_near: float = 0.4  # the next nearest spellings
    glossary: float = 0.9
    mined: float = 0.8
    abbreviation: float = 0.7
    synonym: float = 0.3
    joined: float = 0.5  # "fail over" → "failover" and back
    version: float = 0.3  # another one of the same major version
    begun: float = 0.8  # a word that is being typed


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of a question: the terms that stand for it, each with its weight. No terms: found nowhere."""

    word: str
    terms: Relatives
    known: bool = True  # the word itself (or its mended form) stands in the folder
    mended: str | None = None  # what it was taken for
    meaning: float = 1.0  # how much of a word that the folder lacks counts: little for everyday English
    is_name: bool = False  # so far as can be told: missing, and no English word, no number
    stands_for: tuple[int, ...] = ()  # not a word of its own but several together: their places in the question

    @property
    def is_missing(self) -> bool:
        """Whether it stands nowhere: at most other versions of it do."""
        return bool(self.meaning) and (not self.terms or (not self.known and self.meaning < 1))


@dataclass(frozen=True, slots=True)
class Expansion:
    """What one folder knows about words."""

    vocabulary: Vocabulary
    spellings: Spellings
    equivalents: Equivalents
    frequency: Callable[[int], int]  # in how many sections a term stands
    weights: Weights = Weights()

    def wanted(self, question: str, *, typing: bool = False) -> list[Wanted]:
        """The words of a question that carry something, in order, each with the terms to look up; at the end what
        stands for several of them. `typing`: the last word may be no more than begun."""
        spoken = words(FIXED_PHRASE.sub(self._joined_phrase, question))
        carrying = self._carrying(spoken)
        terms = [self._find(word) for word in carrying]
        found: list[Wanted] = []
        unknown = 0
        for word, term in zip(carrying, terms, strict=True):
            unknown += term is None
            found.append(self._one(word, term, mend=unknown <= MOST_MENDED))
        if typing and found and not found[-1].known and not question[-1].isspace():
            found[-1] = self._begun(found[-1])
        self._add_joined(spoken, carrying, found)
        self._add_phrases(carrying, terms, found)
        return found

    def is_begun(self, question: str) -> bool:
        """Whether the last word may be no more than begun: it is known nowhere, and nothing comes after it."""
        spoken = words(question)
        return bool(spoken) and not question[-1].isspace() and self._find(spoken[-1]) is None

    def _carrying(self, spoken: Sequence[str]) -> list[str]:
        lexicon = self.vocabulary.lexicon
        chosen: dict[str, None] = {}
        for word in spoken:
            whole, *pieces = parts(word, lexicon.technology)
            if not pieces or self._spelt(whole) is not None:
                pieces.insert(0, whole)
            for piece in pieces:
                if piece not in lexicon.stop_words and len(piece) <= LONGEST_WORD:
                    chosen.setdefault(piece)
            if len(chosen) >= MOST_WORDS:
                break
        return list(chosen)

    def _joined_phrase(self, phrase: re.Match[str]) -> str:
        """A fixed phrase as the folder has it: as one word, unless the folder never has it."""
        joined = (phrase[1] + phrase[2]).lower()
        return phrase[0] if self._spelt(joined) is None else joined

    def _find(self, word: str) -> int | None:
        term = self.vocabulary.find(word)
        return term if term is not None and self.frequency(term) else None

    def _spelt(self, word: str) -> int | None:
        """The term of a word that stands in the folder exactly so."""
        term = self.vocabulary.spellings.get(word)
        return term if term is not None and self.frequency(term) else None

    def _one(self, word: str, term: int | None, *, mend: bool) -> Wanted:
        if term is not None:
            return Wanted(word, ((term, 1.0), *self.equivalents.relatives.get((term,), ())))
        others = self.equivalents.relatives.get((self.vocabulary.stem(word),), ())
        if others:
            return Wanted(word, others, known=False)
        if not mend or self.vocabulary.lexicon.is_known(word):
            return self._split(word) or self._missing(word)
        nearest = self._mended(word, [*self.spellings.within(word, 1), *self._doubled(word)]) or self._split(word)
        return nearest or self._mended(word, self.spellings.near(word)) or self._missing(word)

    def _doubled(self, word: str) -> list[tuple[str, float]]:
        """Fairly common English in place of a word in which a letter stands once that should be doubled: the commonest
        of mistakes, and a folder of other words must not hide it ("aprove" is not "prove")."""
        if not SHORTEST <= len(word) <= LONGEST_DOUBLED:
            return []
        doubled = {word[:place] + word[place - 1 :] for place in range(2, len(word))}
        rarity = self.vocabulary.lexicon.english.rarity
        return [(one, JaroWinkler.similarity(word, one)) for one in doubled if (rarity(one) or RAREST) <= FAIRLY_COMMON]

    def _missing(self, word: str, mended: str | None = None) -> Wanted:
        """A word that stands nowhere. A name counts most; of English words the question turns on the rarer ones."""
        lexicon = self.vocabulary.lexicon
        if _NUMBER.match(word):
            others = self._other_versions(word)
            meaning = self.weights.version if others else BARE_NUMBER
            return Wanted(word, others, known=False, meaning=meaning)
        rarity = lexicon.english.rarity(folded(mended or word))
        is_name = rarity is None or word in lexicon.technology or word in lexicon.abbreviations
        meaning = 1.0 if rarity is None or is_name else min(max((rarity - 5) / 8, 0.1), ENGLISH)
        return Wanted(word, (), known=False, mended=mended, meaning=meaning, is_name=is_name)

    def _other_versions(self, number: str) -> Relatives:
        """What the folder has of the same major version: TLS 1.1 is dealt with where TLS 1.2 is."""
        major, point, _ = number.partition(".")
        near = [self._spelt(f"{major}.{minor}") for minor in range(10)] if point else []
        return tuple([(term, self.weights.version) for term in near if term is not None])

    def _mended(self, word: str, near: list[tuple[str, float]]) -> Wanted | None:
        """What a word was meant to be: the most alike of the nearest words, of equals the most common one."""
        english = self.vocabulary.lexicon.english
        near = [
            one for one in near if self._find(one[0]) is not None or one[0] in english
        ]  # else of a document that is gone
        if not near:
            return None
        best = max(near, key=lambda one: (round(one[1], 2), self._commonness(one[0])))[0]
        if best in self.vocabulary.lexicon.stop_words:
            return Wanted(word, (), known=False, mended=best, meaning=0.0)
        term = self._find(best)
        if term is None:
            others = self.equivalents.relatives.get((self.vocabulary.stem(best),), ())
            return Wanted(word, others, known=False, mended=best) if others else self._missing(word, best)
        terms = {term: self.weights.corrected}
        for choice, _ in sorted(near, key=lambda one: -one[1])[:MOST_SPELLINGS]:
            other = self._find(choice)
            if other is not None:
                terms.setdefault(other, self.weights.also_near)
        for other, weight in self.equivalents.relatives.get((term,), ()):
            terms.setdefault(other, weight)
        return Wanted(word, tuple(terms.items()), mended=best)

    def _commonness(self, word: str) -> float:
        """In the folder and in English, each in doublings."""
        term, rarity = self._find(word), self.vocabulary.lexicon.english.rarity(word)
        return (0 if term is None else self.frequency(term).bit_length()) - (RAREST if rarity is None else rarity) / 2

    def _begun(self, word: Wanted) -> Wanted:
        """A word that is being typed, as the commonest words of the folder that begin like it."""
        found = {
            term: self.frequency(term)
            for one in self.spellings.beginning(word.word)
            if (term := self._find(one)) is not None
        }
        if not found:
            return word
        best = sorted(found, key=lambda term: -found[term])[:MOST_SPELLINGS]
        return Wanted(word.word, tuple([(term, self.weights.begun) for term in best]))

    def _split(self, word: str) -> Wanted | None:
        """A word that is made of two words of the folder: "loadbalancer", "sev1"."""
        cuts = [letters_and_digits(word) or ("", "")]
        if word.isalpha() and len(word) > 6:
            cuts += [(word[:cut], word[cut:]) for cut in range(3, len(word) - 2)]
        for left, right in cuts:
            first, second = self._spelt(left), self._spelt(right)
            if first is not None and second is not None:
                return Wanted(word, ((first, self.weights.joined), (second, self.weights.joined)))
        return None

    def _add_joined(self, spoken: Sequence[str], carrying: Sequence[str], found: list[Wanted]) -> None:
        """Adds words of the folder that the question writes as two: "fail over" → "failover"."""
        for left, right in pairwise(spoken[:MOST_WORDS]):
            term = self._spelt((left + right).lower())
            if term is not None:
                places = [place for place, word in enumerate(carrying) if word in (left.lower(), right.lower())]
                if places:
                    found.append(Wanted("", ((term, self.weights.joined),), stands_for=tuple(places)))

    def _add_phrases(self, carrying: Sequence[str], terms: Sequence[int | None], found: list[Wanted]) -> None:
        """Adds what stands for several words together: "recovery time objective" → "rto"."""
        openings = self.equivalents.openings
        keys: list[Key] = [
            self.vocabulary.stem(word) if term is None else term for word, term in zip(carrying, terms, strict=True)
        ]
        for begin in range(len(keys) - 1):
            if keys[begin] in openings:
                for end in range(begin + 2, min(begin + LONGEST_PHRASE, len(keys)) + 1):
                    relatives = self.equivalents.relatives.get(tuple(keys[begin:end]))
                    if relatives:
                        found.append(Wanted("", relatives, stands_for=tuple(range(begin, end))))

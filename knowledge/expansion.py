"""From the words of a question to the terms that are looked up: typing mistakes, abbreviations, other words for the same thing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from knowledge.lexicon import RAREST, Lexicon
from knowledge.spelling import Spellings
from knowledge.vocabulary import Vocabulary
from knowledge.words import LONGEST_WORD, letters_and_digits, parts, words

MOST_WORDS = 60  # of a question; what follows is not looked at
LONGEST_PHRASE = 6


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a found relative of a word counts, the word itself counting 1."""

    corrected: float = 0.9
    also_near: float = 0.4  # the second and third nearest spelling
    glossary: float = 0.9
    mined: float = 0.8
    abbreviation: float = 0.7
    synonym: float = 0.3
    joined: float = 0.5  # "fail over" → "failover" and back


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of a question: the terms that stand for it, each with its weight. No terms: found nowhere."""

    word: str
    terms: tuple[tuple[int, float], ...]
    known: bool = True  # the word itself (or its mended form) stands in the folder
    mended: str | None = None  # what it was taken for
    meaning: float = 1.0  # how much of a word that the folder lacks counts: little for everyday English
    stands_for: tuple[int, ...] = ()  # not a word of its own but several together: their places in the question


@dataclass(frozen=True, slots=True)
class Equivalents:
    """Other words for words, as terms: `phrases[terms]` are the phrases that may stand for them, with their weights."""

    phrases: Mapping[tuple[int, ...], tuple[tuple[int, float], ...]]
    words: Mapping[str, tuple[tuple[int, float], ...]]  # for words that the folder itself does not have
    openings: frozenset[int]  # the first terms of the phrases that are longer than a word

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str, float]], vocabulary: Vocabulary) -> Equivalents:
        """From (wording, other wording, weight), one way each. The highest weight of a pair counts."""
        phrases: dict[tuple[int, ...], dict[tuple[int, ...], float]] = {}
        unknown: dict[str, dict[tuple[int, ...], float]] = {}
        for wording, other, weight in pairs:
            target = _terms(other, vocabulary)
            if not target:
                continue
            source = _terms(wording, vocabulary)
            if source == target:
                continue
            if source:
                found = phrases.setdefault(source, {})
            elif " " not in wording:
                found = unknown.setdefault(vocabulary.stem(wording), {})
            else:
                continue
            found[target] = max(weight, found.get(target, 0))
        return cls(
            {source: _spread(found) for source, found in phrases.items()},
            {source: _spread(found) for source, found in unknown.items()},
            frozenset(source[0] for source in phrases if len(source) > 1),
        )


def _terms(wording: str, vocabulary: Vocabulary) -> tuple[int, ...] | None:
    """The terms of a wording without its stop words; None when the folder lacks one of them."""
    found = []
    for word in wording.lower().replace("-", " ").split():
        if word in vocabulary.lexicon.stop_words and " " in wording:
            continue
        number = vocabulary.find(word)
        if number is None:
            return None
        found.append(number)
    return tuple(found) or None


def general_pairs(lexicon: Lexicon, weights: Weights) -> Iterable[tuple[str, str, float]]:
    """The shipped abbreviations, both ways, and synonyms."""
    for short, meanings in lexicon.abbreviations.items():
        for meaning in meanings:
            yield short, meaning, weights.abbreviation
            yield meaning, short, weights.abbreviation
    for word, others in lexicon.synonyms.items():
        for other in others:
            yield word, other, weights.synonym


def mutual_pairs(forms: Iterable[tuple[str, str]], weight: float) -> Iterable[tuple[str, str, float]]:
    """Short and long forms, both ways."""
    for short, long in forms:
        yield short, long, weight
        yield long, short, weight


@dataclass(frozen=True, slots=True)
class Expansion:
    """What one folder knows about words."""

    vocabulary: Vocabulary
    spellings: Spellings
    equivalents: Equivalents
    frequency: Callable[[int], int]  # in how many sections a term stands
    weights: Weights = Weights()

    def wanted(self, question: str) -> list[Wanted]:
        """The words of a question that carry something, in order, each with the terms to look up."""
        spoken = self._spoken(question)
        terms = [self._find(word) for word in spoken]
        found = [self._one(word, term) for word, term in zip(spoken, terms, strict=True)]
        self._phrases(spoken, terms, found)
        return found

    def _spoken(self, question: str) -> list[str]:
        lexicon = self.vocabulary.lexicon
        chosen: dict[str, None] = {}
        for word in words(question):
            for part in parts(word, lexicon.technology):
                if part not in lexicon.stop_words and len(part) <= LONGEST_WORD:
                    chosen.setdefault(part)
            if len(chosen) >= MOST_WORDS:
                break
        return list(chosen)

    def _find(self, word: str) -> int | None:
        term = self.vocabulary.find(word)
        return term if term is not None and self.frequency(term) else None

    def _spelt(self, word: str) -> int | None:
        """The term of a word that stands in the folder exactly so."""
        term = self.vocabulary.spellings.get(word)
        return term if term is not None and self.frequency(term) else None

    def _one(self, word: str, term: int | None) -> Wanted:
        if term is not None:
            return Wanted(word, ((term, 1.0), *self._relatives((term,))))
        others = self.equivalents.words.get(self.vocabulary.stem(word), ())
        if others:
            return Wanted(word, others, known=False)
        if self.vocabulary.lexicon.is_known(word):
            return self._split(word) or self._missing(word)
        nearest = self._mended(word, self.spellings.within(word, 1)) or self._split(word)
        return nearest or self._mended(word, self.spellings.near(word)) or self._missing(word)

    def _relatives(self, source: tuple[int, ...]) -> tuple[tuple[int, float], ...]:
        return self.equivalents.phrases.get(source, ())

    def _missing(self, word: str, mended: str | None = None) -> Wanted:
        """A word that stands nowhere. The rarer it is in English, the more the question turns on it."""
        rarity = self.vocabulary.lexicon.english.rarity(mended or word)
        meaning = 1.0 if rarity is None else min(max((rarity - 5) / 8, 0.1), 1.0)
        return Wanted(word, (), known=False, mended=mended, meaning=meaning)

    def _mended(self, word: str, near: list[tuple[str, float]]) -> Wanted | None:
        """What a word was meant to be: the most alike of the nearest words, of equals the most common one."""
        if not near:
            return None
        best = max(near, key=lambda one: (round(one[1], 2), self._commonness(one[0])))[0]
        if best in self.vocabulary.lexicon.stop_words:
            return Wanted(word, (), known=False, mended=best, meaning=0.0)
        term = self._find(best)
        if term is None:
            others = self.equivalents.words.get(self.vocabulary.stem(best), ())
            return Wanted(word, others, known=False, mended=best) if others else self._missing(word, best)
        terms = {term: self.weights.corrected}
        for choice, _ in sorted(near, key=lambda one: -one[1])[:4]:
            other = self._find(choice)
            if other is not None:
                terms.setdefault(other, self.weights.also_near)
        for other, weight in self._relatives((term,)):
            terms.setdefault(other, weight)
        return Wanted(word, tuple(terms.items()), mended=best)

    def _commonness(self, word: str) -> float:
        term, rarity = self._find(word), self.vocabulary.lexicon.english.rarity(word)
        return (self.frequency(term).bit_length() if term is not None else 0) - (
            RAREST if rarity is None else rarity
        ) / 2

    def _split(self, word: str) -> Wanted | None:
        pieces = self._pieces(word)
        return Wanted(word, tuple([(piece, self.weights.joined) for piece in pieces])) if pieces else None

    def _pieces(self, word: str) -> tuple[int, ...]:
        """The two words of the folder that a word is made of: "loadbalancer", "sev1"."""
        cuts = [letters_and_digits(word) or ("", "")]
        cuts += (
            [(word[:cut], word[cut:]) for cut in range(3, len(word) - 2)] if word.isalpha() and len(word) > 6 else []
        )
        for left, right in cuts:
            first, second = self._spelt(left), self._spelt(right)
            if first is not None and second is not None:
                return first, second
        return ()

    def _phrases(self, spoken: list[str], terms: list[int | None], found: list[Wanted]) -> None:
        """Adds what stands for several words together: "recovery time objective" → "rto", "fail over" → "failover"."""
        for begin in range(len(spoken) - 1):
            joined = self._spelt(spoken[begin] + spoken[begin + 1])
            if joined is not None:
                found.append(Wanted("", ((joined, self.weights.joined),), stands_for=(begin, begin + 1)))
            first = terms[begin]
            if first is None or first not in self.equivalents.openings:
                continue
            phrase: tuple[int, ...] = (first,)
            for term in terms[begin + 1 : begin + LONGEST_PHRASE]:
                if term is None:
                    break
                phrase += (term,)
                relatives = self._relatives(phrase)
                if relatives:
                    found.append(Wanted("", relatives, stands_for=tuple(range(begin, begin + len(phrase)))))


def _spread(others: Mapping[tuple[int, ...], float]) -> tuple[tuple[int, float], ...]:
    """Phrases as single terms: the words of a longer phrase share its weight."""
    found: dict[int, float] = {}
    for phrase, weight in others.items():
        for term in phrase:
            found[term] = max(found.get(term, 0), weight / len(phrase) ** 0.5)
    return tuple(found.items())

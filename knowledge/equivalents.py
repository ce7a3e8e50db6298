"""Other words for words: abbreviations, acronyms, the glossary and synonyms, brought to the terms of one folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from knowledge.lexicon import Lexicon
from knowledge.vocabulary import Vocabulary

Key = int | str  # a term, or the stem of a word that the folder does not have
Relatives = tuple[tuple[int, float], ...]  # terms with their weights


@dataclass(frozen=True, slots=True)
class Equivalents:
    """What may stand for a word or for several words together."""

    relatives: Mapping[tuple[Key, ...], Relatives]
    openings: frozenset[Key]  # how the wordings of more than one word begin

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str, float]], vocabulary: Vocabulary) -> Equivalents:
        """From (wording, other wording, weight), one way each. What the folder cannot match is left out; of the weights
        of a pair the highest counts."""
        found: dict[tuple[Key, ...], dict[tuple[int, ...], float]] = {}
        for wording, other, weight in pairs:
            target = _keys(other, vocabulary)
            source = _keys(wording, vocabulary)
            terms = tuple(key for key in target if isinstance(key, int))
            if source and terms and len(terms) == len(target) and source != target:
                others = found.setdefault(source, {})
                others[terms] = max(weight, others.get(terms, 0))
        return cls(
            {source: _spread(others) for source, others in found.items()},
            frozenset(source[0] for source in found if len(source) > 1),
        )


def general_pairs(lexicon: Lexicon, abbreviation: float, synonym: float) -> Iterable[tuple[str, str, float]]:
    """The shipped abbreviations, both ways, and synonyms, with their weights."""
    for short, meanings in lexicon.abbreviations.items():
        for meaning in meanings:
            yield short, meaning, abbreviation
            yield meaning, short, abbreviation
    for word, others in lexicon.synonyms.items():
        for other in others:
            yield word, other, synonym


def mutual_pairs(forms: Iterable[tuple[str, str]], weight: float) -> Iterable[tuple[str, str, float]]:
    """Two wordings for one thing, both ways."""
    for one, other in forms:
        yield one, other, weight
        yield other, one, weight


def _keys(wording: str, vocabulary: Vocabulary) -> tuple[Key, ...]:
    """The terms of a wording; its stop words count only when there is nothing else."""
    words = wording.lower().replace("-", " ").split()
    found: list[Key] = []
    for word in words:
        if len(words) == 1 or word not in vocabulary.lexicon.stop_words:
            number = vocabulary.find(word)
            found.append(vocabulary.stem(word) if number is None else number)
    return tuple(found)


def _spread(others: Mapping[tuple[int, ...], float]) -> Relatives:
    """Wordings as single terms: the words of a longer one share its weight."""
    found: dict[int, float] = {}
    for terms, weight in others.items():
        for term in terms:
            found[term] = max(found.get(term, 0), weight / len(terms) ** 0.5)
    return tuple(found.items())

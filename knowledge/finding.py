"""From a question to the documents it is about: expands the words, ranks, reads the best closely, honours supersession."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from knowledge.aliases import Alias, Aliases
from knowledge.catalogue import Catalogue, Place
from knowledge.confidence import Signals
from knowledge.documents import Document, Passage
from knowledge.expansion import Expansion, Wanted
from knowledge.index import Segment, passages_of
from knowledge.ranking import Hit, Ranking, Scores
from knowledge.reading import Question, read

READ = 12  # documents whose best section is read
QUOTED = 3  # documents that an answer is taken from
CHOSEN = 2  # documents of which the section that answers best is looked for
FULL = 3.0  # the score of a section full of a word whose rarity is 1, its document's share and closeness included
FLOOR = 0.25  # of the best score: a document below it has too little to do with the question to be listed
SECTIONS = 2  # of those, that are looked at


@dataclass(frozen=True, slots=True)
class Found:
    """A document, the section of it that answers best, and its score."""

    document: Document
    passage: Passage
    score: float
    coverage: float = 0.0  # how much of the question the section covers, and its best single line
    best_line: float = 0.0
    importance: float = 1.0  # of that section, by what it is for
    lines: Callable[[], Sequence[tuple[int, int, float]]] = (
        tuple  # spans of the lines that touch the question, with their share of it
    )


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found for a question. `named` are documents and clauses that it calls by their id: they come first."""

    wanted: Sequence[Wanted]
    question: Question
    named: Sequence[Place]
    found: Sequence[Found]
    signals: Signals | None
    aliased: Sequence[Alias] = ()  # documents that it calls by another name: they come next


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds in one snapshot."""

    catalogue: Catalogue
    ranking: Ranking
    expansion: Expansion
    unknown: float  # the rarity of a word that the folder does not have
    aliases: Aliases

    def find(self, text: str, kind: str | None, count: int, *, typing: bool = False) -> Findings:
        """Up to `count` documents, best first."""
        wanted = self.expansion.wanted(text, typing=typing)
        question = Question.of(wanted, self.ranking.rarity, self.unknown)
        documents = self.catalogue.documents
        accept = None if kind is None else lambda path: documents[path].kind == kind
        named = [place for place in self.catalogue.named_in(text) if accept is None or accept(place.document.path)]
        scores = self.ranking.score(wanted)
        found = self._reranked(scores, question, scores.best(max(count, READ), accept))
        aliased = [one for one in self.aliases.called(text) if accept is None or accept(one.path)]
        reached = {one.document.path: one.score for one in found}
        aliased.sort(key=lambda one: -reached.get(one.path, 0.0))
        first = [*(place.document for place in named), *(documents[one.path] for one in aliased)]
        current = self._in_force(scores, found, first, accept)[:count]
        return Findings(wanted, question, named, current, self._signals(found, question), aliased)

    def reread(self, document: Document, text: str) -> Found:
        """A document with the section and the lines that answer another wording."""
        wanted = self.expansion.wanted(text)
        scores = self.ranking.score(wanted)
        number, own = self.ranking.places[document.path]
        question = Question.of(wanted, self.ranking.rarity, self.unknown)
        hit = scores.within(Hit(number, own, 0, 0.0), 1)[0]
        return self._read(scores, self.ranking.segments[number], question, [hit], [True])[0]

    def _reranked(self, scores: Scores, question: Question, hits: Sequence[Hit]) -> list[Found]:
        """The best documents in a new order, by how closely their best section meets the question; the first of them
        with the section that answers best."""
        found: list[Found] = []
        for number, segment in enumerate(self.ranking.segments):
            mine = [hit for hit in hits[:READ] if hit.segment == number]
            if mine:
                found += self._read(scores, segment, question, mine, [hit in hits[:CHOSEN] for hit in mine])
        found.sort(key=lambda one: -one.score)
        return found + [self._found(hit, hit.score) for hit in hits[READ:]]

    def _read(
        self, scores: Scores, segment: Segment, question: Question, hits: Sequence[Hit], choose: Sequence[bool]
    ) -> list[Found]:
        choices = [scores.within(hit, SECTIONS) if wide else [hit] for hit, wide in zip(hits, choose, strict=True)]
        sections = dict.fromkeys([one.section for several in (hits, *choices) for one in several])
        place_of = {section: place for place, section in enumerate(sections)}
        readings = read(segment, list(sections), question)
        found = []
        for hit, several in zip(hits, choices, strict=True):
            score = hit.score * readings.closeness(place_of[hit.section])
            best = hit
            if len(several) > 1:
                best = max(
                    several,
                    key=lambda one: (
                        one.score * segment.importance.item(one.section) * readings.closeness(place_of[one.section])
                    ),
                )
            place = place_of[best.section]
            importance = segment.importance.item(best.section)
            lines = partial(readings.lines, place, segment, question)
            found.append(
                self._found(best, score, readings.coverage[place], readings.best_line[place], importance, lines)
            )
        return found

    def _found(self, hit: Hit, score: float, *read: Any) -> Found:
        segment = self.ranking.segments[hit.segment]
        document = self.catalogue.documents[segment.paths[hit.document]]
        return Found(document, passages_of(document)[hit.section - segment.first_passage[hit.document]], score, *read)

    def _in_force(
        self, scores: Scores, found: Sequence[Found], first: Sequence[Document], accept: Callable[[str], bool] | None
    ) -> list[Found]:
        """Those that are called by name first; what replaced a superseded or moved document right before it; stubs left out."""
        successors = self.catalogue.successors
        if not first and not any(one.document.path in successors for one in found):
            return list(found)
        top = found[0].score if found else 1.0
        by_path = {one.document.path: one for one in found}
        order = [by_path.get(one.path) or self._unscored(scores, one, top) for one in first]
        chosen: dict[str, Found] = {}
        for one in [*order, *found]:
            current = self.catalogue.current(one.document)
            if current is not one.document and current.path not in chosen and (accept is None or accept(current.path)):
                chosen[current.path] = by_path.get(current.path) or self._unscored(scores, current, one.score)
            if current is one.document or not one.document.moved_to:
                chosen.setdefault(one.document.path, one)
        return list(chosen.values())

    def _unscored(self, scores: Scores, document: Document, score: float) -> Found:
        segment, own = self.ranking.places[document.path]
        return self._found(scores.within(Hit(segment, own, 0, score), 1)[0], score)

    def _signals(self, found: Sequence[Found], question: Question) -> Signals | None:
        if not found:
            return None
        score = found[0].score
        return Signals(score / self.unknown, score / (FULL * question.total), question.missing)


def worth_listing(found: Sequence[Found]) -> Sequence[Found]:
    """The results without a tail that has little to do with the question. What is named or in force stays in its place."""
    floor = FLOOR * max((one.score for one in found), default=0.0)
    last = max((place for place, one in enumerate(found) if one.score >= floor), default=-1)
    return found[: last + 1]

"""The library at one moment: asks, searches, shows. A new moment is a new `Library`; nothing in one changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

from knowledge import answers, index_file
from knowledge.aliases import Aliases
from knowledge.catalogue import NUMBERED, AmbiguousId, Catalogue, Place, UnknownId
from knowledge.confidence import THRESHOLD, Logistic
from knowledge.documents import (
    Answer,
    Citation,
    Clause,
    Contents,
    Counts,
    Document,
    Kind,
    Line,
    Passage,
    Shown,
    Status,
)
from knowledge.equivalents import Equivalents, general_pairs, mutual_pairs
from knowledge.expansion import Expansion, Wanted, Weights
from knowledge.finding import QUOTED, Finder, Findings, Found, worth_listing
from knowledge.index import passages_of
from knowledge.lexicon import lexicon
from knowledge.numbered import asked_for
from knowledge.ranking import Ranking
from knowledge.segments import Index
from knowledge.spelling import Spellings
from knowledge.vocabulary import Vocabulary

Link = Callable[[Document, str], str | None]

LONGEST_QUESTION = 4000  # characters; what follows is not looked at
RESULTS = 10
CALLED = 0.97  # confidence in a document that the question calls by its id or an alias
FITTING = 0.5  # of the question in a line, from which an alias does not have to help to find it

__all__ = ["AmbiguousId", "Library", "UnknownId"]


class Library:
    """All documents of a knowledge folder at one moment, ready to be asked. Safe to use from several threads."""

    def __init__(self, contents: Contents, link: Link, index: Index) -> None:
        """Use `build`, `open` or `updated`."""
        self.contents = contents
        self.catalogue = Catalogue.of(contents.documents)
        self._link = link
        self._links: dict[
            tuple[str, str], str | None
        ] = {}  # a link is made once a moment: quoting an address takes time
        self._index = index
        ranking = Ranking.over(index)
        self._finder = Finder(
            self.catalogue,
            ranking,
            _expansion(ranking, index.vocabulary, contents),
            max(ranking.rarity, default=1.0),
            Aliases.of(contents.documents.values(), index.vocabulary.lexicon),
        )

    @classmethod
    def build(cls, contents: Contents, link: Link) -> Library:
        """Indexes everything anew."""
        return cls(contents, link, Index.build(contents.documents.values()))

    @classmethod
    def open(cls, contents: Contents, link: Link, cache: Path | None) -> Library:
        """As `build`, but tokenises only what the index file `cache` lacks, and brings that file up to date.

        A damaged or older file is made anew. Raises OSError when it cannot be written.
        """
        if cache is None:
            return cls.build(contents, link)
        kept = index_file.load(cache, lexicon())
        index = kept.updated(contents.documents) if kept else Index.build(contents.documents.values())
        library = cls(contents, link, index)
        if index is not kept:
            library.save(cache)
        return library

    def save(self, cache: Path) -> None:
        """Writes the index to a file that `open` reads. Raises OSError when that cannot be."""
        index_file.save(cache, self._index.compact(), self._index.vocabulary)

    def updated(self, contents: Contents, link: Link | None = None) -> Library:
        """The library of other contents. What has not changed is not indexed again. `link`: when the links change too."""
        return Library(contents, link or self._link, self._index.updated(contents.documents))

    @property
    def documents(self) -> int:
        """How many documents."""
        return len(self.contents.documents)

    @cached_property
    def passages(self) -> int:
        """How many sections."""
        return sum(len(document.passages) for document in self.contents.documents.values())

    @cached_property
    def clauses(self) -> int:
        """How many clauses."""
        return sum(
            len(passage.clauses) for document in self.contents.documents.values() for passage in document.passages
        )

    @property
    def counts(self) -> Counts:
        """How much there is."""
        return Counts(self.documents, self.passages, self.clauses)

    def knows(self, wanted: str) -> bool:
        """Whether an id (of a document or clause) or a path exists, in any case. Constant time."""
        return self.catalogue.knows(wanted)

    def ask(self, question: str, kind: str | None = None, *, today: date | None = None) -> Answer:
        """The answer to a question, or an honest "no answer"; `kind` narrows it to documents of that kind. Never raises."""
        return self._answer(question, self.find(question, kind, RESULTS), today)

    def _answer(self, question: str, findings: Findings, today: date | None) -> Answer:
        found = findings.found
        confidence = Logistic()(findings.signals) if findings.signals else 0.0
        if findings.named:
            confidence = CALLED
        elif findings.aliased and not findings.question.missing:
            confidence = max(confidence, min(findings.aliased[0].share, CALLED))
        quoted: Sequence[answers.Quote] = ()
        if found and confidence >= THRESHOLD:
            quoted = _named_clauses(findings.named) or answers.quotes(
                [_source(one, rank) for rank, one in enumerate(self._to_quote(findings))],
                asked_for(question[:LONGEST_QUESTION], self._index.vocabulary.lexicon.stop_words),
            )
        lines = tuple([self._line(quote, found) for quote in quoted])
        return Answer(
            question=question,
            answered=bool(lines),
            confidence=round(confidence if lines else min(confidence, THRESHOLD - 0.001), 3),
            answer=lines,
            results=tuple(
                [self._citation(one.document, one.passage, one.score) for one in worth_listing(found[:RESULTS])]
            ),
            did_you_mean=_respelt(question, findings.wanted),
            unmatched=tuple([word.word for word in findings.wanted if word.is_missing]),
            notes=self._notes([quote.source.document for quote in quoted], today),
        )

    def _to_quote(self, findings: Findings) -> list[Found]:
        """The documents that an answer is taken from. One that was called by an alias has it to itself, and where none
        of its lines has the question's words, the author's other words for it find the line."""
        if findings.named or not findings.aliased:
            return list(findings.found[:QUOTED])
        alias = findings.aliased[0]
        called = self.catalogue.current(self.contents.documents[alias.path])
        first = next((one for one in findings.found if one.document is called), findings.found[0])
        if max((share for _, _, share in first.lines()), default=0.0) >= FITTING:
            return [first]
        return [self._finder.reread(first.document, alias.text)]

    def find(self, question: str, kind: str | None = None, count: int = RESULTS) -> Findings:
        """The documents that a question is about, best first, and how the words were understood: what `ask` answers from."""
        return self._finder.find(question[:LONGEST_QUESTION], kind, count)

    def search(
        self, text: str, kind: str | None = None, skip: int = 0, count: int = 25, *, accepted_only: bool = False
    ) -> tuple[tuple[Citation, str], ...]:
        """A page of documents with an excerpt each, best first; for no text standards first, latest reviewed first."""
        if not text.strip():
            shelf = [
                document
                for document in self.contents.documents.values()
                if kind in (None, document.kind) and (document.status is Status.ACCEPTED or not accepted_only)
            ]
            shelf.sort(
                key=lambda one: (one.kind is not Kind.STANDARD, one.status.is_over, -_day(one).toordinal(), one.path)
            )
            return tuple(self._glance(document) for document in shelf[skip : skip + count])
        return self.look(text, kind, skip, count, accepted_only=accepted_only)[1]

    def look(
        self, text: str, kind: str | None = None, skip: int = 0, count: int = 25, *, accepted_only: bool = False
    ) -> tuple[Answer, tuple[tuple[Citation, str], ...]]:
        """What `ask` and `search` give for a text that is being typed, for little more than the price of one."""
        text = text[:LONGEST_QUESTION]
        wanted = 2 * (skip + count) if accepted_only else skip + count
        findings = self._finder.find(text, kind, max(wanted, RESULTS))
        found = findings.found
        if self._finder.expansion.is_begun(text):
            found = self._finder.find(text, kind, wanted, typing=True).found
        if accepted_only:
            found = [one for one in found if one.document.status is Status.ACCEPTED]
        hits = tuple(self._excerpt(one) for one in found[skip : skip + count])
        return self._answer(text, findings, None), hits

    def at(self, place: str, anchor: str) -> tuple[Citation, str] | None:
        """What stands at an anchor of a document (by path or id), with an excerpt; None when there is no such document."""
        try:
            document = self.catalogue.find(place).document
        except LookupError:
            return None
        passage = next((one for one in document.passages if one.anchor == anchor), None)
        if passage is None:
            return self._glance(document)
        quoted = answers.quotes([answers.Source(document, passage, (), 0)])
        return self._citation(document, passage, 1.0), quoted[0].text if quoted else ""

    def newest(self, count: int) -> tuple[Citation, ...]:
        """The documents that were written or reviewed last, latest first; what is over is left out."""
        shelf = [document for document in self.contents.documents.values() if not document.status.is_over]
        shelf.sort(key=lambda one: (-_day(one).toordinal(), one.path))
        return tuple(self._glance(document)[0] for document in shelf[:count])

    def show(self, wanted: str) -> Shown:
        """A document or clause by id or path, in any case. Raises UnknownId or AmbiguousId."""
        place = self.catalogue.find(wanted)
        document = place.document
        passage = _home(document, place.clause)
        return Shown(
            document=document,
            clause=place.clause,
            citation=self._citation(document, passage, 1.0, place.clause),
            supersedes=self._cited(path for path, after in self.catalogue.successors.items() if document.path in after),
            superseded_by=self._cited(self.catalogue.successors.get(document.path, ())),
            refers_to=self._cited(self._references(document)),
            referred_from=self._cited(self._referring(document)),
        )

    def _line(self, quote: answers.Quote, found: Sequence[Found]) -> Line:
        score = next((one.score for one in found if one.document is quote.source.document), 0.0)
        citation = self._citation(quote.source.document, quote.source.passage, score, quote.clause)
        return Line(quote.text, quote.clause.level if quote.clause else None, citation)

    def _notes(self, documents: Sequence[Document], today: date | None) -> tuple[str, ...]:
        day = today or date.today()  # noqa: DTZ011 - a review falls due on the calendar of whoever reads it
        found: dict[str, None] = {}
        for document in documents:
            current = self.catalogue.current(document)
            for warning in answers.warnings(document, None if current is document else current, day):
                found.setdefault(warning)
        return tuple(found)

    def _citation(self, document: Document, passage: Passage, score: float, clause: Clause | None = None) -> Citation:
        return Citation(
            id=document.id,
            clause=clause.id if clause else None,
            kind=document.kind,
            status=document.status,
            title=document.title,
            path=document.path,
            heading=passage.heading,
            anchor=passage.anchor,
            url=self._url(document, passage.anchor),
            owner=document.owner,
            reviewed=document.reviewed,
            score=round(score, 4),
        )

    def _url(self, document: Document, anchor: str) -> str | None:
        key = (document.path, anchor)
        if key not in self._links:
            self._links[key] = self._link(document, anchor)
        return self._links[key]

    def _cited(self, paths: Iterable[str]) -> tuple[Citation, ...]:
        return tuple(
            self._citation(document, passages_of(document)[0], 1.0)
            for path in dict.fromkeys(paths)
            if (document := self.contents.documents.get(path)) is not None
        )

    def _glance(self, document: Document) -> tuple[Citation, str]:
        passage = next((one for one in document.passages if one.text.strip()), passages_of(document)[0])
        quoted = answers.quotes([answers.Source(document, passage, (), 0)])
        return self._citation(document, passage, 0.0), quoted[0].text if quoted else ""

    def _excerpt(self, found: Found) -> tuple[Citation, str]:
        quoted = answers.quotes([_source(found, 0)])
        return self._citation(found.document, found.passage, found.score), quoted[0].text if quoted else ""

    def _references(self, document: Document) -> list[str]:
        """Paths of the documents that a document links to or names by id."""
        places = (place for passage in document.passages for place in self.catalogue.named_in(passage.text))
        found = dict.fromkeys([*document.refers_to, *(place.document.path for place in places)])
        return [path for path in found if path != document.path]

    def _referring(self, document: Document) -> list[str]:
        """Paths of the documents that link to a document or name it by id."""
        linking = [path for path, other in self.contents.documents.items() if document.path in other.refers_to]
        naming = (
            [one.document for one in self.find(document.id, None, 50).found] if NUMBERED.search(document.id) else []
        )
        return [
            *linking,
            *(one.path for one in naming if one is not document and document.path in self._references(one)),
        ]


def _expansion(ranking: Ranking, vocabulary: Vocabulary, contents: Contents) -> Expansion:
    weights = Weights()
    forms = {pair for segment in ranking.segments for pair in segment.acronyms}
    glossary = [(term, other) for term, others in contents.glossary.items() for other in others]
    pairs = [
        *general_pairs(vocabulary.lexicon, weights.abbreviation, weights.synonym),
        *mutual_pairs(forms, weights.mined),
        *mutual_pairs(glossary, weights.glossary),
    ]
    spellings = Spellings.of([*vocabulary.spellings, *vocabulary.lexicon.common, *vocabulary.lexicon.stop_words])
    return Expansion(vocabulary, spellings, Equivalents.of(pairs, vocabulary), ranking.frequency, weights)


def _source(found: Found, rank: int) -> answers.Source:
    return answers.Source(found.document, found.passage, found.lines(), rank, found.importance)


def _named_clauses(named: Sequence[Place]) -> list[answers.Quote]:
    quoted = []
    for place in named[: answers.MOST_LINES]:
        if place.clause is not None:
            source = answers.Source(place.document, _home(place.document, place.clause), (), 0)
            quoted.append(answers.Quote(source, place.clause.text, place.clause, 1.0))
    return quoted


def _home(document: Document, clause: Clause | None) -> Passage:
    """The section that a clause stands in; the first one without a clause."""
    return next((one for one in document.passages if clause in one.clauses), passages_of(document)[0])


def _day(document: Document) -> date:
    return document.reviewed or document.date or date.min


def _respelt(question: str, wanted: Sequence[Wanted]) -> str | None:
    """The question with its misspelt words mended; None when none was."""
    mended = {word.word: word.mended for word in wanted if word.mended}
    if not mended:
        return None

    def respell(word: re.Match[str]) -> str:
        better = mended.get(word[0].lower(), word[0])
        return better.capitalize() if word[0][0].isupper() and not word[0][1:2].isupper() else better

    respelt = re.sub(r"[^\W\d_]+", respell, question)
    return None if respelt == question else respelt

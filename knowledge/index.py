"""The inverted index: true BM25F over sections and over whole documents, in numpy arrays. Knows terms, no words.

A `Segment` never changes. What does not depend on the question is computed when it is built: a posting holds the
"impact", the field-weighted, length-normalised and saturated count of a term in a section, so that a question costs
one weighted sum over a few slices. Arrays that begin with `unit_` are the forward index: the terms of every sentence,
row and clause, so that nothing has to be taken apart again to find the line that answers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge.acronyms import mined
from knowledge.documents import Document, Passage
from knowledge.roles import importance
from knowledge.vocabulary import Tokeniser, Vocabulary
from knowledge.words import sentences

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Field:
    """How much a field counts, and how much its length is held against it (BM25F's w and b)."""

    weight: float
    b: float


@dataclass(frozen=True, slots=True)
class Formula:
    """The parameters of BM25F."""

    k1: float = 1.2
    title: Field = Field(2.0, 0.5)
    heading: Field = Field(2.0, 0.5)
    body: Field = Field(1.0, 0.75)
    labels: Field = Field(2.0, 0.5)  # aliases, tags, id


@dataclass(frozen=True, slots=True)
class Averages:
    """Mean lengths of the fields in terms; frozen in a segment so that its impacts stay true."""

    title: float
    heading: float
    body: float
    labels: float
    headings: float  # of a document
    bodies: float


@dataclass(frozen=True, slots=True)
class Postings:
    """For each term the places (sections or documents) that have it, with the impact. Rows are `starts[t]:starts[t + 1]`."""

    starts: array[int]  # read one by one for every word asked: four times faster than from numpy
    places: NDArray[np.intp]  # numpy looks up with this size; any other is converted at every use
    impacts: Floats

    def frequency(self, term: int) -> int:
        """In how many places a term stands."""
        return self.starts[term + 1] - self.starts[term] if term + 1 < len(self.starts) else 0

    def score(self, wanted: Iterable[tuple[int, float]], places: int) -> Floats:
        """The sum of weight x impact over the wanted terms, for every place."""
        scores = np.zeros(places, np.float32)
        starts, all_places, impacts = self.starts, self.places, self.impacts
        known = len(starts) - 1
        for term, weight in wanted:
            if term < known and (begin := starts[term]) < (end := starts[term + 1]):
                scores[all_places[begin:end]] += impacts[begin:end] * np.float32(weight)
        return scores


@dataclass(frozen=True, slots=True)
class Segment:
    """Some documents, indexed. Sections are numbered in the order of the documents."""

    paths: tuple[str, ...]  # of the documents
    fingerprints: tuple[str, ...]  # of all in them that is indexed
    averages: Averages
    first_passage: array[int]  # of each document, and one more at the end
    document_of: NDArray[np.intp]
    importance: Floats  # of each section among its document's
    by_passage: Postings
    by_document: Postings
    unit_starts: Ints  # the first unit of each section, and one more at the end; that first one is title and heading
    unit_spans: Ints  # begin and end in the section's text, [units, 2]; 0 and 0 for the heading
    unit_term_starts: Ints
    unit_terms: Ints
    acronyms: tuple[tuple[str, str], ...]  # short and long forms that the documents introduce

    @property
    def passages(self) -> int:
        """How many sections."""
        return len(self.document_of)


class _Rows:
    """Terms with the place where each stands, gathered one text at a time."""

    def __init__(self) -> None:
        self.terms: list[int] = []
        self.lengths: list[int] = []

    def add(self, terms: Sequence[int]) -> None:
        self.terms += terms
        self.lengths.append(len(terms))

    def starts(self) -> Ints:
        return np.fromiter(accumulate(self.lengths, initial=0), np.int32, len(self.lengths) + 1)


def build(
    documents: Sequence[Document], vocabulary: Vocabulary, formula: Formula, averages: Averages | None = None
) -> Segment:
    """The segment of some documents. Without `averages`, their own are taken."""
    tokeniser = Tokeniser(vocabulary)
    titles, labels, headings, units = _Rows(), _Rows(), _Rows(), _Rows()
    spans: list[tuple[int, int]] = []
    units_of: list[int] = []
    for document in documents:
        title = tokeniser.flat(document.title)
        titles.add(title)
        labels.add(tokeniser.flat(_labels(document)))
        for passage in passages_of(document):
            heading = tokeniser.flat(passage.heading)
            headings.add(heading)
            mine = list(unit_spans(passage))
            spans += [(0, 0), *mine]
            units_of.append(1 + len(mine))
            units.add([*title, *heading])
            for begin, end in mine:
                units.add(tokeniser(passage.text[begin:end]))
    sizes = np.array([len(passages_of(document)) for document in documents], np.int32)
    unit_terms, unit_term_starts = _taken_apart(units, tokeniser.compounds)
    unit_starts = _starts(np.array(units_of, np.int32))
    first_lines = unit_term_starts[unit_starts[:-1] + 1]
    counts = _Counts(
        sizes,
        (_array(titles.terms), titles.starts()),
        (_array(labels.terms), labels.starts()),
        (_array(headings.terms), headings.starts()),
        _without_headings(unit_terms, unit_term_starts[unit_starts], first_lines),
    )
    averages = averages or counts.averages()
    return Segment(
        paths=tuple(document.path for document in documents),
        fingerprints=tuple(fingerprint(document) for document in documents),
        averages=averages,
        first_passage=array("i", _starts(sizes).tobytes()),
        document_of=np.repeat(np.arange(len(documents)), sizes),
        importance=np.array(
            [
                importance(one, document.kind, vocabulary.lexicon.headings)
                for document in documents
                for one in passages_of(document)
            ],
            np.float32,
        ),
        by_passage=counts.by_passage(formula, averages, len(vocabulary.terms)),
        by_document=counts.by_document(formula, averages, len(vocabulary.terms)),
        unit_starts=unit_starts,
        unit_spans=np.array(spans, np.int32).reshape(-1, 2),
        unit_term_starts=unit_term_starts,
        unit_terms=unit_terms,
        acronyms=tuple(
            sorted({pair for document in documents for passage in document.passages for pair in mined(passage.text)})
        ),
    )


def fingerprint(document: Document) -> str:
    """Changes when anything changes that the index holds of a document."""
    rest = "\n".join((document.kind, document.title, _labels(document), str(len(document.passages))))
    return f"{document.digest}{crc32(rest.encode('utf-8', 'replace')):08x}"


def passages_of(document: Document) -> tuple[Passage, ...]:
    """A document's sections; one without text, for a document that has nothing but a title."""
    return document.passages or (Passage("", (), "", 1, ""),)


def _labels(document: Document) -> str:
    return " ".join((*document.aliases, *document.tags, document.id))


def unit_spans(passage: Passage) -> Iterable[tuple[int, int]]:
    """Begin and end of what can be quoted from a section: sentences, whole rows, whole clauses, lines of code."""
    clauses = [clause.text for clause in passage.clauses]
    following = 0  # clauses stand in the order of the text: a few are looked for, never all of them in every block
    begin = 0
    for block in passage.text.split("\n"):
        if not block.strip():
            pass
        elif block[0] == "\t" or " | " in block:
            yield begin, begin + len(block)
        elif found := [
            place for place in range(following, min(following + 8, len(clauses))) if clauses[place] in block
        ]:
            following = found[-1] + 1
            yield begin, begin + len(block)
        else:
            yield from sentences(block, begin)
        begin += len(block) + 1


def _array(numbers: Sequence[int]) -> Ints:
    return np.array(numbers, np.int32)


def _starts(lengths: Ints) -> Ints:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)


def _taken_apart(rows: _Rows, compounds: list[tuple[int, ...]]) -> tuple[Ints, Ints]:
    """The rows with stop words left out and compounds as their several terms."""
    raw = _array(rows.terms)
    sizes = np.ones(len(raw), np.int32)
    compound = np.flatnonzero(raw < 0)
    codes = raw[compound]
    sizes[compound] = np.array([len(members) for members in compounds], np.int32)[-codes]
    terms = np.repeat(raw, sizes)
    members = [member for code in codes.tolist() if code != -1 for member in compounds[-code]]
    terms[terms < 0] = _array(members)
    ends = _starts(sizes)
    return terms, ends[rows.starts()]


def _without_headings(terms: Ints, starts: Ints, first_lines: Ints) -> tuple[Ints, Ints]:
    """The terms of the bodies alone, as rows: what stands before the first line of each section is left out."""
    lengths = first_lines - starts[:-1]
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.delete(terms, np.repeat(starts[:-1], lengths) + within), _starts(starts[1:] - first_lines)


@dataclass(frozen=True, slots=True)
class _Counts:
    """The terms of every field as (terms, starts) rows: title and labels by document, headings and bodies by section."""

    sizes: Ints  # sections of each document
    titles: tuple[Ints, Ints]
    labels: tuple[Ints, Ints]
    headings: tuple[Ints, Ints]
    bodies: tuple[Ints, Ints]

    def averages(self) -> Averages:
        def mean(starts: Ints, rows: int) -> float:
            return max(float(starts[-1]) / max(rows, 1), 1.0)

        documents, passages = len(self.sizes), int(self.sizes.sum())
        return Averages(
            title=mean(self.titles[1], documents),
            heading=mean(self.headings[1], passages),
            body=mean(self.bodies[1], passages),
            labels=mean(self.labels[1], documents),
            headings=mean(self.headings[1], documents),
            bodies=mean(self.bodies[1], documents),
        )

    def by_passage(self, formula: Formula, averages: Averages, terms: int) -> Postings:
        passages = int(self.sizes.sum())
        own = np.repeat(np.arange(len(self.sizes)), self.sizes)
        sections = np.arange(passages)
        found = [
            _weighted(self.titles, own, sections, formula.title, averages.title),
            _weighted(self.labels, own, sections, formula.labels, averages.labels),
            _weighted(self.headings, sections, sections, formula.heading, averages.heading),
            _weighted(self.bodies, sections, sections, formula.body, averages.body),
        ]
        return _postings(found, passages, terms, formula.k1)

    def by_document(self, formula: Formula, averages: Averages, terms: int) -> Postings:
        documents = np.arange(len(self.sizes))
        first = _starts(self.sizes)
        headings = (self.headings[0], self.headings[1][first])
        bodies = (self.bodies[0], self.bodies[1][first])
        found = [
            _weighted(self.titles, documents, documents, formula.title, averages.title),
            _weighted(self.labels, documents, documents, formula.labels, averages.labels),
            _weighted(headings, documents, documents, formula.heading, averages.headings),
            _weighted(bodies, documents, documents, formula.body, averages.bodies),
        ]
        return _postings(found, len(documents), terms, formula.k1)


_Weighted = tuple[Ints, Ints, Floats]  # terms, places, weights


def _weighted(
    rows: tuple[Ints, Ints], row_of: NDArray[np.int64], places: NDArray[np.int64], field: Field, average: float
) -> _Weighted:
    """One field of every place, its row repeated where several places share it, each term with its share of the count."""
    terms, starts = rows
    lengths = np.diff(starts)[row_of]
    share = field.weight / (1 - field.b + field.b * lengths / average)
    ends = np.cumsum(lengths)
    within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - lengths, lengths)
    chosen = terms[np.repeat(starts[row_of], lengths) + within]
    return chosen, np.repeat(places, lengths).astype(np.int32), np.repeat(share, lengths).astype(np.float32)


def _postings(found: Sequence[_Weighted], places: int, terms: int, k1: float) -> Postings:
    term = np.concatenate([one[0] for one in found])
    place = np.concatenate([one[1] for one in found])
    weight = np.concatenate([one[2] for one in found])
    key = term.astype(np.int64) * max(places, 1) + place
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    count = np.add.reduceat(weight[order], first) if len(first) else weight
    rows = (key[first] // max(places, 1)).astype(np.int64)
    starts = array("i", np.searchsorted(rows, np.arange(terms + 1)).astype(np.int32).tobytes())
    return Postings(starts, (key[first] % max(places, 1)).astype(np.intp), (count / (k1 + count)).astype(np.float32))

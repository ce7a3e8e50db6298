"""From found sections to an answer: the lines that are quoted, in which order, and what has to be said beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.documents import Clause, Document, Passage, Status
from knowledge.index import unit_spans
from knowledge.numbered import Bearing, Named, bearing
from knowledge.reviews import due
from knowledge.words import words

MOST_LINES = 4
LATER = 0.2  # what a line loses for each document that stands before its own
COMPARABLE = 0.65  # of the best line's coverage: what is below is not quoted beside it
NEARLY = 0.75  # the same for lines of other documents
BESIDE = 0.6  # what a line keeps without a number of the noun, when others have another number than the one asked for
AMONG_OTHERS = 0.7  # what a line keeps that names the asked number beside others of its noun
ALONG = 0.85  # and one that names no number of it, where another line does
_CELL = " | "
_MARKER = re.compile(r"\A(?:[-*+]|\d{1,3}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Source:
    """A section that may be quoted, with the spans of its lines that touch the question and how much of it each covers."""

    document: Document
    passage: Passage
    lines: Sequence[tuple[int, int, float]]
    rank: int  # of the document, 0 the best
    importance: float = 1.0  # of the section by what it is for; only what is below 1 is held against its lines


@dataclass(frozen=True, slots=True)
class Quote:
    """A line to be shown, in the document's own words."""

    source: Source
    text: str
    clause: Clause | None
    coverage: float

    @property
    def strength(self) -> int:
        """3 for a demand down to 0 for a plain sentence."""
        return self.clause.level.strength if self.clause else 0


_Weighed = tuple[float, int, int, Source]  # how much of the question a line covers, its span, where it stands


def quotes(sources: Sequence[Source], asked: frozenset[Named] = frozenset()) -> list[Quote]:
    """The lines that answer: of those about as relevant as the best, the strongest requirement first. `asked` are the
    numbered things that the question names."""
    lines = [
        # A document further down has to be clearly more to the point to be quoted at all.
        (share * (1 - LATER * source.rank) * min(source.importance, 1.0), begin, end, source)
        for source in sources
        for begin, end, share in source.lines
    ]
    if asked:
        lines = _of_the_number(lines, asked)
    lines.sort(key=lambda line: -line[0])
    chosen: list[Quote] = []
    unfit: _Weighed | None = None  # the best line, when it is a header row: the table may well answer, other lines not
    for share, begin, end, source in lines:
        if chosen and (share < COMPARABLE * chosen[0].coverage or len(chosen) == MOST_LINES):
            break
        quote = _quote(source, begin, end, share)
        if quote and (not chosen or _belongs(quote, chosen)):
            chosen.append(quote)
        if not chosen and unfit is None and _is_header(source.passage.text, begin, end):
            unfit = (share, begin, end, source)
    if unfit and chosen and chosen[0].source is not unfit[3] and chosen[0].coverage < COMPARABLE * unfit[0]:
        chosen = [*_leading(unfit[3])] or chosen
    if not chosen:
        return [quote for source in sources[:1] for quote in _leading(source)]
    first = chosen[0].source if asked else None
    return sorted(chosen, key=lambda one: (one.source is not first, one.source.rank, -one.strength, -one.coverage))


def _of_the_number(lines: Sequence[_Weighed], asked: frozenset[Named]) -> list[_Weighed]:
    """The lines without those of another number, when one has the number that is asked for. Otherwise another number of
    the same thing is the nearest: "below TLS 1.2" to a question about TLS 1.1."""
    headers = {id(source): table_headers(source.passage.text) for _, _, _, source in lines}
    bearings = [
        bearing(source.passage.text[begin:end], asked, headers[id(source)].get(begin))
        for _, begin, end, source in lines
    ]
    if Bearing.RIGHT not in bearings and Bearing.AMONG_OTHERS not in bearings:
        keeps = {Bearing.ANOTHER: 1.0, Bearing.NEITHER: BESIDE}
    else:
        keeps = {Bearing.RIGHT: 1.0, Bearing.AMONG_OTHERS: AMONG_OTHERS, Bearing.NEITHER: ALONG}
    return [
        (share * keeps[one], begin, end, source)
        for (share, begin, end, source), one in zip(lines, bearings, strict=True)
        if one in keeps
    ]


def table_headers(text: str) -> dict[int, str]:
    """Of each table's row in a section's text, by where its line begins, the first row of that table."""
    found: dict[int, str] = {}
    header, start = "", 0
    if _CELL in text:
        for line in text.split("\n"):
            if _CELL in line:
                header = header or line
                found[start] = header
            else:
                header = ""
            start += len(line) + 1
    return found


def _is_header(text: str, begin: int, end: int) -> bool:
    """Whether a line is the row that names a table's columns: the first of several."""
    if _CELL not in text[begin:end]:
        return False
    start = text.rfind("\n", 0, begin) + 1
    above = text[text.rfind("\n", 0, max(start - 1, 0)) + 1 : max(start - 1, 0)]
    below = text[end + 1 :].partition("\n")[0] if end < len(text) else ""
    return _CELL in below and _CELL not in above


def _belongs(quote: Quote, chosen: Sequence[Quote]) -> bool:
    """Whether a line is worth standing beside those chosen. One of another document has to be nearly as good as the
    best, and a mere sentence of another document adds nothing to a requirement."""
    best = chosen[0]
    if any(quote.text == other.text for other in chosen):
        return False
    if quote.source is best.source:
        return True
    return quote.coverage >= NEARLY * best.coverage and (best.clause is None or quote.clause is not None)


def _quote(source: Source, begin: int, end: int, share: float) -> Quote | None:
    """A line as it is shown; None for what is no sentence: code, a lone word, a table's header row."""
    text = source.passage.text[begin:end]
    if text[:1] == "\t" or sum(len(word) > 1 and word.isalpha() for word in words(text[:300])) < 2:
        return None
    clause = clause_in(source.passage, text) if source.passage.clauses else None
    if clause is None and _is_header(source.passage.text, begin, end):
        return None
    return Quote(source, clause.text if clause else _MARKER.sub("", text.strip(), count=1), clause, share)


def _leading(source: Source) -> Iterable[Quote]:
    """The first thing a section says, for a question that matches its heading alone."""
    for begin, end in unit_spans(source.passage):
        quote = _quote(source, begin, end, 0.0)
        if quote:
            yield quote
            return


def clause_in(passage: Passage, text: str) -> Clause | None:
    """The clause that a line of a section is, if any."""
    return next((clause for clause in passage.clauses if clause.text in text), None)


def warnings(document: Document, successor: Document | None, today: date) -> Iterable[str]:
    """What has to be said beside a line of this document."""
    name = called(document)
    following = f": read {called(successor)} instead" if successor else ""
    if document.status is Status.SUPERSEDED:
        yield f"{name} is superseded{f' by {called(successor)}' if successor else ''}."
    elif document.status is Status.RETIRED:
        yield f"{name} is retired and no longer in force{following}."
    elif document.status is Status.DEPRECATED:
        yield f"{name} is deprecated{following}."
    elif document.status in (Status.DRAFT, Status.PROPOSED):
        yield f"{name} is {'a draft' if document.status is Status.DRAFT else 'proposed'} and not in force yet."
    elif successor:
        yield f"{name} is superseded by {called(successor)}."
    day = due(document)
    if day is not None and day < today and not document.status.is_over:
        yield f"{name} was due for review on {day.isoformat()}."


def called(document: Document) -> str:
    """How a document is named in a sentence."""
    return document.title if document.id in document.title else f"{document.id} “{document.title}”"

"""The values of the library: documents, passages, clauses, citations, answers. No disk, no search.

All dates are calendar dates, all paths are relative to the knowledge folder with `/` between parts, all
lines are counted from 1. Shapes that leave the program (`Citation`, `Answer`) have the members of the JSON
that `archway ask --json` prints.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a document is for."""

    STANDARD = "standard"
    ADR = "adr"
    RUNBOOK = "runbook"
    PATTERN = "pattern"
    GUIDE = "guide"


class Status(StrEnum):
    """Where a document is in its life. What an author wrote is kept beside it (`Document.status_text`)."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DEPRECATED = "deprecated"
    SUPERSEDED = "superseded"
    RETIRED = "retired"

    @property
    def is_over(self) -> bool:
        """Whether an answer must not rest on such a document without saying so."""
        return self in (Status.DEPRECATED, Status.SUPERSEDED, Status.RETIRED)


class Level(StrEnum):
    """The requirement words of RFC 2119, strongest first."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    MAY = "MAY"

    @property
    def strength(self) -> int:
        """3 for a demand, 2 for advice, 1 for leave."""
        return {"MUST": 3, "SHOULD": 2}.get(self.value.split()[0], 1)


@dataclass(frozen=True, slots=True)
class Clause:
    """One normative statement of a standard."""

    id: str  # "STD-004.3", or the author's own: "NET-3"
    level: Level
    text: str  # plain words on one line, without the id and without markup
    line: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of a document: what is indexed, cited and linked.

    `text` is plain (no markup) with one block a line: a paragraph, a list item (begins with "- " or "1. "),
    a table row (cells joined by " | "); a line of code begins with a tab. It does not hold the heading.
    """

    heading: str  # "" for what stands before the first heading
    trail: tuple[str, ...]  # the headings above it, outermost first, the document's title left out
    anchor: str  # as the forge makes it: "data-at-rest", "data-at-rest-1"
    line: int
    text: str
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the knowledge folder. Its path is its identity; its id is a label, which may be ambiguous."""

    path: str
    id: str
    title: str
    kind: Kind
    status: Status
    digest: str  # hexadecimal SHA-256 of the file's bytes
    passages: tuple[Passage, ...] = ()
    status_text: str = ""  # as the author wrote it, when there is more to it than the word
    owner: str | None = None
    reviewers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ()
    tier: str | None = None
    date: dt.date | None = None
    reviewed: dt.date | None = None
    review_every: str | None = None
    effective: dt.date | None = None
    supersedes: tuple[str, ...] = ()  # paths within the folder where they resolve, else as written
    superseded_by: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()  # paths of the other documents of the folder that it links to
    moved_to: str | None = None  # a stub that only says where the text has gone: that path
    exception_risk: str | None = None
    exception_seats: tuple[str, ...] = ()

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses, in the order of the file."""
        return tuple(clause for passage in self.passages for clause in passage.clauses)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file (or a part of the folder) that is not in the library, or is in it with a fault, and why."""

    path: str
    reason: str  # one sentence that says how to mend it
    line: int | None = None
    read: bool = False  # whether the document is in the library all the same
    doubtful: str = ""  # "status" or "id" where that may not be what the author means, else ""


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a knowledge folder holds at one moment. `documents` is keyed by path."""

    documents: Mapping[str, Document]
    left_out: tuple[LeftOut, ...] = ()
    glossary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # a term and other words for the same thing
    revision: str | None = None  # the git commit, where the folder is in a repository


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a library holds."""

    documents: int
    passages: int
    clauses: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Where something is written."""

    id: str
    clause: str | None
    kind: Kind
    status: Status
    title: str
    path: str
    heading: str
    anchor: str
    url: str | None
    owner: str | None
    reviewed: dt.date | None
    score: float


@dataclass(frozen=True, slots=True)
class Line:
    """One quoted sentence or clause of an answer. `text` is the document's own words."""

    text: str
    level: Level | None
    citation: Citation


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library says to a question, or an honest "no answer" (`answered` false, `answer` empty)."""

    question: str
    answered: bool
    confidence: float  # 0 to 1
    answer: tuple[Line, ...] = ()
    results: tuple[Citation, ...] = ()  # up to ten documents, best first
    did_you_mean: str | None = None
    unmatched: tuple[str, ...] = ()  # words of the question that are found nowhere
    notes: tuple[str, ...] = ()  # warnings, such as a superseded source


@dataclass(frozen=True, slots=True)
class Shown:
    """A document, or one clause of it, with its links both ways; `candidates` when the id is ambiguous."""

    document: Document
    clause: Clause | None
    citation: Citation
    supersedes: tuple[Citation, ...] = ()
    superseded_by: tuple[Citation, ...] = ()
    refers_to: tuple[Citation, ...] = ()
    referred_from: tuple[Citation, ...] = ()

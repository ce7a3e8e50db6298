"""What the description of a review touches: clauses, ADRs, patterns, live waivers, earlier reviews; each with why."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.exception_requests import ExceptionRequest
from bot.domain.reviews import DECIDED, Touched, Wish
from handlers.desk import Desk
from handlers.documents import url
from knowledge.documents import Clause, Kind
from knowledge.finding import Found

MOST = 8
KINDS = ((Kind.STANDARD, 3), (Kind.ADR, 2), (Kind.PATTERN, 1))  # of the library, and how many of each
WAIVERS, EARLIER = 2, 2
SHARED = 2  # words that a passage has in common with the description, at least
NAMED = 3  # of them, that are said
LONGEST = 4_000  # characters that are searched for

_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    {
        "that", "this", "with", "from", "have", "will", "would", "could", "should", "must", "they", "them", "their", "there",
        "then", "when", "what", "which", "where", "into", "onto", "over", "more", "most", "some", "such", "than", "also", "been",
        "were", "only", "other", "each", "every", "make", "made", "does", "done", "need", "needs", "used", "uses", "using",
        "about", "after", "before", "because", "between", "both", "team", "teams", "service", "services", "system", "systems",
        "change", "changes",
    }
)  # fmt: skip


def touched(wish: Wish, desk: Desk) -> tuple[Touched, ...]:
    """At most eight lines: what somebody should look at who reviews it, the library first."""
    found = {each.id: each for each in (*_in_library(wish, desk), *_waivers(wish, desk), *_earlier(wish, desk))}
    return tuple(found.values())[:MOST]


def _in_library(wish: Wish, desk: Desk) -> Iterator[Touched]:
    words = _words(f"{wish.title} {wish.description} {wish.proposal}")
    text = f"{wish.title} {wish.service} {wish.description}"[:LONGEST]
    for kind, most in KINDS:
        lines = [
            each
            for found in desk.library.find(text, kind.value, most).found
            if (each := _line(found, words, wish, desk))
        ]
        yield from lines[:most]


def _line(found: Found, words: frozenset[str], wish: Wish, desk: Desk) -> Touched | None:
    document = found.document
    if document.status.is_over:
        return None
    about = words & _words(f"{document.title} {found.passage.heading} {found.passage.text}")
    service = wish.service.strip().casefold()
    applies = bool(service) and service in {each.casefold() for each in document.applies_to}
    if len(about) < SHARED and not applies:
        return None
    why = f"applies to {wish.service.strip()}" if applies else f"speaks of {', '.join(_first(about, wish))}"
    clause = _clause(found, words) if document.kind is Kind.STANDARD else None
    link = url(desk.library, document.path, found.passage.anchor)
    if clause:
        return Touched("clause", clause.id, clause.text[:200], why, link)
    return Touched(document.kind.value, document.id, document.title, why, link)


def _clause(found: Found, words: frozenset[str]) -> Clause | None:
    """The clause of the section that has the most words in common, where one has."""
    ranked = sorted(found.passage.clauses, key=lambda clause: -len(words & _words(clause.text)))
    return ranked[0] if ranked and words & _words(ranked[0].text) else None


def _waivers(wish: Wish, desk: Desk) -> Iterator[Touched]:
    """Live ones for the same service, and those against the standard that is to be changed."""
    exceptions = desk.transaction.exceptions
    found: dict[str, tuple[ExceptionRequest, str]] = {}
    if wish.service.strip():
        listed, _ = exceptions.listed(now=desk.now(), service=wish.service, status="in force", count=WAIVERS)
        found |= {each.id: (each, f"in force for {wish.service.strip()}") for each in listed}
    if wish.target:
        for each in exceptions.against([wish.target.document]):
            if each.waiver:
                found.setdefault(each.id, (each, f"in force against {wish.target.standard or wish.target.id}"))
    for request, why in list(found.values())[:WAIVERS]:
        target = request.wish.target
        title = f"to {target.id} until {request.waiver.until}" if target and request.waiver else ""
        yield Touched("waiver", request.id, title, why)


def _earlier(wish: Wish, desk: Desk) -> Iterator[Touched]:
    for each in desk.transaction.reviews.earlier(wish.service, wish.tags)[:EARLIER]:
        shared = [tag for tag in wish.tags if tag in each.wish.tags]
        same = each.wish.service.strip().casefold() == wish.service.strip().casefold() and wish.service.strip()
        why = f"the same service, {each.stage}" if same else f"the same area ({', '.join(shared)}), {each.stage}"
        link = each.draft.url if each.draft and each.stage in DECIDED else ""
        yield Touched("review", each.id, each.wish.title, why, link)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold())) - _COMMON


def _first(about: frozenset[str], wish: Wish) -> list[str]:
    """The words in the order in which the asker wrote them."""
    said = f"{wish.title} {wish.description} {wish.proposal}".casefold()
    return sorted(about, key=lambda word: (said.find(word), word))[:NAMED]

"""The normative statements of a standard: where they are, what they demand, what they are called.

A clause is a heading, paragraph, list item or table row with a requirement word of RFC 2119 in capitals. A standard
without a single such word is taken at its lower-case "must" and "should": very many organisations write theirs that
way (of the public ones looked at, most), and without clauses nothing of them could be cited or excepted one by one.
"may", "required", "recommended" and "optional" stay ordinary words there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.documents import Clause, Level
from knowledge.outline import Block, Role, Section

_LEVELS = {
    "MUST": Level.MUST,
    "MUST NOT": Level.MUST_NOT,
    "SHALL": Level.MUST,
    "SHALL NOT": Level.MUST_NOT,
    "REQUIRED": Level.MUST,
    "SHOULD": Level.SHOULD,
    "SHOULD NOT": Level.SHOULD_NOT,
    "RECOMMENDED": Level.SHOULD,
    "NOT RECOMMENDED": Level.SHOULD_NOT,
    "MAY": Level.MAY,
    "OPTIONAL": Level.MAY,
    "DO": Level.MUST,
    "DO NOT": Level.MUST_NOT,
}
_CAPITALS = re.compile(r"\b(?:(?:MUST|SHALL|SHOULD)(?:[ ]+NOT)?|(?:NOT[ ]+)?RECOMMENDED|REQUIRED|MAY|OPTIONAL)\b")
_LOWER_CASE = re.compile(r"\b(?:must|shall|should)(?:[ ]+not)?\b")
_GUIDELINE = re.compile(
    r"(?::white_check_mark:|:heavy_check_mark:|✅|✔️?)[ ]*\*\*(DO)\*\*|(?::no_entry(?:_sign)?:|:x:|⛔|❌|🚫)[ ]*\*\*(DO NOT)\*\*"
)
_BOILERPLATE = re.compile(
    r"key ?words?\b.{0,300}\bRFC ?(?:2119|8174)|\bRFC ?2119\b.{0,200}\binterpreted", re.IGNORECASE
)
_QUOTED = re.compile(r"[\"'“‘][^\"'“”‘’]{0,60}[\"'”’]")
_ID = r"[A-Z][A-Z0-9]{0,9}(?:[-_.][A-Z0-9]{1,8}){0,4}"
_LABELLED = re.compile(rf"(?:\*\*|__|`)?\[?((?=[^\s:*]*\d){_ID})\]?(?:\*\*|__|`)?[ ]*[:–—][ ]*(?:\*\*|__|`)?[ ]*(?=\S)")
_BOLD = re.compile(rf"(?:\*\*|__)\[?((?=[^\s:*]*\d){_ID})\]?[:.]?(?:\*\*|__)[ ]*[:.–—-]?[ ]*(?=\S)")
_CELL = re.compile(rf"(?:\*\*|`)?((?=[^\s:*|]*\d){_ID})(?:\*\*|`)?[ ]*\|[ ]*")
_ATTRIBUTE = re.compile(r"[ ]*\{:?[ ]*#([A-Za-z][\w.-]{0,60})[^{}]*\}[ ]*")
_LEADING_ID = re.compile(rf"\[?((?=\S*\d){_ID})\]?[ ]*[:.–—|-]?[ ]*")


@dataclass(frozen=True, slots=True)
class _Statement:
    level: Level
    text: str
    line: int
    authored: str | None
    place: int  # of the section


def find(sections: Iterable[Section], document_id: str) -> list[tuple[Clause, ...]]:
    """The clauses of each section, in order. Ids: the author's, else "STD-004.1", "STD-004.2" … as they stand."""
    sections = list(sections)
    statements = list(_statements(sections, _CAPITALS))
    if not statements:
        statements = list(_statements(sections, _LOWER_CASE))
    taken = {each.authored for each in statements if each.authored}
    given: set[str] = set()
    clauses: list[list[Clause]] = [[] for _ in sections]
    number = 0
    for each in statements:
        identity = each.authored or ""
        if not identity or identity in given:  # an id given twice names the first; the second is numbered
            number += 1
            while (identity := f"{document_id}.{number}") in taken:
                number += 1
        given.add(identity)
        clauses[each.place].append(Clause(identity, each.level, each.text, each.line))
    return [tuple(each) for each in clauses]


def _statements(sections: list[Section], words: re.Pattern[str]) -> Iterator[_Statement]:
    for place, section in enumerate(sections):
        if section.level and (section.level > 1 or words is _CAPITALS):
            level = _level(section.heading, words)
            if level:
                authored = _authored_in_heading(section)
                yield _Statement(level, _without_id(section.heading, authored), section.line, authored, place)
        for block in section.blocks:
            if block.role is Role.CODE:
                continue
            level = _guideline(block) or _level(block.text, words)
            if level and not _BOILERPLATE.search(block.text):
                authored = _authored(block)
                yield _Statement(level, _without_id(block.text, authored), block.line, authored, place)


def _level(text: str, words: re.Pattern[str]) -> Level | None:
    """The strongest requirement word of a statement; the first of equals. Words that are only quoted do not count."""
    found = words.findall(text)
    if not found:
        return None
    if '"' in text or "“" in text or "‘" in text:
        found = words.findall(_QUOTED.sub("", text))
    levels = [_LEVELS[" ".join(word.upper().split())] for word in found]
    return max(levels, key=lambda level: level.strength, default=None)


def _guideline(block: Block) -> Level | None:
    match = _GUIDELINE.search(block.source)
    return _LEVELS[match[1] or match[2]] if match else None


def _authored(block: Block) -> str | None:
    """The id that the author gave a statement: `NET-3:`, `**NET-3**`, `{#net-3}`, a table's first cell."""
    attribute = _ATTRIBUTE.search(block.source) if "{" in block.source else None
    if attribute:
        return attribute[1].upper()
    pattern = _CELL if block.role is Role.ROW else None
    match = (
        (pattern.match(block.source) if pattern else None) or _BOLD.match(block.source) or _LABELLED.match(block.source)
    )
    return match[1] if match else None


def _authored_in_heading(section: Section) -> str | None:
    match = _LABELLED.match(section.source) or _BOLD.match(section.source)
    if match:
        return match[1]
    return None


def _without_id(text: str, authored: str | None) -> str:
    if authored is None:
        return text
    match = _LEADING_ID.match(text)
    return text[match.end() :] if match and match[1] == authored else text

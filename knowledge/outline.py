"""What every reader of a format gives back: a document's sections and blocks, before anybody asks what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """What a block is on the page."""

    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    CODE = "code"


class Block(NamedTuple):
    """A paragraph, list item, table row or run of code. `mark` is "- ", "1. " or a tab and stands before `text`."""

    line: int
    role: Role
    mark: str
    source: str  # on one line, with its markup; code: empty
    text: str  # plain; code: its lines, a tab after each line end


@dataclass(slots=True)
class Section:
    """A heading and what stands under it, up to the next heading of any level. Level 0: before the first heading."""

    level: int
    heading: str
    source: str  # of the heading, with its markup
    anchor: str
    line: int
    blocks: list[Block] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All blocks in plain text, one a line."""
        return "\n".join([block.mark + block.text for block in self.blocks])


@dataclass(frozen=True, slots=True)
class Outline:
    """A document as its format's reader understood it."""

    sections: tuple[Section, ...]
    pictures: tuple[str, ...] = ()  # blocks on top that are pictures alone, with their markup: badges say a status
    fields: Mapping[str, str] = field(default_factory=dict)  # "Status: Final" lines on top; keys in lower case


_ANCHOR_LINK = re.compile(r"\[[^\n]{1,400}\]\(#[^()\s]{0,400}\)")
_TABLE_OF_CONTENTS = re.compile(r"(?:table of )?contents:?|toc", re.IGNORECASE)
_LEFT_BY_SLUG = re.compile(r"[^\w\- ]")


class OutlineWriter:
    """Collects sections and blocks; gives headings their anchors and drops generated tables of contents."""

    def __init__(self, plain: Callable[[str], str]) -> None:
        self._plain = plain
        self._sections = [Section(0, "", "", "", 1)]
        self._anchors: set[str] = set()
        self._repeats: dict[str, int] = {}
        self._pictures: list[str] = []
        self._code: list[str] = []
        self._code_line = 0

    def heading(self, level: int, source: str, line: int, *, anchor: str = "", slug_of: str = "") -> None:
        """Begins a section. `anchor` is the author's own, `slug_of` the text that the anchor is made of."""
        self.end_code()
        heading = self._plain(source)
        self._sections.append(Section(level, heading, source, anchor or self._slug(slug_of or heading), line))

    def block(self, line: int, role: Role, mark: str, source: str) -> None:
        """Adds a paragraph, item or row, unless nothing of it is left without its markup."""
        if self._code:
            self.end_code()
        text = self._plain(source)
        if text:
            self._sections[-1].blocks.append(Block(line, role, mark, source, text))
        elif source.startswith("![") and len(self._sections) < 4:
            self._pictures.append(source)

    def code(self, line: int, text: str) -> None:
        """Adds a line of code to the run that is open."""
        if not self._code:
            self._code_line = line
        self._code.append(text)

    def end_code(self) -> None:
        """Ends a run of code, if one is open."""
        if self._code:
            block = Block(self._code_line, Role.CODE, "\t", "", "\n\t".join(self._code))
            self._sections[-1].blocks.append(block)
            self._code = []

    def outline(self, fields: Mapping[str, str] | None = None) -> Outline:
        """All that was written; sections without a heading and without text are left away."""
        self.end_code()
        for section in self._sections:
            section.blocks = _without_contents_list(section.blocks)
        kept = [each for each in self._sections if each.blocks or (each.heading and not _is_contents(each.heading))]
        return Outline(tuple(kept), tuple(self._pictures[:20]), fields or {})

    def _slug(self, text: str) -> str:
        """The anchor that GitHub gives a heading: -1, -2 … for repeats, never one that is taken."""
        slug = anchor = _LEFT_BY_SLUG.sub("", text.lower()).replace(" ", "-")
        while anchor in self._anchors:
            count = self._repeats.get(slug, 0) + 1
            self._repeats[slug] = count
            anchor = f"{slug}-{count}"
        self._anchors.add(anchor)
        return anchor


def _is_contents(heading: str) -> bool:
    return bool(_TABLE_OF_CONTENTS.fullmatch(heading))


def _without_contents_list(blocks: list[Block]) -> list[Block]:
    """Drops runs of two and more list items that are nothing but a link to a heading of the same page."""
    links = [block.role is Role.ITEM and bool(_ANCHOR_LINK.fullmatch(block.source)) for block in blocks]
    if not any(links):
        return blocks
    padded = [False, *links, False]
    return [block for at, block in enumerate(blocks, 1) if not (padded[at] and (padded[at - 1] or padded[at + 1]))]

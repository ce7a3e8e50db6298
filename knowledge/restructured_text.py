"""A plain reader of reStructuredText: sections, paragraphs, lists, simple tables, code, PEP and docinfo headers."""

from __future__ import annotations

import re

from knowledge.inline import LONGEST, without_emphasis
from knowledge.outline import Outline, OutlineWriter, Role

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+[ \t]*$")
_HEADER = re.compile(r"([A-Z][\w-]{1,40}):[ \t]*(.*)$")
_DOCINFO = re.compile(r":([\w -]{1,40}):[ \t]+(.*)$")
_ITEM = re.compile(r"([-*+•]|\(?(?:\d{1,4}|#|[a-zA-Z])[.)])[ \t]+(?=\S)")
_DIRECTIVE = re.compile(r"\.\.[ \t]+(?:\|[^|]+\|[ \t]+)?([\w:-]+?)::(?:[ \t]+(.*))?$")
_FOOTNOTE = re.compile(r"\.\.[ \t]+\[([^\]]{1,60})\][ \t]*(.*)$")
_CODE_DIRECTIVES = frozenset({"code", "code-block", "sourcecode", "parsed-literal", "math", "doctest", "highlight"})
_SILENT_DIRECTIVES = frozenset(
    {"contents", "toctree", "image", "figure", "raw", "include", "literalinclude", "meta", "graphviz", "index"}
)
_RULE = re.compile(r"(?:=+|-+)(?:[ ]+(?:=+|-+))+[ ]*$|\+(?:[-=]+\+)+[ ]*$")
_ROLE = re.compile(r":([\w:+.-]{1,40}):`([^`<]*?)(?:\s*<[^`<>]*>)?`")
_REFERENCE = re.compile(r"`([^`<]+?)(?:\s*<[^`<>]*>)?`__?|`([^`]+)`")
_NOTE_MARK = re.compile(r"[ ]?\[(?:#?\w{0,40}|\*)\]_(?!\w)")
_WORD_REFERENCE = re.compile(r"(?<![\w-])([^\W_]\w{0,100}?)__?(?=[\s.,;:!?)]|$)")
_ESCAPE = re.compile(r"\\(.)")
_GAP = re.compile(r"[ ]{2,}")


def plain(source: str) -> str:
    """The words of inline reStructuredText. `:pep:`649`` reads "PEP 649"."""
    if len(source) > LONGEST:
        return " ".join(plain(source[at : at + LONGEST]) for at in range(0, len(source), LONGEST)).strip()
    pieces = source.split("``")
    if len(pieces) > 2:  # what stands between two pairs of backticks is exact
        return " ".join("".join(each if at % 2 else _words(each) for at, each in enumerate(pieces)).split())
    return " ".join(_words(source).split())


def _words(source: str) -> str:
    if "`" in source:
        source = _ROLE.sub(
            lambda match: f"{match[1].upper()} {match[2]}" if match[1] in ("pep", "rfc") else match[2].lstrip("~!"),
            source,
        )
        source = _REFERENCE.sub(lambda match: match[1] or match[2], source)
    if "_" in source:
        source = _WORD_REFERENCE.sub(r"\1", _NOTE_MARK.sub("", source))
    if "*" in source:
        source = without_emphasis(source, "*")
    return _ESCAPE.sub(r"\1", source)


def read(text: str, first_line: int = 1) -> Outline:
    """The outline of reStructuredText."""
    lines = text.expandtabs(8).split("\n")
    fields, start = _fields(lines)
    reader = _Reader(lines, first_line)
    reader.run(start)
    return reader.writer.outline(fields)


def _fields(lines: list[str]) -> tuple[dict[str, str], int]:
    """Header lines on top ("Status: Final", ":Status: Final"), a value going on in indented lines."""
    fields: dict[str, str] = {}
    key = ""
    start = next((at for at, line in enumerate(lines) if line.strip()), 0)
    for at in range(start, len(lines)):
        line = lines[at]
        match = _HEADER.match(line) or _DOCINFO.match(line)
        if match:
            key = match[1].lower()
            fields[key] = match[2].strip()
        elif key and line[:1] == " " and line.strip():
            fields[key] = f"{fields[key]} {line.strip()}"[:2000]
        else:
            return (fields, at) if len(fields) > 1 and not line.strip() else ({}, start)
    return fields, len(lines)


class _Reader:
    def __init__(self, lines: list[str], first_line: int) -> None:
        self.writer = OutlineWriter(plain)
        self._lines, self._first_line = lines, first_line
        self._levels: list[tuple[str, bool]] = []
        self._paragraph: list[str] = []
        self._at = 0
        self._role, self._mark = Role.PARAGRAPH, ""
        self._item_column = 0  # where the open list item's text begins
        self._column = 0  # where the open paragraph begins

    def run(self, start: int) -> None:
        at = start
        while at < len(self._lines):
            at = self._step(at)
        self._end_paragraph()

    def _step(self, at: int) -> int:
        """Reads what begins on a line; the number of the line to go on with."""
        line = self._lines[at]
        body = line.strip()
        indent = len(line) - len(line.lstrip())
        if not body:
            literal = bool(self._paragraph) and self._paragraph[-1].endswith("::")
            column = self._item_column if self._role is Role.ITEM else self._column
            self._end_paragraph()
            return self._code(at + 1, column) if literal else at + 1
        if not self._paragraph and indent == 0 and (after := self._title(at)):
            return after
        if (not self._paragraph and body.startswith(".. ")) or body == "..":
            return self._explicit(at, body, indent)
        if _RULE.match(body):
            self._end_paragraph()
            return self._table(at)
        item = _ITEM.match(body)
        if item and (not self._paragraph or self._role is Role.ITEM):
            self._end_paragraph()
            self._role = Role.ITEM
            self._mark = "- " if item[1] in "-*+•" or item[1][0] == "#" else f"{item[1].strip('().')}. "
            self._item_column = indent + item.end()
            body = body[item.end() :]
        if not self._paragraph:
            self._at, self._column = at, indent
        self._paragraph.append(body)
        return at + 1

    def _end_paragraph(self) -> None:
        if self._paragraph:
            source = " ".join(self._paragraph)
            source = source[:-1].removesuffix(":").rstrip() + ":" if source.endswith("::") else source
            if not _ADORNMENT.match(source) and source != ":":
                self.writer.block(self._at + self._first_line, self._role, self._mark, source)
            self._paragraph = []
        self._role, self._mark = Role.PARAGRAPH, ""

    def _title(self, at: int) -> int:
        """A title with its underline (and overline): the line after it, or 0."""
        lines = self._lines
        over = _ADORNMENT.match(lines[at])
        if over and at + 2 < len(lines) and lines[at + 1].strip() and lines[at + 2].rstrip() == lines[at].rstrip():
            return self._begin(lines[at + 1].strip(), (over[1], True), at + 1, at + 3)
        if over or at + 1 >= len(lines):
            return 0
        title, under = lines[at].rstrip(), _ADORNMENT.match(lines[at + 1])
        if under and len(lines[at + 1].rstrip()) >= min(len(title), 4):
            return self._begin(title, (under[1], False), at, at + 2)
        return 0

    def _begin(self, title: str, style: tuple[str, bool], at: int, after: int) -> int:
        if style not in self._levels:
            self._levels.append(style)
        slug = re.sub(r"[^a-z0-9]+", "-", plain(title).lower()).strip("-")
        self.writer.heading(min(self._levels.index(style) + 1, 6), title, at + self._first_line, slug_of=slug)
        return after

    def _explicit(self, at: int, body: str, indent: int) -> int:
        """A directive, footnote, target or comment: text of directives is read on, the rest is left away."""
        self._end_paragraph()
        directive = _DIRECTIVE.match(body)
        if directive and directive[1] in _CODE_DIRECTIVES:
            return self._code(at + 1, indent)
        if directive and directive[1] not in _SILENT_DIRECTIVES:
            if directive[2]:
                self.writer.block(at + self._first_line, Role.PARAGRAPH, "", directive[2])
            return self._past_options(at + 1)
        if footnote := _FOOTNOTE.match(body):
            self._at, self._paragraph = at, [footnote[2]] if footnote[2] else []
            return at + 1
        return self._past(at + 1, indent)

    def _past_options(self, at: int) -> int:
        while at < len(self._lines) and _DOCINFO.match(f"{self._lines[at].strip()} "):
            at += 1
        return at

    def _past(self, at: int, indent: int) -> int:
        while at < len(self._lines) and (not self._lines[at].strip() or self._indent(at) > indent):
            at += 1
        return at

    def _code(self, at: int, indent: int) -> int:
        after = self._past(at, indent)
        block = [line for line in self._lines[at:after] if line.strip() and not _DOCINFO.match(line.strip())]
        margin = min((len(line) - len(line.lstrip()) for line in block), default=0)
        for number in range(at, after):
            line = self._lines[number]
            if line.strip() and not _DOCINFO.match(line.strip()):
                self.writer.code(number + self._first_line, line[margin:].rstrip())
        self.writer.end_code()
        return after

    def _table(self, at: int) -> int:
        grid = self._lines[at].strip().startswith("+")
        while at < len(self._lines) and (body := self._lines[at].strip()):
            if not _RULE.match(body) and not (grid and body.startswith("+")):
                cells = body.strip("|").split("|") if grid else _GAP.split(body)
                row = " | ".join(cell.strip() for cell in cells if cell.strip())
                self.writer.block(at + self._first_line, Role.ROW, "", row)
            at += 1
        return at

    def _indent(self, at: int) -> int:
        line = self._lines[at]
        return len(line) - len(line.lstrip())

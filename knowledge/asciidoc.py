"""A plain reader of AsciiDoc: sections, paragraphs, lists, tables, code, document attributes."""

from __future__ import annotations

import re

from knowledge.inline import LONGEST, without_emphasis
from knowledge.outline import Outline, OutlineWriter, Role

_HEADING = re.compile(r"(={1,6}|#{1,6})[ \t]+(?=\S)")
_ATTRIBUTE = re.compile(r":!?([\w-]{1,60})!?:(?:[ \t]+(.*))?$")
_ANCHOR_LINE = re.compile(
    r"\[\[([\w.:-]{1,100})(?:,[^\]]*)?\]\][ \t]*$|\[[^\],#]{0,40}#([\w.:-]{1,100})[^\]]*\][ \t]*$"
)
_BLOCK_ATTRIBUTES = re.compile(r"\[[^\[\]]*\][ \t]*$")
_BLOCK_MACRO = re.compile(r"(?:image|include|toc|video|audio|ifdef|ifndef|ifeval|endif|tag|end)::\S*\[.*\][ \t]*$")
_DELIMITER = re.compile(r"(?:-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|/{4,}|\+{4,}|--|`{3}\w*)[ \t]*$")
_ITEM = re.compile(r"(\*{1,5}|-|\.{1,5}|\d{1,4}\.)[ \t]+(?=\S)")
_CALLOUT = re.compile(r"<\d+>[ \t]*")
_CELL = re.compile(r"(?:(?<=\s)|^)(?:[\d.]*[+*]?[<^>.]*[aehlmsdv]?)\|")
_CONDITION = re.compile(r"(?:<<)([^<>,]{1,200})(?:,([^<>]{0,400}))?>>")
_MACRO = re.compile(
    r"(?:https?://|link:|xref:|mailto:|\{[\w-]{1,60}\}(?=[^\s\[\]]{0,200}\[))[^\s\[\]]{0,500}\[([^\[\]]*)\]"
)
_IMAGE = re.compile(r"image:[^\s\[\]]{0,500}\[[^\[\]]*\]")
_INLINE_ANCHOR = re.compile(r"\[\[[^\[\]]{0,100}\]\]|anchor:[\w-]{1,100}\[\]")
_NAME = re.compile(r"\{([\w-]{1,60})\}")
_CODE = re.compile(r"`\+?([^`\n]{1,2000}?)\+?`")
_STYLED = re.compile(r"\[[.#][\w. -]{0,60}\](?=[#*_`])|(?<!\w)##?(?=\S)([^#\n]{1,500})(?<=\S)##?(?!\w)")
_TYPOGRAPHY = {"mdash": "—", "ndash": "–", "nbsp": " ", "empty": "", "sp": " ", "amp": "&", "lt": "<", "gt": ">"}


def plain(source: str) -> str:
    """The words of inline AsciiDoc. An attribute that is defined elsewhere reads as its name: `{MUST}` is "MUST"."""
    if len(source) > LONGEST:
        return " ".join(plain(source[at : at + LONGEST]) for at in range(0, len(source), LONGEST)).strip()
    if "[" in source:
        source = _INLINE_ANCHOR.sub("", _IMAGE.sub("", source))
        source = _MACRO.sub(lambda match: match[1].removesuffix("^"), source)
    if "<<" in source:
        source = _CONDITION.sub(lambda match: match[2] or match[1].lstrip("#"), source)
    if "{" in source:
        source = _NAME.sub(lambda match: _TYPOGRAPHY.get(match[1], match[1]), source)
    if "#" in source:
        source = _STYLED.sub(lambda match: match[1] or "", source)
    if "*" in source or "_" in source:
        source = without_emphasis(source)
    return " ".join(_CODE.sub(r"\1", source).split())


def read(text: str, first_line: int = 1) -> Outline:
    """The outline of AsciiDoc."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), first_line):
        reader.line(number, line)
    reader.end_paragraph()
    return reader.writer.outline(reader.fields)


class _Reader:
    def __init__(self) -> None:
        self.writer = OutlineWriter(plain)
        self.fields: dict[str, str] = {}
        self._anchor = ""
        self._paragraph: list[str] = []
        self._at = 0
        self._role, self._mark = Role.PARAGRAPH, ""
        self._until = ""  # the delimiter that ends code, a comment or a passthrough
        self._table = False

    def line(self, number: int, line: str) -> None:
        """Takes the next line."""
        body = line.strip()
        if self._until:
            self._verbatim(number, line.rstrip(), body)
        elif not body or body == "+" or (body.startswith("//") and not body.startswith("////")):
            self.end_paragraph()
        elif body == "|===":
            self.end_paragraph()
            self._table = not self._table
        elif self._table:
            self._row(number, body)
        elif not self._paragraph and (match := _ATTRIBUTE.match(body)):
            self.fields[match[1].lower()] = (match[2] or "").strip()
        elif not self._markup(number, line, body):
            if not self._paragraph:
                self._at = number
            self._paragraph.append(_CALLOUT.sub("", body))

    def end_paragraph(self) -> None:
        """Ends the paragraph or list item that is open."""
        if self._paragraph:
            self.writer.block(self._at, self._role, self._mark, " ".join(self._paragraph))
            self._paragraph = []
        self._role, self._mark = Role.PARAGRAPH, ""

    def _verbatim(self, number: int, line: str, body: str) -> None:
        if body == self._until:
            self._until = ""
            self.writer.end_code()
        elif self._until[0] in "-.`" and body:
            self.writer.code(number, line)

    def _markup(self, number: int, line: str, body: str) -> bool:
        """Whether the line is a heading, a list item, a delimiter or an attribute of what follows."""
        if heading := _HEADING.match(line):
            self.end_paragraph()
            title = line[heading.end() :].rstrip().removesuffix(f" {heading[1]}").rstrip()
            self.writer.heading(len(heading[1]), title, number, anchor=self._anchor)
            self._anchor = ""
        elif anchor := _ANCHOR_LINE.match(body):
            self.end_paragraph()
            self._anchor = anchor[1] or anchor[2]
        elif _BLOCK_MACRO.match(body) or (not self._paragraph and _BLOCK_ATTRIBUTES.match(body)):
            self.end_paragraph()
        elif body.startswith(".") and not self._paragraph and len(body) > 1 and body[1] not in ". ":
            self.writer.block(number, Role.PARAGRAPH, "", body[1:])  # a block's title
        elif _DELIMITER.match(body):
            self.end_paragraph()
            if body[0] in "-./+`" and body != "--":
                self._until = body if body[0] != "`" else "```"
        elif item := _ITEM.match(body):
            self.end_paragraph()
            self._role, self._mark = Role.ITEM, f"{item[1]} " if item[1][0].isdigit() else "- "
            self._at, self._paragraph = number, [body[item.end() :]]
        else:
            return False
        return True

    def _row(self, number: int, body: str) -> None:
        cells = [cell.strip() for cell in _CELL.split(body)]
        self.writer.block(number, Role.ROW, "", " | ".join(cell for cell in cells if cell))

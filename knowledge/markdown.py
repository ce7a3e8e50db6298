"""Markdown's blocks: sections, paragraphs, list items, table rows and code, in one pass over the lines.

A reader of our own, because a knowledge folder is hostile input and a first build is timed: markdown-it-py's block
rules alone read 4 MB/s, and 400 KB of "- a" lines take it 3.7 s. This one is linear in the size of the file. Tests
hold its headings against markdown-it-py's.
"""

from __future__ import annotations

import re
from functools import partial

from knowledge import inline
from knowledge.outline import Outline, OutlineWriter, Role

DEEPEST_LIST = 40

_ATX = re.compile(r"(#{1,6})(?=[ \t]|$)")
_AUTHORED_ANCHOR = re.compile(r"[ \t]*\{:?[ \t]*#([\w.:-]{1,100})[^{}]*\}[ \t]*$")
_FENCE = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$")
_ITEM = re.compile(r"([-*+]|\d{1,9}[.)])(?:([ \t]+)(?=\S)|[ \t]*$)")
_DEFINITION = re.compile(r"\[(?!\^)[^\[\]]+\]:[ \t]*\S+(?:[ \t]+[\"'(].*)?[ \t]*$")
_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*+\|?[ \t]*$")
_CELL_END = re.compile(r"(?<!\\)\|")
_QUOTE = re.compile(r"(?:>[ \t]?[ ]{0,3}(?=>))*+>[ \t]?")
_CALLOUT = re.compile(r"\[!\w+\][ \t]*$")
_ADMONITION = re.compile(r"(?:!!!|\?\?\?\+?)[ \t]+[\w-]+(?:[ \t]+\"(.*)\")?[ \t]*$")
_DIRECTIVE = re.compile(r":::|\{[:%#].*\}[ \t]*$|\{\{[<%].*[>%]\}\}[ \t]*$|\[\[?_?TOC_?\]?\][ \t]*$", re.IGNORECASE)
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)(?=[\s/>]|$)")
_LONE_TAG = re.compile(r"</?[a-zA-Z][^<>]*>[ \t]*$")
_HTML_HEADING = re.compile(r"<h([1-3])\b[^<>]*>(.*)</h\1>[ \t]*$", re.IGNORECASE)
_VERBATIM_TAGS = frozenset({"pre", "script", "style", "textarea"})
_BLOCK_TAG = re.compile(
    r"</?(?:address|article|aside|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset"
    r"|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem"
    r"|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)"
    r"(?=[\s/>]|$)",
    re.IGNORECASE,
)
_MAY_BEGIN_A_BLOCK = frozenset("#`~>-*+_=<[|!?{:0123456789")


def read(text: str, first_line: int = 1) -> Outline:
    """The outline of Markdown text without its front matter. `first_line` is the number of the text's first line."""
    labels = inline.label_set(text)
    reader = _Reader(OutlineWriter(partial(inline.plain, labels=labels)))
    for number, line in enumerate(text.split("\n"), first_line):
        reader.line(number, line)
    return reader.finish()


class _Reader:
    """Where the reading stands: the open paragraph, the lists around it, an open fence, table or piece of HTML."""

    def __init__(self, writer: OutlineWriter) -> None:
        self._writer = writer
        self._lists: list[int] = []  # the column where each open list item's content begins
        self._paragraph: list[str] = []
        self._paragraph_line = 0
        self._role, self._mark = Role.PARAGRAPH, ""
        self._left_item = False  # whether the line at hand ends a list item by its indentation
        self._quoted = False  # whether the open paragraph or fence stands in a quotation
        self._fence = ""  # the characters that close the open fence
        self._fence_column = 0
        self._html: str | None = None  # what ends the open piece of HTML; "" is a blank line
        self._in_table = False

    def finish(self) -> Outline:
        """Ends what is open: a fence that is never closed runs to the end of the file."""
        self._end_paragraph()
        return self._writer.outline()

    def line(self, number: int, line: str) -> None:
        """Takes the next line."""
        body = line.lstrip(" \t")
        indent = len(line) - len(body)
        if indent and "\t" in line[:indent]:
            indent = len(line[:indent].expandtabs(4))
        if self._fence:
            self._in_fence(number, indent, body)
        elif self._html:
            self._in_html(number, body)
        elif not body:
            self._end_paragraph()
            self._html, self._in_table = None, False
        elif self._html is not None:
            self._html_text(number, body)
        elif self._paragraph and body[0] not in _MAY_BEGIN_A_BLOCK:
            self._paragraph.append(body)  # also when indented less or more: a lazy continuation
        else:
            self._block(number, indent, body)

    def _block(self, number: int, indent: int, body: str) -> None:
        """A line that may begin something."""
        quoted = body[0] == ">"
        if quoted:
            body = body[_QUOTE.match(body).end() :]  # type: ignore[union-attr]  # it begins with ">": it matches
            extra = len(body) - len(body.lstrip(" \t"))
            body, indent = body[extra:], indent + extra
            if not body or _CALLOUT.match(body):
                self._end_paragraph()
                return
        if self._paragraph and quoted and not self._quoted:
            self._end_paragraph()
        if self._in_table and body[0] not in "#`~" and not _ITEM.match(body) and not quoted:
            self._row(number, body)
            return
        lists = self._lists
        if not self._paragraph or _ITEM.match(body) or body[0] in "#`~":
            depth = len(lists)
            while lists and indent < lists[-1]:
                lists.pop()
            self._left_item = len(lists) < depth
        beyond = indent - (lists[-1] if lists else 0)
        if beyond >= 4 and not (self._paragraph and not _ITEM.match(body)) and not (lists and _ITEM.match(body)):
            if not self._paragraph:
                self._writer.code(number, " " * (beyond - 4) + body)
            else:
                self._paragraph.append(body)
            return
        self._in_table = False
        if not self._begins(number, indent, body, beyond, quoted):
            self._text(number, body, quoted)

    def _begins(self, number: int, indent: int, body: str, beyond: int, quoted: bool) -> bool:  # noqa: FBT001  # internal
        """Whether the line is a block of its own (and then it is done with)."""
        match body[0]:
            case "#":
                return self._atx(number, body, quoted)
            case "`" | "~":
                return self._opens_fence(body, indent, quoted)
            case "-" | "*" | "+" | "_" | "=" | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
                return self._list_or_rule(number, indent, body, beyond, quoted)
            case "|" | ":":
                return self._opens_table(body) or self._directive(body)
            case "<":
                return self._opens_html(number, indent, body)
            case "[":
                return self._directive(body) or (not self._paragraph and bool(_DEFINITION.match(body)))
            case "!" | "?":
                return self._admonition(number, indent, body)
            case "{":
                return self._directive(body)
        return False

    # paragraphs and headings

    def _text(self, number: int, body: str, quoted: bool) -> None:  # noqa: FBT001  # internal
        if not self._paragraph:
            self._paragraph_line, self._quoted = number, quoted
        self._paragraph.append(body)

    def _end_paragraph(self) -> None:
        if self._paragraph:
            source = " ".join(self._paragraph)
            self._writer.block(self._paragraph_line, self._role, self._mark, source)
            self._paragraph = []
            self._role, self._mark = Role.PARAGRAPH, ""
        else:
            self._writer.end_code()

    def _atx(self, number: int, body: str, quoted: bool) -> bool:  # noqa: FBT001  # internal
        match = _ATX.match(body)
        if match is None:
            return False
        self._end_paragraph()
        title = body[match.end() :].strip()
        closed = title.rstrip("#")
        title = closed.rstrip() if not closed or closed[-1] in " \t" else title
        if quoted:  # a quoted heading begins no section of this document
            self._text(number, title, quoted)
            self._end_paragraph()
        else:
            self._heading(len(match[1]), title, number)
        return True

    def _heading(self, level: int, source: str, number: int) -> None:
        self._role, self._mark = Role.PARAGRAPH, ""
        anchor = _AUTHORED_ANCHOR.search(source) if source.endswith("}") else None
        if anchor:
            self._writer.heading(level, source[: anchor.start()], number, anchor=anchor[1])
            return
        named = inline.emoji_named(source) if ":" in source else source
        self._writer.heading(level, source, number, slug_of="" if named == source else inline.plain(named))

    def _list_or_rule(self, number: int, indent: int, body: str, beyond: int, quoted: bool) -> bool:  # noqa: FBT001
        character = body[0]
        if character in "-*_=" and not body.replace(" ", "").replace("\t", "").strip(character):
            unbroken = not body.rstrip().strip(character)
            if self._paragraph and character in "-=" and unbroken and 0 <= beyond < 4 and self._quoted == quoted:
                return self._setext(1 if character == "=" else 2, number)
            if character != "=" and sum(each == character for each in body) >= 3:
                self._end_paragraph()
                return True
        if character == "-" and self._opens_table(body):
            return True
        return character not in "_=" and self._item(number, indent, body, quoted)

    def _setext(self, level: int, number: int) -> bool:
        source, line = " ".join(self._paragraph), self._paragraph_line
        self._paragraph = []
        if self._quoted:
            self._writer.block(line, self._role, self._mark, source)
        else:
            self._heading(level, source, line)
        self._role, self._mark = Role.PARAGRAPH, ""
        return number > 0

    # lists

    def _item(self, number: int, indent: int, body: str, quoted: bool) -> bool:  # noqa: FBT001  # internal
        for _ in range(10):  # "- - - text" holds lists in lists on one line
            match = _ITEM.match(body)
            if match is None:
                break
            if (
                self._paragraph
                and not self._left_item
                and (not match[2] or (match[1][0].isdigit() and match[1][:-1] != "1"))
            ):
                return False  # a year at a line's start, or a lone dash, does not interrupt a paragraph
            self._end_paragraph()
            gap = len((match[2] or " ").expandtabs(4))
            column = indent + len(match[1]) + (gap if gap <= 4 else 1)
            if len(self._lists) < DEEPEST_LIST:
                self._lists.append(column)
            self._role, self._mark = Role.ITEM, "- " if match[1] in "-*+" else f"{match[1][:-1]}. "
            indent, body = column, body[match.end() :]
        else:
            self._text(number, body, quoted)
            return True
        if self._role is not Role.ITEM or not self._mark:
            return False
        if body and not (body[0] in "`~" and self._opens_fence(body, indent, quoted)):
            self._text(number, body, quoted)
        return True

    def _admonition(self, number: int, indent: int, body: str) -> bool:
        match = _ADMONITION.match(body)
        if match is None:
            return False
        self._end_paragraph()
        if match[1]:
            self._text(number, match[1], quoted=False)
            self._end_paragraph()
        if len(self._lists) < DEEPEST_LIST:
            self._lists.append(indent + 4)  # its text is indented, and no code
        return True

    def _directive(self, body: str) -> bool:
        if not _DIRECTIVE.match(body):
            return False
        self._end_paragraph()
        return True

    # code

    def _opens_fence(self, body: str, indent: int, quoted: bool) -> bool:  # noqa: FBT001  # internal
        match = _FENCE.match(body)
        if match is None:
            return False
        self._end_paragraph()
        self._role, self._mark = Role.PARAGRAPH, ""
        self._fence = match[1] or match[3]
        self._fence_column, self._quoted = indent, quoted
        return True

    def _in_fence(self, number: int, indent: int, body: str) -> None:
        if self._quoted:
            if not body.startswith(">"):
                self._close_fence()
                self.line(number, " " * indent + body)
                return
            body = body[1:].removeprefix(" ")
            stripped = body.lstrip(" \t")
            indent, body = len(body) - len(stripped), stripped
        elif body and self._lists and indent < self._lists[-1] and self._lists[-1] <= self._fence_column:
            self._close_fence()  # the list item is over, and its fence with it
            self.line(number, " " * indent + body)
            return
        if body.startswith(self._fence) and not body.rstrip().strip(self._fence[0]) and indent < self._fence_column + 4:
            self._close_fence()
        elif body:
            self._writer.code(number, " " * (indent - self._fence_column) + body)

    def _close_fence(self) -> None:
        self._fence = ""
        self._quoted = False
        self._writer.end_code()

    # tables

    def _opens_table(self, body: str) -> bool:
        if not self._paragraph or "|" not in body or not _DELIMITERS.match(body):
            return False
        header = self._paragraph[-1]
        if "|" not in header or len(_cells(header)) != len(_cells(body)):
            return False
        self._paragraph.pop()
        line = self._paragraph_line + len(self._paragraph)
        self._end_paragraph()
        self._row(line, header)
        self._role, self._mark = Role.PARAGRAPH, ""
        self._in_table = True
        return True

    def _row(self, number: int, body: str) -> None:
        cells = [cell.strip() for cell in _cells(body)]
        self._writer.block(number, Role.ROW, "", " | ".join([cell for cell in cells if cell]))

    # HTML

    def _opens_html(self, number: int, indent: int, body: str) -> bool:
        while body.startswith("<!--"):
            end = body.find("-->", 4)
            if end < 0:
                self._end_paragraph()
                self._html = "-->"
                return True
            body = body[end + 3 :].lstrip()
            if not body:
                return True
            if not body.startswith("<!--"):
                self._block(number, indent, body)
                return True
        match = _TAG_NAME.match(body)
        name = match[1].lower() if match else ""
        if name in _VERBATIM_TAGS:
            self._end_paragraph()
            self._html = f"</{name}"
            self._in_html(number, body)
        elif _BLOCK_TAG.match(body) or (name and not self._paragraph and _LONE_TAG.match(body)):
            self._end_paragraph()
            self._html = ""
            self._html_text(number, body)
        else:
            return False
        return True

    def _in_html(self, number: int, body: str) -> None:
        """A line of a comment, a script or preformatted text, up to what ends it."""
        end = body.lower().find(self._html or "")
        if self._html in ("</pre", "</textarea") and (text := inline.plain(body)):
            self._writer.code(number, text)
        if end >= 0:
            self._html = None
            self._writer.end_code()

    def _html_text(self, number: int, body: str) -> None:
        heading = _HTML_HEADING.match(body)
        if heading:
            self._end_paragraph()
            self._heading(int(heading[1]), heading[2], number)
        else:
            self._text(number, body, quoted=False)


def _cells(row: str) -> list[str]:
    row = row.strip()
    return _CELL_END.split(row[row.startswith("|") : len(row) - (row.endswith("|") and not row.endswith("\\|"))])

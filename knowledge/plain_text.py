"""A plain reader of text without markup: underlined headings, paragraphs, lists, "Status: …" lines on top."""

from __future__ import annotations

import re

from knowledge.outline import Outline, OutlineWriter, Role

_UNDERLINE = re.compile(r"(={3,}|-{3,})[ \t]*$")
_FIELD = re.compile(r"(title|status|owner|date|superseded-by|supersedes|replaces):[ \t]*(\S.*)$", re.IGNORECASE)
_ITEM = re.compile(r"([-*•]|\d{1,4}[.)])[ \t]+(?=\S)")


def read(text: str, first_line: int = 1) -> Outline:
    """The outline of plain text."""
    writer = OutlineWriter(lambda source: " ".join(source.split()))
    fields: dict[str, str] = {}
    open_lines: list[str] = []
    began = first_line
    role, mark = Role.PARAGRAPH, ""
    for number, line in enumerate([*text.split("\n"), ""], first_line):
        body = line.strip()
        item = _ITEM.match(body)
        if len(open_lines) == 1 and mark == "" and _UNDERLINE.match(body):
            writer.heading(1 if body[0] == "=" else 2, open_lines.pop(), began)
        elif number - first_line < 20 and not open_lines and (match := _FIELD.match(body)):
            fields[match[1].lower()] = match[2].strip()
        elif body and not item:
            began = began if open_lines else number
            open_lines.append(body)
        else:
            if open_lines:
                writer.block(began, role, mark, " ".join(open_lines))
            open_lines, role, mark = [], Role.PARAGRAPH, ""
            if item:
                began, role, mark = number, Role.ITEM, "- " if item[1] in "-*•" else f"{item[1][:-1]}. "
                open_lines = [body[item.end() :]]
    return writer.outline(fields)

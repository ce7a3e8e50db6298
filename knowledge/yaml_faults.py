"""What is wrong with text that is no YAML, and where, in words for whoever wrote it by hand."""

from __future__ import annotations

import re
from typing import Any

_COMMENTED = re.compile(r"[\[{,][ \t]*#[^\n]*[\]}]")  # [#arch]: the comment takes the bracket with it
LONGEST_LINE = 1_000  # characters of a line that are looked at
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")


def explained(text: str, error: Any, first_line: int) -> tuple[str, int]:
    """The reason with its mend, and the line, of an error that a YAML parser raised over a text that begins at a line."""
    mark, opening = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    if mark is None:
        at = text.find(chr(max(getattr(error, "character", 0), 0)))
        return "a character that cannot be seen; type the line anew", first_line + text.count("\n", 0, max(at, 0))
    lines = text.split("\n")
    reason, line = _marked(lines, error, mark, opening, first_line)
    return reason, first_line + line


def _marked(lines: list[str], error: Any, mark: Any, opening: Any, first_line: int) -> tuple[str, int]:
    """The reason, and the line from 0."""
    problem, context = str(error.problem), str(getattr(error, "context", None))
    before, at = _line(lines, mark.line)[: mark.column], _line(lines, mark.line)[mark.column : mark.column + 1]
    if "flow" in context:
        return _unclosed(lines, mark.line, opening.line, first_line)
    if "cannot start any token" in problem:
        return ("a tab; indent with spaces" if at == "\t" else f"no value begins with {at}; quote it"), mark.line
    if "quoted scalar" in context and "end of stream" in problem:
        return "the quote that begins here is never closed; close it", opening.line
    if "could not find expected ':'" in problem:
        if _line(lines, opening.line).startswith(_CONFLICT):
            return "a merge conflict was left here; settle it", opening.line
        return "this line is no `key: value`; add the colon and a space, or the dash of a list item", opening.line
    if problem.startswith("mapping values are not allowed"):
        reason = (
            "a key where none belongs; look for a missing colon in the line before, for indentation, or quote the text"
        )
        return reason, mark.line
    if "expected key" in problem or "expected <block end>" in problem:
        if before.strip():
            return "something behind a closing quote or bracket; close each once, where it belongs", mark.line
        return "indented unlike the lines around it; begin it where they begin", mark.line
    return f"{problem}; check quotes, colons and indentation", mark.line


def _unclosed(lines: list[str], line: int, opening: int, first_line: int) -> tuple[str, int]:
    """Between brackets: the line where no further item was found, which is often the one after the mistake."""
    for each in (opening, line, line - 1):
        if _COMMENTED.search(_line(lines, each)):
            return "a # begins a comment, and the bracket is not closed; quote it", each
    where = f"that opens in line {first_line + opening}" if opening < line else "here"
    return f"a comma or a closing bracket is missing in the list or mapping {where}", line


def _line(lines: list[str], number: int) -> str:
    return lines[number][:LONGEST_LINE] if 0 <= number < len(lines) else ""

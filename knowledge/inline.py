"""Markdown inside a line: markup out, words exact. Every step is linear in the length of the text."""

from __future__ import annotations

import html
import re
from collections.abc import Container, Iterator

LONGEST = 20_000  # characters that are looked at as one piece: bounds every pattern below

_SPECIAL = re.compile(r"[\\`*_\[\]<&~{:!]")
_LITERAL = re.compile(r"\\([!-/:-@\[-`{-~])|(`+)")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:|ftp://)[^<>\s]*|[\w.+-]{1,64}@[\w.-]{1,255})>")
_TAG = re.compile(
    r"</?(?:a|abbr|address|article|aside|b|blockquote|br|button|caption|center|cite|code|col|colgroup|dd|del|details|dfn"
    r"|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|header|hr|i|iframe|img|input|ins|kbd|label|li|link|main"
    r"|mark|meta|nav|object|ol|p|path|picture|pre|q|s|samp|script|section|small|source|span|strike|strong|style|sub"
    r"|summary|sup|svg|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|video|wbr)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br|/td|/th|/li|/p|/div)\b[^<>]*>", re.IGNORECASE)
_ERB = re.compile(r"<%[^%]*%>")
_TEMPLATE = re.compile(r"\{%[^{}]*%\}|\{\{[<%][^{}]*[>%]\}\}|\s?\{:?\s?[#.][^{}]*\}")
_DESTINATION = r"\((?:[^()\\\n]++|\\.){0,2000}+\)"
for _ in range(3):  # dashboards' addresses hold parentheses in parentheses
    _DESTINATION = rf"\((?:[^()\\\n]++|\\.|{_DESTINATION}){{0,2000}}+\)"
_IMAGE = re.compile(rf"!\[[^\[\]]*+\](?:{_DESTINATION}|\[[^\[\]]*+\])")
_LINK = re.compile(rf"(?<!!)\[([^\[\]]*+)\](?:{_DESTINATION}|\[[^\[\]]*+\])")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]*+\|)?([^\[\]|]*+)\]\]")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]*+\](?::\s*)?")
_TASK = re.compile(r"^\[[ xX]\]\s")
_BRACKETED = re.compile(r"\[([^\[\]]*+)\]")
_DELIMITER = re.compile(r"\*+|(?<![^\W_])_+|_+(?![^\W_])|~~")
_EMOJI = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,40}:(?![\w:])")
_HELD = 0xF0000  # a literal's place is held by this private character plus its number while markup is taken out
_HOLDERS = re.compile("[\U000f0000-\U000ffffd]")
_SPACES = re.compile(r"\s+")


def plain(source: str, labels: Container[str] = ()) -> str:
    """The words of Markdown text on one line. `labels`: the labels of reference links that the file defines."""
    if not source.isascii():
        source = _HOLDERS.sub("", source)
    if len(source) > LONGEST:
        return " ".join(plain(source[at : at + LONGEST], labels) for at in range(0, len(source), LONGEST)).strip()
    if not _SPECIAL.search(source):
        return " ".join(source.split())
    literals: list[str] = []
    text = _hold_literals(source, literals) if "`" in source or "\\" in source else source
    if "\\ " in text:
        text = text.replace("\\ ", " ")  # a hard line break
    if "<" in text:
        text = _without_html(text)
    if "{" in text:
        text = _TEMPLATE.sub("", text)
    if "[" in text:
        text = _without_links(text, labels)
    if "*" in text or "_" in text or "~~" in text:
        text = without_emphasis(text)
    if ":" in text:
        text = _EMOJI.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    if literals:
        text = _HOLDERS.sub(lambda match: literals[ord(match[0]) - _HELD], text)
    return " ".join(text.split())


def _hold_literals(text: str, literals: list[str]) -> str:
    """Puts escaped characters and code spans aside, a placeholder in their place."""
    if "`" not in text:
        return _LITERAL.sub(lambda match: _hold(match[1], literals), text)
    parts: list[str] = []
    at = 0
    closings = _closing_ticks(text)
    for match in _LITERAL.finditer(text):
        if match.start() < at:
            continue
        parts.append(text[at : match.start()])
        at = match.end()
        if match[1]:
            parts.append(_hold(match[1], literals))
            continue
        end = _closing_after(closings.get(len(match[2])), at)
        if end is None:
            parts.append(_hold(match[2], literals))
            continue
        parts.append(_hold(text[at:end].strip(), literals))
        at = end + len(match[2])
    parts.append(text[at:])
    return "".join(parts)


def _closing_ticks(text: str) -> dict[int, Iterator[int]]:
    """Where runs of backticks begin, by their length."""
    runs: dict[int, list[int]] = {}
    for match in re.finditer(r"`+", text):
        runs.setdefault(len(match[0]), []).append(match.start())
    return {length: iter(starts) for length, starts in runs.items()}


def _closing_after(starts: Iterator[int] | None, at: int) -> int | None:
    return next((start for start in starts or () if start >= at), None)


def _hold(literal: str, literals: list[str]) -> str:
    literals.append(literal)
    return chr(_HELD + len(literals) - 1)


def _without_html(text: str) -> str:
    if "<!--" in text:
        text = _COMMENT.sub("", text)
    if "<%" in text:
        text = _ERB.sub("", text)
    text = _AUTOLINK.sub(r"\1", text)
    return _TAG.sub("", _BREAK.sub(" ", text))


def _without_links(text: str, labels: Container[str]) -> str:
    text = _TASK.sub("", _FOOTNOTE.sub("", text))
    if "[[" in text:
        text = _WIKI_LINK.sub(r"\1", text)
    if "](" in text or "][" in text:
        for _ in range(3):  # an image in a link's label, in a link: no deeper
            changed = _LINK.sub(r"\1", _IMAGE.sub("", text))
            if changed == text:
                break
            text = changed
    if labels and "[" in text:
        text = _BRACKETED.sub(lambda match: match[1] if _label(match[1]) in labels else match[0], text)
    return text


def _label(text: str) -> str:
    return _SPACES.sub(" ", text.strip()).casefold()


def emoji_named(source: str) -> str:
    """Text with the names of emoji in place of `:name:`: that is what forges make anchors of."""
    return _EMOJI.sub(lambda match: match[0][1:-1], source)


def label_set(text: str) -> frozenset[str]:
    """The labels of the reference links that a Markdown text defines, as `plain` wants them."""
    if "]:" not in text:
        return frozenset()
    found = re.findall(r"^ {0,3}\[([^\[\]\n]{1,999})\]:[ \t]*\S", text, re.MULTILINE)
    return frozenset(_label(label) for label in found)


def without_emphasis(text: str, marks: str = "*_~") -> str:
    """Takes out the asterisks and underscores that open and close emphasis, and no others."""
    runs = [[match.start(), match.end()] for match in _DELIMITER.finditer(text) if match[0][0] in marks]
    open_runs: dict[str, list[list[int]]] = {}
    cuts: list[tuple[int, int]] = []
    for run in runs:
        start, end = run
        before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
        left, right = _flanks(before, after)
        character = text[start]
        stack = open_runs.setdefault(character, [])
        if right and (character != "_" or not left or not _is_word(after)):
            _close(run, stack, cuts)
        if run[0] < run[1] and left and (character != "_" or not right or not _is_word(before)):
            stack.append(run)
    return _cut(text, cuts)


def _close(run: list[int], stack: list[list[int]], cuts: list[tuple[int, int]]) -> None:
    """Pairs a closing run with the open ones, nearest first; each pair is cut on both sides."""
    while stack and run[0] < run[1]:
        opened = stack[-1]
        size = min(opened[1] - opened[0], run[1] - run[0])
        cuts.append((opened[1] - size, opened[1]))
        cuts.append((run[0], run[0] + size))
        opened[1] -= size
        run[0] += size
        if opened[0] == opened[1]:
            stack.pop()


def _flanks(before: str, after: str) -> tuple[bool, bool]:
    """Whether a run of delimiters is left-flanking and right-flanking, as CommonMark has it."""
    space_before, space_after = before.isspace(), after.isspace()
    mark_before, mark_after = _is_punctuation(before), _is_punctuation(after)
    left = not space_after and (not mark_after or space_before or mark_before)
    right = not space_before and (not mark_before or space_after or mark_after)
    return left, right


def _is_word(character: str) -> bool:
    return character.isalnum()


def _is_punctuation(character: str) -> bool:
    return not character.isalnum() and not character.isspace() and ord(character) < _HELD


def _cut(text: str, cuts: list[tuple[int, int]]) -> str:
    parts = []
    at = 0
    for start, end in sorted(cuts):
        parts.append(text[at:start])
        at = end
    parts.append(text[at:])
    return "".join(parts)

"""How authors write where a document is in its life, and what replaces it: every notation, one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.documents import Status
from knowledge.inline import plain
from knowledge.outline import Block, Outline, Role

_WORDS: dict[Status, str] = {
    Status.DRAFT: "draft|wip|work in progress|in progress",
    Status.PROPOSED: "proposed|proposal|provisional|pending|open|under review|in review|in discussion|rfc|deferred"
    "|postponed|on hold|not yet \\w+|not (?:accepted|approved|adopted|agreed|final)|considering",
    Status.ACCEPTED: "accepted|approved|adopted|active|final|implementable|implemented|decided|done|current|published"
    "|agreed|ratified|in force|in effect|resolved",
    Status.DEPRECATED: "deprecated|obsolete|outdated",
    Status.SUPERSEDED: "super[sc]ee?ded|replaced|amended and replaced",
    Status.RETIRED: "rejected|declined|withdrawn|reverted|retired|archived|cancelled|canceled|abandoned|expired"
    "|no longer (?:used|maintained|in force|applies)|decommissioned",
}
_IN_FRONT: dict[Status, str] = {  # whole values of front matter: in a sentence these words say nothing of a status
    Status.DRAFT: "new|idea|stub|unfinished|incomplete|todo",
    Status.PROPOSED: "review|for review|ready for review|candidate|tentative|planned|trial|assess|experimental|alpha|beta|hold",
    Status.ACCEPTED: "publish|live|stable|ready|released|complete|completed|effective|enforced|operational|in use|valid|adopt"
    "|ga|mandatory|standard|informational|confirmed|ok|reviewed",
    Status.DEPRECATED: "legacy|sunset|eol|end of life",
    Status.RETIRED: "inactive|disabled|historic|historical|closed|removed|deleted|invalid",
}
_STATUS_WORD = re.compile(
    "|".join(rf"\b(?P<{status.name}>{words})\b" for status, words in _WORDS.items()), re.IGNORECASE
)
_CHOICE = re.compile(r"[|/,{]")
_STATUS_HEADING = re.compile(r"(?:current |document |decision )?status\b[ \t]*[:–-]?[ \t]*(.*)", re.IGNORECASE)
_STATUS_LINE = re.compile(r"(?:adr |document |decision )?status[ \t]*(?::|\|)[ \t]*(.+)", re.IGNORECASE)
_BADGE = re.compile(r"!\[[^\[\]]*+\]\(https?://[^)\s]*badge/status-([\w%-]+?)-\w+(?:\.svg)?[^)\s]*\)", re.IGNORECASE)
_PROSE = re.compile(
    r"\bthis (?:alert|runbook|playbook|page|document|standard|adr|record|guide|decision|pattern) (?:is|has been) (?:now )?"
    r"(deprecated|obsolete|superseded|retired|archived|no longer (?:used|maintained))\b[^.]{0,200}",
    re.IGNORECASE,
)
_LINK_LINE = re.compile(
    r"(?P<forward>superseded[ -]?by|replaced[ -]?by|reverted[ -]?by|deprecated[ -]?by|obsoleted[ -]?by)[ \t]*(?::|\|)[ \t]*(?P<successors>.+)"
    r"|(?P<back>supersedes|replaces|obsoletes)[ \t]*(?::|\|)[ \t]*(?P<older>.+)",
    re.IGNORECASE,
)
_SUCCESSOR = re.compile(
    r"\b(?:super[sc]ee?ded|replaced|reverted|deprecated|obsoleted)[ _-]*(?:by|in favou?r of|via|with)?\b[: ]*(.*)",
    re.IGNORECASE,
)
_OLDER = re.compile(r"\b(?:supersedes|replaces|obsoletes)\b[: ]*(.*)", re.IGNORECASE)
_TARGET = re.compile(
    r"\]\(<?([^()\s<>]+)>?(?:[ \t]+\"[^\"]*\")?\)"  # a link: its destination
    r"|\b((?!v\d)[A-Za-z]{2,8})[-_ #]{0,2}(\d{1,5})\b"  # ADR-0020, PEP 649
    r"|(?<![\w./-])#?(\d{1,5})(?![\w./]|-\d)"  # [0019], 649
    r"|(?<![\w/.])([\w./-]+\.(?:md|markdown|adoc|rst|txt|html?))\b"  # a file's name
)
_NOTHING = frozenset({"", "n/a", "na", "none", "no", "-", "—", "tbd", "null"})
_MOVED = re.compile(
    r"\b(?:(?:has|have|was|were|is|are) (?:been )?(?:moved|relocated|now located)|moved) (?:to|at|into|in)?\b",
    re.IGNORECASE,
)
_LINK_DESTINATION = re.compile(r"\]\(<?([^()\s<>]+)>?\)|<(https?://[^\s<>]+)>")
LONGEST_STUB = 400  # characters
_FIRST_BLOCKS = 40


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a document says it is in its life, and what it names before and after it (as written)."""

    status: Status | None = None
    text: str = ""  # the author's words, when there is more to them than the status word
    successors: tuple[str, ...] = ()
    older: tuple[str, ...] = ()


def standing(outline: Outline, stated: str | None) -> Standing:
    """What the document says of itself; `stated` is the front matter's `status`, which wins."""
    sources = list(_status_sources(outline))
    if stated:
        sources.insert(0, stated)
    found: Standing | None = None
    successors: list[str] = []
    older: list[str] = []
    for source in sources:
        here = of_text(source)
        successors += here.successors
        older += here.older
        if found is None and here.status is not None:
            found = here
    for forward, rest in _link_lines(outline):
        (successors if forward else older).extend(targets(rest))
    status = found.status if found else None
    if status is None and successors:
        status = Status.SUPERSEDED
    return Standing(status, found.text if found else "", _unique(successors), _unique(older))


def stated(text: str) -> Standing | None:
    """What the `status` of front matter says; None when that cannot be read."""
    word = " ".join(plain(text).strip(" .").lower().replace("-", " ").replace("_", " ").split())
    if word in list(Status):
        return Standing(Status(word))
    whole = next((status for status, words in _IN_FRONT.items() if word in words.split("|")), None)
    if whole is not None:
        return Standing(whole, text.strip()[:300])
    found = of_text(text)
    if found.status is None and not found.successors:
        found = of_text(word)  # "in-progress", "not_yet_decided"
    return found if found.status or found.successors else None


def of_text(source: str) -> Standing:
    """What one statement of a status says: "✅ Accepted", "Superseded by [ADR-0020](0020-x.md)", "Final"."""
    text = plain(source).strip(" .*_✅❌⌛")
    first = text[:200]
    if _is_template(first):
        return Standing()
    match = _STATUS_WORD.search(first)
    status = Status[match.lastgroup] if match and match.lastgroup else None
    successor, old = _SUCCESSOR.search(source), _OLDER.search(source)
    only_the_word = match is not None and match[0].lower() == text.lower() and status and status.value == text.lower()
    return Standing(
        status,
        "" if only_the_word or status is None else text[:300],
        targets(successor[1]) if successor else (),
        targets(old[1]) if old else (),
    )


def names_nothing(source: str) -> bool:
    """Whether a piece of text only fills its place: "none", "n/a"."""
    return source.strip(" .*_|").lower() in _NOTHING


def targets(source: str) -> tuple[str, ...]:
    """The documents that a piece of text names: link destinations first, else ids, numbers and file names."""
    if names_nothing(source):
        return ()
    matches = list(_TARGET.finditer(source[:1000]))
    links = [match[1] for match in matches if match[1]]
    if links:
        return _unique(links)
    return _unique([f"{match[2]}-{match[3]}" if match[2] else match[4] or match[5] for match in matches])


def moved_to(outline: Outline) -> str | None:
    """Where a short page that says "this has moved to …" points, as written."""
    if len(outline.sections) > 3:
        return None
    blocks = [block for section in outline.sections for block in section.blocks if block.role is not Role.CODE]
    if sum(len(block.text) for block in blocks) > LONGEST_STUB:
        return None
    for source in [section.source for section in outline.sections] + [block.source for block in blocks]:
        moved = _MOVED.search(source)
        if moved and (link := _LINK_DESTINATION.search(source)):
            return link[1] or link[2]
    return None


def _is_template(text: str) -> bool:
    """Whether it is the list of choices that a template leaves standing: "[proposed | rejected | accepted]"."""
    words = {match[0].lower() for match in _STATUS_WORD.finditer(text)}
    return len(words) > 2 or (len(words) == 2 and bool(_CHOICE.search(text)) and " by " not in text)


def _status_sources(outline: Outline) -> Iterator[str]:
    """Where a status may be written, the surest place first. Texts with their markup."""
    if "status" in outline.fields:
        yield outline.fields["status"]
    for section in outline.sections:
        heading = _STATUS_HEADING.fullmatch(section.heading)
        if heading and section.level > 1:
            if heading[1]:
                yield heading[1]
            yield from (block.source for block in section.blocks[:4] if block.role is not Role.CODE)
            break
    for block in _first_blocks(outline):
        if _STATUS_LINE.match(block.text):
            yield _value(block)
    for picture in outline.pictures:
        if badge := _BADGE.search(picture):
            yield badge[1].replace("_", " ").replace("%20", " ")
    for section in outline.sections[:2]:
        for block in section.blocks[:3]:
            if prose := _PROSE.search(block.text):
                yield prose[0]


def _link_lines(outline: Outline) -> Iterator[tuple[bool, str]]:
    """Lines and header fields that name other documents: (whether they are successors, the rest of the line)."""
    for key, value in outline.fields.items():
        if match := _LINK_LINE.match(f"{key}: {value}"):
            yield bool(match["forward"]), value
    for block in _first_blocks(outline):
        if match := _LINK_LINE.match(block.text):
            yield bool(match["forward"]), _value(block)


def _first_blocks(outline: Outline) -> Iterator[Block]:
    for section in outline.sections[:3]:
        yield from (block for block in section.blocks[:_FIRST_BLOCKS] if block.role is not Role.CODE)


def _value(block: Block) -> str:
    """What stands after the name: "Status: …", "| Status | … |"."""
    return block.source.partition("|" if block.role is Role.ROW else ":")[2]


def _unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))

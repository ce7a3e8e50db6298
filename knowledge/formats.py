"""From a file's bytes to a document: the one table of formats, and what is done about text that is not as it should be."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from knowledge import asciidoc, clauses, faults, frontmatter, keys, markdown, metadata, plain_text, restructured_text
from knowledge.clashes import Claim
from knowledge.documents import Document, Kind, LeftOut, Passage
from knowledge.outline import Outline, Section

READERS: Mapping[str, Callable[[str, int], Outline]] = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".adoc": asciidoc.read,
    ".asciidoc": asciidoc.read,
    ".rst": restructured_text.read,
    ".txt": plain_text.read,
}
UNREAD = frozenset(  # endings of documents, which people expect to be read; not of pictures, code and data
    {".html", ".htm", ".xhtml", ".mhtml", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".pages", ".xls", ".xlsx", ".ods",
     ".ppt", ".pptx", ".odp", ".mdx", ".org", ".textile", ".mediawiki", ".wiki", ".epub"}
)  # fmt: skip
LARGEST = 2 * 1024 * 1024  # bytes of a file
LONGEST_LINE = 20_000  # characters
MOST_LINES = 25_000
BEGINNING = 8192  # bytes from which a huge file is told to be no text
MOST_PASSAGES = 5_000

_DATA_URI = re.compile(r"data:[\w.+/-]{1,100}(?:;[\w=-]{1,40}){0,3};base64,[A-Za-z0-9+/=]*")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000f0000-\U000ffffd]"
)
_ODD_SPACES = re.compile("[\x85\xa0\u2028\u2029]")
_LINK = re.compile(r"\]\(<?([^()\s<>#:]+)")
_DEFINED_LINK = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*<?([^\s<>#:]+)", re.MULTILINE)
_ASCIIDOC_LINK = re.compile(r"(?:link:|xref:)([^\s\[\]#:]+)")
_MOST_LINKS = 500
_PAGES = (*READERS, ".html", ".htm")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file gave. Without a document nothing of it could be read; `faulty`: an earlier good one is preferred."""

    document: Document | None
    faults: tuple[LeftOut, ...] = ()
    faulty: bool = False
    claims: tuple[Claim, ...] = ()


def is_document(name: str) -> bool:
    """Whether a file of that name is read as a document."""
    return name.lower().endswith(tuple(READERS))


def parse(path: str, data: bytes) -> Parsed:
    """The document in a file's bytes. `path` is relative to the knowledge folder. Never raises for what a file holds."""
    if len(data) > LARGEST and not _is_binary(data):
        return Parsed(None, (LeftOut(path, f"larger than {LARGEST // 1024 // 1024} MB; split it"),), faulty=True)
    text, fault = _decode(path, data)
    if text is None:
        return Parsed(None, (fault,) if fault else (), faulty=True)
    found = [fault] if fault else []
    text, cut = _capped(path, text)
    found += cut
    front = frontmatter.split(text)
    if front.fault and not metadata.is_template(path):
        found.append(LeftOut(path, front.fault.reason, front.fault.line))
    settled = keys.settled(front.values, front.lines)
    outline = READERS[posixpath.splitext(path.lower())[1]](front.body, front.body_line)
    document = metadata.describe(path, settled.values, outline, hashlib.sha256(data).hexdigest())
    sections = outline.sections
    if len(sections) > MOST_PASSAGES:
        reason = f"has {len(sections)} sections; those after the first {MOST_PASSAGES} are left out: split the file"
        found.append(LeftOut(path, reason, sections[MOST_PASSAGES].line))
        sections = sections[:MOST_PASSAGES]
    document = replace(document, passages=_passages(document, sections, outline), refers_to=_links(text))
    if not document.passages and not front.values:
        return Parsed(None, (*found, LeftOut(path, "holds no text")))
    found = [replace(fault, read=True) for fault in found] + faults.find(document, settled)
    return Parsed(document, tuple(found), faulty=front.fault is not None, claims=_claims(settled))


def _claims(front: keys.Settled) -> tuple[Claim, ...]:
    """What front matter says of its own id and of other documents."""
    own = next((key for key in keys.IDS if front.values.get(key)), None)
    claims = [Claim("id", "", front.lines.get(own))] if own else []
    for several in (keys.OLDER, keys.SUCCESSORS):
        key = next((key for key in several if front.values.get(key)), None)
        if key and "://" not in str(front.values[key]):
            claims += [Claim(key, text, front.lines.get(key)) for text in metadata.named(front.values, key)]
    return tuple(claims)


def _is_binary(data: bytes) -> bool:
    return b"\x00" in data[:BEGINNING] and not data.startswith((b"\xff\xfe", b"\xfe\xff"))


def _decode(path: str, data: bytes) -> tuple[str | None, LeftOut | None]:
    """The text, with plain line ends and without what cannot be seen; or None and why."""
    fault = None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            return None, LeftOut(path, "begins as UTF-16 and is not; save it as UTF-8")
    elif b"\x00" in data:
        return None, LeftOut(path, "is not text; take it out of the folder, or give it the ending of what it is")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            text = data.decode("cp1252", "replace")
            fault = LeftOut(path, "is not UTF-8 here and was read as Windows-1252; save it as UTF-8", line)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "base64," in text:
        text = _DATA_URI.sub("", text)
    if not text.isascii() or not text.isprintable():
        text = _ODD_SPACES.sub(" ", _INVISIBLE.sub("", text))
    return text, fault


def _capped(path: str, text: str) -> tuple[str, list[LeftOut]]:
    """The text as far as it can be read in bounded time, and what was cut off."""
    if len(text) <= LONGEST_LINE:
        return text, []
    lines = text.split("\n")
    faults = []
    if len(lines) > MOST_LINES:
        reason = f"has {len(lines)} lines; those after the first {MOST_LINES} are left out: split the file"
        faults.append(LeftOut(path, reason, MOST_LINES + 1))
        del lines[MOST_LINES:]
    long = [at for at, line in enumerate(lines) if len(line) > LONGEST_LINE]
    if long:
        reason = f"has a line of {len(lines[long[0]])} characters, read up to {LONGEST_LINE}: break it"
        faults.append(LeftOut(path, reason, long[0] + 1))
        for at in long:
            lines[at] = lines[at][:LONGEST_LINE]
    return ("\n".join(lines) if faults else text), faults


def _passages(document: Document, sections: tuple[Section, ...], outline: Outline) -> tuple[Passage, ...]:
    found = clauses.find(sections, document.id) if document.kind is Kind.STANDARD else [()] * len(sections)
    title = metadata.title_section(outline)
    trail: list[tuple[int, str]] = []
    passages = []
    for section, its_clauses in zip(sections, found, strict=True):
        while trail and trail[-1][0] >= section.level:
            trail.pop()
        above = tuple(heading for _, heading in trail)
        passages.append(Passage(section.heading, above, section.anchor, section.line, section.text, its_clauses))
        if section.level and section is not title and section.heading:
            trail.append((section.level, section.heading))
    return tuple(passages)


def _links(text: str) -> tuple[str, ...]:
    """Where a document's links lead, as written; not those to pictures, sources and addresses with a scheme."""
    found: list[str] = _LINK.findall(text)
    if "]:" in text:
        found += _DEFINED_LINK.findall(text)
    if "link:" in text or "xref:" in text:
        found += _ASCIIDOC_LINK.findall(text)
    pages = [link for link in found if "." not in link.rpartition("/")[2] or link.lower().endswith(_PAGES)]
    return tuple(dict.fromkeys(pages[:_MOST_LINKS]))
